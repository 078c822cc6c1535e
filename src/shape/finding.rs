//! Findings.

use crate::error::Finding;
use serde::Serialize;

/// One finding: what, how grave, where and what to do.
#[derive(Serialize)]
pub(crate) struct FindingShape {
    code: &'static str,
    severity: &'static str,
    message: &'static str,
    hint: &'static str,
    field: Option<&'static str>,
    position: Option<u32>,
}

impl From<&Finding> for FindingShape {
    fn from(finding: &Finding) -> FindingShape {
        FindingShape {
            code: finding.code.id,
            severity: finding.code.severity.as_str(),
            message: finding.code.message,
            hint: finding.code.hint,
            field: (!finding.field.is_empty()).then_some(finding.field),
            position: finding.position,
        }
    }
}
