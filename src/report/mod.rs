//! Offline pages about a run: counts and levels, drawn and in tables, never a field of a record unless asked.
//!
//! A page is one file of HTML without scripts, with its pictures as SVG in it. The same run gives the same bytes.

pub mod chart;
pub mod compare;
pub mod evaluation;
pub mod examples;
#[cfg(feature = "splink")]
pub mod general;
pub mod html;
pub mod linkage;
pub mod pair;
pub mod statistics;
