//! The outcome of weighing many pairs, kept comparison by comparison.

use super::score::{LEVELS, PIECE};
use crate::linkage::comparison::{LevelIndex, RecordIndex};
use crate::linkage::parallel;

/// The levels and weights of scored pairs.
#[derive(Default)]
pub struct Scores {
    /// By comparison, the level of each pair.
    pub levels: Vec<Vec<LevelIndex>>,
    /// Match weight in bits of each pair.
    pub weights: Vec<f64>,
}

impl Scores {
    pub(super) fn new(width: usize) -> Scores {
        Scores { levels: vec![Vec::new(); width], weights: Vec::new() }
    }

    /// The level of each comparison for a pair.
    pub fn levels_of(&self, pair: usize) -> impl Iterator<Item = LevelIndex> {
        self.levels.iter().map(move |levels| levels[pair])
    }

    /// Adds other pairs after these.
    pub(super) fn append(&mut self, other: Scores) {
        if self.weights.is_empty() {
            // The first, and mostly the only ones: not worth a copy.
            *self = other;
            return;
        }
        self.weights.extend(other.weights);
        self.levels.iter_mut().zip(other.levels).for_each(|(levels, more)| levels.extend(more));
    }

    /// Puts pairs where they stand in another order: `places` tells the place of each.
    pub(super) fn scattered(self, places: &[u32]) -> Scores {
        fn scatter<T: Copy + Default>(values: &[T], places: &[u32]) -> Vec<T> {
            let mut scattered = vec![T::default(); values.len()];
            values.iter().zip(places).for_each(|(value, place)| scattered[*place as usize] = *value);
            scattered
        }
        let levels = parallel::map_owned(self.levels, |levels| scatter(&levels, places));
        Scores { levels, weights: scatter(&self.weights, places) }
    }
}

/// Pairs in order of their left record, and where they stood.
pub(super) struct Sorted {
    pub(super) pairs: Vec<(RecordIndex, RecordIndex)>,
    pub(super) places: Vec<u32>,
}

impl Sorted {
    /// None for pairs that stand in order already.
    pub(super) fn of(pairs: &[(RecordIndex, RecordIndex)]) -> Option<Sorted> {
        if pairs.is_sorted_by_key(|pair| pair.0) {
            return None;
        }
        let mut places: Vec<u32> = (0..pairs.len() as u32).collect();
        places.sort_by_key(|place| pairs[*place as usize].0);
        Some(Sorted { pairs: places.iter().map(|place| pairs[*place as usize]).collect(), places })
    }
}

/// Those of scored pairs that weigh at least `least` bits, and their places.
pub(super) fn heavy(scores: Scores, least: f64) -> (Vec<u32>, Scores) {
    let weights = scores.weights.iter().zip(0..);
    let places: Vec<u32> = weights.filter(|(weight, _)| **weight >= least).map(|(_, place)| place).collect();
    if places.len() == scores.weights.len() {
        return (places, scores);
    }
    let levels = parallel::map_owned(scores.levels, |levels| picked(&levels, &places));
    let weights = picked(&scores.weights, &places);
    (places, Scores { levels, weights })
}

fn picked<T: Copy>(values: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|place| values[*place as usize]).collect()
}

/// Pairs that may still weigh enough.
#[derive(Default)]
pub(super) struct Survivors {
    /// Where they stand among all.
    pub(super) places: Vec<u32>,
    pub(super) pairs: Vec<(RecordIndex, RecordIndex)>,
    /// What each can weigh at most.
    pub(super) most: Vec<f64>,
    /// By comparison that was judged, in that order.
    pub(super) levels: Vec<Vec<LevelIndex>>,
}

impl Survivors {
    /// Those that are left when the levels of one more comparison are known.
    pub(super) fn after(&self, levels: Vec<LevelIndex>, falls: &[f64; LEVELS], least: f64) -> Survivors {
        let pieces = parallel::map(self.pairs.len().div_ceil(PIECE * 16), |piece| {
            let own = piece * PIECE * 16..((piece + 1) * PIECE * 16).min(self.pairs.len());
            let mut kept = vec![0u32; own.len()];
            let mut count = 0;
            for place in own {
                kept[count] = place as u32;
                count += usize::from(self.most[place] - falls[usize::from(levels[place])] >= least);
            }
            kept.truncate(count);
            Survivors {
                places: picked(&self.places, &kept),
                pairs: picked(&self.pairs, &kept),
                most: kept
                    .iter()
                    .map(|at| self.most[*at as usize] - falls[usize::from(levels[*at as usize])])
                    .collect(),
                levels: self.levels.iter().chain([&levels]).map(|levels| picked(levels, &kept)).collect(),
            }
        });
        let mut all = Survivors { levels: vec![Vec::new(); self.levels.len() + 1], ..Survivors::default() };
        for piece in pieces {
            all.places.extend(piece.places);
            all.pairs.extend(piece.pairs);
            all.most.extend(piece.most);
            all.levels.iter_mut().zip(piece.levels).for_each(|(levels, more)| levels.extend(more));
        }
        all
    }
}
