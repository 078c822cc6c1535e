//! Scored pairs as a table, its columns named as Splink names them.

use super::blocking::candidates;
use super::expression::Side;
use super::finding::ModelFinding;
use super::function::written;
use super::records::Records;
use super::score::{CompiledModel, Scores};
use super::settings::SplinkModel;
use crate::error::Error;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::explain::{Waterfall, WaterfallBar};
use crate::linkage::frame::FrameColumn;
use crate::linkage::score::{probability, weight_of};
use crate::linkage::value::{Value, ValueType};

/// Pairs with their levels and weights.
pub struct Predictions<'a> {
    records: &'a Records,
    model: &'a SplinkModel,
    compiled: CompiledModel,
    pairs: Vec<(RecordIndex, RecordIndex)>,
    /// The rule of each pair; empty when pairs were given.
    rules: Vec<u16>,
    scores: Scores,
}

impl<'a> Predictions<'a> {
    /// Scores every pair that the model's blocking rules produce, in order of left and right record.
    ///
    /// # Errors
    /// Those of [`candidates`], [`CompiledModel::new`] and [`CompiledModel::score`].
    pub fn of_candidates(
        records: &'a Records,
        model: &'a SplinkModel,
    ) -> Result<(Predictions<'a>, Vec<ModelFinding>), Error> {
        let compiled = CompiledModel::new(records, model)?;
        let found = candidates(records, &model.blocking_rules)?;
        let (pairs, rules) = (found.records(), found.rules());
        let scores = compiled.score(&pairs)?;
        Ok((Predictions::new(records, model, compiled, (pairs, rules), scores), found.findings))
    }

    /// Pairs that were scored step by step: `rules` tells the rule of each, or is empty when pairs were given.
    pub fn new(
        records: &'a Records,
        model: &'a SplinkModel,
        compiled: CompiledModel,
        (pairs, rules): (Vec<(RecordIndex, RecordIndex)>, Vec<u16>),
        scores: Scores,
    ) -> Predictions<'a> {
        Predictions { records, model, compiled, pairs, rules, scores }
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs, as records of [`Records::frame`].
    pub fn pairs(&self) -> &[(RecordIndex, RecordIndex)] {
        &self.pairs
    }

    /// The match weight of each pair, in bits.
    pub fn weights(&self) -> &[f64] {
        &self.scores.weights
    }

    /// The columns of a result, in order: ids, `match_key`, `gamma_*`, `mw_*`, `tf_*`, `mw_tf_adj_*`,
    /// `match_weight`, `match_probability`.
    pub fn columns(&self) -> Vec<PredictionColumn<'_>> {
        let prefix = &self.model.match_weight_prefix;
        let mut columns = Vec::new();
        for (suffix, side) in [("_l", Side::Left), ("_r", Side::Right)] {
            for id in self.records.id_columns() {
                columns.push(PredictionColumn::new(format!("{}{suffix}", id.name), What::Id(side, id)));
            }
        }
        columns.push(PredictionColumn::new("match_key", What::MatchKey));
        for (number, name) in self.compiled.names().enumerate() {
            let name = format!("{}{name}", self.model.gamma_prefix);
            columns.push(PredictionColumn::new(name, What::Gamma(number)));
        }
        for (number, name) in self.compiled.names().enumerate() {
            columns.push(PredictionColumn::new(format!("{prefix}{name}"), What::Weight(number)));
        }
        for (number, _) in self.adjusted() {
            for (name, frequency) in self.compiled.term_frequencies(number) {
                for (suffix, side) in [("_l", Side::Left), ("_r", Side::Right)] {
                    let name = format!("{}{name}{suffix}", self.model.term_frequency_prefix);
                    // Two comparisons may adjust by one column.
                    if columns.iter().all(|known| known.name != name) {
                        columns.push(PredictionColumn::new(name, What::Frequency(side, frequency)));
                    }
                }
            }
        }
        for (number, name) in self.adjusted() {
            columns.push(PredictionColumn::new(format!("{prefix}tf_adj_{name}"), What::Adjustment(number)));
        }
        columns.push(PredictionColumn::new("match_weight", What::MatchWeight));
        columns.push(PredictionColumn::new("match_probability", What::MatchProbability));
        columns
    }

    /// Why a pair has its weight.
    pub fn waterfall(&self, pair: usize) -> Waterfall<'_> {
        let levels = &self.scores.levels[pair * self.scores.width..(pair + 1) * self.scores.width];
        let bars = self.model.comparisons.iter().zip(levels).enumerate().map(|(number, (comparison, &index))| {
            let (weight, term_frequency) = self.compiled.parts(number, index, self.pairs[pair]);
            let place = comparison.level_indices().iter().position(|known| *known == index);
            let evidence = (index > 0).then(|| comparison.probabilities()[usize::from(index)]);
            WaterfallBar {
                comparison: &comparison.name,
                level: place.map_or("", |place| &comparison.levels[place].label),
                m: evidence.map(|(m, _)| m),
                u: evidence.map(|(_, u)| u),
                weight,
                term_frequency,
            }
        });
        Waterfall {
            prior: weight_of(self.model.prior),
            bars: bars.collect(),
            household: 0.0,
            match_weight: self.scores.weights[pair],
        }
    }

    /// The comparisons with a term-frequency adjustment.
    fn adjusted(&self) -> impl Iterator<Item = (usize, &str)> {
        self.compiled
            .names()
            .enumerate()
            .filter(|(comparison, _)| self.compiled.term_frequencies(*comparison).next().is_some())
    }

    /// What a column holds for a pair.
    pub fn field(&self, pair: usize, column: &PredictionColumn) -> Field {
        let (left, right) = self.pairs[pair];
        let record = |side: Side| if side == Side::Left { left } else { right } as usize;
        let level = |comparison: usize| self.scores.levels[pair * self.scores.width + comparison];
        let parts = |comparison: usize| self.compiled.parts(comparison, level(comparison), (left, right));
        match column.what {
            What::Id(side, id) => match id.value(record(side)) {
                Value::Integer(whole) => Field::Integer(*whole),
                value => Field::Text(written(value).unwrap_or_default()),
            },
            What::MatchKey => Field::Text(self.rules.get(pair).map(u16::to_string).unwrap_or_default()),
            What::Gamma(comparison) => Field::Integer(i64::from(level(comparison)) - 1),
            What::Weight(comparison) => Field::Number(parts(comparison).0),
            What::Adjustment(comparison) => Field::Number(parts(comparison).1),
            What::Frequency(side, frequency) => Field::Number(frequency[record(side)]),
            What::MatchWeight => Field::Number(self.scores.weights[pair]),
            What::MatchProbability => Field::Number(probability(self.scores.weights[pair])),
        }
    }
}

/// A column of a result.
pub struct PredictionColumn<'a> {
    /// The name, as Splink gives it.
    pub name: String,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Id(Side, &'a FrameColumn),
    MatchKey,
    Gamma(usize),
    Weight(usize),
    Frequency(Side, &'a [f64]),
    Adjustment(usize),
    MatchWeight,
    MatchProbability,
}

/// What a field of a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers; NaN where there is none.
    Number,
}

/// One field of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Of a column of texts.
    Text(String),
    /// Of a column of whole numbers.
    Integer(i64),
    /// Of a column of numbers; NaN where there is none.
    Number(f64),
}

impl<'a> PredictionColumn<'a> {
    fn new(name: impl Into<String>, what: What<'a>) -> PredictionColumn<'a> {
        PredictionColumn { name: name.into(), what }
    }

    /// What its fields hold.
    pub fn kind(&self) -> FieldKind {
        match self.what {
            What::Id(_, id) if id.value_type == ValueType::Integer => FieldKind::Integer,
            What::Id(..) | What::MatchKey => FieldKind::Text,
            What::Gamma(_) => FieldKind::Integer,
            _ => FieldKind::Number,
        }
    }
}
