//! Tables of any columns: delimited text, NDJSON and Parquet to a [`Frame`](crate::linkage::frame::Frame).

#[cfg(feature = "csv")]
pub mod csv;
pub mod ndjson;
#[cfg(feature = "columnar")]
pub mod parquet;
