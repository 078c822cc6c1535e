//! Files that appear whole or not at all.

use childlink::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn cannot_read(path: &Path, cause: &io::Error) -> Error {
    let hint = "check the path, and that the host lets the program see the folder";
    Error::new("input/cannot-read", format!("{}: {cause}", path.display()), hint)
}

pub(crate) fn cannot_write(path: &Path, cause: &io::Error) -> Error {
    let hint = "check that there is room, and that the host lets the program write there";
    Error::new("output/cannot-write", format!("{}: {cause}", path.display()), hint)
}

/// Writes a file beside its place and puts it there once it is on the disk.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("part");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    written.map_err(|cause| cannot_write(path, &cause))
}
