//! `childlink project export`.

use super::{Outcome, look_at_project};
use crate::claims::of_run;
use crate::lists::key_path;
use crate::output::{OutputFile, OutputFolder, cannot_read};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::pds_trace::{TracedRecord, results_columns, write_results};
use childlink::exchange::sheet::{Kind, Sheet, SheetColumn};
use childlink::identity::nhs_number::NhsNumber;
use childlink::linkage::decisions::Verdict;
use childlink::project::{DecisionEntry, ListEntry, Listed, Project, TraceEntry};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// Write all that a project knows as plain files
///
/// The lists are those that `childlink link` takes, so that a project can be left at any time: DIR is also the folder
/// of an earlier run for --previous.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project export town.childlink --out exported\n  \
    childlink link INPUT... --model exported/model.json --decisions exported/decisions.csv --previous exported --out linked\n\n\
    Files in DIR: children, decisions (those that stand), decisions-all (with what was shown, and the withdrawn),\n\
    superseded, barred (with its key), lists (every entry of both, and what was withdrawn), traced (what stands of the traces), traces (all that they told, and what was\n\
    withdrawn), flags and flagged-merges (by child), history (each record's change of child, by\n\
    run), pairs (those the last run listed), extracts, audit, model.json, summary.json.")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A row of text and whole numbers.
enum Cell {
    Text(String),
    Number(Option<i64>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Cell {
        Cell::Text(text.clone())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(Some(number as i64))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(Some(number))
    }
}

impl From<Option<u64>> for Cell {
    fn from(number: Option<u64>) -> Cell {
        Cell::Number(number.map(|number| number as i64))
    }
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    if args.out.join("run.json").exists() {
        return Err(of_run(&args.out));
    }
    let project = look_at_project(&args.file)?;
    let mut folder = OutputFolder::create(&args.out)?;
    let records = write_children(&project, &mut folder)?;
    let decisions = project.decisions()?;
    write_decisions(&decisions, &mut folder)?;
    write_lists(&project, &mut folder)?;
    write_history(&project, &mut folder)?;
    if let Some(model) = project.model()? {
        folder.put("model.json", model.to_json().as_bytes())?;
    }
    let mut summary = project.last_summary()?.unwrap_or_else(|| json!({"linkage": {}}));
    // Serials that a run gave which was taken back stay taken.
    summary["linkage"]["next_child_id"] = json!(project.next_child()?);
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.finish()?;
    terminal.result(
        || {
            format!(
                "{} records and {} decisions written to {}\n",
                count(records),
                count(decisions.len() as u64),
                args.out.display()
            )
        },
        || json!({"records": records, "decisions": decisions.len(), "out": args.out}),
    )?;
    Ok(Outcome::Clean)
}

/// Starts a sheet; `numbers` names the columns of whole numbers.
fn sheet(folder: &OutputFolder, name: &str, columns: &[&str], numbers: &[&str]) -> Result<Sheet<OutputFile>, Error> {
    let kind = |name: &&str| if numbers.contains(name) { Kind::Integer } else { Kind::Text };
    let columns: Vec<SheetColumn> = columns.iter().map(|name| ((*name).to_owned(), kind(name))).collect();
    Sheet::csv(folder.file(name)?, &columns)
}

fn write_rows(
    folder: &mut OutputFolder,
    name: &str,
    columns: &[&str],
    numbers: &[&str],
    rows: &[Vec<Cell>],
) -> Result<(), Error> {
    let mut sheet = sheet(folder, name, columns, numbers)?;
    sheet.rows(rows.len(), |place, row| {
        for cell in &rows[place] {
            match cell {
                Cell::Text(text) => row.text(text),
                Cell::Number(Some(number)) => row.integer(*number),
                Cell::Number(None) => row.text(""),
            }
        }
    })?;
    folder.add(sheet.finish()?)
}

fn write_children(project: &Project, folder: &mut OutputFolder) -> Result<u64, Error> {
    let mut rows: Vec<(String, String, u64)> = Vec::new();
    project.each_record(&mut |source, record_id, child| {
        rows.push((source.to_owned(), record_id.to_owned(), child));
        Ok(())
    })?;
    let mut sheet = sheet(folder, "children.csv", &["source", "record_id", "child_id"], &["child_id"])?;
    sheet.rows(rows.len(), |place, row| {
        let (source, record_id, child) = &rows[place];
        row.text(source);
        row.text(record_id);
        row.integer(*child as i64);
    })?;
    folder.add(sheet.finish()?)?;
    Ok(rows.len() as u64)
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Different => "different",
        Verdict::Unsure => "unsure",
    }
}

fn write_decisions(decisions: &[DecisionEntry], folder: &mut OutputFolder) -> Result<(), Error> {
    let columns = [
        "source_l",
        "record_id_l",
        "source_r",
        "record_id_r",
        "decision",
        "reader",
        "decided_at",
        "reason",
        "model_hash",
        "evidence_hash",
    ];
    let cells = |decision: &DecisionEntry| -> Vec<Cell> {
        let row = &decision.row;
        let note = &decision.note;
        vec![
            (&row.source_l).into(),
            (&row.record_id_l).into(),
            (&row.source_r).into(),
            (&row.record_id_r).into(),
            word(row.verdict).into(),
            (&row.reader).into(),
            (&row.decided_at).into(),
            (&note.reason).into(),
            (&note.model_hash).into(),
            (&note.evidence_hash).into(),
        ]
    };
    let standing = decisions.iter().filter(|decision| decision.withdrawn.is_none());
    write_rows(folder, "decisions.csv", &columns, &[], &standing.map(cells).collect::<Vec<_>>())?;
    let mut all = vec!["decision_id"];
    all.extend(columns);
    all.extend(["recorded_at", "shown_run", "shown_weight", "shown_guards", "shown_evidence"]);
    all.extend(["withdrawn_by", "withdrawn_at", "withdrawn_reason"]);
    let with_more = |decision: &DecisionEntry| {
        let mut row: Vec<Cell> = vec![decision.id.into()];
        row.extend(cells(decision));
        let text = |text: Option<String>| Cell::Text(text.unwrap_or_default());
        row.push((&decision.recorded_at).into());
        row.push(text(decision.shown_run.map(|run| run.to_string())));
        row.push(text(decision.shown_weight.map(|weight| weight.to_string())));
        row.push(text(decision.shown_guards.clone()));
        row.push(text(decision.shown_evidence.clone()));
        let (by, at, reason) = decision.withdrawn.clone().unwrap_or_default();
        row.extend([by, at, reason].map(Cell::Text));
        row
    };
    write_rows(
        folder,
        "decisions-all.csv",
        &all,
        &["decision_id"],
        &decisions.iter().map(with_more).collect::<Vec<_>>(),
    )
}

fn write_lists(project: &Project, folder: &mut OutputFolder) -> Result<(), Error> {
    let superseded: Vec<Vec<Cell>> = project
        .superseded()?
        .iter()
        .map(|(old, new)| [old, new].map(|number| Cell::Text(format!("{:010}", number.digits()))).into())
        .collect();
    write_rows(folder, "superseded.csv", &["old_nhs_number", "nhs_number"], &[], &superseded)?;
    let barred = project.barred()?;
    if !barred.is_empty() {
        let rows: Vec<Vec<Cell>> = barred.iter().map(|hash| vec![Cell::Text(hexadecimal(hash))]).collect();
        write_rows(folder, "barred.csv", &["hash"], &[], &rows)?;
        let key = key_path(project.path());
        let text = fs::read(&key).map_err(|e| cannot_read(&key, &e))?;
        folder.put("barred.csv.key", &text)?;
    }
    write_list_entries(&project.lists()?, folder)?;
    write_traces(&project.traces()?, folder)?;
    let flags: Vec<Vec<Cell>> = project
        .flags()?
        .iter()
        .map(|(flag, child)| {
            vec![
                (*child).into(),
                (&flag.source).into(),
                (&flag.record_id).into(),
                (&flag.scope).into(),
                (&flag.flag).into(),
            ]
        })
        .collect();
    write_rows(folder, "flags.csv", &["child_id", "source", "record_id", "scope", "flag"], &["child_id"], &flags)?;
    let merges: Vec<Vec<Cell>> = project
        .flagged_merges()?
        .iter()
        .map(|merge| vec![merge.child.into(), merge.flagged.into(), merge.unflagged.into()])
        .collect();
    let columns = ["child_id", "flagged_records", "unflagged_records"];
    write_rows(folder, "flagged-merges.csv", &columns, &columns, &merges)
}

fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_list_entries(entries: &[ListEntry], folder: &mut OutputFolder) -> Result<(), Error> {
    let cells = |entry: &ListEntry| -> Vec<Cell> {
        let number = |number: NhsNumber| format!("{:010}", number.digits());
        let (kind, old, new, hash) = match &entry.listed {
            Listed::Superseded { old, new } => ("superseded", number(*old), number(*new), String::new()),
            Listed::Barred(hash) => ("barred", String::new(), String::new(), hexadecimal(hash)),
        };
        let mut row: Vec<Cell> = vec![entry.list.into(), (&entry.at).into(), (&entry.by).into(), kind.into()];
        let (by, at, why) = entry.withdrawn.clone().unwrap_or_default();
        row.extend([old, new, hash, by, at, why].map(Cell::Text));
        row
    };
    let columns = [
        "list",
        "at",
        "by",
        "kind",
        "old_nhs_number",
        "nhs_number",
        "hash",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawn_reason",
    ];
    write_rows(folder, "lists.csv", &columns, &["list"], &entries.iter().map(cells).collect::<Vec<_>>())
}

fn write_traces(traces: &[TraceEntry], folder: &mut OutputFolder) -> Result<(), Error> {
    let standing = traces.iter().filter(|entry| entry.withdrawn.is_none());
    let records: Vec<TracedRecord> = standing.map(|entry| entry.record.clone()).collect();
    let mut sheet = Sheet::csv(folder.file("traced.csv")?, &results_columns())?;
    write_results(&mut sheet, &records)?;
    folder.add(sheet.finish()?)?;
    let cells = |entry: &TraceEntry| -> Vec<Cell> {
        let TracedRecord { result, outcome, reason, code } = &entry.record;
        let mut row: Vec<Cell> = vec![entry.trace.into()];
        row.extend([&entry.at, &entry.by, &result.source, &result.record_id, outcome, reason, code].map(Cell::from));
        let (by, at, why) = entry.withdrawn.clone().unwrap_or_default();
        row.extend([by, at, why].map(Cell::Text));
        row
    };
    let columns = [
        "trace",
        "at",
        "by",
        "source",
        "record_id",
        "outcome",
        "reason",
        "code",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawn_reason",
    ];
    write_rows(folder, "traces.csv", &columns, &["trace"], &traces.iter().map(cells).collect::<Vec<_>>())
}

fn write_history(project: &Project, folder: &mut OutputFolder) -> Result<(), Error> {
    let history: Vec<Vec<Cell>> = project
        .history()?
        .iter()
        .map(|row| {
            vec![row.run.into(), (&row.source).into(), (&row.record_id).into(), row.before.into(), row.after.into()]
        })
        .collect();
    let columns = ["run", "source", "record_id", "child_id_before", "child_id"];
    write_rows(folder, "history.csv", &columns, &["run", "child_id_before", "child_id"], &history)?;
    let pairs: Vec<Vec<Cell>> = project
        .listed_pairs()?
        .iter()
        .map(|pair| {
            let weight = pair.weight.map(|weight| weight.to_string()).unwrap_or_default();
            vec![
                (&pair.left.0).into(),
                (&pair.left.1).into(),
                (&pair.right.0).into(),
                (&pair.right.1).into(),
                (&pair.state).into(),
                Cell::Text(weight),
                (&pair.guards).into(),
            ]
        })
        .collect();
    let columns = ["source_l", "record_id_l", "source_r", "record_id_r", "state", "match_weight", "guards"];
    write_rows(folder, "pairs.csv", &columns, &[], &pairs)?;
    let extracts: Vec<Vec<Cell>> = project
        .extracts()?
        .iter()
        .map(|extract| {
            let told = &extract.told;
            vec![
                (&told.slot).into(),
                (&told.path).into(),
                told.bytes.into(),
                (&told.sha256).into(),
                (&extract.added_at).into(),
            ]
        })
        .collect();
    write_rows(folder, "extracts.csv", &["name", "file", "bytes", "sha256", "added_at"], &["bytes"], &extracts)?;
    let audit: Vec<Vec<Cell>> = project
        .audit()?
        .iter()
        .map(|row| {
            vec![
                row.id.into(),
                (&row.at).into(),
                (&row.by).into(),
                (&row.action).into(),
                (&row.subject).into(),
                (&row.detail).into(),
            ]
        })
        .collect();
    write_rows(folder, "audit.csv", &["id", "at", "by", "action", "subject", "detail"], &["id"], &audit)
}
