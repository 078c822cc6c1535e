//! The named blocking keys of child records.

use super::blocking::KeyColumn;
use super::comparison::RecordIndex;
use super::hash;
use super::table::fields::date::PackedDate;
use super::table::fields::names::{Family, Given, NameId, NameTable};
use super::table::fields::place::PackedPostcode;
use super::table::fields::{Coded, Fields};
use crate::error::Error;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// One key of the vocabulary: its name, and how a record's keys are found.
pub(crate) struct Key {
    /// The name in model files.
    pub(crate) name: &'static str,
    kind: Kind,
}

enum Kind {
    /// At most one key; `None` where the value is missing.
    Single(fn(&Fields, RecordIndex) -> Option<u64>),
    /// The same where it depends on one field of recurring values alone.
    Given(fn(&NameTable, Given) -> Option<u64>),
    Family(fn(&NameTable, Family) -> Option<u64>),
    MotherGiven(fn(&NameTable, Given) -> Option<u64>),
    MotherFamily(fn(&NameTable, Family) -> Option<u64>),
    Postcode(fn(PackedPostcode) -> u64),
    Sex,
    Practice,
    /// At most one key, which depends on the birth date alone.
    Date(fn(PackedDate) -> Option<u64>),
    /// Any number of keys, which depend on the birth date alone.
    Dates(fn(PackedDate, &mut Vec<u64>)),
    /// Any number of keys.
    Several(fn(&Fields, RecordIndex, &mut Vec<u64>)),
    /// A key for each of any number of names; 0 is no name.
    Names(fn(&Fields, RecordIndex, &mut Vec<NameId>)),
}

static VOCABULARY: &[Key] = &[
    Key { name: "nhs-number", kind: Kind::Single(nhs_number) },
    Key { name: "birth-date", kind: Kind::Date(birth_date) },
    Key { name: "birth-date-either-order", kind: Kind::Dates(birth_date_either_order) },
    Key { name: "birth-year-month", kind: Kind::Date(birth_year_month) },
    Key { name: "birth-year-day", kind: Kind::Date(birth_year_day) },
    Key { name: "birth-month-day", kind: Kind::Date(birth_month_day) },
    Key { name: "birth-year", kind: Kind::Date(birth_year) },
    Key { name: "given-name", kind: Kind::Given(given_name) },
    Key { name: "given-name-words", kind: Kind::Names(given_name_words) },
    Key { name: "given-name-sound", kind: Kind::Given(given_name_sound) },
    Key { name: "given-name-initial", kind: Kind::Given(given_name_initial) },
    Key { name: "family-name", kind: Kind::Family(family_name) },
    Key { name: "family-name-words", kind: Kind::Names(family_name_words) },
    Key { name: "family-name-sound", kind: Kind::Family(family_name_sound) },
    Key { name: "family-name-initial", kind: Kind::Family(family_name_initial) },
    Key { name: "any-name", kind: Kind::Names(any_name) },
    Key { name: "sex", kind: Kind::Sex },
    Key { name: "postcode", kind: Kind::Several(postcode) },
    Key { name: "postcode-sector", kind: Kind::Postcode(PackedPostcode::sector) },
    Key { name: "postcode-district", kind: Kind::Postcode(PackedPostcode::district) },
    Key { name: "uprn", kind: Kind::Single(uprn) },
    Key { name: "practice", kind: Kind::Practice },
    Key { name: "mother-nhs-number", kind: Kind::Single(mother_nhs_number) },
    Key { name: "mother-given-name", kind: Kind::MotherGiven(given_name) },
    Key { name: "mother-family-name", kind: Kind::MotherFamily(mother_family_name) },
];

/// The key of a name.
///
/// # Errors
/// `model/unknown-key`, which names it.
pub(crate) fn find(name: &str) -> Result<&'static Key, Error> {
    VOCABULARY.iter().find(|key| key.name == name).ok_or_else(|| {
        let message = format!("the model names the blocking key \"{name}\", which this version does not know");
        Error::new("model/unknown-key", message, "use a key listed in docs/models.md, or a newer version")
    })
}

/// The names of all keys, for documentation.
pub fn vocabulary() -> impl Iterator<Item = &'static str> {
    VOCABULARY.iter().map(|key| key.name)
}

impl Key {
    /// The key of every record.
    pub(crate) fn column(&self, fields: &Fields) -> KeyColumn {
        self.column_with(fields, &Dates::default())
    }

    /// The same; the birth dates are found once for all keys that are asked with them.
    pub(crate) fn column_with(&self, fields: &Fields, dates: &Dates) -> KeyColumn {
        match self.kind {
            Kind::Single(key) => KeyColumn::single(fields.len(), |record| key(fields, record)),
            Kind::Given(key) => by_value(&fields.given, |name| key(&fields.names, name)),
            Kind::Family(key) => by_value(&fields.family, |name| key(&fields.names, name)),
            Kind::MotherGiven(key) => by_value(&fields.mother_given, |name| key(&fields.names, name)),
            Kind::MotherFamily(key) => by_value(&fields.mother_family, |name| key(&fields.names, name)),
            Kind::Postcode(part) => by_value(&fields.postcode, |postcode| spread(part(postcode))),
            Kind::Sex => by_value(&fields.sex, |sex| spread(u64::from(sex))),
            Kind::Practice => by_value(&fields.practice, spread),
            Kind::Date(key) => {
                let (values, dates) = dates.of(fields);
                KeyColumn::by_value(values, dates.iter().map(|&date| key(date)))
            }
            Kind::Dates(keys) => {
                let (values, dates) = dates.of(fields);
                KeyColumn::several_by_value(values, dates, keys)
            }
            Kind::Several(keys) => KeyColumn::several(fields.len(), |record, own| keys(fields, record, own)),
            Kind::Names(names) => KeyColumn::several_numbers(fields.len(), |record, own| names(fields, record, own)),
        }
    }

    /// The keys of one record, onto the end of a list.
    pub(crate) fn of(&self, fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
        let key = match self.kind {
            Kind::Single(key) => key(fields, record),
            Kind::Given(key) => key(&fields.names, fields.given.of(record)),
            Kind::Family(key) => key(&fields.names, fields.family.of(record)),
            Kind::MotherGiven(key) => key(&fields.names, fields.mother_given.of(record)),
            Kind::MotherFamily(key) => key(&fields.names, fields.mother_family.of(record)),
            Kind::Postcode(part) => spread(part(fields.postcode.of(record))),
            Kind::Sex => spread(u64::from(fields.sex.of(record))),
            Kind::Practice => spread(fields.practice.of(record)),
            Kind::Date(key) => key(fields.birth[record as usize]),
            Kind::Dates(several) => {
                several(fields.birth[record as usize], keys);
                None
            }
            Kind::Several(several) => {
                several(fields, record, keys);
                None
            }
            Kind::Names(names) => {
                let mut own = Vec::new();
                names(fields, record, &mut own);
                keys.extend(own.into_iter().filter_map(name_key));
                None
            }
        };
        keys.extend(key);
    }
}

/// The birth dates of records as values that recur.
#[derive(Default)]
pub(crate) struct Dates {
    found: OnceLock<(Arc<Vec<u32>>, Vec<PackedDate>)>,
}

impl Dates {
    /// The date of each record as a place in the list of dates.
    fn of(&self, fields: &Fields) -> (Arc<Vec<u32>>, &[PackedDate]) {
        let (values, dates) = self.found.get_or_init(|| {
            let (mut places, mut dates) = (FxHashMap::default(), Vec::new());
            // Records mostly stand in order of birth date.
            let mut last = (PackedDate::default(), u32::MAX);
            let place = |&date: &PackedDate| {
                if last.0 != date || last.1 == u32::MAX {
                    let next = dates.len() as u32;
                    let place = *places.entry(date).or_insert(next);
                    if place == next {
                        dates.push(date);
                    }
                    last = (date, place);
                }
                last.1
            };
            let values = fields.birth.iter().map(place).collect();
            (Arc::new(values), dates)
        });
        (Arc::clone(values), dates)
    }
}

/// One key for each distinct value of a field.
fn by_value<T: Copy + Default>(field: &Coded<T>, key: impl Fn(T) -> Option<u64>) -> KeyColumn {
    KeyColumn::by_value(field.value_ids(), field.values().iter().map(|&value| key(value)))
}

/// A key of a value that is a small number or a packed one; 0 is missing.
fn spread(value: u64) -> Option<u64> {
    (value != 0).then(|| hash::of_word(value))
}

fn name_key(id: u32) -> Option<u64> {
    spread(u64::from(id))
}

fn nhs_number(fields: &Fields, record: RecordIndex) -> Option<u64> {
    fields.number[record as usize].number().and_then(spread)
}

fn birth_date(date: PackedDate) -> Option<u64> {
    if date.is_whole() { spread(date.bits()) } else { None }
}

fn birth_date_either_order(date: PackedDate, keys: &mut Vec<u64>) {
    keys.extend(birth_date(date));
    keys.extend(date.exchanged().and_then(|date| spread(date.bits())));
}

fn birth_year_month(date: PackedDate) -> Option<u64> {
    if date.month() != 0 { spread(date.bits() & !31) } else { None }
}

fn birth_year_day(date: PackedDate) -> Option<u64> {
    if date.is_whole() { spread(date.bits() & !(15 << 5)) } else { None }
}

fn birth_month_day(date: PackedDate) -> Option<u64> {
    if date.is_whole() { spread(date.bits() & 511) } else { None }
}

fn birth_year(date: PackedDate) -> Option<u64> {
    spread(u64::from(date.year()))
}

/// The first given name, all spellings of one name alike.
fn given_name(names: &NameTable, given: Given) -> Option<u64> {
    name_key(names.spelling(given.words[0]))
}

/// Every word of the given names and other names.
fn given_name_words(fields: &Fields, record: RecordIndex, names: &mut Vec<NameId>) {
    let (given, other) = (fields.given.of(record), fields.other.of(record));
    names.extend(given.words().chain(other.words()).map(|word| fields.names.spelling(word)));
}

fn given_name_sound(names: &NameTable, given: Given) -> Option<u64> {
    spread(names.sound(given.words[0]))
}

fn given_name_initial(names: &NameTable, given: Given) -> Option<u64> {
    initial(names, given.words[0])
}

fn family_name(_: &NameTable, family: Family) -> Option<u64> {
    name_key(family.stem)
}

/// Every part of the family name, the previous one and the mother's.
fn family_name_words(fields: &Fields, record: RecordIndex, names: &mut Vec<NameId>) {
    for family in [fields.family.of(record), fields.previous_family.of(record), fields.mother_family.of(record)] {
        names.extend(family.words().chain([family.whole, family.stem]));
    }
}

fn family_name_sound(names: &NameTable, family: Family) -> Option<u64> {
    spread(names.sound(family.whole))
}

fn family_name_initial(names: &NameTable, family: Family) -> Option<u64> {
    initial(names, family.whole)
}

fn mother_family_name(_: &NameTable, family: Family) -> Option<u64> {
    name_key(family.whole)
}

/// Given and family name alike, for names in each other's place.
fn any_name(fields: &Fields, record: RecordIndex, names: &mut Vec<NameId>) {
    names.extend([fields.given.of(record).whole, fields.family.of(record).whole]);
}

fn initial(names: &NameTable, name: u32) -> Option<u64> {
    names.text(name).bytes().next().and_then(|letter| spread(u64::from(letter)))
}

/// The postcode and the previous one.
fn postcode(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    keys.extend(spread(fields.postcode.of(record).unit()));
    keys.extend(spread(fields.previous_postcode.of(record).unit()));
}

fn uprn(fields: &Fields, record: RecordIndex) -> Option<u64> {
    spread(fields.uprn[record as usize])
}

fn mother_nhs_number(fields: &Fields, record: RecordIndex) -> Option<u64> {
    fields.mother_number[record as usize].number().and_then(spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::{Table, TableBuilder};

    #[test]
    fn one_record_has_the_keys_that_it_has_among_all() {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("a");
        for (id, given, family) in [("1", "Mary Jane", "Smith-Okafor"), ("2", "Mohammed", ""), ("3", "", "Kowalska")] {
            let mut fields = RawFields::new();
            for (column, text) in [
                (Column::RecordId, id),
                (Column::NhsNumber, "943 476 5919"),
                (Column::GivenName, given),
                (Column::OtherNames, "Rose"),
                (Column::FamilyName, family),
                (Column::Sex, "2"),
                (Column::BirthDate, "2024-03-04"),
                (Column::Postcode, "LS1 4AP"),
                (Column::Uprn, "10093080391"),
                (Column::GpPractice, "A81001"),
                (Column::MotherNhsNumber, "401 023 2137"),
                (Column::MotherGivenName, "Aphra"),
                (Column::MotherFamilyName, "Smith"),
            ] {
                fields.set(column, text);
            }
            builder.push(source, 1, &fields);
        }
        let table = Table::build(vec![builder]).table;
        for key in VOCABULARY {
            let column = key.column(&table.fields);
            let mut any = false;
            for record in 0..table.len() as RecordIndex {
                let mut own = Vec::new();
                key.of(&table.fields, record, &mut own);
                own.sort_unstable();
                own.dedup();
                assert_eq!(own, column.keys(record).iter().collect::<Vec<_>>(), "{} of record {record}", key.name);
                any |= !own.is_empty();
            }
            assert!(any, "no record has a key {}", key.name);
        }
    }
}
