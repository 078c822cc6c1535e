//! Words that people write where a value is missing.

use crate::text::normalise::fold;

/// In comparison form.
///
/// # Source
/// UNALLOCATED: shown by legacy tracing (NSTS) in the number field. UNKNOWN, NULL, NONE: NHS England,
/// NHSE_probabilistic_linkage (February 2025). The rest is general knowledge of legacy systems.
const WORDS: [&str; 16] = [
    "UNALLOCATED",
    "NOT ALLOCATED",
    "UNKNOWN",
    "NOT KNOWN",
    "UNKN",
    "NK",
    "N K",
    "NONE",
    "NULL",
    "NIL",
    "N A",
    "NOT APPLICABLE",
    "NOT STATED",
    "NOT RECORDED",
    "MISSING",
    "NAN",
];

/// Whether the text is nothing but words for "no value", or nothing but punctuation.
pub(super) fn says_missing(text: &str) -> bool {
    folded_says_missing(&fold(text))
}

/// [`says_missing`] of a text in comparison form.
pub(super) fn folded_says_missing(folded: &str) -> bool {
    folded.is_empty() || WORDS.contains(&folded)
}
