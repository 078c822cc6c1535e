//! Codes of general practices.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// A default code.
pub static NO_PRACTICE: Code = Code::new(
    "gp-practice/default-code",
    Severity::Note,
    "the practice code stands for an unknown practice or none",
    "nothing to do; the field counts as missing",
);
/// A person's code.
pub static PRACTITIONER: Code = Code::new(
    "gp-practice/practitioner",
    Severity::Fault,
    "the code is that of a general practitioner, not of a practice",
    "send the code of the practice: a letter and five figures in England",
);
/// No practice code.
pub static UNREADABLE: Code = Code::new(
    "gp-practice/unreadable",
    Severity::Fault,
    "the practice code is not three to eight letters and figures",
    "send the code of the practice: a letter and five figures in England",
);
/// Another shape than in England.
pub static OTHER_SHAPE: Code = Code::new(
    "gp-practice/other-shape",
    Severity::Note,
    "the practice code is not a letter and five figures, as codes in England are",
    "nothing to do if the practice is in Scotland or Northern Ireland",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&NO_PRACTICE, &PRACTITIONER, &UNREADABLE, &OTHER_SHAPE];

/// The code of a general practice, in capitals.
///
/// # Source
/// NHS Data Model and Dictionary, default codes: V81999 unknown, V81998 not applicable, V81997 no
/// registered practice (unconfirmed), G9999998 and G9999981 for practitioners, Q99 and X98. ZZZ and an
/// area code: dummy practices of screening systems. The shape of English codes as an official rule is
/// unconfirmed, so other shapes are kept and told.
///
/// ```
/// use childlink::identity::gp_practice::GpPractice;
/// assert_eq!(GpPractice::parse(" a81001 ")?.as_str(), "A81001");
/// assert_eq!(GpPractice::parse("V81999").unwrap_err().code.id, "gp-practice/default-code");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GpPractice {
    /// Zero bytes after the end.
    code: [u8; 8],
}

impl GpPractice {
    /// Reads a practice code in any case and spacing.
    ///
    /// # Errors
    /// `gp-practice/default-code` (a note), `gp-practice/practitioner` or `gp-practice/unreadable`.
    pub fn parse(text: &str) -> Result<GpPractice, Finding> {
        let mut code = [0u8; 8];
        let mut length = 0;
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            if length == code.len() || !c.is_ascii_alphanumeric() {
                let missing = super::missing::says_missing(text);
                return Err(finding(if missing { &NO_PRACTICE } else { &UNREADABLE }));
            }
            code[length] = c.to_ascii_uppercase() as u8;
            length += 1;
        }
        let bytes = &code[..length];
        if bytes.starts_with(b"V819")
            || bytes.starts_with(b"ZZZ")
            || DEFAULTS.contains(&bytes)
            || super::missing::says_missing(text)
        {
            return Err(finding(&NO_PRACTICE));
        }
        if length == 8 && bytes[0] == b'G' && bytes[1..].iter().all(u8::is_ascii_digit) {
            return Err(finding(&PRACTITIONER));
        }
        if length < 3 {
            return Err(finding(&UNREADABLE));
        }
        Ok(GpPractice { code })
    }

    /// Reads the field of a record: as [`parse`](GpPractice::parse), telling of codes unlike those of
    /// England.
    pub fn parse_field(text: &str) -> Parsed<GpPractice> {
        let parsed = Parsed::from_text(text, GpPractice::parse);
        let other_shape = parsed.value().is_some_and(|practice| !practice.has_english_shape());
        parsed.with(other_shape.then_some(finding(&OTHER_SHAPE)))
    }

    /// The code, in capitals.
    pub fn as_str(&self) -> &str {
        let length = self.code.iter().position(|b| *b == 0).unwrap_or(self.code.len());
        std::str::from_utf8(&self.code[..length]).unwrap_or("")
    }

    fn has_english_shape(&self) -> bool {
        let code = self.as_str().as_bytes();
        code.len() == 6 && code[0].is_ascii_uppercase() && code[1..].iter().all(u8::is_ascii_digit)
    }
}

impl fmt::Display for GpPractice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Codes that name no practice, beside V819xx and ZZZ.
const DEFAULTS: [&[u8]; 4] = [b"G9999998", b"G9999981", b"Q99", b"X98"];

fn finding(code: &'static Code) -> Finding {
    Finding::new(code, "gp_practice")
}
