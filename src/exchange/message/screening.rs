//! Newborn hearing, newborn and infant physical examination, and blood spot outcomes.

use super::incomplete;
use super::nems::identifier_of;
use crate::error::Error;
use crate::exchange::fhir::{Bundle, DateTime, Element};
use crate::notification::{Identifier, Programme, ScreenResult, Screening};

/// Reads the encounter and every Procedure and Observation about the child. A deletion may hold the
/// encounter alone.
pub(super) fn read(
    programme: Programme,
    bundle: &Bundle<'_>,
    header: &Element,
) -> Result<(Identifier, Screening), Error> {
    let encounter = bundle
        .follow(header, &["focus"])
        .filter(|focus| focus.value.as_deref() == Some("Encounter"))
        .or_else(|| bundle.of_type("Encounter").next())
        .ok_or_else(|| incomplete("Encounter"))?;
    let mut results: Vec<ScreenResult> = bundle
        .of_type("Procedure")
        .map(|procedure| result(procedure, "outcome", "performedDateTime"))
        .chain(bundle.of_type("Observation").map(|seen| result(seen, "valueCodeableConcept", "effectiveDateTime")))
        .flatten()
        .collect();
    // Entries come in any order; two ears share one procedure code and differ by outcome.
    results.sort_by(|a, b| (&a.code, &a.outcome).cmp(&(&b.code, &b.outcome)));
    Ok((identifier_of(encounter, "Encounter.identifier")?, Screening { programme, results }))
}

/// Codes that were corrected, with those that took their place: a result is of one test, whichever the sender writes.
///
/// # Source
/// NEMS, Blood Spot Test Outcome 1: cystic fibrosis was 314080004 until January 2025.
const CORRECTED: [(&str, &str); 1] = [("314080004", "171191008")];

fn result(resource: &Element, outcome: &str, date: &str) -> Option<ScreenResult> {
    Some(ScreenResult {
        code: current_code(resource.text(&["code", "coding", "code"])?).to_owned(),
        outcome: resource.text(&[outcome, "coding", "code"]).map(str::to_owned),
        date: resource.text(&[date]).and_then(DateTime::parse).map(|read| read.date),
    })
}

/// The code that stands for a test now.
pub(super) fn current_code(code: &str) -> &str {
    CORRECTED.iter().find(|(former, _)| *former == code).map_or(code, |(_, now)| now)
}
