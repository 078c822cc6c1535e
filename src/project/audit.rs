//! Every change of a project: when, by whom, what.

use super::Project;
use super::fault::Store;
use crate::error::Error;
use rusqlite::Connection;

/// A change about to be made: the core has no clock and knows no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The moment, in a form that sorts (ISO 8601, UTC).
    pub at: String,
    /// Who does it.
    pub by: String,
}

/// One entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// Its number; each is one more than the last.
    pub id: i64,
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// What was done: `init`, `add`, `run`, `decide`, `withdraw`, `undo-run` and so on.
    pub action: String,
    /// To what: an extract, a run, a decision.
    pub subject: String,
    /// How, in numbers and names of files; no field of a record.
    pub detail: String,
}

/// Adds an entry within the transaction of the change itself.
pub(super) fn note(
    connection: &Connection,
    deed: &Deed,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO audit (at, by, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
        .stored()?
        .execute([&deed.at, &deed.by, action, subject, detail])
        .stored()?;
    Ok(())
}

impl Project {
    /// Every change of the project, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn audit(&self) -> Result<Vec<AuditRow>, Error> {
        let mut rows =
            self.connection.prepare("SELECT id, at, by, action, subject, detail FROM audit ORDER BY id").stored()?;
        let rows = rows.query_map([], |row| {
            Ok(AuditRow {
                id: row.get(0)?,
                at: row.get(1)?,
                by: row.get(2)?,
                action: row.get(3)?,
                subject: row.get(4)?,
                detail: row.get(5)?,
            })
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }
}
