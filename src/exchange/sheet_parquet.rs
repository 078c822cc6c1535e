//! Result files in Parquet.

use super::sheet::{Kind, SheetColumn, SheetRow, cannot_write};
use crate::error::Error;
use arrow::array::{ArrayRef, Float64Builder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::sync::Arc;

/// Rows gathered before they are written.
const BATCH: usize = 1 << 16;

/// A Parquet file under way.
pub struct ParquetSheet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    columns: Vec<Builder>,
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
}

impl<W: Write + Send> ParquetSheet<W> {
    pub(super) fn new(writer: W, columns: &[SheetColumn]) -> Result<ParquetSheet<W>, Error> {
        let field = |(name, kind): &SheetColumn| {
            let data_type = match kind {
                Kind::Text => DataType::Utf8,
                Kind::Integer => DataType::Int64,
                Kind::Number => DataType::Float64,
            };
            Field::new(name, data_type, *kind == Kind::Number)
        };
        let builder = |(_, kind): &SheetColumn| match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Integer => Builder::Integer(Int64Builder::new()),
            Kind::Number => Builder::Number(Float64Builder::new()),
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer =
            ArrowWriter::try_new(writer, schema.clone(), Some(properties)).map_err(|cause| cannot_write(&cause))?;
        Ok(ParquetSheet { writer, schema, columns: columns.iter().map(builder).collect() })
    }

    pub(super) fn rows(&mut self, count: usize, fill: &impl Fn(usize, &mut SheetRow<'_>)) -> Result<(), Error> {
        for start in (0..count).step_by(BATCH) {
            for index in start..(start + BATCH).min(count) {
                fill(index, &mut SheetRow::Parquet(ParquetRow { columns: &mut self.columns, next: 0 }));
            }
            let arrays = self.columns.iter_mut().map(Builder::finish).collect();
            let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(|cause| cannot_write(&cause))?;
            self.writer.write(&batch).map_err(|cause| cannot_write(&cause))?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<W, Error> {
        self.writer.into_inner().map_err(|cause| cannot_write(&cause))
    }
}

impl Builder {
    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(values) => Arc::new(values.finish()),
            Builder::Integer(values) => Arc::new(values.finish()),
            Builder::Number(values) => Arc::new(values.finish()),
        }
    }
}

/// A row of Parquet under way.
pub struct ParquetRow<'r> {
    columns: &'r mut [Builder],
    next: usize,
}

impl ParquetRow<'_> {
    fn column(&mut self) -> Option<&mut Builder> {
        self.next += 1;
        self.columns.get_mut(self.next - 1)
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(Builder::Text(values)) = self.column() {
            values.append_value(text);
        }
    }

    pub(super) fn integer(&mut self, number: i64) {
        if let Some(Builder::Integer(values)) = self.column() {
            values.append_value(number);
        }
    }

    pub(super) fn number(&mut self, number: f64) {
        if let Some(Builder::Number(values)) = self.column() {
            values.append_option((!number.is_nan()).then_some(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::Sheet;
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Float64Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    #[test]
    fn rows_read_back_as_they_were() {
        let columns = [("name".to_owned(), Kind::Text), ("x".to_owned(), Kind::Number)];
        let mut sheet = Sheet::parquet(tempfile::tempfile().unwrap(), &columns).unwrap();
        sheet
            .rows(BATCH + 3, |index, row| {
                row.text(if index == 0 { "Zoë" } else { "" });
                row.number(index as f64);
            })
            .unwrap();
        let file = sheet.finish().unwrap();
        let batches: Vec<RecordBatch> =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), BATCH + 3);
        assert_eq!(batches[0].column(0).as_string::<i32>().value(0), "Zoë");
        assert_eq!(batches[0].column(1).as_primitive::<Float64Type>().value(2), 2.0);
    }
}
