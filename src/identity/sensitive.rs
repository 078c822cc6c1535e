//! The flag of a record whose location must not be shown.

use crate::error::{Code, Finding, Severity};

/// No known code.
pub static UNREADABLE: Code = Code::new(
    "sensitive/unreadable",
    Severity::Warning,
    "the sensitive flag is no known code; the record is treated as sensitive",
    "send true or false, or a PDS status or FHIR security code",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&UNREADABLE];

/// Whether the flag of a record marks it as sensitive. What is not understood counts as sensitive, since
/// showing a location by mistake cannot be undone; only an empty field and a plain denial do not.
///
/// A record is sensitive too if its [postcode](super::postcode::Postcode::is_secured) or
/// [address](super::address::is_secured) says so. It is never inferred from anything else.
///
/// # Source
/// PDS status S (sensitive) and Y (stop noted): MIM 6.3.01, InformationSensitivity. FHIR `meta.security`
/// U, R, V, REDACTED. Code 92: PDS MESH response.
///
/// ```
/// use childlink::identity::sensitive;
/// assert!(sensitive::parse("R").0 && !sensitive::parse("U").0 && !sensitive::parse("").0);
/// assert!(sensitive::parse("perhaps").0);
/// ```
pub fn parse(text: &str) -> (bool, Option<Finding>) {
    const NO: [&str; 9] = ["", "N", "NO", "FALSE", "F", "0", "U", "UNRESTRICTED", "NORMAL"];
    const YES: [&str; 17] = [
        "Y",
        "YES",
        "TRUE",
        "T",
        "1",
        "S",
        "SENSITIVE",
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
    let folded = crate::text::normalise::fold(text);
    if NO.contains(&folded.as_str()) {
        (false, None)
    } else {
        let known = YES.contains(&folded.as_str());
        (true, (!known).then_some(Finding::new(&UNREADABLE, "sensitive")))
    }
}
