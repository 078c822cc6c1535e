//! A file of messages, whatever it holds: one FHIR message, HL7 messages one behind another, one JSON message a line,
//! an immunisation batch, or a laboratory's outcomes.

use super::imms_batch::{self, BatchReader};
use super::{laboratory, read};
use crate::error::Error;
use crate::exchange::fhir::Limits;
use crate::notification::Notification;

/// One message of a file.
#[derive(Debug)]
pub struct Piece {
    /// Its line in the file, from 1, where the file holds several messages.
    pub line: Option<u64>,
    /// Its bytes, for quarantine.
    pub raw: Vec<u8>,
    /// The notification, or why there is none.
    pub outcome: Result<Notification, Error>,
}

/// Reads a file of messages. Its name tells when a batch was made.
pub fn read_file(name: &str, bytes: &[u8], limits: Limits) -> Vec<Piece> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if imms_batch::is_header(first_line) {
        return match BatchReader::new(bytes) {
            Ok(reader) => reader
                .made_at(imms_batch::made_at(name))
                .map(|row| Piece { line: Some(row.row), raw: row.raw, outcome: row.outcome })
                .collect(),
            Err(fault) => vec![Piece { line: None, raw: bytes.to_vec(), outcome: Err(fault) }],
        };
    }
    if laboratory::is_header(first_line) {
        return match laboratory::read(bytes) {
            Ok(reports) => reports
                .into_iter()
                .map(|report| Piece { line: report.rows.first().copied(), raw: report.raw, outcome: report.outcome })
                .collect(),
            Err(fault) => vec![Piece { line: None, raw: bytes.to_vec(), outcome: Err(fault) }],
        };
    }
    let pieces = match text.trim_ascii_start() {
        [b'M', b'S', b'H', ..] | [0x0b, b'M', b'S', b'H', ..] => hl7_messages(text),
        [b'{', ..] if is_one_a_line(text) => lines(text),
        _ => vec![(None, text)],
    };
    let piece = |(line, raw): (Option<u64>, &[u8])| Piece { line, raw: raw.to_vec(), outcome: read(raw, limits) };
    pieces.into_iter().map(piece).collect()
}

/// Messages that each begin with a segment MSH.
fn hl7_messages(text: &[u8]) -> Vec<(Option<u64>, &[u8])> {
    let is_start = |at: usize| {
        let begins = text[at..].starts_with(b"MSH") || text[at..].starts_with(b"\x0bMSH");
        begins && (at == 0 || matches!(text[at - 1], b'\r' | b'\n' | 0x1c))
    };
    let starts: Vec<usize> = (0..text.len()).filter(|&at| is_start(at)).collect();
    if starts.len() < 2 {
        return vec![(None, text)];
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let (mut line, mut counted) = (1, 0);
    let piece = |(&start, end): (&usize, usize)| {
        line += text[counted..start].iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count() as u64;
        counted = start;
        (Some(line), &text[start..end])
    };
    starts.iter().zip(ends).map(piece).collect()
}

/// Whether a text of several lines has a whole JSON object on its first.
fn is_one_a_line(text: &[u8]) -> bool {
    let mut lines = lines(text).into_iter();
    let first_is_whole = lines.next().is_some_and(|(_, line)| line.trim_ascii_end().ends_with(b"}"));
    first_is_whole && lines.next().is_some_and(|(_, line)| line.trim_ascii_start().starts_with(b"{"))
}

/// Lines that are not blank, with their numbers.
fn lines(text: &[u8]) -> Vec<(Option<u64>, &[u8])> {
    let numbered = text.split(|&byte| byte == b'\n').zip(1..);
    numbered.filter(|(line, _)| !line.trim_ascii().is_empty()).map(|(line, number)| (Some(number), line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(name: &str, bytes: &[u8]) -> Vec<(Option<u64>, &'static str)> {
        let code = |piece: Piece| (piece.line, piece.outcome.map_or_else(|fault| fault.code, |_| "read"));
        read_file(name, bytes, Limits::default()).into_iter().map(code).collect()
    }

    #[test]
    fn each_message_of_a_file_is_read_on_its_own() {
        let hl7 =
            "MSH|^~\\&|PAS|RR8|CHIS|TAD|20260304164549||ADT^A31|M1|P|2.4\rPID|1||9434765919^^^NHS^NH||Okafor^Zoe\r";
        assert_eq!(codes("a", hl7.as_bytes()), [(None, "read")]);
        let three = [hl7, "MSH|^~\\&|broken\r", hl7].concat();
        assert_eq!(
            codes("a", three.as_bytes()),
            [(Some(1), "read"), (Some(3), "notification/incomplete"), (Some(4), "read")]
        );
        let signal =
            r#"{"specversion":"1.0","id":"1","type":"nhs-number-change-2","source":"s","subject":"9912003888"}"#;
        let lines = format!("{signal}\n\n{{}}\n");
        assert_eq!(codes("a", lines.as_bytes()), [(Some(1), "read"), (Some(3), "notification/unknown-shape")]);
        assert_eq!(codes("a", b"hello")[0].0, None);
        assert_eq!(codes("a", b"").len(), 1, "an empty file is not passed over in silence");
    }

    #[test]
    fn a_later_batch_file_says_later_what_it_says() {
        // The immunisation batch file's specification: the file name ends in the time, whose last two figures are an
        // offset.
        let header =
            "NHS_NUMBER|PERSON_FORENAME|PERSON_SURNAME|PERSON_DOB|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG|RECORDED_DATE\n";
        let order = |name: &str, row: &str| {
            let text = format!("{header}{row}\n");
            read_file(name, text.as_bytes(), Limits::default()).remove(0).outcome.unwrap().order
        };
        let new = "9434765919|Zoe|Okafor|20240229|9|u|new|20260101";
        let delete = "||||9|u|delete|";
        let first = order("MMR_Vaccinations_V5_X26_20260301T10000000.csv", new);
        let second = order("MMR_Vaccinations_V5_X26_20260302T10000001.dat", delete);
        let third = order("MMR_Vaccinations_V5_X26_20260302T10000000.csv", new);
        assert!(first < second && second < third, "ten by summer time comes before ten by winter time");
    }
}
