//! What changed since the snapshot: rows that came, went or moved to another child.

use super::layout::Row;
use super::{ChildId, EntryId};
use crate::linkage::table::fields::date::PackedDate;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

/// Changes on top of a snapshot.
#[derive(Default)]
pub(super) struct Delta {
    /// Rows that came; `None` once gone again.
    rows: Vec<Option<Row>>,
    /// Their places by path and joint key.
    by_key: HashMap<(usize, u64), Vec<u32>>,
    /// Their places by birth date.
    by_date: HashMap<PackedDate, Vec<u32>>,
    by_entry: HashMap<EntryId, u32>,
    /// Rows of the snapshot that are gone.
    gone: HashSet<u32>,
    /// Children that became another.
    merged: BTreeMap<ChildId, ChildId>,
    /// Records that were given to another child than they came with.
    moved: HashMap<EntryId, ChildId>,
    changes: u64,
}

impl Delta {
    /// No change but the merges that a snapshot tells of.
    pub(super) fn new(merged: &BTreeMap<ChildId, ChildId>) -> Delta {
        Delta { merged: merged.clone(), ..Delta::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn row(&self, place: usize) -> Option<&Row> {
        self.rows.get(place).and_then(Option::as_ref)
    }

    pub(super) fn is_gone(&self, row: u32) -> bool {
        self.gone.contains(&row)
    }

    /// How many rows of the snapshot are gone.
    pub(super) fn gone_count(&self) -> usize {
        self.gone.len()
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn count_change(&mut self) {
        self.changes += 1;
    }

    /// The places of rows under a joint key.
    pub(super) fn with_key(&self, path: usize, key: u64) -> &[u32] {
        self.by_key.get(&(path, key)).map_or(&[], Vec::as_slice)
    }

    /// The places of rows with a birth date.
    pub(super) fn with_date(&self, date: PackedDate) -> &[u32] {
        self.by_date.get(&date).map_or(&[], Vec::as_slice)
    }

    /// The place of a record that came.
    pub(super) fn place_of(&self, entry: EntryId) -> Option<usize> {
        self.by_entry.get(&entry).map(|&place| place as usize)
    }

    /// Adds a row under its keys.
    pub(super) fn add(&mut self, row: Row, keys: &[(usize, u64)]) {
        let place = self.rows.len() as u32;
        for &key in keys {
            self.by_key.entry(key).or_default().push(place);
        }
        self.by_date.entry(row.fields.birth).or_default().push(place);
        self.by_entry.insert(row.entry, place);
        self.moved.remove(&row.entry);
        self.rows.push(Some(row));
    }

    /// Drops a row that came. Its place stays among its keys, empty.
    pub(super) fn drop_place(&mut self, place: usize) {
        if let Some(row) = self.rows.get_mut(place).and_then(Option::take) {
            self.by_entry.remove(&row.entry);
        }
    }

    /// Drops a row of the snapshot.
    pub(super) fn drop_packed(&mut self, row: u32) {
        self.gone.insert(row);
    }

    /// Gives a record to a child.
    pub(super) fn assign(&mut self, entry: EntryId, child: ChildId) {
        self.moved.insert(entry, child);
    }

    /// From now on the first child is the second.
    pub(super) fn merge(&mut self, from: ChildId, into: ChildId) {
        let (from, into) = (self.current(from), self.current(into));
        if from != into {
            self.merged.insert(from, into);
        }
    }

    /// The child that a serial stands for now.
    pub(super) fn current(&self, child: ChildId) -> ChildId {
        let mut child = child;
        while let Some(&next) = self.merged.get(&child) {
            child = next;
        }
        child
    }

    /// The children that became another, with those they became.
    pub(super) fn merged(&self) -> &BTreeMap<ChildId, ChildId> {
        &self.merged
    }

    /// Undoes that a child became another.
    pub(super) fn revive(&mut self, child: ChildId) {
        self.merged.remove(&child);
    }

    /// Takes the children out that became another by these merges; answers what was there before.
    pub(super) fn lift(&mut self, joined: &[(ChildId, ChildId)]) -> BTreeMap<ChildId, ChildId> {
        let before = self.merged.clone();
        for (from, into) in joined {
            if self.merged.get(from) == Some(into) {
                self.merged.remove(from);
            }
        }
        before
    }

    /// Puts back what was there before.
    pub(super) fn put_back(&mut self, merged: BTreeMap<ChildId, ChildId>) {
        self.merged = merged;
    }

    /// The child that a record came with, or was given to since.
    pub(super) fn own(&self, entry: EntryId, child: ChildId) -> ChildId {
        self.moved.get(&entry).copied().unwrap_or(child)
    }

    /// Whether a record that came with a serial is led to its child by way of another.
    pub(super) fn passes(&self, entry: EntryId, child: ChildId, by: ChildId) -> bool {
        let start = self.own(entry, child);
        std::iter::successors(Some(start), |child| self.merged.get(child).copied()).any(|child| child == by)
    }

    /// The child of a record that came with a serial.
    pub(super) fn resolve(&self, entry: EntryId, child: ChildId) -> ChildId {
        self.current(self.own(entry, child))
    }
}
