//! What messages say of a child beyond who it is: results, vaccinations, contacts, deaths. One result reported by two
//! channels is one fact with two sources.

use super::death::{self, Deaths};
use super::{Channel, Contact, Death, Notification, Payload, PracticeChange, Programme, ScreenResult};
use super::{StateKey, Vaccination};
use crate::date::PartialDate;
use crate::error::{Code, Severity};
use crate::index::ChildId;
use std::collections::{BTreeMap, BTreeSet};

/// Two channels report one screen with different outcomes.
pub static RESULTS_DISAGREE: Code = Code::new(
    "notification/results-disagree",
    Severity::Warning,
    "two channels report one screen of a child with different outcomes",
    "a person must ask which of them holds; both are kept",
);

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// One result of a newborn screen.
    Screen {
        /// Which programme.
        programme: Programme,
        /// What was tested, a SNOMED CT code.
        code: String,
        /// The outcome's code.
        outcome: Option<String>,
        /// The day it was done.
        date: Option<PartialDate>,
    },
    /// A vaccination given or not given.
    Vaccination(Vaccination),
    /// A professional's contact.
    Contact(Contact),
    /// A death that was not withdrawn.
    Death(Death),
    /// The practice, or that there is none.
    Practice(PracticeChange),
}

/// Something said of a child, by one source or more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The child.
    pub child: ChildId,
    /// What is said.
    pub content: Content,
    /// By which channel, and as which thing.
    pub sources: BTreeSet<(Channel, StateKey)>,
}

/// Facts gathered from messages that hold.
#[derive(Default)]
pub(super) struct Facts(BTreeMap<(ChildId, Content), BTreeSet<(Channel, StateKey)>>);

impl Facts {
    /// Takes what a message says of a child.
    pub(super) fn add(&mut self, child: ChildId, message: &Notification) {
        let contents = match &message.payload {
            Payload::Screening(screening) => {
                screening.results.iter().map(|result| screen(screening.programme, result)).collect()
            }
            Payload::Vaccination(vaccination) => vec![Content::Vaccination(vaccination.clone())],
            Payload::Contact(contact) => vec![Content::Contact(contact.clone())],
            Payload::PracticeChange(change) => vec![Content::Practice(change.clone())],
            _ => Vec::new(),
        };
        contents.into_iter().for_each(|content| self.insert(child, content, message));
    }

    /// Takes the deaths that a person's messages tell of, and gives those that were withdrawn.
    pub(super) fn add_deaths(&mut self, child: ChildId, messages: &[&Notification]) -> Vec<Death> {
        let Deaths { standing, withdrawn } = death::deaths(messages);
        for (message, death) in standing {
            self.insert(child, Content::Death(death), message);
        }
        withdrawn
    }

    fn insert(&mut self, child: ChildId, content: Content, message: &Notification) {
        self.0.entry((child, content)).or_default().insert((message.key.channel, message.state.clone()));
    }

    /// The facts in order, and those of them that contradict each other.
    pub(super) fn finish(self) -> (Vec<Fact>, Vec<(Fact, Fact)>) {
        let mut facts: Vec<Fact> = Vec::with_capacity(self.0.len());
        for ((child, content), sources) in self.0 {
            // In order of content, what may be one fact with this stands among the child's last ones.
            let of_child = facts.iter_mut().rev().take_while(|fact| fact.child == child);
            let mut others = of_child.filter(|fact| other_channel(&fact.sources, &sources));
            match others.find(|fact| are_one(&fact.content, &content)) {
                Some(fact) => {
                    fact.content = fuller(&fact.content, content);
                    fact.sources.extend(sources);
                }
                None => facts.push(Fact { child, content, sources }),
            }
        }
        let mut disagreeing = Vec::new();
        for of_child in facts.chunk_by(|a, b| a.child == b.child) {
            for (place, one) in of_child.iter().enumerate() {
                let others = of_child[place + 1..].iter().filter(|other| other_channel(&one.sources, &other.sources));
                disagreeing
                    .extend(others.filter(|other| disagree(one, other)).map(|other| (one.clone(), other.clone())));
            }
        }
        (facts, disagreeing)
    }
}

fn screen(programme: Programme, result: &ScreenResult) -> Content {
    let ScreenResult { code, outcome, date } = result.clone();
    Content::Screen { programme, code, outcome, date }
}

/// Whether no channel reported both: one channel that reports twice reports two things.
fn other_channel(one: &BTreeSet<(Channel, StateKey)>, other: &BTreeSet<(Channel, StateKey)>) -> bool {
    one.iter().all(|(channel, _)| other.iter().all(|(reported, _)| reported != channel))
}

/// Whether two channels say the same thing: the same test and outcome, or the same vaccination, on one day or on a day
/// that one of them does not tell.
fn are_one(one: &Content, other: &Content) -> bool {
    let days_fit =
        |one: &Option<PartialDate>, other: &Option<PartialDate>| one.is_none() || other.is_none() || one == other;
    match (one, other) {
        (Content::Screen { date: a, .. }, Content::Screen { date: b, .. }) => {
            test_of(one) == test_of(other) && outcome_of(one) == outcome_of(other) && days_fit(a, b)
        }
        (Content::Vaccination(a), Content::Vaccination(b)) => {
            let what = |v: &Vaccination| v.procedure.clone().or_else(|| v.product.clone());
            a.given == b.given && a.date.is_some() && a.date == b.date && what(a).is_some() && what(a) == what(b)
        }
        (Content::Death(a), Content::Death(b)) => days_fit(&a.date, &b.date),
        _ => false,
    }
}

/// Whether two channels report one test of one day with different outcomes.
fn disagree(one: &Fact, other: &Fact) -> bool {
    let day = |content: &Content| match content {
        Content::Screen { date, .. } => *date,
        _ => None,
    };
    test_of(&one.content).is_some()
        && test_of(&one.content) == test_of(&other.content)
        && day(&one.content).is_some()
        && day(&one.content) == day(&other.content)
        && outcome_of(&one.content) != outcome_of(&other.content)
}

fn test_of(content: &Content) -> Option<(Programme, &str)> {
    match content {
        Content::Screen { programme, code, .. } => Some((*programme, code)),
        _ => None,
    }
}

fn outcome_of(content: &Content) -> Option<&str> {
    match content {
        Content::Screen { outcome, .. } => outcome.as_deref(),
        _ => None,
    }
}

/// Of two that are one, that which tells the day; of deaths, what either tells.
fn fuller(one: &Content, other: Content) -> Content {
    match (one, &other) {
        (Content::Screen { date: None, .. }, Content::Screen { date: Some(_), .. }) => other,
        (Content::Death(a), Content::Death(b)) => Content::Death(Death {
            status: a.status.max(b.status),
            date: a.date.or(b.date),
            effective: a.effective.or(b.effective),
        }),
        _ => one.clone(),
    }
}
