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

fn result(resource: &Element, outcome: &str, date: &str) -> Option<ScreenResult> {
    Some(ScreenResult {
        code: resource.text(&["code", "coding", "code"])?.to_owned(),
        outcome: resource.text(&[outcome, "coding", "code"]).map(str::to_owned),
        date: resource.text(&[date]).and_then(DateTime::parse).map(|read| read.date),
    })
}
