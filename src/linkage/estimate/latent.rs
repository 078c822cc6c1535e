//! Expectation-maximisation over counts of comparison vectors.
//!
//! Pairs fall into latent classes: matches, chance pairs and, where the model has it, children of one
//! household. Within a class the comparisons are taken as independent. Fellegi and Sunter's model is
//! the case of two classes.
//!
//! # Source
//! Winkler, "Using the EM algorithm for weight computation in the Fellegi-Sunter model of record
//! linkage" (1988); Enamorado, Fifield and Imai (2019) for working on the counts of patterns.

use crate::linkage::comparison::LevelIndex;

/// One latent class of pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The share of pairs in this class, 0 to 1.
    pub share: f64,
    /// P(level | class) by comparison and [`LevelIndex`]. The null level (index 0) is not evidence and
    /// its entry is not read; the others sum to 1.
    pub probability: Vec<Vec<f64>>,
    /// Whether the probabilities are estimated or stay as they are.
    pub trained: bool,
}

/// A comparison vector and how many pairs have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The level of each comparison.
    pub levels: Vec<LevelIndex>,
    /// Pairs.
    pub count: f64,
}

/// How estimation goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Stops when no probability or share moved by more.
    pub convergence: f64,
    /// Stops after so many rounds in any case.
    pub max_iterations: usize,
    /// Pairs' worth of trust in the starting probabilities of each comparison; 0 for pure maximum
    /// likelihood.
    pub prior_strength: f64,
}

/// What estimation gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The classes, in the order given.
    pub classes: Vec<Class>,
    /// Expected pairs behind each estimate, by class, comparison and level.
    pub support: Vec<Vec<Vec<f64>>>,
    /// Rounds taken.
    pub iterations: usize,
    /// The greatest move of the last round.
    pub change: f64,
    /// Whether that was below the limit.
    pub converged: bool,
}

/// Estimates shares and level probabilities. Comparisons whose entry in `active` is false (those that
/// a training block holds fixed) are left out and keep their probabilities.
///
/// Sums run in the order of `observations`, so equal input gives equal bits.
pub fn maximise(observations: &[Observation], start: &[Class], active: &[bool], settings: Settings) -> Estimate {
    let mut classes = start.to_vec();
    let mut support = zeros(start);
    let (mut iterations, mut change) = (0, f64::INFINITY);
    while iterations < settings.max_iterations && change > settings.convergence {
        iterations += 1;
        let (shares, expected) = expect(observations, &classes, active);
        let next = maximum(start, &classes, &shares, &expected, active, settings.prior_strength);
        change = greatest_move(&classes, &next);
        classes = next;
        support = expected;
    }
    Estimate { classes, support, iterations, change, converged: change <= settings.convergence }
}

/// The posterior probability of each class for one comparison vector.
pub fn posterior(levels: &[LevelIndex], classes: &[Class], active: &[bool]) -> Vec<f64> {
    let mut joint: Vec<f64> = classes
        .iter()
        .map(|class| {
            let evidence = class.probability.iter().zip(levels).zip(active);
            evidence.fold(class.share, |product, ((by_level, &level), &active)| match (active, level) {
                (false, _) | (_, 0) => product,
                (true, level) => product * by_level.get(usize::from(level)).copied().unwrap_or(0.0),
            })
        })
        .collect();
    let total: f64 = joint.iter().sum();
    if total > 0.0 {
        joint.iter_mut().for_each(|p| *p /= total);
    }
    joint
}

/// Expected pairs by class; and by class, comparison and level.
fn expect(observations: &[Observation], classes: &[Class], active: &[bool]) -> (Vec<f64>, Vec<Vec<Vec<f64>>>) {
    let (mut shares, mut expected) = (vec![0.0; classes.len()], zeros(classes));
    for observation in observations {
        let posterior = posterior(&observation.levels, classes, active);
        for (class, p) in posterior.into_iter().enumerate() {
            let pairs = p * observation.count;
            shares[class] += pairs;
            for (by_level, &level) in expected[class].iter_mut().zip(&observation.levels) {
                if let Some(cell) = by_level.get_mut(usize::from(level)) {
                    *cell += pairs;
                }
            }
        }
    }
    (shares, expected)
}

/// The most likely classes given the expected pairs, leaning on the start by `strength` pairs.
fn maximum(
    start: &[Class],
    now: &[Class],
    shares: &[f64],
    expected: &[Vec<Vec<f64>>],
    active: &[bool],
    strength: f64,
) -> Vec<Class> {
    let total: f64 = shares.iter().sum();
    let one = |class: usize| {
        let mut next = now[class].clone();
        if total > 0.0 {
            next.share = shares[class] / total;
        }
        if next.trained {
            for (comparison, by_level) in next.probability.iter_mut().enumerate().filter(|&(c, _)| active[c]) {
                let counts = &expected[class][comparison];
                let seen: f64 = counts.iter().skip(1).sum();
                if seen + strength > 0.0 {
                    for (level, p) in by_level.iter_mut().enumerate().skip(1) {
                        let lean = strength * start[class].probability[comparison][level];
                        *p = (counts[level] + lean) / (seen + strength);
                    }
                }
            }
        }
        next
    };
    (0..now.len()).map(one).collect()
}

fn greatest_move(before: &[Class], after: &[Class]) -> f64 {
    let mut greatest: f64 = 0.0;
    for (old, new) in before.iter().zip(after) {
        greatest = greatest.max((old.share - new.share).abs());
        for (old, new) in old.probability.iter().flatten().zip(new.probability.iter().flatten()) {
            greatest = greatest.max((old - new).abs());
        }
    }
    greatest
}

fn zeros(classes: &[Class]) -> Vec<Vec<Vec<f64>>> {
    let empty = |class: &Class| class.probability.iter().map(|levels| vec![0.0; levels.len()]).collect();
    classes.iter().map(empty).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { convergence: 1e-10, max_iterations: 5000, prior_strength: 0.0 };

    fn class(share: f64, probability: &[&[f64]], trained: bool) -> Class {
        let with_null = |levels: &&[f64]| std::iter::once(0.0).chain(levels.iter().copied()).collect();
        Class { share, probability: probability.iter().map(with_null).collect(), trained }
    }

    /// Exactly the pairs that the classes predict, for every vector.
    fn predicted(truth: &[Class], pairs: f64) -> Vec<Observation> {
        let mut vectors: Vec<Vec<LevelIndex>> = vec![Vec::new()];
        for levels in &truth[0].probability {
            let with = |v: &Vec<LevelIndex>, level: usize| [v.clone(), vec![level as LevelIndex]].concat();
            vectors = vectors.iter().flat_map(|v| (1..levels.len()).map(move |level| with(v, level))).collect();
        }
        let chance = |class: &Class, v: &[LevelIndex]| {
            class.share * class.probability.iter().zip(v).map(|(p, &level)| p[usize::from(level)]).product::<f64>()
        };
        let count = |v: &[LevelIndex]| truth.iter().map(|class| chance(class, v)).sum::<f64>() * pairs;
        vectors.into_iter().map(|levels| Observation { count: count(&levels), levels }).collect()
    }

    fn assert_close(got: &[Class], truth: &[Class], tolerance: f64) {
        for (got, truth) in got.iter().zip(truth) {
            assert!((got.share - truth.share).abs() < tolerance, "share {} for {}", got.share, truth.share);
            for (got, truth) in got.probability.iter().flatten().zip(truth.probability.iter().flatten()) {
                assert!((got - truth).abs() < tolerance, "{got} for {truth}");
            }
        }
    }

    #[test]
    fn recovers_the_m_that_made_the_vectors() {
        let u: &[&[f64]] = &[&[0.95, 0.04, 0.01], &[0.9, 0.1], &[0.5, 0.5], &[0.99, 0.01]];
        let m: &[&[f64]] = &[&[0.05, 0.15, 0.8], &[0.1, 0.9], &[0.01, 0.99], &[0.2, 0.8]];
        let truth = [class(0.2, m, true), class(0.8, u, false)];
        let guess: &[&[f64]] = &[&[0.2, 0.2, 0.6], &[0.3, 0.7], &[0.3, 0.7], &[0.4, 0.6]];
        let start = [class(0.5, guess, true), class(0.5, u, false)];
        let estimate = maximise(&predicted(&truth, 1e6), &start, &[true; 4], SETTINGS);
        assert!(estimate.converged);
        assert_close(&estimate.classes, &truth, 1e-6);
    }

    #[test]
    fn recovers_u_and_m_together_and_a_third_class() {
        let u: &[&[f64]] = &[&[0.95, 0.05], &[0.9, 0.1], &[0.97, 0.03], &[0.99, 0.01], &[0.8, 0.2]];
        let m: &[&[f64]] = &[&[0.05, 0.95], &[0.1, 0.9], &[0.01, 0.99], &[0.2, 0.8], &[0.05, 0.95]];
        let household: &[&[f64]] = &[&[0.97, 0.03], &[0.99, 0.01], &[0.1, 0.9], &[0.15, 0.85], &[0.1, 0.9]];
        let truth = [class(0.4, m, true), class(0.4, u, true), class(0.2, household, true)];
        let near =
            |p: &[&[f64]]| -> Vec<Vec<f64>> { p.iter().map(|l| l.iter().map(|x| 0.8 * x + 0.1).collect()).collect() };
        let begin = |p: &[&[f64]]| {
            let near = near(p);
            class(0.33, &near.iter().map(Vec::as_slice).collect::<Vec<_>>(), true)
        };
        let start = [begin(m), begin(u), begin(household)];
        let estimate = maximise(&predicted(&truth, 1e6), &start, &[true; 5], SETTINGS);
        assert_close(&estimate.classes, &truth, 1e-3);
    }

    #[test]
    fn comparisons_held_fixed_by_the_block_keep_their_probabilities() {
        let truth = [class(0.5, &[&[0.1, 0.9], &[0.2, 0.8]], true), class(0.5, &[&[0.9, 0.1], &[0.9, 0.1]], false)];
        let estimate = maximise(&predicted(&truth, 1e4), &truth, &[true, false], SETTINGS);
        assert_eq!(estimate.classes[0].probability[1], truth[0].probability[1]);
    }

    #[test]
    fn null_levels_are_no_evidence_and_a_prior_holds_rare_levels() {
        let classes = [class(0.5, &[&[0.1, 0.9]], true), class(0.5, &[&[0.9, 0.1]], false)];
        assert_eq!(posterior(&[0], &classes, &[true]), [0.5, 0.5]);
        let none = [Observation { levels: vec![0], count: 10.0 }];
        let estimate = maximise(&none, &classes, &[true], Settings { prior_strength: 10.0, ..SETTINGS });
        assert_eq!(estimate.classes[0].probability[0], classes[0].probability[0]);
    }
}
