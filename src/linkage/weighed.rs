//! Pairs of a table with their comparison vectors and weights, before any guard or decision.

use super::blocking::{Blocking, LinkKind};
use super::comparison::{RecordIndex, word_of};
use super::model::{Compiled, Model};
use super::parallel;
use super::score::PairScore;
use super::table::Table;
use crate::error::Error;

/// A pair and what the model makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeighedPair {
    /// The record that is named first.
    pub left: RecordIndex,
    /// The other record.
    pub right: RecordIndex,
    /// The place of the first blocking rule that produces the pair; `None` for a pair that was given.
    pub rule: Option<u16>,
    /// The comparison vector and weight.
    pub score: PairScore,
}

/// Every candidate pair that weighs at least `least` bits, in order of its records, and how many pairs were
/// weighed. The numbers of the model are used as they are.
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate` and its kin.
pub fn weigh_candidates(
    table: &Table,
    model: &Model,
    kind: LinkKind,
    least: f64,
) -> Result<(Vec<WeighedPair>, u64), Error> {
    let compiled = Compiled::new(&table.fields, model)?;
    let scorer = compiled.scorer(model)?;
    let conditions = compiled.conditions(&model.blocking)?;
    let blocking = Blocking {
        records: table.len(),
        source: table.source_index(),
        kind,
        rules: compiled.rules(&model.blocking, &conditions),
        excluded: Some(&table.fields.invalidated),
        one_block_in: 1,
        passes: 1,
        max_block_pairs: model.thresholds.max_block_pairs,
    };
    let scan = blocking.scan(Vec::new, |kept, rule, left, right| {
        let score = scorer.score(left, right);
        if score.weight >= least {
            kept.push(WeighedPair { left, right, rule: Some(rule as u16), score });
        }
    });
    let weighed = scan.counts.iter().map(|rule| rule.pairs).sum();
    let mut pairs = scan.states.concat();
    parallel::sort_by_word(&mut pairs, |pair| word_of(pair.left, pair.right));
    Ok((pairs, weighed))
}

/// The given pairs in their order.
///
/// # Errors
/// As [`weigh_candidates`].
pub fn weigh_pairs(
    table: &Table,
    model: &Model,
    pairs: &[(RecordIndex, RecordIndex)],
) -> Result<Vec<WeighedPair>, Error> {
    let compiled = Compiled::for_pairs(&table.fields, Some(model));
    let scorer = compiled.scorer(model)?;
    Ok(parallel::map_each(pairs.len(), |place| {
        let (left, right) = pairs[place];
        WeighedPair { left, right, rule: None, score: scorer.score(left, right) }
    }))
}
