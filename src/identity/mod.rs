//! Who a record is about: identifiers and demographics, parsed into types with findings.

pub mod column;
pub mod raw;
