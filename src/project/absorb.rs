//! From the journal of an index back into the project: children that notifications made, records that came, merges and
//! splits, with the same serials.
//!
//! What the index decided is kept as decisions of the reader `index`, so that the next run comes to the same children;
//! a person who decides otherwise makes two readers who differ, and the pair goes to review.

use super::audit::{Deed, note};
use super::decision::{DecisionNote, record};
use super::fault::Store;
use super::record::RecordRow;
use super::{Project, setting};
use crate::error::Error;
use crate::identity::column::Column;
use crate::index::{Change, ChildId, EntryId, JournalEntry};
use crate::linkage::child_id::FIRST_OF_INDEX;
use crate::linkage::decisions::{DecisionRow, Verdict};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// The reader under whose name the index's own decisions stand.
pub const INDEX_READER: &str = "index";

/// What a journal came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Absorbed {
    /// Changes taken in.
    pub changes: u64,
    /// Changes that had been taken in before.
    pub known: u64,
    /// Records that came, changed or went.
    pub records: u64,
    /// Children that the index made.
    pub new_children: u64,
    /// Children that became another.
    pub merged_children: u64,
    /// Records that turned out to be another child's.
    pub split_records: u64,
    /// The last change.
    pub last: u64,
}

/// A record that came through an index.
#[derive(Clone, PartialEq, Eq)]
pub struct AbsorbedRecord {
    /// Where it came from.
    pub source: String,
    /// Its id in the project.
    pub record_id: String,
    /// Its fields.
    pub fields: BTreeMap<Column, String>,
}

/// The id of a record that came through an index.
fn id_of(entry: EntryId) -> String {
    format!("entry-{entry}")
}

/// A journal on its way into the project, within one transaction.
struct Absorbing<'c> {
    connection: &'c Connection,
    deed: &'c Deed,
    run: i64,
    /// Records touched, with their children before.
    before: BTreeMap<(i64, String), Option<i64>>,
    absorbed: Absorbed,
}

impl Project {
    /// Takes in the changes of an index that the project published, all or none. What was taken in before is passed
    /// over.
    ///
    /// # Errors
    /// `project/journal-gap` where changes are missing, `project/other-index` for the journal of another index, and
    /// those of the database.
    pub fn absorb(&mut self, journal: &[JournalEntry], deed: &Deed) -> Result<Absorbed, Error> {
        let last = self.last_absorbed()?;
        self.known_members.take();
        let transaction = self.change()?;
        // Made when it is first needed: a run has no use for it.
        transaction.execute("CREATE INDEX IF NOT EXISTS record_child ON record (child)", []).stored()?;
        transaction
            .execute(
                "INSERT INTO run (kind, state, started_at, finished_at, program, parameters, last_decision) \
                 VALUES ('absorb', 'finished', ?1, ?1, '', 'null', 0)",
                [&deed.at],
            )
            .stored()?;
        let run = transaction.last_insert_rowid();
        let mut absorbing = Absorbing {
            connection: &transaction,
            deed,
            run,
            before: BTreeMap::new(),
            absorbed: Absorbed { last, ..Absorbed::default() },
        };
        for entry in journal {
            absorbing.take(entry)?;
        }
        let absorbed = absorbing.finish()?;
        if absorbed.changes == 0 {
            // Nothing came: no trace of it.
            drop(transaction);
            return Ok(absorbed);
        }
        // The records are no longer those that the last run scanned.
        transaction.execute("UPDATE run SET scan = NULL WHERE scan NOT NULL", []).stored()?;
        let detail =
            format!("{} changes to {}, {} children new", absorbed.changes, absorbed.last, absorbed.new_children);
        note(&transaction, deed, "absorb", &format!("run {run}"), &detail)?;
        transaction.commit().stored()?;
        Ok(absorbed)
    }

    /// The number of the last change that was taken in; 0 for none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_absorbed(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(max(sequence), 0) FROM absorbed";
        self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).stored().map(|last| last as u64)
    }

    /// The records that came through an index and are there, in order of their numbers.
    ///
    /// # Errors
    /// Those of the database.
    pub fn absorbed_records(&self) -> Result<Vec<AbsorbedRecord>, Error> {
        let mut rows = self
            .connection
            .prepare("SELECT entry, source, fields FROM absorbed_record WHERE present = 1 ORDER BY entry")
            .stored()?;
        let rows = rows.query_map([], |row| {
            let fields: BTreeMap<String, String> = serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default();
            let named = |(name, text): (String, String)| {
                let column = Column::ALL.into_iter().find(|column| column.name() == name)?;
                Some((column, text))
            };
            Ok(AbsorbedRecord {
                source: row.get(1)?,
                record_id: id_of(row.get(0)?),
                fields: fields.into_iter().filter_map(named).collect(),
            })
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// Every change that was taken in, in order.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub(super) fn absorbed_changes(&self) -> Result<Vec<Change>, Error> {
        let mut rows = self.connection.prepare("SELECT bytes FROM absorbed ORDER BY sequence").stored()?;
        let rows = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).stored()?;
        let mut changes = Vec::new();
        for bytes in rows {
            let bytes = bytes.stored()?;
            changes.extend(JournalEntry::read(&mut bytes.as_slice())?.map(|entry| entry.change));
        }
        Ok(changes)
    }
}

impl Absorbing<'_> {
    fn take(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        if entry.sequence <= self.absorbed.last {
            self.absorbed.known += 1;
            return Ok(());
        }
        if entry.sequence != self.absorbed.last + 1 {
            return Err(Error::new(
                "project/journal-gap",
                format!("change {} of the journal is missing", self.absorbed.last + 1),
                "give the whole journal of the index, from its beginning or from the last that was taken in",
            ));
        }
        self.connection
            .prepare_cached("INSERT INTO absorbed (sequence, bytes, at) VALUES (?1, ?2, ?3)")
            .stored()?
            .execute(params![entry.sequence as i64, entry.to_bytes(), self.deed.at])
            .stored()?;
        (self.absorbed.last, self.absorbed.changes) = (entry.sequence, self.absorbed.changes + 1);
        match &entry.change {
            Change::Upsert { entry, child, source, fields } => self.upsert(*entry, *child, source, fields),
            Change::Remove { entry } => self.remove(*entry),
            Change::Merge { from, into } => self.merge(*from, *into, entry.sequence),
            Change::Split { entries, into } => self.split(entries, *into, entry.sequence),
            // The index keeps it; what followed from it stands in the journal as changes of their own.
            Change::Decide { .. } => Ok(()),
        }
    }

    fn upsert(
        &mut self,
        entry: EntryId,
        child: ChildId,
        source: &str,
        fields: &BTreeMap<Column, String>,
    ) -> Result<(), Error> {
        self.check_child(child)?;
        // A record of an extract that the host put another in the place of gets another number when next published.
        self.connection.execute("DELETE FROM entry WHERE entry = ?1", [entry]).stored()?;
        let fields: BTreeMap<&str, &str> = fields.iter().map(|(column, text)| (column.name(), text.as_str())).collect();
        let fields = serde_json::to_string(&fields).unwrap_or_default();
        self.connection
            .prepare_cached(
                "INSERT INTO absorbed_record (entry, source, fields, present) VALUES (?1, ?2, ?3, 1) \
                 ON CONFLICT DO UPDATE SET source = ?2, fields = ?3, present = 1",
            )
            .stored()?
            .execute(params![entry, source, fields])
            .stored()?;
        self.absorbed.records += 1;
        let record = RecordRow { source: source.to_owned(), record_id: id_of(entry), child: u64::from(child) };
        self.set_child(&record, Some(u64::from(child)))?;
        self.bind(entry, &record)
    }

    fn remove(&mut self, entry: EntryId) -> Result<(), Error> {
        if let Some(record) = self.record_of(entry)? {
            self.connection.execute("UPDATE absorbed_record SET present = 0 WHERE entry = ?1", [entry]).stored()?;
            self.unbind(entry)?;
            self.set_child(&record, None)?;
            self.absorbed.records += 1;
        }
        Ok(())
    }

    fn merge(&mut self, from: ChildId, into: ChildId, sequence: u64) -> Result<(), Error> {
        let (moved, home) = (self.records_of(u64::from(from))?, self.records_of(u64::from(into))?);
        for record in &moved {
            self.set_child(record, Some(u64::from(into)))?;
        }
        if let (Some(one), Some(other)) = (moved.first(), home.first()) {
            self.decide(&[(one, other, Verdict::Same)], &format!("merged in the index, change {sequence}"))?;
            self.absorbed.merged_children += 1;
        }
        Ok(())
    }

    fn split(&mut self, entries: &[EntryId], into: ChildId, sequence: u64) -> Result<(), Error> {
        let mut moved = Vec::new();
        for &entry in entries {
            moved.extend(self.record_of(entry)?);
        }
        let reason = format!("split in the index, change {sequence}");
        for record in &moved {
            let others = self.records_of(record.child)?;
            let others: Vec<_> = others.iter().filter(|other| !moved.iter().any(|one| one.is(other))).collect();
            let apart: Vec<_> = others.iter().map(|other| (record, *other, Verdict::Different)).collect();
            self.decide(&apart, &reason)?;
        }
        for (&entry, record) in entries.iter().zip(&moved) {
            self.unbind(entry)?;
            self.set_child(record, Some(u64::from(into)))?;
            self.absorbed.split_records += 1;
        }
        if let Some((first, rest)) = moved.split_first() {
            let together: Vec<_> = rest.iter().map(|other| (first, other, Verdict::Same)).collect();
            self.decide(&together, &reason)?;
        }
        Ok(())
    }

    /// A child that the project does not know must have a serial that only an index gives.
    fn check_child(&mut self, child: ChildId) -> Result<(), Error> {
        let child = u64::from(child);
        let next = setting::number(self.connection, setting::NEXT_CHILD)?.unwrap_or(1);
        let of_index = setting::number(self.connection, setting::NEXT_OF_INDEX)?.unwrap_or(FIRST_OF_INDEX);
        if child >= next && child < FIRST_OF_INDEX {
            return Err(Error::new(
                "project/other-index",
                "the journal has a child whose serial the project never gave, nor an index that it published",
                "absorb the journal of the index that `childlink project publish` wrote",
            ));
        }
        if child >= of_index {
            self.absorbed.new_children += 1;
            setting::set(self.connection, setting::NEXT_OF_INDEX, &(child + 1).to_string())?;
        }
        Ok(())
    }

    fn source_id(&self, source: &str) -> Result<i64, Error> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO source (name) VALUES (?1)")
            .stored()?
            .execute([source])
            .stored()?;
        let mut id = self.connection.prepare_cached("SELECT id FROM source WHERE name = ?1").stored()?;
        id.query_row([source], |row| row.get(0)).stored()
    }

    fn set_child(&mut self, record: &RecordRow, child: Option<u64>) -> Result<(), Error> {
        let source = self.source_id(&record.source)?;
        let key = params![source, record.record_id];
        let known: Option<i64> = self
            .connection
            .prepare_cached("SELECT child FROM record WHERE source = ?1 AND record_id = ?2")
            .stored()?
            .query_row(key, |row| row.get(0))
            .optional()
            .stored()?;
        self.before.entry((source, record.record_id.clone())).or_insert(known);
        match child {
            Some(child) => self
                .connection
                .prepare_cached(
                    "INSERT INTO record (source, record_id, child, since) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET child = ?3",
                )
                .stored()?
                .execute(params![source, record.record_id, child as i64, self.run]),
            None => self
                .connection
                .prepare_cached("DELETE FROM record WHERE source = ?1 AND record_id = ?2")
                .stored()?
                .execute(key),
        }
        .stored()?;
        Ok(())
    }

    fn records_of(&self, child: u64) -> Result<Vec<RecordRow>, Error> {
        let mut rows = self
            .connection
            .prepare_cached(
                "SELECT source.name, record_id FROM record JOIN source ON source.id = record.source \
                 WHERE child = ?1 ORDER BY source.name, record_id",
            )
            .stored()?;
        let rows =
            rows.query_map([child as i64], |row| Ok(RecordRow { source: row.get(0)?, record_id: row.get(1)?, child }));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// The record that an index knows by a number.
    fn record_of(&self, entry: EntryId) -> Result<Option<RecordRow>, Error> {
        let came: Option<String> = self
            .connection
            .prepare_cached("SELECT source FROM absorbed_record WHERE entry = ?1")
            .stored()?
            .query_row([entry], |row| row.get(0))
            .optional()
            .stored()?;
        let key = match came {
            Some(source) => Some((source, id_of(entry))),
            None => self
                .connection
                .prepare_cached(
                    "SELECT source.name, record_id FROM entry JOIN source ON source.id = entry.source WHERE entry = ?1",
                )
                .stored()?
                .query_row([entry], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
                .stored()?,
        };
        let Some((source, record_id)) = key else { return Ok(None) };
        let child: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT child FROM record JOIN source ON source.id = record.source WHERE source.name = ?1 AND record_id = ?2",
            )
            .stored()?
            .query_row([&source, &record_id], |row| row.get(0))
            .optional()
            .stored()?;
        Ok(child.map(|child| RecordRow { source, record_id, child: child as u64 }))
    }

    fn decide(&self, pairs: &[(&RecordRow, &RecordRow, Verdict)], reason: &str) -> Result<Option<i64>, Error> {
        let row = |&(one, other, verdict): &(&RecordRow, &RecordRow, Verdict)| {
            let row = DecisionRow {
                source_l: one.source.clone(),
                record_id_l: one.record_id.clone(),
                source_r: other.source.clone(),
                record_id_r: other.record_id.clone(),
                verdict,
                reader: INDEX_READER.to_owned(),
                // Of two changes in one journal the later stands.
                decided_at: format!("{} {:020}", self.deed.at, self.absorbed.last),
            };
            (row, DecisionNote { reason: reason.to_owned(), ..DecisionNote::default() })
        };
        if pairs.is_empty() {
            return Ok(None);
        }
        let recorded = record(self.connection, &pairs.iter().map(row).collect::<Vec<_>>(), self.deed)?;
        Ok((recorded.new > 0).then_some(recorded.last))
    }

    /// Decides a record that came to be one with another record of its child.
    fn bind(&mut self, entry: EntryId, record: &RecordRow) -> Result<(), Error> {
        self.unbind(entry)?;
        let others = self.records_of(record.child)?;
        if let Some(other) = others.iter().find(|other| !other.is(record)) {
            let reason = format!("recognised by the index, change {}", self.absorbed.last);
            let decision = self.decide(&[(record, other, Verdict::Same)], &reason)?;
            self.connection
                .execute("UPDATE absorbed_record SET decision = ?2 WHERE entry = ?1", params![entry, decision])
                .stored()?;
        }
        Ok(())
    }

    /// Withdraws what bound a record to its child.
    fn unbind(&mut self, entry: EntryId) -> Result<(), Error> {
        self.connection
            .execute(
                "INSERT OR IGNORE INTO withdrawal (decision, by, at, reason) \
                 SELECT decision, ?2, ?3, 'the index came to another child' FROM absorbed_record \
                 WHERE entry = ?1 AND decision NOT NULL",
                params![entry, INDEX_READER, self.deed.at],
            )
            .stored()?;
        self.connection.execute("UPDATE absorbed_record SET decision = NULL WHERE entry = ?1", [entry]).stored()?;
        Ok(())
    }

    /// Writes the history of what was touched.
    fn finish(self) -> Result<Absorbed, Error> {
        let mut tell = self
            .connection
            .prepare("INSERT INTO history (run, source, record_id, before, after) VALUES (?1, ?2, ?3, ?4, ?5)")
            .stored()?;
        let mut now =
            self.connection.prepare("SELECT child FROM record WHERE source = ?1 AND record_id = ?2").stored()?;
        for ((source, record_id), before) in &self.before {
            let after: Option<i64> = now.query_row(params![source, record_id], |row| row.get(0)).optional().stored()?;
            if *before != after {
                tell.execute(params![self.run, source, record_id, before, after]).stored()?;
            }
        }
        Ok(self.absorbed)
    }
}

impl RecordRow {
    fn is(&self, other: &RecordRow) -> bool {
        (&self.source, &self.record_id) == (&other.source, &other.record_id)
    }
}
