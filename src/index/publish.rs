//! An index of records whose numbers and children are given elsewhere: by a project that is published again and again.

use super::build::{self, Contents, Counts};
use super::decided::Decided;
use super::layout::Row;
use super::{Change, ChildId, ChildIndex, EntryId, change};
use crate::error::Error;
use crate::linkage::model::{Frozen, Model};
use crate::linkage::table::Table;
use crate::linkage::table::fields::names::{NameId, NameTable};
use std::collections::BTreeMap;

/// What an index is to hold.
pub struct Publication<'a> {
    /// The records.
    pub table: &'a Table,
    /// The model, with the frequencies that it carries or else those of the records.
    pub model: &'a Model,
    /// The child of each record.
    pub children: &'a [u64],
    /// The number of each record; no two alike.
    pub entries: &'a [EntryId],
    /// The first serial that the index may give to a new child.
    pub next_child: ChildId,
    /// The first number that the index may give to a new record.
    pub next_entry: EntryId,
    /// The last change of the journal that the records show already: those after it are to be replayed.
    pub applied: u64,
    /// Children that became another, with those they became.
    pub merged: BTreeMap<ChildId, ChildId>,
    /// What people decided about persons of the index ([`Change::Decide`]; others are passed over).
    pub decided: &'a [Change],
}

impl ChildIndex {
    /// Packs records with numbers of their own into a snapshot.
    ///
    /// # Errors
    /// `index/child-id` for a serial above [`MAX_CHILD`](super::MAX_CHILD) or a missing one, `index/entries` for
    /// numbers that are missing, repeated or not below the next; those of a model that does not fit this version.
    pub fn publish(publication: &Publication) -> Result<Vec<u8>, Error> {
        let Publication { table, model, children, entries, .. } = *publication;
        if children.len() != table.len() {
            return Err(change::bad_child("each record needs the serial of its child"));
        }
        check_entries(entries, table.len(), publication.next_entry)?;
        let children = children.iter().map(|&child| change::checked_child(child)).collect::<Result<Vec<_>, Error>>()?;
        // With frequencies that the model carries come names that no record has.
        let own = &table.fields.names;
        let (mut more, mut number) = (None, Vec::new());
        let counts = match &model.frequencies {
            None => Counts::of(table),
            Some(frequencies) => {
                let names = more.insert(NameTable::of_texts(std::iter::empty(), own.len(), 0));
                number.extend((0..own.len() as NameId).map(|name| names.add(own.text(name))));
                frequencies.names().for_each(|name| _ = names.add(name));
                let frozen = Frozen::of(frequencies, names.len(), |name| names.text(name));
                Counts { records: frozen.records, names: frozen.names, postcodes: frozen.postcodes }
            }
        };
        let row = |place: usize| {
            let fields = table.fields.record(place as u32);
            let fields = match &more {
                None => fields,
                Some(_) => fields.renamed(|name| number[name as usize]),
            };
            Row { entry: entries[place], child: children[place], fields }
        };
        let mut decided = Decided::default();
        for change in publication.decided {
            if let Change::Decide { whom, child, verdict, reader, decided_at } = change {
                decided.add(*whom, *child, reader, decided_at, *verdict);
            }
        }
        build::snapshot(&Contents {
            model,
            sources: table.sources().to_vec(),
            names: more.as_ref().unwrap_or(own),
            counts,
            rows: table.len(),
            row: &row,
            next_child: children.iter().map(|child| child + 1).max().unwrap_or(1).max(publication.next_child),
            next_entry: publication.next_entry,
            applied: publication.applied,
            merged: publication.merged.clone(),
            decided: decided.kept(),
        })
    }
}

fn check_entries(entries: &[EntryId], records: usize, next: EntryId) -> Result<(), Error> {
    let mut sorted = entries.to_vec();
    sorted.sort_unstable();
    let rising = sorted.windows(2).all(|pair| pair[0] < pair[1]);
    if sorted.len() == records && rising && sorted.last().is_none_or(|&last| last < next) {
        return Ok(());
    }
    let message = "the numbers of the records are missing, repeated or not below the next one to be given";
    Err(Error::new("index/entries", message, "give each record a number of its own, once"))
}
