//! FHIR resources as a tree, whichever way they were written.
//!
//! STU3 XML, STU3 JSON and R4 JSON become the same [`Element`] tree, so that each message is
//! understood once. References are resolved, never positions.

mod bundle;
mod element;
mod instant;

pub use bundle::Bundle;
pub use element::{Element, Limits};
pub use instant::{DateTime, Instant};
