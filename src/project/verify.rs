//! Whether a project file is whole, and whole copies of it.

use super::fault::Store;
use super::run::model_of;
use super::{Project, schema, setting};
use crate::error::Error;
use crate::index::JournalEntry;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh64::xxh64;

impl Project {
    /// Checks the whole file: pages, indexes and constraints; every table, index and trigger; references; and every
    /// document that is kept with a checksum (models, outcomes, scans, changes of an index).
    ///
    /// # Errors
    /// `project/damaged`, which says what.
    pub fn verify(&self) -> Result<(), Error> {
        let connection = &self.connection;
        let whole: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).stored()?;
        if whole != "ok" {
            return Err(damaged("its pages, indexes or constraints do not hold together"));
        }
        check_schema(connection)?;
        if connection.prepare("PRAGMA foreign_key_check").stored()?.exists([]).stored()? {
            return Err(damaged("an entry refers to one that is not there"));
        }
        check_models(connection)?;
        check_runs(connection)?;
        let mut changes = connection.prepare("SELECT sequence, bytes FROM absorbed").stored()?;
        let mut changes = changes.query([]).stored()?;
        while let Some(row) = changes.next().stored()? {
            let (sequence, bytes): (i64, Vec<u8>) = (row.get(0).stored()?, row.get(1).stored()?);
            let mut rest = bytes.as_slice();
            if !matches!(JournalEntry::read(&mut rest), Ok(Some(_))) || !rest.is_empty() {
                return Err(damaged(&format!("change {sequence} of an index is not what was taken in")));
            }
        }
        Ok(())
    }

    /// How many bytes of finished changes stand in the file beside it (FILE-wal) and not yet in the file itself: a copy
    /// of the file alone would lack them.
    pub fn bytes_beside(&self) -> u64 {
        let mut name = self.path.as_os_str().to_owned();
        name.push("-wal");
        std::fs::metadata(PathBuf::from(name)).map_or(0, |about| about.len())
    }

    /// Brings into the file what stands beside it, as far as nobody reads it there. What cannot be brought in stays
    /// beside it, and is not lost.
    pub fn fold(&self) {
        // Nobody is waited for: the next one to open the project does it.
        if self.connection.busy_timeout(std::time::Duration::ZERO).is_ok() {
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            let _ = self.connection.busy_timeout(super::PATIENCE);
        }
    }

    /// Writes a whole copy into a file that is empty or not there, as the project stands at this moment.
    ///
    /// # Errors
    /// Those of the database.
    pub fn copy_into(&self, path: &Path) -> Result<(), Error> {
        let Some(path) = path.to_str() else {
            let message = "the name of the copy is no Unicode text, and the database cannot open it";
            return Err(Error::new("project/cannot-write", message, "name the copy in Unicode"));
        };
        self.connection.execute("VACUUM INTO ?1", [path]).stored().map(drop)
    }
}

impl Drop for Project {
    /// A copy of the file is then a copy of the project.
    fn drop(&mut self) {
        if self.is_alone() {
            self.fold();
        }
    }
}

fn damaged(what: &str) -> Error {
    Error::new(
        "project/damaged",
        format!("the project file is damaged: {what}"),
        "put back the last copy of it; `childlink project export` writes what can be carried over by hand",
    )
}

/// Tables, indexes and triggers by kind and name, with their definitions.
fn objects(connection: &Connection) -> Result<BTreeMap<(String, String), String>, Error> {
    let mut rows = connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema").stored()?;
    rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).stored()?.collect::<Result<_, _>>().stored()
}

/// Sees that everything stands in the file that this version makes, as it makes it: a trigger that is gone would let
/// decisions be changed without a word.
fn check_schema(connection: &Connection) -> Result<(), Error> {
    let mut fresh = Connection::open_in_memory().stored()?;
    schema::migrate(&mut fresh)?;
    let found = objects(connection)?;
    let words = |sql: &str| sql.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for ((kind, name), sql) in objects(&fresh)? {
        match found.get(&(kind.clone(), name.clone())) {
            None => return Err(damaged(&format!("the {kind} {name} is not there"))),
            Some(other) if words(other) != words(&sql) => {
                return Err(damaged(&format!("the {kind} {name} is another than it was made")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Sees that every model is the one of its hash, and that the one in use is there.
fn check_models(connection: &Connection) -> Result<(), Error> {
    let mut rows = connection.prepare("SELECT hash FROM model ORDER BY hash").stored()?;
    let hashes: Vec<String> = rows.query_map([], |row| row.get(0)).stored()?.collect::<Result<_, _>>().stored()?;
    let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
    for hash in &hashes {
        if model_of(connection, hash).is_err() {
            return Err(damaged(&format!("the model {} is not what was kept", short(hash))));
        }
    }
    match setting::get(connection, setting::MODEL)? {
        Some(hash) if !hashes.contains(&hash) => {
            Err(damaged(&format!("the model in use, {}, is not there", short(&hash))))
        }
        _ => Ok(()),
    }
}

/// Sees that what runs left is what they wrote.
fn check_runs(connection: &Connection) -> Result<(), Error> {
    let unreadable = "SELECT id FROM run WHERE NOT json_valid(parameters) OR NOT json_valid(coalesce(training, '{}')) \
         OR NOT json_valid(coalesce(summary, '{}'))";
    let unreadable: Option<i64> = connection.query_row(unreadable, [], |row| row.get(0)).optional().stored()?;
    if let Some(run) = unreadable {
        return Err(damaged(&format!("a document of run {run} cannot be read")));
    }
    let mut rows = connection.prepare("SELECT id, outcome, scan FROM run").stored()?;
    let mut rows = rows.query([]).stored()?;
    while let Some(row) = rows.next().stored()? {
        for (column, what) in [(1, "outcome"), (2, "scan")] {
            let bytes: Option<Vec<u8>> = row.get(column).stored()?;
            if bytes.is_some_and(|bytes| !is_sealed(&bytes)) {
                let run: i64 = row.get(0).stored()?;
                return Err(damaged(&format!("the {what} of run {run} is not what was kept")));
            }
        }
    }
    Ok(())
}

/// Whether packed bytes end in the checksum of the others.
fn is_sealed(bytes: &[u8]) -> bool {
    bytes.split_last_chunk().is_some_and(|(content, checksum)| xxh64(content, 0) == u64::from_le_bytes(*checksum))
}
