//! Result files in NDJSON: one object a line, its members in the order of the columns. A missing number is `null`.

use super::sheet::{Column, SheetColumn, SheetRow, cannot_write, in_pieces};
use crate::error::Error;
use crate::linkage::cells::{Cells, Field};
use std::io::Write;

/// An NDJSON file under way.
pub struct NdjsonSheet<W> {
    writer: W,
    /// What stands before each field: its name and what parts it from the one before.
    before: Vec<Vec<u8>>,
}

impl<W: Write> NdjsonSheet<W> {
    pub(super) fn new(writer: W, columns: &[SheetColumn]) -> NdjsonSheet<W> {
        let before = |(place, (name, _)): (usize, &SheetColumn)| {
            let mut bytes = vec![if place == 0 { b'{' } else { b',' }];
            put_text(name, &mut bytes);
            bytes.push(b':');
            bytes
        };
        NdjsonSheet { writer, before: columns.iter().enumerate().map(before).collect() }
    }

    pub(super) fn rows(&mut self, count: usize, fill: &(dyn Fn(usize, &mut SheetRow<'_>) + Sync)) -> Result<(), Error> {
        let before = &self.before;
        in_pieces(&mut self.writer, count, &|rows| {
            let mut lines = Vec::new();
            for index in rows {
                fill(index, &mut SheetRow::Ndjson(NdjsonRow { line: &mut lines, before, next: 0 }));
                lines.extend_from_slice(b"}\n");
            }
            lines
        })
    }

    pub(super) fn columns(&mut self, count: usize, columns: &[Cells<'_>]) -> Result<(), Error> {
        let before = &self.before;
        in_pieces(&mut self.writer, count, &|rows| {
            let columns: Vec<Column> = columns.iter().map(|cells| Column::of(cells, rows.clone(), put)).collect();
            let mut lines = Vec::new();
            for row in 0..rows.len() {
                for (column, before) in columns.iter().zip(before) {
                    lines.extend_from_slice(before);
                    column.write(row, &mut lines, put);
                }
                lines.extend_from_slice(b"}\n");
            }
            lines
        })
    }

    pub(super) fn finish(mut self) -> Result<W, Error> {
        self.writer.flush().map_err(|cause| cannot_write(&cause))?;
        Ok(self.writer)
    }
}

/// A line of NDJSON under way.
pub struct NdjsonRow<'r> {
    line: &'r mut Vec<u8>,
    before: &'r [Vec<u8>],
    next: usize,
}

impl NdjsonRow<'_> {
    fn next(&mut self) -> &mut Vec<u8> {
        if let Some(before) = self.before.get(self.next) {
            self.line.extend_from_slice(before);
        }
        self.next += 1;
        self.line
    }

    pub(super) fn text(&mut self, text: &str) {
        put_text(text, self.next());
    }

    pub(super) fn integer(&mut self, number: i64) {
        put(&Field::Integer(number), self.next());
    }

    pub(super) fn number(&mut self, number: f64) {
        put(&Field::Number(number), self.next());
    }
}

fn put(field: &Field, line: &mut Vec<u8>) {
    match field {
        Field::Text(text) => put_text(text, line),
        Field::Integer(number) => line.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Field::Number(number) if number.is_finite() => {
            line.extend_from_slice(zmij::Buffer::new().format(*number).as_bytes());
        }
        Field::Number(_) => line.extend_from_slice(b"null"),
    }
}

fn put_text(text: &str, line: &mut Vec<u8>) {
    line.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => line.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => line.push(byte),
        }
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::sheet::{Kind, Sheet};
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    proptest! {
        #[test]
        fn rows_read_back_as_they_were(texts in prop::collection::vec(any::<String>(), 1..6), x: f64, by_column: bool) {
            let columns = [("na\"me", Kind::Text), ("n", Kind::Integer), ("x", Kind::Number)];
            let columns = columns.map(|(name, kind)| (name.to_owned(), kind));
            let mut sheet = Sheet::ndjson(Vec::new(), &columns).unwrap();
            let count = texts.len();
            if by_column {
                let fields = texts.iter().cloned().map(Field::Text).collect();
                let cells = [
                    Cells::listed(fields, |rows, places| places.extend(rows.map(|row| row as u32))),
                    Cells::listed(vec![Field::Integer(-7)], |rows, places| places.extend(rows.map(|_| 0))),
                    Cells::Numbers { of: Box::new(move |rows, to| to.extend(rows.map(|_| x))), field: |x| x },
                ];
                sheet.columns(count, &cells).unwrap();
            } else {
                sheet.rows(count, |row, to| { to.text(&texts[row]); to.integer(-7); to.number(x); }).unwrap();
            }
            let text = String::from_utf8(sheet.finish().unwrap()).unwrap();
            prop_assert_eq!(text.lines().count(), count);
            for (line, text) in text.lines().zip(&texts) {
                let read: Value = serde_json::from_str(line).unwrap();
                prop_assert_eq!(read["na\"me"].as_str(), Some(text.as_str()));
                prop_assert_eq!(read["n"].as_i64(), Some(-7));
                prop_assert_eq!(read["x"].as_f64().map(f64::to_bits), x.is_finite().then_some(x.to_bits()));
            }
        }
    }
}
