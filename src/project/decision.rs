//! What people decided: every decision that was ever told, and those that were withdrawn.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::date::Moment;
use crate::error::Error;
use crate::exchange::lists::each_decision;
use crate::linkage::decisions::{DecisionRow, Verdict};
use rusqlite::{OptionalExtension, Row, ToSql, params};
use std::collections::BTreeMap;
use std::io::Read;

/// What a decisions list tells beside the decision itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionNote {
    /// Why, in the reader's words.
    pub reason: String,
    /// The hash of the model that the pair was weighed by.
    pub model_hash: String,
    /// A hash of what the reader was shown, as the list tells it.
    pub evidence_hash: String,
}

/// A decision as the project keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionEntry {
    /// Its number; each is one more than the last.
    pub id: i64,
    /// The pair, the verdict, the reader and the moment. The record that comes first by source and id stands left.
    pub row: DecisionRow,
    /// What the list told beside.
    pub note: DecisionNote,
    /// The run whose pair was shown; `None` for a pair that no run listed.
    pub shown_run: Option<i64>,
    /// The pair's weight then, in bits.
    pub shown_weight: Option<f64>,
    /// The guards that it hit then.
    pub shown_guards: Option<String>,
    /// A hash of both records then.
    pub shown_evidence: Option<String>,
    /// When it was taken in.
    pub recorded_at: String,
    /// Who withdrew it, when and why.
    pub withdrawn: Option<(String, String, String)>,
}

/// What became of a list of decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recorded {
    /// Decisions that were not known.
    pub new: usize,
    /// Decisions that had been taken in before.
    pub known: usize,
    /// The number of the last decision of the project.
    pub last: i64,
}

/// How many pairs have how many readers, as far as their decisions stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Readers {
    /// Decisions that stand, the latest of each reader on each pair.
    pub decisions: u64,
    /// Pairs that one person decided.
    pub read_once: u64,
    /// Pairs on which two or more agree.
    pub agreed: u64,
    /// Pairs on which readers differ or are unsure: they go to review again.
    pub disagreed: u64,
    /// Decisions that were withdrawn.
    pub withdrawn: u64,
}

/// Two records by their keys.
type Sides<'d> = [(&'d str, &'d str); 2];

/// The two records by their keys, that which comes first on the left.
fn sides(row: &DecisionRow) -> Sides<'_> {
    let mut pair = [(&*row.source_l, &*row.record_id_l), (&*row.source_r, &*row.record_id_r)];
    pair.sort();
    pair
}

/// Reads a decisions list with what it tells beside the decisions, as `childlink link --decisions` reads it.
///
/// # Errors
/// `input/cannot-read`, and those of [`read_decisions`](crate::exchange::lists::read_decisions).
pub fn read_decision_entries(mut list: impl Read) -> Result<Vec<(DecisionRow, DecisionNote)>, Error> {
    let mut bytes = Vec::new();
    list.read_to_end(&mut bytes).map_err(|cause| {
        Error::new("input/cannot-read", format!("the list cannot be read: {cause}"), "read it again")
    })?;
    let mut entries = Vec::new();
    each_decision(bytes.as_slice(), ["reason", "model_hash", "evidence_hash"], |row, further| {
        let [reason, model_hash, evidence_hash] = further.map(str::to_owned);
        entries.push((row, DecisionNote { reason, model_hash, evidence_hash }));
    })?;
    Ok(entries)
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Different => "different",
        Verdict::Unsure => "unsure",
    }
}

const COLUMNS: &str = "id, source_l, record_id_l, source_r, record_id_r, verdict, reader, decided_at, decision.reason, \
    model_hash, evidence_hash, shown_run, shown_weight, shown_guards, shown_evidence, recorded_at, \
    withdrawal.by, withdrawal.at, withdrawal.reason";

fn read(row: &Row) -> rusqlite::Result<DecisionEntry> {
    let withdrawn: Option<String> = row.get(16)?;
    Ok(DecisionEntry {
        id: row.get(0)?,
        row: DecisionRow {
            source_l: row.get(1)?,
            record_id_l: row.get(2)?,
            source_r: row.get(3)?,
            record_id_r: row.get(4)?,
            // The table holds no other word.
            verdict: Verdict::from_word(&row.get::<_, String>(5)?).unwrap_or(Verdict::Unsure),
            reader: row.get(6)?,
            decided_at: row.get(7)?,
        },
        note: DecisionNote { reason: row.get(8)?, model_hash: row.get(9)?, evidence_hash: row.get(10)? },
        shown_run: row.get(11)?,
        shown_weight: row.get(12)?,
        shown_guards: row.get(13)?,
        shown_evidence: row.get(14)?,
        recorded_at: row.get(15)?,
        withdrawn: match withdrawn {
            Some(by) => Some((by, row.get(17)?, row.get(18)?)),
            None => None,
        },
    })
}

impl Project {
    /// Takes in decisions, all or none. One that is known (same pair, reader, moment and verdict) counts once; no
    /// earlier decision is ever changed. Each is kept with what the last run showed of the pair.
    ///
    /// # Errors
    /// `project/decision-on-one-record`, and those of the database.
    pub fn decide(&mut self, decisions: &[(DecisionRow, DecisionNote)], deed: &Deed) -> Result<Recorded, Error> {
        let transaction = self.change()?;
        let recorded = record(&transaction, decisions, deed)?;
        let detail = format!("{} new, {} known", recorded.new, recorded.known);
        note(&transaction, deed, "decide", &format!("decisions to {}", recorded.last), &detail)?;
        transaction.commit().stored()?;
        Ok(recorded)
    }

    /// Withdraws a decision: it stays in the project, and counts no more.
    ///
    /// # Errors
    /// `project/unknown-decision`, `project/withdrawn-already`, and those of the database.
    pub fn withdraw(&mut self, decision: i64, reason: &str, deed: &Deed) -> Result<(), Error> {
        let transaction = self.change()?;
        let known = transaction
            .query_row("SELECT 1 FROM decision WHERE id = ?1", [decision], |_| Ok(()))
            .optional()
            .stored()?;
        if known.is_none() {
            return Err(Error::new(
                "project/unknown-decision",
                format!("the project has no decision {decision}"),
                "`childlink project export` writes all decisions with their numbers",
            ));
        }
        let new = transaction
            .execute(
                "INSERT OR IGNORE INTO withdrawal (decision, by, at, reason) VALUES (?1, ?2, ?3, ?4)",
                params![decision, deed.by, deed.at, reason],
            )
            .stored()?;
        if new == 0 {
            return Err(Error::new(
                "project/withdrawn-already",
                format!("decision {decision} has been withdrawn before"),
                "decide the pair again, if that was wrong",
            ));
        }
        note(&transaction, deed, "withdraw", &format!("decision {decision}"), reason)?;
        transaction.commit().stored()
    }

    /// Every decision ever told, in order, the withdrawn ones too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn decisions(&self) -> Result<Vec<DecisionEntry>, Error> {
        let mut rows = self
            .connection
            .prepare(&format!(
                "SELECT {COLUMNS} FROM decision LEFT JOIN withdrawal ON withdrawal.decision = decision.id ORDER BY id"
            ))
            .stored()?;
        rows.query_map([], read).stored()?.collect::<Result<_, _>>().stored()
    }

    /// The decisions that stand, in order: what a run is told.
    ///
    /// # Errors
    /// Those of the database.
    pub fn standing_decisions(&self) -> Result<Vec<DecisionEntry>, Error> {
        Ok(self.decisions()?.into_iter().filter(|decision| decision.withdrawn.is_none()).collect())
    }

    /// The number of the last decision; 0 for none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_decision(&self) -> Result<i64, Error> {
        self.connection.query_row("SELECT coalesce(max(id), 0) FROM decision", [], |row| row.get(0)).stored()
    }

    /// How many pairs have how many readers.
    ///
    /// # Errors
    /// Those of the database.
    pub fn readers(&self) -> Result<Readers, Error> {
        let all = self.decisions()?;
        let mut readers = Readers::default();
        let mut latest: BTreeMap<(Sides<'_>, &str), (Moment<'_>, Verdict)> = BTreeMap::new();
        for decision in &all {
            if decision.withdrawn.is_some() {
                readers.withdrawn += 1;
                continue;
            }
            let row = &decision.row;
            let said = latest.entry((sides(row), &row.reader)).or_insert((Moment::of(&row.decided_at), row.verdict));
            *said = (*said).max((Moment::of(&row.decided_at), row.verdict));
        }
        readers.decisions = latest.len() as u64;
        let mut pairs: BTreeMap<&Sides<'_>, Vec<Verdict>> = BTreeMap::new();
        latest.iter().for_each(|((pair, _), (_, verdict))| pairs.entry(pair).or_default().push(*verdict));
        for verdicts in pairs.values() {
            let first = verdicts[0];
            if first == Verdict::Unsure || verdicts.iter().any(|verdict| *verdict != first) {
                readers.disagreed += 1;
            } else if verdicts.len() > 1 {
                readers.agreed += 1;
            } else {
                readers.read_once += 1;
            }
        }
        Ok(readers)
    }
}

/// How many decisions go into the database at once.
const AT_ONCE: usize = 50;

/// Adds so many decisions, each of ten parameters, with what the last run showed of the pair; before them the run and
/// the time stand.
fn insertion(decisions: usize) -> String {
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; decisions].join(", ");
    format!(
        "WITH told (source_l, record_id_l, source_r, record_id_r, verdict, reader, decided_at, reason, model_hash, \
         evidence_hash) AS (VALUES {rows}) \
         INSERT OR IGNORE INTO decision (source_l, record_id_l, source_r, record_id_r, verdict, reader, decided_at, reason, \
         model_hash, evidence_hash, shown_run, shown_weight, shown_guards, shown_evidence, recorded_at) \
         SELECT told.source_l, told.record_id_l, told.source_r, told.record_id_r, verdict, reader, decided_at, reason, \
         model_hash, evidence_hash, iif(evidence IS NULL, NULL, ?), weight, guards, evidence, ? FROM told \
         LEFT JOIN pair ON pair.source_l = told.source_l AND pair.record_id_l = told.record_id_l \
         AND pair.source_r = told.source_r AND pair.record_id_r = told.record_id_r"
    )
}

/// Adds decisions within a transaction.
pub(super) fn record(
    connection: &rusqlite::Connection,
    decisions: &[(DecisionRow, DecisionNote)],
    deed: &Deed,
) -> Result<Recorded, Error> {
    let mut recorded = Recorded::default();
    let run: Option<i64> = connection
        .query_row("SELECT max(id) FROM run WHERE kind = 'link' AND state IN ('settled', 'finished')", [], |row| {
            row.get(0)
        })
        .stored()?;
    let mut many = None;
    for some in decisions.chunks(AT_ONCE) {
        let mut few;
        let insert = if some.len() == AT_ONCE {
            match &mut many {
                Some(insert) => insert,
                none => none.insert(connection.prepare(&insertion(AT_ONCE)).stored()?),
            }
        } else {
            few = connection.prepare(&insertion(some.len())).stored()?;
            &mut few
        };
        let mut parameter = 0;
        let mut bind = |value: &dyn ToSql| {
            parameter += 1;
            insert.raw_bind_parameter(parameter, value).stored()
        };
        for (row, told) in some {
            let [left, right] = sides(row);
            if left == right {
                return Err(Error::new(
                    "project/decision-on-one-record",
                    "a decision names the same record twice",
                    "name the two records of the pair",
                ));
            }
            let verdict = word(row.verdict);
            let of_row = [left.0, left.1, right.0, right.1, verdict, &row.reader, &row.decided_at];
            for text in of_row.into_iter().chain([&*told.reason, &told.model_hash, &told.evidence_hash]) {
                bind(&text)?;
            }
        }
        bind(&run)?;
        bind(&deed.at)?;
        let new = insert.raw_execute().stored()?;
        recorded.new += new;
        recorded.known += some.len() - new;
    }
    recorded.last = connection.query_row("SELECT coalesce(max(id), 0) FROM decision", [], |row| row.get(0)).stored()?;
    Ok(recorded)
}
