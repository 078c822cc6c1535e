//! One run of linkage, from a table to children.

use super::again::{self, Earlier, Known, Scan};
use super::barred::Barred;
use super::blocking::{Blocking, LinkKind, OversizedBlock, RuleCount};
use super::child_id::{ChildIds, Previous};
use super::cluster::{Clusters, Constraints, Link, Refusal};
use super::comparison::{RecordIndex, word_of};
use super::decide::{self, Candidate, Verdicts};
use super::decisions::{Decisions, Verdict};
use super::estimate::{self, TrainingReport};
use super::guards::{Facts, Guard, Guards};
use super::model::{Compiled, Few, Model};
use super::parallel;
use super::predicate::{Pair, number};
use super::score::{PairScore, Prospects, Weighs, probability};
use super::table::Table;
use super::walk::Walk;
use super::weighed::weigh_pairs;
use crate::error::Error;
use hashbrown::{HashMap, HashSet};
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
    /// The scan of an earlier run by the same model and of the same kind. Taken over as far as records are as they were,
    /// if the model carries its frequencies; the outcome is the same with it and without it.
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

/// The same in less memory: the table's fields are not copied but put into another order, and back; the earlier scan goes
/// as soon as it is known what can be taken over of it, and what records are known by is found again.
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

/// What the scan keeps: pairs worth deciding, and pairs of one household.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) pairs: Vec<Candidate>,
    pub(super) household: Vec<(RecordIndex, RecordIndex)>,
}

impl Candidates {
    /// Keeps a pair of records if anything can come of it: by its weight, or since one NHS number stands on both, which
    /// a person must hear of however little else agrees.
    fn offer(&mut self, model: &Model, score: PairScore, pair: &Pair<'_>, (left, right): (RecordIndex, RecordIndex)) {
        if score.weight >= model.thresholds.review || number::equal(pair, 0.0) {
            self.pairs.push(Candidate { left, right, score, facts: Facts::of(pair) });
        }
        self.offer_household(model, score, (left, right));
    }

    /// Keeps a pair if it is one of children of one household.
    fn offer_household(&mut self, model: &Model, score: PairScore, pair: (RecordIndex, RecordIndex)) {
        if score.weight < model.thresholds.review && score.is_household() {
            self.household.push(pair);
        }
    }
}

/// Every two candidates of one record, the lesser first and in order. Where only some pairs are compared (between
/// sources, or of one record with an index), these two never were: they may be children of one birth, and a record
/// that says too little to tell them apart fits both.
fn candidates_of_one(pairs: &[Candidate]) -> Vec<(RecordIndex, RecordIndex)> {
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

/// What a scan is done with.
struct Scanner<'a> {
    walk: &'a Walk,
    compiled: &'a Compiled<'a>,
    model: &'a Model,
    kind: LinkKind,
    /// In how many passes blocks are found.
    passes: usize,
}

/// What came of a scan.
struct Scanned {
    candidates: Candidates,
    blocking: Vec<RuleCount>,
    oversized: Vec<OversizedBlock>,
    /// The records of blocks that are too large.
    crowded: Vec<RecordIndex>,
    /// What is kept for a later run, but for the hashes of the records.
    scan: Option<Scan>,
}

impl Scanner<'_> {
    fn scan(&self, known: Option<Known>, keep: bool) -> Result<Scanned, Error> {
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

/// Keeps, of the pairs for review between the same two children, the strongest: its answer settles the others. Where
/// a person has called a pair between two children different, the question is settled. Pairs on which readers
/// disagree, and those refused because of other records, are questions of their own.
fn ask_once(pairs: &mut Vec<DecidedPair>, clusters: &Clusters, options: &LinkOptions) {
    let between = |left: RecordIndex, right: RecordIndex| {
        let (left, right) = (clusters.least(left), clusters.least(right));
        (left.min(right), left.max(right))
    };
    let different = options.decisions.iter().filter(|(_, verdict)| *verdict == Verdict::Different);
    let settled: HashSet<_> = different.map(|((left, right), _)| between(left, right)).collect();
    let own_question = |pair: &DecidedPair| {
        pair.decision == Decision::Link
            || pair.guards.has(Guard::ReadersDisagree)
            || pair.guards.has(Guard::ClusterConflict)
    };
    let mut strongest: HashMap<(RecordIndex, RecordIndex), (f64, (RecordIndex, RecordIndex))> = HashMap::new();
    for pair in pairs.iter().filter(|pair| !own_question(pair)) {
        let best = strongest.entry(between(pair.left, pair.right)).or_insert((pair.weight, (pair.left, pair.right)));
        if pair.weight > best.0 {
            *best = (pair.weight, (pair.left, pair.right));
        }
    }
    pairs.retain(|pair| {
        let children = between(pair.left, pair.right);
        own_question(pair)
            || (!settled.contains(&children)
                && strongest.get(&children).is_some_and(|best| best.1 == (pair.left, pair.right)))
    });
}

type Grouped = (ChildIds, Vec<DecidedPair>, Vec<RestrictedPair>, Vec<RefusedMerge>);

/// Joins what is linked; what is refused goes to review or the restricted queue.
fn group(table: &Table, verdicts: Verdicts, options: &LinkOptions) -> Grouped {
    let Verdicts { mut pairs, mut restricted, apart } = verdicts;
    let links = pairs.iter().filter(|pair| pair.decision == Decision::Link).map(|pair| {
        let weight = if pair.guards.has(Guard::Decided) { f64::INFINITY } else { pair.weight };
        Link { left: pair.left, right: pair.right, weight }
    });
    let constraints = Constraints {
        number: &|record| table.fields.number[record as usize].number().unwrap_or(0),
        birth_order: &|record| table.fields.birth_order_of(record),
        verified: &|record| {
            let cell = table.fields.number[record as usize];
            cell.number().filter(|_| cell.is_verified()).unwrap_or(0)
        },
        apart: &apart,
        called_different: &|left, right| options.decisions.of(left, right) == Some(Verdict::Different),
        barred: &|left, right| options.barred.bars(table, left, right),
    };
    let (clusters, refusals) = Clusters::build(table.len(), links.collect(), &constraints);
    let hidden: HashSet<(RecordIndex, RecordIndex)> = restricted.iter().map(|pair| (pair.left, pair.right)).collect();
    let mut refused = Vec::new();
    for (link, reason) in refusals {
        let Ok(place) = pairs.binary_search_by_key(&(link.left, link.right), |pair| (pair.left, pair.right)) else {
            continue;
        };
        let pair = &mut pairs[place];
        pair.guards = pair.guards.with(Guard::ClusterConflict);
        pair.decision = Decision::Review;
        if reason == Refusal::Barred {
            pair.weight = f64::NAN;
            continue;
        }
        refused.push(RefusedMerge { left: link.left, right: link.right, weight: pair.weight, reason });
        if matches!(reason, Refusal::KeptApart(a, b) if hidden.contains(&(a, b))) {
            restricted.push(RestrictedPair { left: pair.left, right: pair.right, guards: pair.guards });
            pair.weight = f64::NAN;
        }
    }
    pairs.retain(|pair| !pair.weight.is_nan());
    for pair in
        pairs.iter_mut().filter(|pair| pair.decision == Decision::Review && !pair.guards.has(Guard::ReadersDisagree))
    {
        if clusters.same(pair.left, pair.right) {
            pair.decision = Decision::Link;
            pair.guards = pair.guards.with(Guard::SettledByCluster);
        }
    }
    ask_once(&mut pairs, &clusters, options);
    parallel::sort_by_word(&mut restricted, |pair| word_of(pair.left, pair.right));
    parallel::sort_by_word(&mut refused, |merge| word_of(merge.left, merge.right));
    (ChildIds::assign(table.len(), &clusters, &options.previous), pairs, restricted, refused)
}
