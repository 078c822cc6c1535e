//! One file per command. To add a command, add its `mod` line and its line in `commands!`; its file
//! holds `Args` (with help and examples) and `run`.

pub(crate) mod bar;
mod best;
mod blocking;
mod check;
mod completions;
mod doctor;
mod due_list;
mod evaluate;
mod explain;
mod index;
pub(crate) mod link;
mod man;
mod model;
mod notify;
mod programme;
pub(crate) mod project;
mod report;
mod sample;
mod schedule;
pub(crate) mod score;
mod synth;
mod trace;
mod train;

use crate::render::Terminal;
use childlink::Error;
use clap::Subcommand;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to tell, or notes only.
    Clean,
    /// At least one finding of severity warning or fault.
    Findings,
    /// What was looked at cannot be used, as its result tells.
    Unusable,
}

macro_rules! commands {
    ($($module:ident => $variant:ident),* $(,)?) => {
        /// What to do.
        #[derive(Subcommand)]
        #[allow(clippy::large_enum_variant, reason = "there is one of it, for the whole run")]
        pub(crate) enum Command {
            $($variant($module::Args)),*
        }

        impl Command {
            /// Does it.
            pub(crate) fn run(&self, terminal: &Terminal) -> Result<Outcome, Error> {
                match self {
                    $(Command::$variant(args) => $module::run(args, terminal)),*
                }
            }
        }
    };
}

// In the order of `childlink help`.
commands! {
    link => Link,
    check => Check,
    explain => Explain,
    report => Report,
    best => Best,
    train => Train,
    blocking => Blocking,
    score => Score,
    model => Model,
    evaluate => Evaluate,
    sample => Sample,
    bar => Bar,
    trace => Trace,
    index => Index,
    notify => Notify,
    synth => Synth,
    schedule => Schedule,
    due_list => DueList,
    programme => Programme,
    project => Project,
    doctor => Doctor,
    completions => Completions,
    man => Man,
}
