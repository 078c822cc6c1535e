//! What went wrong, as FHIR tells it.

use crate::error::{Error, Finding, Severity};
use serde_json::{Map, Value, json};

/// An OperationOutcome of one error, which ended the work. The code stands in `details`, what to do in `diagnostics`.
///
/// # Source
/// FHIR R4, OperationOutcome.
///
/// ```
/// use childlink::Error;
/// use childlink::exchange::fhir::of_error;
/// let outcome = of_error(&Error::new("csv/empty", "the file is empty", "check that the export finished"));
/// assert_eq!(outcome["issue"][0]["severity"], "error");
/// assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "csv/empty");
/// ```
pub fn of_error(error: &Error) -> Value {
    of_fault(error.code, &error.message, &error.hint, error.field.as_deref())
}

/// The same of the parts of an error, for shells that know them as text.
pub fn of_fault(code: &str, message: &str, hint: &str, field: Option<&str>) -> Value {
    outcome(vec![issue("error", code, message, hint, field)])
}

/// An OperationOutcome of findings; of none, it says that all went well.
///
/// # Source
/// FHIR R4, OperationOutcome, "All OK" of the guidance on its use.
pub fn of_findings(findings: &[Finding]) -> Value {
    if findings.is_empty() {
        return outcome(vec![
            json!({"severity": "information", "code": "informational", "details": {"text": "All OK"}}),
        ]);
    }
    let told = |finding: &Finding| {
        let severity = match finding.code.severity {
            Severity::Fault => "error",
            Severity::Warning => "warning",
            Severity::Note => "information",
        };
        issue(severity, finding.code.id, finding.code.message, finding.code.hint, Some(finding.field))
    };
    outcome(findings.iter().map(told).collect())
}

fn outcome(issues: Vec<Value>) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": issues})
}

fn issue(severity: &str, code: &str, message: &str, hint: &str, field: Option<&str>) -> Value {
    let mut issue = Map::new();
    issue.insert("severity".to_owned(), severity.into());
    // The code of the required list that fits a value that is not as it should be.
    issue.insert("code".to_owned(), "invalid".into());
    issue.insert("details".to_owned(), json!({"coding": [{"code": code}], "text": message}));
    if !hint.is_empty() {
        issue.insert("diagnostics".to_owned(), hint.into());
    }
    if let Some(field) = field.filter(|field| !field.is_empty()) {
        issue.insert("expression".to_owned(), json!([field]));
    }
    issue.into()
}
