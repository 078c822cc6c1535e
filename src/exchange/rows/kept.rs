//! Values of columns that are handed on.

use crate::text::packed::{read_list, read_number, read_text, write_length, write_list, write_text};

/// Values of the columns named by `--keep`, by row of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptValues {
    width: usize,
    rows: Vec<u32>,
    text: String,
    ends: Vec<usize>,
}

impl KeptValues {
    pub(super) fn new(width: usize) -> KeptValues {
        KeptValues { width, ..KeptValues::default() }
    }

    pub(super) fn push<'a>(&mut self, row: u32, values: impl Iterator<Item = &'a str>) {
        if self.width == 0 {
            return;
        }
        self.rows.push(row);
        for value in values {
            self.text.push_str(value);
            self.ends.push(self.text.len());
        }
    }

    pub(super) fn pack(&self, bytes: &mut Vec<u8>) {
        write_length(bytes, self.width as u64);
        write_list(bytes, self.rows.iter().map(|&row| u64::from(row)));
        write_text(bytes, &self.text);
        write_list(bytes, self.ends.iter().map(|&end| end as u64));
    }

    pub(super) fn unpack(bytes: &mut &[u8]) -> Option<KeptValues> {
        let (width, rows) = (read_number(bytes)?, read_list(bytes)?);
        Some(KeptValues { width, rows, text: read_text(bytes)?.to_owned(), ends: read_list(bytes)? })
    }

    pub(super) fn append(&mut self, later: &KeptValues) {
        self.width = later.width;
        self.rows.extend_from_slice(&later.rows);
        self.ends.extend(later.ends.iter().map(|end| end + self.text.len()));
        self.text.push_str(&later.text);
    }

    /// The value of a row in the column of this place in the list of columns to keep; `""` if none.
    pub fn get(&self, row: u32, column: usize) -> &str {
        let Ok(found) = self.rows.binary_search(&row) else { return "" };
        let index = found * self.width + column;
        let Some(&end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end).unwrap_or_default()
    }
}
