//! Messages about children: bytes to [`Notification`].
//!
//! [`read`] tells the shape of a message from its content, whichever of the published forms it has.
//! What cannot be read is an [`Error`]; the caller keeps the bytes beside it in quarantine.

mod birth;
mod digest;
mod imms;
mod mns;
mod nems;
mod person;
mod screening;

use super::fhir::{Element, Limits};
use crate::error::Error;
use crate::notification::Notification;

/// Reads one message: NEMS STU3 (XML, JSON, or nested in an ITK message), MNS signals (FHIR R4
/// history Bundle or CloudEvents), a PDS R4 birth bundle, or an IMMS R4 Immunization.
///
/// # Errors
/// Those of [`Element::read`]; `notification/unknown-shape`, `notification/unknown-event`,
/// `notification/no-identifier`, `notification/no-subject`, and `notification/incomplete` naming the
/// element that is missing.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Notification, Error> {
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

/// The fault of a message that lacks an element the event requires.
fn incomplete(what: &str) -> Error {
    Error::new(
        "notification/incomplete",
        format!("the message has no {what}"),
        "ask the sender to send it again in full",
    )
    .in_field(what)
}
