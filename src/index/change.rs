//! Changing an index: records that come, go, or turn out to be another child's.

use super::layout::{Row, Slot};
use super::{ChildId, ChildIndex, EntryId, Whom};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use crate::linkage::decisions::Verdict;
use crate::linkage::parallel;
use crate::linkage::table::{Table, TableBuilder};
use std::collections::BTreeMap;

/// The greatest serial of a child.
pub const MAX_CHILD: ChildId = u32::MAX - 1;

/// One change of an index. Applying a change twice is as good as once.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// A record comes, or takes the place of an earlier form of itself.
    Upsert {
        /// The record's number.
        entry: EntryId,
        /// Whose it is.
        child: ChildId,
        /// Where it comes from.
        source: String,
        /// Its fields as text; columns that play no part in matching are not kept.
        fields: BTreeMap<Column, String>,
    },
    /// A record goes.
    Remove {
        /// The record's number.
        entry: EntryId,
    },
    /// Two children turn out to be one.
    Merge {
        /// The serial that ceases.
        from: ChildId,
        /// The serial that stays.
        into: ChildId,
    },
    /// Some records turn out to be another child's: undoes a merge too.
    Split {
        /// The records' numbers.
        entries: Vec<EntryId>,
        /// Their child from now on.
        into: ChildId,
    },
    /// A reader says whether a person is a child.
    Decide {
        /// The person.
        whom: Whom,
        /// The child, or [`ANY_CHILD`](super::ANY_CHILD).
        child: ChildId,
        /// What is said.
        verdict: Verdict,
        /// Who says so.
        reader: String,
        /// When, in a form that sorts (ISO 8601).
        decided_at: String,
    },
}

impl Change {
    /// The change by which a record comes, with those of its fields that play a part in matching.
    pub fn upsert(entry: EntryId, child: ChildId, source: &str, fields: &RawFields) -> Change {
        let kept = Column::ALL.into_iter().filter(|&column| plays_a_part(column));
        let fields = kept.map(|column| (column, fields.get(column))).filter(|(_, text)| !text.is_empty());
        let fields = fields.map(|(column, text)| (column, text.to_owned())).collect();
        Change::Upsert { entry, child, source: source.to_owned(), fields }
    }
}

impl std::fmt::Debug for Change {
    /// Which kind, and whom it concerns; not with what values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Upsert { entry, child, fields, .. } => {
                write!(f, "Upsert(entry {entry}, child {child}, {:?})", fields.keys())
            }
            Change::Remove { entry } => write!(f, "Remove(entry {entry})"),
            Change::Merge { from, into } => write!(f, "Merge({from} into {into})"),
            Change::Split { entries, into } => write!(f, "Split({entries:?} into {into})"),
            Change::Decide { child, verdict, .. } => write!(f, "Decide({verdict:?}, child {child})"),
        }
    }
}

/// Whether matching looks at a column.
fn plays_a_part(column: Column) -> bool {
    use Column::{BirthTime, DeathDate, GestationWeeks, RecordId, Source, UpdatedAt};
    !matches!(column, Source | RecordId | BirthTime | DeathDate | GestationWeeks | UpdatedAt)
}

impl ChildIndex {
    /// Applies a change.
    ///
    /// # Errors
    /// `index/unknown-entry` for a record that is not there to be split off; `index/child-id`; `index/sources`.
    pub fn change(&mut self, change: &Change) -> Result<(), Error> {
        let (sensitive, gone) = (self.sensitive.len(), self.delta.gone_count());
        match change {
            Change::Upsert { entry, child, source, fields } => {
                let mut raw = RawFields::new();
                fields.iter().for_each(|(&column, text)| raw.set(column, text));
                self.upsert(*entry, *child, source, &raw)?;
            }
            Change::Remove { entry } => self.remove(*entry),
            Change::Merge { from, into } => self.merge(*from, *into)?,
            Change::Split { entries, into } => self.split(entries, *into)?,
            Change::Decide { whom, child, verdict, reader, decided_at } => {
                self.decided.add(*whom, *child, reader, decided_at, *verdict);
            }
        }
        if matches!(change, Change::Merge { .. } | Change::Split { .. }) {
            self.forget_strays();
        }
        // A record that comes bears on no record of the snapshot, unless it is one of them, or marks its child.
        let comes = matches!(change, Change::Upsert { .. } | Change::Remove { .. });
        let apart = comes && self.sensitive.len() == sensitive && self.delta.gone_count() == gone;
        // A decision bears on those alone whom it names.
        if !matches!(change, Change::Decide { .. }) {
            self.states = (self.states.0 + 1, self.states.1 + u64::from(!apart));
        }
        self.delta.count_change();
        Ok(())
    }

    fn upsert(&mut self, entry: EntryId, child: ChildId, source: &str, fields: &RawFields) -> Result<(), Error> {
        let child = checked_child(u64::from(child))?;
        let rank = self.source_rank(source)?;
        let table = one_record(source, fields);
        self.forget_names();
        let mut own = ChildIndex::numbered(self.few.fields.names_mut(), &table, 0);
        own.source = rank;
        self.names = self.few.fields.names.len();
        self.few.fields.set_records(std::slice::from_ref(&own));
        let mut keys = Vec::new();
        if !own.invalidated {
            self.access.keys(&self.few, |path, _, key| keys.push((path, key)))?;
        }
        self.remove(entry);
        if own.sensitive {
            self.sensitive.insert(self.delta.current(child));
        }
        self.delta.add(Row { entry, child, fields: own }, &keys);
        self.note_child(child);
        self.description.next_entry = self.description.next_entry.max(entry.saturating_add(1));
        Ok(())
    }

    fn remove(&mut self, entry: EntryId) {
        if let Some(place) = self.delta.place_of(entry) {
            self.delta.drop_place(place);
        } else if let Some(row) = self.packed_row(entry) {
            self.delta.drop_packed(row);
        }
    }

    fn merge(&mut self, from: ChildId, into: ChildId) -> Result<(), Error> {
        checked_child(u64::from(from))?;
        checked_child(u64::from(into))?;
        if self.sensitive.contains(&self.delta.current(from)) {
            self.sensitive.insert(self.delta.current(into));
        }
        self.delta.merge(from, into);
        self.note_child(from.max(into));
        Ok(())
    }

    fn split(&mut self, entries: &[EntryId], into: ChildId) -> Result<(), Error> {
        let into = checked_child(u64::from(into))?;
        for &entry in entries {
            let Some(row) = self.row_of(entry) else {
                let message = format!("the index has no record {entry}");
                let hint = "name records by the entry numbers that the index knows";
                return Err(Error::new("index/unknown-entry", message, hint));
            };
            // Whereabouts that were withheld stay withheld for both children: who was meant is not known here.
            if self.sensitive.contains(&self.child_of_row(row)) {
                self.sensitive.insert(self.delta.current(into));
            }
        }
        if self.delta.merged().contains_key(&into) {
            self.revive(into);
        }
        entries.iter().for_each(|&entry| self.delta.assign(entry, into));
        self.note_child(into);
        Ok(())
    }

    /// Makes a child that became another a child of its own again. Records that came to the other by way of it
    /// stay there.
    fn revive(&mut self, child: ChildId) {
        let rows = (0..self.row_count()).filter(|&row| !self.is_gone(row)).map(|row| self.entry_and_child(row));
        let staying: Vec<EntryId> =
            rows.filter(|&(entry, own)| self.delta.passes(entry, own, child)).map(|(entry, _)| entry).collect();
        let other = self.delta.current(child);
        staying.into_iter().for_each(|entry| self.delta.assign(entry, other));
        self.delta.revive(child);
    }

    /// Looks at children as they were before these merges; answers what to
    /// [put back](Self::put_back). Nothing may be changed in between.
    pub(crate) fn lift(&mut self, joined: &[(ChildId, ChildId)]) -> Option<BTreeMap<ChildId, ChildId>> {
        (!joined.is_empty()).then(|| {
            self.forget_strays();
            self.delta.lift(joined)
        })
    }

    /// Ends what [`lift`](Self::lift) began.
    pub(crate) fn put_back(&mut self, lifted: Option<BTreeMap<ChildId, ChildId>>) {
        if let Some(merged) = lifted {
            self.forget_strays();
            self.delta.put_back(merged);
        }
    }

    /// The child that a serial stands for now.
    pub(crate) fn current(&self, child: ChildId) -> ChildId {
        self.delta.current(child)
    }

    /// The records of a child of its own, without those that came to it with another child.
    pub(crate) fn own_entries(&self, child: ChildId) -> Vec<EntryId> {
        let rows = (0..self.row_count()).filter(|&row| !self.is_gone(row)).map(|row| self.entry_and_child(row));
        rows.filter(|&(entry, own)| self.delta.own(entry, own) == child).map(|(entry, _)| entry).collect()
    }

    fn note_child(&mut self, child: ChildId) {
        self.description.next_child = self.description.next_child.max(child + 1);
    }

    /// The number of a source, new if need be.
    fn source_rank(&mut self, source: &str) -> Result<u16, Error> {
        let sources = &mut self.description.sources;
        let rank = sources.iter().position(|known| known == source).unwrap_or_else(|| {
            sources.push(source.to_owned());
            sources.len() - 1
        });
        u16::try_from(rank).ok().filter(|&rank| rank < u16::MAX).ok_or_else(|| {
            Error::new(
                "index/sources",
                "the index has 65,535 sources and takes no more",
                "name sources by system, not by record",
            )
        })
    }

    /// The row of a record, wherever it stands; `None` if there is none or it is gone.
    pub(super) fn row_of(&self, entry: EntryId) -> Option<usize> {
        match self.delta.place_of(entry) {
            Some(place) => Some(self.store.len() + place),
            None => self.packed_row(entry).map(|row| row as usize),
        }
    }

    /// The row of the snapshot that holds a record and is not gone.
    fn packed_row(&self, entry: EntryId) -> Option<u32> {
        let row = self.store.get(Slot::RowOfEntry, entry as usize).checked_sub(1)? as u32;
        (!self.delta.is_gone(row)).then_some(row)
    }
}

/// A table of one record.
pub(super) fn one_record(source: &str, fields: &RawFields) -> Table {
    let mut builder = TableBuilder::new(0);
    let source = builder.source(source);
    builder.push(source, 1, fields);
    parallel::alone(|| Table::build(vec![builder])).table
}

/// A serial that the index can hold.
pub(super) fn checked_child(child: u64) -> Result<ChildId, Error> {
    let fits = ChildId::try_from(child).ok().filter(|&child| child <= MAX_CHILD && child > 0);
    fits.ok_or_else(|| bad_child("the serial of a child is not between 1 and 4,294,967,294"))
}

pub(super) fn bad_child(message: &str) -> Error {
    Error::new("index/child-id", message, "give the serials that `link` assigned")
}
