//! Records in the comparison forms that childlink compares, for other linkage tools.

use super::linked::text;
use super::sheet::{Sheet, SheetColumn};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::gp_practice::GpPractice;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::Table;
use crate::linkage::table::fields::date::PackedDate;
use std::io::Write;

/// The columns. `unique_id` is `SOURCE/RECORD_ID`; names are without the joins of their words; a missing value is
/// empty.
const COLUMNS: [&str; 33] = [
    "unique_id",
    "source",
    "record_id",
    "nhs_number",
    "nhs_figures",
    "given_name",
    "given_first",
    "given_second",
    "given_spelling",
    "other_names",
    "family_name",
    "family_stem",
    "previous_family_name",
    "birth_date",
    "birth_year",
    "birth_month",
    "birth_day",
    "birth_figures",
    "sex",
    "birth_order",
    "postcode",
    "previous_postcode",
    "postcode_sector",
    "postcode_district",
    "postcode_area",
    "practice",
    "mother_nhs_number",
    "mother_given_name",
    "mother_given_spelling",
    "mother_family_name",
    "mother_family_stem",
    "mother_birth_date",
    "invalidated",
];

/// The columns of prepared records.
pub fn prepared_columns() -> Vec<SheetColumn> {
    COLUMNS.map(text).to_vec()
}

/// Writes every record under [`prepared_columns`]. Of a sensitive record postcodes and practice are left empty, since
/// the file goes to other tools.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_prepared<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table) -> Result<(), Error> {
    let fields = &table.fields;
    let name = |id: u32| fields.names.text(id);
    sheet.rows(table.len(), |index, row| {
        let record = index as RecordIndex;
        let (given, family) = (fields.given.of(record), fields.family.of(record));
        let (mother_given, mother_family) = (fields.mother_given.of(record), fields.mother_family.of(record));
        let (number, born) = (fields.number[index], fields.birth[index]);
        let is_shown = !table.is_sensitive(record);
        let whereabouts = |packed: u64| if is_shown { place(packed) } else { String::new() };
        let postcode = fields.postcode.of(record);
        row.text(&format!("{}/{}", table.source(record), table.record_id(record)));
        row.text(table.source(record));
        row.text(table.record_id(record));
        row.text(&figures(number.number()));
        row.text(&figures(number.figures()));
        row.text(name(given.whole));
        row.text(name(given.words[0]));
        row.text(name(given.words[1]));
        row.text(name(fields.names.spelling(given.words[0])));
        row.text(name(fields.other.of(record).whole));
        row.text(name(family.whole));
        row.text(name(family.stem));
        row.text(name(fields.previous_family.of(record).whole));
        row.text(&whole_date(born, "-"));
        row.text(&part(born.year()));
        row.text(&part(born.month()));
        row.text(&part(born.day()));
        row.text(&whole_date(born, ""));
        row.text(&part(u32::from(fields.sex.of(record))));
        row.text(&part(u32::from(fields.birth_order_of(record))));
        row.text(&whereabouts(postcode.unit()));
        row.text(&whereabouts(fields.previous_postcode.of(record).unit()));
        row.text(&whereabouts(postcode.sector()));
        row.text(&whereabouts(postcode.district()));
        row.text(&whereabouts(postcode.area()));
        let practice = GpPractice::parse_field(table.raw(record, Column::GpPractice));
        row.text(practice.field.valid().filter(|_| is_shown).map_or("", GpPractice::as_str));
        row.text(&figures(fields.mother_number[index].number()));
        row.text(name(mother_given.whole));
        row.text(name(fields.names.spelling(mother_given.words[0])));
        row.text(name(mother_family.whole));
        row.text(name(mother_family.stem));
        row.text(&whole_date(fields.mother_birth[index], "-"));
        row.text(if fields.invalidated[index] { "1" } else { "" });
    })
}

fn figures(number: Option<u64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:010}"))
}

fn part(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn whole_date(date: PackedDate, between: &str) -> String {
    match date.is_whole() {
        true => format!("{:04}{between}{:02}{between}{:02}", date.year(), date.month(), date.day()),
        false => String::new(),
    }
}

/// A packed postcode, or a part of one, in letters: the outward part, a space, what is there of the inward part.
fn place(packed: u64) -> String {
    let bytes = packed.to_be_bytes();
    let letters =
        |bytes: &[u8]| bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect::<String>();
    format!("{} {}", letters(&bytes[..5]), letters(&bytes[5..])).trim_end().to_owned()
}
