//! Seeded choices. The same seed and stream give the same choices on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of choices, independent of every other stream of the same seed.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Dice {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Dice(rng)
    }

    /// A number from 0 (included) to 1 (excluded).
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True so often.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number below `n`, which is at least 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// A whole number, both ends included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low).max(0) as usize + 1) as i32
    }

    /// Whole days to wait for something that happens on average once in `mean` days.
    pub(super) fn wait(&mut self, mean: f64) -> i32 {
        (-mean * libm::log(1.0 - self.unit())).min(1e6) as i32
    }

    /// One of the items, which are not empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Items to draw by weight.
pub(super) struct Weighted<T> {
    items: Vec<T>,
    cumulative: Vec<f64>,
}

impl<T> Weighted<T> {
    /// Items with their weights. At least one weight is above 0; items without weight are left out.
    pub(super) fn new(pairs: impl IntoIterator<Item = (T, f64)>) -> Weighted<T> {
        let (mut items, mut cumulative, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for (item, weight) in pairs {
            if weight > 0.0 {
                sum += weight;
                items.push(item);
                cumulative.push(sum);
            }
        }
        Weighted { items, cumulative }
    }

    /// One of the items.
    pub(super) fn draw(&self, dice: &mut Dice) -> &T {
        let sum = self.cumulative.last().copied().unwrap_or(0.0);
        let point = dice.unit() * sum;
        let index = self.cumulative.partition_point(|&upto| upto <= point);
        &self.items[index.min(self.items.len() - 1)]
    }
}
