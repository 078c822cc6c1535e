//! MNS signals: an event about an NHS number, without demographics.
//!
//! # Source
//! NHS England, Multicast Notification Service, signal schemas version 2 and CloudEvents.

use super::nems::person_identifier;
use super::{digest, incomplete};
use crate::error::Error;
use crate::exchange::fhir::{DateTime, Element};
use crate::identity::column::Column;
use crate::notification::{Action, Channel, MessageKey, Notification, Order, Payload, Signal, StateKey, Subject};

/// Reads the history Bundle: one Parameters resource with `notification-event` and
/// `additional-context`.
pub(super) fn read_bundle(root: &Element) -> Result<Notification, Error> {
    let parameters = root
        .all("entry")
        .filter_map(|entry| entry.child("resource"))
        .find(|resource| resource.value.as_deref() == Some("Parameters"))
        .ok_or_else(|| incomplete("Parameters"))?;
    let parameter = |name: &str| parameters.all("parameter").find(|p| p.text(&["name"]) == Some(name));
    let event = parameter("notification-event").ok_or_else(|| incomplete("notification-event"))?;
    let context = parameter("additional-context").ok_or_else(|| incomplete("additional-context"))?;
    let part = |of: &'_ Element, name: &str, value: &[&str]| {
        of.all("part").find(|p| p.text(&["name"]) == Some(name)).and_then(|p| p.text(value)).map(str::to_owned)
    };
    signal(
        root,
        part(context, "event-type", &["valueString"]).ok_or_else(|| incomplete("event-type"))?,
        part(context, "source", &["valueUri"]).unwrap_or_default(),
        part(context, "subject", &["valueReference", "identifier", "value"]),
        part(context, "version-id", &["valueString"]).and_then(|text| text.parse().ok()),
        part(event, "timestamp", &["valueInstant"]),
        part(event, "focus", &["valueReference", "reference"]),
    )
}

/// Reads the CloudEvents form.
pub(super) fn read_cloud_event(root: &Element) -> Result<Notification, Error> {
    let text = |path: &[&str]| root.text(path).map(str::to_owned);
    signal(
        root,
        text(&["type"]).ok_or_else(|| incomplete("type"))?,
        text(&["source"]).unwrap_or_default(),
        text(&["subject"]).or_else(|| text(&["data", "subject", "nhsNumber"])),
        None,
        text(&["time"]),
        text(&["dataref"]),
    )
}

fn signal(
    root: &Element,
    event: String,
    source: String,
    number: Option<String>,
    version: Option<u64>,
    time: Option<String>,
    focus: Option<String>,
) -> Result<Notification, Error> {
    let mut subject = Subject::default();
    subject.set(Column::NhsNumber, number.as_deref());
    let thing = person_identifier(&subject)?;
    let digest = digest::of(root);
    let timestamp = time.as_deref().and_then(DateTime::parse).and_then(|read| read.instant);
    let id = root.text(&["id"]).unwrap_or_default().to_owned();
    Ok(Notification {
        key: MessageKey { channel: Channel::Mns, source, event: event.clone(), id, digest },
        state: StateKey { event, system: thing.system, value: thing.value },
        order: Order { last_updated: None, version, timestamp: timestamp.map(|i| i.microseconds()), digest },
        action: Action::New,
        subject,
        payload: Payload::Signal(Signal { focus }),
        findings: Vec::new(),
    })
}
