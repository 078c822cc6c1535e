//! Delimited text of any columns. Every column is text; an empty field is a missing value.

use crate::error::Error;
use crate::linkage::frame::{Frame, FrameColumn};
use crate::linkage::value::{Value, ValueType};
use std::io::Read;

/// Reads every column as text that a model may ask to be read as numbers or dates.
///
/// # Errors
/// `input/cannot-read`, with the line.
pub fn read(input: impl Read) -> Result<Frame, Error> {
    let unreadable = |error: csv::Error| {
        Error::new(
            "input/cannot-read",
            format!("the delimited text cannot be read: {error}"),
            "correct the line and read the file again",
        )
    };
    let mut reader = csv::ReaderBuilder::new().from_reader(input);
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut columns: Vec<FrameColumn> =
        header.iter().map(|name| FrameColumn::new(name, ValueType::Text, false)).collect();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        for (column, field) in columns.iter_mut().zip(&record) {
            match field {
                "" => column.push(Value::Null),
                text => column.push_text(text),
            }
        }
    }
    Frame::new(columns)
}
