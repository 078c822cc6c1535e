//! How far an NHS number has been agreed with the national records.

use super::super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// The status is none of 01 to 08.
pub static STATUS_UNKNOWN: Code = Code::new(
    "nhs-number-status/unknown-code",
    Severity::Fault,
    "the NHS number status is none of 01 to 08",
    "send the status code of the NHS Data Dictionary, two figures",
);

/// How far an NHS number has been agreed with the national records.
///
/// # Source
/// NHS Data Model and Dictionary, NHS NUMBER STATUS INDICATOR CODE (December 2019). UK Core's NHS number
/// verification status uses the same codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum NhsNumberStatus {
    /// 01: number present and verified.
    Verified = 1,
    /// 02: number present but not traced.
    NotTraced = 2,
    /// 03: trace required.
    TraceRequired = 3,
    /// 04: trace attempted, no match or several.
    TraceAttempted = 4,
    /// 05: trace needs to be resolved; number and details conflict.
    TraceToResolve = 5,
    /// 06: trace in progress.
    TraceInProgress = 6,
    /// 07: number not present and trace not required.
    NotPresent = 7,
    /// 08: trace postponed; a baby under six weeks.
    TracePostponed = 8,
}

impl NhsNumberStatus {
    const ALL: [NhsNumberStatus; 8] = [
        NhsNumberStatus::Verified,
        NhsNumberStatus::NotTraced,
        NhsNumberStatus::TraceRequired,
        NhsNumberStatus::TraceAttempted,
        NhsNumberStatus::TraceToResolve,
        NhsNumberStatus::TraceInProgress,
        NhsNumberStatus::NotPresent,
        NhsNumberStatus::TracePostponed,
    ];

    /// Reads `01` to `08`; a lost leading zero is forgiven.
    ///
    /// # Errors
    /// `nhs-number-status/unknown-code`.
    pub fn parse(text: &str) -> Result<NhsNumberStatus, Finding> {
        let figures = text.trim().strip_prefix('0').unwrap_or(text.trim());
        NhsNumberStatus::ALL
            .into_iter()
            .find(|status| figures.as_bytes() == [b'0' + *status as u8])
            .ok_or(Finding::new(&STATUS_UNKNOWN, "nhs_number_status"))
    }

    /// Reads the field of a record.
    pub fn parse_field(text: &str) -> Parsed<NhsNumberStatus> {
        Parsed::from_text(text, NhsNumberStatus::parse)
    }

    /// The two figures: `01`.
    pub const fn code(self) -> &'static str {
        match self {
            NhsNumberStatus::Verified => "01",
            NhsNumberStatus::NotTraced => "02",
            NhsNumberStatus::TraceRequired => "03",
            NhsNumberStatus::TraceAttempted => "04",
            NhsNumberStatus::TraceToResolve => "05",
            NhsNumberStatus::TraceInProgress => "06",
            NhsNumberStatus::NotPresent => "07",
            NhsNumberStatus::TracePostponed => "08",
        }
    }
}

impl fmt::Display for NhsNumberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
