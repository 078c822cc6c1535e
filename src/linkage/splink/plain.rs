//! Conditions as most comparisons have them: each one test of the same feature of both records. They are judged
//! without walking a tree of conditions.

use super::expression::Comparison;
use super::feature::FeatureTable;
use super::measure::Measure;
use crate::linkage::frame::NULL_ID;

/// One test of a feature of both records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Test {
    /// Missing on either side.
    Missing(usize),
    /// Known and equal.
    Equal(usize),
    /// Known, and so far apart or so alike.
    Near { measure: Measure, feature: usize, comparison: Comparison, bound: f64 },
}

/// Tests tried in order.
pub(super) struct PlainConditions {
    tests: Vec<Test>,
}

impl PlainConditions {
    pub(super) fn new(tests: Vec<Test>) -> PlainConditions {
        PlainConditions { tests }
    }

    /// Whether a table has a value for every feature: DuckDB would not stop with an error at any.
    pub(super) fn suit(&self, table: &FeatureTable) -> bool {
        !table.has_faults()
    }

    /// Whether these are: missing, then equal, of the one feature and nothing else.
    pub(super) fn are_plain_equality(&self) -> bool {
        matches!(self.tests.as_slice(), [Test::Missing(missing), Test::Equal(equal)] if missing == equal)
    }

    /// The index of the first test that holds of a pair of tuples, if one does.
    #[inline]
    pub(super) fn first_true(&self, table: &FeatureTable, left: u32, right: u32) -> Option<usize> {
        let (left, right) = (table.of(left), table.of(right));
        // The measure computed last: tests of one measure with falling bounds stand together.
        let mut last: Option<(Measure, usize, Option<f64>)> = None;
        self.tests.iter().position(|test| match *test {
            Test::Missing(feature) => left[feature] == NULL_ID || right[feature] == NULL_ID,
            Test::Equal(feature) => left[feature] == right[feature] && left[feature] != NULL_ID,
            Test::Near { measure, feature, comparison, bound } => {
                let measured = match last {
                    Some((known, of, value)) if of == feature && known == measure => value,
                    _ => measure.of(table, left[feature], right[feature]),
                };
                last = Some((measure, feature, measured));
                // NaN stands above every number.
                let order = |value: f64| value.partial_cmp(&bound).unwrap_or(std::cmp::Ordering::Greater);
                measured.is_some_and(|value| comparison.holds(order(value)))
            }
        })
    }
}
