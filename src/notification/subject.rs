//! The demographics of a message, as text by canonical column.

use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a message says of a person, not yet judged: the same text that a row of a file would hold,
/// so that files and messages are understood by one set of rules.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Subject {
    fields: BTreeMap<Column, String>,
    cleared: BTreeSet<Column>,
    is_dead: bool,
}

impl Subject {
    /// The text of a column, if the message has it.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.fields.get(&column).map(String::as_str)
    }

    /// Sets a column; an absent or blank text leaves it as it was.
    pub fn set(&mut self, column: Column, text: Option<&str>) {
        if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
            self.fields.insert(column, text.to_owned());
        }
    }

    /// Marks a column whose value the message deletes, which is more than not mentioning it.
    pub fn clear(&mut self, column: Column) {
        self.fields.remove(&column);
        self.cleared.insert(column);
    }

    /// Whether the message deletes the column's value.
    pub fn is_cleared(&self, column: Column) -> bool {
        self.cleared.contains(&column)
    }

    /// Notes that the message calls the person dead, with or without a date.
    pub fn set_dead(&mut self) {
        self.is_dead = true;
    }

    /// Whether the message calls the person dead: it says so, or it has a date of death, were it one that cannot be read.
    pub fn is_dead(&self) -> bool {
        self.is_dead || self.fields.contains_key(&Column::DeathDate)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// As a raw record for the parsers of `identity`.
    pub fn raw(&self) -> RawFields<'_> {
        let mut raw = RawFields::new();
        for (column, text) in &self.fields {
            raw.set(*column, text);
        }
        raw
    }
}

impl fmt::Debug for Subject {
    /// Which columns are filled, not with what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}
