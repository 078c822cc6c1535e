//! What two texts can have in common at most, told in a few instructions: pairs that cannot reach a threshold
//! are not compared in full.

/// How often each letter occurs in a text, letters of equal last five bits counted together.
#[derive(Clone, Copy)]
pub(super) struct Bag {
    counts: [u8; 32],
    length: u32,
}

impl Bag {
    /// The bag of a text.
    pub(super) fn of(text: &[u8]) -> Bag {
        let mut counts = [0u8; 32];
        for byte in text {
            let count = &mut counts[usize::from(byte & 31)];
            *count = count.saturating_add(1);
        }
        Bag { counts, length: text.len() as u32 }
    }

    /// At least as many bytes as a matching of equal bytes can pair; `None` for texts too long to count.
    #[inline]
    fn common(&self, other: &Bag) -> Option<u32> {
        if self.length.max(other.length) > u32::from(u8::MAX) {
            return None;
        }
        Some(self.counts.iter().zip(&other.counts).map(|(a, b)| u32::from(*a.min(b))).sum())
    }

    /// No edit distance of the two texts is less.
    #[inline]
    pub(super) fn least_distance(&self, other: &Bag) -> f64 {
        let common = self.common(other);
        common.map_or(0.0, |common| f64::from(self.length.max(other.length) - common))
    }

    /// No Jaro similarity of the two texts is greater.
    #[inline]
    pub(super) fn most_jaro(&self, other: &Bag) -> f64 {
        match self.common(other) {
            None => 1.0,
            Some(0) => 0.0,
            Some(common) => {
                let common = f64::from(common);
                (common / f64::from(self.length) + common / f64::from(other.length) + 1.0) / 3.0
            }
        }
    }

    /// No Jaro-Winkler similarity of the two texts, whose common start has this length, is greater.
    #[inline]
    pub(super) fn most_jaro_winkler(&self, other: &Bag, prefix: usize) -> f64 {
        let jaro = self.most_jaro(other);
        jaro + prefix.min(4) as f64 * 0.1 * (1.0 - jaro)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::splink::distance;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_hold(a in "[a-e1-4é]{0,12}", b in "[a-e1-4é]{0,12}", long in "[ab]{250,260}") {
            for (a, b) in [(&a, &b), (&a, &long)] {
                let (a, b) = (a.as_bytes(), b.as_bytes());
                let (bag_a, bag_b) = (Bag::of(a), Bag::of(b));
                let prefix = a.iter().zip(b).take_while(|(a, b)| a == b).count();
                prop_assert!(bag_a.least_distance(&bag_b) <= distance::damerau_levenshtein(a, b) as f64);
                prop_assert!(bag_a.least_distance(&bag_b) <= distance::levenshtein(a, b) as f64);
                prop_assert!(bag_a.most_jaro(&bag_b) + 1e-12 >= distance::jaro(a, b));
                prop_assert!(bag_a.most_jaro_winkler(&bag_b, prefix) + 1e-12 >= distance::jaro_winkler(a, b));
            }
        }
    }
}
