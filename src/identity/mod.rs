//! Who a record is about: identifiers and demographics, parsed into types with findings.

pub mod birth_order;
pub mod column;
pub mod field;
mod missing;
pub mod name;
mod name_data;
pub mod nhs_number;
mod placeholder;
pub mod postcode;
pub mod raw;
mod ten_digits;
