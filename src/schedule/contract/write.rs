//! From a [`ChildSchedule`] to the JSON object of the contract. Written by hand: the object is one
//! fixed shape, and a batch writes some thirty million dates.

use crate::date::{Date, PartialDate};
use crate::error::Finding;
use crate::schedule::answer::{ChildSchedule, DoseVerdict, Forecast};
use crate::schedule::child::{Child, Dose, Id, ProductText};
use crate::schedule::status::Status;
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
    for (index, entry) in answer.forecast.iter().enumerate() {
        comma(out, index);
        forecast(out, entry, vocabulary);
    }
    raw(out, "],\"screens\":[");
    for (index, screen) in answer.screens.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"kind\":\"");
        raw(out, screen.kind.as_str());
        raw(out, "\",\"condition\":");
        optional(out, screen.condition, text);
        standing(out, screen.status, screen.due, screen.breach_from, screen.standard);
    }
    raw(out, "],\"reviews\":[");
    for (index, review) in answer.reviews.iter().enumerate() {
        comma(out, index);
        raw(out, "{\"kind\":");
        text(out, review.kind);
        standing(out, review.status, review.due, review.breach_from, review.standard);
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

fn forecast(out: &mut Vec<u8>, forecast: &Forecast<'_>, vocabulary: &Vocabulary) {
    raw(out, "{\"series\":\"");
    raw(out, vocabulary.series_id(forecast.series));
    raw(out, "\",\"dose\":");
    optional(out, forecast.dose.map(u32::from), number);
    raw(out, ",\"status\":\"");
    raw(out, forecast.status.as_str());
    if let (None, None, None, None) = (forecast.earliest, forecast.due, forecast.overdue_from, forecast.latest) {
        // Most entries: one copy in place of eight.
        raw(out, "\",\"earliest\":null,\"due\":null,\"overdue_from\":null,\"latest\":null,\"rule\":");
    } else {
        raw(out, "\",\"earliest\":");
        optional(out, forecast.earliest, date);
        raw(out, ",\"due\":");
        optional(out, forecast.due, date);
        raw(out, ",\"overdue_from\":");
        optional(out, forecast.overdue_from, date);
        raw(out, ",\"latest\":");
        optional(out, forecast.latest, date);
        raw(out, ",\"rule\":");
    }
    text(out, forecast.rule);
    raw(out, ",\"source\":");
    text(out, forecast.source);
    raw(out, "}");
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
        raw(out, ",\"verdict\":\"");
        raw(out, verdict.reason.verdict().as_str());
        raw(out, "\",\"reason\":\"");
        raw(out, verdict.reason.as_str());
        raw(out, "\"}");
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
fn standing(out: &mut Vec<u8>, status: Status, due: Option<Date>, breach_from: Option<Date>, standard: Option<&str>) {
    raw(out, ",\"status\":\"");
    raw(out, status.as_str());
    if let (None, None, None) = (due, breach_from, standard) {
        return raw(out, "\",\"due\":null,\"breach_from\":null,\"standard\":null}");
    }
    raw(out, "\",\"due\":");
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
    if needs_escape(text) {
        // Writing a string to a vector cannot fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        plain(out, text);
    }
}

/// Whether JSON cannot hold a text as it is: a quote, a backslash or a control character. Eight bytes at a
/// time, since Wasm has no instructions for more unless the host is known.
fn needs_escape(text: &str) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is below `limit`, up to 128; a byte after the first may be wrongly
    // among them, which does not matter here.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| {
        let word = u64::from_ne_bytes(*word);
        found | below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5C), 1)
    });
    found != 0 || rest.iter().any(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\')
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
    figures(out, [year as u32, month, day]);
}

fn partial_date(out: &mut Vec<u8>, written: PartialDate) {
    match (written.month(), written.day()) {
        (Some(month), Some(day)) => figures(out, [written.year() as u32, month, day]),
        _ => plain(out, &written.to_string()),
    }
}

/// A day in quotes, in one piece.
fn figures(out: &mut Vec<u8>, [y, m, d]: [u32; 3]) {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let [century, year] = [y / 100, y % 100];
    out.extend_from_slice(&[
        b'"',
        digit(century / 10),
        digit(century),
        digit(year / 10),
        digit(year),
        b'-',
        digit(m / 10),
        digit(m),
        b'-',
        digit(d / 10),
        digit(d),
        b'"',
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_needs_an_escape_is_found_wherever_it_stands() {
        for byte in 0..=0x7F_u8 {
            for place in 0..20 {
                let mut bytes = "abcdéfghijklmnopqr".as_bytes().to_vec();
                bytes.truncate(19);
                bytes.insert(place.min(4), byte);
                let moved: Vec<u8> = bytes.iter().cycle().skip(place).take(bytes.len()).copied().collect();
                let Ok(shown) = std::str::from_utf8(&moved) else { continue };
                let mut written = Vec::new();
                text(&mut written, shown);
                assert_eq!(written, serde_json::to_vec(shown).unwrap(), "{byte} at {place}");
            }
        }
    }
}
