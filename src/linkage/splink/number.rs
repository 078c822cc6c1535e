//! Numbers of a pair of records: arithmetic over features of both, worked out without making values.
//!
//! Whole numbers, days and times are held as the doubles that equal them. What could leave the range in which that is
//! exact, or end with an error, is not compiled and is evaluated as it stands.

use super::condition::Condition;
use super::expression::{Arithmetic, Comparison, Expression, Side};
use super::feature::FeatureTable;
use super::function::{Function, Unit};
use super::measure::{Measure, MeasureKind};
use crate::linkage::value::{Value, ValueType};

/// A feature of one record of the pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub(super) side: Side,
    pub(super) feature: usize,
}

/// One step of working a number out; other numbers are named by their place in a list. Missing where a part is, unless
/// said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Constant(f64),
    Missing,
    Feature(At),
    /// Computed from one feature of each record.
    Measure(Measure, At, At),
    /// A function of one number.
    Of(Function, usize),
    Arithmetic(Arithmetic, usize, usize),
    /// Rounded to single precision.
    Single(usize),
    /// The least or greatest of those known.
    Extreme(Vec<usize>, bool),
    /// The first that is known.
    FirstKnown(Vec<usize>),
    /// The first, but missing where it equals the second.
    Unless(usize, usize),
    /// That of the first condition which is true, else the last.
    Case(Vec<(Condition, usize)>, usize),
}

impl Number {
    /// Whether it is worked out from another.
    pub(super) fn reads(&self, other: usize) -> bool {
        match self {
            Number::Constant(_) | Number::Missing | Number::Feature(_) | Number::Measure(..) => false,
            Number::Of(_, part) | Number::Single(part) => *part == other,
            Number::Arithmetic(_, a, b) | Number::Unless(a, b) => [a, b].contains(&&other),
            Number::Extreme(parts, _) | Number::FirstKnown(parts) => parts.contains(&other),
            Number::Case(branches, otherwise) => {
                let reads = |test: &Condition| test.any(&|condition| condition.reads(other));
                *otherwise == other || branches.iter().any(|(test, result)| *result == other || reads(test))
            }
        }
    }
}

/// How many numbers of one comparison are kept while a pair is judged.
pub(super) const MOST_NUMBERS: usize = 32;

/// The place of a number in a list, where it is added if it is new; none when the list is full.
pub(super) fn place(number: Number, numbers: &mut Vec<Number>) -> Option<usize> {
    if let Some(known) = numbers.iter().position(|known| *known == number) {
        return Some(known);
    }
    (numbers.len() < MOST_NUMBERS).then(|| {
        numbers.push(number);
        numbers.len() - 1
    })
}

/// What the values of a feature, or the results of a step, are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Float,
    /// Whole, and no further from zero than this.
    Whole(f64),
    Date,
    Timestamp(f64),
}

/// Whole numbers up to this are exact in double precision.
pub(super) const EXACT: f64 = (1u64 << 53) as f64;

impl Kind {
    fn is_number(self) -> bool {
        matches!(self, Kind::Float | Kind::Whole(_))
    }

    fn exact(most: f64) -> Option<Kind> {
        (most <= EXACT).then_some(Kind::Whole(most))
    }

    /// Whether values of both can be ordered as numbers.
    fn is_like(self, other: Kind) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// What holds values of both.
    pub(super) fn joined(self, other: Kind) -> Option<Kind> {
        match (self, other) {
            (Kind::Whole(a), Kind::Whole(b)) => Some(Kind::Whole(a.max(b))),
            (Kind::Timestamp(a), Kind::Timestamp(b)) => Some(Kind::Timestamp(a.max(b))),
            (a, b) => (a == b).then_some(a),
        }
    }
}

/// Compiles what was left as it stands, once it is known which values the features have.
pub(super) struct Refiner<'a> {
    pub(super) table: &'a FeatureTable,
    pub(super) numbers: &'a mut Vec<Number>,
}

impl Refiner<'_> {
    /// A condition whose columns are features; as it stands where no quicker form is known.
    pub(super) fn condition(&mut self, expression: &Expression) -> Condition {
        self.quick(expression).unwrap_or_else(|| Condition::General(expression.clone()))
    }

    fn conditions(&mut self, parts: &[Expression]) -> Vec<Condition> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn quick(&mut self, expression: &Expression) -> Option<Condition> {
        Some(match expression {
            Expression::Constant(Value::Boolean(truth), _) => Condition::Constant(Some(*truth)),
            Expression::Constant(Value::Null, _) => Condition::Constant(None),
            Expression::Column { side, column } => Condition::Truth(At { side: *side, feature: *column }),
            Expression::And(parts) => Condition::And(self.conditions(parts)),
            Expression::Or(parts) => Condition::Or(self.conditions(parts)),
            Expression::Not(part) => Condition::Not(Box::new(self.condition(part))),
            Expression::Compare(comparison, a, b) => self.compared(*comparison, a, b)?,
            // Equal to one of them: as OR decides it, missing values and all.
            Expression::In(first, others) => {
                let tests = others.iter().map(|other| self.compared(Comparison::Equal, first, other));
                Condition::Or(tests.collect::<Option<_>>()?)
            }
            Expression::IsNull(part) => match at(part) {
                Some(at) => Condition::IsNull(at),
                None => Condition::Unknown(self.number(part)?.0),
            },
            Expression::IsSame(a, b) => match (at(a), at(b), &**b) {
                (Some(a), Some(b), _) => Condition::Same(a, b),
                (_, _, Expression::Constant(Value::Boolean(truth), _)) => {
                    Condition::Is(Box::new(self.condition(a)), *truth)
                }
                _ => return None,
            },
            Expression::Call(Function::Coalesce, parts) if parts.iter().all(is_truth) => {
                Condition::FirstKnown(self.conditions(parts))
            }
            Expression::Call(function, arguments) => {
                let kind = match function {
                    Function::Contains => MeasureKind::Contains,
                    Function::StartsWith => MeasureKind::StartsWith,
                    Function::EndsWith => MeasureKind::EndsWith,
                    Function::Like => MeasureKind::Like,
                    Function::HasAny => MeasureKind::HasAny,
                    Function::HasAll => MeasureKind::HasAll,
                    _ => return None,
                };
                let number = self.measure(kind, arguments)?;
                Condition::Bound { number, comparison: Comparison::GreaterOrEqual, bound: 1.0 }
            }
            _ => return None,
        })
    }

    fn compared(&mut self, comparison: Comparison, a: &Expression, b: &Expression) -> Option<Condition> {
        if let (Some(a), Some(b)) = (at(a), at(b)) {
            return Some(match comparison {
                Comparison::Equal => Condition::Equal(a, b),
                Comparison::NotEqual => Condition::Not(Box::new(Condition::Equal(a, b))),
                other => Condition::Order(other, a, b),
            });
        }
        let ((a, kind_a), (b, kind_b)) = (self.number(a)?, self.number(b)?);
        kind_a.is_like(kind_b).then_some(())?;
        Some(match (&self.numbers[a], &self.numbers[b]) {
            (_, Number::Constant(bound)) => Condition::Bound { number: a, comparison, bound: *bound },
            (Number::Constant(bound), _) => {
                Condition::Bound { number: b, comparison: comparison.mirrored(), bound: *bound }
            }
            _ => Condition::Compare(comparison, a, b),
        })
    }

    fn put(&mut self, number: Number, kind: Kind) -> Option<(usize, Kind)> {
        Some((place(number, self.numbers)?, kind))
    }

    fn number(&mut self, expression: &Expression) -> Option<(usize, Kind)> {
        match expression {
            Expression::Constant(Value::Integer(whole), _) => {
                let number = *whole as f64;
                self.put(Number::Constant(number), Kind::exact(number.abs())?)
            }
            Expression::Constant(Value::Float(number), _) => self.put(Number::Constant(*number), Kind::Float),
            Expression::Constant(Value::Date(days), _) => self.put(Number::Constant(f64::from(*days)), Kind::Date),
            Expression::Column { .. } => {
                let at = at(expression)?;
                self.put(Number::Feature(at), self.table.kind(at.feature)?)
            }
            Expression::Arithmetic(operator, a, b) => {
                let ((a, kind_a), (b, kind_b)) = (self.number(a)?, self.number(b)?);
                self.put(Number::Arithmetic(*operator, a, b), of_arithmetic(*operator, kind_a, kind_b)?)
            }
            Expression::Cast { value, to, .. } => {
                let (number, kind) = self.number(value)?;
                match (to, kind) {
                    (ValueType::Float | ValueType::Decimal, kind) if kind.is_number() => Some((number, Kind::Float)),
                    (ValueType::Single, kind) if kind.is_number() => self.put(Number::Single(number), Kind::Float),
                    (ValueType::Integer, Kind::Whole(_)) => Some((number, kind)),
                    (ValueType::Date, Kind::Date) | (ValueType::Timestamp, Kind::Timestamp(_)) => Some((number, kind)),
                    _ => None,
                }
            }
            Expression::Case(branches, otherwise) => {
                let branches: Vec<_> = branches.iter().map(|(test, result)| (test, result)).collect();
                self.case(&branches, otherwise)
            }
            Expression::Call(Function::If, parts) => match parts.as_slice() {
                [test, result, otherwise] => self.case(&[(test, result)], otherwise),
                _ => None,
            },
            Expression::Call(function, arguments) => self.call(*function, arguments),
            _ => None,
        }
    }

    fn case(&mut self, branches: &[(&Expression, &Expression)], otherwise: &Expression) -> Option<(usize, Kind)> {
        let mut kind = None;
        let mut result = |refiner: &mut Self, result: &Expression| {
            if matches!(result, Expression::Constant(Value::Null, _)) {
                return place(Number::Missing, refiner.numbers);
            }
            let (number, of_this) = refiner.number(result)?;
            kind = Some(kind.map_or(Some(of_this), |kind: Kind| kind.joined(of_this))?);
            Some(number)
        };
        let mut tests = Vec::new();
        for (test, value) in branches {
            let test = self.quick(test)?;
            tests.push((test, result(self, value)?));
        }
        let otherwise = result(self, otherwise)?;
        self.put(Number::Case(tests, otherwise), kind?)
    }

    fn call(&mut self, function: Function, arguments: &[Expression]) -> Option<(usize, Kind)> {
        use Function::*;
        let measured = match function {
            JaroWinkler(Unit::Byte) => Some((MeasureKind::JaroWinkler, Kind::Float)),
            Jaro(Unit::Byte) => Some((MeasureKind::Jaro, Kind::Float)),
            Jaccard(Unit::Byte) => Some((MeasureKind::Jaccard, Kind::Float)),
            Levenshtein(Unit::Byte) => Some((MeasureKind::Levenshtein, Kind::Whole(1e9))),
            DamerauLevenshtein(Unit::Byte) => Some((MeasureKind::DamerauLevenshtein, Kind::Whole(1e9))),
            _ => None,
        };
        if let Some((measure, kind)) = measured {
            return Some((self.measure(measure, arguments)?, kind));
        }
        match (function, arguments) {
            // How many elements two lists have in common.
            (Length, [Expression::Call(Intersect, lists)]) => {
                Some((self.measure(MeasureKind::Shared, lists)?, Kind::Whole(1e9)))
            }
            (Greatest | Least | Coalesce, parts) => {
                let parts = parts.iter().map(|part| self.number(part)).collect::<Option<Vec<_>>>()?;
                let kinds = parts.iter().map(|(_, kind)| Some(*kind));
                let kind = kinds.reduce(|a, b| a?.joined(b?)).flatten()?;
                let parts = parts.into_iter().map(|(number, _)| number).collect();
                let number = match function {
                    Coalesce => Number::FirstKnown(parts),
                    _ => Number::Extreme(parts, function == Greatest),
                };
                self.put(number, kind)
            }
            (NullIf, [a, b]) => {
                let ((a, kind_a), (b, kind_b)) = (self.number(a)?, self.number(b)?);
                kind_a.is_like(kind_b).then_some(())?;
                self.put(Number::Unless(a, b), kind_a)
            }
            (Round | Floor | Ceiling | Truncate, [part]) => match self.number(part)? {
                (number, kind @ Kind::Whole(_)) => Some((number, kind)),
                (number, Kind::Float) => self.put(Number::Of(function, number), Kind::Float),
                _ => None,
            },
            (Absolute | Sign, [part]) => {
                let (number, kind) = self.number(part).filter(|(_, kind)| kind.is_number())?;
                self.put(Number::Of(function, number), kind)
            }
            (
                SquareRoot | NaturalLogarithm | Logarithm2 | Logarithm10 | Exponential | Sine | Cosine | Tangent
                | ArcSine | ArcCosine | ArcTangent | Radians | Degrees,
                [part],
            ) => {
                let (number, _) = self.number(part).filter(|(_, kind)| kind.is_number())?;
                self.put(Number::Of(function, number), Kind::Float)
            }
            _ => None,
        }
    }

    /// A measure of two features, if their values are such that it never ends with an error.
    fn measure(&mut self, kind: MeasureKind, arguments: &[Expression]) -> Option<usize> {
        let [a, b] = arguments else { return None };
        let (a, b) = (at(a)?, at(b)?);
        let suits = |at: At| match kind {
            MeasureKind::Shared | MeasureKind::HasAny | MeasureKind::HasAll => self.table.is_list(at.feature),
            MeasureKind::Jaccard => self.table.is_text(at.feature) && !self.table.has_empty_text(at.feature),
            _ => self.table.is_text(at.feature),
        };
        if !(suits(a) && suits(b)) {
            return None;
        }
        place(Number::Measure(Measure { kind, cut: None }, a, b), self.numbers)
    }
}

/// The feature that a part reads as it is.
fn at(expression: &Expression) -> Option<At> {
    match expression {
        Expression::Column { side, column } => Some(At { side: *side, feature: *column }),
        _ => None,
    }
}

/// Whether a bound expression is true, false or unknown.
fn is_truth(expression: &Expression) -> bool {
    match expression {
        Expression::Constant(value, _) => matches!(value, Value::Boolean(_)),
        Expression::And(_)
        | Expression::Or(_)
        | Expression::Not(_)
        | Expression::IsNull(_)
        | Expression::IsSame(..)
        | Expression::Compare(..)
        | Expression::In(..)
        | Expression::Call(Function::Contains | Function::StartsWith | Function::EndsWith | Function::Like, _) => true,
        _ => false,
    }
}

fn of_arithmetic(operator: Arithmetic, a: Kind, b: Kind) -> Option<Kind> {
    match (operator, a, b) {
        (Arithmetic::Add | Arithmetic::Subtract, Kind::Whole(a), Kind::Whole(b)) => Kind::exact(a + b),
        (Arithmetic::Multiply, Kind::Whole(a), Kind::Whole(b)) => Kind::exact(a * b),
        (Arithmetic::Subtract, Kind::Timestamp(a), Kind::Timestamp(b)) => Kind::exact(a + b),
        (Arithmetic::Subtract, Kind::Date, Kind::Date) => Some(Kind::Whole(1e10)),
        // Whole division and its remainder can end with an error.
        (_, Kind::Whole(_), Kind::Whole(_)) => None,
        (_, a, b) if a.is_number() && b.is_number() => Some(Kind::Float),
        _ => None,
    }
}
