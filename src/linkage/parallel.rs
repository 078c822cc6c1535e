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

pub use shape::{map, map_mut, map_owned, sort_unstable_by, thread_count, with_threads};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_in_order() {
        assert_eq!(map(100, |n| n * n), (0..100).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(map_owned(vec!["a", "b"], |s| s.len()), [1, 1]);
        let sum = with_threads(2, || map(3, |n| n).into_iter().sum::<usize>());
        assert_eq!(sum, 3);
    }
}
