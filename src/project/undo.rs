//! Taking back: a run, or a merge or split by decisions of the contrary.

use super::Project;
use super::audit::{Deed, note};
use super::decision::{DecisionNote, Recorded, record};
use super::fault::Store;
use super::record::RecordRow;
use crate::error::Error;
use crate::linkage::decisions::{DecisionRow, Verdict};
use rusqlite::{OptionalExtension, params};

/// The most pairs that one merge may be taken apart into.
const MOST_PAIRS: usize = 10_000;

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undone {
    /// A run: every record belongs to the child that it had before.
    Run {
        /// The run.
        run: i64,
        /// Records that went back to another child.
        records: u64,
    },
    /// Decisions were added; the next run draws the conclusions.
    Decisions(Recorded),
}

impl Project {
    /// Takes back the last settled run: every record belongs to the child that it had before it. Serials that the run
    /// gave are not given again.
    ///
    /// # Errors
    /// `project/nothing-to-undo`, and those of the database.
    pub fn undo_run(&mut self, deed: &Deed) -> Result<Undone, Error> {
        self.known_members.take();
        let transaction = self.change()?;
        let last: Option<(i64, String)> = transaction
            .query_row(
                "SELECT id, kind FROM run WHERE state IN ('settled', 'finished') ORDER BY id DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .stored()?;
        let run = match last {
            Some((run, kind)) if kind == "link" => run,
            Some(_) => {
                return Err(Error::new(
                    "project/nothing-to-undo",
                    "the last thing was to take in changes of an index, which are in use",
                    "change them in the index and take in its journal, or take back single changes with --change",
                ));
            }
            None => {
                let message = "the project has no run to take back";
                return Err(Error::new("project/nothing-to-undo", message, "see `childlink project status`"));
            }
        };
        let new = transaction.execute("DELETE FROM record WHERE since = ?1", [run]).stored()?;
        let back = transaction
            .execute(
                "INSERT INTO record (source, record_id, child, since) \
                 SELECT source, record_id, before, 0 FROM history WHERE run = ?1 AND before IS NOT NULL \
                 ON CONFLICT DO UPDATE SET child = excluded.child",
                [run],
            )
            .stored()?;
        // What the run listed no longer holds.
        transaction.execute("DELETE FROM pair", []).stored()?;
        transaction
            .execute("UPDATE run SET state = 'undone', outcome = NULL, scan = NULL WHERE id = ?1", [run])
            .stored()?;
        note(&transaction, deed, "undo-run", &format!("run {run}"), &format!("{} records", new + back))?;
        transaction.commit().stored()?;
        Ok(Undone::Run { run, records: (new + back) as u64 })
    }

    /// Takes back a merge or split: the records that moved from one child to another in a run are decided to be apart
    /// from the others of that child, and to be one with what is left of the child that they came from.
    ///
    /// # Errors
    /// `project/no-such-change`, `project/too-many-pairs`, and those of the database.
    pub fn undo_move(&mut self, run: i64, from: u64, into: u64, deed: &Deed) -> Result<Undone, Error> {
        let moved = {
            let mut rows = self
                .connection
                .prepare(
                    "SELECT source.name, history.record_id FROM history JOIN source ON source.id = history.source \
                     JOIN record ON record.source = history.source AND record.record_id = history.record_id \
                     WHERE run = ?1 AND before = ?2 AND after = ?3 AND record.child = ?3 \
                     ORDER BY source.name, history.record_id",
                )
                .stored()?;
            let rows = rows.query_map(params![run, from as i64, into as i64], |row| {
                Ok(RecordRow { source: row.get(0)?, record_id: row.get(1)?, child: into })
            });
            rows.stored()?.collect::<Result<Vec<_>, _>>().stored()?
        };
        if moved.is_empty() {
            return Err(Error::new(
                "project/no-such-change",
                format!("no record that moved from child {from} to child {into} in run {run} is there now"),
                "`childlink project export` writes history.csv with every such change",
            ));
        }
        let (others, left) = (self.records_of(into)?, self.records_of(from)?);
        self.set_apart(&moved, &others, left.first(), &format!("takes back run {run}: {from} to {into}"), deed)
    }

    /// Takes a record out of its child: it is decided to be apart from every other record of the child.
    ///
    /// # Errors
    /// `project/unknown-record`, `project/nothing-to-undo`, `project/too-many-pairs`, and those of the database.
    pub fn take_out(&mut self, source: &str, record_id: &str, deed: &Deed) -> Result<Undone, Error> {
        let child = self.child_of(source, record_id)?;
        let own = RecordRow { source: source.to_owned(), record_id: record_id.to_owned(), child };
        let others = self.records_of(child)?;
        if others.len() < 2 {
            return Err(Error::new(
                "project/nothing-to-undo",
                "the record is the only one of its child",
                "there is nothing to take it out of",
            ));
        }
        self.set_apart(&[own], &others, None, &format!("taken out of child {child}"), deed)
    }

    fn set_apart(
        &mut self,
        moved: &[RecordRow],
        others: &[RecordRow],
        home: Option<&RecordRow>,
        reason: &str,
        deed: &Deed,
    ) -> Result<Undone, Error> {
        let others: Vec<&RecordRow> = others.iter().filter(|other| !moved.contains(other)).collect();
        if moved.len() * others.len() > MOST_PAIRS {
            return Err(Error::new(
                "project/too-many-pairs",
                format!("it would take {} decisions", moved.len() * others.len()),
                "take back the whole run, or decide the pairs that matter with `childlink project decide`",
            ));
        }
        let decision = |one: &RecordRow, other: &RecordRow, verdict| {
            let row = DecisionRow {
                source_l: one.source.clone(),
                record_id_l: one.record_id.clone(),
                source_r: other.source.clone(),
                record_id_r: other.record_id.clone(),
                verdict,
                reader: deed.by.clone(),
                decided_at: deed.at.clone(),
            };
            (row, DecisionNote { reason: reason.to_owned(), ..DecisionNote::default() })
        };
        let mut decisions = Vec::new();
        for one in moved {
            decisions.extend(others.iter().map(|other| decision(one, other, Verdict::Different)));
            decisions.extend(home.map(|home| decision(one, home, Verdict::Same)));
        }
        let transaction = self.change()?;
        let recorded = record(&transaction, &decisions, deed)?;
        note(&transaction, deed, "undo", reason, &format!("{} decisions", recorded.new))?;
        transaction.commit().stored()?;
        Ok(Undone::Decisions(recorded))
    }
}
