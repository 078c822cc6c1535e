//! Result files in Parquet. Columns of a group of rows are encoded side by side and written in order.

use super::sheet::{Kind, SheetColumn, SheetRow, cannot_write};
use crate::error::Error;
use crate::linkage::cells::{Cells, Field, Named};
use crate::linkage::parallel;
use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Float64Builder, Int32Array, Int64Array, Int64Builder, StringArray,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

/// Rows gathered before they become arrays.
const BATCH: usize = 1 << 16;
/// Rows of a row group: few enough that readers can share them out, and skip some by what they hold.
const GROUP: usize = 1 << 18;

/// A Parquet file under way.
pub struct ParquetSheet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    encoders: ArrowRowGroupWriterFactory,
    schema: Arc<Schema>,
    kinds: Vec<Kind>,
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
            ArrowField::new(name, data_type, *kind == Kind::Number)
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let (writer, encoders) = ArrowWriter::try_new(writer, schema.clone(), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|cause| cannot_write(&cause))?;
        Ok(ParquetSheet { writer, encoders, schema, kinds: columns.iter().map(|(_, kind)| *kind).collect() })
    }

    pub(super) fn rows(&mut self, count: usize, fill: &(dyn Fn(usize, &mut SheetRow<'_>) + Sync)) -> Result<(), Error> {
        for start in (0..count).step_by(GROUP) {
            let end = (start + GROUP).min(count);
            let batches = parallel::map((end - start).div_ceil(BATCH), |batch| {
                let first = start + batch * BATCH;
                let mut columns: Vec<Builder> = self.kinds.iter().map(|kind| Builder::new(*kind)).collect();
                for index in first..(first + BATCH).min(end) {
                    fill(index, &mut SheetRow::Parquet(ParquetRow { columns: &mut columns, next: 0 }));
                }
                columns.into_iter().map(Builder::finish).collect::<Vec<ArrayRef>>()
            });
            self.group(&batches).map_err(|cause| cannot_write(&cause))?;
        }
        Ok(())
    }

    /// Writes arrays, batch by batch and column by column, as one row group.
    fn group(&mut self, batches: &[Vec<ArrayRef>]) -> Result<(), ParquetError> {
        let encoders = self.encoders.create_column_writers(self.writer.flushed_row_groups().len())?;
        let schema = &self.schema;
        let encoders: Vec<_> = encoders.into_iter().enumerate().collect();
        let chunks = parallel::map_owned(encoders, |(column, mut encoder)| -> Result<ArrowColumnChunk, ParquetError> {
            for batch in batches {
                for leaf in compute_leaves(schema.field(column), &batch[column])? {
                    encoder.write(&leaf)?;
                }
            }
            encoder.close()
        });
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    /// Adds `count` rows that are told column by column.
    pub(super) fn columns(&mut self, count: usize, columns: &[Cells<'_>]) -> Result<(), Error> {
        for start in (0..count).step_by(GROUP) {
            let rows = start..(start + GROUP).min(count);
            let arrays =
                parallel::map(columns.len(), |column| array(self.kinds[column], &columns[column], rows.clone()));
            self.group(&[arrays]).map_err(|cause| cannot_write(&cause))?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<W, Error> {
        self.writer.into_inner().map_err(|cause| cannot_write(&cause))
    }
}

impl Builder {
    fn new(kind: Kind) -> Builder {
        match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Integer => Builder::Integer(Int64Builder::new()),
            Kind::Number => Builder::Number(Float64Builder::new()),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Builder::Text(mut values) => Arc::new(values.finish()),
            Builder::Integer(mut values) => Arc::new(values.finish()),
            Builder::Number(mut values) => Arc::new(values.finish()),
        }
    }
}

/// Some rows of a column. Texts are told by their places in a list, which the encoder looks up without comparing them.
fn array(kind: Kind, cells: &Cells<'_>, rows: Range<usize>) -> ArrayRef {
    let number = |number: f64| (!number.is_nan()).then_some(number);
    match cells {
        Cells::Listed { count, field, places } => {
            let mut of_row = Vec::with_capacity(rows.len());
            places(rows, &mut of_row);
            let Named { places, of_row } = Named::of(of_row, *count);
            let fields: Vec<Field> = places.into_iter().map(field).collect();
            let of = of_row.iter().map(|place| &fields[*place as usize]);
            match kind {
                Kind::Text => {
                    let texts = StringArray::from_iter_values(
                        fields.iter().map(|field| if let Field::Text(text) = field { text.as_str() } else { "" }),
                    );
                    let keys = Int32Array::from_iter_values(of_row.iter().map(|place| *place as i32));
                    Arc::new(DictionaryArray::new(keys, Arc::new(texts)))
                }
                Kind::Integer => Arc::new(
                    of.map(|field| if let Field::Integer(number) = field { *number } else { 0 })
                        .collect::<Int64Array>(),
                ),
                Kind::Number => Arc::new(
                    of.map(|field| if let Field::Number(of) = field { number(*of) } else { None })
                        .collect::<Float64Array>(),
                ),
            }
        }
        Cells::Numbers { of, field } => {
            let mut numbers = Vec::with_capacity(rows.len());
            of(rows, &mut numbers);
            Arc::new(numbers.into_iter().map(|from| number(field(from))).collect::<Float64Array>())
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
    use crate::linkage::cells::Field as Cell;
    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{Float64Type, Int64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use std::fs::File;

    fn read(file: File) -> RecordBatch {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let (schema, reader) = (reader.schema().clone(), reader.build().unwrap());
        arrow::compute::concat_batches(&schema, &reader.map(Result::unwrap).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn rows_read_back_as_they_were() {
        let columns = [("name".to_owned(), Kind::Text), ("x".to_owned(), Kind::Number)];
        for count in [0, 3, GROUP + BATCH + 3] {
            let mut sheet = Sheet::parquet(tempfile::tempfile().unwrap(), &columns).unwrap();
            sheet
                .rows(count, |index, row| {
                    row.text(if index == 0 { "Zoë" } else { "" });
                    row.number(index as f64);
                })
                .unwrap();
            let table = read(sheet.finish().unwrap());
            assert_eq!(table.num_rows(), count);
            if count > 0 {
                assert_eq!(table.column(0).as_string::<i32>().value(0), "Zoë");
                assert_eq!(table.column(1).as_primitive::<Float64Type>().value(count - 1), (count - 1) as f64);
            }
        }
    }

    /// Columns of few values and of many, of long runs and of none, with and without missing numbers.
    #[test]
    fn columns_read_back_as_they_were() {
        let columns = [
            ("name", Kind::Text),
            ("level", Kind::Integer),
            ("one", Kind::Integer),
            ("share", Kind::Number),
            ("some", Kind::Number),
            ("own", Kind::Number),
            ("none", Kind::Number),
        ];
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind));
        let names = |row: usize| (row / 100) as u32;
        let level = |row: usize| (row.wrapping_mul(2_654_435_761) >> 7) as u32 % 5;
        let share = |row: usize| level(row) * 7 % 3;
        let places = |of: &'static (dyn Fn(usize) -> u32 + Sync)| {
            move |rows: std::ops::Range<usize>, places: &mut Vec<u32>| places.extend(rows.map(of))
        };
        for count in [0, 1, 9, 2 * GROUP + 1_000] {
            let cells = [
                Cells::listed(
                    (0..=names(count)).map(|n| Cell::Text(format!("Zoë {n}"))).collect(),
                    places(&|row| (row / 100) as u32),
                ),
                Cells::listed(
                    (0..5).map(|n| Cell::Integer(n - 1)).collect(),
                    places(&|row| (row.wrapping_mul(2_654_435_761) >> 7) as u32 % 5),
                ),
                Cells::listed(vec![Cell::Integer(-7)], places(&|_| 0)),
                Cells::listed(
                    [f64::NAN, 0.25, 0.25].map(Cell::Number).to_vec(),
                    places(&|row| (row.wrapping_mul(2_654_435_761) >> 7) as u32 % 5 * 7 % 3),
                ),
                Cells::Numbers {
                    of: Box::new(|rows, to| to.extend(rows.map(|row| (row % 1000) as f64))),
                    field: |x| x / 8.0,
                },
                Cells::Numbers {
                    of: Box::new(|rows, to| to.extend(rows.map(|row| row as f64))),
                    field: |x| if x == 5.0 { f64::NAN } else { -x },
                },
                Cells::Numbers { of: Box::new(|rows, to| to.extend(rows.map(|_| f64::NAN))), field: |x| x },
            ];
            let mut sheet = Sheet::parquet(tempfile::tempfile().unwrap(), &columns).unwrap();
            sheet.columns(count, &cells).unwrap();
            let table = read(sheet.finish().unwrap());
            assert_eq!(table.num_rows(), count);
            let number = |column: usize, row: usize| {
                let numbers = table.column(column).as_primitive::<Float64Type>();
                numbers.is_valid(row).then(|| numbers.value(row))
            };
            for row in 0..count {
                assert_eq!(table.column(0).as_string::<i32>().value(row), format!("Zoë {}", names(row)));
                assert_eq!(table.column(1).as_primitive::<Int64Type>().value(row), i64::from(level(row)) - 1);
                assert_eq!(table.column(2).as_primitive::<Int64Type>().value(row), -7);
                assert_eq!(number(3, row), (share(row) > 0).then_some(0.25));
                assert_eq!(number(4, row), Some((row % 1000) as f64 / 8.0));
                assert_eq!(number(5, row), (row != 5).then_some(-(row as f64)));
                assert_eq!(number(6, row), None);
            }
        }
    }
}
