//! What went wrong or looks wrong: a stable code, what was found, where, and the fix.
//!
//! [`Finding`] is for batches: the record goes on, the finding is counted and shown. [`Error`] is
//! for one value or one run that cannot go on. Neither ever carries a patient identifier: a message
//! names the place (source, row, field, position), not the value.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing was lost (a placeholder name was read as missing).
    Note,
    /// Probably wrong; the value is kept but counts as weak evidence (1 January birthday).
    Warning,
    /// Unusable; the raw value is kept beside its reason and the field counts as missing.
    Fault,
}

impl Severity {
    /// The word used in output: `note`, `warning` or `fault`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Fault => "fault",
        }
    }
}

/// One kind of finding or error: declared once as a constant beside the code that raises it.
///
/// ```
/// use childlink::error::{Code, Severity};
/// const CHECK_DIGIT: Code = Code::new(
///     "nhs-number/check-digit",
///     Severity::Fault,
///     "the check digit does not agree with the other nine digits",
///     "go back to the source record",
/// );
/// assert_eq!(CHECK_DIGIT.id, "nhs-number/check-digit");
/// ```
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// Stable and greppable: `area/what`, lower case, hyphens.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in words that a records clerk understands.
    pub message: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(id: &'static str, severity: Severity, message: &'static str, hint: &'static str) -> Code {
        Code { id, severity, message, hint }
    }
}

/// Something worth telling about one field of one record. Small and free of allocation, since
/// millions are counted in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// What kind.
    pub code: &'static Code,
    /// The canonical column it concerns (`nhs_number`, `birth_date`), or `""` for the whole record.
    pub field: &'static str,
    /// Where in the value, as a 0-based character position, when that is known.
    pub position: Option<u32>,
}

impl Finding {
    /// A finding about a field.
    pub const fn new(code: &'static Code, field: &'static str) -> Finding {
        Finding { code, field, position: None }
    }

    /// The same finding with the 0-based character position of the trouble.
    pub const fn at(self, position: u32) -> Finding {
        Finding { position: Some(position), ..self }
    }
}

/// The names in a header for a message that one is missing. A first line in which none of the wanted names stands, or
/// that does not look like a header, may be a person's record: of such a line only the number of columns is told.
///
/// ```
/// use childlink::error::columns_found;
/// let found = |line: &str| columns_found(line.split(',').collect::<Vec<_>>().into_iter(), |name| name == "sex");
/// assert_eq!(found("id,sex"), "found: id, sex");
/// assert_eq!(found("id,gender"), "none of the 2 columns in the first line is known");
/// assert_eq!(found("{id:7,sex"), "the first line, of 2 columns, does not look like a header");
/// ```
pub fn columns_found<'n>(names: impl ExactSizeIterator<Item = &'n str>, is_known: impl Fn(&str) -> bool) -> String {
    let count = names.len();
    let names: Vec<&str> = names.collect();
    if !names.iter().any(|name| is_known(name)) {
        return format!("none of the {count} columns in the first line is known");
    }
    if !names.iter().all(|name| is_like_a_column(name)) {
        return format!("the first line, of {count} columns, does not look like a header");
    }
    format!("found: {}", names.join(", "))
}

/// Whether a cell of a first line can name a column, and is not rather a date, a number, an address for mail or a piece
/// of JSON.
fn is_like_a_column(cell: &str) -> bool {
    let figures = cell.bytes().filter(u8::is_ascii_digit).count();
    !cell.is_empty() && cell.len() <= 64 && figures < 4 && !cell.contains(['@', '"', '{', '}'])
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.id, self.code.message)?;
        if !self.field.is_empty() {
            write!(f, " in {}", self.field)?;
        }
        if let Some(position) = self.position {
            write!(f, " at character {}", position + 1)?;
        }
        write!(f, "; {}", self.code.hint)
    }
}

/// Why one value, file or run could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Stable and greppable, as in [`Code::id`].
    pub code: &'static str,
    /// What was found and where.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// The column, option or key concerned, if there is one.
    pub field: Option<String>,
}

impl Error {
    /// An error with its own message and hint.
    // Called, not copied to each of its hundreds of places, which in Wasm comes to kilobytes.
    #[cold]
    #[inline(never)]
    pub fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { code, message: message.into(), hint: hint.into(), field: None }
    }

    /// The same error with the column, option or key it concerns.
    #[must_use]
    #[inline(never)]
    pub fn in_field(mut self, field: impl Into<String>) -> Error {
        self.field = Some(field.into());
        self
    }
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Error {
        let mut error = Error::new(finding.code.id, finding.code.message, finding.code.hint);
        if let Some(position) = finding.position {
            error.message = format!("{} (character {})", error.message, position + 1);
        }
        if !finding.field.is_empty() {
            error.field = Some(finding.field.to_owned());
        }
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
