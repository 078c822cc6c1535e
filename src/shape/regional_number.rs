//! Numbers of Scotland and Northern Ireland.

use crate::identity::chi_number::ChiNumber;
use crate::identity::health_care_number::HealthCareNumber;
use serde::Serialize;

/// A valid number: ten figures, and as it is written.
#[derive(Serialize)]
pub(crate) struct RegionalNumberShape {
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
