//! Gives an expression the types of the columns it reads: checks it as a database's binder would, and
//! writes out the conversions that SQL leaves unsaid.

use super::cast::cast;
use super::expression::{Arithmetic, Expression, ForEach, MatchResult};
use super::function::{Function, Kind, knows_format, knows_part};
use super::sql::Refusal;
use crate::linkage::value::{Value, ValueType};

/// What an expression asks of a column whose type the file does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Text,
    Number,
    Temporal,
}

/// What an expression asks of its columns, by column number. Where demands differ, text comes first.
pub(super) fn demands(expression: &Expression, demands: &mut [Option<Demand>]) {
    let mut ask = |part: &Expression, demand: Demand| {
        if let Expression::Column { column, .. } = part {
            let demand = if demands[*column] == Some(Demand::Text) { Demand::Text } else { demand };
            demands[*column] = Some(demand);
        }
    };
    match expression {
        Expression::Call(function, arguments) => {
            let (kinds, ..) = function.parameters();
            for (index, argument) in arguments.iter().enumerate() {
                match kinds.get(index.min(kinds.len().saturating_sub(1))) {
                    Some(Kind::Text | Kind::TextOrList) => ask(argument, Demand::Text),
                    Some(Kind::Number) => ask(argument, Demand::Number),
                    Some(Kind::Temporal) => ask(argument, Demand::Temporal),
                    _ => {}
                }
            }
        }
        Expression::Match { text, .. } => ask(text, Demand::Text),
        Expression::Arithmetic(_, a, b) => {
            ask(a, Demand::Number);
            ask(b, Demand::Number);
        }
        Expression::Compare(_, a, b) => {
            for (part, other) in [(a, b), (b, a)] {
                match &**other {
                    Expression::Constant(_, kind) if kind.is_number() => ask(part, Demand::Number),
                    Expression::Constant(_, ValueType::Text) => ask(part, Demand::Text),
                    Expression::Cast { to, .. } if to.is_temporal() => ask(part, Demand::Temporal),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    expression.parts().into_iter().for_each(|part| self::demands(part, demands));
}

/// The expression with conversions written out, and its type.
///
/// # Errors
/// Where a database's binder would refuse the types.
pub(super) fn bind(
    expression: &Expression,
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<(Expression, ValueType), Refusal> {
    let boxed = Box::new;
    Ok(match expression {
        Expression::Constant(_, kind) => (expression.clone(), kind.clone()),
        Expression::Column { column, .. } => (expression.clone(), columns[*column].clone()),
        Expression::Parameter(number) => (expression.clone(), parameters[*number].clone()),
        Expression::Call(function, arguments) => call(*function, arguments, columns, parameters)?,
        Expression::ForEach { keep, list, parameter, body } => {
            let (list, list_type) = bind(list, columns, parameters)?;
            let ValueType::List(item) = &list_type else {
                return Err(Refusal::new(format!("a lambda over a value of type {list_type}")));
            };
            parameters.push((**item).clone());
            let bound = bind(body, columns, parameters);
            parameters.pop();
            let (body, body_type) = bound?;
            let result = match keep {
                ForEach::Transform => ValueType::List(Box::new(body_type)),
                ForEach::Filter => list_type,
            };
            (Expression::ForEach { keep: *keep, list: boxed(list), parameter: *parameter, body: boxed(body) }, result)
        }
        Expression::Match { want, text, pattern } => {
            let (text, kind) = bind(text, columns, parameters)?;
            expect(&kind, Kind::Text, "a regular expression")?;
            let result = if *want == MatchResult::Found { ValueType::Boolean } else { ValueType::Text };
            (Expression::Match { want: want.clone(), text: boxed(text), pattern: pattern.clone() }, result)
        }
        Expression::And(parts) => (Expression::And(conditions(parts, columns, parameters)?), ValueType::Boolean),
        Expression::Or(parts) => (Expression::Or(conditions(parts, columns, parameters)?), ValueType::Boolean),
        Expression::Not(part) => (Expression::Not(boxed(condition(part, columns, parameters)?)), ValueType::Boolean),
        Expression::IsNull(part) => (Expression::IsNull(boxed(bind(part, columns, parameters)?.0)), ValueType::Boolean),
        Expression::IsSame(a, b) => {
            let (mut both, _) = unified(&[a, b], columns, parameters)?;
            let (b, a) = (both.pop().unwrap_or_else(null), both.pop().unwrap_or_else(null));
            (Expression::IsSame(boxed(a), boxed(b)), ValueType::Boolean)
        }
        Expression::Compare(comparison, a, b) => {
            let (mut both, _) = unified(&[a, b], columns, parameters)?;
            let (b, a) = (both.pop().unwrap_or_else(null), both.pop().unwrap_or_else(null));
            (Expression::Compare(*comparison, boxed(a), boxed(b)), ValueType::Boolean)
        }
        Expression::In(first, others) => {
            let all: Vec<&Expression> = std::iter::once(&**first).chain(others).collect();
            let (mut all, _) = unified(&all, columns, parameters)?;
            let others = all.split_off(1);
            (Expression::In(boxed(all.pop().unwrap_or_else(null)), others), ValueType::Boolean)
        }
        Expression::Case(branches, otherwise) => {
            let tests =
                branches.iter().map(|(test, _)| condition(test, columns, parameters)).collect::<Result<Vec<_>, _>>()?;
            let results: Vec<&Expression> =
                branches.iter().map(|(_, result)| result).chain(std::iter::once(&**otherwise)).collect();
            let (mut results, kind) = unified(&results, columns, parameters)?;
            let otherwise = results.pop().unwrap_or_else(null);
            (Expression::Case(tests.into_iter().zip(results).collect(), boxed(otherwise)), kind)
        }
        Expression::Arithmetic(operator, a, b) => arithmetic(*operator, a, b, columns, parameters)?,
        Expression::Cast { value, to, or_null } => {
            let (value, from) = bind(value, columns, parameters)?;
            if matches!(from, ValueType::List(_)) && *to == ValueType::Text {
                return Err(Refusal::new("a list cast to text"));
            }
            (converted(value, to, *or_null)?, to.clone())
        }
    })
}

/// A bound expression that is true, false or unknown.
///
/// # Errors
/// Where it is of another type, or a part cannot be bound.
pub(super) fn condition(
    expression: &Expression,
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<Expression, Refusal> {
    match bind(expression, columns, parameters)? {
        (bound, ValueType::Boolean | ValueType::Null) => Ok(bound),
        (bound, ValueType::Integer) => converted(bound, &ValueType::Boolean, false),
        (_, kind) => Err(Refusal::new(format!("a condition of type {kind}"))),
    }
}

fn conditions(
    parts: &[Expression],
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<Vec<Expression>, Refusal> {
    parts.iter().map(|part| condition(part, columns, parameters)).collect()
}

fn null() -> Expression {
    Expression::Constant(Value::Null, ValueType::Null)
}

/// Wraps a cast, or carries it out on a literal.
fn converted(value: Expression, to: &ValueType, or_null: bool) -> Result<Expression, Refusal> {
    match value {
        Expression::Constant(value, _) => match cast(&value, to) {
            Ok(value) => Ok(Expression::Constant(value, to.clone())),
            Err(_) if or_null => Ok(null()),
            Err(_) => Err(Refusal::new(format!("a literal that cannot be cast to {to}"))),
        },
        value => Ok(Expression::Cast { value: Box::new(value), to: to.clone(), or_null }),
    }
}

/// Binds expressions and brings them to one type.
fn unified(
    expressions: &[&Expression],
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<(Vec<Expression>, ValueType), Refusal> {
    let bound =
        expressions.iter().map(|expression| bind(expression, columns, parameters)).collect::<Result<Vec<_>, _>>()?;
    let mut common = ValueType::Null;
    for (expression, kind) in &bound {
        let is_literal = matches!(expression, Expression::Constant(..));
        common = match unify(&common, kind, is_literal) {
            Some(common) => common,
            // A literal text met first takes the type of what follows.
            None if bound.iter().any(|(first, kind)| matches!(first, Expression::Constant(..)) && *kind == common) => {
                unify(kind, &common, true).ok_or_else(|| unlike(&common, kind))?
            }
            None => return Err(unlike(&common, kind)),
        };
    }
    let common = if common == ValueType::Decimal { ValueType::Float } else { common };
    let converted = bound
        .into_iter()
        .map(|(expression, kind)| match kind {
            kind if kind == common || kind == ValueType::Null => Ok(expression),
            ValueType::Decimal if common == ValueType::Float => Ok(expression),
            _ => converted(expression, &common, false),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok((converted, common))
}

fn unlike(a: &ValueType, b: &ValueType) -> Refusal {
    Refusal::new(format!("a comparison of {a} with {b}"))
}

/// The type to which two values are brought to be compared.
fn unify(a: &ValueType, b: &ValueType, b_is_literal: bool) -> Option<ValueType> {
    use ValueType::{Boolean, Date, Decimal, Float, Integer, List, Null, Single, Text, Timestamp};
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Float, other) | (other, Float) if other.is_number() => Float,
        (Single, other) | (other, Single) if other.is_number() => Single,
        (Decimal, other) | (other, Decimal) if other.is_number() => Float,
        (Boolean, Integer) | (Integer, Boolean) => Integer,
        (Date, Timestamp) | (Timestamp, Date) => Timestamp,
        (Date, Text) if b_is_literal => Date,
        (Timestamp, Text) if b_is_literal => Timestamp,
        (number, Text) if b_is_literal && number.is_number() => number.clone(),
        (List(a), List(b)) => List(Box::new(unify(a, b, false)?)),
        _ => return None,
    })
}

fn arithmetic(
    operator: Arithmetic,
    a: &Expression,
    b: &Expression,
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<(Expression, ValueType), Refusal> {
    use ValueType::{Date, Duration, Float, Integer, Null, Single, Timestamp};
    let (a, type_a) = bind(a, columns, parameters)?;
    let (b, type_b) = bind(b, columns, parameters)?;
    let (to_a, to_b, result) = match (operator, &type_a, &type_b) {
        (Arithmetic::Subtract, Date, Date) => (Date, Date, Integer),
        (Arithmetic::Subtract, a, b) if a.is_temporal() && b.is_temporal() => (Timestamp, Timestamp, Duration),
        (Arithmetic::Add | Arithmetic::Subtract, Date, Integer) => (Date, Integer, Date),
        (Arithmetic::Divide | Arithmetic::Power, a, b) if numeric(a) && numeric(b) => (Float, Float, Float),
        (_, Integer | Null, Integer | Null) => (Integer, Integer, Integer),
        (_, Float, b) if numeric(b) => (Float, Float, Float),
        (_, a, Float) if numeric(a) => (Float, Float, Float),
        (_, a, b) if numeric(a) && numeric(b) && (*a == Single || *b == Single) => {
            return Err(Refusal::new("arithmetic in single precision"));
        }
        (_, a, b) if numeric(a) && numeric(b) => (Float, Float, Float),
        (_, a, b) => return Err(Refusal::new(format!("arithmetic on {a} and {b}"))),
    };
    let side = |value: Expression, from: ValueType, to: ValueType| match from {
        from if from == to || from == Null => Ok(value),
        _ => converted(value, &to, false),
    };
    let (a, b) = (side(a, type_a, to_a)?, side(b, type_b, to_b)?);
    Ok((Expression::Arithmetic(operator, Box::new(a), Box::new(b)), result))
}

fn numeric(kind: &ValueType) -> bool {
    kind.is_number() || *kind == ValueType::Null
}

fn expect(kind: &ValueType, wanted: Kind, of: &str) -> Result<(), Refusal> {
    let fits = match wanted {
        Kind::Any => true,
        Kind::Text => *kind == ValueType::Text,
        Kind::Number => kind.is_number(),
        Kind::Temporal => kind.is_temporal() || *kind == ValueType::Duration,
        Kind::List => matches!(kind, ValueType::List(_)),
        Kind::TextOrList => *kind == ValueType::Text || matches!(kind, ValueType::List(_)),
    };
    if fits || *kind == ValueType::Null { Ok(()) } else { Err(Refusal::new(format!("{of} of a value of type {kind}"))) }
}

fn call(
    function: Function,
    arguments: &[Expression],
    columns: &[ValueType],
    parameters: &mut Vec<ValueType>,
) -> Result<(Expression, ValueType), Refusal> {
    let name = format!("{function:?}").to_lowercase();
    if matches!(
        function,
        Function::Coalesce | Function::Greatest | Function::Least | Function::NullIf | Function::ListOf
    ) {
        let all: Vec<&Expression> = arguments.iter().collect();
        let (arguments, kind) = unified(&all, columns, parameters)?;
        let result = function.result(&[kind]);
        return Ok((Expression::Call(function, arguments), result));
    }
    if function == Function::If {
        let test = condition(&arguments[0], columns, parameters)?;
        let (mut results, kind) = unified(&[&arguments[1], &arguments[2]], columns, parameters)?;
        results.insert(0, test);
        return Ok((Expression::Call(function, results), kind));
    }
    let (mut bound, types): (Vec<_>, Vec<_>) = arguments
        .iter()
        .map(|argument| bind(argument, columns, parameters))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .unzip();
    let (kinds, ..) = function.parameters();
    for (index, kind) in types.iter().enumerate() {
        if let Some(wanted) = kinds.get(index.min(kinds.len().saturating_sub(1))) {
            expect(kind, *wanted, &format!("the function {name}"))?;
        }
    }
    match function {
        Function::Concat | Function::ConcatWith | Function::Joined | Function::Join
            if types
                .iter()
                .skip(usize::from(function == Function::Join))
                .any(|kind| matches!(kind, ValueType::List(_))) =>
        {
            return Err(Refusal::new("a list joined to a text"));
        }
        Function::DatePart | Function::DateDifference => literal_is(&bound[0], knows_part, "part of a date")?,
        Function::ParseTime => match &bound[1] {
            Expression::Call(Function::ListOf, formats) => {
                formats.iter().try_for_each(|format| literal_is(format, knows_format, "date format"))?;
            }
            format => literal_is(format, knows_format, "date format")?,
        },
        Function::FormatTime => literal_is(&bound[1], knows_format, "date format")?,
        // Only whole numbers have no fraction to lose.
        Function::Round if types.len() == 2 && types[1] != ValueType::Integer => {
            return Err(Refusal::new("round to a number of places that is not whole"));
        }
        Function::Contains | Function::HasAny | Function::HasAll | Function::Intersect | Function::ListConcat
            if types.len() == 2 && types[0] != ValueType::Text =>
        {
            let wanted = match (&types[0], function) {
                (ValueType::List(item), Function::Contains) => (**item).clone(),
                (list, _) => list.clone(),
            };
            if types[1] != wanted && types[1] != ValueType::Null {
                let second = bound.remove(1);
                bound.push(converted(second, &wanted, false)?);
            }
        }
        _ => {}
    }
    let result = function.result(&types);
    let result = if result == ValueType::Decimal { ValueType::Float } else { result };
    Ok((Expression::Call(function, bound), result))
}

fn literal_is(expression: &Expression, known: impl Fn(&str) -> bool, what: &str) -> Result<(), Refusal> {
    match expression {
        Expression::Constant(Value::Text(text), _) if known(text) => Ok(()),
        Expression::Constant(Value::Text(text), _) => Err(Refusal::new(format!("the {what} {text}"))),
        _ => Err(Refusal::new(format!("a {what} that is not a literal"))),
    }
}
