//! The outcomes of screens as records say them: status codes of the blood spot programme, and words.

use crate::schedule::care_file::Head;
use crate::schedule::reader::{Fault, Table, read_file};
use serde::{Deserialize, Serialize};

/// What a recorded outcome does to a screen. The order is that in which outcomes of one day count: the
/// last one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Reads the word of the file.
    fn parse(text: &str) -> Option<Meaning> {
        Some(match text {
            "transfused" => Meaning::Transfused,
            "moved-in" => Meaning::MovedIn,
            "community" => Meaning::Community,
            "offered" => Meaning::Offered,
            "awaited" => Meaning::Awaited,
            "repeat" => Meaning::Repeat,
            "deferred" => Meaning::Deferred,
            "declined" => Meaning::Declined,
            "not-offered" => Meaning::NotOffered,
            "contraindicated" => Meaning::Contraindicated,
            "complete" => Meaning::Complete,
            _ => return None,
        })
    }

    /// Whether it says how the screen ended, rather than what happened around it.
    pub(super) const fn is_outcome(self) -> bool {
        !matches!(self, Meaning::Transfused | Meaning::MovedIn | Meaning::Community | Meaning::Offered)
    }
}

/// One outcome of the list in `data/schedules/screen-outcomes.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The screens that use it.
    screens: Vec<String>,
    /// The beginning of its status codes.
    code: Option<String>,
    /// Its words.
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

/// The words that say what an outcome does.
const MEANINGS: &str = "transfused, moved-in, community, offered, awaited, repeat, deferred, declined, not-offered, \
    contraindicated or complete";

/// The file of outcomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcomes {
    list: Vec<Outcome>,
}

impl Outcomes {
    /// Reads the file of outcomes; `follow_ups` are the conditions of those that the screens have.
    ///
    /// # Errors
    /// Every fault of the file.
    pub(super) fn parse(text: &str, follow_ups: &[&str]) -> Result<Outcomes, Vec<Fault>> {
        read_file(text, "the outcomes", |root| {
            let head = Head::read(root);
            let read = |table: &Table<'_, '_>| outcome(table, &head, follow_ups);
            let list = root.each("outcome", |index| format!("outcome {}", index + 1), read);
            Some(Outcomes { list: list.into_iter().collect::<Option<_>>()? })
        })
    }

    /// The outcome that fits best: the longest code, then the one about this very condition.
    pub(super) fn find(&self, kind: &str, text: &str, condition: Option<&str>) -> Option<&Outcome> {
        let fits = self.list.iter().filter_map(|o| o.fit(kind, text, condition).map(|fit| (fit, o)));
        fits.max_by_key(|(fit, _)| *fit).map(|(_, outcome)| outcome)
    }
}

fn outcome(table: &Table<'_, '_>, head: &Head, follow_ups: &[&str]) -> Option<Outcome> {
    let texts = |key| table.texts(key).into_iter().map(|text| text.value.to_owned()).collect::<Vec<String>>();
    head.cited_by(table);
    let then = table.text("then");
    if let Some(name) = then.filter(|name| !follow_ups.contains(&name.value)) {
        let found = format!("{} starts the follow-up `{}`, which no screen has", table.what, name.value);
        table.file.fault(name.at, found, "add a [[screen.follow_up]] with this condition, or correct the name");
    }
    table.needed("screens", Some(()));
    let outcome = Outcome {
        screens: texts("screens"),
        code: table.some_text("code"),
        words: texts("words"),
        condition: table.some_text("condition"),
        title: table.needed_text("title"),
        then: then.map(|name| name.value.to_owned()),
        unconfirmed: table.flag("unconfirmed"),
        meaning: table.needed("meaning", table.word("meaning", MEANINGS, Meaning::parse))?,
    };
    Some(outcome)
}
