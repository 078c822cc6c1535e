//! A due list as a FHIR R4 Bundle: for each child a Patient and an ImmunizationRecommendation.
//!
//! Screens and reviews have no place in the resource and are left out. The ids of entries are counted,
//! never made from an identifier.

use super::nhs_number;
use crate::date::Date;
use crate::exchange::fhir::system::{CONFIDENTIALITY, NHS_NUMBER, ODS_CODE, SNOMED};
use crate::identity::gp_practice::GpPractice;
use crate::schedule::due_list::{Care, DueChild, DueItem, Registration};
use serde_json::{Map, Value, json};

/// Codes of where a series stands.
const FORECAST_STATUS: &str = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status";

/// The LOINC codes of the days of a recommendation.
///
/// # Source
/// FHIR R4, ImmunizationRecommendation, date criterion codes.
const EARLIEST: (&str, &str) = ("30981-5", "Earliest date to give");
const DUE: (&str, &str) = ("30980-7", "Date vaccine due");
const OVERDUE: (&str, &str) = ("59778-1", "Date when overdue for immunization");
const LATEST: (&str, &str) = ("59777-3", "Latest date to give immunization");

/// The target disease of series against one disease. A series against several is named by its vaccine.
///
/// # Source
/// Immunisation FHIR API, config/common/disease_mapping.json (7 May 2026).
const DISEASES: [(&str, &str); 11] = [
    ("rotavirus", "186150001"),
    ("menb", "1354584007"),
    ("menc", "23511006"),
    ("menacwy", "23511006"),
    ("pcv", "16814004"),
    ("pneumococcal-risk", "16814004"),
    ("varicella", "38907003"),
    ("hpv", "240532009"),
    ("flu", "6142004"),
    ("bcg", "56717001"),
    ("rsv", "55735004"),
];

/// Appends the beginning of the Bundle.
pub(super) fn begin(out: &mut Vec<u8>, as_at: Date) {
    out.extend_from_slice(br#"{"resourceType":"Bundle","type":"collection","timestamp":""#);
    out.extend_from_slice(format!("{as_at}T00:00:00Z").as_bytes());
    out.extend_from_slice(br#"","entry":["#);
}

/// Appends the entries of a child. Whether any vaccine is due.
pub(super) fn child(out: &mut Vec<u8>, due: &DueChild<'_, '_>, before: u64) -> bool {
    let recommendations: Vec<Value> =
        due.items.iter().filter(|item| item.care == Care::Immunisation).map(recommendation).collect();
    if recommendations.is_empty() {
        return false;
    }
    // Version 8 of RFC 9562 leaves the content to us: the place in the Bundle.
    let uuid = |kind: u8| format!("urn:uuid:00000000-0000-8000-800{kind}-{:012x}", before + 1);
    let (patient_url, recommendation_url) = (uuid(0), uuid(1));
    let resource = json!({
        "resourceType": "ImmunizationRecommendation",
        "patient": {"reference": patient_url, "type": "Patient"},
        "date": due.as_at.to_string(),
        "recommendation": recommendations,
    });
    for (place, entry) in [
        json!({"fullUrl": patient_url, "resource": patient(due)}),
        json!({"fullUrl": recommendation_url, "resource": resource}),
    ]
    .iter()
    .enumerate()
    {
        if before > 0 || place > 0 {
            out.push(b',');
        }
        out.push(b'\n');
        // Writing to a vector cannot fail.
        let _ = serde_json::to_writer(&mut *out, entry);
    }
    true
}

/// Appends the end of the Bundle.
pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"]}\n");
}

fn patient(due: &DueChild<'_, '_>) -> Value {
    let child = &due.child;
    let mut patient = Map::new();
    patient.insert("resourceType".to_owned(), "Patient".into());
    let mut set = |key: &str, value: Value| patient.insert(key.to_owned(), value);
    if child.sensitive {
        set("meta", json!({"security": [{"system": CONFIDENTIALITY, "code": "R", "display": "restricted"}]}));
    }
    if child.nhs_number.is_some() {
        set("identifier", json!([{"system": NHS_NUMBER, "value": nhs_number(child)}]));
    }
    let mut name = Map::new();
    if !child.family_name.is_empty() {
        name.insert("family".to_owned(), child.family_name.into());
    }
    if !child.given_name.is_empty() {
        name.insert("given".to_owned(), json!([child.given_name]));
    }
    if !name.is_empty() {
        set("name", json!([name]));
    }
    if let Some(date) = child.birth_date {
        set("birthDate", date.to_string().into());
    }
    let mut address = Map::new();
    if let Some(lines) = child.address() {
        address.insert("line".to_owned(), lines.lines().collect());
    }
    if let Some(postcode) = child.postcode() {
        address.insert("postalCode".to_owned(), postcode.to_string().into());
    }
    if !address.is_empty() {
        set("address", json!([address]));
    }
    if let Registration::Practice(practice) = child.registration() {
        set("generalPractitioner", json!([organisation(practice)]));
    }
    patient.into()
}

fn organisation(practice: GpPractice) -> Value {
    json!({"type": "Organization", "identifier": {"system": ODS_CODE, "value": practice.as_str()}})
}

fn recommendation(item: &DueItem<'_>) -> Value {
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("vaccineCode", json!([{"text": item.title}]));
    if let Some((_, disease)) = DISEASES.iter().find(|(series, _)| *series == item.item) {
        set("targetDisease", json!({"coding": [{"system": SNOMED, "code": disease}]}));
    }
    set("forecastStatus", json!({"coding": [{"system": FORECAST_STATUS, "code": item.status.as_str()}]}));
    set("forecastReason", json!([{"text": item.rule}]));
    let days = [(EARLIEST, item.earliest), (DUE, item.due), (OVERDUE, item.overdue_from), (LATEST, item.latest)];
    let criteria: Vec<Value> = days
        .into_iter()
        .filter_map(|((code, display), day)| {
            let coding = json!({"system": "http://loinc.org", "code": code, "display": display});
            Some(json!({"code": {"coding": [coding]}, "value": day?.to_string()}))
        })
        .collect();
    if !criteria.is_empty() {
        set("dateCriterion", criteria.into());
    }
    set("series", item.item.into());
    if let Some(dose) = item.dose {
        set("doseNumberPositiveInt", dose.into());
    }
    object.into()
}
