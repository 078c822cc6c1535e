//! Outcomes of newborn screens as a screening laboratory reports them: delimited text, one test a row, the rows of one
//! sample one report.
//!
//! No national layout of such a file was found, so the columns are ours (`docs/messages.md`): a laboratory's own export
//! is mapped to them. Tests and outcomes are SNOMED CT codes as in the national event, so that a result that comes by
//! both ways is seen to be one.

use super::{digest, incomplete, person, screening};
use crate::error::Error;
use crate::exchange::fhir::DateTime;
use crate::identity::column::Column;
use crate::notification::{
    Action, Channel, MessageKey, Notification, Order, Payload, Programme, ScreenResult, Screening, StateKey, Subject,
};
use csv::{ByteRecord, ReaderBuilder};
use std::collections::BTreeMap;

/// The event under which laboratory reports are kept.
const EVENT: &str = "laboratory-outcome";
/// The columns without which no row can be understood.
const NEEDED: [&str; 4] = ["laboratory", "accession", "test", "outcome"];
/// The columns of the child, which have the canonical names.
const OF_CHILD: [Column; 10] = [
    Column::NhsNumber,
    Column::NhsNumberStatus,
    Column::GivenName,
    Column::FamilyName,
    Column::Sex,
    Column::BirthDate,
    Column::BirthOrder,
    Column::Postcode,
    Column::MotherGivenName,
    Column::MotherFamilyName,
];

/// The report of one sample, or rows that make none.
#[derive(Debug)]
pub struct Report {
    /// The rows in the file; the header is row 1.
    pub rows: Vec<u64>,
    /// The rows' bytes under their header, for quarantine.
    pub raw: Vec<u8>,
    /// The notification, or why there is none.
    pub outcome: Result<Notification, Error>,
}

/// Whether a first line is that of a laboratory's file.
pub fn is_header(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    NEEDED.iter().all(|needed| line.split(',').any(|name| name.trim_matches(['"', ' ', '\u{feff}', '\r']) == *needed))
}

/// Reads a file: the reports in order of laboratory and accession, and before them the rows that belong to none.
///
/// # Errors
/// `laboratory/header` if a column is missing without which no row can be understood.
pub fn read(bytes: &[u8]) -> Result<Vec<Report>, Error> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().map_err(|_| header_fault("a readable first line"))?.clone();
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_matches(['\u{feff}', ' ']).to_ascii_lowercase())
        .collect();
    if let Some(missing) = NEEDED.iter().find(|needed| !names.iter().any(|name| name == *needed)) {
        return Err(header_fault(missing));
    }
    let mut samples: BTreeMap<(String, String), Vec<(u64, Row)>> = BTreeMap::new();
    let mut reports = Vec::new();
    for record in reader.byte_records() {
        let Ok(record) = record else { return Err(header_fault("rows that can be read to the end")) };
        let row = record.position().map_or(0, csv::Position::line);
        match Row::of(&names, &record) {
            Ok(read) => samples.entry((read.get("laboratory"), read.get("accession"))).or_default().push((row, read)),
            Err(fault) => {
                let raw = [raw(&header), raw(&record)].concat();
                reports.push(Report { rows: vec![row], raw, outcome: Err(fault) });
            }
        }
    }
    for ((laboratory, accession), rows) in samples {
        let of_rows = rows.iter().map(|(_, row)| row.raw.as_slice());
        reports.push(Report {
            raw: std::iter::once(raw(&header).as_slice()).chain(of_rows).collect::<Vec<_>>().concat(),
            outcome: report(laboratory, accession, rows.iter().map(|(_, row)| row).collect()),
            rows: rows.into_iter().map(|(row, _)| row).collect(),
        });
    }
    Ok(reports)
}

/// One row by name of column.
struct Row {
    fields: BTreeMap<String, String>,
    raw: Vec<u8>,
}

impl Row {
    fn of(names: &[String], record: &ByteRecord) -> Result<Row, Error> {
        if record.len() != names.len() {
            let message = format!("the row has {} fields where the header has {}", record.len(), names.len());
            return Err(Error::new("laboratory/field-count", message, "check separators and quotes in the row"));
        }
        let mut fields = BTreeMap::new();
        for (name, field) in names.iter().zip(record) {
            let text = std::str::from_utf8(field).map_err(|_| {
                Error::new("laboratory/encoding", "the row is not UTF-8", "ask the laboratory for UTF-8")
            })?;
            fields.insert(name.clone(), text.trim().to_owned());
        }
        let row = Row { fields, raw: raw(record) };
        match NEEDED.iter().find(|needed| row.get(needed).is_empty()) {
            Some(missing) => Err(incomplete(missing)),
            None => Ok(row),
        }
    }

    fn get(&self, name: &str) -> String {
        self.fields.get(name).cloned().unwrap_or_default()
    }
}

/// What all rows of a sample must have in common is taken from the first.
fn report(laboratory: String, accession: String, rows: Vec<&Row>) -> Result<Notification, Error> {
    let Some(first) = rows.first() else { return Err(incomplete("rows")) };
    let mut subject = Subject::default();
    OF_CHILD.iter().for_each(|&column| subject.set(column, Some(&first.get(column.name()))));
    let shared = OF_CHILD.map(|column| column.name()).into_iter().chain(["status", "reported_at"]);
    if let Some(name) = shared.into_iter().find(|name| rows.iter().any(|row| row.get(name) != first.get(name))) {
        let message = format!("the rows of one sample differ in {name}");
        let hint = "ask the laboratory which child the sample is of";
        return Err(Error::new("laboratory/rows-disagree", message, hint).in_field(name));
    }
    let action = match first.get("status").to_ascii_lowercase().as_str() {
        "" | "final" => Action::New,
        "amended" => Action::Update,
        "withdrawn" => Action::Delete,
        _ => return Err(incomplete("status of final, amended or withdrawn")),
    };
    let mut results: Vec<ScreenResult> = rows
        .iter()
        .map(|row| ScreenResult {
            code: screening::current_code(&row.get("test")).to_owned(),
            outcome: Some(row.get("outcome")),
            date: DateTime::parse(&row.get("sample_date")).map(|read| read.date),
        })
        .collect();
    results.sort();
    results.dedup();
    let reported = first.get("reported_at");
    let at = DateTime::parse(&reported).and_then(|read| read.instant).map(|instant| instant.microseconds());
    let mut lines: Vec<&[u8]> = rows.iter().map(|row| row.raw.as_slice()).collect();
    lines.sort_unstable();
    let digest = digest::of_bytes(&lines.concat());
    Ok(Notification {
        key: MessageKey {
            channel: Channel::Laboratory,
            source: laboratory.clone(),
            event: EVENT.to_owned(),
            id: format!("{accession} {reported}"),
            digest,
        },
        state: StateKey { event: EVENT.to_owned(), system: laboratory, value: accession },
        order: Order { last_updated: at, version: None, timestamp: None, digest },
        action,
        findings: person::judge_status(&subject).into_iter().collect(),
        subject,
        payload: Payload::Screening(Screening { programme: Programme::BloodSpot, results }),
    })
}

fn raw(record: &ByteRecord) -> Vec<u8> {
    let mut line = record.iter().collect::<Vec<_>>().join(&b',');
    line.push(b'\n');
    line
}

fn header_fault(what: &str) -> Error {
    Error::new(
        "laboratory/header",
        format!("the first line lacks {what}"),
        "expected the columns of a laboratory's file, which docs/messages.md lists",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "laboratory,accession,status,reported_at,nhs_number,family_name,birth_date,sample_date,test,outcome\n";

    fn reports(rows: &str) -> Vec<Report> {
        assert!(is_header(HEADER.trim_end().as_bytes()));
        read(format!("{HEADER}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn rows_of_one_sample_are_one_report_in_whatever_order() {
        let rows = [
            "L1,A7,final,2026-11-03T10:00:00Z,9434765919,Okafor,2026-10-29,2026-11-01,314081000,1\n",
            "L1,A7,final,2026-11-03T10:00:00Z,9434765919,Okafor,2026-10-29,2026-11-01,314090007,2\n",
        ];
        let one = reports(&rows.concat());
        let other = reports(&[rows[1], rows[0]].concat());
        assert_eq!((one.len(), one[0].rows.as_slice()), (1, &[2, 3][..]));
        let report = one[0].outcome.as_ref().unwrap();
        assert_eq!(report, other[0].outcome.as_ref().unwrap());
        let Payload::Screening(screening) = &report.payload else { panic!() };
        let codes: Vec<&str> = screening.results.iter().map(|result| result.code.as_str()).collect();
        assert_eq!((codes, screening.programme), (vec!["314081000", "314090007"], Programme::BloodSpot));
        assert_eq!(report.subject.get(Column::FamilyName), Some("Okafor"));
        assert_eq!((report.state.system.as_str(), report.state.value.as_str()), ("L1", "A7"));
        assert_eq!(report.order.last_updated, Some(1_793_700_000_000_000));
    }

    #[test]
    fn rows_that_make_no_report_say_why() {
        let code = |rows: &str| reports(rows).remove(0).outcome.unwrap_err().code;
        assert_eq!(code("L1,A7,final,,9434765919,Okafor,2026-10-29,,314081000\n"), "laboratory/field-count");
        assert_eq!(code("L1,,final,,9434765919,Okafor,2026-10-29,,314081000,1\n"), "notification/incomplete");
        assert_eq!(code("L1,A7,maybe,,9434765919,Okafor,2026-10-29,,314081000,1\n"), "notification/incomplete");
        let two = "L1,A7,final,,9434765919,Okafor,2026-10-29,,314081000,1\nL1,A7,final,,9434765919,Khan,2026-10-29,,314090007,1\n";
        assert_eq!(code(two), "laboratory/rows-disagree");
        assert_eq!(read(b"laboratory,accession\n").unwrap_err().code, "laboratory/header");
        let latin = [HEADER.as_bytes(), b"L1,A7,final,,9434765919,Ren\xc9,2026-10-29,,314081000,1\n"].concat();
        assert_eq!(read(&latin).unwrap().remove(0).outcome.unwrap_err().code, "laboratory/encoding");
    }

    #[test]
    fn an_amendment_and_a_withdrawal_are_about_the_same_sample() {
        let row = |status: &str, at: &str| format!("L1,A7,{status},{at},9434765919,Okafor,2026-10-29,,314081000,1\n");
        let one = |text: String| reports(&text).remove(0).outcome.unwrap();
        let new = one(row("final", "2026-11-03T10:00:00Z"));
        let gone = one(row("withdrawn", "2026-11-04T10:00:00Z"));
        assert_eq!((new.state, gone.action), (gone.state, Action::Delete));
        assert!(new.order < gone.order);
    }
}
