//! A bound condition made quick: one-sided parts become features, distances are computed once a pair
//! whatever the number of thresholds, and what fits neither is evaluated as it stands.

use super::evaluate::{Row, Scope, evaluate, truth};
use super::expression::{Arithmetic, Comparison, Expression, Side};
use super::feature::{FeatureTable, Features};
use super::function::{Fault, Function, Unit};
use super::measure::{Measure, MeasureKind};
use super::plain::{PlainConditions, Test};
use crate::linkage::frame::NULL_ID;
use crate::linkage::value::ValueType;

/// A feature of one record of the pair.
#[derive(Clone, Copy, Debug, PartialEq)]
struct At {
    side: Side,
    feature: usize,
}

/// A number computed from one feature of each record.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PairMeasure {
    measure: Measure,
    a: At,
    b: At,
}

/// How many measures of one comparison are kept while a pair is judged.
const MAX_MEASURES: usize = 16;

#[derive(Clone, Debug)]
enum Condition {
    Constant(Option<bool>),
    IsNull(At),
    Truth(At),
    Equal(At, At),
    Bound {
        measure: usize,
        comparison: Comparison,
        bound: f64,
    },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// How many of these are true, as `(a)::int + (b)::int = 2` asks; unknown where one of them is.
    Count {
        parts: Vec<Condition>,
        comparison: Comparison,
        bound: f64,
    },
    /// Evaluated as it stands, its columns being features.
    General(Expression),
}

/// Conditions tried in order, over the features of a pair.
pub(super) struct Conditions {
    conditions: Vec<Condition>,
    measures: Vec<PairMeasure>,
    simple: bool,
}

impl Conditions {
    /// Compiles bound conditions, adding the features that they need. `simple`: whole numbers are taken to be exact
    /// in double precision, and what is searched to be texts; [`suit`](Self::suit) tells whether they are.
    pub(super) fn compile(conditions: &[Expression], simple: bool, features: &mut Features) -> Conditions {
        let mut compiler = Compiler { features, measures: Vec::new(), simple };
        let conditions: Vec<Condition> = conditions.iter().map(|condition| compiler.compile(condition)).collect();
        let mut measures = compiler.measures;
        for (number, measure) in measures.iter_mut().enumerate() {
            measure.measure.cut = cut(measure.measure.kind, &conditions, number);
        }
        Conditions { conditions, measures, simple }
    }

    /// Whether what was taken for granted when compiling is true of the features of a table.
    pub(super) fn suit(&self, table: &FeatureTable) -> bool {
        let searched = self.measures.iter().filter(|measure| measure.measure.kind == MeasureKind::Contains);
        !self.simple
            || (table.has_exact_numbers()
                && searched.flat_map(|measure| [measure.a, measure.b]).all(|at| table.is_text(at.feature)))
    }

    /// Whether judging a pair costs more than looking its verdict up.
    pub(super) fn is_costly(&self) -> bool {
        fn costly(condition: &Condition) -> bool {
            match condition {
                Condition::General(_) | Condition::Bound { .. } | Condition::Count { .. } => true,
                Condition::And(parts) | Condition::Or(parts) => parts.iter().any(costly),
                Condition::Not(part) => costly(part),
                _ => false,
            }
        }
        self.conditions.iter().any(costly)
    }

    /// Whether judging a pair of these features can never end with an error.
    pub(super) fn never_fail(&self, table: &FeatureTable) -> bool {
        fn is_general(condition: &Condition) -> bool {
            match condition {
                Condition::General(_) => true,
                Condition::And(parts) | Condition::Or(parts) | Condition::Count { parts, .. } => {
                    parts.iter().any(is_general)
                }
                Condition::Not(part) => is_general(part),
                _ => false,
            }
        }
        !self.conditions.iter().any(is_general) && table.ids().iter().all(|id| Fault::of_id(*id).is_none())
    }

    /// The same conditions as plain tests, if that is all they are.
    pub(super) fn plain(&self) -> Option<PlainConditions> {
        let feature = |a: &At, b: &At| (a.feature == b.feature && a.side != b.side).then_some(a.feature);
        let mut measures: Vec<Option<(Measure, usize)>> = Vec::new();
        for measure in &self.measures {
            // A text that holds another: which of them is the left one matters.
            let in_order = measure.measure.kind != MeasureKind::Contains || measure.a.side == Side::Left;
            let feature = feature(&measure.a, &measure.b).filter(|_| in_order);
            measures.push(feature.map(|feature| (measure.measure, feature)));
        }
        let test = |condition: &Condition| match condition {
            Condition::Or(parts) => match parts.as_slice() {
                [Condition::IsNull(a), Condition::IsNull(b)] => feature(a, b).map(Test::Missing),
                _ => None,
            },
            Condition::Equal(a, b) => feature(a, b).map(Test::Equal),
            Condition::Bound { measure, comparison, bound } => measures[*measure]
                .map(|(measure, feature)| Test::Near { measure, feature, comparison: *comparison, bound: *bound }),
            _ => None,
        };
        self.conditions.iter().map(test).collect::<Option<Vec<_>>>().map(PlainConditions::new)
    }

    /// The index of the first condition that is true of a pair, if one is.
    ///
    /// # Errors
    /// Where DuckDB would stop with an error.
    pub(super) fn first_true(&self, table: &FeatureTable, left: u32, right: u32) -> Result<Option<usize>, Fault> {
        let mut pair = Pair {
            table,
            left: table.of(left),
            right: table.of(right),
            measures: &self.measures,
            known: [f64::NAN; MAX_MEASURES],
        };
        for (index, condition) in self.conditions.iter().enumerate() {
            if pair.judge(condition)? == Some(true) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

/// The loosest bound that conditions set to a measure, if all of them ask for the near side.
fn cut(kind: MeasureKind, conditions: &[Condition], measure: usize) -> Option<f64> {
    fn bounds(condition: &Condition, wanted: usize, found: &mut Vec<(Comparison, f64)>) {
        match condition {
            Condition::Bound { measure, comparison, bound } if *measure == wanted => found.push((*comparison, *bound)),
            Condition::And(parts) | Condition::Or(parts) | Condition::Count { parts, .. } => {
                parts.iter().for_each(|part| bounds(part, wanted, found));
            }
            Condition::Not(part) => bounds(part, wanted, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    conditions.iter().for_each(|condition| bounds(condition, measure, &mut found));
    let all = |near: [Comparison; 2]| found.iter().all(|(comparison, _)| near.contains(comparison));
    let bounds = found.iter().map(|(_, bound)| *bound);
    match kind {
        MeasureKind::JaroWinkler | MeasureKind::Jaro if all([Comparison::Greater, Comparison::GreaterOrEqual]) => {
            bounds.reduce(f64::min)
        }
        MeasureKind::Levenshtein | MeasureKind::DamerauLevenshtein
            if all([Comparison::Less, Comparison::LessOrEqual]) =>
        {
            bounds.reduce(f64::max)
        }
        _ => None,
    }
}

/// Gathers the conditions whose truths, as numbers, an expression adds up; false if it is no such sum.
fn truths_added_up<'e>(expression: &'e Expression, counted: &mut Vec<&'e Expression>) -> bool {
    match expression {
        Expression::Arithmetic(Arithmetic::Add, a, b) => truths_added_up(a, counted) && truths_added_up(b, counted),
        Expression::Cast { value, to: ValueType::Integer | ValueType::Float, .. } => match &**value {
            Expression::Compare(..)
            | Expression::And(_)
            | Expression::Or(_)
            | Expression::Not(_)
            | Expression::IsNull(_) => {
                counted.push(value);
                true
            }
            sum @ (Expression::Arithmetic(..) | Expression::Cast { .. }) => truths_added_up(sum, counted),
            _ => false,
        },
        _ => false,
    }
}

struct Compiler<'a> {
    features: &'a mut Features,
    measures: Vec<PairMeasure>,
    simple: bool,
}

impl Compiler<'_> {
    fn compile(&mut self, expression: &Expression) -> Condition {
        match expression {
            Expression::Constant(value, _) => Condition::Constant(truth(value)),
            Expression::And(parts) => Condition::And(parts.iter().map(|part| self.compile(part)).collect()),
            Expression::Or(parts) => Condition::Or(parts.iter().map(|part| self.compile(part)).collect()),
            Expression::Not(part) => Condition::Not(Box::new(self.compile(part))),
            Expression::IsNull(part) => match self.at(part) {
                Some(at) => Condition::IsNull(at),
                None => self.general(expression),
            },
            Expression::Compare(comparison, a, b) => self.comparison(*comparison, a, b, expression),
            Expression::Call(Function::Contains, arguments) => match (self.measure(expression), self.at(expression)) {
                (Some(measure), None) if arguments.len() == 2 => {
                    Condition::Bound { measure, comparison: Comparison::GreaterOrEqual, bound: 1.0 }
                }
                (_, Some(at)) => Condition::Truth(at),
                _ => self.general(expression),
            },
            other => match self.at(other) {
                Some(at) => Condition::Truth(at),
                None => self.general(other),
            },
        }
    }

    /// The feature that a one-sided expression computes.
    fn at(&mut self, expression: &Expression) -> Option<At> {
        let side = match expression.sides() {
            (true, false) => Side::Left,
            (false, true) => Side::Right,
            _ => return None,
        };
        (!expression.has_free_parameter()).then(|| At { side, feature: self.features.number(expression) })
    }

    fn comparison(&mut self, comparison: Comparison, a: &Expression, b: &Expression, all: &Expression) -> Condition {
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual)
            && let (Some(a), Some(b)) = (self.at(a), self.at(b))
        {
            let equal = Condition::Equal(a, b);
            return if comparison == Comparison::Equal { equal } else { Condition::Not(Box::new(equal)) };
        }
        let bounded = match (a, b) {
            (measured, Expression::Constant(value, _)) => value.as_number().map(|bound| (measured, comparison, bound)),
            (Expression::Constant(value, _), measured) => {
                value.as_number().map(|bound| (measured, comparison.mirrored(), bound))
            }
            _ => None,
        };
        if let Some((measured, comparison, bound)) = bounded {
            if let Some(measure) = self.measure(measured) {
                return Condition::Bound { measure, comparison, bound };
            }
            let mut counted = Vec::new();
            if measured.sides() == (true, true) && truths_added_up(measured, &mut counted) {
                let parts = counted.into_iter().map(|part| self.compile(part)).collect();
                return Condition::Count { parts, comparison, bound };
            }
        }
        match self.at(all) {
            Some(at) => Condition::Truth(at),
            None => self.general(all),
        }
    }

    fn measure(&mut self, expression: &Expression) -> Option<usize> {
        let (kind, a, b) = match expression {
            // A whole distance brought to the type of its bound.
            Expression::Cast { value, to: ValueType::Float, .. } => return self.measure(value),
            Expression::Call(function, arguments) => match (function, arguments.as_slice()) {
                (Function::JaroWinkler(Unit::Byte), [a, b]) => (MeasureKind::JaroWinkler, a, b),
                (Function::Jaro(Unit::Byte), [a, b]) => (MeasureKind::Jaro, a, b),
                (Function::Levenshtein(Unit::Byte), [a, b]) => (MeasureKind::Levenshtein, a, b),
                (Function::DamerauLevenshtein(Unit::Byte), [a, b]) => (MeasureKind::DamerauLevenshtein, a, b),
                (Function::Absolute, [Expression::Arithmetic(Arithmetic::Subtract, a, b)]) if self.simple => {
                    (MeasureKind::AbsoluteDifference, &**a, &**b)
                }
                (Function::Least, [a, b]) if self.simple => (MeasureKind::Lesser, a, b),
                (Function::Greatest, [a, b]) if self.simple => (MeasureKind::Greater, a, b),
                (Function::Contains, [a, b]) if self.simple => (MeasureKind::Contains, a, b),
                _ => return None,
            },
            _ => return None,
        };
        let measure = match (self.at(a)?, self.at(b)?) {
            (a, b) if a.side != b.side => PairMeasure { measure: Measure { kind, cut: None }, a, b },
            _ => return None,
        };
        if let Some(known) = self.measures.iter().position(|known| *known == measure) {
            return Some(known);
        }
        (self.measures.len() < MAX_MEASURES).then(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        })
    }

    /// The expression with its greatest one-sided parts replaced by features.
    fn general(&mut self, expression: &Expression) -> Condition {
        let mut expression = expression.clone();
        self.replace(&mut expression);
        Condition::General(expression)
    }

    fn replace(&mut self, expression: &mut Expression) {
        match self.at(expression) {
            Some(At { side, feature }) => *expression = Expression::Column { side, column: feature },
            None => expression.parts_mut().into_iter().for_each(|part| self.replace(part)),
        }
    }
}

/// A pair under judgement.
struct Pair<'a> {
    table: &'a FeatureTable,
    left: &'a [u32],
    right: &'a [u32],
    measures: &'a [PairMeasure],
    known: [f64; MAX_MEASURES],
}

impl Pair<'_> {
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

    fn judge(&mut self, condition: &Condition) -> Result<Option<bool>, Fault> {
        Ok(match condition {
            Condition::Constant(truth) => *truth,
            Condition::IsNull(at) => Some(self.id(*at)? == NULL_ID),
            Condition::Truth(at) => truth(&self.table.values()[self.id(*at)? as usize]),
            Condition::Equal(a, b) => {
                let (a, b) = (self.id(*a)?, self.id(*b)?);
                (a != NULL_ID && b != NULL_ID).then_some(a == b)
            }
            Condition::Bound { measure, comparison, bound } => self.measured(*measure)?.map(|measured| {
                // NaN stands above every number.
                let order = measured.partial_cmp(bound).unwrap_or(std::cmp::Ordering::Greater);
                comparison.holds(order)
            }),
            Condition::And(parts) => self.junction(parts, false)?,
            Condition::Or(parts) => self.junction(parts, true)?,
            Condition::Not(part) => self.judge(part)?.map(|truth| !truth),
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

    fn measured(&mut self, number: usize) -> Result<Option<f64>, Fault> {
        let PairMeasure { measure, a, b } = self.measures[number];
        let (a, b) = (self.id(a)?, self.id(b)?);
        if self.known[number].is_nan() {
            match measure.of(self.table, a, b) {
                None => return Ok(None),
                Some(measured) => self.known[number] = measured,
            }
        }
        Ok(Some(self.known[number]))
    }
}
