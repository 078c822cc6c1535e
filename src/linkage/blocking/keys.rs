//! Blocking keys of each record.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::linkage::parallel::{self, PIECE};

/// One blocking key for each record, or several where any one may agree. Keys are hashes of values;
/// 0 stands for a missing value, which agrees with nothing.
#[derive(Clone, Debug)]
pub enum KeyColumn {
    /// One key a record.
    Single(Vec<u64>),
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
        KeyColumn::Single(parallel::map_each(records, |record| key(record as RecordIndex).map_or(0, present)))
    }

    /// Several keys a record, which `keys` pushes onto the list that it is given.
    pub fn several(records: usize, keys: impl Fn(RecordIndex, &mut Vec<u64>) + Sync + Send) -> KeyColumn {
        let pieces = parallel::map(records.div_ceil(PIECE), |piece| {
            let (mut ends, mut all, mut own) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE), Vec::new());
            for record in piece * PIECE..((piece + 1) * PIECE).min(records) {
                own.clear();
                keys(record as RecordIndex, &mut own);
                own.iter_mut().for_each(|key| *key = present(*key));
                own.sort_unstable();
                own.dedup();
                all.extend_from_slice(&own);
                ends.push(all.len() as u32);
            }
            (ends, all)
        });
        let (mut starts, mut keys) = (Vec::with_capacity(records + 1), Vec::new());
        starts.push(0);
        for (ends, all) in pieces {
            let base = keys.len() as u32;
            starts.extend(ends.iter().map(|end| end + base));
            keys.extend_from_slice(&all);
        }
        KeyColumn::Several { starts, keys }
    }

    /// The keys of a record; empty where the value is missing.
    #[inline]
    pub fn keys(&self, record: RecordIndex) -> &[u64] {
        let record = record as usize;
        match self {
            KeyColumn::Single(keys) => match &keys[record..=record] {
                [0] => &[],
                key => key,
            },
            KeyColumn::Several { starts, keys } => &keys[starts[record] as usize..starts[record + 1] as usize],
        }
    }

    /// Whether two records share a key.
    #[inline]
    pub fn agrees(&self, left: RecordIndex, right: RecordIndex) -> bool {
        match self {
            KeyColumn::Single(keys) => keys[left as usize] != 0 && keys[left as usize] == keys[right as usize],
            KeyColumn::Several { .. } => {
                let right = self.keys(right);
                self.keys(left).iter().any(|key| right.contains(key))
            }
        }
    }
}

/// A key that cannot be taken for a missing one.
#[inline]
fn present(key: u64) -> u64 {
    if key == 0 { hash::of_word(0) } else { key }
}
