//! Look-ups that need not be done again: a person of whom nothing new was said is the child that it was, as long as the
//! index is as it was.

use super::apply::SOURCE;
use super::{Person, Subject};
use crate::error::Error;
use crate::identity::column::Column;
use crate::index::{ChildId, ChildIndex, Found, Outcome, Whom};
use std::collections::HashMap;
use xxhash_rust::xxh64::Xxh64;

/// What was found, and what for.
#[derive(Clone)]
struct Remembered {
    /// What was said of the person, in 128 bits.
    said: [u64; 2],
    /// The state of the index; of all its records, or of those of the snapshot.
    state: u64,
    known: Known,
}

/// What is needed of an answer: that of one child tells no more than the child.
#[derive(Clone)]
pub(super) enum Known {
    Child(ChildId),
    Other(Found),
}

/// Answers of the index by person.
#[derive(Clone, Default)]
pub(super) struct Memo(HashMap<Person, Remembered>);

impl Memo {
    /// Who the person is among the records of the snapshot.
    ///
    /// # Errors
    /// Those of [`ChildIndex::find`].
    pub(super) fn in_snapshot(
        &mut self,
        index: &mut ChildIndex,
        person: &Person,
        names: &[Whom],
        subject: &Subject,
    ) -> Result<Known, Error> {
        let state = index.snapshot_state();
        self.or(person, names, subject, state, || index.find_in_snapshot(names, SOURCE, &subject.raw()))
    }

    /// Who the person is among all records.
    ///
    /// # Errors
    /// Those of [`ChildIndex::find`].
    pub(super) fn among_all(
        &mut self,
        index: &mut ChildIndex,
        person: &Person,
        names: &[Whom],
        subject: &Subject,
    ) -> Result<Known, Error> {
        let state = index.state();
        self.or(person, names, subject, state, || index.find_named(names, SOURCE, &subject.raw()))
    }

    fn or(
        &mut self,
        person: &Person,
        names: &[Whom],
        subject: &Subject,
        state: u64,
        find: impl FnOnce() -> Result<Found, Error>,
    ) -> Result<Known, Error> {
        let said = fingerprint(names, subject);
        if let Some(found) = self.0.get(person).filter(|found| found.said == said && found.state == state) {
            return Ok(found.known.clone());
        }
        let found = find()?;
        let known = match found.outcome {
            Outcome::Child(child) => Known::Child(child),
            _ => Known::Other(found),
        };
        self.0.insert(person.clone(), Remembered { said, state, known: known.clone() });
        Ok(known)
    }
}

/// Names and texts with their lengths, so that no two run into one another.
fn fingerprint(names: &[Whom], subject: &Subject) -> [u64; 2] {
    [0, 1].map(|seed| {
        let mut hash = Xxh64::new(seed);
        hash.update(&(names.len() as u64).to_le_bytes());
        names.iter().for_each(|whom| hash.update(whom.bytes()));
        for column in Column::ALL {
            if let Some(text) = subject.get(column) {
                hash.update(&(column.index() as u64).to_le_bytes());
                hash.update(&(text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
        hash.digest()
    })
}
