//! The value of an expression for one pair of records, with SQL's three-valued logic.

use super::cast::cast;
use super::expression::{Arithmetic, Expression, ForEach, MatchResult, Side};
use super::function::Fault;
use crate::linkage::value::Value;

/// The values of one record that an expression can read, by column number.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    /// The values themselves.
    Values(&'a [Value]),
    /// Ids of values, or of the fault met in computing them.
    Ids(&'a [u32], &'a [Value]),
}

impl Row<'_> {
    fn get(self, column: usize) -> Result<Value, Fault> {
        match self {
            Row::Values(values) => Ok(values[column].clone()),
            Row::Ids(ids, values) => match Fault::of_id(ids[column]) {
                Some(fault) => Err(fault),
                None => Ok(values[ids[column] as usize].clone()),
            },
        }
    }
}

/// What the columns and lambda parameters of an expression stand for.
pub(super) struct Scope<'a> {
    /// The left record.
    pub(super) left: Row<'a>,
    /// The right record.
    pub(super) right: Row<'a>,
    /// The parameters of the enclosing lambdas, outermost first.
    pub(super) parameters: Vec<Value>,
}

/// The value of a bound expression.
///
/// # Errors
/// Where DuckDB would stop with an error.
pub(super) fn evaluate(expression: &Expression, scope: &mut Scope) -> Result<Value, Fault> {
    Ok(match expression {
        Expression::Constant(value, _) => value.clone(),
        Expression::Column { side: Side::Left, column } => scope.left.get(*column)?,
        Expression::Column { side: Side::Right, column } => scope.right.get(*column)?,
        Expression::Parameter(number) => scope.parameters[*number].clone(),
        Expression::Call(function, arguments) => {
            let values = arguments.iter().map(|argument| evaluate(argument, scope)).collect::<Result<Vec<_>, _>>()?;
            function.evaluate(&values)?
        }
        Expression::ForEach { keep, list, body, .. } => for_each(*keep, list, body, scope)?,
        Expression::Match { want, text, pattern } => match evaluate(text, scope)? {
            Value::Text(text) => matched(want, &text, &pattern.0),
            _ => Value::Null,
        },
        Expression::And(parts) => junction(parts, scope, false)?,
        Expression::Or(parts) => junction(parts, scope, true)?,
        Expression::Not(part) => truth(&evaluate(part, scope)?).map_or(Value::Null, |truth| Value::Boolean(!truth)),
        Expression::IsNull(part) => Value::Boolean(evaluate(part, scope)?.is_null()),
        Expression::IsSame(a, b) => Value::Boolean(evaluate(a, scope)? == evaluate(b, scope)?),
        Expression::Compare(comparison, a, b) => {
            let (a, b) = (evaluate(a, scope)?, evaluate(b, scope)?);
            if a.is_null() || b.is_null() { Value::Null } else { Value::Boolean(comparison.holds(a.order(&b))) }
        }
        Expression::In(first, others) => among(first, others, scope)?,
        Expression::Case(branches, otherwise) => {
            for (condition, result) in branches {
                if truth(&evaluate(condition, scope)?) == Some(true) {
                    return evaluate(result, scope);
                }
            }
            evaluate(otherwise, scope)?
        }
        Expression::Arithmetic(operator, a, b) => {
            let (a, b) = (evaluate(a, scope)?, evaluate(b, scope)?);
            if a.is_null() || b.is_null() { Value::Null } else { arithmetic(*operator, &a, &b)? }
        }
        Expression::Cast { value, to, or_null } => {
            let value = evaluate(value, scope)?;
            match cast(&value, to) {
                Err(Fault::Cast) if *or_null => Value::Null,
                result => result?,
            }
        }
    })
}

/// A condition's truth: `None` when it is unknown.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

/// AND (`decides` false) or OR (`decides` true): one deciding part decides, else one unknown makes it unknown.
fn junction(parts: &[Expression], scope: &mut Scope, decides: bool) -> Result<Value, Fault> {
    let mut unknown = false;
    for part in parts {
        match truth(&evaluate(part, scope)?) {
            Some(truth) if truth == decides => return Ok(Value::Boolean(decides)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Boolean(!decides) })
}

fn among(first: &Expression, others: &[Expression], scope: &mut Scope) -> Result<Value, Fault> {
    let value = evaluate(first, scope)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    let mut unknown = false;
    for other in others {
        let other = evaluate(other, scope)?;
        if other.is_null() {
            unknown = true;
        } else if other == value {
            return Ok(Value::Boolean(true));
        }
    }
    Ok(if unknown { Value::Null } else { Value::Boolean(false) })
}

fn for_each(keep: ForEach, list: &Expression, body: &Expression, scope: &mut Scope) -> Result<Value, Fault> {
    let Value::List(items) = evaluate(list, scope)? else { return Ok(Value::Null) };
    let mut kept = Vec::with_capacity(items.len());
    for item in items.iter() {
        scope.parameters.push(item.clone());
        let result = evaluate(body, scope);
        scope.parameters.pop();
        match keep {
            ForEach::Transform => kept.push(result?),
            ForEach::Filter if truth(&result?) == Some(true) => kept.push(item.clone()),
            ForEach::Filter => {}
        }
    }
    Ok(Value::List(kept.into()))
}

fn matched(want: &MatchResult, text: &str, pattern: &regex::Regex) -> Value {
    match want {
        MatchResult::Found => Value::Boolean(pattern.is_match(text)),
        MatchResult::Group(group) => {
            let found = pattern.captures(text).and_then(|captures| captures.get(*group));
            Value::text(found.map_or("", |found| found.as_str()))
        }
        MatchResult::Replaced { by, all: true } => Value::text(&pattern.replace_all(text, by)),
        MatchResult::Replaced { by, all: false } => Value::text(&pattern.replace(text, by)),
    }
}

fn arithmetic(operator: Arithmetic, a: &Value, b: &Value) -> Result<Value, Fault> {
    let checked = |number: Option<i64>| number.map(Value::Integer).ok_or(Fault::Overflow);
    match (operator, a, b) {
        (Arithmetic::Add, Value::Integer(a), Value::Integer(b)) => checked(a.checked_add(*b)),
        (Arithmetic::Subtract, Value::Integer(a), Value::Integer(b)) => checked(a.checked_sub(*b)),
        (Arithmetic::Multiply, Value::Integer(a), Value::Integer(b)) => checked(a.checked_mul(*b)),
        (Arithmetic::DivideWhole | Arithmetic::Remainder, Value::Integer(_), Value::Integer(0)) => {
            Err(Fault::DivisionByZero)
        }
        (Arithmetic::DivideWhole, Value::Integer(a), Value::Integer(b)) => checked(a.checked_div(*b)),
        (Arithmetic::Remainder, Value::Integer(a), Value::Integer(b)) => checked(a.checked_rem(*b)),
        (Arithmetic::Subtract, Value::Date(a), Value::Date(b)) => Ok(Value::Integer(i64::from(*a) - i64::from(*b))),
        (Arithmetic::Subtract, Value::Timestamp(a), Value::Timestamp(b)) => checked(a.checked_sub(*b)),
        (Arithmetic::Add, Value::Date(a), Value::Integer(b)) => day(i64::from(*a) + b),
        (Arithmetic::Subtract, Value::Date(a), Value::Integer(b)) => day(i64::from(*a) - b),
        _ => match (a.as_number(), b.as_number()) {
            (Some(a), Some(b)) => Ok(Value::Float(of_floats(operator, a, b))),
            _ => Ok(Value::Null),
        },
    }
}

fn day(days: i64) -> Result<Value, Fault> {
    i32::try_from(days).map(Value::Date).map_err(|_| Fault::Overflow)
}

pub(super) fn of_floats(operator: Arithmetic, a: f64, b: f64) -> f64 {
    match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::DivideWhole => a / b,
        Arithmetic::Remainder => libm::fmod(a, b),
        Arithmetic::Power => libm::pow(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::splink::bind::bind;
    use crate::linkage::splink::dialect::Dialect;
    use crate::linkage::splink::expression::Names;
    use crate::linkage::splink::function::written;
    use crate::linkage::splink::sql::{Naming, parse};

    /// What an expression without columns gives: the value as DuckDB writes it, `!` for an error.
    fn answer(sql: &str) -> String {
        let parsed = match parse(sql, Dialect::DuckDb, Naming::Suffix, &mut Names::default()) {
            Ok(parsed) => parsed.expression,
            Err(refusal) => return format!("refused: {}", refusal.what),
        };
        let bound = match bind(&parsed, &[], &mut Vec::new()) {
            Ok((bound, _)) => bound,
            // A literal is cast when the condition is read, not when it is evaluated.
            Err(refusal) if refusal.what.contains("literal that cannot be cast") => return "!".to_owned(),
            Err(refusal) => return format!("refused: {}", refusal.what),
        };
        let mut scope = Scope { left: Row::Values(&[]), right: Row::Values(&[]), parameters: Vec::new() };
        match evaluate(&bound, &mut scope) {
            Ok(value) => written(&value).unwrap_or("NULL".to_owned()),
            Err(_) => "!".to_owned(),
        }
    }

    fn alike(found: &str, wanted: &str) -> bool {
        match (found.parse::<f64>(), wanted.parse::<f64>()) {
            (Ok(found), Ok(wanted)) => {
                found == wanted || (found - wanted).abs() < 1e-15 || (found.is_nan() && wanted.is_nan())
            }
            _ => found == wanted,
        }
    }

    #[test]
    fn functions_answer_as_duckdb_does() {
        let cases = include_str!("../../../tests/cases/splink_functions.tsv");
        let mut faults = Vec::new();
        let mut count = 0;
        for line in cases.lines().filter(|line| !line.starts_with('#')) {
            let (sql, wanted) = line.split_once('\t').expect("an expression, a tab, an answer");
            let found = answer(sql);
            count += 1;
            if !alike(&found, wanted) {
                faults.push(format!("{sql}: DuckDB {wanted}, childlink {found}"));
            }
        }
        assert!(count > 250, "only {count} cases");
        assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    }
}
