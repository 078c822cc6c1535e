//! Messages that were read, as text for a host to keep: a later run takes them from there and need not read them again.

use super::imms_batch::MIXED_ENCODING;
use crate::error::{Code, Finding};
use crate::identity::column::Column;
use crate::notification::{
    Action, BAD_OFFSET, DEATH_BEFORE_BIRTH, HEADER_DISAGREES, MessageKey, NO_LAST_UPDATED, NUMBER_NOT_VERIFIED,
    Notification, Order, Payload, RELATION_CODE, StateKey, Subject,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a message can be found to have.
static CODES: [&Code; 7] = [
    &HEADER_DISAGREES,
    &BAD_OFFSET,
    &NO_LAST_UPDATED,
    &NUMBER_NOT_VERIFIED,
    &RELATION_CODE,
    &DEATH_BEFORE_BIRTH,
    &MIXED_ENCODING,
];

#[derive(Serialize, Deserialize)]
struct Kept {
    key: MessageKey,
    state: StateKey,
    order: Order,
    action: Action,
    fields: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_dead: bool,
    payload: Payload,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<(String, String, Option<u32>)>,
}

/// A message as JSON on one line. It holds personal data.
///
/// ```
/// use childlink::exchange::fhir::Limits;
/// use childlink::exchange::message::{kept, read};
/// let signal = br#"{"specversion":"1.0","id":"1","type":"nhs-number-change-2","source":"s","subject":"9912003888"}"#;
/// let message = read(signal, Limits::default())?;
/// assert_eq!(kept::read(&kept::write(&message)), Some(message));
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn write(message: &Notification) -> String {
    let Notification { key, state, order, action, subject, payload, findings } = message;
    let name = |column: Column| column.name().to_owned();
    let fields = Column::ALL.into_iter().filter_map(|column| Some((name(column), subject.get(column)?.to_owned())));
    let kept = Kept {
        key: key.clone(),
        state: state.clone(),
        order: *order,
        action: *action,
        fields: fields.collect(),
        cleared: Column::ALL.into_iter().filter(|&column| subject.is_cleared(column)).map(name).collect(),
        is_dead: subject.is_dead(),
        payload: payload.clone(),
        findings: findings.iter().map(|f| (f.code.id.to_owned(), f.field.to_owned(), f.position)).collect(),
    };
    serde_json::to_string(&kept).unwrap_or_default()
}

/// The message of a line; `None` for one that this version did not write so, which is to be read from its bytes.
pub fn read(line: &str) -> Option<Notification> {
    let Kept { key, state, order, action, fields, cleared, is_dead, payload, findings } =
        serde_json::from_str(line).ok()?;
    let mut subject = Subject::default();
    for name in &cleared {
        subject.clear(Column::from_name(name)?);
    }
    for (name, text) in &fields {
        subject.set(Column::from_name(name)?, Some(text));
    }
    if is_dead {
        subject.set_dead();
    }
    let finding = |(id, field, position): &(String, String, Option<u32>)| {
        let code = CODES.iter().find(|code| code.id == id)?;
        let field = if field.is_empty() { "" } else { Column::from_name(field)?.name() };
        Some(Finding { code, field, position: *position })
    };
    let findings = findings.iter().map(finding).collect::<Option<Vec<Finding>>>()?;
    Some(Notification { key, state, order, action, subject, payload, findings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_version_did_not_write_is_read_from_its_bytes() {
        for line in ["", "{}", "[1]", "{\"key\":1}"] {
            assert_eq!(read(line), None);
        }
    }
}
