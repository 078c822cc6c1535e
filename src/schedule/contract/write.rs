//! From a [`ChildSchedule`] to the JSON object of the contract. Written by hand: the object is one
//! fixed shape, and a batch writes some thirty million dates.

use crate::date::{Date, PartialDate};
use crate::error::Finding;
use crate::schedule::answer::{ChildSchedule, DoseVerdict};
use crate::schedule::child::{Child, Dose, Id, ProductText};
use crate::schedule::vocabulary::Vocabulary;

/// Appends the answer as one line of JSON, without the line end. Every key is always there, null
/// where there is nothing to say.
pub fn write_schedule(out: &mut Vec<u8>, child: &Child<'_>, answer: &ChildSchedule<'_>, vocabulary: &Vocabulary) {
    raw(out, "{\"id\":");
    write_id(out, &child.id);
    raw(out, ",\"as_at\":");
    optional(out, answer.as_at, date);
    raw(out, ",\"history\":[");
    let mut verdicts = answer.verdicts.as_slice();
    for (index, dose) in child.doses.iter().enumerate() {
        let (own, rest) =
            verdicts.split_at(verdicts.iter().take_while(|verdict| verdict.given == index as u32).count());
        verdicts = rest;
        comma(out, index);
        history(out, dose, own, vocabulary);
    }
    raw(out, "],\"forecast\":[");
    for (index, forecast) in answer.forecast.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"series\":");
        plain(out, vocabulary.series_id(forecast.series));
        raw(out, ",\"dose\":");
        optional(out, forecast.dose.map(u32::from), number);
        raw(out, ",\"status\":");
        plain(out, forecast.status.as_str());
        for (key, day) in [
            (",\"earliest\":", forecast.earliest),
            (",\"due\":", forecast.due),
            (",\"overdue_from\":", forecast.overdue_from),
            (",\"latest\":", forecast.latest),
        ] {
            raw(out, key);
            optional(out, day, date);
        }
        raw(out, ",\"rule\":");
        text(out, forecast.rule);
        raw(out, ",\"source\":");
        text(out, forecast.source);
        raw(out, "}");
    }
    raw(out, "],\"screens\":[");
    for (index, screen) in answer.screens.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"kind\":");
        plain(out, screen.kind.as_str());
        raw(out, ",\"condition\":");
        optional(out, screen.condition, text);
        standing(out, screen.status.as_str(), screen.due, screen.breach_from, screen.standard);
    }
    raw(out, "],\"reviews\":[");
    for (index, review) in answer.reviews.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"kind\":");
        text(out, review.kind);
        standing(out, review.status.as_str(), review.due, review.breach_from, review.standard);
    }
    raw(out, "],\"visits\":[");
    for (index, visit) in answer.visits.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"date\":");
        date(out, visit.date);
        raw(out, ",\"give\":[");
        for (place, series) in visit.give.iter().enumerate() {
            comma(out, place);
            plain(out, vocabulary.series_id(series));
        }
        raw(out, "]}");
    }
    raw(out, "],\"findings\":[");
    for (index, finding) in answer.findings.iter().enumerate() {
        comma(out, index);
        write_finding(out, finding);
    }
    raw(out, "]}");
}

/// Appends the answer to a line that is no child: every key of the contract, and the finding.
pub(super) fn write_unreadable(out: &mut Vec<u8>, as_at: Date, found: &Finding) {
    raw(out, "{\"id\":null,\"as_at\":");
    date(out, as_at);
    raw(out, ",\"history\":[],\"forecast\":[],\"screens\":[],\"reviews\":[],\"visits\":[],\"findings\":[");
    write_finding(out, found);
    raw(out, "]}");
}

fn history(out: &mut Vec<u8>, dose: &Dose<'_>, verdicts: &[DoseVerdict], vocabulary: &Vocabulary) {
    raw(out, "{\"date\":");
    match dose.date {
        Some(written) => partial_date(out, written),
        None if dose.date_text.is_empty() => raw(out, "null"),
        None => text(out, &dose.date_text),
    }
    raw(out, ",\"product\":");
    product(out, &dose.product_text);
    raw(out, ",\"verdicts\":[");
    for (index, verdict) in verdicts.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"series\":");
        optional(out, verdict.series.map(|series| vocabulary.series_id(series)), plain);
        raw(out, ",\"dose\":");
        optional(out, verdict.dose.map(u32::from), number);
        raw(out, ",\"verdict\":");
        plain(out, verdict.reason.verdict().as_str());
        raw(out, ",\"reason\":");
        plain(out, verdict.reason.as_str());
        raw(out, "}");
    }
    raw(out, "]}");
}

fn product(out: &mut Vec<u8>, product: &ProductText<'_>) {
    match product {
        ProductText::Absent => raw(out, "null"),
        ProductText::Id(id) => text(out, id),
        ProductText::Snomed(code) => {
            raw(out, "{\"snomed\":");
            text(out, code);
            raw(out, "}");
        }
        ProductText::Antigens(names) => {
            raw(out, "{\"antigens\":[");
            for (index, name) in names.iter().enumerate() {
                comma(out, index);
                text(out, name);
            }
            raw(out, "]}");
        }
    }
}

/// The keys that screens and reviews share, and the end of the object.
fn standing(out: &mut Vec<u8>, status: &str, due: Option<Date>, breach_from: Option<Date>, standard: Option<&str>) {
    raw(out, ",\"status\":");
    plain(out, status);
    raw(out, ",\"due\":");
    optional(out, due, date);
    raw(out, ",\"breach_from\":");
    optional(out, breach_from, date);
    raw(out, ",\"standard\":");
    optional(out, standard, text);
    raw(out, "}");
}

fn write_finding(out: &mut Vec<u8>, finding: &Finding) {
    raw(out, "{\"code\":");
    plain(out, finding.code.id);
    raw(out, ",\"severity\":");
    plain(out, finding.code.severity.as_str());
    raw(out, ",\"field\":");
    if finding.field.is_empty() {
        raw(out, "null");
    } else {
        plain(out, finding.field);
    }
    raw(out, ",\"index\":");
    optional(out, finding.position, number);
    raw(out, ",\"message\":");
    text(out, finding.code.message);
    raw(out, ",\"hint\":");
    text(out, finding.code.hint);
    raw(out, "}");
}

fn write_id(out: &mut Vec<u8>, id: &Id<'_>) {
    match id {
        Id::Absent => raw(out, "null"),
        Id::Text(id) => text(out, id),
        Id::Number(number) => raw(out, &number.to_string()),
    }
}

fn raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

/// A text that is known to need no escape: an id or a code.
fn plain(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    raw(out, text);
    out.push(b'"');
}

/// Any text.
fn text(out: &mut Vec<u8>, text: &str) {
    // No early end: so the compiler looks at many bytes at once.
    let escapes = text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if !escapes {
        plain(out, text);
    } else {
        // Writing a string to a vector cannot fail.
        let _ = serde_json::to_writer(out, text);
    }
}

fn number(out: &mut Vec<u8>, number: u32) {
    if number < 10 {
        out.push(b'0' + number as u8);
    } else {
        raw(out, &number.to_string());
    }
}

/// The value as `write` writes it, or null.
fn optional<T>(out: &mut Vec<u8>, value: Option<T>, write: fn(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => raw(out, "null"),
    }
}

fn date(out: &mut Vec<u8>, date: Date) {
    let (year, month, day) = date.parts();
    let [y, m, d] = [year as u32, month, day];
    out.push(b'"');
    two_digits(out, y / 100);
    two_digits(out, y % 100);
    out.push(b'-');
    two_digits(out, m);
    out.push(b'-');
    two_digits(out, d);
    out.push(b'"');
}

fn partial_date(out: &mut Vec<u8>, written: PartialDate) {
    match written.exact() {
        Some(exact) => date(out, exact),
        None => plain(out, &written.to_string()),
    }
}

fn two_digits(out: &mut Vec<u8>, number: u32) {
    out.push(b'0' + (number / 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}
