//! What is worth knowing about a saved model.

use crate::error::{Code, Severity};
use std::fmt;

/// A level has no m or no u of its own.
pub static UNTRAINED_LEVEL: Code = Code::new(
    "splink/untrained-level",
    Severity::Warning,
    "the level is not trained, so Splink's default by position is used",
    "train the level, or give it a probability: the default is invented",
);
/// Training never saw the level.
pub static NOT_OBSERVED: Code = Code::new(
    "splink/level-not-observed",
    Severity::Warning,
    "training never observed the level, so a probability of 0.000001 is used",
    "train the model on data in which the level occurs",
);
/// A function of another dialect than DuckDB.
pub static UNVERIFIED_FUNCTION: Code = Code::new(
    "splink/unverified-function",
    Severity::Warning,
    "no published test proves how this dialect's function behaves",
    "compare scores with the system that the model was made for before relying on them",
);
/// A term-frequency column without a weight.
pub static WEIGHT_ASSUMED: Code = Code::new(
    "splink/tf-weight-assumed",
    Severity::Warning,
    "the term-frequency adjustment has no weight: 1 is used, as Splink does, though a weight of 0 is lost on saving",
    "write tf_adjustment_weight into the model",
);
/// A number that Splink computes with and that is none of its kind.
pub static OUT_OF_RANGE: Code = Code::new(
    "splink/out-of-range",
    Severity::Warning,
    "the number is not between 0 and 1; it is used as it stands, as Splink does",
    "correct it, unless it was meant: weights that come of it are no match weights",
);
/// Two comparisons of one name.
pub static COMPARISON_TWICE: Code = Code::new(
    "splink/comparison-twice",
    Severity::Warning,
    "two comparisons have one name; the evidence of both counts, as in Splink",
    "take one of them out, or name its results by output_column_name",
);
/// A key that has no effect here.
pub static KEY_IGNORED: Code = Code::new(
    "splink/key-ignored",
    Severity::Note,
    "the key has no effect on scores and is not used",
    "nothing needs to be done",
);
/// The document does not tell its dialect.
pub static DIALECT_ASSUMED: Code = Code::new(
    "splink/dialect-assumed",
    Severity::Warning,
    "the model does not say in which SQL dialect it is written: duckdb is used",
    "write sql_dialect into the model",
);
/// A blocking rule that no equality narrows.
pub static ALL_PAIRS: Code = Code::new(
    "splink/all-pairs",
    Severity::Warning,
    "the blocking rule asks for no equality, so every pair is tried",
    "add an equality of columns to the rule",
);

/// Agreement that counts against a match.
pub static INVERTED_LEVEL: Code = Code::new(
    "splink/inverted-level",
    Severity::Warning,
    "the strongest level is commoner among random pairs than among matches, or the weakest the other way round",
    "look at the comparison's column: a constant or filler value may stand in it",
);
/// Supposed matches that disagree.
pub static MOSTLY_DISAGREE: Code = Code::new(
    "splink/mostly-disagree",
    Severity::Warning,
    "most of the pairs that training takes for matches are at the last level: it may have found households or namesakes",
    "train under rules that hold other columns, or from labels",
);
/// Supposed matches that look like siblings.
pub static HOUSEHOLD_DRIFT: Code = Code::new(
    "splink/household-drift",
    Severity::Warning,
    "most of the pairs that training takes for matches share a family name or an address, and not a given name: it may have \
     found households",
    "train under a rule that holds the given name, or from labels",
);
/// Expectation-maximisation stopped early.
pub static NOT_CONVERGED: Code = Code::new(
    "splink/not-converged",
    Severity::Warning,
    "expectation-maximisation reached its last round before it settled",
    "raise max_iterations, or look at the rule",
);

/// A finding about a place in a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFinding {
    /// What kind.
    pub code: &'static Code,
    /// Where: comparison, level, function.
    pub place: String,
}

impl Code {
    pub(super) fn at(&'static self, place: impl Into<String>) -> ModelFinding {
        ModelFinding { code: self, place: place.into() }
    }
}

impl fmt::Display for ModelFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in {}; {}", self.code.id, self.code.message, self.place, self.code.hint)
    }
}
