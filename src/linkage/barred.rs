//! Pairs that must never be joined or mentioned: adoption, safeguarding, renumbering.
//!
//! Only keyed hashes are stored, so a list that goes astray names nobody. The key is made and held by
//! the shell.

use super::comparison::{RecordIndex, word_of};
use super::table::Table;
use crate::order;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A keyed hash of one pair.
pub type BarredHash = [u8; 32];

/// One side of a barred pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<'a> {
    /// A record of one source: bars this record wherever it appears.
    Record {
        /// The source.
        source: &'a str,
        /// The record's id within it.
        record_id: &'a str,
    },
    /// A valid NHS number, ten figures: bars every record that holds it.
    NhsNumber(u64),
}

/// The keyed hash of a pair, in either order.
///
/// # Source
/// HMAC-SHA-256: FIPS 198-1.
pub fn hash_pair(key: &[u8], one: Subject, other: Subject) -> BarredHash {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let mut mac = keyed(key);
    for subject in [first, second] {
        match subject {
            Subject::Record { source, record_id } => {
                mac.update(b"record");
                for part in [source, record_id] {
                    mac.update(&(part.len() as u64).to_be_bytes());
                    mac.update(part.as_bytes());
                }
            }
            Subject::NhsNumber(figures) => {
                mac.update(b"number");
                mac.update(&figures.to_be_bytes());
            }
        }
    }
    mac.finalize().into_bytes().into()
}

/// HMAC takes a key of any length.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC accepts keys of any length"),
    }
}

/// A list of barred pairs.
#[derive(Default)]
pub struct Barred {
    key: Vec<u8>,
    /// In order, so that they can be searched.
    hashes: Vec<BarredHash>,
    /// Pairs of one table that are known to be barred by other means.
    pairs: Vec<(RecordIndex, RecordIndex)>,
}

impl Barred {
    /// The list of these hashes, made with this key.
    pub fn new(key: &[u8], hashes: impl IntoIterator<Item = BarredHash>) -> Barred {
        let mut hashes: Vec<BarredHash> = hashes.into_iter().collect();
        order::sort(&mut hashes);
        Barred { key: key.to_vec(), hashes, pairs: Vec::new() }
    }

    /// Pairs of one table, the lesser record first, that are known to be barred.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = (RecordIndex, RecordIndex)>) -> Barred {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        order::sort_by_word(&mut pairs, |&(left, right)| word_of(left, right));
        Barred { pairs, ..Barred::default() }
    }

    /// Whether no pair is barred.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty() && self.pairs.is_empty()
    }

    /// The key that the hashes were made with.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Whether the hash is in the list.
    pub(crate) fn has(&self, hash: &BarredHash) -> bool {
        self.hashes.binary_search(hash).is_ok()
    }

    /// Whether two records are barred, by their keys or their numbers.
    pub fn bars(&self, table: &Table, left: RecordIndex, right: RecordIndex) -> bool {
        if self.hashes.is_empty() {
            return self.pairs.binary_search(&(left.min(right), left.max(right))).is_ok();
        }
        let subjects = |record: RecordIndex| {
            let own = Subject::Record { source: table.source(record), record_id: table.record_id(record) };
            let number = table.fields.number[record as usize].number().map(Subject::NhsNumber);
            std::iter::once(own).chain(number)
        };
        subjects(left).any(|l| subjects(right).any(|r| self.has(&hash_pair(&self.key, l, r))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Subject = Subject::Record { source: "births", record_id: "7" };
    const TWO: Subject = Subject::NhsNumber(9_434_765_919);

    #[test]
    fn hashes_depend_on_key_and_pair_but_not_on_order() {
        let hash = hash_pair(b"key", ONE, TWO);
        assert_eq!(hash, hash_pair(b"key", TWO, ONE));
        assert_ne!(hash, hash_pair(b"other", ONE, TWO));
        assert_ne!(hash, hash_pair(b"key", Subject::Record { source: "birth", record_id: "s7" }, TWO));
    }
}
