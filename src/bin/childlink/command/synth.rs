//! `childlink synth`: synthetic children in several source systems, with the truth.

use super::Outcome;
use crate::output::{OutputFolder, cannot_write};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::synth::layout::{FileForm, Layout, PERSON_HEAD, person_rows, truth_head, truth_rows};
use childlink::synth::{Generator, Options, Profile};
use clap::ValueEnum;
use rayon::prelude::*;
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Generate synthetic children in several source systems, with the truth
///
/// Writes `records.csv` (or one file per source system), `truth.csv` (which record is of which person)
/// and `persons.csv` (twins share a maternity; an adopted child's two identities name each other). No
/// record is of a real child. The same options give the same bytes on every machine.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink synth --children 10000 --sources 6 --seed 1 --out population\n  \
    childlink synth --children 400 --sources 4 --seed 7 --per-source --out sample\n  \
    childlink synth --children 100000 --sources 6 --seed 1 --noise 2.5 --nhs-missing 0.35 --out hard")]
pub(crate) struct Args {
    /// Number of children
    #[arg(long, value_name = "N")]
    children: usize,
    /// Number of source systems
    #[arg(long, value_name = "N")]
    sources: usize,
    /// The same seed gives the same population
    #[arg(long, value_name = "N")]
    seed: u64,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Multiply the frequency of slips
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    noise: f64,
    /// Share of records without an NHS number
    #[arg(long, value_name = "P")]
    nhs_missing: Option<f64>,
    /// Columns of records.csv
    #[arg(long, value_enum, default_value_t = Columns::Canonical)]
    layout: Columns,
    /// Write one file per source system, each in its own encoding, delimiter and column names
    #[arg(long, conflicts_with = "layout")]
    per_source: bool,
    /// Which population
    #[arg(long, value_enum, default_value_t = Population::Standard)]
    profile: Population,
    /// Threads; the files do not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Columns {
    /// Every canonical column
    Canonical,
    /// What a merged child health index usually has
    Chis,
}

#[derive(Clone, Copy, ValueEnum)]
enum Population {
    /// Several areas merged, calibrated on published figures
    Standard,
    /// Old systems beside those that took over, with other slips
    Migration,
}

/// Blocks in memory at one time.
const BATCH: usize = 32;

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let generator = Generator::new(Options {
        children: args.children,
        sources: args.sources,
        seed: args.seed,
        noise: args.noise,
        nhs_missing: args.nhs_missing,
        profile: match args.profile {
            Population::Standard => Profile::Standard,
            Population::Migration => Profile::Migration,
        },
    })?;
    let layout = match args.layout {
        Columns::Canonical => Layout::Canonical,
        Columns::Chis => Layout::Chis,
    };
    let mut folder = OutputFolder::create(&args.out)?;
    let written = |error: io::Error| cannot_write(&args.out, &error);
    let sources = generator.sources().count();
    let forms: Vec<FileForm> = (0..sources)
        .map(|source| if args.per_source { FileForm::of_source(&generator, source) } else { FileForm::merged(layout) })
        .collect();
    let mut parts = Parts::create(&args.out, sources).map_err(written)?;
    let mut persons = folder.file("persons.csv")?;
    persons.write_all(PERSON_HEAD).map_err(written)?;

    let progress = terminal.progress();
    let phase = progress.bytes("children", args.children as u64);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build().map_err(|e| {
        Error::new("synth/threads", format!("cannot start threads: {e}"), "give a smaller --threads")
            .in_field("threads")
    })?;
    let mut tally = Tally::default();
    for first in (0..generator.blocks()).step_by(BATCH) {
        let batch = first..generator.blocks().min(first + BATCH);
        let made: Vec<Made> =
            threads.install(|| batch.into_par_iter().map(|b| Made::new(&generator, &forms, b)).collect());
        for block in made {
            for (source, (records, truth)) in block.sources.iter().enumerate() {
                parts.records[source]
                    .write_all(records)
                    .and_then(|()| parts.truth[source].write_all(truth))
                    .map_err(written)?;
            }
            persons.write_all(&block.persons).map_err(written)?;
            tally.records += block.records;
            tally.persons += block.person_count;
            phase.advance(1_000);
        }
    }
    drop(phase);
    folder.add(persons)?;

    let mut truth = folder.file("truth.csv")?;
    truth.write_all(&truth_head(layout)).map_err(written)?;
    for part in &mut parts.truth {
        copy(part, &mut truth).map_err(written)?;
    }
    folder.add(truth)?;
    if args.per_source {
        for ((part, form), name) in parts.records.iter_mut().zip(&forms).zip(generator.sources()) {
            let mut file = folder.file(&format!("{name}.csv"))?;
            file.write_all(&form.head()).and_then(|()| copy(part, &mut file)).map_err(written)?;
            folder.add(file)?;
        }
    } else {
        let mut file = folder.file("records.csv")?;
        file.write_all(&FileForm::merged(layout).head()).map_err(written)?;
        for part in &mut parts.records {
            copy(part, &mut file).map_err(written)?;
        }
        folder.add(file)?;
    }
    folder.finish()?;
    terminal.result(
        || {
            format!(
                "{} records of {} persons from {} source systems in {}\n",
                count(tally.records),
                count(tally.persons),
                sources,
                args.out.display()
            )
        },
        || json!({"records": tally.records, "persons": tally.persons, "sources": sources}),
    )?;
    Ok(Outcome::Clean)
}

#[derive(Default)]
struct Tally {
    records: u64,
    persons: u64,
}

/// One block as bytes, by source system.
struct Made {
    sources: Vec<(Vec<u8>, Vec<u8>)>,
    persons: Vec<u8>,
    records: u64,
    person_count: u64,
}

impl Made {
    fn new(generator: &Generator, forms: &[FileForm], index: usize) -> Made {
        let block = generator.block(index);
        let of_source = |(source, form): (usize, &FileForm)| {
            let records = block.of_source(source);
            (form.rows(records.iter().copied()), truth_rows(records.iter().copied()))
        };
        Made {
            sources: forms.iter().enumerate().map(of_source).collect(),
            persons: person_rows(&block.persons),
            records: block.records.len() as u64,
            person_count: block.persons.len() as u64,
        }
    }
}

/// What each source system has so far, in nameless files: a merged file has one system after the
/// other, and no population is held in memory.
struct Parts {
    records: Vec<File>,
    truth: Vec<File>,
}

impl Parts {
    fn create(folder: &Path, sources: usize) -> io::Result<Parts> {
        let files = || (0..sources).map(|_| tempfile::tempfile_in(folder)).collect::<io::Result<Vec<File>>>();
        Ok(Parts { records: files()?, truth: files()? })
    }
}

fn copy(part: &mut File, to: &mut impl Write) -> io::Result<()> {
    part.rewind()?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match part.read(&mut buffer)? {
            0 => return Ok(()),
            read => to.write_all(&buffer[..read])?,
        }
    }
}
