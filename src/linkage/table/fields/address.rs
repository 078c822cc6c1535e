//! Addresses as hashed words, in whatever line they stand.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use std::sync::Arc;

/// The words of many addresses, hashed, one list for each record. The lists are shared with the same records in another
/// order: seldom are two addresses compared, and long lists are moved in vain.
#[derive(Default)]
pub(crate) struct AddressWords {
    /// Where the list of each record begins; none at all where no record has an address.
    starts: Vec<u32>,
    /// The lists, each behind its length; the first is empty, for all that have none.
    lists: Arc<Vec<u32>>,
}

/// Set in the hash of a word with a figure in it: a house or flat number.
pub(crate) const FIGURE: u32 = 1;

/// What each byte counts as within a word: a letter without case, or 0 where it parts words.
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0;
    while byte < letters.len() {
        let own = byte as u8;
        if own.is_ascii_alphanumeric() || own >= 0x80 {
            letters[byte] = own.to_ascii_uppercase();
        }
        byte += 1;
    }
    letters
};

/// How two addresses compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressAgreement {
    /// One side has no address.
    Missing,
    /// The numbers agree as far as both have them, and a name where both have names.
    Agrees,
    /// Some of it agrees, or numbers are missing.
    Partly,
    /// The numbers differ, or nothing agrees.
    Differs,
}

impl AddressWords {
    /// Adds the address of the next record. Letters count without case, all else parts words.
    pub(super) fn push<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        let lists = self.begun();
        let start = lists.len();
        lists.push(0);
        let mut word = [0u8; 24];
        for line in lines {
            let mut length = 0;
            for &byte in line.as_bytes() {
                let letter = LETTERS[usize::from(byte)];
                if letter != 0 {
                    if length < word.len() {
                        word[length] = letter;
                        length += 1;
                    }
                } else if length > 0 && byte != b'\'' {
                    lists.extend(hashed(&word[..length]));
                    length = 0;
                }
            }
            if length > 0 {
                lists.extend(hashed(&word[..length]));
            }
        }
        lists[start + 1..].sort_unstable();
        let mut kept = start + 1;
        for index in start + 1..lists.len() {
            if kept == start + 1 || lists[kept - 1] != lists[index] {
                lists[kept] = lists[index];
                kept += 1;
            }
        }
        lists.truncate(kept);
        self.end(start);
    }

    /// Adds the address of the next record from its hashed words, ascending.
    pub(super) fn push_words(&mut self, words: &[u32]) {
        let lists = self.begun();
        let start = lists.len();
        lists.push(0);
        lists.extend_from_slice(words);
        self.end(start);
    }

    /// The lists, with the empty one in front.
    fn begun(&mut self) -> &mut Vec<u32> {
        let lists = Arc::make_mut(&mut self.lists);
        if lists.is_empty() {
            lists.push(0);
        }
        lists
    }

    /// Makes what follows a place the list of the next record.
    fn end(&mut self, start: usize) {
        let lists = Arc::make_mut(&mut self.lists);
        match (lists.len() - start - 1) as u32 {
            0 => {
                lists.truncate(start);
                self.starts.push(0);
            }
            length => {
                lists[start] = length;
                self.starts.push(start as u32);
            }
        }
    }

    /// Appends the addresses of the records that follow.
    pub(super) fn append(&mut self, next: &AddressWords) {
        let lists = self.begun();
        // The empty list of the other is that of this one.
        let base = lists.len() as u32 - 1;
        lists.extend_from_slice(next.lists.get(1..).unwrap_or_default());
        self.starts.extend(next.starts.iter().map(|&start| if start == 0 { 0 } else { start + base }));
    }

    /// The addresses of the records in another order.
    pub(super) fn of_records(&self, order: &[RecordIndex]) -> AddressWords {
        AddressWords { starts: super::gathered(&self.starts, order), lists: Arc::clone(&self.lists) }
    }

    /// The hashed words of a record in ascending order.
    pub(crate) fn of(&self, record: usize) -> &[u32] {
        let Some(&start) = self.starts.get(record) else { return &[] };
        let start = start as usize + 1;
        &self.lists[start..start + self.lists[start - 1] as usize]
    }

    /// How the addresses of two records compare.
    pub(crate) fn compare(&self, left: usize, right: usize) -> AddressAgreement {
        let (left, right) = (self.of(left), self.of(right));
        if left.is_empty() || right.is_empty() {
            return AddressAgreement::Missing;
        }
        let (mut numbers, mut names, mut l, mut r) = (0, 0, 0, 0);
        while l < left.len() && r < right.len() {
            match left[l].cmp(&right[r]) {
                std::cmp::Ordering::Less => l += 1,
                std::cmp::Ordering::Greater => r += 1,
                std::cmp::Ordering::Equal => {
                    *(if left[l] & FIGURE != 0 { &mut numbers } else { &mut names }) += 1;
                    l += 1;
                    r += 1;
                }
            }
        }
        let count = |words: &[u32]| words.iter().filter(|&&word| word & FIGURE != 0).count();
        let fewer_numbers = count(left).min(count(right));
        let fewer_names = (left.len() - count(left)).min(right.len() - count(right));
        match (numbers, names) {
            _ if fewer_numbers > 0 && numbers == 0 => AddressAgreement::Differs,
            (0, 0) => AddressAgreement::Differs,
            _ if numbers >= fewer_numbers && 2 * names >= fewer_names && names + numbers >= 2 => {
                AddressAgreement::Agrees
            }
            _ => AddressAgreement::Partly,
        }
    }
}

/// Whether a word of an address tells nothing about where in a postcode a home is.
fn is_common(word: &[u8]) -> bool {
    matches!(
        word,
        b"THE"
            | b"FLAT"
            | b"APARTMENT"
            | b"APT"
            | b"UNIT"
            | b"HOUSE"
            | b"ROAD"
            | b"RD"
            | b"STREET"
            | b"ST"
            | b"AVENUE"
            | b"AVE"
            | b"LANE"
            | b"LN"
            | b"CLOSE"
            | b"DRIVE"
            | b"DR"
            | b"WAY"
            | b"COURT"
            | b"CT"
            | b"PLACE"
            | b"GARDENS"
    )
}

fn hashed(word: &[u8]) -> Option<u32> {
    if is_common(word) {
        return None;
    }
    let text = std::str::from_utf8(word).unwrap_or("");
    let spread = (hash::of_text(text) >> 32) as u32 & !FIGURE;
    Some(if word.iter().any(u8::is_ascii_digit) { spread | FIGURE } else { spread })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(left: &[&str], right: &[&str]) -> AddressAgreement {
        let mut words = AddressWords::default();
        words.push(left.iter().copied());
        words.push(right.iter().copied());
        words.compare(0, 1)
    }

    #[test]
    fn lines_may_stand_in_any_place() {
        let one = compare(&["12 High Street", "", "Otley"], &["12", "High St", "OTLEY"]);
        assert_eq!(one, AddressAgreement::Agrees);
    }

    #[test]
    fn another_house_number_differs_and_missing_ones_leave_doubt() {
        assert_eq!(compare(&["12 High Street", "Otley"], &["14 High Street", "Otley"]), AddressAgreement::Differs);
        assert_eq!(compare(&["Rose Cottage", "Otley"], &["Otley"]), AddressAgreement::Partly);
        assert_eq!(compare(&["12 High Street"], &[]), AddressAgreement::Missing);
    }

    #[test]
    fn parts_join_in_order() {
        let (mut one, mut two) = (AddressWords::default(), AddressWords::default());
        one.push(["1 A"].into_iter());
        two.push(["2 B"].into_iter());
        one.append(&two);
        assert_eq!((one.of(0).len(), one.of(1).len(), one.of(2).len()), (2, 2, 0));
    }
}
