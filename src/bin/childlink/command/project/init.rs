//! `childlink project init`.

use super::{ByArgs, Outcome};
use crate::render::Terminal;
use childlink::Error;
use childlink::project::{Project, VERSION};
use serde_json::json;
use std::path::PathBuf;

/// Make a new project file
#[derive(clap::Args)]
#[command(after_help = "Example:\n  \
    childlink project init town.childlink\n\n\
    Beside it stand FILE.lock, FILE-wal and FILE-shm while it is in use, and FILE.key once barred pairs are added.")]
pub(super) struct Args {
    /// The file; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    Project::create(&args.file, &args.by.deed())?;
    let file = args.file.display();
    terminal.result(
        || format!("{file} is a new project.\n\nNext: childlink project add {file} INPUT...\n"),
        || json!({"project": args.file, "version": VERSION}),
    )?;
    Ok(Outcome::Clean)
}
