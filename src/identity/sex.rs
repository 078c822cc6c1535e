//! Sex as registered, in the codes of the NHS and of FHIR.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Coded as not known or not specified.
pub static NOT_KNOWN: Code = Code::new(
    "sex/not-known",
    Severity::Note,
    "the sex is coded as not known, not specified or other",
    "nothing to do; the field counts as missing",
);
/// No known code.
pub static UNREADABLE: Code = Code::new(
    "sex/unreadable",
    Severity::Fault,
    "the sex is none of the codes in use (1, 2, 9, 0, X; M, F, U; male, female, other, unknown)",
    "send the code of the NHS Data Dictionary or of FHIR",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&NOT_KNOWN, &UNREADABLE];

/// Male or female, as evidence for linkage. Everything else that a source may say counts as missing.
///
/// # Source
/// NHS Data Model and Dictionary, PERSON GENDER CODE CURRENT (0, 1, 2, 9) and PERSON STATED GENDER CODE
/// (1, 2, 9, X); FHIR administrative gender. That 9 is `other` and 0 `unknown` in FHIR is usual; an
/// official table is unconfirmed. Gender identity is another field and is not evidence.
///
/// ```
/// use childlink::identity::sex::Sex;
/// assert_eq!(Sex::parse("female")?, Sex::parse("2")?);
/// assert_eq!(Sex::parse("9").unwrap_err().code.id, "sex/not-known");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Sex {
    /// 1, M, male.
    Male = 1,
    /// 2, F, female.
    Female = 2,
}

impl Sex {
    /// Reads a code or word in any case.
    ///
    /// # Errors
    /// `sex/not-known` (a note) or `sex/unreadable`.
    pub fn parse(text: &str) -> Result<Sex, Finding> {
        let text = text.trim();
        let text = text.strip_suffix(".0").unwrap_or(text);
        let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
        if is(&["1", "01", "M", "MALE", "BOY"]) {
            Ok(Sex::Male)
        } else if is(&["2", "02", "F", "FEMALE", "GIRL"]) {
            Ok(Sex::Female)
        } else if is(&["0", "9", "U", "X", "I", "O", "OTHER", "INDETERMINATE", "NOT SPECIFIED", "UN", "UNK"])
            || super::missing::says_missing(text)
        {
            Err(Finding::new(&NOT_KNOWN, "sex"))
        } else {
            Err(Finding::new(&UNREADABLE, "sex"))
        }
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<Sex> {
        Parsed::from_text(text, Sex::parse)
    }

    /// The word of FHIR: `male` or `female`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }
}

impl fmt::Display for Sex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
