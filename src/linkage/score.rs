//! From a pair to its match weight.

mod prospects;

pub(crate) use prospects::Prospects;

use super::comparison::{CompiledComparison, LevelIndex, RecordIndex};
use super::pattern::{Pattern, PatternCodec};
use crate::error::Error;

/// A pair's comparison vector and weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairScore {
    /// The packed comparison vector.
    pub pattern: Pattern,
    /// The match weight in bits (log2 odds of a match), prior included.
    pub weight: f64,
    /// The weight against a pair by chance alone; the same as `weight` without a household class.
    pub against_chance: f64,
    /// The weight against a pair of children born together in one household; infinite without a
    /// household class.
    pub against_household: f64,
}

impl PairScore {
    /// Whether two children born together explain the pair better than chance and better than a match.
    pub fn is_household(&self) -> bool {
        self.against_household < 0.0 && self.against_household < self.against_chance
    }
}

/// One bar of a pair's waterfall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The level.
    pub level: LevelIndex,
    /// The level's weight in bits.
    pub weight: f64,
    /// The term-frequency part in bits.
    pub term_frequency: f64,
}

/// What weighs pairs, over whatever records.
pub(crate) trait Weighs {
    /// The comparison vector and weight of a pair.
    fn weigh(&self, left: RecordIndex, right: RecordIndex) -> PairScore;

    /// One bar for each comparison of a pair.
    fn measure(&self, left: RecordIndex, right: RecordIndex) -> Vec<Bar>;

    /// The prior in bits.
    fn start_weight(&self) -> f64;
}

impl Weighs for Scorer<'_> {
    fn weigh(&self, left: RecordIndex, right: RecordIndex) -> PairScore {
        self.score(left, right)
    }

    fn measure(&self, left: RecordIndex, right: RecordIndex) -> Vec<Bar> {
        self.bars(left, right)
    }

    fn start_weight(&self) -> f64 {
        self.prior
    }
}

/// Scores pairs by one model. Sums run in the order of the comparisons, so the same pair always gets
/// the same bits.
pub struct Scorer<'a> {
    comparisons: Vec<CompiledComparison<'a>>,
    codec: PatternCodec,
    prior: f64,
    household_prior: Option<f64>,
}

impl<'a> Scorer<'a> {
    /// A scorer that starts from `prior` bits (log2 odds that two random records match).
    ///
    /// # Errors
    /// `model/too-many-levels`.
    pub fn new(comparisons: Vec<CompiledComparison<'a>>, prior: f64) -> Result<Scorer<'a>, Error> {
        let levels: Vec<usize> = comparisons.iter().map(|comparison| comparison.comparator.level_count()).collect();
        Ok(Scorer { codec: PatternCodec::new(&levels)?, comparisons, prior, household_prior: None })
    }

    /// Adds the household class: `prior` is the log2 odds of a match against a pair of children born
    /// together in one household, before looking at the records.
    #[must_use]
    pub fn with_household(mut self, prior: f64) -> Scorer<'a> {
        self.household_prior = Some(prior);
        self
    }

    /// The comparisons, in order.
    pub fn comparisons(&self) -> &[CompiledComparison<'a>] {
        &self.comparisons
    }

    /// Packs and unpacks this scorer's comparison vectors.
    pub fn codec(&self) -> &PatternCodec {
        &self.codec
    }

    /// The prior in bits.
    pub fn prior(&self) -> f64 {
        self.prior
    }

    /// The packed comparison vector of a pair.
    #[inline]
    pub fn pattern(&self, left: RecordIndex, right: RecordIndex) -> Pattern {
        self.codec.pack(self.comparisons.iter().map(|comparison| comparison.comparator.level(left, right)))
    }

    /// The comparison vector and weight of a pair.
    #[inline]
    pub fn score(&self, left: RecordIndex, right: RecordIndex) -> PairScore {
        self.score_telling(left, right, |_, _| ())
    }

    /// The same, telling the place of each comparison and its level: to take a comparison vector apart costs a division
    /// for each.
    #[inline]
    pub(super) fn score_telling(
        &self,
        left: RecordIndex,
        right: RecordIndex,
        mut tell: impl FnMut(usize, LevelIndex),
    ) -> PairScore {
        let mut sum = Sum::start(self.prior, self.household_prior);
        let mut pattern = 0;
        for (place, (comparison, &count)) in self.comparisons.iter().zip(self.codec.level_counts()).enumerate() {
            let level = comparison.comparator.level(left, right);
            tell(place, level);
            pattern = pattern * count + u64::from(level);
            sum.add(comparison, usize::from(level), left, right);
        }
        sum.finish(pattern, self.household_prior.is_some())
    }

    /// One bar for each comparison of a pair.
    pub fn bars(&self, left: RecordIndex, right: RecordIndex) -> Vec<Bar> {
        let bar = |comparison: &CompiledComparison| {
            let level = comparison.comparator.level(left, right);
            let place = usize::from(level);
            Bar { level, weight: comparison.weights[place], term_frequency: adjustment(comparison, place, left, right) }
        };
        self.comparisons.iter().map(bar).collect()
    }
}

/// Weights added up so far, against chance and against a household.
pub(crate) struct Sum {
    chance: f64,
    household: f64,
}

impl Sum {
    /// The priors alone.
    pub(crate) fn start(prior: f64, household_prior: Option<f64>) -> Sum {
        Sum { chance: prior, household: household_prior.unwrap_or(0.0) }
    }

    /// Adds the weights of a level: against chance with its adjustment, and against a household.
    #[inline]
    pub(crate) fn add_weights(&mut self, chance: f64, household: f64) {
        self.chance += chance;
        self.household += household;
    }

    /// The score of all that was added.
    pub(crate) fn finish(self, pattern: Pattern, has_household: bool) -> PairScore {
        let Sum { chance, household } = self;
        let (weight, household) = match has_household {
            true => (against_both(chance, household), household),
            false => (chance, f64::INFINITY),
        };
        PairScore { pattern, weight, against_chance: chance, against_household: household }
    }

    #[inline]
    fn add(&mut self, comparison: &CompiledComparison, level: usize, left: RecordIndex, right: RecordIndex) {
        let household = comparison.household_weights.get(level).copied().unwrap_or(0.0);
        self.add_weights(comparison.weights[level] + adjustment(comparison, level, left, right), household);
    }
}

#[inline]
fn adjustment(comparison: &CompiledComparison, level: usize, left: RecordIndex, right: RecordIndex) -> f64 {
    match comparison.term_frequency.get(level) {
        Some(Some(term_frequency)) => term_frequency.adjustment(left, right),
        _ => 0.0,
    }
}

/// The log2 odds of a match against either rival explanation, from the odds against each:
/// `-log2(2^-chance + 2^-household)`.
pub fn against_both(chance: f64, household: f64) -> f64 {
    let (less, more) = if chance < household { (chance, household) } else { (household, chance) };
    less - libm::log2(1.0 + libm::exp2(less - more))
}

/// The probability of a match with this weight: 1 / (1 + 2^-weight), without overflow.
///
/// ```
/// use childlink::linkage::score::probability;
/// assert_eq!(probability(0.0), 0.5);
/// assert_eq!(probability(5000.0), 1.0);
/// assert_eq!(probability(-5000.0), 0.0);
/// ```
pub fn probability(weight: f64) -> f64 {
    if weight >= 0.0 {
        1.0 / (1.0 + libm::exp2(-weight))
    } else {
        let odds = libm::exp2(weight);
        odds / (1.0 + odds)
    }
}

/// The weight of a probability strictly between 0 and 1: log2 of its odds.
pub fn weight_of(probability: f64) -> f64 {
    libm::log2(probability) - libm::log2(1.0 - probability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::comparison::Comparator;

    struct Fixed(LevelIndex);
    impl Comparator for Fixed {
        fn level_count(&self) -> usize {
            3
        }
        fn level(&self, _: RecordIndex, _: RecordIndex) -> LevelIndex {
            self.0
        }
    }

    fn comparison(level: LevelIndex, household: bool) -> CompiledComparison<'static> {
        CompiledComparison {
            name: "c".into(),
            comparator: Box::new(Fixed(level)),
            weights: vec![0.0, -3.0, 7.0],
            household_weights: if household { vec![0.0, -4.0, 0.5] } else { Vec::new() },
            term_frequency: Vec::new(),
        }
    }

    #[test]
    fn weights_add_to_the_prior_and_the_null_level_adds_nothing() {
        let scorer =
            Scorer::new(vec![comparison(2, false), comparison(1, false), comparison(0, false)], -10.0).unwrap();
        assert_eq!(scorer.score(0, 1).weight, -10.0 + 7.0 - 3.0);
        let bars: Vec<f64> = scorer.bars(0, 1).iter().map(|bar| bar.weight).collect();
        assert_eq!(bars, [7.0, -3.0, 0.0]);
    }

    #[test]
    fn agreement_that_siblings_share_cannot_outweigh_the_household() {
        // Three fields that any twin shares: 21 bits against chance, but next to nothing against a twin.
        let three = || vec![comparison(2, true), comparison(2, true), comparison(2, true)];
        let scorer = Scorer::new(three(), -10.0).unwrap().with_household(1.0);
        let weight = scorer.score(0, 1).weight;
        assert!(weight < 2.5 && weight > 2.4, "{weight}");
    }

    #[test]
    fn probability_and_weight_are_inverse() {
        for weight in [-20.0, -1.0, 0.0, 3.5, 20.0] {
            assert!((weight_of(probability(weight)) - weight).abs() < 1e-6);
        }
        assert_eq!(against_both(5.0, f64::INFINITY), 5.0);
    }
}
