//! The child index: answers "who is this?" for one record, from a few dozen bytes a child.
//!
//! An index says who, not what: it holds what matching needs (normalised, hashed or numbered) and no record
//! key, history or dose. The host keeps those, by the child's serial and the record's entry number.
//!
//! * [`ChildIndex::build`] packs the records of a table into a *snapshot*: bytes that are the index, on disk and
//!   in memory alike.
//! * [`ChildIndex::load`], or [`Loader`] piece by piece, takes a snapshot. Nothing but names is unpacked.
//! * [`ChildIndex::find`] compares a record with those that the model's blocking rules bring, by the engine of
//!   [`linkage`](crate::linkage): weights, guards and decisions are those of linking that one record in a batch.
//! * [`ChildIndex::change`] applies a [`Change`]. The host journals it first, as [`JournalEntry`] bytes, and after
//!   a crash gives the journal to [`ChildIndex::replay`]; what is in the snapshot already is passed over.
//! * What a person decides on somebody and a child is a [`Change`] too ([`Change::Decide`]): it holds after every
//!   restart and in every later snapshot. Pairs of [`ChildIndex::set_barred`] are never joined or mentioned.
//! * [`ChildIndex::snapshot`] packs rows and changes anew.
//!
//! Frequencies of names and postcodes are those of the records that the index was built from, or those that its model
//! carries; changes leave them as they were, so that an answer does not depend on the order of changes.
//! [`ChildIndex::frozen_model`] gives the model with them: linking by it in a batch weighs every pair as the index
//! does.
//!
//! ```
//! use childlink::identity::{column::Column, raw::RawFields};
//! use childlink::index::{ChildIndex, Outcome};
//! use childlink::linkage::model::Model;
//! use childlink::linkage::table::{Table, TableBuilder};
//!
//! let mut records = TableBuilder::new(0);
//! let births = records.source("births");
//! let mut fields = RawFields::new();
//! fields.set(Column::RecordId, "B1");
//! fields.set(Column::NhsNumber, "943 476 5919");
//! fields.set(Column::GivenName, "Zoë");
//! fields.set(Column::FamilyName, "Okafor");
//! fields.set(Column::BirthDate, "2019-03-12");
//! records.push(births, 1, &fields);
//! let table = Table::build(vec![records]).table;
//! let snapshot = ChildIndex::build(&table, &Model::child_health(), &[7])?;
//!
//! let mut index = ChildIndex::load(&snapshot)?;
//! fields.set(Column::GivenName, "ZOE");
//! assert_eq!(index.find("school", &fields)?.outcome, Outcome::Child(7));
//! # Ok::<(), childlink::Error>(())
//! ```

mod access;
mod build;
mod change;
mod column;
mod decided;
mod delta;
mod find;
mod journal;
mod kin;
mod layout;
mod publish;
mod reach;
mod snapshot;

pub use change::{Change, MAX_CHILD};
pub use decided::{ANY_CHILD, Whom};
pub use find::{Candidate, Found, Outcome, Restricted};
pub use journal::{JournalEntry, Replayed, frame, unframe};
pub use publish::Publication;

use crate::error::Error;
use crate::linkage::barred::Barred;
use crate::linkage::model::{FrequencyTable, Model, Plan};
use crate::linkage::predicate::NameCounts;
use crate::linkage::table::Table;
use crate::linkage::table::fields::Fields;
use crate::linkage::table::fields::names::{NameId, NameTable};
use crate::text::packed::read_text;
use access::Access;
use build::{Contents, Counts};
use decided::Decided;
use delta::Delta;
use kin::Strays;
use layout::{Row, SENSITIVE, Slot, Store};
use snapshot::{Description, Parts};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The serial of a child.
pub type ChildId = u32;

/// The number by which index and host know one record of a child. Given by the host, once, from
/// [`ChildIndex::next_entry`] on.
pub type EntryId = u32;

/// The child index, ready to answer.
pub struct ChildIndex {
    description: Description,
    store: Store,
    access: Access,
    counts: NameCounts,
    plan: Plan,
    /// How many names rows and changes have; those behind belong to the record in question.
    names: usize,
    /// The record in question and its candidates; holds the names all the time.
    few: Table,
    delta: Delta,
    /// Children of whom some record is marked sensitive.
    sensitive: BTreeSet<ChildId>,
    decided: Decided,
    /// Pairs that must never be joined or mentioned.
    barred: Barred,
    /// Rows that a child's other rows do not stand beside, once somebody asked.
    strays: OnceLock<Strays>,
    /// Counts changes after which another answer may be given, in all; and of those that bear on the snapshot's
    /// records.
    states: (u64, u64),
}

/// Takes a snapshot in pieces of any size, so that it never stands in memory twice.
#[derive(Default)]
pub struct Loader(snapshot::Reader);

impl Loader {
    /// Takes the next piece.
    ///
    /// # Errors
    /// `index/not-an-index`, `index/version`, `index/damaged` (a checksum does not agree), `index/too-large`
    /// (for this machine's memory), `index/trailing-bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.push(bytes)
    }

    /// The index, once every piece has come.
    ///
    /// # Errors
    /// `index/truncated`, `index/damaged`, and those of a model that does not fit this version.
    pub fn finish(self) -> Result<ChildIndex, Error> {
        ChildIndex::of_parts(self.0.finish()?)
    }
}

impl ChildIndex {
    /// Packs the records of a table into a snapshot. `children` has the child's serial of each record in the
    /// table's order, as [`link`](crate::linkage::link) gives them; a record's place in the table becomes its
    /// entry number.
    ///
    /// # Errors
    /// `index/child-id` for a serial above [`MAX_CHILD`] or a missing one; those of a model that does not fit this
    /// version.
    pub fn build(table: &Table, model: &Model, children: &[u64]) -> Result<Vec<u8>, Error> {
        let entries: Vec<EntryId> = (0..table.len() as EntryId).collect();
        ChildIndex::publish(&Publication {
            table,
            model,
            children,
            entries: &entries,
            next_child: 1,
            next_entry: table.len() as EntryId,
            applied: 0,
            merged: Default::default(),
            decided: &[],
        })
    }

    /// Takes a whole snapshot.
    ///
    /// # Errors
    /// As [`Loader`].
    pub fn load(snapshot: &[u8]) -> Result<ChildIndex, Error> {
        let mut loader = Loader::default();
        loader.push(snapshot)?;
        loader.finish()
    }

    fn of_parts(parts: Parts) -> Result<ChildIndex, Error> {
        let Parts { description, body, names } = parts;
        let mut rest = names.as_slice();
        let texts = std::iter::once("").chain(std::iter::from_fn(|| read_text(&mut rest)));
        let table = NameTable::of_texts(texts, description.names, names.len());
        drop(names);
        let store = Store::new(&description, body).filter(|_| table.len() == description.names);
        let store = store.ok_or_else(snapshot::damaged)?;
        let access = Access::of(&description.model);
        if !access.paths.iter().eq(description.paths.iter().map(|path| &path.keys)) {
            return Err(snapshot::damaged());
        }
        let counted = |slot| {
            let mut counts = vec![0; table.len()];
            store.each(slot, 0..counts.len(), |name, count| counts[name] = count as u32);
            counts
        };
        let (first_names, family_names) = (counted(Slot::FirstCount), counted(Slot::FamilyCount));
        let mut sensitive = BTreeSet::new();
        store.each(Slot::Flags, 0..store.len(), |row, flags| {
            if flags & SENSITIVE != 0 {
                sensitive.insert(store.get(Slot::Child, row) as ChildId);
            }
        });
        Ok(ChildIndex {
            sensitive,
            counts: NameCounts::counted(first_names, family_names, description.counted as usize),
            names: table.len(),
            few: Table::of_fields(Fields { names: table.into(), ..Fields::default() }),
            plan: Plan::new(&description.model)?,
            delta: Delta::new(&description.merged),
            decided: Decided::of_kept(&description.decided).ok_or_else(snapshot::damaged)?,
            barred: Barred::default(),
            strays: OnceLock::new(),
            states: (0, 0),
            description,
            store,
            access,
        })
    }

    /// Packs rows and changes into a new snapshot. Indexes that hold the same give the same bytes.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub fn snapshot(&self) -> Result<Vec<u8>, Error> {
        let live: Vec<usize> = (0..self.row_count()).filter(|&row| !self.is_gone(row)).collect();
        let row = |place: usize| {
            let mut row = self.row(live[place]);
            row.child = self.delta.resolve(row.entry, row.child);
            row
        };
        build::snapshot(&Contents {
            model: &self.description.model,
            sources: self.description.sources.clone(),
            names: &self.few.fields.names,
            counts: self.all_counts(),
            rows: live.len(),
            row: &row,
            next_child: self.description.next_child,
            next_entry: self.description.next_entry,
            applied: self.description.applied,
            merged: self.delta.merged().clone(),
            decided: self.decided.kept(),
        })
    }

    /// The counts that the frequencies come from.
    fn all_counts(&self) -> Counts {
        let slots = [Slot::GivenCount, Slot::FamilyCount, Slot::MotherCount, Slot::FirstCount];
        let by_name = |slot| (0..self.description.names).map(|name| self.store.get(slot, name) as u32).collect();
        let postcodes = (0..self.store.count(Slot::PostcodeUnit)).map(|place| {
            (self.store.get(Slot::PostcodeUnit, place), self.store.get(Slot::PostcodeCount, place) as u32)
        });
        Counts {
            records: self.description.counted,
            names: slots.map(by_name),
            postcodes: postcodes.filter(|&(_, count)| count > 0).collect(),
        }
    }

    /// The model that pairs are weighed by, without frequencies.
    pub fn model(&self) -> &Model {
        &self.description.model
    }

    /// The model with the frequencies that pairs are weighed by.
    pub fn frozen_model(&self) -> Model {
        let Counts { records, names, postcodes } = self.all_counts();
        let text = |name| self.few.fields.names.text(name);
        let frequencies = FrequencyTable::of_counts(records, &names, text, postcodes.into_iter());
        Model { frequencies: Some(frequencies), ..self.model().clone() }
    }

    /// Names of the sources of its records.
    pub fn sources(&self) -> &[String] {
        &self.description.sources
    }

    /// The first serial never given to a child.
    pub fn next_child(&self) -> ChildId {
        self.description.next_child
    }

    /// The first entry number never given to a record.
    pub fn next_entry(&self) -> EntryId {
        self.description.next_entry
    }

    /// The sequence number of the last change applied; 0 for none.
    pub fn applied(&self) -> u64 {
        self.description.applied
    }

    /// Whether some child is sensitive.
    pub fn has_sensitive(&self) -> bool {
        !self.sensitive.is_empty()
    }

    /// Whether a child's whereabouts are withheld from every output: some record of the child is marked sensitive.
    pub fn is_sensitive(&self, child: ChildId) -> bool {
        self.sensitive.contains(&self.delta.current(child))
    }

    /// Another number after every change since loading but decisions: as long as it stays, so does every answer about
    /// somebody of whom nothing was decided.
    pub(crate) fn state(&self) -> u64 {
        self.states.0
    }

    /// The same for [`find_in_snapshot`](Self::find_in_snapshot), which records that came since do not bear on.
    pub(crate) fn snapshot_state(&self) -> u64 {
        self.states.1
    }

    /// Counts and sizes.
    pub fn stats(&self) -> IndexStats {
        let live = || (0..self.row_count()).filter(|&row| !self.is_gone(row));
        let serials = live().map(|row| self.child_of_row(row));
        let children = count_distinct(serials, self.next_child() as usize, self.row_count());
        IndexStats {
            records: live().count() as u64,
            children,
            sensitive_children: self.sensitive.len() as u64,
            changes_since_snapshot: self.delta.changes(),
            names: self.names as u64,
            packed_bytes: self.store.bytes() as u64,
            applied: self.applied(),
        }
    }

    /// Rows of the snapshot and of changes, those that are gone included.
    fn row_count(&self) -> usize {
        self.store.len() + self.delta.len()
    }

    fn row(&self, row: usize) -> Row {
        match row.checked_sub(self.store.len()) {
            None => self.store.row(row, None),
            Some(place) => self.delta.row(place).cloned().unwrap_or_default(),
        }
    }

    fn is_gone(&self, row: usize) -> bool {
        match row.checked_sub(self.store.len()) {
            None => self.delta.is_gone(row as u32),
            Some(place) => self.delta.row(place).is_none(),
        }
    }

    /// A row's entry number, and the serial that it came with.
    fn entry_and_child(&self, row: usize) -> (EntryId, ChildId) {
        match row.checked_sub(self.store.len()) {
            None => (self.store.get(Slot::Entry, row) as EntryId, self.store.get(Slot::Child, row) as ChildId),
            Some(place) => self.delta.row(place).map_or((0, 0), |row| (row.entry, row.child)),
        }
    }

    fn child_of_row(&self, row: usize) -> ChildId {
        let (entry, child) = self.entry_and_child(row);
        self.delta.resolve(entry, child)
    }

    /// Forgets the names of the record in question.
    fn forget_names(&mut self) {
        self.few.fields.names_mut().truncate(self.names);
    }

    /// Names that a record brings are numbered behind those of the index.
    fn numbered(
        names: &mut NameTable,
        table: &Table,
        record: u32,
    ) -> crate::linkage::table::fields::record::RecordFields {
        table.fields.record(record).renamed(|name: NameId| names.add(table.fields.names.text(name)))
    }
}

/// What an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct IndexStats {
    /// Records.
    pub records: u64,
    /// Children.
    pub children: u64,
    /// Children of whom some record is marked sensitive.
    pub sensitive_children: u64,
    /// Changes since the snapshot was packed.
    pub changes_since_snapshot: u64,
    /// Distinct words and joined names.
    pub names: u64,
    /// Bytes of packed columns.
    pub packed_bytes: u64,
    /// The sequence number of the last change.
    pub applied: u64,
}

/// How many serials there are, all below `end`. By a bit for each, unless serials are sparse: a set of a million and a
/// half would take a fifth of what the index does.
fn count_distinct(serials: impl Iterator<Item = ChildId>, end: usize, rows: usize) -> u64 {
    if end / 64 > rows {
        return serials.collect::<hashbrown::HashSet<ChildId>>().len() as u64;
    }
    let mut is_there = vec![0_u64; end / 64 + 1];
    for serial in serials {
        if let Some(word) = is_there.get_mut(serial as usize / 64) {
            *word |= 1 << (serial % 64);
        }
    }
    is_there.iter().map(|word| u64::from(word.count_ones())).sum()
}
