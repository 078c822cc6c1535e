//! What may be wrong with a trained model.

use super::Outcome;
use crate::error::{Code, Severity};
use crate::linkage::model::Model;

/// A level that no training pair reached.
pub static UNTRAINED_LEVEL: Code = Code::new(
    "training/untrained-level",
    Severity::Note,
    "no training pair had this level; its m is the model's own",
    "nothing to do unless the level matters in these records",
);
/// Agreement that counts against a match.
pub static INVERTED_LEVEL: Code = Code::new(
    "training/inverted-level",
    Severity::Warning,
    "the strongest level is commoner among chance pairs than among matches, or the weakest the other way round",
    "look at the comparison's columns: a constant or filler value may stand in them",
);
/// Matches that look like siblings.
pub static HOUSEHOLD_DRIFT: Code = Code::new(
    "training/household-drift",
    Severity::Warning,
    "given names differ in more than a quarter of the pairs taken for matches: training may have found households",
    "train with blocks that hold the given name, or keep the model's own numbers",
);
/// Expectation-maximisation stopped early.
pub static NOT_CONVERGED: Code = Code::new(
    "training/not-converged",
    Severity::Warning,
    "expectation-maximisation reached its last round before it settled",
    "raise max_iterations, or look at the block's keys",
);

/// A finding and the part of the model that it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingFinding {
    /// What kind.
    pub code: &'static Code,
    /// The comparison, comparison and level, or training block.
    pub place: String,
}

/// The kind of finding about a trained model that has this code.
pub fn finding_of(id: &str) -> Option<&'static Code> {
    [&UNTRAINED_LEVEL, &INVERTED_LEVEL, &HOUSEHOLD_DRIFT, &NOT_CONVERGED].into_iter().find(|code| code.id == id)
}

pub(super) fn judge(model: &Model, outcomes: &[Outcome]) -> Vec<TrainingFinding> {
    let mut findings = Vec::new();
    let mut tell = |code, place: String| findings.push(TrainingFinding { code, place });
    for (place, comparison) in model.comparisons.iter().enumerate() {
        let sessions = || outcomes.iter().filter(|outcome| outcome.active[place]);
        for level in 1..=comparison.gammas() {
            let support = |outcome: &Outcome| outcome.estimate.support[0][place][level];
            if sessions().all(|outcome| support(outcome) < 1.0) {
                tell(&UNTRAINED_LEVEL, format!("{}: {}", comparison.name, comparison.label(level)));
            }
        }
        let (m, u) = (comparison.probabilities(|level| level.m), comparison.probabilities(|level| level.u));
        let top = comparison.gammas();
        // Whether two records come from one source is no agreement, so either way round is right.
        if comparison.name != "source" && (m[top] < u[top] || m[1] > u[1]) {
            tell(&INVERTED_LEVEL, comparison.name.clone());
        }
        if comparison.name == "given_name" && m[1] > 0.25 {
            tell(&HOUSEHOLD_DRIFT, comparison.name.clone());
        }
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.session.converged) {
        tell(&NOT_CONVERGED, outcome.session.keys.join(" + "));
    }
    findings
}
