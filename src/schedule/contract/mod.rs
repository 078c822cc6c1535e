//! The JSON shapes of one child in and one child out, and batches of them as lines.

mod lines;
mod read;
mod shape;
mod write;

pub use lines::{Counts, schedule_lines};
pub use read::parse_child;
pub use write::write_schedule;
