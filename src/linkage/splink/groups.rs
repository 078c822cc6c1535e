//! The levels of many pairs of records in one comparison, each pair of values judged once.
//!
//! Candidate pairs repeat pairs of values many times over. The left records are taken in order of their value, so
//! that all pairs with one left value come together: the levels of that value against all others then stand in one
//! row that stays in cache, and a pair takes two look-ups.

use super::comparator::{FeatureComparator, SIDE_BY_SIDE};
use crate::linkage::comparison::{LevelIndex, RecordIndex};
use crate::linkage::parallel;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

/// Pairs in order of their left record.
pub(super) struct SortedPairs<'p> {
    pairs: &'p [(RecordIndex, RecordIndex)],
    /// By record, where its pairs begin; and the end.
    starts: Vec<u32>,
}

/// Pairs that one thread judges before it takes others.
const UNIT: usize = 1 << 16;

impl<'p> SortedPairs<'p> {
    /// The most pairs that are taken together, so that what is kept of each stays small.
    pub(super) const MOST: usize = 1 << 22;

    /// Takes at most [`MOST`](Self::MOST) pairs of so many records.
    pub(super) fn new(pairs: &'p [(RecordIndex, RecordIndex)], records: usize) -> SortedPairs<'p> {
        debug_assert!(pairs.len() <= Self::MOST && pairs.is_sorted_by_key(|pair| pair.0));
        // Where a record's pairs begin, for each record that has some.
        let begins = parallel::map(pairs.len().div_ceil(UNIT), |unit| {
            let own = unit * UNIT..((unit + 1) * UNIT).min(pairs.len());
            let begins = own.filter(|&place| place == 0 || pairs[place].0 != pairs[place - 1].0);
            begins.map(|place| (pairs[place].0, place as u32)).collect::<Vec<_>>()
        });
        let mut starts = Vec::with_capacity(records + 1);
        for (record, place) in begins.into_iter().flatten() {
            starts.resize(record as usize + 1, place);
        }
        starts.resize(records + 1, pairs.len() as u32);
        SortedPairs { pairs, starts }
    }

    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The level of each pair. What went wrong is told by the comparator's faults.
    pub(super) fn levels(&self, comparator: &FeatureComparator) -> Vec<LevelIndex> {
        let values = comparator.tuple_count();
        // A row for each left value is only worth while where values recur.
        if comparator.is_plain() || self.len() < 2 * values {
            return self.levels_one_by_one(comparator);
        }
        let records = self.records_by_value(comparator.tuples(), values);
        let units = self.units(&records, comparator.tuples());
        let levels: Vec<AtomicU8> = std::iter::repeat_with(|| AtomicU8::new(0)).take(self.len()).collect();
        parallel::map(units.len(), |unit| self.judge(comparator, &records[units[unit].clone()], &levels));
        levels.into_iter().map(AtomicU8::into_inner).collect()
    }

    fn levels_one_by_one(&self, comparator: &FeatureComparator) -> Vec<LevelIndex> {
        let tuples = comparator.tuples();
        let mut levels = vec![0; self.len()];
        parallel::map_mut(&mut levels, SIDE_BY_SIDE * 16, |piece, levels| {
            let (mut left, mut right) = ([0u32; SIDE_BY_SIDE], [0u32; SIDE_BY_SIDE]);
            let pairs = &self.pairs[piece * SIDE_BY_SIDE * 16..];
            for (pairs, levels) in pairs.chunks(SIDE_BY_SIDE).zip(levels.chunks_mut(SIDE_BY_SIDE)) {
                for ((a, b), pair) in left.iter_mut().zip(&mut right).zip(pairs) {
                    *a = tuples[pair.0 as usize];
                    *b = tuples[pair.1 as usize];
                }
                comparator.tuple_levels(&left[..levels.len()], &right[..levels.len()], levels);
            }
        });
        levels
    }

    fn pairs_of(&self, record: RecordIndex) -> Range<usize> {
        self.starts[record as usize] as usize..self.starts[record as usize + 1] as usize
    }

    /// The left records in order of their value.
    fn records_by_value(&self, value: &[u32], values: usize) -> Vec<RecordIndex> {
        let is_left = |record: &RecordIndex| !self.pairs_of(*record).is_empty();
        let all = || (0..value.len() as RecordIndex).filter(is_left);
        let mut next = vec![0u32; values + 1];
        all().for_each(|record| next[value[record as usize] as usize + 1] += 1);
        let mut sum = 0;
        for next in &mut next {
            sum += *next;
            *next = sum;
        }
        let mut records = vec![0; sum as usize];
        for record in all() {
            let next = &mut next[value[record as usize] as usize];
            records[*next as usize] = record;
            *next += 1;
        }
        records
    }

    /// Parts of these records with about equally many pairs; records of one value stay together.
    fn units(&self, records: &[RecordIndex], value: &[u32]) -> Vec<Range<usize>> {
        let mut units = Vec::new();
        let (mut start, mut pairs) = (0, 0);
        for (place, record) in records.iter().enumerate() {
            let ends = place > 0 && value[*record as usize] != value[records[place - 1] as usize];
            if ends && pairs >= UNIT {
                units.push(start..place);
                (start, pairs) = (place, 0);
            }
            pairs += self.pairs_of(*record).len();
        }
        units.push(start..records.len());
        units
    }

    /// Sets the levels of all pairs of some left records, which stand in order of their value.
    fn judge(&self, comparator: &FeatureComparator, records: &[RecordIndex], levels: &[AtomicU8]) {
        let value = comparator.tuples();
        // By right value: the number of the left value for which it was entered last, and the level.
        let mut row = vec![0u32; comparator.tuple_count()];
        let mut number = 0;
        let (mut rights, mut unknown) = (Vec::new(), Vec::new());
        for group in records.chunk_by(|a, b| value[*a as usize] == value[*b as usize]) {
            number += 1;
            if number == 1 << 24 {
                row.fill(0);
                number = 1;
            }
            rights.clear();
            for record in group {
                let pairs = &self.pairs[self.pairs_of(*record)];
                rights.extend(pairs.iter().map(|pair| value[pair.1 as usize]));
            }
            unknown.resize(unknown.len().max(rights.len()), 0);
            let mut count = 0;
            for &right in &rights {
                let entry = &mut row[right as usize];
                unknown[count] = right;
                count += usize::from(*entry >> 8 != number);
                *entry = number << 8 | (*entry & 0xff);
            }
            let left = value[group[0] as usize];
            comparator.levels_of_one(left, &unknown[..count], |right, level| {
                row[right as usize] = number << 8 | u32::from(level);
            });
            let mut rights = rights.iter();
            for record in group {
                for (level, right) in levels[self.pairs_of(*record)].iter().zip(&mut rights) {
                    level.store(row[*right as usize] as LevelIndex, Ordering::Relaxed);
                }
            }
        }
    }
}
