//! Every message that arrived, and what stands of them.

use super::{Action, Channel, DEATH_BEFORE_BIRTH, HEADER_DISAGREES, MessageKey, Notification, StateKey};
use crate::error::{Code, Severity};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Two messages of one id say different things.
pub static CONFLICT: Code = Code::new(
    "notification/conflict",
    Severity::Warning,
    "two messages with one id differ in what they say",
    "a person must ask the sender which of them holds; until then neither does",
);

/// All messages, in no order. Two ledgers that were told the same are the same.
#[derive(Clone, Default)]
pub struct Ledger {
    /// By the thing they are about.
    things: BTreeMap<StateKey, BTreeMap<MessageKey, Notification>>,
    /// The keys of each message id.
    ids: BTreeMap<MessageId, BTreeSet<MessageKey>>,
}

/// What a sender takes to tell one message from another.
type MessageId = (Channel, String, String, String);

/// Whether a message was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It had not come before.
    Fresh,
    /// It had.
    Repeat,
}

/// What stands of the messages about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<'l> {
    /// This holds.
    Holds(&'l Notification),
    /// It was withdrawn. The message that did so stands as a tombstone: an earlier one that comes later
    /// changes nothing, a later one states the thing anew.
    Withdrawn(&'l Notification),
    /// A person must look first, for this reason. The messages that call for it.
    Held(&'static Code, Vec<&'l Notification>),
}

impl Ledger {
    /// Takes a message.
    pub fn receive(&mut self, message: Notification) -> Receipt {
        let key = message.key.clone();
        self.ids.entry(id_of(&key)).or_default().insert(key.clone());
        match self.things.entry(message.state.clone()).or_default().entry(key) {
            Entry::Vacant(free) => {
                free.insert(message);
                Receipt::Fresh
            }
            // The same words in a later file are said later: a record deleted in between comes back.
            Entry::Occupied(mut known) => {
                if known.get().order < message.order {
                    known.insert(message);
                }
                Receipt::Repeat
            }
        }
    }

    /// The keys of all messages: what was audited.
    pub fn keys(&self) -> BTreeSet<&MessageKey> {
        self.ids.values().flatten().collect()
    }

    /// All messages, in order of the thing they are about.
    pub fn messages(&self) -> impl Iterator<Item = &Notification> {
        self.things.values().flat_map(BTreeMap::values)
    }

    /// What stands of every thing, in order of its key, without messages that a person set aside.
    pub fn standing(&self, is_void: impl Fn(&MessageKey) -> bool) -> impl Iterator<Item = (&StateKey, Standing<'_>)> {
        self.things.iter().filter_map(move |(state, messages)| {
            let messages = messages.values().filter(|message| !is_void(&message.key)).collect();
            Some((state, self.standing_of(messages, &is_void)?))
        })
    }

    /// The messages about one thing that are no conflict of ids compete: the greatest order wins.
    fn standing_of<'l>(
        &'l self,
        messages: Vec<&'l Notification>,
        is_void: &impl Fn(&MessageKey) -> bool,
    ) -> Option<Standing<'l>> {
        let (conflicting, sound): (Vec<_>, Vec<_>) =
            messages.iter().copied().partition(|message| self.is_in_conflict(message, &messages, is_void));
        let Some(last) = sound.into_iter().max_by(|a, b| (&a.order, &a.key).cmp(&(&b.order, &b.key))) else {
            return (!conflicting.is_empty()).then_some(Standing::Held(&CONFLICT, conflicting));
        };
        if conflicting.iter().any(|message| message.order > last.order) {
            return Some(Standing::Held(&CONFLICT, conflicting));
        }
        let doubt = [&HEADER_DISAGREES, &DEATH_BEFORE_BIRTH]
            .into_iter()
            .find(|code| last.findings.iter().any(|finding| *finding.code == **code));
        Some(match (doubt, last.action) {
            (Some(code), _) => Standing::Held(code, vec![last]),
            (None, Action::Delete) => Standing::Withdrawn(last),
            (None, _) => Standing::Holds(last),
        })
    }

    /// Whether another message has the same id and another body. An immunisation's id is that of the record, whose
    /// updates share it: there only two creations conflict, and none where the record was deleted, since a
    /// creation then reinstates it. A FHIR resource does not say whether it is the first of its kind: its versions follow
    /// on one another, and only two bodies of one version conflict.
    fn is_in_conflict(
        &self,
        message: &Notification,
        about_it: &[&Notification],
        is_void: &impl Fn(&MessageKey) -> bool,
    ) -> bool {
        if message.key.id.is_empty() {
            return false;
        }
        if matches!(message.key.channel, Channel::ImmsFhir | Channel::ImmsBatch) {
            let of_id = || about_it.iter().filter(|other| id_of(&other.key) == id_of(&message.key));
            let version = |of: &Notification| (of.order.last_updated, of.order.version);
            let competes = |other: &&&Notification| {
                other.action == Action::New
                    && (message.key.channel == Channel::ImmsBatch || version(other) == version(message))
            };
            let creations = of_id().filter(competes).count();
            return message.action == Action::New
                && creations > 1
                && !of_id().any(|other| other.action == Action::Delete);
        }
        let with_id = self.ids.get(&id_of(&message.key));
        with_id.is_some_and(|keys| keys.len() > 1 && keys.iter().filter(|key| !is_void(key)).count() > 1)
    }
}

fn id_of(key: &MessageKey) -> MessageId {
    (key.channel, key.source.clone(), key.event.clone(), key.id.clone())
}
