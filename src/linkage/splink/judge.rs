//! A pair of records under judgement: whether conditions over its features hold, with SQL's three-valued logic.

use super::condition::Condition;
use super::evaluate::{Row, Scope, evaluate, of_floats, truth};
use super::expression::{Comparison, Side};
use super::feature::FeatureTable;
use super::function::{Fault, of_number};
use super::number::{At, MOST_NUMBERS, Number};
use super::sphere::Points;
use crate::linkage::frame::NULL_ID;
use std::cmp::Ordering;

/// A pair with the numbers that are known of it so far.
pub(super) struct Pair<'a> {
    table: &'a FeatureTable,
    tuples: (u32, u32),
    left: &'a [u32],
    right: &'a [u32],
    numbers: &'a [Number],
    points: &'a Points,
    /// One bit a number: whether it was worked out, and whether it is not missing.
    done: u32,
    known: u32,
    values: &'a mut Values,
}

/// Where the numbers of a pair are kept; used again for the next.
pub(super) type Values = [f64; MOST_NUMBERS];

impl<'a> Pair<'a> {
    /// A pair of tuples under conditions that share these numbers and points.
    pub(super) fn new(
        table: &'a FeatureTable,
        (numbers, points): (&'a [Number], &'a Points),
        values: &'a mut Values,
        tuples: (u32, u32),
    ) -> Pair<'a> {
        let (left, right) = (table.of(tuples.0), table.of(tuples.1));
        Pair { table, tuples, left, right, numbers, points, done: 0, known: 0, values }
    }

    #[inline]
    fn id(&self, at: At) -> Result<u32, Fault> {
        let id = match at.side {
            Side::Left => self.left[at.feature],
            Side::Right => self.right[at.feature],
        };
        match Fault::of_id(id) {
            Some(fault) => Err(fault),
            None => Ok(id),
        }
    }

    /// Whether a condition holds; none where that is unknown.
    ///
    /// # Errors
    /// Where DuckDB would stop with an error.
    pub(super) fn judge(&mut self, condition: &Condition) -> Result<Option<bool>, Fault> {
        Ok(match condition {
            Condition::Constant(truth) => *truth,
            Condition::IsNull(at) => Some(self.id(*at)? == NULL_ID),
            Condition::Unknown(number) => Some(self.number(*number)?.is_none()),
            Condition::Truth(at) => truth(&self.table.values()[self.id(*at)? as usize]),
            Condition::Equal(a, b) => {
                let (a, b) = (self.id(*a)?, self.id(*b)?);
                (a != NULL_ID && b != NULL_ID).then_some(a == b)
            }
            Condition::Same(a, b) => Some(self.id(*a)? == self.id(*b)?),
            Condition::Order(comparison, a, b) => {
                let (a, b) = (self.id(*a)?, self.id(*b)?);
                let value = |id: u32| &self.table.values()[id as usize];
                (a != NULL_ID && b != NULL_ID).then(|| comparison.holds(value(a).order(value(b))))
            }
            Condition::Bound { number, comparison, bound } => {
                self.number(*number)?.map(|number| holds(*comparison, number, *bound))
            }
            Condition::Within { reach, within, exact } => {
                match self.points.are_within(*reach, self.tuples.0, self.tuples.1) {
                    Some(truth) => Some(truth == *within),
                    None => self.judge(exact)?,
                }
            }
            Condition::Compare(comparison, a, b) => {
                let (a, b) = (self.number(*a)?, self.number(*b)?);
                a.zip(b).map(|(a, b)| holds(*comparison, a, b))
            }
            Condition::And(parts) => self.junction(parts, false)?,
            Condition::Or(parts) => self.junction(parts, true)?,
            Condition::Not(part) => self.judge(part)?.map(|truth| !truth),
            Condition::Is(part, truth) => Some(self.judge(part)? == Some(*truth)),
            Condition::FirstKnown(parts) => self.first_known(parts)?,
            Condition::Count { parts, comparison, bound } => {
                let mut count = 0.0;
                for part in parts {
                    match self.judge(part)? {
                        Some(truth) => count += f64::from(u8::from(truth)),
                        None => return Ok(None),
                    }
                }
                Some(comparison.holds(f64::total_cmp(&count, bound)))
            }
            Condition::General(expression) => {
                let values = self.table.values();
                let mut scope = Scope {
                    left: Row::Ids(self.left, values),
                    right: Row::Ids(self.right, values),
                    parameters: Vec::new(),
                };
                truth(&evaluate(expression, &mut scope)?)
            }
        })
    }

    fn junction(&mut self, parts: &[Condition], decides: bool) -> Result<Option<bool>, Fault> {
        let mut unknown = false;
        for part in parts {
            match self.judge(part)? {
                Some(truth) if truth == decides => return Ok(Some(decides)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(!decides))
    }

    /// All of them are judged, as a function's arguments are: what ends with an error may stand behind what is known.
    fn first_known(&mut self, parts: &[Condition]) -> Result<Option<bool>, Fault> {
        let mut first = None;
        for part in parts {
            let truth = self.judge(part)?;
            first = first.or(truth);
        }
        Ok(first)
    }

    fn number(&mut self, number: usize) -> Result<Option<f64>, Fault> {
        let bit = 1u32 << number;
        if self.done & bit == 0 {
            if let Some(value) = self.worked_out(number)? {
                self.known |= bit;
                self.values[number] = value;
            }
            self.done |= bit;
        }
        Ok((self.known & bit != 0).then(|| self.values[number]))
    }

    fn worked_out(&mut self, number: usize) -> Result<Option<f64>, Fault> {
        let numbers = self.numbers;
        Ok(match &numbers[number] {
            Number::Constant(number) => Some(*number),
            Number::Missing => None,
            Number::Feature(at) => match self.id(*at)? {
                NULL_ID => None,
                id => Some(self.table.numbers[id as usize]),
            },
            Number::Measure(measure, a, b) => {
                let (a, b) = (self.id(*a)?, self.id(*b)?);
                measure.of(self.table, a, b)
            }
            Number::Of(function, part) => self.number(*part)?.map(|number| of_number(*function, number)),
            Number::Arithmetic(operator, a, b) => {
                let (a, b) = (self.number(*a)?, self.number(*b)?);
                a.zip(b).map(|(a, b)| of_floats(*operator, a, b))
            }
            Number::Single(part) => self.number(*part)?.map(|number| f64::from(number as f32)),
            Number::Extreme(parts, greatest) => {
                let mut found: Option<f64> = None;
                for part in parts {
                    let Some(number) = self.number(*part)? else { continue };
                    // Of equal ones the last is the greatest, the first the least.
                    let takes_over = |known: f64| match (order(number, known), greatest) {
                        (order, true) => order.is_ge(),
                        (order, false) => order.is_lt(),
                    };
                    found = Some(found.filter(|known| !takes_over(*known)).unwrap_or(number));
                }
                found
            }
            Number::FirstKnown(parts) => {
                let mut first = None;
                for part in parts {
                    let number = self.number(*part)?;
                    first = first.or(number);
                }
                first
            }
            Number::Unless(a, b) => {
                let (a, b) = (self.number(*a)?, self.number(*b)?);
                a.filter(|a| b.is_none_or(|b| order(*a, b).is_ne()))
            }
            Number::Case(branches, otherwise) => {
                for (test, result) in branches {
                    if self.judge(test)? == Some(true) {
                        return self.number(*result);
                    }
                }
                self.number(*otherwise)?
            }
        })
    }
}

/// NaN is equal to itself and above every number.
#[inline]
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[inline]
pub(super) fn holds(comparison: Comparison, a: f64, b: f64) -> bool {
    comparison.holds(order(a, b))
}
