//! Threads where there are threads: two modules of one shape, so that no caller sees a difference.
//!
//! Work is cut into numbered pieces whose results come back in the order of the numbers, so the
//! outcome cannot depend on how many threads there were.

#[cfg(feature = "parallel")]
#[path = "parallel/threaded.rs"]
mod shape;
#[cfg(not(feature = "parallel"))]
#[path = "parallel/serial.rs"]
mod shape;

pub use shape::{
    alone, both, map, map_mut, map_owned, sort_by_word, sort_numbers, sort_unstable_by, thread_count, with_threads,
};

/// How many records one piece of work holds: enough to outweigh handing it out.
pub const PIECE: usize = 1 << 13;

/// `work` for every index below `count`, in order, done in pieces.
pub fn map_each<T: Send + Clone>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    map(count.div_ceil(PIECE), |piece| (piece * PIECE..((piece + 1) * PIECE).min(count)).map(&work).collect::<Vec<T>>())
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_in_order() {
        assert_eq!(map(100, |n| n * n), (0..100).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(map_each(20_000, |n| n), (0..20_000).collect::<Vec<_>>());
        assert_eq!(map_owned(vec!["a", "b"], |s| s.len()), [1, 1]);
        let mut numbers: Vec<u128> = (0..20_000).rev().collect();
        sort_numbers(&mut numbers);
        assert!(numbers.is_sorted());
        assert_eq!(both(|| 1, || "b"), (1, "b"));
        let sum = with_threads(2, || map(3, |n| n).into_iter().sum::<usize>());
        assert_eq!(sum, 3);
        assert_eq!(alone(|| map(100, |n| n * n)), map(100, |n| n * n));
    }
}
