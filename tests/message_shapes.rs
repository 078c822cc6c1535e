//! Every shape of message that child health receives, one by one: a row of a table for each shape of
//! `docs/messages.md`, with what must be read of it. Samples are the published ones; a form of which no sample may be
//! copied (older generations of codes, JSON, messages inside ITK messages) is made from a published one by the rule
//! that tells the two apart.
#![cfg(feature = "messages")]

use childlink::exchange::fhir::{Element, Limits};
use childlink::exchange::message::{self, read_file};
use childlink::identity::column::Column;
use childlink::identity::raw::RawFields;
use childlink::index::ChildIndex;
use childlink::linkage::model::Model;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::notification::{
    Action, Channel, Content, DeathStatus, LifeStatus, Notification, Notifications, Payload, Programme, Settlement,
};
use serde_json::{Map, Value, json};

fn sample(name: &str) -> String {
    let path = format!("{}/tests/cases/messages/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn read(text: &str) -> Notification {
    message::read(text.as_bytes(), Limits::default()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn refused(text: &str) -> &'static str {
    message::read(text.as_bytes(), Limits::default()).unwrap_err().code
}

fn codes(message: &Notification) -> Vec<&'static str> {
    message.findings.iter().map(|finding| finding.code.id).collect()
}

/// The published samples of NEMS with what each must be read as: event, action, the thing that it is about, the child's
/// number, kind of payload.
const NEMS: [(&str, &str, Action, &str, &str, &str); 17] = [
    ("BirthNotificationWithMother", "pds-birth-notification-1", Action::New, "9912003888", "9912003888", "birth"),
    ("BirthNotificationWithoutMother", "pds-birth-notification-1", Action::New, "5900005879", "5900005879", "birth"),
    (
        "PDS-Change-Of-Address-ems-example",
        "pds-change-of-address-1",
        Action::New,
        "9912003888",
        "9912003888",
        "address",
    ),
    ("PDS-Change-Of-GP-ems-example", "pds-change-of-gp-1", Action::New, "9912003888", "9912003888", "practice"),
    (
        "PDS-Death-Notification-formal-ems-example",
        "pds-death-notification-1",
        Action::New,
        "6101231234",
        "6101231234",
        "death",
    ),
    (
        "PDS-Death-Notification-removed-ems-example",
        "pds-death-notification-1",
        Action::New,
        "6101231234",
        "6101231234",
        "death",
    ),
    ("PDS-Record-Change", "pds-record-change-1", Action::New, "9912003888", "9912003888", "change"),
    ("newborn-hearing-1-new", "newborn-hearing-1", Action::New, "abc1111", "9912003888", "hearing"),
    ("newborn-hearing-1-update", "newborn-hearing-1", Action::New, "abc1111", "9912003888", "hearing"),
    ("nipe-outcome-1-new", "nipe-outcome-1", Action::New, "abc1111", "9912003888", "physical"),
    ("nipe-outcome-1-delete", "nipe-outcome-1", Action::Delete, "abc1111", "9912003888", "physical"),
    ("blood-spot-test-outcome-1-new", "blood-spot-test-outcome-1", Action::New, "abc1111", "9912003888", "blood spot"),
    (
        "blood-spot-test-outcome-1-delete",
        "blood-spot-test-outcome-1",
        Action::Delete,
        "abc1111",
        "9912003888",
        "blood spot",
    ),
    ("vaccinations-1-new", "vaccinations-1", Action::New, "abc1111", "9912003888", "vaccination"),
    ("vaccinations-1-notgiven-new", "vaccinations-1", Action::New, "ims11111", "9912003888", "vaccination"),
    ("vaccinations-1-delete", "vaccinations-1", Action::Delete, "abc1111", "9912003888", "vaccination"),
    ("Professional-Contacts-1-new", "professional-contacts-1", Action::New, "abc1111", "9912003888", "contact"),
];

fn kind(payload: &Payload) -> &'static str {
    match payload {
        Payload::Birth(_) => "birth",
        Payload::AddressChange => "address",
        Payload::PracticeChange(_) => "practice",
        Payload::Death(_) => "death",
        Payload::RecordChange => "change",
        Payload::Screening(screening) => match screening.programme {
            Programme::Hearing => "hearing",
            Programme::Physical => "physical",
            Programme::BloodSpot => "blood spot",
        },
        Payload::Vaccination(_) => "vaccination",
        Payload::Contact(_) => "contact",
        Payload::Demographics => "demographics",
        Payload::Merge { .. } => "merge",
        Payload::Signal(_) => "signal",
    }
}

#[test]
fn all_ten_events_of_nems_are_read() {
    let mut events = std::collections::BTreeSet::new();
    for (name, event, action, thing, number, what) in NEMS {
        let message = read(&sample(&format!("nems_{name}.xml")));
        assert_eq!((message.key.channel, message.key.event.as_str()), (Channel::Nems, event), "{name}");
        assert_eq!((message.action, message.state.value.as_str()), (action, thing), "{name}");
        assert_eq!((message.subject.get(Column::NhsNumber), kind(&message.payload)), (Some(number), what), "{name}");
        assert_eq!(message.state.event, event, "{name}");
        events.insert(event);
    }
    assert_eq!(events.len(), 10);
}

#[test]
fn json_says_what_xml_says() {
    // The MNS sandbox renders NEMS events as STU3 JSON.
    for (name, ..) in NEMS {
        let xml = sample(&format!("nems_{name}.xml"));
        let json = json_of(&Element::read(xml.as_bytes(), Limits::default()).unwrap()).to_string();
        assert_eq!(read(&json), read(&xml), "{name}");
    }
}

#[test]
fn a_message_inside_an_itk_message_is_the_message() {
    // ITK3: a message Bundle whose focus is a second message Bundle.
    for (name, ..) in NEMS {
        let xml = sample(&format!("nems_{name}.xml"));
        let inner = &xml[xml.find("<Bundle").unwrap()..];
        let header = r#"<MessageHeader><id value="outer"/><event><system value="https://fhir.nhs.uk/STU3/CodeSystem/ITK-MessageEvent-2"/>
            <code value="ITK011M"/></event><focus><reference value="urn:uuid:inner"/></focus></MessageHeader>"#;
        let wrapped = format!(
            r#"<Bundle xmlns="http://hl7.org/fhir"><type value="message"/><entry><resource>{header}</resource></entry>
            <entry><fullUrl value="urn:uuid:inner"/><resource>{inner}</resource></entry></Bundle>"#
        );
        assert_eq!(read(&wrapped), read(&xml), "{name}");
    }
}

#[test]
fn older_generations_of_codes_are_the_events_that_they_became() {
    // Code systems EMS-EventType-1 and DCH-ChildHealthEventType-1, with their own copies of the extension for the kind
    // of message; the older messages have headers without an id, and birth order as text.
    for (name, old) in [
        ("BirthNotificationWithMother", "PDS003"),
        ("PDS-Change-Of-Address-ems-example", "PDS002"),
        ("PDS-Change-Of-GP-ems-example", "PDS001"),
        ("PDS-Death-Notification-formal-ems-example", "PDS004"),
        ("newborn-hearing-1-new", "CH021"),
        ("nipe-outcome-1-new", "CH024"),
        ("blood-spot-test-outcome-1-new", "CH035"),
        ("vaccinations-1-new", "CH015"),
        ("Professional-Contacts-1-new", "CH027"),
    ] {
        let (_, event, ..) = NEMS.into_iter().find(|row| row.0 == name).unwrap();
        let xml = sample(&format!("nems_{name}.xml"));
        let now = read(&xml);
        for prefix in ["EMS", "DCH"] {
            let older = xml
                .replace(&format!("\"{event}\""), &format!("\"{old}\""))
                .replace("Extension-MessageEventType-1", &format!("Extension-{prefix}-MessageEventType-1"))
                .replace("Extension-RoutingDemographics-1", &format!("Extension-{prefix}-RoutingDemographics-1"));
            assert!(older.contains(old) && older != xml, "{name}");
            let then = read(&older);
            assert_eq!((&then.subject, &then.payload, &then.state), (&now.subject, &now.payload, &now.state), "{name}");
            assert_eq!((then.key.event.as_str(), then.action), (event, now.action), "{name}");
        }
    }
    let birth = sample("nems_BirthNotificationWithMother.xml");
    let mut json = json_of(&Element::read(birth.as_bytes(), Limits::default()).unwrap());
    for entry in json["entry"].as_array_mut().unwrap() {
        let resource = entry["resource"].as_object_mut().unwrap();
        if resource["resourceType"] == "MessageHeader" {
            resource.remove("id");
        }
    }
    let headless = read(&json.to_string());
    assert_eq!((headless.key.id.as_str(), headless.subject.get(Column::BirthOrder)), ("", Some("1")));
    assert_eq!(headless.payload, read(&birth).payload);
    // Events that are none of these are for a person: births in full, failsafe messages.
    for other in ["CH005", "FM001", "birth-details-1"] {
        assert_eq!(refused(&birth.replace("pds-birth-notification-1", other)), "notification/unknown-event");
    }
}

#[test]
fn screening_outcomes_hold_every_test() {
    let results = |name: &str| match read(&sample(name)).payload {
        Payload::Screening(screening) => screening.results,
        other => panic!("{other:?}"),
    };
    let codes = |name: &str| results(name).into_iter().map(|result| result.code).collect::<Vec<String>>();
    // Hearing: AABR and AOAE, each ear with an outcome of its own; and an overall outcome.
    let hearing = results("nems_newborn-hearing-1-new.xml");
    for test in ["413083006", "446077009"] {
        let ears = hearing.iter().filter(|result| result.code == test);
        let outcomes: std::collections::BTreeSet<_> = ears.map(|result| &result.outcome).collect();
        assert_eq!(outcomes.len(), 2, "{test}");
    }
    // NIPE: hips, eyes, heart, and testes of a boy.
    let nipe = codes("nems_nipe-outcome-1-new.xml");
    for test in ["985531000000102", "988361000000105", "988351000000107"] {
        assert!(nipe.contains(&test.to_owned()), "{test} in {nipe:?}");
    }
    // Blood spot, with the codes that January 2025 corrected and added: cystic fibrosis and tyrosinaemia.
    let spot = codes("nems_blood-spot-test-outcome-1-new.xml");
    for test in [
        "314081000",
        "314090007",
        "171191008",
        "400984005",
        "428056008",
        "940201000000107",
        "940221000000103",
        "940131000000109",
        "940151000000102",
        "1239891000000106",
        "2201661000000107",
    ] {
        assert!(spot.contains(&test.to_owned()), "{test} in {spot:?}");
    }
}

#[test]
fn signals_of_mns_are_read_in_both_shapes() {
    // A FHIR R4 history Bundle, and CloudEvents; version 2 has no demographics, version 1 is read for its number alone.
    for event in ["pds-change-of-gp-2", "pds-death-notification-2", "imms-vaccination-record-change-1"] {
        let signal = read(&sample(&format!("mns_{event}.json")));
        assert_eq!((signal.key.channel, signal.key.event.as_str()), (Channel::Mns, event));
        assert_eq!((kind(&signal.payload), signal.state.value.as_str()), ("signal", "9912003888"));
        assert!(!signal.key.source.is_empty() && signal.order.timestamp.is_some(), "{event}");
    }
    for event in [
        "nhs-number-change-2",
        "pds-record-change-2",
        "patientflags-change-1",
        "gpreg-change-gp-req-1",
        "pds-change-of-gp-1",
    ] {
        let cloud = json!({
            "specversion": "1.0", "id": "7", "source": "uk.nhs.pds", "type": event, "subject": "9912003888",
            "time": "2026-03-04T16:45:49Z", "dataref": "https://pds/Patient/9912003888",
            "data": {"familyName": "Dawkins", "birthDate": "2017-10-02"},
        });
        let signal = read(&cloud.to_string());
        assert_eq!((signal.key.event.as_str(), signal.state.value.as_str()), (event, "9912003888"));
        assert_eq!(signal.key.source, "uk.nhs.pds");
        assert_eq!(signal.subject.get(Column::FamilyName), None);
        let nobody = json!({"specversion": "1.0", "id": "7", "source": "s", "type": event});
        assert_eq!(refused(&nobody.to_string()), "notification/no-subject");
    }
}

#[test]
fn a_birth_bundle_of_pds_is_about_the_baby() {
    let text = sample("pds_create-at-birth-maximal.json")
        .replace("#(babyGivenName)", "Baby")
        .replace("#(motherNhsNumber)", "9434765919")
        .replace("#(babyBirthDate)", "2026-11-02")
        .replace("#(babyBirthTime)", "2026-11-02T04:05:00+00:00")
        .replace("#(babyBirthOrder)", "2")
        .replace("#(babyBirthWeight)", "3120")
        .replace("#(familyName)", "Vantongeren")
        .replace("#(givenName)", "Ida")
        .replace("#(birthDate)", "1994-05-06");
    let birth = read(&text);
    let subject = |column| birth.subject.get(column);
    assert_eq!((birth.key.channel, birth.key.event.as_str()), (Channel::Pds, "pds-birth-notification-1"));
    assert_eq!((subject(Column::GivenName), subject(Column::FamilyName)), (Some("Baby"), Some("Vantongeren")));
    assert_eq!((subject(Column::BirthDate), subject(Column::BirthTime)), (Some("2026-11-02"), Some("04:05")));
    assert_eq!((subject(Column::BirthOrder), subject(Column::GestationWeeks)), (Some("2"), Some("38")));
    assert_eq!((subject(Column::NhsNumber), subject(Column::MotherNhsNumber)), (None, Some("9434765919")));
    assert_eq!((subject(Column::MotherGivenName), subject(Column::MotherBirthDate)), (Some("Ida"), Some("1994-05-06")));
    let Payload::Birth(details) = &birth.payload else { panic!() };
    assert_eq!((details.life, details.births, details.weight_grams), (Some(LifeStatus::Live), Some(1), Some(3120)));
    assert_eq!(details.delivery_place.as_deref(), Some("RR8G5"));
    assert_eq!(details.partner_organisation.as_deref(), Some("XYZ123"));
    assert_eq!(details.responsible_organisation.as_deref(), Some("Y98765"));
}

#[test]
fn the_status_of_a_number_is_understood_in_all_its_code_systems() {
    // STU3 writes the figures of the Data Dictionary, UK Core words. Only "present and verified" joins messages.
    let gp = sample("nems_PDS-Change-Of-GP-ems-example.xml");
    let status = r#"<code value="01"/>"#;
    assert_eq!(gp.matches(status).count(), 1);
    for (code, figures, verified) in [
        ("01", "01", true),
        ("02", "02", false),
        ("08", "08", false),
        ("number-present-and-verified", "01", true),
        ("trace-required", "03", false),
        ("trace-postponed", "08", false),
        ("number-present-and-traced-using-welsh-nhs-ar", "number-present-and-traced-using-welsh-nhs-ar", false),
    ] {
        let message = read(&gp.replace(status, &format!("<code value=\"{code}\"/>")));
        assert_eq!(message.subject.get(Column::NhsNumberStatus), Some(figures), "{code}");
        assert_eq!(!codes(&message).contains(&"notification/number-not-verified"), verified, "{code}");
    }
}

#[test]
fn an_immunisation_of_imms_is_read_with_and_without_what_may_be_missing() {
    let text = sample("imms_completed_mmr_immunization_event.json");
    let whole = read(&text);
    assert_eq!((whole.key.channel, whole.action), (Channel::ImmsFhir, Action::New));
    assert_eq!(whole.state.system, whole.key.source);
    let mut json: Value = serde_json::from_str(&text).unwrap();
    // NAVU: no product recorded. A dose without a number is a text. The NHS number is given if known.
    json["vaccineCode"] = json!({"coding": [{"code": "NAVU"}]});
    json["protocolApplied"][0].as_object_mut().unwrap().remove("doseNumberPositiveInt");
    json["protocolApplied"][0]["doseNumberString"] = json!("Dose sequence not recorded");
    for resource in json["contained"].as_array_mut().unwrap() {
        resource.as_object_mut().unwrap().remove("identifier");
    }
    let less = read(&json.to_string());
    let Payload::Vaccination(dose) = &less.payload else { panic!() };
    assert_eq!((dose.product.as_deref(), dose.dose, dose.given), (None, None, true));
    assert_eq!(less.subject.get(Column::NhsNumber), None);
    assert_eq!(less.state, whole.state);
    json["status"] = json!("not-done");
    let Payload::Vaccination(refused_dose) = read(&json.to_string()).payload else { panic!() };
    assert!(!refused_dose.given);
    json["status"] = json!("entered-in-error");
    assert_eq!(read(&json.to_string()).action, Action::Delete);
    json.as_object_mut().unwrap().remove("contained");
    assert_eq!(refused(&json.to_string()), "notification/incomplete");
}

#[test]
fn of_the_versions_of_an_immunisation_the_last_holds() {
    // FHIR R4, Resource.meta: versionId changes with each change, lastUpdated with it. Every version says "completed".
    let of_jack = sample("imms_completed_mmr_immunization_event.json").replace("9990548609", "9912003888");
    let of_jack = of_jack.replace("Taylor", "Dawkins").replace("Sarah", "Jack").replace("1965-02-28", "2017-10-02");
    let mut json: Value = serde_json::from_str(&of_jack).unwrap();
    let mut version = |number: u32, day: &str, given: &str| {
        json["meta"] = json!({"versionId": number.to_string(), "lastUpdated": format!("2026-03-0{number}T09:00:00Z")});
        json["occurrenceDateTime"] = json!(format!("2026-02-{day}"));
        json["status"] = json!(given);
        read(&json.to_string())
    };
    let (first, second) = (version(1, "11", "completed"), version(2, "12", "completed"));
    let withdrawn = version(3, "12", "entered-in-error");
    let mut other = version(2, "14", "completed");
    let doses = |messages: Vec<Notification>| {
        let settlement = settled(messages);
        let dates = settlement.facts.iter().filter_map(|fact| match &fact.content {
            Content::Vaccination(dose) => dose.date.map(|date| date.to_string()),
            _ => None,
        });
        (dates.collect::<Vec<_>>(), settlement.queue.len())
    };
    for two in [vec![first.clone(), second.clone()], vec![second.clone(), first.clone()]] {
        assert_eq!(doses(two), (vec!["2026-02-12".to_owned()], 0));
    }
    assert_eq!(doses(vec![withdrawn, second.clone(), first.clone()]), (vec![], 0));
    // Two bodies of one version: nobody can tell which is right.
    assert_eq!(doses(vec![first, second.clone(), other.clone()]), (vec![], 1));
    other.order.version = Some(3);
    assert_eq!(doses(vec![second, other]), (vec!["2026-02-14".to_owned()], 0));
}

#[test]
fn a_record_that_its_message_calls_restricted_is_sensitive() {
    // PDS FHIR API: meta.security R, V and REDACTED; HL7 version 2.4, PD1-12. What is open lifts nothing.
    let birth = sample("nems_BirthNotificationWithMother.xml");
    let born = "<birthDate value=\"2017-10-02\">";
    let mother = "<birthDate value=\"1987-10-02\"/>\n\t\t\t\t<generalPractitioner>";
    for place in [born, mother] {
        assert_eq!(birth.matches(place).count(), 1, "{place}");
        for (label, flag) in [("U", None), ("R", Some("R")), ("V", Some("V")), ("REDACTED", Some("REDACTED"))] {
            let meta = format!("<meta><security><code value=\"{label}\"/></security></meta>{place}");
            let message = read(&birth.replace(place, &meta));
            assert_eq!(message.subject.get(Column::Sensitive), flag, "{label}");
        }
    }
    for (indicator, flag) in [("", None), ("N", None), ("\"\"", None), ("Y", Some("Y"))] {
        let message = read(&format!("{A31}PD1||||||||||||{indicator}\r"));
        assert_eq!(message.subject.get(Column::Sensitive), flag, "{indicator}");
    }
}

/// A batch of one row under the file name that says when it was made.
fn batch(at: &str, row: &str) -> Vec<Notification> {
    let header = sample("imms_test-batch-data.csv").lines().next().unwrap().to_owned();
    let name = format!("MMR_Vaccinations_V5_X26_{at}.csv");
    let pieces = read_file(&name, format!("{header}\n{row}\n").as_bytes(), Limits::default());
    pieces.into_iter().map(|piece| piece.outcome.unwrap()).collect()
}

#[test]
fn a_batch_file_deletes_and_reinstates_by_the_time_in_its_name() {
    let row = sample("imms_test-batch-data.csv").lines().nth(1).unwrap().to_owned();
    let new = |at: &str| batch(at, &row).remove(0);
    let delete = |at: &str| {
        let ids = "|||||||||MMR_CDFDPS-1330325--27-0801|HTTPS://ravsTest-123|DELETE||||||||||||||||||||||";
        batch(at, ids).remove(0)
    };
    let first = new("20260301T10000000");
    assert_eq!((first.subject.get(Column::BirthDate), first.subject.get(Column::Sex)), (Some("20030731"), Some("2")));
    let holds = |messages: Vec<Notification>| {
        let settlement = settled(messages);
        (settlement.withdrawn.len(), settlement.queue.iter().map(|queued| queued.code.id).collect::<Vec<_>>())
    };
    let waiting = vec!["notification/unknown-child"];
    // Ten o'clock by summer time comes before ten o'clock by winter time.
    assert_eq!(holds(vec![new("20260301T10000001"), delete("20260301T10000000")]), (1, vec![]));
    assert_eq!(holds(vec![delete("20260301T10000000"), new("20260301T10000001")]), (1, vec![]));
    assert_eq!(holds(vec![delete("20260301T10000000"), new("20260302T10000000")]), (0, waiting));
}

const A31: &str = "MSH|^~\\&|PAS|RR8|CHIS|TAD|20260304164549+0000||ADT^A31^ADT_A05|M1|P|2.4\r\
    PID|1||9912003888^^^NHS^NH||Dawkins^Jack||20171002|M|||1 High St^^Leeds^^LS17 7DF|||||||||||||||||||||01\r";

#[test]
fn people_of_hl7_are_added_changed_and_merged() {
    for (text, event, action, what) in [
        (A31.to_owned(), "adt-a31", Action::Update, "demographics"),
        (A31.replace("A31^ADT_A05", "A28^ADT_A05"), "adt-a28", Action::New, "demographics"),
        (A31.replace("A31^ADT_A05", "A40^ADT_A39") + "MRG|9990548609^^^NHS^NH\r", "adt-a40", Action::Update, "merge"),
    ] {
        let message = read(&text);
        assert_eq!((message.key.channel, message.key.event.as_str()), (Channel::Hl7v2, event));
        assert_eq!((message.action, kind(&message.payload)), (action, what));
        assert_eq!((message.key.id.as_str(), message.key.source.as_str()), ("M1", "RR8"));
        assert_eq!(message.subject.get(Column::NhsNumber), Some("9912003888"));
        assert_eq!(read(&text.replace('\r', "\n")).subject, message.subject);
    }
    // Of a date of death only the day; before the birth it is told.
    let dead = A31.replace("LS17 7DF||||||||||||||||||", "LS17 7DF||||||||||||||||||20260301|Y|");
    let dead = dead.replace("20260301|Y||||01", "20260301|Y||01");
    assert_eq!(read(&dead).subject.get(Column::DeathDate), Some("20260301"), "{dead}");
    assert_eq!(codes(&read(&dead.replace("20260301|Y", "20160301|Y"))), ["notification/death-before-birth"]);
    assert_eq!(refused(&A31.replace("A31", "A08")), "notification/unknown-event");
    let latin = A31.replace("Jack", "Ren\u{fffd}").into_bytes();
    let latin: Vec<u8> = latin.split(|&byte| byte == 0xef).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&0xc9);
    assert_eq!(message::read(&latin, Limits::default()).unwrap_err().code, "message/encoding");
}

/// An index of one child, Jack Dawkins, who is child 1.
fn index() -> ChildIndex {
    let mut builder = TableBuilder::new(0);
    let source = builder.source("register");
    let mut fields = RawFields::new();
    for (column, text) in [
        (Column::RecordId, "1"),
        (Column::NhsNumber, "9912003888"),
        (Column::GivenName, "Jack"),
        (Column::FamilyName, "Dawkins"),
        (Column::BirthDate, "2017-10-02"),
        (Column::Postcode, "LS17 7DF"),
    ] {
        fields.set(column, text);
    }
    builder.push(source, 1, &fields);
    let table = Table::build(vec![builder]).table;
    ChildIndex::load(&ChildIndex::build(&table, &Model::child_health(), &[1]).unwrap()).unwrap()
}

fn settled(messages: Vec<Notification>) -> Settlement {
    let mut index = index();
    let mut notifications = Notifications::new(&index);
    messages.into_iter().for_each(|message| {
        notifications.receive(message);
    });
    notifications.settle(&mut index, &mut |_| Ok(())).unwrap()
}

#[test]
fn a_result_of_the_laboratory_and_of_nems_is_one_fact_with_two_sources() {
    let nems = sample("nems_blood-spot-test-outcome-1-new.xml").replace("2013-10-12", "2017-10-02");
    let results = match read(&nems).payload {
        Payload::Screening(screening) => screening.results,
        other => panic!("{other:?}"),
    };
    let mut file = "laboratory,accession,test,outcome,sample_date,nhs_number,family_name,birth_date\n".to_owned();
    // The national event tells no day of the sample, the laboratory does. It still writes the code that cystic fibrosis
    // had.
    for result in &results {
        let (test, outcome) = (result.code.replace("171191008", "314080004"), result.outcome.as_deref().unwrap());
        file += &format!("RVW,A7,{test},{outcome},2017-10-09,9912003888,Dawkins,2017-10-02\n");
    }
    let report = |file: &str| read_file("lab.csv", file.as_bytes(), Limits::default()).remove(0).outcome.unwrap();
    let settlement = settled(vec![report(&file), read(&nems)]);
    assert!(settlement.queue.is_empty(), "{:?}", settlement.queue);
    let of_both = settlement.facts.iter().filter(|fact| {
        let channels: Vec<Channel> = fact.sources.iter().map(|(channel, _)| *channel).collect();
        let day = |content: &Content| match content {
            Content::Screen { date, .. } => date.map(|date| date.to_string()),
            _ => None,
        };
        let dated = day(&fact.content).as_deref() == Some("2017-10-09");
        fact.child == 1 && dated && channels == [Channel::Nems, Channel::Laboratory]
    });
    assert_eq!((results.len(), of_both.count()), (11, 11), "{:?}", settlement.facts);
    assert_eq!(settlement.facts.len(), 11);
}

#[test]
fn no_kind_of_message_hides_a_death() {
    // A child that is dead has nothing due: a stillbirth, a baby that died, and a hospital's word count as a notice
    // does.
    let birth = sample("nems_BirthNotificationWithMother.xml");
    let deaths = |messages: Vec<Notification>| {
        let settlement = settled(messages);
        assert!(settlement.queue.is_empty(), "{:?}", settlement.queue);
        let facts = settlement.facts.into_iter().filter_map(|fact| match fact.content {
            Content::Death(death) => Some((death.date.map(|date| date.to_string()), death.status, fact.sources.len())),
            _ => None,
        });
        facts.collect::<Vec<_>>()
    };
    assert_eq!(deaths(vec![read(&birth)]), []);
    let stillborn = {
        let (before, after) = birth.split_at(birth.find("237364002").unwrap());
        let after = after.replacen("<code value=\"1\"/>", "<code value=\"2\"/>", 1);
        read(&format!("{before}{after}"))
    };
    assert!(matches!(&stillborn.payload, Payload::Birth(birth) if birth.life == Some(LifeStatus::Stillborn)));
    let formal = |date: &str, sources| (Some(date.to_owned()), DeathStatus::Formal, sources);
    assert_eq!(deaths(vec![stillborn.clone()]), [formal("2017-10-02", 1)]);
    let hl7 = |dead: &str, at: &str| {
        let text = A31.replace("20260304164549", at).replace("M1", at);
        read(
            &text
                .replace("LS17 7DF||||||||||||||||||", &format!("LS17 7DF||||||||||||||||||{dead}|"))
                .replace("||||01", "|||01"),
        )
    };
    assert_eq!(deaths(vec![hl7("20251103", "20260304000000")]), [formal("2025-11-03", 1)]);
    assert_eq!(deaths(vec![hl7("20251103", "20260304000000"), hl7("\"\"", "20260305000000")]), []);
    // Dead without a date: HL7 version 2.4, PID-30; FHIR, Patient.deceasedBoolean; a date that cannot be read.
    let of_hospital =
        A31.replace("||||01", "||||").replace("LS17 7DF|||||||||||||||||||||", "LS17 7DF|||||||||||||||||||Y||01");
    let unknown_day = || (None, DeathStatus::Formal, 1);
    assert_eq!(deaths(vec![read(&of_hospital)]), [unknown_day()]);
    assert_eq!(deaths(vec![read(&of_hospital.replace("|Y||01", "|N||01"))]), []);
    assert_eq!(deaths(vec![hl7("unknown", "20260304000000")]), [unknown_day()]);
    let born = "<birthDate value=\"2017-10-02\">";
    for (truth, expected) in [("true", vec![unknown_day()]), ("false", vec![])] {
        let told = birth.replace(born, &format!("<deceasedBoolean value=\"{truth}\"/>{born}"));
        assert_eq!(deaths(vec![read(&told)]), expected, "{truth}");
    }
    let kept = message::kept::write(&read(&of_hospital));
    assert!(message::kept::read(&kept).is_some_and(|message| message.subject.is_dead()), "kept from night to night");
    // A notice of death and a hospital's word of one day are one fact; the notice withdrawn takes back what came before.
    let notice = |name: &str| {
        let text = sample(&format!("nems_PDS-Death-Notification-{name}-ems-example.xml"));
        let text = text.replace("6101231234", "9912003888").replace("JONES", "DAWKINS");
        let mut message = read(&text);
        message.findings.clear();
        message
    };
    let (dead, withdrawn) = (notice("formal"), notice("removed"));
    assert_eq!(deaths(vec![dead.clone(), hl7("20171101", "20171105000000")]), [formal("2017-11-01", 2)]);
    let mut later = withdrawn.clone();
    (later.order.last_updated, later.key.id) = (dead.order.last_updated.map(|at| at + 1), "later".into());
    assert_eq!(deaths(vec![later.clone(), dead.clone(), hl7("20171101", "20171001000000")]), []);
    assert_eq!(deaths(vec![stillborn, later]), []);
}

/// A resource as FHIR's JSON writes it. Lists of one are written as a list where the sample repeats the element, which
/// is as much as the reader needs.
fn json_of(element: &Element) -> Value {
    let mut object = Map::new();
    if let Some(kind) = element.value.as_ref().filter(|_| !element.children.is_empty() || element.name == "resource") {
        object.insert("resourceType".to_owned(), json!(kind));
    }
    let mut names: Vec<&str> = element.children.iter().map(|child| child.name.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of_name: Vec<&Element> = element.children.iter().filter(|child| child.name == name).collect();
        let is_resource = matches!(name, "resource" | "contained");
        let values: Vec<Value> = of_name
            .iter()
            .map(|child| match &child.value {
                Some(text) if !is_resource => json!(text),
                _ => json_of(child),
            })
            .collect();
        // What stands beside a primitive value is in its other half.
        let halves = of_name.iter().map(|child| match &child.value {
            Some(_) if !is_resource && !child.children.is_empty() => {
                json_of(&Element { value: None, ..(*child).clone() })
            }
            _ => Value::Null,
        });
        let halves: Vec<Value> = halves.collect();
        let one_or_all = |mut values: Vec<Value>| if values.len() == 1 { values.remove(0) } else { json!(values) };
        if halves.iter().any(|half| !half.is_null()) {
            object.insert(format!("_{name}"), one_or_all(halves));
        }
        object.insert(name.to_owned(), one_or_all(values));
    }
    Value::Object(object)
}
