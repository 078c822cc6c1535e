//! Who a record is about, as the operation `$match` on Patient asks and answers.

use super::Element;
use super::system::CONFIDENTIALITY;
use crate::error::Error;
use crate::exchange::linked::is_whereabouts;
use crate::exchange::message::patient_subject;
use crate::identity::column::Column;
use crate::index::{Candidate, ChildId, ChildIndex, Outcome};
use crate::linkage::Decision;
use crate::linkage::model::Model;
use crate::linkage::score::probability;
use crate::notification::Subject;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

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
    pub count: Option<NonZeroUsize>,
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
        let count = named("count").and_then(|parameter| parameter.text(&["valueInteger"]));
        let count = count.map(str::parse::<NonZeroUsize>).transpose().map_err(|_| {
            Error::new("match/count", "count is not a whole number from 1", "leave it out, or give a number")
        })?;
        let only_certain = named("onlyCertainMatches").and_then(|parameter| parameter.text(&["valueBoolean"]));
        Ok(MatchRequest { subject: patient_subject(patient), only_certain: only_certain == Some("true"), count })
    }
}

/// Looks for the Patient in the index and answers: a Bundle of the children that fit, best first, each with its
/// probability as score and its grade. A Patient has the child's serial as its id and nothing else: an index knows who,
/// not what. What belongs to the restricted queue is not told.
///
/// No entry has a `fullUrl`: it would be absolute, and where the Patient is served is the host's to know.
///
/// A link is `certain`; for review, `probable` where only a guard kept it from being a link, else `possible`. Of a
/// sensitive child address and practice of the question have no say: who may ask again and again with other ones would
/// learn from the answers which are right.
///
/// # Errors
/// Those of [`ChildIndex::find`].
///
/// # Source
/// FHIR R4, Patient-operation-match, output parameters: searchset, `search.score`, match-grade; most certain first. PDS
/// FHIR API: a search with postcode or practice does not find a restricted record by them.
pub fn match_patient(index: &mut ChildIndex, source: &str, asked: &MatchRequest) -> Result<Value, Error> {
    let mut found = vec![(index.find(source, &asked.subject.raw())?, false)];
    if index.has_sensitive() {
        let mut bare = asked.subject.clone();
        Column::ALL.into_iter().filter(|&column| is_whereabouts(column)).for_each(|column| bare.clear(column));
        found.push((index.find(source, &bare.raw())?, true));
    }
    let mut candidates: Vec<(&Candidate, Outcome)> = found
        .iter()
        .flat_map(|(found, is_bare)| {
            let fitting = found.candidates.iter().filter(|candidate| index.is_sensitive(candidate.child) == *is_bare);
            fitting.map(|candidate| (candidate, found.outcome))
        })
        .collect();
    candidates.sort_by(|(a, _), (b, _)| b.weight.total_cmp(&a.weight).then(a.entry.cmp(&b.entry)));
    let mut told = BTreeSet::new();
    // A child of several records is told once, by the best of them.
    candidates.retain(|(candidate, _)| told.insert(candidate.child));
    let model = index.model();
    let entries: Vec<Value> = candidates
        .into_iter()
        .map(|(candidate, outcome)| (candidate, grade(candidate, outcome, model)))
        .filter(|(_, grade)| !asked.only_certain || *grade == "certain")
        .take(asked.count.map_or(usize::MAX, NonZeroUsize::get))
        .map(|(candidate, grade)| {
            json!({
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
    Ok(bundle.into())
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
