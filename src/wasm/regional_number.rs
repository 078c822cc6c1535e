//! Numbers of Scotland (CHI) and Northern Ireland (Health and Care Number).

use super::error::Thrown;
use super::result::to_json;
use crate::identity::chi_number::ChiNumber;
use crate::identity::health_care_number::HealthCareNumber;
use crate::shape::field::FieldShape;
use crate::shape::regional_number::RegionalNumberShape;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = parseChiNumber)]
pub fn parse_chi_number(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&ChiNumber::parse_field(text), RegionalNumberShape::from))
}

#[wasm_bindgen(js_name = parseHealthCareNumber)]
pub fn parse_health_care_number(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&HealthCareNumber::parse_field(text), RegionalNumberShape::from))
}
