//! Births: the baby, never the mother.

use super::nems::person_identifier;
use super::{digest, incomplete, person};
use crate::error::{Error, Finding};
use crate::exchange::fhir::{Bundle, Element};
use crate::identity::column::Column;
use crate::notification::{
    Action, Birth, Channel, Identifier, LifeStatus, MessageKey, NO_LAST_UPDATED, Notification, Order, Payload,
    RELATION_CODE, StateKey, Subject,
};

/// Reads a PDS birth notification. The header and the Communication are about the **mother**; the
/// baby is the Patient reached from her link through a RelatedPerson.
///
/// # Source
/// NEMS, PDS Birth Notification 1.
pub(super) fn read_nems(
    bundle: &Bundle<'_>,
    header: &Element,
    in_header: &Subject,
    findings: &mut Vec<Finding>,
) -> Result<(Subject, Birth), Error> {
    let communication = bundle.follow(header, &["focus"]).or_else(|| bundle.of_type("Communication").next());
    let mother = communication.and_then(|about| bundle.follow(about, &["subject"]));
    let (relation, baby) = mother
        .into_iter()
        .flat_map(|mother| mother.all("link"))
        .filter_map(|link| bundle.follow(link, &["other"]))
        .chain(bundle.of_type("RelatedPerson"))
        .find_map(|relation| {
            let baby = bundle.follow(relation, &["patient"]).filter(|baby| baby.value.as_deref() == Some("Patient"))?;
            // A relation that leads back to the mother would put the birth on her record.
            let is_mother = mother.is_some_and(|mother| std::ptr::eq(mother, baby));
            (!is_mother).then_some((relation, baby))
        })
        .ok_or_else(|| incomplete("baby reached through RelatedPerson"))?;
    if !relation.all("relationship").any(|relationship| relationship.has_code("NMTH")) {
        findings.push(Finding::new(&RELATION_CODE, ""));
    }
    let mut subject = person::child(baby, bundle, findings);
    if let Some(mother) = mother {
        person::mother(mother, &mut subject, findings);
    }
    let columns = [
        (Column::NhsNumber, Column::MotherNhsNumber),
        (Column::FamilyName, Column::MotherFamilyName),
        (Column::BirthDate, Column::MotherBirthDate),
    ];
    person::compare_with_header(in_header, &subject, &columns, findings);
    let birth = details(bundle, &mut subject);
    Ok((subject, birth))
}

/// Reads the transaction Bundle that creates a PDS record at birth: the RelatedPerson in the role
/// GESTM names the baby, and the other Patient is the mother.
///
/// # Source
/// NHS England, Personal Demographics Service FHIR API, create at birth.
pub(super) fn read_pds(root: &Element) -> Result<Notification, Error> {
    let bundle = Bundle::new(root);
    let mut findings = Vec::new();
    let relation = bundle
        .of_type("RelatedPerson")
        .find(|relation| relation.all("relationship").any(|relationship| relationship.has_code("GESTM")))
        .ok_or_else(|| incomplete("RelatedPerson GESTM"))?;
    let baby = bundle.follow(relation, &["patient"]).ok_or_else(|| incomplete("baby reached through RelatedPerson"))?;
    let mut subject = person::child(baby, &bundle, &mut findings);
    if let Some(mother) = bundle.of_type("Patient").find(|patient| !std::ptr::eq(*patient, baby)) {
        person::mother(mother, &mut subject, &mut findings);
    }
    subject.set(Column::MotherNhsNumber, person::nhs_number(relation).and_then(|number| number.text(&["value"])));
    let birth = details(&bundle, &mut subject);
    let digest = digest::of(root);
    // A request to create has no number yet: then the message itself is the thing.
    let thing = person_identifier(&subject)
        .unwrap_or_else(|_| Identifier { system: "urn:childlink:digest".to_owned(), value: hex(&digest) });
    findings.push(Finding::new(&NO_LAST_UPDATED, ""));
    let event = "pds-birth-notification-1".to_owned();
    Ok(Notification {
        key: MessageKey {
            channel: Channel::Pds,
            source: String::new(),
            event: event.clone(),
            id: root.text(&["id"]).unwrap_or_default().to_owned(),
            digest,
        },
        state: StateKey { event, system: thing.system, value: thing.value },
        order: Order { last_updated: None, version: None, timestamp: None, digest },
        action: Action::New,
        subject,
        payload: Payload::Birth(birth),
        findings,
    })
}

/// What the Observations and episodes of a birth say. NEMS and PDS give some items different codes.
fn details(bundle: &Bundle<'_>, subject: &mut Subject) -> Birth {
    let observed = |codes: &[&str]| {
        bundle
            .of_type("Observation")
            .find(|seen| seen.child("code").is_some_and(|concept| codes.iter().any(|code| concept.has_code(code))))
    };
    let number = |codes: &[&str]| {
        let seen = observed(codes)?;
        seen.text(&["valueQuantity", "value"]).or_else(|| seen.text(&["valueInteger"]))?.parse::<f64>().ok()
    };
    // Length of gestation at birth (NEMS); fetal gestation at delivery (PDS). Whole weeks completed.
    if let Some(weeks) = number(&["412726003", "268477000"]) {
        subject.set(Column::GestationWeeks, Some(&format!("{}", weeks.floor())));
    }
    let whole = |codes: &[&str]| number(codes).filter(|n| (0.0..=100_000.0).contains(n)).map(|n| n.round() as u32);
    let stillborn = observed(&["237364002"]).and_then(|seen| seen.text(&["valueCodeableConcept", "coding", "code"]));
    let of_episode = |category: &str| {
        let episode = bundle.of_type("EpisodeOfCare").find(|e| e.all("type").any(|kind| kind.has_code(category)))?;
        person::organisation_code(episode.child("managingOrganization")?, bundle)
    };
    // PDS has one care team, whose members' parts are told by words alone: both have the code of a child health
    // service.
    let of_team = |part: &str| {
        let members = bundle.of_type("CareTeam").flat_map(|team| team.all("participant"));
        let is_it = |role: &Element| role.text(&["text"]).is_some_and(|text| text.eq_ignore_ascii_case(part));
        let member = members.into_iter().find(|member| member.all("role").any(is_it))?;
        person::organisation_code(member.child("member")?, bundle)
    };
    let place = || bundle.of_type("Location").find_map(|place| place.text(&["identifier", "value"]).map(str::to_owned));
    Birth {
        // 1 live, 2 ante-partum, 3 intra-partum, 4 indeterminate: the last three are stillbirths.
        life: match stillborn {
            Some("1") => Some(LifeStatus::Live),
            Some("2" | "3" | "4") => Some(LifeStatus::Stillborn),
            _ => None,
        },
        births: whole(&["382341000000101", "246435002"]),
        weight_grams: whole(&["364589006", "29463-7"]),
        responsible_organisation: of_episode("responsible-child-health-organisation")
            .or_else(|| of_team("Responsible child health")),
        partner_organisation: of_episode("partner-child-health-organisation")
            .or_else(|| of_team("Partner child health")),
        delivery_place: of_episode("delivery-place").or_else(place),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
