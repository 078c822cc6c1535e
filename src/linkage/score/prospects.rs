//! What can still come of a pair while only some of its comparisons are known.
//!
//! Of the pairs that blocking brings together most come to nothing, and a few comparisons tell: whatever the others
//! find, the pair stays below the threshold and is none of a household. These others are not looked at. What is kept is
//! what looking at all of them would keep, to the bit.

use super::{PairScore, Scorer, Sum, adjustment};
use crate::linkage::comparison::{CompiledComparison, LevelIndex, RecordIndex, TermFrequency};
use crate::order;

/// More than all rounding of sums in another order, in bits.
const SLACK: f64 = 1e-6;
/// Models of more comparisons are looked at in full.
const MOST: usize = 32;

/// The comparisons in the order in which they settle most, and what those behind each can bring.
pub(crate) struct Prospects<'s> {
    scorer: &'s Scorer<'s>,
    least: f64,
    steps: Vec<Step>,
}

struct Step {
    /// The place of the comparison in the model.
    place: usize,
    /// The most that all later steps add against chance.
    most: f64,
    /// The least that they add to the weight against a household beyond that against chance.
    least_apart: f64,
}

impl<'s> Prospects<'s> {
    /// For pairs that matter if they weigh at least so many bits, or if they are of one household.
    pub(crate) fn new(scorer: &'s Scorer<'s>, least: f64) -> Prospects<'s> {
        let ranges: Vec<(f64, f64)> = scorer.comparisons.iter().map(range).collect();
        let mut places: Vec<usize> = if ranges.len() <= MOST { (0..ranges.len()).collect() } else { Vec::new() };
        order::sort_by(&mut places, |&one, &other| ranges[other].0.total_cmp(&ranges[one].0).then(one.cmp(&other)));
        let (mut most, mut least_apart) = (0.0, 0.0);
        let mut steps: Vec<Step> = Vec::with_capacity(places.len());
        for &place in places.iter().rev() {
            steps.push(Step { place, most, least_apart });
            most += ranges[place].0;
            least_apart += ranges[place].1;
        }
        steps.reverse();
        Prospects { scorer, least, steps }
    }

    /// The score of a pair; `None` if it is seen to weigh less than wanted and to be of no household.
    #[inline]
    pub(crate) fn score(&self, left: RecordIndex, right: RecordIndex) -> Option<PairScore> {
        let Scorer { comparisons, codec, prior, household_prior } = self.scorer;
        if self.steps.is_empty() {
            return Some(self.scorer.score(left, right));
        }
        let mut found = [(0 as LevelIndex, 0.0); MOST];
        // Without a household class nothing is one of a household.
        let (mut chance, mut apart) = (*prior, household_prior.map_or(f64::INFINITY, |household| household - prior));
        for step in &self.steps {
            let comparison = &comparisons[step.place];
            let level = comparison.comparator.level(left, right);
            let place = usize::from(level);
            let weight = comparison.weights[place] + adjustment(comparison, place, left, right);
            found[step.place] = (level, weight);
            chance += weight;
            apart += comparison.household_weights.get(place).copied().unwrap_or(0.0) - weight;
            if chance + step.most < self.least - SLACK && apart + step.least_apart > SLACK {
                return None;
            }
        }
        let mut sum = Sum::start(*prior, *household_prior);
        let mut pattern = 0;
        for ((comparison, &count), &(level, weight)) in comparisons.iter().zip(codec.level_counts()).zip(&found) {
            pattern = pattern * count + u64::from(level);
            sum.add_weights(weight, comparison.household_weights.get(usize::from(level)).copied().unwrap_or(0.0));
        }
        Some(sum.finish(pattern, household_prior.is_some()))
    }
}

/// The most that a comparison adds against chance, and the least that it adds against a household beyond that.
fn range(comparison: &CompiledComparison) -> (f64, f64) {
    let (mut most, mut least_apart) = (0.0, 0.0);
    for (level, &weight) in comparison.weights.iter().enumerate() {
        let term = comparison.term_frequency.get(level).and_then(Option::as_ref);
        let household = comparison.household_weights.get(level).copied().unwrap_or(0.0);
        let weight = weight + term.map_or(0.0, most_of);
        most = greater(most, weight);
        least_apart = -greater(-least_apart, weight - household);
    }
    (most, least_apart)
}

/// The greatest adjustment of any value: that of the rarest, or of the most frequent, or none.
fn most_of(term: &TermFrequency) -> f64 {
    let known = term.frequency.iter().filter(|frequency| !frequency.is_nan());
    let (least, most) = known.fold((f64::INFINITY, 0.0), |(least, most), &f| (f.min(least), f.max(most)));
    let bounds = if least <= most { [least, most].map(|frequency| term.adjustment_of(frequency)) } else { [0.0; 2] };
    bounds.into_iter().fold(0.0, greater)
}

/// The greater of two; without bounds where one is no number.
fn greater(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() { f64::INFINITY } else { one.max(other) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::comparison::Comparator;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Levels by the right record; counts how often it is asked.
    struct Listed(Vec<LevelIndex>, Arc<std::sync::atomic::AtomicUsize>);
    impl Comparator for Listed {
        fn level_count(&self) -> usize {
            3
        }
        fn level(&self, _: RecordIndex, right: RecordIndex) -> LevelIndex {
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.0[right as usize]
        }
    }

    /// The levels of some pairs, weights against chance, weights against a household, and shares of values.
    type Drawn = (Vec<LevelIndex>, [f64; 2], [f64; 2], Vec<f64>);

    fn scorer(drawn: &[Drawn], household: Option<f64>, asked: &Arc<std::sync::atomic::AtomicUsize>) -> Scorer<'static> {
        let comparisons = drawn.iter().map(|(levels, [differ, agree], apart, shares)| CompiledComparison {
            name: String::new(),
            comparator: Box::new(Listed(levels.clone(), Arc::clone(asked))),
            weights: vec![0.0, *differ, *agree],
            household_weights: if household.is_some() { vec![0.0, apart[0], apart[1]] } else { Vec::new() },
            term_frequency: vec![
                None,
                None,
                Some(TermFrequency {
                    value_id: Arc::new((0..shares.len() as u32).collect()),
                    frequency: shares.clone(),
                    u_base: 0.01,
                    minimum_u: 0.0,
                    weight: 1.0,
                }),
            ],
        });
        let scorer = Scorer::new(comparisons.collect(), -9.0).unwrap();
        match household {
            Some(prior) => scorer.with_household(prior),
            None => scorer,
        }
    }

    fn drawn() -> impl Strategy<Value = Drawn> {
        let share = prop_oneof![0.0001..0.2, Just(f64::NAN)];
        let weights = || [-9.0..1.0, -1.0..12.0];
        (prop::collection::vec(0u8..3, 12), weights(), weights(), prop::collection::vec(share, 12))
    }

    proptest! {
        #[test]
        fn what_looking_at_all_keeps_is_kept_to_the_bit(
            drawn in prop::collection::vec(drawn(), 1..7), prior in prop::option::of(-3.0..6.0), least in -9.0..9.0,
        ) {
            let asked = Arc::default();
            let scorer = scorer(&drawn, prior, &asked);
            let prospects = Prospects::new(&scorer, least);
            for right in 0..12 {
                let whole = scorer.score(0, right);
                match prospects.score(0, right) {
                    Some(score) => prop_assert_eq!(score, whole),
                    None => prop_assert!(whole.weight < least && !whole.is_household()),
                }
            }
        }
    }

    #[test]
    fn comparisons_that_cannot_matter_are_not_looked_at() {
        let asked: Arc<std::sync::atomic::AtomicUsize> = Arc::default();
        let differing = |agree| (vec![1], [-9.0, agree], [-1.0, 1.0], vec![f64::NAN]);
        let scorer = scorer(&[differing(2.0), differing(9.0), differing(3.0)], Some(5.0), &asked);
        assert_eq!(Prospects::new(&scorer, 0.0).score(0, 0), None);
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}
