//! Deaths that messages tell of, whichever kind of message does: a notice of death, a birth of a child that did not
//! live, demographics with a date of death. A child that is dead has nothing due, so none of them may be passed over.

use super::{Birth, Channel, Death, DeathStatus, LifeStatus, Notification, Payload};
use crate::identity::column::Column;
use crate::identity::raw::DateOrder;
use crate::identity::written_date;

/// What one message says of a death.
enum Said {
    Dead(Death),
    /// An earlier notice does not hold.
    Withdrawn,
}

/// The deaths that a person's messages tell of: those that none of them withdraws, and those that were withdrawn.
#[derive(Default)]
pub(super) struct Deaths<'l> {
    pub(super) standing: Vec<(&'l Notification, Death)>,
    pub(super) withdrawn: Vec<Death>,
}

/// What a person's messages tell of deaths.
pub(super) fn deaths<'l>(messages: &[&'l Notification]) -> Deaths<'l> {
    let said: Vec<(&Notification, Said)> =
        messages.iter().filter_map(|&message| Some((message, said(message)?))).collect();
    let is_withdrawn = |dead: &Notification| {
        said.iter().any(|(message, said)| matches!(said, Said::Withdrawn) && withdraws(message, dead))
    };
    let mut deaths = Deaths::default();
    // Of messages about one thing the last holds: a notice that withdraws one of its kind stands in its place, and does
    // not say which day that told.
    let withdraws_a_notice = messages
        .iter()
        .any(|message| matches!(&message.payload, Payload::Death(death) if death.status == DeathStatus::Withdrawn));
    for (message, said) in &said {
        match said {
            Said::Dead(death) if is_withdrawn(message) => deaths.withdrawn.push(death.clone()),
            Said::Dead(death) => deaths.standing.push((*message, death.clone())),
            Said::Withdrawn => {}
        }
    }
    if withdraws_a_notice && deaths.standing.is_empty() && deaths.withdrawn.is_empty() {
        deaths.withdrawn.push(Death { status: DeathStatus::Withdrawn, date: None, effective: None });
    }
    deaths
}

/// What a message says. A stillbirth is a formal death on the day of birth.
///
/// # Source
/// NEMS, PDS Death Notification 1: "formal" includes a stillbirth recorded by a maternity unit; PDS Birth Notification
/// 1: a baby may arrive with a date of death.
fn said(message: &Notification) -> Option<Said> {
    // In whichever form the message writes it.
    let date = |column| {
        let written = message.subject.get(column)?;
        written_date::parse_field(written, DateOrder::default(), None).value().copied()
    };
    let died = date(Column::DeathDate);
    let dead = |date| Said::Dead(Death { status: DeathStatus::Formal, date, effective: None });
    match &message.payload {
        Payload::Death(death) if death.status == DeathStatus::Withdrawn => Some(Said::Withdrawn),
        Payload::Death(death) => Some(Said::Dead(death.clone())),
        Payload::Birth(Birth { life: Some(LifeStatus::Stillborn), .. }) => {
            Some(dead(died.or_else(|| date(Column::BirthDate))))
        }
        Payload::Birth(_) | Payload::Demographics | Payload::Merge { .. } => match message.subject.is_dead() {
            true => Some(dead(died)),
            false => message.subject.is_cleared(Column::DeathDate).then_some(Said::Withdrawn),
        },
        _ => None,
    }
}

/// Whether a withdrawal is of this notice: it came later, by what the two say of themselves. What a hospital's own
/// system takes back is what such a system said, and no national notice.
fn withdraws(withdrawal: &Notification, dead: &Notification) -> bool {
    let same_kind = withdrawal.key.channel != Channel::Hl7v2 || dead.key.channel == Channel::Hl7v2;
    let time = |message: &Notification| message.order.last_updated.or(message.order.timestamp);
    same_kind && (time(dead), &dead.order, &dead.key) < (time(withdrawal), &withdrawal.order, &withdrawal.key)
}
