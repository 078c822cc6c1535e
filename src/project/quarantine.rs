//! Rows that were set aside, by extract: where they stand and why. Their text stays in the extract.

use super::Project;
use super::extract::Extract;
use super::fault::Store;
use crate::error::Error;
use crate::exchange::rows::Quarantined;
use rusqlite::{Connection, params};

/// Notes the rows of a run's extracts; those of extracts that were read before are known.
pub(super) fn keep(connection: &Connection, extracts: &[Extract], rows: &[Quarantined]) -> Result<(), Error> {
    let mut forget = connection.prepare("DELETE FROM quarantine WHERE extract = ?1").stored()?;
    for extract in extracts {
        forget.execute([extract.id]).stored()?;
    }
    let mut insert =
        connection.prepare("INSERT OR IGNORE INTO quarantine (extract, row, reason) VALUES (?1, ?2, ?3)").stored()?;
    for row in rows {
        if let Some(extract) = extracts.get(usize::from(row.input)) {
            insert.execute(params![extract.id, row.row, row.reason.id]).stored()?;
        }
    }
    Ok(())
}

impl Project {
    /// How many rows of the present extracts were set aside for each reason, by the name of the extract.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quarantine_counts(&self) -> Result<Vec<(String, String, u64)>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT slot, reason, count(*) FROM quarantine JOIN extract ON extract.id = quarantine.extract \
                 WHERE current = 1 GROUP BY slot, reason ORDER BY slot, reason",
            )
            .stored()?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64)));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }
}
