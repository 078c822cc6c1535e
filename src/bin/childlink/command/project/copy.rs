//! `childlink project copy`.

use super::{Outcome, look_at_project};
use crate::claims::declare;
use crate::output::{OutputFile, cannot_write};
use crate::render::{Terminal, count};
use childlink::Error;
use serde_json::json;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Copy a project as it stands, whoever is at work on it
///
/// A copy of the file alone may lack changes that stand beside it, in FILE-wal; this one is whole. The key of barred
/// pairs (FILE.key) is not copied: keep it apart.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  childlink project copy town.childlink town-copy.childlink")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The copy; it must not be there yet
    #[arg(value_name = "COPY")]
    copy: PathBuf,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let project = look_at_project(&args.file)?;
    declare([args.copy.as_path()])?;
    if args.copy.exists() {
        let message = format!("{} is there already", args.copy.display());
        return Err(Error::new("project/exists", message, "choose another name for the copy"));
    }
    let file = OutputFile::create(&args.copy)?;
    let place = file.under_way().ok_or_else(|| cannot_write(&args.copy, &io::ErrorKind::InvalidInput.into()))?;
    project.copy_into(place)?;
    file.finish()?;
    let bytes = fs::metadata(&args.copy).map_or(0, |about| about.len());
    terminal.result(
        || format!("{} bytes copied to {}\n", count(bytes), args.copy.display()),
        || json!({"bytes": bytes, "copy": args.copy.display().to_string()}),
    )?;
    Ok(Outcome::Clean)
}
