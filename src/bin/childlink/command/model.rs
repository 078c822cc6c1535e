//! `childlink model`: read, train and write Splink models.

use super::Outcome;
use super::link::read_model as read_own_model;
use super::score::{findings_json, outcome, read_model};
use crate::frame_input::{Datasets, named_files, read_frame};
use crate::input::{Inputs, in_file};
use crate::linked::spelled;
use crate::output::{OutputFile, cannot_read, write_file};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::prepared::{prepared_columns, write_prepared};
use childlink::exchange::sheet::Sheet;
use childlink::linkage::frame::Frame;
use childlink::linkage::splink::of_model::of_model;
use childlink::linkage::splink::settings::{BlockingRule, LinkType};
use childlink::linkage::splink::{ModelFinding, Records, SplinkModel, train};
use clap::Subcommand;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Import, train and export Splink models
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink model import saved.json --out model.json\n  \
    childlink model train people.csv --splink-model model.json --prior-rule 'l.dob = r.dob and l.surname = r.surname' \\\n    \
    --recall 0.7 --em-rule 'l.dob = r.dob' --em-rule 'l.surname = r.surname' --out trained.json\n  \
    childlink model train people.csv --splink-model model.json --labels read.csv --out trained.json\n  \
    childlink model export trained.json --out for-splink.json\n  \
    childlink model export linked/model.json --partial --out for-splink.json --records extract.csv --records-out prepared.csv")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check a saved Splink model (version 3, 4 or 5) and write it in the form of version 5
    #[command(after_help = "Example:\n  childlink model import splink-4.json --out splink-5.json")]
    Import(Copy),
    /// Write a model, of Splink or of childlink, so that Splink 5 loads it and scores alike
    #[command(after_help = "Example:\n  childlink model export linked/model.json --partial --out splink.json")]
    Export(Export),
    /// Train a model as Splink does: prior, u from random pairs, m by expectation-maximisation or labels
    #[command(
        after_help = "Example:\n  childlink model train people.csv --splink-model model.json --em-rule 'l.dob = r.dob' --out trained.json"
    )]
    Train(Training),
}

#[derive(clap::Args)]
struct Copy {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Export {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out what a Splink model cannot express of a model of childlink, and say so
    #[arg(long)]
    partial: bool,
    /// Records to prepare for the exported model; may be given many times
    #[arg(long, value_name = "FILE", requires = "records_out")]
    records: Vec<String>,
    /// Where to write the prepared records (CSV)
    #[arg(long, value_name = "FILE", requires = "records")]
    records_out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Training {
    /// Records: FILE, or NAME=FILE to name the dataset
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The model to train
    #[arg(long, value_name = "FILE")]
    splink_model: PathBuf,
    /// A rule that few pairs but matches satisfy; with others it sets the prior
    #[arg(long, value_name = "SQL", requires = "recall")]
    prior_rule: Vec<String>,
    /// The share of matches that the prior rules are thought to find
    #[arg(long, value_name = "SHARE")]
    recall: Option<f64>,
    /// Random pairs for u; 0 leaves u as it is
    #[arg(long, value_name = "N", default_value_t = 1e6)]
    u_pairs: f64,
    /// Draws the random pairs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A blocking rule for one session of expectation-maximisation
    #[arg(long, value_name = "SQL")]
    em_rule: Vec<String>,
    /// Take records with the same value of this column for matches, and m from them
    #[arg(long, value_name = "COLUMN", conflicts_with = "em_rule")]
    label_column: Option<String>,
    /// Take these pairs for matches, and m from them: the id columns ending in _l and _r; with a column `decision`,
    /// only its rows `same`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["em_rule", "label_column"])]
    labels: Option<PathBuf>,
    /// Where to write the trained model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.action {
        Action::Import(copy) => rewrite(&copy.model, copy.out.as_deref(), terminal),
        Action::Export(export) if is_childlink_model(&export.model)? => export_own(export, terminal),
        Action::Export(export) => rewrite(&export.model, Some(&export.out), terminal),
        Action::Train(training) => train_model(training, terminal),
    }
}

fn rewrite(path: &Path, out: Option<&Path>, terminal: &Terminal) -> Result<Outcome, Error> {
    let (model, findings) = read_model(path, terminal)?;
    if let Some(out) = out {
        write_file(out, model.to_json().as_bytes())?;
    }
    tell(terminal, &model, Vec::new(), &findings)
}

/// Whether a file is a model of childlink rather than one of Splink: it names itself and its thresholds.
fn is_childlink_model(path: &Path) -> Result<bool, Error> {
    let text = fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(document["id"].is_string() && document["thresholds"].is_object())
}

/// Writes a model of childlink as one of Splink, and records in the columns that it reads.
fn export_own(args: &Export, terminal: &Terminal) -> Result<Outcome, Error> {
    let translated = of_model(&read_own_model(Some(&args.model))?)?;
    let translated = if args.partial { translated } else { translated.whole()? };
    // What Splink is given is first read as Splink's models are.
    let (model, findings) = SplinkModel::read(&translated.json)?;
    write_file(&args.out, translated.json.as_bytes())?;
    let mut steps: Vec<String> =
        translated.left_out.iter().map(|part| format!("left out: {}: {}", part.place, part.reason)).collect();
    if let Some(out) = &args.records_out {
        let inputs = Inputs::new(named_files(&args.records), None, Vec::new())?;
        let records = inputs.read(&terminal.progress())?;
        let mut sheet = Sheet::csv(OutputFile::create(out)?, &prepared_columns())?;
        write_prepared(&mut sheet, &records.built.table)?;
        sheet.finish()?.finish()?;
        steps.push(format!("{} records prepared", count(records.built.table.len() as u64)));
    }
    tell(terminal, &model, steps, &findings)
}

fn train_model(args: &Training, terminal: &Terminal) -> Result<Outcome, Error> {
    let (mut model, _) = read_model(&args.splink_model, terminal)?;
    let dataset_column = (model.link_type != LinkType::DedupeOnly).then_some(model.source_dataset_column.as_str());
    let files = named_files(&args.inputs);
    let records = Records::new(Datasets::read(&files, dataset_column)?.whole(&files)?, &model)?;
    let rules = |texts: &[String]| {
        texts.iter().map(|text| BlockingRule::parse(text, model.dialect)).collect::<Result<Vec<_>, Error>>()
    };
    let (prior_rules, em_rules) = (rules(&args.prior_rule)?, rules(&args.em_rule)?);
    let mut steps = Vec::new();
    if let Some(recall) = args.recall {
        let found = train::estimate_prior(&mut model, &records, &prior_rules, recall)?;
        steps.push(format!("prior {:e} from {} pairs", model.prior, count(found)));
    }
    if args.u_pairs > 0.0 {
        let pairs = train::estimate_u(&mut model, &records, args.u_pairs, args.seed)?;
        steps.push(format!("u from {} random pairs", count(pairs)));
    }
    if let Some(column) = &args.label_column {
        let pairs = train::estimate_m_from_labels(&mut model, &records, column)?;
        steps.push(format!("m from {} labelled pairs", count(pairs)));
    }
    if let Some(path) = &args.labels {
        let pairs = records.pairs(&labelled(path)?).map_err(|error| in_file(path, error))?;
        if pairs.is_empty() {
            let hint = "list at least one pair of records that match";
            return Err(Error::new("train/no-labels", format!("{} lists no matching pair", path.display()), hint));
        }
        train::estimate_m_from_pairs(&mut model, &records, &pairs)?;
        steps.push(format!("m from {} labelled pairs", count(pairs.len() as u64)));
    }
    let (sessions, mut findings) = train::estimate_m(&mut model, &records, &em_rules)?;
    findings.extend(train::judge(&model, &sessions));
    for session in sessions {
        let state = if session.converged { "converged" } else { "stopped" };
        steps.push(format!(
            "m under {}: {} pairs, {:.4} matches, {state} after {} rounds",
            session.rule,
            count(session.pairs),
            session.matches,
            session.iterations
        ));
    }
    let text = model.to_json();
    // What is still untrained is told by reading the document again.
    findings.extend(SplinkModel::read(&text)?.1);
    write_file(&args.out, text.as_bytes())?;
    tell(terminal, &model, steps, &findings)
}

/// The rows of a list of labels that stand for matches.
fn labelled(path: &Path) -> Result<Frame, Error> {
    let mut frame = read_frame(path)?;
    if let Some(decision) = frame.column("decision") {
        let same: Vec<u32> = (0..frame.rows())
            .filter(|&row| spelled(decision.value(row)).trim() == "same")
            .map(|row| row as u32)
            .collect();
        frame.select(&same);
    }
    Ok(frame)
}

fn tell(
    terminal: &Terminal,
    model: &SplinkModel,
    steps: Vec<String>,
    findings: &[ModelFinding],
) -> Result<Outcome, Error> {
    let levels: usize = model.comparisons.iter().map(|comparison| comparison.levels.len()).sum();
    terminal.result(
        || {
            let mut text = format!(
                "{} model in {} SQL: {} comparisons, {levels} levels, {} blocking rules\n",
                model.link_type.name(),
                model.dialect.name(),
                model.comparisons.len(),
                model.blocking_rules.len()
            );
            steps.iter().for_each(|step| text += &format!("{step}\n"));
            findings.iter().for_each(|finding| text += &format!("{finding}\n"));
            text
        },
        || {
            json!({
                "link_type": model.link_type.name(),
                "sql_dialect": model.dialect.name(),
                "comparisons": model.comparisons.len(),
                "levels": levels,
                "blocking_rules": model.blocking_rules.len(),
                "steps": steps,
                "findings": findings_json(findings),
            })
        },
    )?;
    Ok(outcome(findings))
}
