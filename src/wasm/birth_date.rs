//! Birth dates.

use super::error::Thrown;
use super::result::to_json;
use crate::date::Date;
use crate::error::{Error, Finding};
use crate::identity::birth_date;
use crate::identity::raw::DateOrder;
use crate::shape::birth_date::BirthDateShape;
use crate::shape::field::FieldShape;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = parseBirthDate)]
pub fn parse_birth_date(text: &str, month_first: bool, as_at: Option<String>) -> Result<String, Thrown> {
    let mut parsed = birth_date::parse_field(text, date_order(month_first), read_as_at(as_at)?);
    for finding in &mut parsed.findings {
        *finding = Finding { field: "birth_date", ..*finding };
    }
    to_json(&FieldShape::new(&parsed, BirthDateShape::from))
}

/// The order of day and month in the source of a date.
pub(super) fn date_order(month_first: bool) -> DateOrder {
    if month_first { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear }
}

/// The date on which records are judged, if one was given.
pub(super) fn read_as_at(text: Option<String>) -> Result<Option<Date>, Thrown> {
    let date = text.map(|text| Date::parse(&text)).transpose();
    date.map_err(|finding| Thrown::from(Error::from(finding).in_field("asAt")))
}
