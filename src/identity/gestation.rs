//! Length of pregnancy at birth.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};

/// No number of weeks that a live birth can have.
pub static UNREADABLE: Code = Code::new(
    "gestation/unreadable",
    Severity::Fault,
    "the gestation is not 20 to 45 whole weeks",
    "send completed weeks, or weeks and days as 39+2",
);
/// Words for none.
pub static MISSING: Code = Code::new(
    "gestation/missing",
    Severity::Note,
    "a code or words stand for an unknown gestation",
    "nothing to do; the field counts as missing",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&UNREADABLE, &MISSING];

/// Completed weeks of pregnancy, 20 to 45 (the bounds are ours: no source gives any).
///
/// ```
/// use childlink::identity::gestation::Gestation;
/// assert_eq!(Gestation::parse("39+2")?.weeks(), 39);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gestation(u8);

impl Gestation {
    /// Reads whole weeks; days after a `+` are passed over.
    ///
    /// # Errors
    /// `gestation/unreadable`, or `gestation/missing` (a note: 99 or words).
    pub fn parse(text: &str) -> Result<Gestation, Finding> {
        let weeks = text.split(['+', '.']).next().unwrap_or(text).trim();
        match weeks.parse() {
            Ok(weeks @ 20..=45) => Ok(Gestation(weeks)),
            Ok(99) => Err(Finding::new(&MISSING, "gestation_weeks")),
            Err(_) if super::missing::says_missing(text) => Err(Finding::new(&MISSING, "gestation_weeks")),
            _ => Err(Finding::new(&UNREADABLE, "gestation_weeks")),
        }
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<Gestation> {
        Parsed::from_text(text, Gestation::parse)
    }

    /// Completed weeks.
    pub const fn weeks(self) -> u8 {
        self.0
    }
}
