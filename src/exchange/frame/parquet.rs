//! Parquet and Arrow, whose columns say of which type they are.

use crate::error::Error;
use crate::exchange::arrow::for_each_whole_batch;
use crate::exchange::batches::in_known_zone;
use crate::linkage::frame::{Frame, FrameColumn};
use crate::linkage::value::{Value, ValueType};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, Float64Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;
use std::io::{Read, Seek};
use std::sync::Arc;

/// Reads every column.
///
/// # Errors
/// `input/cannot-read`; `frame/column-type` for a column of a type that has no counterpart (a struct or map);
/// `frame/out-of-range` for one with a value that its counterpart does not hold.
pub fn read(input: impl ChunkReader + 'static) -> Result<Frame, Error> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::new(
            "input/cannot-read",
            format!("this is no Parquet file that can be read: {error}"),
            "write the file again",
        )
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| unreadable(&error))?;
    let mut columns = Columns::of(builder.schema())?;
    let batches = builder.with_batch_size(8192).build().map_err(|error| unreadable(&error))?;
    for batch in batches {
        columns.take(&batch.map_err(|error| unreadable(&error))?)?;
    }
    columns.frame()
}

/// Reads every column of an Arrow file or stream.
///
/// # Errors
/// `arrow/unreadable`; `frame/column-type`; `frame/out-of-range`.
pub fn read_arrow(input: impl Read + Seek) -> Result<Frame, Error> {
    for_each_whole_batch(input, Columns::of, Columns::take)?.frame()
}

/// Columns under way, each with the Arrow type to which its values are brought first.
struct Columns(Vec<(FrameColumn, DataType)>);

impl Columns {
    fn of(schema: &Schema) -> Result<Columns, Error> {
        let column = |field: &Arc<Field>| {
            let (value_type, wanted) = counterpart(field)?;
            Ok((FrameColumn::new(field.name(), value_type, true), wanted))
        };
        schema.fields().iter().map(column).collect::<Result<_, Error>>().map(Columns)
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        for ((column, wanted), array) in self.0.iter_mut().zip(batch.columns()) {
            let array = in_known_zone(array).map_err(|error| error.in_field(column.name.as_str()))?;
            let read = cast(&array, wanted).map_err(|error| {
                Error::new(
                    "frame/column-type",
                    format!("the values of column {} cannot be read: {error}", column.name),
                    "leave the column out, or write it as text, numbers, dates or lists of these",
                )
                .in_field(column.name.as_str())
            })?;
            // What does not fit is left empty by the cast: half of all hashes do not fit a whole number with a sign.
            if missing(&read) > missing(&array) {
                return Err(Error::new(
                    "frame/out-of-range",
                    format!("a value of column {} is no {wanted}", column.name),
                    "write the column as text",
                )
                .in_field(column.name.as_str()));
            }
            append(column, &read);
        }
        Ok(())
    }

    fn frame(self) -> Result<Frame, Error> {
        Frame::new(self.0.into_iter().map(|(column, _)| column).collect())
    }
}

/// How many values are missing, in lists too.
fn missing(array: &ArrayRef) -> usize {
    let items = match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().values(),
        DataType::LargeList(_) => array.as_list::<i64>().values(),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().values(),
        _ => return array.logical_null_count(),
    };
    array.null_count() + missing(items)
}

/// The type of the values of a field, and the Arrow type to which they are brought first.
fn counterpart(field: &Field) -> Result<(ValueType, DataType), Error> {
    Ok(match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => (ValueType::Text, DataType::Utf8),
        DataType::Dictionary(_, value) => counterpart(&Field::new(field.name(), (**value).clone(), true))?,
        DataType::Boolean => (ValueType::Boolean, DataType::Boolean),
        kind if kind.is_integer() => (ValueType::Integer, DataType::Int64),
        DataType::Float16 | DataType::Float32 => (ValueType::Single, DataType::Float64),
        DataType::Float64 | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            (ValueType::Float, DataType::Float64)
        }
        DataType::Date32 | DataType::Date64 => (ValueType::Date, DataType::Date32),
        DataType::Timestamp(..) => (ValueType::Timestamp, DataType::Timestamp(TimeUnit::Microsecond, None)),
        DataType::Null => (ValueType::Text, DataType::Utf8),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let (value_type, wanted) = counterpart(item)?;
            let item = Field::new("item", wanted, true);
            (ValueType::List(Box::new(value_type)), DataType::List(Arc::new(item)))
        }
        other => {
            return Err(Error::new(
                "frame/column-type",
                format!("column {} is of type {other}", field.name()),
                "leave the column out, or write it as text, numbers, dates or lists of these",
            )
            .in_field(field.name()));
        }
    })
}

fn append(column: &mut FrameColumn, array: &ArrayRef) {
    match array.as_string_opt::<i32>() {
        // Texts are interned without making a value of each.
        Some(texts) => texts.iter().for_each(|text| match text {
            Some(text) => column.push_text(text),
            None => column.push(Value::Null),
        }),
        None => (0..array.len()).for_each(|row| column.push(value(array, row))),
    }
}

fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => Value::text(array.as_string::<i32>().value(row)),
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(..) => Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::List((0..items.len()).map(|index| value(&items, index)).collect())
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, ListArray, UInt64Array};
    use arrow::datatypes::UInt64Type;

    fn read_column(array: ArrayRef) -> Result<Frame, Error> {
        let schema = Schema::new(vec![Field::new("key", array.data_type().clone(), true)]);
        let mut columns = Columns::of(&schema)?;
        columns.take(&RecordBatch::try_new(Arc::new(schema), vec![array]).expect("a batch"))?;
        columns.frame()
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused_and_not_left_empty() {
        // DuckDB's hash() is an unsigned number of 64 bits: every other one is above 2^63 - 1.
        let most = i64::MAX as u64;
        assert!(read_column(Arc::new(UInt64Array::from(vec![Some(most), None]))).is_ok());
        assert!(read_column(Arc::new(Int32Array::from(vec![Some(-1), None]))).is_ok());
        let list = |values: Vec<Option<u64>>| ListArray::from_iter_primitive::<UInt64Type, _, _>([Some(values), None]);
        assert!(read_column(Arc::new(list(vec![Some(most), None]))).is_ok());
        let too_great: [ArrayRef; 2] =
            [Arc::new(UInt64Array::from(vec![Some(1), Some(most + 1)])), Arc::new(list(vec![Some(most + 1)]))];
        for array in too_great {
            let error = read_column(array).err().expect("refused");
            assert_eq!((error.code, error.message.contains("922337203685477580")), ("frame/out-of-range", false));
        }
    }
}
