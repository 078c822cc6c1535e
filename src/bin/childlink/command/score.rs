//! `childlink score`: every candidate pair, or given pairs, weighed by a model.

mod by_model;

use super::Outcome;
use super::link::Format;
use crate::claims::declare;
use crate::frame_input::{Datasets, named_files, read_frame};
use crate::output::OutputFile;
use crate::render::{Terminal, count};
use crate::tf_tables::TfTableArgs;
use childlink::Error;
use childlink::error::Severity;
use childlink::exchange::sheet::{Kind, Sheet, SheetColumn};
use childlink::linkage::frame::Frame;
use childlink::linkage::parallel;
use childlink::linkage::splink::blocking::candidates;
use childlink::linkage::splink::prediction::FieldKind;
use childlink::linkage::splink::records::read_as;
use childlink::linkage::splink::score::CompiledModel;
use childlink::linkage::splink::settings::LinkType;
use childlink::linkage::splink::{ModelFinding, Predictions, Records, SplinkModel, finding};
use childlink::linkage::value::ValueType;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Weigh every candidate pair, or given pairs, by a model
///
/// With a Splink model, inputs are records of any columns (Parquet, NDJSON or delimited text); with a model of
/// childlink they are records of children, and no guard is applied. Pairs are written in order of the left
/// and the right record, given pairs in the order of their file.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink score people.csv --splink-model model.json --out pairs.parquet\n  \
    childlink score north=a.csv south=b.csv --splink-model model.json --out pairs.csv\n  \
    childlink score people.parquet --splink-model model.json --pairs wanted.csv --out pairs.csv\n  \
    childlink score extracts/*.csv --model linked/model.json --min-weight 0 --out pairs.csv")]
pub(crate) struct Args {
    /// Records: FILE, or NAME=FILE to name the dataset
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// A saved Splink model, version 3, 4 or 5
    #[arg(long, value_name = "FILE", required_unless_present = "model", conflicts_with = "model")]
    splink_model: Option<PathBuf>,
    /// A model of childlink, such as model.json of a run; its numbers are used as they are
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Weigh these pairs instead: with a Splink model its id columns ending in _l and _r, else
    /// source_l,record_id_l,source_r,record_id_r
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Where to write the weighed pairs: .parquet, .ndjson, else CSV
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out pairs below this match weight (bits)
    #[arg(long, value_name = "BITS", allow_negative_numbers = true, value_parser = crate::args::number)]
    min_weight: Option<f64>,
    /// Read a column as text, integer, float, boolean, date or timestamp
    #[arg(long = "type", value_name = "COLUMN=TYPE", requires = "splink_model")]
    types: Vec<String>,
    #[command(flatten)]
    tf_tables: TfTableArgs,
    /// A list of column spellings (TOML) that goes before the built-in lists
    #[arg(long, value_name = "FILE", requires = "model")]
    columns: Option<PathBuf>,
    /// Compare records of different sources only; a Splink model says so itself
    #[arg(long, requires = "model")]
    link_only: bool,
    /// Use so many threads (0: all)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([args.out.as_path()])?;
    parallel::with_threads(args.threads, || match (&args.model, &args.splink_model) {
        (Some(model), _) => by_model::score(args, model, terminal),
        (None, Some(model)) => score(args, model, terminal),
        (None, None) => unreachable!("one of them is required"),
    })
}

fn score(args: &Args, model: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let progress = terminal.progress();
    let started = Instant::now();
    let phase = progress.phase("reading");
    let (model, mut findings) = read_model(model, terminal)?;
    let dataset_column = (model.link_type != LinkType::DedupeOnly).then_some(model.source_dataset_column.as_str());
    let files = named_files(&args.inputs);
    let mut frame = Datasets::read(&files, dataset_column)?.whole(&files)?;
    read_types(&mut frame, &args.types)?;
    args.tf_tables.join(&mut frame, &model)?;
    let records = Records::new(frame, &model)?;
    drop(phase);
    let read = started.elapsed();
    let phase = progress.phase("preparing");
    let compiled = CompiledModel::new(&records, &model)?;
    drop(phase);
    let prepared = started.elapsed();
    let phase = progress.phase("blocking");
    let pairs = match &args.pairs {
        Some(pairs) => (records.pairs(&read_frame(pairs)?)?, Vec::new()),
        None => {
            let found = candidates(&records, &model.blocking_rules)?;
            let pairs = (found.records(), found.rules());
            findings.extend(found.findings);
            pairs
        }
    };
    drop(phase);
    let blocked = started.elapsed();
    let phase = progress.phase("weighing");
    let scored = pairs.0.len();
    let (pairs, scores) = match args.min_weight {
        None => {
            let scores = compiled.score(&pairs.0)?;
            (pairs, scores)
        }
        Some(least) => {
            let (places, scores) = compiled.score_from(&pairs.0, least)?;
            let rules = places.iter().filter_map(|&place| pairs.1.get(place).copied()).collect();
            ((places.iter().map(|&place| pairs.0[place]).collect(), rules), scores)
        }
    };
    let predictions = Predictions::new(&records, &model, compiled, pairs, scores);
    drop(phase);
    let weighed = started.elapsed();
    let phase = progress.phase("writing");
    write(&args.out, &predictions)?;
    drop(phase);
    let seconds = started.elapsed();
    let rows = records.frame().rows();
    terminal.result(
        || {
            let mut text = format!("{} records, {} pairs weighed", count(rows as u64), count(scored as u64));
            if predictions.len() < scored {
                text += &format!(", {} written", count(predictions.len() as u64));
            }
            text.push('\n');
            findings.iter().for_each(|finding| text += &format!("{finding}\n"));
            text
        },
        || {
            json!({
                "records": rows,
                "pairs_weighed": scored,
                "pairs_written": predictions.len(),
                "seconds": {
                    "read": read.as_secs_f64(),
                    "prepare": (prepared - read).as_secs_f64(),
                    "block": (blocked - prepared).as_secs_f64(),
                    "weigh": (weighed - blocked).as_secs_f64(),
                    "write": (seconds - weighed).as_secs_f64(),
                },
                "findings": findings_json(&findings),
            })
        },
    )?;
    Ok(outcome(&findings))
}

/// Reads a saved model. With `--strict`, functions that no published test proves are refused.
///
/// # Errors
/// Those of [`SplinkModel::read`]; `input/cannot-read`; `splink/unverified-function`.
pub(super) fn read_model(path: &Path, terminal: &Terminal) -> Result<(SplinkModel, Vec<ModelFinding>), Error> {
    let text = crate::standard::read_text(path)?;
    let (model, findings) = SplinkModel::read(&text)?;
    let unverified = findings.iter().find(|finding| std::ptr::eq(finding.code, &finding::UNVERIFIED_FUNCTION));
    match unverified {
        Some(finding) if terminal.is_strict() => {
            let code = finding.code;
            Err(Error::new(code.id, format!("{}: {}", finding.place, code.message), code.hint))
        }
        _ => Ok((model, findings)),
    }
}

/// How a command ends that found these.
pub(super) fn outcome(findings: &[ModelFinding]) -> Outcome {
    match findings.iter().any(|finding| finding.code.severity > Severity::Note) {
        true => Outcome::Findings,
        false => Outcome::Clean,
    }
}

/// Findings for `--json`.
pub(super) fn findings_json(findings: &[ModelFinding]) -> Vec<serde_json::Value> {
    let object = |finding: &ModelFinding| {
        json!({
            "code": finding.code.id, "severity": finding.code.severity.as_str(), "message": finding.code.message,
            "place": finding.place, "hint": finding.code.hint,
        })
    };
    findings.iter().map(object).collect()
}

/// Reads columns as the types that `--type COLUMN=TYPE` names.
///
/// # Errors
/// `arguments/type`; those of [`read_as`].
pub(crate) fn read_types(frame: &mut Frame, wanted: &[String]) -> Result<(), Error> {
    wanted.iter().try_for_each(|wanted| {
        let (column, value_type) = column_type(wanted)?;
        read_as(frame, column, value_type)
    })
}

/// The column and type of `--type COLUMN=TYPE`.
fn column_type(wanted: &str) -> Result<(&str, ValueType), Error> {
    let value_type = |name: &str| {
        Some(match name {
            "text" => ValueType::Text,
            "integer" => ValueType::Integer,
            "float" => ValueType::Float,
            "boolean" => ValueType::Boolean,
            "date" => ValueType::Date,
            "timestamp" => ValueType::Timestamp,
            _ => return None,
        })
    };
    wanted.rsplit_once('=').and_then(|(column, name)| Some((column, value_type(name)?))).ok_or_else(|| {
        Error::new(
            "arguments/type",
            format!("--type {wanted} is not COLUMN=TYPE"),
            "TYPE is text, integer, float, boolean, date or timestamp",
        )
    })
}

fn write(path: &Path, predictions: &Predictions) -> Result<(), Error> {
    let columns = predictions.columns();
    let sheet_columns: Vec<SheetColumn> = columns
        .iter()
        .map(|column| {
            let kind = match column.kind() {
                FieldKind::Text => Kind::Text,
                FieldKind::Integer => Kind::Integer,
                FieldKind::Number => Kind::Number,
            };
            (column.name.clone(), kind)
        })
        .collect();
    let mut sheet = sheet_at(path, &sheet_columns)?;
    let cells: Vec<_> = columns.iter().map(|column| predictions.cells(column)).collect();
    sheet.columns(predictions.len(), &cells)?;
    sheet.finish()?.finish()
}

/// A result table whose form its name tells: .parquet, .ndjson, else CSV.
fn sheet_at(path: &Path, columns: &[SheetColumn]) -> Result<Sheet<OutputFile>, Error> {
    Format::of(path).sheet(OutputFile::create(path)?, columns)
}
