//! Placeholder module doc, replaced by the work of the same name.
