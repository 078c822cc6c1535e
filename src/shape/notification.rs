//! Messages understood, and what follows from them.

use super::finding::FindingShape;
use super::index::{candidates, restricted};
use crate::date::PartialDate;
use crate::exchange::linked::{WITHHELD, is_whereabouts};
use crate::identity::birth_date;
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::DateOrder;
use crate::identity::sex::Sex;
use crate::index::{ChildId, ChildIndex};
use crate::notification::{
    Action, Content, DeathStatus, Fact, Ledger, LifeStatus, MessageKey, Notification, Payload, Programme, Queued,
    Settlement, StateKey,
};
use crate::schedule::screens::Screens;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A message.
pub(crate) fn notification(message: &Notification) -> Value {
    let cleared: Vec<&str> =
        Column::ALL.into_iter().filter(|column| message.subject.is_cleared(*column)).map(Column::name).collect();
    json!({
        "key": key(&message.key),
        "state": state(&message.state),
        "order": {
            "last_updated": message.order.last_updated,
            "version": message.order.version,
            "timestamp": message.order.timestamp,
        },
        "action": match message.action {
            Action::New => "new",
            Action::Update => "update",
            Action::Delete => "delete",
        },
        "subject": subject(message, false),
        "cleared": cleared,
        "dead": message.subject.is_dead(),
        "payload": payload(&message.payload),
        "findings": message.findings.iter().map(FindingShape::from).collect::<Vec<_>>(),
    })
}

/// What tells a message from others.
pub(crate) fn key(key: &MessageKey) -> Value {
    let digest: String = key.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "channel": key.channel.as_str(), "source": key.source, "event": key.event, "id": key.id, "digest": digest,
        "whom": key.whom().to_string(),
    })
}

/// What follows from all messages, with records weighed by the index's model. Where a child lives is withheld if the
/// child, or somebody who may be the child, is sensitive.
pub(crate) fn settlement(settled: &Settlement, ledger: &Ledger, index: &ChildIndex) -> Value {
    let model = index.model();
    let keys = |messages: &[MessageKey]| messages.iter().map(key).collect::<Vec<_>>();
    let by_key: BTreeMap<&MessageKey, &Notification> =
        ledger.messages().map(|message| (&message.key, message)).collect();
    let is_sensitive = |child: Option<ChildId>| child.is_some_and(|child| index.is_sensitive(child));
    let recognised = settled.recognised.iter().map(|person| {
        // The last that mentions it.
        let told = |column: Column| {
            let messages = person.messages.iter().rev().filter_map(|key| by_key.get(key));
            messages.filter_map(|message| message.subject.get(column)).next()
        };
        let born = told(Column::BirthDate).map(|text| birth_date::parse_field(text, DateOrder::default(), None));
        let born = born.and_then(|read| read.value().map(PartialDate::to_string));
        let sex = told(Column::Sex).map(Sex::parse_field).and_then(|read| read.value().map(|sex| sex.as_str()));
        json!({
            "messages": keys(&person.messages), "child": person.child, "is_new": person.is_new,
            "birth_date": born, "sex": sex, "sensitive": is_sensitive(person.child),
        })
    });
    let queue = settled.queue.iter().map(|queued| {
        json!({
            "code": queued.code.id, "message": queued.code.message, "hint": queued.code.hint,
            "whom": queued.whom.map(|whom| whom.to_string()),
            "messages": keys(&queued.messages),
            "subjects": subjects(queued, &by_key),
            "candidates": candidates(&queued.candidates, model),
            "restricted": restricted(&queued.restricted),
        })
    });
    json!({
        "changes": settled.changes,
        "recognised": recognised.collect::<Vec<_>>(),
        "queue": queue.collect::<Vec<_>>(),
        "facts": settled.facts.iter().map(|of| fact(of, index.is_sensitive(of.child))).collect::<Vec<_>>(),
        "to_read_again": settled.to_read_again.iter().map(|number| format!("{number:010}")).collect::<Vec<_>>(),
        "set_aside": keys(&settled.set_aside),
        "withdrawn": settled.withdrawn.iter().map(state).collect::<Vec<_>>(),
    })
}

fn state(state: &StateKey) -> Value {
    json!({"event": state.event, "system": state.system, "value": state.value})
}

/// Who the messages of an item are about, as they say it.
fn subjects(queued: &Queued, by_key: &BTreeMap<&MessageKey, &Notification>) -> Vec<Value> {
    let messages: Vec<&Notification> = queued.messages.iter().filter_map(|key| by_key.get(key).copied()).collect();
    let withheld = queued.candidates.iter().any(|candidate| candidate.sensitive)
        || messages.iter().any(|message| Person::parse(&message.subject.raw(), DateOrder::default(), None).0.sensitive);
    messages.into_iter().map(|message| subject(message, withheld)).collect()
}

fn subject(message: &Notification, withheld: bool) -> Value {
    let shown = |column: Column, text: &str| match withheld && is_whereabouts(column) {
        true => WITHHELD.into(),
        false => text.into(),
    };
    let fields = Column::ALL.into_iter().filter_map(|column| {
        let text = message.subject.get(column)?;
        Some((column.name().to_owned(), shown(column, text)))
    });
    Value::Object(fields.collect())
}

fn fact(fact: &Fact, sensitive: bool) -> Value {
    let sources: Vec<Value> =
        fact.sources.iter().map(|(channel, of)| json!({"channel": channel.as_str(), "state": state(of)})).collect();
    let content = match &fact.content {
        Content::Screen { programme: of, code, outcome, date: day } => {
            let screen = Screens::built_in().condition_by_snomed(code);
            let screen = screen.map(|(kind, condition)| json!({"kind": kind.as_str(), "condition": condition}));
            json!({
                "kind": "screen", "programme": programme(*of), "code": code, "screen": screen, "outcome": outcome,
                "date": date(day),
            })
        }
        Content::Vaccination(vaccination) => payload(&Payload::Vaccination(vaccination.clone())),
        Content::Contact(contact) => payload(&Payload::Contact(contact.clone())),
        Content::Death(death) => payload(&Payload::Death(death.clone())),
        // The practice tells where a child lives.
        Content::Practice(_) if sensitive => json!({"kind": "practice-change", "withheld": true}),
        Content::Practice(change) => payload(&Payload::PracticeChange(change.clone())),
    };
    json!({"child": fact.child, "content": content, "sources": sources})
}

fn payload(payload: &Payload) -> Value {
    match payload {
        Payload::Birth(birth) => json!({
            "kind": "birth",
            "life": birth.life.map(|life| match life {
                LifeStatus::Live => "live",
                LifeStatus::Stillborn => "stillborn",
            }),
            "births": birth.births, "weight_grams": birth.weight_grams,
            "responsible_organisation": birth.responsible_organisation,
            "partner_organisation": birth.partner_organisation, "delivery_place": birth.delivery_place,
        }),
        Payload::AddressChange => json!({"kind": "address-change"}),
        Payload::Demographics => json!({"kind": "demographics"}),
        Payload::Merge { subsumed } => json!({"kind": "merge", "subsumed": subsumed}),
        Payload::PracticeChange(change) => {
            json!({"kind": "practice-change", "practice": change.practice, "previous": change.previous})
        }
        Payload::Death(death) => json!({
            "kind": "death",
            "status": match death.status {
                DeathStatus::Informal => "informal",
                DeathStatus::Formal => "formal",
                DeathStatus::Withdrawn => "withdrawn",
            },
            "date": date(&death.date), "effective": date(&death.effective),
        }),
        Payload::RecordChange => json!({"kind": "record-change"}),
        Payload::Screening(screening) => json!({
            "kind": "screening", "programme": programme(screening.programme),
            "results": screening.results.iter().map(|result| {
                json!({"code": result.code, "outcome": result.outcome, "date": date(&result.date)})
            }).collect::<Vec<_>>(),
        }),
        Payload::Vaccination(vaccination) => json!({
            "kind": "vaccination", "given": vaccination.given, "reason_not_given": vaccination.reason_not_given,
            "procedure": vaccination.procedure, "product": vaccination.product, "date": date(&vaccination.date),
            "dose": vaccination.dose, "diseases": vaccination.diseases, "organisation": vaccination.organisation,
        }),
        Payload::Contact(contact) => json!({
            "kind": "contact", "service": contact.service, "from": date(&contact.from), "to": date(&contact.to),
        }),
        Payload::Signal(signal) => json!({"kind": "signal", "focus": signal.focus}),
    }
}

fn programme(programme: Programme) -> &'static str {
    match programme {
        Programme::BloodSpot => "blood-spot",
        Programme::Hearing => "hearing",
        Programme::Physical => "physical",
    }
}

fn date(date: &Option<PartialDate>) -> Option<String> {
    date.as_ref().map(PartialDate::to_string)
}
