//! Probabilistic record linkage after Fellegi and Sunter.
//!
//! The stages, in order: a columnar table of interned values, comparisons with ordered levels,
//! blocking, a model (a document), estimation, scoring, guards, decisions, clusters, explanations,
//! evaluation. Built-in child-health model and imported Splink models run through the same engine:
//! both compile to the types of [`comparison`] and then only indices and numbers are left.

pub mod again;
pub mod barred;
pub mod blocking;
pub mod blocking_analysis;
pub mod cells;
pub mod child_id;
pub mod cluster;
pub mod comparison;
mod decide;
pub mod decisions;
pub mod estimate;
pub mod evaluate;
pub mod explain;
pub mod frame;
pub mod guards;
pub mod keys;
mod link;
pub mod model;
pub mod national;
pub mod parallel;
pub mod pattern;
pub mod predicate;
pub mod reference_names;
pub mod score;
pub mod scratch;
#[cfg(feature = "splink")]
pub mod splink;
pub mod superseded;
pub mod table;
pub mod trace;
pub mod value;
mod walk;
pub mod weighed;

pub use crate::text::hash;
pub(crate) use link::decide_pairs;
pub use link::{
    DecidedPair, Decision, LinkOptions, Linked, OnTrained, RefusedMerge, RestrictedPair, link, link_in_place,
    link_in_steps, link_sparing,
};
