//! A whole record, parsed: every field by its type, with findings.

use super::address::{self, Address};
use super::birth_date;
use super::birth_order::BirthOrder;
use super::birth_time::BirthTime;
use super::column::Column;
use super::field::Field;
use super::gestation::Gestation;
use super::gp_practice::GpPractice;
use super::name::{FamilyName, GivenName};
use super::nhs_number::{self, NhsNumber, NhsNumberStatus};
use super::postcode::Postcode;
use super::raw::{DateOrder, RawFields};
use super::sensitive::Sensitivity;
use super::sex::Sex;
use super::uprn::Uprn;
use super::written_date;
use crate::date::{Date, PartialDate};
use crate::error::{Code, Finding, Severity};

/// Verified, but no valid number.
pub static VERIFIED_WITHOUT_NUMBER: Code = Code::new(
    "nhs-number-status/verified-without-number",
    Severity::Warning,
    "the status says that the NHS number is verified, but there is no valid number",
    "go back to the source record",
);
/// One number for two people.
pub static MOTHERS_NUMBER: Code = Code::new(
    "nhs-number/same-as-mother",
    Severity::Warning,
    "the child and the mother have the same NHS number",
    "go back to the birth notification: one of the two is wrong",
);
/// Two orders.
pub static BIRTH_ORDER_CONFLICT: Code = Code::new(
    "birth-order/conflict",
    Severity::Warning,
    "the birth order and the placeholder name tell different orders; the birth order was kept",
    "check both against the birth notification; for twins it is decisive",
);
/// Dead before born.
pub static DEATH_BEFORE_BIRTH: Code = Code::new(
    "death-date/before-birth",
    Severity::Warning,
    "the death date is before the birth date",
    "check both dates against the source record",
);
/// Died after the evaluation date.
pub static DEATH_IN_FUTURE: Code = Code::new(
    "death-date/future",
    Severity::Warning,
    "the death date is after the date on which the records are judged",
    "check the death date against the source record",
);
/// The mother is younger than the child.
pub static MOTHER_BORN_AFTER_CHILD: Code = Code::new(
    "mother-birth-date/after-child",
    Severity::Warning,
    "the mother's birth date is not before the child's",
    "check both dates against the source record",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[
    &VERIFIED_WITHOUT_NUMBER,
    &MOTHERS_NUMBER,
    &BIRTH_ORDER_CONFLICT,
    &DEATH_BEFORE_BIRTH,
    &DEATH_IN_FUTURE,
    &MOTHER_BORN_AFTER_CHILD,
];

/// A record of a child, parsed field by field. A fault in one field leaves the others whole.
///
/// # Examples
/// ```
/// use childlink::identity::{column::Column, person::Person, raw::{DateOrder, RawFields}};
/// let mut raw = RawFields::new();
/// raw.set(Column::GivenName, "Twin 2");
/// raw.set(Column::FamilyName, "O’Brien");
/// raw.set(Column::BirthDate, "31/02/2024");
/// let (person, findings) = Person::parse(&raw, DateOrder::DayMonthYear, None);
/// assert!(person.given_name.is_absent());
/// assert_eq!(person.birth_order.valid().unwrap().get(), 2);
/// assert_eq!(person.family_name.valid().unwrap().comparison(), "OBRIEN");
/// let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id).collect();
/// assert_eq!(codes, ["name/placeholder", "date/no-such-day"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// NHS number; see [`Person::verified_nhs_number`] and [`Person::old_nhs_number`].
    pub nhs_number: Field<NhsNumber>,
    /// How far the number has been agreed with the national records.
    pub nhs_number_status: Field<NhsNumberStatus>,
    /// First given name or all of them, as the source holds them.
    pub given_name: Field<GivenName>,
    /// Further given names.
    pub other_names: Field<GivenName>,
    /// Family name.
    pub family_name: Field<FamilyName>,
    /// An earlier family name.
    pub previous_family_name: Field<FamilyName>,
    /// Sex as registered.
    pub sex: Field<Sex>,
    /// Birth date, perhaps in part.
    pub birth_date: Field<PartialDate>,
    /// Time of birth.
    pub birth_time: Field<BirthTime>,
    /// Place among the children of one birth: from its column, else from a name such as Twin 2.
    pub birth_order: Field<BirthOrder>,
    /// Death date, perhaps in part.
    pub death_date: Field<PartialDate>,
    /// Address without postcode.
    pub address: Field<Address>,
    /// Postcode.
    pub postcode: Field<Postcode>,
    /// An earlier postcode.
    pub previous_postcode: Field<Postcode>,
    /// Property reference.
    pub uprn: Field<Uprn>,
    /// General practice.
    pub gp_practice: Field<GpPractice>,
    /// The mother.
    pub mother: Mother,
    /// Length of pregnancy at birth.
    pub gestation: Field<Gestation>,
    /// Whether the location must not be shown: by flag, postcode or address.
    pub sensitive: bool,
    /// Whether the record was invalidated and must leave the pool of records to link.
    pub invalidated: bool,
}

/// The mother of a child, as the child's record tells of her.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mother {
    /// NHS number.
    pub nhs_number: Field<NhsNumber>,
    /// Given names.
    pub given_name: Field<GivenName>,
    /// Family name, under which the baby is notified.
    pub family_name: Field<FamilyName>,
    /// Birth date, perhaps in part.
    pub birth_date: Field<PartialDate>,
}

impl Person {
    /// Reads a record. `order` is that of its source; `as_at` is the date on which records are judged,
    /// without which no date is in the future and no two-figure year can be read.
    ///
    /// Findings come in the order of [`Column::ALL`], those about several fields last.
    pub fn parse(raw: &RawFields<'_>, order: DateOrder, as_at: Option<Date>) -> (Person, Vec<Finding>) {
        let mut findings = Vec::new();
        let (sensitivity, flag_finding) = Sensitivity::parse(raw.get(Column::Sensitive));
        let mut reader = Reader { raw, findings: &mut findings };
        use Column as C;
        let nhs_number = reader.read(C::NhsNumber, NhsNumber::parse_field);
        let nhs_number_status = reader.read(C::NhsNumberStatus, NhsNumberStatus::parse_field);
        let (given_name, of_given) = reader.read_name(C::GivenName, GivenName::parse_with_order);
        let (other_names, of_other) = reader.read_name(C::OtherNames, GivenName::parse_with_order);
        let (family_name, of_family) = reader.read_name(C::FamilyName, FamilyName::parse_with_order);
        let previous_family_name = reader.read(C::PreviousFamilyName, FamilyName::parse_field);
        let sex = reader.read(C::Sex, Sex::parse_field);
        let birth_date = reader.read(C::BirthDate, |text| birth_date::parse_field(text, order, as_at));
        let birth_time = reader.read(C::BirthTime, BirthTime::parse_field);
        let birth_order = reader.read(C::BirthOrder, BirthOrder::parse_field);
        let death_date = reader.read(C::DeathDate, |text| written_date::parse_field(text, order, as_at));
        let address = reader.read(C::Address1, |_| Address::parse_record(raw));
        let postcode = reader.read(C::Postcode, Postcode::parse_field);
        let previous_postcode = reader.read(C::PreviousPostcode, Postcode::parse_field);
        let uprn = reader.read(C::Uprn, Uprn::parse_field);
        let gp_practice = reader.read(C::GpPractice, GpPractice::parse_field);
        let mother = Mother {
            nhs_number: reader.read(C::MotherNhsNumber, NhsNumber::parse_field),
            given_name: reader.read(C::MotherGivenName, GivenName::parse_field),
            family_name: reader.read(C::MotherFamilyName, FamilyName::parse_field),
            birth_date: reader.read(C::MotherBirthDate, |text| birth_date::parse_field(text, order, as_at)),
        };
        let gestation = reader.read(C::GestationWeeks, Gestation::parse_field);
        let is_secured = |field: &Field<Postcode>| field.valid().is_some_and(Postcode::is_secured);
        let sensitive = sensitivity == Sensitivity::Sensitive
            || is_secured(&postcode)
            || is_secured(&previous_postcode)
            || address::no_address(address::LINES.map(|line| raw.get(line))) == Some(&address::SECURED);
        findings.extend(flag_finding);
        let mut person = Person {
            nhs_number,
            nhs_number_status,
            given_name,
            other_names,
            family_name,
            previous_family_name,
            sex,
            birth_date,
            birth_time,
            birth_order,
            death_date,
            address,
            postcode,
            previous_postcode,
            uprn,
            gp_practice,
            mother,
            gestation,
            sensitive,
            invalidated: sensitivity == Sensitivity::Invalidated,
        };
        person.take_birth_order_from_names(of_given.or(of_other).or(of_family), &mut findings);
        person.check_fields_together(as_at, &mut findings);
        (person, findings)
    }

    /// The NHS number, if it is valid and its status is 01: agreed with the national records.
    pub fn verified_nhs_number(&self) -> Option<NhsNumber> {
        let verified = self.nhs_number_status.valid() == Some(&NhsNumberStatus::Verified);
        self.nhs_number.valid().copied().filter(|_| verified)
    }

    /// A number of letters and figures as issued before 1996, which stood in place of the NHS number.
    pub fn old_nhs_number(&self) -> Option<&str> {
        match &self.nhs_number {
            Field::Invalid { raw, reason } if *reason.code == nhs_number::OLD_FORMAT => Some(raw),
            _ => None,
        }
    }

    fn take_birth_order_from_names(&mut self, named: Option<BirthOrder>, findings: &mut Vec<Finding>) {
        match (named, self.birth_order.valid()) {
            (Some(named), None) => self.birth_order = Field::Valid(named),
            (Some(named), Some(&order)) if named != order => {
                findings.push(Finding::new(&BIRTH_ORDER_CONFLICT, Column::BirthOrder.name()));
            }
            _ => {}
        }
    }

    fn check_fields_together(&self, as_at: Option<Date>, findings: &mut Vec<Finding>) {
        let mut tell = |code, column: Column| findings.push(Finding::new(code, column.name()));
        if self.nhs_number_status.valid() == Some(&NhsNumberStatus::Verified) && self.nhs_number.valid().is_none() {
            tell(&VERIFIED_WITHOUT_NUMBER, Column::NhsNumberStatus);
        }
        if self.nhs_number.valid().is_some() && self.nhs_number.valid() == self.mother.nhs_number.valid() {
            tell(&MOTHERS_NUMBER, Column::MotherNhsNumber);
        }
        if let (Some(birth), Some(death)) = (self.birth_date.valid(), self.death_date.valid())
            && death.latest() < birth.earliest()
        {
            tell(&DEATH_BEFORE_BIRTH, Column::DeathDate);
        }
        if let (Some(as_at), Some(death)) = (as_at, self.death_date.valid())
            && death.earliest() > as_at
        {
            tell(&DEATH_IN_FUTURE, Column::DeathDate);
        }
        if let (Some(birth), Some(mother)) = (self.birth_date.valid(), self.mother.birth_date.valid())
            && mother.earliest() >= birth.latest()
        {
            tell(&MOTHER_BORN_AFTER_CHILD, Column::MotherBirthDate);
        }
    }
}

/// Reads field after field, gathering findings under the name of each column.
struct Reader<'a, 'b> {
    raw: &'a RawFields<'b>,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_, '_> {
    fn read<T>(&mut self, column: Column, parse: impl FnOnce(&str) -> super::field::Parsed<T>) -> Field<T> {
        parse(self.raw.get(column)).report(column.name(), self.findings)
    }

    /// A name and the birth order in it.
    fn read_name<T>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&str) -> (super::field::Parsed<T>, Option<BirthOrder>),
    ) -> (Field<T>, Option<BirthOrder>) {
        let (parsed, order) = parse(self.raw.get(column));
        (parsed.report(column.name(), self.findings), order)
    }
}
