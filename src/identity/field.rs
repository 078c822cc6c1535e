//! What one field of a record turned out to be: absent, invalid or valid are three things.

use crate::error::{Finding, Severity};
use std::fmt;

/// A parsed field. *Verified* is a fourth state that only NHS numbers know: see
/// [`Person::verified_nhs_number`](super::person::Person::verified_nhs_number).
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub enum Field<T> {
    /// Nothing there, or words that say so (`UNALLOCATED`, `Baby`, `not known`).
    #[default]
    Absent,
    /// Something there that cannot be used: kept as it stood, with the reason. Counts as missing.
    Invalid {
        /// The text as it stood, without surrounding white space.
        raw: Box<str>,
        /// Why it cannot be used.
        reason: Finding,
    },
    /// A value of its type.
    Valid(T),
}

impl<T> Field<T> {
    /// The value, if it is valid.
    pub const fn valid(&self) -> Option<&T> {
        match self {
            Field::Valid(value) => Some(value),
            _ => None,
        }
    }

    /// Whether nothing was there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Field::Absent)
    }

    /// Why it cannot be used, if something unusable was there.
    pub const fn reason(&self) -> Option<Finding> {
        match self {
            Field::Invalid { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}

/// Masks what could not be read, since it may hold an identifier.
impl<T: fmt::Debug> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Absent => f.write_str("Absent"),
            Field::Invalid { reason, .. } => write!(f, "Invalid({})", reason.code.id),
            Field::Valid(value) => f.debug_tuple("Valid").field(value).finish(),
        }
    }
}

/// A parsed field and what is worth telling about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// What the field turned out to be.
    pub field: Field<T>,
    /// Reasons and advice, in the order found. Does not allocate while empty.
    pub findings: Vec<Finding>,
}

impl<T> Parsed<T> {
    /// A field with nothing there and nothing to tell.
    pub const ABSENT: Parsed<T> = Parsed { field: Field::Absent, findings: Vec::new() };

    /// A valid field with nothing to tell.
    pub const fn valid(value: T) -> Parsed<T> {
        Parsed { field: Field::Valid(value), findings: Vec::new() }
    }

    /// A field that holds words for "nothing there".
    pub fn absent_with(finding: Finding) -> Parsed<T> {
        Parsed { field: Field::Absent, findings: vec![finding] }
    }

    /// Reads a field by the strict parser of one value. Empty text is absent and tells nothing; an
    /// error of severity [`Note`](Severity::Note) means that the text says there is no value; any
    /// other error makes the field invalid and keeps the text.
    pub fn from_text(text: &str, parse: impl FnOnce(&str) -> Result<T, Finding>) -> Parsed<T> {
        let text = text.trim();
        if text.is_empty() {
            return Parsed::ABSENT;
        }
        match parse(text) {
            Ok(value) => Parsed::valid(value),
            Err(finding) if finding.code.severity == Severity::Note => Parsed::absent_with(finding),
            Err(reason) => Parsed { field: Field::Invalid { raw: text.into(), reason }, findings: vec![reason] },
        }
    }

    /// The same field with one more finding, if there is one.
    #[must_use]
    pub fn with(mut self, finding: impl IntoIterator<Item = Finding>) -> Parsed<T> {
        self.findings.extend(finding);
        self
    }

    /// The value, if it is valid.
    pub const fn value(&self) -> Option<&T> {
        self.field.valid()
    }

    /// Hands the findings over under the name of the column that was read, and keeps the field.
    pub fn report(self, column: &'static str, findings: &mut Vec<Finding>) -> Field<T> {
        findings.extend(self.findings.into_iter().map(|finding| Finding { field: column, ..finding }));
        match self.field {
            Field::Invalid { raw, reason } => Field::Invalid { raw, reason: Finding { field: column, ..reason } },
            field => field,
        }
    }
}
