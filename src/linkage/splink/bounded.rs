//! Weighs pairs of which only the heavy ones are wanted: a pair is given up as soon as the comparisons that are left
//! cannot lift it far enough.

use super::comparator::SIDE_BY_SIDE;
use super::score::{CompiledModel, LEVELS, ScoredComparison};
use super::scores::Scores;
use crate::error::Error;
use crate::linkage::comparison::{Comparator, LevelIndex, RecordIndex};
use crate::linkage::parallel;

/// How much pairs can weigh, by what is known of them.
pub(super) struct Bounds {
    /// The comparisons, the one first that can take most off.
    order: Vec<usize>,
    /// By comparison and level: how much less than the best level this one weighs at most.
    falls: Vec<[f64; LEVELS]>,
    /// What all comparisons add at most, and at least.
    most: f64,
    least: f64,
}

impl Bounds {
    /// None where a weight has no bound.
    pub(super) fn of(comparisons: &[ScoredComparison]) -> Option<Bounds> {
        let mut bounds = Bounds { order: (0..comparisons.len()).collect(), falls: Vec::new(), most: 0.0, least: 0.0 };
        let mut greatest_falls = Vec::new();
        for comparison in comparisons {
            let levels = comparison.comparator.level_count();
            let ranges: Vec<(f64, f64)> = (0..levels).map(|level| comparison.range(level)).collect();
            let most = ranges.iter().map(|range| range.1).fold(f64::NEG_INFINITY, f64::max);
            let least = ranges.iter().map(|range| range.0).fold(f64::INFINITY, f64::min);
            if !(most.is_finite() && least.is_finite()) {
                return None;
            }
            let mut falls = [0.0; LEVELS];
            falls.iter_mut().zip(&ranges).for_each(|(fall, range)| *fall = most - range.1);
            bounds.falls.push(falls);
            bounds.most += most;
            bounds.least += least;
            greatest_falls.push(most - least);
        }
        bounds.order.sort_by(|a, b| greatest_falls[*b].total_cmp(&greatest_falls[*a]));
        Some(bounds)
    }
}

/// Pairs that one thread weighs before it takes others.
const UNIT: usize = SIDE_BY_SIDE * 32;
/// Pairs by which it is judged in which order comparisons rule most out.
const SAMPLE: usize = SIDE_BY_SIDE * 8;
/// More than rounding can make of a sum of weights.
const MARGIN: f64 = 1e-6;

/// Those of some pairs that weigh enough.
struct Kept {
    places: Vec<usize>,
    scores: Scores,
}

impl CompiledModel {
    /// The same as [`score`](Self::score) of those pairs that weigh at least `least` bits, with their places in the
    /// list; the others leave nothing behind, and no more of their comparisons are judged than tell that they weigh
    /// less.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn score_from(&self, pairs: &[(RecordIndex, RecordIndex)], least: f64) -> Result<(Vec<usize>, Scores), Error> {
        let bounds = self.bounds.as_ref().filter(|bounds| self.prior + bounds.least < least);
        let Some(bounds) = bounds else {
            let scores = self.score(pairs)?;
            let places: Vec<usize> = (0..pairs.len()).filter(|&place| scores.weights[place] >= least).collect();
            let scores = if places.len() == pairs.len() { scores } else { scores.picked(&places) };
            return Ok((places, scores));
        };
        let order = self.order_by_sample(bounds, pairs);
        let pieces = parallel::map(pairs.len().div_ceil(UNIT), |unit| {
            let own = unit * UNIT..((unit + 1) * UNIT).min(pairs.len());
            self.weigh_bounded(bounds, &order, &pairs[own.clone()], (own.start, least))
        });
        let mut kept = (Vec::new(), Scores::new(self.comparisons.len()));
        for piece in pieces {
            kept.0.extend(piece.places);
            kept.1.append(piece.scores);
        }
        self.check_faults()?;
        Ok(kept)
    }

    /// Those of a few pairs that weigh at least `least` bits, in their order, with their weights. What went wrong is
    /// told by [`check_faults`](Self::check_faults).
    pub(super) fn heavy(&self, pairs: &[(RecordIndex, RecordIndex)], least: f64) -> Vec<(usize, f64)> {
        match self.bounds.as_ref() {
            Some(bounds) => {
                let kept = self.weigh_bounded(bounds, &bounds.order, pairs, (0, least));
                kept.places.into_iter().zip(kept.scores.weights).collect()
            }
            None => {
                let weights = self.weigh(pairs).into_iter().enumerate();
                weights.filter(|(_, weight)| *weight >= least).collect()
            }
        }
    }

    /// The comparisons in the order in which they take most off some of the pairs for what judging them costs.
    fn order_by_sample(&self, bounds: &Bounds, pairs: &[(RecordIndex, RecordIndex)]) -> Vec<usize> {
        /// What judging costs beside comparing two ids.
        const JUDGED: f64 = 4.0;
        if pairs.len() < SAMPLE * 16 {
            return bounds.order.clone();
        }
        let sample: Vec<_> = pairs.iter().copied().step_by(pairs.len() / SAMPLE).collect();
        let worth = |place: usize| {
            let comparator = &self.comparisons[place].comparator;
            let fall =
                |pair: &(RecordIndex, RecordIndex)| bounds.falls[place][usize::from(comparator.level(pair.0, pair.1))];
            let fall: f64 = sample.iter().map(fall).sum();
            if comparator.is_plain() { fall } else { fall / JUDGED }
        };
        let worth: Vec<f64> = (0..self.comparisons.len()).map(worth).collect();
        let mut order = bounds.order.clone();
        order.sort_by(|a, b| worth[*b].total_cmp(&worth[*a]));
        order
    }

    /// Those of some pairs that weigh at least `least` bits, the first of which has the place `first`. What stays is
    /// weighed in the order of the comparisons, to the same bits as without this.
    fn weigh_bounded(
        &self,
        bounds: &Bounds,
        order: &[usize],
        pairs: &[(RecordIndex, RecordIndex)],
        (first, least): (usize, f64),
    ) -> Kept {
        let width = self.comparisons.len();
        let mut kept = Kept { places: Vec::new(), scores: Scores::new(width) };
        let mut levels: Vec<[LevelIndex; SIDE_BY_SIDE]> = vec![[0; SIDE_BY_SIDE]; width];
        let mut alive = [0u16; SIDE_BY_SIDE];
        let mut most = [0.0; SIDE_BY_SIDE];
        let (mut left, mut right) = ([0u32; SIDE_BY_SIDE], [0u32; SIDE_BY_SIDE]);
        let mut found: [LevelIndex; SIDE_BY_SIDE] = [0; SIDE_BY_SIDE];
        for (start, pairs) in (first..).step_by(SIDE_BY_SIDE).zip(pairs.chunks(SIDE_BY_SIDE)) {
            alive.iter_mut().zip(0..).for_each(|(place, number)| *place = number);
            most.fill(self.prior + bounds.most + MARGIN);
            let mut count = pairs.len();
            for &comparison in order {
                for ((a, b), place) in left.iter_mut().zip(&mut right).zip(&alive[..count]) {
                    let pair = pairs[usize::from(*place)];
                    *a = self.tuples[pair.0 as usize * width + comparison];
                    *b = self.tuples[pair.1 as usize * width + comparison];
                }
                let comparator = &self.comparisons[comparison].comparator;
                comparator.tuple_levels(&left[..count], &right[..count], &mut found[..count]);
                let (falls, levels) = (&bounds.falls[comparison], &mut levels[comparison]);
                let mut stay = 0;
                for at in 0..count {
                    let place = alive[at];
                    levels[usize::from(place)] = found[at];
                    let most = &mut most[usize::from(place)];
                    *most -= falls[usize::from(found[at])];
                    alive[stay] = place;
                    stay += usize::from(*most >= least);
                }
                count = stay;
            }
            for place in alive[..count].iter().map(|place| usize::from(*place)) {
                let levels_of = |comparison: usize| levels[comparison][place];
                let weight = self.weight_of_levels(pairs[place], levels_of);
                if weight >= least {
                    kept.places.push(start + place);
                    kept.scores.push(weight, (0..width).map(levels_of));
                }
            }
        }
        kept
    }

    /// The weight of a pair whose levels are known, summed up as for many pairs at once.
    fn weight_of_levels(&self, pair: (RecordIndex, RecordIndex), level: impl Fn(usize) -> LevelIndex) -> f64 {
        (0..self.comparisons.len()).fold(self.prior, |weight, comparison| {
            let (of_level, of_term) = self.parts_of_weight(comparison, level(comparison), pair);
            let weight = weight + of_level;
            of_term.map_or(weight, |term| weight + term)
        })
    }
}
