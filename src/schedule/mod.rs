//! What is valid, due, overdue and too late for one child on one day.
//!
//! Programmes are data (`data/schedules/`): this module reads them, judges what was given
//! (`evaluate`), works out what comes next (`forecast`) and groups it into visits; newborn screens and
//! health reviews stand beside the vaccines. A new programme, or
//! a new date in one, needs no Rust.

mod answer;
mod care_file;
mod child;
mod cohort;
mod contract;
pub mod coverage;
pub mod due_list;
mod evaluate;
mod failsafe;
pub mod finding;
mod forecast;
mod history;
mod immunisation;
mod packed;
mod programme;
mod programmes;
mod reader;
pub mod reviews;
pub mod screens;
mod span;
mod status;
mod visits;
mod vocabulary;

pub use answer::{ChildSchedule, DoseVerdict, Forecast, ReviewForecast, ScreenForecast, Visit};
pub use child::{
    Child, Class, Decision, DecisionKind, Dose, Given, Id, Nation, ProductText, Review, Screen, ScreenKind, Sex,
    VitaminK,
};
pub use contract::{Counts, parse_child, schedule_lines, write_schedule};
pub use immunisation::{Extent, immunisations};
pub use programme::{CaseCoverage, Programme, Provenance};
pub use programmes::{Programmes, check_programme_file, schedule};
pub use reader::Fault;
pub use span::Span;
pub use status::{Reason, Status, Verdict};
pub use vocabulary::{AntigenSet, ProductId, RiskSet, SeriesId, SeriesSet, Vocabulary};
