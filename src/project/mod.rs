//! The project file: one migration from its first extract to its last run, in one SQLite database.
//!
//! A project remembers what single runs of `link` are told afresh each time: the extracts with their column maps, the
//! lists, the model, the children of the last run. A run of a project is a run of [`link`](crate::linkage::link) with
//! these, and comes to the same bytes. Beside that it keeps what must be answerable years later: who decided what,
//! when, seeing what; which child each record belonged to after each run; what was undone.
//!
//! Nothing is overwritten that a person said: decisions, withdrawals, history and audit are only added to, and the
//! database itself refuses anything else. Every change is one transaction, so that a crash at any moment leaves the
//! project as it was before or as it is after.
//!
//! The shell opens the file, holds its lock, and says what time it is.

mod absorb;
mod audit;
mod codec;
mod decision;
mod extract;
mod fault;
mod flag;
mod history;
mod list;
mod outcome;
mod pair;
mod publish;
mod quarantine;
mod record;
mod run;
mod scan;
mod schema;
mod setting;
mod settle;
mod told;
mod traced;
mod undo;
mod verify;

pub use absorb::{Absorbed, AbsorbedRecord, INDEX_READER};
pub use audit::{AuditRow, Deed};
pub use decision::{DecisionEntry, DecisionNote, Readers, Recorded, read_decision_entries};
pub use extract::{DatabaseQuery, Extract, NewExtract};
pub use flag::{EntryFlag, Flag, FlaggedMerge, read_entry_flags, read_flags};
pub use history::{ChangeReport, HistoryRow};
pub use list::{ListEntry, Listed};
pub use outcome::{decode_outcome, encode_outcome};
pub use pair::{Evidence, ListedPair};
pub use publish::Published;
pub use record::RecordRow;
pub use run::{NewRun, Run, RunState};
pub use scan::WholeBecause;
pub use schema::VERSION;
pub use settle::{Filled, Settled};
pub use told::{NotifiedDeath, WithdrawnDeath, read_withdrawn_deaths};
pub use traced::{TraceEntry, TraceRecorded};
pub use undo::Undone;

use crate::error::Error;
use crate::linkage::model::Model;
use fault::Store;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for another process that is in the middle of a transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of the file the database holds in memory, in KiB.
const CACHE: i64 = 65_536;
/// The same where memory is spared.
const SPARING_CACHE: i64 = 4096;

/// An open project.
pub struct Project {
    connection: Connection,
    path: PathBuf,
    /// The records with their children, once they were read; forgotten before they change.
    known_members: RefCell<Option<Arc<record::Membership>>>,
    /// What the scan of the last run found, if it was read ahead.
    known_scan: RefCell<Option<scan::Kept>>,
    /// The model that was looked at last, with its hash: documents of millions of counts take long to read and hash.
    known_model: RefCell<Option<(String, Arc<Model>)>>,
    /// Held while the project may be changed; given back by the system even if the process is killed.
    lock: Option<File>,
}

impl Project {
    fn of(connection: Connection, path: &Path, lock: Option<File>) -> Project {
        let (known_members, known_scan, known_model) = (RefCell::default(), RefCell::default(), RefCell::default());
        Project { connection, path: path.to_owned(), known_members, known_scan, known_model, lock }
    }

    /// Whether nobody else can change the project.
    fn is_alone(&self) -> bool {
        self.lock.is_some()
    }

    /// Makes a new project file, readable and writable by its owner only.
    ///
    /// # Errors
    /// `project/exists`, `project/cannot-write`, `project/in-use`.
    pub fn create(path: &Path, deed: &Deed) -> Result<Project, Error> {
        let lock = lock(path)?;
        match owner_only(path, true) {
            Ok(_) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists && was_cut_short(path)? => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
                let message = format!("{} is there already", path.display());
                let hint = "choose another name, or go on with the project that is there";
                return Err(Error::new("project/exists", message, hint));
            }
            Err(cause) => return Err(cannot_open(path, &cause)),
        }
        let mut project = Project::of(connect(path, false)?, path, Some(lock));
        project.begin(deed)?;
        Ok(project)
    }

    /// Opens a project to change it. One process at a time may.
    ///
    /// # Errors
    /// `project/none`, `project/in-use`, `project/not-a-project`, `project/newer-version`, `project/cannot-write`.
    pub fn open(path: &Path) -> Result<Project, Error> {
        is_there(path)?;
        let lock = lock(path)?;
        let mut connection = connect(path, false)?;
        schema::migrate(&mut connection)?;
        let project = Project::of(connection, path, Some(lock));
        project.is_begun()?;
        // A process that was killed leaves finished changes beside the file.
        project.fold();
        Ok(project)
    }

    /// Opens a project to look at it, which may be done while another process is at work on it.
    ///
    /// # Errors
    /// `project/none`, `project/not-a-project`, `project/newer-version`.
    pub fn look(path: &Path) -> Result<Project, Error> {
        is_there(path)?;
        let connection = connect(path, true)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).stored()?;
        let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).stored()?;
        if application != i64::from(schema::APPLICATION) {
            return Err(fault::not_a_project());
        }
        match usize::try_from(version) {
            Ok(VERSION) => {}
            // A step to the present version changes the file, which needs the lock.
            Ok(version) if version < VERSION => drop(Project::open(path)?),
            _ => return Err(fault::newer_version()),
        }
        Ok(Project::of(connection, path, None))
    }

    /// From now on, has the database hold little of the file in memory, at the cost of time.
    ///
    /// # Errors
    /// Those of the database.
    pub fn spare_memory(&self) -> Result<(), Error> {
        self.connection.pragma_update(None, "cache_size", -SPARING_CACHE).stored()
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn begin(&mut self, deed: &Deed) -> Result<(), Error> {
        schema::migrate(&mut self.connection)?;
        let transaction = self.change()?;
        setting::set(&transaction, setting::BEGUN_AT, &deed.at)?;
        audit::note(&transaction, deed, "init", "project", "")?;
        transaction.commit().stored()
    }

    /// A file whose beginning was cut short by a crash is empty or has no beginning noted.
    fn is_begun(&self) -> Result<(), Error> {
        setting::get(&self.connection, setting::BEGUN_AT)?.map(|_| ()).ok_or_else(fault::not_a_project)
    }

    /// One change, whole or not at all.
    fn change(&mut self) -> Result<Transaction<'_>, Error> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate).stored()
    }
}

/// Whether a file is the beginning of a project that was cut short while it was made: nothing can be in it.
fn was_cut_short(path: &Path) -> Result<bool, Error> {
    let connection = match connect(path, false) {
        Ok(connection) => connection,
        Err(error) if error.code == "project/not-a-project" => return Ok(false),
        Err(error) => return Err(error),
    };
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).stored();
    if number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(number("PRAGMA application_id")? == 0 && number("PRAGMA user_version")? == 0);
    }
    let ours = number("PRAGMA application_id")? == i64::from(schema::APPLICATION);
    Ok(ours && setting::get(&connection, setting::BEGUN_AT)?.is_none())
}

fn is_there(path: &Path) -> Result<(), Error> {
    if path.is_file() {
        return Ok(());
    }
    let message = format!("there is no project {}", path.display());
    Err(Error::new("project/none", message, "make one with `childlink project init FILE`"))
}

/// The lock of a project. It is a file of its own, since closing the database file a second time would give up the
/// database's own locks.
fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = owner_only(&name, false).map_err(|cause| cannot_open(path, &cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(fault::in_use()),
        Err(std::fs::TryLockError::Error(cause)) => Err(cannot_open(path, &cause)),
    }
}

/// Opens a file for reading and writing that only its owner may read, new if need be.
fn owner_only(path: &Path, must_be_new: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).create_new(must_be_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cannot_open(path: &Path, cause: &std::io::Error) -> Error {
    Error::new(
        "project/cannot-write",
        format!("cannot write {}: {cause}", path.display()),
        "see that the folder exists, that you may write there and that the disk has room",
    )
}

fn connect(path: &Path, to_look: bool) -> Result<Connection, Error> {
    let flags = if to_look { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).stored()?;
    connection.busy_timeout(PATIENCE).stored()?;
    if !to_look {
        // Readers do not wait for the writer; every commit is on the disk before it is told.
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).stored()?;
        debug_assert_eq!(mode, "wal");
        connection.pragma_update(None, "synchronous", "FULL").stored()?;
    }
    connection.pragma_update(None, "foreign_keys", true).stored()?;
    connection.pragma_update(None, "cache_size", -CACHE).stored()?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::pds_trace::TracedRecord;
    use crate::linkage::decisions::{DecisionRow, Verdict};

    fn deed() -> Deed {
        Deed { at: "2026-11-21T08:00:00.000Z".into(), by: "JK".into() }
    }

    fn decision(verdict: Verdict) -> (DecisionRow, DecisionNote) {
        let text = |text: &str| text.to_owned();
        let row = DecisionRow {
            source_l: text("a"),
            record_id_l: text("1"),
            source_r: text("b"),
            record_id_r: text("2"),
            verdict,
            reader: text("JK"),
            decided_at: text("2026-11-21"),
        };
        (row, DecisionNote::default())
    }

    #[test]
    fn the_database_itself_refuses_to_change_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p"), &deed()).unwrap();
        project.decide(&[decision(Verdict::Same)], &deed()).unwrap();
        project.withdraw(1, "a slip", &deed()).unwrap();
        let record = TracedRecord { outcome: "verified".into(), ..TracedRecord::default() };
        project.add_traced(&[(record, None)], &deed()).unwrap();
        project.withdraw_trace(1, None, "a slip", &deed()).unwrap();
        project.add_barred(&[[7; 32]], &deed()).unwrap();
        project.withdraw_list(1, "a slip", &deed()).unwrap();
        project
            .add_withdrawn_deaths(
                &[WithdrawnDeath { source: "a".into(), record_id: "1".into(), died: "2020-01-01".into() }],
                &deed(),
            )
            .unwrap();
        let told = "INSERT INTO source (name) VALUES ('a'); INSERT INTO history VALUES (1, 1, '1', NULL, 7)";
        project.connection.execute_batch(told).unwrap();
        for (_, table, words) in schema::ONLY_ADDED_TO {
            let column: String = project
                .connection
                .query_row("SELECT name FROM pragma_table_info(?1) WHERE cid = 0", [table], |row| row.get(0))
                .unwrap();
            for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
                let refused = project.connection.execute(&sql, []).unwrap_err();
                assert!(refused.to_string().contains(words), "{sql}: {refused}");
            }
        }
        assert_eq!(project.decisions().unwrap().len(), 1);
        project.verify().unwrap();
    }

    #[test]
    fn a_decision_in_either_order_of_its_records_is_one_decision() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p"), &deed()).unwrap();
        let (row, note) = decision(Verdict::Same);
        let turned = DecisionRow {
            source_l: row.source_r.clone(),
            record_id_l: row.record_id_r.clone(),
            source_r: row.source_l.clone(),
            record_id_r: row.record_id_l.clone(),
            ..row.clone()
        };
        let recorded = project.decide(&[(row, note.clone()), (turned, note)], &deed()).unwrap();
        assert_eq!(recorded, Recorded { new: 1, known: 1, last: 1 });
    }

    #[test]
    fn decisions_are_numbered_in_the_order_of_their_list_and_each_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p"), &deed()).unwrap();
        let of = |id: usize| {
            let (row, note) = decision(Verdict::Same);
            (DecisionRow { record_id_l: id.to_string(), ..row }, DecisionNote { reason: format!("why {id}"), ..note })
        };
        // More than go into the database at once, not in the order of their keys, and some of them known.
        let list: Vec<_> = (0..120).rev().map(of).collect();
        assert_eq!(project.decide(&list[..7], &deed()).unwrap(), Recorded { new: 7, known: 0, last: 7 });
        let recorded = project.decide(&list, &deed()).unwrap();
        assert_eq!((recorded.new, recorded.known), (113, 7));
        let kept = project.decisions().unwrap();
        let told = |(row, note): &(DecisionRow, DecisionNote)| (row.clone(), note.clone());
        assert_eq!(
            kept.iter().map(|entry| (entry.row.clone(), entry.note.clone())).collect::<Vec<_>>(),
            list.iter().map(told).collect::<Vec<_>>()
        );
        assert!(kept.is_sorted_by_key(|entry| entry.id) && kept.iter().all(|entry| entry.shown_run.is_none()));
        assert_eq!(recorded.last, kept.last().unwrap().id);
    }

    #[test]
    fn a_list_that_cannot_be_taken_whole_is_not_taken_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create(&folder.path().join("p"), &deed()).unwrap();
        let (row, note) = decision(Verdict::Same);
        let itself =
            DecisionRow { source_r: row.source_l.clone(), record_id_r: row.record_id_l.clone(), ..row.clone() };
        let error = project.decide(&[(row, note.clone()), (itself, note)], &deed()).unwrap_err();
        assert_eq!((error.code, project.decisions().unwrap().len()), ("project/decision-on-one-record", 0));
    }

    #[test]
    fn a_file_of_an_earlier_version_is_brought_to_this_one_and_keeps_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        {
            let mut connection = Connection::open(&path).unwrap();
            schema::migrate_to(&mut connection, 1).unwrap();
            setting::set(&connection, setting::BEGUN_AT, "2026-11-01").unwrap();
            let decided = "INSERT INTO decision (source_l, record_id_l, source_r, record_id_r, verdict, reader, decided_at, \
                 reason, model_hash, evidence_hash, recorded_at) \
                 VALUES ('a', '1', 'b', '2', 'same', 'JK', '2026-11-01', '', '', '', '2026-11-01')";
            connection.execute(decided, []).unwrap();
            let lists = "INSERT INTO superseded VALUES ('4010232137', '9434765919', 'May'), ('9449305552', '9434765919', 'June'); \
                 INSERT INTO barred VALUES (zeroblob(32), 'May'); \
                 INSERT INTO audit (at, by, action, subject, detail) VALUES ('May', 'MO', 'add', 'barred', '1 of 1 new')";
            connection.execute_batch(lists).unwrap();
        }
        // Looking is enough: who looks brings it along.
        assert_eq!(Project::look(&path).unwrap().decisions().unwrap().len(), 1);
        let mut project = Project::open(&path).unwrap();
        assert_eq!(project.runs().unwrap(), []);
        let entries = project.lists().unwrap();
        let told: Vec<(i64, &str, &str)> =
            entries.iter().map(|entry| (entry.list, entry.at.as_str(), entry.by.as_str())).collect();
        assert_eq!(told, [(1, "June", ""), (2, "May", ""), (3, "May", "MO")]);
        assert_eq!((project.superseded().unwrap().len(), project.barred().unwrap()), (2, vec![[0; 32]]));
        project.absorb(&[], &deed()).unwrap();
        let version: i64 = project.connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION as i64);
    }

    #[test]
    fn a_file_of_a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        let project = Project::create(&path, &deed()).unwrap();
        project.connection.pragma_update(None, "user_version", VERSION as i64 + 1).unwrap();
        drop(project);
        let codes = [Project::open(&path), Project::look(&path)].map(|opened| opened.err().map(|error| error.code));
        assert_eq!(codes, [Some("project/newer-version"); 2]);
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        let codes = [Project::open(&path), Project::look(&path), Project::create(&path, &deed())]
            .map(|opened| opened.err().map(|error| error.code));
        assert_eq!(codes, [Some("project/not-a-project"), Some("project/not-a-project"), Some("project/exists")]);
    }
}
