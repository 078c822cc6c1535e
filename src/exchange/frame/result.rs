//! Columns of results to CSV and Parquet, piece by piece.

#[cfg(feature = "columnar")]
use crate::error::Error;
use crate::linkage::frame::ResultColumn;
use std::fmt::Write;

#[cfg(feature = "columnar")]
fn cannot_write(error: &dyn std::fmt::Display) -> Error {
    Error::new(
        "output/cannot-write",
        format!("the result cannot be written: {error}"),
        "check that the disk has room and that you may write there",
    )
}

/// The header line of a CSV result.
pub fn csv_header<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (place, name) in names.into_iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        push_text(&mut line, name);
    }
    line.push('\n');
    line
}

/// A piece of a result as CSV lines. Numbers are written so that reading them gives the same bits; a missing
/// value is an empty field.
pub fn csv_lines(columns: &[ResultColumn], rows: usize) -> String {
    let mut text = String::with_capacity(rows * columns.len() * 12);
    for row in 0..rows {
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            // Writing to a String cannot fail.
            let _ = match column {
                ResultColumn::Text(values) => {
                    values[row].iter().for_each(|value| push_text(&mut text, value));
                    Ok(())
                }
                ResultColumn::Integer(values) => values[row].map_or(Ok(()), |value| write!(text, "{value}")),
                ResultColumn::Float(values) => values[row].map_or(Ok(()), |value| write!(text, "{value:?}")),
            };
        }
        text.push('\n');
    }
    text
}

fn push_text(line: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) || text.is_empty() {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// Writes a result as Parquet.
#[cfg(feature = "columnar")]
pub struct ParquetResult<W: std::io::Write + Send> {
    writer: parquet::arrow::ArrowWriter<W>,
    schema: std::sync::Arc<arrow::datatypes::Schema>,
}

#[cfg(feature = "columnar")]
impl<W: std::io::Write + Send> ParquetResult<W> {
    /// Starts a file with these columns; `like` shows the type of each.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn new(output: W, names: &[String], like: &[ResultColumn]) -> Result<ParquetResult<W>, Error> {
        use arrow::datatypes::{DataType, Field, Schema};
        let field = |(name, column): (&String, &ResultColumn)| {
            let kind = match column {
                ResultColumn::Text(_) => DataType::Utf8,
                ResultColumn::Integer(_) => DataType::Int64,
                ResultColumn::Float(_) => DataType::Float64,
            };
            Field::new(name, kind, true)
        };
        let schema = std::sync::Arc::new(Schema::new(names.iter().zip(like).map(field).collect::<Vec<_>>()));
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_compression(parquet::basic::Compression::SNAPPY)
            .build();
        let writer = parquet::arrow::ArrowWriter::try_new(output, schema.clone(), Some(properties))
            .map_err(|error| cannot_write(&error))?;
        Ok(ParquetResult { writer, schema })
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn write(&mut self, columns: Vec<ResultColumn>) -> Result<(), Error> {
        use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
        use std::sync::Arc;
        let arrays = columns
            .into_iter()
            .map(|column| match column {
                ResultColumn::Text(values) => Arc::new(StringArray::from(values)) as ArrayRef,
                ResultColumn::Integer(values) => Arc::new(Int64Array::from(values)) as ArrayRef,
                ResultColumn::Float(values) => Arc::new(Float64Array::from(values)) as ArrayRef,
            })
            .collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(|error| cannot_write(&error))?;
        self.writer.write(&batch).map_err(|error| cannot_write(&error))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn finish(self) -> Result<(), Error> {
        self.writer.close().map(drop).map_err(|error| cannot_write(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_keeps_every_bit_and_quotes_what_needs_it() {
        let columns = [
            ResultColumn::Text(vec![Some("a,\"b\"".into()), None]),
            ResultColumn::Float(vec![Some(0.1 + 0.2), None]),
            ResultColumn::Integer(vec![Some(-1), Some(4)]),
        ];
        assert_eq!(csv_header(["x", "y", "z"]), "x,y,z\n");
        assert_eq!(csv_lines(&columns, 2), "\"a,\"\"b\"\"\",0.30000000000000004,-1\n,,4\n");
    }
}
