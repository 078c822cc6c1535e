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
    pub(crate) findings: Vec<FindingShape>,
}

impl ValidationShape {
    /// The shape of a parsed record.
    pub(crate) fn new(person: &Person, findings: &[Finding]) -> ValidationShape {
        ValidationShape {
            ok: findings.iter().all(|finding| finding.code.severity != Severity::Fault),
            nhs_number_verified: person.verified_nhs_number().is_some(),
            sensitive: person.sensitive,
            invalidated: person.invalidated,
            fields: ByColumn(entries(person, Wanted::States).map(|entry| (entry.column, entry.state))),
            findings: findings.iter().map(FindingShape::from).collect(),
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
impl ValidationShape {
    /// All but the findings, each a figure: whether it is ok, verified, sensitive and invalidated by 1 and 0, then the
    /// state of each column.
    pub(crate) fn figures(&self) -> String {
        let flags = [self.ok, self.nhs_number_verified, self.sensitive, self.invalidated].map(u8::from);
        let states = self.fields.0.iter().map(|(_, state)| *state as u8);
        flags.into_iter().chain(states).map(|figure| char::from(b'0' + figure)).collect()
    }

    /// The names of the columns, in the order of their states.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.fields.0.iter().map(|(column, _)| column.name())
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
            record: ByColumn(entries(person, Wanted::Values).map(|entry| (entry.column, entry.value))),
            sensitive: person.sensitive,
            invalidated: person.invalidated,
            findings: findings.iter().map(FindingShape::from).collect(),
        }
    }
}

/// An object with canonical columns as keys, in their order.
struct ByColumn<T>([(Column, T); ANSWERED]);

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

/// How many fields are answered for.
pub(crate) const ANSWERED: usize = 21;

/// What is asked about every field: writing a value takes longer than telling its state.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    /// States alone.
    States,
    /// States and comparison forms.
    Values,
}

/// Every field that a person has, by its column. The lines of an address are one field, under the first.
pub(crate) fn entries(person: &Person, wanted: Wanted) -> [Entry; ANSWERED] {
    use Column as C;
    let given = |name: &GivenName| name.comparison().to_owned();
    let family = |name: &FamilyName| name.comparison().to_owned();
    let number = |number: &NhsNumber| format!("{:010}", number.digits());
    let mother = &person.mother;
    [
        entry(wanted, C::NhsNumber, &person.nhs_number, number),
        entry(wanted, C::NhsNumberStatus, &person.nhs_number_status, ToString::to_string),
        entry(wanted, C::GivenName, &person.given_name, given),
        entry(wanted, C::OtherNames, &person.other_names, given),
        entry(wanted, C::FamilyName, &person.family_name, family),
        entry(wanted, C::PreviousFamilyName, &person.previous_family_name, family),
        entry(wanted, C::Sex, &person.sex, ToString::to_string),
        entry(wanted, C::BirthDate, &person.birth_date, ToString::to_string),
        entry(wanted, C::BirthTime, &person.birth_time, ToString::to_string),
        entry(wanted, C::BirthOrder, &person.birth_order, ToString::to_string),
        entry(wanted, C::DeathDate, &person.death_date, ToString::to_string),
        entry(wanted, C::Address1, &person.address, |address| address.tokens().collect::<Vec<_>>().join(" ")),
        entry(wanted, C::Postcode, &person.postcode, ToString::to_string),
        entry(wanted, C::PreviousPostcode, &person.previous_postcode, ToString::to_string),
        entry(wanted, C::Uprn, &person.uprn, ToString::to_string),
        entry(wanted, C::GpPractice, &person.gp_practice, ToString::to_string),
        entry(wanted, C::MotherNhsNumber, &mother.nhs_number, number),
        entry(wanted, C::MotherGivenName, &mother.given_name, given),
        entry(wanted, C::MotherFamilyName, &mother.family_name, family),
        entry(wanted, C::MotherBirthDate, &mother.birth_date, ToString::to_string),
        entry(wanted, C::GestationWeeks, &person.gestation, |gestation| gestation.weeks().to_string()),
    ]
}

fn entry<T>(wanted: Wanted, column: Column, field: &Field<T>, show: impl FnOnce(&T) -> String) -> Entry {
    let state = match field {
        Field::Absent => State::Absent,
        Field::Invalid { .. } => State::Invalid,
        Field::Valid(_) => State::Valid,
    };
    let value = field.valid().filter(|_| wanted == Wanted::Values).map(show);
    Entry { column, state, value }
}
