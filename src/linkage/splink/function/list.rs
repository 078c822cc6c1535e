//! Functions of lists.

use super::Function;
use crate::linkage::value::Value;
use std::sync::Arc;

/// The function of these arguments, none of which is missing.
pub(super) fn evaluate(function: Function, arguments: &[Value]) -> Value {
    let Value::List(list) = &arguments[0] else { return Value::Null };
    match function {
        Function::Length => Value::Integer(list.len() as i64),
        Function::Contains => Value::Boolean(list.contains(&arguments[1])),
        Function::Element => element(list, &arguments[1]),
        Function::Slice => {
            let end = |index: usize| arguments[index].as_number().unwrap_or_default() as i64;
            Value::List(list[super::places_of_slice(list.len(), end(1), end(2))].into())
        }
        Function::Join => join(list, arguments[1].as_text().unwrap_or_default()),
        Function::ListMaximum => super::extreme(list, true),
        Function::ListMinimum => super::extreme(list, false),
        Function::ListSum => sum(list),
        Function::Flatten => flatten(list),
        Function::Distinct => distinct(list.iter().filter(|value| !value.is_null())),
        Function::Sort => {
            let mut sorted: Vec<Value> = list.to_vec();
            sorted.sort_by(Value::order);
            Value::List(Arc::from(sorted))
        }
        _ => match &arguments[1] {
            Value::List(other) => with_list(function, list, other),
            _ => Value::Null,
        },
    }
}

fn with_list(function: Function, list: &[Value], other: &[Value]) -> Value {
    match function {
        // Each common element once, missing ones never.
        Function::Intersect => distinct(list.iter().filter(|value| !value.is_null() && other.contains(value))),
        Function::HasAny => Value::Boolean(list.iter().any(|value| !value.is_null() && other.contains(value))),
        // A missing element asks for nothing.
        Function::HasAll => Value::Boolean(other.iter().all(|value| value.is_null() || list.contains(value))),
        Function::CosineSimilarity | Function::CosineSimilarityOfArrays => {
            cosine(list, other).map_or(Value::Null, Value::Float)
        }
        _ => Value::Null,
    }
}

/// The lists one after another; a missing list adds nothing.
pub(super) fn concat(arguments: &[Value]) -> Value {
    let lists = arguments.iter().filter_map(|value| match value {
        Value::List(list) => Some(list.iter().cloned()),
        _ => None,
    });
    if arguments.iter().all(Value::is_null) { Value::Null } else { Value::List(lists.flatten().collect()) }
}

fn distinct<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut seen: Vec<Value> = Vec::new();
    for value in values {
        if !seen.contains(value) {
            seen.push(value.clone());
        }
    }
    Value::List(Arc::from(seen))
}

/// The element at an index from 1, or from the end when negative; missing outside the list.
fn element(list: &[Value], index: &Value) -> Value {
    let Value::Integer(index) = index else { return Value::Null };
    let place = if *index < 0 { list.len() as i64 + index } else { index - 1 };
    usize::try_from(place).ok().and_then(|place| list.get(place)).cloned().unwrap_or(Value::Null)
}

fn join(list: &[Value], separator: &str) -> Value {
    let parts: Vec<String> = list.iter().filter_map(super::text::written).collect();
    Value::text(&parts.join(separator))
}

fn sum(list: &[Value]) -> Value {
    let numbers: Vec<&Value> = list.iter().filter(|value| !value.is_null()).collect();
    if numbers.is_empty() {
        return Value::Null;
    }
    let whole: Option<i64> = numbers.iter().try_fold(0i64, |sum, value| match value {
        Value::Integer(number) => sum.checked_add(*number),
        _ => None,
    });
    match whole {
        Some(sum) => Value::Integer(sum),
        None => Value::Float(numbers.iter().filter_map(|value| value.as_number()).sum()),
    }
}

fn flatten(list: &[Value]) -> Value {
    let inner = list.iter().filter_map(|value| match value {
        Value::List(inner) => Some(inner.iter().cloned()),
        _ => None,
    });
    Value::List(inner.flatten().collect())
}

fn cosine(a: &[Value], b: &[Value]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut product, mut length_a, mut length_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a.as_number()?, b.as_number()?);
        product += a * b;
        length_a += a * a;
        length_b += b * b;
    }
    let similarity = product / libm::sqrt(length_a * length_b);
    Some(similarity.clamp(-1.0, 1.0))
}
