//! A vaccination, as FHIR tells it.

use super::system::{ODS_CODE, SNOMED};
use crate::index::ChildId;
use crate::notification::Vaccination;
use serde_json::{Map, Value, json};

/// The extension that holds the procedure.
///
/// # Source
/// UK Core, Extension-UKCore-VaccinationProcedure.
const PROCEDURE: &str = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure";

/// Why a value is not there.
const NULL_FLAVOR: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";

/// The Immunization of a child's vaccination.
///
/// # Source
/// FHIR R4, Immunization: status, vaccine code, patient and occurrence are needed, so that what is not known is said to
/// be unknown.
pub fn immunization(child: ChildId, vaccination: &Vaccination) -> Value {
    let snomed = |code: &str| json!({"coding": [{"system": SNOMED, "code": code}]});
    let mut resource = Map::new();
    let mut set = |key: &str, value: Value| resource.insert(key.to_owned(), value);
    set("resourceType", "Immunization".into());
    if let Some(procedure) = &vaccination.procedure {
        set("extension", json!([{"url": PROCEDURE, "valueCodeableConcept": snomed(procedure)}]));
    }
    set("status", if vaccination.given { "completed" } else { "not-done" }.into());
    if let Some(reason) = &vaccination.reason_not_given {
        set("statusReason", snomed(reason));
    }
    let unknown = || json!({"coding": [{"system": NULL_FLAVOR, "code": "UNK", "display": "unknown"}]});
    set("vaccineCode", vaccination.product.as_deref().map_or_else(unknown, snomed));
    set("patient", json!({"reference": format!("Patient/{child}")}));
    match vaccination.date {
        Some(date) => set("occurrenceDateTime", date.to_string().into()),
        None => set("occurrenceString", "unknown".into()),
    };
    if let Some(organisation) = &vaccination.organisation {
        let actor = json!({"type": "Organization", "identifier": {"system": ODS_CODE, "value": organisation}});
        set("performer", json!([{"actor": actor}]));
    }
    // A dose number is all that the element must have; diseases without one cannot be told there.
    if let Some(dose) = vaccination.dose {
        let mut applied = Map::from_iter([("doseNumberPositiveInt".to_owned(), dose.into())]);
        if !vaccination.diseases.is_empty() {
            let diseases = vaccination.diseases.iter().map(|disease| snomed(disease)).collect();
            applied.insert("targetDisease".to_owned(), diseases);
        }
        set("protocolApplied", json!([applied]));
    }
    resource.into()
}
