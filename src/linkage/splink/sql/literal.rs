//! Literals and the names of types in SQL text.

use super::{Refusal, refuse};
use crate::linkage::splink::expression::Expression;
use crate::linkage::value::{Value, ValueType};
use sqlparser::ast::{DataType, Expr, Value as Literal};

pub(super) fn literal(value: &Literal, at: &Expr) -> Result<Expression, Refusal> {
    let constant = |value: Value, kind: ValueType| Ok(Expression::Constant(value, kind));
    match value {
        Literal::Null => constant(Value::Null, ValueType::Null),
        Literal::Boolean(value) => constant(Value::Boolean(*value), ValueType::Boolean),
        Literal::SingleQuotedString(text) => constant(Value::text(text), ValueType::Text),
        Literal::Number(text, _) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => constant(Value::Integer(number), ValueType::Integer),
            (_, Ok(number)) if text.contains(['e', 'E']) => constant(Value::Float(number), ValueType::Float),
            (_, Ok(number)) => constant(Value::Float(number), ValueType::Decimal),
            _ => refuse(at, "this number"),
        },
        _ => refuse(at, "this literal"),
    }
}

pub(super) fn constant_text(expr: &Expr) -> Result<String, Refusal> {
    match expr {
        Expr::Value(value) => match &value.value {
            Literal::SingleQuotedString(text) => Ok(text.clone()),
            _ => refuse(expr, "a pattern that is not a literal text"),
        },
        Expr::Nested(inner) => constant_text(inner),
        _ => refuse(expr, "a pattern that is not a literal text"),
    }
}

pub(super) fn constant_number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Literal::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn data_type(kind: &DataType, at: &Expr) -> Result<ValueType, Refusal> {
    Ok(match kind {
        DataType::Text | DataType::Varchar(_) | DataType::String(_) | DataType::Char(_) | DataType::CharVarying(_) => {
            ValueType::Text
        }
        DataType::Int(_)
        | DataType::Integer(_)
        | DataType::BigInt(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::SmallInt(_)
        | DataType::TinyInt(_) => ValueType::Integer,
        DataType::Double(_) | DataType::DoublePrecision | DataType::Float8 | DataType::Float64 => ValueType::Float,
        // Spark's and DuckDB's `float` is single precision; PostgreSQL's is double.
        DataType::Float(_) | DataType::Real | DataType::Float4 => ValueType::Single,
        DataType::Boolean | DataType::Bool => ValueType::Boolean,
        DataType::Date => ValueType::Date,
        DataType::Timestamp(None, _) | DataType::Datetime(None) => ValueType::Timestamp,
        other => return refuse(at, format!("the type {other}")),
    })
}

/// A Java date format as `strptime` writes it.
pub(super) fn spark_format(format: &str) -> Option<String> {
    match format {
        "yyyy-MM-dd" => Some("%Y-%m-%d".to_owned()),
        "yyyyMMdd" => Some("%Y%m%d".to_owned()),
        "dd/MM/yyyy" => Some("%d/%m/%Y".to_owned()),
        "MM/dd/yyyy" => Some("%m/%d/%Y".to_owned()),
        "yyyy-MM-dd HH:mm:ss" => Some("%Y-%m-%d %H:%M:%S".to_owned()),
        _ => None,
    }
}
