//! Work on the threads of the current pool.

use rayon::prelude::*;
use std::cell::Cell;
use std::cmp::Ordering;

/// What is sooner sorted than handed out.
const FEW: usize = 1 << 12;

thread_local! {
    /// Whether this thread works alone.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on this thread alone: for a record or two, whose work is done before another thread is awake.
pub fn alone<T>(work: impl FnOnce() -> T) -> T {
    let before = ALONE.replace(true);
    let done = work();
    ALONE.set(before);
    done
}

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

/// Does two things side by side.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    if ALONE.get() {
        return (one(), other());
    }
    rayon::join(one, other)
}

/// `work(0)`, `work(1)`, ... in order.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    // Waking a thread for one piece takes longer than most pieces: a table of one record has forty of them.
    if count <= 1 || ALONE.get() {
        return (0..count).map(work).collect();
    }
    (0..count).into_par_iter().with_max_len(1).map(work).collect()
}

/// Consumes each item; results in order.
pub fn map_owned<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
    if items.len() <= 1 || ALONE.get() {
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
    if items.len() <= piece || ALONE.get() {
        return items.chunks_mut(piece.max(1)).enumerate().map(|(n, items)| work(n, items)).collect();
    }
    items.par_chunks_mut(piece.max(1)).enumerate().map(|(n, items)| work(n, items)).collect()
}

/// Sorts by a total order.
pub fn sort_unstable_by<T: Send>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) {
    if items.len() <= FEW || ALONE.get() {
        return items.sort_unstable_by(order);
    }
    items.par_sort_unstable_by(order);
}

/// Sorts numbers.
pub fn sort_numbers(items: &mut [u128]) {
    if items.len() <= FEW || ALONE.get() {
        return items.sort_unstable();
    }
    items.par_sort_unstable();
}

/// Sorts by a number; items of the same number keep their order.
pub fn sort_by_word<T: Send>(items: &mut [T], word: impl Fn(&T) -> u64 + Sync) {
    if items.len() < FEW || ALONE.get() {
        return items.sort_by_key(word);
    }
    items.par_sort_by_key(word);
}
