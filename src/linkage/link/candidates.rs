//! Pairs of which something may come.

use super::super::comparison::{RecordIndex, word_of};
use super::super::decide::Candidate;
use super::super::guards::Facts;
use super::super::model::Model;
use super::super::parallel;
use super::super::predicate::{Pair, number};
use super::super::score::PairScore;

/// What the scan keeps: pairs worth deciding, and pairs of one household.
#[derive(Default)]
pub(in crate::linkage) struct Candidates {
    pub(in crate::linkage) pairs: Vec<Candidate>,
    pub(in crate::linkage) household: Vec<(RecordIndex, RecordIndex)>,
}

impl Candidates {
    /// Keeps a pair of records if anything can come of it: by its weight, or since one NHS number stands on both, which
    /// a person must hear of however little else agrees.
    pub(super) fn offer(
        &mut self,
        model: &Model,
        score: PairScore,
        pair: &Pair<'_>,
        (left, right): (RecordIndex, RecordIndex),
    ) {
        if score.weight >= model.thresholds.review || number::equal(pair, 0.0) {
            self.pairs.push(Candidate { left, right, score, facts: Facts::of(pair) });
        }
        self.offer_household(model, score, (left, right));
    }

    /// Keeps a pair if it is one of children of one household.
    pub(super) fn offer_household(&mut self, model: &Model, score: PairScore, pair: (RecordIndex, RecordIndex)) {
        if score.weight < model.thresholds.review && score.is_household() {
            self.household.push(pair);
        }
    }
}

/// Every two candidates of one record, the lesser first and in order. Where only some pairs are compared (between
/// sources, or of one record with an index), these two never were: they may be children of one birth, and a record
/// that says too little to tell them apart fits both.
pub(super) fn candidates_of_one(pairs: &[Candidate]) -> Vec<(RecordIndex, RecordIndex)> {
    let mut seen: Vec<(RecordIndex, RecordIndex)> =
        pairs.iter().flat_map(|pair| [(pair.left, pair.right), (pair.right, pair.left)]).collect();
    parallel::sort_by_word(&mut seen, |&(record, partner)| word_of(record, partner));
    let mut both = Vec::new();
    for of_record in seen.chunk_by(|one, other| one.0 == other.0) {
        for (at, &(_, one)) in of_record.iter().enumerate() {
            both.extend(of_record[at + 1..].iter().map(|&(_, other)| (one, other)));
        }
    }
    parallel::sort_by_word(&mut both, |&(one, other)| word_of(one, other));
    both.dedup();
    both
}
