//! Delimited text: comma, bar, semicolon or tab; UTF-8, UTF-16 or Windows-1252.
//!
//! A file goes through in four steps, none of which holds it as a whole:
//! 1. [`Form::detect`] finds encoding, delimiter, line break and header from its beginning;
//! 2. a [`Splitter`] cuts the bytes into chunks of whole records, minding quoted line breaks;
//! 3. [`Chunk::for_each_row`] finds the fields, on any thread;
//! 4. a [`Reader`] decodes them and hands them to the table.
//!
//! The rows are the same for any size of chunk. Several hosts can [share](read_share) a file and [`join`] what they
//! read.

mod decode;
mod file;
mod form;
mod reader;
pub mod record;
mod share;
mod split;

pub(crate) use file::{BLOCK, map_chunks};
pub use file::{read, read_again};
pub use form::{Form, MAX_BEGINNING};
pub use reader::{ChunkRows, Finished, Reader};
pub use share::{Share, join, read_share};
pub use split::{Chunk, MAX_RECORD, Row, Splitter};
