//! `childlink project undo`.

use super::{ByArgs, Outcome, open_project};
use crate::lists::in_file;
use crate::render::{Terminal, count};
use crate::standard::open;
use childlink::Error;
use childlink::exchange::lists::{read_hashes, read_superseded};
use childlink::project::{Project, Undone};
use serde_json::json;
use std::path::PathBuf;

/// Take back a decision, what a trace told, a list, a run, a merge or a split
///
/// Nothing is deleted: what was taken back stays in the project with who took it back and when.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project undo town.childlink --decision 17 --reason \"wrong twin\"\n  \
    childlink project undo town.childlink --trace 2 --record northtown N17 --reason \"seen with the family\"\n  \
    childlink project undo town.childlink --list 3 --reason \"list of another town\"\n  \
    childlink project undo town.childlink --barred wrong.csv --reason \"agreed with the adoption team\"\n  \
    childlink project undo town.childlink --run\n  \
    childlink project undo town.childlink --change 3 512 498\n  \
    childlink project undo town.childlink --take-out northtown N17\n\n\
    --change takes back that records moved from one child to another in a run (history.csv of export lists them):\n\
    they are decided to be apart from the others of that child, and one with what is left of the first.\n\
    --take-out decides a record to be apart from all others of its child. The next run draws the conclusions.")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    what: What,
    /// With --trace: only what it told of this record, by source and record id
    #[arg(long, num_args = 2, value_names = ["SOURCE", "RECORD"], requires = "trace")]
    record: Option<Vec<String>>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    by: ByArgs,
}

/// What to take back
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The decision of this number
    #[arg(long, value_name = "N")]
    decision: Option<i64>,
    /// What the trace of this number told
    #[arg(long, value_name = "N")]
    trace: Option<i64>,
    /// What still stands of the list of this number: superseded numbers or barred pairs (lists.csv of export has all)
    #[arg(long, value_name = "N")]
    list: Option<i64>,
    /// Superseded numbers that lists brought: old_nhs_number,nhs_number. All of them must stand
    #[arg(long, value_name = "FILE")]
    superseded: Option<PathBuf>,
    /// Barred pairs that lists brought, made by `childlink bar` with the project's key. All of them must stand; a
    /// reason must be given
    #[arg(long, value_name = "FILE")]
    barred: Option<PathBuf>,
    /// The last run: every record belongs to the child that it had before
    #[arg(long)]
    run: bool,
    /// A merge or split of a run: the run, the child before and the child after
    #[arg(long, num_args = 3, value_names = ["RUN", "BEFORE", "AFTER"])]
    change: Option<Vec<u64>>,
    /// A record's belonging to its child: source and record id
    #[arg(long, num_args = 2, value_names = ["SOURCE", "RECORD"])]
    take_out: Option<Vec<String>>,
}

/// What came of taking back.
enum Done {
    /// The decision of this number was withdrawn.
    Decision(i64),
    /// So many results of a trace were.
    Results(u64),
    /// So many entries of lists were.
    Entries(u64),
    /// A run was taken back, or decisions of the contrary were added.
    Undone(Undone),
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut project = open_project(&args.file)?;
    let done = take_back(args, &mut project)?;
    terminal.result(
        || {
            let done = match &done {
                Done::Decision(_) => "The decision was withdrawn; it stays on record.".to_owned(),
                Done::Results(results) => {
                    format!("{} results of a trace were withdrawn; they stay on record.", count(*results))
                }
                Done::Entries(entries) => {
                    format!("{} entries of lists were withdrawn; they stay on record.", count(*entries))
                }
                Done::Undone(Undone::Run { run, records }) => {
                    format!("Run {run} was taken back: {} records are as they were before it.", count(*records))
                }
                Done::Undone(Undone::Decisions(recorded)) => {
                    format!("{} decisions were added.", count(recorded.new as u64))
                }
            };
            format!("{done}\n\nNext: childlink project run {} --out DIR\n", args.file.display())
        },
        || match &done {
            Done::Decision(decision) => json!({"withdrawn": decision, "withdrawn_results": null}),
            Done::Results(results) => json!({"withdrawn": null, "withdrawn_results": results}),
            Done::Entries(entries) => json!({"withdrawn_entries": entries}),
            Done::Undone(undone) => json!(undone),
        },
    )?;
    Ok(Outcome::Clean)
}

fn take_back(args: &Args, project: &mut Project) -> Result<Done, Error> {
    let (what, reason, deed) = (&args.what, &args.reason, args.by.deed());
    if let Some(trace) = what.trace {
        let record = args.record.as_ref().map(|record| (record[0].as_str(), record[1].as_str()));
        return project.withdraw_trace(trace, record, reason, &deed).map(Done::Results);
    }
    if let Some(decision) = what.decision {
        project.withdraw(decision, reason, &deed)?;
        return Ok(Done::Decision(decision));
    }
    let entries = if let Some(list) = what.list {
        Some(project.withdraw_list(list, reason, &deed)?)
    } else if let Some(path) = &what.superseded {
        Some(project.withdraw_superseded(&in_file(path, read_superseded(open(path)?))?, reason, &deed)?)
    } else if let Some(path) = &what.barred {
        Some(project.withdraw_barred(&in_file(path, read_hashes(open(path)?))?, reason, &deed)?)
    } else {
        None
    };
    if let Some(entries) = entries {
        return Ok(Done::Entries(entries as u64));
    }
    let undone = match (&what.change, &what.take_out) {
        (Some(change), _) => project.undo_move(change[0] as i64, change[1], change[2], &deed)?,
        (_, Some(record)) => project.take_out(&record[0], &record[1], &deed)?,
        _ => project.undo_run(&deed)?,
    };
    Ok(Done::Undone(undone))
}
