//! The childlink command line: opens files, calls the library, renders what it answers.
//!
//! Exit codes: 0 done; 1 done, but `--strict` was given and there are findings; 2 wrong usage or
//! input that cannot be read; 3 a fault of ours; 128 and the signal's number: told to end.

mod args;
mod claims;
mod clock;
mod cohort;
mod command;
mod database;
mod digest;
mod error_list;
mod frame_input;
mod frequencies;
mod general_rerun;
mod input;
mod labels;
mod linked;
mod lists;
mod memory;
mod message_store;
mod output;
mod packed;
mod progress;
mod quality;
mod render;
mod rerun;
mod run_record;
mod signal;
mod standard;
mod tf_tables;

use args::Arguments;
use clap::Parser;
use command::Outcome;
use render::Terminal;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FINDINGS: u8 = 1;
const UNUSABLE: u8 = 2;
const INTERNAL: u8 = 3;

fn main() -> ExitCode {
    memory::settle_allocator();
    signal::heed();
    panic::set_hook(Box::new(render::explain_panic));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(found) => return ExitCode::from(u8::try_from(render::wrong_usage(&found)).unwrap_or(UNUSABLE)),
    };
    let terminal = Terminal::new(&arguments.global);
    guarded(|| match arguments.command.run(&terminal) {
        Ok(Outcome::Unusable) => UNUSABLE,
        Ok(Outcome::Findings) if arguments.global.strict => FINDINGS,
        Ok(_) => 0,
        Err(error) if error.code == render::READER_GONE => 0,
        Err(error) => {
            terminal.error(&error);
            UNUSABLE
        }
    })
}

/// Runs the work; a panic has been explained by the hook and becomes exit code 3.
fn guarded(work: impl FnOnce() -> u8) -> ExitCode {
    ExitCode::from(panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(INTERNAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_exit_code_3() {
        let code = guarded(|| panic!("a fault"));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(3)));
    }

    #[test]
    fn arguments_are_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
