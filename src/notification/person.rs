//! Whom messages are about: those that share a valid NHS number are about one person.

use super::{NUMBER_NOT_VERIFIED, Notification, Payload, StateKey, Subject};
use crate::identity::address::LINES;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::superseded::Superseded;

/// A person as messages know one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Person {
    /// By a valid NHS number, the current one where it was superseded.
    Number(u64),
    /// By nothing but the thing that the message is about.
    Thing(StateKey),
}

impl Person {
    /// The person of a message. A number whose status is other than present and verified may be another's: it is
    /// compared, but joins no messages.
    pub(super) fn of(message: &Notification, superseded: &Superseded) -> Person {
        let verified = !message.findings.iter().any(|finding| finding.code == &NUMBER_NOT_VERIFIED);
        let number = message.subject.get(Column::NhsNumber).and_then(|text| NhsNumber::parse(text).ok());
        match number.filter(|_| verified) {
            Some(number) => Person::Number(superseded.current(number.digits()).unwrap_or(number.digits())),
            None => Person::Thing(message.state.clone()),
        }
    }
}

/// Whether a message states who the person is, and where.
pub(super) fn states_demographics(payload: &Payload) -> bool {
    matches!(
        payload,
        Payload::Birth(_)
            | Payload::AddressChange
            | Payload::Demographics
            | Payload::Merge { .. }
            | Payload::PracticeChange(_)
    )
}

/// The person's fields as the last message has them that mentions them. `messages` are in order. An address is
/// replaced as a whole: lines of two addresses make a third that nobody lives at.
pub(super) fn composite<'m>(messages: impl Iterator<Item = &'m Notification>, number: Option<u64>) -> Subject {
    let mut all = Subject::default();
    for message in messages {
        let subject = &message.subject;
        let has_address = LINES.iter().chain([&Column::Postcode]).any(|&column| subject.get(column).is_some());
        if has_address {
            LINES.iter().chain([&Column::Postcode, &Column::Uprn]).for_each(|&column| all.clear(column));
        }
        for column in Column::ALL {
            match subject.get(column) {
                Some(text) => all.set(column, Some(text)),
                None if subject.is_cleared(column) => all.clear(column),
                None => {}
            }
        }
        if let Payload::PracticeChange(change) = &message.payload
            && change.practice.is_none()
        {
            all.clear(Column::GpPractice);
        }
    }
    if let Some(number) = number {
        all.set(Column::NhsNumber, Some(&format!("{number:010}")));
    }
    all
}
