//! `childlink explain`: why two records are, or are not, one child.

mod general;

use super::Outcome;
use crate::claims::declare;
use crate::general_rerun::GeneralRerun;
use crate::linked::{Keyed, column, find, spelled};
use crate::output;
use crate::render::{Terminal, table};
use crate::rerun::Rerun;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::exchange::linked::{WITHHELD, is_whereabouts};
use childlink::identity::column::Column;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::explain::{Waterfall, explain};
use childlink::linkage::frame::Frame;
use childlink::linkage::guards::Guard;
use childlink::linkage::parallel;
use childlink::linkage::table::Table;
use childlink::report::pair::pair_picture;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Explain why two records are, or are not, one child
///
/// Reads the inputs of the run again (run.json in DIR says where they are), so they must still be there
/// unchanged. The result shows the records' fields: keep it as safe as the records.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink explain linked northtown/1042 southtown/A-17\n  \
    childlink explain linked northtown/1042 southtown/A-17 --json\n  \
    childlink explain linked northtown/1042 southtown/A-17 --picture pair.svg")]
pub(crate) struct Args {
    /// Folder that `childlink link` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// One record: SOURCE/RECORD_ID
    #[arg(value_name = "KEY")]
    left: String,
    /// The other record: SOURCE/RECORD_ID
    #[arg(value_name = "KEY")]
    right: String,
    /// Write the waterfall as a picture, too (SVG)
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(0, || explain_pair(args, terminal))
}

fn explain_pair(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare(args.picture.as_deref())?;
    if let Some(rerun) = GeneralRerun::read(&args.folder, terminal)? {
        general::explain(args, &rerun, terminal)?;
        return Ok(Outcome::Clean);
    }
    let rerun = Rerun::read(&args.folder, terminal)?;
    let table = rerun.table();
    let (one, other) = (find_record(table, &args.left)?, find_record(table, &args.right)?);
    let (left, right) = (one.min(other), one.max(other));
    if left == right {
        return Err(same_record());
    }
    if rerun.hides(left, right) {
        return Err(Error::new(
            "explain/restricted",
            "this pair is not shown",
            "those who handle the restricted queue know what to do",
        ));
    }
    let mut waterfalls = explain(table, &rerun.model, &[(left, right)])?;
    let pair = Pair::read(&args.folder, &rerun.records, left, right)?;
    if pair.withheld {
        waterfalls.iter_mut().for_each(|waterfall| waterfall.withhold_whereabouts(&rerun.model));
    }
    if let Some(path) = &args.picture {
        let title = format!("{} and {}", args.left, args.right);
        output::write_file(path, pair_picture(&title, &waterfalls[0], &rerun.model)?.as_bytes())?;
    }
    terminal.result(|| pair.in_words(table, &waterfalls[0]), || pair.as_json(table, &waterfalls[0]))?;
    Ok(Outcome::Clean)
}

/// The record of a key. Both halves may hold a slash, so every place to cut is tried.
fn find_record(table: &Table, key: &str) -> Result<RecordIndex, Error> {
    let cuts = key.match_indices('/').map(|(place, _)| (&key[..place], &key[place + 1..]));
    cuts.filter_map(|(source, record_id)| table.find(source, record_id)).next().ok_or_else(unknown_record)
}

fn unknown_record() -> Error {
    Error::new(
        "explain/unknown-record",
        "a key names no record of the run's inputs",
        "write SOURCE/RECORD_ID as in children.csv; if the inputs have changed, link again",
    )
}

fn same_record() -> Error {
    Error::new("explain/same-record", "both keys name one record", "name two records")
}

/// The row of a pair in a file of pairs, with the file. `wanted` is source and record id of left and right.
fn pair_row(folder: &Path, name: &str, wanted: [&str; 4]) -> Result<Option<(Frame, usize)>, Error> {
    let path = find(folder, name)?;
    let frame = crate::frame_input::read_frame(&path)?;
    let mut columns = Vec::new();
    for name in ["source_l", "record_id_l", "source_r", "record_id_r"] {
        columns.push(column(&frame, &path, &[name])?);
    }
    let is_pair = |row: &usize| columns.iter().zip(wanted).all(|(column, text)| spelled(column.value(*row)) == text);
    let row = (0..frame.rows()).find(is_pair);
    Ok(row.map(|row| (frame, row)))
}

/// What became of a pair that is not listed, by the children of its records.
fn unlisted(children: &[String; 2]) -> &'static str {
    if !children[0].is_empty() && children[0] == children[1] { "one child, through other records" } else { "distinct" }
}

/// The bars of a waterfall and their sum.
fn waterfall_in_words(waterfall: &Waterfall<'_>) -> String {
    let bits = |bits: f64| format!("{bits:+.2}");
    let mut bars = vec![vec!["prior".to_owned(), "two random records".to_owned(), bits(waterfall.prior)]];
    for bar in &waterfall.bars {
        bars.push(vec![bar.comparison.to_owned(), bar.level.to_owned(), bits(bar.weight)]);
        if bar.term_frequency != 0.0 {
            bars.push(vec![String::new(), "rarity of the value".to_owned(), bits(bar.term_frequency)]);
        }
    }
    if waterfall.household != 0.0 {
        bars.push(vec![
            "household".to_owned(),
            "two children born together would explain it too".to_owned(),
            bits(waterfall.household),
        ]);
    }
    bars.push(vec!["match weight".to_owned(), "log2 odds, in bits".to_owned(), bits(waterfall.match_weight)]);
    table(&bars)
}

/// What the run's files say of a pair.
struct Pair {
    left: RecordIndex,
    right: RecordIndex,
    children: [String; 2],
    decision: String,
    guards: Vec<Guard>,
    withheld: bool,
}

impl Pair {
    fn read(folder: &Path, records: &Records, left: RecordIndex, right: RecordIndex) -> Result<Pair, Error> {
        let table = &records.built.table;
        let path = find(folder, "children")?;
        let children = Keyed::read(&path)?;
        let child_id = column(&children.frame, &path, &["child_id"])?;
        let child_of = |record: RecordIndex| {
            let row = (0..children.frame.rows()).find(|&row| {
                let (source, record_id) = children.key(row);
                source == table.source(record) && record_id == table.record_id(record)
            });
            row.map_or(String::new(), |row| spelled(child_id.value(row)).into_owned())
        };
        let both = [child_of(left), child_of(right)];
        let withheld = (0..children.frame.rows())
            .filter(|&row| both.contains(&spelled(child_id.value(row)).into_owned()))
            .filter_map(|row| {
                let (source, record_id) = children.key(row);
                table.find(&source, &record_id)
            })
            .any(|record| table.is_sensitive(record));
        let wanted = [table.source(left), table.record_id(left), table.source(right), table.record_id(right)];
        let listed = pair_row(folder, "links", wanted)?;
        let said = |name: &str| {
            let (frame, row) = listed.as_ref()?;
            Some(spelled(frame.column(name)?.value(*row)).into_owned())
        };
        let decision = said("decision").unwrap_or_else(|| unlisted(&both).to_owned());
        let codes = said("guards").unwrap_or_default();
        let guards = Guard::ALL.into_iter().filter(|guard| codes.split('|').any(|code| code == guard.code())).collect();
        Ok(Pair { left, right, children: both, decision, guards, withheld })
    }

    /// The fields that either record has: name, left and right.
    fn fields<'t>(&self, table: &'t Table) -> Vec<(&'static str, &'t str, &'t str)> {
        let shown = |record: RecordIndex, column: Column| match table.raw(record, column) {
            value if !value.is_empty() && self.withheld && is_whereabouts(column) => WITHHELD,
            value => value,
        };
        let fields =
            Column::ALL.into_iter().map(|column| (column.name(), shown(self.left, column), shown(self.right, column)));
        fields.filter(|(_, left, right)| !left.is_empty() || !right.is_empty()).collect()
    }

    fn in_words(&self, records: &Table, waterfall: &Waterfall<'_>) -> String {
        let mut rows = Vec::new();
        for (name, left, right) in self.fields(records) {
            rows.push(vec![name.to_owned(), left.to_owned(), right.to_owned()]);
        }
        rows.push(vec!["child_id".to_owned(), self.children[0].clone(), self.children[1].clone()]);
        let mut text = table(&rows);
        text.push('\n');
        text += &waterfall_in_words(waterfall);
        text += &format!("\nDecision: {}\n", self.decision);
        for guard in &self.guards {
            text += &format!("  {}: {}\n", guard.code(), guard.meaning());
        }
        text
    }

    fn as_json(&self, table: &Table, waterfall: &Waterfall<'_>) -> Value {
        let record = |record: RecordIndex, child: &str| {
            json!({
                "source": table.source(record), "record_id": table.record_id(record),
                "child_id": child.parse::<u64>().ok(),
            })
        };
        let fields = self.fields(table).into_iter();
        json!({
            "left": record(self.left, &self.children[0]),
            "right": record(self.right, &self.children[1]),
            "decision": self.decision,
            "guards": self.guards.iter().map(|guard| guard.code()).collect::<Vec<_>>(),
            "fields": fields.map(|(name, left, right)| json!({"field": name, "left": left, "right": right})).collect::<Vec<_>>(),
            "waterfall": waterfall,
        })
    }
}
