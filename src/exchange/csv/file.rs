//! A delimited file as a whole: cut into chunks, of which each thread reads the next.

use super::form::{Form, MAX_BEGINNING};
use super::reader::{ChunkRows, Finished, Reader};
use super::split::{Chunk, Row, Splitter};
use crate::error::Error;
use crate::exchange::rows::{ReadOptions, Rows, SetAside, is_sensitive};
use crate::identity::column::Column;
use crate::linkage::parallel;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

/// How much is read at a time, in bytes.
pub(crate) const BLOCK: usize = 1 << 23;

/// How much is read at a time at least.
pub(super) const LEAST_BLOCK: usize = 1 << 16;

/// Reads a whole delimited file with the threads of the current pool. `advance` is told how many
/// more bytes have been read.
///
/// # Errors
/// Those of [`Reader::new`] and [`Reader::finish`]; `csv/record-too-long`; `input/cannot-read`.
pub fn read<R: Read + Seek + Send>(
    mut file: R,
    options: ReadOptions<'_>,
    advance: &(dyn Fn(u64) + Sync),
) -> Result<Rows, Error> {
    let beginning = beginning_of(&mut file)?;
    let reader = Reader::new(&beginning, options)?;
    let chunks = reader.read_all(&mut file, advance)?;
    settle(file, &beginning, reader, chunks, advance)
}

/// Joins all chunks of a file, or reads it once more if only the whole told its encoding.
///
/// # Errors
/// Those of [`read`].
pub(super) fn settle<R: Read + Seek + Send>(
    mut file: R,
    beginning: &[u8],
    mut reader: Reader<'_>,
    mut chunks: Vec<ChunkRows>,
    advance: &(dyn Fn(u64) + Sync),
) -> Result<Rows, Error> {
    loop {
        match reader.finish(beginning, chunks)? {
            Finished::Rows(rows) => return Ok(rows),
            Finished::Again(better) => {
                chunks = better.read_all(&mut file, advance)?;
                reader = better;
            }
        }
    }
}

/// What `work` makes of each chunk of a file, of which so many bytes are read at a time, from where it stands, with the
/// threads of the current pool; in no certain order.
///
/// # Errors
/// `csv/record-too-long`; `input/cannot-read`.
pub(crate) fn map_chunks<R: Read + Send, T: Send>(
    file: &mut R,
    form: &Form,
    block: usize,
    advance: &(dyn Fn(u64) + Sync),
    work: impl Fn(&Chunk) -> T + Sync + Send,
) -> Result<Vec<T>, Error> {
    let source = Mutex::new(Source { splitter: Some(Splitter::new(form)), block, file });
    let results = parallel::map(parallel::thread_count(), |_| {
        let (mut results, mut done) = (Vec::new(), None);
        // Each thread takes the next chunk in turn, so that only a few are in memory at a time.
        loop {
            let next = source.lock().unwrap_or_else(PoisonError::into_inner).next(done.take(), advance)?;
            let Some(chunk) = next else { return Ok(results) };
            results.push(work(&chunk));
            done = Some(chunk);
        }
    });
    Ok(results.into_iter().collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
}

/// Reads some rows of a file once more, as they stand. `wanted` is in rising order.
///
/// # Errors
/// Those of [`read`].
pub fn read_again<R: Read + Seek>(
    mut file: R,
    options: ReadOptions<'_>,
    wanted: &[u32],
    mut each: impl FnMut(SetAside<'_>),
) -> Result<(), Error> {
    let beginning = beginning_of(&mut file)?;
    let reader = Reader::new(&beginning, options)?;
    file.seek(SeekFrom::Start(0)).map_err(cannot_read)?;
    // Small chunks: most have no row that is wanted, and their fields need not be found.
    let mut source = Source { splitter: Some(Splitter::new(reader.form())), block: LEAST_BLOCK, file: &mut file };
    let mut wanted = wanted.iter().copied().peekable();
    let mut done: Option<Chunk> = None;
    while let Some(&next) = wanted.peek() {
        let Some(chunk) = source.next(done.take(), &|_| {})? else { break };
        if reader.line(&chunk, chunk.lines) < next {
            done = Some(chunk);
            continue;
        }
        chunk.for_each_row(reader.form(), |row| {
            let (lines, raw, record) = match row {
                Row::Unbalanced(_, lines, raw) => (lines, raw, None),
                Row::Record(record) => (record.lines_before, record.raw, Some(record)),
            };
            let line = reader.line(&chunk, lines);
            if wanted.next_if_eq(&line).is_none() {
                return;
            }
            // A field of a row that is broken, or that is no text, tells nothing.
            let whole = record.filter(|record| record.field_count() == reader.form().header.len());
            let field = |column: Column| {
                let mut text = String::new();
                let bytes = whole.zip(reader.columns().place(column)).map(|(record, place)| record.get(place));
                bytes
                    .and_then(|bytes| reader.form().encoding.decode_into(bytes, &mut text))
                    .map_or(String::new(), |()| text)
            };
            let (own, record_id) = (field(Column::Source), field(Column::RecordId));
            let is_sensitive = is_sensitive(&field(Column::Sensitive), raw);
            let source = options.source.of(own.trim());
            each(SetAside { row: line, source, record_id: record_id.trim(), raw, is_sensitive });
        });
        done = Some(chunk);
    }
    Ok(())
}

/// The file with its splitter, handed from thread to thread.
pub(super) struct Source<'f, R> {
    pub(super) splitter: Option<Splitter>,
    /// How much is read at a time, in bytes.
    pub(super) block: usize,
    pub(super) file: &'f mut R,
}

impl<R: Read> Source<'_, R> {
    /// The next chunk; the memory of one that is done with is used again.
    pub(super) fn next(&mut self, mut done: Option<Chunk>, advance: &dyn Fn(u64)) -> Result<Option<Chunk>, Error> {
        while let Some(splitter) = &mut self.splitter {
            done.take().into_iter().for_each(|chunk| splitter.reuse(chunk));
            let count = splitter.fill(self.file, self.block).map_err(cannot_read)?;
            advance(count as u64);
            let chunk =
                if count == 0 { self.splitter.take().map_or(Ok(None), Splitter::finish)? } else { splitter.split()? };
            if chunk.is_some() {
                return Ok(chunk);
            }
        }
        Ok(None)
    }
}

pub(super) fn beginning_of(file: &mut impl Read) -> Result<Vec<u8>, Error> {
    let mut beginning = Vec::new();
    file.take(MAX_BEGINNING as u64).read_to_end(&mut beginning).map_err(cannot_read)?;
    Ok(beginning)
}

pub(super) fn cannot_read(cause: std::io::Error) -> Error {
    Error::new(
        "input/cannot-read",
        format!("the file cannot be read: {cause}"),
        "check that the file is whole and the disk sound",
    )
}
