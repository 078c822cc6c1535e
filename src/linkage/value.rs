//! One value of a column of any table: what general record linkage compares.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value, or its absence.
///
/// Two values are equal, and are ordered, as DuckDB does it: text by its bytes, NaN equal to itself and
/// above every number, lists element by element with missing elements last. Values of different types
/// are never equal here; who compares an integer with a float casts first.
///
/// `Debug` tells the type only, since a value may identify a patient.
#[derive(Clone)]
pub enum Value {
    /// Missing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number in double precision (one in single precision is held rounded to it).
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Whole days since 1 January 1970.
    Date(i32),
    /// Microseconds since 1 January 1970, no time zone.
    Timestamp(i64),
    /// A list.
    List(Arc<[Value]>),
}

/// The type of a column or of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Only ever missing.
    Null,
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Integer`].
    Integer,
    /// A number written with a decimal point in a condition: it takes the precision of what it is
    /// compared with.
    Decimal,
    /// [`Value::Float`] rounded to single precision.
    Single,
    /// [`Value::Float`].
    Float,
    /// [`Value::Text`].
    Text,
    /// [`Value::Date`].
    Date,
    /// [`Value::Timestamp`].
    Timestamp,
    /// Microseconds between two timestamps, held as [`Value::Integer`].
    Duration,
    /// [`Value::List`] of one type.
    List(Box<ValueType>),
}

impl ValueType {
    /// Integer, decimal, single or double precision.
    pub fn is_number(&self) -> bool {
        matches!(self, ValueType::Integer | ValueType::Decimal | ValueType::Single | ValueType::Float)
    }

    /// Date or timestamp.
    pub fn is_temporal(&self) -> bool {
        matches!(self, ValueType::Date | ValueType::Timestamp)
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueType::Null => f.write_str("null"),
            ValueType::Boolean => f.write_str("boolean"),
            ValueType::Integer => f.write_str("integer"),
            ValueType::Decimal => f.write_str("decimal"),
            ValueType::Single => f.write_str("single"),
            ValueType::Float => f.write_str("float"),
            ValueType::Text => f.write_str("text"),
            ValueType::Date => f.write_str("date"),
            ValueType::Timestamp => f.write_str("timestamp"),
            ValueType::Duration => f.write_str("duration"),
            ValueType::List(item) => write!(f, "list of {item}"),
        }
    }
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// Whether the value is missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The order of two values of one type; missing values come last.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::Integer(a), Value::Integer(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => order_floats(*a, *b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Date(a), Value::Date(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => {
                let elements = a.iter().zip(b.iter()).map(|(a, b)| a.order(b));
                elements.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Boolean(_) => 0,
            Value::Integer(_) => 1,
            Value::Float(_) => 2,
            Value::Text(_) => 3,
            Value::Date(_) => 4,
            Value::Timestamp(_) => 5,
            Value::List(_) => 6,
            Value::Null => 7,
        }
    }
}

fn order_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.order(other).is_eq()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Null => 0u8.hash(state),
            Value::Boolean(value) => value.hash(state),
            Value::Integer(value) | Value::Timestamp(value) => value.hash(state),
            // NaN is one value, and so is zero, whatever their bits.
            Value::Float(value) if value.is_nan() => f64::NAN.to_bits().hash(state),
            Value::Float(value) => (value + 0.0).to_bits().hash(state),
            Value::Text(value) => value.as_bytes().hash(state),
            Value::Date(value) => value.hash(state),
            Value::List(values) => values.iter().for_each(|value| value.hash(state)),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Null => "Null",
            Value::Boolean(_) => "Boolean(..)",
            Value::Integer(_) => "Integer(..)",
            Value::Float(_) => "Float(..)",
            Value::Text(_) => "Text(..)",
            Value::Date(_) => "Date(..)",
            Value::Timestamp(_) => "Timestamp(..)",
            Value::List(_) => "List(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_and_ordered_as_in_duckdb() {
        // DuckDB 2.0.0: 'nan'::double = 'nan'::double, 'nan'::double > 1, -0.0 = 0.0, 'a' < 'B' is false,
        // [1, null] = [1, null], [1] < [2].
        assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
        assert!(Value::Float(f64::NAN).order(&Value::Float(1.0)).is_gt());
        assert_eq!(Value::Float(-0.0), Value::Float(0.0));
        assert!(Value::text("a").order(&Value::text("B")).is_gt());
        let list = |values: &[Value]| Value::List(Arc::from(values));
        assert_eq!(list(&[Value::Integer(1), Value::Null]), list(&[Value::Integer(1), Value::Null]));
        assert!(list(&[Value::Integer(1)]).order(&list(&[Value::Integer(2)])).is_lt());
    }

    #[test]
    fn debug_never_shows_a_value() {
        assert_eq!(format!("{:?}", Value::text("Smith")), "Text(..)");
    }
}
