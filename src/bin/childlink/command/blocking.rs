//! `childlink blocking`: what the blocking rules of a model bring.

use super::Outcome;
use super::link::{LINK_FROM, read_model};
use super::score::{findings_json, outcome, read_model as read_splink_model, read_types};
use crate::frame_input::Datasets;
use crate::input::InputArgs;
use crate::linked::{Keyed, column, spelled};
use crate::render::{Terminal, count, table};
use childlink::Error;
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::blocking_analysis::{BlockingAnalysis, analyse_blocking};
use childlink::linkage::parallel;
use childlink::linkage::splink::Records as SplinkRecords;
use childlink::linkage::splink::blocking_analysis::analyse_blocking as splink_blocking;
use childlink::linkage::splink::settings::LinkType;
use childlink::linkage::table::Table;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Show what each blocking rule of a model brings
///
/// For each rule: the pairs it produces, those that no earlier rule produces, its largest block, and the
/// share of matches it finds. With --truth a match is a pair of one person; without it, a pair whose
/// weight reaches the link threshold, so that the share is an estimate among the pairs that any rule
/// finds.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink blocking extracts/*.csv\n  \
    childlink blocking population/records.csv --truth population/truth.csv --model my-model.json\n  \
    childlink blocking people.csv --splink-model model.json --truth-column person")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Linkage model (JSON) in place of the built-in one
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// A Splink model instead, for records of any columns
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "truth", "link_only", "columns", "keep"])]
    splink_model: Option<PathBuf>,
    /// The person of each record: source,record_id,person_id
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// The column of the records that tells their person, for a Splink model
    #[arg(long, value_name = "COL", requires = "splink_model")]
    truth_column: Option<String>,
    /// Take pairs from this match weight on for matches (bits), for a Splink model without truth
    #[arg(
        long,
        value_name = "BITS",
        allow_negative_numbers = true,
        value_parser = crate::args::number,
        requires = "splink_model",
        conflicts_with = "truth_column"
    )]
    link_threshold: Option<f64>,
    /// Read a column as text, integer, float, boolean, date or timestamp, for a Splink model
    #[arg(long = "type", value_name = "COLUMN=TYPE", requires = "splink_model")]
    types: Vec<String>,
    /// Compare records of different sources only
    #[arg(long)]
    link_only: bool,
    /// Threads (0: as many as the machine has); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || match &args.splink_model {
        Some(model) => analyse_splink(args, model, terminal),
        None => analyse(args, terminal),
    })
}

fn analyse(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let inputs = args.input.resolve()?;
    let model = read_model(args.model.as_deref())?;
    let progress = terminal.progress();
    let records = inputs.read(&progress)?;
    let table = &records.built.table;
    let person = args.truth.as_deref().map(|path| read_persons(path, table)).transpose()?;
    let phase = progress.phase("Blocking");
    let kind = if args.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe };
    let analysis = analyse_blocking(table, &model, kind, person.as_deref())?;
    drop(phase);
    terminal.result(|| in_words(&analysis), || as_json(&analysis))?;
    Ok(if analysis.oversized.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn analyse_splink(args: &Args, model: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let files = args.input.resolve()?;
    let (model, mut findings) = read_splink_model(model, terminal)?;
    let dataset_column = (model.link_type != LinkType::DedupeOnly).then_some(model.source_dataset_column.as_str());
    let mut frame = Datasets::read(files.files(), dataset_column)?.whole(files.files())?;
    read_types(&mut frame, &args.types)?;
    let records = SplinkRecords::new(frame, &model)?;
    let phase = terminal.progress().phase("Blocking");
    let match_from = args.link_threshold.unwrap_or(LINK_FROM);
    let (analysis, more) = splink_blocking(&records, &model, args.truth_column.as_deref(), match_from)?;
    drop(phase);
    findings.extend(more);
    let words = || findings.iter().fold(in_words(&analysis), |text, finding| text + &format!("{finding}\n"));
    let object = || {
        let mut object = as_json(&analysis);
        object["findings"] = json!(findings_json(&findings));
        object
    };
    terminal.result(words, object)?;
    Ok(outcome(&findings))
}

/// The person of each record, from 1; 0 where the truth does not say.
fn read_persons(path: &Path, table: &Table) -> Result<Vec<u32>, Error> {
    let keyed = Keyed::read(path)?;
    let person = column(&keyed.frame, path, &["person_id"])?;
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut persons = vec![0; table.len()];
    for row in 0..keyed.frame.rows() {
        let (source, record_id) = keyed.key(row);
        let name = spelled(person.value(row));
        if let (Some(record), false) = (table.find(&source, &record_id), name.is_empty()) {
            let next = numbers.len() as u32 + 1;
            persons[record as usize] = *numbers.entry(name.into_owned()).or_insert(next);
        }
    }
    Ok(persons)
}

/// The matches of which shares are taken: the true ones, or those that any rule finds.
fn all_matches(analysis: &BlockingAnalysis) -> u64 {
    analysis.true_matches.unwrap_or_else(|| analysis.matches())
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn in_words(analysis: &BlockingAnalysis) -> String {
    let all = all_matches(analysis);
    let percent = |part: u64| share(part, all).map_or(String::new(), |share| format!("{:.2} %", share * 100.0));
    let head = ["rule", "pairs", "new pairs", "pairs so far", "largest block", "matches found", "found so far"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let (mut pairs, mut matches) = (0, 0);
    for rule in &analysis.rules {
        pairs += rule.added;
        matches += rule.matches_added;
        rows.push(vec![
            rule.name.clone(),
            count(rule.pairs),
            count(rule.added),
            count(pairs),
            count(rule.largest_block),
            percent(rule.matches),
            percent(matches),
        ]);
    }
    let mut text = table(&rows);
    text += &match analysis.true_matches {
        Some(all) => format!("\n{} of {} true matches found\n", count(analysis.matches()), count(all)),
        None => format!("\n{} probable matches; shares are among these\n", count(analysis.matches())),
    };
    for block in &analysis.oversized {
        text += &format!(
            "\nToo many records to compare in full ({}): {} records, {} pairs left out\n",
            block.rule,
            count(block.records),
            count(block.pairs_left_out)
        );
    }
    text
}

fn as_json(analysis: &BlockingAnalysis) -> Value {
    let all = all_matches(analysis);
    let rule = |rule: &childlink::linkage::blocking_analysis::RuleAnalysis| {
        json!({
            "rule": rule.name, "pairs": rule.pairs, "new_pairs": rule.added, "largest_block": rule.largest_block,
            "matches": rule.matches, "new_matches": rule.matches_added, "recall": share(rule.matches, all),
        })
    };
    let block = |block: &childlink::linkage::blocking::OversizedBlock| json!({"rule": block.rule, "records": block.records, "pairs_left_out": block.pairs_left_out});
    json!({
        "rules": analysis.rules.iter().map(rule).collect::<Vec<_>>(),
        "pairs": analysis.pairs(),
        "matches": analysis.matches(),
        "true_matches": analysis.true_matches,
        "recall": share(analysis.matches(), all),
        "oversized_blocks": analysis.oversized.iter().map(block).collect::<Vec<_>>(),
    })
}
