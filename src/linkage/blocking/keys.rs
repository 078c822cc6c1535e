//! Blocking keys of each record.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::linkage::parallel::{self, PIECE};
use std::sync::Arc;

/// One blocking key for each record, or several where any one may agree. Keys are hashes of values;
/// 0 stands for a missing value, which agrees with nothing.
#[derive(Clone, Debug)]
pub enum KeyColumn {
    /// One key a record.
    Single(Vec<u64>),
    /// One key a record, by the value that the record has among recurring ones.
    ByValue {
        /// The value of each record; empty if all are missing.
        values: Arc<Vec<u32>>,
        /// The key of each value.
        keys: Vec<u64>,
    },
    /// Any number of keys a record, by the value that the record has among recurring ones.
    SeveralByValue {
        /// The value of each record; empty if all are missing.
        values: Arc<Vec<u32>>,
        /// Where each value's keys start, and one more entry for the end.
        starts: Vec<u32>,
        /// The keys, those of one value in order and without 0.
        keys: Vec<u64>,
    },
    /// Any number of keys a record: those of record `n` are `keys[starts[n]..starts[n + 1]]`.
    Several {
        /// Where each record's keys start, and one more entry for the end.
        starts: Vec<u32>,
        /// The keys, in any order, without 0.
        keys: Vec<u64>,
    },
}

impl KeyColumn {
    /// One key for each of `records` records; `None` where the value is missing.
    pub fn single(records: usize, key: impl Fn(RecordIndex) -> Option<u64> + Sync + Send) -> KeyColumn {
        let mut keys = vec![0; records];
        parallel::map_mut(&mut keys, PIECE, |piece, keys| {
            for (place, own) in keys.iter_mut().enumerate() {
                *own = key((piece * PIECE + place) as RecordIndex).map_or(0, present);
            }
        });
        KeyColumn::Single(keys)
    }

    /// One key for each record by its value: `values` tells the value of each record (none at all if every
    /// value is missing), `keys` the key of each value, `None` where it is a missing one.
    pub fn by_value(values: Arc<Vec<u32>>, keys: impl Iterator<Item = Option<u64>>) -> KeyColumn {
        KeyColumn::ByValue { values, keys: keys.map(|key| key.map_or(0, present)).collect() }
    }

    /// Several keys for each record by its value: `values` tells the value of each record (none at all if every
    /// value is missing), `keys` pushes the keys of a value onto the list that it is given.
    pub fn several_by_value<V: Copy>(values: Arc<Vec<u32>>, all: &[V], keys: impl Fn(V, &mut Vec<u64>)) -> KeyColumn {
        let (mut starts, mut found, mut own) = (vec![0], Vec::new(), Vec::new());
        for &value in all {
            own.clear();
            keys(value, &mut own);
            settle(&mut own);
            found.extend_from_slice(&own);
            starts.push(found.len() as u32);
        }
        KeyColumn::SeveralByValue { values, starts, keys: found }
    }

    /// Several keys a record, which `keys` pushes onto the list that it is given.
    pub fn several(records: usize, keys: impl Fn(RecordIndex, &mut Vec<u64>) + Sync + Send) -> KeyColumn {
        let pieces = parallel::map(records.div_ceil(PIECE), |piece| {
            let (mut ends, mut all, mut own) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE), Vec::new());
            for record in piece * PIECE..((piece + 1) * PIECE).min(records) {
                own.clear();
                keys(record as RecordIndex, &mut own);
                settle(&mut own);
                all.extend_from_slice(&own);
                ends.push(all.len() as u32);
            }
            (ends, all)
        });
        let mut starts = vec![0; records + 1];
        let mut keys = vec![0; pieces.iter().map(|(_, all)| all.len()).sum()];
        let (mut rest_of_starts, mut rest_of_keys, mut base) = (&mut starts[1..], &mut keys[..], 0);
        let mut places = Vec::with_capacity(pieces.len());
        for (ends, all) in pieces {
            let (own_starts, own_keys);
            (own_starts, rest_of_starts) = rest_of_starts.split_at_mut(ends.len());
            (own_keys, rest_of_keys) = rest_of_keys.split_at_mut(all.len());
            let begin = base;
            base += all.len() as u32;
            places.push((own_starts, own_keys, begin, ends, all));
        }
        parallel::map_owned(places, |(own_starts, own_keys, begin, ends, all)| {
            own_starts.iter_mut().zip(ends).for_each(|(start, end)| *start = begin + end);
            own_keys.copy_from_slice(&all);
        });
        KeyColumn::Several { starts, keys }
    }

    /// The keys of a record; empty where the value is missing.
    #[inline]
    pub fn keys(&self, record: RecordIndex) -> &[u64] {
        let record = record as usize;
        match self {
            KeyColumn::Single(keys) => not_missing(&keys[record..=record]),
            KeyColumn::ByValue { values, keys } => match values.get(record) {
                Some(&value) => not_missing(&keys[value as usize..=value as usize]),
                None => &[],
            },
            KeyColumn::SeveralByValue { values, starts, keys } => match values.get(record) {
                Some(&value) => &keys[starts[value as usize] as usize..starts[value as usize + 1] as usize],
                None => &[],
            },
            KeyColumn::Several { starts, keys } => &keys[starts[record] as usize..starts[record + 1] as usize],
        }
    }

    /// The only key that a record can have, 0 where the value is missing; `None` for a column of several keys.
    #[inline]
    pub(super) fn only_key(&self, record: RecordIndex) -> Option<u64> {
        match self {
            KeyColumn::Single(keys) => Some(keys[record as usize]),
            KeyColumn::ByValue { values, keys } => {
                Some(values.get(record as usize).map_or(0, |&value| keys[value as usize]))
            }
            KeyColumn::SeveralByValue { .. } | KeyColumn::Several { .. } => None,
        }
    }

    /// Whether a record may have more than one key.
    pub(super) fn is_several(&self) -> bool {
        matches!(self, KeyColumn::SeveralByValue { .. } | KeyColumn::Several { .. })
    }

    /// Whether two records share a key.
    #[inline]
    pub fn agrees(&self, left: RecordIndex, right: RecordIndex) -> bool {
        match self {
            KeyColumn::Single(keys) => keys[left as usize] != 0 && keys[left as usize] == keys[right as usize],
            KeyColumn::ByValue { values, keys } => {
                let key = |record: RecordIndex| values.get(record as usize).map_or(0, |&value| keys[value as usize]);
                let left = key(left);
                left != 0 && left == key(right)
            }
            KeyColumn::SeveralByValue { .. } | KeyColumn::Several { .. } => {
                let right = self.keys(right);
                self.keys(left).iter().any(|key| right.contains(key))
            }
        }
    }
}

/// Makes keys of one value such as cannot be taken for missing, in order and each once.
fn settle(own: &mut Vec<u64>) {
    own.iter_mut().for_each(|key| *key = present(*key));
    own.sort_unstable();
    own.dedup();
}

/// The key, unless it stands for a missing value.
#[inline]
fn not_missing(key: &[u64]) -> &[u64] {
    if key == [0] { &[] } else { key }
}

/// A key that cannot be taken for a missing one.
#[inline]
fn present(key: u64) -> u64 {
    if key == 0 { hash::of_word(0) } else { key }
}
