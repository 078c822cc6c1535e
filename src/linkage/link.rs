//! One run of linkage, from a table to children.

mod candidates;
mod group;
mod scan;

pub(super) use candidates::Candidates;

use super::again::{self, Earlier, Known, Scan};
use super::barred::Barred;
use super::blocking::{LinkKind, OversizedBlock, RuleCount};
use super::child_id::{ChildIds, Previous};
use super::cluster::Refusal;
use super::comparison::{RecordIndex, word_of};
use super::decide;
use super::decisions::Decisions;
use super::estimate::{self, TrainingReport};
use super::guards::Guards;
use super::model::{Compiled, Few, Model};
use super::parallel;
use super::score::{Weighs, probability};
use super::table::Table;
use super::walk::Walk;
use super::weighed::weigh_pairs;
use crate::error::Error;
use candidates::candidates_of_one;
use group::group;
use scan::{Scanned, Scanner};
use std::convert::Infallible;

/// What a run is told beside table and model.
#[derive(Default)]
pub struct LinkOptions {
    /// Which records may be paired.
    pub kind: LinkKind,
    /// Chooses the samples of training.
    pub seed: u64,
    /// Uses the model's numbers as they are.
    pub skip_training: bool,
    /// Pairs that must never be joined or mentioned.
    pub barred: Barred,
    /// What people decided.
    pub decisions: Decisions,
    /// The children of an earlier run.
    pub previous: Previous,
    /// The scan of an earlier run by the same model and of the same kind. Taken over as far as records are as they
    /// were, if the model carries its frequencies; the outcome is the same with it and without it.
    pub earlier: Option<Earlier>,
    /// Whether what the scan finds is kept for a later run.
    pub keep_scan: bool,
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// One child.
    Link,
    /// A person decides.
    Review,
}

impl Decision {
    /// The word in output: `link` or `review`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Decision::Link => "link",
            Decision::Review => "review",
        }
    }
}

/// A pair that was linked or goes to review.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecidedPair {
    /// The record that comes first by source and record id.
    pub left: RecordIndex,
    /// The other record.
    pub right: RecordIndex,
    /// Match weight in bits.
    pub weight: f64,
    /// What becomes of it.
    pub decision: Decision,
    /// Why not by weight alone.
    pub guards: Guards,
}

impl DecidedPair {
    /// The probability of a match, by weight alone.
    pub fn probability(&self) -> f64 {
        probability(self.weight)
    }
}

/// A pair of the restricted queue: shown to nobody but who must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictedPair {
    /// The record that comes first by source and record id.
    pub left: RecordIndex,
    /// The other record.
    pub right: RecordIndex,
    /// Why.
    pub guards: Guards,
}

/// A link that was refused, since it would have joined what must stay apart. It is in review or in the
/// restricted queue too; refusals for a barred pair are nowhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefusedMerge {
    /// The record that comes first by source and record id.
    pub left: RecordIndex,
    /// The other record.
    pub right: RecordIndex,
    /// Match weight in bits.
    pub weight: f64,
    /// Why.
    pub reason: Refusal,
}

/// The outcome of a run. Lists are in order of the records.
pub struct Linked {
    /// The serial of each record's child, and what changed since the earlier run.
    pub children: ChildIds,
    /// Pairs linked or for review.
    pub pairs: Vec<DecidedPair>,
    /// The restricted queue.
    pub restricted: Vec<RestrictedPair>,
    /// Refused merges.
    pub refused: Vec<RefusedMerge>,
    /// The model after training.
    pub model: Model,
    /// What training learned; `None` if it was skipped.
    pub training: Option<TrainingReport>,
    /// Candidate pairs by blocking rule.
    pub blocking: Vec<RuleCount>,
    /// Blocks too large to compare in full.
    pub oversized: Vec<OversizedBlock>,
}

impl Linked {
    /// Candidate pairs scored.
    pub fn candidate_pairs(&self) -> u64 {
        self.blocking.iter().map(|rule| rule.pairs).sum()
    }
}

/// Trains the model, scores every candidate pair, applies the guards and groups records into children.
///
/// ```
/// use childlink::identity::{column::Column, raw::RawFields};
/// use childlink::linkage::model::Model;
/// use childlink::linkage::table::{Table, TableBuilder};
/// use childlink::linkage::{LinkOptions, link};
///
/// let mut chunk = TableBuilder::new(0);
/// let (births, school) = (chunk.source("births"), chunk.source("school"));
/// for (source, id, given) in [(births, "B1", "Zoë"), (school, "S1", "ZOE")] {
///     let mut fields = RawFields::new();
///     let row = [
///         (Column::RecordId, id),
///         (Column::NhsNumber, "943 476 5919"),
///         (Column::GivenName, given),
///         (Column::FamilyName, "Okafor"),
///         (Column::BirthDate, "2019-03-12"),
///     ];
///     row.into_iter().for_each(|(column, text)| fields.set(column, text));
///     chunk.push(source, 1, &fields);
/// }
/// let table = Table::build(vec![chunk]).table;
/// let linked = link(&table, &Model::child_health(), &LinkOptions::default())?;
/// assert_eq!(linked.children.child_id, [1, 1]);
/// # Ok::<(), childlink::Error>(())
/// ```
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate` and its kin.
pub fn link(table: &Table, model: &Model, options: &LinkOptions) -> Result<Linked, Error> {
    link_in_steps(table, model, options, &mut |_, _| Ok(())).map(|(linked, _)| linked)
}

/// Takes a model once it is trained, with what training learned.
pub type OnTrained<'a> = dyn FnMut(&Model, Option<&TrainingReport>) -> Result<(), Error> + 'a;

/// The same, telling the model once it is trained, so that a run that is cut off later need not train again; and with
/// what the scan found, if it is to be kept.
///
/// # Errors
/// As [`link`], and those of `trained`.
pub fn link_in_steps(
    table: &Table,
    model: &Model,
    options: &LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    let fingerprints = fingerprints(table, options);
    let known = options.earlier.as_ref().and_then(|earlier| earlier.known(&fingerprints));
    let walk = Walk::of(table);
    let found = search(table, &walk, 1, known, model, options, trained)?;
    drop(walk);
    conclude(table, found, fingerprints, options)
}

/// In how many passes blocks are found where memory is spared.
const PASSES: usize = 4;

/// The same in less memory: the table's fields are not copied but put into another order, and back; the earlier scan
/// goes as soon as it is known what can be taken over of it, and what records are known by is found again.
///
/// # Errors
/// As [`link_in_steps`].
pub fn link_in_place(
    table: &mut Table,
    model: &Model,
    options: &mut LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    link_in_passes(1, table, model, options, trained)
}

/// The same in still less memory and more time: not all blocks of a rule are held at once.
///
/// # Errors
/// As [`link_in_steps`].
pub fn link_sparing(
    table: &mut Table,
    model: &Model,
    options: &mut LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    link_in_passes(PASSES, table, model, options, trained)
}

fn link_in_passes(
    passes: usize,
    table: &mut Table,
    model: &Model,
    options: &mut LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    let known = options.earlier.take().and_then(|earlier| earlier.known(&again::fingerprints(table)));
    let walk = Walk::out_of(table);
    let found = search(table, &walk, passes, known, model, options, trained);
    walk.give_back(table);
    let found = found?;
    let fingerprints = fingerprints(table, options);
    conclude(table, found, fingerprints, options)
}

/// What is needed of each record to know it again, if the scan is kept or an earlier one may be taken over.
fn fingerprints(table: &Table, options: &LinkOptions) -> Vec<u64> {
    if options.keep_scan || options.earlier.is_some() { again::fingerprints(table) } else { Vec::new() }
}

/// A trained model, and what a scan by it found.
struct Found {
    model: Model,
    training: Option<TrainingReport>,
    scanned: Scanned,
}

/// Trains the model and looks for candidates.
fn search(
    table: &Table,
    walk: &Walk,
    passes: usize,
    known: Option<Known>,
    model: &Model,
    options: &LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<Found, Error> {
    let compiled = Compiled::new(walk.fields(), model)?;
    let (model, training) = if options.skip_training {
        (model.clone(), None)
    } else {
        let (model, report) = estimate::train_compiled(table, walk, &compiled, model, options.kind, options.seed)?;
        (model, Some(report))
    };
    trained(&model, training.as_ref())?;
    // Without the model's own frequencies, how often names occur now bears on every pair.
    let known = known.filter(|_| model.frequencies.is_some());
    let scanned = Scanner { walk, compiled: &compiled, model: &model, kind: options.kind, passes }
        .scan(known, options.keep_scan)?;
    Ok(Found { model, training, scanned })
}

/// Decides on what was found and groups records into children.
fn conclude(
    table: &Table,
    found: Found,
    fingerprints: Vec<u64>,
    options: &LinkOptions,
) -> Result<(Linked, Option<Scan>), Error> {
    let Found { model, training, scanned } = found;
    let Scanned { mut candidates, blocking, oversized, scan, .. } = scanned;
    let scan = scan.map(|scan| Scan { fingerprints, ..scan });
    if options.kind == LinkKind::LinkOnly {
        for pair in weigh_pairs(table, &model, &candidates_of_one(&candidates.pairs))? {
            candidates.offer_household(&model, pair.score, (pair.left, pair.right));
        }
        // Pairs of two sources are known already.
        parallel::sort_by_word(&mut candidates.household, |&(left, right)| word_of(left, right));
        candidates.household.dedup();
    }
    let weigh = |pairs: &[(RecordIndex, RecordIndex)]| -> Result<Vec<f64>, Error> {
        Ok(weigh_pairs(table, &model, pairs)?.iter().map(|pair| pair.score.weight).collect())
    };
    let verdicts = decide::decide(table, &model, candidates, options, weigh)?;
    let (children, pairs, restricted, refused) = group(table, verdicts, options);
    Ok((Linked { children, pairs, restricted, refused, model, training, blocking, oversized }, scan))
}

/// Decides candidate pairs that were found by other means than a scan, given in order: those linked or for
/// review, and the restricted ones. What [`link`] does after its scan, for a table of a few records.
pub(crate) fn decide_pairs(
    table: &Table,
    few: &Few,
    model: &Model,
    pairs: &[(RecordIndex, RecordIndex)],
    options: &LinkOptions,
) -> (Vec<DecidedPair>, Vec<RestrictedPair>) {
    let mut candidates = Candidates::default();
    for &(left, right) in pairs {
        candidates.offer(model, few.weigh(left, right), &few.pair(left, right), (left, right));
    }
    for (one, other) in candidates_of_one(&candidates.pairs) {
        candidates.offer_household(model, few.weigh(one, other), (one, other));
    }
    let weigh = |pairs: &[(RecordIndex, RecordIndex)]| -> Result<Vec<f64>, Infallible> {
        Ok(pairs.iter().map(|&(left, right)| few.weigh(left, right).weight).collect())
    };
    let Ok(verdicts) = decide::decide(table, model, candidates, options, weigh);
    let (_, pairs, restricted, _) = group(table, verdicts, options);
    (pairs, restricted)
}
