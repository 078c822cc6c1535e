//! Given names, other names, and names in each other's place.

use super::Pair;
use crate::linkage::table::fields::names::{Given, MAX_WORDS};

// Always inlined: most conditions look at one of the ids only, and the build for browsers would copy all of them.
#[inline(always)]
fn given(pair: &Pair) -> (Given, Given) {
    pair.both(|record| pair.fields.given.of(record))
}

/// Missing, or words that stand for a child not yet named.
pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    left.whole == 0 || right.whole == 0
}

/// All words the same, however joined.
pub(in crate::linkage) fn equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    left.whole != 0 && left.whole == right.whole
}

/// The first words are the same (in any spelling), and one side has no more words or the next agree
/// too: `Mary` and `Mary Jane`. For spellings of Muhammad the second word tells children apart.
pub(in crate::linkage) fn shared_first_word(pair: &Pair, _: f64) -> bool {
    let names = &pair.fields.names;
    let (left, right) = given(pair);
    let (l, r) = (left.words.map(|w| names.spelling(w)), right.words.map(|w| names.spelling(w)));
    let one_word = |given: &Given| given.words[1] == 0;
    l[0] != 0 && l[0] == r[0] && (one_word(&left) || one_word(&right) || l[1] == r[1]) || reordered(&left, &right)
}

/// The same words in another order.
fn reordered(left: &Given, right: &Given) -> bool {
    let sorted = |given: &Given| {
        let mut words = given.words;
        words.sort_unstable();
        words
    };
    left.words[1] != 0 && sorted(left) == sorted(right)
}

/// Given and other names together are the same two or more words, in whatever order and field:
/// `Mary Jane`, and `Jane` with the other name `Mary`.
pub(in crate::linkage) fn all_words_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    let (left_other, right_other) = pair.both(|record| pair.fields.other.of(record));
    if (left.words[1] == 0 && left_other.whole == 0) || (right.words[1] == 0 && right_other.whole == 0) {
        return false;
    }
    let words = |given: &Given, other: &Given| {
        let mut words = [0; 2 * MAX_WORDS];
        for (place, word) in words.iter_mut().zip(given.words().chain(other.words())) {
            *place = pair.fields.names.spelling(word);
        }
        words
    };
    let (mut left, mut right) = (words(&left, &left_other), words(&right, &right_other));
    let sum = |words: &[u32]| words.iter().fold(0, |sum: u32, &word| sum.wrapping_add(word));
    // The sums differ nearly always, and then there is nothing to sort.
    sum(&left) == sum(&right) && {
        left.sort_unstable();
        right.sort_unstable();
        left == right
    }
}

/// The first word of one is a further given name of the other: known by the middle name.
pub(in crate::linkage) fn other_name(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    let (left_other, right_other) = pair.both(|record| pair.fields.other.of(record));
    let among = |word: u32, given: &Given, other: &Given| {
        word != 0 && (given.words().skip(1).any(|w| w == word) || other.words().any(|w| w == word))
    };
    among(left.words[0], &right, &right_other) || among(right.words[0], &left, &left_other)
}

/// Both sides have other names, and none of one side can be one of the other, not even as its initial: `Muhammad` with
/// the other name `Yusuf`, and with `Ibrahim`. Children of one birth may share the first of their names.
pub(in crate::linkage) fn others_differ(pair: &Pair, _: f64) -> bool {
    let names = &pair.fields.names;
    let (left, right) = pair.both(|record| pair.fields.other.of(record));
    let first = |word: u32| names.text(word).chars().next();
    let may_be_one = |one: u32, other: u32| names.spelling(one) == names.spelling(other) || first(one) == first(other);
    left.whole != 0 && right.whole != 0 && !left.words().any(|one| right.words().any(|other| may_be_one(one, other)))
}

/// Spellings of one name (all spellings of Muhammad).
pub(in crate::linkage) fn spelling(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    let names = &pair.fields.names;
    left.whole != 0 && names.spelling(left.whole) == names.spelling(right.whole)
}

/// Names of one another: Kate and Katherine.
pub(in crate::linkage) fn nickname(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    pair.fields.names.are_nicknames(left.words[0], right.words[0])
}

/// One letter differs, or the names are at least so similar, and one of them is rare as a first name and in
/// no list of names: a slip of the pen seldom makes a name in use, and two names in use may be two children's.
/// Rare is at most one record in fifty thousand (and never fewer than two records); a table of fewer than
/// five thousand records cannot tell.
pub(in crate::linkage) fn similar_to_rare(pair: &Pair, threshold: f64) -> bool {
    let records = pair.counts.records();
    if records < 5_000 {
        return false;
    }
    let bound = (records / 50_000).max(2) as u32;
    let rare =
        |given: &Given| pair.counts.given(given.words[0]) <= bound && !pair.fields.names.has_nicknames(given.words[0]);
    let (left, right) = given(pair);
    (rare(&left) || rare(&right)) && (slip(pair, 0.0) || similar(pair, threshold))
}

/// One letter of the first words, or of the whole names, differs.
pub(in crate::linkage) fn slip(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    pair.is_slip(left.words[0], right.words[0]) || pair.is_slip(left.whole, right.whole)
}

/// One side is a single letter with which the other begins.
pub(in crate::linkage) fn initial(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    pair.fields.names.is_initial(left.whole, right.whole)
}

/// The first words sound alike.
pub(in crate::linkage) fn sounds_alike(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.names.sound(pair.fields.given.of(record).words[0]));
    left != 0 && left == right
}

/// The first words, or the whole names, are at least so similar.
pub(in crate::linkage) fn similar(pair: &Pair, threshold: f64) -> bool {
    let (left, right) = given(pair);
    pair.are_alike(left.words[0], right.words[0], threshold)
        || ((left.words[1] != 0 || right.words[1] != 0) && pair.are_alike(left.whole, right.whole, threshold))
}

/// The given name of each is the family name of the other, or of one and the rest is alike.
pub(in crate::linkage) fn swapped(pair: &Pair, _: f64) -> bool {
    let (left, right) = given(pair);
    let (left_family, right_family) = pair.both(|record| pair.fields.family.of(record));
    let crossed = |given: u32, family: u32| given != 0 && given == family;
    let (one, other) = (crossed(left.whole, right_family.whole), crossed(right.whole, left_family.whole));
    let alike = |a: u32, b: u32| a != 0 && b != 0 && (pair.is_slip(a, b) || pair.are_alike(a, b, 0.9));
    (one && (other || alike(right.whole, left_family.whole))) || (other && alike(left.whole, right_family.whole))
}

/// One side has no other names.
pub(in crate::linkage) fn others_missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.other.of(record).whole);
    left == 0 || right == 0
}

/// All other names the same.
pub(in crate::linkage) fn others_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.other.of(record).whole);
    left != 0 && left == right
}

/// A word in common, a slip apart, or one an initial of the other.
pub(in crate::linkage) fn others_shared(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.other.of(record));
    let names = &pair.fields.names;
    let alike = |l: u32, r: u32| l == r || pair.is_slip(l, r) || names.is_initial(l, r);
    left.words().any(|l| right.words().any(|r| alike(l, r)))
}
