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
/// `input/cannot-read`; `frame/column-type` for a column of a type that has no counterpart (a struct or map).
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
/// `arrow/unreadable`; `frame/column-type`.
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
            let array = cast(&array, wanted).map_err(|error| {
                Error::new(
                    "frame/column-type",
                    format!("the values of column {} cannot be read: {error}", column.name),
                    "leave the column out, or write it as text, numbers, dates or lists of these",
                )
                .in_field(column.name.as_str())
            })?;
            append(column, &array);
        }
        Ok(())
    }

    fn frame(self) -> Result<Frame, Error> {
        Frame::new(self.0.into_iter().map(|(column, _)| column).collect())
    }
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
