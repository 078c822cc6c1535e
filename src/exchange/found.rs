//! Answers of the child index as rows of a result file.

use super::sheet::{Kind, Sheet, SheetColumn, SheetRow};
use crate::error::Error;
use crate::index::{ChildId, EntryId, Found, Outcome};
use crate::linkage::model::Model;
use crate::linkage::score::probability;
use std::io::Write;

/// The answer for one record.
pub struct Answer {
    /// The record's source.
    pub source: String,
    /// The record's id within it.
    pub record_id: String,
    /// What the index found.
    pub found: Found,
}

/// The columns of the file of answers.
pub fn found_columns() -> Vec<SheetColumn> {
    let text = ["source", "record_id", "outcome"].map(|name| (name.to_owned(), Kind::Text));
    let whole = ["child_id", "entry"].map(|name| (name.to_owned(), Kind::Integer));
    let number = ["match_weight", "match_probability"].map(|name| (name.to_owned(), Kind::Number));
    let rest = ["decision", "guards", "waterfall"].map(|name| (name.to_owned(), Kind::Text));
    text.into_iter().chain(whole).chain(number).chain(rest).collect()
}

/// Writes a row for each candidate, best first; one row with the outcome alone for a record that has none. What is
/// for the restricted queue is not among them.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_found<W: Write + Send>(sheet: &mut Sheet<W>, answers: &[Answer], model: &Model) -> Result<(), Error> {
    let lines: Vec<(usize, Option<usize>)> = answers
        .iter()
        .enumerate()
        .flat_map(|(place, answer)| match answer.found.candidates.len() {
            0 => vec![(place, None)],
            count => (0..count).map(|candidate| (place, Some(candidate))).collect(),
        })
        .collect();
    sheet.rows(lines.len(), |line, row| {
        let (place, candidate) = lines[line];
        let answer = &answers[place];
        row.text(&answer.source);
        row.text(&answer.record_id);
        row.text(in_common_view(answer.found.outcome));
        let Some(candidate) = candidate.and_then(|candidate| answer.found.candidates.get(candidate)) else {
            return blank(row);
        };
        row.integer(i64::from(candidate.child));
        row.integer(i64::from(candidate.entry));
        row.number(candidate.weight);
        row.number(probability(candidate.weight));
        row.text(candidate.decision.as_str());
        row.text(&candidate.guards.codes());
        row.text(&serde_json::to_string(&candidate.waterfall(model)).unwrap_or_default());
    })
}

/// Common view is not told that a record has a counterpart in the restricted queue.
fn in_common_view(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Restricted => Outcome::NotFound.as_str(),
        outcome => outcome.as_str(),
    }
}

fn blank(row: &mut SheetRow) {
    (0..2).for_each(|_| row.text(""));
    (0..2).for_each(|_| row.number(f64::NAN));
    (0..3).for_each(|_| row.text(""));
}

/// The columns of the file of records for the restricted queue: keys only.
pub fn restricted_columns() -> Vec<SheetColumn> {
    let text = ["source", "record_id"].map(|name| (name.to_owned(), Kind::Text));
    text.into_iter().chain(["child_id", "entry"].map(|name| (name.to_owned(), Kind::Integer))).collect()
}

/// Writes the restricted queue and tells how many rows it has.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_restricted<W: Write + Send>(sheet: &mut Sheet<W>, answers: &[Answer]) -> Result<usize, Error> {
    let rows: Vec<(&Answer, ChildId, EntryId)> = answers
        .iter()
        .flat_map(|answer| answer.found.restricted.iter().map(move |other| (answer, other.child, other.entry)))
        .collect();
    sheet.rows(rows.len(), |place, row| {
        let (answer, child, entry) = rows[place];
        row.text(&answer.source);
        row.text(&answer.record_id);
        row.integer(i64::from(child));
        row.integer(i64::from(entry));
    })?;
    Ok(rows.len())
}
