//! Birth dates: written forms, dates that cannot be, and dates that say little.

use super::field::{Field, Parsed};
use super::raw::DateOrder;
use super::written_date;
use crate::date::{Date, PartialDate};
use crate::error::{Code, Finding, Severity};

/// After the evaluation date.
pub static FUTURE: Code = Code::new(
    "birth-date/future",
    Severity::Fault,
    "the birth date is after the date on which the records are judged",
    "check the birth date against the source record",
);
/// Before 1 January 1895.
pub static BEFORE_FLOOR: Code = Code::new(
    "birth-date/before-1895",
    Severity::Fault,
    "the birth date is before 1 January 1895",
    "check the year against the source record",
);
/// A filler of systems.
pub static PLACEHOLDER: Code = Code::new(
    "birth-date/placeholder",
    Severity::Note,
    "the birth date is one that systems fill in when none is known",
    "enter the birth date; until then it counts as missing",
);
/// 1 January.
pub static FIRST_OF_JANUARY: Code = Code::new(
    "birth-date/first-of-january",
    Severity::Warning,
    "1 January is often filled in when only the year is known",
    "check the birth date against the source record; it counts as weak evidence",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&FUTURE, &BEFORE_FLOOR, &PLACEHOLDER, &FIRST_OF_JANUARY];

/// Reads the birth date of a record in any [written form](written_date::parse_field).
///
/// A date after `as_at` or before 1895 is invalid; 1800-01-01 and 1900-01-01 count as missing; 1 January
/// is valid and [weak](is_weak).
///
/// # Source
/// Floor: HES patient identifier methodology (NHS Information Centre). 1800-01-01 is invalid to the
/// Master Person Service; 1900-01-01 and 1899-12-30, the zero of spreadsheets, are general knowledge.
///
/// ```
/// use childlink::date::Date;
/// use childlink::identity::{birth_date, raw::DateOrder};
/// let as_at = Some(Date::new(2026, 11, 21)?);
/// let read = |text| birth_date::parse_field(text, DateOrder::DayMonthYear, as_at);
/// assert_eq!(read("29/02/24").value().unwrap().to_string(), "2024-02-29");
/// assert_eq!(read("2026-11-22").findings[0].code.id, "birth-date/future");
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn parse_field(text: &str, order: DateOrder, as_at: Option<Date>) -> Parsed<PartialDate> {
    let parsed = written_date::parse_field(text, order, as_at);
    let Some(&date) = parsed.value() else { return parsed };
    let mut findings = parsed.findings;
    let mut invalid = |code| {
        let reason = Finding::new(code, "");
        findings.push(reason);
        Field::Invalid { raw: text.trim().into(), reason }
    };
    let field = if PLACEHOLDERS.contains(&date.earliest().parts()) && date.exact().is_some() {
        findings.push(Finding::new(&PLACEHOLDER, ""));
        Field::Absent
    } else if date.latest().parts() < FLOOR {
        invalid(&BEFORE_FLOOR)
    } else if as_at.is_some_and(|as_at| date.earliest() > as_at) {
        invalid(&FUTURE)
    } else {
        findings.extend(is_weak(date).then_some(Finding::new(&FIRST_OF_JANUARY, "")));
        Field::Valid(date)
    };
    Parsed { field, findings }
}

/// Whether the birth date is 1 January, which stands for an unknown day and month far too often.
///
/// # Source
/// PDS good practice asks staff to enter 1 January where only the year is known (Vision PDS guide).
pub fn is_weak(date: PartialDate) -> bool {
    (date.month(), date.day()) == (Some(1), Some(1))
}

const FLOOR: (i32, u32, u32) = (1895, 1, 1);

const PLACEHOLDERS: [(i32, u32, u32); 3] = [(1800, 1, 1), (1900, 1, 1), (1899, 12, 30)];
