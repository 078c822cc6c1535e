//! One file read by several hosts that share no memory, such as the workers of a browser page: each reads
//! every nth chunk, and one of them joins what came of all.

use super::file::{Source, beginning_of, cannot_read, settle};
use super::reader::{ChunkRows, Reader};
use super::split::Splitter;
use crate::error::Error;
use crate::exchange::encoding::Utf8Tally;
use crate::exchange::rows::{ReadOptions, Rows, TakenRows};
use crate::text::packed::{read_number, write_length};
use std::io::{Read, Seek, SeekFrom};

/// How much is read at a time, in bytes: enough to outweigh handing it over, and little enough that a file of
/// some megabytes is shared already.
const BLOCK: usize = if cfg!(test) { 1 << 17 } else { 1 << 22 };

/// Which chunks of a file are read here: of every `of` one, the first being number `place`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From 0, less than `of`.
    pub place: usize,
    /// How many share the file; at least 1.
    pub of: usize,
}

/// Reads a share of the chunks of a file. What comes of each is handed to `each`, for [`join`]. All who share a
/// file see all its bytes, since only who has seen what is before a chunk knows where it begins.
///
/// # Errors
/// Those of [`read`](super::read).
pub fn read_share<R: Read + Seek>(
    mut file: R,
    options: ReadOptions<'_>,
    share: Share,
    mut each: impl FnMut(ChunkRows) -> Result<(), Error>,
) -> Result<(), Error> {
    let reader = Reader::new(&beginning_of(&mut file)?, options)?;
    file.seek(SeekFrom::Start(0)).map_err(cannot_read)?;
    let mut source = Source { splitter: Some(Splitter::new(reader.form())), block: BLOCK, file: &mut file };
    while let Some(chunk) = source.next(None, &|_| {})? {
        if chunk.index % share.of.max(1) == share.place {
            each(reader.read(&chunk))?;
        }
    }
    Ok(())
}

/// Joins what all shares of a file brought, in any order.
///
/// # Errors
/// Those of [`read`](super::read).
pub fn join<R: Read + Seek + Send>(
    mut file: R,
    options: ReadOptions<'_>,
    chunks: Vec<ChunkRows>,
) -> Result<Rows, Error> {
    file.seek(SeekFrom::Start(0)).map_err(cannot_read)?;
    let beginning = beginning_of(&mut file)?;
    let reader = Reader::new(&beginning, options)?;
    settle(file, &beginning, reader, chunks, &|_| {})
}

impl ChunkRows {
    /// What came of the chunk as bytes, for [`unpack`](Self::unpack) in another instance of this same version.
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let tally = [self.tally.broken, self.tally.letters];
        [self.index as u64].iter().chain(&tally).for_each(|&number| write_length(&mut bytes, number));
        self.taken.pack(&mut bytes);
        bytes
    }

    /// Takes what [`pack`](Self::pack) gave; `input` is the number of the input that the chunk is of.
    ///
    /// # Errors
    /// `input/damaged` if the bytes are none of it.
    pub fn unpack(bytes: &[u8], input: u16) -> Result<ChunkRows, Error> {
        ChunkRows::parse(bytes, input).ok_or_else(|| {
            Error::new(
                "input/damaged",
                "a part of the rows is not as it was handed over",
                "read the file again, with one version of childlink in all workers",
            )
        })
    }

    fn parse(mut bytes: &[u8], input: u16) -> Option<ChunkRows> {
        let bytes = &mut bytes;
        let index = read_number(bytes)?;
        let tally = Utf8Tally { broken: read_number(bytes)?, letters: read_number(bytes)? };
        let taken = TakenRows::unpack(bytes, input)?;
        bytes.is_empty().then_some(ChunkRows { index, taken, tally })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::column_map::Spellings;
    use crate::exchange::csv::read;
    use crate::exchange::rows::SourceName;
    use crate::identity::column::Column;
    use crate::linkage::table::Table;
    use std::io::Cursor;

    /// Each record, each row set aside and the report, in words.
    fn told(rows: Rows) -> Vec<String> {
        let mut lines = vec![format!("{:?} {}", rows.report, rows.fell_back)];
        lines.extend(rows.quarantined.iter().map(|row| format!("{row:?}")));
        lines.extend([3, 5].map(|row| rows.kept.get(row, 0).to_owned()));
        let table = Table::build(rows.builders).table;
        for record in 0..table.len() as u32 {
            let fields = Column::ALL.map(|column| table.raw(record, column)).join("/");
            lines.push(format!("{:?} {fields}", table.origin(record)));
        }
        lines
    }

    fn shared(bytes: &[u8], of: usize, options: ReadOptions<'_>) -> Vec<String> {
        let mut chunks = Vec::new();
        for place in 0..of {
            read_share(Cursor::new(bytes), options, Share { place, of }, |chunk| {
                chunks.push(ChunkRows::unpack(&chunk.pack(), options.input)?);
                Ok(())
            })
            .unwrap();
        }
        told(join(Cursor::new(bytes), options, chunks).unwrap())
    }

    /// A file of several chunks: quoted line breaks, bad rows, two sources, a kept column, code zero.
    fn file(last: &[u8]) -> Vec<u8> {
        let mut bytes = b"id,dob,surname,source,Ward\n".to_vec();
        for id in 0..60_000 {
            let row = match id % 1000 {
                7 => format!("{id},2020-01-02\n"),
                8 => format!("{id},2020-01-02,\"Kh\n{id}an\",,N{id}\n"),
                9 => format!("{id},2020-01-02,O\0ka,,x\n"),
                10 => ",2020-01-02,Lee,north,x\n".to_owned(),
                _ => format!("{id},2020-01-02,Khan{},east,N{}\n", id % 77, id % 5),
            };
            bytes.extend_from_slice(row.as_bytes());
        }
        assert!(bytes.len() > 2 * BLOCK, "several chunks");
        bytes.extend_from_slice(last);
        bytes
    }

    #[test]
    fn shares_join_to_the_rows_of_the_whole() {
        let (own, given) = (SourceName::Fallback("north".to_owned()), SourceName::Given("north".to_owned()));
        let keep = ["ward".to_owned()];
        // The second file shows only at its end that it is Windows-1252; the third is two files in one.
        let files = [
            (&own, file(b"")),
            (&own, file(b"late,2020-01-02,Zo\xEB,,\n")),
            (&given, file(b"id,dob,surname,source,Ward\nlate,2020-01-02,Lee,,\n")),
        ];
        for (source, bytes) in files {
            let options =
                ReadOptions { input: 2, source, spellings: Spellings::built_in(), keep: &keep, scratch: None };
            let whole = told(read(Cursor::new(&bytes), options, &|_| {}).unwrap());
            for of in 1..=3 {
                assert_eq!(shared(&bytes, of, options), whole, "{of} shares");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_chunk_are_refused() {
        assert_eq!(ChunkRows::unpack(b"\xff\xff", 0).err().map(|error| error.code), Some("input/damaged"));
    }
}
