//! The lists that stay at home: keys of a request, and what came of it.

use super::judge::{Judged, Outcome, Question};
use super::layout::{Holds, Layout};
use super::request::Request;
use super::response::SetAsideAnswer;
use crate::error::Error;
use crate::exchange::linked::text;
use crate::exchange::lists::for_each_row;
use crate::exchange::sheet::{Kind, Sheet, SheetColumn};
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::national::{NationalResult, traced_evidence};
use crate::linkage::table::Table;
use std::collections::BTreeMap;
use std::io::{Read, Write};

/// The columns of the list of keys.
pub fn keys_columns() -> Vec<SheetColumn> {
    ["reference", "source", "record_id", "evidence"].map(text).to_vec()
}

/// Writes which record each reference stands for, with a hash of what it said.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_keys<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, request: &Request) -> Result<(), Error> {
    sheet.rows(request.asked.len(), |index, row| {
        let (reference, record) = &request.asked[index];
        row.text(reference);
        row.text(table.source(*record));
        row.text(table.record_id(*record));
        row.text(&traced_evidence(table, *record));
    })
}

/// A record by its source and id, with a hash of what it said when it was asked about.
pub type Key = (String, String, String);

/// The columns of the list of records that are not asked about.
pub fn not_asked_columns() -> Vec<SheetColumn> {
    ["source", "record_id", "why"].map(text).to_vec()
}

/// Writes the records that are not asked about, and why.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_not_asked<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, request: &Request) -> Result<(), Error> {
    sheet.rows(request.not_asked.len(), |index, row| {
        let (record, why) = request.not_asked[index];
        row.text(table.source(record));
        row.text(table.record_id(record));
        row.text(why.as_str());
    })
}

/// Reads the list of keys: the record by reference.
///
/// # Errors
/// `list/missing-column`, `list/unreadable`.
pub fn read_keys(mut list: impl Read) -> Result<BTreeMap<String, Key>, Error> {
    let mut keys = BTreeMap::new();
    let bytes = whole(&mut list)?;
    let columns = ["reference", "source", "record_id"];
    let mut put = |reference: &str, source: &str, record_id: &str, evidence: &str| {
        keys.insert(reference.to_owned(), (source.to_owned(), record_id.to_owned(), evidence.to_owned()));
        Ok(())
    };
    match has_column(&bytes, "evidence") {
        true => for_each_row(bytes.as_slice(), [columns[0], columns[1], columns[2], "evidence"], |_, [r, s, i, e]| {
            put(r, s, i, e)
        }),
        // The keys of an earlier version do not tell.
        false => for_each_row(bytes.as_slice(), columns, |_, [r, s, i]| put(r, s, i, "")),
    }?;
    Ok(keys)
}

fn whole(list: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    list.read_to_end(&mut bytes)
        .map_err(|_| Error::new("input/cannot-read", "the list cannot be read to its end", "read it again"))?;
    Ok(bytes)
}

/// Whether a list has a column.
fn has_column(list: &[u8], name: &str) -> bool {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(list);
    reader.headers().is_ok_and(|header| header.iter().any(|column| column == name))
}

/// Reads what a request asked, from the request itself and its keys.
///
/// # Errors
/// `trace/request` if the request is not of this layout, or asks about a record of which the keys know nothing.
pub fn read_questions(
    request: impl Read,
    layout: &Layout,
    keys: &BTreeMap<String, Key>,
) -> Result<Vec<Question>, Error> {
    let fault = |what: String| {
        Error::new("trace/request", what, "give the folder that `childlink trace prepare` wrote, with its layout")
    };
    let mut reader = csv::Reader::from_reader(request);
    let header = reader.headers().map_err(|_| fault("the request cannot be read".to_owned()))?.clone();
    let names: Vec<&str> = layout.request_columns().map(|(name, _)| name).collect();
    if !header.iter().eq(names.iter().copied()) {
        return Err(fault("the request has other columns than the layout".to_owned()));
    }
    let place = |wanted: Holds| layout.request_columns().position(|(_, holds)| holds == wanted);
    let places = [
        Holds::Reference,
        Holds::Field(Column::NhsNumber),
        Holds::Field(Column::FamilyName),
        Holds::Field(Column::GivenName),
        Holds::Field(Column::Sex),
        Holds::Field(Column::BirthDate),
    ]
    .map(place);
    let mut questions = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| fault("a row of the request cannot be read".to_owned()))?;
        let [reference, number, family_name, given_name, sex, birth_date] =
            places.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned());
        let (source, record_id, evidence) =
            keys.get(&reference).ok_or_else(|| fault(format!("the keys do not know {reference}")))?.clone();
        questions.push(Question {
            nhs_number: NhsNumber::parse(&number).ok(),
            reference,
            source,
            record_id,
            evidence,
            family_name,
            given_name,
            sex,
            birth_date,
        });
    }
    Ok(questions)
}

/// What came of one record that was asked about, as the list of results tells it. It holds no whereabouts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracedRecord {
    /// What a run of linkage makes of it.
    pub result: NationalResult,
    /// The outcome, in a word: [`Outcome::as_str`].
    pub outcome: String,
    /// Why, in a word.
    pub reason: String,
    /// The code of the answer.
    pub code: String,
}

impl TracedRecord {
    /// What came of a question.
    pub fn of(judged: &Judged<'_>) -> TracedRecord {
        TracedRecord {
            result: NationalResult {
                source: judged.question.source.clone(),
                record_id: judged.question.record_id.clone(),
                number: judged.number,
                invalidated: judged.outcome == Outcome::Invalidated,
                sensitive: judged.sensitive,
                answered: judged.outcome != Outcome::Unanswered,
                asked: judged.question.nhs_number,
                evidence: judged.question.evidence.clone(),
            },
            outcome: judged.outcome.as_str().to_owned(),
            reason: judged.reason.to_owned(),
            code: judged.answer.as_ref().map_or("", |answer| answer.code.as_str()).to_owned(),
        }
    }

    /// The old number and the new one, where the service has merged them.
    pub fn superseded(&self) -> Option<(NhsNumber, NhsNumber)> {
        self.result.asked.zip(self.result.number).filter(|_| self.outcome == Outcome::Superseded.as_str())
    }
}

/// The columns of the list that `childlink link --traced` reads. It holds no whereabouts.
pub fn results_columns() -> Vec<SheetColumn> {
    let names = [
        "source",
        "record_id",
        "outcome",
        "reason",
        "code",
        "nhs_number",
        "nhs_number_status",
        "sensitive",
        "nhs_number_asked",
        "evidence",
    ];
    names.map(text).to_vec()
}

/// Writes what came of each record.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_results<W: Write + Send>(sheet: &mut Sheet<W>, records: &[TracedRecord]) -> Result<(), Error> {
    let figures = |number: Option<NhsNumber>| number.map_or_else(String::new, |n| format!("{:010}", n.digits()));
    sheet.rows(records.len(), |index, row| {
        let TracedRecord { result, outcome, reason, code } = &records[index];
        row.text(&result.source);
        row.text(&result.record_id);
        row.text(outcome);
        row.text(reason);
        row.text(code);
        row.text(&figures(result.number));
        row.text(Outcome::of(outcome).map_or("", Outcome::status));
        row.text(if result.sensitive { "true" } else { "" });
        row.text(&figures(result.asked));
        row.text(&result.evidence);
    })
}

/// Reads the list again. What an earlier version of it did not tell is empty.
///
/// # Errors
/// `list/missing-column`; `list/unreadable` with the line, also for a number that is not valid.
pub fn read_traced(mut list: impl Read) -> Result<Vec<TracedRecord>, Error> {
    let bytes = whole(&mut list)?;
    let mut records = Vec::new();
    let mut take = |line, first: [&str; 5], [reason, code, asked, evidence]: [&str; 4]| {
        let [source, record_id, outcome, found, sensitive] = first;
        let unreadable = |what| crate::exchange::lists::unreadable(line, what);
        let number = |text: &str| match text {
            "" => Ok(None),
            text => NhsNumber::parse(text).map(Some).map_err(|_| unreadable("a number is no valid NHS number")),
        };
        let found = number(found)?;
        let taken = [Outcome::Verified, Outcome::Superseded].iter().any(|kind| kind.as_str() == outcome);
        if taken != found.is_some() {
            return Err(unreadable("a number belongs to a record that is verified or superseded, and to no other"));
        }
        let result = NationalResult {
            source: source.to_owned(),
            record_id: record_id.to_owned(),
            number: found,
            invalidated: outcome == Outcome::Invalidated.as_str(),
            sensitive: !matches!(sensitive, "" | "false"),
            answered: outcome != Outcome::Unanswered.as_str(),
            asked: number(asked)?,
            evidence: evidence.to_owned(),
        };
        let [outcome, reason, code] = [outcome, reason, code].map(str::to_owned);
        records.push(TracedRecord { result, outcome, reason, code });
        Ok(())
    };
    let first = ["source", "record_id", "outcome", "nhs_number", "sensitive"];
    let later = ["reason", "code", "nhs_number_asked", "evidence"];
    match later.iter().all(|name| has_column(&bytes, name)) {
        true => {
            let [a, b, c, d, e] = first;
            let [f, g, h, i] = later;
            for_each_row(bytes.as_slice(), [a, b, c, d, e, f, g, h, i], |line, [a, b, c, d, e, f, g, h, i]| {
                take(line, [a, b, c, d, e], [f, g, h, i])
            })
        }
        false => for_each_row(bytes.as_slice(), first, |line, row| take(line, row, [""; 4])),
    }?;
    Ok(records)
}

/// What a run of linkage makes of the list.
///
/// # Errors
/// Those of [`read_traced`].
pub fn read_results(list: impl Read) -> Result<Vec<NationalResult>, Error> {
    Ok(read_traced(list)?.into_iter().map(|record| record.result).collect())
}

/// The columns of the list for a person: what was sent beside what was found, without whereabouts.
pub fn review_columns() -> Vec<SheetColumn> {
    let mut columns: Vec<SheetColumn> = ["source", "record_id", "reason", "code"].map(text).to_vec();
    for name in ["nhs_number", "family_name", "given_name", "sex", "birth_date"] {
        columns.push(text(&format!("{name}_sent")));
        columns.push(text(&format!("{name}_found")));
    }
    columns.push(("confidence".to_owned(), Kind::Number));
    columns
}

/// Writes the records at which a person must look.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_review<W: Write + Send>(sheet: &mut Sheet<W>, judged: &[Judged<'_>]) -> Result<u64, Error> {
    let looked_at = |one: &&Judged<'_>| matches!(one.outcome, Outcome::ToResolve | Outcome::Investigated);
    let rows: Vec<&Judged<'_>> = judged.iter().filter(looked_at).collect();
    sheet.rows(rows.len(), |index, row| {
        let (question, answer) = (rows[index].question, rows[index].answer.as_ref());
        let figures = |number: Option<NhsNumber>| number.map_or_else(String::new, |n| format!("{:010}", n.digits()));
        row.text(&question.source);
        row.text(&question.record_id);
        row.text(rows[index].reason);
        row.text(answer.map_or("", |answer| answer.code.as_str()));
        row.text(&figures(question.nhs_number));
        row.text(&figures(answer.and_then(|answer| match answer.found {
            super::response::Found::Number(number) => Some(number),
            _ => None,
        })));
        for (sent, found) in [
            (&question.family_name, answer.map(|answer| &answer.family_name)),
            (&question.given_name, answer.map(|answer| &answer.given_name)),
            (&question.sex, answer.map(|answer| &answer.sex)),
            (&question.birth_date, answer.map(|answer| &answer.birth_date)),
        ] {
            row.text(sent);
            row.text(found.map_or("", String::as_str));
        }
        row.number(answer.and_then(|a| a.confidence).map_or(f64::NAN, |mean| f64::from(mean) / 100.0));
    })?;
    Ok(rows.len() as u64)
}

/// The columns of the restricted queue: keys only.
pub fn restricted_columns() -> Vec<SheetColumn> {
    ["source", "record_id"].map(text).to_vec()
}

/// Writes the records for those who must, keys only.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_restricted<W: Write + Send>(sheet: &mut Sheet<W>, judged: &[Judged<'_>]) -> Result<u64, Error> {
    let rows: Vec<&Judged<'_>> = judged.iter().filter(|one| one.outcome == Outcome::Restricted).collect();
    sheet.rows(rows.len(), |index, row| {
        row.text(&rows[index].question.source);
        row.text(&rows[index].question.record_id);
    })?;
    Ok(rows.len() as u64)
}

/// The columns of the list of rows of a response that could not be used.
pub fn quarantine_columns() -> Vec<SheetColumn> {
    vec![("row".to_owned(), Kind::Integer), text("reason"), text("raw")]
}

/// Writes the rows of a response that could not be used, without whereabouts.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_quarantine<W: Write + Send>(sheet: &mut Sheet<W>, aside: &[SetAsideAnswer]) -> Result<(), Error> {
    sheet.rows(aside.len(), |index, row| {
        row.integer(aside[index].row as i64);
        row.text(aside[index].reason.id);
        row.text(&aside[index].raw);
    })
}
