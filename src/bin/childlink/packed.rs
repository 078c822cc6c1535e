//! Compressed inputs: gzip and Zstandard, told by their first bytes and read as what they hold.

use crate::digest::{Digest, Watch};
use childlink::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstandard,
}

impl Packing {
    /// How bytes are packed that begin so.
    ///
    /// # Source
    /// RFC 1952 (gzip, `1F 8B`), RFC 8878 (Zstandard, `28 B5 2F FD`).
    pub(crate) fn told_by(beginning: &[u8]) -> Packing {
        match beginning {
            [0x1F, 0x8B, ..] => Packing::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Packing::Zstandard,
            _ => Packing::Plain,
        }
    }

    /// The error with what it means for the file: a library that unpacks knows only its own bytes.
    fn explained(self, cause: io::Error) -> io::Error {
        let meaning = match self {
            Packing::Plain => return cause,
            Packing::Gzip => "the gzip file is damaged: it breaks off, or bytes that are no gzip follow its end",
            Packing::Zstandard => "the Zstandard file is damaged: it breaks off, or other bytes follow its end",
        };
        io::Error::new(cause.kind(), format!("{meaning} ({cause})"))
    }

    /// What packed bytes hold. A file of several members, one after another, is read to its end.
    fn open<'r>(self, bytes: impl BufRead + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
        Ok(match self {
            Packing::Plain => Box::new(bytes),
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
            Packing::Zstandard => Box::new(zstd::Decoder::with_buffer(bytes)?),
        })
    }
}

/// Where the bytes of an input are.
#[derive(Clone)]
enum Place {
    File(Arc<Path>, Option<Watch>),
    Memory(Arc<Vec<u8>>),
}

/// An input that is read from its beginning, as often as is needed.
pub(crate) struct Input {
    place: Place,
    packing: Packing,
    reader: Box<dyn Read + Send>,
    at: u64,
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn open(path: &Path) -> io::Result<Input> {
        Input::of_file(path, None)
    }

    /// Opens a file whose digest is taken while it is read, as it stands on the disk: that of the last time, where it
    /// is read more than once.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn watched(path: &Path, watch: &Watch) -> io::Result<Input> {
        Input::of_file(path, Some(Arc::clone(watch)))
    }

    fn of_file(path: &Path, watch: Option<Watch>) -> io::Result<Input> {
        let mut beginning = Vec::new();
        File::open(path)?.take(4).read_to_end(&mut beginning)?;
        Input::of(Place::File(path.into(), watch), Packing::told_by(&beginning))
    }

    /// Opens bytes that are held in memory, packed or not.
    ///
    /// # Errors
    /// If the bytes are packed and do not begin as they should.
    pub(crate) fn of_bytes(bytes: Arc<Vec<u8>>) -> io::Result<Input> {
        let packing = Packing::told_by(&bytes);
        Input::of(Place::Memory(bytes), packing)
    }

    fn of(place: Place, packing: Packing) -> io::Result<Input> {
        let reader = reader(&place, packing)?;
        Ok(Input { place, packing, reader, at: 0 })
    }

    /// How it is packed.
    pub(crate) fn packing(&self) -> Packing {
        self.packing
    }
}

fn reader(place: &Place, packing: Packing) -> io::Result<Box<dyn Read + Send>> {
    match place {
        Place::File(path, watch) => {
            let file = Watched { file: File::open(path)?, watch: watch.clone() };
            if let Some(watch) = watch {
                *watch.lock().unwrap_or_else(PoisonError::into_inner) = Digest::default();
            }
            packing.open(BufReader::with_capacity(1 << 18, file))
        }
        Place::Memory(bytes) => packing.open(Cursor::new(SharedBytes(Arc::clone(bytes)))),
    }
}

/// A file of whose bytes a digest is taken.
struct Watched {
    file: File,
    watch: Option<Watch>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if let Some(watch) = &self.watch {
            watch.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..read]);
        }
        Ok(read)
    }
}

struct SharedBytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer).map_err(|cause| self.packing.explained(cause))?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Goes to the beginning; nothing else is asked of packed bytes, which only go forward.
impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(0) => {
                if self.at > 0 {
                    self.reader = reader(&self.place, self.packing)?;
                    self.at = 0;
                }
                Ok(0)
            }
            SeekFrom::Current(0) => Ok(self.at),
            _ => Err(io::Error::new(io::ErrorKind::Unsupported, "packed bytes are read from their beginning")),
        }
    }
}

/// Unpacks bytes that are read once, from their beginning to their end.
///
/// # Errors
/// `input/cannot-read`.
pub(crate) fn unpacked(mut bytes: Box<dyn BufRead + Send>, name: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    let cannot_read = |cause: io::Error| crate::output::cannot_read(name, &cause);
    let packing = Packing::told_by(bytes.fill_buf().map_err(cannot_read)?);
    match packing {
        Packing::Plain => Ok(bytes),
        packing => {
            let reader = packing.open(bytes).map_err(cannot_read)?;
            Ok(Box::new(BufReader::new(Explained { reader, packing })))
        }
    }
}

/// What packed bytes hold, with errors that say what they mean.
struct Explained<'r> {
    reader: Box<dyn Read + Send + 'r>,
    packing: Packing,
}

impl Read for Explained<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|cause| self.packing.explained(cause))
    }
}

/// The name of a file without its ending and without the ending of its packing: what a source is called after.
pub(crate) fn stem(path: &Path) -> String {
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = name(path);
    if matches!(ending.as_str(), "gz" | "gzip" | "zst" | "zstd") { name(Path::new(&stem)) } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn packed_bytes_are_read_as_what_they_hold_and_from_the_beginning_again() {
        let text = "id,dob\n".repeat(100_000);
        // Members one after another, as logs are joined.
        let gzipped = [gzip(&text[..7]), gzip(&text[7..])].concat();
        let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
        for (bytes, packing) in
            [(text.clone().into_bytes(), Packing::Plain), (gzipped, Packing::Gzip), (zstd, Packing::Zstandard)]
        {
            let mut input = Input::of_bytes(Arc::new(bytes)).unwrap();
            assert_eq!(input.packing(), packing);
            for _ in 0..2 {
                let mut read = String::new();
                input.read_to_string(&mut read).unwrap();
                assert!(read == text, "{packing:?}");
                input.seek(SeekFrom::Start(0)).unwrap();
            }
        }
    }

    #[test]
    fn packed_bytes_cut_off_are_an_error_and_not_a_shorter_file() {
        let bytes = gzip(&"id,dob\n".repeat(1000));
        let mut input = Input::of_bytes(Arc::new(bytes[..bytes.len() - 9].to_vec())).unwrap();
        assert_eq!(input.read_to_end(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        // Bytes behind the end are no member, few or many.
        for more in [&b"x"[..], b"more than a header of gzip has"] {
            let mut input = Input::of_bytes(Arc::new([&bytes, more].concat())).unwrap();
            let error = input.read_to_end(&mut Vec::new()).unwrap_err();
            assert!(error.to_string().starts_with("the gzip file is damaged"), "{error}");
            let reader = unpacked(Box::new(Cursor::new([&bytes, more].concat())), Path::new("list")).unwrap();
            let error = io::read_to_string(reader).unwrap_err();
            assert!(error.to_string().starts_with("the gzip file is damaged"), "{error}");
        }
        let bytes = zstd::encode_all(&b"id,dob\n"[..], 1).unwrap();
        let mut input = Input::of_bytes(Arc::new(bytes[..bytes.len() - 2].to_vec())).unwrap();
        assert!(input.read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn a_source_is_not_called_after_a_packing() {
        for (path, name) in [("a/north.csv.gz", "north"), ("north.ndjson.ZST", "north"), ("north.csv", "north")] {
            assert_eq!(stem(Path::new(path)), name);
        }
    }
}
