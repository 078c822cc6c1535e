//! Northern Ireland's numbers: the Health and Care Number.

use super::field::Parsed;
use super::ten_digits::{self, TenDigits, Unreadable};
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Not ten figures.
pub static LENGTH: Code = Code::new(
    "health-care-number/length",
    Severity::Fault,
    "the Health and Care Number does not have ten figures",
    "go back to the source record",
);
/// Other signs than figures.
pub static CHARACTERS: Code = Code::new(
    "health-care-number/characters",
    Severity::Fault,
    "the Health and Care Number holds characters other than figures, spaces and hyphens",
    "go back to the source record",
);
/// Modulus 11 fails.
pub static CHECK_DIGIT: Code = Code::new(
    "health-care-number/check-digit",
    Severity::Fault,
    "the check digit does not agree with the other nine figures",
    "go back to the source record",
);
/// Ten equal figures.
pub static REPEATED_DIGIT: Code = Code::new(
    "health-care-number/repeated-digit",
    Severity::Fault,
    "all ten figures are the same",
    "go back to the source record",
);
/// Not 320 000 001 to 399 999 999.
pub static OTHER_RANGE: Code = Code::new(
    "health-care-number/other-range",
    Severity::Warning,
    "the number lies outside the range reserved for Northern Ireland",
    "check that it is not an NHS or CHI number in the wrong column",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&LENGTH, &CHARACTERS, &CHECK_DIGIT, &REPEATED_DIGIT, &OTHER_RANGE];

/// A Health and Care Number: like an NHS number in length, check digit and display, but of another
/// system, and so a type of its own.
///
/// # Source
/// NHS Data Model and Dictionary, HEALTH AND CARE NUMBER (August 2024).
///
/// ```
/// use childlink::identity::health_care_number::HealthCareNumber;
/// assert_eq!(HealthCareNumber::parse("3200000058")?.to_string(), "320 000 0058");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthCareNumber(u64);

impl HealthCareNumber {
    /// Reads ten figures, with white space and hyphens anywhere.
    ///
    /// # Errors
    /// One of the codes of this module.
    pub fn parse(text: &str) -> Result<HealthCareNumber, Finding> {
        let number = TenDigits::parse(text).map_err(|unreadable| match unreadable {
            Unreadable::Length { .. } => finding(&LENGTH),
            Unreadable::Character { position } => finding(&CHARACTERS).at(position),
        })?;
        if number.is_repeated_digit() {
            return Err(finding(&REPEATED_DIGIT));
        }
        if !number.passes_modulus_11() {
            return Err(finding(&CHECK_DIGIT));
        }
        Ok(HealthCareNumber(number.whole()))
    }

    /// Reads a field: as [`parse`](HealthCareNumber::parse), with advice on the range.
    pub fn parse_field(text: &str) -> Parsed<HealthCareNumber> {
        let parsed = Parsed::from_text(text, HealthCareNumber::parse);
        let reserved = 320_000_001..=399_999_999;
        let elsewhere = parsed.value().is_some_and(|number| !reserved.contains(&(number.0 / 10)));
        parsed.with(elsewhere.then_some(finding(&OTHER_RANGE)))
    }

    /// The ten figures as a whole number.
    pub const fn digits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for HealthCareNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ten_digits::write_3_3_4(self.0, f)
    }
}

/// Masked: a number in a log is a leak.
impl fmt::Debug for HealthCareNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthCareNumber(***)")
    }
}

fn finding(code: &'static Code) -> Finding {
    Finding::new(code, "health_care_number")
}
