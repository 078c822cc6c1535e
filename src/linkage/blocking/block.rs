//! Finding the records of equal key: entries cut into partitions by hash, each sorted on its own.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::{hash, parallel};

/// How many partitions the entries of a rule are cut into. Fixed, so that the order of results never
/// depends on the number of threads; large enough that one partition of a million records sorts in
/// the cache of one core.
pub(super) const PARTITIONS: usize = 64;

/// A record under one of its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) key: u64,
    pub(super) record: RecordIndex,
}

/// Entries of one rule, by partition; within a partition in pieces of ascending records.
pub(super) struct Partitions {
    pieces: Vec<Vec<Vec<Entry>>>,
}

impl Partitions {
    /// Asks `emit` for the entries of each record and sorts them into partitions.
    pub(super) fn collect(records: usize, emit: impl Fn(RecordIndex, &mut dyn FnMut(u64)) + Sync) -> Partitions {
        let span = records.div_ceil(PARTITIONS).max(1);
        let pieces = parallel::map(records.div_ceil(span), |piece| {
            let mut buckets: Vec<Vec<Entry>> =
                (0..PARTITIONS).map(|_| Vec::with_capacity(span / PARTITIONS + 8)).collect();
            for record in piece * span..((piece + 1) * span).min(records) {
                let record = record as RecordIndex;
                emit(record, &mut |key| buckets[partition_of(key)].push(Entry { key, record }));
            }
            buckets
        });
        Partitions { pieces }
    }

    /// The entries of a partition whose key at least two entries hold, ordered by key, then record.
    pub(super) fn shared(&self, partition: usize) -> Vec<Entry> {
        let all = || self.pieces.iter().flat_map(|buckets| buckets.get(partition).into_iter().flatten());
        let mut entries = with_company(all);
        entries.sort_unstable();
        entries
    }
}

/// Which partition a key belongs to: hashed again, for keys need not be well spread.
fn partition_of(key: u64) -> usize {
    (hash::of_word(key) >> 58) as usize % PARTITIONS
}

/// Drops most entries that are alone with their key, at the cost of two bits an entry: a key is kept
/// if another one fell on its bit before. Chance company is weeded out by the sort that follows.
fn with_company<'a, I: Iterator<Item = &'a Entry>>(all: impl Fn() -> I) -> Vec<Entry> {
    let bits = (all().count() * 8).next_power_of_two().max(64);
    let place = |key: u64| {
        let bit = hash::of_word(key) as usize & (bits - 1);
        (bit / 64, 1u64 << (bit % 64))
    };
    let (mut once, mut twice) = (vec![0u64; bits / 64], vec![0u64; bits / 64]);
    for entry in all() {
        let (word, bit) = place(entry.key);
        twice[word] |= once[word] & bit;
        once[word] |= bit;
    }
    all()
        .filter(|entry| {
            let (word, bit) = place(entry.key);
            twice[word] & bit != 0
        })
        .copied()
        .collect()
}

/// The blocks in sorted entries: runs of one key with at least two records.
pub(super) fn blocks(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    entries.chunk_by(|a, b| a.key == b.key).filter(|block| block.len() > 1)
}
