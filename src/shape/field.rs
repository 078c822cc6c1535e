//! A parsed field and its findings.

use crate::error::Finding;
use crate::identity::field::{Field, Parsed};
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

/// A field told apart by `state`: `absent`, `invalid` (with the text as it stood) or `valid` (with its value).
#[derive(Serialize)]
pub(crate) struct FieldShape<'a, T> {
    state: &'static str,
    value: Option<T>,
    raw: Option<&'a str>,
    findings: Vec<FindingShape>,
}

impl<'a, T> FieldShape<'a, T> {
    /// The shape of a parsed field, its value shown by `show`.
    pub(crate) fn new<V>(parsed: &'a Parsed<V>, show: impl FnOnce(&'a V) -> T) -> FieldShape<'a, T> {
        let (state, value, raw) = match &parsed.field {
            Field::Absent => ("absent", None, None),
            Field::Invalid { raw, .. } => ("invalid", None, Some(&**raw)),
            Field::Valid(value) => ("valid", Some(show(value)), None),
        };
        FieldShape { state, value, raw, findings: parsed.findings.iter().map(FindingShape::from).collect() }
    }
}
