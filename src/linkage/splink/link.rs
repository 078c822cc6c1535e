//! General record linkage: from records of any columns to groups of records, by a Splink model.
//!
//! A group is what links join, as in Splink: there are no guards, since nothing is known of what the columns
//! mean. Records of children are linked by [`crate::linkage::link`].

use super::blocking::CompiledRules;
use super::finding::ModelFinding;
use super::records::Records;
use super::score::CompiledModel;
use super::settings::SplinkModel;
use crate::error::Error;
use crate::linkage::Decision;
use crate::linkage::blocking::RuleCount;
use crate::linkage::child_id::{ChildIds, Previous};
use crate::linkage::cluster::{Clusters, Constraints, Link};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;

/// Which pairs are linked and which a person decides. Match weights in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Linked from this weight on.
    pub link: f64,
    /// For review from this weight on.
    pub review: f64,
}

impl Thresholds {
    /// Checks that a pair is not linked before it is doubtful.
    ///
    /// # Errors
    /// `splink/thresholds` unless `review` is a number at most `link`.
    pub fn new(link: f64, review: f64) -> Result<Thresholds, Error> {
        if review <= link {
            return Ok(Thresholds { link, review });
        }
        Err(Error::new(
            "splink/thresholds",
            format!("pairs would be linked from {link} bits on and reviewed from {review} bits on"),
            "give a review threshold that is not above the link threshold",
        ))
    }

    fn decision(&self, weight: f64) -> Option<Decision> {
        match weight {
            weight if weight >= self.link => Some(Decision::Link),
            weight if weight >= self.review => Some(Decision::Review),
            _ => None,
        }
    }
}

/// A pair that was linked or goes to review.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkedPair {
    /// The left record, as the model's rules have it.
    pub left: RecordIndex,
    /// The right record.
    pub right: RecordIndex,
    /// Match weight in bits.
    pub weight: f64,
    /// What becomes of it.
    pub decision: Decision,
}

/// The outcome of a run.
pub struct LinkedRecords {
    /// The serial of each record's group.
    pub groups: ChildIds,
    /// Pairs linked or for review, in order of left and right record.
    pub pairs: Vec<LinkedPair>,
    /// Candidate pairs by blocking rule.
    pub blocking: Vec<RuleCount>,
    /// What is worth telling of the blocking rules.
    pub findings: Vec<ModelFinding>,
}

/// Pairs of one part of a scan: those still to be weighed, and those that reach the review threshold.
#[derive(Default)]
struct Part {
    waiting: Vec<(RecordIndex, RecordIndex)>,
    kept: Vec<LinkedPair>,
}

impl Part {
    fn weigh(&mut self, compiled: &CompiledModel, thresholds: &Thresholds) {
        let heavy = compiled.heavy(&self.waiting, thresholds.review);
        self.kept.extend(heavy.into_iter().filter_map(|(place, weight)| {
            let (left, right) = self.waiting[place];
            let decision = thresholds.decision(weight)?;
            Some(LinkedPair { left, right, weight, decision })
        }));
        self.waiting.clear();
    }
}

/// Weighs every candidate pair and joins what is linked. Pairs are weighed as they are found and those below the
/// review threshold are forgotten, so that memory does not grow with their number.
///
/// # Errors
/// Those of [`CompiledRules`]; `splink/evaluation` where DuckDB would stop with an error.
pub fn link(
    records: &Records,
    model: &SplinkModel,
    compiled: &CompiledModel,
    thresholds: Thresholds,
    previous: &Previous,
) -> Result<LinkedRecords, Error> {
    /// Pairs that wait to be weighed together.
    const PIECE: usize = 1 << 12;
    let rules = CompiledRules::new(records, &model.blocking_rules)?;
    let scan = rules.scan(0..rules.len(), Part::default, |part, _, left, right| {
        part.waiting.push((left, right));
        if part.waiting.len() == PIECE {
            part.weigh(compiled, &thresholds);
        }
    })?;
    let parts = parallel::map_owned(scan.states, |mut part| {
        part.weigh(compiled, &thresholds);
        part.kept
    });
    compiled.check_faults()?;
    let mut pairs = parts.concat();
    parallel::sort_unstable_by(&mut pairs, |a, b| (a.left, a.right).cmp(&(b.left, b.right)));
    let links = pairs
        .iter()
        .filter(|pair| pair.decision == Decision::Link)
        .map(|pair| Link { left: pair.left, right: pair.right, weight: pair.weight })
        .collect();
    let (clusters, _) = Clusters::build(records.frame().rows(), links, &Constraints::NONE);
    let groups = ChildIds::assign(records.frame().rows(), &clusters, previous);
    Ok(LinkedRecords { groups, pairs, blocking: scan.counts, findings: rules.findings().to_vec() })
}
