//! What NHS, CHI and Health and Care Numbers share: ten figures, Modulus 11, display 3-3-4.

use crate::text::normalise::{digit, is_hyphen, is_invisible};
use std::fmt;

/// Ten figures, not yet known to be anybody's number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TenDigits(u64);

/// Why a text is not ten figures.
pub(super) enum Unreadable {
    /// Only figures and separators, but another count of them; `value` is that of the first ten.
    Length { figures: usize, value: u64 },
    /// A character that is neither, at this 0-based place.
    Character { position: u32 },
}

impl TenDigits {
    /// Reads ten figures, ASCII or full-width, with white space and hyphens anywhere.
    pub(super) fn parse(text: &str) -> Result<TenDigits, Unreadable> {
        let mut value = 0u64;
        let mut figures = 0;
        for (position, c) in text.chars().enumerate() {
            if let Some(figure) = digit(c) {
                figures += 1;
                if figures <= 10 {
                    value = value * 10 + u64::from(figure);
                }
            } else if !(c.is_whitespace() || is_hyphen(c) || is_invisible(c)) {
                return Err(Unreadable::Character { position: position as u32 });
            }
        }
        if figures == 10 { Ok(TenDigits(value)) } else { Err(Unreadable::Length { figures, value }) }
    }

    /// The ten figures of a whole number, which is at most 9 999 999 999.
    pub(super) const fn new(value: u64) -> TenDigits {
        debug_assert!(value <= 9_999_999_999);
        TenDigits(value)
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }

    pub(super) const fn is_repeated_digit(self) -> bool {
        self.0.is_multiple_of(1_111_111_111)
    }

    /// Whether the figures weighted 10 to 1 add up to a multiple of 11, which is the published rule
    /// (tenth figure = 11 - remainder, 11 as 0, 10 never issued) in one sum.
    pub(super) fn passes_modulus_11(self) -> bool {
        let mut rest = self.0;
        let mut sum = 0;
        for weight in 1..=10 {
            sum += rest % 10 * weight;
            rest /= 10;
        }
        sum.is_multiple_of(11)
    }
}

/// The Modulus 11 check digit of nine figures, or none where it would be 10 and the stem is never used.
pub(super) fn modulus_11_digit(stem: u64) -> Option<u64> {
    (0..10).find(|digit| TenDigits::new(stem * 10 + digit).passes_modulus_11())
}

/// Writes `NNN NNN NNNN`.
pub(super) fn write_3_3_4(value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:03} {:03} {:04}", value / 10_000_000, value / 10_000 % 1_000, value % 10_000)
}
