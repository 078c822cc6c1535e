//! `childlink schedule`: what is valid, due, overdue and too late for each child of a file.

use super::Outcome;
use super::programme::read_programme;
use crate::claims::declare;
use crate::output::{OutputFile, cannot_read, cannot_write};
use crate::render::{Terminal, count};
use crate::standard::open;
use childlink::Error;
use childlink::date::Date;
use childlink::linkage::parallel;
use childlink::schedule::{Counts, Programmes, schedule_lines};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Work out what each child has had, and what is due
///
/// The input has one child's JSON object on each line; the output answers line by line in the same
/// order. A line that is no child is answered by an object that says so, and counted.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink schedule children.ndjson --as-at 2026-11-21 --out due.ndjson\n  \
    childlink schedule children.ndjson --as-at 2026-11-21 --programme ours.toml --out due.ndjson")]
pub(crate) struct Args {
    /// Children: one JSON object a line; - for standard input
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// The day of evaluation, as YYYY-MM-DD; one inside an object outranks it
    #[arg(long, value_name = "DATE")]
    as_at: String,
    /// Where to write the answers; - for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Follow this immunisation programme instead of the one that childlink carries
    #[arg(long, value_name = "FILE")]
    programme: Option<PathBuf>,
    /// Use so many threads (0: all)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

/// Bytes of whole lines handed to one thread at a time.
const PIECE: usize = 1 << 18;
/// Pieces read before their answers are written.
const PIECES: usize = 32;

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([args.out.as_path()])?;
    let as_at = Date::parse(&args.as_at).map_err(|found| Error::from(found).in_field("--as-at"))?;
    let own = args.programme.as_deref().map(read_programme).transpose()?;
    let mut programmes = Programmes::built_in();
    if let Some(programme) = &own {
        programmes.immunisation = programme;
    }
    let counts = parallel::with_threads(args.threads, || schedule_file(args, &programmes, as_at, terminal))?;
    terminal.result(
        || {
            let mut text = format!("{} children", count(counts.lines - counts.unreadable));
            text += &format!(", {} with findings to look at", count(counts.with_findings));
            if counts.unreadable > 0 {
                text += &format!(", {} lines that are no child", count(counts.unreadable));
            }
            text + "\n"
        },
        || {
            json!({
                "children": counts.lines - counts.unreadable,
                "with_findings": counts.with_findings,
                "unreadable_lines": counts.unreadable,
            })
        },
    )?;
    Ok(if counts.unreadable + counts.with_findings > 0 { Outcome::Findings } else { Outcome::Clean })
}

/// Reads block by block, so that memory does not grow with the file.
fn schedule_file(args: &Args, programmes: &Programmes<'_>, as_at: Date, terminal: &Terminal) -> Result<Counts, Error> {
    let mut input = open(&args.input)?;
    // Standard input and the like have no length: nothing is told of what is left.
    let total = fs::metadata(&args.input).map_or(0, |about| about.len());
    let mut out = OutputFile::create(&args.out)?;
    let progress = terminal.progress();
    let phase = progress.bytes("scheduling", total);
    let mut counts = Counts::default();
    let mut block: Vec<u8> = Vec::new();
    loop {
        let wanted = PIECE * PIECES;
        let read =
            input.by_ref().take(wanted as u64).read_to_end(&mut block).map_err(|e| cannot_read(&args.input, &e))?;
        let at_end = read < wanted;
        let whole = if at_end { block.len() } else { last_line_end(&block) };
        counts += schedule_block(&block[..whole], programmes, as_at, &mut out, &args.out)?;
        block.drain(..whole);
        phase.advance(read as u64);
        if at_end {
            break;
        }
    }
    drop(phase);
    out.finish()?;
    Ok(counts)
}

fn schedule_block(
    block: &[u8],
    programmes: &Programmes<'_>,
    as_at: Date,
    out: &mut OutputFile,
    path: &Path,
) -> Result<Counts, Error> {
    let mut pieces = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        let near = rest.len().min(PIECE);
        let end = rest[near..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| near + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    let answers = parallel::map(pieces.len(), |index| {
        let mut answer = Vec::with_capacity(pieces[index].len() * 12);
        let counts = schedule_lines(programmes, pieces[index], as_at, &mut answer);
        (counts, answer)
    });
    let mut all = Counts::default();
    for (counts, answer) in answers {
        all += counts;
        out.write_all(&answer).map_err(|e| cannot_write(path, &e))?;
    }
    Ok(all)
}

/// The end of the last whole line; 0 when the block holds none.
fn last_line_end(block: &[u8]) -> usize {
    block.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}
