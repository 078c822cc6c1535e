//! Whole records of one child.

use super::birth_date::{date_order, read_as_at};
use super::error::Thrown;
use super::result::to_json;
use crate::error::Finding;
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::RawFields;
use crate::shape::record::{NormalisedShape, ValidationShape};
use wasm_bindgen::prelude::*;

/// The names of the canonical columns: a record's keys, told apart from others before the boundary.
#[wasm_bindgen(js_name = columnNames)]
pub fn column_names() -> Vec<String> {
    Column::ALL.iter().map(|column| column.name().to_owned()).collect()
}

#[wasm_bindgen(js_name = validateRecord)]
pub fn validate_record(
    columns: &[u8],
    values: Vec<String>,
    month_first: bool,
    as_at: Option<String>,
) -> Result<String, Thrown> {
    let (person, findings) = parse(columns, &values, month_first, as_at)?;
    to_json(&ValidationShape::new(&person, &findings))
}

#[wasm_bindgen(js_name = normaliseRecord)]
pub fn normalise_record(
    columns: &[u8],
    values: Vec<String>,
    month_first: bool,
    as_at: Option<String>,
) -> Result<String, Thrown> {
    let (person, findings) = parse(columns, &values, month_first, as_at)?;
    to_json(&NormalisedShape::new(&person, &findings))
}

fn parse(
    columns: &[u8],
    values: &[String],
    month_first: bool,
    as_at: Option<String>,
) -> Result<(Person, Vec<Finding>), Thrown> {
    Ok(Person::parse(&raw_fields(columns, values), date_order(month_first), read_as_at(as_at)?))
}

/// `columns` are places in [`Column::ALL`]; each goes with the value of the same place.
pub(super) fn raw_fields<'a>(columns: &[u8], values: &'a [String]) -> RawFields<'a> {
    let mut raw = RawFields::new();
    for (column, value) in columns.iter().zip(values) {
        if let Some(column) = Column::ALL.get(usize::from(*column)) {
            raw.set(*column, value);
        }
    }
    raw
}
