//! One JSON object a line.

use crate::error::Error;
use crate::linkage::frame::{Frame, FrameColumn};
use crate::linkage::value::{Value, ValueType};
use serde_json::Value as Json;
use std::io::BufRead;

/// Reads objects, one a line, as rows. A key that an object lacks is missing there. Whole numbers with
/// fractions among them become floats; numbers among texts become texts.
///
/// # Errors
/// `frame/unreadable-line` with the number of the line, from 1; `input/cannot-read`.
pub fn read(input: impl BufRead) -> Result<Frame, Error> {
    let mut columns: Vec<Column> = Vec::new();
    let mut rows = 0;
    for (number, line) in input.lines().enumerate() {
        let line = line.map_err(|error| {
            Error::new(
                "input/cannot-read",
                format!("line {}: {error}", number + 1),
                "check that the file is UTF-8 text",
            )
        })?;
        if line.trim().is_empty() {
            continue;
        }
        let object = match serde_json::from_str(&line) {
            Ok(Json::Object(object)) => object,
            _ => {
                return Err(Error::new(
                    "frame/unreadable-line",
                    format!("line {} is no JSON object", number + 1),
                    "write one JSON object a line",
                ));
            }
        };
        for (key, value) in object {
            let place = columns.iter().position(|column| column.name == key).unwrap_or_else(|| {
                columns.push(Column { name: key.clone(), values: Vec::new(), kind: ValueType::Null });
                columns.len() - 1
            });
            let column = &mut columns[place];
            column.values.resize(rows, Value::Null);
            let value = plain(value);
            column.kind = common(&column.kind, &type_of(&value));
            column.values.push(value);
        }
        rows += 1;
    }
    Frame::new(columns.into_iter().map(|column| column.finish(rows)).collect())
}

struct Column {
    name: String,
    values: Vec<Value>,
    kind: ValueType,
}

impl Column {
    fn finish(mut self, rows: usize) -> FrameColumn {
        self.values.resize(rows, Value::Null);
        let kind = if self.kind == ValueType::Null { ValueType::Text } else { self.kind };
        let is_text = kind == ValueType::Text;
        let values = self.values.into_iter().map(|value| brought_to(value, &kind));
        let mut column = FrameColumn::from_values(self.name, kind.clone(), values);
        column.typed = !is_text;
        column
    }
}

fn plain(value: Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => number.as_f64().map_or(Value::Null, Value::Float),
        },
        Json::String(text) => Value::text(&text),
        Json::Array(items) => Value::List(items.into_iter().map(plain).collect()),
        object @ Json::Object(_) => Value::text(&object.to_string()),
    }
}

fn type_of(value: &Value) -> ValueType {
    match value {
        Value::Null => ValueType::Null,
        Value::Boolean(_) => ValueType::Boolean,
        Value::Integer(_) => ValueType::Integer,
        Value::Float(_) => ValueType::Float,
        Value::List(items) => {
            let item = items.iter().map(type_of).fold(ValueType::Null, |all, one| common(&all, &one));
            ValueType::List(Box::new(item))
        }
        _ => ValueType::Text,
    }
}

fn common(a: &ValueType, b: &ValueType) -> ValueType {
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (ValueType::Null, other) | (other, ValueType::Null) => other.clone(),
        (ValueType::Integer | ValueType::Float, ValueType::Integer | ValueType::Float) => ValueType::Float,
        (ValueType::List(a), ValueType::List(b)) => ValueType::List(Box::new(common(a, b))),
        _ => ValueType::Text,
    }
}

fn brought_to(value: Value, kind: &ValueType) -> Value {
    match (value, kind) {
        (Value::Integer(whole), ValueType::Float) => Value::Float(whole as f64),
        (Value::List(items), ValueType::List(item)) => {
            Value::List(items.iter().map(|value| brought_to(value.clone(), item)).collect())
        }
        (value @ (Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::List(_)), ValueType::Text) => {
            Value::text(&written(&value))
        }
        (value, _) => value,
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(whole) => whole.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => text.to_string(),
        Value::List(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_take_the_type_that_fits_all_their_values() {
        let text = "{\"id\":1,\"name\":\"ann\",\"tags\":[\"a\"]}\n{\"id\":2.5,\"other\":true}\n\n{\"name\":7}\n";
        let frame = read(text.as_bytes()).unwrap();
        assert_eq!(frame.rows(), 3);
        assert_eq!(frame.column("id").unwrap().value(0), &Value::Float(1.0));
        assert_eq!(frame.column("name").unwrap().value(2), &Value::text("7"));
        assert_eq!(frame.column("other").unwrap().value(0), &Value::Null);
        assert_eq!(frame.column("tags").unwrap().value_type, ValueType::List(Box::new(ValueType::Text)));
    }

    #[test]
    fn a_line_that_is_no_object_is_named() {
        assert!(read("{}\n[1]".as_bytes()).err().unwrap().message.contains("line 2"));
    }
}
