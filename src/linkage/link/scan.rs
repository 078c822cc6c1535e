//! The scan: every candidate pair is weighed, and those worth deciding are kept.

use super::super::again::{Known, Scan};
use super::super::blocking::{Blocking, LinkKind, OversizedBlock, RuleCount};
use super::super::comparison::{RecordIndex, word_of};
use super::super::model::{Compiled, Model};
use super::super::parallel;
use super::super::predicate::number;
use super::super::score::Prospects;
use super::super::walk::Walk;
use super::candidates::Candidates;
use crate::error::Error;

/// What a scan is done with.
pub(super) struct Scanner<'a> {
    pub(super) walk: &'a Walk,
    pub(super) compiled: &'a Compiled<'a>,
    pub(super) model: &'a Model,
    pub(super) kind: LinkKind,
    /// In how many passes blocks are found.
    pub(super) passes: usize,
}

/// What came of a scan.
pub(super) struct Scanned {
    pub(super) candidates: Candidates,
    pub(super) blocking: Vec<RuleCount>,
    pub(super) oversized: Vec<OversizedBlock>,
    /// The records of blocks that are too large.
    crowded: Vec<RecordIndex>,
    /// What is kept for a later run, but for the hashes of the records.
    pub(super) scan: Option<Scan>,
}

impl Scanner<'_> {
    pub(super) fn scan(&self, known: Option<Known>, keep: bool) -> Result<Scanned, Error> {
        let mut scanned = self.candidates(known.as_ref())?;
        let is_crowded = |known: &Known| scanned.crowded.iter().any(|&record| known.unchanged[record as usize]);
        let mut unchanged = None;
        if known.as_ref().is_some_and(is_crowded) {
            scanned = self.candidates(None)?;
        } else if let Some(known) = &known {
            unchanged = Some(known.unchanged.iter().filter(|&&is| is).count() as u64);
        }
        drop(known);
        let candidates = &mut scanned.candidates;
        parallel::sort_by_word(&mut candidates.pairs, |pair| word_of(pair.left, pair.right));
        parallel::sort_by_word(&mut candidates.household, |&(left, right)| word_of(left, right));
        // One number on two children of one household makes a pair of both kinds, which an earlier scan tells of twice.
        candidates.household.dedup();
        if keep {
            let pairs = candidates.pairs.iter().map(|pair| (pair.left, pair.right)).collect();
            let household = candidates.household.clone();
            let crowded = std::mem::take(&mut scanned.crowded);
            scanned.scan = Some(Scan { fingerprints: Vec::new(), pairs, household, crowded, unchanged });
        }
        Ok(scanned)
    }

    /// Weighs every candidate pair; with an earlier scan and the records that are as they were in it, every pair with
    /// another record and those that the earlier scan kept.
    fn candidates(&self, known: Option<&Known>) -> Result<Scanned, Error> {
        let (walk, compiled, model) = (self.walk, self.compiled, self.model);
        let fields = walk.fields();
        let scorer = compiled.scorer(model)?;
        let prospects = Prospects::new(&scorer, model.thresholds.review);
        let conditions = compiled.conditions(&model.blocking)?;
        let blocking = Blocking {
            records: fields.len(),
            source: &fields.source,
            kind: self.kind,
            rules: compiled.rules(&model.blocking, &conditions),
            excluded: Some(&fields.invalidated),
            one_block_in: 1,
            passes: self.passes,
            max_block_pairs: model.thresholds.max_block_pairs,
        };
        let as_it_was: Vec<bool> = match known {
            Some(known) => {
                (0..fields.len() as RecordIndex).map(|place| known.unchanged[walk.record(place) as usize]).collect()
            }
            None => Vec::new(),
        };
        let is_known = |place: RecordIndex| as_it_was.get(place as usize).is_some_and(|&is| is);
        let scan = blocking.scan(Candidates::default, |kept, _, left, right| {
            if is_known(left) && is_known(right) {
                return;
            }
            let pair = compiled.pair(left, right);
            // One number on both is told to a person whatever else differs: such a pair is looked at in full.
            let score = match number::equal(&pair, 0.0) {
                true => Some(scorer.score(left, right)),
                false => prospects.score(left, right),
            };
            if let Some(score) = score {
                kept.offer(model, score, &pair, walk.pair(left, right));
            }
        });
        let mut all = Candidates::default();
        all.pairs.reserve_exact(scan.states.iter().map(|part| part.pairs.len()).sum());
        all.household.reserve_exact(scan.states.iter().map(|part| part.household.len()).sum());
        let mut take = |part: Candidates| {
            all.pairs.extend(part.pairs);
            all.household.extend(part.household);
        };
        scan.states.into_iter().for_each(&mut take);
        if let Some(known) = known {
            let (pairs, places) = (&known.pairs, walk.places());
            let pieces = parallel::map(pairs.len().div_ceil(parallel::PIECE), |piece| {
                let mut kept = Candidates::default();
                let end = ((piece + 1) * parallel::PIECE).min(pairs.len());
                for &(left, right) in &pairs[piece * parallel::PIECE..end] {
                    let (one, other) = (places[left as usize], places[right as usize]);
                    let (one, other) = (one.min(other), one.max(other));
                    kept.offer(model, scorer.score(one, other), &compiled.pair(one, other), (left, right));
                }
                kept
            });
            pieces.into_iter().for_each(&mut take);
            all.household.extend(&known.household);
        }
        let mut crowded: Vec<RecordIndex> = scan.crowded.iter().map(|&place| walk.record(place)).collect();
        crowded.sort_unstable();
        Ok(Scanned { candidates: all, blocking: scan.counts, oversized: scan.oversized, crowded, scan: None })
    }
}
