//! `childlink project undo`.

use super::{ByArgs, Outcome};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::project::{Project, Undone};
use serde_json::json;
use std::path::PathBuf;

/// Take back a decision, what a trace told, a run, a merge or a split
///
/// Nothing is deleted: what was taken back stays in the project with who took it back and when.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project undo town.childlink --decision 17 --reason \"wrong twin\"\n  \
    childlink project undo town.childlink --trace 2 --record northtown N17 --reason \"seen with the family\"\n  \
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

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut project = Project::open(&args.file)?;
    let deed = args.by.deed();
    let what = &args.what;
    let mut results = None;
    if let Some(trace) = what.trace {
        let record = args.record.as_ref().map(|record| (record[0].as_str(), record[1].as_str()));
        results = Some(project.withdraw_trace(trace, record, &args.reason, &deed)?);
    }
    let undone = match (what.decision, &what.change, &what.take_out) {
        _ if results.is_some() => None,
        (Some(decision), _, _) => {
            project.withdraw(decision, &args.reason, &deed)?;
            None
        }
        (_, Some(change), _) => Some(project.undo_move(change[0] as i64, change[1], change[2], &deed)?),
        (_, _, Some(record)) => Some(project.take_out(&record[0], &record[1], &deed)?),
        _ => Some(project.undo_run(&deed)?),
    };
    terminal.result(
        || {
            let done = match &undone {
                None if results.is_some() => {
                    format!("{} results of a trace were withdrawn; they stay on record.", count(results.unwrap_or(0)))
                }
                None => "The decision was withdrawn; it stays on record.".to_owned(),
                Some(Undone::Run { run, records }) => {
                    format!("Run {run} was taken back: {} records are as they were before it.", count(*records))
                }
                Some(Undone::Decisions(recorded)) => format!("{} decisions were added.", count(recorded.new as u64)),
            };
            format!("{done}\n\nNext: childlink project run {} --out DIR\n", args.file.display())
        },
        || match &undone {
            None => json!({"withdrawn": what.decision, "withdrawn_results": results}),
            Some(undone) => json!(undone),
        },
    )?;
    Ok(Outcome::Clean)
}
