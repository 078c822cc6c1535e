//! Changes as bytes, for the host to keep until the next snapshot.
//!
//! An entry is its length, its sequence number, the change, and a checksum. Entries stand one behind another in a
//! file, or one a row in a database. The last may be torn by a crash; one torn or damaged before the last is an
//! error.

use super::change::Change;
use super::{ChildId, ChildIndex, EntryId, Whom};
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::decisions::Verdict;
use crate::text::packed::{read_length, read_text, write_length, write_text};
use std::collections::BTreeMap;
use xxhash_rust::xxh64::xxh64;

const CHECKSUM: usize = 8;
const UPSERT: u64 = 1;
const REMOVE: u64 = 2;
const MERGE: u64 = 3;
const SPLIT: u64 = 4;
const DECIDE: u64 = 5;
/// Verdicts by their number, from 0.
const VERDICTS: [Verdict; 3] = [Verdict::Same, Verdict::Different, Verdict::Unsure];

/// A change with its place in the order of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// From 1, each change one more than the last.
    pub sequence: u64,
    /// The change.
    pub change: Change,
}

/// What replaying a journal came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Changes applied.
    pub applied: u64,
    /// Changes that the snapshot had already.
    pub passed_over: u64,
    /// Bytes of whole entries: what follows was torn by a crash and must be cut off before more is appended.
    pub whole_bytes: usize,
    /// Bytes of a torn last entry; 0 for none.
    pub torn_bytes: usize,
}

impl JournalEntry {
    /// The entry's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut content = Vec::new();
        write_length(&mut content, self.sequence);
        match &self.change {
            Change::Upsert { entry, child, source, fields } => {
                [UPSERT, u64::from(*entry), u64::from(*child)].iter().for_each(|&n| write_length(&mut content, n));
                write_text(&mut content, source);
                write_length(&mut content, fields.len() as u64);
                for (column, value) in fields {
                    write_text(&mut content, column.name());
                    write_text(&mut content, value);
                }
            }
            Change::Remove { entry } => {
                [REMOVE, u64::from(*entry)].iter().for_each(|&n| write_length(&mut content, n));
            }
            Change::Merge { from, into } => {
                [MERGE, u64::from(*from), u64::from(*into)].iter().for_each(|&n| write_length(&mut content, n));
            }
            Change::Split { entries, into } => {
                [SPLIT, u64::from(*into), entries.len() as u64].iter().for_each(|&n| write_length(&mut content, n));
                entries.iter().for_each(|&entry| write_length(&mut content, u64::from(entry)));
            }
            Change::Decide { whom, child, verdict, reader, decided_at } => {
                let verdict = VERDICTS.iter().position(|known| known == verdict).unwrap_or(VERDICTS.len() - 1);
                [DECIDE, u64::from(*child), verdict as u64].iter().for_each(|&n| write_length(&mut content, n));
                content.extend_from_slice(whom.bytes());
                write_text(&mut content, reader);
                write_text(&mut content, decided_at);
            }
        }
        frame(&content)
    }

    /// Takes an entry off the front of a journal. `None` at its end, or where its last entry is torn.
    ///
    /// # Errors
    /// `journal/damaged` for an entry that is whole and not as it was written, or that is followed by more.
    pub fn read(bytes: &mut &[u8]) -> Result<Option<JournalEntry>, Error> {
        let mut rest = *bytes;
        let Some(content) = unframe(&mut rest)? else { return Ok(None) };
        let entry = parse(content).ok_or_else(damaged)?;
        *bytes = rest;
        Ok(Some(entry))
    }
}

/// Bytes for a journal: their length, they themselves, and a checksum.
pub fn frame(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + CHECKSUM + 3);
    write_length(&mut bytes, content.len() as u64);
    bytes.extend_from_slice(content);
    bytes.extend(xxh64(content, 0).to_le_bytes());
    bytes
}

/// Takes what [`frame`] made off the front of a journal. `None` at its end, or where its last entry is torn.
///
/// # Errors
/// `journal/damaged` for an entry that is whole and not as it was written.
pub fn unframe<'b>(bytes: &mut &'b [u8]) -> Result<Option<&'b [u8]>, Error> {
    let mut rest = *bytes;
    let Some(length) = read_length(&mut rest).and_then(|length| usize::try_from(length).ok()) else {
        return Ok(None);
    };
    let Some((content, after)) = rest.split_at_checked(length) else { return Ok(None) };
    let Some((checksum, after)) = after.split_at_checked(CHECKSUM) else { return Ok(None) };
    if checksum != xxh64(content, 0).to_le_bytes() {
        // A torn write may leave a last entry of full length with zeros in it.
        return if after.is_empty() { Ok(None) } else { Err(damaged()) };
    }
    *bytes = after;
    Ok(Some(content))
}

fn parse(mut content: &[u8]) -> Option<JournalEntry> {
    let content = &mut content;
    let sequence = read_length(content)?;
    let kind = read_length(content)?;
    let number = |content: &mut &[u8]| read_length(content).and_then(|number| u32::try_from(number).ok());
    let change = match kind {
        UPSERT => {
            let (entry, child): (EntryId, ChildId) = (number(content)?, number(content)?);
            let source = read_text(content)?.to_owned();
            let mut fields = BTreeMap::new();
            for _ in 0..read_length(content)? {
                let column = Column::from_name(read_text(content)?)?;
                fields.insert(column, read_text(content)?.to_owned());
            }
            Change::Upsert { entry, child, source, fields }
        }
        REMOVE => Change::Remove { entry: number(content)? },
        MERGE => Change::Merge { from: number(content)?, into: number(content)? },
        SPLIT => {
            let into = number(content)?;
            let count = read_length(content)?;
            let entries = (0..count).map(|_| number(content)).collect::<Option<Vec<_>>>()?;
            Change::Split { entries, into }
        }
        DECIDE => {
            let child = number(content)?;
            let verdict = *VERDICTS.get(usize::try_from(read_length(content)?).ok()?)?;
            let (whom, rest) = content.split_first_chunk()?;
            *content = rest;
            let (whom, reader) = (Whom::of_bytes(*whom), read_text(content)?.to_owned());
            Change::Decide { whom, child, verdict, reader, decided_at: read_text(content)?.to_owned() }
        }
        _ => return None,
    };
    content.is_empty().then_some(JournalEntry { sequence, change })
}

fn damaged() -> Error {
    let hint = "restore the journal, or start from the last snapshot and send again what came since";
    Error::new("journal/damaged", "an entry of the journal is not as it was written", hint)
}

impl ChildIndex {
    /// The next entry for the journal. The host makes it durable, then applies it with
    /// [`replay_entry`](Self::replay_entry).
    pub fn next_journal_entry(&self, change: Change) -> JournalEntry {
        JournalEntry { sequence: self.applied() + 1, change }
    }

    /// Applies one entry, unless it has been; tells whether it did.
    ///
    /// # Errors
    /// `journal/gap` if an entry before this one is missing, and those of [`change`](Self::change).
    pub fn replay_entry(&mut self, entry: &JournalEntry) -> Result<bool, Error> {
        if entry.sequence <= self.applied() {
            return Ok(false);
        }
        if entry.sequence != self.applied() + 1 {
            let message = format!("change {} of the journal is missing", self.applied() + 1);
            return Err(Error::new("journal/gap", message, "restore the journal that belongs to this snapshot"));
        }
        self.change(&entry.change)?;
        self.description.applied = entry.sequence;
        Ok(true)
    }

    /// Applies a journal on top of a snapshot, as often as one likes.
    ///
    /// # Errors
    /// `journal/damaged`, `journal/gap`, and those of [`change`](Self::change).
    pub fn replay(&mut self, journal: &[u8]) -> Result<Replayed, Error> {
        let mut rest = journal;
        let mut replayed = Replayed::default();
        while let Some(entry) = JournalEntry::read(&mut rest)? {
            match self.replay_entry(&entry)? {
                true => replayed.applied += 1,
                false => replayed.passed_over += 1,
            }
        }
        replayed.whole_bytes = journal.len() - rest.len();
        replayed.torn_bytes = rest.len();
        Ok(replayed)
    }
}
