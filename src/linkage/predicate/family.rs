//! Family names.

use super::Pair;
use crate::linkage::table::fields::names::Family;

fn family(pair: &Pair) -> (Family, Family) {
    pair.both(|record| pair.fields.family.of(record))
}

/// A family name is missing, or stands in the place of the given name (which that comparison counts).
pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    left.whole == 0 || right.whole == 0 || super::given::swapped(pair, 0.0)
}

/// The same, however joined.
pub(in crate::linkage) fn equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    left.whole != 0 && left.whole == right.whole
}

/// The same but for an ending that differs by sex: Kowalski, Kowalska.
pub(in crate::linkage) fn sex_ending(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    left.stem != 0 && left.stem == right.stem
}

/// The family name of one is the previous family name of the other.
pub(in crate::linkage) fn previous(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    let (left_before, right_before) = pair.both(|record| pair.fields.previous_family.of(record));
    let same = |a: u32, b: u32| a != 0 && a == b;
    same(left.whole, right_before.whole)
        || same(right.whole, left_before.whole)
        || same(left_before.whole, right_before.whole)
}

/// The family name of one is that of the other's mother: notified under the mother's name, registered
/// under another.
pub(in crate::linkage) fn mother(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    let (left_mother, right_mother) = pair.both(|record| pair.fields.mother_family.of(record));
    let same = |a: &Family, b: &Family| a.whole != 0 && (a.whole == b.whole || a.stem == b.stem);
    same(&left, &right_mother) || same(&right, &left_mother)
}

/// A part of a double-barrelled name in common.
pub(in crate::linkage) fn shared_part(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    (left.words[1] != 0 || right.words[1] != 0) && left.words().any(|l| right.words().any(|r| l == r))
}

/// One letter differs.
pub(in crate::linkage) fn slip(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    pair.is_slip(left.whole, right.whole)
}

/// The names are at least so similar.
pub(in crate::linkage) fn similar(pair: &Pair, threshold: f64) -> bool {
    let (left, right) = family(pair);
    pair.are_alike(left.whole, right.whole, threshold)
}
