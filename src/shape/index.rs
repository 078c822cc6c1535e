//! What the child index answers.

use crate::index::{Candidate, ChildId, EntryId, Found, Outcome, Restricted};
use crate::linkage::explain::Waterfall;
use crate::linkage::guards::Guards;
use crate::linkage::model::Model;
use crate::linkage::score::probability;
use serde::Serialize;

/// The answer for one record.
#[derive(Serialize)]
pub(crate) struct FoundShape<'m> {
    outcome: &'static str,
    child: Option<ChildId>,
    candidates: Vec<CandidateShape<'m>>,
    restricted: Vec<RestrictedShape>,
}

#[derive(Serialize)]
pub(crate) struct CandidateShape<'m> {
    entry: EntryId,
    child: ChildId,
    decision: &'static str,
    guards: Vec<&'static str>,
    match_weight: f64,
    match_probability: f64,
    sensitive: bool,
    waterfall: Waterfall<'m>,
}

#[derive(Serialize)]
pub(crate) struct RestrictedShape {
    entry: EntryId,
    child: ChildId,
    guards: Vec<&'static str>,
}

impl<'m> FoundShape<'m> {
    /// The shape of an answer, weighed by this model.
    pub(crate) fn new(found: &Found, model: &'m Model) -> FoundShape<'m> {
        FoundShape {
            outcome: found.outcome.as_str(),
            child: match found.outcome {
                Outcome::Child(child) => Some(child),
                _ => None,
            },
            candidates: candidates(&found.candidates, model),
            restricted: restricted(&found.restricted),
        }
    }
}

/// Candidates, weighed by this model.
pub(crate) fn candidates<'m>(candidates: &[Candidate], model: &'m Model) -> Vec<CandidateShape<'m>> {
    let shape = |candidate: &Candidate| CandidateShape {
        entry: candidate.entry,
        child: candidate.child,
        decision: candidate.decision.as_str(),
        guards: codes(candidate.guards),
        match_weight: candidate.weight,
        match_probability: probability(candidate.weight),
        sensitive: candidate.sensitive,
        waterfall: candidate.waterfall(model),
    };
    candidates.iter().map(shape).collect()
}

/// Records for the restricted queue.
pub(crate) fn restricted(restricted: &[Restricted]) -> Vec<RestrictedShape> {
    let shape = |record: &Restricted| RestrictedShape {
        entry: record.entry,
        child: record.child,
        guards: codes(record.guards),
    };
    restricted.iter().map(shape).collect()
}

fn codes(guards: Guards) -> Vec<&'static str> {
    guards.iter().map(|guard| guard.code()).collect()
}
