//! The immunisation batch file: 34 columns, one vaccination a row.
//!
//! # Source
//! NHS England, Immunisation FHIR API, batch file version 5.

use super::digest;
use crate::error::{Code, Error, Finding, Severity};
use crate::exchange::encoding;
use crate::exchange::fhir::DateTime;
use crate::identity::column::Column;
use crate::notification::{
    Action, Channel, Identifier, MessageKey, Notification, Order, Payload, StateKey, Subject, Vaccination,
};
use csv::{ByteRecord, ReaderBuilder};
use std::borrow::Cow;
use std::io::Read;

/// The row is not UTF-8.
pub static MIXED_ENCODING: Code = Code::new(
    "notification/mixed-encoding",
    Severity::Warning,
    "the row is not UTF-8; it was read as Windows-1252, as the national service does",
    "check names with accents, and ask the supplier for UTF-8",
);

/// The columns of the file that are read, in the order of [`Row`].
const COLUMNS: [&str; 16] = [
    "NHS_NUMBER",
    "PERSON_FORENAME",
    "PERSON_SURNAME",
    "PERSON_DOB",
    "PERSON_GENDER_CODE",
    "PERSON_POSTCODE",
    "DATE_AND_TIME",
    "SITE_CODE",
    "UNIQUE_ID",
    "UNIQUE_ID_URI",
    "ACTION_FLAG",
    "RECORDED_DATE",
    "VACCINATION_PROCEDURE_CODE",
    "DOSE_SEQUENCE",
    "VACCINE_PRODUCT_CODE",
    "INDICATION_CODE",
];

/// A batch file, read row by row.
pub struct BatchReader<R> {
    reader: csv::Reader<R>,
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
    record: ByteRecord,
    ended: bool,
    made_at: Option<i64>,
}

/// What became of one row.
#[derive(Debug)]
pub struct BatchRow {
    /// The row in the file; the header is row 1.
    pub row: u64,
    /// The row's bytes with their separators, for quarantine.
    pub raw: Vec<u8>,
    /// The notification, or why there is none.
    pub outcome: Result<Notification, Error>,
}

impl<R: Read> BatchReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// `batch/header` if a column is missing without which no row can be understood.
    pub fn new(input: R) -> Result<BatchReader<R>, Error> {
        let mut reader = ReaderBuilder::new().delimiter(b'|').flexible(true).from_reader(input);
        let header = reader.byte_headers().map_err(|_| header_fault("a readable first line"))?.clone();
        // Behind a byte order mark the first name keeps its quotes.
        let name_at = |at: usize| {
            String::from_utf8_lossy(&header[at]).trim_matches(['\u{feff}', '"', ' ', '\r']).to_ascii_uppercase()
        };
        let names: Vec<String> = (0..header.len()).map(name_at).collect();
        let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
        for needed in ["UNIQUE_ID", "UNIQUE_ID_URI", "ACTION_FLAG"] {
            if !names.iter().any(|name| name == needed) {
                return Err(header_fault(needed));
            }
        }
        Ok(BatchReader { reader, places, width: header.len(), record: ByteRecord::new(), ended: false, made_at: None })
    }

    /// Orders the rows by the time at which the file was made, in microseconds since 1970, and their place in it:
    /// what a row says does not tell when it was said, and a deletion has no time at all.
    #[must_use]
    pub fn made_at(self, made_at: Option<i64>) -> BatchReader<R> {
        BatchReader { made_at, ..self }
    }
}

/// Whether a first line is that of a batch file.
pub fn is_header(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_uppercase();
    line.contains('|') && line.contains("UNIQUE_ID") && line.contains("ACTION_FLAG")
}

/// When a batch file was made, by its name: `<vaccine>_Vaccinations_V5_<ODS>_<YYYYMMDDThhmmss00|01>`.
pub fn made_at(name: &str) -> Option<i64> {
    let stem = name.rsplit(['/', '\\']).next()?.split('.').next()?;
    let (_, time) = stem.rsplit_once('_')?;
    moment(time)?.instant.map(|instant| instant.microseconds())
}

fn header_fault(what: &str) -> Error {
    Error::new(
        "batch/header",
        format!("the first line lacks {what}"),
        "expected the 34 columns of the immunisation batch file, separated by |",
    )
}

impl<R: Read> Iterator for BatchReader<R> {
    type Item = BatchRow;

    fn next(&mut self) -> Option<BatchRow> {
        if self.ended {
            return None;
        }
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let row = self.record.position().map_or(0, csv::Position::line);
                let raw = self.record.iter().collect::<Vec<_>>().join(&b'|');
                Some(BatchRow { row, outcome: self.understand(&raw), raw })
            }
            // Only the input itself can fail: rows of any width are let in and judged.
            Err(_) => {
                let fault = Error::new(
                    "batch/unreadable",
                    "the file could not be read further",
                    "check the file and send it again",
                );
                let row = self.reader.position().line();
                self.ended = true;
                Some(BatchRow { row, raw: Vec::new(), outcome: Err(fault) })
            }
        }
    }
}

impl<R> BatchReader<R> {
    fn understand(&self, raw: &[u8]) -> Result<Notification, Error> {
        if self.record.len() != self.width {
            return Err(Error::new(
                "batch/field-count",
                format!("the row has {} fields where the header has {}", self.record.len(), self.width),
                "check separators and quotes in the row",
            ));
        }
        let mut findings = Vec::new();
        if self.record.iter().any(|field| std::str::from_utf8(field).is_err()) {
            findings.push(Finding::new(&MIXED_ENCODING, ""));
        }
        let field = |name: &str| -> Cow<'_, str> {
            let at = COLUMNS.iter().position(|column| *column == name).and_then(|column| self.places[column]);
            at.and_then(|at| self.record.get(at)).map(decode).unwrap_or_default()
        };
        let filled = |name: &str| Some(field(name).trim().to_owned()).filter(|text| !text.is_empty());
        let identifier = Identifier {
            system: filled("UNIQUE_ID_URI").ok_or_else(|| missing("UNIQUE_ID_URI"))?,
            value: filled("UNIQUE_ID").ok_or_else(|| missing("UNIQUE_ID"))?,
        };
        let action = match field("ACTION_FLAG").trim().to_ascii_lowercase().as_str() {
            "new" => Action::New,
            "update" => Action::Update,
            "delete" => Action::Delete,
            _ => return Err(missing("ACTION_FLAG of new, update or delete")),
        };
        let mut subject = Subject::default();
        for (column, name) in [
            (Column::NhsNumber, "NHS_NUMBER"),
            (Column::GivenName, "PERSON_FORENAME"),
            (Column::FamilyName, "PERSON_SURNAME"),
            (Column::BirthDate, "PERSON_DOB"),
            (Column::Sex, "PERSON_GENDER_CODE"),
            (Column::Postcode, "PERSON_POSTCODE"),
        ] {
            subject.set(column, Some(&field(name)));
        }
        let given_at = moment(field("DATE_AND_TIME").trim());
        let vaccination = Vaccination {
            given: true,
            reason_not_given: None,
            procedure: filled("VACCINATION_PROCEDURE_CODE"),
            product: filled("VACCINE_PRODUCT_CODE"),
            date: given_at.map(|read| read.date),
            dose: field("DOSE_SEQUENCE").trim().parse().ok(),
            diseases: Vec::new(),
            organisation: filled("SITE_CODE"),
        };
        let digest = digest::of_bytes(raw);
        let recorded = moment(field("RECORDED_DATE").trim());
        let event = "imms-vaccination".to_owned();
        Ok(Notification {
            key: MessageKey {
                channel: Channel::ImmsBatch,
                source: identifier.system.clone(),
                event: event.clone(),
                id: identifier.value.clone(),
                digest,
            },
            state: StateKey { event, system: identifier.system, value: identifier.value },
            order: Order {
                last_updated: self.made_at,
                version: Some(self.record.position().map_or(0, csv::Position::line)),
                timestamp: recorded.and_then(|read| read.instant).map(|instant| instant.microseconds()),
                digest,
            },
            action,
            subject,
            payload: Payload::Vaccination(vaccination),
            findings,
        })
    }
}

fn missing(what: &str) -> Error {
    Error::new(
        "notification/no-identifier",
        format!("the row has no {what}"),
        "ask the supplier to send it again in full",
    )
    .in_field(what)
}

/// The national service reads UTF-8, and a row that is not as Windows-1252.
fn decode(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(encoding::windows_1252_lossy(field)),
    }
}

/// `YYYYMMDD`, or `YYYYMMDDThhmmss` with two further figures that are an **offset in hours** (00 is
/// GMT, 01 is BST) and not hundredths; without them UTC. A bare day stands for its first moment.
fn moment(text: &str) -> Option<DateTime> {
    let day = format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..8)?);
    let clock = match text.get(8..) {
        None | Some("") => "000000".to_owned(),
        Some(rest) => rest.strip_prefix('T')?.to_owned(),
    };
    let offset = match clock.get(6..8) {
        Some("01") => "+01:00",
        Some("00") | None => "Z",
        Some(_) => return None,
    };
    let clock = format!("{}:{}:{}", clock.get(..2)?, clock.get(2..4)?, clock.get(4..6)?);
    DateTime::parse(&format!("{day}T{clock}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "NHS_NUMBER|PERSON_FORENAME|PERSON_SURNAME|PERSON_DOB|PERSON_GENDER_CODE|PERSON_POSTCODE|DATE_AND_TIME|SITE_CODE|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG|RECORDED_DATE|VACCINATION_PROCEDURE_CODE|DOSE_SEQUENCE|VACCINE_PRODUCT_CODE\n";

    fn rows(body: &[u8]) -> Vec<BatchRow> {
        BatchReader::new(&[HEADER.as_bytes(), body].concat()[..]).unwrap().collect()
    }

    #[test]
    fn the_last_two_figures_of_a_time_are_an_offset() {
        for (text, iso) in [
            ("20250730T11525000", "2025-07-30T11:52:50Z"),
            ("20250730T11525001", "2025-07-30T11:52:50+01:00"),
            ("20250730T115250", "2025-07-30T11:52:50Z"),
            ("20250730", "2025-07-30T00:00:00Z"),
        ] {
            assert_eq!(moment(text), DateTime::parse(iso), "{text}");
        }
        for text in ["", "2025", "20250730T11525099", "20251330", "2025073é"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn two_encodings_in_one_file_are_both_read_and_told() {
        let mut body = "\"9434765919\"|\"ZOË\"|\"A\"|20240229|2|LS1 1AA|20250730T11525000|X|1|u|NEW|20250730|1|2|3\n"
            .as_bytes()
            .to_vec();
        body.extend(b"|REN\xc9|A|20240229|1|LS1 1AA|20250730|X|2|u|update|20250730|1|2|3\n");
        let rows = rows(&body);
        let read: Vec<&Notification> = rows.iter().map(|row| row.outcome.as_ref().unwrap()).collect();
        assert_eq!(read[0].subject.get(Column::GivenName), Some("ZOË"));
        assert_eq!(read[0].findings, []);
        assert_eq!(read[1].subject.get(Column::GivenName), Some("RENÉ"));
        assert_eq!(read[1].findings[0].code.id, "notification/mixed-encoding");
        assert_eq!((read[1].subject.get(Column::NhsNumber), read[1].action), (None, Action::Update));
    }

    #[test]
    fn a_deletion_needs_only_its_two_ids_and_bad_rows_are_kept_with_their_reason() {
        let rows = rows(b"||||||||9|u|DELETE||||\n||||||||9|u|gone||||\n||||||||9||new||||\na|b\n");
        assert_eq!(rows[0].outcome.as_ref().unwrap().action, Action::Delete);
        let codes: Vec<&str> = rows[1..].iter().map(|row| row.outcome.as_ref().unwrap_err().code).collect();
        assert_eq!(codes, ["notification/no-identifier", "notification/no-identifier", "batch/field-count"]);
        assert_eq!((rows[3].row, rows[3].raw.as_slice()), (5, &b"a|b"[..]));
    }

    #[test]
    fn a_byte_order_mark_before_a_quoted_header_costs_no_column() {
        let header: Vec<String> = HEADER.trim_end().split('|').map(|name| format!("\"{name}\"")).collect();
        let text = format!(
            "\u{feff}{}\n\"9434765919\"|Zoe|A|20240229|2|LS1|20250730|X|1|u|NEW|20250730|1|2|3\n",
            header.join("|")
        );
        let row = BatchReader::new(text.as_bytes()).unwrap().next().unwrap().outcome.unwrap();
        assert_eq!(row.subject.get(Column::NhsNumber), Some("9434765919"));
    }

    #[test]
    fn a_file_without_its_columns_is_refused() {
        assert_eq!(BatchReader::new(&b"a|b\n"[..]).err().unwrap().code, "batch/header");
        assert_eq!(BatchReader::new(&b""[..]).err().unwrap().code, "batch/header");
    }
}
