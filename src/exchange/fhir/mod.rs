//! FHIR resources as a tree, whichever way they were written.
//!
//! STU3 XML, STU3 JSON and R4 JSON become the same [`Element`] tree, so that each message is
//! understood once. References are resolved, never positions. What goes out is R4 JSON.

#[cfg(feature = "messages")]
mod bundle;
#[cfg(feature = "messages")]
mod element;
#[cfg(feature = "messages")]
mod immunization;
#[cfg(feature = "messages")]
mod instant;
#[cfg(feature = "messages")]
mod match_response;
#[cfg(feature = "messages")]
mod outcome;
pub(super) mod system;

#[cfg(feature = "messages")]
pub use {
    bundle::Bundle,
    element::{Element, Limits},
    immunization::immunization,
    instant::{DateTime, Instant},
    match_response::{MatchRequest, match_patient, replaced_patient},
    outcome::{of_error, of_fault, of_findings},
};
