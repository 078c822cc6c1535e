//! Whole records of one child.

use super::birth_date::{date_order, read_as_at};
use super::error::Thrown;
use super::result::to_json;
use crate::error::Finding;
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::{DateOrder, RawFields};
use crate::shape::record::{NormalisedShape, ValidationShape};
use wasm_bindgen::prelude::*;

/// The names of the canonical columns: a record's keys, told apart from others before the boundary.
#[wasm_bindgen(js_name = columnNames)]
pub fn column_names() -> Vec<String> {
    Column::ALL.iter().map(|column| column.name().to_owned()).collect()
}

/// The names of the columns of an answer, in the order of the states that [`validate_record`] gives.
#[wasm_bindgen(js_name = stateNames)]
pub fn state_names() -> Vec<String> {
    let (nobody, findings) = Person::parse(&RawFields::new(), DateOrder::default(), None);
    ValidationShape::new(&nobody, &findings).columns().map(str::to_owned).collect()
}

/// One figure for each of: no fault, a verified number, sensitive, invalidated, and the state of each column; after
/// them the findings as JSON, if there are any. Most of what a record answers is the same for every record, and need
/// not be written here and read there.
#[wasm_bindgen(js_name = validateRecord)]
pub fn validate_record(shape: &[u32], texts: &str, month_first: bool, as_at: Option<String>) -> Result<String, Thrown> {
    let (person, findings) = parse(shape, texts, month_first, as_at)?;
    let validation = ValidationShape::new(&person, &findings);
    let mut answer = validation.figures();
    if !findings.is_empty() {
        answer.push_str(&to_json(&validation.findings)?);
    }
    Ok(answer)
}

#[wasm_bindgen(js_name = normaliseRecord)]
pub fn normalise_record(
    shape: &[u32],
    texts: &str,
    month_first: bool,
    as_at: Option<String>,
) -> Result<String, Thrown> {
    let (person, findings) = parse(shape, texts, month_first, as_at)?;
    to_json(&NormalisedShape::new(&person, &findings))
}

fn parse(
    shape: &[u32],
    texts: &str,
    month_first: bool,
    as_at: Option<String>,
) -> Result<(Person, Vec<Finding>), Thrown> {
    Ok(Person::parse(&raw_fields(shape, texts), date_order(month_first), read_as_at(as_at)?))
}

/// `shape` has two numbers for each field: its place in [`Column::ALL`], and how many UTF-16 units of `texts` it takes
/// before the line break that ends it.
pub(super) fn raw_fields<'a>(shape: &[u32], mut texts: &'a str) -> RawFields<'a> {
    let mut raw = RawFields::new();
    for field in shape.chunks_exact(2) {
        let (text, rest) = split_at_unit(texts, field[1] as usize);
        if let Some(column) = Column::ALL.get(field[0] as usize) {
            raw.set(*column, text);
        }
        texts = rest.get(1..).unwrap_or("");
    }
    raw
}

/// Splits after so many UTF-16 units, in which JavaScript counts.
fn split_at_unit(text: &str, units: usize) -> (&str, &str) {
    if text.as_bytes().get(..units).is_some_and(<[u8]>::is_ascii) {
        return text.split_at(units);
    }
    let mut counted = 0;
    let end = text.char_indices().find(|(_, letter)| {
        let here = counted;
        counted += letter.len_utf16();
        here >= units
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}
