//! Messages about children: bytes to [`Notification`].
//!
//! [`read`] tells the shape of a FHIR message from its content, whichever of the published forms it has.
//! What cannot be read is an [`Error`]; the caller keeps the bytes beside it in quarantine.

mod birth;
mod digest;
mod file;
pub mod hl7v2;
mod imms;
pub mod imms_batch;
pub mod kept;
pub mod laboratory;
mod mns;
mod nems;
mod person;
mod screening;

pub use file::{Piece, read_file};

use super::fhir::{Bundle, Element, Limits};
use crate::error::Error;
use crate::notification::{Notification, Subject};

/// Reads one message: NEMS STU3 (XML, JSON, or nested in an ITK message), MNS signals (FHIR R4
/// history Bundle or CloudEvents), a PDS R4 birth bundle, an IMMS R4 Immunization, or HL7 version 2.
///
/// # Errors
/// Those of [`Element::read`]; `notification/unknown-shape`, `notification/unknown-event`,
/// `notification/no-identifier`, `notification/no-subject`, and `notification/incomplete` naming the
/// element that is missing.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Notification, Error> {
    if bytes.trim_ascii_start().starts_with(b"MSH") || bytes.starts_with(b"\x0bMSH") {
        return hl7v2::read(bytes, limits);
    }
    let root = Element::read(bytes, limits)?;
    match (root.value.as_deref(), root.text(&["type"])) {
        (Some("Bundle"), Some("message")) => nems::read(&root),
        (Some("Bundle"), Some("history")) => mns::read_bundle(&root),
        (Some("Bundle"), Some("transaction")) => birth::read_pds(&root),
        (Some("Immunization"), _) => imms::read(&root),
        (None, Some(_)) if root.child("specversion").is_some() => mns::read_cloud_event(&root),
        _ => Err(Error::new(
            "notification/unknown-shape",
            "the message is none of the shapes that childlink reads",
            "expected a NEMS, MNS, PDS birth or IMMS message",
        )),
    }
}

/// Whom a Patient alone tells of, by the rules for messages.
pub(super) fn patient_subject(patient: &Element) -> Subject {
    person::child(patient, &Bundle::new(patient), &mut Vec::new())
}

/// The fault of a message that lacks an element the event requires.
fn incomplete(what: &str) -> Error {
    Error::new(
        "notification/incomplete",
        format!("the message has no {what}"),
        "ask the sender to send it again in full",
    )
    .in_field(what)
}
