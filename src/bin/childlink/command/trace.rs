//! `childlink trace`: asks the Personal Demographics Service about records, by files, and takes what it answers.

mod of_project;

use super::Outcome;
use super::project::{self, ByArgs};
use crate::input::{InputArgs, in_file};
use crate::output::{OutputFile, OutputFolder, absolute, cannot_read};
use crate::render::{Terminal, count, table};
use crate::standard::{open, read_text_to_copy};
use childlink::Error;
use childlink::date::Date;
use childlink::exchange::intake::Records;
use childlink::exchange::pds_trace::{
    Judged, Layout, SetAsideAnswer, TracedRecord, judge_all, keys_columns, not_asked_columns, prepare,
    quarantine_columns, read_answers, read_keys, read_questions, read_results, restricted_columns, results_columns,
    review_columns, write_keys, write_not_asked, write_quarantine, write_restricted, write_results, write_review,
};
use childlink::exchange::sheet::{Sheet, SheetColumn};
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::national::NationalResult;
use childlink::linkage::parallel;
use childlink::linkage::table::Table;
use childlink::project::{Deed, Project, TraceRecorded};
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Ask the Personal Demographics Service about records, and take what it answers
///
/// Files only: sending the request over MESH and fetching the response is the host's part.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink trace prepare extracts/*.csv --out request\n  \
    childlink trace apply request response.csv --out traced\n  \
    childlink link extracts/*.csv --traced traced/traced.csv --superseded traced/superseded.csv --out linked\n\n\
    Of a project:\n  \
    childlink trace prepare --project town.childlink --out request\n  \
    childlink trace apply request response.csv --project town.childlink --out traced\n  \
    childlink project run town.childlink --out linked\n\n\
    docs/tracing.md says which records are asked about and what is made of each answer.")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it, for the whole run")]
enum What {
    /// Write a request about the records that need a trace
    ///
    /// Asked about are records without a valid NHS number, and with one that is not verified. Never asked about are
    /// records that were invalidated. Of sensitive records no address, postcode or practice is sent.
    #[command(after_help = "Examples:\n  childlink trace prepare extracts/*.csv --as-at 2026-11-30 --out request\n  \
        childlink trace prepare --project town.childlink --out request\n\n\
        Files in DIR: request.csv (what is sent), keys.csv (which record each reference stands for: it stays at home),\n\
        not-asked.csv (the other records, and why), layout.toml (the layout used), summary.json.")]
    Prepare {
        #[command(flatten)]
        input: InputArgs,
        /// Ask about the records of a project, with what its lists and earlier traces tell
        #[arg(long, value_name = "PROJECT", conflicts_with_all = ["inputs", "source", "database", "query", "columns", "keep", "traced"])]
        project: Option<PathBuf>,
        #[command(flatten)]
        by: ByArgs,
        /// Folder for the request
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The layout of request and response (TOML) in place of the built-in one, which is unconfirmed
        #[arg(long, value_name = "FILE")]
        layout: Option<PathBuf>,
        /// What earlier traces told, as `trace apply` wrote it: those records are not asked about again; may be given
        /// many times
        #[arg(long, value_name = "FILE")]
        traced: Vec<PathBuf>,
        /// The day on which records are judged: without it no date is in the future
        #[arg(long, value_name = "DATE")]
        as_at: Option<String>,
        /// Threads (0: as many as the machine has); the result does not depend on it
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
        threads: usize,
    },
    /// Read the response to a request and say what becomes of each record
    ///
    /// A number found by name and birth date is taken only where names and birth date agree. Invalidated records leave
    /// the pool. Whereabouts are never kept. What is not understood is set aside.
    #[command(after_help = "Examples:\n  childlink trace apply request response.csv --out traced\n  \
        childlink trace apply request response.csv --project town.childlink --out traced\n\n\
        Files in DIR: traced.csv (for `childlink link --traced`), superseded.csv (for --superseded), review.csv (a person\n\
        decides), restricted.csv (for those who must, keys only), quarantine.csv (rows that could not be used),\n\
        summary.json.")]
    Apply {
        /// The folder that `childlink trace prepare` wrote
        #[arg(value_name = "REQUEST")]
        request: PathBuf,
        /// The response, or - for standard input
        #[arg(value_name = "RESPONSE")]
        response: PathBuf,
        /// Keep the results in a project too: its next run draws the conclusions
        #[arg(long, value_name = "PROJECT")]
        project: Option<PathBuf>,
        #[command(flatten)]
        by: ByArgs,
        /// Folder for the results
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The layout in place of the one beside the request
        #[arg(long, value_name = "FILE")]
        layout: Option<PathBuf>,
    },
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.what {
        What::Prepare { input, project, by, out, layout, traced, as_at, threads } => {
            let as_at = as_at.as_deref().map(Date::parse).transpose();
            let as_at = as_at.map_err(|found| Error::from(found).in_field("--as-at"))?;
            let work = || match project {
                None => {
                    ask(out, layout.as_deref(), as_at, terminal, || of_files(input, traced, terminal)).map(|(_, o)| o)
                }
                Some(file) => {
                    let mut project = project::open_project(file)?;
                    let deed = by.deed();
                    let read = || of_project::read(&mut project, &deed, terminal);
                    let (asked, outcome) = ask(out, layout.as_deref(), as_at, terminal, read)?;
                    project.note_request(asked, &deed)?;
                    Ok(outcome)
                }
            };
            parallel::with_threads(*threads, work)
        }
        What::Apply { request, response, project, by, out, layout } => {
            let project =
                project.as_deref().map(|file| Ok::<_, Error>((project::open_project(file)?, by.deed()))).transpose()?;
            apply(request, response, out, layout.as_deref(), project, terminal)
        }
    }
}

const UNCONFIRMED: &str =
    "The layout is unconfirmed: nobody has checked it against MESH. Compare request.csv with the specification first.";

/// Records about to be asked about, and those of which an earlier trace told everything.
struct ToAsk {
    records: Records,
    before: BTreeSet<RecordIndex>,
}

/// The records of which a trace told what there is to tell, and that are as they were then.
fn told_before(table: &Table, results: &[NationalResult]) -> BTreeSet<RecordIndex> {
    let told = |result: &NationalResult| {
        let record = table.find(&result.source, &result.record_id)?;
        (result.answered && !result.has_lapsed(table, record)).then_some(record)
    };
    NationalResult::together(results).iter().filter_map(told).collect()
}

fn of_files(input: &InputArgs, traced: &[PathBuf], terminal: &Terminal) -> Result<ToAsk, Error> {
    let inputs = input.resolve()?;
    let mut results = Vec::new();
    for path in traced {
        results.extend(read_results(open(path)?).map_err(|e| in_file(path, e))?);
    }
    let mut records = inputs.read(&terminal.progress())?;
    let before = told_before(&records.built.table, &results);
    records.built.table.apply_national(&results);
    Ok(ToAsk { records, before })
}

fn ask(
    out: &Path,
    layout: Option<&Path>,
    as_at: Option<Date>,
    terminal: &Terminal,
    read: impl FnOnce() -> Result<ToAsk, Error>,
) -> Result<(u64, Outcome), Error> {
    let (layout_text, layout) = read_layout(layout)?;
    let mut folder = OutputFolder::create(out)?;
    let ToAsk { records, before } = read()?;
    let request = prepare(&records.built, &layout, as_at, |record| before.contains(&record));

    let cannot_write = |e: Error| in_file(&out.join("request.csv"), e);
    let file = request.write(folder.file("request.csv")?).map_err(cannot_write)?;
    folder.add(file)?;
    let records_table = &records.built.table;
    sheet(&mut folder, "keys.csv", &keys_columns(), |sheet| write_keys(sheet, records_table, &request))?;
    sheet(&mut folder, "not-asked.csv", &not_asked_columns(), |sheet| write_not_asked(sheet, records_table, &request))?;
    folder.put("layout.toml", layout_text.as_bytes())?;
    let reasons: Map<String, Value> =
        request.reasons().into_iter().map(|(why, count)| (why.to_owned(), json!(count))).collect();
    let summary = json!({
        "rows": {
            "read": records.read().rows(), "accepted": records.read().accepted(),
            "quarantined": records.quarantined.len(),
        },
        "records": records_table.len(), "asked": request.asked.len(), "not_asked": reasons,
        "layout": {"id": layout.id, "source": layout.source, "unconfirmed": layout.unconfirmed},
    });
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.finish()?;
    let words = || {
        let mut rows = vec![vec!["records".to_owned(), "number".to_owned()]];
        rows.push(vec!["asked about".to_owned(), count(request.asked.len() as u64)]);
        rows.extend(request.reasons().into_iter().map(|(why, n)| vec![format!("not asked: {why}"), count(n)]));
        let note = if layout.unconfirmed { format!("\n{UNCONFIRMED}\n") } else { String::new() };
        let request = out.join("request.csv");
        format!("{}{note}\nSend {}; keys.csv stays here\n", table(&rows), absolute(&request).display())
    };
    terminal.result(words, || summary.clone())?;
    let outcome = if layout.unconfirmed { Outcome::Findings } else { Outcome::Clean };
    Ok((request.asked.len() as u64, outcome))
}

fn apply(
    request: &Path,
    response: &Path,
    out: &Path,
    layout: Option<&Path>,
    project: Option<(Project, Deed)>,
    terminal: &Terminal,
) -> Result<Outcome, Error> {
    let beside = request.join("layout.toml");
    let (_, layout) = read_layout(Some(layout.unwrap_or(&beside)))?;
    let file = |name: &str| {
        let path = request.join(name);
        File::open(&path).map_err(|e| cannot_read(&path, &e))
    };
    let keys = read_keys(file("keys.csv")?).map_err(|e| in_file(&request.join("keys.csv"), e))?;
    let asked = request.join("request.csv");
    let questions = read_questions(file("request.csv")?, &layout, &keys).map_err(|e| in_file(&asked, e))?;
    let (answers, mut aside) = read_answers(open(response)?, &layout).map_err(|e| in_file(response, e))?;
    let rows = answers.len() + aside.len();
    // A row that was set aside but names a question is a damaged row of a response.
    let names_question = |row: &SetAsideAnswer| keys.contains_key(&row.reference);
    if answers.is_empty() && !questions.is_empty() && !aside.iter().any(names_question) {
        return Err(Error::new(
            "trace/no-answer",
            format!("{} holds no row of a response", response.display()),
            "fetch the response again; nothing was applied",
        ));
    }
    let known = answers.iter().any(|answer| keys.contains_key(&answer.reference));
    if !answers.is_empty() && !known {
        return Err(Error::new(
            "trace/other-request",
            format!("no row of {} answers the request in {}", response.display(), request.display()),
            "give the folder of the request that this response answers",
        ));
    }
    let judged = judge_all(&questions, answers, &layout, &mut aside);
    aside.sort_by_key(|row| row.row);
    let mut folder = OutputFolder::create(out)?;
    let (looked_at, restricted) = write_all(&mut folder, &judged, &aside)?;
    let mut kept = None;
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    judged.iter().for_each(|one| *outcomes.entry(one.outcome.as_str()).or_default() += 1);
    let next = match project {
        None => format!("childlink link ... --traced {0}/traced.csv --superseded {0}/superseded.csv", out.display()),
        Some((mut project, deed)) => {
            kept = Some(of_project::keep(&mut project, &judged, &deed)?);
            format!("childlink project run {} --out DIR", project.path().display())
        }
    };
    let summary = json!({
        "project": kept,
        "asked": questions.len(), "answers": rows, "set_aside": aside.len(), "outcomes": outcomes,
        "sensitive": judged.iter().filter(|one| one.sensitive).count(),
        "review": looked_at, "restricted": restricted,
        "layout": {"id": layout.id, "source": layout.source, "unconfirmed": layout.unconfirmed},
    });
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.finish()?;
    let words = || {
        let mut rows = vec![vec!["records".to_owned(), "number".to_owned()]];
        rows.extend(outcomes.iter().map(|(outcome, number)| vec![(*outcome).to_owned(), count(*number)]));
        let mut text = table(&rows);
        if !aside.is_empty() {
            text +=
                &format!("\n{} rows of the response were set aside: see quarantine.csv\n", count(aside.len() as u64));
        }
        if let Some(TraceRecorded { trace, is_new, .. }) = kept {
            text += &match is_new {
                true => format!(
                    "\nKept in the project as trace {trace}: `childlink project undo --trace {trace}` takes it back\n"
                ),
                false => format!("\nThe project had taken it in before, as trace {trace}\n"),
            };
        }
        text + &format!("\nNext: {next}\n")
    };
    terminal.result(words, || summary.clone())?;
    let clean = aside.is_empty() && looked_at + restricted == 0;
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

fn write_all(folder: &mut OutputFolder, judged: &[Judged<'_>], aside: &[SetAsideAnswer]) -> Result<(u64, u64), Error> {
    let (mut looked_at, mut restricted) = (0, 0);
    let records: Vec<TracedRecord> = judged.iter().map(TracedRecord::of).collect();
    sheet(folder, "traced.csv", &results_columns(), |sheet| write_results(sheet, &records))?;
    sheet(folder, "review.csv", &review_columns(), |sheet| write_review(sheet, judged).map(|n| looked_at = n))?;
    sheet(folder, "restricted.csv", &restricted_columns(), |sheet| {
        write_restricted(sheet, judged).map(|n| restricted = n)
    })?;
    sheet(folder, "quarantine.csv", &quarantine_columns(), |sheet| write_quarantine(sheet, aside))?;
    let mut superseded = String::from("old_nhs_number,nhs_number\n");
    for (old, new) in records.iter().filter_map(TracedRecord::superseded) {
        superseded += &format!("{:010},{:010}\n", old.digits(), new.digits());
    }
    folder.put("superseded.csv", superseded.as_bytes())?;
    Ok((looked_at, restricted))
}

fn sheet(
    folder: &mut OutputFolder,
    name: &str,
    columns: &[SheetColumn],
    fill: impl FnOnce(&mut Sheet<OutputFile>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sheet = Sheet::csv(folder.file(name)?, columns)?;
    fill(&mut sheet)?;
    folder.add(sheet.finish()?)
}

/// A layout as text and understood.
fn read_layout(path: Option<&Path>) -> Result<(String, Layout), Error> {
    match path {
        Some(path) => {
            // It is written beside the request as it was given.
            let text = read_text_to_copy(path)?;
            let layout = Layout::parse(&text).map_err(|e| in_file(path, e))?;
            Ok((text, layout))
        }
        None => Ok((Layout::BUILT_IN.to_owned(), Layout::built_in()?)),
    }
}
