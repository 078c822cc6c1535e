//! Conditions over a frame's records, ready to judge any pair.

use super::bind;
use super::condition::Conditions;
use super::expression::{Expression, Names};
use super::feature::{FeatureTable, Features, Tuples, columns_of};
use super::function::Fault;
use super::judge::Values;
use super::memo::{Memo, UNKNOWN};
use super::plain::PlainConditions;
use super::sql::Refusal;
use crate::error::Error;
use crate::linkage::comparison::{Comparator, LevelIndex, RecordIndex};
use crate::linkage::frame::{Frame, NULL_ID};
use crate::linkage::parallel;
use crate::linkage::value::ValueType;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The most pairs that are judged side by side: few enough that their tuples stay in the nearest cache.
pub(super) const SIDE_BY_SIDE: usize = 512;
/// The bit that tells that a pair fell to no level.
const NO_LEVEL: u32 = 1 << 31;

/// What went wrong while pairs were judged, gathered from all threads.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<AtomicU32>);

impl Faults {
    /// The first thing that went wrong, in words; the same whatever the order of pairs.
    pub(super) fn first(&self) -> Option<&'static str> {
        let bits = self.0.load(Ordering::Relaxed);
        if bits & NO_LEVEL != 0 {
            return Some("a pair falls to none of its levels: the last level should be ELSE");
        }
        Fault::ALL.into_iter().find(|fault| bits & fault.bit() != 0).map(Fault::message)
    }
}

/// Judges pairs by conditions tried in order.
pub(super) struct FeatureComparator {
    tuples: Tuples,
    table: FeatureTable,
    conditions: Conditions,
    /// The level that each condition selects when it is the first to be true.
    levels: Vec<LevelIndex>,
    otherwise: Option<LevelIndex>,
    level_count: usize,
    /// The level of each tuple against itself; unknown where judging it fails.
    equal: Vec<LevelIndex>,
    memo: Option<Memo>,
    /// The conditions once more, if they are plain tests.
    tests: Option<PlainConditions>,
    /// Whether a tuple is a value and its level tells no more than whether the two are equal.
    plain: bool,
    /// Whether every pair has a level, so that one that is left out hides no error.
    never_fails: bool,
    faults: Faults,
}

/// What to judge by.
pub(super) struct Judgement<'a> {
    /// Each condition with its level.
    pub(super) conditions: &'a [(Expression, LevelIndex)],
    /// The level when no condition is true.
    pub(super) otherwise: Option<LevelIndex>,
    /// Levels, the null level included.
    pub(super) level_count: usize,
    /// The columns that the conditions number.
    pub(super) names: &'a Names,
}

impl FeatureComparator {
    /// Binds and compiles the conditions for a frame.
    ///
    /// # Errors
    /// `splink/missing-column`; `splink/unsupported-sql` where types do not fit, named by `place`.
    pub(super) fn new(
        frame: &Frame,
        judgement: &Judgement,
        place: &dyn Fn(usize) -> String,
    ) -> Result<FeatureComparator, Error> {
        let columns = columns_of(frame, judgement.names, &place(0))?;
        let types: Vec<ValueType> = columns.iter().map(|column| frame.columns()[*column].value_type.clone()).collect();
        let bound = judgement
            .conditions
            .iter()
            .enumerate()
            .map(|(index, (condition, _))| {
                bind::condition(condition, &types, &mut Vec::new())
                    .map_err(|refusal| unsupported(&refusal, &place(index)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let tuples = Tuples::new(frame, columns);
        let mut simple = true;
        let (mut table, mut conditions) = loop {
            let mut features = Features::default();
            let conditions = Conditions::compile(&bound, simple, &mut features);
            let table = features.compute(frame, &tuples);
            if conditions.suit(&table) {
                break (table, conditions);
            }
            simple = false;
        };
        conditions.refine(&table);
        if conditions.need_lists() {
            table.read_lists();
        }
        let memo = if conditions.are_costly() { Memo::new(tuples.len()) } else { None };
        let levels: Vec<LevelIndex> = judgement.conditions.iter().map(|(_, level)| *level).collect();
        let tests = conditions.plain().filter(|tests| tests.suit(&table));
        let plain = levels == [0, 2]
            && judgement.otherwise == Some(1)
            && judgement.names.all().len() == 1
            && tests.as_ref().is_some_and(PlainConditions::are_plain_equality)
            && (0..tuples.len()).all(|tuple| (tuple as u32 == NULL_ID) == (table.of(tuple as u32)[0] == NULL_ID));
        let never_fails = judgement.otherwise.is_some() && conditions.never_fail(&table);
        let mut comparator = FeatureComparator {
            tuples,
            table,
            conditions,
            levels,
            otherwise: judgement.otherwise,
            level_count: judgement.level_count,
            equal: Vec::new(),
            memo,
            tests,
            plain,
            never_fails,
            faults: Faults::default(),
        };
        comparator.equal = comparator.equal_levels();
        Ok(comparator)
    }

    fn equal_levels(&self) -> Vec<LevelIndex> {
        const PIECE: usize = 4096;
        let count = self.tuples.len();
        parallel::map(count.div_ceil(PIECE), |piece| {
            let tuples = piece * PIECE..((piece + 1) * PIECE).min(count);
            let mut values = Values::default();
            let level = |tuple| self.judged(&mut values, tuple as u32, tuple as u32).unwrap_or(UNKNOWN);
            tuples.map(level).collect::<Vec<_>>()
        })
        .concat()
    }

    fn judged(&self, values: &mut Values, a: u32, b: u32) -> Result<LevelIndex, u32> {
        let first = match &self.tests {
            Some(tests) => Ok(tests.first_true(&self.table, a, b)),
            None => self.conditions.first_true(&self.table, values, a, b),
        };
        match first {
            Ok(Some(index)) => Ok(self.levels[index]),
            Ok(None) => self.otherwise.ok_or(NO_LEVEL),
            Err(fault) => Err(fault.bit()),
        }
    }

    /// The level of a pair of tuples; the null level, and a fault noted, where there is none.
    fn computed(&self, values: &mut Values, a: u32, b: u32) -> LevelIndex {
        self.judged(values, a, b).unwrap_or_else(|fault| {
            self.faults.0.fetch_or(fault, Ordering::Relaxed);
            0
        })
    }

    /// Which tuple each record has.
    pub(super) fn tuples(&self) -> &[u32] {
        &self.tuples.of_record
    }

    /// How many tuples there are.
    pub(super) fn tuple_count(&self) -> usize {
        self.tuples.len()
    }

    /// Whether looking up is no quicker than judging.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Tells the level of a tuple with each of some others.
    pub(super) fn levels_of_one(&self, a: u32, others: &[u32], mut tell: impl FnMut(u32, LevelIndex)) {
        let mut values = Values::default();
        for &b in others {
            let known = if a == b { self.equal[a as usize] } else { UNKNOWN };
            tell(b, if known == UNKNOWN { self.computed(&mut values, a, b) } else { known });
        }
    }

    /// Whether judging a pair never ends with an error.
    pub(super) fn never_fails(&self) -> bool {
        self.never_fails
    }

    /// What went wrong so far, shared with this comparator.
    pub(super) fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// The level of a pair of tuples.
    fn tuple_level(&self, values: &mut Values, a: u32, b: u32) -> LevelIndex {
        if self.plain {
            return plain_level(a, b);
        }
        let known = match &self.memo {
            _ if a == b => self.equal[a as usize],
            Some(memo) => memo.get(a, b),
            None => UNKNOWN,
        };
        if known == UNKNOWN { self.found_out(values, a, b) } else { known }
    }

    fn found_out(&self, values: &mut Values, a: u32, b: u32) -> LevelIndex {
        let level = self.computed(values, a, b);
        if let Some(memo) = &self.memo
            && a != b
        {
            memo.put(a, b, level);
        }
        level
    }

    /// The levels of pairs of tuples side by side, at most [`SIDE_BY_SIDE`]. Looking up comes first and for all
    /// pairs alike, without a branch to be guessed wrong; what is not known is computed afterwards.
    pub(super) fn tuple_levels(&self, left: &[u32], right: &[u32], levels: &mut [LevelIndex]) {
        let pairs = || left.iter().copied().zip(right.iter().copied());
        if self.plain {
            levels.iter_mut().zip(pairs()).for_each(|(level, (a, b))| *level = plain_level(a, b));
            return;
        }
        let mut values = Values::default();
        let Some(memo) = &self.memo else {
            levels.iter_mut().zip(pairs()).for_each(|(level, (a, b))| *level = self.tuple_level(&mut values, a, b));
            return;
        };
        let mut unknown = [0u16; SIDE_BY_SIDE];
        let mut count = 0;
        for (place, (level, (a, b))) in levels.iter_mut().zip(pairs()).enumerate() {
            let (of_equal, of_pair) = (self.equal[a as usize], memo.get(a, b));
            *level = if a == b { of_equal } else { of_pair };
            unknown[count] = place as u16;
            count += usize::from(*level == UNKNOWN);
        }
        for &place in &unknown[..count] {
            let place = usize::from(place);
            // Another pair of this very list may have found it out.
            levels[place] = self.tuple_level(&mut values, left[place], right[place]);
        }
    }
}

/// Missing on either side, equal, different.
#[inline]
fn plain_level(a: u32, b: u32) -> LevelIndex {
    if a == NULL_ID || b == NULL_ID { 0 } else { 1 + LevelIndex::from(a == b) }
}

impl Comparator for FeatureComparator {
    fn level_count(&self) -> usize {
        self.level_count
    }

    fn level(&self, left: RecordIndex, right: RecordIndex) -> LevelIndex {
        let of_record = &self.tuples.of_record;
        self.tuple_level(&mut Values::default(), of_record[left as usize], of_record[right as usize])
    }
}

/// The error for SQL that cannot be honoured, with its place in the model.
pub(super) fn unsupported(refusal: &Refusal, place: &str) -> Error {
    if refusal.is_too_deep {
        let hint = "write it shorter, or prepare the value as a column of the records";
        return Error::new("splink/too-deep", format!("{place}: {}", refusal.what), hint);
    }
    let at = refusal.at.map(|(line, column)| format!(", line {line}, character {column}")).unwrap_or_default();
    Error::new(
        "splink/unsupported-sql",
        format!("{place}{at}: {} cannot be honoured", refusal.what),
        "rewrite the condition with functions that childlink knows, or prepare the value as a column of the records",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::frame::FrameColumn;
    use crate::linkage::splink::settings::SplinkModel;
    use crate::linkage::value::Value;
    use proptest::prelude::*;

    /// Conditions as users write them, each of which has a quick form.
    const CONDITIONS: [&str; 13] = [
        "a_l IS NULL OR a_r IS NULL",
        "a_l = a_r",
        "coalesce(a_l = a_r, b_l = 'a', false)",
        "contains(a_l, a_r)",
        "contains(a_r, b_l)",
        "levenshtein(a_l, a_r) <= 1",
        "damerau_levenshtein(a_l, b_r) <= 2",
        "jaro_winkler_similarity(a_l, a_r) >= 0.9 or jaro_similarity(b_l, b_r) > 0.8",
        "least(length(a_l), length(a_r)) = 1 and a_l[1] = a_r[1]",
        "greatest(length(a_l), length(b_r)) < 3",
        "(a_l = a_r)::int + (b_l = b_r)::int + (a_l = b_r)::int = 2",
        "cast(a_l[1:2] = a_r[1:2] as integer) + cast(not (b_l = b_r) as integer) >= 1",
        "not (contains(a_l, a_r)) and abs(length(a_l) - length(b_r)) <= 1",
    ];

    fn bound() -> (Vec<Expression>, Names) {
        let levels: Vec<_> = CONDITIONS.iter().map(|sql| serde_json::json!({"sql_condition": sql})).collect();
        let document = serde_json::json!({
            "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.1,
            "blocking_rules_to_generate_predictions": [],
            "comparisons": [{"output_column_name": "x", "comparison_levels": levels}],
        });
        let (model, _) = SplinkModel::read(&document.to_string()).unwrap();
        let names = model.comparisons[0].names.clone();
        let types = vec![ValueType::Text; names.all().len()];
        let conditions = model.comparisons[0].levels.iter().map(|level| level.condition.as_ref().unwrap());
        (conditions.map(|condition| bind::condition(condition, &types, &mut Vec::new()).unwrap()).collect(), names)
    }

    proptest! {
        #[test]
        fn quick_forms_of_conditions_judge_as_the_conditions_do(
            values in prop::collection::vec(
                (prop::option::of("[abé]{0,4}"), prop::option::of("[abé]{0,4}")), 2..12,
            ),
        ) {
            let column = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
                let value = |row| of(row).map_or(Value::Null, |text| Value::text(&text));
                FrameColumn::from_values(name, ValueType::Text, (0..values.len()).map(value))
            };
            let frame =
                Frame::new(vec![column("a", &|row| values[row].0.clone()), column("b", &|row| values[row].1.clone())])
                    .unwrap();
            let (bound, names) = bound();
            // Each condition alone, so that none hides behind another.
            for (condition, sql) in bound.iter().zip(CONDITIONS) {
                let condition = std::slice::from_ref(condition);
                let tuples = Tuples::new(&frame, columns_of(&frame, &names, "x").unwrap());
                let compiled = |simple: bool| {
                    let mut features = Features::default();
                    let mut conditions = Conditions::compile(condition, simple, &mut features);
                    let mut table = features.compute(&frame, &tuples);
                    if simple {
                        conditions.refine(&table);
                        table.read_lists();
                    }
                    (conditions, table)
                };
                let ((quick, table), (slow, slow_table)) = (compiled(true), compiled(false));
                prop_assert!(quick.suit(&table));
                let plain = quick.plain();
                let mut values = Values::default();
                for left in 0..tuples.len() as u32 {
                    for right in 0..tuples.len() as u32 {
                        let expected = slow.first_true(&slow_table, &mut values, left, right).unwrap();
                        prop_assert_eq!(quick.first_true(&table, &mut values, left, right).unwrap(), expected, "{}", sql);
                        if let Some(plain) = &plain {
                            prop_assert_eq!(plain.first_true(&table, left, right), expected, "{}", sql);
                        }
                    }
                }
            }
        }
    }
}
