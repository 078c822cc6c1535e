//! The result files of a linkage run, by the contract: every host writes the same bytes.
//!
//! All rows stand in order of source and record id.

use super::rows::SetAside;
use super::sheet::{Kind, Sheet, SheetColumn};
use crate::error::{Code, Error};
use crate::identity::column::Column;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::explain::Waterfall;
use crate::linkage::table::Table;
use crate::linkage::{DecidedPair, Decision, Linked};
use crate::order;
use hashbrown::HashSet;
use std::io::Write;

/// What stands in the place of a value that must not be shown.
pub const WITHHELD: &str = "(withheld)";

/// Columns that tell where a child lives: withheld for every record of a sensitive child.
const WHEREABOUTS: [Column; 9] = [
    Column::Address1,
    Column::Address2,
    Column::Address3,
    Column::Address4,
    Column::Address5,
    Column::Postcode,
    Column::PreviousPostcode,
    Column::Uprn,
    Column::GpPractice,
];

/// The children of whom a record is marked sensitive.
pub struct SensitiveChildren(HashSet<u64>);

impl SensitiveChildren {
    /// Finds them.
    pub fn of(table: &Table, linked: &Linked) -> SensitiveChildren {
        let records = 0..table.len() as RecordIndex;
        let children = records.filter(|&record| table.is_sensitive(record));
        SensitiveChildren(children.map(|record| linked.children.child_id[record as usize]).collect())
    }

    /// Their numbers, rising.
    pub fn child_ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.0.iter().copied().collect();
        order::sort(&mut ids);
        ids
    }

    /// Whether a record is of one of these children.
    pub fn has(&self, linked: &Linked, record: RecordIndex) -> bool {
        !self.0.is_empty() && self.0.contains(&linked.children.child_id[record as usize])
    }

    /// Whether the whereabouts of a pair are withheld: if either child is sensitive, since the two may
    /// be one.
    pub fn withhold(&self, linked: &Linked, left: RecordIndex, right: RecordIndex) -> bool {
        self.has(linked, left) || self.has(linked, right)
    }
}

/// Whether a column tells where a child lives.
pub fn is_whereabouts(column: Column) -> bool {
    WHEREABOUTS.contains(&column)
}

pub(super) fn text(name: &str) -> SheetColumn {
    (name.to_owned(), Kind::Text)
}

pub(super) fn pair_keys() -> Vec<SheetColumn> {
    ["source_l", "record_id_l", "source_r", "record_id_r"].map(text).to_vec()
}

/// The columns of the file `children`.
pub fn children_columns() -> Vec<SheetColumn> {
    vec![text("source"), text("record_id"), ("child_id".to_owned(), Kind::Integer)]
}

/// Writes the child of every record.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_children<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, linked: &Linked) -> Result<(), Error> {
    sheet.rows(table.len(), |index, row| {
        let record = index as RecordIndex;
        row.text(table.source(record));
        row.text(table.record_id(record));
        row.integer(linked.children.child_id[index] as i64);
    })
}

/// The columns of the file `links`.
pub fn links_columns() -> Vec<SheetColumn> {
    let mut columns = pair_keys();
    columns.push(("match_weight".to_owned(), Kind::Number));
    columns.push(("match_probability".to_owned(), Kind::Number));
    columns.extend(["decision", "guards"].map(text));
    columns
}

/// Writes every pair decided link or review.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_links<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, linked: &Linked) -> Result<(), Error> {
    sheet.rows(linked.pairs.len(), |index, row| {
        let pair = &linked.pairs[index];
        for record in [pair.left, pair.right] {
            row.text(table.source(record));
            row.text(table.record_id(record));
        }
        row.number(pair.weight);
        row.number(pair.probability());
        row.text(pair.decision.as_str());
        row.text(&pair.guards.codes());
    })
}

/// The pairs for review, in order.
pub fn review_pairs(linked: &Linked) -> Vec<&DecidedPair> {
    linked.pairs.iter().filter(|pair| pair.decision == Decision::Review).collect()
}

/// The columns of the file `review`; `kept` names the columns handed on with `--keep`.
pub fn review_columns(kept: &[String]) -> Vec<SheetColumn> {
    let mut columns = pair_keys();
    columns.push(("match_weight".to_owned(), Kind::Number));
    columns.push(("match_probability".to_owned(), Kind::Number));
    columns.push(text("guards"));
    for name in shown_columns().map(|column| column.name().to_owned()).chain(kept.iter().cloned()) {
        columns.push(text(&format!("{name}_l")));
        columns.push(text(&format!("{name}_r")));
    }
    columns.push(text("waterfall"));
    columns
}

fn shown_columns() -> impl Iterator<Item = Column> {
    Column::ALL.into_iter().filter(|column| !matches!(column, Column::Source | Column::RecordId))
}

/// Writes every pair for review with its fields and its waterfall, of which there is one for each of
/// [`review_pairs`]. `kept` gives the value of a record in a column that was handed on.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_review<'k, W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    linked: &Linked,
    waterfalls: &[Waterfall<'_>],
    kept_columns: usize,
    kept: &(impl Fn(RecordIndex, usize) -> &'k str + Sync),
) -> Result<(), Error> {
    let pairs = review_pairs(linked);
    let sensitive = SensitiveChildren::of(table, linked);
    sheet.rows(pairs.len(), |index, row| {
        let pair = pairs[index];
        let both = [pair.left, pair.right];
        for record in both {
            row.text(table.source(record));
            row.text(table.record_id(record));
        }
        row.number(pair.weight);
        row.number(pair.probability());
        row.text(&pair.guards.codes());
        let withhold = sensitive.withhold(linked, pair.left, pair.right);
        for column in shown_columns() {
            for record in both {
                match table.raw(record, column) {
                    value if value.is_empty() || !(withhold && is_whereabouts(column)) => row.text(value),
                    _ => row.text(WITHHELD),
                }
            }
        }
        for column in 0..kept_columns {
            // Nobody knows what stands in it: a school tells where a child lives, and so does a telephone number.
            both.into_iter().for_each(|record| match kept(record, column) {
                value if value.is_empty() || !withhold => row.text(value),
                _ => row.text(WITHHELD),
            });
        }
        let mut waterfall = waterfalls[index].clone();
        if withhold {
            waterfall.withhold_whereabouts(&linked.model);
        }
        row.text(&serde_json::to_string(&waterfall).unwrap_or_default());
    })
}

/// The columns of the file `restricted`: keys only.
pub fn restricted_columns() -> Vec<SheetColumn> {
    pair_keys()
}

/// Writes the restricted queue.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_restricted<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, linked: &Linked) -> Result<(), Error> {
    sheet.rows(linked.restricted.len(), |index, row| {
        for record in [linked.restricted[index].left, linked.restricted[index].right] {
            row.text(table.source(record));
            row.text(table.record_id(record));
        }
    })
}

/// The columns of the file `changes`, which lists the records whose child differs from the earlier run.
pub fn changes_columns() -> Vec<SheetColumn> {
    let mut columns = vec![text("source"), text("record_id")];
    columns.extend(["child_id_before", "child_id"].map(|name| (name.to_owned(), Kind::Integer)));
    columns
}

/// Writes the records whose child differs from the earlier run.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_changes<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, linked: &Linked) -> Result<(), Error> {
    let changes = &linked.children.changes;
    sheet.rows(changes.len(), |index, row| {
        row.text(table.source(changes[index].record));
        row.text(table.record_id(changes[index].record));
        row.integer(changes[index].from as i64);
        row.integer(changes[index].to as i64);
    })
}

/// A row that was set aside, with its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuarantinedText {
    /// The source, as far as it could be told.
    pub source: String,
    /// The code of the reason.
    pub reason: &'static str,
    /// The row as it stood; bytes that are no text are written as `\xE9`.
    pub raw: String,
    /// Its number in its input.
    pub row: u32,
}

impl QuarantinedText {
    /// A row with its text, which is withheld if the row says that its child is sensitive, or repeats a record of
    /// such a child.
    pub fn new(
        reason: &'static Code,
        row: SetAside<'_>,
        table: &Table,
        linked: &Linked,
        sensitive: &SensitiveChildren,
    ) -> QuarantinedText {
        let kept = table.find(row.source, row.record_id);
        let raw = match kept {
            Some(record) if sensitive.has(linked, record) => WITHHELD.to_owned(),
            _ if row.is_sensitive => WITHHELD.to_owned(),
            _ => readable(row.raw),
        };
        QuarantinedText { source: row.source.to_owned(), reason: reason.id, raw, row: row.row }
    }
}

/// Bytes as text; those that are none are written as `\xE9`.
pub fn readable(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
    }
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    text
}

/// The columns of the file `quarantine`.
pub fn quarantine_columns() -> Vec<SheetColumn> {
    vec![text("source"), ("row".to_owned(), Kind::Integer), text("reason"), text("raw")]
}

/// Writes the rows that were set aside, in order of source, reason and text.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_quarantine<W: Write + Send>(sheet: &mut Sheet<W>, mut rows: Vec<QuarantinedText>) -> Result<(), Error> {
    order::sort(&mut rows);
    sheet.rows(rows.len(), |index, row| {
        let set_aside = &rows[index];
        row.text(&set_aside.source);
        row.integer(i64::from(set_aside.row));
        row.text(set_aside.reason);
        row.text(&set_aside.raw);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_kept_readable() {
        assert_eq!(readable(b"1,Zo\xEB,Zo\xC3\xAB\r\n"), "1,Zo\\xEB,Zoë");
    }
}
