//! Single facts of a project, by name.

use super::fault::Store;
use crate::error::Error;
use rusqlite::{Connection, OptionalExtension};

/// When the project was begun.
pub(super) const BEGUN_AT: &str = "begun_at";
/// The first serial of a child that was never given.
pub(super) const NEXT_CHILD: &str = "next_child";
/// The first serial that no index gave to a child.
pub(super) const NEXT_OF_INDEX: &str = "next_child_of_index";
/// The first number that the index published last may give to a record.
pub(super) const NEXT_ENTRY: &str = "next_entry_of_index";
/// The hash of the model that runs use until it is trained anew.
pub(super) const MODEL: &str = "model";

pub(super) fn get(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    let value = connection.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0));
    match value.optional() {
        // A file whose making was cut short has no tables yet.
        Err(rusqlite::Error::SqliteFailure(_, Some(text))) if text.starts_with("no such table") => Ok(None),
        other => other.stored(),
    }
}

pub(super) fn set(connection: &Connection, name: &str, value: &str) -> Result<(), Error> {
    connection
        .execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            [name, value],
        )
        .stored()?;
    Ok(())
}

pub(super) fn number(connection: &Connection, name: &str) -> Result<Option<u64>, Error> {
    Ok(get(connection, name)?.and_then(|text| text.parse().ok()))
}
