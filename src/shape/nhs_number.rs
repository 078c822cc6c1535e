//! NHS numbers.

use crate::identity::nhs_number::{NhsNumber, NumberRange};
use serde::Serialize;

/// A valid number: ten figures, the 3-3-4 display, and whose range it lies in.
#[derive(Serialize)]
pub(crate) struct NhsNumberShape {
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
