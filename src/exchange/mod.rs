//! Formats of files and messages: bytes to records and back.
//!
//! Nothing here opens a file. A reader is handed bytes, in pieces of any size, and gives the same
//! rows whatever the pieces; the shells bring the bytes.

#[cfg(feature = "columnar")]
pub mod arrow;
#[cfg(feature = "columnar")]
mod batches;
pub mod best;
pub mod care_events;
pub mod column_map;
pub mod columns;
pub mod csv;
pub mod due_list;
pub mod encoding;
pub mod fhir;
pub mod found;
pub mod frame;
pub mod intake;
pub mod linked;
#[cfg(feature = "splink")]
pub mod linked_records;
pub mod lists;
#[cfg(feature = "messages")]
pub mod message;
pub mod ndjson;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod pds_trace;
pub mod prepared;
pub mod rows;
pub mod settled;
pub mod sheet;
#[cfg(feature = "columnar")]
mod sheet_ndjson;
#[cfg(feature = "columnar")]
mod sheet_parquet;
pub mod summary;
pub mod traced;
pub mod weighed;
