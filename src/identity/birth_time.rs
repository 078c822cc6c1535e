//! Time of birth, which tells twins apart.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// No time of day.
pub static UNREADABLE: Code = Code::new(
    "birth-time/unreadable",
    Severity::Fault,
    "the birth time is not a time of day in the form HH:MM",
    "write hours 00 to 23 and minutes, for example 07:45",
);
/// Words for none.
pub static MISSING: Code = Code::new(
    "birth-time/missing",
    Severity::Note,
    "words stand for a missing birth time",
    "nothing to do; the field counts as missing",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&UNREADABLE, &MISSING];

/// A time of day in whole minutes, as the birth notification gives it.
///
/// ```
/// use childlink::identity::birth_time::BirthTime;
/// assert_eq!(BirthTime::parse("07:45:30")?, BirthTime::parse("0745")?);
/// assert_eq!(BirthTime::parse("24:00").unwrap_err().code.id, "birth-time/unreadable");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthTime(u16);

impl BirthTime {
    /// Reads `HH:MM`, `HH:MM:SS`, `HHMM` or `HHMMSS`, alone or after a date and a `T` or space. Seconds
    /// and time zone are passed over.
    ///
    /// # Errors
    /// `birth-time/unreadable`, or `birth-time/missing` (a note).
    pub fn parse(text: &str) -> Result<BirthTime, Finding> {
        let text = text.trim();
        let time = text.rsplit(['T', ' ']).next().unwrap_or(text).as_bytes();
        let two = |at: usize| match time.get(at..at + 2) {
            Some([a, b]) if a.is_ascii_digit() && b.is_ascii_digit() => {
                Some(u16::from(a - b'0') * 10 + u16::from(b - b'0'))
            }
            _ => None,
        };
        let minutes_at = if time.get(2) == Some(&b':') { 3 } else { 2 };
        match (two(0), two(minutes_at)) {
            (Some(hours @ 0..=23), Some(minutes @ 0..=59)) => Ok(BirthTime(hours * 60 + minutes)),
            _ if super::missing::says_missing(text) => Err(Finding::new(&MISSING, "birth_time")),
            _ => Err(Finding::new(&UNREADABLE, "birth_time")),
        }
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<BirthTime> {
        Parsed::from_text(text, BirthTime::parse)
    }

    /// Minutes after midnight, 0 to 1439.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for BirthTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Masked: with the date it tells a child.
impl fmt::Debug for BirthTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthTime(***)")
    }
}
