//! What a database can come to, in the words of a project.

use crate::error::Error;
use rusqlite::ErrorCode;

/// Turns the outcome of a call to the database into ours.
pub(super) trait Store<T> {
    /// The value.
    ///
    /// # Errors
    /// `project/disk-full`, `project/cannot-write`, `project/in-use`, `project/damaged`, `project/not-a-project`,
    /// `project/database`.
    fn stored(self) -> Result<T, Error>;
}

impl<T> Store<T> for Result<T, rusqlite::Error> {
    fn stored(self) -> Result<T, Error> {
        self.map_err(|cause| of_database(&cause))
    }
}

/// An error of the database. Its text is told only where it cannot hold a value of a record.
fn of_database(cause: &rusqlite::Error) -> Error {
    let intact = "what was finished is kept";
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::new(
            "project/disk-full",
            format!("the disk has no room for the project file; {intact}"),
            "make room, then do it again (a run goes on with --resume)",
        ),
        Some(ErrorCode::SystemIoFailure) => Error::new(
            "project/disk-full",
            format!("the project file cannot be written or read to its end; {intact}"),
            "see that the disk has room and that no limit on the size of files is set, then do it again",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Error::new(
            "project/cannot-write",
            "the project file, or the folder that it stands in, cannot be written",
            "see that you may write the file and its folder: the database keeps its journal beside the file",
        ),
        // The last is what a reader comes to while another process has stopped in the middle of opening the file.
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => in_use(),
        Some(ErrorCode::DatabaseCorrupt) => Error::new(
            "project/damaged",
            "the project file is damaged",
            "put back the last copy of it; `childlink project export` writes what can be carried over by hand",
        ),
        Some(ErrorCode::NotADatabase) => not_a_project(),
        code => {
            let detail = match (cause, code) {
                // Of what was asked, without the values.
                (rusqlite::Error::SqlInputError { msg, .. }, _) => msg.clone(),
                (_, Some(code)) => format!("{code:?}"),
                _ => "a value of another kind than expected".to_owned(),
            };
            Error::new(
                "project/database",
                format!("the project file could not do what was asked ({detail})"),
                "try again; if it stays, keep the file and tell us what stands in the brackets",
            )
        }
    }
}

/// Another process has the project.
pub(super) fn in_use() -> Error {
    Error::new(
        "project/in-use",
        "another process is at work on this project",
        "wait until it has ended; `childlink project status` can be asked while it works",
    )
}

/// The file is something else.
pub(super) fn not_a_project() -> Error {
    Error::new(
        "project/not-a-project",
        "the file is no project of childlink",
        "name a file that `childlink project init` made",
    )
}

/// The file was written by a later version of this program.
pub(super) fn newer_version() -> Error {
    Error::new(
        "project/newer-version",
        "the project file was written by a newer version of childlink",
        "use that version; an older one could lose what it does not know",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes are those of <https://www.sqlite.org/rescode.html>.
    #[test]
    fn what_another_process_holds_is_in_use() {
        for code in [5, 6, 15] {
            let refused = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            assert_eq!(of_database(&refused).code, "project/in-use", "{code}");
        }
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
        assert_eq!(of_database(&full).code, "project/disk-full");
    }
}
