//! Putting lists in order through few sorts.
//!
//! Each pair of a type and an order that the standard library sorts comes with code of its own, four kilobytes of it in
//! Wasm. Here all lists share two sorts, of places by a key or by a comparison, and are then put in the order of the
//! places. A list that is long and hot, and whose order is no number of 64 bits, is better sorted directly.

use std::cmp::Ordering;

/// Sorts by a number; items of the same number keep their order.
pub(crate) fn sort_by_word<T>(items: &mut [T], word: impl Fn(&T) -> u64) {
    // A list has fewer than 2^64 items, so key and place fit into one number, and no two are the same.
    let mut keyed: Vec<u128> =
        items.iter().enumerate().map(|(place, item)| u128::from(word(item)) << 64 | place as u128).collect();
    if keyed.is_sorted() {
        return;
    }
    keyed.sort_unstable();
    arrange(items, keyed.into_iter().map(|key| key as u64 as usize).collect());
}

/// Sorts by a total order; items that are equal in it keep their order.
pub(crate) fn sort_by<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let places = sorted_places(items.len(), &|a, b| order(&items[a], &items[b]));
    arrange(items, places);
}

/// Sorts by the order of the type; equal items keep their order.
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

fn sorted_places(len: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|&a, &b| order(a, b));
    places
}

/// Puts at each place the item that stood at the place named there.
fn arrange<T>(items: &mut [T], mut places: Vec<usize>) {
    for start in 0..places.len() {
        let mut at = start;
        // Once round the ring of items that change places with one another; who has been moved names itself.
        while places[at] != start {
            let from = std::mem::replace(&mut places[at], at);
            items.swap(at, from);
            at = from;
        }
        places[at] = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_sort_as_the_standard_library_does(items in prop::collection::vec((0u64..20, any::<u8>()), 0..60)) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let (mut by_word, mut by_order) = (items.clone(), items);
            sort_by_word(&mut by_word, |item| item.0);
            sort_by(&mut by_order, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(&by_word, &expected);
            prop_assert_eq!(by_order, expected);
        }
    }

    #[test]
    fn texts_are_sorted_by_their_order() {
        let mut texts = ["b", "", "a", "aa"];
        sort(&mut texts);
        assert_eq!(texts, ["", "a", "aa", "b"]);
    }
}
