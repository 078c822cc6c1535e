//! The mother, as the child's record names her.

use super::Pair;
use crate::linkage::table::fields::names::Family;

/// No number of hers on both sides, and no given or family name either.
pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_number[record as usize].number());
    let (left_given, right_given) = pair.both(|record| pair.fields.mother_given.of(record).whole);
    let (left_family, right_family) = pair.both(|record| pair.fields.mother_family.of(record).whole);
    let both = |a: u32, b: u32| a != 0 && b != 0;
    !((left.is_some() && right.is_some()) || both(left_given, right_given) || both(left_family, right_family))
}

/// The same valid number.
pub(in crate::linkage) fn number_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_number[record as usize].number());
    left.is_some() && left == right
}

/// Given name, and family name or birth date, the same.
pub(in crate::linkage) fn names_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_family.of(record).whole);
    let (left_birth, right_birth) = pair.both(|record| pair.fields.mother_birth[record as usize]);
    given_equal(pair, 0.0) && ((left != 0 && left == right) || (left_birth.is_whole() && left_birth == right_birth))
}

/// The same names, where the family name tells more than the children's own does: it is the family name of
/// neither child. A mother who bears her child's family name is as common as that name, which has its own
/// comparison.
pub(in crate::linkage) fn own_names_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_family.of(record));
    let (left_birth, right_birth) = pair.both(|record| pair.fields.mother_birth[record as usize]);
    let (left_child, right_child) = pair.both(|record| pair.fields.family.of(record));
    let is = |mother: &Family, child: &Family| mother.whole == child.whole || mother.stem == child.stem;
    let own = left.whole != 0
        && left.whole == right.whole
        && ![left_child, right_child].iter().any(|child| is(&left, child) || is(&right, child));
    given_equal(pair, 0.0) && (own || (left_birth.is_whole() && left_birth == right_birth))
}

/// The first given name the same, in any spelling.
pub(in crate::linkage) fn given_equal(pair: &Pair, _: f64) -> bool {
    let names = &pair.fields.names;
    let (left, right) = pair.both(|record| names.spelling(pair.fields.mother_given.of(record).words[0]));
    left != 0 && left == right
}

/// Given names that are nicknames of one another, an initial, a slip apart, or at least so similar.
pub(in crate::linkage) fn given_alike(pair: &Pair, threshold: f64) -> bool {
    let names = &pair.fields.names;
    let (left, right) = pair.both(|record| pair.fields.mother_given.of(record).words[0]);
    left != 0
        && right != 0
        && (names.is_initial(left, right)
            || names.are_nicknames(left, right)
            || pair.is_slip(left, right)
            || pair.are_alike(left, right, threshold))
}

/// A given name is missing, and the family names are the same.
pub(in crate::linkage) fn family_equal(pair: &Pair, _: f64) -> bool {
    let (left_given, right_given) = pair.both(|record| pair.fields.mother_given.of(record).whole);
    let (left, right) = pair.both(|record| pair.fields.mother_family.of(record).whole);
    (left_given == 0 || right_given == 0) && left != 0 && left == right
}

/// Both family names are known and unlike.
pub(in crate::linkage) fn family_differs(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_family.of(record));
    left.whole != 0 && right.whole != 0 && left.stem != right.stem && !pair.are_alike(left.whole, right.whole, 0.85)
}

/// Both given names are known and no spelling, nickname or slip makes them one.
pub(in crate::linkage) fn given_differs(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.mother_given.of(record).words[0]);
    left != 0 && right != 0 && !given_equal(pair, 0.0) && !given_alike(pair, 0.8)
}

/// At least two of given name, family name, mother's given name and postcode district agree roughly, where
/// a missing name or postcode counts as agreeing; or one of them does, and an unusable NHS number is a slip of the
/// other. Asked of pairs that a wide blocking rule brings
/// together: those that fail have too little in common for any outcome but two children.
pub(in crate::linkage) fn two_fields_agree(pair: &Pair, _: f64) -> bool {
    let wanted = if super::number::slip(pair, 0.0) { 1 } else { 2 };
    // What numbers alone tell costs little, and settles most pairs that agree.
    let sure = [mother_equal(pair), given_equal_or_missing(pair), family_equal_or_missing(pair)];
    let mut agreeing = u32::from(district_agrees(pair)) + sure.into_iter().map(u32::from).sum::<u32>();
    if agreeing >= wanted {
        return true;
    }
    let rest: [fn(&Pair) -> bool; 3] = [|pair| given_alike(pair, 0.9), given_like, family_like];
    let mut open = sure.iter().filter(|sure| !*sure).count() as u32;
    for (_, agrees) in sure.iter().zip(rest).filter(|(sure, _)| !*sure) {
        if agreeing + open < wanted {
            return false;
        }
        open -= 1;
        agreeing += u32::from(agrees(pair));
        if agreeing >= wanted {
            return true;
        }
    }
    false
}

fn district_agrees(pair: &Pair) -> bool {
    let (left, right) = pair.both(|record| pair.fields.postcode.of(record));
    !left.is_known() || !right.is_known() || left.district() == right.district()
}

fn given_equal_or_missing(pair: &Pair) -> bool {
    let (left, right) = pair.both(|record| pair.fields.given.of(record).words[0]);
    let names = &pair.fields.names;
    left == 0 || right == 0 || names.spelling(left) == names.spelling(right) || names.sound(left) == names.sound(right)
}

fn given_like(pair: &Pair) -> bool {
    let (left, right) = pair.both(|record| pair.fields.given.of(record).words[0]);
    pair.fields.names.are_nicknames(left, right)
        || super::given::initial(pair, 0.0)
        || super::given::other_name(pair, 0.0)
        || super::given::similar(pair, 0.8)
        || super::given::swapped(pair, 0.0)
}

fn family_equal_or_missing(pair: &Pair) -> bool {
    let (left, right) = pair.both(|record| pair.fields.family.of(record));
    let names = &pair.fields.names;
    left.whole == 0
        || right.whole == 0
        || left.stem == right.stem
        || names.sound(left.whole) == names.sound(right.whole)
}

fn family_like(pair: &Pair) -> bool {
    super::family::shared_part(pair, 0.0)
        || super::family::mother(pair, 0.0)
        || super::family::previous(pair, 0.0)
        || super::family::other_name(pair, 0.0)
        || super::family::slip(pair, 0.0)
        || super::family::similar(pair, 0.85)
        || super::given::swapped(pair, 0.0)
}

fn mother_equal(pair: &Pair) -> bool {
    given_equal(pair, 0.0) || number_equal(pair, 0.0)
}
