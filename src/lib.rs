//! Identity and dates for child health records, right and fast.
//!
//! Four jobs: **validate** (NHS numbers and demographics), **normalise**, **link** (probabilistic
//! matching) and **schedule** (immunisations, newborn screens, health reviews).
//!
//! The core is pure: no clock, file, network, log or hidden random source. The evaluation date is
//! an argument called `as_at`; sampling takes a seed.

#[cfg(feature = "c-api")]
pub mod c_api;
pub mod date;
pub mod error;
#[cfg(feature = "csv")]
pub mod exchange;
pub mod identity;
pub mod index;
pub mod linkage;
pub mod notification;
#[cfg(feature = "project")]
pub mod project;
#[cfg(feature = "report")]
pub mod report;
pub mod schedule;
#[cfg(any(feature = "c-api", all(feature = "wasm-validate", target_arch = "wasm32", target_os = "unknown")))]
mod shape;
#[cfg(feature = "synth")]
pub mod synth;
pub mod text;
#[cfg(all(feature = "wasm-validate", target_arch = "wasm32", target_os = "unknown"))]
mod wasm;

pub use error::{Error, Finding};

// The README's Rust examples are compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
