//! Unique Property Reference Numbers.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use crate::text::normalise::digit;
use std::fmt;

/// Not 1 to 12 figures.
pub static UNREADABLE: Code = Code::new(
    "uprn/unreadable",
    Severity::Fault,
    "the property reference is not 1 to 12 figures",
    "send the number of AddressBase, without letters or spaces",
);
/// Zero.
pub static MISSING: Code = Code::new(
    "uprn/missing",
    Severity::Note,
    "zeros or words stand for a missing property reference",
    "nothing to do; the field counts as missing",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&UNREADABLE, &MISSING];

/// The number of one property in Great Britain, 1 to 12 figures; leading zeros do not count.
///
/// ```
/// use childlink::identity::uprn::Uprn;
/// assert_eq!(Uprn::parse("000010091234")?, Uprn::parse("10091234")?);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uprn(u64);

impl Uprn {
    /// Reads 1 to 12 figures.
    ///
    /// # Errors
    /// `uprn/unreadable`, or `uprn/missing` (a note).
    pub fn parse(text: &str) -> Result<Uprn, Finding> {
        let text = text.trim();
        let text = text.strip_suffix(".0").unwrap_or(text);
        let figures = || text.chars().map(digit);
        if text.is_empty() || !figures().all(|figure| figure.is_some()) || figures().count() > 12 {
            let missing = super::missing::says_missing(text);
            return Err(Finding::new(if missing { &MISSING } else { &UNREADABLE }, "uprn"));
        }
        match figures().flatten().fold(0, |value, figure| value * 10 + u64::from(figure)) {
            0 => Err(Finding::new(&MISSING, "uprn")),
            value => Ok(Uprn(value)),
        }
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<Uprn> {
        Parsed::from_text(text, Uprn::parse)
    }

    /// The number, 1 to 999 999 999 999.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Uprn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Masked: it is an address.
impl fmt::Debug for Uprn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uprn(***)")
    }
}
