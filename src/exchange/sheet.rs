//! Result files: rows under fixed columns, as CSV, Parquet or NDJSON.
//!
//! CSV is comma-separated UTF-8 with LF line breaks; text is quoted where it must be. A number is
//! written with the fewest figures that read back to the same bits. A missing number is an empty
//! field.

use crate::error::Error;
use crate::linkage::cells::{Cells, Field, Named};
use crate::linkage::parallel;
use std::io::Write;
use std::ops::Range;

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
    /// NDJSON.
    #[cfg(feature = "columnar")]
    Ndjson(super::sheet_ndjson::NdjsonSheet<W>),
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
        sheet.writer.write_all(&header).map_err(|cause| cannot_write(&cause))?;
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

    /// Starts an NDJSON file.
    ///
    /// # Errors
    /// None so far.
    #[cfg(feature = "columnar")]
    pub fn ndjson(writer: W, columns: &[SheetColumn]) -> Result<Sheet<W>, Error> {
        Ok(Sheet::Ndjson(super::sheet_ndjson::NdjsonSheet::new(writer, columns)))
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
            #[cfg(feature = "columnar")]
            Sheet::Ndjson(sheet) => sheet.rows(count, &fill),
        }
    }

    /// Adds `count` rows that are told column by column: what few values of a column are is made ready once and not
    /// for every row.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn columns(&mut self, count: usize, columns: &[Cells<'_>]) -> Result<(), Error> {
        match self {
            Sheet::Csv(sheet) => sheet.columns(count, columns),
            #[cfg(feature = "columnar")]
            Sheet::Parquet(sheet) => sheet.columns(count, columns),
            #[cfg(feature = "columnar")]
            Sheet::Ndjson(sheet) => sheet.columns(count, columns),
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
            #[cfg(feature = "columnar")]
            Sheet::Ndjson(sheet) => sheet.finish(),
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
    /// A line of NDJSON.
    #[cfg(feature = "columnar")]
    Ndjson(super::sheet_ndjson::NdjsonRow<'r>),
}

impl SheetRow<'_> {
    /// Sets the next field.
    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        match self {
            SheetRow::Csv(row) => row.text(text),
            #[cfg(feature = "columnar")]
            SheetRow::Parquet(row) => row.text(text),
            #[cfg(feature = "columnar")]
            SheetRow::Ndjson(row) => row.text(text),
        }
    }

    /// Sets the next field, of whole numbers.
    #[inline]
    pub fn integer(&mut self, number: i64) {
        match self {
            SheetRow::Csv(row) => row.raw(itoa::Buffer::new().format(number).as_bytes()),
            #[cfg(feature = "columnar")]
            SheetRow::Parquet(row) => row.integer(number),
            #[cfg(feature = "columnar")]
            SheetRow::Ndjson(row) => row.integer(number),
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
            #[cfg(feature = "columnar")]
            SheetRow::Ndjson(row) => row.number(number),
        }
    }
}

/// A CSV file under way.
pub struct CsvSheet<W> {
    writer: W,
}

impl<W: Write> CsvSheet<W> {
    fn rows(&mut self, count: usize, fill: &(dyn Fn(usize, &mut SheetRow<'_>) + Sync)) -> Result<(), Error> {
        in_pieces(&mut self.writer, count, &|rows| {
            let mut lines = Vec::with_capacity(PIECE * 48);
            for index in rows {
                fill(index, &mut SheetRow::Csv(CsvRow { line: &mut lines, started: false }));
                lines.push(b'\n');
            }
            lines
        })
    }

    fn columns(&mut self, count: usize, columns: &[Cells<'_>]) -> Result<(), Error> {
        in_pieces(&mut self.writer, count, &|rows| {
            let columns: Vec<Column> = columns.iter().map(|cells| Column::of(cells, rows.clone(), put_field)).collect();
            let mut lines = Vec::with_capacity(PIECE * 8 * columns.len());
            for row in 0..rows.len() {
                for (place, column) in columns.iter().enumerate() {
                    if place > 0 {
                        lines.push(b',');
                    }
                    column.write(row, &mut lines, put_field);
                }
                lines.push(b'\n');
            }
            lines
        })
    }
}

/// Renders pieces of rows side by side and writes them in order.
pub(super) fn in_pieces<W: Write>(
    writer: &mut W,
    count: usize,
    render: &(dyn Fn(Range<usize>) -> Vec<u8> + Sync),
) -> Result<(), Error> {
    let pieces = count.div_ceil(PIECE);
    // A wave of pieces at a time, so that only these are held as text.
    let wave = parallel::thread_count() * 4;
    for first in (0..pieces).step_by(wave) {
        let rendered = parallel::map(wave.min(pieces - first), |n| {
            let start = (first + n) * PIECE;
            render(start..(start + PIECE).min(count))
        });
        rendered.iter().try_for_each(|lines| writer.write_all(lines).map_err(|cause| cannot_write(&cause)))?;
    }
    Ok(())
}

/// Renders a field.
type PutField = fn(&Field, &mut Vec<u8>);

fn put_field(field: &Field, line: &mut Vec<u8>) {
    let mut row = SheetRow::Csv(CsvRow { line, started: false });
    match field {
        Field::Text(text) => row.text(text),
        Field::Integer(number) => row.integer(*number),
        Field::Number(number) => row.number(*number),
    }
}

/// A column of a piece of rows.
pub(super) enum Column {
    /// The fields that occur, and which one each row has.
    Listed {
        fields: Vec<Vec<u8>>,
        of_row: Vec<u32>,
    },
    Numbers(Vec<f64>),
}

impl Column {
    pub(super) fn of(cells: &Cells<'_>, rows: Range<usize>, put: PutField) -> Column {
        match cells {
            Cells::Listed { count, field, places } => {
                let mut of_row = Vec::with_capacity(rows.len());
                places(rows, &mut of_row);
                let Named { places, of_row } = Named::of(of_row, *count);
                let rendered = |place| {
                    let mut text = Vec::new();
                    put(&field(place), &mut text);
                    text
                };
                Column::Listed { fields: places.into_iter().map(rendered).collect(), of_row }
            }
            Cells::Numbers { of, field } => {
                let mut numbers = Vec::with_capacity(rows.len());
                of(rows, &mut numbers);
                numbers.iter_mut().for_each(|number| *number = field(*number));
                Column::Numbers(numbers)
            }
        }
    }

    pub(super) fn write(&self, row: usize, line: &mut Vec<u8>, put: PutField) {
        match self {
            Column::Listed { fields, of_row } => line.extend_from_slice(&fields[of_row[row] as usize]),
            Column::Numbers(numbers) => put(&Field::Number(numbers[row]), line),
        }
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

    #[test]
    fn columns_are_written_as_rows_are() {
        let count = PIECE + 7;
        let names = ["a, \"b\"", "", "c"];
        let number = |index: usize| if index % 5 == 1 { f64::NAN } else { index as f64 / 8.0 };
        let mut by_row = Sheet::csv(Vec::new(), &columns()).unwrap();
        by_row
            .rows(count, |index, row| {
                row.text(names[index % 3]);
                row.integer(-(index as i64));
                row.number(number(index));
            })
            .unwrap();
        let cells = [
            Cells::listed(names.map(|name| Field::Text(name.to_owned())).to_vec(), |rows, places| {
                places.extend(rows.map(|row| row as u32 % 3));
            }),
            Cells::Listed {
                count,
                field: Box::new(|place| Field::Integer(-i64::from(place))),
                places: Box::new(|rows, places| places.extend(rows.map(|row| row as u32))),
            },
            Cells::Numbers {
                of: Box::new(move |rows, to| to.extend(rows.map(|row| number(row) * 2.0))),
                field: |x| x / 2.0,
            },
        ];
        let mut by_column = Sheet::csv(Vec::new(), &columns()).unwrap();
        by_column.columns(count, &cells).unwrap();
        assert!(by_row.finish().unwrap() == by_column.finish().unwrap());
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
