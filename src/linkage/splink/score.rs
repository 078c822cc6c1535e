//! Weighs pairs of records by a Splink model.

use super::blocking::evaluation;
use super::bounded::Bounds;
use super::comparator::{FeatureComparator, Judgement, SIDE_BY_SIDE};
use super::groups::SortedPairs;
use super::records::Records;
pub use super::scores::Scores;
use super::scores::Sorted;
use super::settings::{Comparison, SplinkModel, place_of_level};
use crate::error::Error;
use crate::linkage::comparison::{Comparator, LevelIndex, RecordIndex};
use crate::linkage::frame::{Frame, NULL_ID};
use crate::linkage::parallel;
use crate::linkage::score::weight_of;
use crate::linkage::value::{Value, ValueType};
use std::sync::Arc;

/// A model ready to score the records that it was compiled for.
pub struct CompiledModel {
    pub(super) comparisons: Vec<ScoredComparison>,
    records: usize,
    pub(super) prior: f64,
    /// The tuple of every comparison, record by record, so that one pair touches two places of memory.
    pub(super) tuples: Vec<u32>,
    term_columns: Vec<TermColumn>,
    /// What pairs can weigh at most; none where leaving a comparison out might hide an error.
    pub(super) bounds: Option<Bounds>,
}

pub(super) struct ScoredComparison {
    name: String,
    pub(super) comparator: FeatureComparator,
    /// By level index; 0 beyond the last level.
    weights: Box<[f64; LEVELS]>,
    /// Whether a level has a term.
    has_term: Box<[bool; LEVELS]>,
    terms: Vec<Option<Term>>,
    columns: Vec<usize>,
}

/// As many as a level index can tell, so that looking one up needs no check.
pub(super) const LEVELS: usize = LevelIndex::MAX as usize + 1;
/// Pairs that one thread weighs before it takes others.
const PIECE: usize = 1 << 12;

/// How often each value of a column occurs.
struct TermColumn {
    name: String,
    /// Relative frequency by record; NaN where the value is missing.
    frequency: Vec<f64>,
    /// Its log2.
    bits: Arc<Vec<f64>>,
    /// By record, the place of its frequency in `by_rank`.
    ranks: Vec<u32>,
    /// Each frequency once, in rising order after that of a missing value.
    by_rank: Vec<f64>,
}

struct Term {
    base_bits: f64,
    minimum_bits: f64,
    weight: f64,
    bits: Arc<Vec<f64>>,
    column: usize,
}

impl Term {
    #[inline]
    fn adjustment(&self, left: RecordIndex, right: RecordIndex) -> f64 {
        // `f64::max` gives the other number when one is NaN: exactly the rule for a missing value.
        self.of_bits(self.bits[left as usize].max(self.bits[right as usize]))
    }

    /// The term where the commoner value has this frequency in bits; NaN where there is none.
    #[inline]
    fn of_bits(&self, bits: f64) -> f64 {
        if bits.is_nan() { 0.0 } else { self.weight * (self.base_bits - bits.max(self.minimum_bits)) }
    }
}

impl CompiledModel {
    /// Compiles a model for records.
    ///
    /// # Errors
    /// `splink/missing-column`, `splink/unsupported-sql`, `splink/term-frequency`, each with its place in the
    /// model; `frame/column-type` for a frequency column that does not hold numbers.
    pub fn new(records: &Records, model: &SplinkModel) -> Result<CompiledModel, Error> {
        let mut term_columns = Vec::new();
        let comparisons = model
            .comparisons
            .iter()
            .map(|comparison| ScoredComparison::new(records.frame(), comparison, model, &mut term_columns))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tuples = Vec::with_capacity(records.frame().rows() * comparisons.len());
        for record in 0..records.frame().rows() {
            tuples.extend(comparisons.iter().map(|comparison| comparison.comparator.tuples()[record]));
        }
        let never_fail = comparisons.iter().all(|comparison| comparison.comparator.never_fails());
        let bounds = never_fail.then(|| Bounds::of(&comparisons)).flatten();
        let records = records.frame().rows();
        Ok(CompiledModel { comparisons, records, prior: weight_of(model.prior), tuples, term_columns, bounds })
    }

    /// Levels and weights of pairs of records, in their order.
    ///
    /// # Errors
    /// `splink/evaluation` where DuckDB would stop with an error.
    pub fn score(&self, pairs: &[(RecordIndex, RecordIndex)]) -> Result<Scores, Error> {
        let mut scores = Scores::new(self.comparisons.len());
        for pairs in pairs.chunks(SortedPairs::MOST) {
            match Sorted::of(pairs) {
                None => scores.append(self.score_sorted(pairs)),
                Some(sorted) => scores.append(self.score_sorted(&sorted.pairs).scattered(&sorted.places)),
            }
        }
        self.check_faults()?;
        Ok(scores)
    }

    fn score_sorted(&self, pairs: &[(RecordIndex, RecordIndex)]) -> Scores {
        let sorted = SortedPairs::new(pairs, self.records);
        let levels: Vec<_> = self.comparisons.iter().map(|comparison| sorted.levels(&comparison.comparator)).collect();
        let mut weights = vec![self.prior; pairs.len()];
        parallel::map_mut(&mut weights, PIECE, |piece, weights| {
            // A few pairs at a time, so that their weights stay in the nearest cache.
            for (start, weights) in (piece * PIECE..).step_by(SIDE_BY_SIDE).zip(weights.chunks_mut(SIDE_BY_SIDE)) {
                let own = start..start + weights.len();
                for (comparison, levels) in self.comparisons.iter().zip(&levels) {
                    comparison.weigh(&pairs[own.clone()], &levels[own.clone()], weights);
                }
            }
        });
        Scores { levels, weights }
    }

    /// The weights of a few pairs, on this thread. What went wrong is told by [`check_faults`](Self::check_faults).
    pub(super) fn weigh(&self, pairs: &[(RecordIndex, RecordIndex)]) -> Vec<f64> {
        let mut weights = vec![0.0; pairs.len()];
        self.weigh_piece(pairs, &mut weights);
        weights
    }

    /// Weighs few pairs in any order. Each comparison is taken for a few pairs at a time, so that its tables and
    /// their tuples stay in cache together.
    fn weigh_piece(&self, pairs: &[(RecordIndex, RecordIndex)], weights: &mut [f64]) {
        let width = self.comparisons.len();
        weights.fill(self.prior);
        let (mut left, mut right) = ([0u32; SIDE_BY_SIDE], [0u32; SIDE_BY_SIDE]);
        let mut found: [LevelIndex; SIDE_BY_SIDE] = [0; SIDE_BY_SIDE];
        for (start, pairs) in (0..).step_by(SIDE_BY_SIDE).zip(pairs.chunks(SIDE_BY_SIDE)) {
            let weights = &mut weights[start..start + pairs.len()];
            let found = &mut found[..pairs.len()];
            for (place, comparison) in self.comparisons.iter().enumerate() {
                for ((a, b), pair) in left.iter_mut().zip(&mut right).zip(pairs) {
                    *a = self.tuples[pair.0 as usize * width + place];
                    *b = self.tuples[pair.1 as usize * width + place];
                }
                comparison.comparator.tuple_levels(&left[..pairs.len()], &right[..pairs.len()], found);
                comparison.weigh(pairs, found, weights);
            }
        }
    }

    /// Whether every pair that was weighed so far could be judged.
    ///
    /// # Errors
    /// `splink/evaluation` where DuckDB would stop with an error.
    pub(super) fn check_faults(&self) -> Result<(), Error> {
        for comparison in &self.comparisons {
            if let Some(fault) = comparison.comparator.faults().first() {
                return Err(evaluation(&format!("comparison {}", comparison.name), fault));
            }
        }
        Ok(())
    }

    /// The names of the comparisons.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.comparisons.iter().map(|comparison| comparison.name.as_str())
    }

    /// The weight in bits of a level of a comparison, and its term-frequency part for a pair.
    pub fn parts(&self, comparison: usize, level: LevelIndex, pair: (RecordIndex, RecordIndex)) -> (f64, f64) {
        let (weight, term) = self.parts_of_weight(comparison, level, pair);
        (weight, term.unwrap_or(0.0))
    }

    /// As [`parts`](Self::parts); no term where the level has none.
    pub(super) fn parts_of_weight(
        &self,
        comparison: usize,
        level: LevelIndex,
        pair: (RecordIndex, RecordIndex),
    ) -> (f64, Option<f64>) {
        let comparison = &self.comparisons[comparison];
        let term = comparison.terms[usize::from(level)].as_ref();
        (comparison.weights[usize::from(level)], term.map(|term| term.adjustment(pair.0, pair.1)))
    }

    /// How many levels a comparison has, the null level included.
    pub(super) fn level_count(&self, comparison: usize) -> usize {
        self.comparisons[comparison].comparator.level_count()
    }

    /// The weight in bits of a level of a comparison.
    pub(super) fn weight(&self, comparison: usize, level: LevelIndex) -> f64 {
        self.comparisons[comparison].weights[usize::from(level)]
    }

    /// The columns whose frequencies a comparison uses: their names and numbers.
    pub(super) fn term_columns(&self, comparison: usize) -> impl Iterator<Item = (&str, usize)> {
        let columns = self.comparisons[comparison].columns.iter();
        columns.map(|column| (self.term_columns[*column].name.as_str(), *column))
    }

    /// How frequent the value of a record is in a column of frequencies; NaN where it is missing.
    pub(super) fn frequency(&self, column: usize, record: usize) -> f64 {
        self.term_columns[column].frequency[record]
    }

    /// The rank of each record's frequency in a column of frequencies, and the frequency of each rank: rising, the
    /// missing one first.
    pub(super) fn ranks(&self, column: usize) -> (&[u32], &[f64]) {
        let column = &self.term_columns[column];
        (&column.ranks, &column.by_rank)
    }

    /// The term of a level for pairs whose commoner value has each rank, with the ranks of the records; none for a
    /// level without one.
    pub(super) fn terms_by_rank(
        &self,
        comparison: usize,
        level: LevelIndex,
    ) -> Option<(&[u32], impl Iterator<Item = f64>)> {
        let term = self.comparisons[comparison].terms[usize::from(level)].as_ref()?;
        let (ranks, frequencies) = self.ranks(term.column);
        Some((ranks, frequencies.iter().map(|frequency| term.of_bits(libm::log2(*frequency)))))
    }
}

impl ScoredComparison {
    /// What a level weighs at least and at most, its term included.
    pub(super) fn range(&self, level: usize) -> (f64, f64) {
        let weight = self.weights[level];
        let Some(term) = &self.terms[level] else { return (weight, weight) };
        // A pair of missing values has no term.
        let known = term.bits.iter().copied().filter(|bits| !bits.is_nan());
        let adjusted = known.map(|bits| term.weight * (term.base_bits - bits.max(term.minimum_bits)));
        adjusted.fold((weight, weight), |(least, most), term| (least.min(weight + term), most.max(weight + term)))
    }

    /// Adds what levels weigh to the weights of their pairs.
    fn weigh(&self, pairs: &[(RecordIndex, RecordIndex)], levels: &[LevelIndex], weights: &mut [f64]) {
        let mut adjusted = [0u16; SIDE_BY_SIDE];
        let mut count = 0;
        for (place, (weight, level)) in weights.iter_mut().zip(levels).enumerate() {
            *weight += self.weights[usize::from(*level)];
            adjusted[count] = place as u16;
            count += usize::from(self.has_term[usize::from(*level)]);
        }
        for &place in &adjusted[..count] {
            let place = usize::from(place);
            if let Some(term) = &self.terms[usize::from(levels[place])] {
                weights[place] += term.adjustment(pairs[place].0, pairs[place].1);
            }
        }
    }

    fn new(
        frame: &Frame,
        comparison: &Comparison,
        model: &SplinkModel,
        term_columns: &mut Vec<TermColumn>,
    ) -> Result<ScoredComparison, Error> {
        let comparator = comparator(frame, comparison)?;
        let level_count = comparator.level_count();
        let mut weights = Box::new([0.0; LEVELS]);
        weights.iter_mut().zip(comparison.weights()).for_each(|(place, weight)| *place = weight);
        let mut has_term = Box::new([false; LEVELS]);
        let mut terms: Vec<Option<Term>> = (0..level_count).map(|_| None).collect();
        let mut columns = Vec::new();
        for (level, index) in comparison.level_indices().into_iter().enumerate() {
            let Some(settings) = &comparison.levels[level].term_frequency else { continue };
            let column = term_column(frame, &settings.column, model, term_columns)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
            if settings.weight != 0.0 {
                let u_base = comparison.base_u(level, settings)?;
                has_term[usize::from(index)] = true;
                terms[usize::from(index)] = Some(Term {
                    base_bits: libm::log2(u_base),
                    minimum_bits: libm::log2(settings.minimum_u),
                    weight: settings.weight,
                    bits: Arc::clone(&term_columns[column].bits),
                    column,
                });
            }
        }
        Ok(ScoredComparison { name: comparison.name.clone(), comparator, weights, has_term, terms, columns })
    }
}

/// A comparison's levels over the records of a frame.
pub(super) fn comparator(frame: &Frame, comparison: &Comparison) -> Result<FeatureComparator, Error> {
    let mut conditions = Vec::new();
    let mut otherwise = None;
    for (level, index) in comparison.levels.iter().zip(comparison.level_indices()) {
        match &level.condition {
            Some(condition) => conditions.push((condition.clone(), index)),
            None => {
                otherwise = Some(index);
                break;
            }
        }
    }
    let judgement = Judgement {
        conditions: &conditions,
        otherwise,
        level_count: comparison.probabilities().len(),
        names: &comparison.names,
    };
    FeatureComparator::new(frame, &judgement, &|level| {
        place_of_level(&comparison.name, level, &comparison.levels[level].label)
    })
}

/// The number of a frequency column, made on first use. Frequencies that the records bring along count before
/// those of the records themselves.
fn term_column(frame: &Frame, name: &str, model: &SplinkModel, columns: &mut Vec<TermColumn>) -> Result<usize, Error> {
    if let Some(known) = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)) {
        return Ok(known);
    }
    let supplied = frame.column(&format!("{}{name}", model.term_frequency_prefix));
    let frequency: Vec<f64> = match supplied {
        Some(column) => {
            let number = |value: &Value| super::cast::cast(value, &ValueType::Float).ok();
            let numbers = column.convert(ValueType::Float, number)?;
            let by_id: Vec<f64> = numbers.values().iter().map(|value| value.as_number().unwrap_or(f64::NAN)).collect();
            numbers.ids().iter().map(|id| by_id[*id as usize]).collect()
        }
        None => {
            let mut names = super::expression::Names::default();
            names.number(name);
            let number = super::feature::columns_of(frame, &names, "a term-frequency adjustment")?[0];
            let column = &frame.columns()[number];
            let mut counts = vec![0u64; column.values().len()];
            column.ids().iter().for_each(|id| counts[*id as usize] += 1);
            let known = (column.len() as u64 - counts[NULL_ID as usize]) as f64;
            let share = |id: &u32| if *id == NULL_ID { f64::NAN } else { counts[*id as usize] as f64 / known };
            column.ids().iter().map(share).collect()
        }
    };
    let bits = Arc::new(frequency.iter().map(|frequency| libm::log2(*frequency)).collect());
    let mut by_rank: Vec<f64> = frequency.iter().copied().filter(|frequency| !frequency.is_nan()).collect();
    by_rank.sort_unstable_by(f64::total_cmp);
    by_rank.dedup_by_key(|frequency| frequency.to_bits());
    by_rank.insert(0, f64::NAN);
    let rank = |frequency: &f64| match by_rank[1..].binary_search_by(|known| known.total_cmp(frequency)) {
        Ok(place) if !frequency.is_nan() => place as u32 + 1,
        _ => 0,
    };
    let ranks = frequency.iter().map(rank).collect();
    columns.push(TermColumn { name: name.to_owned(), frequency, bits, ranks, by_rank });
    Ok(columns.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::frame::FrameColumn;
    use proptest::prelude::*;

    fn model() -> SplinkModel {
        let null = |column: &str| serde_json::json!({"sql_condition": format!("{column}_l IS NULL OR {column}_r IS NULL"), "is_null_level": true});
        let level = |condition: &str, m: f64, u: f64| serde_json::json!({"sql_condition": condition, "m_probability": m, "u_probability": u});
        let mut named = level("name_l = name_r", 0.7, 0.01);
        named["tf_adjustment_column"] = "name".into();
        named["tf_adjustment_weight"] = 0.8.into();
        let comparison = |column: &str, levels: Vec<serde_json::Value>| serde_json::json!({"output_column_name": column, "comparison_levels": levels});
        let document = serde_json::json!({
            "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.01,
            "blocking_rules_to_generate_predictions": [],
            "comparisons": [
                comparison("town", vec![null("town"), level("town_l = town_r", 0.9, 0.3), level("ELSE", 0.1, 0.7)]),
                comparison("name", vec![null("name"), named, level("levenshtein(name_l, name_r) <= 1", 0.2, 0.05), level("ELSE", 0.1, 0.94)]),
                comparison("year", vec![null("year"), level("year_l = year_r", 0.95, 0.1), level("ELSE", 0.05, 0.9)]),
            ],
        });
        SplinkModel::read(&document.to_string()).unwrap().0
    }

    proptest! {
        #[test]
        fn pairs_given_up_early_are_those_that_weigh_less(
            rows in prop::collection::vec((prop::option::of("[ab]{1,3}"), prop::option::of("[xy]"), prop::option::of("[1-3]")), 3..40),
            least in -12.0..8.0f64,
        ) {
            let column = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
                let value = |row| of(row).map_or(Value::Null, |text| Value::text(&text));
                FrameColumn::from_values(name, ValueType::Text, (0..rows.len()).map(value))
            };
            let frame = Frame::new(vec![
                column("unique_id", &|row| Some(format!("{row:03}"))),
                column("name", &|row| rows[row].0.clone()),
                column("town", &|row| rows[row].1.clone()),
                column("year", &|row| rows[row].2.clone()),
            ]);
            let model = model();
            let records = Records::new(frame.unwrap(), &model).unwrap();
            let compiled = CompiledModel::new(&records, &model).unwrap();
            prop_assert!(compiled.bounds.is_some());
            let count = rows.len() as RecordIndex;
            let pairs: Vec<_> = (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right))).collect();
            let all = compiled.score(&pairs).unwrap();
            let (places, some) = compiled.score_from(&pairs, least).unwrap();
            let wanted: Vec<usize> = (0..pairs.len()).filter(|&place| all.weights[place] >= least).collect();
            prop_assert_eq!(&places, &wanted);
            for (index, place) in places.into_iter().enumerate() {
                prop_assert_eq!(some.weights[index].to_bits(), all.weights[place].to_bits());
                prop_assert!(some.levels_of(index).eq(all.levels_of(place)));
            }
        }
    }
}
