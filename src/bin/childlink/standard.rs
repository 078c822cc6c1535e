//! `-` in the place of a file: standard input or standard output.

use crate::claims::reads;
use crate::output::cannot_read;
use crate::packed::unpacked;
use childlink::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Whether a path stands for standard input or output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Opens a file that is read once, from its beginning to its end; gzip and Zstandard are unpacked.
///
/// # Errors
/// `input/cannot-read`, `output/is-input`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    reads(path)?;
    if is_standard(path) {
        // Not locked: a lock cannot go from thread to thread, and nothing else reads standard input.
        return unpacked(Box::new(BufReader::new(io::stdin())), path);
    }
    match File::open(path) {
        Ok(file) => unpacked(Box::new(BufReader::new(file)), path),
        Err(cause) => Err(cannot_read(path, &cause)),
    }
}

/// Reads a whole file of text.
///
/// # Errors
/// `input/cannot-read`, `output/is-input`.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    reads(path)?;
    read_text_to_copy(path)
}

/// The same for a text that may be written out again where it came from, as it was.
///
/// # Errors
/// `input/cannot-read`.
pub(crate) fn read_text_to_copy(path: &Path) -> Result<String, Error> {
    let text = if is_standard(path) { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    text.map_err(|cause| cannot_read(path, &cause))
}
