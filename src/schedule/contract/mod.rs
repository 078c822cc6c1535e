//! The JSON shapes of one child in and one child out, and batches of them as lines.

mod read;
mod shape;
mod write;

pub use read::parse_child;
pub use write::write_schedule;
