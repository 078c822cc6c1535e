//! `childlink model`: read, train and write Splink models.

use super::Outcome;
use super::score::{findings_json, outcome, read_model};
use crate::frame_input::{Datasets, named_files};
use crate::output::write_file;
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::linkage::splink::settings::{BlockingRule, LinkType};
use childlink::linkage::splink::{ModelFinding, Records, SplinkModel, train};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

/// Import, train and export Splink models
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink model import saved.json --out model.json\n  \
    childlink model train people.csv --splink-model model.json --prior-rule 'l.dob = r.dob and l.surname = r.surname' \\\n    \
    --recall 0.7 --em-rule 'l.dob = r.dob' --em-rule 'l.surname = r.surname' --out trained.json\n  \
    childlink model export trained.json --out for-splink.json")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check a saved Splink model (version 3, 4 or 5) and write it in the form of version 5
    Import(Copy),
    /// Write a model so that Splink 5 loads it and scores alike
    Export(Copy),
    /// Train a model as Splink does: prior, u from random pairs, m by expectation-maximisation or labels
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
    /// Where to write the trained model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match &args.action {
        Action::Import(copy) | Action::Export(copy) => rewrite(copy, terminal),
        Action::Train(training) => train_model(training, terminal),
    }
}

fn rewrite(args: &Copy, terminal: &Terminal) -> Result<Outcome, Error> {
    let (model, findings) = read_model(&args.model, terminal)?;
    if let Some(out) = &args.out {
        write_file(out, model.to_json().as_bytes())?;
    }
    tell(terminal, &model, Vec::new(), &findings)
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
    let (sessions, mut findings) = train::estimate_m(&mut model, &records, &em_rules)?;
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
