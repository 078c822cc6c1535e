//! Checksums by which a file is known again: XXH64 of its bytes, and how many there are. They tell a change, and are no
//! defence against one made on purpose.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};
use xxhash_rust::xxh64::Xxh64;

/// The checksum of bytes under way.
pub(crate) struct Digest {
    hash: Xxh64,
    bytes: u64,
}

/// A digest that somebody who hands bytes on takes of them.
pub(crate) type Watch = Arc<Mutex<Digest>>;

impl Default for Digest {
    fn default() -> Digest {
        Digest { hash: Xxh64::new(0), bytes: 0 }
    }
}

impl Digest {
    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// That of all bytes so far.
    pub(crate) fn told(&self) -> Told {
        Told { bytes: self.bytes, xxh64: format!("{:016x}", self.hash.digest()) }
    }
}

/// A checksum as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) bytes: u64,
    /// In hexadecimal figures.
    pub(crate) xxh64: String,
}

impl Told {
    /// That of a file.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn of_file(path: &Path) -> io::Result<Told> {
        let (mut file, mut digest, mut piece) = (File::open(path)?, Digest::default(), vec![0; 1 << 20]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(digest.told()),
                read => digest.update(&piece[..read]),
            }
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"bytes": self.bytes, "xxh64": self.xxh64})
    }

    /// That of a document that has one.
    pub(crate) fn from_json(document: &Value) -> Option<Told> {
        Some(Told { bytes: document["bytes"].as_u64()?, xxh64: document["xxh64"].as_str()?.to_owned() })
    }
}
