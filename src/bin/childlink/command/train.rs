//! `childlink train`: a model's numbers from records, and from labels where there are any.

use super::Outcome;
use super::link::read_model;
use crate::claims::declare;
use crate::frequencies::FrequencyArgs;
use crate::input::InputArgs;
use crate::labels;
use crate::output::write_file;
use crate::render::{Terminal, count, table};
use childlink::Error;
use childlink::error::Severity;
use childlink::exchange::intake::Records;
use childlink::exchange::summary;
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::estimate::{self, TrainingReport};
use childlink::linkage::model::Model;
use childlink::linkage::parallel;
use std::path::PathBuf;

/// Train a linkage model on records
///
/// Estimates the model's probabilities from the records and writes the trained model, to be used with
/// `link --model`. `link` trains by itself; use this to train once and link often. With labels, m comes from
/// the pairs known to be of one child, and the rest from the records.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink train extracts/*.csv --out model.json\n  \
    childlink train extracts/*.csv --labels read-sample.csv --out model.json\n  \
    childlink link today/*.csv --model model.json --out linked")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Where to write the trained model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Model to start from, in place of the built-in one
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Pairs that people decided: source_l,record_id_l,source_r,record_id_r,decision; those that are `same` give
    /// m. A sample drawn by `childlink sample` counts by its strata
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Take records with the same value of this column for one child
    #[arg(long, value_name = "COLUMN", conflicts_with = "labels")]
    label_column: Option<String>,
    #[command(flatten)]
    frequencies: FrequencyArgs,
    /// Compare records of different sources only
    #[arg(long)]
    link_only: bool,
    /// Threads (0: as many as the machine has); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
    /// Chooses the samples that training looks at
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || train(args, terminal))
}

fn train(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([args.out.as_path()])?;
    let mut inputs = args.input.resolve()?;
    let label_place = args.label_column.as_deref().map(|column| inputs.keep_too(column));
    let mut model = read_model(args.model.as_deref())?;
    args.frequencies.add_to(&mut model)?;
    let progress = terminal.progress();
    let records = inputs.read(&progress)?;
    let phase = progress.phase("Training");
    let kind = if args.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe };
    let records_table = &records.built.table;
    let labels = match (&args.labels, label_place) {
        (Some(path), _) => labels::from_list(path, records_table)?,
        (None, Some(place)) => labels::from_column(&records, place)?,
        (None, None) => Vec::new(),
    };
    if let (Some(column), Some(place)) = (&args.label_column, label_place)
        && !has_value(&records, place)
    {
        return Err(Error::new(
            "train/label-column",
            format!("no record has a value in a column {column}"),
            "check the name of the column in the files",
        )
        .in_field("--label-column"));
    }
    if labels.is_empty() && (args.labels.is_some() || args.label_column.is_some()) {
        return Err(Error::new(
            "train/no-labels",
            "the labels hold no pair of one child",
            "name a list with decisions that are `same`, or a column in which records share a value",
        ));
    }
    let (trained, report) = estimate::train_with_labels(records_table, &model, kind, args.seed, &labels)?;
    drop(phase);
    write_file(&args.out, trained.to_json().as_bytes())?;
    terminal.result(|| in_words(args, &trained, &report), || summary::of_training(&trained, &report))?;
    let wrong = report.findings.iter().any(|finding| finding.code.severity > Severity::Note);
    Ok(if wrong { Outcome::Findings } else { Outcome::Clean })
}

/// Whether any record has a value in the column that was kept at this place.
fn has_value(records: &Records, place: usize) -> bool {
    let table = &records.built.table;
    (0..table.len() as u32).map(|record| table.origin(record)).any(|origin| {
        let kept = records.kept.get(usize::from(origin.input));
        kept.is_some_and(|kept| !kept.get(origin.row, place).is_empty())
    })
}

fn in_words(args: &Args, model: &Model, report: &TrainingReport) -> String {
    let mut text = format!(
        "Trained on {} records, with {} random pairs\n\n",
        count(model.provenance.trained_on_records),
        count(report.random_pairs)
    );
    let mut rows = vec![["training block", "pairs", "matches among them", "rounds"].map(str::to_owned).to_vec()];
    for session in &report.sessions {
        rows.push(vec![
            session.keys.join(" and "),
            count(session.pairs),
            format!("{:.0}", session.matches),
            session.iterations.to_string(),
        ]);
    }
    text += &table(&rows);
    let mut rows =
        vec![["comparison", "level", "m", "from matches", "u", "from random pairs"].map(str::to_owned).to_vec()];
    let mut support = report.levels.iter();
    for comparison in &model.comparisons {
        let levels = comparison.levels.iter().filter(|level| !level.is_null_level);
        for (level, support) in levels.zip(&mut support) {
            let shown = |p: Option<f64>| p.map_or_else(String::new, |p| format!("{p:.3e}"));
            rows.push(vec![
                comparison.name.clone(),
                level.label.clone(),
                shown(level.m),
                format!("{:.0} of {:.0}", support.matches, support.matches_compared),
                shown(level.u),
                format!("{} of {}", count(support.random_pairs), count(support.random_pairs_compared)),
            ]);
        }
    }
    text += &format!("\n{}", table(&rows));
    for finding in &report.findings {
        let code = finding.code;
        text += &format!("\n{} {}: {}; {}\n", code.id, finding.place, code.message, code.hint);
    }
    text += &format!("\nWritten to {}\n", args.out.display());
    text
}
