//! Splink's saved models: read, scored as Splink scores them, trained, and written back.
//!
//! A model's conditions are SQL. They are parsed into small expressions ([`expression`]), given the types of
//! the records' columns, and compiled so that what concerns one record is computed once a record, what
//! concerns a pair once a pair of distinct values. Three-valued logic, byte-wise string functions and the
//! order of levels are those of Splink 5.0.0 on DuckDB 2.0.0, which were executed to make the case tables.
//! What cannot be honoured is refused by name and place; nothing is approximated.

mod bind;
pub mod blocking;
pub mod blocking_analysis;
mod bound;
mod bounded;
mod cast;
mod comparator;
mod condition;
pub mod dialect;
pub mod distance;
mod evaluate;
mod export;
pub mod expression;
mod feature;
pub mod finding;
pub mod function;
mod groups;
mod judge;
pub mod level;
pub mod link;
mod measure;
mod memo;
mod number;
pub mod of_model;
mod pattern;
mod plain;
pub mod prediction;
#[cfg(test)]
mod quick_forms;
pub mod records;
pub mod score;
mod scores;
pub mod settings;
mod sphere;
mod sql;
pub mod train;

pub use finding::ModelFinding;
pub use prediction::Predictions;
pub use records::Records;
pub use settings::SplinkModel;
