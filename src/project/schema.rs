//! The tables of a project file, and the steps from one version of them to the next.

use super::fault::{Store, newer_version, not_a_project};
use crate::error::Error;
use rusqlite::Connection;

/// Marks the file as ours among SQLite databases: `CHLK` in ASCII.
pub(super) const APPLICATION: i32 = 0x4348_4C4B;

/// One step for each version; a file of version `n` has taken the first `n`. Steps are never changed once
/// released: a later version is one more step.
const STEPS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6, VERSION_7];

/// The version that this program writes.
pub const VERSION: usize = STEPS.len();

/// Tables that are only ever added to, with the version that made each and what the database says when it refuses
/// anything else. Like a step, a line is never changed once released.
pub(super) const ONLY_ADDED_TO: &[(usize, &str, &str)] = &[
    (1, "decision", "decisions are only added"),
    (1, "withdrawal", "withdrawals are only added"),
    (1, "history", "history is only added to"),
    (1, "audit", "the audit is only added to"),
    (4, "trace", "traces are only added"),
    (4, "traced", "results are only added"),
    (4, "trace_withdrawal", "withdrawals are only added"),
    (6, "withdrawn_death", "withdrawals are only added"),
    (7, "list", "lists are only added"),
    (7, "list_entry", "entries of lists are only added"),
    (7, "list_withdrawal", "withdrawals are only added"),
];

/// The triggers by which the database refuses to change or delete rows of a table.
fn refusals(table: &str, words: &str) -> String {
    let refusal = |name: &str, deed: &str| {
        format!("CREATE TRIGGER {table}_{name} BEFORE {deed} ON {table} BEGIN SELECT RAISE (ABORT, '{words}'); END;\n")
    };
    refusal("stays", "UPDATE") + &refusal("kept", "DELETE")
}

const VERSION_1: &str = "
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE extract (
  id INTEGER PRIMARY KEY,
  slot TEXT NOT NULL,
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  given_source TEXT,
  column_map TEXT,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  checksum TEXT NOT NULL,
  added_at TEXT NOT NULL,
  replaces INTEGER REFERENCES extract (id),
  current INTEGER NOT NULL CHECK (current IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX extract_current ON extract (slot) WHERE current = 1;

CREATE TABLE model (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  document TEXT NOT NULL,
  added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('started', 'trained', 'linked', 'settled', 'finished', 'abandoned', 'undone')),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  program TEXT NOT NULL,
  parameters TEXT NOT NULL,
  last_decision INTEGER NOT NULL,
  model TEXT REFERENCES model (hash),
  training TEXT,
  lists TEXT,
  outcome BLOB,
  summary TEXT
) STRICT;

CREATE TABLE run_extract (
  run INTEGER NOT NULL REFERENCES run (id),
  position INTEGER NOT NULL,
  extract INTEGER NOT NULL REFERENCES extract (id),
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE record (
  source INTEGER NOT NULL REFERENCES source (id),
  record_id TEXT NOT NULL,
  child INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (source, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  run INTEGER NOT NULL,
  source INTEGER NOT NULL REFERENCES source (id),
  record_id TEXT NOT NULL,
  before INTEGER,
  after INTEGER,
  PRIMARY KEY (run, source, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pair (
  source_l TEXT NOT NULL,
  record_id_l TEXT NOT NULL,
  source_r TEXT NOT NULL,
  record_id_r TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('link', 'review', 'restricted')),
  weight REAL,
  guards TEXT NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (source_l, record_id_l, source_r, record_id_r)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_l TEXT NOT NULL,
  record_id_l TEXT NOT NULL,
  source_r TEXT NOT NULL,
  record_id_r TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'unsure')),
  reader TEXT NOT NULL,
  decided_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  evidence_hash TEXT NOT NULL,
  shown_run INTEGER,
  shown_weight REAL,
  shown_guards TEXT,
  shown_evidence TEXT,
  recorded_at TEXT NOT NULL,
  UNIQUE (source_l, record_id_l, source_r, record_id_r, reader, decided_at, verdict)
) STRICT;

CREATE TABLE withdrawal (
  decision INTEGER PRIMARY KEY REFERENCES decision (id),
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE superseded (
  old_number TEXT NOT NULL,
  new_number TEXT NOT NULL,
  added_at TEXT NOT NULL,
  PRIMARY KEY (old_number, new_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE barred (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
  added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE flag (
  source TEXT NOT NULL,
  record_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  flag TEXT NOT NULL,
  added_at TEXT NOT NULL,
  PRIMARY KEY (source, record_id, scope, flag)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  extract INTEGER NOT NULL REFERENCES extract (id),
  row INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (extract, row, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
";

/// What indexes gave and were given.
const VERSION_2: &str = "
ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'link' CHECK (kind IN ('link', 'absorb'));

CREATE TABLE entry (
  source INTEGER NOT NULL REFERENCES source (id),
  record_id TEXT NOT NULL,
  entry INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (source, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE absorbed (
  sequence INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE TABLE absorbed_record (
  entry INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  fields TEXT NOT NULL,
  present INTEGER NOT NULL CHECK (present IN (0, 1)),
  decision INTEGER REFERENCES decision (id)
) STRICT;
";

/// What the scan of the last run found, so that the next one looks only at what has changed.
const VERSION_3: &str = "
ALTER TABLE run ADD COLUMN scan BLOB;
ALTER TABLE run ADD COLUMN scan_model TEXT;
";

/// What traces told of records. There is no column for where somebody lives.
const VERSION_4: &str = "
CREATE TABLE trace (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;

CREATE TABLE traced (
  trace INTEGER NOT NULL REFERENCES trace (id),
  source TEXT NOT NULL,
  record_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  code TEXT NOT NULL,
  nhs_number TEXT,
  asked TEXT,
  sensitive INTEGER NOT NULL CHECK (sensitive IN (0, 1)),
  evidence TEXT NOT NULL,
  barred BLOB CHECK (barred IS NULL OR length(barred) = 32),
  PRIMARY KEY (trace, source, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE trace_withdrawal (
  trace INTEGER NOT NULL,
  source TEXT NOT NULL,
  record_id TEXT NOT NULL,
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (trace, source, record_id),
  FOREIGN KEY (trace, source, record_id) REFERENCES traced (trace, source, record_id)
) STRICT, WITHOUT ROWID;
";

/// Extracts that are asked of a database: the query, where the password is found (never the password), and what rows
/// each run read.
const VERSION_5: &str = "
ALTER TABLE extract ADD COLUMN query TEXT;
ALTER TABLE extract ADD COLUMN password_env TEXT;
ALTER TABLE run_extract ADD COLUMN rows_checksum TEXT;
";

/// What records told, run by run, and deaths that were withdrawn.
const VERSION_6: &str = "
CREATE TABLE told (
  source INTEGER NOT NULL REFERENCES source (id),
  record_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  first_run INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  PRIMARY KEY (source, record_id, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawn_death (
  source TEXT NOT NULL,
  record_id TEXT NOT NULL,
  died TEXT NOT NULL,
  added_at TEXT NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (source, record_id, died)
) STRICT, WITHOUT ROWID;

CREATE TABLE notified_death (
  child INTEGER NOT NULL,
  died TEXT NOT NULL,
  run INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
  PRIMARY KEY (child, died)
) STRICT, WITHOUT ROWID;
";

/// Lists with a number each, whose entries can be withdrawn. What earlier versions kept of lists without a number
/// becomes one list for each time that something was added.
const VERSION_7: &str = "
CREATE TABLE list (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('superseded', 'barred')),
  at TEXT NOT NULL,
  by TEXT NOT NULL
) STRICT;

CREATE TABLE list_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  list INTEGER NOT NULL REFERENCES list (id),
  old_number TEXT,
  new_number TEXT,
  hash BLOB CHECK (hash IS NULL OR length(hash) = 32),
  CHECK ((hash IS NULL) = (old_number IS NOT NULL AND new_number IS NOT NULL))
) STRICT;
CREATE INDEX list_entry_list ON list_entry (list);
CREATE INDEX list_entry_number ON list_entry (old_number, new_number) WHERE old_number IS NOT NULL;
CREATE INDEX list_entry_hash ON list_entry (hash) WHERE hash IS NOT NULL;

CREATE TABLE list_withdrawal (
  entry INTEGER PRIMARY KEY REFERENCES list_entry (id),
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

INSERT INTO list (kind, at, by)
  SELECT kind, added_at, coalesce((SELECT audit.by FROM audit
    WHERE action = 'add' AND subject = kind AND audit.at = added_at ORDER BY id LIMIT 1), '')
  FROM (SELECT DISTINCT 'superseded' AS kind, added_at FROM superseded
    UNION SELECT DISTINCT 'barred', added_at FROM barred) ORDER BY added_at, kind DESC;
INSERT INTO list_entry (list, old_number, new_number)
  SELECT list.id, old_number, new_number FROM superseded JOIN list ON kind = 'superseded' AND at = added_at
  ORDER BY list.id, old_number, new_number;
INSERT INTO list_entry (list, hash)
  SELECT list.id, hash FROM barred JOIN list ON kind = 'barred' AND at = added_at ORDER BY list.id, hash;
DROP TABLE superseded;
DROP TABLE barred;
";

/// Brings an open database to the present version, each step whole or not at all.
///
/// # Errors
/// `project/not-a-project`, `project/newer-version`, and those of the database.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    migrate_to(connection, VERSION)
}

/// The same to a version up to the present one.
pub(super) fn migrate_to(connection: &mut Connection, last: usize) -> Result<(), Error> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id").stored()?, pragma("user_version").stored()?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).stored()?;
    if application != i64::from(APPLICATION) && (application, version, tables) != (0, 0, 0) {
        return Err(not_a_project());
    }
    let known = usize::try_from(version).ok().filter(|&version| version <= VERSION).ok_or_else(newer_version)?;
    for (place, step) in STEPS.iter().enumerate().take(last).skip(known) {
        let transaction = connection.transaction().stored()?;
        transaction.execute_batch(step).stored()?;
        for (_, table, words) in ONLY_ADDED_TO.iter().filter(|(version, _, _)| *version == place + 1) {
            transaction.execute_batch(&refusals(table, words)).stored()?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION).stored()?;
        transaction.pragma_update(None, "user_version", place as i64 + 1).stored()?;
        transaction.commit().stored()?;
    }
    Ok(())
}
