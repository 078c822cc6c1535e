//! Given and family names.

use super::error::Thrown;
use super::result::to_json;
use crate::identity::birth_order::BirthOrder;
use crate::identity::name::{FamilyName, GivenName};
use crate::shape::field::FieldShape;
use crate::shape::name::NameShape;
use wasm_bindgen::prelude::*;

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
