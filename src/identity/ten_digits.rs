//! What NHS, CHI and Health and Care Numbers share: ten figures, Modulus 11, display 3-3-4.

use crate::text::normalise::{digit, is_hyphen, is_invisible};
use std::fmt;

/// Ten figures, not yet known to be anybody's number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TenDigits {
    /// The first eight figures, one a byte, the first in the lowest.
    first_eight: u64,
    ninth: u8,
    tenth: u8,
}

/// Why a text is not ten figures.
pub(super) enum Unreadable {
    /// Only figures and separators, but another count of them; `value` is that of the first ten.
    Length { figures: usize, value: u64 },
    /// A character that is neither, at this 0-based place.
    Character { position: u32 },
}

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

impl TenDigits {
    /// Reads ten figures, ASCII or full-width, with white space and hyphens anywhere.
    pub(super) fn parse(text: &str) -> Result<TenDigits, Unreadable> {
        if let Ok(ascii) = text.as_bytes().try_into()
            && let Some(number) = TenDigits::from_ascii(ascii)
        {
            return Ok(number);
        }
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
        match TenDigits::from_whole(value) {
            Some(number) if figures == 10 => Ok(number),
            _ => Err(Unreadable::Length { figures, value }),
        }
    }

    /// Ten ASCII figures.
    #[inline]
    pub(super) fn from_ascii(figures: &[u8; 10]) -> Option<TenDigits> {
        let [first_eight @ .., ninth, tenth] = *figures;
        let first_eight = u64::from_le_bytes(first_eight) ^ eight(b'0');
        let (ninth, tenth) = (ninth ^ b'0', tenth ^ b'0');
        // A byte above 9 sets its highest bit, by itself or when 118 is added.
        let above_nine = (first_eight | first_eight.wrapping_add(eight(118))) & eight(0x80);
        (above_nine == 0 && ninth <= 9 && tenth <= 9).then_some(TenDigits { first_eight, ninth, tenth })
    }

    /// The ten figures of a whole number, unless it has more.
    #[inline]
    pub(super) const fn from_whole(number: u64) -> Option<TenDigits> {
        if number > 9_999_999_999 {
            return None;
        }
        // Divide and conquer within one word: halves of four figures, then pairs, then single figures.
        // Each quotient comes of a multiplication that is exact for the few figures concerned.
        let front = number / 100;
        let halves = (front / 10_000) | ((front % 10_000) << 32);
        let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
        let pairs = hundreds | ((halves - hundreds * 100) << 16);
        let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
        let first_eight = tens | ((pairs - tens * 10) << 8);
        let back = (number % 100) as u8;
        Some(TenDigits { first_eight, ninth: back / 10, tenth: back % 10 })
    }

    /// The figures as a whole number.
    pub(super) fn whole(self) -> u64 {
        let front = self.first_eight.to_le_bytes().into_iter().fold(0, |value, figure| value * 10 + u64::from(figure));
        front * 100 + u64::from(self.ninth) * 10 + u64::from(self.tenth)
    }

    #[inline]
    pub(super) const fn is_repeated_digit(self) -> bool {
        self.first_eight == self.first_eight.rotate_left(8)
            && self.ninth == self.tenth
            && self.tenth as u64 == self.first_eight & 0xff
    }

    /// Whether the figures weighted 10 to 1 add up to a multiple of 11, which is the published rule
    /// (tenth figure = 11 - remainder, 11 as 0, 10 never issued) in one sum.
    #[inline]
    pub(super) const fn passes_modulus_11(self) -> bool {
        // Every second figure in a lane of 16 bits; the product's highest lane is the weighted sum.
        const LANES: u64 = 0x00ff_00ff_00ff_00ff;
        let odd = (self.first_eight & LANES).wrapping_mul(10 << 48 | 8 << 32 | 6 << 16 | 4).wrapping_shr(48);
        let even = ((self.first_eight >> 8) & LANES).wrapping_mul(9 << 48 | 7 << 32 | 5 << 16 | 3).wrapping_shr(48);
        (odd + even + self.ninth as u64 * 2 + self.tenth as u64).is_multiple_of(11)
    }
}

/// Whether some check digit makes nine figures a number that passes Modulus 11. One stem in eleven has
/// none and is never used.
pub(super) fn is_usable_stem(stem: u64) -> bool {
    (0..10).filter_map(|digit| TenDigits::from_whole(stem * 10 + digit)).any(TenDigits::passes_modulus_11)
}

/// Writes `NNN NNN NNNN`.
pub(super) fn write_3_3_4(value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:03} {:03} {:04}", value / 10_000_000, value / 10_000 % 1_000, value % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule as the data dictionary words it, figure by figure.
    fn published_rule(figures: [u64; 10]) -> bool {
        let sum: u64 = (0..9).map(|index| figures[index] * (10 - index as u64)).sum();
        match 11 - sum % 11 {
            11 => figures[9] == 0,
            10 => false,
            check => figures[9] == check,
        }
    }

    proptest! {
        #[test]
        fn the_one_sum_is_the_published_rule(value in 0u64..10_000_000_000) {
            let text = format!("{value:010}");
            let figures = std::array::from_fn(|index| u64::from(text.as_bytes()[index] - b'0'));
            let number = TenDigits::from_whole(value).unwrap();
            prop_assert_eq!(number.passes_modulus_11(), published_rule(figures));
            prop_assert_eq!(number.whole(), value);
            prop_assert!(TenDigits::from_ascii(text.as_bytes().try_into().unwrap()) == Some(number));
        }
    }

    #[test]
    fn one_stem_in_eleven_is_unusable() {
        let unusable = (400_000_000..400_110_000).filter(|stem| !is_usable_stem(*stem)).count();
        assert_eq!(unusable, 10_000);
    }
}
