//! What became of each traced record, as a table.

use super::sheet::{Kind, Sheet, SheetColumn};
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::table::Table;
use crate::linkage::trace::{Outcome, Traced};
use std::io::Write;

/// The columns of the file `traces`: the record, the step that was tried last with its indicator, the code of the
/// response, the person found (source, record id and NHS number, which is 0000000000 for nobody and 9999999999 for
/// several), the confidence and the scores of the algorithmic trace.
pub fn traces_columns() -> Vec<SheetColumn> {
    let text = ["source", "record_id", "step", "code", "matched_source", "matched_record_id", "matched_nhs_number"];
    let number = ["confidence", "family_score", "given_score", "birth_date_score", "sex_score", "postcode_score"];
    let columns = text.map(|name| (name.to_owned(), Kind::Text)).into_iter();
    let mut columns: Vec<SheetColumn> = columns.chain(number.map(|name| (name.to_owned(), Kind::Number))).collect();
    columns.insert(3, ("indicator".to_owned(), Kind::Integer));
    columns
}

/// Writes the traces under [`traces_columns`].
///
/// # Errors
/// `output/cannot-write`.
pub fn write_traces<W: Write + Send>(sheet: &mut Sheet<W>, table: &Table, traced: &Traced) -> Result<(), Error> {
    sheet.rows(traced.records.len(), |index, row| {
        let record = &traced.records[index];
        let trace = &record.trace;
        row.text(table.source(record.record));
        row.text(table.record_id(record.record));
        row.text(trace.step.as_str());
        row.integer(i64::from(trace.step.indicator()));
        row.text(trace.outcome.code());
        row.text(record.person.map_or("", |person| table.source(person)));
        row.text(record.person.map_or("", |person| table.record_id(person)));
        row.text(match (record.person, trace.outcome) {
            (Some(person), _) => table.raw(person, Column::NhsNumber),
            (None, Outcome::Close | Outcome::NotEnough) => "9999999999",
            (None, _) => "0000000000",
        });
        let scores = trace.scores;
        let of = |score: Option<f64>| score.unwrap_or(f64::NAN);
        row.number(of(trace.confidence));
        row.number(of(scores.and_then(|scores| scores.family)));
        row.number(of(scores.and_then(|scores| scores.given)));
        row.number(of(scores.and_then(|scores| scores.birth_date)));
        row.number(of(scores.and_then(|scores| scores.gender)));
        row.number(of(scores.and_then(|scores| scores.postcode)));
    })
}
