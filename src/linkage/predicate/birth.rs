//! Birth date, sex and birth order.

use super::{OfWords, Pair};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::fields::date::{self, PackedDate};

#[inline(always)]
fn dates(pair: &Pair) -> (PackedDate, PackedDate) {
    pair.both(|record| pair.fields.birth[record as usize])
}

pub(in crate::linkage) fn missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    !left.is_known() || !right.is_known()
}

/// The same 1 January, which many systems fill in.
pub(in crate::linkage) fn equal_filler(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    left == right && left.is_filler()
}

/// The same whole date.
pub(in crate::linkage) fn equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    left.is_whole() && left == right
}

/// One side knows only a part, or has 1 January of the same year, and nothing contradicts.
pub(in crate::linkage) fn partly(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    is_partly(left, right)
}

/// Day and month exchanged.
pub(in crate::linkage) fn exchanged(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    right.is_whole() && left.exchanged() == Some(right)
}

/// One figure of YYYYMMDD differs, or two neighbours are swapped.
pub(in crate::linkage) fn slip(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    left.is_slip_of(right)
}

/// So many of year, month and day agree.
pub(in crate::linkage) fn parts(pair: &Pair, parts: f64) -> bool {
    let (left, right) = dates(pair);
    f64::from(left.parts_agreeing(right)) >= parts
}

/// The dates are the same, or a slip, an exchange, an unknown part or one wrong part explains how they
/// differ, or one is missing.
pub(in crate::linkage) fn compatible(pair: &Pair, _: f64) -> bool {
    let (left, right) = dates(pair);
    are_compatible(left, right)
}

/// The same of two dates.
pub(crate) fn are_compatible(left: PackedDate, right: PackedDate) -> bool {
    are_words_compatible(word_of(left), word_of(right))
}

/// [`compatible`] of one word a record, for blocks of many records.
pub(super) const COMPATIBLE: OfWords =
    OfWords { word: |fields, record| word_of(fields.birth[record as usize]), hold: are_words_compatible };

/// A date beside its figures, which are worked out once and compared many times.
fn word_of(date: PackedDate) -> u64 {
    u64::from(date.figures()) << 32 | date.bits()
}

fn are_words_compatible(left: u64, right: u64) -> bool {
    let [(l, left), (r, right)] = [left, right].map(|word| ((word >> 32) as u32, PackedDate::from_bits(word)));
    !left.is_known()
        || !right.is_known()
        || left == right
        || left.parts_agreeing(right) >= 2
        || is_partly(left, right)
        || (right.is_whole() && left.exchanged() == Some(right))
        || (left.is_whole() && right.is_whole() && date::is_slip(l, r))
}

fn is_partly(left: PackedDate, right: PackedDate) -> bool {
    left.is_partly(right) || (left.year() == right.year() && (left.is_filler() || right.is_filler()))
}

/// No further apart than so many days.
pub(in crate::linkage) fn within(pair: &Pair, days: f64) -> bool {
    let (left, right) = dates(pair);
    // Between dates of two years that do not follow one another lies at least each year between them.
    if f64::from(left.year().abs_diff(right.year()).saturating_sub(1) * 365) > days {
        return false;
    }
    match (left.exact(), right.exact()) {
        (Some(left), Some(right)) => f64::from(left.days_since(right).abs()) <= days,
        _ => false,
    }
}

pub(in crate::linkage) fn sex_missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.sex.of(record));
    left == 0 || right == 0
}

pub(in crate::linkage) fn sex_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| pair.fields.sex.of(record));
    left == right
}

/// The birth order of a record: from its column, else from words such as "Twin 2"; 0 if unknown.
pub(crate) fn birth_order(pair: &Pair, record: RecordIndex) -> u8 {
    pair.fields.birth_order_of(record)
}

pub(in crate::linkage) fn order_missing(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| birth_order(pair, record));
    left == 0 || right == 0
}

pub(in crate::linkage) fn order_equal(pair: &Pair, _: f64) -> bool {
    let (left, right) = pair.both(|record| birth_order(pair, record));
    left == right
}
