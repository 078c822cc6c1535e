//! What the engine needs to know of one comparison, wherever it came from.

/// A record's place in the table: dense, from 0.
pub type RecordIndex = u32;

/// A comparison level as the engine stores it: 0 is the null level, `n >= 1` is gamma `n - 1`.
/// Gamma 0 is "anything else", the greatest gamma the strongest agreement.
pub type LevelIndex = u8;

/// Tells at which level two records agree on one comparison.
///
/// Implementations hold their columns by reference to the table and remember similarities by pair of
/// value ids; they must be pure: the same pair gives the same level in any order, on any thread.
pub trait Comparator: Send + Sync {
    /// Levels including the null level: a comparison with gammas 0 to 3 has 5.
    fn level_count(&self) -> usize;

    /// The level at which the left and right record agree.
    fn level(&self, left: RecordIndex, right: RecordIndex) -> LevelIndex;
}

/// One comparison ready to score: how to find the level, and what each level weighs.
pub struct CompiledComparison {
    /// The name of the comparison as the model gives it.
    pub name: String,
    /// Finds the level.
    pub comparator: Box<dyn Comparator>,
    /// Match weight in bits (log2 of m/u) by [`LevelIndex`]; 0 for the null level.
    pub weights: Vec<f64>,
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
    /// The frequency of each record's value in the column concerned, by [`RecordIndex`] through
    /// value ids; NaN where the value is missing.
    pub value_id: Vec<u32>,
    /// Frequency by value id.
    pub frequency: Vec<f64>,
    /// u of the exact-match level on the same column.
    pub u_base: f64,
    /// A floor on the frequency; 0 for none.
    pub minimum_u: f64,
    /// 1 for the full adjustment, 0.5 for half.
    pub weight: f64,
}
