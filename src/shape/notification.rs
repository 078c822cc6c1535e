//! Messages understood, and what follows from them.

use super::finding::FindingShape;
use super::index::{candidates, restricted};
use crate::date::PartialDate;
use crate::identity::column::Column;
use crate::linkage::model::Model;
use crate::notification::{
    Action, Content, DeathStatus, Fact, LifeStatus, MessageKey, Notification, Payload, Programme, Settlement, StateKey,
};
use serde_json::{Map, Value, json};

/// A message.
pub(crate) fn notification(message: &Notification) -> Value {
    let subject: Map<String, Value> = Column::ALL
        .into_iter()
        .filter_map(|column| Some((column.name().to_owned(), message.subject.get(column)?.into())))
        .collect();
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
        "subject": subject,
        "cleared": cleared,
        "payload": payload(&message.payload),
        "findings": message.findings.iter().map(FindingShape::from).collect::<Vec<_>>(),
    })
}

/// What tells a message from others.
pub(crate) fn key(key: &MessageKey) -> Value {
    let digest: String = key.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"channel": key.channel.as_str(), "source": key.source, "event": key.event, "id": key.id, "digest": digest})
}

/// What follows from all messages, with records weighed by the index's model.
pub(crate) fn settlement(settled: &Settlement, model: &Model) -> Value {
    let keys = |messages: &[MessageKey]| messages.iter().map(key).collect::<Vec<_>>();
    let recognised = settled
        .recognised
        .iter()
        .map(|person| json!({"messages": keys(&person.messages), "child": person.child, "is_new": person.is_new}));
    let queue = settled.queue.iter().map(|queued| {
        json!({
            "code": queued.code.id, "message": queued.code.message, "hint": queued.code.hint,
            "whom": queued.whom.map(|whom| whom.to_string()),
            "messages": keys(&queued.messages),
            "candidates": candidates(&queued.candidates, model),
            "restricted": restricted(&queued.restricted),
        })
    });
    json!({
        "changes": settled.changes,
        "recognised": recognised.collect::<Vec<_>>(),
        "queue": queue.collect::<Vec<_>>(),
        "facts": settled.facts.iter().map(fact).collect::<Vec<_>>(),
        "to_read_again": settled.to_read_again.iter().map(|number| format!("{number:010}")).collect::<Vec<_>>(),
        "set_aside": keys(&settled.set_aside),
        "withdrawn": settled.withdrawn.iter().map(state).collect::<Vec<_>>(),
    })
}

fn state(state: &StateKey) -> Value {
    json!({"event": state.event, "system": state.system, "value": state.value})
}

fn fact(fact: &Fact) -> Value {
    let sources: Vec<Value> =
        fact.sources.iter().map(|(channel, of)| json!({"channel": channel.as_str(), "state": state(of)})).collect();
    let content = match &fact.content {
        Content::Screen { programme: of, code, outcome, date: day } => {
            json!({"kind": "screen", "programme": programme(*of), "code": code, "outcome": outcome, "date": date(day)})
        }
        Content::Vaccination(vaccination) => payload(&Payload::Vaccination(vaccination.clone())),
        Content::Contact(contact) => payload(&Payload::Contact(contact.clone())),
        Content::Death(death) => payload(&Payload::Death(death.clone())),
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
