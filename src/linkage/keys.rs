//! The named blocking keys of child records.

use super::blocking::KeyColumn;
use super::comparison::RecordIndex;
use super::hash;
use super::table::fields::{Coded, Fields};
use crate::error::Error;

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
    ByValue(fn(&Fields) -> KeyColumn),
    /// Any number of keys.
    Several(fn(&Fields, RecordIndex, &mut Vec<u64>)),
}

static VOCABULARY: &[Key] = &[
    Key { name: "nhs-number", kind: Kind::Single(nhs_number) },
    Key { name: "birth-date", kind: Kind::Single(birth_date) },
    Key { name: "birth-date-either-order", kind: Kind::Several(birth_date_either_order) },
    Key { name: "birth-year-month", kind: Kind::Single(birth_year_month) },
    Key { name: "birth-year-day", kind: Kind::Single(birth_year_day) },
    Key { name: "birth-month-day", kind: Kind::Single(birth_month_day) },
    Key { name: "birth-year", kind: Kind::Single(birth_year) },
    Key { name: "given-name", kind: Kind::ByValue(given_name) },
    Key { name: "given-name-words", kind: Kind::Several(given_name_words) },
    Key { name: "given-name-sound", kind: Kind::ByValue(given_name_sound) },
    Key { name: "given-name-initial", kind: Kind::ByValue(given_name_initial) },
    Key { name: "family-name", kind: Kind::ByValue(family_name) },
    Key { name: "family-name-words", kind: Kind::Several(family_name_words) },
    Key { name: "family-name-sound", kind: Kind::ByValue(family_name_sound) },
    Key { name: "family-name-initial", kind: Kind::ByValue(family_name_initial) },
    Key { name: "any-name", kind: Kind::Several(any_name) },
    Key { name: "sex", kind: Kind::ByValue(sex) },
    Key { name: "postcode", kind: Kind::Several(postcode) },
    Key { name: "postcode-sector", kind: Kind::ByValue(postcode_sector) },
    Key { name: "postcode-district", kind: Kind::ByValue(postcode_district) },
    Key { name: "uprn", kind: Kind::Single(uprn) },
    Key { name: "practice", kind: Kind::ByValue(practice) },
    Key { name: "mother-nhs-number", kind: Kind::Single(mother_nhs_number) },
    Key { name: "mother-given-name", kind: Kind::ByValue(mother_given_name) },
    Key { name: "mother-family-name", kind: Kind::ByValue(mother_family_name) },
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
        match self.kind {
            Kind::Single(key) => KeyColumn::single(fields.len(), |record| key(fields, record)),
            Kind::ByValue(column) => column(fields),
            Kind::Several(keys) => KeyColumn::several(fields.len(), |record, own| keys(fields, record, own)),
        }
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

fn birth_date(fields: &Fields, record: RecordIndex) -> Option<u64> {
    let date = fields.birth[record as usize];
    if date.is_whole() { spread(date.bits()) } else { None }
}

fn birth_date_either_order(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    let date = fields.birth[record as usize];
    keys.extend(birth_date(fields, record));
    keys.extend(date.exchanged().and_then(|date| spread(date.bits())));
}

fn birth_year_month(fields: &Fields, record: RecordIndex) -> Option<u64> {
    let date = fields.birth[record as usize];
    if date.month() != 0 { spread(date.bits() & !31) } else { None }
}

fn birth_year_day(fields: &Fields, record: RecordIndex) -> Option<u64> {
    let date = fields.birth[record as usize];
    if date.is_whole() { spread(date.bits() & !(15 << 5)) } else { None }
}

fn birth_month_day(fields: &Fields, record: RecordIndex) -> Option<u64> {
    let date = fields.birth[record as usize];
    if date.is_whole() { spread(date.bits() & 511) } else { None }
}

fn birth_year(fields: &Fields, record: RecordIndex) -> Option<u64> {
    spread(u64::from(fields.birth[record as usize].year()))
}

/// The first given name, all spellings of one name alike.
fn given_name(fields: &Fields) -> KeyColumn {
    by_value(&fields.given, |given| name_key(fields.names.spelling(given.words[0])))
}

/// Every word of the given names and other names.
fn given_name_words(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    let (given, other) = (fields.given.of(record), fields.other.of(record));
    let spelling = |word| fields.names.spelling(word);
    keys.extend(given.words().chain(other.words()).filter_map(|word| name_key(spelling(word))));
}

fn given_name_sound(fields: &Fields) -> KeyColumn {
    by_value(&fields.given, |given| spread(fields.names.sound(given.words[0])))
}

fn given_name_initial(fields: &Fields) -> KeyColumn {
    by_value(&fields.given, |given| initial(fields, given.words[0]))
}

fn family_name(fields: &Fields) -> KeyColumn {
    by_value(&fields.family, |family| name_key(family.stem))
}

/// Every part of the family name, the previous one and the mother's.
fn family_name_words(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    for family in [fields.family.of(record), fields.previous_family.of(record), fields.mother_family.of(record)] {
        keys.extend(family.words().chain([family.whole, family.stem]).filter_map(name_key));
    }
}

fn family_name_sound(fields: &Fields) -> KeyColumn {
    by_value(&fields.family, |family| spread(fields.names.sound(family.whole)))
}

fn family_name_initial(fields: &Fields) -> KeyColumn {
    by_value(&fields.family, |family| initial(fields, family.whole))
}

/// Given and family name alike, for names in each other's place.
fn any_name(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    keys.extend(name_key(fields.given.of(record).whole));
    keys.extend(name_key(fields.family.of(record).whole));
}

fn initial(fields: &Fields, name: u32) -> Option<u64> {
    fields.names.text(name).bytes().next().and_then(|letter| spread(u64::from(letter)))
}

fn sex(fields: &Fields) -> KeyColumn {
    by_value(&fields.sex, |sex| spread(u64::from(sex)))
}

/// The postcode and the previous one.
fn postcode(fields: &Fields, record: RecordIndex, keys: &mut Vec<u64>) {
    keys.extend(spread(fields.postcode.of(record).unit()));
    keys.extend(spread(fields.previous_postcode.of(record).unit()));
}

fn postcode_sector(fields: &Fields) -> KeyColumn {
    by_value(&fields.postcode, |postcode| spread(postcode.sector()))
}

fn postcode_district(fields: &Fields) -> KeyColumn {
    by_value(&fields.postcode, |postcode| spread(postcode.district()))
}

fn uprn(fields: &Fields, record: RecordIndex) -> Option<u64> {
    spread(fields.uprn[record as usize])
}

fn practice(fields: &Fields) -> KeyColumn {
    by_value(&fields.practice, spread)
}

fn mother_nhs_number(fields: &Fields, record: RecordIndex) -> Option<u64> {
    fields.mother_number[record as usize].number().and_then(spread)
}

fn mother_given_name(fields: &Fields) -> KeyColumn {
    by_value(&fields.mother_given, |given| name_key(fields.names.spelling(given.words[0])))
}

fn mother_family_name(fields: &Fields) -> KeyColumn {
    by_value(&fields.mother_family, |family| name_key(family.whole))
}
