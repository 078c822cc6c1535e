//! The data that the JavaScript and the C shell hand out: plain objects, the same in both, written here
//! so that no core type freezes a format by accident. Keys are snake_case; an absent value is null.

pub(crate) mod finding;
pub(crate) mod record;
