//! `childlink programme`: programme files of vaccines, screens, reviews and coverage.

use super::Outcome;
use crate::render::{Terminal, error_object};
use crate::standard::read_text;
use childlink::Error;
use childlink::schedule::{Programme, check_programme_file};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Check programme files: vaccines, screens and their outcomes, reviews, vitamin K, coverage indicators
#[derive(clap::Args)]
#[command(after_help = "Example:\n  childlink programme check data/schedules/uk-immunisation.toml")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List every fault of a programme file with its line and what to do, and run its own cases
    ///
    /// Exit code 0 when there is none, 2 otherwise.
    #[command(after_help = "Example:\n  childlink programme check data/schedules/uk-immunisation.toml")]
    Check {
        /// The programme file, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let Action::Check { file } = &args.action;
    let text = read_text(file)?;
    let faults = check_programme_file(&text);
    terminal.result(
        || match Programme::parse(&text) {
            Ok(programme) if faults.is_empty() => {
                let about = programme.provenance();
                let unconfirmed = programme.unconfirmed_rules();
                format!(
                    "{}, {}, reviewed {}: no faults, {} cases hold, {} rules unconfirmed\n{}",
                    about.id,
                    about.version,
                    about.reviewed,
                    programme.case_count(),
                    unconfirmed.len(),
                    unconfirmed.iter().map(|rule| format!("  unconfirmed: {rule}\n")).collect::<String>(),
                )
            }
            _ if faults.is_empty() => format!("{}: no faults\n", file.display()),
            _ => faults.iter().map(|fault| format!("{}: {fault}\n", file.display())).collect(),
        },
        || {
            let mut object = json!({"faults": faults.iter().map(|fault| {
                json!({"line": fault.line, "found": fault.found, "fix": fault.fix})
            }).collect::<Vec<_>>()});
            if !faults.is_empty() {
                object["error"] = error_object(&refused(file, faults.len()));
            }
            object
        },
    )?;
    if faults.is_empty() {
        return Ok(Outcome::Clean);
    }
    terminal.error_in_words(&refused(file, faults.len()));
    Ok(Outcome::Unusable)
}

/// Reads a programme file that a command is to follow.
///
/// # Errors
/// `input/cannot-read`; `programme/faults`.
pub(super) fn read_programme(path: &Path) -> Result<Programme, Error> {
    Programme::parse(&read_text(path)?).map_err(|faults| refused(path, faults.len()))
}

fn refused(path: &Path, faults: usize) -> Error {
    Error::new(
        "programme/faults",
        format!("{} has {faults} faults", path.display()),
        "run `childlink programme check` on it and mend what it lists",
    )
}
