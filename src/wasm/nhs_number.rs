//! NHS numbers.

use super::error::Thrown;
use super::field::FieldShape;
use super::result::to_json;
use crate::identity::nhs_number::{NhsNumber, NumberRange, check_packed};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A valid number: ten figures, the 3-3-4 display, and whose range it lies in.
#[derive(Serialize)]
struct NhsNumberShape {
    digits: String,
    display: String,
    range: &'static str,
}

impl From<&NhsNumber> for NhsNumberShape {
    fn from(number: &NhsNumber) -> NhsNumberShape {
        let range = match number.range() {
            NumberRange::Unused => "unused",
            NumberRange::Scotland => "scotland",
            NumberRange::NorthernIreland => "northern-ireland",
            NumberRange::EnglandWalesIsleOfMan => "england-wales-isle-of-man",
            NumberRange::InternalTest => "internal-test",
            NumberRange::Ireland => "ireland",
            NumberRange::Spare => "spare",
            NumberRange::Test => "test",
        };
        NhsNumberShape { digits: format!("{:010}", number.digits()), display: number.to_string(), range }
    }
}

#[wasm_bindgen(js_name = isNhsNumber)]
pub fn is_nhs_number(text: &str) -> bool {
    NhsNumber::parse(text).is_ok()
}

#[wasm_bindgen(js_name = parseNhsNumber)]
pub fn parse_nhs_number(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&NhsNumber::parse_field(text), NhsNumberShape::from))
}

#[wasm_bindgen(js_name = formatNhsNumber)]
pub fn format_nhs_number(text: &str) -> Result<String, Thrown> {
    Ok(NhsNumber::parse(text)?.to_string())
}

/// One byte for each number of ten figures: 1 where it is valid.
#[wasm_bindgen(js_name = checkNhsNumbers)]
pub fn check_nhs_numbers(packed: &[u8]) -> Vec<u8> {
    let mut valid = vec![false; packed.len() / 10];
    check_packed(packed, &mut valid);
    valid.into_iter().map(u8::from).collect()
}
