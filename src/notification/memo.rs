//! Look-ups that need not be done again: a person of whom nothing new was said is the child that it was, as long as the
//! index is as it was.

use super::apply::SOURCE;
use super::{Person, Subject};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::index::{ChildId, ChildIndex, Found, Outcome, Whom};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use xxhash_rust::xxh64::Xxh64;

/// An answer of one child as a host keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    person: Person,
    said: [u64; 2],
    /// Whether it depends on every record, or on those of the snapshot.
    among_all: bool,
    child: ChildId,
}

/// What was found, and what for.
#[derive(Clone)]
struct Remembered {
    /// What was said of the person, in 128 bits.
    said: [u64; 2],
    /// The state of the index: of all its records, or of those of the snapshot.
    state: u64,
    among_all: bool,
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
    /// Answers of one child that hold as the index is now, a line each.
    pub(super) fn kept(&self, index: &ChildIndex) -> String {
        let mut lines: Vec<String> = Vec::with_capacity(self.0.len());
        for (person, found) in &self.0 {
            let now = if found.among_all { index.state() } else { index.snapshot_state() };
            if let (Known::Child(child), true) = (&found.known, found.state == now) {
                let (said, among_all, child) = (found.said, found.among_all, *child);
                let kept = Kept { person: person.clone(), said, among_all, child };
                lines.push(serde_json::to_string(&kept).unwrap_or_default() + "\n");
            }
        }
        lines.sort_unstable();
        lines.concat()
    }

    /// Takes lines of [`kept`](Self::kept), for an index that is as it was then; others are passed over.
    pub(super) fn take(&mut self, lines: &str, index: &ChildIndex) {
        for line in lines.lines() {
            let Ok(Kept { person, said, among_all, child }) = serde_json::from_str(line) else { continue };
            let state = if among_all { index.state() } else { index.snapshot_state() };
            self.0.insert(person, Remembered { said, state, among_all, known: Known::Child(child) });
        }
    }

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
        let state = (index.snapshot_state(), false);
        let said = fingerprint(index, names, subject);
        self.or(person, said, state, || index.find_in_snapshot(names, SOURCE, &subject.raw()))
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
        let state = (index.state(), true);
        let said = fingerprint(index, names, subject);
        self.or(person, said, state, || index.find_named(names, SOURCE, &subject.raw()))
    }

    fn or(
        &mut self,
        person: &Person,
        said: [u64; 2],
        (state, among_all): (u64, bool),
        find: impl FnOnce() -> Result<Found, Error>,
    ) -> Result<Known, Error> {
        if let Some(found) = self
            .0
            .get(person)
            .filter(|found| found.said == said && (found.state, found.among_all) == (state, among_all))
        {
            return Ok(found.known.clone());
        }
        let found = find()?;
        let known = match found.outcome {
            Outcome::Child(child) => Known::Child(child),
            _ => Known::Other(found),
        };
        self.0.insert(person.clone(), Remembered { said, state, among_all, known: known.clone() });
        Ok(known)
    }
}

/// Names, what is decided of them, and texts with their lengths, so that no two run into one another.
fn fingerprint(index: &ChildIndex, names: &[Whom], subject: &Subject) -> [u64; 2] {
    let number = subject.get(Column::NhsNumber).and_then(|text| NhsNumber::parse(text).ok());
    let by_number = number.filter(|_| index.has_decisions()).map(Whom::of_number);
    let decided: Vec<_> = names.iter().copied().chain(by_number).flat_map(|whom| index.verdicts(&[whom])).collect();
    [0, 1].map(|seed| {
        let mut hash = Xxh64::new(seed);
        hash.update(&(decided.len() as u64).to_le_bytes());
        for (child, verdict) in &decided {
            hash.update(&child.to_le_bytes());
            hash.update(&[*verdict as u8]);
        }
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
