//! What a run of notifications keeps on disk: every file of messages that came, and every change of the index. Both are
//! journals to which whole entries are appended; one that a crash tore off is cut away.
//!
//! What was understood of files, and who persons were found to be, is kept beside them so that the next run need not
//! read and look up again. Nothing rests on these: lost, torn or of another version, they are made anew.

use crate::output::{cannot_read, cannot_write};
use childlink::Error;
use childlink::index::{JournalEntry, frame, unframe};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Takes a file by name, bytes and what was understood of it; answers what is to be kept of one that it read anew.
pub(crate) type EachFile<'e> = dyn FnMut(&str, &[u8], Option<&str>) -> Option<String> + 'e;

/// Tells a file from others: by its name and bytes.
pub(crate) type FileDigest = [u8; 32];

/// What is read of what was kept must have been written in the same form, by the same understanding of messages.
const UNDERSTANDING: &str = concat!(env!("CARGO_PKG_VERSION"), " 3");

/// Bytes of messages that are made durable together.
const GROUP: usize = 8 << 20;

/// The journals of one folder.
pub(crate) struct MessageStore {
    messages: Journal,
    changes: Journal,
    understood: Journal,
    seen: BTreeSet<FileDigest>,
    /// Of the index that the folder belongs to.
    index: String,
    folder: PathBuf,
    /// Held while the folder may be changed.
    _lock: File,
}

/// The changes that stand in a folder of notifications, held still until another index takes the place of its own.
pub(crate) struct HandOver {
    folder: PathBuf,
    changes: Vec<JournalEntry>,
    _lock: File,
}

impl HandOver {
    /// Waits for nobody: a run that is at work in the folder must have ended.
    ///
    /// # Errors
    /// `notify/in-use`; `input/cannot-read`, `journal/damaged`.
    pub(crate) fn begin(folder: &Path) -> Result<HandOver, Error> {
        let lock = lock(folder)?;
        let path = folder.join("index.journal");
        Ok(HandOver { folder: folder.to_owned(), changes: read_changes(&path)?, _lock: lock })
    }

    /// The changes, in order.
    pub(crate) fn changes(&self) -> &[JournalEntry] {
        &self.changes
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets another index, which shows all of the changes, take the place: `write` puts it where it belongs. Cut off
    /// in between, either of the two is taken.
    ///
    /// # Errors
    /// Those of `write`; `output/cannot-write`.
    pub(crate) fn finish(self, index: &[u8], write: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let mark = self.folder.join(MARK);
        let digest = digest_of(index);
        let known = fs::read_to_string(&mark).unwrap_or_default();
        crate::output::write_file(&mark, format!("{known}{digest}\n").as_bytes())?;
        write()?;
        crate::output::write_file(&mark, format!("{digest}\n").as_bytes())
    }
}

/// The file of answers that hold as long as nothing changes.
const ANSWERS: &str = "answers.kept";

/// The file that tells which index a folder belongs to.
const MARK: &str = "index.sha256";

fn digest_of(index: &[u8]) -> String {
    Sha256::digest(index).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lock of a folder of notifications; given back by the system even if the process is killed.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|e| cannot_write(&path, &e))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(Error::new(
            "notify/in-use",
            format!("another process is at work in {}", folder.display()),
            "wait until it has ended",
        )),
        // Where files cannot be locked, nobody else is kept out.
        _ => Ok(file),
    }
}

/// The whole changes of a journal file; one torn by a crash at its end is passed over.
///
/// # Errors
/// `input/cannot-read`, `journal/damaged`.
pub(crate) fn read_changes(path: &Path) -> Result<Vec<JournalEntry>, Error> {
    let held = match fs::read(path) {
        Ok(held) => held,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && path.ends_with("index.journal") => Vec::new(),
        Err(cause) => return Err(cannot_read(path, &cause)),
    };
    let mut rest = held.as_slice();
    std::iter::from_fn(|| JournalEntry::read(&mut rest).transpose()).collect()
}

impl MessageStore {
    /// Opens the journals of a folder, new if there are none. They belong to one index.
    ///
    /// # Errors
    /// `notify/other-index`, `notify/in-use`; `input/cannot-read`, `output/cannot-write`, `journal/damaged`.
    pub(crate) fn open(folder: &Path, index: &[u8]) -> Result<MessageStore, Error> {
        let lock = lock(folder)?;
        let mark = folder.join(MARK);
        let digest = digest_of(index);
        match fs::read_to_string(&mark) {
            Ok(known) if known.lines().any(|known| known.trim() == digest) => {}
            Ok(_) => {
                let message = format!("{} was begun with another index", folder.display());
                let hint =
                    "give the same index, or begin in a new folder and send again what came since the index was built";
                return Err(Error::new("notify/other-index", message, hint));
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                crate::output::write_file(&mark, format!("{digest}\n").as_bytes())?;
            }
            Err(cause) => return Err(cannot_read(&mark, &cause)),
        }
        let (messages, changes) = (Journal::open(folder, "messages.journal")?, Journal::open(folder, "index.journal")?);
        let understood = Journal::open(folder, "understood.journal").or_else(|_| {
            // It can be made anew, which a journal of what came cannot.
            fs::remove_file(folder.join("understood.journal")).ok();
            Journal::open(folder, "understood.journal")
        })?;
        let (seen, folder) = (BTreeSet::new(), folder.to_owned());
        Ok(MessageStore { messages, changes, understood, seen, index: digest, folder, _lock: lock })
    }

    /// The changes of the index in order.
    ///
    /// # Errors
    /// `journal/damaged`.
    pub(crate) fn changes(&mut self) -> Result<Vec<JournalEntry>, Error> {
        let held = std::mem::take(&mut self.changes.held);
        let mut rest = held.as_slice();
        std::iter::from_fn(|| JournalEntry::read(&mut rest).transpose()).collect()
    }

    /// Hands over every file of earlier runs, with what was understood of it then. `each` answers what is to be kept of
    /// one that it read anew.
    ///
    /// # Errors
    /// `journal/damaged`, `output/cannot-write`.
    pub(crate) fn each_file(&mut self, each: &mut EachFile<'_>) -> Result<(), Error> {
        let kept = std::mem::take(&mut self.understood.held);
        let mut understood: HashMap<FileDigest, &str> = HashMap::new();
        let mut rest = kept.as_slice();
        while let Ok(Some(content)) = unframe(&mut rest) {
            let text = content.split_first_chunk().map(|(digest, text)| (*digest, std::str::from_utf8(text)));
            if let Some((digest, Ok(text))) = text
                && let Some((UNDERSTANDING, text)) = text.split_once('\n')
            {
                understood.insert(digest, text);
            }
        }
        let held = std::mem::take(&mut self.messages.held);
        let mut rest = held.as_slice();
        while let Some(content) = unframe(&mut rest)? {
            let digest: FileDigest = Sha256::digest(content).into();
            self.seen.insert(digest);
            let end = content.iter().position(|&byte| byte == 0).unwrap_or(0);
            let (name, bytes) = (String::from_utf8_lossy(&content[..end]), content.get(end + 1..).unwrap_or_default());
            let anew = each(&name, bytes, understood.get(&digest).copied());
            self.understand(digest, anew)?;
        }
        Ok(())
    }

    /// Keeps a file; tells its digest if it had not come before, under this name and with these bytes.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<Option<FileDigest>, Error> {
        let content = [name.as_bytes(), &[0], bytes].concat();
        let digest: FileDigest = Sha256::digest(&content).into();
        if !self.seen.insert(digest) {
            return Ok(None);
        }
        self.messages.append(&frame(&content));
        if self.messages.waiting.len() >= GROUP {
            self.make_durable()?;
        }
        Ok(Some(digest))
    }

    /// Keeps what was understood of a file.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn understand(&mut self, digest: FileDigest, text: Option<String>) -> Result<(), Error> {
        let Some(text) = text else { return Ok(()) };
        self.understood.append(&frame(&[&digest, UNDERSTANDING.as_bytes(), b"\n", text.as_bytes()].concat()));
        if self.understood.waiting.len() >= GROUP { self.understood.write() } else { Ok(()) }
    }

    /// Answers of the index that hold where it stands, as [`keep_answers`](Self::keep_answers) had them; none if
    /// anything has changed since.
    pub(crate) fn answers(&self, standing: &str) -> Option<String> {
        let bytes = fs::read(self.folder.join(ANSWERS)).ok()?;
        let content = unframe(&mut bytes.as_slice()).ok()??;
        let (head, lines) = std::str::from_utf8(content).ok()?.split_once('\n')?;
        (head == self.head_of_answers(standing)).then(|| lines.to_owned())
    }

    /// Keeps answers of the index, and what else was not yet written, for the next run.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn keep_answers(&mut self, standing: &str, lines: &str) -> Result<(), Error> {
        self.understood.write()?;
        let content = format!("{}\n{lines}", self.head_of_answers(standing));
        crate::output::write_file(&self.folder.join(ANSWERS), &frame(content.as_bytes()))
    }

    fn head_of_answers(&self, standing: &str) -> String {
        format!("{UNDERSTANDING} {} {standing}", self.index)
    }

    /// Waits until the disk has all files.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn make_durable(&mut self) -> Result<(), Error> {
        self.messages.make_durable()
    }

    /// Keeps changes of the index, durably.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub(crate) fn keep_changes(&mut self, entries: &[JournalEntry]) -> Result<(), Error> {
        let bytes: Vec<u8> = entries.iter().flat_map(JournalEntry::to_bytes).collect();
        self.changes.append(&bytes);
        self.changes.make_durable()
    }
}

/// A file to whose end entries are appended.
struct Journal {
    file: File,
    path: PathBuf,
    /// What is to be written with the next group.
    waiting: Vec<u8>,
    /// What it held when it was opened.
    held: Vec<u8>,
}

impl Journal {
    /// Opens a journal and cuts off a torn last entry.
    fn open(folder: &Path, name: &str) -> Result<Journal, Error> {
        let path = folder.join(name);
        let mut held = match fs::read(&path) {
            Ok(held) => held,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(cause) => return Err(cannot_read(&path, &cause)),
        };
        let mut rest = held.as_slice();
        let in_file = |mut error: Error| {
            error.message = format!("{}: {}", path.display(), error.message);
            error
        };
        while unframe(&mut rest).map_err(in_file)?.is_some() {}
        let whole = held.len() - rest.len();
        held.truncate(whole);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| cannot_write(&path, &e))?;
        file.set_len(whole as u64).map_err(|e| cannot_write(&path, &e))?;
        Ok(Journal { file, path, waiting: Vec::new(), held })
    }

    fn append(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    fn write(&mut self) -> Result<(), Error> {
        self.file.write_all(&self.waiting).map_err(|e| cannot_write(&self.path, &e))?;
        self.waiting.clear();
        Ok(())
    }

    fn make_durable(&mut self) -> Result<(), Error> {
        self.write()?;
        self.file.sync_data().map_err(|e| cannot_write(&self.path, &e))
    }
}
