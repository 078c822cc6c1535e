//! `childlink index`: a compact index of children, and records looked up in it.

use super::Outcome;
use super::link::read_model;
use crate::claims::{declare, reads};
use crate::input::InputArgs;
use crate::lists::{ListArgs, read_barred};
use crate::output::{OutputFile, cannot_read, write_file};
use crate::render::{Terminal, count};
use crate::standard::is_standard;
use childlink::Error;
use childlink::exchange::found::{self, Answer};
use childlink::exchange::sheet::{Kind, Sheet};
use childlink::index::{ChildIndex, Loader, Outcome as Match};
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::link;
use childlink::linkage::table::Table;
use clap::Subcommand;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Build a compact index of children, and look records up in it
///
/// The index holds what matching needs and no record id, history or dose. It is a snapshot that loads as it is, in
/// this program, in a browser or at the edge.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink index build extracts/*.csv --out children.index --keys keys.csv\n  \
    childlink index match children.index births.csv --out found.csv\n  \
    childlink index stats children.index")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Link records into children and pack them
    ///
    /// A model that has been trained is used as it is, any other is trained on the records first. The model and
    /// the frequencies of names go into the index.
    #[command(after_help = "Example:\n  childlink index build extracts/*.csv --out children.index --keys keys.csv")]
    Build(BuildArgs),
    /// Look up records one by one
    ///
    /// Weights, guards and decisions are those of linking each record, alone, with those of the index.
    #[command(after_help = "Example:\n  childlink index match children.index births.csv --out found.csv")]
    Match(MatchArgs),
    /// Tell what an index holds
    #[command(after_help = "Example:\n  childlink index stats children.index")]
    Stats {
        /// The index
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write the model of an index, with the frequencies of names and postcodes that it weighs by
    ///
    /// `link --model` with this model weighs every pair as the index does, whatever other records there are.
    #[command(after_help = "Example:\n  childlink index model children.index --out model.json")]
    Model {
        /// The index
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where to write the model (JSON)
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// See whether an index is whole and as it was written
    #[command(after_help = "Example:\n  childlink index verify children.index")]
    Verify {
        /// The index
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(clap::Args)]
struct BuildArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Linkage model (JSON) in place of the built-in one
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where to write the index
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to write the record behind each entry of the index: entry,source,record_id,child_id (CSV)
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Chooses the samples that training looks at
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    lists: ListArgs,
}

#[derive(clap::Args)]
struct MatchArgs {
    /// The index
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    input: InputArgs,
    /// Where to write the answers (CSV). Records for the restricted queue go to a file beside it, keys only, named
    /// FILE.restricted
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Pairs of NHS numbers that must never be joined or mentioned (keyed hashes; the key is in FILE.key)
    #[arg(long, value_name = "FILE")]
    barred: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.action {
        Action::Build(args) => build(args, terminal),
        Action::Match(args) => look_up(args, terminal),
        Action::Stats { file } => stats(file, terminal),
        Action::Model { file, out } => model(file, out, terminal),
        Action::Verify { file } => verify(file, terminal),
    }
}

fn build(args: &BuildArgs, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([&args.out].into_iter().chain(&args.keys).map(PathBuf::as_path))?;
    let model = read_model(args.model.as_deref())?;
    let lists = args.lists.read()?;
    let progress = terminal.progress();
    let mut records = args.input.resolve()?.read(&progress)?;
    let phase = progress.phase("Linking");
    let (mut options, notes) = lists.apply(&mut records.built.table)?;
    options.seed = args.seed;
    options.skip_training = model.provenance.trained_on_records > 0;
    let table = &records.built.table;
    let linked = link(table, &model, &options)?;
    drop(phase);
    let phase = progress.phase("Packing");
    let children = &linked.children.child_id;
    let snapshot = ChildIndex::build(table, &linked.model, children)?;
    write_file(&args.out, &snapshot)?;
    if let Some(path) = &args.keys {
        write_keys(path, table, children)?;
    }
    drop(phase);
    let (children, bytes) = (linked.children.children, snapshot.len() as u64);
    let aside = records.quarantined.len() as u64;
    terminal.result(
        || {
            let each = bytes as f64 / children.max(1) as f64;
            let mut text = format!(
                "{} records of {} children in {} bytes ({each:.1} a child), {} rows set aside\n",
                count(table.len() as u64),
                count(children),
                count(bytes),
                count(aside)
            );
            notes.iter().for_each(|note| text += &format!("Note: {note}\n"));
            text
        },
        || json!({"records": table.len(), "children": children, "bytes": bytes, "quarantined": aside, "notes": notes}),
    )?;
    let findings = records.read().has_findings() || !notes.is_empty();
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

fn write_keys(path: &Path, table: &Table, children: &[u64]) -> Result<(), Error> {
    let columns =
        [("entry", Kind::Integer), ("source", Kind::Text), ("record_id", Kind::Text), ("child_id", Kind::Integer)];
    let mut sheet = Sheet::csv(OutputFile::create(path)?, &columns.map(|(name, kind)| (name.to_owned(), kind)))?;
    sheet.rows(table.len(), |record, row| {
        row.integer(record as i64);
        row.text(table.source(record as RecordIndex));
        row.text(table.record_id(record as RecordIndex));
        row.integer(children[record] as i64);
    })?;
    sheet.finish()?.finish()
}

fn look_up(args: &MatchArgs, terminal: &Terminal) -> Result<Outcome, Error> {
    if is_standard(&args.out) {
        return Err(Error::new(
            "index/standard-output",
            "the answers are two files, so that they cannot go to standard output",
            "give --out FILE",
        )
        .in_field("--out"));
    }
    let mut beside = args.out.clone().into_os_string();
    beside.push(".restricted");
    declare([args.out.as_path(), Path::new(&beside)])?;
    let progress = terminal.progress();
    let phase = progress.phase("Loading");
    let mut index = load(&args.file)?;
    if let Some(path) = &args.barred {
        index.set_barred(read_barred(path)?);
    }
    drop(phase);
    let records = args.input.resolve()?.read(&progress)?;
    let table = &records.built.table;
    let phase = progress.phase("Looking up");
    let mut answers = Vec::with_capacity(table.len());
    for record in 0..table.len() as RecordIndex {
        let found = index.find_record(table, record)?;
        let (source, record_id) = (table.source(record).to_owned(), table.record_id(record).to_owned());
        answers.push(Answer { source, record_id, found });
    }
    drop(phase);
    let mut sheet = Sheet::csv(OutputFile::create(&args.out)?, &found::found_columns())?;
    found::write_found(&mut sheet, &answers, index.model())?;
    sheet.finish()?.finish()?;
    let mut sheet = Sheet::csv(OutputFile::create(Path::new(&beside))?, &found::restricted_columns())?;
    let restricted = found::write_restricted(&mut sheet, &answers)?;
    sheet.finish()?.finish()?;
    let mut outcomes = BTreeMap::from([("link", 0u64), ("review", 0), ("not-found", 0)]);
    for answer in &answers {
        let word = if answer.found.outcome == Match::Restricted { Match::NotFound } else { answer.found.outcome };
        *outcomes.entry(word.as_str()).or_default() += 1;
    }
    let aside = records.quarantined.len() as u64;
    terminal.result(
        || {
            let [linked, review, none] = ["link", "review", "not-found"].map(|word| count(outcomes[word]));
            format!(
                "{} records: {linked} linked, {review} for review, {none} not found; {} rows of the restricted queue; {} rows set aside\n",
                count(answers.len() as u64),
                count(restricted as u64),
                count(aside)
            )
        },
        || json!({"records": answers.len(), "outcomes": outcomes, "restricted": restricted, "quarantined": aside}),
    )?;
    Ok(if records.read().has_findings() { Outcome::Findings } else { Outcome::Clean })
}

fn stats(file: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let index = load(file)?;
    let stats = index.stats();
    terminal.result(
        || {
            format!(
                "{} records of {} children from {} sources; {} names; {} bytes of packed columns\nmodel {} {}\n",
                count(stats.records),
                count(stats.children),
                index.sources().len(),
                count(stats.names),
                count(stats.packed_bytes),
                index.model().id,
                index.model().version
            )
        },
        || {
            let model = index.model();
            json!({"stats": stats, "sources": index.sources(), "model": model.id, "model_hash": model.hash()})
        },
    )?;
    Ok(Outcome::Clean)
}

fn model(file: &Path, out: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([out])?;
    let model = load(file)?.frozen_model();
    write_file(out, model.to_json().as_bytes())?;
    terminal.result(
        || format!("model {} {} with its frequencies, written to {}\n", model.id, model.version, out.display()),
        || json!({"model": model.id, "model_hash": model.hash()}),
    )?;
    Ok(Outcome::Clean)
}

fn verify(file: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let stats = load(file)?.stats();
    terminal.result(
        || {
            format!(
                "{} is whole: {} records of {} children\n",
                file.display(),
                count(stats.records),
                count(stats.children)
            )
        },
        || json!({"whole": true, "stats": stats}),
    )?;
    Ok(Outcome::Clean)
}

/// Loads an index piece by piece, so that it stands in memory once.
///
/// # Errors
/// `input/cannot-read`, `output/is-input`, and those of [`Loader`] with the file's name.
pub(super) fn load(path: &Path) -> Result<ChildIndex, Error> {
    reads(path)?;
    let mut file = File::open(path).map_err(|e| cannot_read(path, &e))?;
    let mut loader = Loader::default();
    let mut piece = vec![0; 1 << 20];
    let in_file = |mut error: Error| {
        error.message = format!("{}: {}", path.display(), error.message);
        error
    };
    loop {
        match file.read(&mut piece).map_err(|e| cannot_read(path, &e))? {
            0 => return loader.finish().map_err(in_file),
            length => loader.push(&piece[..length]).map_err(in_file)?,
        }
    }
}
