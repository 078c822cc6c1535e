//! The result files of general record linkage, with the columns of [`super::linked`].
//!
//! Rows stand in the order of the records' ids, as the model compares them.

use super::linked::{pair_keys, text};
use super::sheet::{Kind, Sheet, SheetColumn, SheetRow};
use crate::error::Error;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::frame::FrameColumn;
use crate::linkage::splink::function::written;
use crate::linkage::splink::link::LinkedRecords;
use crate::linkage::splink::{Predictions, Records, SplinkModel};
use std::io::Write;

/// Names records by source and record id.
pub struct RecordKeys<'r> {
    source: Option<&'r FrameColumn>,
    id: Option<&'r FrameColumn>,
}

impl<'r> RecordKeys<'r> {
    /// The keys of records: the model's source dataset column, empty where there is none, and its id column.
    pub fn of(records: &'r Records, model: &SplinkModel) -> RecordKeys<'r> {
        let column = |name: &str| records.frame().column(name);
        RecordKeys { source: column(&model.source_dataset_column), id: column(&model.unique_id_column) }
    }

    /// The source of a record.
    pub fn source(&self, record: RecordIndex) -> String {
        text_of(self.source, record)
    }

    /// The id of a record.
    pub fn record_id(&self, record: RecordIndex) -> String {
        text_of(self.id, record)
    }

    fn write(&self, row: &mut SheetRow<'_>, record: RecordIndex) {
        row.text(&self.source(record));
        row.text(&self.record_id(record));
    }
}

fn text_of(column: Option<&FrameColumn>, record: RecordIndex) -> String {
    column.and_then(|column| written(column.value(record as usize))).unwrap_or_default()
}

/// Writes the group of every record, under [`super::linked::children_columns`].
///
/// # Errors
/// `output/cannot-write`.
pub fn write_groups<W: Write + Send>(
    sheet: &mut Sheet<W>,
    keys: &RecordKeys<'_>,
    linked: &LinkedRecords,
) -> Result<(), Error> {
    sheet.rows(linked.groups.child_id.len(), |index, row| {
        keys.write(row, index as RecordIndex);
        row.integer(linked.groups.child_id[index] as i64);
    })
}

/// Writes every pair decided link or review, under [`super::linked::links_columns`]. No guard applies.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_links<W: Write + Send>(
    sheet: &mut Sheet<W>,
    keys: &RecordKeys<'_>,
    linked: &LinkedRecords,
) -> Result<(), Error> {
    sheet.rows(linked.pairs.len(), |index, row| {
        let pair = &linked.pairs[index];
        keys.write(row, pair.left);
        keys.write(row, pair.right);
        row.number(pair.weight);
        row.number(crate::linkage::score::probability(pair.weight));
        row.text(pair.decision.as_str());
        row.text("");
    })
}

/// Writes the records whose group differs from the earlier run, under [`super::linked::changes_columns`].
///
/// # Errors
/// `output/cannot-write`.
pub fn write_changes<W: Write + Send>(
    sheet: &mut Sheet<W>,
    keys: &RecordKeys<'_>,
    linked: &LinkedRecords,
) -> Result<(), Error> {
    let changes = &linked.groups.changes;
    sheet.rows(changes.len(), |index, row| {
        keys.write(row, changes[index].record);
        row.integer(changes[index].from as i64);
        row.integer(changes[index].to as i64);
    })
}

/// The columns of the file `review`: every column of the records but those that the keys repeat.
pub fn review_columns(records: &Records, model: &SplinkModel) -> Vec<SheetColumn> {
    let mut columns = pair_keys();
    columns.push(("match_weight".to_owned(), Kind::Number));
    columns.push(("match_probability".to_owned(), Kind::Number));
    columns.push(text("guards"));
    for column in shown_columns(records, model) {
        columns.push(text(&format!("{}_l", column.name)));
        columns.push(text(&format!("{}_r", column.name)));
    }
    columns.push(text("waterfall"));
    columns
}

fn shown_columns<'r>(records: &'r Records, model: &SplinkModel) -> impl Iterator<Item = &'r FrameColumn> {
    let keys = [model.source_dataset_column.clone(), model.unique_id_column.clone()];
    let shown = move |column: &&FrameColumn| !keys.iter().any(|key| key.eq_ignore_ascii_case(&column.name));
    records.frame().columns().iter().filter(shown)
}

/// Writes pairs for review with their fields and their waterfalls.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_review<W: Write + Send>(
    sheet: &mut Sheet<W>,
    records: &Records,
    model: &SplinkModel,
    review: &Predictions<'_>,
) -> Result<(), Error> {
    let keys = RecordKeys::of(records, model);
    let columns: Vec<&FrameColumn> = shown_columns(records, model).collect();
    sheet.rows(review.len(), |index, row| {
        let (left, right) = review.pairs()[index];
        let weight = review.weights()[index];
        keys.write(row, left);
        keys.write(row, right);
        row.number(weight);
        row.number(crate::linkage::score::probability(weight));
        row.text("");
        for column in &columns {
            row.text(&text_of(Some(column), left));
            row.text(&text_of(Some(column), right));
        }
        row.text(&serde_json::to_string(&review.waterfall(index)).unwrap_or_default());
    })
}
