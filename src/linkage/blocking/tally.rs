//! What a scan counted, kept in so many groups of keys that a later scan walks only those groups where anything changed.
//!
//! Every key falls into one of some groups by its hash, and all entries of a block share a key, so that a block never
//! reaches beyond its group. Of each group the pairs and the largest block are kept, with a sum of hashes over its
//! entries: as long as the sum is the same, so are entries, blocks and pairs. The sum tells of records that left a group
//! too, whose earlier keys nobody knows any more.

use super::block::Entry;
use crate::linkage::hash;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// The counts of one rule, by group of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// A sum of hashes over the entries.
    pub sums: Vec<u64>,
    /// Pairs that the rule produced.
    pub pairs: Vec<u32>,
    /// Records in the largest block; 0 where no two records meet.
    pub largest: Vec<u32>,
}

impl Tally {
    /// How many groups suit so many records: some sixteen records each, so that one record in a hundred that changed
    /// touches some groups and leaves most.
    pub(in crate::linkage) fn groups_for(records: usize) -> usize {
        (records / 16).next_power_of_two().max(64)
    }

    /// Whether there are as many groups as the lists say, and a number of them that a hash can choose from.
    pub(in crate::linkage) fn is_sound(&self) -> bool {
        let groups = self.sums.len();
        groups.is_power_of_two() && (self.pairs.len(), self.largest.len()) == (groups, groups)
    }
}

/// What a scan is told to keep, and may take over.
pub(in crate::linkage) struct Keeping<'a> {
    /// A hash of all that a rule can see of each record.
    pub(in crate::linkage) prints: &'a [u64],
    /// How many groups there are: a power of two.
    pub(in crate::linkage) groups: usize,
    /// What an earlier scan by the same rules kept in as many groups, rule by rule, and which records are as they were.
    pub(in crate::linkage) earlier: Option<(&'a [Tally], &'a [bool])>,
}

/// Counts one rule.
pub(super) struct Counting<'a> {
    prints: &'a [u64],
    sums: Vec<AtomicU64>,
    pairs: Vec<AtomicU32>,
    largest: Vec<AtomicU32>,
    /// Which groups are walked; all if `None`.
    pub(super) touched: Option<Vec<bool>>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(keeping: &Keeping<'a>) -> Counting<'a> {
        let numbers = || (0..keeping.groups).map(|_| AtomicU32::new(0)).collect();
        let sums = (0..keeping.groups).map(|_| AtomicU64::new(0)).collect();
        Counting { prints: keeping.prints, sums, pairs: numbers(), largest: numbers(), touched: None }
    }

    pub(super) fn group(&self, key: u64) -> usize {
        hash::of_word(key) as usize & (self.sums.len() - 1)
    }

    /// Takes note of the keys of one record, or leaves only those that are walked.
    #[inline]
    pub(super) fn see(&self, own: &mut Vec<Entry>) {
        match &self.touched {
            Some(touched) => own.retain(|entry| touched[self.group(entry.key)]),
            None => own.iter().for_each(|entry| self.sum(entry)),
        }
    }

    /// Sums do not depend on the order in which threads add to them.
    pub(super) fn sum(&self, entry: &Entry) {
        let print = hash::join(entry.key, self.prints[entry.record as usize]);
        self.sums[self.group(entry.key)].fetch_add(print, Relaxed);
    }

    /// Counts a block that was walked.
    pub(super) fn walked(&self, key: u64, pairs: u64, records: usize) {
        let group = self.group(key);
        self.pairs[group].fetch_add(pairs as u32, Relaxed);
        self.largest[group].fetch_max(records as u32, Relaxed);
    }

    /// Chooses the groups to walk: those of which `changed` names one, and those whose sum is not what it was. Of the
    /// others the earlier counts are taken over: their pairs and their largest block.
    pub(super) fn choose(&mut self, earlier: &Tally, changed: impl Iterator<Item = usize>) -> (u64, u64) {
        let sums = self.sums.iter_mut().zip(&earlier.sums);
        let mut touched: Vec<bool> = sums.map(|(now, before)| *now.get_mut() != *before).collect();
        changed.for_each(|group| touched[group] = true);
        let (mut pairs, mut largest) = (0, 0);
        for group in (0..touched.len()).filter(|&group| !touched[group]) {
            *self.pairs[group].get_mut() = earlier.pairs[group];
            *self.largest[group].get_mut() = earlier.largest[group];
            pairs += u64::from(earlier.pairs[group]);
            largest = largest.max(u64::from(earlier.largest[group]));
        }
        self.touched = Some(touched);
        (pairs, largest)
    }

    pub(super) fn tally(self) -> Tally {
        let numbers = |numbers: Vec<AtomicU32>| numbers.into_iter().map(AtomicU32::into_inner).collect();
        let sums = self.sums.into_iter().map(AtomicU64::into_inner).collect();
        Tally { sums, pairs: numbers(self.pairs), largest: numbers(self.largest) }
    }
}
