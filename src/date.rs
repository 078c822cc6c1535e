//! Calendar dates, partial dates, ages and intervals, and the one month-end rule.
//!
//! Dates are proleptic Gregorian, years 1800 to 2299. The month-end rule is stated once, here, for
//! due dates, earliest dates and validity alike: **add the months, then clamp to the last day of the
//! month**. So 31 August plus six months is 28 (or 29) February, and a child born on 29 February is
//! one year old on 28 February in a common year.

mod moment;

pub use moment::Moment;

use crate::error::{Code, Finding, Severity};
use std::fmt;

/// The text is no date that we know how to read.
pub static NOT_A_DATE: Code = Code::new(
    "date/unreadable",
    Severity::Fault,
    "the text is not a date in the form YYYY-MM-DD",
    "write the date as year, month and day, for example 2024-02-29",
);
/// The parts are there but no such day exists.
pub static NO_SUCH_DAY: Code = Code::new(
    "date/no-such-day",
    Severity::Fault,
    "the calendar has no such day",
    "check day and month against the source record",
);
/// The year lies outside 1800 to 2299.
pub static YEAR_RANGE: Code = Code::new(
    "date/year-range",
    Severity::Fault,
    "the year is outside 1800 to 2299",
    "check the year against the source record",
);

/// The first year a [`Date`] can hold.
pub const MIN_YEAR: i32 = 1800;
/// The last year a [`Date`] can hold.
pub const MAX_YEAR: i32 = 2299;

/// A day of the calendar, held as whole days since 1 January 1970.
///
/// ```
/// use childlink::date::Date;
/// let born = Date::new(2024, 2, 29)?;
/// assert_eq!(born.to_string(), "2024-02-29");
/// assert_eq!(born.add_months(12).to_string(), "2025-02-28");
/// assert_eq!(born.add_weeks(8).to_string(), "2024-04-25");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// 1 January 1970.
    pub const EPOCH: Date = Date(0);

    /// The day with this year (1800 to 2299), month (1 to 12) and day of month.
    ///
    /// # Errors
    /// `date/year-range`, or `date/no-such-day` (30 February).
    pub fn new(year: i32, month: u32, day: u32) -> Result<Date, Finding> {
        if !(MIN_YEAR <= year && year <= MAX_YEAR) {
            return Err(Finding::new(&YEAR_RANGE, ""));
        }
        if !(1 <= month && month <= 12 && 1 <= day && day <= days_in_month(year, month)) {
            return Err(Finding::new(&NO_SUCH_DAY, ""));
        }
        Ok(Date(days_from_civil(year, month, day)))
    }

    /// Reads `YYYY-MM-DD`, and nothing else. Other written forms of birth dates are read in
    /// `identity::birth_date`.
    ///
    /// # Errors
    /// `date/unreadable`, `date/year-range` or `date/no-such-day`.
    pub fn parse(text: &str) -> Result<Date, Finding> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(Finding::new(&NOT_A_DATE, ""));
        }
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
        };
        match (number(0..4), number(5..7), number(8..10)) {
            (Some(year), Some(month), Some(day)) => Date::new(year as i32, month, day),
            _ => Err(Finding::new(&NOT_A_DATE, "")),
        }
    }

    /// Whole days since 1 January 1970; negative before.
    pub const fn days_since_1970(self) -> i32 {
        self.0
    }

    /// The day so many days after 1 January 1970, if its year is 1800 to 2299.
    pub fn from_days_since_1970(days: i32) -> Option<Date> {
        let range = days_from_civil(MIN_YEAR, 1, 1)..=days_from_civil(MAX_YEAR, 12, 31);
        range.contains(&days).then_some(Date(days))
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub const fn parts(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.parts().0
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u32 {
        self.parts().1
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u32 {
        self.parts().2
    }

    /// 0 is Monday, 6 is Sunday.
    pub const fn weekday(self) -> u32 {
        (self.0 + 3).rem_euclid(7) as u32
    }

    /// So many days later (earlier if negative), held at the ends of the calendar.
    #[must_use]
    pub fn add_days(self, days: i32) -> Date {
        let last = days_from_civil(MAX_YEAR, 12, 31);
        let first = days_from_civil(MIN_YEAR, 1, 1);
        Date(self.0.saturating_add(days).clamp(first, last))
    }

    /// So many weeks later: 7 days each.
    #[must_use]
    pub fn add_weeks(self, weeks: i32) -> Date {
        self.add_days(weeks.saturating_mul(7))
    }

    /// So many months later (earlier if negative) by the month-end rule: add, then clamp to the last
    /// day of the month.
    #[must_use]
    pub fn add_months(self, months: i32) -> Date {
        let (year, month, day) = self.parts();
        let total = (year * 12 + month as i32 - 1).saturating_add(months).clamp(MIN_YEAR * 12, MAX_YEAR * 12 + 11);
        Date::clamped(total.div_euclid(12), total.rem_euclid(12) as u32 + 1, day)
    }

    /// The day with this year (1800 to 2299), month (1 to 12) and day (1 to 31), or the last day of the
    /// month when it has no such day: the month-end rule itself, for those who add many months to one date.
    pub(crate) fn clamped(year: i32, month: u32, day: u32) -> Date {
        Date(days_from_civil(year, month, day.min(days_in_month(year, month))))
    }

    /// Whole days from `earlier` to this day; negative if it lies after.
    pub const fn days_since(self, earlier: Date) -> i32 {
        self.0 - earlier.0
    }

    /// Whole months completed since `birth` by the month-end rule: the largest n with
    /// `birth.add_months(n) <= self`; negative before birth.
    pub fn months_since(self, birth: Date) -> i32 {
        let (y1, m1, _) = self.parts();
        let (y0, m0, _) = birth.parts();
        let months = (y1 - y0) * 12 + m1 as i32 - m0 as i32;
        if birth.add_months(months) <= self { months } else { months - 1 }
    }

    /// Whole years completed since `birth`: a birthday counts from its own (clamped) day on.
    pub fn years_since(self, birth: Date) -> i32 {
        self.months_since(birth).div_euclid(12)
    }

    /// The English and Welsh school year (1 September to 31 August) that holds this day, named by
    /// the calendar year in which it starts.
    ///
    /// ```
    /// use childlink::date::Date;
    /// assert_eq!(Date::new(2026, 8, 31)?.school_year(), 2025);
    /// assert_eq!(Date::new(2026, 9, 1)?.school_year(), 2026);
    /// # Ok::<(), childlink::Error>(())
    /// ```
    pub const fn school_year(self) -> i32 {
        let (year, month, _) = self.parts();
        if month >= 9 { year } else { year - 1 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A date of which the day, or day and month, may be unknown.
///
/// # Source
/// PDS allows yyyy, yyyy-mm or a full birth date (NHS England, Personal Demographics Service FHIR API).
///
/// ```
/// use childlink::date::PartialDate;
/// let born = PartialDate::parse("2019-07")?;
/// assert_eq!(born.earliest().to_string(), "2019-07-01");
/// assert_eq!(born.latest().to_string(), "2019-07-31");
/// assert_eq!(born.exact(), None);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: u16,
    /// 0 when unknown.
    month: u8,
    /// 0 when unknown.
    day: u8,
}

impl PartialDate {
    /// A date with only the parts that are known. A day needs a month.
    ///
    /// # Errors
    /// `date/year-range`, or `date/no-such-day`.
    pub fn new(year: i32, month: Option<u32>, day: Option<u32>) -> Result<PartialDate, Finding> {
        if month.is_none() && day.is_some() {
            return Err(Finding::new(&NO_SUCH_DAY, ""));
        }
        Date::new(year, month.unwrap_or(1), day.unwrap_or(1))?;
        Ok(PartialDate { year: year as u16, month: month.unwrap_or(0) as u8, day: day.unwrap_or(0) as u8 })
    }

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    ///
    /// # Errors
    /// `date/unreadable`, `date/year-range` or `date/no-such-day`.
    pub fn parse(text: &str) -> Result<PartialDate, Finding> {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        match text.len() {
            4 if digits(text) => PartialDate::new(text.parse().unwrap_or(0), None, None),
            7 if text.as_bytes()[4] == b'-' && digits(&text[..4]) && digits(&text[5..]) => {
                PartialDate::new(text[..4].parse().unwrap_or(0), text[5..].parse().ok(), None)
            }
            _ => Date::parse(text).map(PartialDate::from),
        }
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.year as i32
    }

    /// The month, if known.
    pub const fn month(self) -> Option<u32> {
        if self.month == 0 { None } else { Some(self.month as u32) }
    }

    /// The day of the month, if known.
    pub const fn day(self) -> Option<u32> {
        if self.day == 0 { None } else { Some(self.day as u32) }
    }

    /// The date, if all of it is known.
    pub fn exact(self) -> Option<Date> {
        if self.day == 0 {
            return None;
        }
        Some(Date(days_from_civil(self.year(), u32::from(self.month), u32::from(self.day))))
    }

    /// The first day it can mean.
    pub fn earliest(self) -> Date {
        Date(days_from_civil(self.year(), u32::from(self.month.max(1)), u32::from(self.day.max(1))))
    }

    /// The last day it can mean.
    pub fn latest(self) -> Date {
        let month = if self.month == 0 { 12 } else { u32::from(self.month) };
        let day = if self.day == 0 { days_in_month(self.year(), month) } else { u32::from(self.day) };
        Date(days_from_civil(self.year(), month, day))
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> PartialDate {
        let (year, month, day) = date.parts();
        PartialDate { year: year as u16, month: month as u8, day: day as u8 }
    }
}

impl serde::Serialize for PartialDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PartialDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<PartialDate, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        PartialDate::parse(&text).map_err(|error| serde::de::Error::custom(error.code.id))
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month != 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day != 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number of days in a month (1 to 12).
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date, counting from 1 March so that the leap day
/// falls last in its year.
const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = year as u32 - (month <= 2) as u32;
    let month_from_march = if month <= 2 { month + 9 } else { month - 3 };
    let century = year / 100;
    let days = year * 1_461 / 4 - century + century / 4 + (153 * month_from_march + 2) / 5 + day - 1;
    days as i32 - DAYS_TO_1970
}

/// The inverse of [`days_from_civil`], with few divisions: a batch of schedules writes millions of dates.
///
/// # Source
/// Neri and Schneider, Euclidean affine functions and their application to calendar algorithms, Software:
/// Practice and Experience 53 (2023), figure 12.
const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let fourths = 4 * (days + DAYS_TO_1970) as u32 + 3;
    let (century, day_of_century) = (fourths / 146_097, fourths % 146_097 / 4);
    let scaled = 2_939_745 * (4 * day_of_century + 3) as u64;
    let (year_of_century, day_of_year) = ((scaled >> 32) as u32, scaled as u32 / 2_939_745 / 4);
    let scaled = 2_141 * day_of_year + 197_913;
    let (month_from_march, day) = (scaled >> 16, (scaled & 0xFFFF) / 2_141 + 1);
    let next_year = (day_of_year >= 306) as u32;
    ((century * 100 + year_of_century + next_year) as i32, month_from_march - 12 * next_year, day)
}

/// From 1 March of the year 0 to 1 January 1970.
const DAYS_TO_1970: i32 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_survives_a_round_trip() {
        let mut day = Date::new(MIN_YEAR, 1, 1).unwrap();
        let last = Date::new(MAX_YEAR, 12, 31).unwrap();
        let mut count = 0;
        while day < last {
            let (y, m, d) = day.parts();
            assert_eq!(Date::new(y, m, d).unwrap(), day);
            assert_eq!(Date::parse(&day.to_string()).unwrap(), day);
            day = day.add_days(1);
            count += 1;
        }
        // 500 years hold 121 leap days: 125 fourths less 1800, 1900, 2100 and 2200.
        assert_eq!(count, 500 * 365 + 121 - 1);
        assert_eq!(Date::new(1970, 1, 1).unwrap().days_since_1970(), 0);
        assert_eq!(Date::new(2026, 11, 21).unwrap().weekday(), 5);
    }

    #[test]
    fn months_are_added_then_clamped() {
        for (from, months, to) in [
            ("2024-08-31", 6, "2025-02-28"),
            ("2023-08-31", 6, "2024-02-29"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2024-03-31", -1, "2024-02-29"),
            ("2024-06-09", -6, "2023-12-09"),
            ("2023-11-15", 1, "2023-12-15"),
        ] {
            assert_eq!(Date::parse(from).unwrap().add_months(months).to_string(), to, "{from} + {months} months");
        }
    }

    #[test]
    fn completed_months_agree_with_adding_months() {
        let birth = Date::parse("2024-02-29").unwrap();
        assert_eq!(Date::parse("2025-02-27").unwrap().months_since(birth), 11);
        assert_eq!(Date::parse("2025-02-28").unwrap().months_since(birth), 12);
        assert_eq!(Date::parse("2025-02-28").unwrap().years_since(birth), 1);
        assert_eq!(Date::parse("2024-02-28").unwrap().months_since(birth), -1);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (text, code) in [
            ("2023-02-29", "date/no-such-day"),
            ("2023-13-01", "date/no-such-day"),
            ("1799-12-31", "date/year-range"),
            ("2023-2-3", "date/unreadable"),
            ("", "date/unreadable"),
            ("20é3-01-01", "date/unreadable"),
        ] {
            assert_eq!(Date::parse(text).unwrap_err().code.id, code, "{text}");
        }
        assert_eq!(PartialDate::parse("2023").unwrap().latest().to_string(), "2023-12-31");
        assert_eq!(PartialDate::parse("2023-00").unwrap_err().code.id, "date/no-such-day");
    }
}
