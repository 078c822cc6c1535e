//! Comparison vectors packed into one number.
//!
//! A pattern is the levels of all comparisons in mixed radix. A few thousand patterns stand for
//! millions of pairs, so training counts patterns and never looks at a pair twice.

use super::comparison::LevelIndex;
use crate::error::Error;
use crate::order;

/// A packed comparison vector; only a [`PatternCodec`] can tell what it means.
pub type Pattern = u64;

/// Packs and unpacks the levels of a fixed list of comparisons.
///
/// ```
/// use childlink::linkage::pattern::PatternCodec;
/// let codec = PatternCodec::new(&[3, 5])?;
/// let pattern = codec.pack([2, 4].into_iter());
/// assert_eq!(codec.unpack(pattern).collect::<Vec<_>>(), [2, 4]);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternCodec {
    level_counts: Vec<u64>,
}

impl PatternCodec {
    /// A codec for comparisons of so many levels each, the null level included.
    ///
    /// # Errors
    /// `model/too-many-levels` if the vectors do not fit in 64 bits.
    pub fn new(level_counts: &[usize]) -> Result<PatternCodec, Error> {
        let level_counts: Vec<u64> = level_counts.iter().map(|&count| count as u64).collect();
        let size = level_counts.iter().try_fold(1u64, |size, &count| size.checked_mul(count.max(1)));
        let in_range = level_counts.iter().all(|&count| count <= u64::from(LevelIndex::MAX) + 1);
        match size {
            Some(_) if in_range => Ok(PatternCodec { level_counts }),
            _ => Err(Error::new(
                "model/too-many-levels",
                "the levels of all comparisons together make too many combinations",
                "use fewer comparisons or fewer levels: their product must stay below 2^64",
            )),
        }
    }

    /// How many comparisons there are.
    pub fn len(&self) -> usize {
        self.level_counts.len()
    }

    /// Whether there is no comparison.
    pub fn is_empty(&self) -> bool {
        self.level_counts.is_empty()
    }

    /// How many levels each comparison has, in order.
    pub fn level_counts(&self) -> &[u64] {
        &self.level_counts
    }

    /// Packs one level for each comparison, in order.
    #[inline]
    pub fn pack(&self, levels: impl Iterator<Item = LevelIndex>) -> Pattern {
        self.level_counts.iter().zip(levels).fold(0, |pattern, (count, level)| pattern * count + u64::from(level))
    }

    /// The level of each comparison, in order.
    pub fn unpack(&self, pattern: Pattern) -> impl Iterator<Item = LevelIndex> + use<'_> {
        let mut unit: u64 = self.level_counts.iter().product();
        self.level_counts.iter().map(move |&count| {
            unit /= count.max(1);
            ((pattern / unit.max(1)) % count.max(1)) as LevelIndex
        })
    }
}

/// How often each pattern was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatternCounts {
    counts: hashbrown::HashMap<Pattern, u64, std::hash::BuildHasherDefault<rustc_hash::FxHasher>>,
}

impl PatternCounts {
    /// Counts one pair.
    #[inline]
    pub fn add(&mut self, pattern: Pattern) {
        *self.counts.entry(pattern).or_insert(0) += 1;
    }

    /// Adds the counts of another part of the pairs.
    pub fn merge(&mut self, other: &PatternCounts) {
        for (&pattern, count) in &other.counts {
            *self.counts.entry(pattern).or_insert(0) += count;
        }
    }

    /// Pairs counted.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Every pattern with its count, in order of pattern, whatever the order of pairs.
    pub fn sorted(&self) -> Vec<(Pattern, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(&pattern, &count)| (pattern, count)).collect();
        order::sort_by_word(&mut all, |&(pattern, _)| pattern);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_has_its_own_pattern() {
        let codec = PatternCodec::new(&[2, 3, 4]).unwrap();
        let mut seen = Vec::new();
        for (a, b, c) in (0..2).flat_map(|a| (0..3).flat_map(move |b| (0..4).map(move |c| (a, b, c)))) {
            let pattern = codec.pack([a, b, c].into_iter());
            assert_eq!(codec.unpack(pattern).collect::<Vec<_>>(), [a, b, c]);
            seen.push(pattern);
        }
        assert_eq!(seen, (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn more_combinations_than_64_bits_are_refused() {
        assert_eq!(PatternCodec::new(&[200; 9]).unwrap_err().code, "model/too-many-levels");
    }

    #[test]
    fn counts_merge_into_one_order() {
        let (mut one, mut two) = (PatternCounts::default(), PatternCounts::default());
        [5, 1, 5].iter().for_each(|&p| one.add(p));
        two.add(1);
        one.merge(&two);
        assert_eq!((one.sorted(), one.total()), (vec![(1, 2), (5, 2)], 4));
    }
}
