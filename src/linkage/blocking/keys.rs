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
        /// The keys, in order and without 0.
        keys: Vec<u64>,
    },
    /// The same where each key is a small number spread by its hash, which takes half of the memory.
    SeveralNumbers {
        /// Where each record's numbers start, and one more entry for the end.
        starts: Vec<u32>,
        /// The numbers, in order of their keys and without 0.
        numbers: Vec<u32>,
    },
}

/// The keys of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys<'a> {
    /// As they are.
    Plain(&'a [u64]),
    /// Each the hash of a number.
    Numbers(&'a [u32]),
}

impl<'a> Keys<'a> {
    /// How many there are.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Keys::Plain(keys) => keys.len(),
            Keys::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether the value is missing.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The key at a place.
    #[inline]
    pub fn at(self, place: usize) -> u64 {
        match self {
            Keys::Plain(keys) => keys[place],
            Keys::Numbers(numbers) => of_number(numbers[place]),
        }
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = u64> + use<'a> {
        (0..self.len()).map(move |place| self.at(place))
    }

    /// The place of the least key that another record of the column has too.
    #[inline]
    pub(super) fn first_in(self, other: Keys) -> Option<usize> {
        match (self, other) {
            (Keys::Plain(keys), Keys::Plain(others)) => keys.iter().position(|key| others.contains(key)),
            (Keys::Numbers(numbers), Keys::Numbers(others)) => numbers.iter().position(|own| others.contains(own)),
            // Records of one column have their keys in one form.
            _ => None,
        }
    }

    /// The first so many.
    #[inline]
    pub(super) fn before(self, place: usize) -> Keys<'a> {
        match self {
            Keys::Plain(keys) => Keys::Plain(&keys[..place]),
            Keys::Numbers(numbers) => Keys::Numbers(&numbers[..place]),
        }
    }
}

/// The key of a number.
#[inline]
fn of_number(number: u32) -> u64 {
    present(hash::of_word(u64::from(number)))
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
        let (starts, keys) = lists(records, |record, own| {
            keys(record, own);
            settle(own);
        });
        KeyColumn::Several { starts, keys }
    }

    /// The same of small numbers, which are spread by their hash; 0 stands for a missing one.
    pub fn several_numbers(records: usize, numbers: impl Fn(RecordIndex, &mut Vec<u32>) + Sync + Send) -> KeyColumn {
        let (starts, numbers) = lists(records, |record, own| {
            numbers(record, own);
            own.retain(|&number| number != 0);
            own.sort_unstable_by_key(|&number| of_number(number));
            own.dedup();
        });
        KeyColumn::SeveralNumbers { starts, numbers }
    }

    /// The keys of a record; empty where the value is missing.
    #[inline]
    pub fn keys(&self, record: RecordIndex) -> Keys<'_> {
        let record = record as usize;
        let of = |starts: &[u32], place: usize| starts[place] as usize..starts[place + 1] as usize;
        Keys::Plain(match self {
            KeyColumn::Single(keys) => not_missing(&keys[record..=record]),
            KeyColumn::ByValue { values, keys } => match values.get(record) {
                Some(&value) => not_missing(&keys[value as usize..=value as usize]),
                None => &[],
            },
            KeyColumn::SeveralByValue { values, starts, keys } => match values.get(record) {
                Some(&value) => &keys[of(starts, value as usize)],
                None => &[],
            },
            KeyColumn::Several { starts, keys } => &keys[of(starts, record)],
            KeyColumn::SeveralNumbers { starts, numbers } => return Keys::Numbers(&numbers[of(starts, record)]),
        })
    }

    /// The only key that a record can have, 0 where the value is missing; `None` for a column of several keys.
    #[inline]
    pub(super) fn only_key(&self, record: RecordIndex) -> Option<u64> {
        match self {
            KeyColumn::Single(keys) => Some(keys[record as usize]),
            KeyColumn::ByValue { values, keys } => {
                Some(values.get(record as usize).map_or(0, |&value| keys[value as usize]))
            }
            KeyColumn::SeveralByValue { .. } | KeyColumn::Several { .. } | KeyColumn::SeveralNumbers { .. } => None,
        }
    }

    /// Whether a record may have more than one key.
    pub(super) fn is_several(&self) -> bool {
        !matches!(self, KeyColumn::Single(_) | KeyColumn::ByValue { .. })
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
            KeyColumn::SeveralByValue { .. } | KeyColumn::Several { .. } | KeyColumn::SeveralNumbers { .. } => {
                self.keys(left).first_in(self.keys(right)).is_some()
            }
        }
    }
}

/// A list for each record, one after another, and where each starts. `fill` is given an empty list for each.
fn lists<T: Copy + Default + Send + Sync>(
    records: usize,
    fill: impl Fn(RecordIndex, &mut Vec<T>) + Sync + Send,
) -> (Vec<u32>, Vec<T>) {
    let pieces = parallel::map(records.div_ceil(PIECE), |piece| {
        let (mut ends, mut all, mut own) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE), Vec::new());
        for record in piece * PIECE..((piece + 1) * PIECE).min(records) {
            own.clear();
            fill(record as RecordIndex, &mut own);
            all.extend_from_slice(&own);
            ends.push(all.len() as u32);
        }
        (ends, all)
    });
    let mut starts = vec![0; records + 1];
    let mut items = vec![T::default(); pieces.iter().map(|(_, all)| all.len()).sum()];
    let (mut rest_of_starts, mut rest_of_items, mut base) = (&mut starts[1..], &mut items[..], 0);
    let mut places = Vec::with_capacity(pieces.len());
    for (ends, all) in pieces {
        let (own_starts, own_items);
        (own_starts, rest_of_starts) = rest_of_starts.split_at_mut(ends.len());
        (own_items, rest_of_items) = rest_of_items.split_at_mut(all.len());
        let begin = base;
        base += all.len() as u32;
        places.push((own_starts, own_items, begin, ends, all));
    }
    parallel::map_owned(places, |(own_starts, own_items, begin, ends, all)| {
        own_starts.iter_mut().zip(ends).for_each(|(start, end)| *start = begin + end);
        own_items.copy_from_slice(&all);
    });
    (starts, items)
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
