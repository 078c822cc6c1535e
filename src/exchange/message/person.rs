//! A FHIR Patient to the columns of a record, STU3 and R4 alike.

use crate::error::Finding;
use crate::exchange::fhir::{Bundle, DateTime, Element};
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumberStatus;
use crate::notification::{BAD_OFFSET, DEATH_BEFORE_BIRTH, HEADER_DISAGREES, NUMBER_NOT_VERIFIED, Subject};

/// The identifier system of the NHS number, by its end: seen under several hosts.
pub(super) const NHS_NUMBER: &str = "nhs-number";

/// What UK Core calls the codes of the NHS Data Dictionary.
///
/// # Source
/// UK Core, CodeSystem UKCore-NHSNumberVerificationStatus 2.1.0. (The Welsh administrative register's own code has
/// none.)
const STATUS_WORDS: [(&str, &str); 8] = [
    ("number-present-and-verified", "01"),
    ("number-present-but-not-traced", "02"),
    ("trace-required", "03"),
    ("trace-attempted", "04"),
    ("trace-needs-to-be-resolved", "05"),
    ("trace-in-progress", "06"),
    ("number-not-present-and-trace-not-required", "07"),
    ("trace-postponed", "08"),
];

/// What there is to tell of a number's status: a number joins messages unless it is said not to be verified.
pub(super) fn judge_status(subject: &Subject) -> Option<Finding> {
    let doubted = subject
        .get(Column::NhsNumberStatus)
        .filter(|&text| NhsNumberStatus::parse(text).ok() != Some(NhsNumberStatus::Verified));
    doubted.map(|_| Finding::new(&NUMBER_NOT_VERIFIED, Column::NhsNumberStatus.name()))
}

/// A date of death that lies before that of birth, in whichever form both are written; of a partial date as far as it
/// goes.
pub(super) fn judge_death(subject: &Subject) -> Option<Finding> {
    let (born, died) = (subject.get(Column::BirthDate)?, subject.get(Column::DeathDate)?);
    let told = born.len().min(died.len());
    (died.get(..told)? < born.get(..told)?).then(|| Finding::new(&DEATH_BEFORE_BIRTH, Column::DeathDate.name()))
}

/// Everything that a Patient tells about the child.
pub(super) fn child(patient: &Element, bundle: &Bundle<'_>, findings: &mut Vec<Finding>) -> Subject {
    let mut subject = Subject::default();
    if let Some(number) = nhs_number(patient) {
        subject.set(Column::NhsNumber, number.text(&["value"]));
        let status = number
            .extension("NHSNumberVerificationStatus-1")
            .or_else(|| number.extension("NHSNumberVerificationStatus"))
            .and_then(|e| e.text(&["valueCodeableConcept", "coding", "code"]))
            .map(|code| STATUS_WORDS.iter().find(|(word, _)| *word == code).map_or(code, |(_, figures)| figures));
        subject.set(Column::NhsNumberStatus, status);
        findings.extend(judge_status(&subject));
    }
    if let Some(name) = usual_name(patient) {
        let (given, other) = given_names(name);
        subject.set(Column::FamilyName, name.text(&["family"]));
        subject.set(Column::GivenName, given);
        subject.set(Column::OtherNames, Some(&other));
    }
    subject.set(Column::Sex, patient.text(&["gender"]));
    subject.set(Column::BirthDate, day(patient.text(&["birthDate"]), Column::BirthDate, findings).as_deref());
    let birth_time = patient.child("birthDate").and_then(|e| e.extension("patient-birthTime"));
    if let Some(text) = birth_time.and_then(|e| e.text(&["valueDateTime"])) {
        subject.set(Column::BirthTime, text.split_once('T').and_then(|(_, time)| time.get(..5)));
    }
    subject.set(Column::BirthOrder, patient.text(&["multipleBirthInteger"]));
    subject.set(Column::DeathDate, day(patient.text(&["deceasedDateTime"]), Column::DeathDate, findings).as_deref());
    if patient.text(&["deceasedBoolean"]) == Some("true") || subject.get(Column::DeathDate).is_some() {
        subject.set_dead();
    }
    addresses(patient, &mut subject);
    subject.set(Column::GpPractice, practice(patient, bundle).as_deref());
    subject.set(Column::Sensitive, restriction(patient));
    subject
}

/// The label of a record that is restricted; none of one that is not, since what lifts a restriction is the record that
/// the child's own system holds.
///
/// # Source
/// PDS FHIR API specification, Patient `meta.security`: U unrestricted, R restricted, V very restricted, REDACTED.
fn restriction(patient: &Element) -> Option<&str> {
    let mut labels =
        patient.all("meta").flat_map(|meta| meta.all("security")).filter_map(|label| label.text(&["code"]));
    labels.find(|label| ["R", "V", "REDACTED"].contains(label))
}

/// What a mother's Patient tells, in the mother's columns of the baby's record. Where the mother's record is restricted
/// the baby's is: the two live in one place.
pub(super) fn mother(patient: &Element, subject: &mut Subject, findings: &mut Vec<Finding>) {
    subject.set(Column::MotherNhsNumber, nhs_number(patient).and_then(|number| number.text(&["value"])));
    if let Some(name) = usual_name(patient) {
        subject.set(Column::MotherFamilyName, name.text(&["family"]));
        subject.set(Column::MotherGivenName, given_names(name).0);
    }
    let born = day(patient.text(&["birthDate"]), Column::MotherBirthDate, findings);
    subject.set(Column::MotherBirthDate, born.as_deref());
    subject.set(Column::Sensitive, restriction(patient));
}

/// What the header's routing demographics tell: the only demographics of a deletion.
pub(super) fn from_header(header: &Element, findings: &mut Vec<Finding>) -> Subject {
    let mut subject = Subject::default();
    let Some(routing) = header.extension("RoutingDemographics-1") else { return subject };
    let part = |url: &str| routing.extension(url);
    subject.set(Column::NhsNumber, part("nhsNumber").and_then(|e| e.text(&["valueIdentifier", "value"])));
    if let Some(name) = part("name").and_then(|e| e.child("valueHumanName")) {
        subject.set(Column::FamilyName, name.text(&["family"]));
        subject.set(Column::GivenName, given_names(name).0);
    }
    let born = part("birthDateTime").and_then(|e| e.text(&["valueDateTime"]));
    subject.set(Column::BirthDate, day(born, Column::BirthDate, findings).as_deref());
    subject
}

/// Finds where header and body, both present, name different people. Letters' case and spaces in the
/// number make no difference.
pub(super) fn compare_with_header(
    header: &Subject,
    body: &Subject,
    columns: &[(Column, Column)],
    findings: &mut Vec<Finding>,
) {
    let plain =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect::<String>();
    for &(in_header, in_body) in columns {
        if let (Some(a), Some(b)) = (header.get(in_header), body.get(in_body))
            && plain(a) != plain(b)
        {
            findings.push(Finding::new(&HEADER_DISAGREES, in_body.name()));
        }
    }
}

/// The day that a date, dateTime or instant names, as `YYYY[-MM[-DD]]`. What cannot be read is handed
/// on as it stands, for `identity` to judge and keep.
fn day(text: Option<&str>, column: Column, findings: &mut Vec<Finding>) -> Option<String> {
    let text = text?;
    let Some(read) = DateTime::parse(text) else { return Some(text.to_owned()) };
    if read.bad_offset {
        findings.push(Finding::new(&BAD_OFFSET, column.name()));
    }
    Some(read.date.to_string())
}

/// The identifier of a Patient that is an NHS number.
pub(super) fn nhs_number(patient: &Element) -> Option<&Element> {
    patient.all("identifier").find(|e| e.text(&["system"]).is_some_and(|system| system.ends_with(NHS_NUMBER)))
}

/// PDS calls the main name `usual`, NEMS messages slice `official`; failing both, the first.
fn usual_name(patient: &Element) -> Option<&Element> {
    let of_use = |wanted| patient.all("name").find(move |name| name.text(&["use"]) == Some(wanted));
    of_use("official").or_else(|| of_use("usual")).or_else(|| patient.child("name"))
}

/// The first given name, and the others joined.
fn given_names(name: &Element) -> (Option<&str>, String) {
    let mut given = name.all("given").filter_map(|e| e.text(&[]));
    (given.next(), given.collect::<Vec<_>>().join(" "))
}

/// The home address into the address columns, line by line (positions carry no meaning), and the
/// postcode of the address left, where the message gives one.
fn addresses(patient: &Element, subject: &mut Subject) {
    let is_old = |address: &&Element| address.text(&["use"]) == Some("old");
    let home = patient.all("address").find(|a| a.text(&["use"]) == Some("home"));
    if let Some(address) = home.or_else(|| patient.all("address").find(|a| !is_old(a))) {
        let lines = address.all("line").chain(address.all("city")).chain(address.all("district"));
        let columns = [Column::Address1, Column::Address2, Column::Address3, Column::Address4, Column::Address5];
        for (column, line) in columns.into_iter().zip(lines.filter_map(|e| e.text(&[]))) {
            subject.set(column, Some(line));
        }
        subject.set(Column::Postcode, address.text(&["postalCode"]));
    }
    let old = patient.all("address").find(is_old);
    subject.set(Column::PreviousPostcode, old.and_then(|address| address.text(&["postalCode"])));
}

/// The practice's code: of the Organization in the Bundle, of the reference's own identifier, or the
/// end of a directory URL.
fn practice(patient: &Element, bundle: &Bundle<'_>) -> Option<String> {
    organisation_code(patient.child("generalPractitioner")?, bundle)
}

/// The ODS code behind a reference to an Organization.
pub(super) fn organisation_code(reference: &Element, bundle: &Bundle<'_>) -> Option<String> {
    let resolved = bundle.resolve(reference).and_then(|organisation| organisation.text(&["identifier", "value"]));
    let named = reference.text(&["identifier", "value"]);
    let in_url = reference
        .text(&["reference"])
        .filter(|url| url.contains("/Organization/"))
        .and_then(|url| url.rsplit('/').next());
    resolved.or(named).or(in_url).map(str::to_owned)
}
