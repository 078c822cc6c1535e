//! Work on the threads of the current pool.

use rayon::prelude::*;
use std::cmp::Ordering;

/// Runs `work` with at most `threads` threads (0: as many as the machine has). Falls back to the
/// current pool if the system gives no threads.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// How many threads share the work.
pub fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// `work(0)`, `work(1)`, ... in order.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    // Waking a thread for one piece takes longer than most pieces: a table of one record has forty of them.
    if count <= 1 {
        return (0..count).map(work).collect();
    }
    (0..count).into_par_iter().with_max_len(1).map(work).collect()
}

/// Consumes each item; results in order.
pub fn map_owned<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
    if items.len() <= 1 {
        return items.into_iter().map(work).collect();
    }
    items.into_par_iter().with_max_len(1).map(work).collect()
}

/// Changes disjoint pieces of a slice, each told its piece number; results in order.
pub fn map_mut<I: Send, T: Send>(
    items: &mut [I],
    piece: usize,
    work: impl Fn(usize, &mut [I]) -> T + Sync + Send,
) -> Vec<T> {
    items.par_chunks_mut(piece.max(1)).enumerate().map(|(n, items)| work(n, items)).collect()
}

/// Sorts by a total order.
pub fn sort_unstable_by<T: Send>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) {
    items.par_sort_unstable_by(order);
}
