//! Tables of any columns: delimited text, NDJSON and Parquet to a [`Frame`](crate::linkage::frame::Frame),
//! and results of any columns to CSV and Parquet.

#[cfg(feature = "csv")]
pub mod csv;
pub mod ndjson;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod result;
