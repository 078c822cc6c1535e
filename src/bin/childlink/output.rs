//! Files that appear whole or not at all, readable by their owner only; or standard output, for `-`.

use crate::render::READER_GONE;
use crate::standard::is_standard;
use childlink::Error;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// One output file under way.
pub(crate) struct OutputFile {
    sink: Sink,
    path: PathBuf,
}

enum Sink {
    /// Written beside its place under another name, mode 0600.
    File(BufWriter<NamedTempFile>),
    /// Standard output, in place of a file.
    Standard(BufWriter<Stdout>),
}

/// How much is gathered before it is written, in bytes.
const BUFFER: usize = 1 << 18;

/// How the name of a file under way begins.
const UNDER_WAY: &str = ".childlink-";

/// The files under way, to be taken away if a signal ends the run. Whoever puts files in their places holds it, so
/// that a signal does not come between two of them.
static FILES_UNDER_WAY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn files_under_way() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    FILES_UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes away every file under way; no file is put in its place while the answer is held.
pub(crate) fn abandon() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    let mut files = files_under_way();
    for path in std::mem::take(&mut *files) {
        // One that is gone already needs no taking away, and nobody is left to tell of another fault.
        let _ = fs::remove_file(path);
    }
    files
}

/// Whether standard output holds the bytes of a file, so that nothing else may be printed there.
static STANDARD_IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether standard output holds the bytes of a file.
pub(crate) fn standard_is_taken() -> bool {
    STANDARD_IS_TAKEN.load(Ordering::Relaxed)
}

impl OutputFile {
    /// Starts a file. Nothing is seen at `path` before [`OutputFile::finish`]. `-` is standard output, which
    /// only one file of a run can be.
    ///
    /// # Errors
    /// `output/cannot-write`, `output/standard-twice`.
    pub(crate) fn create(path: &Path) -> Result<OutputFile, Error> {
        if is_standard(path) {
            if STANDARD_IS_TAKEN.swap(true, Ordering::Relaxed) {
                return Err(Error::new(
                    "output/standard-twice",
                    "two output files are to be standard output",
                    "write `-` for one of them, and a file name for the others",
                ));
            }
            let sink = Sink::Standard(BufWriter::with_capacity(BUFFER, io::stdout()));
            return Ok(OutputFile { sink, path: path.to_owned() });
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file =
            tempfile::Builder::new().prefix(UNDER_WAY).tempfile_in(folder).map_err(|e| cannot_write(path, &e))?;
        // Tells a later run that somebody is still at work on it. Where files cannot be locked, it stays if the run is
        // killed.
        let _ = file.as_file().try_lock();
        files_under_way().insert(file.path().to_owned());
        Ok(OutputFile { sink: Sink::File(BufWriter::with_capacity(BUFFER, file)), path: path.to_owned() })
    }

    /// Puts the finished file in its place, over what was there.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let ready = self.close()?;
        let mut under_way = files_under_way();
        ready.map_or(Ok(()), |ready| ready.publish(&mut under_way))
    }

    /// Ends the writing; the file, if it is one, is still not seen at its place.
    fn close(self) -> Result<Option<ReadyFile>, Error> {
        let OutputFile { sink, path } = self;
        match sink {
            Sink::File(writer) => {
                let file = writer.into_inner().map_err(|e| cannot_write(&path, e.error()))?;
                Ok(Some(ReadyFile { temporary: file, path }))
            }
            Sink::Standard(mut writer) => writer.flush().map_err(|e| cannot_write(&path, &e)).map(|()| None),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::File(writer) => writer.write(bytes),
            Sink::Standard(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::File(writer) => writer.flush(),
            Sink::Standard(writer) => writer.flush(),
        }
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// `output/cannot-write`.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes).map_err(|e| cannot_write(path, &e))?;
    file.finish()
}

/// A folder of output files that appear together once all are complete.
pub(crate) struct OutputFolder {
    path: PathBuf,
    ready: Vec<ReadyFile>,
    superseded: Vec<PathBuf>,
}

impl OutputFolder {
    /// Makes the folder if it is not there, closed to others.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn create(path: &Path) -> Result<OutputFolder, Error> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|e| cannot_write(path, &e))?;
        clear_away(path);
        Ok(OutputFolder { path: path.to_owned(), ready: Vec::new(), superseded: Vec::new() })
    }

    /// Starts a file of this name.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn file(&self, name: &str) -> Result<OutputFile, Error> {
        OutputFile::create(&self.path.join(name))
    }

    /// Takes a written file; it appears with the others.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn add(&mut self, file: OutputFile) -> Result<(), Error> {
        self.ready.extend(file.close()?);
        Ok(())
    }

    /// Writes a whole file of this name; it appears with the others.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.file(name)?;
        file.write_all(bytes).map_err(|e| cannot_write(&self.path, &e))?;
        self.add(file)
    }

    /// Lets the file of this name go, if an earlier run left one: it would contradict the new files.
    pub(crate) fn supersede(&mut self, name: &str) {
        self.superseded.push(self.path.join(name));
    }

    /// Puts every file in its place.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let mut under_way = files_under_way();
        self.ready.into_iter().try_for_each(|ready| ready.publish(&mut under_way))?;
        for path in self.superseded {
            match fs::remove_file(&path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cannot_write(&path, &cause)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Takes away what a run that was killed left under way in a folder. A file that another process is still at work on
/// is locked and stays.
fn clear_away(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let entries = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(UNDER_WAY));
    for path in entries.map(|entry| entry.path()).filter(|path| path.is_file()) {
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            // What cannot be taken away now is tried again by the next run.
            let _ = fs::remove_file(&path);
        }
    }
}

struct ReadyFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl ReadyFile {
    fn publish(self, under_way: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let name = self.temporary.path().to_owned();
        self.temporary.persist(&self.path).map_err(|e| cannot_write(&self.path, &e.error))?;
        under_way.remove(&name);
        Ok(())
    }
}

/// The whole path of a file, so that it can be found from another folder; the path as it is if there is
/// no such file.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The error for a file that cannot be written; [`READER_GONE`] when nobody reads standard output any more.
pub(crate) fn cannot_write(path: &Path, cause: &io::Error) -> Error {
    if cause.kind() == io::ErrorKind::BrokenPipe {
        return Error::new(READER_GONE, "nobody reads the output any more", "");
    }
    Error::new(
        "output/cannot-write",
        format!("cannot write {}: {cause}", path.display()),
        "check that the folder exists, that you may write there and that the disk has room",
    )
}

/// The error for a file that cannot be read.
pub(crate) fn cannot_read(path: &Path, cause: &io::Error) -> Error {
    Error::new(
        "input/cannot-read",
        format!("cannot read {}: {cause}", path.display()),
        "check the name of the file and that you may read it",
    )
}
