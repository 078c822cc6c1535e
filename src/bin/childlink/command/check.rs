//! `childlink check`: what the records look like, before anything is done with them.

use super::Outcome;
use crate::input::InputArgs;
use crate::quality;
use crate::render::Terminal;
use childlink::Error;

/// Look for faults in files of records
///
/// Counts the findings of each source and field. Rows are named by number (in delimited text the
/// line they start on); no value of a record is shown.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink check extracts/*.csv\n  \
    childlink check --source northtown=a.csv --source southtown=b.csv --strict\n  \
    childlink check export.csv --columns my-columns.toml --json")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let inputs = args.input.resolve()?;
    let records = inputs.read(&terminal.progress())?;
    terminal.result(|| quality::as_text(&inputs, &records), || records.read().to_json(true))?;
    Ok(if records.read().has_findings() { Outcome::Findings } else { Outcome::Clean })
}
