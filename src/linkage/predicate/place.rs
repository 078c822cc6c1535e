//! Where a child lives: postcode and address as one comparison, since they change together.

use super::Pair;
use crate::linkage::table::fields::address::AddressAgreement;
use crate::linkage::table::fields::place::PackedPostcode;

#[inline(always)]
fn postcodes(pair: &Pair) -> (PackedPostcode, PackedPostcode) {
    pair.both(|record| pair.fields.postcode.of(record))
}

fn addresses(pair: &Pair) -> AddressAgreement {
    let (left, right) = pair.both(|record| pair.fields.uprn[record as usize]);
    if left != 0 && left == right {
        return AddressAgreement::Agrees;
    }
    pair.fields.address.compare(pair.left as usize, pair.right as usize)
}

/// Neither postcodes nor addresses to compare.
pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    (!left.is_known() || !right.is_known())
        && matches!(addresses(pair), AddressAgreement::Missing | AddressAgreement::Partly)
}

/// The same postcode and the same home.
pub(in crate::linkage) fn postcode_and_address(pair: &Pair, _: f64) -> bool {
    postcode(pair, 0.0) && addresses(pair) == AddressAgreement::Agrees
}

/// The same postcode.
pub(in crate::linkage) fn postcode(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    left.is_known() && left == right
}

/// The same postcode, and homes that are told apart.
pub(in crate::linkage) fn postcode_address_differs(pair: &Pair, _: f64) -> bool {
    postcode(pair, 0.0) && addresses(pair) == AddressAgreement::Differs
}

/// The same home, where one postcode is missing, or they differ within a district or by a slip.
pub(in crate::linkage) fn address(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    let near = !left.is_known() || !right.is_known() || left.district() == right.district() || left.is_slip_of(right);
    near && addresses(pair) == AddressAgreement::Agrees
}

/// The postcode of one is a previous postcode of the other.
pub(in crate::linkage) fn previous_postcode(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    let (left_before, right_before) = pair.both(|record| pair.fields.previous_postcode.of(record));
    let same = |a: PackedPostcode, b: PackedPostcode| a.is_known() && a == b;
    same(left, right_before) || same(right, left_before) || same(left_before, right_before)
}

/// One character of the postcode differs.
pub(in crate::linkage) fn postcode_slip(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    left.is_known() && right.is_known() && left.is_slip_of(right)
}

pub(in crate::linkage) fn sector(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    left.is_known() && left.sector() == right.sector()
}

pub(in crate::linkage) fn district(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    left.is_known() && left.district() == right.district()
}

pub(in crate::linkage) fn area(pair: &Pair, _: f64) -> bool {
    let (left, right) = postcodes(pair);
    left.is_known() && left.area() == right.area()
}

/// No practice to compare, or the postcode already agrees: a practice then adds nothing, since
/// neighbours share it.
pub(in crate::linkage) fn practice_missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.practice.of(record));
    left == 0 || right == 0 || postcode(pair, 0.0)
}

pub(in crate::linkage) fn practice_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.practice.of(record));
    left == right
}
