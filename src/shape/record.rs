//! One record: what each field turned out to be, and its comparison form.

use super::finding::FindingShape;
use crate::error::{Finding, Severity};
use crate::identity::column::Column;
use crate::identity::field::Field;
use crate::identity::name::{FamilyName, GivenName};
use crate::identity::nhs_number::NhsNumber;
use crate::identity::person::Person;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What validating a record answers: the state of each field, and the findings.
#[derive(serde::Serialize)]
pub(crate) struct ValidationShape {
    /// Whether no finding is a fault.
    ok: bool,
    nhs_number_verified: bool,
    sensitive: bool,
    invalidated: bool,
    fields: ByColumn<State>,
    findings: Vec<FindingShape>,
}

impl ValidationShape {
    /// The shape of a parsed record.
    pub(crate) fn new(person: &Person, findings: &[Finding]) -> ValidationShape {
        ValidationShape {
            ok: findings.iter().all(|finding| finding.code.severity != Severity::Fault),
            nhs_number_verified: person.verified_nhs_number().is_some(),
            sensitive: person.sensitive,
            invalidated: person.invalidated,
            fields: ByColumn(entries(person).into_iter().map(|entry| (entry.column, entry.state)).collect()),
            findings: findings.iter().map(FindingShape::from).collect(),
        }
    }
}

/// What normalising a record answers: the comparison form of each valid field, and the findings.
#[derive(serde::Serialize)]
pub(crate) struct NormalisedShape {
    record: ByColumn<Option<String>>,
    sensitive: bool,
    invalidated: bool,
    findings: Vec<FindingShape>,
}

impl NormalisedShape {
    /// The shape of a parsed record.
    pub(crate) fn new(person: &Person, findings: &[Finding]) -> NormalisedShape {
        NormalisedShape {
            record: ByColumn(entries(person).into_iter().map(|entry| (entry.column, entry.value)).collect()),
            sensitive: person.sensitive,
            invalidated: person.invalidated,
            findings: findings.iter().map(FindingShape::from).collect(),
        }
    }
}

/// An object with canonical columns as keys, in their order.
struct ByColumn<T>(Vec<(Column, T)>);

impl<T: Serialize> Serialize for ByColumn<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column.name(), value)?;
        }
        map.end()
    }
}

/// What a field turned out to be.
#[derive(Clone, Copy, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing there.
    Absent,
    /// Something that cannot be used.
    Invalid,
    /// A value of its type.
    Valid,
}

/// One field of a record, and its comparison form if it is valid.
pub(crate) struct Entry {
    pub(crate) column: Column,
    pub(crate) state: State,
    pub(crate) value: Option<String>,
}

/// Every field that a person has, by its column. The lines of an address are one field, under the first.
pub(crate) fn entries(person: &Person) -> [Entry; 21] {
    use Column as C;
    let given = |name: &GivenName| name.comparison().to_owned();
    let family = |name: &FamilyName| name.comparison().to_owned();
    let number = |number: &NhsNumber| format!("{:010}", number.digits());
    let mother = &person.mother;
    [
        entry(C::NhsNumber, &person.nhs_number, number),
        entry(C::NhsNumberStatus, &person.nhs_number_status, ToString::to_string),
        entry(C::GivenName, &person.given_name, given),
        entry(C::OtherNames, &person.other_names, given),
        entry(C::FamilyName, &person.family_name, family),
        entry(C::PreviousFamilyName, &person.previous_family_name, family),
        entry(C::Sex, &person.sex, ToString::to_string),
        entry(C::BirthDate, &person.birth_date, ToString::to_string),
        entry(C::BirthTime, &person.birth_time, ToString::to_string),
        entry(C::BirthOrder, &person.birth_order, ToString::to_string),
        entry(C::DeathDate, &person.death_date, ToString::to_string),
        entry(C::Address1, &person.address, |address| address.tokens().collect::<Vec<_>>().join(" ")),
        entry(C::Postcode, &person.postcode, ToString::to_string),
        entry(C::PreviousPostcode, &person.previous_postcode, ToString::to_string),
        entry(C::Uprn, &person.uprn, ToString::to_string),
        entry(C::GpPractice, &person.gp_practice, ToString::to_string),
        entry(C::MotherNhsNumber, &mother.nhs_number, number),
        entry(C::MotherGivenName, &mother.given_name, given),
        entry(C::MotherFamilyName, &mother.family_name, family),
        entry(C::MotherBirthDate, &mother.birth_date, ToString::to_string),
        entry(C::GestationWeeks, &person.gestation, |gestation| gestation.weeks().to_string()),
    ]
}

fn entry<T>(column: Column, field: &Field<T>, show: impl FnOnce(&T) -> String) -> Entry {
    let state = match field {
        Field::Absent => State::Absent,
        Field::Invalid { .. } => State::Invalid,
        Field::Valid(_) => State::Valid,
    };
    Entry { column, state, value: field.valid().map(show) }
}
