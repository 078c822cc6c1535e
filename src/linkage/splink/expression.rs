//! A condition over a pair of records: what Splink's SQL becomes once it is understood.

use super::function::Function;
use crate::linkage::value::{Value, ValueType};
use std::fmt;

/// Which record of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The record with the lesser id: `x_l`, `l.x`.
    Left,
    /// The other: `x_r`, `r.x`.
    Right,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the operators of SQL under their usual names")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether values in this order satisfy the operator.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The operator with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

/// Arithmetic on numbers, dates and timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the operators of SQL under their usual names")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `//`: whole division, towards zero.
    DivideWhole,
    Remainder,
    Power,
}

/// A regular expression with its source, which alone tells two of them apart.
#[derive(Clone)]
pub struct Pattern(pub regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A typed-by-value expression. Columns are numbered by the [`Names`] they were parsed with.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A literal.
    Constant(Value, ValueType),
    /// A column of one record of the pair.
    Column {
        /// Which record.
        side: Side,
        /// Its number in [`Names`].
        column: usize,
    },
    /// A parameter of an enclosing lambda, counted from the outermost.
    Parameter(usize),
    /// A function of values.
    Call(Function, Vec<Expression>),
    /// A function of each element of a list: the list, then the body over the parameter.
    ForEach {
        /// What becomes of the results.
        keep: ForEach,
        /// The list.
        list: Box<Expression>,
        /// Which [`Expression::Parameter`] holds the element.
        parameter: usize,
        /// What is evaluated for each element.
        body: Box<Expression>,
    },
    /// A regular expression found in a text.
    Match {
        /// What is wanted of the match.
        want: MatchResult,
        /// The text.
        text: Box<Expression>,
        /// The regular expression.
        pattern: Pattern,
    },
    /// True when all are true; three-valued.
    And(Vec<Expression>),
    /// True when one is true; three-valued.
    Or(Vec<Expression>),
    /// Three-valued negation.
    Not(Box<Expression>),
    /// Whether the value is missing; never unknown.
    IsNull(Box<Expression>),
    /// Whether two values are the same, a missing value being the same as another; never unknown.
    IsSame(Box<Expression>, Box<Expression>),
    /// A comparison; unknown when a side is missing.
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// Whether the first is among the others; three-valued.
    In(Box<Expression>, Vec<Expression>),
    /// Conditions with their results, then the result when none is true.
    Case(Vec<(Expression, Expression)>, Box<Expression>),
    /// Arithmetic; missing when a side is.
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    /// The value as another type. `or_null`: missing instead of an error.
    Cast {
        /// What is converted.
        value: Box<Expression>,
        /// The type wanted.
        to: ValueType,
        /// `TRY_CAST`.
        or_null: bool,
    },
}

/// What a function over a list's elements gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForEach {
    /// The list of results.
    Transform,
    /// The elements for which the result is true.
    Filter,
}

/// What is wanted of a regular expression's first match.
#[derive(Clone, Debug, PartialEq)]
pub enum MatchResult {
    /// Whether there is one.
    Found,
    /// The text of a group (0: all of it); empty when nothing matches.
    Group(usize),
    /// The text with the first match, or every match, replaced.
    Replaced {
        /// By what, in the syntax of the `regex` crate.
        by: String,
        /// Every match, not only the first.
        all: bool,
    },
}

impl Expression {
    /// The parts of this expression, in order.
    pub fn parts(&self) -> Vec<&Expression> {
        match self {
            Expression::Constant(..) | Expression::Column { .. } | Expression::Parameter(_) => Vec::new(),
            Expression::Call(_, parts) | Expression::And(parts) | Expression::Or(parts) => parts.iter().collect(),
            Expression::ForEach { list, body, .. } => vec![list, body],
            Expression::Not(part)
            | Expression::IsNull(part)
            | Expression::Cast { value: part, .. }
            | Expression::Match { text: part, .. } => vec![part],
            Expression::IsSame(a, b) | Expression::Compare(_, a, b) | Expression::Arithmetic(_, a, b) => vec![a, b],
            Expression::In(first, others) => std::iter::once(&**first).chain(others).collect(),
            Expression::Case(branches, otherwise) => {
                branches.iter().flat_map(|(condition, result)| [condition, result]).chain([&**otherwise]).collect()
            }
        }
    }

    /// The parts of this expression, in order, to be changed.
    pub fn parts_mut(&mut self) -> Vec<&mut Expression> {
        match self {
            Expression::Constant(..) | Expression::Column { .. } | Expression::Parameter(_) => Vec::new(),
            Expression::Call(_, parts) | Expression::And(parts) | Expression::Or(parts) => parts.iter_mut().collect(),
            Expression::ForEach { list, body, .. } => vec![list, body],
            Expression::Not(part)
            | Expression::IsNull(part)
            | Expression::Cast { value: part, .. }
            | Expression::Match { text: part, .. } => vec![part],
            Expression::IsSame(a, b) | Expression::Compare(_, a, b) | Expression::Arithmetic(_, a, b) => vec![a, b],
            Expression::In(first, others) => std::iter::once(&mut **first).chain(others).collect(),
            Expression::Case(branches, otherwise) => branches
                .iter_mut()
                .flat_map(|(condition, result)| [condition, result])
                .chain([&mut **otherwise])
                .collect(),
        }
    }

    /// Whether it reads the left record, and whether it reads the right one.
    pub fn sides(&self) -> (bool, bool) {
        match self {
            Expression::Column { side, .. } => (*side == Side::Left, *side == Side::Right),
            _ => self.parts().iter().map(|part| part.sides()).fold((false, false), |a, b| (a.0 | b.0, a.1 | b.1)),
        }
    }

    /// The same expression with every column read from the left record.
    #[must_use]
    pub fn on_left(&self) -> Expression {
        let mut expression = self.clone();
        expression.turn_left();
        expression
    }

    fn turn_left(&mut self) {
        if let Expression::Column { side, .. } = self {
            *side = Side::Left;
        }
        self.parts_mut().into_iter().for_each(Expression::turn_left);
    }

    /// Whether it reads a parameter of a lambda that stands outside it.
    pub fn has_free_parameter(&self) -> bool {
        fn free(expression: &Expression, bound: &mut Vec<usize>) -> bool {
            match expression {
                Expression::Parameter(number) => !bound.contains(number),
                Expression::ForEach { list, parameter, body, .. } => {
                    let in_list = free(list, bound);
                    bound.push(*parameter);
                    let in_body = free(body, bound);
                    bound.pop();
                    in_list || in_body
                }
                other => other.parts().into_iter().any(|part| free(part, bound)),
            }
        }
        free(self, &mut Vec::new())
    }

    /// The columns it reads, by number, ascending.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = match self {
            Expression::Column { column, .. } => vec![*column],
            _ => self.parts().into_iter().flat_map(Expression::columns).collect(),
        };
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// The columns that the expressions of one comparison or blocking rule read, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// The number of a name, added if it is new. Letter case does not tell names apart.
    pub fn number(&mut self, name: &str) -> usize {
        match self.0.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            Some(number) => number,
            None => {
                self.0.push(name.to_owned());
                self.0.len() - 1
            }
        }
    }

    /// The names by number.
    pub fn all(&self) -> &[String] {
        &self.0
    }
}
