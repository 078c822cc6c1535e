//! Delimited text of any columns. Every column is text; an empty field is a missing value.
//!
//! Delimiter, encoding and line break are found as for files of records ([`crate::exchange::csv`]).

use crate::error::{Code, Error};
use crate::exchange::csv::record::Record;
use crate::exchange::csv::{BLOCK, Chunk, Form, MAX_BEGINNING, Row, map_chunks};
use crate::exchange::encoding::{Encoding, Utf8Tally};
use crate::exchange::rows::{FIELD_COUNT, HEADER_REPEATED, UNBALANCED_QUOTE, UNDECODABLE};
use crate::linkage::frame::{Frame, FrameColumn};
use crate::linkage::value::{Value, ValueType};
use std::io::{Read, Seek, SeekFrom};

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableRow {
    /// The line on which it begins; the header is line 1.
    pub line: u32,
    /// Why.
    pub reason: &'static Code,
    /// The row as it stood.
    pub raw: Vec<u8>,
}

/// A delimited file, read.
pub struct Rows {
    /// The usable rows, in the order of the file.
    pub frame: Frame,
    /// The others, in the order of the file.
    pub unusable: Vec<UnusableRow>,
}

impl Rows {
    /// The rows of a file that has no unusable one.
    ///
    /// # Errors
    /// The code of the first unusable row's reason, with its line.
    pub fn whole(self) -> Result<Frame, Error> {
        match self.unusable.first() {
            Some(row) => {
                Err(Error::new(row.reason.id, format!("line {}: {}", row.line, row.reason.message), row.reason.hint))
            }
            None => Ok(self.frame),
        }
    }
}

/// Reads every column as text that a model may ask to be read as numbers or dates.
///
/// # Errors
/// `csv/empty`, `csv/not-text`, `csv/header`, `csv/record-too-long`; `input/cannot-read`;
/// `frame/column-twice`.
pub fn read<R: Read + Seek + Send>(mut file: R) -> Result<Rows, Error> {
    let mut beginning = Vec::new();
    let cannot_read = |cause: std::io::Error| {
        Error::new(
            "input/cannot-read",
            format!("the file cannot be read: {cause}"),
            "check that the file is whole and the disk sound",
        )
    };
    (&mut file).take(MAX_BEGINNING as u64).read_to_end(&mut beginning).map_err(cannot_read)?;
    let mut form = Form::detect(&beginning)?;
    loop {
        file.seek(SeekFrom::Start(0)).map_err(cannot_read)?;
        let mut pieces = map_chunks(&mut file, &form, BLOCK, &|_| {}, |chunk| Piece::of(chunk, &form))?;
        let mut tally = Utf8Tally::default();
        pieces.iter().for_each(|piece| tally.add(piece.tally));
        if let Some(better) = form.with_encoding_of(tally, &beginning)? {
            form = better;
            continue;
        }
        pieces.sort_by_key(|piece| piece.index);
        let mut frame = Frame::new(empty_columns(&form))?;
        let mut unusable = Vec::new();
        for piece in pieces {
            frame.append(&Frame::new(piece.columns)?)?;
            unusable.extend(piece.unusable);
        }
        return Ok(Rows { frame, unusable });
    }
}

fn empty_columns(form: &Form) -> Vec<FrameColumn> {
    form.header.iter().map(|name| FrameColumn::new(name, ValueType::Text, false)).collect()
}

/// The rows of one chunk.
struct Piece {
    index: usize,
    columns: Vec<FrameColumn>,
    unusable: Vec<UnusableRow>,
    tally: Utf8Tally,
}

impl Piece {
    fn of(chunk: &Chunk, form: &Form) -> Piece {
        let mut piece = Piece {
            index: chunk.index,
            columns: empty_columns(form),
            unusable: Vec::new(),
            tally: Utf8Tally::default(),
        };
        let (mut text, mut ends) = (String::new(), Vec::new());
        chunk.for_each_row(form, |row| match row {
            Row::Unbalanced(_, lines, raw) => piece.set_aside(chunk, lines, &UNBALANCED_QUOTE, raw),
            Row::Record(record) if record.field_count() != form.header.len() => {
                piece.set_aside(chunk, record.lines_before, &FIELD_COUNT, record.raw);
            }
            Row::Record(record) if form.is_header(record) => {
                piece.set_aside(chunk, record.lines_before, &HEADER_REPEATED, record.raw);
            }
            Row::Record(record) => {
                if !record.raw.is_ascii() {
                    piece.tally.add(Utf8Tally::of(record.raw));
                }
                match decode(record, form, &mut text, &mut ends) {
                    Some(()) => piece.push(&text, &ends),
                    None => piece.set_aside(chunk, record.lines_before, &UNDECODABLE, record.raw),
                }
            }
        });
        piece
    }

    fn push(&mut self, text: &str, ends: &[usize]) {
        let mut start = 0;
        for (column, &end) in self.columns.iter_mut().zip(ends) {
            match &text[start..end] {
                "" => column.push(Value::Null),
                field => column.push_text(field),
            }
            start = end;
        }
    }

    fn set_aside(&mut self, chunk: &Chunk, lines: u64, reason: &'static Code, raw: &[u8]) {
        let line = u32::try_from(chunk.lines_before + lines + 1).unwrap_or(u32::MAX);
        self.unusable.push(UnusableRow { line, reason, raw: raw.to_vec() });
    }
}

/// The text of a record's fields one after another, and where each ends; `None` if a field is no text.
fn decode(record: &Record<'_>, form: &Form, text: &mut String, ends: &mut Vec<usize>) -> Option<()> {
    text.clear();
    ends.clear();
    // A row that is UTF-8 is read so even in a file that mostly is not: merged extracts mix both.
    let is_utf8 = std::str::from_utf8(record.bytes()).is_ok();
    let encoding = if is_utf8 { Encoding::Utf8 } else { form.encoding };
    for place in 0..record.field_count() {
        encoding.decode_into(record.get(place), text)?;
        ends.push(text.len());
    }
    // The decoder of UTF-16 puts U+FFFD where the bytes were none.
    (form.encoding.is_ascii_compatible() || !text.contains(char::REPLACEMENT_CHARACTER)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn rows(bytes: &[u8]) -> Rows {
        read(Cursor::new(bytes)).unwrap()
    }

    fn told(frame: &Frame) -> Vec<Vec<&str>> {
        let row = |row| frame.columns().iter().map(|column| column.value(row).as_text().unwrap_or("-")).collect();
        (0..frame.rows()).map(row).collect()
    }

    #[test]
    fn all_delimiters_and_encodings_give_the_same_table() {
        let text = "id;name;note\r\n1;Zoë;\r\n2;\"O\"\"Neill; é\";x\r\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let windows: Vec<u8> = text.chars().map(|c| c as u32 as u8).collect();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let tabs = text.replace("; ", "* ").replace(';', "\t").replace("* ", "; ").into_bytes();
        for bytes in [text.as_bytes().to_vec(), marked, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), windows, tabs]
        {
            let frame = rows(&bytes).whole().unwrap();
            assert_eq!(told(&frame), [["1", "Zoë", "-"], ["2", "O\"Neill; é", "x"]]);
        }
    }

    #[test]
    fn a_row_that_cannot_be_used_is_set_aside_with_its_line_and_reason() {
        let rows = rows(b"id,name\n1,a\n2\n3,\"x\ny\"\n4,Zo\xC3\xAB\n5,Zo\xEB\nid,name\n");
        assert_eq!(told(&rows.frame), [["1", "a"], ["3", "x\ny"], ["4", "Zoë"]]);
        let aside: Vec<_> = rows.unusable.iter().map(|row| (row.line, row.reason.id, row.raw.as_slice())).collect();
        assert_eq!(
            aside,
            [
                (3, "row/field-count", &b"2"[..]),
                (7, "row/undecodable", &b"5,Zo\xEB"[..]),
                (8, "row/header-repeated", &b"id,name"[..])
            ]
        );
        let error = rows.whole().err().unwrap();
        assert_eq!(error.code, "row/field-count");
        assert!(error.message.starts_with("line 3:"), "{error}");
    }

    #[test]
    fn an_encoding_that_only_shows_late_is_still_found() {
        let mut bytes = b"id,name\n".to_vec();
        for id in 0..120_000 {
            bytes.extend_from_slice(format!("{id},Khan\n").as_bytes());
        }
        assert!(bytes.len() > MAX_BEGINNING);
        bytes.extend_from_slice(b"late,Zo\xEB\n");
        let frame = rows(&bytes).whole().unwrap();
        assert_eq!(frame.rows(), 120_001);
        assert_eq!(frame.column("name").unwrap().value(120_000).as_text(), Some("Zoë"));
    }
}
