//! Family names.

use super::Pair;
use crate::linkage::table::fields::names::{Family, Given};

// Always inlined: most conditions look at one of the ids only, and the build for browsers would copy all of them.
#[inline(always)]
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

/// Nothing but the mother's family name relates the two, and many families have it: more than one record in
/// two thousand. A table of fewer than five thousand records cannot tell.
pub(in crate::linkage) fn only_common_mother(pair: &Pair, _: f64) -> bool {
    let otherwise_related = missing(pair, 0.0) || equal(pair, 0.0) || previous(pair, 0.0) || alike(pair, 0.85);
    mother(pair, 0.0) && !otherwise_related && common(pair)
}

/// One of the family names is one that many families have, as in [`only_common_mother`].
pub(in crate::linkage) fn common(pair: &Pair) -> bool {
    let records = pair.counts.records();
    let (left, right) = family(pair);
    let common = |name: Family| u64::from(pair.counts.family(name.whole)) * 2_000 > records as u64;
    records >= 5_000 && (common(left) || common(right))
}

/// Written differently but perhaps one name: an ending of the other sex, a slip, so similar, or a part of one
/// alike to a part of the other in these ways.
pub(in crate::linkage) fn alike(pair: &Pair, threshold: f64) -> bool {
    let (left, right) = family(pair);
    let near = |l: u32, r: u32| l == r || pair.is_slip(l, r) || pair.are_alike(l, r, threshold);
    sex_ending(pair, 0.0) || near(left.whole, right.whole) || left.words().any(|l| right.words().any(|r| near(l, r)))
}

/// The family name of one is a further given name of the other: `Amir Hussain` of the family Shah, known
/// as Amir of the family Hussain.
pub(in crate::linkage) fn other_name(pair: &Pair, _: f64) -> bool {
    let (left, right) = family(pair);
    let (left_given, right_given) = pair.both(|record| pair.fields.given.of(record));
    let (left_other, right_other) = pair.both(|record| pair.fields.other.of(record));
    let among = |family: &Family, given: &Given, other: &Given| {
        family.whole != 0 && given.words().skip(1).chain(other.words()).any(|word| word == family.whole)
    };
    among(&left, &right_given, &right_other) || among(&right, &left_given, &left_other)
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
