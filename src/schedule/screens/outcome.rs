//! The outcomes of screens as records say them: status codes of the blood spot programme, and words.

use crate::Error;
use crate::schedule::care_file::{About, Sources, unreadable};
use serde::Deserialize;

/// What a recorded outcome does to a screen. The order is that in which outcomes of one day count: the
/// last one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// No outcome but an event: a transfusion or ECMO ended.
    Transfused,
    /// No outcome but an event: child health was told that the child moved in.
    MovedIn,
    /// No outcome but a circumstance: the screen is done by a community programme.
    Community,
    /// No outcome but a circumstance: the condition is offered where the child was born.
    Offered,
    /// Done; the outcome has not arrived.
    Awaited,
    /// To be done again.
    Repeat,
    /// Nothing to do until somebody asks again.
    Deferred,
    /// The parents declined.
    Declined,
    /// Not offered to this child.
    NotOffered,
    /// Must not be done.
    Contraindicated,
    /// A conclusive outcome.
    Complete,
}

impl Meaning {
    /// Whether it says how the screen ended, rather than what happened around it.
    pub(super) const fn is_outcome(self) -> bool {
        !matches!(self, Meaning::Transfused | Meaning::MovedIn | Meaning::Community | Meaning::Offered)
    }
}

/// One outcome of the list in `data/schedules/screen-outcomes.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The screens that use it.
    screens: Vec<String>,
    /// The beginning of its status codes.
    code: Option<String>,
    /// Its words.
    #[serde(default)]
    words: Vec<String>,
    /// The only condition it is about.
    condition: Option<String>,
    /// In words.
    pub title: String,
    /// What it does to the screen.
    pub meaning: Meaning,
    /// The condition of the follow-up that it starts.
    pub(super) then: Option<String>,
    /// Whether it was not seen in the published list that the code means this.
    #[serde(default)]
    unconfirmed: bool,
}

impl Outcome {
    /// How closely it fits what a record says: the length of the code or word in common, doubled, and
    /// one more if it is about this very condition; `None` if it does not fit.
    fn fit(&self, kind: &str, text: &str, condition: Option<&str>) -> Option<usize> {
        if !self.screens.iter().any(|s| s == kind) || self.condition.as_deref().is_some_and(|c| condition != Some(c)) {
            return None;
        }
        let length = match &self.code {
            Some(code) if is_code(text) && text.starts_with(code.as_str()) => code.len(),
            _ if self.words.iter().any(|word| word == text) => text.len(),
            _ => return None,
        };
        Some(length * 2 + usize::from(self.condition.is_some()))
    }

    /// Whether reading `text` as this outcome rests on an unconfirmed code.
    pub(super) fn is_unconfirmed(&self, text: &str) -> bool {
        self.unconfirmed && is_code(text)
    }
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The file of outcomes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcomes {
    #[expect(dead_code, reason = "each nation's own file says when it was reviewed")]
    about: About,
    #[expect(dead_code, reason = "for the reader of the file")]
    #[serde(rename = "source")]
    sources: Sources,
    #[serde(rename = "outcome")]
    list: Vec<Outcome>,
}

impl Outcomes {
    /// Reads the file of outcomes.
    ///
    /// # Errors
    /// `screens/unreadable`, with the line.
    pub(super) fn parse(text: &str) -> Result<Outcomes, Error> {
        toml::from_str(text).map_err(|e| unreadable("screens/unreadable", &e))
    }

    /// The outcome that fits best: the longest code, then the one about this very condition.
    pub(super) fn find(&self, kind: &str, text: &str, condition: Option<&str>) -> Option<&Outcome> {
        let fits = self.list.iter().filter_map(|o| o.fit(kind, text, condition).map(|fit| (fit, o)));
        fits.max_by_key(|(fit, _)| *fit).map(|(_, outcome)| outcome)
    }

    /// The follow-ups that outcomes start.
    pub(super) fn follow_ups(&self) -> impl Iterator<Item = &str> {
        self.list.iter().filter_map(|outcome| outcome.then.as_deref())
    }
}
