//! The child of every record, as the last run left it.

use super::Project;
use super::fault::Store;
use super::setting;
use crate::error::Error;
use crate::linkage::child_id::Previous;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::Table;
use crate::linkage::table::dictionary::TextList;
use rusqlite::{Connection, OptionalExtension, params};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// One record of the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordRow {
    /// Its source.
    pub source: String,
    /// Its id within the source.
    pub record_id: String,
    /// The serial of its child.
    pub child: u64,
}

/// The records of one source, in order of their ids.
#[derive(Default)]
struct Members {
    ids: TextList,
    child: Vec<u64>,
}

impl Members {
    fn push(&mut self, record_id: &str, child: u64) {
        self.ids.push(record_id);
        self.child.push(child);
    }

    fn id(&self, place: usize) -> &str {
        self.ids.get(place)
    }
}

/// All records of the project with their children.
pub(super) struct Membership {
    sources: BTreeMap<String, Members>,
}

/// A record whose child is not what it was.
pub(super) struct Difference<'a> {
    pub(super) source: &'a str,
    pub(super) record_id: &'a str,
    /// `None` for a record that was not there.
    pub(super) before: Option<u64>,
    /// `None` for a record that is no more.
    pub(super) after: Option<u64>,
}

impl Membership {
    pub(super) fn of(connection: &Connection) -> Result<Membership, Error> {
        let names: BTreeMap<i64, String> = {
            let mut rows = connection.prepare("SELECT id, name FROM source").stored()?;
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).stored()?.collect::<Result<_, _>>().stored()?
        };
        let mut sources = BTreeMap::new();
        let mut rows =
            connection.prepare("SELECT record_id, child FROM record WHERE source = ?1 ORDER BY record_id").stored()?;
        for (id, name) in names {
            let mut members = Members::default();
            let mut rows = rows.query([id]).stored()?;
            while let Some(row) = rows.next().stored()? {
                let record_id = row.get_ref(0).stored()?.as_str().map_err(rusqlite::Error::from).stored()?;
                members.push(record_id, row.get::<_, i64>(1).stored()? as u64);
            }
            if !members.child.is_empty() {
                sources.insert(name, members);
            }
        }
        Ok(Membership { sources })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Those of the records that a table still has, by their places there.
    fn children_in(&self, table: &Table) -> Vec<(RecordIndex, u64)> {
        let mut children = Vec::with_capacity(table.len());
        self.walk(table, &mut |_, _, before, place| {
            children.extend(before.zip(place).map(|(child, record)| (record, child)));
        });
        children
    }

    /// Where each of the records stands in a table, in order of source and id.
    pub(super) fn places_in(&self, table: &Table) -> Vec<Option<RecordIndex>> {
        let mut places = Vec::new();
        self.walk(table, &mut |_, _, before, place| places.extend(before.map(|_| place)));
        places
    }

    /// The child of every record of a table; `None` if one has none.
    pub(super) fn child_of_each(&self, table: &Table) -> Option<Vec<u64>> {
        let mut children = vec![None; table.len()];
        self.walk(table, &mut |_, _, before, place| {
            if let Some(record) = place {
                children[record as usize] = before;
            }
        });
        children.into_iter().collect()
    }

    /// What differs between these children and those of a table.
    pub(super) fn differences<'a>(&'a self, table: &'a Table, child_id: &[u64]) -> Vec<Difference<'a>> {
        let mut all = Vec::new();
        self.walk(table, &mut |source, record_id, before, place| {
            let after = place.map(|record| child_id[record as usize]);
            if before != after {
                all.push(Difference { source, record_id, before, after });
            }
        });
        all
    }

    /// Goes through the records of both sides in order of source and id.
    fn walk<'a>(&'a self, table: &'a Table, visit: &mut dyn FnMut(&'a str, &'a str, Option<u64>, Option<RecordIndex>)) {
        let none = Members::default();
        let ranges = ranges(table);
        let mut names: Vec<&str> = self.sources.keys().map(String::as_str).chain(ranges.keys().copied()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let known = self.sources.get_key_value(name);
            let range = ranges.get_key_value(name);
            let name = range.map(|(name, _)| *name).or(known.map(|(name, _)| name.as_str())).unwrap_or_default();
            let members: Option<&'a Members> = known.map(|(_, members)| members);
            let mut records = range.map_or(0..0, |(_, range)| range.clone());
            let mut places = 0..members.unwrap_or(&none).child.len();
            loop {
                let old = members.filter(|_| !places.is_empty()).map(|members| members.id(places.start));
                let new = (!records.is_empty()).then(|| table.record_id(records.start));
                let order = match (old, new) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(old), Some(new)) => old.cmp(new),
                };
                let before = members
                    .filter(|_| order != Ordering::Greater)
                    .and_then(|members| members.child.get(places.start).copied());
                let place = (order != Ordering::Less).then_some(records.start);
                visit(name, new.filter(|_| place.is_some()).or(old).unwrap_or_default(), before, place);
                places.start += usize::from(before.is_some());
                records.start += u32::from(place.is_some());
            }
        }
    }
}

/// The records of each source of a table.
fn ranges(table: &Table) -> BTreeMap<&str, Range<RecordIndex>> {
    let source = table.source_index();
    let first = |rank: usize| source.partition_point(|&own| usize::from(own) < rank) as RecordIndex;
    let names = table.sources().iter().enumerate();
    names.map(|(rank, name)| (name.as_str(), first(rank)..first(rank + 1))).collect()
}

impl Project {
    /// Those of some records, by source and id, that the last run did not have.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unknown_records<'k>(
        &self,
        records: impl IntoIterator<Item = (&'k str, &'k str)>,
    ) -> Result<BTreeSet<(&'k str, &'k str)>, Error> {
        // In order, so that each is looked for near the one before.
        let mut asked: Vec<(&str, &str)> = records.into_iter().collect();
        asked.sort_unstable();
        asked.dedup();
        let mut number = self.connection.prepare("SELECT id FROM source WHERE name = ?1").stored()?;
        let mut known =
            self.connection.prepare("SELECT 1 FROM record WHERE source = ?1 AND record_id = ?2").stored()?;
        let mut unknown = BTreeSet::new();
        for of_source in asked.chunk_by(|one, other| one.0 == other.0) {
            let source: Option<i64> = number.query_row([of_source[0].0], |row| row.get(0)).optional().stored()?;
            for &record in of_source {
                let is_known = source.map_or(Ok(false), |source| known.exists(params![source, record.1]).stored())?;
                if !is_known {
                    unknown.insert(record);
                }
            }
        }
        Ok(unknown)
    }

    /// The children of the last run, for the records of a table.
    ///
    /// # Errors
    /// Those of the database.
    pub fn previous(&self, table: &Table) -> Result<Previous, Error> {
        let next_child_id = setting::number(&self.connection, setting::NEXT_CHILD)?.unwrap_or(0);
        Ok(Previous { children: self.membership()?.children_in(table), next_child_id })
    }

    /// Lets go of what [`look_ahead`](Project::look_ahead) and other calls have read of the records: it is read again
    /// where it is asked for. For runs that spare memory.
    pub fn forget_records(&self) {
        self.known_members.take();
    }

    /// All records with their children, read once as long as nobody else can change them.
    pub(super) fn membership(&self) -> Result<Arc<Membership>, Error> {
        let mut known = self.known_members.borrow_mut();
        if let Some(known) = known.as_ref().filter(|_| self.is_alone()) {
            return Ok(Arc::clone(known));
        }
        Ok(Arc::clone(known.insert(Arc::new(Membership::of(&self.connection)?))))
    }

    /// Whether a run has given records their children, so that the next one lists what changed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_children(&self) -> Result<bool, Error> {
        Ok(setting::number(&self.connection, setting::NEXT_CHILD)?.is_some())
    }

    /// The first serial of a child that was never given.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_child(&self) -> Result<u64, Error> {
        Ok(setting::number(&self.connection, setting::NEXT_CHILD)?.unwrap_or(1))
    }

    /// How many records and children the project has.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts(&self) -> Result<(u64, u64), Error> {
        let sql = "SELECT count(*), count(DISTINCT child) FROM record";
        let counts = self.connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        counts.stored().map(|(records, children)| (records as u64, children as u64))
    }

    /// Hands over every record with its child, in order of source and id.
    ///
    /// # Errors
    /// Those of the database and of `each`.
    pub fn each_record(&self, each: &mut dyn FnMut(&str, &str, u64) -> Result<(), Error>) -> Result<(), Error> {
        for (source, members) in &self.membership()?.sources {
            for (place, &child) in members.child.iter().enumerate() {
                each(source, members.id(place), child)?;
            }
        }
        Ok(())
    }

    /// The records of one child, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn records_of(&self, child: u64) -> Result<Vec<RecordRow>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT source.name, record_id FROM record JOIN source ON source.id = record.source \
                 WHERE child = ?1 ORDER BY source.name, record_id",
            )
            .stored()?;
        let rows =
            rows.query_map([child as i64], |row| Ok(RecordRow { source: row.get(0)?, record_id: row.get(1)?, child }));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// The child of a record.
    ///
    /// # Errors
    /// `project/unknown-record`, and those of the database.
    pub fn child_of(&self, source: &str, record_id: &str) -> Result<u64, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT child FROM record JOIN source ON source.id = record.source \
                 WHERE source.name = ?1 AND record_id = ?2",
            )
            .stored()?;
        let mut rows = rows.query([source, record_id]).stored()?;
        match rows.next().stored()? {
            Some(row) => Ok(row.get::<_, i64>(0).stored()? as u64),
            None => Err(Error::new(
                "project/unknown-record",
                "the project has no such record",
                "name the source and the record id as the file `children` has them",
            )),
        }
    }
}
