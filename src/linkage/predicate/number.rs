//! NHS numbers.

use super::Pair;
use crate::linkage::table::fields::number::is_slip;

/// Nothing to compare: a number missing, or one unusable and not near the other.
pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.number[record as usize]);
    (left.number().is_none() || right.number().is_none()) && !slip(pair, 0.0)
}

/// Both valid and the same.
pub(in crate::linkage) fn equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.number[record as usize].number());
    left.is_some() && left == right
}

/// At least one fails its check digit, and the figures are the same or one slip apart: two valid numbers
/// never are, by the theory of the check digit.
pub(in crate::linkage) fn slip(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.number[record as usize]);
    if left.number().is_some() && right.number().is_some() {
        return false;
    }
    match (left.figures(), right.figures()) {
        (Some(left), Some(right)) => left == right || is_slip(left, right),
        _ => false,
    }
}

/// One record has a valid number, the other none.
pub(in crate::linkage) fn on_one_side(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.number[record as usize].number());
    left.is_some() != right.is_some()
}
