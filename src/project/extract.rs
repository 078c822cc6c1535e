//! Extracts: which file stands for which source, with its column map, and what it replaced.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::error::Error;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// An extract about to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExtract {
    /// What it stands for: the name of a source, or of the file for one that names its sources in a column. The next
    /// extract of the same name takes its place.
    pub slot: String,
    /// The whole path of the file; of a database its connection string, without a password.
    pub path: String,
    /// What the database is asked, if it is one.
    pub query: Option<DatabaseQuery>,
    /// The source that all its rows come from, if that is not told by a column or the file's name.
    pub given_source: Option<String>,
    /// Its own list of column spellings (TOML).
    pub column_map: Option<String>,
    /// Its length; of a database that of the rows when it was added.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal figures: for the record. Empty for a database, whose rows come in any
    /// order.
    pub sha256: String,
    /// XXH64 of its content, in hexadecimal figures: looked at before each run. Of a database a sum over its rows when
    /// it was added; each run reads it anew.
    pub checksum: String,
}

/// What a database is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseQuery {
    /// The query.
    pub sql: String,
    /// The environment variable that holds the password; `None` for the usual one.
    pub password_env: Option<String>,
}

/// An extract of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// Its number.
    pub id: i64,
    /// Its place among the inputs of a run.
    pub position: i64,
    /// When it was added.
    pub added_at: String,
    /// What was told of it.
    pub told: NewExtract,
}

const COLUMNS: &str =
    "id, position, added_at, slot, path, given_source, column_map, bytes, sha256, checksum, query, password_env";

fn read(row: &Row) -> rusqlite::Result<Extract> {
    let sql: Option<String> = row.get(10)?;
    let password_env = row.get(11)?;
    Ok(Extract {
        id: row.get(0)?,
        position: row.get(1)?,
        added_at: row.get(2)?,
        told: NewExtract {
            slot: row.get(3)?,
            path: row.get(4)?,
            query: sql.map(|sql| DatabaseQuery { sql, password_env }),
            given_source: row.get(5)?,
            column_map: row.get(6)?,
            bytes: row.get::<_, i64>(7)? as u64,
            sha256: row.get(8)?,
            checksum: row.get(9)?,
        },
    })
}

impl Project {
    /// Adds extracts, each in the place of the one that stood for the same. One that is the same file with the same
    /// content is passed over. Tells how many were new and how many took the place of another.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_extracts(&mut self, extracts: &[NewExtract], deed: &Deed) -> Result<(usize, usize), Error> {
        let transaction = self.change()?;
        let (mut new, mut replacing) = (0, 0);
        for extract in extracts {
            let known = transaction
                .query_row(
                    &format!("SELECT {COLUMNS} FROM extract WHERE slot = ?1 AND current = 1"),
                    [&extract.slot],
                    read,
                )
                .optional()
                .stored()?;
            if known.as_ref().is_some_and(|known| known.told == *extract) {
                continue;
            }
            let position = match &known {
                Some(known) => known.position,
                None => transaction
                    .query_row("SELECT coalesce(max(position) + 1, 0) FROM extract", [], |row| row.get(0))
                    .stored()?,
            };
            if let Some(known) = &known {
                transaction.execute("UPDATE extract SET current = 0 WHERE id = ?1", [known.id]).stored()?;
                replacing += 1;
            } else {
                new += 1;
            }
            transaction
                .execute(
                    "INSERT INTO extract (slot, position, path, given_source, column_map, bytes, sha256, checksum, \
                     added_at, replaces, query, password_env, current) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1)",
                    params![
                        extract.slot,
                        position,
                        extract.path,
                        extract.given_source,
                        extract.column_map,
                        extract.bytes as i64,
                        extract.sha256,
                        extract.checksum,
                        deed.at,
                        known.as_ref().map(|known| known.id),
                        extract.query.as_ref().map(|query| &query.sql),
                        extract.query.as_ref().and_then(|query| query.password_env.as_ref()),
                    ],
                )
                .stored()?;
            let id = transaction.last_insert_rowid();
            let detail = match &known {
                Some(known) => format!("{} in the place of extract {}", extract.slot, known.id),
                None => extract.slot.clone(),
            };
            note(&transaction, deed, "add", &format!("extract {id}"), &detail)?;
        }
        transaction.commit().stored()?;
        Ok((new, replacing))
    }

    /// Lets an extract go: later runs do not read it.
    ///
    /// # Errors
    /// `project/unknown-extract`, and those of the database.
    pub fn drop_extract(&mut self, slot: &str, deed: &Deed) -> Result<(), Error> {
        let transaction = self.change()?;
        let dropped =
            transaction.execute("UPDATE extract SET current = 0 WHERE slot = ?1 AND current = 1", [slot]).stored()?;
        if dropped == 0 {
            return Err(Error::new(
                "project/unknown-extract",
                format!("no extract stands for {slot}"),
                "`childlink project status` lists the extracts",
            ));
        }
        note(&transaction, deed, "drop", "extract", slot)?;
        transaction.commit().stored()
    }

    /// The extracts that the next run reads, in order: files, then databases.
    ///
    /// # Errors
    /// Those of the database.
    pub fn extracts(&self) -> Result<Vec<Extract>, Error> {
        let mut rows = self
            .connection
            .prepare(&format!("SELECT {COLUMNS} FROM extract WHERE current = 1 ORDER BY query NOT NULL, position, id"))
            .stored()?;
        rows.query_map([], read).stored()?.collect::<Result<_, _>>().stored()
    }

    /// The extracts of a run, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn extracts_of_run(&self, run: i64) -> Result<Vec<Extract>, Error> {
        let columns: Vec<String> = COLUMNS.split(", ").map(|name| format!("extract.{name}")).collect();
        let mut rows = self
            .connection
            .prepare(&format!(
                "SELECT {} FROM run_extract JOIN extract ON extract.id = run_extract.extract WHERE run = ?1 \
                 ORDER BY run_extract.position",
                columns.join(", ")
            ))
            .stored()?;
        rows.query_map([run], read).stored()?.collect::<Result<_, _>>().stored()
    }

    /// Keeps what rows of a database a run read, or sees that they are those that it read before it was cut off.
    ///
    /// # Errors
    /// `project/rows-changed` where they are others, and those of the database.
    pub fn note_rows(&mut self, run: i64, extract: &Extract, checksum: &str) -> Result<(), Error> {
        let transaction = self.change()?;
        let known: Option<String> = transaction
            .query_row(
                "SELECT rows_checksum FROM run_extract WHERE run = ?1 AND extract = ?2",
                params![run, extract.id],
                |row| row.get(0),
            )
            .stored()?;
        if known.is_some_and(|known| known != checksum) {
            return Err(Error::new(
                "project/rows-changed",
                format!("the database of {} gives other rows than when the run began", extract.told.slot),
                "run again without --resume: the new run takes them in",
            ));
        }
        transaction
            .execute(
                "UPDATE run_extract SET rows_checksum = ?3 WHERE run = ?1 AND extract = ?2",
                params![run, extract.id, checksum],
            )
            .stored()?;
        transaction.commit().stored()
    }

    /// Sees that the records of these extracts are those that the last run gave children to: with another extract, or
    /// other rows of a database, the child of a record may be that of somebody who stood under its id before. `rows`
    /// tells what each database gives now. What came through an index has its children from there.
    ///
    /// # Errors
    /// `project/run-first`, and those of the database.
    pub fn check_run(&self, extracts: &[Extract], rows: &[(i64, String)], absorbed: &str) -> Result<(), Error> {
        let sql = "SELECT extract, rows_checksum FROM run_extract WHERE run = \
             (SELECT max(id) FROM run WHERE kind = 'link' AND state IN ('settled', 'finished'))";
        let mut read = self.connection.prepare(sql).stored()?;
        let read: BTreeMap<i64, Option<String>> =
            read.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).stored()?.collect::<Result<_, _>>().stored()?;
        let is_as_it_was = |extract: &Extract| match read.get(&extract.id) {
            None => extract.told.slot == absorbed,
            Some(None) => true,
            Some(Some(known)) => rows.iter().any(|(id, rows)| *id == extract.id && rows == known),
        };
        match extracts.iter().find(|extract| !is_as_it_was(extract)) {
            None => Ok(()),
            Some(extract) => Err(Error::new(
                "project/run-first",
                format!("the last run read other records of {} than there are now", extract.told.slot),
                "run `childlink project run` before",
            )),
        }
    }
}
