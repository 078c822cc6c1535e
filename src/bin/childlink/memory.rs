//! A limit on memory: what is put aside on disk to stay under it, and what a run is told that it cannot.

use crate::input::Inputs;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::scratch::Scratch;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How much memory a run may take
#[derive(clap::Args)]
pub(crate) struct MemoryArgs {
    /// Take no more memory than this, such as 512M or 2G: what would not fit waits in a file beside the result files,
    /// which goes with the run. The result is the same, and takes longer
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<u64>,
    /// Folder for that file, in place of the one for result files
    #[arg(long, value_name = "DIR", requires = "max_memory")]
    scratch: Option<PathBuf>,
}

const MIB: u64 = 1 << 20;

/// What the program takes with a handful of records, and some room to work in.
const LEAST: u64 = 64 * MIB;

/// What one record takes while it is linked, with its text put aside: for itself, and for each column that is filled.
/// Measured with 1.8 million records of 16 and of 27 columns, and more by a twentieth.
const RECORD: u64 = 193;
const COLUMN: u64 = 3;
/// What the rest of the program takes.
const REST: u64 = 48 * MIB;

/// What a byte of plain input takes without a limit, at most.
const BYTE: u64 = 5;

/// A size in bytes: figures, and a unit of 1024 or its powers.
fn size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let figures = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &upper[figures.len()..] {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => MIB,
        "G" | "GB" | "GIB" => 1 << 30,
        "T" | "TB" | "TIB" => 1 << 40,
        _ => return Err("write a number with K, M, G or T, such as 512M".to_owned()),
    };
    let number: u64 = figures.trim().parse().map_err(|_| "write a whole number, such as 512M".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "the number is too large".to_owned())
}

/// Begins the program anew with the allocator told when to give memory back: it reads that from the environment before
/// anything else runs. Under a limit, as soon as it is free. Without one, a run of linkage keeps what it has: what one
/// step frees the next asks for again, and to have the system clear it in between takes a tenth of the run. Where that
/// cannot be done, more memory is held under a limit than need be, and a run takes longer.
#[cfg(unix)]
pub(crate) fn settle_allocator() {
    use std::os::unix::process::CommandExt;

    const DELAY: &str = "MIMALLOC_PURGE_DELAY";
    const EAGER: &str = "MIMALLOC_ARENA_EAGER_COMMIT";
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let arguments: Vec<_> = arguments.collect();
    let is_limited = arguments.iter().any(|argument| argument.to_string_lossy().starts_with("--max-memory"));
    // A folder of that name does no harm.
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let is_linkage = has("link") || has("project") && has("run");
    if std::env::var_os(DELAY).is_some() || !(is_limited || is_linkage) {
        return;
    }
    let (Some(name), Ok(program)) = (name, std::env::current_exe()) else { return };
    let mut again = std::process::Command::new(program);
    again.arg0(name).args(arguments);
    match is_limited {
        true => again.env(DELAY, "0").env(EAGER, "0"),
        false => again.env(DELAY, "-1"),
    };
    // Comes back only if it fails.
    let _ = again.exec();
}

/// Elsewhere the allocator gives memory back in its own time.
#[cfg(not(unix))]
pub(crate) fn settle_allocator() {}

/// The limit of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    limit: Option<u64>,
}

impl MemoryArgs {
    /// Prepares the inputs for the limit, if there is one: text of records is put aside in a file in `folder` unless
    /// all of them surely fit.
    ///
    /// # Errors
    /// `memory/too-small`, `scratch/cannot-write`.
    pub(crate) fn prepare(&self, inputs: &mut Inputs, folder: &Path) -> Result<Memory, Error> {
        let Some(limit) = self.max_memory else { return Ok(Memory { limit: None }) };
        if limit < LEAST {
            return Err(Error::new(
                "memory/too-small",
                format!("no run fits into {}", told(limit)),
                format!("give --max-memory {} or more", told(LEAST)),
            )
            .in_field("--max-memory"));
        }
        let whole = inputs.plain_bytes().map(|bytes| LEAST + bytes.saturating_mul(BYTE));
        if whole.is_none_or(|whole| whole > limit) {
            let folder = self.scratch.as_deref().unwrap_or(folder);
            inputs.put_text_aside(Arc::new(ScratchFile::create(folder, limit)?));
        }
        Ok(Memory { limit: Some(limit) })
    }

    /// Whether there is a limit.
    pub(crate) fn is_given(&self) -> bool {
        self.max_memory.is_some()
    }
}

/// What a run knows of each record beside the record.
#[derive(Clone, Copy)]
pub(crate) enum Knowing {
    /// Nothing: no project.
    Nothing,
    /// It is the first of a project.
    First,
    /// It is a later one: the child of each record, and how often names occurred in the first.
    Children,
    /// The same, and what the last run found.
    Scan,
}

impl Knowing {
    /// Bytes a record, measured with 1.8 million records of 16 columns; those of `Children` are reckoned, not yet
    /// measured.
    const fn bytes(self) -> u64 {
        match self {
            Knowing::Nothing => 0,
            Knowing::First => 24,
            Knowing::Children => 60,
            Knowing::Scan => 112,
        }
    }
}

impl Memory {
    /// Whether memory is to be spared at the cost of time.
    pub(crate) fn is_limited(self) -> bool {
        self.limit.is_some()
    }

    /// Whether linking so many records stays under the limit.
    pub(crate) fn has_room(self, records: &Records, knowing: Knowing) -> bool {
        self.limit.is_none_or(|limit| need(records, knowing) <= limit)
    }

    /// Sees, once records are read, that linking so many stays under the limit.
    ///
    /// # Errors
    /// `memory/limit`, which tells what it would take.
    pub(crate) fn check(self, records: &Records, knowing: Knowing) -> Result<(), Error> {
        let Some(limit) = self.limit else { return Ok(()) };
        if self.has_room(records, knowing) {
            return Ok(());
        }
        let (need, records) = (need(records, knowing), records.built.table.len());
        Err(Error::new(
            "memory/limit",
            format!("linking {records} records takes up to {}, and {} are allowed", told(need), told(limit)),
            format!("give --max-memory {}, or link fewer records at a time", told(need)),
        )
        .in_field("--max-memory"))
    }
}

/// The most that linking records takes, their text put aside.
fn need(records: &Records, knowing: Knowing) -> u64 {
    let columns = records.built.quality.first().map_or(0, |source| source.fields.len() as u64);
    REST + records.built.table.len() as u64 * (RECORD + columns * COLUMN + knowing.bytes())
}

/// What to tell of a run that took more than it was given, by the most that it has held.
pub(crate) fn told_of_excess(memory: Memory, run: &Value) -> Option<String> {
    let (limit, peak) = (memory.limit?, run["peak_memory_mib"].as_f64()?);
    let over = peak * MIB as f64 > limit as f64;
    over.then(|| format!("the run took {peak:.0}M, and {} were allowed (memory/limit)", told(limit)))
}

/// A size in whole MiB, never less than it is.
fn told(bytes: u64) -> String {
    format!("{}M", bytes.div_ceil(MIB))
}

/// A file without a name: it goes with the process, however that ends.
#[derive(Debug)]
struct ScratchFile {
    file: Mutex<File>,
    folder: PathBuf,
    room: usize,
}

impl ScratchFile {
    /// # Errors
    /// `scratch/cannot-write`.
    fn create(folder: &Path, limit: u64) -> Result<ScratchFile, Error> {
        let file = fs::create_dir_all(folder)
            .and_then(|()| tempfile::tempfile_in(folder))
            .map_err(|cause| cannot("write", folder, &cause))?;
        let room = usize::try_from(limit / 64).unwrap_or(usize::MAX);
        Ok(ScratchFile { file: Mutex::new(file), folder: folder.to_owned(), room })
    }
}

impl Scratch for ScratchFile {
    fn write(&self, bytes: &[u8]) -> Result<u64, Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::End(0)).and_then(|place| file.write_all(bytes).map(|()| place));
        written.map_err(|cause| cannot("write", &self.folder, &cause))
    }

    fn read(&self, place: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(place)).and_then(|_| file.read_exact(bytes));
        read.map_err(|cause| cannot("read", &self.folder, &cause))
    }

    fn room(&self) -> usize {
        self.room
    }
}

fn cannot(verb: &str, folder: &Path, cause: &io::Error) -> Error {
    Error::new(
        if verb == "read" { "scratch/cannot-read" } else { "scratch/cannot-write" },
        format!("cannot {verb} the scratch file in {}: {cause}", folder.display()),
        "check that the disk has room for the inputs once more, or name another folder with --scratch",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_their_units() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("2 GiB"), Ok(2 << 30));
        assert_eq!(size("70000000"), Ok(70_000_000));
        for wrong in ["", "M", "1.5G", "-3M", "5X", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_put_aside_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = ScratchFile::create(folder.path(), 64 * MIB).unwrap();
        let places = [&b"one"[..], b"", b"three"].map(|bytes| scratch.write(bytes).unwrap());
        let mut bytes = [0; 5];
        scratch.read(places[2], &mut bytes).unwrap();
        assert_eq!(&bytes, b"three");
        assert_eq!(scratch.read(4, &mut bytes).unwrap_err().code, "scratch/cannot-read");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }
}
