//! Probabilistic record linkage after Fellegi and Sunter.
//!
//! The stages, in order: a columnar table of interned values, comparisons with ordered levels,
//! blocking, a model (a document), estimation, scoring, guards, decisions, clusters, explanations,
//! evaluation. Built-in child-health model and imported Splink models run through the same engine:
//! both compile to the types of [`comparison`] and then only indices and numbers are left.

pub mod blocking;
pub mod comparison;
pub mod estimate;
pub mod frame;
pub mod parallel;
pub mod pattern;
pub mod score;
#[cfg(feature = "splink")]
pub mod splink;
pub mod table;

pub use crate::text::hash;
pub mod value;
