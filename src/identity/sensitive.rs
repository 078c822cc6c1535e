//! The flag of a record whose location must not be shown.

use crate::error::{Code, Finding, Severity};
use crate::text::normalise::fold;

/// No known code.
pub static UNREADABLE: Code = Code::new(
    "sensitive/unreadable",
    Severity::Warning,
    "the sensitive flag is no known code; the record is treated as sensitive",
    "send true or false, or a PDS status or FHIR security code",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&UNREADABLE];

/// What the flag of a record says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sensitivity {
    /// Nothing, or that the record is open.
    #[default]
    Open,
    /// The location must not be shown.
    Sensitive,
    /// The record was invalidated and leaves the pool: adoption, a new number after safeguarding.
    Invalidated,
}

impl Sensitivity {
    /// Reads yes and no in the usual forms, and the codes of national systems. What is not understood
    /// counts as sensitive, with a finding, since showing a location by mistake cannot be undone; only an
    /// empty field and a plain denial are open.
    ///
    /// A record is sensitive too if its [postcode](super::postcode::Postcode::is_secured) or
    /// [address](super::address::no_address) says so. It is never inferred from anything else.
    ///
    /// # Source
    /// PDS status S (sensitive), I (invalid), B (business reason) and Y (stop noted): MIM 6.3.01,
    /// InformationSensitivity. FHIR `meta.security` U, R, V, REDACTED. Code 92: PDS MESH response.
    ///
    /// ```
    /// use childlink::identity::sensitive::Sensitivity;
    /// assert_eq!(Sensitivity::parse("R").0, Sensitivity::Sensitive);
    /// assert_eq!(Sensitivity::parse("U").0, Sensitivity::Open);
    /// assert_eq!(Sensitivity::parse("perhaps").0, Sensitivity::Sensitive);
    /// ```
    pub fn parse(text: &str) -> (Sensitivity, Option<Finding>) {
        const OPEN: [&str; 9] = ["", "N", "NO", "FALSE", "F", "0", "U", "UNRESTRICTED", "NORMAL"];
        const INVALIDATED: [&str; 3] = ["I", "INVALID", "INVALIDATED"];
        const SENSITIVE: [&str; 18] = [
            "Y",
            "YES",
            "TRUE",
            "T",
            "1",
            "S",
            "SENSITIVE",
            "B",
            "R",
            "RESTRICTED",
            "V",
            "VERY RESTRICTED",
            "REDACTED",
            "92",
            "STOP NOTED",
            "S FLAG",
            "SFLAG",
            "CONFIDENTIAL",
        ];
        let folded = fold(text);
        let says = |words: &[&str]| words.contains(&folded.as_str());
        if says(&OPEN) {
            (Sensitivity::Open, None)
        } else if says(&INVALIDATED) {
            (Sensitivity::Invalidated, None)
        } else {
            let unreadable = (!says(&SENSITIVE)).then_some(Finding::new(&UNREADABLE, "sensitive"));
            (Sensitivity::Sensitive, unreadable)
        }
    }
}
