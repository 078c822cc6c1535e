//! `childlink project`: a migration kept in one file, from its first extract to its last run.

pub(in crate::command) mod absorb;
mod add;
mod copy;
mod decide;
mod export;
mod init;
mod parameters;
mod publish;
pub(in crate::command) mod run;
mod status;
mod undo;

use super::Outcome;
use crate::claims::reads;
use crate::clock;
use crate::render::Terminal;
use childlink::Error;
use childlink::project::{Deed, Project};
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Keep a migration in one file: extracts, runs, children, decisions, and all that ever changed
///
/// A project remembers what single runs of `childlink link` are told afresh: extracts with their column maps, lists,
/// the model, the children of the last run. `project run` writes what `link` would write with these, byte for byte.
/// Nothing that a person decided is ever overwritten. The file is an SQLite database that only its owner may read.
#[derive(clap::Args)]
#[command(after_help = "A migration, from the beginning:\n  \
    childlink project init town.childlink\n  \
    childlink project add town.childlink --source northtown=north.csv --source southtown=south.csv\n  \
    childlink project run town.childlink --out linked\n  \
    childlink project decide town.childlink --from decided.csv\n  \
    childlink project add town.childlink --source northtown=north-2.csv\n  \
    childlink project run town.childlink --out linked\n  \
    childlink project status town.childlink\n\n\
    `childlink help project COMMAND` shows examples of each; docs/project.md walks through a whole one.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it, for the whole run")]
enum Action {
    Init(init::Args),
    Add(add::Args),
    Run(run::Args),
    Status(status::Args),
    Decide(decide::Args),
    Undo(undo::Args),
    Export(export::Args),
    Copy(copy::Args),
    Publish(publish::Args),
    Absorb(absorb::Args),
}

/// Who does it
#[derive(clap::Args)]
pub(crate) struct ByArgs {
    /// Your name or initials, for the audit (default: the name that you are logged in under)
    #[arg(long, value_name = "WHO", help_heading = "Audit")]
    by: Option<String>,
}

impl ByArgs {
    /// The change about to be made.
    pub(crate) fn deed(&self) -> Deed {
        let logged_in = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let by = self.by.clone().or_else(logged_in).unwrap_or_else(|| "unknown".to_owned());
        Deed { at: clock::now(), by }
    }
}

/// Opens a project to change it; no output takes its place.
///
/// # Errors
/// `output/is-input`, and those of [`Project::open`].
pub(in crate::command) fn open_project(file: &Path) -> Result<Project, Error> {
    keep_off(file)?;
    Project::open(file)
}

/// Opens a project to look at it; no output takes its place.
///
/// # Errors
/// `output/is-input`, and those of [`Project::look`].
pub(in crate::command) fn look_at_project(file: &Path) -> Result<Project, Error> {
    keep_off(file)?;
    Project::look(file)
}

/// The file and what its database keeps beside it.
fn keep_off(file: &Path) -> Result<(), Error> {
    ["", "-wal", "-shm", ".lock"].into_iter().try_for_each(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        reads(&PathBuf::from(name))
    })
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.action {
        Action::Init(args) => init::run(args, terminal),
        Action::Add(args) => add::run(args, terminal),
        Action::Run(args) => run::run(args, terminal),
        Action::Status(args) => status::run(args, terminal),
        Action::Decide(args) => decide::run(args, terminal),
        Action::Undo(args) => undo::run(args, terminal),
        Action::Export(args) => export::run(args, terminal),
        Action::Copy(args) => copy::run(args, terminal),
        Action::Publish(args) => publish::run(args, terminal),
        Action::Absorb(args) => absorb::run(args, terminal),
    }
}
