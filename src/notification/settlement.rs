//! What follows from all messages: who was recognised, what is said of children, what a person must look at.

use super::fact::Fact;
use super::{MessageKey, StateKey};
use crate::date::PartialDate;
use crate::error::{Code, Severity};
use crate::index::{Candidate, ChildId, Restricted, Whom};
use std::collections::BTreeSet;

/// A person decides which child is meant.
pub static WHICH_CHILD: Code = Code::new(
    "notification/which-child",
    Severity::Warning,
    "the child may be one of the index, but not surely",
    "a person must compare the records",
);
/// Those who may see the restricted queue decide.
pub static RESTRICTED: Code = Code::new(
    "notification/restricted",
    Severity::Warning,
    "the message is for the restricted queue",
    "only those who must may look at it",
);
/// No child is known, and the message does not make one.
pub static UNKNOWN_CHILD: Code = Code::new(
    "notification/unknown-child",
    Severity::Note,
    "no child of the index is meant, and the message does not announce one",
    "it is looked at again when more is known; trace a child that moved in",
);
/// A birth whose number cannot be used.
pub static BIRTH_WITHOUT_NUMBER: Code = Code::new(
    "notification/birth-without-number",
    Severity::Warning,
    "a birth without a valid, verified NHS number: the child is not yet in the index",
    "trace the child; the birth is taken up with the next message that has the number",
);
/// Two numbers are said to be one child's, but their records do not agree.
pub static MERGE_IN_DOUBT: Code = Code::new(
    "notification/merge-in-doubt",
    Severity::Warning,
    "two NHS numbers are said to be one child's, but the records found for them are not surely one child's",
    "a person must look; nothing was moved",
);

/// What a person of the messages turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The messages about the person that stand.
    pub messages: Vec<MessageKey>,
    /// The child; `None` while a person must decide or nothing is known.
    pub child: Option<ChildId>,
    /// Whether the messages announced the child.
    pub is_new: bool,
}

/// Something that a person must look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Why.
    pub code: &'static Code,
    /// The name by which people decide about it ([`Change::Decide`](crate::index::Change::Decide)): that of the person, or of the thing whose
    /// messages are held.
    pub whom: Option<Whom>,
    /// The messages concerned.
    pub messages: Vec<MessageKey>,
    /// Records of the index to compare with, best first.
    pub candidates: Vec<Candidate>,
    /// The same of the restricted queue.
    pub restricted: Vec<Restricted>,
}

/// What follows from all messages so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settlement {
    /// How many changes of the index it took.
    pub changes: usize,
    /// Every person of the messages.
    pub recognised: Vec<Recognised>,
    /// What persons must look at.
    pub queue: Vec<Queued>,
    /// What is said of children.
    pub facts: Vec<Fact>,
    /// Deaths that were told of children and withdrawn, by the day; nothing where no day was told.
    pub withdrawn_deaths: BTreeSet<(ChildId, Option<PartialDate>)>,
    /// NHS numbers of which the national record changed: to be read again.
    pub to_read_again: BTreeSet<u64>,
    /// Things that were withdrawn.
    pub withdrawn: Vec<StateKey>,
    /// Messages that a person set aside.
    pub set_aside: Vec<MessageKey>,
}

impl Queued {
    pub(super) fn plain(code: &'static Code, whom: Option<Whom>, messages: Vec<MessageKey>) -> Queued {
        Queued { code, whom, messages, candidates: Vec::new(), restricted: Vec::new() }
    }
}
