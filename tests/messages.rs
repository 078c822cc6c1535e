//! The published sample messages, read for what they say and for the faults they are known to hold.
#![cfg(feature = "messages")]

use childlink::exchange::fhir::Limits;
use childlink::exchange::message::{self, kept, read_file};
use childlink::identity::column::Column;
use childlink::notification::{Action, DeathStatus, LifeStatus, Notification, Payload, Programme};

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/cases/messages/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn read(name: &str) -> Notification {
    message::read(&sample(name), Limits::default()).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn codes(notification: &Notification) -> Vec<&str> {
    notification.findings.iter().map(|finding| finding.code.id).collect()
}

#[test]
fn a_birth_is_about_the_baby_and_never_about_the_mother() {
    // NEMS PDS Birth Notification 1: the header's patient is the mother, the baby is reached by
    // mother.link, RelatedPerson, patient.
    let birth = read("nems_BirthNotificationWithMother.xml");
    let subject = |column| birth.subject.get(column);
    assert_eq!(subject(Column::NhsNumber), Some("9912003888"));
    assert_eq!(subject(Column::GivenName), Some("Jack"));
    assert_eq!(subject(Column::BirthDate), Some("2017-10-02"));
    assert_eq!(subject(Column::BirthTime), Some("20:12"));
    assert_eq!(subject(Column::BirthOrder), Some("1"));
    assert_eq!(subject(Column::Address1), Some("4 Sandmoor Drive"));
    assert_eq!(subject(Column::Postcode), Some("LS17 7DF"));
    assert_eq!(subject(Column::MotherNhsNumber), Some("1112223330"));
    assert_eq!(subject(Column::MotherGivenName), Some("Sally"));
    assert_eq!(subject(Column::MotherBirthDate), Some("1987-10-02"));
    assert_eq!(subject(Column::GestationWeeks), Some("39"));
    assert_eq!(birth.state.value, "9912003888");
    let Payload::Birth(details) = &birth.payload else { panic!("{:?}", birth.payload) };
    assert_eq!(details.life, Some(LifeStatus::Live));
    assert_eq!((details.births, details.weight_grams), (Some(1), Some(3980)));
    assert_eq!(details.responsible_organisation.as_deref(), Some("TAD"));
    assert_eq!(details.partner_organisation.as_deref(), Some("RY6"));
    assert_eq!(details.delivery_place.as_deref(), Some("RR830"));
    // The sample relates mother and baby by code 12 of another code system.
    assert_eq!(codes(&birth), ["notification/relation-code"]);
}

#[test]
fn a_birth_without_the_mothers_number_still_finds_the_baby() {
    let birth = read("nems_BirthNotificationWithoutMother.xml");
    assert!(birth.subject.get(Column::NhsNumber).is_some());
    assert_eq!(birth.subject.get(Column::MotherNhsNumber), None);
    assert_eq!(birth.subject.get(Column::MotherFamilyName), Some("AZERA"));
    assert_ne!(birth.subject.get(Column::GivenName), Some("ROSA"));
}

#[test]
fn a_withdrawn_death_has_no_date_and_the_disagreeing_header_is_told() {
    // Status U removes an earlier death. All death samples carry header 9912003888 DAWKINS over
    // patient 6101231234 JONES.
    let withdrawn = read("nems_PDS-Death-Notification-removed-ems-example.xml");
    let Payload::Death(death) = &withdrawn.payload else { panic!() };
    assert_eq!((death.status, death.date), (DeathStatus::Withdrawn, None));
    assert!(codes(&withdrawn).contains(&"notification/header-disagrees"));
    let formal = read("nems_PDS-Death-Notification-formal-ems-example.xml");
    let Payload::Death(death) = &formal.payload else { panic!() };
    assert_eq!(death.status, DeathStatus::Formal);
    assert_eq!(death.date.map(|date| date.to_string()).as_deref(), Some("2017-11-01"));
    // The two share a message id: the id alone would drop one of them.
    assert_eq!(formal.key.id, withdrawn.key.id);
    assert_ne!(formal.key, withdrawn.key);
}

#[test]
fn moves_name_the_new_and_the_old() {
    let address = read("nems_PDS-Change-Of-Address-ems-example.xml");
    assert_eq!(address.payload, Payload::AddressChange);
    assert_eq!(address.subject.get(Column::PreviousPostcode), Some("WF14 0BQ"));
    assert_ne!(address.subject.get(Column::Postcode), Some("WF14 0BQ"));
    let practice = read("nems_PDS-Change-Of-GP-ems-example.xml");
    let Payload::PracticeChange(change) = &practice.payload else { panic!() };
    assert_eq!(change.practice.as_deref(), Some("B86056"));
    assert_eq!(change.previous.as_deref(), Some("B85612"));
}

#[test]
fn screening_is_kept_under_the_encounter_and_a_deletion_needs_no_patient() {
    let deletion = read("nems_blood-spot-test-outcome-1-delete.xml");
    assert_eq!(deletion.action, Action::Delete);
    assert_eq!(deletion.state.value, "abc1111");
    assert_eq!(deletion.subject.get(Column::NhsNumber), Some("9912003888"));
    let new = read("nems_blood-spot-test-outcome-1-new.xml");
    assert_eq!(new.state, deletion.state);
    assert!(new.order < deletion.order, "15:00 stands before 16:00");
    let Payload::Screening(screening) = &new.payload else { panic!() };
    assert_eq!(screening.programme, Programme::BloodSpot);
    let tested: Vec<&str> = screening.results.iter().map(|result| result.code.as_str()).collect();
    for condition in ["314081000", "314090007", "171191008", "400984005"] {
        assert!(tested.contains(&condition), "{condition}");
    }
    // One identifier value stands under several events: only with the event code is it a key.
    let hearing = read("nems_newborn-hearing-1-new.xml");
    assert_eq!(hearing.state.value, new.state.value);
    assert_ne!(hearing.state, new.state);
}

#[test]
fn a_vaccination_not_given_says_why() {
    let refused = read("nems_vaccinations-1-notgiven-new.xml");
    let Payload::Vaccination(vaccination) = &refused.payload else { panic!() };
    assert!(!vaccination.given);
    assert_eq!(vaccination.reason_not_given.as_deref(), Some("310376006"));
    let Payload::Vaccination(given) = read("nems_vaccinations-1-new.xml").payload else { panic!() };
    assert!(given.given);
    assert_eq!(given.procedure.as_deref(), Some("170433008"));
    assert_eq!(given.product.as_deref(), Some("34925411000001109"));
    assert_eq!(given.date.map(|date| date.to_string()).as_deref(), Some("2017-02-14"));
}

#[test]
fn signals_births_at_source_and_immunisations_are_told_by_their_shape() {
    for (name, event) in [
        ("mns_pds-change-of-gp-2.json", "pds-change-of-gp-2"),
        ("mns_pds-death-notification-2.json", "pds-death-notification-2"),
        ("mns_imms-vaccination-record-change-1.json", "imms-vaccination-record-change-1"),
    ] {
        let signal = read(name);
        assert_eq!((signal.key.event.as_str(), signal.state.value.as_str()), (event, "9912003888"), "{name}");
    }
    let cloud = br#"{"specversion":"1.0","id":"1","type":"nhs-number-change-2","source":"s","subject":"9912003888","time":"2026-03-04T16:45:49Z"}"#;
    assert_eq!(message::read(cloud, Limits::default()).unwrap().key.event, "nhs-number-change-2");
    let Payload::Birth(birth) = read("pds_create-at-birth-maximal.json").payload else { panic!() };
    assert_eq!((birth.life, birth.births), (Some(LifeStatus::Live), Some(1)));
    let immunisation = read("imms_completed_mmr_immunization_event.json");
    assert_eq!(immunisation.subject.get(Column::NhsNumber), Some("9990548609"));
    let Payload::Vaccination(given) = &immunisation.payload else { panic!() };
    assert_eq!(given.diseases, ["14189004", "36989005", "36653000"]);
    assert_eq!(given.dose, Some(1));
}

#[test]
fn every_published_event_sample_is_read_and_none_shows_its_values_in_debug() {
    let folder = format!("{}/tests/cases/messages", env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("nems_") {
            continue;
        }
        let shown = format!("{:?}", read(&name).subject);
        assert!(!shown.to_lowercase().contains("dawkins"), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 17);
}

#[test]
fn every_published_sample_is_kept_whole_and_taken_up_again() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/messages");
    let mut kept_messages = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for piece in read_file(&name, &std::fs::read(&path).unwrap(), Limits::default()) {
            let Ok(message) = piece.outcome else { continue };
            let line = kept::write(&message);
            assert!(!line.contains('\n'));
            assert_eq!(kept::read(&line), Some(message), "{name}");
            kept_messages += 1;
        }
    }
    assert!(kept_messages > 15, "{kept_messages}");
}

#[test]
fn xml_and_white_space_make_no_difference_to_the_digest_but_every_value_does() {
    let text = String::from_utf8(sample("nems_PDS-Change-Of-GP-ems-example.xml")).unwrap();
    let digest = |text: &str| message::read(text.as_bytes(), Limits::default()).unwrap().key.digest;
    assert_eq!(digest(&text), digest(&text.replace(['\t', '\n'], " ")));
    assert_ne!(digest(&text), digest(&text.replace("B85612", "B85613")));
}

#[test]
fn the_order_of_entries_makes_no_difference_to_what_is_read() {
    // Generic event requirements: after the header, entries come in any order.
    for name in ["nems_BirthNotificationWithMother.xml", "nems_nipe-outcome-1-new.xml", "nems_vaccinations-1-new.xml"] {
        let text = String::from_utf8(sample(name)).unwrap();
        let mut parts: Vec<&str> = text.split("<entry>").collect();
        let head = parts.remove(0);
        let last = parts.pop().unwrap().replace("</Bundle>", "");
        parts.push(&last);
        parts.reverse();
        let reversed = format!("{head}<entry>{}</Bundle>", parts.join("<entry>"));
        let (a, b) = (read(name), message::read(reversed.as_bytes(), Limits::default()).unwrap());
        assert_eq!((a.subject, a.payload, a.state), (b.subject, b.payload, b.state), "{name}");
    }
}

#[test]
fn what_is_not_a_message_is_refused_by_name() {
    for (text, code) in [
        ("{}", "notification/unknown-shape"),
        (r#"{"resourceType":"Bundle","type":"message"}"#, "notification/incomplete"),
        (r#"{"resourceType":"Patient"}"#, "notification/unknown-shape"),
        (
            r#"{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","event":{"code":"x-1"}}}]}"#,
            "notification/unknown-event",
        ),
    ] {
        assert_eq!(message::read(text.as_bytes(), Limits::default()).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn the_published_batch_file_is_read_row_by_row_with_its_faults_kept_apart() {
    // The sample has two rows of one UNIQUE_ID with different numbers and birth dates, one digit apart.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/messages/imms_test-batch-data.csv");
    let file = std::fs::File::open(path).unwrap();
    let rows: Vec<_> = message::imms_batch::BatchReader::new(file).unwrap().collect();
    let read: Vec<&Notification> = rows.iter().filter_map(|row| row.outcome.as_ref().ok()).collect();
    assert_eq!(read.len(), rows.len());
    assert_eq!(read[1].key.id, read[2].key.id);
    assert_ne!(read[1].key, read[2].key);
    assert_ne!(read[1].subject.get(Column::NhsNumber), read[2].subject.get(Column::NhsNumber));
}
