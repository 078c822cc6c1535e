//! Files that appear whole or not at all, readable by their owner only; or standard output, for `-`. What is no file (a
//! device, a pipe) is written to as it stands, and never replaced.

use crate::claims::{check_beside_run, check_output, declare, standard_twice};
use crate::digest::Digest;
use crate::render::READER_GONE;
use crate::standard::is_standard;
use childlink::Error;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// One output file under way.
pub(crate) struct OutputFile {
    sink: Sink,
    path: PathBuf,
    /// Taken of files by which a run is known.
    digest: Option<Digest>,
}

enum Sink {
    /// Written beside its place, which is told, under another name, mode 0600.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// A device or a pipe.
    Node(BufWriter<File>),
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
    /// Starts a file. Nothing is seen at `path` before [`OutputFile::finish`], unless a device or a pipe is there,
    /// which takes bytes as they come. `-` is standard output, which only one file of a run can be.
    ///
    /// # Errors
    /// `output/cannot-write`, `output/standard-twice`, `output/of-run`, and those of [`check_output`].
    pub(crate) fn create(path: &Path) -> Result<OutputFile, Error> {
        check_beside_run(path)?;
        OutputFile::start(path)
    }

    fn start(path: &Path) -> Result<OutputFile, Error> {
        let of = |sink| OutputFile { sink, path: path.to_owned(), digest: None };
        if is_standard(path) {
            if STANDARD_IS_TAKEN.swap(true, Ordering::Relaxed) {
                return Err(standard_twice());
            }
            return Ok(of(Sink::Standard(BufWriter::with_capacity(BUFFER, io::stdout()))));
        }
        check_output(path)?;
        let Some(place) = place_of(path).map_err(|e| cannot_write(path, &e))? else {
            let node = OpenOptions::new().write(true).open(path).map_err(|e| cannot_write(path, &e))?;
            return Ok(of(Sink::Node(BufWriter::with_capacity(BUFFER, node))));
        };
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file =
            tempfile::Builder::new().prefix(UNDER_WAY).tempfile_in(folder).map_err(|e| cannot_write(path, &e))?;
        // Tells a later run that somebody is still at work on it. Where files cannot be locked, it stays if the run is
        // killed.
        let _ = file.as_file().try_lock();
        files_under_way().insert(file.path().to_owned());
        Ok(of(Sink::File(BufWriter::with_capacity(BUFFER, file), place)))
    }

    /// Where the bytes are while they are under way; nothing where they go to no file.
    pub(crate) fn under_way(&self) -> Option<&Path> {
        match &self.sink {
            Sink::File(writer, _) => Some(writer.get_ref().path()),
            _ => None,
        }
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
        let OutputFile { sink, path, .. } = self;
        match sink {
            Sink::File(writer, place) => {
                let file = writer.into_inner().map_err(|e| cannot_write(&path, e.error()))?;
                Ok(Some(ReadyFile { temporary: file, path: place }))
            }
            Sink::Node(mut writer) => writer.flush().map_err(|e| cannot_write(&path, &e)).map(|()| None),
            Sink::Standard(mut writer) => writer.flush().map_err(|e| cannot_write(&path, &e)).map(|()| None),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.sink {
            Sink::File(writer, _) => writer.write(bytes),
            Sink::Node(writer) => writer.write(bytes),
            Sink::Standard(writer) => writer.write(bytes),
        }?;
        if let Some(digest) = &mut self.digest {
            digest.update(&bytes[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::File(writer, _) => writer.flush(),
            Sink::Node(writer) => writer.flush(),
            Sink::Standard(writer) => writer.flush(),
        }
    }
}

/// Where a file goes that is to be at a path: through links to what they name. Nothing for a device or a pipe, which is
/// written to as it stands.
fn place_of(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(about) if is_disk(&about) => Err(io::Error::other("it is a whole disk")),
        Ok(about) if !about.is_file() => Ok(None),
        Ok(_) if path.is_symlink() => fs::canonicalize(path).map(Some),
        Ok(_) => Ok(Some(path.to_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let mut place = path.to_owned();
            // A link may name what is not there yet. As many links in a row as systems follow.
            for _ in 0..40 {
                match fs::read_link(&place) {
                    Ok(next) => place = place.parent().unwrap_or(Path::new("")).join(next),
                    Err(_) => return Ok(Some(place)),
                }
            }
            Err(cause)
        }
        Err(cause) => Err(cause),
    }
}

#[cfg(unix)]
fn is_disk(about: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(&about.file_type())
}

#[cfg(not(unix))]
fn is_disk(_: &fs::Metadata) -> bool {
    false
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
    /// The checksums of the files by which a run is known.
    digests: Map<String, Value>,
}

/// The files of a run that other commands read, by their names without endings. The list for review is none of them: a
/// person may write into it.
const READ_AGAIN: [&str; 6] = ["children", "links", "restricted", "model", "summary", "statistics"];

/// The record of a run. It is the last file to come and the first to go: a folder without it holds no whole run.
const RUN: &str = "run.json";

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
        Ok(OutputFolder { path: path.to_owned(), ready: Vec::new(), superseded: Vec::new(), digests: Map::new() })
    }

    /// Starts a file of this name.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn file(&self, name: &str) -> Result<OutputFile, Error> {
        let mut file = OutputFile::start(&self.path.join(name))?;
        let stem = Path::new(name).file_stem().unwrap_or_default();
        file.digest = READ_AGAIN.iter().any(|known| stem == *known).then(Digest::default);
        Ok(file)
    }

    /// Names the files that are to come, and those that they take the place of, before any is written.
    ///
    /// # Errors
    /// Those of [`declare`].
    pub(crate) fn declare(&self, names: impl IntoIterator<Item = String>) -> Result<(), Error> {
        let paths: Vec<PathBuf> = names.into_iter().map(|name| self.path.join(name)).collect();
        declare(paths.iter().map(PathBuf::as_path))
    }

    /// Takes a written file; it appears with the others.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn add(&mut self, file: OutputFile) -> Result<(), Error> {
        if let Some((digest, name)) = file.digest.as_ref().zip(file.path.file_name()) {
            self.digests.insert(name.to_string_lossy().into_owned(), digest.told().to_json());
        }
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
        self.superseded.iter().try_for_each(|path| let_go(path))
    }

    /// Puts every file of a run in its place, so that files of two runs can be told from those of one: the record of
    /// the run before goes first, that of this one comes last and has the checksums of the others. Answers it.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn finish_run(mut self, mut run: Value) -> Result<Value, Error> {
        run["files"] = Value::Object(std::mem::take(&mut self.digests));
        self.put(RUN, format!("{run:#}\n").as_bytes())?;
        let record = self.ready.pop();
        // A summary without a record is the sign of a run that was cut off.
        self.ready.sort_by_key(|ready| ready.path.file_name().is_none_or(|name| name != "summary.json"));
        let mut under_way = files_under_way();
        let_go(&self.path.join(RUN))?;
        self.ready.into_iter().try_for_each(|ready| ready.publish(&mut under_way))?;
        self.superseded.iter().try_for_each(|path| let_go(path))?;
        record.map_or(Ok(()), |record| record.publish(&mut under_way))?;
        Ok(run)
    }
}

/// Takes a file away, if it is there.
fn let_go(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cannot_write(path, &cause)),
        _ => Ok(()),
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
