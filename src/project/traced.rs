//! What the national service told of records: kept as it came, withdrawn like a decision, never changed.
//!
//! Kept are outcomes and numbers. Where somebody lives is in no column, so that no answer can leave it here.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::error::Error;
use crate::exchange::pds_trace::{Outcome, TracedRecord};
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::barred::BarredHash;
use crate::linkage::national::NationalResult;
use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

/// One result as the project keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// The number of the trace that told it.
    pub trace: i64,
    /// When it was taken in.
    pub at: String,
    /// By whom.
    pub by: String,
    /// What was told.
    pub record: TracedRecord,
    /// Who withdrew it, when and why.
    pub withdrawn: Option<(String, String, String)>,
}

/// What became of a list of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TraceRecorded {
    /// The number of the trace.
    pub trace: i64,
    /// Whether it was new; one that was taken in before counts once.
    pub is_new: bool,
    /// Its results.
    pub results: u64,
}

fn figures(number: Option<NhsNumber>) -> Option<String> {
    number.map(|number| format!("{:010}", number.digits()))
}

/// A hash of a list of results, by which it is known again.
fn digest(results: &[(TracedRecord, Option<BarredHash>)]) -> String {
    let mut hash = Sha256::new();
    for (TracedRecord { result, outcome, reason, code }, _) in results {
        let (number, asked) = (figures(result.number).unwrap_or_default(), figures(result.asked).unwrap_or_default());
        let sensitive = if result.sensitive { "sensitive" } else { "" };
        for text in [&result.source, &result.record_id, outcome, reason, code, &number, &asked, &result.evidence] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(sensitive.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

const COLUMNS: &str = "traced.trace, trace.at, trace.by, traced.source, traced.record_id, outcome, traced.reason, code, \
    nhs_number, asked, sensitive, evidence, trace_withdrawal.by, trace_withdrawal.at, trace_withdrawal.reason";
const TABLES: &str = "traced JOIN trace ON trace.id = traced.trace LEFT JOIN trace_withdrawal \
    ON trace_withdrawal.trace = traced.trace AND trace_withdrawal.source = traced.source \
    AND trace_withdrawal.record_id = traced.record_id";

fn read(row: &Row) -> rusqlite::Result<TraceEntry> {
    let number = |place: usize| {
        row.get::<_, Option<String>>(place).map(|text| text.and_then(|text| NhsNumber::parse(&text).ok()))
    };
    let outcome: String = row.get(5)?;
    let withdrawn: Option<String> = row.get(12)?;
    let result = NationalResult {
        source: row.get(3)?,
        record_id: row.get(4)?,
        number: number(8)?,
        asked: number(9)?,
        invalidated: outcome == Outcome::Invalidated.as_str(),
        answered: outcome != Outcome::Unanswered.as_str(),
        sensitive: row.get(10)?,
        evidence: row.get(11)?,
    };
    Ok(TraceEntry {
        trace: row.get(0)?,
        at: row.get(1)?,
        by: row.get(2)?,
        record: TracedRecord { result, outcome, reason: row.get(6)?, code: row.get(7)? },
        withdrawn: match withdrawn {
            Some(by) => Some((by, row.get(13)?, row.get(14)?)),
            None => None,
        },
    })
}

impl Project {
    /// Takes in what came of a trace, all of it or nothing. A result may bring the hash of a pair that must not be
    /// joined: a record and the number of a person of another name that was found for it. What was taken in before, and
    /// stands, counts once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_traced(
        &mut self,
        results: &[(TracedRecord, Option<BarredHash>)],
        deed: &Deed,
    ) -> Result<TraceRecorded, Error> {
        let digest = digest(results);
        let transaction = self.change()?;
        let known: Option<i64> = transaction
            .query_row(
                "SELECT id FROM trace WHERE digest = ?1 AND EXISTS (SELECT 1 FROM traced WHERE traced.trace = id \
                 AND NOT EXISTS (SELECT 1 FROM trace_withdrawal AS gone WHERE gone.trace = id \
                 AND gone.source = traced.source AND gone.record_id = traced.record_id)) ORDER BY id DESC LIMIT 1",
                [&digest],
                |row| row.get(0),
            )
            .optional()
            .stored()?;
        let number = results.len() as u64;
        if let Some(trace) = known {
            return Ok(TraceRecorded { trace, is_new: false, results: number });
        }
        transaction
            .execute("INSERT INTO trace (at, by, digest) VALUES (?1, ?2, ?3)", [&deed.at, &deed.by, &digest])
            .stored()?;
        let trace = transaction.last_insert_rowid();
        {
            // Of a list that names a record twice the last row counts, as in a run.
            let mut insert = transaction
                .prepare(
                    "INSERT INTO traced (trace, source, record_id, outcome, reason, code, nhs_number, asked, sensitive, \
                     evidence, barred) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
                )
                .stored()?;
            for (TracedRecord { result, outcome, reason, code }, barred) in results.iter().rev() {
                insert
                    .execute(params![
                        trace,
                        result.source,
                        result.record_id,
                        outcome,
                        reason,
                        code,
                        figures(result.number),
                        figures(result.asked),
                        result.sensitive,
                        result.evidence,
                        barred.as_ref().map(|hash| hash.as_slice()),
                    ])
                    .stored()?;
            }
        }
        note(&transaction, deed, "trace", &format!("trace {trace}"), &format!("{number} results"))?;
        transaction.commit().stored()?;
        Ok(TraceRecorded { trace, is_new: true, results: number })
    }

    /// Notes that so many records were asked about.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_request(&mut self, asked: u64, deed: &Deed) -> Result<(), Error> {
        let transaction = self.change()?;
        note(&transaction, deed, "trace-request", "request", &format!("{asked} records asked about"))?;
        transaction.commit().stored()
    }

    /// Withdraws what a trace told, of all its records or of one: it stays in the project, and counts no more. Tells
    /// how many results were withdrawn.
    ///
    /// # Errors
    /// `project/unknown-trace`, `project/withdrawn-already`, and those of the database.
    pub fn withdraw_trace(
        &mut self,
        trace: i64,
        record: Option<(&str, &str)>,
        reason: &str,
        deed: &Deed,
    ) -> Result<u64, Error> {
        let transaction = self.change()?;
        let (source, record_id) = record.unzip();
        let of = "trace = ?1 AND (?2 IS NULL OR (source = ?2 AND record_id = ?3))";
        let told = |table: &str| -> Result<i64, Error> {
            let sql = format!("SELECT count(*) FROM {table} WHERE {of}");
            transaction.query_row(&sql, params![trace, source, record_id], |row| row.get(0)).stored()
        };
        if told("traced")? == 0 {
            return Err(Error::new(
                "project/unknown-trace",
                match record {
                    None => format!("the project has no trace {trace}"),
                    Some(_) => format!("trace {trace} tells nothing of such a record"),
                },
                "`childlink project export` writes traces.csv with the number of every trace and its records",
            ));
        }
        let before = told("trace_withdrawal")?;
        transaction
            .execute(
                &format!(
                    "INSERT OR IGNORE INTO trace_withdrawal (trace, source, record_id, by, at, reason) \
                     SELECT trace, source, record_id, ?4, ?5, ?6 FROM traced WHERE {of}"
                ),
                params![trace, source, record_id, deed.by, deed.at, reason],
            )
            .stored()?;
        let new = told("trace_withdrawal")? - before;
        if new == 0 {
            return Err(Error::new(
                "project/withdrawn-already",
                "what this trace told has been withdrawn before",
                "take the response in again with `childlink trace apply --project`, if that was wrong",
            ));
        }
        // Which record it was is told by the withdrawal itself.
        note(&transaction, deed, "withdraw-trace", &format!("trace {trace}"), &format!("{new} results: {reason}"))?;
        transaction.commit().stored()?;
        Ok(new as u64)
    }

    /// Every result that was ever taken in, in order of the traces, the withdrawn ones too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn traces(&self) -> Result<Vec<TraceEntry>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} ORDER BY traced.trace, traced.source, traced.record_id");
        let mut rows = self.connection.prepare(&sql).stored()?;
        rows.query_map([], read).stored()?.collect::<Result<_, _>>().stored()
    }

    /// What stands of the traces, in order: what a run is told.
    ///
    /// # Errors
    /// Those of the database.
    pub fn traced_results(&self) -> Result<Vec<NationalResult>, Error> {
        let standing = self.traces()?.into_iter().filter(|entry| entry.withdrawn.is_none());
        Ok(standing.map(|entry| entry.record.result).collect())
    }

    /// The hashes of pairs that traces forbid, as far as these stand.
    pub(super) fn barred_by_traces(&self) -> Result<Vec<BarredHash>, Error> {
        let sql = format!("SELECT barred FROM {TABLES} WHERE barred NOT NULL AND trace_withdrawal.by IS NULL");
        let mut rows = self.connection.prepare(&sql).stored()?;
        rows.query_map([], |row| row.get(0)).stored()?.collect::<Result<_, _>>().stored()
    }
}
