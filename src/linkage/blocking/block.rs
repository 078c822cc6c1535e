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
    pub(super) choice: Choice,
}

impl Entry {
    /// A record under no key yet.
    pub(super) fn of(record: RecordIndex) -> Entry {
        Entry { key: 0, record, choice: Choice::default() }
    }
}

/// Which of a record's keys in each column a joint key was made of, counted from 0: one byte a column, the
/// first in the lowest, [`Choice::MOST`] for that place and any later one. Columns past the fourth have no byte.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Choice(u32);

impl Choice {
    /// The place that may stand for a later one.
    pub(super) const MOST: usize = 255;
    /// How many columns have a byte.
    pub(super) const COLUMNS: usize = 4;

    /// The same with the key at a place of a column.
    pub(super) fn with(self, column: usize, place: usize) -> Choice {
        if column < Self::COLUMNS { Choice(self.0 | (place.min(Self::MOST) as u32) << (8 * column)) } else { self }
    }

    /// The place in a column.
    pub(super) fn of(self, column: usize) -> usize {
        if column < Self::COLUMNS { (self.0 >> (8 * column) & 255) as usize } else { Self::MOST }
    }
}

/// Entries of one rule, by partition; within a partition in pieces of ascending records.
pub(super) struct Partitions {
    pieces: Vec<Vec<Vec<Entry>>>,
}

impl Partitions {
    /// Asks `keys` for the keys of each record and sorts them into partitions.
    pub(super) fn collect(records: usize, keys: impl Fn(RecordIndex, &mut Vec<Entry>) + Sync + Send) -> Partitions {
        Partitions::collect_some(records, |_| true, keys)
    }

    /// The same where `keys` gives only those of some partitions.
    pub(super) fn collect_some(
        records: usize,
        is_wanted: impl Fn(usize) -> bool + Sync + Send,
        keys: impl Fn(RecordIndex, &mut Vec<Entry>) + Sync + Send,
    ) -> Partitions {
        let span = records.div_ceil(PARTITIONS).max(1);
        let pieces = parallel::map(records.div_ceil(span), |piece| {
            let mut own = Vec::new();
            let room = |partition| if is_wanted(partition) { span / PARTITIONS + 8 } else { 0 };
            let mut buckets: Vec<Vec<Entry>> =
                (0..PARTITIONS).map(|partition| Vec::with_capacity(room(partition))).collect();
            for record in piece * span..((piece + 1) * span).min(records) {
                let record = record as RecordIndex;
                keys(record, &mut own);
                own.iter().for_each(|&entry| buckets[partition_of(entry.key)].push(entry));
            }
            buckets
        });
        Partitions { pieces }
    }

    /// For each partition its number and its entries, in pieces.
    fn by_partition(self) -> Vec<(usize, Vec<Vec<Entry>>)> {
        let mut all: Vec<(usize, Vec<Vec<Entry>>)> = (0..PARTITIONS).map(|partition| (partition, Vec::new())).collect();
        for buckets in self.pieces {
            all.iter_mut().zip(buckets).for_each(|((_, pieces), bucket)| pieces.push(bucket));
        }
        all
    }
}

/// The entries whose key at least two entries hold, ordered by key, then record.
fn shared(pieces: &[Vec<Entry>]) -> Vec<Entry> {
    let mut entries = with_company(|| pieces.iter().flatten());
    entries.sort_unstable();
    entries
}

/// The blocks of one rule, to be walked in order of their first records.
pub(super) struct BlockList {
    entries: Vec<Vec<Entry>>,
    places: Vec<Place>,
}

/// Where a block stands.
#[derive(Clone, Copy)]
struct Place {
    first: RecordIndex,
    partition: u8,
    start: u32,
    end: u32,
}

impl BlockList {
    /// Finds the blocks.
    pub(super) fn of(partitions: Partitions) -> BlockList {
        // Each partition's pieces go as soon as its blocks are found.
        let found = parallel::map_owned(partitions.by_partition(), |(partition, pieces)| {
            let entries = shared(&pieces);
            drop(pieces);
            let (mut places, mut start) = (Vec::new(), 0);
            for block in entries.chunk_by(|a, b| a.key == b.key) {
                let end = start + block.len() as u32;
                if block.len() > 1 {
                    places.push(Place { first: block[0].record, partition: partition as u8, start, end });
                }
                start = end;
            }
            (entries, places)
        });
        let (entries, places): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let mut places = places.concat();
        // Those of one first record stay in order of partition and start.
        parallel::sort_by_word(&mut places, |place| u64::from(place.first));
        BlockList { entries, places }
    }

    /// The blocks of one of [`PARTITIONS`] pieces of the work.
    pub(super) fn piece(&self, piece: usize) -> impl Iterator<Item = &[Entry]> {
        let span = self.places.len().div_ceil(PARTITIONS).max(1);
        let places = self.places.chunks(span).nth(piece).unwrap_or_default();
        places.iter().map(|place| &self.entries[usize::from(place.partition)][place.start as usize..place.end as usize])
    }
}

/// Which partition a key belongs to: hashed again, for keys need not be well spread.
pub(super) fn partition_of(key: u64) -> usize {
    (hash::of_word(key) >> 58) as usize % PARTITIONS
}

/// Drops most entries that are alone with their key, at the cost of two bits an entry: a key is kept
/// if another one fell on its bit before. Chance company is weeded out by the sort that follows.
pub(super) fn with_company<'a, I: Iterator<Item = &'a Entry>>(all: impl Fn() -> I) -> Vec<Entry> {
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
