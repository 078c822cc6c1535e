//! The outcome of weighing many pairs, kept comparison by comparison.

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

    /// Those of some pairs, in order.
    pub(super) fn picked(&self, places: &[usize]) -> Scores {
        let levels = |levels: &Vec<LevelIndex>| places.iter().map(|place| levels[*place]).collect();
        Scores {
            levels: self.levels.iter().map(levels).collect(),
            weights: places.iter().map(|place| self.weights[*place]).collect(),
        }
    }

    /// Adds a pair after these.
    pub(super) fn push(&mut self, weight: f64, levels: impl Iterator<Item = LevelIndex>) {
        self.weights.push(weight);
        self.levels.iter_mut().zip(levels).for_each(|(levels, level)| levels.push(level));
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
