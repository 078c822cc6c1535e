//! A length of time as a programme writes it: `8w`, `3y4m`, `18m`, `1y-1d`.

use crate::date::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A length of time in whole months and whole days: an age, or the gap between two doses.
///
/// Years and months are calendar months, added first by the one month-end rule of [`Date`]; weeks
/// are 7 days; days are added (or taken away) last.
///
/// ```
/// use childlink::{date::Date, schedule::Span};
/// let born = Date::new(2024, 8, 31)?;
/// assert_eq!(Span::parse("8w")?.after(born).to_string(), "2024-10-26");
/// assert_eq!(Span::parse("3y4m")?.after(born).to_string(), "2027-12-31");
/// assert_eq!(Span::parse("1y-1d")?.after(born).to_string(), "2025-08-30");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Whole calendar months, 0 to 1200.
    pub months: i16,
    /// Whole days, added after the months; negative in `1y-1d`.
    pub days: i16,
}

impl Span {
    /// So many days.
    pub const fn days(days: i16) -> Span {
        Span { months: 0, days }
    }

    /// Reads numbers with a unit each (`y`, `m`, `w`, `d`), joined by nothing, `+` or `-`.
    ///
    /// # Errors
    /// `programme/span`, when the text is anything else, or longer than 100 years.
    pub fn parse(text: &str) -> Result<Span, crate::Error> {
        let fault = || {
            crate::Error::new(
                "programme/span",
                format!("`{text}` is no age or interval"),
                "write numbers with y, m, w or d, for example 8w, 3y4m or 1y-1d",
            )
        };
        let (mut months, mut days) = (0i32, 0i32);
        let mut rest = text;
        while !rest.is_empty() {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
            let number: i32 = unsigned[..digits].parse().map_err(|_| fault())?;
            let unit = unsigned[digits..].chars().next().ok_or_else(fault)?;
            if number > 40_000 || !unit.is_ascii() {
                return Err(fault());
            }
            match unit {
                'y' => months += sign * number * 12,
                'm' => months += sign * number,
                'w' => days += sign * number * 7,
                'd' => days += sign * number,
                _ => return Err(fault()),
            }
            rest = &unsigned[digits + 1..];
        }
        if text.is_empty() || !(0..=1200).contains(&months) || days.abs() > 32_000 || (months == 0 && days < 0) {
            return Err(fault());
        }
        Ok(Span { months: months as i16, days: days as i16 })
    }

    /// The length itself, or so many days if it is zero.
    #[must_use]
    pub const fn or_days(self, days: i16) -> Span {
        if self.months == 0 && self.days == 0 { Span::days(days) } else { self }
    }

    /// The day that lies this long after `from`.
    #[must_use]
    pub fn after(self, from: Date) -> Date {
        let moved = if self.months == 0 { from } else { from.add_months(i32::from(self.months)) };
        moved.add_days(i32::from(self.days))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (years, months) = (self.months / 12, self.months % 12);
        if years != 0 {
            write!(f, "{years}y")?;
        }
        if months != 0 {
            write!(f, "{months}m")?;
        }
        match self.days {
            0 if self.months != 0 => Ok(()),
            days if days % 7 == 0 && self.months == 0 && days != 0 => write!(f, "{}w", days / 7),
            days if self.months != 0 && days > 0 => write!(f, "+{days}d"),
            days => write!(f, "{days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_back() {
        for (text, months, days, shown) in [
            ("8w", 0, 56, "8w"),
            ("3y4m", 40, 0, "3y4m"),
            ("18m", 18, 0, "1y6m"),
            ("1y-1d", 12, -1, "1y-1d"),
            ("28d", 0, 28, "4w"),
            ("0d", 0, 0, "0d"),
            ("1y+2w", 12, 14, "1y+14d"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span, Span { months, days }, "{text}");
            assert_eq!(span.to_string(), shown);
            assert_eq!(Span::parse(shown).unwrap(), span);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "8", "w", "8 weeks", "-1d", "8x", "8w-", "9999999999d", "200y", "1é"] {
            assert_eq!(Span::parse(text).unwrap_err().code, "programme/span", "{text}");
        }
    }
}
