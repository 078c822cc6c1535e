//! Tracing in the Personal Demographics Service by files: which records are asked about, and what may be made of the
//! answers.
//!
//! Safety before recall. A number that was found by name and birth date is taken only if names and birth date agree;
//! where the family name does not, the pair goes to the restricted queue, since a child's old and new identity after an
//! adoption look so. What the service has invalidated leaves the pool and is never looked for again by name. Where
//! somebody lives is not kept, of anybody.
//!
//! # Source
//! NHS England, Person_ID Handbook, 27 February 2024 (files, steps and codes); PDS FHIR API specification, 2026
//! (superseded, invalidated and restricted records); PCSE adoption guidance. The layout is data:
//! `data/trace/pds-mesh.toml`, not yet confirmed against the service.

mod judge;
mod layout;
mod request;
pub mod response;
mod results;

pub use judge::{Judged, Outcome, Question, judge_all};
pub use layout::Layout;
pub use request::{NotAsked, Request, prepare};
pub use response::{Answer, AnswerCode, SetAsideAnswer, read_answers};
pub use results::{
    Key, TracedRecord, keys_columns, not_asked_columns, quarantine_columns, read_keys, read_questions, read_results,
    read_traced, restricted_columns, results_columns, review_columns, write_keys, write_not_asked, write_quarantine,
    write_restricted, write_results, write_review,
};
