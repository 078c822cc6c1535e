//! Who a record is about: identifiers and demographics, parsed into types with findings.
//!
//! Each type has one checked constructor, `parse`, for one value, and `parse_field` for the field of a
//! record, which tells *absent* from *invalid* from *valid* and brings advice. No error offers a
//! corrected identifier: a plausible wrong number is another child's.

pub mod address;
pub mod birth_date;
pub mod birth_order;
pub mod birth_time;
pub mod chi_number;
pub mod column;
pub mod field;
pub mod gestation;
pub mod gp_practice;
pub mod health_care_number;
mod missing;
pub mod name;
mod name_data;
pub mod nhs_number;
pub mod person;
mod placeholder;
pub mod postcode;
pub mod raw;
pub mod sensitive;
pub mod sex;
mod ten_digits;
pub mod uprn;
pub mod written_date;

use crate::error::Code;

/// Every code of a finding about identity, grouped by subject: the list behind the documentation.
///
/// ```
/// let ids: Vec<&str> = childlink::identity::codes().map(|code| code.id).collect();
/// assert!(ids.contains(&"nhs-number/check-digit") && ids.contains(&"date/no-such-day"));
/// ```
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [
        nhs_number::CODES,
        chi_number::CODES,
        health_care_number::CODES,
        name::CODES,
        sex::CODES,
        written_date::CODES,
        birth_date::CODES,
        birth_time::CODES,
        birth_order::CODES,
        gestation::CODES,
        address::CODES,
        postcode::CODES,
        uprn::CODES,
        gp_practice::CODES,
        sensitive::CODES,
        person::CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
