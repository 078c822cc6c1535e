//! Text stored once: a dictionary of distinct values, and a plain list for columns where nearly every
//! value is its own.

use super::super::hash;
use crate::order;
use hashbrown::HashTable;

/// Texts one after another in one allocation.
#[derive(Clone, Default)]
pub(crate) struct TextList {
    text: String,
    ends: Ends,
}

/// Where texts end: in four bytes each while all of them together are shorter than 4 GiB.
#[derive(Clone)]
enum Ends {
    Near(Vec<u32>),
    Far(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Ends {
        Ends::Near(Vec::new())
    }
}

impl Ends {
    #[inline]
    fn len(&self) -> usize {
        match self {
            Ends::Near(ends) => ends.len(),
            Ends::Far(ends) => ends.len(),
        }
    }

    #[inline]
    fn get(&self, index: usize) -> Option<usize> {
        match self {
            Ends::Near(ends) => ends.get(index).map(|&end| end as usize),
            Ends::Far(ends) => ends.get(index).copied(),
        }
    }

    #[inline]
    fn push(&mut self, end: usize) {
        match (&mut *self, u32::try_from(end)) {
            (Ends::Near(ends), Ok(end)) => ends.push(end),
            (Ends::Near(ends), Err(_)) => {
                let mut far: Vec<usize> = ends.iter().map(|&end| end as usize).collect();
                far.push(end);
                *self = Ends::Far(far);
            }
            (Ends::Far(ends), _) => ends.push(end),
        }
    }

    fn reserve(&mut self, more: usize) {
        match self {
            Ends::Near(ends) => ends.reserve_exact(more),
            Ends::Far(ends) => ends.reserve_exact(more),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Ends::Near(ends) => ends.truncate(len),
            Ends::Far(ends) => ends.truncate(len),
        }
    }
}

impl TextList {
    /// An empty list with room for so many texts of so many bytes together.
    pub(crate) fn with_capacity(texts: usize, bytes: usize) -> TextList {
        let mut list = TextList { text: String::with_capacity(bytes), ends: Ends::default() };
        list.ends.reserve(texts);
        list
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How long all texts are together.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// All texts one after another.
    #[cfg(feature = "csv")]
    pub(super) fn whole(&self) -> &str {
        &self.text
    }

    #[inline]
    pub(crate) fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    /// The text at a place; `""` beyond the end.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &str {
        let end = self.ends.get(index).unwrap_or(self.text.len());
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).unwrap_or(end) };
        self.text.get(start..end).unwrap_or("")
    }

    /// Appends another list behind this one.
    pub(crate) fn append(&mut self, other: &TextList) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        (0..other.len()).filter_map(|index| other.ends.get(index)).for_each(|end| self.ends.push(base + end));
    }

    /// Drops the texts from a place on.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.ends.truncate(len);
            self.text.truncate(len.checked_sub(1).and_then(|last| self.ends.get(last)).unwrap_or(0));
        }
    }

    /// The same texts in another order.
    pub(crate) fn permuted(&self, order: &[u32]) -> TextList {
        let mut list = TextList::with_capacity(order.len(), self.text.len());
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
    ids: Ids,
}

/// How the id of a text is found.
#[derive(Clone)]
enum Ids {
    /// At once, for values that come by the million. The hash of each value is kept: the table grows, and
    /// dictionaries join, without reading texts again.
    Quick { hashes: Vec<u64>, slots: HashTable<Slot> },
    /// In a quarter of the memory, by looking at the text itself: for a list that lives long and is asked little.
    Lean(HashTable<u32>),
}

/// A value in the quick table.
#[derive(Clone, Copy)]
struct Slot {
    beginning: Beginning,
    id: u32,
}

/// What tells a text from others without looking for it: a text of up to eleven bytes itself, filled up with
/// zeros, and its length; of a longer one a hash.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Beginning {
    first: u64,
    /// Bytes nine to eleven, then the length.
    rest: u32,
}

/// In the place of the length of a text that is longer than eleven bytes.
const LONG: u32 = 255;

impl Beginning {
    #[inline]
    fn of(value: &str, hash: u64) -> Beginning {
        match value.as_bytes() {
            short if short.len() <= 8 => Beginning { first: hash::word_of(short), rest: (short.len() as u32) << 24 },
            bytes if bytes.len() <= 11 => {
                let (first, rest) = bytes.split_at(8);
                let rest = rest.iter().rev().fold(0, |rest, &byte| rest << 8 | u32::from(byte));
                Beginning { first: hash::word_of(first), rest: rest | (bytes.len() as u32) << 24 }
            }
            _ => Beginning { first: hash, rest: LONG << 24 },
        }
    }

    /// Whether equal beginnings are equal texts.
    #[inline]
    fn is_whole(self) -> bool {
        self.rest >> 24 != LONG
    }
}

impl Default for Dictionary {
    fn default() -> Self {
        Dictionary::with_capacity(0, 0)
    }
}

impl Dictionary {
    /// A dictionary with room for so many values of so many bytes together.
    pub(crate) fn with_capacity(values: usize, bytes: usize) -> Dictionary {
        let ids = Ids::Quick { hashes: Vec::with_capacity(values), slots: HashTable::with_capacity(values) };
        Dictionary::with_ids(ids, values, bytes)
    }

    /// The same that takes little memory and more time.
    pub(crate) fn lean_with_capacity(values: usize, bytes: usize) -> Dictionary {
        Dictionary::with_ids(Ids::Lean(HashTable::with_capacity(values)), values, bytes)
    }

    fn with_ids(ids: Ids, values: usize, bytes: usize) -> Dictionary {
        let mut dictionary = Dictionary { values: TextList::with_capacity(values, bytes), ids };
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
        use hashbrown::hash_table::Entry::{Occupied, Vacant};
        let Dictionary { values, ids } = self;
        let next = values.len() as u32;
        match ids {
            Ids::Quick { hashes, slots } => {
                let beginning = Beginning::of(value, hash);
                let is_value = |slot: &Slot| {
                    slot.beginning == beginning && (beginning.is_whole() || values.get(slot.id as usize) == value)
                };
                match slots.entry(hash, is_value, |slot| hashes[slot.id as usize]) {
                    Occupied(found) => return found.get().id,
                    Vacant(free) => free.insert(Slot { beginning, id: next }),
                };
                hashes.push(hash);
            }
            Ids::Lean(ids) => {
                let text = |id: &u32| values.get(*id as usize);
                match ids.entry(hash, |id| text(id) == value, |id| hash::of_text(text(id))) {
                    Occupied(found) => return *found.get(),
                    Vacant(free) => free.insert(next),
                };
            }
        }
        values.push(value);
        next
    }

    fn hash(&self, id: u32) -> u64 {
        match &self.ids {
            Ids::Quick { hashes, .. } => hashes[id as usize],
            Ids::Lean(_) => hash::of_text(self.get(id)),
        }
    }

    /// The id here of each value of another dictionary that is not sealed.
    pub(crate) fn intern_all(&mut self, other: &Dictionary) -> Vec<u32> {
        (0..other.len() as u32).map(|id| self.intern_hashed(other.hash(id), other.get(id))).collect()
    }

    /// The text of an id.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> &str {
        self.values.get(id as usize)
    }

    /// Every text in the order of ids.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|id| self.values.get(id))
    }

    /// Forgets the texts from an id on, as if they had never been seen.
    pub(crate) fn truncate(&mut self, len: usize) {
        let len = len.max(1).min(self.len());
        for id in len as u32..self.len() as u32 {
            let hash = self.hash(id);
            match &mut self.ids {
                Ids::Quick { slots, .. } => {
                    slots.find_entry(hash, |slot| slot.id == id).ok().map(|found| found.remove());
                }
                Ids::Lean(ids) => _ = ids.find_entry(hash, |&found| found == id).ok().map(|found| found.remove()),
            }
        }
        if let Ids::Quick { hashes, .. } = &mut self.ids {
            hashes.truncate(len);
        }
        self.values.truncate(len);
    }

    /// Numbers the texts anew by what they are, so that no number depends on which text came first; gives the new
    /// number of each.
    pub(crate) fn renumber(&mut self) -> Vec<u32> {
        let hash = |id: &u32| self.hash(*id);
        let mut order: Vec<u32> = (1..self.len() as u32).collect();
        order::sort_by_word(&mut order, hash);
        for equal in order.chunk_by_mut(|a, b| hash(a) == hash(b)).filter(|equal| equal.len() > 1) {
            order::sort_by(equal, |a, b| self.get(*a).cmp(self.get(*b)));
        }
        order.insert(0, 0);
        let mut renumbered = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| renumbered[old as usize] = new as u32);
        self.values = self.values.permuted(&order);
        let new = |id: &mut u32| *id = renumbered[*id as usize];
        match &mut self.ids {
            Ids::Quick { hashes, slots } => {
                *hashes = order.iter().map(|&old| hashes[old as usize]).collect();
                slots.iter_mut().for_each(|slot| new(&mut slot.id));
            }
            Ids::Lean(ids) => ids.iter_mut().for_each(new),
        }
        renumbered
    }

    /// Frees the index once nothing more will be interned.
    pub(crate) fn seal(&mut self) {
        self.ids = Ids::Quick { hashes: Vec::new(), slots: HashTable::new() };
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
    fn texts_of_every_length_are_told_apart() {
        let long = "abcdefghijklmnopqrst";
        let mut texts: Vec<String> = (1..long.len()).map(|length| long[..length].to_owned()).collect();
        texts.extend((1..12).map(|zeros| format!("a{}", "\0".repeat(zeros))));
        texts.extend(["é", "abcdefghé", "abcdefghijé"].map(str::to_owned));
        let mut dictionary = Dictionary::default();
        let ids: Vec<u32> = texts.iter().map(|text| dictionary.intern(text)).collect();
        assert_eq!(ids, (1..=texts.len() as u32).collect::<Vec<_>>());
        assert!(texts.iter().zip(&ids).all(|(text, &id)| dictionary.intern(text) == id && dictionary.get(id) == text));
    }

    #[test]
    fn new_numbers_depend_on_the_texts_alone() {
        let texts = ["KHAN", "PATEL", "A LONG FAMILY NAME", "SINGH"];
        let numbered = |texts: &[&str]| {
            let mut dictionary = Dictionary::default();
            let old: Vec<u32> = texts.iter().map(|text| dictionary.intern(text)).collect();
            let new = dictionary.renumber();
            assert!(old.iter().zip(texts).all(|(&id, text)| dictionary.get(new[id as usize]) == *text));
            assert_eq!((dictionary.intern("KHAN"), dictionary.intern("")), (new[dictionary_place(texts)], 0));
            dictionary.iter().map(str::to_owned).collect::<Vec<_>>()
        };
        fn dictionary_place(texts: &[&str]) -> usize {
            1 + texts.iter().position(|text| *text == "KHAN").unwrap()
        }
        let turned: Vec<&str> = texts.into_iter().rev().collect();
        assert_eq!(numbered(&texts), numbered(&turned));
    }

    #[test]
    fn ends_beyond_four_gibibytes_are_kept_whole() {
        let mut ends = Ends::default();
        let far = u32::MAX as usize + 7;
        [5, far, far + 1].into_iter().for_each(|end| ends.push(end));
        assert_eq!([0, 1, 2, 3].map(|place| ends.get(place)), [Some(5), Some(far), Some(far + 1), None]);
    }

    #[test]
    fn what_was_forgotten_can_be_seen_anew() {
        for mut dictionary in [Dictionary::default(), Dictionary::lean_with_capacity(0, 0)] {
            dictionary.intern("KHAN");
            dictionary.intern("PATEL");
            dictionary.truncate(2);
            assert_eq!((dictionary.len(), dictionary.intern("SINGH"), dictionary.intern("KHAN")), (2, 2, 1));
            assert_eq!(dictionary.intern("PATEL"), 3);
        }
    }

    #[test]
    fn a_lean_dictionary_gives_the_ids_of_a_quick_one() {
        let (mut quick, mut lean) = (Dictionary::default(), Dictionary::lean_with_capacity(0, 0));
        // Enough to make both tables grow, each text twice.
        let texts: Vec<String> = (0..4000).map(|n| format!("{}{}", "NAME".repeat(n % 5), n % 2000)).collect();
        assert!(texts.iter().all(|text| quick.intern(text) == lean.intern(text)));
        assert_eq!(quick.intern_all(&lean), (0..lean.len() as u32).collect::<Vec<_>>());
        assert_eq!(quick.renumber(), lean.renumber());
        assert!(texts.iter().all(|text| quick.intern(text) == lean.intern(text)));
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
