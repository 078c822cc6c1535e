//! The same shape on one thread, for hosts without threads.

use crate::order;
use std::cmp::Ordering;

/// Runs `work`; the number of threads is of no account here.
pub fn with_threads<T: Send>(_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    work()
}

/// Runs `work`; there is no other thread.
pub fn alone<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// How many threads share the work: one.
pub fn thread_count() -> usize {
    1
}

/// Does two things, one after the other.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    (one(), other())
}

/// `work(0)`, `work(1)`, ... in order.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..count).map(work).collect()
}

/// Consumes each item; results in order.
pub fn map_owned<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
    items.into_iter().map(work).collect()
}

/// Changes disjoint pieces of a slice, each told its piece number; results in order.
pub fn map_mut<I: Send, T: Send>(
    items: &mut [I],
    piece: usize,
    work: impl Fn(usize, &mut [I]) -> T + Sync + Send,
) -> Vec<T> {
    items.chunks_mut(piece.max(1)).enumerate().map(|(n, items)| work(n, items)).collect()
}

/// Sorts by a total order.
pub fn sort_unstable_by<T: Send>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) {
    order::sort_by(items, order);
}

/// Sorts numbers.
pub fn sort_numbers(items: &mut [u128]) {
    items.sort_unstable();
}

/// Sorts by a number; items of the same number keep their order.
pub fn sort_by_word<T: Send>(items: &mut [T], word: impl Fn(&T) -> u64 + Sync) {
    order::sort_by_word(items, word);
}
