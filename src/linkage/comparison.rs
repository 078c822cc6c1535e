//! What the engine needs to know of one comparison, wherever it came from.

use std::sync::Arc;

/// A record's place in the table: dense, from 0.
pub type RecordIndex = u32;

/// Two records as one number, in order of the left record, then the right.
pub(crate) fn word_of(left: RecordIndex, right: RecordIndex) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// A comparison level as the engine stores it: 0 is the null level, `n >= 1` is gamma `n - 1`.
/// Gamma 0 is "anything else", the greatest gamma the strongest agreement.
pub type LevelIndex = u8;

/// Tells at which level two records agree on one comparison.
///
/// Implementations hold their columns by reference to the table; they must be pure: the same pair
/// gives the same level in any order, on any thread.
pub trait Comparator: Send + Sync {
    /// Levels including the null level: a comparison with gammas 0 to 3 has 5.
    fn level_count(&self) -> usize;

    /// The level at which the left and right record agree.
    fn level(&self, left: RecordIndex, right: RecordIndex) -> LevelIndex;
}

/// One comparison ready to score: how to find the level, and what each level weighs.
pub struct CompiledComparison<'a> {
    /// The name of the comparison as the model gives it.
    pub name: String,
    /// Finds the level.
    pub comparator: Box<dyn Comparator + 'a>,
    /// Match weight in bits (log2 of m/u) by [`LevelIndex`]; 0 for the null level.
    pub weights: Vec<f64>,
    /// Weight in bits of the level for a match against a household pair (log2 of m/h) by
    /// [`LevelIndex`]; empty where the model has no household class.
    pub household_weights: Vec<f64>,
    /// Term-frequency adjustment by [`LevelIndex`]; `None` where the level has none.
    pub term_frequency: Vec<Option<TermFrequency>>,
}

/// How a level's weight moves with the rarity of the value agreed on.
///
/// The adjustment in bits is `weight * (log2(u_base) - log2(max(tf, minimum_u)))`, where `tf` is the
/// greater of the two records' frequencies when both are known, else the one known; 0 when neither is.
///
/// # Source
/// Splink 5.0.0, term frequency adjustment of a comparison level.
pub struct TermFrequency {
    /// The value of each record in the column concerned, as an index into `frequency`.
    pub value_id: Arc<Vec<u32>>,
    /// Relative frequency by value id; NaN for ids that stand for a missing value.
    pub frequency: Vec<f64>,
    /// u of the exact-match level on the same column.
    pub u_base: f64,
    /// A floor on the frequency; 0 for none.
    pub minimum_u: f64,
    /// 1 for the full adjustment, 0.5 for half.
    pub weight: f64,
}

impl TermFrequency {
    /// The relative frequency of a record's value, 0 to 1; NaN where it is missing.
    #[inline]
    pub fn frequency_of(&self, record: RecordIndex) -> f64 {
        let id = self.value_id.get(record as usize).copied().unwrap_or(u32::MAX);
        self.frequency.get(id as usize).copied().unwrap_or(f64::NAN)
    }

    /// The adjustment in bits for a pair.
    #[inline]
    pub fn adjustment(&self, left: RecordIndex, right: RecordIndex) -> f64 {
        // `f64::max` gives the other number when one is NaN: exactly the rule for a missing value.
        let frequency = self.frequency_of(left).max(self.frequency_of(right));
        if frequency.is_nan() { 0.0 } else { self.adjustment_of(frequency) }
    }

    /// The adjustment in bits for a value of this relative frequency.
    #[inline]
    pub(super) fn adjustment_of(&self, frequency: f64) -> f64 {
        self.weight * (libm::log2(self.u_base) - libm::log2(frequency.max(self.minimum_u)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjustment_is_that_of_the_published_check_value() {
        // Splink 5.0.0 on fake_1000: tf .148741, u_base .144795 gives -0.038799 bits.
        let tf = TermFrequency {
            value_id: Arc::new(vec![0, 0, 1]),
            frequency: vec![0.148741, f64::NAN],
            u_base: 0.144795,
            minimum_u: 0.0,
            weight: 1.0,
        };
        assert!((tf.adjustment(0, 1) + 0.038799).abs() < 1e-5);
        assert_eq!(tf.adjustment(0, 2), tf.adjustment(0, 1));
        assert_eq!(tf.adjustment(2, 2), 0.0);
    }
}
