//! `childlink link`: records of several sources to children.

mod by_splink;
mod by_trace;

pub(super) use by_splink::LINK_FROM;

use super::Outcome;
use crate::frame_input::extension;
use crate::frequencies::FrequencyArgs;
use crate::input::{InputArgs, Inputs};
use crate::lists::{ListArgs, Lists};
use crate::memory::{Knowing, MemoryArgs, told_of_excess};
use crate::output::{OutputFile, OutputFolder};
use crate::progress::Phase;
use crate::render::{Terminal, count, table};
use crate::run_record;
use crate::standard::read_text;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::exchange::linked::{self, QuarantinedText};
use childlink::exchange::sheet::{Sheet, SheetColumn};
use childlink::exchange::summary::{self, pairs_decided};
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::explain::{Waterfall, explain};
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use childlink::linkage::{Decision, Linked, link_in_place, link_sparing, parallel};
use childlink::report::examples::examples;
use childlink::report::linkage::linkage_page;
use childlink::report::statistics::Statistics;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Link records of several sources into one index of children
///
/// Reads the records, trains the model on them, compares the pairs worth comparing and groups records
/// into children. Doubtful pairs are not linked: they are listed for a person to decide. The files in
/// DIR do not depend on the order of rows or on the number of threads.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink link extracts/*.csv --out linked\n  \
    childlink link --source northtown=a.csv --source southtown=b.csv --out linked\n  \
    childlink link extracts/*.csv --previous linked --decisions decided.csv --out linked-2\n  \
    childlink link people.parquet --splink-model model.json --out linked\n  \
    childlink link extract.csv --policy mps --reference persons.csv --out traced\n\n\
    Files in DIR: children (the child of every record), links, review (pairs for a person to decide),\n\
    restricted (pairs for those who must, keys only), quarantine (rows set aside), summary.json, run.json,\n\
    report.html, statistics.json (what the report draws), model.json.")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Folder for the result files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Linkage model (JSON) in place of the built-in one. A model that has been trained is used as it is
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Train the model even if it has been trained before
    #[arg(long)]
    retrain: bool,
    #[command(flatten)]
    frequencies: FrequencyArgs,
    /// Compare records of different sources only
    #[arg(long)]
    link_only: bool,
    #[command(flatten)]
    splink: by_splink::SplinkArgs,
    #[command(flatten)]
    trace: by_trace::TraceArgs,
    #[command(flatten)]
    lists: ListArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    /// Threads (0: as many as the machine has); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
    /// Form of the result tables
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Chooses the samples that training looks at
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Show pairs for review with their fields in report.html, which then is as confidential as the records
    #[arg(long)]
    with_values: bool,
}

/// The form of result tables.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated UTF-8
    Csv,
    /// Parquet
    Parquet,
    /// One JSON object a line
    Ndjson,
}

impl Format {
    /// Every form.
    pub(crate) const ALL: [Format; 3] = [Format::Csv, Format::Parquet, Format::Ndjson];

    /// How the names of its files end.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Ndjson => "ndjson",
        }
    }

    /// The form of this name.
    pub(crate) fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.extension() == name)
    }

    /// The form that a file's name asks for by its ending: CSV unless that is another's.
    pub(crate) fn of(path: &Path) -> Format {
        match extension(path).as_str() {
            "jsonl" => Format::Ndjson,
            ending => Format::named(ending).unwrap_or(Format::Csv),
        }
    }

    /// Starts a table of this form.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn sheet(self, file: OutputFile, columns: &[SheetColumn]) -> Result<Sheet<OutputFile>, Error> {
        match self {
            Format::Csv => Sheet::csv(file, columns),
            Format::Parquet => Sheet::parquet(file, columns),
            Format::Ndjson => Sheet::ndjson(file, columns),
        }
    }
}

/// Seconds spent in each phase, in order.
pub(crate) type Phases = Vec<(&'static str, f64)>;

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    if args.memory.is_given() && (args.splink.splink_model.is_some() || args.trace.policy == by_trace::Policy::Mps) {
        return Err(Error::new(
            "memory/not-here",
            "a limit on memory is only kept when records of children are linked by weights",
            "leave --max-memory out, or leave out --splink-model and --policy",
        )
        .in_field("--max-memory"));
    }
    if args.trace.reference.is_some() && args.trace.policy != by_trace::Policy::Mps {
        let message = "--reference tells persons to trace records to, which --policy mps does";
        let hint = "give --policy mps, or name the file as an input";
        return Err(Error::new("arguments/reference", message, hint).in_field("--reference"));
    }
    parallel::with_threads(args.threads, || match &args.splink.splink_model {
        Some(model) => by_splink::link(args, model, terminal),
        None if args.trace.policy == by_trace::Policy::Mps => by_trace::link(args, terminal),
        None => link(args, terminal),
    })
}

fn link(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let started = Instant::now();
    let mut inputs = args.input.resolve()?;
    let mut model = read_model(args.model.as_deref())?;
    args.frequencies.add_to(&mut model)?;
    let lists = args.lists.read()?;
    let folder = OutputFolder::create(&args.out)?;
    declare_results(&folder)?;
    let memory = args.memory.prepare(&mut inputs, &args.out)?;
    let progress = terminal.progress();
    progress.expect_as_in(&args.out);
    let mut phases = Phases::new();
    let mut records = inputs.read(&progress)?;
    memory.check(&records, Knowing::Nothing)?;
    phases.push(("read", started.elapsed().as_secs_f64()));

    let phase = progress.phase("Linking");
    let began = Instant::now();
    let (linked, mut notes) = link_records(args, &lists, &mut records, &model)?;
    notes.extend(inputs.told_of_empty_keeps(&records));
    phases.push(("link", began.elapsed().as_secs_f64()));
    count_linked(&phase, &linked);
    drop(phase);

    let phase = progress.phase("Writing");
    let began = Instant::now();
    let form = Form { format: args.format, with_values: args.with_values, with_changes: args.lists.previous.is_some() };
    records.built.table.recall(&shown_records(&linked))?;
    let (folder, summary) = write_results(&form, folder, &inputs, &records, &linked)?;
    phases.push(("write", began.elapsed().as_secs_f64()));
    let total = started.elapsed().as_secs_f64();
    let run = run_record::of_run(&inputs, args.lists.record(), &phases, total, args.seed);
    notes.extend(told_of_excess(memory, &run));
    let run = folder.finish_run(run)?;
    drop(phase);

    let next = format!("--decisions FILE --previous {}", args.out.display());
    let words = || in_words(&args.out, args.format, &records, &linked, &notes, total, &next);
    terminal.result(words, || with_run(&summary, &run))?;
    let findings = records.read().has_findings() || !notes.is_empty();
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

/// What a run of linkage came to, for the log.
pub(crate) fn count_linked(phase: &Phase, linked: &Linked) {
    phase.count("pairs_compared", linked.candidate_pairs());
    phase.count("pairs_linked", pairs_decided(linked, Decision::Link));
    phase.count("pairs_for_review", pairs_decided(linked, Decision::Review));
    phase.count("children", linked.children.children);
}

/// Reads a model file, or takes the built-in model.
pub(crate) fn read_model(path: Option<&Path>) -> Result<Model, Error> {
    let Some(path) = path else { return Ok(Model::child_health()) };
    let text = read_text(path)?;
    Model::from_json(&text).map_err(|mut error| {
        if is_of_splink(&text) {
            let message = format!("{} is a Splink model, and a model of childlink is wanted", path.display());
            let hint = "give it by --splink-model, where the command takes one: it links records of any columns";
            return Error::new("model/of-splink", message, hint);
        }
        error.message = format!("{}: {}", path.display(), error.message);
        error
    })
}

/// Whether a document is a model as Splink saves it.
fn is_of_splink(text: &str) -> bool {
    let model: Value = serde_json::from_str(text).unwrap_or_default();
    model["sql_dialect"].is_string() || model["comparisons"][0]["comparison_levels"].is_array()
}

/// Result documents.
const DOCUMENTS: [&str; 5] = ["model.json", "summary.json", "statistics.json", "report.html", "run.json"];

/// Names every file that a run may write or let go, before anything is done.
///
/// # Errors
/// `output/is-input`, `output/is-database`.
pub(crate) fn declare_results(folder: &OutputFolder) -> Result<(), Error> {
    let table = |name: &str| Format::ALL.map(|format| format!("{name}.{}", format.extension()));
    folder.declare(OF_RUNS.into_iter().flat_map(table).chain(DOCUMENTS.map(str::to_owned)))
}

/// Links; what the lists could not be used for comes back as notes.
fn link_records(
    args: &Args,
    lists: &Lists,
    records: &mut Records,
    model: &Model,
) -> Result<(Linked, Vec<String>), Error> {
    let (mut options, notes) = lists.apply(&mut records.built.table)?;
    options.kind = if args.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe };
    options.seed = args.seed;
    options.skip_training = model.provenance.trained_on_records > 0 && !args.retrain;
    let table = &mut records.built.table;
    let (linked, _) = match args.memory.is_given() {
        true => link_sparing(table, model, &mut options, &mut |_, _| Ok(()))?,
        false => link_in_place(table, model, &mut options, &mut |_, _| Ok(()))?,
    };
    Ok((linked, notes))
}

/// How results are written.
pub(crate) struct Form {
    pub(crate) format: Format,
    /// Whether the report shows pairs for review with their fields.
    pub(crate) with_values: bool,
    /// Whether the changes since an earlier run are listed.
    pub(crate) with_changes: bool,
}

/// Writes every result file but `run.json`, and answers the summary.
///
/// # Errors
/// `output/cannot-write`, and those of reading quarantined rows again.
pub(crate) fn write_results(
    form: &Form,
    folder: OutputFolder,
    inputs: &Inputs,
    records: &Records,
    linked: &Linked,
) -> Result<(OutputFolder, Value), Error> {
    let table = &records.built.table;
    let tables = Tables::new(folder, form.format);
    // What is counted and explained does not wait for the long tables to be written.
    let (tables, (quarantined, (waterfalls, summary, statistics))) = parallel::both(
        || write_long_tables(tables, table, linked),
        || {
            parallel::both(
                || records.quarantined_text(linked, |input, wanted, take| inputs.read_again(input, wanted, take)),
                || {
                    let waterfalls = explain(table, &linked.model, &pairs_for_review(linked));
                    (waterfalls, summary::of_linkage(records.read(), table, linked), Statistics::of(table, linked))
                },
            )
        },
    );
    let shown = Shown { waterfalls: &waterfalls?, quarantined: quarantined? };
    let mut folder = write_short_tables(tables?, inputs, records, linked, shown, form.with_changes)?;
    folder.put("model.json", linked.model.to_json().as_bytes())?;
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.put("statistics.json", statistics.to_json().as_bytes())?;
    let examples = if form.with_values { examples(table, linked) } else { String::new() };
    folder.put("report.html", linkage_page(&summary, &linked.model, &statistics, &examples)?.as_bytes())?;
    table.check_text()?;
    Ok((folder, summary))
}

/// The records whose fields are written out: those of pairs for review.
fn shown_records(linked: &Linked) -> Vec<RecordIndex> {
    pairs_for_review(linked).into_iter().flat_map(<[RecordIndex; 2]>::from).collect()
}

/// Writes the result tables of all children and links.
fn write_long_tables(mut tables: Tables, table: &Table, linked: &Linked) -> Result<Tables, Error> {
    tables.write("children", &linked::children_columns(), |sheet| linked::write_children(sheet, table, linked))?;
    tables.write("links", &linked::links_columns(), |sheet| linked::write_links(sheet, table, linked))?;
    Ok(tables)
}

fn pairs_for_review(linked: &Linked) -> Vec<(RecordIndex, RecordIndex)> {
    linked::review_pairs(linked).iter().map(|pair| (pair.left, pair.right)).collect()
}

/// What the short tables show of records.
struct Shown<'a> {
    /// Those of the pairs for review.
    waterfalls: &'a [Waterfall<'a>],
    quarantined: Vec<QuarantinedText>,
}

/// Writes the other result tables.
fn write_short_tables(
    mut tables: Tables,
    inputs: &Inputs,
    records: &Records,
    linked: &Linked,
    shown: Shown<'_>,
    with_changes: bool,
) -> Result<OutputFolder, Error> {
    let table = &records.built.table;
    let keep = inputs.keep();
    let kept = |record: RecordIndex, column: usize| {
        let origin = table.origin(record);
        records.kept.get(usize::from(origin.input)).map_or("", |kept| kept.get(origin.row, column))
    };
    tables.write("review", &linked::review_columns(keep), |sheet| {
        linked::write_review(sheet, table, linked, shown.waterfalls, keep.len(), &kept)
    })?;
    tables
        .write("restricted", &linked::restricted_columns(), |sheet| linked::write_restricted(sheet, table, linked))?;
    let quarantined = shown.quarantined;
    tables.write("quarantine", &linked::quarantine_columns(), |sheet| linked::write_quarantine(sheet, quarantined))?;
    if with_changes {
        tables.write("changes", &linked::changes_columns(), |sheet| linked::write_changes(sheet, table, linked))?;
    }
    Ok(tables.finish_run())
}

/// The tables that a run of any kind may write.
const OF_RUNS: [&str; 7] = ["children", "links", "review", "restricted", "quarantine", "changes", "traces"];

/// Result tables on their way into the folder.
pub(crate) struct Tables {
    pub(crate) folder: OutputFolder,
    format: Format,
    written: Vec<String>,
}

impl Tables {
    pub(crate) fn new(folder: OutputFolder, format: Format) -> Tables {
        Tables { folder, format, written: Vec::new() }
    }

    /// Takes away the tables that only an earlier run wrote, of another kind or with other lists: they would contradict
    /// those of this run. Answers the folder.
    pub(crate) fn finish_run(mut self) -> OutputFolder {
        let stale = OF_RUNS.into_iter().filter(|name| !self.written.iter().any(|written| written == name));
        for name in stale {
            Format::ALL.iter().for_each(|format| self.folder.supersede(&format!("{name}.{}", format.extension())));
        }
        self.folder
    }

    /// Writes one table; one of another form that an earlier run left is taken away.
    pub(crate) fn write(
        &mut self,
        name: &str,
        columns: &[SheetColumn],
        fill: impl FnOnce(&mut Sheet<OutputFile>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let file = self.folder.file(&format!("{name}.{}", self.format.extension()))?;
        let mut sheet = self.format.sheet(file, columns)?;
        fill(&mut sheet)?;
        self.folder.add(sheet.finish()?)?;
        for other in Format::ALL.into_iter().filter(|other| *other != self.format) {
            self.folder.supersede(&format!("{name}.{}", other.extension()));
        }
        self.written.push(name.to_owned());
        Ok(())
    }
}

pub(crate) fn with_run(summary: &Value, run: &Value) -> Value {
    let mut object = summary.clone();
    object["run"] = run.clone();
    object
}

/// What came of it, for people; `next` tells how to run again with decisions.
pub(crate) fn in_words(
    out: &Path,
    format: Format,
    records: &Records,
    linked: &Linked,
    notes: &[String],
    seconds: f64,
    next: &str,
) -> String {
    let row = |cells: &[String]| cells.to_vec();
    let read = records.read();
    let aside = records.quarantined.len() as u64;
    let mut text = format!(
        "{} rows read: {} accepted, {} set aside\n\n",
        count(read.rows()),
        count(read.accepted()),
        count(aside)
    );
    let mut sources = vec![row(&["source".into(), "records".into(), "children".into()])];
    let children = summary::children_of_sources(&records.built.table, linked);
    for (source, children) in records.built.quality.iter().zip(children) {
        sources.push(row(&[source.name.clone(), count(source.records), count(children)]));
    }
    text += &table(&sources);
    text.push('\n');
    let review = pairs_decided(linked, Decision::Review);
    let per_thousand = match records.built.table.len() {
        0 => String::new(),
        records => format!("{:.1} for every 1,000 records", review as f64 * 1000.0 / records as f64),
    };
    let restricted = linked.restricted.len() as u64;
    text += &table(&[
        row(&["".into(), "number".into(), "".into()]),
        row(&["children found".into(), count(linked.children.children), String::new()]),
        row(&["pairs compared".into(), count(linked.candidate_pairs()), String::new()]),
        row(&["pairs linked".into(), count(pairs_decided(linked, Decision::Link)), String::new()]),
        row(&["pairs for review".into(), count(review), per_thousand]),
        row(&["restricted queue".into(), count(restricted), "for those who must, not for common review".into()]),
    ])
    .split_once('\n')
    .map_or(String::new(), |(_, rows)| rows.to_owned());
    let kinds = read.codes().len();
    if kinds > 0 {
        text += &format!("\n{kinds} kinds of findings about the data: see report.html, or run `childlink check`\n");
    }
    for block in &linked.oversized {
        text += &format!(
            "\nToo many records to compare in full ({}): {} records, {} pairs left out\n",
            block.rule,
            count(block.records),
            count(block.pairs_left_out)
        );
    }
    notes.iter().for_each(|note| text += &format!("\nNote: {note}\n"));
    let extension = format.extension();
    text += &format!("\nWritten to {} in {seconds:.1} s:\n", out.display());
    let mut files = vec![
        (format!("children.{extension}"), "the child of every record"),
        (format!("links.{extension}"), "every pair linked or for review"),
        (format!("review.{extension}"), "the pairs that a person must decide, side by side"),
    ];
    if restricted > 0 {
        files.push((format!("restricted.{extension}"), "pairs that may hide a protected identity: keys only"));
    }
    if aside > 0 {
        files.push((format!("quarantine.{extension}"), "the rows that were set aside, and why"));
    }
    files.push(("report.html".to_owned(), "counts, findings and the model on one page"));
    let files: Vec<Vec<String>> = files.into_iter().map(|(name, what)| vec![name, what.to_owned()]).collect();
    text += &table(&files);
    if review > 0 {
        text += &format!("\nNext: decide the pairs in review.{extension} and run again with {next}\n");
    }
    text
}
