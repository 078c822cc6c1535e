//! The bytes of an index: the same in a file, in transit and in memory.
//!
//! A head of 64 bytes, a description (JSON: model, sources, columns), the body (packed columns) and the
//! names, each part with its own checksum. Numbers in the head are little-endian.

use super::ChildId;
use super::column::Column;
use super::decided::Kept;
use crate::error::Error;
use crate::linkage::model::Model;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh64::Xxh64;

const MAGIC: &[u8; 8] = b"chldidx\n";
/// Raised whenever bytes of the former version would be misread.
const VERSION: u32 = 2;
const HEAD: usize = 64;

/// What an index tells about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) model: Model,
    /// Names of sources; a row's source is an index into them.
    pub(super) sources: Vec<String>,
    pub(super) rows: usize,
    /// Records that were counted for frequencies.
    pub(super) counted: u64,
    /// Records that have any value, for each frequency.
    pub(super) totals: Vec<u64>,
    /// The first serial of a child never given.
    pub(super) next_child: ChildId,
    /// The first entry number never given.
    pub(super) next_entry: u32,
    /// The journal's sequence number up to which changes are in the rows.
    pub(super) applied: u64,
    /// Children that became another.
    pub(super) merged: BTreeMap<ChildId, ChildId>,
    /// What people decided.
    pub(super) decided: Vec<Kept>,
    /// How many names.
    pub(super) names: usize,
    /// Columns in the order of [`super::layout`].
    pub(super) columns: Vec<Column>,
    /// Hash paths: their keys, and their columns of bucket ends and rows.
    pub(super) paths: Vec<PathColumns>,
}

/// The columns of one way to find rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PathColumns {
    pub(super) keys: Vec<String>,
    pub(super) starts: Column,
    pub(super) rows: Column,
}

/// The parts of a snapshot, each whole and with the checksum that it was written with.
pub(super) struct Parts {
    pub(super) description: Description,
    pub(super) body: Vec<u8>,
    /// Each name behind its length in bytes (LEB128).
    pub(super) names: Vec<u8>,
}

/// One snapshot.
pub(super) fn write(description: &Description, body: &[u8], names: &[u8]) -> Vec<u8> {
    let description = serde_json::to_vec(description).unwrap_or_default();
    let mut bytes = Vec::with_capacity(HEAD + description.len() + body.len() + names.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((description.len() as u32).to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend((names.len() as u64).to_le_bytes());
    for part in [&description, body, names] {
        bytes.extend(checksum(part).to_le_bytes());
    }
    bytes.extend(checksum(&bytes).to_le_bytes());
    [&description, body, names].iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = Xxh64::new(0);
    hash.update(bytes);
    hash.digest()
}

/// Takes a snapshot in pieces of any size and keeps each part once.
pub(super) struct Reader {
    /// What of the head has come.
    head: Vec<u8>,
    /// Description, body, names; their lengths and checksums are known once the head is complete.
    parts: [Vec<u8>; 3],
    lengths: [usize; 3],
    checksums: [u64; 3],
    hash: Xxh64,
    /// The part that is being filled.
    part: usize,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader {
            head: Vec::with_capacity(HEAD),
            parts: Default::default(),
            lengths: [0; 3],
            checksums: [0; 3],
            hash: Xxh64::new(0),
            part: 0,
        }
    }
}

impl Reader {
    /// Takes the next piece.
    ///
    /// # Errors
    /// `index/not-an-index`, `index/version`, `index/damaged`, `index/too-large`, `index/trailing-bytes`.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        if self.head.len() < HEAD {
            let taken = bytes.len().min(HEAD - self.head.len());
            self.head.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.head.len() < HEAD {
                return Ok(());
            }
            self.read_head()?;
        }
        while self.part < 3 {
            let missing = self.lengths[self.part] - self.parts[self.part].len();
            let taken = bytes.len().min(missing);
            self.hash.update(&bytes[..taken]);
            self.parts[self.part].extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if taken < missing {
                return Ok(());
            }
            if self.hash.digest() != self.checksums[self.part] {
                return Err(damaged());
            }
            self.hash = Xxh64::new(0);
            self.part += 1;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let hint = "the file was written to after it was made; take a fresh copy, or build the index again";
        Err(Error::new("index/trailing-bytes", "bytes follow the end of the index", hint))
    }

    fn read_head(&mut self) -> Result<(), Error> {
        let word = |at: usize| self.head[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        if &self.head[..8] != MAGIC {
            let hint = "give a file made by `childlink index build`";
            return Err(Error::new("index/not-an-index", "these bytes do not begin as an index does", hint));
        }
        let (version, description) = (word(8) as u32, word(8) >> 32);
        if version != VERSION {
            let message = format!("the index is of version {version}; this program reads version {VERSION}");
            return Err(Error::new("index/version", message, "build the index again with this version of childlink"));
        }
        if checksum(&self.head[..HEAD - 8]) != word(HEAD - 8) {
            return Err(damaged());
        }
        self.checksums = [word(32), word(40), word(48)];
        for (place, length) in [description, word(16), word(24)].into_iter().enumerate() {
            let length = usize::try_from(length).map_err(|_| too_large())?;
            self.lengths[place] = length;
            self.parts[place].try_reserve_exact(length).map_err(|_| too_large())?;
        }
        Ok(())
    }

    /// The parts of a complete snapshot.
    ///
    /// # Errors
    /// `index/truncated`, `index/damaged`, and those of a model that does not fit this version.
    pub(super) fn finish(self) -> Result<Parts, Error> {
        if self.part < 3 {
            let got = self.head.len() + self.parts.iter().map(Vec::len).sum::<usize>();
            let message = format!("the index ends after {got} bytes, before its end");
            return Err(Error::new("index/truncated", message, "take a fresh copy, or build the index again"));
        }
        let [description, body, names] = self.parts;
        let description: Description = serde_json::from_slice(&description).map_err(|_| damaged())?;
        description.model.check()?;
        let columns =
            description.columns.iter().chain(description.paths.iter().flat_map(|path| [&path.starts, &path.rows]));
        if columns.into_iter().any(|column| !column.fits(body.len())) {
            return Err(damaged());
        }
        Ok(Parts { description, body, names })
    }
}

/// Something in the index is not as it was written.
pub(super) fn damaged() -> Error {
    let hint = "take a fresh copy, or build the index again";
    Error::new("index/damaged", "the index is not as it was written: a checksum does not agree", hint)
}

fn too_large() -> Error {
    let hint = "use a machine with more memory, or an index of fewer records";
    Error::new("index/too-large", "there is not enough memory for the index", hint)
}
