//! What a run came to, in words and as an object.

use super::super::parameters::Parameters;
use crate::command::link;
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::Linked;
use childlink::project::{ChangeReport, WholeBecause};
use serde_json::{Value, json};
use std::path::Path;

/// What a run came to.
pub(super) struct Told<'a> {
    /// The project.
    pub(super) project: &'a Path,
    pub(super) run: i64,
    pub(super) parameters: &'a Parameters,
    pub(super) records: &'a Records,
    pub(super) linked: &'a Linked,
    pub(super) notes: &'a [String],
    /// Seconds that it took.
    pub(super) total: f64,
    /// How many records were as they were, or why every record was compared; nothing if the run went on after it had linked.
    pub(super) compared: Option<Result<u64, WholeBecause>>,
    pub(super) report: &'a ChangeReport,
    pub(super) summary: &'a Value,
    /// The record of the run.
    pub(super) record: &'a Value,
}

/// Tells what a run came to.
///
/// # Errors
/// Those of standard output.
pub(super) fn tell(terminal: &Terminal, told: &Told<'_>) -> Result<(), Error> {
    let Told { project, run, parameters, records, linked, notes, total, compared, report, summary, record } = *told;
    let next = format!("`childlink project decide {} --from FILE` before", project.display());
    terminal.result(
        || {
            let form = parameters.format;
            let text = link::in_words(&parameters.out, form, records, linked, notes, total, &next);
            let all = records.built.table.len() as u64;
            let scanned = match compared {
                Some(Ok(unchanged)) => {
                    format!(
                        "\nOnly what has changed was compared: {} of {} records\n",
                        count(all - unchanged),
                        count(all)
                    )
                }
                Some(Err(because)) => format!("\nEvery record was compared, since {}\n", because.words()),
                None => String::new(),
            };
            text + &changes_in_words(run, report) + &scanned
        },
        || {
            let mut object = link::with_run(summary, record);
            let unchanged = compared.and_then(Result::ok);
            object["project"] = json!({"run": run, "changes": report, "unchanged_records": unchanged});
            object
        },
    )
}

fn changes_in_words(run: i64, report: &ChangeReport) -> String {
    let mut text = format!(
        "\nRun {run} of the project: {} records new, {} gone, {} moved to another child ({} children merged, {} split)\n",
        count(report.new_records),
        count(report.gone_records),
        count(report.moved_records),
        count(report.merged_children),
        count(report.split_children)
    );
    let mut decisions = |numbers: &[i64], what: &str| {
        if let Some(first) = numbers.first() {
            text += &format!("{} decisions stand {what} (the first is {first}): look again\n", numbers.len());
        }
    };
    decisions(&report.decisions_on_changed_records, "on records that have changed since");
    decisions(&report.decisions_on_gone_records, "on records that are no more");
    text
}
