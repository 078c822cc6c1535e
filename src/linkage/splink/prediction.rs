//! Scored pairs as a table, its columns named as Splink names them.

use super::blocking::{Candidate, candidates};
use super::finding::ModelFinding;
use super::function::written;
use super::records::Records;
use super::score::{CompiledModel, Scores};
use super::settings::SplinkModel;
use crate::error::Error;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::frame::{FrameColumn, ResultColumn};
use crate::linkage::score::probability;
use crate::linkage::value::Value;
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
        let (candidates, findings) = candidates(records, &model.blocking_rules)?;
        let pairs: Vec<_> = candidates.iter().map(|Candidate { left, right, .. }| (*left, *right)).collect();
        let rules = candidates.iter().map(|candidate| candidate.rule).collect();
        drop(candidates);
        let scores = compiled.score(&pairs)?;
        Ok((Predictions { records, model, compiled, pairs, rules, scores }, findings))
    }

    /// Scores the given pairs, in their order.
    ///
    /// # Errors
    /// Those of [`CompiledModel::new`] and [`CompiledModel::score`].
    pub fn of_pairs(
        records: &'a Records,
        model: &'a SplinkModel,
        pairs: Vec<(RecordIndex, RecordIndex)>,
    ) -> Result<Predictions<'a>, Error> {
        let compiled = CompiledModel::new(records, model)?;
        let scores = compiled.score(&pairs)?;
        Ok(Predictions { records, model, compiled, pairs, rules: Vec::new(), scores })
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

    /// Drops the pairs below a match weight.
    pub fn retain(&mut self, least_weight: f64) {
        let keep: Vec<bool> = self.scores.weights.iter().map(|weight| *weight >= least_weight).collect();
        let width = self.scores.width.max(1);
        let kept = |index: &usize| keep[*index];
        self.pairs = (0..keep.len()).filter(kept).map(|index| self.pairs[index]).collect();
        self.rules = (0..self.rules.len()).filter(kept).map(|index| self.rules[index]).collect();
        self.scores.levels = (0..keep.len())
            .filter(kept)
            .flat_map(|index| &self.scores.levels[index * width..(index + 1) * width])
            .copied()
            .collect();
        self.scores.weights.retain(|weight| *weight >= least_weight);
    }

    /// The names of the columns of [`Predictions::columns`]: ids, `match_key`, `gamma_*`, `mw_*`, `tf_*`,
    /// `mw_tf_adj_*`, `match_weight`, `match_probability`.
    pub fn names(&self) -> Vec<String> {
        let ids = || self.records.id_columns();
        let mut names: Vec<String> = ids().map(|id| format!("{}_l", id.name)).collect();
        names.extend(ids().map(|id| format!("{}_r", id.name)));
        names.push("match_key".to_owned());
        names.extend(self.compiled.names().map(|name| format!("{}{name}", self.model.gamma_prefix)));
        names.extend(self.compiled.names().map(|name| format!("{}{name}", self.model.match_weight_prefix)));
        for (comparison, _) in self.adjusted() {
            for (column, _) in self.compiled.term_frequencies(comparison) {
                let name = format!("{}{column}", self.model.term_frequency_prefix);
                names.extend(
                    [format!("{name}_l"), format!("{name}_r")]
                        .into_iter()
                        .filter(|name| !names.contains(name))
                        .collect::<Vec<_>>(),
                );
            }
        }
        names.extend(self.adjusted().map(|(_, name)| format!("{}tf_adj_{name}", self.model.match_weight_prefix)));
        names.extend(["match_weight".to_owned(), "match_probability".to_owned()]);
        names
    }

    /// The comparisons with a term-frequency adjustment.
    fn adjusted(&self) -> impl Iterator<Item = (usize, &str)> {
        self.compiled
            .names()
            .enumerate()
            .filter(|(comparison, _)| self.compiled.term_frequencies(*comparison).next().is_some())
    }

    /// The columns of a range of pairs, in the order of [`Predictions::names`].
    pub fn columns(&self, range: Range<usize>) -> Vec<ResultColumn> {
        let pairs = &self.pairs[range.clone()];
        let width = self.scores.width;
        let level = |place: usize, comparison: usize| self.scores.levels[(range.start + place) * width + comparison];
        let mut columns: Vec<ResultColumn> =
            self.records.id_columns().map(|id| id_column(id, pairs.iter().map(|pair| pair.0))).collect();
        columns.extend(self.records.id_columns().map(|id| id_column(id, pairs.iter().map(|pair| pair.1))));
        let rule = |place: usize| self.rules.get(range.start + place).map(u16::to_string);
        columns.push(ResultColumn::Text((0..pairs.len()).map(rule).collect()));
        for comparison in 0..width {
            let gamma = |place: usize| Some(i64::from(level(place, comparison)) - 1);
            columns.push(ResultColumn::Integer((0..pairs.len()).map(gamma).collect()));
        }
        for comparison in 0..width {
            let weight = |place: usize| Some(self.compiled.parts(comparison, level(place, comparison), pairs[place]).0);
            columns.push(ResultColumn::Float((0..pairs.len()).map(weight).collect()));
        }
        let mut written: Vec<&str> = Vec::new();
        for (comparison, _) in self.adjusted() {
            for (name, frequency) in self.compiled.term_frequencies(comparison) {
                if written.contains(&name) {
                    continue;
                }
                written.push(name);
                let of = |record: RecordIndex| Some(frequency[record as usize]).filter(|share| !share.is_nan());
                columns.push(ResultColumn::Float(pairs.iter().map(|pair| of(pair.0)).collect()));
                columns.push(ResultColumn::Float(pairs.iter().map(|pair| of(pair.1)).collect()));
            }
        }
        for (comparison, _) in self.adjusted() {
            let part = |place: usize| Some(self.compiled.parts(comparison, level(place, comparison), pairs[place]).1);
            columns.push(ResultColumn::Float((0..pairs.len()).map(part).collect()));
        }
        let weights = &self.scores.weights[range.clone()];
        columns.push(ResultColumn::Float(weights.iter().map(|weight| Some(*weight)).collect()));
        columns.push(ResultColumn::Float(weights.iter().map(|weight| Some(probability(*weight))).collect()));
        columns
    }
}

fn id_column(id: &FrameColumn, records: impl Iterator<Item = RecordIndex>) -> ResultColumn {
    let value = |record: RecordIndex| id.value(record as usize);
    if id.value_type == crate::linkage::value::ValueType::Integer {
        let whole = |record| match value(record) {
            Value::Integer(whole) => Some(*whole),
            _ => None,
        };
        ResultColumn::Integer(records.map(whole).collect())
    } else {
        ResultColumn::Text(records.map(|record| written(value(record))).collect())
    }
}
