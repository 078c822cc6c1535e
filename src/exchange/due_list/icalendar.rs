//! A child's due list as iCalendar, for the parents to put into their own calendar.
//!
//! A calendar is shared with a family, an employer, a telephone: entries name no child, vaccine, condition
//! or place, and their ids say nothing about who it is. Written here rather than by a crate, since the kept
//! ones take ids and stamps from chance and clock; a test reads the result with one of them.

use crate::date::Date;
use crate::schedule::due_list::{Care, DueChild};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The longest line in octets, without its break.
///
/// # Source
/// RFC 5545, 3.1.
const LINE: usize = 75;

/// What the ids of calendar entries are made with, so that they stay the same from one list to the next and
/// nobody without it can tell whose they are.
///
/// A secret of the host. Where children have opaque ids from a linkage, it may be empty.
#[derive(Clone, Default)]
pub struct CalendarKey(Vec<u8>);

impl CalendarKey {
    /// A key of any length; 32 random bytes are good.
    pub fn new(bytes: impl Into<Vec<u8>>) -> CalendarKey {
        CalendarKey(bytes.into())
    }

    /// The id of an entry: a UUID of version 8 (RFC 9562) from the keyed hash of child and entry.
    fn id(&self, child: &[&str], entry: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in child.iter().chain(&[entry]) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// Appends the beginning of the calendar.
pub(super) fn begin(out: &mut Vec<u8>) {
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//childlink//due list//EN", "METHOD:PUBLISH"] {
        fold(out, line);
    }
}

/// Appends an entry for each visit, screen and review of a child. Whether there were any.
pub(super) fn child(out: &mut Vec<u8>, due: &DueChild<'_, '_>, key: &CalendarKey) -> bool {
    let mut written = false;
    let mut write = |date: Date, entry: &str, summary: &str, description: &str| {
        written = true;
        event(out, due.as_at, date, &key.id(&child_key(due), entry), summary, description);
    };
    for visit in &due.visits {
        let Some((series, dose)) = visit.gives.first() else { continue };
        write(
            visit.date.max(due.as_at),
            &format!("{series} {dose}"),
            "Child health: vaccinations due",
            "Vaccinations are due from this day. Your GP practice or child health service will tell you when and \
             where. If you have not heard from them, please contact them.",
        );
    }
    for item in &due.items {
        let summary = match item.care {
            Care::Immunisation => continue,
            Care::Screen => "Child health: appointment due",
            Care::Review => "Child health: review due",
        };
        write(
            item.due.unwrap_or(due.as_at).max(due.as_at),
            &format!("{} {}", item.item, item.condition.unwrap_or_default()),
            summary,
            "If you have not heard from your health visitor, GP practice or hospital, please contact them.",
        );
    }
    written
}

/// Appends the end of the calendar.
pub(super) fn end(out: &mut Vec<u8>) {
    fold(out, "END:VCALENDAR");
}

/// What tells the child from others: the opaque id, else the key of its first record.
fn child_key<'a>(due: &'a DueChild<'_, '_>) -> Vec<&'a str> {
    match (due.child.child_id, due.child.keys.first()) {
        (Some(id), _) => vec![id],
        (None, Some((source, record_id))) => vec![source, record_id],
        (None, None) => Vec::new(),
    }
}

/// Appends one entry: a whole day that leaves the person free.
fn event(out: &mut Vec<u8>, as_at: Date, date: Date, id: &str, summary: &str, description: &str) {
    for line in [
        "BEGIN:VEVENT",
        &format!("UID:{id}"),
        &format!("DTSTAMP:{}T000000Z", basic(as_at)),
        &format!("DTSTART;VALUE=DATE:{}", basic(date)),
        &format!("DTEND;VALUE=DATE:{}", basic(date.add_days(1))),
        &format!("SUMMARY:{}", escaped(summary)),
        &format!("DESCRIPTION:{}", escaped(description)),
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ] {
        fold(out, line);
    }
}

/// A day as `20261121`.
fn basic(date: Date) -> String {
    let (year, month, day) = date.parts();
    format!("{year:04}{month:02}{day:02}")
}

/// # Source
/// RFC 5545, 3.3.11.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// Appends a line with its break, folded so that no part is too long and no character is split.
fn fold(out: &mut Vec<u8>, line: &str) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE {
            out.extend_from_slice(b"\r\n ");
            length = 1;
        }
        length += c.len_utf8();
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// RFC 5545, 3.1: unfolding (dropping each break with the one white space after it) gives the line
        /// back, and no line is longer than 75 octets.
        #[test]
        fn folding_is_undone_by_unfolding(line in "[ -~é€𝄞]{0,400}") {
            let mut out = Vec::new();
            fold(&mut out, &line);
            let text = String::from_utf8(out).unwrap();
            prop_assert!(text.split("\r\n").all(|part| part.len() <= LINE));
            prop_assert_eq!(text.replace("\r\n ", ""), line + "\r\n");
        }
    }

    #[test]
    fn ids_are_stable_and_depend_on_key_child_and_entry() {
        let key = CalendarKey::new(*b"a key");
        let id = key.id(&["north", "7"], "mmr 1");
        assert_eq!(id, key.id(&["north", "7"], "mmr 1"));
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        for other in [
            CalendarKey::default().id(&["north", "7"], "mmr 1"),
            key.id(&["north7"], "mmr 1"),
            key.id(&["north", "7"], "mmr 2"),
        ] {
            assert_ne!(id, other);
        }
    }
}
