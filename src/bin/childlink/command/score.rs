//! `childlink score`: every candidate pair, or given pairs, weighed by a model.

use super::Outcome;
use crate::frame_input::{Datasets, extension, named_files, read_frame};
use crate::output::OutputFile;
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::error::Severity;
use childlink::exchange::sheet::{Kind, Sheet, SheetColumn};
use childlink::linkage::parallel;
use childlink::linkage::splink::blocking::candidates;
use childlink::linkage::splink::prediction::{Field, FieldKind};
use childlink::linkage::splink::records::read_as;
use childlink::linkage::splink::score::CompiledModel;
use childlink::linkage::splink::settings::LinkType;
use childlink::linkage::splink::{ModelFinding, Predictions, Records, SplinkModel, finding};
use childlink::linkage::value::ValueType;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Weigh every candidate pair, or given pairs, by a Splink model
///
/// Inputs are records of any columns (Parquet, NDJSON, else delimited text). Pairs are written in order of
/// the left and the right record's id, given pairs in the order of their file.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink score people.csv --splink-model model.json --out pairs.parquet\n  \
    childlink score north=a.csv south=b.csv --splink-model model.json --out pairs.csv\n  \
    childlink score people.parquet --splink-model model.json --pairs wanted.csv --out pairs.csv")]
pub(crate) struct Args {
    /// Records: FILE, or NAME=FILE to name the dataset
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// A saved Splink model, version 3, 4 or 5
    #[arg(long, value_name = "FILE")]
    splink_model: PathBuf,
    /// Weigh these pairs instead: id columns of the model ending in _l and _r
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Where to write the weighed pairs: .parquet, else CSV
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out pairs below this match weight (bits)
    #[arg(long, value_name = "BITS", allow_negative_numbers = true)]
    min_weight: Option<f64>,
    /// Read a column as text, integer, float, boolean, date or timestamp
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    types: Vec<String>,
    /// Use so many threads (0: all)
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || score(args, terminal))
}

fn score(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let progress = terminal.progress();
    let started = Instant::now();
    let phase = progress.phase("reading");
    let (model, mut findings) = read_model(&args.splink_model, terminal)?;
    let dataset_column = (model.link_type != LinkType::DedupeOnly).then_some(model.source_dataset_column.as_str());
    let files = named_files(&args.inputs);
    let mut frame = Datasets::read(&files, dataset_column)?.whole(&files)?;
    for wanted in &args.types {
        let (column, value_type) = column_type(wanted)?;
        read_as(&mut frame, column, value_type)?;
    }
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
    let scores = compiled.score(&pairs.0)?;
    let mut predictions = Predictions::new(&records, &model, compiled, pairs, scores);
    let scored = predictions.len();
    if let Some(least) = args.min_weight {
        predictions.retain(least);
    }
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
    let text = std::fs::read_to_string(path).map_err(|error| crate::output::cannot_read(path, &error))?;
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

/// The column and type of `--type COLUMN=TYPE`.
///
/// # Errors
/// `arguments/type`.
pub(super) fn column_type(wanted: &str) -> Result<(&str, ValueType), Error> {
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
    let file = OutputFile::create(path)?;
    let mut sheet = match extension(path).as_str() {
        "parquet" => Sheet::parquet(file, &sheet_columns)?,
        _ => Sheet::csv(file, &sheet_columns)?,
    };
    sheet.rows(predictions.len(), |pair, row| {
        for column in &columns {
            match predictions.field(pair, column) {
                Field::Text(text) => row.text(&text),
                Field::Integer(number) => row.integer(number),
                Field::Number(number) => row.number(number),
            }
        }
    })?;
    sheet.finish()?.finish()
}
