//! `childlink model`: read, train and write Splink models.

use super::Outcome;
use super::link::read_model as read_own_model;
use super::score::{findings_json, outcome, read_model, read_types};
use crate::claims::{declare, reads};
use crate::frame_input::{Datasets, named_files, read_frame};
use crate::input::{Inputs, in_file};
use crate::linked::{number_of, spelled};
use crate::output::{OutputFile, cannot_read, write_file};
use crate::render::{Terminal, count, table};
use childlink::Error;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::prepared::{prepared_columns, write_prepared};
use childlink::exchange::sheet::Sheet;
use childlink::linkage::frame::Frame;
use childlink::linkage::splink::of_model::of_model;
use childlink::linkage::splink::settings::{BlockingRule, LinkType};
use childlink::linkage::splink::train::Support;
use childlink::linkage::splink::{ModelFinding, Records, SplinkModel, train};
use clap::Subcommand;
use serde_json::{Value, json};
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
    #[arg(long, value_name = "SHARE", value_parser = crate::args::number)]
    recall: Option<f64>,
    /// Random pairs for u; 0 leaves u as it is
    #[arg(long, value_name = "N", default_value_t = 1e6, value_parser = crate::args::number)]
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
    /// only its rows `same`, with `clerical_match_score` those of at least 0.5
    #[arg(long, value_name = "FILE", conflicts_with_all = ["em_rule", "label_column"])]
    labels: Option<PathBuf>,
    /// Read a column as text, integer, float, boolean, date or timestamp
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    types: Vec<String>,
    /// Where to write the trained model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let outputs = match &args.action {
        Action::Import(copy) => [copy.out.as_deref(), None],
        Action::Export(export) => [Some(export.out.as_path()), export.records_out.as_deref()],
        Action::Train(training) => [Some(training.out.as_path()), None],
    };
    declare(outputs.into_iter().flatten())?;
    match &args.action {
        Action::Import(copy) => rewrite(&copy.model, copy.out.as_deref(), terminal),
        Action::Export(export) if is_childlink_model(&export.model)? => export_own(export, terminal),
        Action::Export(export) if export.records_out.is_some() => Err(Error::new(
            "model/no-records-to-prepare",
            "records are prepared for a model of childlink, and this is a Splink model, which names its own columns",
            "leave out --records and --records-out",
        )
        .in_field("--records-out")),
        Action::Export(export) => rewrite(&export.model, Some(&export.out), terminal),
        Action::Train(training) => train_model(training, terminal),
    }
}

fn rewrite(path: &Path, out: Option<&Path>, terminal: &Terminal) -> Result<Outcome, Error> {
    let (model, findings) = read_model(path, terminal)?;
    if let Some(out) = out {
        write_file(out, model.to_json().as_bytes())?;
    }
    tell(terminal, &model, &Trained::default(), &findings)
}

/// Whether a file is a model of childlink rather than one of Splink: it names itself and its thresholds.
fn is_childlink_model(path: &Path) -> Result<bool, Error> {
    reads(path)?;
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
        let table = &records.built.table;
        steps.push(format!("{} records prepared", count(table.len() as u64)));
        let sensitive = (0..table.len() as u32).filter(|&record| table.is_sensitive(record)).count();
        if sensitive > 0 {
            steps.push(format!(
                "{} of them sensitive: their postcodes and practices are left empty",
                count(sensitive as u64)
            ));
        }
    }
    tell(terminal, &model, &Trained { steps, levels: Vec::new() }, &findings)
}

fn train_model(args: &Training, terminal: &Terminal) -> Result<Outcome, Error> {
    let (mut model, _) = read_model(&args.splink_model, terminal)?;
    let dataset_column = (model.link_type != LinkType::DedupeOnly).then_some(model.source_dataset_column.as_str());
    let files = named_files(&args.inputs);
    let mut frame = Datasets::read(&files, dataset_column)?.whole(&files)?;
    read_types(&mut frame, &args.types)?;
    let records = Records::new(frame, &model)?;
    let rules = |texts: &[String]| {
        texts.iter().map(|text| BlockingRule::parse(text, model.dialect)).collect::<Result<Vec<_>, Error>>()
    };
    let (prior_rules, em_rules) = (rules(&args.prior_rule)?, rules(&args.em_rule)?);
    let (mut steps, mut evidence) = (Vec::new(), Evidence::default());
    if let Some(recall) = args.recall {
        let found = train::estimate_prior(&mut model, &records, &prior_rules, recall)?;
        steps.push(format!("prior {:e} from {} pairs", model.prior, count(found)));
    }
    if args.u_pairs > 0.0 {
        let random = train::estimate_u(&mut model, &records, args.u_pairs, args.seed)?;
        steps.push(format!("u from {} random pairs", count(random.pairs)));
        evidence.random = random;
    }
    if let Some(column) = &args.label_column {
        evidence.labelled = train::estimate_m_from_labels(&mut model, &records, column)?;
        if evidence.labelled.pairs == 0 {
            let hint = "name a column in which records of one person share a value";
            let message = format!("no two records share a value of the column {column}");
            return Err(Error::new("train/no-labels", message, hint).in_field("--label-column"));
        }
        steps.push(format!("m from {} labelled pairs", count(evidence.labelled.pairs)));
    }
    if let Some(path) = &args.labels {
        let pairs = records.pairs(&labelled(path)?).map_err(|error| in_file(path, error))?;
        if pairs.is_empty() {
            let hint = "list at least one pair of records that match";
            return Err(Error::new("train/no-labels", format!("{} lists no matching pair", path.display()), hint));
        }
        evidence.labelled = train::estimate_m_from_pairs(&mut model, &records, &pairs)?;
        steps.push(format!("m from {} labelled pairs", count(pairs.len() as u64)));
    }
    let (sessions, mut findings) = train::estimate_m(&mut model, &records, &em_rules)?;
    if let Some(session) = sessions.iter().find(|session| session.pairs == 0) {
        let message = format!("the rule «{}» finds no pair, so that nothing can be learnt of it", session.rule);
        return Err(Error::new("train/no-pairs", message, "check the rule against the records").in_field("--em-rule"));
    }
    findings.extend(train::judge(&model, &sessions, &|name| Spellings::built_in().column(name)));
    for session in sessions {
        let state = if session.converged { "converged" } else { "stopped" };
        steps.push(format!(
            "m under {}: {} pairs, {:.4} matches, {state} after {} rounds",
            session.rule,
            count(session.pairs),
            session.matches,
            session.iterations
        ));
        evidence.sessions.push(session.support);
    }
    let text = model.to_json();
    // What is still untrained is told by reading the document again.
    findings.extend(SplinkModel::read(&text)?.1);
    write_file(&args.out, text.as_bytes())?;
    tell(terminal, &model, &Trained { steps, levels: evidence.levels(&model) }, &findings)
}

/// Pairs from which a model's numbers were estimated.
#[derive(Default)]
struct Evidence {
    random: Support,
    labelled: Support,
    sessions: Vec<Support>,
}

/// The numbers of a level, and how many pairs stand behind each: those that fell to the level, of those that fell to
/// any of its comparison. None where the number was not estimated.
struct LevelTold {
    comparison: String,
    level: String,
    m: f64,
    from_matches: Option<(f64, f64)>,
    u: f64,
    from_random_pairs: Option<(f64, f64)>,
}

/// What training did.
#[derive(Default)]
struct Trained {
    steps: Vec<String>,
    levels: Vec<LevelTold>,
}

impl Evidence {
    fn levels(&self, model: &SplinkModel) -> Vec<LevelTold> {
        let mut told = Vec::new();
        for (number, comparison) in model.comparisons.iter().enumerate() {
            let probabilities = comparison.probabilities();
            for (level, index) in comparison.levels.iter().zip(comparison.level_indices()) {
                let index = usize::from(index);
                if index == 0 {
                    continue;
                }
                let seen = |support: &Support| support.of(number, index).filter(|(pairs, _)| *pairs > 0.0);
                let both = |(a, b): (f64, f64), (c, d): (f64, f64)| (a + c, b + d);
                let from_sessions = self.sessions.iter().filter_map(seen).reduce(both);
                told.push(LevelTold {
                    comparison: comparison.name.clone(),
                    level: level.label.clone(),
                    m: probabilities[index].0,
                    from_matches: from_sessions.or_else(|| seen(&self.labelled)),
                    u: probabilities[index].1,
                    from_random_pairs: seen(&self.random),
                });
            }
        }
        told
    }
}

impl LevelTold {
    fn row(&self) -> Vec<String> {
        let of = |support: Option<(f64, f64)>| {
            support.map_or_else(|| "-".to_owned(), |(pairs, of)| format!("{pairs:.0} of {of:.0}"))
        };
        vec![
            self.comparison.clone(),
            self.level.clone(),
            format!("{:.3e}", self.m),
            of(self.from_matches),
            format!("{:.3e}", self.u),
            of(self.from_random_pairs),
        ]
    }

    fn object(&self) -> Value {
        let of = |support: Option<(f64, f64)>| support.map(|(pairs, of)| json!({"pairs": pairs, "of": of}));
        json!({
            "comparison": self.comparison, "level": self.level, "m": self.m, "m_from_matches": of(self.from_matches),
            "u": self.u, "u_from_random_pairs": of(self.from_random_pairs),
        })
    }
}

/// The rows of a list of labels that stand for matches.
///
/// DIFFERENCE: Splink takes every row for a match, also one that its clerical_match_score calls none.
fn labelled(path: &Path) -> Result<Frame, Error> {
    let mut frame = read_frame(path)?;
    let is_match: Vec<u32> = match (frame.column("decision"), frame.column("clerical_match_score")) {
        (Some(decision), _) => rows_where(&frame, |row| spelled(decision.value(row)).trim() == "same"),
        (None, Some(score)) => rows_where(&frame, |row| number_of(score.value(row)) >= 0.5),
        (None, None) => return Ok(frame),
    };
    frame.select(&is_match);
    Ok(frame)
}

fn rows_where(frame: &Frame, holds: impl Fn(usize) -> bool) -> Vec<u32> {
    (0..frame.rows()).filter(|&row| holds(row)).map(|row| row as u32).collect()
}

fn tell(
    terminal: &Terminal,
    model: &SplinkModel,
    trained: &Trained,
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
            trained.steps.iter().for_each(|step| text += &format!("{step}\n"));
            if !trained.levels.is_empty() {
                let header = ["comparison", "level", "m", "from matches", "u", "from random pairs"];
                let mut rows = vec![header.map(str::to_owned).to_vec()];
                rows.extend(trained.levels.iter().map(LevelTold::row));
                text += &format!("\n{}\n", table(&rows));
            }
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
                "steps": trained.steps,
                "estimates": trained.levels.iter().map(LevelTold::object).collect::<Vec<_>>(),
                "findings": findings_json(findings),
            })
        },
    )?;
    Ok(outcome(findings))
}
