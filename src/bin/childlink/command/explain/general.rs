//! `childlink explain` for a run by a Splink model: records of any columns.

use super::{Args, pair_row, same_record, unknown_record, unlisted, waterfall_in_words};
use crate::general_rerun::GeneralRerun;
use crate::linked::{Keyed, column, find, spelled};
use crate::output;
use crate::render::{Terminal, table};
use childlink::Error;
use childlink::exchange::linked_records::RecordKeys;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::explain::Waterfall;
use childlink::linkage::splink::Records;
use childlink::linkage::splink::function::written;
use childlink::report::pair::pair_picture_at;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn explain(args: &Args, rerun: &GeneralRerun, terminal: &Terminal) -> Result<(), Error> {
    let GeneralRerun { records, model, .. } = rerun;
    let keys = RecordKeys::of(records, model);
    let find_record = |key: &str| {
        let all = 0..records.frame().rows() as RecordIndex;
        let is_meant = |record: &RecordIndex| {
            let source = keys.source(*record);
            let rest = key.strip_prefix(source.as_str()).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| rest == keys.record_id(*record))
        };
        all.into_iter().find(is_meant).ok_or_else(unknown_record)
    };
    let (one, other) = (find_record(&args.left)?, find_record(&args.right)?);
    if one == other {
        return Err(same_record());
    }
    let (left, right) = (one.min(other), one.max(other));
    let predictions = rerun.predictions(vec![(left, right)])?;
    let waterfall = predictions.waterfall(0);
    let told = Told::read(&args.folder, records, &keys, [left, right])?;
    if let Some(path) = &args.picture {
        let title = format!("{} and {}", args.left, args.right);
        let [review, link] = rerun.thresholds;
        output::write_file(path, pair_picture_at(&title, &waterfall, review, link)?.as_bytes())?;
    }
    terminal.result(|| told.in_words(&waterfall), || told.as_json(&waterfall))
}

/// What the run's files say of a pair, and its fields.
struct Told {
    keys: [(String, String); 2],
    groups: [String; 2],
    decision: String,
    /// Name, left and right, where either has a value.
    fields: Vec<(String, String, String)>,
}

impl Told {
    fn read(folder: &Path, records: &Records, keys: &RecordKeys<'_>, pair: [RecordIndex; 2]) -> Result<Told, Error> {
        let keys = pair.map(|record| (keys.source(record), keys.record_id(record)));
        let path = find(folder, "children")?;
        let children = Keyed::read(&path)?;
        let child_id = column(&children.frame, &path, &["child_id"])?;
        let group_of = |(source, record_id): &(String, String)| {
            let row = (0..children.frame.rows()).find(|&row| children.key(row) == (source.into(), record_id.into()));
            row.map_or(String::new(), |row| spelled(child_id.value(row)).into_owned())
        };
        let wanted = [&keys[0].0, &keys[0].1, &keys[1].0, &keys[1].1];
        let listed = pair_row(folder, "links", wanted.map(String::as_str))?;
        let decision = listed.and_then(|(frame, row)| Some(spelled(frame.column("decision")?.value(row)).into_owned()));
        let mut fields = Vec::new();
        for column in records.frame().columns() {
            let [left, right] = pair.map(|record| written(column.value(record as usize)).unwrap_or_default());
            if !(left.is_empty() && right.is_empty()) {
                fields.push((column.name.clone(), left, right));
            }
        }
        let groups = [group_of(&keys[0]), group_of(&keys[1])];
        let decision = decision.unwrap_or_else(|| unlisted(&groups).to_owned());
        Ok(Told { groups, keys, decision, fields })
    }

    fn in_words(&self, waterfall: &Waterfall<'_>) -> String {
        let mut rows: Vec<Vec<String>> =
            self.fields.iter().map(|(name, left, right)| vec![name.clone(), left.clone(), right.clone()]).collect();
        rows.push(vec!["child_id".to_owned(), self.groups[0].clone(), self.groups[1].clone()]);
        format!("{}\n{}\nDecision: {}\n", table(&rows), waterfall_in_words(waterfall), self.decision)
    }

    fn as_json(&self, waterfall: &Waterfall<'_>) -> Value {
        let record = |place: usize| {
            let (source, record_id) = &self.keys[place];
            json!({"source": source, "record_id": record_id, "child_id": self.groups[place].parse::<u64>().ok()})
        };
        let fields = self.fields.iter();
        json!({
            "left": record(0),
            "right": record(1),
            "decision": self.decision,
            "guards": [],
            "fields": fields.map(|(name, left, right)| json!({"field": name, "left": left, "right": right})).collect::<Vec<_>>(),
            "waterfall": waterfall,
        })
    }
}
