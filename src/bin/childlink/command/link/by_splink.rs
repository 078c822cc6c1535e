//! `childlink link --splink-model`: general record linkage, of records of any columns.

use super::{Args, Phases, Tables, declare_results, with_run};
use crate::command::Outcome;
use crate::command::score::{findings_json, outcome, read_model, read_types};
use crate::frame_input::Datasets;
use crate::input::Inputs;
use crate::linked::find;
use crate::lists::{next_child_id, previous_of_frame};
use crate::output::OutputFolder;
use crate::render::{Terminal, count, table};
use crate::run_record;
use crate::tf_tables::TfTableArgs;
use childlink::Error;
use childlink::exchange::linked::{self, QuarantinedText, readable};
use childlink::exchange::linked_records::{self, RecordKeys};
use childlink::linkage::Decision;
use childlink::linkage::child_id::Previous;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::splink::link::{LinkedRecords, Thresholds, link as link_records};
use childlink::linkage::splink::score::CompiledModel;
use childlink::linkage::splink::{ModelFinding, Predictions, Records, SplinkModel};
use childlink::report::general::general_page;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// From which match weight on records of any columns are linked unless said: that of a probability of 0.99.
pub(crate) const LINK_FROM: f64 = 6.629_356_620_079_61;

/// Records of any columns
#[derive(clap::Args)]
pub(crate) struct SplinkArgs {
    /// Link records of any columns by a Splink model (version 3, 4 or 5), used as it is. There are no guards:
    /// links are joined as Splink joins them
    #[arg(
        long, value_name = "FILE", help_heading = "Splink",
        conflicts_with_all = [
            "model", "retrain", "link_only", "decisions", "barred", "superseded", "traced", "columns", "keep", "with_values",
            "frequencies",
        ],
    )]
    pub(super) splink_model: Option<PathBuf>,
    /// Link from this match weight on (bits; the default is a probability of 0.99)
    #[arg(
        long,
        value_name = "BITS",
        allow_negative_numbers = true,
        value_parser = crate::args::number,
        help_heading = "Splink",
        requires = "splink_model"
    )]
    link_threshold: Option<f64>,
    /// Put pairs up for review from this match weight on (bits; the default is a probability of 0.5)
    #[arg(
        long,
        value_name = "BITS",
        allow_negative_numbers = true,
        value_parser = crate::args::number,
        help_heading = "Splink",
        requires = "splink_model"
    )]
    review_threshold: Option<f64>,
    /// Read a column as text, integer, float, boolean, date or timestamp
    #[arg(long = "type", value_name = "COLUMN=TYPE", help_heading = "Splink", requires = "splink_model")]
    types: Vec<String>,
    #[command(flatten)]
    tf_tables: TfTableArgs,
}

impl SplinkArgs {
    fn thresholds(&self) -> Result<Thresholds, Error> {
        let link = self.link_threshold.unwrap_or(LINK_FROM);
        Thresholds::new(link, self.review_threshold.unwrap_or_else(|| link.min(0.0)))
    }
}

/// A run, as far as it is told afterwards.
struct Run<'r> {
    inputs: &'r Inputs,
    model: &'r SplinkModel,
    records: &'r Records,
    thresholds: Thresholds,
    linked: LinkedRecords,
    unusable: BTreeMap<&'static str, u64>,
    rows: Vec<u64>,
    findings: Vec<ModelFinding>,
}

pub(super) fn link(args: &Args, model_path: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let started = Instant::now();
    let inputs = args.input.resolve()?;
    let thresholds = args.splink.thresholds()?;
    let (model, mut findings) = read_model(model_path, terminal)?;
    let earlier = args.lists.previous.as_deref();
    let folder = OutputFolder::create(&args.out)?;
    declare_results(&folder)?;
    let progress = terminal.progress();
    let mut phases = Phases::new();

    let phase = progress.phase("Reading");
    inputs.take_digests()?;
    // Also where all records are one dataset to the model: the files of a result name the source of each.
    let Datasets { mut frame, unusable, rows } = Datasets::read(inputs.files(), Some(&model.source_dataset_column))?;
    read_types(&mut frame, &args.splink.types)?;
    args.splink.tf_tables.join(&mut frame, &model)?;
    let records = Records::new(frame, &model)?;
    phases.push(("read", started.elapsed().as_secs_f64()));
    drop(phase);

    let phase = progress.phase("Linking");
    let began = Instant::now();
    let compiled = CompiledModel::new(&records, &model)?;
    let keys = RecordKeys::of(&records, &model);
    let previous = earlier.map(|folder| read_previous(folder, &records, &keys)).transpose()?.unwrap_or_default();
    let linked = link_records(&records, &model, &compiled, thresholds, &previous)?;
    findings.extend(linked.findings.iter().cloned());
    phases.push(("link", began.elapsed().as_secs_f64()));
    drop(phase);

    let _phase = progress.phase("Writing");
    let began = Instant::now();
    let review: Vec<(RecordIndex, RecordIndex)> =
        linked.pairs.iter().filter(|pair| pair.decision == Decision::Review).map(|p| (p.left, p.right)).collect();
    let scores = compiled.score(&review)?;
    let review = Predictions::new(&records, &model, compiled, (review, Vec::new()), scores);
    let mut tables = Tables::new(folder, args.format);
    tables.write("children", &linked::children_columns(), |s| linked_records::write_groups(s, &keys, &linked))?;
    tables.write("links", &linked::links_columns(), |s| linked_records::write_links(s, &keys, &linked))?;
    let review_columns = linked_records::review_columns(&records, &model);
    tables.write("review", &review_columns, |s| linked_records::write_review(s, &records, &model, &review))?;
    let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut quarantined = Vec::new();
    for ((_, source), rows) in inputs.files().iter().zip(unusable) {
        for row in rows {
            *reasons.entry(row.reason.id).or_default() += 1;
            let (source, raw) = (source.of("").to_owned(), readable(&row.raw));
            quarantined.push(QuarantinedText { source, reason: row.reason.id, raw, row: row.line });
        }
    }
    tables.write("quarantine", &linked::quarantine_columns(), |s| linked::write_quarantine(s, quarantined))?;
    if earlier.is_some() {
        tables.write("changes", &linked::changes_columns(), |s| linked_records::write_changes(s, &keys, &linked))?;
    }
    let run = Run {
        inputs: &inputs,
        model: &model,
        records: &records,
        thresholds,
        linked,
        unusable: reasons,
        rows,
        findings,
    };
    let summary = run.summary();
    let mut folder = tables.finish_run();
    folder.put("model.json", model.to_json().as_bytes())?;
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.put("report.html", general_page(&summary, &model)?.as_bytes())?;
    // What a run by the built-in model may have left there.
    folder.supersede("statistics.json");
    phases.push(("write", began.elapsed().as_secs_f64()));
    let total = started.elapsed().as_secs_f64();
    let mut record = run_record::of_run(&inputs, args.lists.record(), &phases, total, args.seed);
    // What `explain` needs to weigh a pair again.
    record["splink"] = json!({
        "types": args.splink.types, "tf_tables": args.splink.tf_tables.record(),
        "link_threshold": thresholds.link, "review_threshold": thresholds.review,
    });
    let record = folder.finish_run(record)?;
    terminal.result(|| run.in_words(args, total), || with_run(&summary, &record))?;
    Ok(if run.unusable.is_empty() { outcome(&run.findings) } else { Outcome::Findings })
}

/// The groups of an earlier run, as far as their records still exist.
fn read_previous(folder: &Path, records: &Records, keys: &RecordKeys<'_>) -> Result<Previous, Error> {
    run_record::whole(folder)?;
    let all = 0..records.frame().rows() as RecordIndex;
    let places: HashMap<(String, String), RecordIndex> =
        all.map(|record| ((keys.source(record), keys.record_id(record)), record)).collect();
    previous_of_frame(&find(folder, "children")?, next_child_id(folder)?, |source, record_id| {
        places.get(&(source.to_owned(), record_id.to_owned())).copied()
    })
}

impl Run<'_> {
    fn rows_read(&self) -> u64 {
        self.rows.iter().sum()
    }

    fn set_aside(&self) -> u64 {
        self.unusable.values().sum()
    }

    fn pairs(&self, decision: Decision) -> u64 {
        self.linked.pairs.iter().filter(|pair| pair.decision == decision).count() as u64
    }

    fn candidates(&self) -> u64 {
        self.linked.blocking.iter().map(|rule| rule.pairs).sum()
    }

    fn summary(&self) -> Value {
        let files: Vec<Value> = self
            .inputs
            .paths()
            .zip(&self.rows)
            .map(|(path, rows)| json!({"file": path.file_name().map(|name| name.to_string_lossy()), "rows": rows}))
            .collect();
        let mut sources: BTreeMap<String, u64> = BTreeMap::new();
        let keys = RecordKeys::of(self.records, self.model);
        for record in 0..self.records.frame().rows() as RecordIndex {
            *sources.entry(keys.source(record)).or_default() += 1;
        }
        let sources: Vec<Value> =
            sources.iter().map(|(source, records)| json!({"source": source, "records": records})).collect();
        let reasons: Map<String, Value> =
            self.unusable.iter().map(|(reason, count)| ((*reason).to_owned(), json!(count))).collect();
        let blocking: Vec<Value> = self
            .linked
            .blocking
            .iter()
            .map(|rule| json!({"rule": rule.name, "pairs": rule.pairs, "largest_block": rule.largest_block}))
            .collect();
        json!({
            "rows": {
                "read": self.rows_read(), "accepted": self.records.frame().rows(), "quarantined": self.set_aside(),
            },
            "quarantined": reasons,
            "files": files,
            "sources": sources,
            "findings": findings_json(&self.findings),
            "linkage": {
                "records": self.records.frame().rows(),
                "children": self.linked.groups.children,
                "next_child_id": self.linked.groups.next_child_id,
                "changed_child": self.linked.groups.changes.len(),
                "candidate_pairs": self.candidates(),
                "links": self.pairs(Decision::Link),
                "review": self.pairs(Decision::Review),
                "thresholds": {"link": self.thresholds.link, "review": self.thresholds.review},
                "blocking": blocking,
                "model": {"link_type": self.model.link_type.name(), "sql_dialect": self.model.dialect.name(), "sha256": self.model.hash()},
            },
        })
    }

    fn in_words(&self, args: &Args, seconds: f64) -> String {
        let mut text = format!(
            "{} rows read: {} accepted, {} set aside\n\n",
            count(self.rows_read()),
            count(self.records.frame().rows() as u64),
            count(self.set_aside())
        );
        let row = |name: &str, number: u64, more: String| vec![name.to_owned(), count(number), more];
        let from = |bits: f64| format!("from {bits:.2} bits on");
        text += &table(&[
            ["", "number", ""].map(str::to_owned).to_vec(),
            row("groups found", self.linked.groups.children, String::new()),
            row("pairs compared", self.candidates(), String::new()),
            row("pairs linked", self.pairs(Decision::Link), from(self.thresholds.link)),
            row("pairs for review", self.pairs(Decision::Review), from(self.thresholds.review)),
        ])
        .split_once('\n')
        .map_or(String::new(), |(_, rows)| rows.to_owned());
        if !self.findings.is_empty() {
            text.push('\n');
        }
        self.findings.iter().for_each(|finding| text += &format!("{finding}\n"));
        text + &format!("\nWritten to {} in {seconds:.1} s\n", args.out.display())
    }
}
