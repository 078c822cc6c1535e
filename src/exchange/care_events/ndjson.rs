//! Events in NDJSON: one JSON object a line, with the columns as its keys.

use super::{Columns, EventReport, EventSink, Events, hand_over};
use crate::error::{Code, Error};
use crate::exchange::ndjson::{NOT_AN_OBJECT, for_each_line, object, text};
use serde_json::{Map, Value};
use std::io::Read;

/// Reads a file of events. Text, numbers and true or false are taken as text; null is missing.
///
/// # Errors
/// `input/cannot-read`; `csv/record-too-long`; `events/column-missing`, if no line has one that is needed.
pub fn read(file: impl Read, events: Events, mut sink: impl EventSink) -> Result<EventReport, Error> {
    let mut report = EventReport::default();
    let columns = every_column(events);
    let mut seen = vec![false; columns.len()];
    for_each_line(file, &|_| {}, |line, content| {
        report.rows += 1;
        if let Err(reason) = object(content).and_then(|object| row(&object, events, &columns, &mut seen, &mut sink)) {
            report.aside.push((u64::from(line), reason));
        }
    })?;
    let known: Vec<&str> = columns.iter().zip(seen).filter_map(|(name, seen)| seen.then_some(*name)).collect();
    if report.rows > 0 {
        Columns::find(events, &known)?;
    }
    Ok(report)
}

/// The names that a line may have, in the order in which [`row`] holds their texts.
fn every_column(events: Events) -> Vec<&'static str> {
    ["source", "record_id"].into_iter().chain(events.columns().iter().map(|(name, _)| *name)).collect()
}

fn row(
    object: &Map<String, Value>,
    events: Events,
    names: &[&str],
    seen: &mut [bool],
    sink: &mut impl EventSink,
) -> Result<(), &'static Code> {
    let mut texts = Vec::with_capacity(names.len());
    for (name, seen) in names.iter().zip(seen) {
        let value = object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        *seen |= value.is_some();
        texts.push(value.map_or(Some("".into()), text).ok_or(&NOT_AN_OBJECT)?);
    }
    let columns = Columns { source: Some(0), record_id: 1, own: (2..names.len()).map(Some).collect() };
    hand_over(events, &columns, |place| texts[place].as_ref(), sink)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whatever_the_order_of_their_keys() {
        let text = concat!(
            "{\"date\":\"2026-03-02\",\"product\":\"vaxelis\",\"record_id\":7,\"source\":\"north\"}\n\n",
            "{\"record_id\":\"7\",\"source\":\"north\",\"date\":\"2026-03-30\",\"snomed\":34765811000001105,\"given\":false}\n",
            "[1]\n{\"record_id\":null,\"date\":\"2026\",\"product\":\"vaxelis\"}\n",
            "{\"record_id\":\"7\",\"date\":{\"year\":2026},\"product\":\"vaxelis\"}\n",
        );
        let mut seen = Vec::new();
        let report = read(text.as_bytes(), Events::Doses, |source, record_id, event| {
            seen.push(format!("{source}/{record_id} {event:?}"));
            Ok(())
        });
        assert_eq!(
            seen,
            [
                "north/7 Dose { date: 2026-03-02, product: \"vaxelis\", snomed: \"\", given: true }",
                "north/7 Dose { date: 2026-03-30, product: \"\", snomed: \"34765811000001105\", given: false }",
            ]
        );
        let report = report.unwrap();
        let aside: Vec<(u64, &str)> = report.aside.iter().map(|(line, code)| (*line, code.id)).collect();
        assert_eq!(report.rows, 5);
        assert_eq!(aside, [(4, "row/not-an-object"), (5, "row/no-record-id"), (6, "row/not-an-object")]);
    }

    #[test]
    fn a_key_that_no_line_has_is_named() {
        let error = read(&b"{\"record_id\":\"1\",\"date\":\"2026\"}\n"[..], Events::Doses, |_, _, _| Ok(()));
        assert_eq!(error.unwrap_err().field.as_deref(), Some("product"));
        assert_eq!(read(&b""[..], Events::Doses, |_, _, _| Ok(())).unwrap(), EventReport::default());
    }
}
