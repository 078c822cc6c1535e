//! Postcodes.

use super::error::Thrown;
use super::result::to_js;
use crate::identity::postcode::Postcode;
use crate::shape::field::FieldShape;
use crate::shape::postcode::PostcodeShape;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = parsePostcode)]
pub fn parse_postcode(text: &str) -> Result<JsValue, Thrown> {
    to_js(&FieldShape::new(&Postcode::parse_field(text), PostcodeShape::from))
}
