//! The tables of a project file, and the steps from one version of them to the next.

use super::fault::{Store, newer_version, not_a_project};
use crate::error::Error;
use rusqlite::Connection;

/// Marks the file as ours among SQLite databases: `CHLK` in ASCII.
pub(super) const APPLICATION: i32 = 0x4348_4C4B;

/// One step for each version; a file of version `n` has taken the first `n`. Steps are never changed once
/// released: a later version is one more step.
const STEPS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6];

/// The version that this program writes.
pub const VERSION: usize = STEPS.len();

/// Decisions, withdrawals, history and audit are only ever added to: the database itself refuses anything else.
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

CREATE TRIGGER decision_stays BEFORE UPDATE ON decision BEGIN SELECT RAISE (ABORT, 'decisions are only added'); END;
CREATE TRIGGER decision_kept BEFORE DELETE ON decision BEGIN SELECT RAISE (ABORT, 'decisions are only added'); END;
CREATE TRIGGER withdrawal_stays BEFORE UPDATE ON withdrawal BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
CREATE TRIGGER withdrawal_kept BEFORE DELETE ON withdrawal BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
CREATE TRIGGER history_stays BEFORE UPDATE ON history BEGIN SELECT RAISE (ABORT, 'history is only added to'); END;
CREATE TRIGGER history_kept BEFORE DELETE ON history BEGIN SELECT RAISE (ABORT, 'history is only added to'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'the audit is only added to'); END;
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

CREATE TRIGGER trace_stays BEFORE UPDATE ON trace BEGIN SELECT RAISE (ABORT, 'traces are only added'); END;
CREATE TRIGGER trace_kept BEFORE DELETE ON trace BEGIN SELECT RAISE (ABORT, 'traces are only added'); END;
CREATE TRIGGER traced_stays BEFORE UPDATE ON traced BEGIN SELECT RAISE (ABORT, 'results are only added'); END;
CREATE TRIGGER traced_kept BEFORE DELETE ON traced BEGIN SELECT RAISE (ABORT, 'results are only added'); END;
CREATE TRIGGER trace_withdrawal_stays BEFORE UPDATE ON trace_withdrawal BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
CREATE TRIGGER trace_withdrawal_kept BEFORE DELETE ON trace_withdrawal BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
";

/// Extracts that are asked of a database: the query, where the password is found (never the password), and what rows each
/// run read.
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

CREATE TRIGGER withdrawn_death_stays BEFORE UPDATE ON withdrawn_death BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
CREATE TRIGGER withdrawn_death_kept BEFORE DELETE ON withdrawn_death BEGIN SELECT RAISE (ABORT, 'withdrawals are only added'); END;
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
        transaction.pragma_update(None, "application_id", APPLICATION).stored()?;
        transaction.pragma_update(None, "user_version", place as i64 + 1).stored()?;
        transaction.commit().stored()?;
    }
    Ok(())
}
