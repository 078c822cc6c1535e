//! Scanning again what has hardly changed: pairs of records that are as they were need not be looked at.
//!
//! A pair's weight is made of its two records, the model, and how often names and postcodes occur. With a model that
//! carries its [frequencies](super::model::FrequencyTable), the records alone decide. A pair of two unchanged records is
//! weighed only if an earlier scan kept it: what that scan let go is still let go, since its weight is the same, to the bit.
//! All pairs are walked all the same, so that what is told of blocking stays exact.
//!
//! Blocks that are too large to compare are cut by their size, and then a pair of unchanged records may come or go: the
//! records of such a block count as changed in the next scan. Only where a block has become too large since, so that its
//! records were taken for unchanged, is the scan done in full.

use super::comparison::RecordIndex;
use super::table::Table;
use super::table::fields::names::{Family, Given, NameId};
use super::{hash, parallel};

/// What a scan found, kept for the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// A hash of all that a comparison can see of each record.
    pub fingerprints: Vec<u64>,
    /// The pairs that something came of: to be decided, or of one household. In order.
    pub pairs: Vec<(RecordIndex, RecordIndex)>,
    /// The records of blocks that were too large, in order.
    pub crowded: Vec<RecordIndex>,
    /// How many records were as they were in an earlier scan, whose work was taken over; `None` if all were scanned.
    pub unchanged: Option<u64>,
}

/// An earlier scan by the same model and of the same kind of pairs, and where its records stand now.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The scan.
    pub scan: Scan,
    /// The present place of each of its records; `None` for one that is no more.
    pub places: Vec<Option<RecordIndex>>,
}

impl Earlier {
    /// Whether each present record is as it was; `None` if the scan cannot be taken over.
    pub(super) fn unchanged(&self, fingerprints: &[u64]) -> Option<Vec<bool>> {
        if self.places.len() != self.scan.fingerprints.len() {
            return None;
        }
        let mut unchanged = vec![false; fingerprints.len()];
        for (&before, place) in self.scan.fingerprints.iter().zip(&self.places) {
            if let Some(place) = *place {
                let own = unchanged.get_mut(place as usize)?;
                *own = fingerprints[place as usize] == before;
            }
        }
        for &record in &self.scan.crowded {
            if let Some(place) = *self.places.get(record as usize)? {
                unchanged[place as usize] = false;
            }
        }
        Some(unchanged)
    }

    /// The kept pairs whose records are both unchanged, by their present places, the lesser first.
    pub(super) fn pairs(&self, unchanged: &[bool]) -> Vec<(RecordIndex, RecordIndex)> {
        let place = |record: RecordIndex| {
            let place = self.places.get(record as usize).copied().flatten()?;
            unchanged[place as usize].then_some(place)
        };
        let now = self.scan.pairs.iter().filter_map(|&(left, right)| {
            let (left, right) = (place(left)?, place(right)?);
            Some((left.min(right), left.max(right)))
        });
        now.collect()
    }
}

/// A hash of all that blocking, comparisons and guards see of each record.
pub(super) fn fingerprints(table: &Table) -> Vec<u64> {
    let names: Vec<u64> =
        (0..table.fields.names.len() as NameId).map(|name| hash::of_text(table.fields.names.text(name))).collect();
    let sources: Vec<u64> = table.sources().iter().map(|name| hash::of_text(name)).collect();
    parallel::map_each(table.len(), |record| {
        let fields = table.fields.record(record as RecordIndex);
        let mut state = 0;
        let mut take = |word: u64| state = hash::join(state, word);
        take(sources.get(usize::from(fields.source)).copied().unwrap_or(u64::from(fields.source)));
        let mut given = |given: &Given| {
            take(names[given.whole as usize]);
            given.words.iter().for_each(|&word| take(names[word as usize]));
            take(u64::from(given.birth_order));
        };
        [&fields.given, &fields.other, &fields.mother_given].into_iter().for_each(&mut given);
        let mut family = |family: &Family| {
            take(names[family.whole as usize]);
            family.words.iter().for_each(|&word| take(names[word as usize]));
            take(names[family.stem as usize]);
        };
        [&fields.family, &fields.previous_family, &fields.mother_family].into_iter().for_each(&mut family);
        [fields.number.to_bits(), fields.mother_number.to_bits()].into_iter().for_each(&mut take);
        [fields.birth.bits(), fields.mother_birth.bits()].into_iter().for_each(&mut take);
        [u64::from(fields.sex), u64::from(fields.birth_order)].into_iter().for_each(&mut take);
        [fields.postcode.unit(), fields.previous_postcode.unit()].into_iter().for_each(&mut take);
        [fields.uprn, fields.practice].into_iter().for_each(&mut take);
        take(u64::from(fields.sensitive) << 1 | u64::from(fields.invalidated));
        take(fields.address.len() as u64);
        fields.address.iter().for_each(|&word| take(u64::from(word)));
        state
    })
}
