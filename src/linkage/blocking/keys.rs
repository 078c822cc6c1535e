//! Blocking keys of each record.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;

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
    pub fn single(records: usize, mut key: impl FnMut(RecordIndex) -> Option<u64>) -> KeyColumn {
        KeyColumn::Single((0..records as RecordIndex).map(|record| key(record).map_or(0, present)).collect())
    }

    /// Several keys a record, which `keys` pushes onto the list that it is given.
    pub fn several(records: usize, mut keys: impl FnMut(RecordIndex, &mut Vec<u64>)) -> KeyColumn {
        let (mut starts, mut all) = (Vec::with_capacity(records + 1), Vec::new());
        let mut own = Vec::new();
        starts.push(0);
        for record in 0..records as RecordIndex {
            own.clear();
            keys(record, &mut own);
            own.iter_mut().for_each(|key| *key = present(*key));
            own.sort_unstable();
            own.dedup();
            all.extend_from_slice(&own);
            starts.push(all.len() as u32);
        }
        KeyColumn::Several { starts, keys: all }
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
