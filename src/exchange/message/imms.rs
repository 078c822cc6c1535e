//! IMMS: one R4 Immunization with the patient contained in it.
//!
//! # Source
//! NHS England, Immunisation FHIR API.

use super::nems::identifier_of;
use super::{digest, incomplete, person};
use crate::error::{Error, Finding};
use crate::exchange::fhir::{Bundle, DateTime, Element};
use crate::notification::{
    Action, Channel, MessageKey, NO_LAST_UPDATED, Notification, Order, Payload, StateKey, Vaccination,
};

/// Reads an Immunization. Whether it is new or deleted stands in the request that carried it, not in
/// the resource: this reads a `new`, unless the resource says of itself that it was entered in error.
pub(super) fn read(root: &Element) -> Result<Notification, Error> {
    let patient = root
        .all("contained")
        .find(|resource| resource.value.as_deref() == Some("Patient"))
        .ok_or_else(|| incomplete("contained Patient"))?;
    let mut findings = Vec::new();
    let none = Element::default();
    let subject = person::child(patient, &Bundle::new(&none), &mut findings);
    let identifier = identifier_of(root, "Immunization.identifier")?;
    let code = |concept: Option<&Element>| concept.and_then(|e| e.text(&["coding", "code"])).map(str::to_owned);
    let protocol = root.child("protocolApplied");
    let vaccination = Vaccination {
        given: root.text(&["status"]) == Some("completed"),
        reason_not_given: code(root.child("statusReason")),
        procedure: code(root.extension("VaccinationProcedure").and_then(|e| e.child("valueCodeableConcept"))),
        // NAVU is the null flavour for a product not recorded.
        product: code(root.child("vaccineCode")).filter(|code| code != "NAVU"),
        date: root.text(&["occurrenceDateTime"]).and_then(DateTime::parse).map(|read| read.date),
        dose: protocol.and_then(|p| p.text(&["doseNumberPositiveInt"])).and_then(|text| text.parse().ok()),
        diseases: protocol.into_iter().flat_map(|p| p.all("targetDisease")).filter_map(|d| code(Some(d))).collect(),
        organisation: root
            .all("performer")
            .filter_map(|performer| performer.child("actor"))
            .find_map(|actor| actor.text(&["identifier", "value"]))
            .map(str::to_owned),
    };
    let instant = |path: &[&str]| root.text(path).and_then(DateTime::parse).and_then(|read| read.instant);
    let last_updated = instant(&["meta", "lastUpdated"]).map(|i| i.microseconds());
    if last_updated.is_none() {
        findings.push(Finding::new(&NO_LAST_UPDATED, ""));
    }
    let digest = digest::of(root);
    let event = "imms-vaccination".to_owned();
    Ok(Notification {
        key: MessageKey {
            channel: Channel::ImmsFhir,
            source: identifier.system.clone(),
            event: event.clone(),
            id: identifier.value.clone(),
            digest,
        },
        state: StateKey { event, system: identifier.system, value: identifier.value },
        order: Order {
            last_updated,
            version: root.text(&["meta", "versionId"]).and_then(|text| text.parse().ok()),
            timestamp: instant(&["recorded"]).map(|i| i.microseconds()),
            digest,
        },
        action: if root.text(&["status"]) == Some("entered-in-error") { Action::Delete } else { Action::New },
        subject,
        payload: Payload::Vaccination(vaccination),
        findings,
    })
}
