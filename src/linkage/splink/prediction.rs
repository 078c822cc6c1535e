//! Scored pairs as a table, its columns named as Splink names them.

use super::blocking::candidates;
use super::expression::Side;
use super::finding::ModelFinding;
use super::function::written;
use super::records::Records;
use super::score::{CompiledModel, Scores};
use super::settings::SplinkModel;
use crate::error::Error;
use crate::linkage::cells::{Cells, OfRows};
pub use crate::linkage::cells::{Field, FieldKind};
use crate::linkage::comparison::{LevelIndex, RecordIndex};
use crate::linkage::explain::{Waterfall, WaterfallBar};
use crate::linkage::frame::FrameColumn;
use crate::linkage::score::{probability, weight_of};
use crate::linkage::value::{Value, ValueType};
use std::ops::Range;

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
            for (name, column) in self.compiled.term_columns(number) {
                for (suffix, side) in [("_l", Side::Left), ("_r", Side::Right)] {
                    let name = format!("{}{name}{suffix}", self.model.term_frequency_prefix);
                    // Two comparisons may adjust by one column.
                    if columns.iter().all(|known| known.name != name) {
                        columns.push(PredictionColumn::new(name, What::Frequency(side, column)));
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
        let levels = self.scores.levels_of(pair);
        let bars = self.model.comparisons.iter().zip(levels).enumerate().map(|(number, (comparison, index))| {
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
            .filter(|(comparison, _)| self.compiled.term_columns(*comparison).next().is_some())
    }

    /// What a column holds for a pair.
    pub fn field(&self, pair: usize, column: &PredictionColumn) -> Field {
        let (left, right) = self.pairs[pair];
        let record = |side: Side| if side == Side::Left { left } else { right } as usize;
        let level = |comparison: usize| self.scores.levels[comparison][pair];
        let parts = |comparison: usize| self.compiled.parts(comparison, level(comparison), (left, right));
        match column.what {
            What::Id(side, id) => of_id(id.value(record(side))),
            What::MatchKey => Field::Text(self.rules.get(pair).map(u16::to_string).unwrap_or_default()),
            What::Gamma(comparison) => Field::Integer(i64::from(level(comparison)) - 1),
            What::Weight(comparison) => Field::Number(parts(comparison).0),
            What::Adjustment(comparison) => Field::Number(parts(comparison).1),
            What::Frequency(side, column) => Field::Number(self.compiled.frequency(column, record(side))),
            What::MatchWeight => Field::Number(self.scores.weights[pair]),
            What::MatchProbability => Field::Number(probability(self.scores.weights[pair])),
        }
    }

    /// All fields of a column.
    pub fn cells<'s>(&'s self, column: &PredictionColumn<'s>) -> Cells<'s> {
        let pairs = |rows: Range<usize>| self.pairs[rows].iter();
        let side =
            |side: Side, pair: &(RecordIndex, RecordIndex)| (if side == Side::Left { pair.0 } else { pair.1 }) as usize;
        let levels = |comparison: usize, field: &dyn Fn(LevelIndex) -> Field| {
            let fields = (0..self.compiled.level_count(comparison)).map(|level| field(level as LevelIndex)).collect();
            let levels = &self.scores.levels[comparison];
            Cells::listed(fields, move |rows, places| places.extend(levels[rows].iter().map(|level| u32::from(*level))))
        };
        match column.what {
            What::Id(of, id) => Cells::Listed {
                count: id.values().len(),
                field: Box::new(move |place| of_id(&id.values()[place as usize])),
                places: Box::new(move |rows, places| places.extend(pairs(rows).map(|pair| id.ids()[side(of, pair)]))),
            },
            What::MatchKey if self.rules.is_empty() => {
                Cells::listed(vec![Field::Text(String::new())], |rows, places| places.extend(rows.map(|_| 0)))
            }
            What::MatchKey => {
                let most = self.rules.iter().max().map_or(0, |most| most + 1);
                let fields = (0..most).map(|rule| Field::Text(rule.to_string())).collect();
                Cells::listed(fields, |rows, places| {
                    places.extend(self.rules[rows].iter().map(|rule| u32::from(*rule)))
                })
            }
            What::Gamma(comparison) => levels(comparison, &|level| Field::Integer(i64::from(level) - 1)),
            What::Weight(comparison) => {
                levels(comparison, &|level| Field::Number(self.compiled.weight(comparison, level)))
            }
            What::Frequency(of, column) => {
                let (ranks, frequencies) = self.compiled.ranks(column);
                let fields = frequencies.iter().copied().map(Field::Number).collect();
                Cells::listed(fields, move |rows, places| places.extend(pairs(rows).map(|pair| ranks[side(of, pair)])))
            }
            What::Adjustment(comparison) => self.adjustments(comparison),
            What::MatchWeight => Cells::Numbers { of: self.weights_of(), field: |weight| weight },
            What::MatchProbability => Cells::Numbers { of: self.weights_of(), field: probability },
        }
    }

    fn weights_of(&self) -> OfRows<'_, f64> {
        Box::new(|rows, numbers| numbers.extend_from_slice(&self.scores.weights[rows]))
    }

    /// A term depends on the level and on the commoner of the two values.
    fn adjustments(&self, comparison: usize) -> Cells<'_> {
        let levels = &self.scores.levels[comparison];
        let mut fields = vec![Field::Number(0.0)];
        // By level, where its terms begin in the list, and the ranks of its column.
        let mut terms: Vec<Option<(u32, &[u32])>> = Vec::new();
        for level in 0..self.compiled.level_count(comparison) as LevelIndex {
            terms.push(self.compiled.terms_by_rank(comparison, level).map(|(ranks, by_rank)| {
                let start = fields.len() as u32;
                fields.extend(by_rank.map(Field::Number));
                (start, ranks)
            }));
        }
        Cells::listed(fields, move |rows, places| {
            let pairs = self.pairs[rows.clone()].iter();
            places.extend(pairs.zip(&levels[rows]).map(|(pair, level)| match terms[usize::from(*level)] {
                None => 0,
                Some((start, ranks)) => start + ranks[pair.0 as usize].max(ranks[pair.1 as usize]),
            }));
        })
    }
}

fn of_id(value: &Value) -> Field {
    match value {
        Value::Integer(whole) => Field::Integer(*whole),
        value => Field::Text(written(value).unwrap_or_default()),
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
    /// A column of frequencies of the compiled model.
    Frequency(Side, usize),
    Adjustment(usize),
    MatchWeight,
    MatchProbability,
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
