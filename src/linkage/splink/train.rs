//! Trains a Splink model as Splink offers: the prior from deterministic rules, u from random pairs, m by
//! expectation-maximisation under several blocking rules or from labels.
//!
//! DIFFERENCE: expectation-maximisation runs on the counts of comparison vectors, so term frequencies take no
//! part in it (Splink's `estimate_without_term_frequencies`).

use super::blocking::{candidates, exact_columns};
use super::expression::{Comparison as Operator, Expression, Names, Side};
use super::finding::{HOUSEHOLD_DRIFT, INVERTED_LEVEL, MOSTLY_DISAGREE, ModelFinding, NOT_CONVERGED};
use super::level::match_weight;
use super::records::Records;
use super::score::CompiledModel;
use super::settings::{BlockingRule, Comparison, LinkType, SplinkModel};
use crate::error::{Code, Error};
use crate::identity::column::Column;
use crate::linkage::comparison::{LevelIndex, RecordIndex};
use crate::linkage::estimate::check_groups;
use crate::linkage::estimate::latent::{Class, Observation, Settings, maximise};
use crate::linkage::hash;
use crate::linkage::score::{probability, weight_of};
use hashbrown::HashMap;

/// Sets the prior: pairs that strict rules find, over the share of matches that they are thought to find, over
/// all pairs that could be formed. Returns the number of pairs found.
///
/// # Errors
/// `splink/recall` unless 0 < `recall` <= 1; `splink/probability` when the rules find no pair or too many;
/// those of [`candidates`].
pub fn estimate_prior(
    model: &mut SplinkModel,
    records: &Records,
    rules: &[BlockingRule],
    recall: f64,
) -> Result<u64, Error> {
    if !(0.0 < recall && recall <= 1.0) {
        return Err(Error::new("splink/recall", format!("the recall is {recall}"), "give a share above 0, at most 1"));
    }
    let found = candidates(records, rules)?.pairs;
    let prior = found.len() as f64 / recall / possible_pairs(model.link_type, records);
    if !(0.0 < prior && prior < 1.0) {
        return Err(Error::new(
            "splink/probability",
            format!("the rules find {} pairs, which makes a prior of {prior}", found.len()),
            "use rules that find most matches and little else",
        ));
    }
    model.prior = prior;
    Ok(found.len() as u64)
}

/// How many pairs a link type allows.
fn possible_pairs(link_type: LinkType, records: &Records) -> f64 {
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let all = pairs(records.frame().rows() as f64);
    if link_type != LinkType::LinkOnly {
        return all;
    }
    let mut sizes: HashMap<u16, u64> = HashMap::new();
    records.source().iter().for_each(|source| *sizes.entry(*source).or_insert(0) += 1);
    // Whole numbers in double precision: their order does not matter.
    all - sizes.values().map(|size| pairs(*size as f64)).sum::<f64>()
}

/// Pairs from which numbers were estimated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Support {
    /// How many were compared.
    pub pairs: u64,
    /// By comparison and level index (0 is the null level), how many fell there; of expectation-maximisation,
    /// expected ones. Empty for a comparison that took no part.
    pub levels: Vec<Vec<f64>>,
}

impl Support {
    /// How many pairs fell to a level, and to any level of its comparison that is not null.
    pub fn of(&self, comparison: usize, level: usize) -> Option<(f64, f64)> {
        let levels = self.levels.get(comparison)?;
        Some((*levels.get(level)?, levels[1..].iter().sum()))
    }
}

/// Sets u of every level that `max_pairs` random pairs show, which are taken for non-matches. Records are drawn by
/// a hash of their id and `seed`. Returns the pairs compared.
///
/// # Errors
/// Those of [`CompiledModel`].
pub fn estimate_u(model: &mut SplinkModel, records: &Records, max_pairs: f64, seed: u64) -> Result<Support, Error> {
    let compiled = CompiledModel::new(records, model)?;
    let rows = records.frame().rows();
    let wanted = match model.link_type {
        LinkType::LinkOnly => {
            let share = libm::sqrt(max_pairs / possible_pairs(model.link_type, records)).min(1.0);
            (share * rows as f64) as usize
        }
        _ => ((libm::sqrt(8.0 * max_pairs + 1.0) + 1.0) / 2.0) as usize,
    };
    let mut drawn: Vec<RecordIndex> = (0..rows as RecordIndex).collect();
    drawn.sort_by_cached_key(|record| (hash_of_id(records, *record, seed), *record));
    drawn.truncate(wanted.max(2));
    drawn.sort_unstable();
    let source = |record: RecordIndex| records.source()[record as usize];
    let mut counts = LevelCounts::of(&compiled, model);
    let mut compared = 0;
    let mut pairs = Vec::new();
    for (place, &left) in drawn.iter().enumerate() {
        let allowed = |right: &&RecordIndex| model.link_type != LinkType::LinkOnly || source(left) != source(**right);
        pairs.extend(drawn[place + 1..].iter().filter(allowed).map(|right| (left, *right)));
        if pairs.len() >= 1 << 20 || place + 1 == drawn.len() {
            compared += pairs.len() as u64;
            counts.add(&compiled, &pairs)?;
            pairs.clear();
        }
    }
    counts.set(model, |level, share| {
        if !level.fix_u {
            level.u = Some(share);
        }
    });
    Ok(counts.support(compared))
}

fn hash_of_id(records: &Records, record: RecordIndex, seed: u64) -> u64 {
    records.id_columns().fold(hash::of_word(seed), |joint, id| {
        let text = super::function::written(id.value(record as usize)).unwrap_or_default();
        hash::join(joint, hash::of_text(&text))
    })
}

/// Sets m of every level from pairs of records with the same value in a label column, all taken for matches.
/// Returns these pairs.
///
/// # Errors
/// `splink/missing-column`; `train/label-column`; those of [`CompiledModel`].
pub fn estimate_m_from_labels(model: &mut SplinkModel, records: &Records, column: &str) -> Result<Support, Error> {
    let labels = records.column(column)?;
    let mut sizes = vec![0; labels.values().len()];
    for &id in labels.ids() {
        sizes[id as usize] += 1;
    }
    // The missing value, which equals none, stands first.
    check_groups(sizes.into_iter().skip(1))?;
    let mut names = Names::default();
    let number = names.number(column);
    let side = |side| Box::new(Expression::Column { side, column: number });
    let rule = BlockingRule {
        sql: format!("l.\"{column}\" = r.\"{column}\""),
        condition: Expression::Compare(Operator::Equal, side(Side::Left), side(Side::Right)),
        names,
        arrays_to_explode: Vec::new(),
    };
    let pairs = candidates(records, &[rule])?.records();
    estimate_m_from_pairs(model, records, &pairs)
}

/// Sets m of every level from pairs of records that are known to match, as a list of labels names them.
///
/// # Errors
/// Those of [`CompiledModel`].
pub fn estimate_m_from_pairs(
    model: &mut SplinkModel,
    records: &Records,
    pairs: &[(RecordIndex, RecordIndex)],
) -> Result<Support, Error> {
    let compiled = CompiledModel::new(records, model)?;
    let mut counts = LevelCounts::of(&compiled, model);
    counts.add(&compiled, pairs)?;
    counts.set(model, |level, share| {
        if !level.fix_m {
            level.m = Some(share);
        }
    });
    Ok(counts.support(pairs.len() as u64))
}

/// What people of one household share.
const HOUSEHOLD: [Column; 4] = [Column::FamilyName, Column::Address1, Column::Postcode, Column::Uprn];

/// What looks wrong with trained numbers: strongest levels that are commoner by chance than among matches or
/// weakest ones the other way round; comparisons on which most of the supposed matches disagree, as they do where
/// training found namesakes, or households where it is the given name and what a household shares mostly agrees;
/// sessions that did not settle. `column_of` tells what a column by its name holds, if that is known.
pub fn judge(
    model: &SplinkModel,
    sessions: &[Session],
    column_of: &dyn Fn(&str) -> Option<Column>,
) -> Vec<ModelFinding> {
    let mut findings = Vec::new();
    let is_of = |comparison: &Comparison, any: &[Column]| {
        comparison.names.all().iter().any(|name| column_of(name).is_some_and(|column| any.contains(&column)))
    };
    let agrees = |comparison: &&Comparison| {
        let numbers = comparison.probabilities();
        numbers.len() > 2 && numbers[1].0 < 0.5
    };
    let of_household = model.comparisons.iter().filter(agrees).any(|comparison| is_of(comparison, &HOUSEHOLD));
    for comparison in &model.comparisons {
        let place = format!("comparison {}", comparison.name);
        // By level index: 0 is the null level, 1 the last, the greatest the first.
        let numbers = comparison.probabilities();
        let (Some(&(least_m, least_u)), Some(&(top_m, top_u))) = (numbers.get(1), numbers.last()) else { continue };
        if numbers.len() > 2 && (top_m < top_u || least_m > least_u) {
            findings.push(INVERTED_LEVEL.at(place.clone()));
        }
        if numbers.len() > 2 && least_m > 0.5 {
            let drifted = of_household && is_of(comparison, &[Column::GivenName]);
            let code: &'static Code = if drifted { &HOUSEHOLD_DRIFT } else { &MOSTLY_DISAGREE };
            findings.push(code.at(place));
        }
    }
    let unsettled = sessions.iter().filter(|session| !session.converged);
    findings.extend(unsettled.map(|session| NOT_CONVERGED.at(format!("the session under {}", session.rule))));
    findings
}

/// What one training session gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The blocking rule.
    pub rule: String,
    /// Pairs under it.
    pub pairs: u64,
    /// Rounds taken.
    pub iterations: usize,
    /// Whether the limit was reached.
    pub converged: bool,
    /// The estimated share of matches among its pairs.
    pub matches: f64,
    /// Estimated m by comparison and level index; `None` where the comparison was held fixed or the level did not
    /// occur.
    pub m: Vec<Vec<Option<f64>>>,
    /// The expected matches from which they were estimated.
    pub support: Support,
}

/// Sets m by expectation-maximisation, one session for each rule; what several sessions estimate gets the median.
/// u stays as it is. Comparisons that read a column of a session's rule take no part in it.
///
/// # Errors
/// Those of [`candidates`] and [`CompiledModel`].
pub fn estimate_m(
    model: &mut SplinkModel,
    records: &Records,
    rules: &[BlockingRule],
) -> Result<(Vec<Session>, Vec<ModelFinding>), Error> {
    let compiled = CompiledModel::new(records, model)?;
    let mut sessions = Vec::new();
    let mut findings = Vec::new();
    for rule in rules {
        let found = candidates(records, std::slice::from_ref(rule))?;
        sessions.push(session(model, &compiled, rule, &found.records())?);
        findings.extend(found.findings);
    }
    for (number, comparison) in model.comparisons.iter_mut().enumerate() {
        let indices = comparison.level_indices();
        for (level, index) in comparison.levels.iter_mut().zip(indices) {
            let mut estimates: Vec<f64> =
                sessions.iter().filter_map(|session| session.m[number][usize::from(index)]).collect();
            estimates.sort_by(f64::total_cmp);
            if index > 0
                && !level.fix_m
                && let Some(median) = median(&estimates)
            {
                level.m = Some(median);
            }
        }
    }
    Ok((sessions, findings))
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

fn session(
    model: &SplinkModel,
    compiled: &CompiledModel,
    rule: &BlockingRule,
    pairs: &[(RecordIndex, RecordIndex)],
) -> Result<Session, Error> {
    let reads = |comparison: &Comparison| {
        rule.names.all().iter().any(|name| comparison.names.all().iter().any(|read| read.eq_ignore_ascii_case(name)))
    };
    let active: Vec<bool> = model.comparisons.iter().map(|comparison| !reads(comparison)).collect();
    let scores = compiled.score(pairs)?;
    let mut counts: HashMap<Vec<LevelIndex>, f64> = HashMap::new();
    let mut levels = Vec::new();
    for pair in 0..pairs.len() {
        levels.clear();
        levels.extend(scores.levels_of(pair));
        match counts.get_mut(&levels) {
            Some(count) => *count += 1.0,
            None => drop(counts.insert(levels.clone(), 1.0)),
        }
    }
    let mut observations: Vec<Observation> =
        counts.into_iter().map(|(levels, count)| Observation { levels, count }).collect();
    observations.sort_by(|a, b| a.levels.cmp(&b.levels));
    let share = probability(weight_of(model.prior) + weight_of_blocking(model, rule));
    let of_class = |which: fn((f64, f64)) -> f64| -> Vec<Vec<f64>> {
        model.comparisons.iter().map(|comparison| comparison.probabilities().into_iter().map(which).collect()).collect()
    };
    let classes = [
        Class { share, probability: of_class(|(m, _)| m), trained: true },
        Class { share: 1.0 - share, probability: of_class(|(_, u)| u), trained: false },
    ];
    let settings =
        Settings { convergence: model.em_convergence, max_iterations: model.max_iterations, prior_strength: 0.0 };
    let estimate = maximise(&observations, &classes, &active, settings);
    let occurs = |number: usize, index: usize| {
        observations.iter().any(|observation| usize::from(observation.levels[number]) == index)
    };
    let m = estimate.classes[0]
        .probability
        .iter()
        .enumerate()
        .map(|(number, by_level)| {
            let kept = |(index, m): (usize, &f64)| (active[number] && index > 0 && occurs(number, index)).then_some(*m);
            by_level.iter().enumerate().map(kept).collect()
        })
        .collect();
    let levels = estimate.support[0].iter().zip(&active);
    let levels = levels.map(|(by_level, active)| if *active { by_level.clone() } else { Vec::new() }).collect();
    Ok(Session {
        rule: rule.sql.clone(),
        support: Support { pairs: pairs.len() as u64, levels },
        pairs: pairs.len() as u64,
        iterations: estimate.iterations,
        converged: estimate.converged,
        matches: estimate.classes[0].share,
        m,
    })
}

/// What agreement on a rule's columns weighs: the level of exact agreement on most of them in each comparison,
/// each column counted once.
fn weight_of_blocking(model: &SplinkModel, rule: &BlockingRule) -> f64 {
    let mut left = exact_columns(rule);
    let mut exact: Vec<(Vec<&str>, f64)> = Vec::new();
    for comparison in &model.comparisons {
        let probabilities = comparison.probabilities();
        for (level, index) in comparison.levels.iter().zip(comparison.level_indices()) {
            if let Some(columns) = level.exact_columns().filter(|_| index > 0) {
                let (m, u) = probabilities[usize::from(index)];
                let columns = columns.iter().map(|column| comparison.names.all()[*column].as_str()).collect();
                exact.push((columns, match_weight(m, u)));
            }
        }
    }
    exact.sort_by_key(|(columns, _)| std::cmp::Reverse(columns.len()));
    let mut weight = 0.0;
    for (columns, bits) in exact {
        if columns.iter().all(|column| left.iter().any(|name| name.eq_ignore_ascii_case(column))) {
            left.retain(|name| !columns.iter().any(|column| name.eq_ignore_ascii_case(column)));
            weight += bits;
        }
    }
    weight
}

/// How often each level of each comparison occurs.
struct LevelCounts {
    counts: Vec<Vec<u64>>,
}

impl LevelCounts {
    fn of(compiled: &CompiledModel, model: &SplinkModel) -> LevelCounts {
        debug_assert_eq!(compiled.names().count(), model.comparisons.len());
        LevelCounts {
            counts: model.comparisons.iter().map(|comparison| vec![0; comparison.probabilities().len()]).collect(),
        }
    }

    fn add(&mut self, compiled: &CompiledModel, pairs: &[(RecordIndex, RecordIndex)]) -> Result<(), Error> {
        let scores = compiled.score(pairs)?;
        for (counts, levels) in self.counts.iter_mut().zip(&scores.levels) {
            levels.iter().for_each(|level| counts[usize::from(*level)] += 1);
        }
        Ok(())
    }

    fn support(self, pairs: u64) -> Support {
        let numbers = |counts: Vec<u64>| counts.into_iter().map(|count| count as f64).collect();
        Support { pairs, levels: self.counts.into_iter().map(numbers).collect() }
    }

    /// Tells each level that occurred its share among the pairs that fall to no null level.
    fn set(&self, model: &mut SplinkModel, set: impl Fn(&mut super::settings::Level, f64)) {
        for (comparison, counts) in model.comparisons.iter_mut().zip(&self.counts) {
            let total: u64 = counts[1..].iter().sum();
            let indices = comparison.level_indices();
            for (level, index) in comparison.levels.iter_mut().zip(indices) {
                let count = counts[usize::from(index)];
                if index > 0 && count > 0 {
                    set(level, count as f64 / total as f64);
                }
            }
        }
    }
}
