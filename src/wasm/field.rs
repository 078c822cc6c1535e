//! A parsed field and its findings.

use crate::identity::field::{Field, Parsed};
use crate::shape::finding::FindingShape;
use serde::Serialize;

/// A field told apart by `state`: `absent`, `invalid` (with the text as it stood) or `valid` (with its value).
#[derive(Serialize)]
pub(super) struct FieldShape<'a, T> {
    state: &'static str,
    value: Option<T>,
    raw: Option<&'a str>,
    findings: Vec<FindingShape>,
}

impl<'a, T> FieldShape<'a, T> {
    /// The shape of a parsed field, its value shown by `show`.
    pub(super) fn new<V>(parsed: &'a Parsed<V>, show: impl FnOnce(&'a V) -> T) -> FieldShape<'a, T> {
        let (state, value, raw) = match &parsed.field {
            Field::Absent => ("absent", None, None),
            Field::Invalid { raw, .. } => ("invalid", None, Some(&**raw)),
            Field::Valid(value) => ("valid", Some(show(value)), None),
        };
        FieldShape { state, value, raw, findings: parsed.findings.iter().map(FindingShape::from).collect() }
    }
}
