//! Flags of the sources (safeguarding and the like), carried as they came: never evidence, never without their scope.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::error::Error;
use crate::index::EntryId;
use std::collections::BTreeMap;
use std::io::Read;

/// A flag as its source gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Flag {
    /// The source of the record.
    pub source: String,
    /// Its id.
    pub record_id: String,
    /// For whom it is: shown beside the flag wherever that goes.
    pub scope: String,
    /// The flag, opaque to childlink.
    pub flag: String,
}

/// A flag of a record by its number in an index.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct EntryFlag {
    /// The number of the record.
    pub entry: EntryId,
    /// For whom the flag is.
    pub scope: String,
    /// The flag, opaque to childlink.
    pub flag: String,
}

/// Reads `entry,scope,flag`.
///
/// # Errors
/// `list/missing-column`, `list/unreadable` with the line.
pub fn read_entry_flags(list: impl Read) -> Result<Vec<EntryFlag>, Error> {
    read_list(list, &["entry", "scope", "flag"])
}

/// A child some of whose records carry a flag that others do not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FlaggedMerge {
    /// The child.
    pub child: u64,
    /// Its records that carry a flag.
    pub flagged: u64,
    /// Its records that carry none.
    pub unflagged: u64,
}

/// Reads `source,record_id,scope,flag`.
///
/// # Errors
/// `list/missing-column`, `list/unreadable` with the line.
pub fn read_flags(list: impl Read) -> Result<Vec<Flag>, Error> {
    read_list(list, &["source", "record_id", "scope", "flag"])
}

/// Reads a list with a header that has these columns; others are for people.
///
/// # Errors
/// `list/missing-column`, `list/unreadable` with the line.
pub(super) fn read_list<T: serde::de::DeserializeOwned>(
    list: impl Read,
    columns: &[&'static str],
) -> Result<Vec<T>, Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(list);
    let unreadable = |line: u64| {
        let message = format!("line {line} of the list: the row cannot be read as UTF-8 text with the header's fields");
        Error::new("list/unreadable", message, "correct the line")
    };
    let header = reader.headers().map_err(|_| unreadable(1))?.clone();
    for &name in columns {
        if !header.iter().any(|column| column == name) {
            let message = format!("the list has no column {name}");
            let hint = format!("its header must have {}", columns.join(","));
            return Err(Error::new("list/missing-column", message, hint).in_field(name));
        }
    }
    let at = |error: csv::Error| unreadable(error.position().map_or(1, csv::Position::line));
    reader.deserialize().map(|row| row.map_err(at)).collect()
}

impl Project {
    /// Adds flags. Tells how many were not known. A flag once given stays with its record.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_flags(&mut self, flags: &[Flag], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let mut new = 0;
        {
            let mut insert = transaction
                .prepare(
                    "INSERT OR IGNORE INTO flag (source, record_id, scope, flag, added_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )
                .stored()?;
            for flag in flags {
                new += insert.execute([&flag.source, &flag.record_id, &flag.scope, &flag.flag, &deed.at]).stored()?;
            }
        }
        note(&transaction, deed, "add", "flags", &format!("{new} of {} new", flags.len()))?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// Adds flags that the host of an index keeps by the numbers of records. Tells how many were not known.
    ///
    /// # Errors
    /// `project/unknown-entry` for a number that no index of the project gave, and those of the database.
    pub fn add_entry_flags(&mut self, flags: &[EntryFlag], deed: &Deed) -> Result<usize, Error> {
        let records = self.entries()?;
        let named = |flag: &EntryFlag| {
            let (source, record_id) = records.get(&flag.entry).cloned().ok_or_else(|| {
                Error::new(
                    "project/unknown-entry",
                    format!("no record has the number {} in an index of the project", flag.entry),
                    "take in the journal of the index first; give the flags of the index that the project published",
                )
            })?;
            Ok(Flag { source, record_id, scope: flag.scope.clone(), flag: flag.flag.clone() })
        };
        let flags = flags.iter().map(named).collect::<Result<Vec<_>, Error>>()?;
        self.add_flags(&flags, deed)
    }

    /// The record behind each number of an index.
    fn entries(&self) -> Result<BTreeMap<EntryId, (String, String)>, Error> {
        let sql = "SELECT entry, source.name, record_id FROM entry JOIN source ON source.id = entry.source \
             UNION ALL SELECT entry, source, 'entry-' || entry FROM absorbed_record";
        let mut rows = self.connection.prepare(sql).stored()?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// Every flag, with the child that its record belongs to now; `None` for a record that is not there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn flags(&self) -> Result<Vec<(Flag, Option<u64>)>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT flag.source, flag.record_id, scope, flag, record.child FROM flag \
                 LEFT JOIN source ON source.name = flag.source \
                 LEFT JOIN record ON record.source = source.id AND record.record_id = flag.record_id \
                 ORDER BY flag.source, flag.record_id, scope, flag",
            )
            .stored()?;
        let rows = rows.query_map([], |row| {
            let flag = Flag { source: row.get(0)?, record_id: row.get(1)?, scope: row.get(2)?, flag: row.get(3)? };
            Ok((flag, row.get::<_, Option<i64>>(4)?.map(|child| child as u64)))
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// The children in whom flagged records met records without a flag.
    ///
    /// # Errors
    /// Those of the database.
    pub fn flagged_merges(&self) -> Result<Vec<FlaggedMerge>, Error> {
        let flags = self.flags()?;
        let mut records: Vec<(u64, &str, &str)> = flags
            .iter()
            .filter_map(|(flag, child)| child.map(|child| (child, flag.source.as_str(), flag.record_id.as_str())))
            .collect();
        records.sort_unstable();
        records.dedup();
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let children: std::collections::BTreeMap<u64, u64> = {
            let mut counts = std::collections::BTreeMap::new();
            records.iter().for_each(|(child, _, _)| *counts.entry(*child).or_insert(0) += 1);
            counts
        };
        let mut all = std::collections::BTreeMap::new();
        let mut rows = self.connection.prepare("SELECT child FROM record").stored()?;
        let mut rows = rows.query([]).stored()?;
        while let Some(row) = rows.next().stored()? {
            let child = row.get::<_, i64>(0).stored()? as u64;
            if children.contains_key(&child) {
                *all.entry(child).or_insert(0u64) += 1;
            }
        }
        let merges = children.into_iter().map(|(child, flagged)| {
            let records = all.get(&child).copied().unwrap_or(flagged);
            FlaggedMerge { child, flagged, unflagged: records - flagged.min(records) }
        });
        Ok(merges.filter(|merge| merge.unflagged > 0).collect())
    }
}
