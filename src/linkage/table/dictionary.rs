//! Text stored once: a dictionary of distinct values, and a plain list for columns where nearly every
//! value is its own.

use super::super::hash;
use hashbrown::HashTable;

/// Texts one after another in one allocation.
#[derive(Clone, Default)]
pub(crate) struct TextList {
    pub(super) text: String,
    pub(super) ends: Vec<usize>,
}

impl TextList {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    /// The text at a place; `""` beyond the end.
    pub(crate) fn get(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or(self.text.len());
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(end) };
        self.text.get(start..end).unwrap_or("")
    }

    /// Appends another list behind this one.
    pub(crate) fn append(&mut self, other: &TextList) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| end + base));
    }

    /// Drops the texts from a place on.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.ends.truncate(len);
            self.text.truncate(self.ends.last().copied().unwrap_or(0));
        }
    }

    /// The same texts in another order.
    pub(crate) fn permuted(&self, order: &[u32]) -> TextList {
        let mut list = TextList { text: String::with_capacity(self.text.len()), ends: Vec::with_capacity(order.len()) };
        for &index in order {
            list.push(self.get(index as usize));
        }
        list
    }
}

/// Distinct texts with dense ids in the order of first sight. Id 0 is always `""`: a missing value.
#[derive(Clone)]
pub(crate) struct Dictionary {
    pub(super) values: TextList,
    /// The hash of each value, until sealed: the index grows, and dictionaries join, without reading texts again.
    hashes: Vec<u64>,
    ids: HashTable<Slot>,
}

/// A value in the index.
#[derive(Clone, Copy)]
struct Slot {
    /// The lower half of its hash, so that other texts are hardly ever looked at.
    hash: u32,
    id: u32,
}

impl Default for Dictionary {
    fn default() -> Self {
        let mut dictionary = Dictionary { values: TextList::default(), hashes: Vec::new(), ids: HashTable::new() };
        dictionary.intern("");
        dictionary
    }
}

impl Dictionary {
    /// A dictionary with room for so many values of so many bytes together.
    pub(crate) fn with_capacity(values: usize, bytes: usize) -> Dictionary {
        let list = TextList { text: String::with_capacity(bytes), ends: Vec::with_capacity(values) };
        let (hashes, ids) = (Vec::with_capacity(values), HashTable::with_capacity(values));
        let mut dictionary = Dictionary { values: list, hashes, ids };
        dictionary.intern("");
        dictionary
    }

    /// How many distinct values, the missing one included.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The id of a text, new if it has not been seen.
    #[inline]
    pub(crate) fn intern(&mut self, value: &str) -> u32 {
        self.intern_hashed(hash::of_text(value), value)
    }

    #[inline]
    fn intern_hashed(&mut self, hash: u64, value: &str) -> u32 {
        let Dictionary { values, hashes, ids } = self;
        let is_value = |slot: &Slot| slot.hash == hash as u32 && values.get(slot.id as usize) == value;
        match ids.entry(hash, is_value, |slot| hashes[slot.id as usize]) {
            hashbrown::hash_table::Entry::Occupied(found) => found.get().id,
            hashbrown::hash_table::Entry::Vacant(free) => {
                let id = values.len() as u32;
                free.insert(Slot { hash: hash as u32, id });
                values.push(value);
                hashes.push(hash);
                id
            }
        }
    }

    /// The id here of each value of another dictionary that is not sealed.
    pub(crate) fn intern_all(&mut self, other: &Dictionary) -> Vec<u32> {
        let values = other.iter().zip(&other.hashes);
        values.map(|(value, &hash)| self.intern_hashed(hash, value)).collect()
    }

    /// The text of an id.
    pub(crate) fn get(&self, id: u32) -> &str {
        self.values.get(id as usize)
    }

    /// Every text in the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|id| self.values.get(id))
    }

    /// Forgets the texts from an id on, as if they had never been seen.
    pub(crate) fn truncate(&mut self, len: usize) {
        let Dictionary { values, hashes, ids } = self;
        let len = len.max(1).min(hashes.len());
        for (id, &hash) in hashes.iter().enumerate().skip(len) {
            if let Ok(found) = ids.find_entry(hash, |slot| slot.id as usize == id) {
                found.remove();
            }
        }
        hashes.truncate(len);
        values.truncate(len);
    }

    /// Frees the index once nothing more will be interned.
    pub(crate) fn seal(&mut self) {
        self.ids = HashTable::new();
        self.hashes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_an_id_and_missing_is_zero() {
        let mut dictionary = Dictionary::default();
        let khan = dictionary.intern("KHAN");
        assert_eq!(dictionary.intern(""), 0);
        assert_eq!(dictionary.intern("PATEL"), khan + 1);
        assert_eq!(dictionary.intern("KHAN"), khan);
        assert_eq!(dictionary.get(khan), "KHAN");
        assert_eq!(dictionary.iter().collect::<Vec<_>>(), ["", "KHAN", "PATEL"]);
    }

    #[test]
    fn what_was_forgotten_can_be_seen_anew() {
        let mut dictionary = Dictionary::default();
        dictionary.intern("KHAN");
        dictionary.intern("PATEL");
        dictionary.truncate(2);
        assert_eq!((dictionary.len(), dictionary.intern("SINGH"), dictionary.intern("KHAN")), (2, 2, 1));
        assert_eq!(dictionary.intern("PATEL"), 3);
    }

    #[test]
    fn dictionaries_join() {
        let (mut one, mut two) = (Dictionary::default(), Dictionary::default());
        ["KHAN", "PATEL"].iter().for_each(|text| _ = one.intern(text));
        ["SINGH", "KHAN"].iter().for_each(|text| _ = two.intern(text));
        assert_eq!(one.intern_all(&two), [0, 3, 1]);
        assert_eq!(one.get(3), "SINGH");
    }

    #[test]
    fn lists_append_and_permute() {
        let (mut one, mut two) = (TextList::default(), TextList::default());
        ["a", "", "bc"].iter().for_each(|t| one.push(t));
        two.push("d");
        one.append(&two);
        let turned = one.permuted(&[3, 2, 1, 0]);
        assert_eq!((0..4).map(|n| turned.get(n)).collect::<Vec<_>>(), ["d", "bc", "", "a"]);
        assert_eq!(turned.get(9), "");
    }
}
