//! `childlink man`: the manual page, one for the program or one for each command.

use super::Outcome;
use crate::args::Arguments;
use crate::output;
use crate::render::Terminal;
use childlink::Error;
use clap::CommandFactory;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// Print the manual page, or write one page per command into a folder
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink man | man -l -\n  childlink man --out /usr/share/man/man1")]
pub(crate) struct Args {
    /// Write `childlink.1`, `childlink-link.1`, ... into this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.out {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|e| output::cannot_write(folder, &e))?;
            clap_mangen::generate_to(Arguments::command(), folder).map_err(|e| output::cannot_write(folder, &e))?;
            terminal.result(
                || format!("Written to {}\n", folder.display()),
                || json!({"out": folder.display().to_string()}),
            )?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(|e| output::cannot_write("standard output".as_ref(), &e))?;
            terminal.whole_text("page", &page)?;
        }
    }
    Ok(Outcome::Clean)
}
