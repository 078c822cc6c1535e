//! The arguments that every command shares.

use crate::command::Command;
use clap::{Args, Parser};

/// Identity and dates for child health records: check, link, index and schedule.
///
/// Records are read from delimited text (comma, bar, semicolon or tab; UTF-8, UTF-16 or Windows-1252).
/// Nothing leaves this machine.
#[derive(Parser)]
#[command(name = "childlink", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done; 1 findings, with --strict; 2 wrong usage or unreadable input; 3 a fault of childlink;\n\
    128 + N told to end by signal N.\n\
    `childlink help COMMAND` shows examples of each command."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A number that is one: every comparison with NaN is false, so that a limit of it would be none.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| "give a number".to_owned())
}

/// Options that mean the same in every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Print the result, or the error, as one JSON object on standard output, and on standard error a line of JSON as
    /// each phase begins and ends
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Exit with code 1 when there are findings of severity warning or fault
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) strict: bool,
    /// Show no progress, no lines of phases and no summary
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
}

/// More threads than this are a slip: they would take longer to start than to work.
const MOST_THREADS: usize = 256;

/// Reads a number of threads; 0 is as many as the machine has.
pub(crate) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if threads <= MOST_THREADS => Ok(threads),
        Ok(_) => Err(format!("at most {MOST_THREADS} threads are started")),
        Err(_) => Err("write a whole number".to_owned()),
    }
}
