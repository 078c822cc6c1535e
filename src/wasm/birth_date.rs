//! Birth dates.

use super::error::Thrown;
use super::field::FieldShape;
use super::result::to_json;
use crate::date::{Date, PartialDate};
use crate::error::{Error, Finding};
use crate::identity::birth_date;
use crate::identity::raw::DateOrder;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A date of which the day, or day and month, may be unknown.
#[derive(Serialize)]
struct BirthDateShape {
    display: String,
    year: i32,
    month: Option<u32>,
    day: Option<u32>,
    weak: bool,
}

impl From<&PartialDate> for BirthDateShape {
    fn from(date: &PartialDate) -> BirthDateShape {
        BirthDateShape {
            display: date.to_string(),
            year: date.year(),
            month: date.month(),
            day: date.day(),
            weak: birth_date::is_weak(*date),
        }
    }
}

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
