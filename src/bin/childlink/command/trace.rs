//! `childlink trace`: asks the Personal Demographics Service about records, by files, and takes what it answers.

use super::Outcome;
use crate::input::{InputArgs, in_file};
use crate::output::{OutputFile, OutputFolder, absolute, cannot_read};
use crate::render::{Terminal, count, table};
use crate::standard::{open, read_text};
use childlink::Error;
use childlink::date::Date;
use childlink::exchange::pds_trace::{
    Judged, Layout, Outcome as Traced, SetAsideAnswer, judge_all, keys_columns, not_asked_columns, prepare,
    quarantine_columns, read_answers, read_keys, read_questions, read_results, restricted_columns, results_columns,
    review_columns, write_keys, write_not_asked, write_quarantine, write_restricted, write_results, write_review,
};
use childlink::exchange::sheet::{Sheet, SheetColumn};
use childlink::linkage::parallel;
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
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
    #[command(after_help = "Example:\n  childlink trace prepare extracts/*.csv --as-at 2026-11-30 --out request\n\n\
        Files in DIR: request.csv (what is sent), keys.csv (which record each reference stands for: it stays at home),\n\
        not-asked.csv (the other records, and why), layout.toml (the layout used), summary.json.")]
    Prepare {
        #[command(flatten)]
        input: InputArgs,
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
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
        threads: usize,
    },
    /// Read the response to a request and say what becomes of each record
    ///
    /// A number found by name and birth date is taken only where names and birth date agree. Invalidated records leave
    /// the pool. Whereabouts are never kept. What is not understood is set aside.
    #[command(after_help = "Example:\n  childlink trace apply request response.csv --out traced\n\n\
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
        What::Prepare { input, out, layout, traced, as_at, threads } => {
            let as_at = as_at.as_deref().map(Date::parse).transpose();
            let as_at = as_at.map_err(|found| Error::from(found).in_field("--as-at"))?;
            let work = || ask(input, out, layout.as_deref(), traced, as_at, terminal);
            parallel::with_threads(*threads, work)
        }
        What::Apply { request, response, out, layout } => apply(request, response, out, layout.as_deref(), terminal),
    }
}

const UNCONFIRMED: &str =
    "The layout is unconfirmed: nobody has checked it against MESH. Compare request.csv with the specification first.";

fn ask(
    input: &InputArgs,
    out: &Path,
    layout: Option<&Path>,
    traced: &[PathBuf],
    as_at: Option<Date>,
    terminal: &Terminal,
) -> Result<Outcome, Error> {
    let inputs = input.resolve()?;
    let (layout_text, layout) = read_layout(layout)?;
    let mut results = Vec::new();
    for path in traced {
        results.extend(read_results(open(path)?).map_err(|e| in_file(path, e))?);
    }
    let mut folder = OutputFolder::create(out)?;
    let mut records = inputs.read(&terminal.progress())?;
    let before: BTreeMap<u32, bool> = results
        .iter()
        .filter(|result| result.answered)
        .filter_map(|result| Some((records.built.table.find(&result.source, &result.record_id)?, true)))
        .collect();
    records.built.table.apply_national(&results);
    let request = prepare(&records.built, &layout, as_at, |record| before.contains_key(&record));

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
    Ok(if layout.unconfirmed { Outcome::Findings } else { Outcome::Clean })
}

fn apply(
    request: &Path,
    response: &Path,
    out: &Path,
    layout: Option<&Path>,
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
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    judged.iter().for_each(|one| *outcomes.entry(one.outcome.as_str()).or_default() += 1);
    let summary = json!({
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
        let dir = out.display();
        text + &format!("\nNext: childlink link ... --traced {dir}/traced.csv --superseded {dir}/superseded.csv\n")
    };
    terminal.result(words, || summary.clone())?;
    let clean = aside.is_empty() && looked_at + restricted == 0;
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

fn write_all(folder: &mut OutputFolder, judged: &[Judged<'_>], aside: &[SetAsideAnswer]) -> Result<(u64, u64), Error> {
    let (mut looked_at, mut restricted) = (0, 0);
    sheet(folder, "traced.csv", &results_columns(), |sheet| write_results(sheet, judged))?;
    sheet(folder, "review.csv", &review_columns(), |sheet| write_review(sheet, judged).map(|n| looked_at = n))?;
    sheet(folder, "restricted.csv", &restricted_columns(), |sheet| {
        write_restricted(sheet, judged).map(|n| restricted = n)
    })?;
    sheet(folder, "quarantine.csv", &quarantine_columns(), |sheet| write_quarantine(sheet, aside))?;
    let mut superseded = String::from("old_nhs_number,nhs_number\n");
    for one in judged.iter().filter(|one| one.outcome == Traced::Superseded) {
        if let (Some(old), Some(new)) = (one.question.nhs_number, one.number) {
            superseded += &format!("{:010},{:010}\n", old.digits(), new.digits());
        }
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
            let text = read_text(path)?;
            let layout = Layout::parse(&text).map_err(|e| in_file(path, e))?;
            Ok((text, layout))
        }
        None => Ok((Layout::BUILT_IN.to_owned(), Layout::built_in()?)),
    }
}
