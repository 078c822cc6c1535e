//! A due list as NDJSON: one object for each child.

use super::{address, nhs_number, text};
use crate::schedule::due_list::{DueChild, DueItem};
use serde_json::{Value, json};

/// Appends the object of a child. Whether it has anything due.
pub(super) fn child(out: &mut Vec<u8>, due: &DueChild<'_, '_>) -> bool {
    if due.items.is_empty() {
        return false;
    }
    let child = &due.child;
    let records: Vec<Value> =
        child.keys.iter().map(|(source, id)| json!({"source": source, "record_id": id})).collect();
    let object = json!({
        "child_id": child.child_id,
        "records": records,
        "as_at": due.as_at.to_string(),
        "gp_practice": child.registration().as_str(),
        "area": child.area(),
        "nhs_number": nhs_number(child),
        "given_name": child.given_name,
        "family_name": child.family_name,
        "birth_date": child.birth_date.map(|date| date.to_string()),
        "address": address(child),
        "postcode": text(child.postcode()),
        "due": due.items.iter().map(item).collect::<Vec<_>>(),
    });
    // Writing to a vector cannot fail.
    let _ = serde_json::to_writer(&mut *out, &object);
    out.push(b'\n');
    true
}

fn item(item: &DueItem<'_>) -> Value {
    let day = |date: Option<crate::date::Date>| date.map(|date| date.to_string());
    json!({
        "care": item.care.as_str(),
        "item": item.item,
        "condition": item.condition,
        "dose": item.dose,
        "title": item.title,
        "status": item.status.as_str(),
        "failsafe": item.is_failsafe(),
        "need": item.need.as_str(),
        "earliest": day(item.earliest),
        "due": day(item.due),
        "overdue_from": day(item.overdue_from),
        "latest": day(item.latest),
        "rule": item.rule,
    })
}
