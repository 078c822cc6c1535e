//! The named blocking keys of child records.

use super::blocking::KeyColumn;
use super::comparison::RecordIndex;
use super::hash;
use super::table::Table;
use crate::error::Error;

/// One key of the vocabulary: its name, and how a record's keys are found.
pub(crate) struct Key {
    /// The name in model files.
    pub(crate) name: &'static str,
    kind: Kind,
}

enum Kind {
    /// At most one key; `None` where the value is missing.
    Single(fn(&Table, RecordIndex) -> Option<u64>),
    /// Any number of keys.
    Several(fn(&Table, RecordIndex, &mut Vec<u64>)),
}

static VOCABULARY: &[Key] = &[
    Key { name: "nhs-number", kind: Kind::Single(nhs_number) },
    Key { name: "birth-date", kind: Kind::Single(birth_date) },
    Key { name: "birth-date-either-order", kind: Kind::Several(birth_date_either_order) },
    Key { name: "birth-year-month", kind: Kind::Single(birth_year_month) },
    Key { name: "birth-year-day", kind: Kind::Single(birth_year_day) },
    Key { name: "birth-month-day", kind: Kind::Single(birth_month_day) },
    Key { name: "birth-year", kind: Kind::Single(birth_year) },
    Key { name: "given-name", kind: Kind::Single(given_name) },
    Key { name: "given-name-words", kind: Kind::Several(given_name_words) },
    Key { name: "given-name-sound", kind: Kind::Single(given_name_sound) },
    Key { name: "given-name-initial", kind: Kind::Single(given_name_initial) },
    Key { name: "family-name", kind: Kind::Single(family_name) },
    Key { name: "family-name-words", kind: Kind::Several(family_name_words) },
    Key { name: "family-name-sound", kind: Kind::Single(family_name_sound) },
    Key { name: "family-name-initial", kind: Kind::Single(family_name_initial) },
    Key { name: "any-name", kind: Kind::Several(any_name) },
    Key { name: "sex", kind: Kind::Single(sex) },
    Key { name: "postcode", kind: Kind::Several(postcode) },
    Key { name: "postcode-sector", kind: Kind::Single(postcode_sector) },
    Key { name: "postcode-district", kind: Kind::Single(postcode_district) },
    Key { name: "uprn", kind: Kind::Single(uprn) },
    Key { name: "practice", kind: Kind::Single(practice) },
    Key { name: "mother-nhs-number", kind: Kind::Single(mother_nhs_number) },
    Key { name: "mother-given-name", kind: Kind::Single(mother_given_name) },
    Key { name: "mother-family-name", kind: Kind::Single(mother_family_name) },
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
    pub(crate) fn column(&self, table: &Table) -> KeyColumn {
        match self.kind {
            Kind::Single(key) => KeyColumn::single(table.len(), |record| key(table, record)),
            Kind::Several(keys) => KeyColumn::several(table.len(), |record, own| keys(table, record, own)),
        }
    }
}

/// A key of a value that is a small number or a packed one; 0 is missing.
fn spread(value: u64) -> Option<u64> {
    (value != 0).then(|| hash::of_word(value))
}

fn name_key(id: u32) -> Option<u64> {
    spread(u64::from(id))
}

fn nhs_number(table: &Table, record: RecordIndex) -> Option<u64> {
    table.fields.number[record as usize].number().and_then(spread)
}

fn birth_date(table: &Table, record: RecordIndex) -> Option<u64> {
    let date = table.fields.birth[record as usize];
    if date.is_whole() { spread(date.bits()) } else { None }
}

fn birth_date_either_order(table: &Table, record: RecordIndex, keys: &mut Vec<u64>) {
    let date = table.fields.birth[record as usize];
    keys.extend(birth_date(table, record));
    keys.extend(date.exchanged().and_then(|date| spread(date.bits())));
}

fn birth_year_month(table: &Table, record: RecordIndex) -> Option<u64> {
    let date = table.fields.birth[record as usize];
    if date.month() != 0 { spread(date.bits() & !31) } else { None }
}

fn birth_year_day(table: &Table, record: RecordIndex) -> Option<u64> {
    let date = table.fields.birth[record as usize];
    if date.is_whole() { spread(date.bits() & !(15 << 5)) } else { None }
}

fn birth_month_day(table: &Table, record: RecordIndex) -> Option<u64> {
    let date = table.fields.birth[record as usize];
    if date.is_whole() { spread(date.bits() & 511) } else { None }
}

fn birth_year(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(u64::from(table.fields.birth[record as usize].year()))
}

/// The first given name, all spellings of one name alike.
fn given_name(table: &Table, record: RecordIndex) -> Option<u64> {
    name_key(table.fields.names.spelling(table.fields.given.of(record).words[0]))
}

/// Every word of the given names and other names.
fn given_name_words(table: &Table, record: RecordIndex, keys: &mut Vec<u64>) {
    let (given, other) = (table.fields.given.of(record), table.fields.other.of(record));
    let spelling = |word| table.fields.names.spelling(word);
    keys.extend(given.words().chain(other.words()).filter_map(|word| name_key(spelling(word))));
}

fn given_name_sound(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.names.sound(table.fields.given.of(record).words[0]))
}

fn given_name_initial(table: &Table, record: RecordIndex) -> Option<u64> {
    initial(table, table.fields.given.of(record).words[0])
}

fn family_name(table: &Table, record: RecordIndex) -> Option<u64> {
    name_key(table.fields.family.of(record).stem)
}

/// Every part of the family name, the previous one and the mother's.
fn family_name_words(table: &Table, record: RecordIndex, keys: &mut Vec<u64>) {
    let fields = &table.fields;
    for family in [fields.family.of(record), fields.previous_family.of(record), fields.mother_family.of(record)] {
        keys.extend(family.words().chain([family.whole, family.stem]).filter_map(name_key));
    }
}

fn family_name_sound(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.names.sound(table.fields.family.of(record).whole))
}

fn family_name_initial(table: &Table, record: RecordIndex) -> Option<u64> {
    initial(table, table.fields.family.of(record).whole)
}

/// Given and family name alike, for names in each other's place.
fn any_name(table: &Table, record: RecordIndex, keys: &mut Vec<u64>) {
    keys.extend(name_key(table.fields.given.of(record).whole));
    keys.extend(name_key(table.fields.family.of(record).whole));
}

fn initial(table: &Table, name: u32) -> Option<u64> {
    table.fields.names.text(name).bytes().next().and_then(|letter| spread(u64::from(letter)))
}

fn sex(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(u64::from(table.fields.sex.of(record)))
}

/// The postcode and the previous one.
fn postcode(table: &Table, record: RecordIndex, keys: &mut Vec<u64>) {
    keys.extend(spread(table.fields.postcode.of(record).unit()));
    keys.extend(spread(table.fields.previous_postcode.of(record).unit()));
}

fn postcode_sector(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.postcode.of(record).sector())
}

fn postcode_district(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.postcode.of(record).district())
}

fn uprn(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.uprn[record as usize])
}

fn practice(table: &Table, record: RecordIndex) -> Option<u64> {
    spread(table.fields.practice.of(record))
}

fn mother_nhs_number(table: &Table, record: RecordIndex) -> Option<u64> {
    table.fields.mother_number[record as usize].number().and_then(spread)
}

fn mother_given_name(table: &Table, record: RecordIndex) -> Option<u64> {
    name_key(table.fields.names.spelling(table.fields.mother_given.of(record).words[0]))
}

fn mother_family_name(table: &Table, record: RecordIndex) -> Option<u64> {
    name_key(table.fields.mother_family.of(record).whole)
}
