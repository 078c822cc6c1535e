//! Birth dates.

use crate::date::PartialDate;
use crate::identity::birth_date;
use serde::Serialize;

/// A date of which the day, or day and month, may be unknown.
#[derive(Serialize)]
pub(crate) struct BirthDateShape {
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
