//! Result files: rows under fixed columns, as CSV or Parquet.
//!
//! CSV is comma-separated UTF-8 with LF line breaks; text is quoted where it must be. A number is
//! written with the fewest figures that read back to the same bits. A missing number is an empty
//! field.

use crate::error::Error;
use crate::linkage::parallel;
use std::io::Write;

/// What a column of a sheet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A floating-point number.
    Number,
}

/// A column: its name and what it holds.
pub type SheetColumn = (String, Kind);

/// Rows rendered by one thread at a time.
const PIECE: usize = 1 << 15;

/// A result file under way.
pub enum Sheet<W: Write + Send> {
    /// CSV.
    Csv(CsvSheet<W>),
    /// Parquet.
    #[cfg(feature = "columnar")]
    Parquet(Box<super::sheet_parquet::ParquetSheet<W>>),
}

impl<W: Write + Send> Sheet<W> {
    /// Starts a CSV file with its header.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn csv(writer: W, columns: &[SheetColumn]) -> Result<Sheet<W>, Error> {
        let mut sheet = CsvSheet { writer };
        let mut header = Vec::new();
        let mut row = SheetRow::Csv(CsvRow { line: &mut header, started: false });
        columns.iter().for_each(|(name, _)| row.text(name));
        header.push(b'\n');
        sheet.put(&header)?;
        Ok(Sheet::Csv(sheet))
    }

    /// Starts a Parquet file.
    ///
    /// # Errors
    /// `output/cannot-write`.
    #[cfg(feature = "columnar")]
    pub fn parquet(writer: W, columns: &[SheetColumn]) -> Result<Sheet<W>, Error> {
        Ok(Sheet::Parquet(Box::new(super::sheet_parquet::ParquetSheet::new(writer, columns)?)))
    }

    /// Adds `count` rows; `fill` sets each field of a row, in the order of the columns. CSV rows are
    /// rendered side by side and written in order.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn rows(&mut self, count: usize, fill: impl Fn(usize, &mut SheetRow<'_>) + Sync) -> Result<(), Error> {
        match self {
            // One writer of rows for every kind of row: in Wasm each would be kilobytes of its own.
            Sheet::Csv(sheet) => sheet.rows(count, &fill),
            #[cfg(feature = "columnar")]
            Sheet::Parquet(sheet) => sheet.rows(count, &fill),
        }
    }

    /// Ends the file and gives back the writer.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn finish(self) -> Result<W, Error> {
        match self {
            Sheet::Csv(sheet) => Ok(sheet.writer),
            #[cfg(feature = "columnar")]
            Sheet::Parquet(sheet) => sheet.finish(),
        }
    }
}

/// A row to be filled, field by field.
pub enum SheetRow<'r> {
    /// A line of CSV.
    Csv(CsvRow<'r>),
    /// A row of Parquet.
    #[cfg(feature = "columnar")]
    Parquet(super::sheet_parquet::ParquetRow<'r>),
}

impl SheetRow<'_> {
    /// Sets the next field.
    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        match self {
            SheetRow::Csv(row) => row.text(text),
            #[cfg(feature = "columnar")]
            SheetRow::Parquet(row) => row.text(text),
        }
    }

    /// Sets the next field, of whole numbers.
    #[inline]
    pub fn integer(&mut self, number: i64) {
        match self {
            SheetRow::Csv(row) => row.raw(itoa::Buffer::new().format(number).as_bytes()),
            #[cfg(feature = "columnar")]
            SheetRow::Parquet(row) => row.integer(number),
        }
    }

    /// Sets the next field, of numbers; NaN stands for a missing one.
    #[inline(never)]
    pub fn number(&mut self, number: f64) {
        match self {
            SheetRow::Csv(row) if number.is_nan() => row.raw(b""),
            SheetRow::Csv(row) => row.raw(zmij::Buffer::new().format(number).as_bytes()),
            #[cfg(feature = "columnar")]
            SheetRow::Parquet(row) => row.number(number),
        }
    }
}

/// A CSV file under way.
pub struct CsvSheet<W> {
    writer: W,
}

impl<W: Write> CsvSheet<W> {
    fn rows(&mut self, count: usize, fill: &(dyn Fn(usize, &mut SheetRow<'_>) + Sync)) -> Result<(), Error> {
        let pieces = count.div_ceil(PIECE);
        // A wave of pieces at a time, so that only these are held as text.
        let wave = parallel::thread_count() * 4;
        for first in (0..pieces).step_by(wave) {
            let rendered = parallel::map(wave.min(pieces - first), |n| {
                let start = (first + n) * PIECE;
                let mut lines = Vec::with_capacity(PIECE * 48);
                for index in start..(start + PIECE).min(count) {
                    fill(index, &mut SheetRow::Csv(CsvRow { line: &mut lines, started: false }));
                    lines.push(b'\n');
                }
                lines
            });
            rendered.iter().try_for_each(|lines| self.put(lines))?;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|cause| cannot_write(&cause))
    }
}

/// A line of CSV under way.
pub struct CsvRow<'r> {
    line: &'r mut Vec<u8>,
    started: bool,
}

impl CsvRow<'_> {
    fn text(&mut self, text: &str) {
        if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            return self.raw(text.as_bytes());
        }
        self.raw(b"\"");
        for byte in text.bytes() {
            if byte == b'"' {
                self.line.push(b'"');
            }
            self.line.push(byte);
        }
        self.line.push(b'"');
    }

    fn raw(&mut self, bytes: &[u8]) {
        if self.started {
            self.line.push(b',');
        }
        self.started = true;
        self.line.extend_from_slice(bytes);
    }
}

pub(super) fn cannot_write(cause: &dyn std::fmt::Display) -> Error {
    Error::new(
        "output/cannot-write",
        format!("the result cannot be written: {cause}"),
        "check that the disk has room and that you may write there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns() -> Vec<SheetColumn> {
        vec![("name".to_owned(), Kind::Text), ("n".to_owned(), Kind::Integer), ("x".to_owned(), Kind::Number)]
    }

    #[test]
    fn rows_stand_in_order_however_they_are_rendered() {
        let mut sheet = Sheet::csv(Vec::new(), &columns()).unwrap();
        sheet
            .rows(PIECE * 9 + 5, |index, row| {
                row.text(if index == 1 { "a, \"b\"" } else { "c" });
                row.integer(-(index as i64));
                row.number(index as f64 / 8.0);
            })
            .unwrap();
        let text = String::from_utf8(sheet.finish().unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), PIECE * 9 + 6);
        assert_eq!(lines[..4], ["name,n,x", "c,0,0.0", "\"a, \"\"b\"\"\",-1,0.125", "c,-2,0.25"]);
        assert_eq!(lines[PIECE * 9 + 5], format!("c,-{},{:?}", PIECE * 9 + 4, (PIECE * 9 + 4) as f64 / 8.0));
    }

    proptest! {
        #[test]
        fn text_and_numbers_read_back_as_they_were(texts in prop::collection::vec("[a,\"\n\r é]{0,5}", 1..6), x: f64) {
            let mut sheet = Sheet::csv(Vec::new(), &columns()).unwrap();
            sheet.rows(texts.len(), |index, row| { row.text(&texts[index]); row.integer(7); row.number(x); }).unwrap();
            let bytes = sheet.finish().unwrap();
            let mut reader = ::csv::Reader::from_reader(&bytes[..]);
            let read: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(read.iter().map(|r| &r[0]).collect::<Vec<_>>(), texts.iter().collect::<Vec<_>>());
            prop_assert_eq!(read[0][2].parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
    }
}
