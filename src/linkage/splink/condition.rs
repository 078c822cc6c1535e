//! A bound condition made quick: one-sided parts become features, distances are computed once a pair whatever the
//! number of thresholds, arithmetic becomes numbers, and what fits none of these is evaluated as it stands.

use super::evaluate::truth;
use super::expression::{Arithmetic, Comparison, Expression, Side};
use super::feature::{FeatureTable, Features};
use super::function::{Fault, Function, Unit};
use super::judge::{Pair, Values};
use super::measure::{Measure, MeasureKind};
use super::number::{At, Number, Refiner, place};
use super::plain::{PlainConditions, Test};
use super::sphere::{self, Points, Reach};
use crate::linkage::value::{Value, ValueType};

/// A condition over the features and numbers of a pair.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Constant(Option<bool>),
    IsNull(At),
    /// Whether a number is missing.
    Unknown(usize),
    Truth(At),
    Equal(At, At),
    /// Whether two values are the same, a missing one being the same as another.
    Same(At, At),
    /// How two values stand in order.
    Order(Comparison, At, At),
    Bound {
        number: usize,
        comparison: Comparison,
        bound: f64,
    },
    /// A distance on a sphere, mostly told without working it out: true where the places are within reach, if `within`
    /// is, else where they are not.
    Within {
        reach: Reach,
        within: bool,
        exact: Box<Condition>,
    },
    /// Two numbers compared.
    Compare(Comparison, usize, usize),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// Whether the condition is known, and this.
    Is(Box<Condition>, bool),
    /// The first that is known.
    FirstKnown(Vec<Condition>),
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
    numbers: Vec<Number>,
    points: Points,
    simple: bool,
}

impl Condition {
    /// The conditions that it is made of.
    fn parts(&self) -> &[Condition] {
        match self {
            Condition::And(parts)
            | Condition::Or(parts)
            | Condition::FirstKnown(parts)
            | Condition::Count { parts, .. } => parts,
            Condition::Not(part) | Condition::Is(part, _) | Condition::Within { exact: part, .. } => {
                std::slice::from_ref(part)
            }
            _ => &[],
        }
    }

    /// Whether this condition, or one that it is made of, is such.
    pub(super) fn any(&self, is_such: &dyn Fn(&Condition) -> bool) -> bool {
        is_such(self) || self.parts().iter().any(|part| part.any(is_such))
    }

    /// Whether it, and not one of its parts, reads a number.
    pub(super) fn reads(&self, wanted: usize) -> bool {
        match self {
            Condition::Unknown(number) | Condition::Bound { number, .. } => *number == wanted,
            Condition::Compare(_, a, b) => [a, b].contains(&&wanted),
            _ => false,
        }
    }

    fn parts_mut(&mut self) -> &mut [Condition] {
        match self {
            Condition::And(parts)
            | Condition::Or(parts)
            | Condition::FirstKnown(parts)
            | Condition::Count { parts, .. } => parts,
            Condition::Not(part) | Condition::Is(part, _) | Condition::Within { exact: part, .. } => {
                std::slice::from_mut(part)
            }
            _ => &mut [],
        }
    }

    /// Gives a quick form to what was left as it stands.
    fn refine(&mut self, refiner: &mut Refiner) {
        match self {
            Condition::General(expression) => *self = refiner.condition(expression),
            other => other.parts_mut().iter_mut().for_each(|part| part.refine(refiner)),
        }
    }
}

impl Conditions {
    /// Compiles bound conditions, adding the features that they need. `simple`: whole numbers are taken to be exact
    /// in double precision, and what is searched to be texts; [`suit`](Self::suit) tells whether they are.
    pub(super) fn compile(conditions: &[Expression], simple: bool, features: &mut Features) -> Conditions {
        let mut compiler = Compiler { features, numbers: Vec::new(), simple };
        let conditions = conditions.iter().map(|condition| compiler.compile(&separated(condition))).collect();
        Conditions { conditions, numbers: compiler.numbers, points: Points::default(), simple }
    }

    /// The same conditions evaluated as they stand, to hold the quick forms against.
    #[cfg(test)]
    pub(super) fn as_they_stand(conditions: &[Expression], features: &mut Features) -> Conditions {
        let mut compiler = Compiler { features, numbers: Vec::new(), simple: false };
        let conditions = conditions.iter().map(|condition| compiler.general(condition)).collect();
        Conditions { conditions, numbers: Vec::new(), points: Points::default(), simple: false }
    }

    /// Whether a distance is told by points.
    #[cfg(test)]
    pub(super) fn has_points(&self) -> bool {
        self.conditions.iter().any(|condition| matches!(condition, Condition::Within { .. }))
    }

    /// Whether what was taken for granted when compiling is true of the features of a table.
    pub(super) fn suit(&self, table: &FeatureTable) -> bool {
        let are_texts = |number: &Number| match number {
            Number::Measure(Measure { kind: MeasureKind::Contains, .. }, a, b) => {
                table.is_text(a.feature) && table.is_text(b.feature)
            }
            _ => true,
        };
        !self.simple || (table.has_exact_numbers() && self.numbers.iter().all(are_texts))
    }

    /// Compiles what was left as it stands, now that the values of the features are known.
    pub(super) fn refine(&mut self, table: &FeatureTable) {
        let mut refiner = Refiner { table, numbers: &mut self.numbers };
        self.conditions.iter_mut().for_each(|condition| condition.refine(&mut refiner));
        for condition in &mut self.conditions {
            if let Some(quick) = sphere::bounded(condition, &self.numbers, &mut self.points) {
                *condition = quick;
            }
        }
        self.points.compute(table);
        // What may be judged once it is known to be beyond all bounds.
        for place in 0..self.numbers.len() {
            let cut = match &self.numbers[place] {
                Number::Measure(measure, ..) => cut(measure.kind, self, place),
                _ => None,
            };
            if let Number::Measure(measure, ..) = &mut self.numbers[place] {
                measure.cut = cut;
            }
        }
    }

    /// Whether a measure of lists is among the numbers.
    pub(super) fn need_lists(&self) -> bool {
        let of_lists = |number: &Number| match number {
            Number::Measure(measure, ..) => {
                matches!(measure.kind, MeasureKind::Shared | MeasureKind::HasAny | MeasureKind::HasAll)
            }
            _ => false,
        };
        self.numbers.iter().any(of_lists)
    }

    /// Whether judging a pair costs more than looking its verdict up.
    pub(super) fn are_costly(&self) -> bool {
        let costly = |condition: &Condition| {
            matches!(
                condition,
                Condition::General(_)
                    | Condition::Bound { .. }
                    | Condition::Compare(..)
                    | Condition::Unknown(_)
                    | Condition::Order(..)
                    | Condition::Count { .. }
            )
        };
        self.conditions.iter().any(|condition| condition.any(&costly))
    }

    /// Whether judging a pair of these features can never end with an error.
    pub(super) fn never_fail(&self, table: &FeatureTable) -> bool {
        let is_general = |condition: &Condition| matches!(condition, Condition::General(_));
        !self.conditions.iter().any(|condition| condition.any(&is_general)) && !table.has_faults()
    }

    /// The same conditions as plain tests, if that is all they are.
    pub(super) fn plain(&self) -> Option<PlainConditions> {
        let feature = |a: &At, b: &At| (a.feature == b.feature && a.side != b.side).then_some(a.feature);
        let measured = |number: &Number| match number {
            // Which of the two is the left one may matter, as where a text holds another.
            Number::Measure(measure, a, b) if measure.kind.is_symmetric() || a.side == Side::Left => {
                feature(a, b).map(|feature| (*measure, feature))
            }
            _ => None,
        };
        let test = |condition: &Condition| match condition {
            Condition::Or(parts) => match parts.as_slice() {
                [Condition::IsNull(a), Condition::IsNull(b)] => feature(a, b).map(Test::Missing),
                _ => None,
            },
            Condition::Equal(a, b) => feature(a, b).map(Test::Equal),
            Condition::Bound { number, comparison, bound } => measured(&self.numbers[*number])
                .map(|(measure, feature)| Test::Near { measure, feature, comparison: *comparison, bound: *bound }),
            _ => None,
        };
        self.conditions.iter().map(test).collect::<Option<Vec<_>>>().map(PlainConditions::new)
    }

    /// The index of the first condition that is true of a pair, if one is.
    ///
    /// # Errors
    /// Where DuckDB would stop with an error.
    pub(super) fn first_true(
        &self,
        table: &FeatureTable,
        values: &mut Values,
        left: u32,
        right: u32,
    ) -> Result<Option<usize>, Fault> {
        let mut pair = Pair::new(table, (&self.numbers, &self.points), values, (left, right));
        for (index, condition) in self.conditions.iter().enumerate() {
            if pair.judge(condition)? == Some(true) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

/// The loosest bound that conditions set to a measure, if all that read it ask for the near side.
fn cut(kind: MeasureKind, all: &Conditions, measure: usize) -> Option<f64> {
    fn bounds(condition: &Condition, wanted: usize, found: &mut Vec<(Comparison, f64)>) {
        if let Condition::Bound { number, comparison, bound } = condition
            && *number == wanted
        {
            found.push((*comparison, *bound));
        }
        condition.parts().iter().for_each(|part| bounds(part, wanted, found));
    }
    // A bound is looked at below; other uses need the number itself.
    let reads = |condition: &Condition| !matches!(condition, Condition::Bound { .. }) && condition.reads(measure);
    if all.numbers.iter().any(|number| number.reads(measure)) || all.conditions.iter().any(|one| one.any(&reads)) {
        return None;
    }
    let mut found = Vec::new();
    all.conditions.iter().for_each(|condition| bounds(condition, measure, &mut found));
    let are = |near: [Comparison; 2]| found.iter().all(|(comparison, _)| near.contains(comparison));
    let bounds = found.iter().map(|(_, bound)| *bound);
    match kind {
        MeasureKind::JaroWinkler | MeasureKind::Jaro if are([Comparison::Greater, Comparison::GreaterOrEqual]) => {
            bounds.reduce(f64::min)
        }
        MeasureKind::Levenshtein | MeasureKind::DamerauLevenshtein
            if are([Comparison::Less, Comparison::LessOrEqual]) =>
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

/// The expression with differences between days of both records told as differences of numbers of each: those of the
/// month, say, counted from January 1970. Weeks are whole weeks of days and cannot be told so.
fn separated(expression: &Expression) -> Expression {
    let mut expression = expression.clone();
    separate(&mut expression);
    expression
}

fn separate(expression: &mut Expression) {
    expression.parts_mut().into_iter().for_each(separate);
    let Expression::Call(Function::DateDifference, arguments) = expression else { return };
    let [part @ Expression::Constant(..), from, to] = arguments.as_slice() else { return };
    let are_apart =
        matches!((from.sides(), to.sides()), ((true, false), (false, true)) | ((false, true), (true, false)));
    let is_week = matches!(part, Expression::Constant(Value::Text(part), _) if &**part == "week");
    if !are_apart || is_week {
        return;
    }
    let since = |time: &Expression| {
        let start = Expression::Constant(Value::Timestamp(0), ValueType::Timestamp);
        Box::new(Expression::Call(Function::DateDifference, vec![part.clone(), start, time.clone()]))
    };
    *expression = Expression::Arithmetic(Arithmetic::Subtract, since(to), since(from));
}

struct Compiler<'a> {
    features: &'a mut Features,
    numbers: Vec<Number>,
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
                (Some(number), None) if arguments.len() == 2 => {
                    Condition::Bound { number, comparison: Comparison::GreaterOrEqual, bound: 1.0 }
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
            if let Some(number) = self.measure(measured) {
                return Condition::Bound { number, comparison, bound };
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
        match (self.at(a)?, self.at(b)?) {
            (a, b) if a.side != b.side => place(Number::Measure(Measure { kind, cut: None }, a, b), &mut self.numbers),
            _ => None,
        }
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
