//! What is written as FHIR R4 satisfies the published schema, and says what the standard asks.

use childlink::date::PartialDate;
use childlink::error::{Error, Finding};
use childlink::exchange::fhir::{
    Element, Limits, MatchRequest, immunization, match_patient, of_error, of_findings, replaced_patient,
};
use childlink::identity::column::Column;
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::raw::RawFields;
use childlink::index::{ChildIndex, Outcome};
use childlink::linkage::model::Model;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::notification::Vaccination;
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// Checks a resource against HL7's published JSON schema of R4 (4.0.1, CC0), cut to the resources in use.
fn assert_valid(resource: &Value) {
    let faults = faults(resource);
    assert!(faults.is_empty(), "{resource:#}: {faults:?}");
}

fn faults(resource: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(include_str!("data/fhir-r4.schema.json")).expect("the schema");
    schema["$ref"] = format!("#/definitions/{}", resource["resourceType"].as_str().expect("a type")).into();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(resource).map(|fault| fault.to_string()).collect()
}

const CHILDREN: [&[(Column, &str)]; 3] = [
    &[
        (Column::RecordId, "1"),
        (Column::NhsNumber, "9434765919"),
        (Column::GivenName, "Zoë"),
        (Column::FamilyName, "Okafor"),
        (Column::BirthDate, "2024-02-29"),
        (Column::Postcode, "LS1 4AP"),
    ],
    // The same child by another source.
    &[
        (Column::RecordId, "2"),
        (Column::NhsNumber, "9434765919"),
        (Column::GivenName, "Zoe"),
        (Column::FamilyName, "Okafor"),
        (Column::BirthDate, "2024-02-29"),
        (Column::Postcode, "LS1 4AP"),
    ],
    &[
        (Column::RecordId, "3"),
        (Column::GivenName, "Amara"),
        (Column::FamilyName, "Lindqvist"),
        (Column::BirthDate, "2023-07-11"),
        (Column::Postcode, "M1 1AE"),
        (Column::Sensitive, "yes"),
    ],
];

fn index() -> ChildIndex {
    let mut chunk = TableBuilder::new(0);
    for (row, columns) in (1..).zip(CHILDREN) {
        let source = chunk.source(["births", "clinic", "school"][row as usize - 1]);
        chunk.push(source, row, &fields(columns));
    }
    let table = Table::build(vec![chunk]).table;
    ChildIndex::load(&ChildIndex::build(&table, &Model::child_health(), &[1, 1, 2]).expect("a snapshot"))
        .expect("an index")
}

fn fields<'a>(columns: &[(Column, &'a str)]) -> RawFields<'a> {
    let mut fields = RawFields::new();
    columns.iter().for_each(|&(column, text)| fields.set(column, text));
    fields
}

fn request(json: &Value) -> Result<MatchRequest, Error> {
    MatchRequest::of(&Element::read(json.to_string().as_bytes(), Limits::default())?)
}

/// Patient-operation-match: Parameters with the Patient as `resource`.
fn parameters(patient: Value, more: &[Value]) -> Value {
    let mut parameter = vec![json!({"name": "resource", "resource": patient})];
    parameter.extend_from_slice(more);
    json!({"resourceType": "Parameters", "parameter": parameter})
}

fn zoe() -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765919"}],
        "name": [{"family": "Okafor", "given": ["Zoë"]}],
        "birthDate": "2024-02-29",
        "address": [{"postalCode": "LS1 4AP"}],
    })
}

#[test]
fn a_match_is_a_searchset_with_score_and_grade_best_first() {
    let mut index = index();
    let asked = request(&parameters(zoe(), &[])).unwrap();
    assert_eq!(index.find("query", &asked.subject.raw()).unwrap().outcome, Outcome::Child(1));
    let bundle = match_patient(&mut index, "query", &asked).unwrap();
    assert_valid(&bundle);
    assert_eq!((&bundle["type"], &bundle["total"]), (&json!("searchset"), &json!(1)), "one child of two records");
    let entry = &bundle["entry"][0];
    assert_eq!((&entry["resource"]["id"], &entry["search"]["mode"]), (&json!("1"), &json!("match")));
    let score = entry["search"]["score"].as_f64().unwrap();
    assert!(0.9 < score && score <= 1.0, "{score}");
    assert_eq!(
        entry["search"]["extension"],
        json!([{"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}])
    );
    // The check itself can fail.
    let broken = json!({"resourceType": "Bundle", "type": "searchset", "entry": [{"search": {"mode": "maybe"}}]});
    assert!(!faults(&broken).is_empty());
}

#[test]
fn who_is_not_certain_is_graded_below_and_left_out_where_only_certain_matches_are_wanted() {
    let mut index = index();
    let patient = json!({
        "resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Zoë"]}], "birthDate": "2024-02-29",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "4010232137"}],
        "address": [{"postalCode": "LS1 4AP"}],
    });
    let asked = request(&parameters(patient.clone(), &[])).unwrap();
    assert_eq!(index.find("query", &asked.subject.raw()).unwrap().outcome, Outcome::Review);
    let all = match_patient(&mut index, "query", &asked).unwrap();
    assert_valid(&all);
    let grade = &all["entry"][0]["search"]["extension"][0]["valueCode"];
    assert!(grade == "possible" || grade == "probable", "{grade}");
    let certain = json!({"name": "onlyCertainMatches", "valueBoolean": true});
    let asked = request(&parameters(patient, &[certain])).unwrap();
    assert!(asked.only_certain);
    let few = match_patient(&mut index, "query", &asked).unwrap();
    assert_valid(&few);
    assert_eq!((few["total"].as_u64(), few.get("entry")), (Some(0), None));
}

/// Amara, a sensitive child of the index, as somebody who does not know the address asks for her.
fn amara(address: &[&str], practice: &str) -> Value {
    json!({
        "resourceType": "Patient", "name": [{"family": "Lindqvist", "given": ["Amara"]}], "birthDate": "2023-07-11",
        "address": address.iter().map(|postcode| json!({"line": ["1 High Street"], "postalCode": postcode})).collect::<Vec<_>>(),
        "generalPractitioner": [{"identifier": {"value": practice}}],
    })
}

#[test]
fn a_sensitive_child_is_marked_and_nothing_of_it_told() {
    let mut index = index();
    let bundle = match_patient(&mut index, "query", &request(&amara(&["M1 1AE"], "B86056")).unwrap()).unwrap();
    assert_valid(&bundle);
    let patient = &bundle["entry"][0]["resource"];
    assert_eq!((&patient["id"], &patient["meta"]["security"][0]["code"]), (&json!("2"), &json!("R")));
    let text = bundle.to_string();
    assert!(!["Amara", "Lindqvist", "M1 1AE", "2023-07-11"].iter().any(|value| text.contains(value)));
}

#[test]
fn who_asks_again_with_other_addresses_learns_nothing_of_a_sensitive_childs() {
    // PDS FHIR API: a restricted record is not found by postcode or practice.
    let mut index = index();
    let mut ask = |patient: Value| match_patient(&mut index, "query", &request(&patient).unwrap()).unwrap();
    let right = ask(amara(&["M1 1AE"], "B86056"));
    assert_eq!(right["total"], 1);
    for other in [amara(&["LS1 4AP"], "B86056"), amara(&["M1 1AF"], "A81001"), amara(&[], "B86056")] {
        assert_eq!(ask(other), right);
    }
    // Of another child they have their say.
    let away = |postcode: &str| {
        json!({
            "resourceType": "Patient", "name": [{"family": "Okafor", "given": ["Zoë"]}], "birthDate": "2024-02-29",
            "address": [{"postalCode": postcode}],
        })
    };
    assert_ne!(ask(away("LS1 4AP")), ask(away("BH1 1AA")));
}

#[test]
fn a_request_is_parameters_or_a_patient_and_everything_else_is_refused() {
    let of_patient = request(&zoe()).unwrap();
    let number = of_patient.subject.get(Column::NhsNumber).and_then(|text| NhsNumber::parse(text).ok());
    assert_eq!(number.map(NhsNumber::digits), Some(9_434_765_919));
    assert_eq!((of_patient.only_certain, of_patient.count), (false, None));
    let count = request(&parameters(zoe(), &[json!({"name": "count", "valueInteger": 3})])).unwrap().count;
    assert_eq!(count.map(NonZeroUsize::get), Some(3));
    for (wrong, code) in [
        (json!({"resourceType": "Bundle"}), "match/no-patient"),
        (json!({"resourceType": "Parameters"}), "match/no-patient"),
        (parameters(json!({"resourceType": "Practitioner"}), &[]), "match/no-patient"),
        (parameters(zoe(), &[json!({"name": "count", "valueInteger": -1})]), "match/count"),
        (parameters(zoe(), &[json!({"name": "count", "valueInteger": 0})]), "match/count"),
    ] {
        assert_eq!(request(&wrong).unwrap_err().code, code, "{wrong}");
    }
}

#[test]
fn a_child_that_became_another_is_not_in_use_and_says_by_whom_it_was_replaced() {
    let patient = replaced_patient(7, 3);
    assert_valid(&patient);
    assert_eq!(patient["active"], false);
    assert_eq!(patient["link"], json!([{"other": {"reference": "Patient/3"}, "type": "replaced-by"}]));
}

#[test]
fn an_immunization_has_what_the_standard_needs_even_if_the_message_had_not() {
    let full = Vaccination {
        given: true,
        procedure: Some("1303503001".to_owned()),
        product: Some("42605811000001109".to_owned()),
        date: date("2026-03-02"),
        dose: Some(1),
        diseases: vec!["55735004".to_owned()],
        organisation: Some("RVVKC".to_owned()),
        ..Vaccination::default()
    };
    let resource = immunization(3, &full);
    assert_valid(&resource);
    assert_eq!((&resource["status"], &resource["occurrenceDateTime"]), (&json!("completed"), &json!("2026-03-02")));
    assert_eq!(resource["patient"]["reference"], "Patient/3");
    assert_eq!(resource["protocolApplied"][0]["targetDisease"][0]["coding"][0]["code"], "55735004");
    let refused =
        Vaccination { reason_not_given: Some("310376006".to_owned()), date: date("2026"), ..Vaccination::default() };
    let resource = immunization(3, &refused);
    assert_valid(&resource);
    assert_eq!((&resource["status"], &resource["occurrenceDateTime"]), (&json!("not-done"), &json!("2026")));
    // Immunization: vaccineCode 1..1, occurrence[x] 1..1.
    let bare = immunization(3, &Vaccination::default());
    assert_valid(&bare);
    assert!(bare["vaccineCode"].is_object() && bare["occurrenceString"] == "unknown");
}

#[test]
fn an_outcome_tells_code_place_and_fix() {
    let error = Error::new("match/no-patient", "the request holds no Patient", "send one").in_field("resource");
    let outcome = of_error(&error);
    assert_valid(&outcome);
    assert_eq!(outcome["issue"][0]["expression"], json!(["resource"]));
    assert_eq!(outcome["issue"][0]["diagnostics"], "send one");
    let findings = [Finding::new(&childlink::notification::HEADER_DISAGREES, "nhs_number")];
    let outcome = of_findings(&findings);
    assert_valid(&outcome);
    assert_eq!(outcome["issue"][0]["severity"], "warning");
    assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "notification/header-disagrees");
    let fine = of_findings(&[]);
    assert_valid(&fine);
    assert_eq!(fine["issue"][0]["severity"], "information");
}

fn date(text: &str) -> Option<PartialDate> {
    Some(PartialDate::parse(text).expect("a date"))
}
