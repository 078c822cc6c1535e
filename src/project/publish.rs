//! From the project to a child index: the same children, and numbers of records that stay the same from one index to
//! the next, so that a journal of the one can be replayed on the other.
//!
//! While the next index is made, the one in use goes on giving numbers: to new records from its next number on, to new
//! children from [`FIRST_OF_INDEX`] on. The project gives its own records numbers out of that way.

use super::audit::{Deed, note};
use super::fault::Store;
use super::{Project, setting};
use crate::error::Error;
use crate::index::{Change, ChildId, ChildIndex, EntryId, Publication};
use crate::linkage::child_id::FIRST_OF_INDEX;
use crate::linkage::table::Table;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// So many new records an index may take in between two publications.
const RESERVED: u64 = 1 << 16;

/// What was published.
pub struct Published {
    /// The index.
    pub bytes: Vec<u8>,
    /// The number of each record.
    pub entries: Vec<EntryId>,
    /// The child of each record.
    pub children: Vec<u64>,
    /// Records that no index had before.
    pub new_records: u64,
    /// The last change of the journal that the index shows: those after it are to be replayed.
    pub applied: u64,
}

impl Project {
    /// An index of the project's records. `table` holds the records of the present extracts, with superseded numbers
    /// replaced; `is_last` tells that every change of the index in use was taken in and no more can come. (Else its
    /// next new records keep their numbers free.)
    ///
    /// # Errors
    /// `project/run-first` for records that no run has given a child; `project/too-many-records`; those of
    /// [`ChildIndex::publish`] and of the database.
    pub fn publish(&mut self, table: &Table, is_last: bool, deed: &Deed) -> Result<Published, Error> {
        let run_first = || {
            Error::new(
                "project/run-first",
                "some records of the extracts have no child yet",
                "run `childlink project run` before",
            )
        };
        let model = self.model()?.ok_or_else(run_first)?;
        let children = self.child_of_each(table)?;
        let applied = self.last_absorbed()?;
        let merged = self.merged()?;
        let decided: Vec<Change> = self.absorbed_changes()?;
        let next_child = setting::number(&self.connection, setting::NEXT_OF_INDEX)?.unwrap_or(FIRST_OF_INDEX);
        let transaction = self.change()?;
        let (entries, next_entry, new_records) = entries(&transaction, table, is_last)?;
        let bytes = ChildIndex::publish(&Publication {
            table,
            model: &model,
            children: &children,
            entries: &entries,
            next_child: ChildId::try_from(next_child).map_err(|_| too_many())?,
            next_entry,
            applied,
            merged,
            decided: &decided,
        })?;
        setting::set(&transaction, setting::NEXT_ENTRY, &next_entry.to_string())?;
        let detail = format!("{} records, {new_records} new, changes to {applied}", table.len());
        note(&transaction, deed, "publish", "index", &detail)?;
        transaction.commit().stored()?;
        Ok(Published { bytes, entries, children, new_records, applied })
    }

    /// The children that have no record any more, with those that most of their last records moved to.
    pub(super) fn merged(&self) -> Result<BTreeMap<ChildId, ChildId>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT before, after, run, count(*) FROM history WHERE before NOT NULL AND after NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM record WHERE child = history.before) \
                 GROUP BY run, before, after ORDER BY before, run DESC, count(*) DESC, after",
            )
            .stored()?;
        let mut rows = rows.query([]).stored()?;
        let mut merged = BTreeMap::new();
        while let Some(row) = rows.next().stored()? {
            let number = |place: usize| row.get::<_, i64>(place).stored();
            if let (Ok(from), Ok(into)) = (ChildId::try_from(number(0)?), ChildId::try_from(number(1)?)) {
                merged.entry(from).or_insert(into);
            }
        }
        // A chain that comes back to itself leads nowhere.
        let leads_on = |from: ChildId| {
            let mut at = from;
            (0..=merged.len()).any(|_| match merged.get(&at) {
                Some(&next) => {
                    at = next;
                    false
                }
                None => true,
            })
        };
        let good: BTreeSet<ChildId> = merged.keys().copied().filter(|&from| leads_on(from)).collect();
        merged.retain(|from, _| good.contains(from));
        Ok(merged)
    }
}

/// The number of each record of a table, new ones given; and the first number that the index may give.
fn entries(connection: &Connection, table: &Table, is_last: bool) -> Result<(Vec<EntryId>, EntryId, u64), Error> {
    let mut taken: Vec<EntryId> = Vec::new();
    let mut of_record: Vec<Option<EntryId>> = vec![None; table.len()];
    {
        let mut rows = connection
            .prepare(
                "SELECT source.name, record_id, entry FROM entry JOIN source ON source.id = entry.source \
                 UNION ALL SELECT source, 'entry-' || entry, entry FROM absorbed_record",
            )
            .stored()?;
        let mut rows = rows.query([]).stored()?;
        while let Some(row) = rows.next().stored()? {
            let text = |place: usize| row.get_ref(place).stored()?.as_str().map_err(rusqlite::Error::from).stored();
            let entry: EntryId = row.get(2).stored()?;
            taken.push(entry);
            if let Some(record) = table.find(text(0)?, text(1)?) {
                of_record[record as usize] = Some(entry);
            }
        }
    }
    taken.sort_unstable();
    // The index in use gives numbers from here on.
    let in_use = setting::number(connection, setting::NEXT_ENTRY)?.unwrap_or(0);
    let highest = taken.last().map_or(0, |&last| u64::from(last) + 1);
    let reserved = if in_use == 0 || is_last { 0 } else { in_use + RESERVED };
    let mut fresh = highest.max(reserved);
    let mut insert = connection.prepare("INSERT INTO entry (source, record_id, entry) VALUES (?1, ?2, ?3)").stored()?;
    let sources: BTreeMap<String, i64> = {
        let mut rows = connection.prepare("SELECT name, id FROM source").stored()?;
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).stored()?.collect::<Result<_, _>>().stored()?
    };
    let mut new = 0;
    let mut all = Vec::with_capacity(table.len());
    for (record, entry) in of_record.into_iter().enumerate() {
        let record = record as u32;
        let entry = match entry {
            Some(entry) => entry,
            None => {
                let entry = EntryId::try_from(fresh).map_err(|_| too_many())?;
                fresh += 1;
                let source = sources.get(table.source(record)).copied().unwrap_or_default();
                insert.execute(params![source, table.record_id(record), entry]).stored()?;
                new += 1;
                entry
            }
        };
        all.push(entry);
    }
    let next = if new > 0 { fresh } else { highest.max(if is_last { 0 } else { in_use }) };
    Ok((all, EntryId::try_from(next).map_err(|_| too_many())?, new))
}

fn too_many() -> Error {
    Error::new(
        "project/too-many-records",
        "the numbers of records or children are used up",
        "begin a new project from an export of this one",
    )
}
