//! Settling: the children of a run become those of the project.
//!
//! Filling the tables takes long where every record is new, and needs nothing but what linking came to: it may go on
//! while the files are written. All of it is one transaction, which ends once both are done.

use super::audit::{Deed, note};
use super::fault::Store;
use super::history::ChangeReport;
use super::record::{Difference, Membership};
use super::run::insert_model;
use super::{Project, pair, quarantine, setting};
use crate::error::Error;
use crate::exchange::rows::Quarantined;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::decisions::Verdict;
use crate::linkage::model::{FrequencyTable, Model};
use crate::linkage::table::Table;
use crate::linkage::{Linked, parallel};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::BTreeMap;

/// What settling a run came to.
pub struct Settled<'a> {
    /// The records.
    pub table: &'a Table,
    /// Their children and pairs.
    pub linked: &'a Linked,
    /// Rows set aside.
    pub quarantined: &'a [Quarantined],
    /// The summary of the run.
    pub summary: &'a Value,
}

/// What a run changed in the project, put in its place and not yet for good: see [`Project::fill`].
pub struct Filled {
    report: ChangeReport,
}

impl Project {
    /// Makes the children of a run those of the project, and tells what changed. Where text of the table is in scratch,
    /// that of [`shown_records`](Project::shown_records) must be at hand.
    ///
    /// # Errors
    /// Those of the database and of [`Table::check_text`].
    pub fn settle(&mut self, run: i64, outcome: &Settled, deed: &Deed) -> Result<ChangeReport, Error> {
        let Settled { table, linked, quarantined, summary } = *outcome;
        let filled = self.fill(run, table, linked, quarantined, deed)?;
        self.settle_filled(run, filled, table, summary, deed)
    }

    /// The first and longer part of [`settle`](Project::settle), which needs no summary: the database holds what the
    /// run changed, and lets go of it again unless [`settle_filled`](Project::settle_filled) follows. Nothing else may
    /// be done with the project between the two.
    ///
    /// # Errors
    /// Those of the database.
    pub fn fill(
        &mut self,
        run: i64,
        table: &Table,
        linked: &Linked,
        quarantined: &[Quarantined],
        deed: &Deed,
    ) -> Result<Filled, Error> {
        let extracts = self.extracts_of_run(run)?;
        let membership = self.membership()?;
        let report = self.conflicts(table)?;
        self.known_members.take();
        self.connection.execute_batch("BEGIN IMMEDIATE").stored()?;
        let connection = &mut self.connection;
        let ((frozen, same), report) = parallel::both(
            || frozen(&linked.model, table),
            move || Filling { connection: &*connection, run, table, linked }.fill(&membership, report),
        );
        let model = frozen.as_ref().unwrap_or(&linked.model);
        let filled = report.and_then(|report| {
            let hash = self.hash_of(model);
            quarantine::keep(&self.connection, &extracts, quarantined)?;
            insert_model(&self.connection, model, &hash, deed)?;
            if same {
                // What this run let go, a run by the frozen model would have let go.
                let sql = "UPDATE run SET scan_model = ?2 WHERE id = ?1 AND scan NOT NULL";
                self.connection.execute(sql, params![run, hash]).stored()?;
            }
            setting::set(&self.connection, setting::MODEL, &hash)?;
            Ok(Filled { report })
        });
        if filled.is_err() {
            self.let_go();
        }
        filled
    }

    /// Makes what [`fill`](Project::fill) put in its place last, and tells what changed.
    ///
    /// # Errors
    /// Those of the database and of [`Table::check_text`].
    pub fn settle_filled(
        &mut self,
        run: i64,
        filled: Filled,
        table: &Table,
        summary: &Value,
        deed: &Deed,
    ) -> Result<ChangeReport, Error> {
        let Filled { report } = filled;
        let detail =
            format!("{} records new, {} gone, {} moved", report.new_records, report.gone_records, report.moved_records);
        let sql = "UPDATE run SET state = 'settled', summary = ?2 WHERE id = ?1";
        let told = self.connection.execute(sql, params![run, summary.to_string()]).stored();
        let settled = told
            .and_then(|_| note(&self.connection, deed, "settle", &format!("run {run}"), &detail))
            .and_then(|()| table.check_text())
            .and_then(|()| self.connection.execute_batch("COMMIT").stored());
        if settled.is_err() {
            self.let_go();
        }
        settled.map(|()| report)
    }

    /// Lets go of a transaction that cannot be ended as it should.
    fn let_go(&self) {
        // Where the database has let go of it by itself, there is none.
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    /// Decisions that stand, whose records are not what they were when it was decided, or are no more.
    fn conflicts(&self, table: &Table) -> Result<ChangeReport, Error> {
        let mut report = ChangeReport::default();
        for decision in self.standing_decisions()?.iter().filter(|decision| decision.row.verdict != Verdict::Unsure) {
            let row = &decision.row;
            let left = table.find(&row.source_l, &row.record_id_l);
            let right = table.find(&row.source_r, &row.record_id_r);
            match (left, right, &decision.shown_evidence) {
                (Some(left), Some(right), Some(shown)) => {
                    if pair::Evidence::of(table, left.min(right), left.max(right)) != *shown {
                        report.decisions_on_changed_records.push(decision.id);
                    }
                }
                (Some(_), Some(_), None) => {}
                _ => report.decisions_on_gone_records.push(decision.id),
            }
        }
        Ok(report)
    }
}

/// The model with the frequencies of names as they are here, if it has none yet, so that from now on unchanged records
/// are weighed alike; and whether that model weighs all that is here as the given one does.
fn frozen(model: &Model, table: &Table) -> (Option<Model>, bool) {
    if model.frequencies.is_some() {
        return (None, false);
    }
    let frequencies = FrequencyTable::of(table);
    let same = frequencies.are_those_of(table);
    (Some(Model { frequencies: Some(frequencies), ..model.clone() }), same)
}

/// How many rows go into the database at once while it is filled.
const ROWS_AT_ONCE: usize = 50;

/// What a run changes in the tables of its records, within a transaction.
struct Filling<'a> {
    connection: &'a Connection,
    run: i64,
    table: &'a Table,
    linked: &'a Linked,
}

impl Filling<'_> {
    fn fill(&self, membership: &Membership, mut report: ChangeReport) -> Result<ChangeReport, Error> {
        let Filling { connection, run, table, linked } = *self;
        let ranks = source_ids(connection, table)?;
        if membership.is_empty() {
            self.put_all(&ranks)?;
            report.new_records = table.len() as u64;
        } else {
            let differences = membership.differences(table, &linked.children.child_id);
            self.put_changes(&differences, &ranks)?;
            report.count(&differences, &linked.children.child_id);
        }
        pair::replace(connection, table, linked)?;
        setting::set(connection, setting::NEXT_CHILD, &linked.children.next_child_id.to_string())?;
        // Only the last outcome is needed: what came before can be linked again.
        let sql = "UPDATE run SET outcome = NULL, scan = NULL WHERE id < ?1 AND (outcome NOT NULL OR scan NOT NULL)";
        connection.execute(sql, [run]).stored()?;
        Ok(report)
    }

    /// Puts every record into the empty table, in its order and many at once.
    fn put_all(&self, ranks: &BTreeMap<String, i64>) -> Result<(), Error> {
        let put = |rows: usize| {
            let places = vec!["(?, ?, ?, ?)"; rows].join(", ");
            let sql = format!("INSERT INTO record (source, record_id, child, since) VALUES {places}");
            self.connection.prepare(&sql).stored()
        };
        let ids: Vec<i64> =
            self.table.sources().iter().map(|name| ranks.get(name).copied().unwrap_or_default()).collect();
        let records = self.table.len();
        let mut many = put(ROWS_AT_ONCE)?;
        for first in (0..records).step_by(ROWS_AT_ONCE) {
            let rows = ROWS_AT_ONCE.min(records - first);
            let mut few;
            let put = if rows == ROWS_AT_ONCE {
                &mut many
            } else {
                few = put(rows)?;
                &mut few
            };
            for row in 0..rows {
                let record = first + row;
                let source = ids[usize::from(self.table.source_index()[record])];
                put.raw_bind_parameter(row * 4 + 1, source).stored()?;
                put.raw_bind_parameter(row * 4 + 2, self.table.record_id(record as RecordIndex)).stored()?;
                put.raw_bind_parameter(row * 4 + 3, self.linked.children.child_id[record] as i64).stored()?;
                put.raw_bind_parameter(row * 4 + 4, self.run).stored()?;
            }
            put.raw_execute().stored()?;
        }
        Ok(())
    }

    /// Puts records whose child is not what it was, and tells of each in the history.
    fn put_changes(&self, differences: &[Difference], ranks: &BTreeMap<String, i64>) -> Result<(), Error> {
        let prepare = |sql: &str| self.connection.prepare(sql).stored();
        let mut put = prepare(
            "INSERT INTO record (source, record_id, child, since) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET child = ?3",
        )?;
        let mut drop = prepare("DELETE FROM record WHERE source = ?1 AND record_id = ?2")?;
        let mut tell =
            prepare("INSERT INTO history (run, source, record_id, before, after) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for difference in differences {
            let source = ranks.get(difference.source).copied().unwrap_or_default();
            match difference.after {
                Some(child) => put.execute(params![source, difference.record_id, child as i64, self.run]),
                None => drop.execute(params![source, difference.record_id]),
            }
            .stored()?;
            let [before, after] = [difference.before, difference.after].map(|child| child.map(|child| child as i64));
            tell.execute(params![self.run, source, difference.record_id, before, after]).stored()?;
        }
        Ok(())
    }
}

/// The number of each source, new ones included, of the project and of a table.
fn source_ids(connection: &Connection, table: &Table) -> Result<BTreeMap<String, i64>, Error> {
    let mut insert = connection.prepare("INSERT OR IGNORE INTO source (name) VALUES (?1)").stored()?;
    for name in table.sources() {
        insert.execute([name]).stored()?;
    }
    let mut rows = connection.prepare("SELECT name, id FROM source").stored()?;
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).stored()?.collect::<Result<_, _>>().stored()
}
