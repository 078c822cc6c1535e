//! Scottish numbers: the Community Health Index.

use super::field::Parsed;
use super::sex::Sex;
use super::ten_digits::{TenDigits, Unreadable};
use crate::date::Date;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Not ten figures.
pub static LENGTH: Code = Code::new(
    "chi-number/length",
    Severity::Fault,
    "the CHI number does not have ten figures",
    "go back to the source record",
);
/// Other signs than figures.
pub static CHARACTERS: Code = Code::new(
    "chi-number/characters",
    Severity::Fault,
    "the CHI number holds characters other than figures, spaces and hyphens",
    "go back to the source record",
);
/// The first six figures are no date.
pub static NO_DATE: Code = Code::new(
    "chi-number/no-date",
    Severity::Fault,
    "the first six figures of the CHI number are no date",
    "go back to the source record",
);
/// Neither check digit agrees.
pub static CHECK_DIGIT: Code = Code::new(
    "chi-number/check-digit",
    Severity::Fault,
    "neither the Modulus 11 nor the Modulus 10 check digit agrees with the other nine figures",
    "go back to the source record",
);
/// Nine figures, read with a zero in front.
pub static LEADING_ZERO: Code = Code::new(
    "chi-number/leading-zero",
    Severity::Warning,
    "the CHI number has nine figures; it was read with the leading zero that spreadsheets drop",
    "export the source again with the column as text",
);
/// Only Modulus 10 agrees.
pub static MODULUS_10: Code = Code::new(
    "chi-number/modulus-10",
    Severity::Note,
    "the CHI number carries the Modulus 10 check digit, planned from August 2026",
    "nothing to do; a number issued earlier should be checked against the source record",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&LENGTH, &CHARACTERS, &NO_DATE, &CHECK_DIGIT, &LEADING_ZERO, &MODULUS_10];

/// A number of the Community Health Index: DDMMYY, two figures, a figure for sex, a check digit. A type
/// of its own, since an identifier is known by its system and not by its shape.
///
/// # Source
/// NHS Data Model and Dictionary, COMMUNITY HEALTH INDEX NUMBER; Modulus 10: Public Health Scotland,
/// phsmethods (July 2026) and its issue 147. The formal notice is unconfirmed.
///
/// ```
/// use childlink::identity::chi_number::ChiNumber;
/// assert!(ChiNumber::parse("0101241232").is_ok()); // Modulus 11
/// assert!(ChiNumber::parse("0101241230").is_ok()); // Modulus 10
/// assert_eq!(ChiNumber::parse("3201241230").unwrap_err().code.id, "chi-number/no-date");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChiNumber(u64);

impl ChiNumber {
    /// Reads ten figures, with white space and hyphens anywhere; nine are read with a leading zero.
    ///
    /// # Errors
    /// One of the codes of this module.
    pub fn parse(text: &str) -> Result<ChiNumber, Finding> {
        read(text).map(|(number, _)| number)
    }

    /// Reads a field: as [`parse`](ChiNumber::parse), telling of a lost zero and of Modulus 10.
    pub fn parse_field(text: &str) -> Parsed<ChiNumber> {
        let mut padded = false;
        let parsed = Parsed::from_text(text, |text| {
            let (number, lost_zero) = read(text)?;
            padded = lost_zero;
            Ok(number)
        });
        let modulus_10 = parsed
            .value()
            .is_some_and(|number| TenDigits::from_whole(number.0).is_some_and(|digits| !digits.passes_modulus_11()));
        parsed.with(padded.then_some(finding(&LEADING_ZERO))).with(modulus_10.then_some(finding(&MODULUS_10)))
    }

    /// The ten figures as a whole number (a leading zero is not seen).
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// The birth date in the number, in the latest century not after `as_at`.
    pub fn birth_date(self, as_at: Date) -> Option<Date> {
        let (day, month, year) = date_parts(self.0);
        let century = as_at.year() / 100 * 100;
        [century, century - 100]
            .into_iter()
            .filter_map(|century| Date::new(century + year as i32, month, day).ok())
            .find(|date| *date <= as_at)
    }

    /// The sex in the number: the ninth figure is even for girls.
    pub const fn sex(self) -> Sex {
        if (self.0 / 10).is_multiple_of(2) { Sex::Female } else { Sex::Male }
    }
}

/// Without spaces, as CHI numbers are written.
impl fmt::Display for ChiNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

/// Masked: a number in a log is a leak.
impl fmt::Debug for ChiNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChiNumber(***)")
    }
}

/// The number, and whether a leading zero was put back.
fn read(text: &str) -> Result<(ChiNumber, bool), Finding> {
    let (number, padded) = match TenDigits::parse(text) {
        Ok(number) => (number, false),
        Err(Unreadable::Length { figures: 9, value }) => (TenDigits::from_whole(value).ok_or(finding(&LENGTH))?, true),
        Err(Unreadable::Length { .. }) => return Err(finding(&LENGTH)),
        Err(Unreadable::Character { position }) => return Err(finding(&CHARACTERS).at(position)),
    };
    let digits = number.whole();
    let (day, month, year) = date_parts(digits);
    // Of the centuries that the two figures can mean, 2000 has every 29 February that any has.
    if Date::new(2000 + year as i32, month, day).is_err() {
        return Err(finding(&NO_DATE));
    }
    if !number.passes_modulus_11() && !passes_modulus_10(digits) {
        return Err(finding(&CHECK_DIGIT));
    }
    Ok((ChiNumber(digits), padded))
}

/// Day, month and two-figure year.
const fn date_parts(digits: u64) -> (u32, u32, u32) {
    ((digits / 100_000_000) as u32, (digits / 1_000_000 % 100) as u32, (digits / 10_000 % 100) as u32)
}

/// Whether the tenth figure is the Modulus 10 (Luhn) digit: of the first nine every second one is
/// doubled, from the ninth backwards, less 9 where that gives two figures.
fn passes_modulus_10(digits: u64) -> bool {
    let mut rest = digits / 10;
    let mut sum = digits % 10;
    for place in 0..9 {
        let doubled = rest % 10 * if place % 2 == 0 { 2 } else { 1 };
        sum += if doubled > 9 { doubled - 9 } else { doubled };
        rest /= 10;
    }
    sum.is_multiple_of(10)
}

fn finding(code: &'static Code) -> Finding {
    Finding::new(code, "chi_number")
}
