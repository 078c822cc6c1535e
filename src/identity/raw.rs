//! One record as it stood in its source: text by canonical column, not yet understood.

use super::column::Column;

/// The text of each canonical column of one record, borrowed from the reader's buffer. An absent
/// column and an empty field are both `""`; the text is valid UTF-8 and otherwise untouched.
#[derive(Clone, Copy)]
pub struct RawFields<'a> {
    values: [&'a str; Column::COUNT],
}

impl<'a> RawFields<'a> {
    /// A record with every field absent.
    pub const fn new() -> RawFields<'a> {
        RawFields { values: [""; Column::COUNT] }
    }

    /// The field as it stood, without surrounding white space.
    #[inline]
    pub fn get(&self, column: Column) -> &'a str {
        let text = self.values[column.index()];
        let is_plain = |byte: &u8| byte.is_ascii_graphic();
        // Nearly every field begins and ends with a letter or figure.
        match (text.as_bytes().first(), text.as_bytes().last()) {
            (Some(first), Some(last)) if is_plain(first) && is_plain(last) => text,
            (None, _) => text,
            _ => text.trim(),
        }
    }

    /// Sets a field.
    pub fn set(&mut self, column: Column, text: &'a str) {
        self.values[column.index()] = text;
    }
}

impl Default for RawFields<'_> {
    fn default() -> Self {
        RawFields::new()
    }
}

/// In which order a source writes the parts of an all-figure date. A property of the whole source,
/// detected from all its dates (a 13th month tells), never guessed field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// 31/12/2024, as written in the United Kingdom; also assumed when nothing tells.
    #[default]
    DayMonthYear,
    /// 12/31/2024.
    MonthDayYear,
}
