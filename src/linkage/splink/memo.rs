//! The levels of pairs of values met before.

use crate::linkage::comparison::LevelIndex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Stands for a level that is not known; no comparison has so many.
pub(super) const UNKNOWN: LevelIndex = LevelIndex::MAX;

/// A cache of fixed size: each pair of ids has one place and a newcomer takes it over. Since a level depends
/// on the pair alone, what is found is right whichever thread put it there and whenever.
///
/// The two ids make a number of `2 * id_bits` bits. Multiplied by an odd number, which loses nothing, its upper
/// bits tell the place and the rest, the tag, is kept there beside the level. So few ids have a place for every
/// pair, and a place takes four bytes.
pub(super) struct Memo {
    places: Vec<AtomicU32>,
    id_bits: u32,
    tag_bits: u32,
}

/// Places of the greatest memo: 4 MiB.
const MOST_PLACE_BITS: u32 = 20;
/// Bits left to the tag beside a level of eight.
const MOST_TAG_BITS: u32 = 24;

impl Memo {
    /// A memo for pairs of so many ids; `None` for more than it can tell apart, which is 4 million.
    pub(super) fn new(ids: usize) -> Option<Memo> {
        let id_bits = ids.next_power_of_two().trailing_zeros().max(1);
        let place_bits = (2 * id_bits).min(MOST_PLACE_BITS);
        let tag_bits = 2 * id_bits - place_bits;
        let places = || (0..1usize << place_bits).map(|_| AtomicU32::new(0)).collect();
        (tag_bits <= MOST_TAG_BITS).then(|| Memo { places: places(), id_bits, tag_bits })
    }

    /// The place of a pair, and its tag.
    #[inline]
    fn place(&self, a: u32, b: u32) -> (usize, u32) {
        let key = u64::from(a) << self.id_bits | u64::from(b);
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) & ((1 << (2 * self.id_bits)) - 1);
        ((mixed >> self.tag_bits) as usize, mixed as u32 & ((1 << self.tag_bits) - 1))
    }

    /// The level of a pair, or [`UNKNOWN`].
    #[inline]
    pub(super) fn get(&self, a: u32, b: u32) -> LevelIndex {
        let (place, tag) = self.place(a, b);
        let entry = self.places[place].load(Ordering::Relaxed);
        // The level is stored one greater, so that an empty place gives what stands for an unknown one.
        let level = (entry as LevelIndex).wrapping_sub(1);
        if entry >> 8 == tag { level } else { UNKNOWN }
    }

    /// Keeps the level of a pair.
    #[inline]
    pub(super) fn put(&self, a: u32, b: u32, level: LevelIndex) {
        let (place, tag) = self.place(a, b);
        self.places[place].store(tag << 8 | (u32::from(level) + 1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_ids_have_a_place_for_every_pair() {
        let memo = Memo::new(30).unwrap();
        let pairs = || (0..30u32).flat_map(|a| (0..30).map(move |b| (a, b, ((a * 30 + b) % 7) as LevelIndex)));
        assert!(pairs().all(|(a, b, _)| memo.get(a, b) == UNKNOWN));
        pairs().for_each(|(a, b, level)| memo.put(a, b, level));
        assert!(pairs().all(|(a, b, level)| memo.get(a, b) == level));
        assert!(Memo::new((1 << 22) + 1).is_none());
    }

    proptest! {
        #[test]
        fn what_is_found_is_the_level_of_that_very_pair(
            pairs in prop::collection::vec((0u32..4_000_000, 0u32..4_000_000), 1..300),
        ) {
            let memo = Memo::new(4_000_000).unwrap();
            let level = |a: u32, b: u32| ((a ^ b.rotate_left(5)) % 200) as LevelIndex;
            pairs.iter().for_each(|&(a, b)| memo.put(a, b, level(a, b)));
            for &(a, b) in &pairs {
                for (a, b) in [(a, b), (b, a), (a, b ^ 1)] {
                    let found = memo.get(a, b);
                    prop_assert!(found == UNKNOWN || found == level(a, b) || !pairs.contains(&(a, b)));
                    prop_assert!(found == UNKNOWN || pairs.contains(&(a, b)));
                }
            }
        }
    }
}
