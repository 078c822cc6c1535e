//! Which child each record belonged to, run by run.

use super::Project;
use super::fault::Store;
use super::record::Difference;
use crate::error::Error;
use hashbrown::HashSet;
use std::collections::BTreeMap;

/// A record that came, went, or moved from one child to another in a run. What the first run gave is not listed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HistoryRow {
    /// The run.
    pub run: i64,
    /// The source of the record.
    pub source: String,
    /// Its id.
    pub record_id: String,
    /// Its child before; `None` for a record that was new.
    pub before: Option<u64>,
    /// Its child after; `None` for a record that is no more.
    pub after: Option<u64>,
}

/// What a run changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ChangeReport {
    /// Records that were not there before.
    pub new_records: u64,
    /// Records that are no more.
    pub gone_records: u64,
    /// Records that moved to another child.
    pub moved_records: u64,
    /// Children all of whose earlier records moved to another: they were merged into it.
    pub merged_children: u64,
    /// Children from whom some records moved away while others stayed.
    pub split_children: u64,
    /// Decisions that stand though what they were made on has changed: a person should look again.
    pub decisions_on_changed_records: Vec<i64>,
    /// Decisions that stand on a record that is no more.
    pub decisions_on_gone_records: Vec<i64>,
}

impl ChangeReport {
    /// Counts what a run changed. `child_id` tells the child of every record after it.
    pub(super) fn count(&mut self, differences: &[Difference], child_id: &[u64]) {
        let mut from: HashSet<u64> = HashSet::new();
        for difference in differences {
            match (difference.before, difference.after) {
                (None, _) => self.new_records += 1,
                (Some(_), None) => self.gone_records += 1,
                (Some(before), Some(_)) => {
                    self.moved_records += 1;
                    from.insert(before);
                }
            }
        }
        let children = from.len();
        if children > 0 {
            child_id.iter().for_each(|child| _ = from.remove(child));
        }
        (self.split_children, self.merged_children) = ((children - from.len()) as u64, from.len() as u64);
    }

    /// Whether there is anything that a person must look at.
    pub fn has_conflicts(&self) -> bool {
        !self.decisions_on_changed_records.is_empty() || !self.decisions_on_gone_records.is_empty()
    }
}

impl Project {
    /// Every change of a record's child, in order of run and record.
    ///
    /// # Errors
    /// Those of the database.
    pub fn history(&self) -> Result<Vec<HistoryRow>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT run, source.name, record_id, before, after FROM history \
                 JOIN source ON source.id = history.source ORDER BY run, source.name, record_id",
            )
            .stored()?;
        let rows = rows.query_map([], |row| {
            Ok(HistoryRow {
                run: row.get(0)?,
                source: row.get(1)?,
                record_id: row.get(2)?,
                before: row.get::<_, Option<i64>>(3)?.map(|child| child as u64),
                after: row.get::<_, Option<i64>>(4)?.map(|child| child as u64),
            })
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// How many records moved from one child to another in a run: its merges and splits.
    ///
    /// # Errors
    /// Those of the database.
    pub fn moves(&self, run: i64) -> Result<BTreeMap<(u64, u64), u64>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT before, after, count(*) FROM history \
                 WHERE run = ?1 AND before IS NOT NULL AND after IS NOT NULL GROUP BY before, after",
            )
            .stored()?;
        let number = |row: &rusqlite::Row, place| row.get::<_, i64>(place).map(|number| number as u64);
        let rows = rows.query_map([run], |row| Ok(((number(row, 0)?, number(row, 1)?), number(row, 2)?)));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }
}
