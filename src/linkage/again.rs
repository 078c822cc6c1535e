//! Scanning again what has hardly changed: pairs of records that are as they were need not be looked at.
//!
//! A pair's weight is made of its two records, the model, and how often names and postcodes occur. With a model that
//! carries its [frequencies](super::model::FrequencyTable), the records alone decide. A pair of two unchanged records
//! is weighed only if an earlier scan kept it to be decided: what that scan let go is still let go, since its weight is
//! the same, to the bit, and what it kept as of one household still is. All pairs are walked all the same, so that what
//! is told of blocking stays exact.
//!
//! Blocks that are too large to compare are cut by their size, and then a pair of unchanged records may come or go: the
//! records of such a block count as changed in the next scan. Only where a block has become too large since, so that
//! its records were taken for unchanged, is the scan done in full.

use super::comparison::RecordIndex;
use super::table::Table;
use super::table::fields::names::{Family, Given, NameId};
use super::{hash, parallel};

/// What a scan found, kept for the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// A hash of all that a comparison can see of each record.
    pub fingerprints: Vec<u64>,
    /// The pairs to be decided. In order.
    pub pairs: Vec<(RecordIndex, RecordIndex)>,
    /// The pairs that are too light to be decided and of one household, which bears on others. In order.
    pub household: Vec<(RecordIndex, RecordIndex)>,
    /// The records of blocks that were too large, in order.
    pub crowded: Vec<RecordIndex>,
    /// How many records were as they were in an earlier scan, whose work was taken over; `None` if all were scanned.
    pub unchanged: Option<u64>,
}

/// An earlier scan by the same model and of the same kind of pairs, by where its records stand now.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The hash of each present record then; 0 for one that was not there, or was in a block that was too large.
    prints: Vec<u64>,
    pairs: Vec<(RecordIndex, RecordIndex)>,
    household: Vec<(RecordIndex, RecordIndex)>,
}

impl Earlier {
    /// A scan among so many present records; `places` tells the present place of each of its records, `None` for one
    /// that is no more. `None` if the scan is of other records.
    pub fn of(scan: Scan, places: &[Option<RecordIndex>], records: usize) -> Option<Earlier> {
        let Scan { fingerprints, pairs, household, crowded, .. } = scan;
        if places.len() != fingerprints.len() {
            return None;
        }
        let mut prints = vec![0; records];
        for (before, place) in fingerprints.into_iter().zip(places) {
            if let Some(place) = *place {
                *prints.get_mut(place as usize)? = before;
            }
        }
        for record in crowded {
            if let Some(place) = *places.get(record as usize)? {
                prints[place as usize] = 0;
            }
        }
        let place = |record: RecordIndex| places.get(record as usize).copied().flatten();
        let present = |pairs: Vec<(RecordIndex, RecordIndex)>| {
            let now = pairs.into_iter().filter_map(|(left, right)| {
                let (left, right) = (place(left)?, place(right)?);
                Some((left.min(right), left.max(right)))
            });
            now.collect()
        };
        Some(Earlier { prints, pairs: present(pairs), household: present(household) })
    }

    /// What can be taken over of it for records of these hashes; `None` if they are other records.
    pub(super) fn known(&self, fingerprints: &[u64]) -> Option<Known> {
        if self.prints.len() != fingerprints.len() {
            return None;
        }
        let pairs = self.prints.iter().zip(fingerprints);
        let unchanged: Vec<bool> = pairs.map(|(&before, &now)| before != 0 && before == now).collect();
        let of_unchanged = |pairs: &[(RecordIndex, RecordIndex)]| {
            let both =
                |&&(left, right): &&(RecordIndex, RecordIndex)| unchanged[left as usize] && unchanged[right as usize];
            pairs.iter().filter(both).copied().collect()
        };
        let (pairs, household) = (of_unchanged(&self.pairs), of_unchanged(&self.household));
        Some(Known { unchanged, pairs, household })
    }
}

/// What is taken over of an earlier scan.
pub(super) struct Known {
    /// Whether each present record is as it was.
    pub(super) unchanged: Vec<bool>,
    /// The pairs of unchanged records to be decided, the lesser first.
    pub(super) pairs: Vec<(RecordIndex, RecordIndex)>,
    /// Those of one household.
    pub(super) household: Vec<(RecordIndex, RecordIndex)>,
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
