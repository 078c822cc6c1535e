//! Conversion of a value to another type, as `CAST` does it.

use super::function::Fault;
use super::function::{date_of_text, day_of, start_of_day, timestamp_of_text, written};
use crate::linkage::value::{Value, ValueType};

/// The value as another type. A missing value stays missing.
///
/// # Errors
/// [`Fault::Cast`] where DuckDB's `CAST` would stop and `TRY_CAST` gives a missing value.
pub(crate) fn cast(value: &Value, to: &ValueType) -> Result<Value, Fault> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let converted = match to {
        ValueType::Null => None,
        ValueType::Text => written(value).map(Value::from),
        ValueType::Boolean => boolean(value),
        ValueType::Integer | ValueType::Duration => whole(value),
        ValueType::Single => number(value).map(|number| Value::Float(f64::from(number as f32))),
        ValueType::Float | ValueType::Decimal => number(value).map(Value::Float),
        ValueType::Date => match value {
            Value::Date(_) => Some(value.clone()),
            Value::Timestamp(micros) => Some(Value::Date(day_of(*micros))),
            Value::Text(text) => date_of_text(text).map(Value::Date),
            _ => None,
        },
        ValueType::Timestamp => match value {
            Value::Timestamp(_) => Some(value.clone()),
            Value::Date(days) => Some(Value::Timestamp(start_of_day(*days))),
            Value::Text(text) => timestamp_of_text(text).map(Value::Timestamp),
            _ => None,
        },
        ValueType::List(item) => match value {
            Value::List(items) => {
                let items = items.iter().map(|value| cast(value, item)).collect::<Result<Vec<_>, _>>()?;
                Some(Value::List(items.into()))
            }
            _ => None,
        },
    };
    converted.ok_or(Fault::Cast)
}

fn boolean(value: &Value) -> Option<Value> {
    let truth = match value {
        Value::Boolean(truth) => *truth,
        Value::Integer(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" => true,
            "false" | "f" | "no" | "n" | "0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Value::Boolean(truth))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Boolean(truth) => Some(f64::from(u8::from(*truth))),
        Value::Text(text) => text.trim().parse().ok(),
        other => other.as_number(),
    }
}

fn whole(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Integer(_) => return Some(value.clone()),
        Value::Boolean(truth) => return Some(Value::Integer(i64::from(*truth))),
        Value::Float(number) => libm::rint(*number),
        // A text is read as a decimal number and rounded half away from zero.
        Value::Text(text) => match text.trim().parse::<i64>() {
            Ok(number) => return Some(Value::Integer(number)),
            Err(_) => libm::round(text.trim().parse::<f64>().ok()?),
        },
        _ => return None,
    };
    (number.abs() < 9.2e18).then_some(Value::Integer(number as i64))
}
