//! FHIR dates with times, for ordering and for the day they name.

use crate::date::{Date, PartialDate};

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn microseconds(self) -> i64 {
        self.0
    }
}

/// A FHIR `date`, `dateTime` or `instant` as written: the day it names, and the point in time where
/// time and offset are given.
///
/// The day is taken as written and never shifted by the offset: a birth written
/// `2017-10-02T00:00:00+01:00` is on 2 October, though it is still 1 October in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// The day, month or year that stands there.
    pub date: PartialDate,
    /// The point in time; `None` for a bare date or an offset that does not exist (`+58:00`).
    pub instant: Option<Instant>,
    /// The offset is outside the 14 hours that exist.
    pub bad_offset: bool,
}

impl DateTime {
    /// Reads `YYYY[-MM[-DD[Thh:mm[:ss[.fff]](Z|+hh:mm|-hh:mm)]]]`; `None` if it is nothing like it.
    ///
    /// # Source
    /// FHIR STU3 and R4, primitive types date, dateTime, instant; NEMS generic event requirements
    /// (offset at most 14:00).
    ///
    /// ```
    /// use childlink::exchange::fhir::DateTime;
    /// let born = DateTime::parse("2017-10-02T00:30:00+01:00").unwrap();
    /// assert_eq!(born.date.to_string(), "2017-10-02");
    /// assert_eq!(born.instant, DateTime::parse("2017-10-01T23:30:00Z").unwrap().instant);
    /// assert!(DateTime::parse("2017-10-02T00:30:00+58:00").unwrap().bad_offset);
    /// ```
    pub fn parse(text: &str) -> Option<DateTime> {
        let text = text.trim();
        let Some((day, time)) = text.split_once('T') else {
            return Some(DateTime { date: PartialDate::parse(text).ok()?, instant: None, bad_offset: false });
        };
        let day = Date::parse(day).ok()?;
        let bare = DateTime { date: PartialDate::from(day), instant: None, bad_offset: false };
        let (clock, offset) = match time.find(['Z', '+', '-']) {
            Some(at) => time.split_at_checked(at)?,
            None => return clock_microseconds(time).map(|_| bare),
        };
        let clock = clock_microseconds(clock)?;
        let Some(offset) = offset_minutes(offset)? else { return Some(DateTime { bad_offset: true, ..bare }) };
        let instant = i64::from(day.days_since_1970()) * 86_400_000_000 + clock - offset * 60_000_000;
        Some(DateTime { instant: Some(Instant(instant)), ..bare })
    }
}

fn two_figures(text: &str, most: i64) -> Option<i64> {
    let figures = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&n| figures && n <= most)
}

/// Microseconds after midnight of `hh:mm[:ss[.f...]]`. A leap second (60) is let in.
fn clock_microseconds(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let hours = two_figures(parts.next()?, 23)?;
    let minutes = two_figures(parts.next()?, 59)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, ""),
        Some(rest) => match rest.split_once('.') {
            Some((seconds, fraction)) => (two_figures(seconds, 60)?, fraction),
            None => (two_figures(rest, 60)?, ""),
        },
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = fraction.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

/// Minutes east of UTC; `Some(None)` for an offset that is well written but does not exist.
fn offset_minutes(text: &str) -> Option<Option<i64>> {
    if text == "Z" {
        return Some(Some(0));
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let minutes = two_figures(hours, 99)? * 60 + two_figures(minutes, 59)?;
    if minutes > 14 * 60 {
        return Some(None);
    }
    Some(Some(if sign == "-" { -minutes } else { minutes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms_are_read_and_others_refused() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:00.000001Z", Some(1)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1969-12-31T23:59:59.5-00:00", Some(-500_000)),
            ("2026-03-04T16:45:49.054765+00:00", Some(1_772_642_749_054_765)),
            ("2017-10-02", None),
            ("2017-10", None),
            ("2017-10-02T12:00:00", None),
        ] {
            let read = DateTime::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.instant.map(Instant::microseconds), micros, "{text}");
        }
        for text in ["", "T", "2017-10-02T", "2017-10-02T25:00:00Z", "2017-10-02T12Z", "2017-13-02T12:00:00Z", "né"] {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
    }
}
