//! HL7 version 2.4 ADT: A28 (add a person), A31 (update a person), A40 (merge two numbers).
//!
//! An empty field means "no change"; a field that holds `""` means "delete the value".
//!
//! # Source
//! HL7 version 2.4, chapters 2 and 3; NHS use of PID-3 (`number^^^NHS^NH`) and PID-32 (tracing status).

use super::nems::person_identifier;
use super::{digest, incomplete, person};
use crate::date::Date;
use crate::error::Error;
use crate::exchange::fhir::{DateTime, Limits};
use crate::identity::column::Column;
use crate::notification::{Action, Channel, MessageKey, Notification, Order, Payload, StateKey, Subject};
use hl7_parser::Message;
use hl7_parser::message::{Field, Repeat, Segment, Separators};
use std::ops::Range;

/// The value that deletes what is held.
const DELETE: &str = "\"\"";

/// The segments that are read. The parser sees no other: it takes hundreds of bytes of memory for each field.
const SEGMENTS: [&str; 4] = ["MSH", "PID", "PD1", "MRG"];
/// Bytes of one of them. A PID with every field filled has about a thousand.
const LONGEST: usize = 16_384;

/// Reads one ADT message; segments may end in CR, LF or both.
///
/// # Errors
/// `message/too-large`, `message/malformed`, `message/encoding`, `notification/unknown-event`,
/// `notification/incomplete`, `notification/no-subject`.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Notification, Error> {
    limits.admit(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|fault| {
        Error::new(
            "message/encoding",
            format!("byte {} is not UTF-8", fault.valid_up_to()),
            "ask the sender for UTF-8, and for MSH-18 to say so",
        )
    })?;
    let text = text.trim_matches(['\u{b}', '\u{1c}', '\r', '\n', ' ']);
    let read = segments(text)?;
    let message = Message::parse(&read).map_err(|_| {
        Error::new(
            "message/malformed",
            "the text is no HL7 version 2 message",
            "ask the sender for a well-formed message",
        )
    })?;
    let header = message.segment("MSH").ok_or_else(|| incomplete("MSH"))?;
    let separators = &message.separators;
    let trigger = header.field(9).and_then(|kind| kind.component(2)).map(|part| part.raw_value()).unwrap_or_default();
    let person = message.segment("PID").ok_or_else(|| incomplete("PID"))?;
    let mut subject = demographics(person, separators);
    let practice = message.segment("PD1").and_then(|extra| extra.field(3)).and_then(|field| field.component(3));
    set(&mut subject, Column::GpPractice, practice.map(|part| part.raw_value()), separators);
    if message.segment("PD1").and_then(|extra| extra.field(12)).is_some_and(|field| field.raw_value() == "Y") {
        subject.set(Column::Sensitive, Some("Y"));
    }
    let payload = match trigger {
        "A28" | "A31" => Payload::Demographics,
        "A40" => Payload::Merge { subsumed: merged_number(&message)? },
        _ => {
            return Err(Error::new(
                "notification/unknown-event",
                "the trigger event is none of A28, A31 and A40",
                "keep the message for a person",
            ));
        }
    };
    let event = format!("adt-{}", trigger.to_ascii_lowercase());
    let raw = |number: usize| header.field(number).map(|field| field.raw_value().to_owned()).unwrap_or_default();
    let digest = digest::of_text(text);
    let thing = person_identifier(&subject)?;
    let timestamp = timestamp(&raw(7));
    let findings = person::judge_status(&subject).into_iter().chain(person::judge_death(&subject)).collect();
    Ok(Notification {
        key: MessageKey { channel: Channel::Hl7v2, source: raw(4), event: event.clone(), id: raw(10), digest },
        state: StateKey { event, system: thing.system, value: thing.value },
        order: Order { last_updated: None, version: None, timestamp, digest },
        action: if trigger == "A28" { Action::New } else { Action::Update },
        subject,
        payload,
        findings,
    })
}

/// The first segment of each name that is read, one a line as the standard writes them.
///
/// # Errors
/// `message/too-large` for one that is longer than any real one.
fn segments(text: &str) -> Result<String, Error> {
    let mut lines: Vec<&str> = Vec::with_capacity(SEGMENTS.len());
    for name in SEGMENTS {
        let Some(line) = text.split(['\r', '\n']).find(|line| line.starts_with(name)) else { continue };
        if line.len() > LONGEST {
            let message = format!("the segment {name} has {} bytes, more than the {LONGEST} allowed", line.len());
            return Err(Error::new("message/too-large", message, "ask the sender what this is"));
        }
        lines.push(line);
    }
    Ok(lines.join("\r"))
}

fn demographics(person: &Segment<'_>, separators: &Separators) -> Subject {
    let mut subject = Subject::default();
    let component = |field: usize, number: usize| {
        person.field(field).and_then(|field| field.component(number)).map(|part| part.raw_value())
    };
    let whole = |field: usize| person.field(field).map(|field| field.raw_value());
    set(&mut subject, Column::NhsNumber, person.field(3).and_then(nhs_number), separators);
    set(&mut subject, Column::FamilyName, component(5, 1), separators);
    set(&mut subject, Column::GivenName, component(5, 2), separators);
    set(&mut subject, Column::OtherNames, component(5, 3), separators);
    set(&mut subject, Column::BirthDate, whole(7).map(|text| text.get(..8).unwrap_or(text)), separators);
    set(&mut subject, Column::Sex, whole(8), separators);
    let lines = [Column::Address1, Column::Address2, Column::Address3, Column::Address4];
    for (column, number) in lines.into_iter().zip(1..) {
        set(&mut subject, column, component(11, number), separators);
    }
    set(&mut subject, Column::Postcode, component(11, 5), separators);
    set(&mut subject, Column::BirthOrder, whole(25), separators);
    set(&mut subject, Column::DeathDate, whole(29).map(|text| text.get(..8).unwrap_or(text)), separators);
    if whole(30) == Some("Y") || subject.get(Column::DeathDate).is_some() {
        subject.set_dead();
    }
    set(&mut subject, Column::NhsNumberStatus, whole(32), separators);
    subject
}

/// The identifier of the NHS among the repetitions of PID-3 or MRG-1.
fn nhs_number<'m>(field: &Field<'m>) -> Option<&'m str> {
    let is_nhs = |repeat: &&Repeat<'m>| {
        let part = |number| repeat.component(number).map(|part| part.raw_value()).unwrap_or_default();
        part(4) == "NHS" || part(5) == "NH"
    };
    field.repeats().find(is_nhs).and_then(|repeat| repeat.component(1)).map(|part| part.raw_value())
}

/// The number that ceases, of MRG-1.
fn merged_number(message: &Message<'_>) -> Result<String, Error> {
    let merged = message.segment("MRG").and_then(|segment| segment.field(1)).and_then(nhs_number);
    merged.filter(|number| !number.is_empty()).map(str::to_owned).ok_or_else(|| incomplete("MRG-1 NHS number"))
}

/// Sets a column with escapes undone, or marks it as deleted.
fn set(subject: &mut Subject, column: Column, raw: Option<&str>, separators: &Separators) {
    match raw {
        Some(DELETE) => subject.clear(column),
        Some(raw) => subject.set(column, Some(&separators.decode(raw).to_string())),
        None => {}
    }
}

/// `YYYYMMDDHHMM[SS][.S...][+ZZZZ]` as microseconds since 1970; without an offset, what a clock of the United Kingdom
/// showed.
///
/// # Source
/// HL7 version 2.4, chapter 2, data type TS: a time without an offset is the local time of the sender.
fn timestamp(text: &str) -> Option<i64> {
    let (clock, offset) = match text.find(['+', '-']) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    let clock = clock.split('.').next().unwrap_or(clock);
    if clock.len() < 12 || !clock.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = clock.get(12..14).unwrap_or("00");
    let offset = match offset.split_at_checked(3) {
        Some((hours, minutes)) if minutes.len() == 2 => format!("{hours}:{minutes}"),
        _ => if is_summer_time(clock) { "+01:00" } else { "Z" }.to_owned(),
    };
    let iso = format!(
        "{}-{}-{}T{}:{}:{seconds}{offset}",
        &clock[..4],
        &clock[4..6],
        &clock[6..8],
        &clock[8..10],
        &clock[10..12]
    );
    DateTime::parse(&iso)?.instant.map(|instant| instant.microseconds())
}

/// Whether a clock of the United Kingdom that shows `YYYYMMDDHHMM` goes by summer time: from the last Sunday of March,
/// when 2 o'clock follows on 1 o'clock, to the last Sunday of October. The hour that comes twice that night is taken
/// for the first, so that no message is read as newer than it may be.
///
/// # Source
/// Summer Time Act 1972 as amended by the Summer Time Order 2002.
fn is_summer_time(clock: &str) -> bool {
    let figures = |range: Range<usize>| clock.get(range).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    let (year, month, day, hour) = (figures(0..4), figures(4..6), figures(6..8), figures(8..10));
    let changes_in = |month| {
        let last = Date::new(year as i32, month, 31).ok()?;
        Some(last.add_days(-((last.weekday() as i32 + 1) % 7)))
    };
    let (Some(first), Some(last), Ok(day)) = (changes_in(3), changes_in(10), Date::new(year as i32, month, day)) else {
        return false;
    };
    (first, 2) <= (day, hour) && (day, hour) < (last, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Notification, Error> {
        super::read(bytes, Limits::default())
    }

    const A31: &str = "MSH|^~\\&|PAS|RR8|CHIS|TAD|20260304164549+0000||ADT^A31^ADT_A05|M1|P|2.4\r\
        PID|1||L77^^^PAS^PI~943 476 5919^^^NHS^NH||O\\T\\Brien^Mia^Rose||20240229|F|||1 High St^^Leeds^^LS17 7DF||||||||||||||2||||\"\"|||01\r\
        PD1|||Practice^^A81001";

    #[test]
    fn an_update_says_what_changes_what_goes_and_leaves_the_rest() {
        let update = read(A31.as_bytes()).unwrap();
        let subject = |column| update.subject.get(column);
        assert_eq!(subject(Column::NhsNumber), Some("943 476 5919"));
        assert_eq!(subject(Column::FamilyName), Some("O&Brien"));
        assert_eq!(subject(Column::OtherNames), Some("Rose"));
        assert_eq!(subject(Column::BirthDate), Some("20240229"));
        assert_eq!(subject(Column::Address3), Some("Leeds"));
        assert_eq!(subject(Column::Postcode), Some("LS17 7DF"));
        assert_eq!(subject(Column::BirthOrder), Some("2"));
        assert_eq!(subject(Column::GpPractice), Some("A81001"));
        assert_eq!(subject(Column::NhsNumberStatus), Some("01"));
        // `""` in PID-29 takes a death back; empty PID-24 says nothing.
        assert!(update.subject.is_cleared(Column::DeathDate));
        assert_eq!((update.key.id.as_str(), update.key.source.as_str()), ("M1", "RR8"));
        assert_eq!(update.order.timestamp, Some(1_772_642_749_000_000));
        assert_eq!(update.state.value, "9434765919");
        // Line ends make no difference to what is said.
        assert_eq!(read(A31.replace('\r', "\r\n").as_bytes()).unwrap().subject, update.subject);
    }

    #[test]
    fn a_time_without_an_offset_is_what_a_clock_of_the_united_kingdom_showed() {
        let same = |local: &str, with_offset: &str| {
            let (local, known) = (timestamp(local), timestamp(with_offset));
            assert!(known.is_some() && local == known, "{with_offset}");
        };
        // Clocks went forward on 29 March and back on 25 October 2026, both Sundays, at 01:00 UTC.
        same("20260304164549", "20260304164549+0000");
        same("202603290059", "202603290059+0000");
        same("202603290200", "202603290100+0000");
        same("20260701120000", "20260701120000+0100");
        same("20261025005959", "20261024235959+0000");
        same("202610250130", "202610250030+0000");
        same("202610250200", "202610250200+0000");
        same("202612251200", "202612251200+0000");
        // The 31st of either month may be the Sunday itself: 2024 and 2027.
        same("202403310200", "202403310100+0000");
        same("202710310159", "202710310059+0000");
        // A message of the hospital at half past twelve is older than one at noon that says UTC.
        let order = |time: &str| read(A31.replace("20260304164549+0000", time).as_bytes()).unwrap().order;
        assert!(order("20260701123000") < order("20260701120000+0000"));
        assert!(order("20260701123000") > order("20260701120000+0100"));
        // What is no time orders by nothing, and what is no offset counts as none, whatever its letters.
        assert_eq!(order("20260701").timestamp, None);
        assert_eq!(order("202607011200+1\u{e9}2").timestamp, timestamp("202607011200"));
    }

    #[test]
    fn a_merge_names_the_number_that_ceases() {
        let text = A31.replace("A31", "A40").replace("PD1|||Practice^^A81001", "MRG|9990548609^^^NHS^NH");
        assert_eq!(read(text.as_bytes()).unwrap().payload, Payload::Merge { subsumed: "9990548609".to_owned() });
        assert_eq!(read(A31.replace("A31", "A40").as_bytes()).unwrap_err().code, "notification/incomplete");
    }

    #[test]
    fn a_number_that_is_not_verified_is_told() {
        // NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE: 02 is present but not traced.
        assert_eq!(read(A31.as_bytes()).unwrap().findings, []);
        let untraced = read(A31.replace("|||01", "|||02").as_bytes()).unwrap();
        assert_eq!(untraced.findings[0].code.id, "notification/number-not-verified");
    }

    #[test]
    fn a_message_of_many_or_endless_segments_is_read_or_refused_and_takes_little() {
        let many = [A31, &"\rNTE|1".repeat(300_000)].concat();
        assert_eq!(read(many.as_bytes()).unwrap().subject, read(A31.as_bytes()).unwrap().subject);
        let endless = [A31, "\rNTE", &"|".repeat(2_000_000)].concat();
        assert_eq!(read(endless.as_bytes()).unwrap().subject, read(A31.as_bytes()).unwrap().subject);
        let fields = A31.replace("PID|1|", &["PID|", &"|".repeat(20_000)].concat());
        assert_eq!(read(fields.as_bytes()).unwrap_err().code, "message/too-large");
        assert_eq!(read([A31, &"\rNTE|1".repeat(600_000)].concat().as_bytes()).unwrap_err().code, "message/too-large");
    }

    #[test]
    fn what_is_no_person_message_is_refused_by_name() {
        assert_eq!(read(A31.replace("ADT^A31", "ORU^R01").as_bytes()).unwrap_err().code, "notification/unknown-event");
        assert_eq!(read(b"hello").unwrap_err().code, "message/malformed");
        assert_eq!(read(b"").unwrap_err().code, "message/malformed");
        assert_eq!(read(b"MSH|^~\\&|\xff").unwrap_err().code, "message/encoding");
    }
}
