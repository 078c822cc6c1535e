//! Who a record is about, as the operation `$match` on Patient asks and answers.

use super::Element;
use super::system::CONFIDENTIALITY;
use crate::error::Error;
use crate::exchange::message::patient_subject;
use crate::index::{Candidate, ChildId, Found, Outcome};
use crate::linkage::Decision;
use crate::linkage::model::Model;
use crate::linkage::score::probability;
use crate::notification::Subject;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The extension that grades a match.
///
/// # Source
/// FHIR R4, StructureDefinition match-grade; value set match-grade.
const MATCH_GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchRequest {
    /// Who is looked for.
    pub subject: Subject,
    /// Whether only a match that needs nobody's eye is wanted.
    pub only_certain: bool,
    /// The most matches wanted.
    pub count: Option<usize>,
}

impl MatchRequest {
    /// Reads the operation's Parameters, or a Patient alone.
    ///
    /// # Errors
    /// `match/no-patient`, `match/count`.
    ///
    /// # Source
    /// FHIR R4, Patient-operation-match, input parameters.
    pub fn of(root: &Element) -> Result<MatchRequest, Error> {
        let named =
            |name: &'static str| root.all("parameter").find(move |parameter| parameter.text(&["name"]) == Some(name));
        let is_patient = |resource: &&Element| resource.value.as_deref() == Some("Patient");
        let patient = Some(root)
            .filter(is_patient)
            .or_else(|| named("resource").and_then(|parameter| parameter.child("resource")).filter(is_patient));
        let patient = patient.ok_or_else(|| {
            Error::new(
                "match/no-patient",
                "the request holds no Patient",
                "send Parameters with the Patient in the parameter named resource",
            )
        })?;
        let count = named("count").and_then(|parameter| parameter.text(&["valueInteger"])).map(str::parse).transpose();
        let count = count.map_err(|_| {
            Error::new("match/count", "count is not a whole number from 1", "leave it out, or give a number")
        })?;
        let only_certain = named("onlyCertainMatches").and_then(|parameter| parameter.text(&["valueBoolean"]));
        Ok(MatchRequest { subject: patient_subject(patient), only_certain: only_certain == Some("true"), count })
    }
}

/// The answer: a Bundle of the children that fit, best first, each with its probability as score and its grade. A
/// Patient has the child's serial as its id and nothing else: an index knows who, not what. What belongs to the
/// restricted queue is not told.
///
/// A link is `certain`; for review, `probable` where only a guard kept it from being a link, else `possible`.
///
/// # Source
/// FHIR R4, Patient-operation-match, output parameters: searchset, `search.score`, match-grade; most certain first.
pub fn match_response(found: &Found, model: &Model, only_certain: bool, count: Option<usize>) -> Value {
    let mut told = BTreeSet::new();
    // A child of several records is told once, by the best of them.
    let children = found.candidates.iter().filter(|candidate| told.insert(candidate.child));
    let graded = children.map(|candidate| (candidate, grade(candidate, found.outcome, model)));
    let entries: Vec<Value> = graded
        .filter(|(_, grade)| !only_certain || *grade == "certain")
        .take(count.unwrap_or(usize::MAX))
        .map(|(candidate, grade)| {
            json!({
                "fullUrl": format!("Patient/{}", candidate.child),
                "resource": patient(candidate.child, candidate.sensitive, None),
                "search": {
                    "extension": [{"url": MATCH_GRADE, "valueCode": grade}],
                    "mode": "match",
                    "score": probability(candidate.weight),
                },
            })
        })
        .collect();
    let mut bundle = Map::new();
    bundle.insert("resourceType".to_owned(), "Bundle".into());
    bundle.insert("type".to_owned(), "searchset".into());
    bundle.insert("total".to_owned(), entries.len().into());
    if !entries.is_empty() {
        bundle.insert("entry".to_owned(), entries.into());
    }
    bundle.into()
}

/// The Patient of a child that turned out to be another: not in use, and replaced by the one that stays.
///
/// # Source
/// FHIR R4, Patient.link, `replaced-by`.
pub fn replaced_patient(child: ChildId, by: ChildId) -> Value {
    patient(child, false, Some(by))
}

fn grade(candidate: &Candidate, outcome: Outcome, model: &Model) -> &'static str {
    match candidate.decision {
        Decision::Link if outcome == Outcome::Child(candidate.child) => "certain",
        _ if candidate.weight >= model.thresholds.link => "probable",
        _ => "possible",
    }
}

fn patient(child: ChildId, sensitive: bool, replaced_by: Option<ChildId>) -> Value {
    let mut patient = Map::new();
    patient.insert("resourceType".to_owned(), "Patient".into());
    patient.insert("id".to_owned(), child.to_string().into());
    if sensitive {
        let security = json!([{"system": CONFIDENTIALITY, "code": "R", "display": "restricted"}]);
        patient.insert("meta".to_owned(), json!({"security": security}));
    }
    if let Some(by) = replaced_by {
        patient.insert("active".to_owned(), false.into());
        let other = json!({"reference": format!("Patient/{by}")});
        patient.insert("link".to_owned(), json!([{"other": other, "type": "replaced-by"}]));
    }
    patient.into()
}
