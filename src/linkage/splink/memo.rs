//! The levels of pairs of values met before.

use crate::linkage::comparison::LevelIndex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A cache of fixed size: each pair of ids has one place and a newcomer takes it over. Since a level depends
/// on the pair alone, what is found is right whichever thread put it there and whenever.
pub(super) struct Memo {
    places: Vec<AtomicU64>,
    shift: u32,
}

/// Bits of one id in an entry; two ids and a level of 8 bits share a word.
const ID_BITS: u32 = 28;

impl Memo {
    /// Whether so many ids fit an entry.
    pub(super) fn fits(ids: usize) -> bool {
        ids < 1 << ID_BITS
    }

    /// A memo for pairs of so many ids.
    pub(super) fn new(ids: usize) -> Memo {
        const LEAST: usize = 1 << 10;
        const MOST: usize = 1 << 20;
        let places = ids.saturating_mul(16).clamp(LEAST, MOST).next_power_of_two();
        Memo { places: (0..places).map(|_| AtomicU64::new(0)).collect(), shift: 64 - places.trailing_zeros() }
    }

    /// The level of a pair, computed if it is not known.
    #[inline]
    pub(super) fn level(&self, a: u32, b: u32, compute: impl FnOnce() -> LevelIndex) -> LevelIndex {
        // The level is stored one greater, so that an empty place is no entry.
        let key = u64::from(a) << (ID_BITS + 8) | u64::from(b) << 8;
        let place = &self.places[(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize];
        let entry = place.load(Ordering::Relaxed);
        if entry & !0xFF == key && entry & 0xFF != 0 {
            return (entry & 0xFF) as LevelIndex - 1;
        }
        let level = compute();
        place.store(key | (u64::from(level) + 1), Ordering::Relaxed);
        level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_computed_once_while_its_place_is_not_taken_over() {
        let memo = Memo::new(10);
        assert_eq!(memo.level(0, 0, || 3), 3);
        assert_eq!(memo.level(0, 0, || unreachable!("known")), 3);
        assert_eq!(memo.level(1, 2, || 0), 0);
        assert_eq!(memo.level(2, 1, || 4), 4);
        assert_eq!(memo.level(1, 2, || unreachable!("known")), 0);
    }
}
