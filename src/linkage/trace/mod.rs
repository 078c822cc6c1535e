//! The steps of NHS England's Master Person Service, for those who must reproduce it and as a baseline: cross-check,
//! alphanumeric trace and algorithmic trace of a record against a reference of persons, each step only for what is
//! left. The record bucket and one-time ids that follow there for people not found are left out.
//!
//! What the published pages leave open is an [`Options`] field, whose default is our reading. Not published, and
//! therefore absent: the address key, which is one of the filters of the alphanumeric trace.
//!
//! # Source
//! NHS England, Person_ID Handbook, technical details of the data linkage algorithm, 27 February 2024; MPS
//! Diagnostics User Guide v1.0.0, 16 November 2023.

mod demographics;
mod link;
mod reference;
mod score;
mod steps;

pub use demographics::{Demographics, Gender, NameSet};
pub use link::{Lists, Traced, TracedRecord, trace_records};
pub use reference::{Person, Reference, ReferenceRow};
pub use score::Scores;

use crate::error::Error;

/// The step that was tried last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// No step could run, as without a birth date.
    None,
    /// NHS number and birth date equal, in the copy kept.
    CachedCrossCheck,
    /// NHS number and most of the birth date, with names or place.
    LiveCrossCheck,
    /// Every field that is filled agrees, of one person only.
    Alphanumeric,
    /// The best of scored candidates.
    Algorithmic,
}

impl Step {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::None => "none",
            Step::CachedCrossCheck => "cached-cross-check",
            Step::LiveCrossCheck => "live-cross-check",
            Step::Alphanumeric => "alphanumeric",
            Step::Algorithmic => "algorithmic",
        }
    }

    /// MATCHED_ALGORITHM_INDICATOR: 0, 1, 3 or 4 (one passage of the handbook says 2 for alphanumeric).
    pub const fn indicator(self) -> u8 {
        match self {
            Step::None => 0,
            Step::CachedCrossCheck | Step::LiveCrossCheck => 1,
            Step::Alphanumeric => 3,
            Step::Algorithmic => 4,
        }
    }
}

/// What became of a trace, by the code of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 00: one person.
    Match,
    /// 90: one person, whose number superseded the one asked for.
    Superseded,
    /// 91: the record is invalid; nothing is told of it.
    Invalid,
    /// 92: one person, whose place is withheld.
    Sensitive,
    /// 96: the two best candidates agree in all that was given, and birth date or postcode was not.
    NotEnough,
    /// 97: the two best candidates are too close.
    Close,
    /// 98: nobody.
    NotFound,
}

impl Outcome {
    /// The code in the response.
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::Match => "00",
            Outcome::Superseded => "90",
            Outcome::Invalid => "91",
            Outcome::Sensitive => "92",
            Outcome::NotEnough => "96",
            Outcome::Close => "97",
            Outcome::NotFound => "98",
        }
    }
}

/// The result of tracing one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The step that was tried last.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
    /// The place in the reference of the person found.
    pub person: Option<usize>,
    /// 0 to 100, not a probability: 100 for the first three steps, the mean of the scores for the last.
    pub confidence: Option<f64>,
    /// The scores of the best candidate of the algorithmic trace.
    pub scores: Option<Scores>,
    /// The candidates of the algorithmic trace that no other is clear of, best first, with their means.
    pub close: Vec<(usize, f64)>,
}

/// What the published description leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// `soundex`: whether equal codes parted by H or W count once.
    pub silent_h_and_w: bool,
    /// `name-parts`: whether each part of the name enters the mean by itself, or their own mean once.
    pub name_parts_one_by_one: bool,
    /// `prefix-from`: the Jaro similarity above which a common prefix counts, 0.51 to 0.78.
    pub prefix_from: f64,
    /// `eligible`: whether the algorithmic trace runs when any of its blocks can be asked, or only with birth date,
    /// gender and postcode.
    pub any_block: bool,
    /// `exchanged-parts`: whether a part of a birth date with exchanged figures counts as one that agrees, or only
    /// where the rest of the date is equal.
    pub exchanged_parts_count: bool,
    /// `guards`: whether a match by the last two steps is held back where two valid NHS numbers or birth orders
    /// differ (for review) or where it may join the two identities of an adopted child (restricted queue). The
    /// service has no such guards; our default has.
    pub guards: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            silent_h_and_w: true,
            name_parts_one_by_one: true,
            prefix_from: 0.7,
            any_block: true,
            exchanged_parts_count: false,
            guards: true,
        }
    }
}

impl Options {
    /// Sets an option by `NAME=VALUE`:
    /// `soundex=silent-hw|plain`, `name-parts=each|mean`, `prefix-from=0.51..0.78`, `eligible=any-block|all-fields`,
    /// `exchanged-parts=alone|count`, `guards=on|off`. The first value is the default.
    ///
    /// # Errors
    /// `trace/option`.
    ///
    /// ```
    /// use childlink::linkage::trace::Options;
    /// let mut options = Options::default();
    /// options.set("name-parts=mean")?;
    /// assert!(!options.name_parts_one_by_one);
    /// assert_eq!(options.set("name-parts=none").unwrap_err().code, "trace/option");
    /// # Ok::<(), childlink::Error>(())
    /// ```
    pub fn set(&mut self, option: &str) -> Result<(), Error> {
        match option.split_once('=') {
            Some(("soundex", "silent-hw")) => self.silent_h_and_w = true,
            Some(("soundex", "plain")) => self.silent_h_and_w = false,
            Some(("name-parts", "each")) => self.name_parts_one_by_one = true,
            Some(("name-parts", "mean")) => self.name_parts_one_by_one = false,
            Some(("eligible", "any-block")) => self.any_block = true,
            Some(("eligible", "all-fields")) => self.any_block = false,
            Some(("exchanged-parts", "alone")) => self.exchanged_parts_count = false,
            Some(("exchanged-parts", "count")) => self.exchanged_parts_count = true,
            Some(("guards", "on")) => self.guards = true,
            Some(("guards", "off")) => self.guards = false,
            Some(("prefix-from", number)) if number.parse().is_ok_and(|n: f64| (0.51..=0.78).contains(&n)) => {
                self.prefix_from = number.parse().unwrap_or(self.prefix_from);
            }
            _ => {
                return Err(Error::new(
                    "trace/option",
                    format!("\"{option}\" is no option of the Master Person Service steps"),
                    "use soundex=silent-hw|plain, name-parts=each|mean, prefix-from=0.51..0.78, \
                     eligible=any-block|all-fields, exchanged-parts=alone|count or guards=on|off",
                ));
            }
        }
        Ok(())
    }
}
