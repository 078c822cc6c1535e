//! Numbers of Scotland (CHI) and Northern Ireland (Health and Care Number).

use super::error::Thrown;
use super::field::FieldShape;
use super::result::to_json;
use crate::identity::chi_number::ChiNumber;
use crate::identity::health_care_number::HealthCareNumber;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A valid number: ten figures, and as it is written.
#[derive(Serialize)]
struct RegionalNumberShape {
    digits: String,
    display: String,
}

impl From<&ChiNumber> for RegionalNumberShape {
    fn from(number: &ChiNumber) -> RegionalNumberShape {
        RegionalNumberShape { digits: format!("{:010}", number.digits()), display: number.to_string() }
    }
}

impl From<&HealthCareNumber> for RegionalNumberShape {
    fn from(number: &HealthCareNumber) -> RegionalNumberShape {
        RegionalNumberShape { digits: format!("{:010}", number.digits()), display: number.to_string() }
    }
}

#[wasm_bindgen(js_name = parseChiNumber)]
pub fn parse_chi_number(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&ChiNumber::parse_field(text), RegionalNumberShape::from))
}

#[wasm_bindgen(js_name = parseHealthCareNumber)]
pub fn parse_health_care_number(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&HealthCareNumber::parse_field(text), RegionalNumberShape::from))
}
