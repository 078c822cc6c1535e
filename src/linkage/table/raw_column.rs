//! One column of raw text over all records.

use super::dictionary::{Dictionary, TextList};
use crate::identity::column::Column;
use std::ops::Range;
use std::sync::Arc;

/// Raw text by record. A column that was never filled takes no room.
#[derive(Clone, Default)]
pub(crate) enum RawColumn {
    /// No record has a value.
    #[default]
    Absent,
    /// Nearly every record has a value of its own.
    Plain(TextList),
    /// Values recur: each is stored, and later parsed, once.
    Interned { ids: Vec<u32>, values: Dictionary },
    /// The same once complete: the parsed column shares the ids.
    Sealed { ids: Arc<Vec<u32>>, values: Dictionary },
}

/// Whether a column's values are mostly unique, so that a dictionary would only cost.
fn mostly_unique(column: Column) -> bool {
    matches!(column, Column::RecordId | Column::NhsNumber | Column::MotherNhsNumber | Column::Uprn | Column::Address1)
}

impl RawColumn {
    /// Sets the value of record `index`, which is the next one or lies after a run of missing values. `room` tells
    /// how many records are expected, so that a column takes its memory once.
    #[inline]
    pub(crate) fn set(&mut self, column: Column, index: usize, value: &str, room: usize) {
        if value.is_empty() {
            return;
        }
        if matches!(self, RawColumn::Absent) {
            *self = if mostly_unique(column) {
                RawColumn::Plain(TextList::with_capacity(room, room * (value.len() + 1)))
            } else {
                RawColumn::Interned { ids: Vec::with_capacity(room), values: Dictionary::default() }
            };
        }
        self.fill(index);
        match self {
            RawColumn::Absent => {}
            RawColumn::Plain(list) => list.push(value),
            RawColumn::Interned { ids, values } => ids.push(values.intern(value)),
            RawColumn::Sealed { .. } => debug_assert!(false, "a sealed column takes no more values"),
        }
    }

    /// Lengthens the column to `len` records with missing values.
    pub(crate) fn fill(&mut self, len: usize) {
        match self {
            RawColumn::Absent => {}
            RawColumn::Plain(list) => (list.len()..len).for_each(|_| list.push("")),
            RawColumn::Interned { ids, .. } => ids.resize(len.max(ids.len()), 0),
            RawColumn::Sealed { .. } => debug_assert!(false, "a sealed column takes no more values"),
        }
    }

    /// The raw text of a record; `""` if missing.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &str {
        match self {
            RawColumn::Absent => "",
            RawColumn::Plain(list) => list.get(index),
            RawColumn::Interned { ids, values } => ids.get(index).map_or("", |&id| values.get(id)),
            RawColumn::Sealed { ids, values } => ids.get(index).map_or("", |&id| values.get(id)),
        }
    }

    /// How many values there are to parse: distinct ones, or all of a plain column.
    pub(crate) fn value_count(&self) -> usize {
        match self {
            RawColumn::Absent => 0,
            RawColumn::Plain(list) => list.len(),
            RawColumn::Interned { values, .. } | RawColumn::Sealed { values, .. } => values.len(),
        }
    }

    /// The text of a value.
    pub(crate) fn value(&self, id: usize) -> &str {
        match self {
            RawColumn::Absent => "",
            RawColumn::Plain(list) => list.get(id),
            RawColumn::Interned { values, .. } | RawColumn::Sealed { values, .. } => values.get(id as u32),
        }
    }

    /// Which value a record has; that of a plain column is its own.
    #[inline]
    pub(crate) fn value_id(&self, index: usize) -> u32 {
        match self {
            RawColumn::Absent => 0,
            RawColumn::Plain(_) => index as u32,
            RawColumn::Interned { ids, .. } => ids[index],
            RawColumn::Sealed { ids, .. } => ids[index],
        }
    }

    /// The value of every record; empty for an absent column.
    pub(crate) fn value_ids(&self) -> Arc<Vec<u32>> {
        match self {
            RawColumn::Absent => Arc::default(),
            RawColumn::Plain(list) => Arc::new((0..list.len() as u32).collect()),
            RawColumn::Interned { ids, .. } => Arc::new(ids.clone()),
            RawColumn::Sealed { ids, .. } => Arc::clone(ids),
        }
    }

    /// The column once complete, without the index that finds values.
    pub(crate) fn sealed(self) -> RawColumn {
        match self {
            RawColumn::Interned { ids, mut values } => {
                values.seal();
                RawColumn::Sealed { ids: Arc::new(ids), values }
            }
            other => other,
        }
    }

    /// Whether a record has text.
    #[inline]
    fn is_present(&self, index: usize) -> bool {
        match self {
            RawColumn::Absent => false,
            RawColumn::Plain(list) => !list.get(index).is_empty(),
            RawColumn::Interned { ids, .. } => ids.get(index).is_some_and(|&id| id != 0),
            RawColumn::Sealed { ids, .. } => ids.get(index).is_some_and(|&id| id != 0),
        }
    }

    /// How many of these records have a value.
    pub(super) fn present_among(&self, records: Range<usize>) -> u64 {
        let ids: &[u32] = match self {
            RawColumn::Absent => &[],
            RawColumn::Plain(_) => return records.filter(|&record| self.is_present(record)).count() as u64,
            RawColumn::Interned { ids, .. } => ids,
            RawColumn::Sealed { ids, .. } => ids,
        };
        let own = ids.get(records.start..records.end.min(ids.len())).unwrap_or_default();
        own.iter().filter(|&&id| id != 0).count() as u64
    }

    /// Joins the columns of consecutive chunks, given with the number of records of each.
    pub(crate) fn concatenated(column: Column, chunks: Vec<(RawColumn, usize)>) -> RawColumn {
        let all = chunks.iter().map(|(_, len)| len).sum();
        let bytes = chunks.iter().map(|(chunk, _)| if let RawColumn::Plain(list) = chunk { list.bytes() } else { 0 });
        let bytes = bytes.sum();
        let mut whole = RawColumn::Absent;
        let mut len = 0;
        for (mut chunk, chunk_len) in chunks {
            if chunk_len == all {
                chunk.fill(all);
                return chunk;
            }
            chunk.fill(chunk_len);
            match (&mut whole, chunk) {
                (_, RawColumn::Absent) => {}
                (RawColumn::Absent, RawColumn::Interned { ids, values }) => {
                    let mut joined = Vec::with_capacity(all);
                    joined.resize(len, 0);
                    joined.extend(ids);
                    whole = RawColumn::Interned { ids: joined, values };
                }
                (RawColumn::Absent, first) => {
                    whole = RawColumn::Plain(TextList::with_capacity(all, bytes));
                    whole.fill(len);
                    whole.append(first);
                }
                (whole, next) => {
                    whole.fill(len);
                    whole.append(next);
                }
            }
            len += chunk_len;
        }
        whole.fill(len);
        debug_assert!(
            matches!(whole, RawColumn::Absent) || mostly_unique(column) == matches!(whole, RawColumn::Plain(_))
        );
        whole
    }

    /// Appends a column of the same kind.
    fn append(&mut self, next: RawColumn) {
        match (self, next) {
            (RawColumn::Plain(list), RawColumn::Plain(more)) => list.append(&more),
            (RawColumn::Interned { ids, values }, RawColumn::Interned { ids: more, values: new }) => {
                let renumbered = values.intern_all(&new);
                ids.extend(more.iter().map(|&id| renumbered[id as usize]));
            }
            _ => {}
        }
    }

    /// The same column with the records in another order (and possibly fewer).
    pub(crate) fn permuted(self, order: &[u32]) -> RawColumn {
        match self {
            RawColumn::Absent => RawColumn::Absent,
            RawColumn::Plain(list) => RawColumn::Plain(list.permuted(order)),
            RawColumn::Interned { ids, values } => {
                RawColumn::Interned { ids: order.iter().map(|&index| ids[index as usize]).collect(), values }
            }
            RawColumn::Sealed { ids, values } => {
                RawColumn::Interned { ids: order.iter().map(|&index| ids[index as usize]).collect(), values }
            }
        }
    }
}
