//! Given and family names.

use super::error::Thrown;
use super::field::FieldShape;
use super::result::to_json;
use crate::identity::birth_order::BirthOrder;
use crate::identity::name::{FamilyName, GivenName};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A name as shown, as compared, and the words of the comparison form.
#[derive(Serialize)]
struct NameShape<'a> {
    display: &'a str,
    comparison: &'a str,
    tokens: Vec<&'a str>,
}

impl<'a> From<&'a GivenName> for NameShape<'a> {
    fn from(name: &'a GivenName) -> NameShape<'a> {
        NameShape { display: name.display(), comparison: name.comparison(), tokens: name.tokens().collect() }
    }
}

impl<'a> From<&'a FamilyName> for NameShape<'a> {
    fn from(name: &'a FamilyName) -> NameShape<'a> {
        NameShape { display: name.display(), comparison: name.comparison(), tokens: name.tokens().collect() }
    }
}

#[wasm_bindgen(js_name = parseGivenName)]
pub fn parse_given_name(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&GivenName::parse_field(text), NameShape::from))
}

#[wasm_bindgen(js_name = parseFamilyName)]
pub fn parse_family_name(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&FamilyName::parse_field(text), NameShape::from))
}

#[wasm_bindgen(js_name = birthOrderInName)]
pub fn birth_order_in_name(text: &str) -> Option<u8> {
    BirthOrder::in_name(text).map(BirthOrder::get)
}
