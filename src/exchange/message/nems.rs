//! NEMS event messages, FHIR STU3.
//!
//! # Source
//! NHS England, National Events Management Service, Events-Management specification (January 2025):
//! generic event requirements and one page per event.

use super::{birth, digest, incomplete, person, screening};
use crate::error::{Error, Finding};
use crate::exchange::fhir::{Bundle, DateTime, Element};
use crate::identity::column::Column;
use crate::notification::{
    Action, BAD_OFFSET, Channel, Contact, Death, DeathStatus, Identifier, MessageKey, NO_LAST_UPDATED, Notification,
    Order, Payload, PracticeChange, Programme, StateKey, Subject, Vaccination,
};

/// The events that are understood, with their codes of the two older generations.
///
/// # Source
/// Code systems EventType-1, EMS-EventType-1 and DCH-ChildHealthEventType-1.
const EVENTS: [(Event, &str, &str); 10] = [
    (Event::Birth, "pds-birth-notification-1", "PDS003"),
    (Event::Patient(PatientEvent::Address), "pds-change-of-address-1", "PDS002"),
    (Event::Patient(PatientEvent::Practice), "pds-change-of-gp-1", "PDS001"),
    (Event::Patient(PatientEvent::Death), "pds-death-notification-1", "PDS004"),
    (Event::Patient(PatientEvent::RecordChange), "pds-record-change-1", ""),
    (Event::Patient(PatientEvent::Screening(Programme::Hearing)), "newborn-hearing-1", "CH021"),
    (Event::Patient(PatientEvent::Screening(Programme::Physical)), "nipe-outcome-1", "CH024"),
    (Event::Patient(PatientEvent::Screening(Programme::BloodSpot)), "blood-spot-test-outcome-1", "CH035"),
    (Event::Patient(PatientEvent::Vaccination), "vaccinations-1", "CH015"),
    (Event::Patient(PatientEvent::Contact), "professional-contacts-1", "CH027"),
];

#[derive(Clone, Copy)]
enum Event {
    /// About a mother and her baby.
    Birth,
    /// About one patient.
    Patient(PatientEvent),
}

#[derive(Clone, Copy)]
enum PatientEvent {
    Address,
    Practice,
    Death,
    RecordChange,
    Screening(Programme),
    Vaccination,
    Contact,
}

/// Reads a message Bundle; an ITK message is opened first.
pub(super) fn read(root: &Element) -> Result<Notification, Error> {
    let root = innermost_message(root);
    let bundle = Bundle::new(root);
    let header = bundle.of_type("MessageHeader").next().ok_or_else(|| incomplete("MessageHeader"))?;
    let (event, event_code) = event_of(header)?;
    let mut findings = Vec::new();
    let in_header = person::from_header(header, &mut findings);
    let (subject, payload, thing) = match event {
        Event::Birth => {
            let (subject, birth) = birth::read_nems(&bundle, header, &in_header, &mut findings)?;
            (subject, Payload::Birth(birth), None)
        }
        Event::Patient(event) => about_a_patient(event, &bundle, header, in_header, &mut findings)?,
    };
    findings.extend(person::judge_death(&subject));
    let thing = match thing {
        Some(identifier) => identifier,
        None => person_identifier(&subject)?,
    };
    let digest = digest::of(root);
    Ok(Notification {
        key: MessageKey {
            channel: Channel::Nems,
            source: source_of(header),
            event: event_code.to_owned(),
            id: header.text(&["id"]).unwrap_or_default().to_owned(),
            digest,
        },
        state: StateKey { event: event_code.to_owned(), system: thing.system, value: thing.value },
        order: order_of(header, digest, &mut findings),
        action: action_of(header)?,
        subject,
        payload,
        findings,
    })
}

/// An ITK message's focus is a second message Bundle: the inner one is the event.
fn innermost_message(root: &Element) -> &Element {
    let mut message = root;
    while let Some(inner) = message
        .all("entry")
        .filter_map(|entry| entry.child("resource"))
        .find(|resource| resource.value.as_deref() == Some("Bundle") && resource.text(&["type"]) == Some("message"))
    {
        message = inner;
    }
    message
}

fn event_of(header: &Element) -> Result<(Event, &'static str), Error> {
    let code = header.text(&["event", "code"]).ok_or_else(|| incomplete("event"))?;
    let known = EVENTS.iter().find(|(_, current, older)| *current == code || (!older.is_empty() && *older == code));
    known.map(|&(event, current, _)| (event, current)).ok_or_else(|| {
        Error::new(
            "notification/unknown-event",
            "the event code is none that childlink understands",
            "keep the message for a person; the events that are read stand in the NEMS, MNS, PDS and IMMS catalogues",
        )
    })
}

fn action_of(header: &Element) -> Result<Action, Error> {
    let kind = header.extension("MessageEventType-1").and_then(|e| e.text(&["valueCodeableConcept", "coding", "code"]));
    match kind {
        Some("new") => Ok(Action::New),
        Some("update") => Ok(Action::Update),
        Some("delete") => Ok(Action::Delete),
        _ => Err(incomplete("messageEventType")),
    }
}

/// Who sent it: the endpoint, which PDS messages have when the name is missing, else the name.
fn source_of(header: &Element) -> String {
    header.text(&["source", "endpoint"]).or_else(|| header.text(&["source", "name"])).unwrap_or_default().to_owned()
}

fn order_of(header: &Element, digest: [u8; 32], findings: &mut Vec<Finding>) -> Order {
    let mut instant = |path: &[&str]| {
        let read = DateTime::parse(header.text(path)?)?;
        if read.bad_offset {
            findings.push(Finding::new(&BAD_OFFSET, ""));
        }
        read.instant.map(|instant| instant.microseconds())
    };
    let (last_updated, timestamp) = (instant(&["meta", "lastUpdated"]), instant(&["timestamp"]));
    if last_updated.is_none() {
        findings.push(Finding::new(&NO_LAST_UPDATED, ""));
    }
    let version = header.text(&["meta", "versionId"]).and_then(|text| text.parse().ok());
    Order { last_updated, version, timestamp, digest }
}

/// The NHS number as the thing a message is about; without one, nothing says which child it is.
pub(super) fn person_identifier(subject: &Subject) -> Result<Identifier, Error> {
    let value = subject.get(Column::NhsNumber).ok_or_else(|| {
        Error::new(
            "notification/no-subject",
            "the message carries no NHS number and nothing else that says whom it is about",
            "ask the sender which child is meant",
        )
    })?;
    let value = value.chars().filter(|c| !c.is_whitespace()).collect();
    Ok(Identifier { system: person::NHS_NUMBER.to_owned(), value })
}

type Read = (Subject, Payload, Option<Identifier>);

/// What an event other than a birth says, of whom, and of which identified thing.
fn about_a_patient(
    event: PatientEvent,
    bundle: &Bundle<'_>,
    header: &Element,
    in_header: Subject,
    findings: &mut Vec<Finding>,
) -> Result<Read, Error> {
    let patient = bundle.of_type("Patient").next();
    let subject = one_patient(patient, bundle, in_header, findings);
    let (payload, thing) = match event {
        PatientEvent::RecordChange => (Payload::RecordChange, None),
        PatientEvent::Address => (Payload::AddressChange, None),
        PatientEvent::Practice => (Payload::PracticeChange(practice_change(bundle, &subject)), None),
        PatientEvent::Death => (Payload::Death(death(patient)?), None),
        PatientEvent::Screening(programme) => {
            let (encounter, screening) = screening::read(programme, bundle, header)?;
            (Payload::Screening(screening), Some(encounter))
        }
        PatientEvent::Vaccination => {
            let (identifier, vaccination) = vaccination(bundle)?;
            (Payload::Vaccination(vaccination), Some(identifier))
        }
        PatientEvent::Contact => {
            let (episode, contact) = contact(bundle, header)?;
            (Payload::Contact(contact), Some(episode))
        }
    };
    Ok((subject, payload, thing))
}

/// The child of every event but a birth: the one Patient, or the header's person where a deletion
/// has no Patient.
fn one_patient(
    patient: Option<&Element>,
    bundle: &Bundle<'_>,
    in_header: Subject,
    findings: &mut Vec<Finding>,
) -> Subject {
    let Some(patient) = patient else { return in_header };
    let mut subject = person::child(patient, bundle, findings);
    let columns = [Column::NhsNumber, Column::FamilyName, Column::BirthDate].map(|column| (column, column));
    person::compare_with_header(&in_header, &subject, &columns, findings);
    // A professional contact's Patient needs only the NHS number: the header may know more.
    for column in [Column::NhsNumber, Column::FamilyName, Column::GivenName, Column::BirthDate] {
        if subject.get(column).is_none() {
            subject.set(column, in_header.get(column));
        }
    }
    subject
}

/// The new practice is the Patient's; the one left is that of the finished episode.
fn practice_change(bundle: &Bundle<'_>, subject: &Subject) -> PracticeChange {
    let finished = bundle.of_type("EpisodeOfCare").find(|episode| episode.text(&["status"]) == Some("finished"));
    let previous = finished
        .and_then(|episode| episode.child("managingOrganization"))
        .and_then(|reference| person::organisation_code(reference, bundle));
    PracticeChange { practice: subject.get(Column::GpPractice).map(str::to_owned), previous }
}

fn death(patient: Option<&Element>) -> Result<Death, Error> {
    let patient = patient.ok_or_else(|| incomplete("Patient"))?;
    let notice = patient.extension("DeathNotificationStatus-1").ok_or_else(|| incomplete("deathNotificationStatus"))?;
    let code =
        notice.extension("deathNotificationStatus").and_then(|e| e.text(&["valueCodeableConcept", "coding", "code"]));
    let status = match code {
        Some("1") => DeathStatus::Informal,
        Some("2") => DeathStatus::Formal,
        Some("U") => DeathStatus::Withdrawn,
        _ => return Err(incomplete("deathNotificationStatus")),
    };
    let date = |element: Option<&str>| element.and_then(DateTime::parse).map(|read| read.date);
    let died = date(patient.text(&["deceasedDateTime"])).filter(|_| status != DeathStatus::Withdrawn);
    let effective = date(notice.extension("systemEffectiveDate").and_then(|e| e.text(&["valueDateTime"])));
    Ok(Death { status, date: died, effective })
}

fn vaccination(bundle: &Bundle<'_>) -> Result<(Identifier, Vaccination), Error> {
    let given = bundle.of_type("Immunization").next().ok_or_else(|| incomplete("Immunization"))?;
    let snomed = |concept: Option<&Element>| concept.and_then(|e| e.text(&["coding", "code"])).map(str::to_owned);
    let vaccination = Vaccination {
        given: given.text(&["notGiven"]) != Some("true"),
        reason_not_given: snomed(given.at(&["explanation", "reasonNotGiven"])),
        procedure: snomed(given.extension("VaccinationProcedure-1").and_then(|e| e.child("valueCodeableConcept"))),
        product: snomed(given.child("vaccineCode")),
        date: given.text(&["date"]).and_then(DateTime::parse).map(|read| read.date),
        dose: given.text(&["vaccinationProtocol", "doseSequence"]).and_then(|text| text.parse().ok()),
        diseases: Vec::new(),
        organisation: None,
    };
    Ok((identifier_of(given, "Immunization.identifier")?, vaccination))
}

fn contact(bundle: &Bundle<'_>, header: &Element) -> Result<(Identifier, Contact), Error> {
    let episode = bundle
        .follow(header, &["focus"])
        .filter(|focus| focus.value.as_deref() == Some("EpisodeOfCare"))
        .or_else(|| bundle.of_type("EpisodeOfCare").next())
        .ok_or_else(|| incomplete("EpisodeOfCare"))?;
    let date = |path: &[&str]| episode.text(path).and_then(DateTime::parse).map(|read| read.date);
    let contact = Contact {
        service: episode.text(&["type", "coding", "code"]).map(str::to_owned),
        from: date(&["period", "start"]),
        to: date(&["period", "end"]),
    };
    Ok((identifier_of(episode, "EpisodeOfCare.identifier")?, contact))
}

/// The identifier that joins new, update and delete of one thing.
pub(super) fn identifier_of(resource: &Element, what: &str) -> Result<Identifier, Error> {
    let value = resource.text(&["identifier", "value"]).ok_or_else(|| {
        Error::new(
            "notification/no-identifier",
            format!("the message has no {what}"),
            "ask the sender to send it again in full",
        )
        .in_field(what)
    })?;
    let system = resource.text(&["identifier", "system"]).unwrap_or_default();
    Ok(Identifier { system: system.to_owned(), value: value.to_owned() })
}
