//! Estimating a model from unlabelled records.
//!
//! u comes from random pairs. m, and the household class where the model has one, come from several
//! training blocks by expectation-maximisation over counts of comparison vectors; each level takes the
//! median over the blocks that could learn it. The prior comes from the block with most matches.

mod findings;
mod labels;
pub mod latent;
mod names_together;
mod random_pairs;

pub use findings::{HOUSEHOLD_DRIFT, INVERTED_LEVEL, NOT_CONVERGED, TrainingFinding, UNTRAINED_LEVEL, finding_of};
pub use labels::{LabelledPair, check_groups};

use super::blocking::{Blocking, LinkKind, Rule};
use super::comparison::RecordIndex;
use super::model::{Compiled, Model, TrainingBlock};
use super::pattern::PatternCounts;
use super::score::Scorer;
use super::table::Table;
use super::table::fields::Fields;
use super::walk::Walk;
use super::{hash, pattern::PatternCodec};
use crate::error::Error;
use crate::order;
use latent::{Class, Estimate, Observation, Settings};

/// What training learned, for people to judge.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// Random pairs compared for u.
    pub random_pairs: u64,
    /// One entry for each training block.
    pub sessions: Vec<Session>,
    /// How many pairs stand behind each level's probabilities, in the model's order; null levels are left out.
    pub levels: Vec<LevelSupport>,
    /// What looks wrong.
    pub findings: Vec<TrainingFinding>,
}

/// What the probabilities of one level were learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelSupport {
    /// The comparison.
    pub comparison: String,
    /// The level, in the model's words.
    pub level: String,
    /// Random pairs of this level, from which u comes.
    pub random_pairs: u64,
    /// Random pairs of any level that is evidence.
    pub random_pairs_compared: u64,
    /// Expected matches of this level over the blocks that could learn it, from which m comes. A pair may be in
    /// several blocks.
    pub matches: f64,
    /// Expected matches of any level that is evidence, over the same blocks.
    pub matches_compared: f64,
    /// Blocks (or lists of labels) that could learn m.
    pub sessions: usize,
}

/// One training block.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The keys of the block.
    pub keys: Vec<String>,
    /// Pairs compared.
    pub pairs: u64,
    /// One block in so many was taken.
    pub one_block_in: u64,
    /// Expected matches among the pairs.
    pub matches: f64,
    /// Expected pairs of one household.
    pub household: f64,
    /// Rounds of expectation-maximisation.
    pub iterations: usize,
    /// Whether it converged.
    pub converged: bool,
}

/// Fewer expected matching pairs teach a level nothing.
const LEAST_SUPPORT: f64 = 30.0;

/// Trains a model on the records at hand and gives the trained one.
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate` and its kin.
pub fn train(table: &Table, model: &Model, kind: LinkKind, seed: u64) -> Result<(Model, TrainingReport), Error> {
    train_with_labels(table, model, kind, seed, &[])
}

/// Trains a model on the records at hand, with pairs known to be of one child: these give m; u, the household
/// class and the prior come from the records as in [`train`].
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate` and its kin.
pub fn train_with_labels(
    table: &Table,
    model: &Model,
    kind: LinkKind,
    seed: u64,
    labels: &[LabelledPair],
) -> Result<(Model, TrainingReport), Error> {
    let walk = Walk::of(table);
    let compiled = Compiled::new(walk.fields(), model)?;
    let (mut trained, mut report, mut outcomes) = estimate(table, &walk, &compiled, model, kind, seed)?;
    if !labels.is_empty() {
        let place = |record| walk.place(table, record);
        let walked =
            |label: &LabelledPair| LabelledPair { left: place(label.left), right: place(label.right), ..*label };
        let walked: Vec<LabelledPair> = labels.iter().map(walked).collect();
        let outcome = labels::learn(&compiled.plain_scorer(model)?, &trained, &walked);
        set_m_and_h(&mut trained, std::slice::from_ref(&outcome));
        report.sessions.push(outcome.session.clone());
        report.levels = with_matches(report.levels, &trained, std::slice::from_ref(&outcome));
        outcomes.push(outcome);
        report.findings = findings::judge(&trained, &outcomes);
    }
    Ok((trained, report))
}

/// Trains a model whose keys are there already.
pub(super) fn train_compiled(
    table: &Table,
    walk: &Walk,
    compiled: &Compiled,
    model: &Model,
    kind: LinkKind,
    seed: u64,
) -> Result<(Model, TrainingReport), Error> {
    estimate(table, walk, compiled, model, kind, seed).map(|(trained, report, _)| (trained, report))
}

fn estimate(
    table: &Table,
    walk: &Walk,
    compiled: &Compiled,
    model: &Model,
    kind: LinkKind,
    seed: u64,
) -> Result<(Model, TrainingReport, Vec<Outcome>), Error> {
    let scorer = compiled.plain_scorer(model)?;
    let mut trained = model.clone();
    let sources: Vec<u64> = table.sources().iter().map(|name| hash::of_text(name)).collect();
    let key = |record| {
        hash::join(sources[usize::from(table.source_index()[record as usize])], hash::of_text(table.record_id(record)))
    };
    let hashes = random_pairs::record_hashes(key, table.len(), seed);
    let places = walk.places();
    let place = |record: RecordIndex| places[record as usize];
    let sample: Vec<RecordIndex> =
        random_pairs::sample(&hashes, model.training.random_pairs).into_iter().map(place).collect();
    let random = random_pairs::count_levels(&scorer, &sample);
    set_u(&mut trained, &random, model.training.u_strength);
    let mut outcomes = Vec::new();
    for block in &model.training.blocks {
        outcomes.push(run_session(walk.fields(), compiled, &scorer, &trained, block, kind));
    }
    set_m_and_h(&mut trained, &outcomes);
    set_shares(&mut trained, &outcomes, possible_pairs(table, kind));
    let known: Vec<RecordIndex> =
        random_pairs::least(&hashes, model.training.sample_records as usize).into_iter().map(place).collect();
    trained.names_together = names_together::names_together(walk.fields(), &known);
    trained.provenance.trained_on_records = table.len() as u64;
    trained.provenance.seed = seed;
    let findings = findings::judge(&trained, &outcomes);
    let sessions = outcomes.iter().map(|outcome| outcome.session.clone()).collect();
    let levels = with_matches(random_support(&trained, &random), &trained, &outcomes);
    Ok((trained, TrainingReport { random_pairs: random.pairs, sessions, levels, findings }, outcomes))
}

/// The random pairs behind u.
fn random_support(model: &Model, random: &random_pairs::LevelCounts) -> Vec<LevelSupport> {
    let of_comparison = |(comparison, counts): (&super::model::Comparison, &Vec<u64>)| {
        let compared = counts.iter().skip(1).sum();
        let levels = comparison.level_indices().filter(|&index| index > 0);
        let support = levels.map(|index| LevelSupport {
            comparison: comparison.name.clone(),
            level: comparison.label(index).to_owned(),
            random_pairs: counts[index],
            random_pairs_compared: compared,
            matches: 0.0,
            matches_compared: 0.0,
            sessions: 0,
        });
        support.collect::<Vec<_>>()
    };
    model.comparisons.iter().zip(&random.counts).flat_map(of_comparison).collect()
}

/// The same with the matches behind m, which come from these outcomes.
fn with_matches(mut levels: Vec<LevelSupport>, model: &Model, outcomes: &[Outcome]) -> Vec<LevelSupport> {
    let mut rows = levels.iter_mut();
    for (place, comparison) in model.comparisons.iter().enumerate() {
        let able: Vec<&[f64]> =
            able(outcomes, place, 0).iter().map(|o| o.estimate.support[0][place].as_slice()).collect();
        let compared = able.iter().flat_map(|support| support.iter().skip(1)).sum();
        for (index, row) in comparison.level_indices().filter(|&index| index > 0).zip(&mut rows) {
            row.matches = able.iter().map(|support| support[index]).sum();
            (row.matches_compared, row.sessions) = (compared, able.len());
        }
    }
    levels
}

/// The outcomes that can teach a comparison about a class.
fn able(outcomes: &[Outcome], place: usize, class: usize) -> Vec<&Outcome> {
    let taught = |outcome: &&Outcome| {
        let support = outcome.estimate.support.get(class).map(|support| &support[place]);
        support.is_some_and(|levels| levels.iter().skip(1).sum::<f64>() >= LEAST_SUPPORT)
    };
    outcomes.iter().filter(|outcome| outcome.active[place]).filter(taught).collect()
}

/// One session's estimate and what it was allowed to learn.
struct Outcome {
    session: Session,
    active: Vec<bool>,
    estimate: Estimate,
}

fn run_session(
    fields: &Fields,
    compiled: &Compiled,
    scorer: &Scorer,
    model: &Model,
    block: &TrainingBlock,
    kind: LinkKind,
) -> Outcome {
    let one_block_in = (fields.len() as u64 / model.training.sample_records.max(1)).max(1);
    let rule = Rule {
        name: String::new(),
        keys: compiled.columns(&block.keys),
        refine: Vec::new(),
        residual: None,
        sieve: None,
    };
    let blocking = Blocking {
        records: fields.len(),
        source: &fields.source,
        kind,
        rules: vec![rule],
        excluded: Some(&fields.invalidated),
        one_block_in,
        passes: 1,
        max_block_pairs: model.thresholds.max_block_pairs,
    };
    let scan = blocking.scan(PatternCounts::default, |counts, _, left, right| counts.add(scorer.pattern(left, right)));
    let mut counts = PatternCounts::default();
    scan.states.iter().for_each(|part| counts.merge(part));
    let active: Vec<bool> = model.comparisons.iter().map(|c| !block.fixed.contains(&c.name)).collect();
    let settings = Settings {
        convergence: model.training.convergence,
        max_iterations: model.training.max_iterations,
        prior_strength: model.training.m_strength,
    };
    let household = block.household && model.household_pairs_per_match.is_some();
    let estimate =
        latent::maximise(&observations(scorer.codec(), &counts), &classes(model, household), &active, settings);
    let pairs = counts.total();
    let expected = |class: usize| estimate.classes.get(class).map_or(0.0, |class| class.share * pairs as f64);
    let session = Session {
        keys: block.keys.clone(),
        pairs,
        one_block_in,
        matches: expected(0),
        household: expected(2),
        iterations: estimate.iterations,
        converged: estimate.converged,
    };
    Outcome { session, active, estimate }
}

fn observations(codec: &PatternCodec, counts: &PatternCounts) -> Vec<Observation> {
    let one =
        |(pattern, count): (u64, u64)| Observation { levels: codec.unpack(pattern).collect(), count: count as f64 };
    counts.sorted().into_iter().map(one).collect()
}

/// Matches, chance pairs and, where wanted, pairs of one household.
fn classes(model: &Model, household: bool) -> Vec<Class> {
    let of = |share: f64, trained: bool, probability: fn(&super::model::Level) -> Option<f64>| Class {
        share,
        probability: model.comparisons.iter().map(|comparison| comparison.probabilities(probability)).collect(),
        trained,
    };
    let mut classes = vec![of(0.5, true, |level| level.m), of(0.4, false, |level| level.u)];
    if household {
        classes.push(of(0.1, true, |level| level.h));
    }
    classes
}

fn set_u(model: &mut Model, random: &random_pairs::LevelCounts, strength: f64) {
    for (comparison, counts) in model.comparisons.iter_mut().zip(&random.counts) {
        let seen: u64 = counts.iter().skip(1).sum();
        let indices: Vec<usize> = comparison.level_indices().collect();
        for (level, index) in comparison.levels.iter_mut().zip(indices).filter(|(_, index)| *index > 0) {
            let lean = strength * level.u.unwrap_or(0.0);
            level.u = Some((counts[index] as f64 + lean) / (seen as f64 + strength));
        }
    }
}

fn set_m_and_h(model: &mut Model, outcomes: &[Outcome]) {
    for (place, comparison) in model.comparisons.iter_mut().enumerate() {
        for (class, set) in [(0, set_level_m as fn(&mut super::model::Level, f64)), (2, set_level_h)] {
            let able = able(outcomes, place, class);
            if able.is_empty() || (class == 2 && comparison.household_fixed) {
                continue;
            }
            let medians: Vec<f64> = (1..=comparison.gammas())
                .map(|level| median(able.iter().map(|o| o.estimate.classes[class].probability[place][level]).collect()))
                .collect();
            let total: f64 = medians.iter().sum();
            let indices: Vec<usize> = comparison.level_indices().collect();
            for (level, index) in comparison.levels.iter_mut().zip(indices).filter(|(_, index)| *index > 0) {
                set(level, medians[index - 1] / total);
            }
        }
    }
}

fn set_level_m(level: &mut super::model::Level, p: f64) {
    level.m = Some(p);
}

fn set_level_h(level: &mut super::model::Level, p: f64) {
    level.h = Some(p);
}

/// The prior, from the block with most matches; and how many household pairs there are for a match.
fn set_shares(model: &mut Model, outcomes: &[Outcome], possible: f64) {
    let matches = |outcome: &Outcome| outcome.session.matches * outcome.session.one_block_in as f64;
    let most = outcomes.iter().map(matches).fold(0.0, f64::max);
    if most >= LEAST_SUPPORT && possible > 0.0 {
        model.probability_two_random_records_match = (most / model.training.recall / possible).clamp(1e-12, 0.5);
    }
    // Children who moved or changed name drop out of a block more often than brothers and sisters do, so
    // every block counts too few matches for its households; the least ratio is nearest to the truth.
    let ratio = outcomes
        .iter()
        .map(|outcome| &outcome.session)
        .filter(|session| session.household > 0.0 && session.matches >= LEAST_SUPPORT)
        .map(|session| session.household / session.matches)
        .fold(f64::INFINITY, f64::min);
    if let (Some(per_match), true) = (&mut model.household_pairs_per_match, ratio.is_finite()) {
        *per_match = ratio.clamp(0.01, 10.0);
    }
}

fn possible_pairs(table: &Table, kind: LinkKind) -> f64 {
    let pairs = |records: u64| records as f64 * records.saturating_sub(1) as f64 / 2.0;
    let mut by_source = vec![0u64; table.sources().len()];
    table.source_index().iter().for_each(|&source| by_source[usize::from(source)] += 1);
    let within: f64 = by_source.into_iter().map(pairs).sum();
    let all = pairs(table.len() as u64);
    match kind {
        LinkKind::LinkOnly => all - within,
        LinkKind::DedupeOnly => within,
        LinkKind::LinkAndDedupe => all,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    order::sort_by(&mut values, f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}
