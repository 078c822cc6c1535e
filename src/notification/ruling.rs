//! What people decided about a person of the messages, or about a message that is held.

use super::{MessageKey, Person, StateKey};
use crate::index::{ANY_CHILD, ChildId, ChildIndex, Whom};
use crate::linkage::barred::Subject;
use crate::linkage::decisions::Verdict;

/// What readers together say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// Nothing, nothing certain, or only of some child that it is another.
    Open,
    /// It is this child.
    Child(ChildId),
    /// It is none of the children that are known.
    NotAny,
    /// It is said to be several children at once.
    Several,
    /// It would be a child that it must not be: for the restricted queue.
    Barred,
}

impl Person {
    /// The name by which people decide about the person.
    pub fn whom(&self) -> Whom {
        match self {
            Person::Number(number) => Whom::of_figures(*number),
            Person::Thing(state) => state.whom(),
        }
    }
}

impl StateKey {
    /// The name by which people decide about the thing.
    pub fn whom(&self) -> Whom {
        Whom::of("thing", &[self.event.as_bytes(), self.system.as_bytes(), self.value.as_bytes()])
    }
}

impl MessageKey {
    /// The name by which people decide about this message alone: said to be different from [`ANY_CHILD`], it is as if
    /// it had not come.
    pub fn whom(&self) -> Whom {
        let words = [self.channel.as_str(), &self.source, &self.event, &self.id].map(str::as_bytes);
        let [channel, source, event, id] = words;
        Whom::of("message", &[channel, source, event, id, &self.digest])
    }
}

impl Ruling {
    /// What is decided of one who has these names, and these numbers.
    pub(super) fn of(index: &ChildIndex, names: &[Whom], numbers: &[u64]) -> Ruling {
        let joint = index.verdicts(names);
        let mut same = joint.iter().filter(|(_, verdict)| **verdict == Verdict::Same).map(|(&child, _)| child);
        match (same.next(), same.next()) {
            (Some(child), None) if child != ANY_CHILD => {
                let subjects: Vec<Subject> = numbers.iter().map(|&number| Subject::NhsNumber(number)).collect();
                if index.is_barred_from(&subjects, child) { Ruling::Barred } else { Ruling::Child(child) }
            }
            (Some(_), Some(_)) => Ruling::Several,
            (None, _) if joint.get(&ANY_CHILD) == Some(&Verdict::Different) => Ruling::NotAny,
            _ => Ruling::Open,
        }
    }

    /// Whether a person must not be a child: `Some(true)` for one that must not be mentioned, `Some(false)` for one
    /// that people say or doubt is another.
    pub(super) fn forbids(index: &ChildIndex, whom: Whom, number: u64, child: ChildId) -> Option<bool> {
        if index.is_barred_from(&[Subject::NhsNumber(number)], child) {
            return Some(true);
        }
        let said = index.verdicts(&[whom]);
        let against = |child| said.get(&child).is_some_and(|&verdict| verdict != Verdict::Same);
        (against(child) || against(ANY_CHILD)).then_some(false)
    }

    /// Whether a message is to be as if it had not come.
    pub(super) fn is_void(index: &ChildIndex, key: &MessageKey) -> bool {
        index.has_decisions() && index.verdicts(&[key.whom()]).get(&ANY_CHILD) == Some(&Verdict::Different)
    }
}
