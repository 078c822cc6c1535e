//! `childlink completions`: for packagers and for a shell's start-up file.

use super::Outcome;
use crate::args::Arguments;
use crate::render::Terminal;
use childlink::Error;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print the completion script of a shell
#[derive(clap::Args)]
#[command(after_help = "Example:\n  childlink completions bash > /etc/bash_completion.d/childlink")]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "childlink", &mut script);
    terminal.whole_text("script", &script)?;
    Ok(Outcome::Clean)
}
