//! Postcodes.

use super::error::Thrown;
use super::result::to_json;
use crate::identity::postcode::Postcode;
use crate::shape::field::FieldShape;
use crate::shape::postcode::PostcodeShape;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = parsePostcode)]
pub fn parse_postcode(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&Postcode::parse_field(text), PostcodeShape::from))
}
