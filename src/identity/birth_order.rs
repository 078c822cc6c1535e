//! The place of a child among the children of one birth.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Coded as not applicable or not known.
pub static NOT_KNOWN: Code = Code::new(
    "birth-order/not-known",
    Severity::Note,
    "the birth order is coded as not applicable or not known",
    "nothing to do; the field counts as missing",
);
/// None of 1 to 7.
pub static UNREADABLE: Code = Code::new(
    "birth-order/unreadable",
    Severity::Fault,
    "the birth order is none of 1 to 7, 8 (not applicable) or 9 (not known)",
    "check it against the birth notification; for twins it is decisive",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&NOT_KNOWN, &UNREADABLE];

/// First to seventh born of one birth. A single birth carries 1, so 1 alone does not tell of a twin.
///
/// # Source
/// NHS Data Model and Dictionary, birth order: 1 to 7, 8 not applicable, 9 not known; the maternity data
/// set writes UU and HES writes X for unknown. FHIR `multipleBirthInteger`.
///
/// ```
/// use childlink::identity::birth_order::BirthOrder;
/// assert_eq!(BirthOrder::parse("2")?.get(), 2);
/// assert_eq!(BirthOrder::parse("9").unwrap_err().code.id, "birth-order/not-known");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthOrder(u8);

impl BirthOrder {
    /// The order, 1 to 7.
    pub const fn new(order: u8) -> Option<BirthOrder> {
        if 1 <= order && order <= 7 { Some(BirthOrder(order)) } else { None }
    }

    /// Reads `1` to `7`, with or without a leading zero.
    ///
    /// # Errors
    /// `birth-order/not-known` (a note: 8, 9, UU, X or words for it) or `birth-order/unreadable`.
    pub fn parse(text: &str) -> Result<BirthOrder, Finding> {
        let text = text.trim();
        let figures = text.strip_suffix(".0").unwrap_or(text);
        let order: Option<u8> = figures.parse().ok();
        match order {
            Some(8 | 9) => Err(Finding::new(&NOT_KNOWN, "birth_order")),
            Some(order) => BirthOrder::new(order).ok_or(Finding::new(&UNREADABLE, "birth_order")),
            None if matches!(text, "X" | "x" | "UU" | "uu") || super::missing::says_missing(text) => {
                Err(Finding::new(&NOT_KNOWN, "birth_order"))
            }
            None => Err(Finding::new(&UNREADABLE, "birth_order")),
        }
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<BirthOrder> {
        Parsed::from_text(text, BirthOrder::parse)
    }

    /// The order that the words of a name carry: `Twin 2`, `TRIPLET THREE`, `Baby B`, `Girl One`.
    ///
    /// ```
    /// use childlink::identity::birth_order::BirthOrder;
    /// assert_eq!(BirthOrder::in_name("Twin Two"), BirthOrder::new(2));
    /// assert_eq!(BirthOrder::in_name("AMINA (TWIN II)"), BirthOrder::new(2));
    /// assert_eq!(BirthOrder::in_name("Baby of Smith"), None);
    /// ```
    pub fn in_name(text: &str) -> Option<BirthOrder> {
        super::name::birth_order_in(text)
    }

    /// The order, 1 to 7.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for BirthOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
