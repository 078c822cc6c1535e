//! Cutting a stream of bytes into chunks of whole records.

use super::form::Form;
use super::record::for_each_record;
use crate::error::Error;
use crate::exchange::encoding::Utf16Decoder;
use memchr::{memchr, memchr_iter, memrchr};
use std::io::{self, Read};
use std::ops::Range;

/// The greatest length of one record, in bytes: 16 MiB. What is longer is no table of children.
pub const MAX_RECORD: usize = 1 << 24;

/// Whole records of a file, in the bytes of the file (in UTF-8 if the file is UTF-16).
pub struct Chunk {
    /// Its place among the chunks of the file, from 0.
    pub index: usize,
    /// Where it starts, in bytes after the byte order mark.
    pub offset: u64,
    /// Line breaks before it.
    pub lines_before: u64,
    /// Line breaks in it.
    pub lines: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Lines in `bytes` that hold a quote without an end, in order. They are no records.
    pub broken: Vec<Range<usize>>,
}

/// A record, or a line that is none.
pub enum Row<'c, 'r> {
    /// A record.
    Record(&'r super::record::Record<'c>),
    /// A line with a quote that never ends: its offset in the chunk, the line breaks before it in
    /// the chunk, and its bytes.
    Unbalanced(usize, u64, &'c [u8]),
}

impl Chunk {
    /// Calls `each` with every row in turn.
    pub fn for_each_row(&self, form: &Form, mut each: impl FnMut(Row<'_, '_>)) {
        let (mut position, mut lines) = (0, 0);
        let good = |range: Range<usize>, lines_before: u64, each: &mut dyn FnMut(Row<'_, '_>)| {
            let bytes = &self.bytes[range.clone()];
            for_each_record(bytes, form.delimiter, form.line_break, |record| {
                each(Row::Record(&record.placed(range.start, lines_before)));
                true
            });
        };
        for broken in &self.broken {
            good(position..broken.start, lines, &mut each);
            lines += line_breaks(&self.bytes[position..broken.start], form.line_break);
            each(Row::Unbalanced(broken.start, lines, &self.bytes[broken.clone()]));
            lines += 1;
            position = broken.end;
        }
        good(position..self.bytes.len(), lines, &mut each);
    }
}

fn line_breaks(bytes: &[u8], line_break: u8) -> u64 {
    memchr_iter(line_break, bytes).count() as u64
}

/// Takes bytes as they come and gives chunks that begin and end at a record's edge.
///
/// A field is quoted if its first byte is a quote; line breaks in it do not end the record. So the
/// splitter follows every quote. A quoted field over several lines is taken for a stray quote if it
/// has no end within [`MAX_RECORD`], if its end is no end of a field, or if its record does not have
/// the header's number of fields: the first line is reported as broken, and reading goes on with the
/// next line. What is broken depends on the bytes alone, never on how they came.
pub struct Splitter {
    delimiter: u8,
    line_break: u8,
    field_count: usize,
    max_record: usize,
    /// Bytes of the mark and the header's line, still to drop.
    skip: usize,
    header_pending: bool,
    decoder: Option<Utf16Decoder>,
    raw: Vec<u8>,
    buffer: Vec<u8>,
    /// Memory for the next buffer.
    spare: Vec<u8>,
    scan: Scan,
    index: usize,
    offset: u64,
    lines_before: u64,
}

/// How far the buffer is understood.
#[derive(Default)]
struct Scan {
    /// Everything before is scanned; outside quotes unless `opened`.
    position: usize,
    /// The start of the record that `position` lies in.
    record: usize,
    /// The quote that opened the field that `position` lies in.
    opened: Option<usize>,
    /// Whether a quoted field of this record holds a line break.
    many_lines: bool,
    broken: Vec<Range<usize>>,
}

impl Splitter {
    /// A splitter for a file of this form, to be fed from the file's first byte.
    pub fn new(form: &Form) -> Splitter {
        Splitter {
            delimiter: form.delimiter,
            line_break: form.line_break,
            field_count: form.header.len(),
            max_record: MAX_RECORD,
            skip: form.skip,
            header_pending: true,
            decoder: Utf16Decoder::new(form.encoding),
            raw: Vec::new(),
            buffer: Vec::new(),
            spare: Vec::new(),
            scan: Scan::default(),
            index: 0,
            offset: 0,
            lines_before: form.lines_skipped(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if self.skip > 0 {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
        }
        match &mut self.decoder {
            Some(decoder) => decoder.decode(bytes, false, &mut self.buffer),
            None => self.buffer.extend_from_slice(bytes),
        }
    }

    /// Reads up to so many bytes; answers how many came, 0 at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn fill(&mut self, reader: &mut impl Read, length: usize) -> io::Result<usize> {
        if self.decoder.is_none() && self.skip == 0 {
            self.buffer.reserve(length);
            return reader.take(length as u64).read_to_end(&mut self.buffer);
        }
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        let count = reader.take(length as u64).read_to_end(&mut raw)?;
        self.push(&raw);
        self.raw = raw;
        Ok(count)
    }

    /// Cuts off the whole records that have come so far; `None` if there are none yet.
    ///
    /// # Errors
    /// `csv/record-too-long`.
    pub fn split(&mut self) -> Result<Option<Chunk>, Error> {
        self.advance(false)?;
        let end = self.scan.record;
        if end == 0 { Ok(None) } else { Ok(self.cut(end)) }
    }

    /// Ends the file: what is left.
    ///
    /// # Errors
    /// `csv/record-too-long`.
    pub fn finish(mut self) -> Result<Option<Chunk>, Error> {
        if let Some(decoder) = &mut self.decoder {
            decoder.decode(&[], true, &mut self.buffer);
        }
        self.advance(true)?;
        let end = self.buffer.len();
        if end == 0 { Ok(None) } else { Ok(self.cut(end)) }
    }

    /// Takes the memory of a chunk that is done with, for a later one.
    pub fn reuse(&mut self, chunk: Chunk) {
        self.spare = chunk.bytes;
    }

    fn cut(&mut self, end: usize) -> Option<Chunk> {
        let mut rest = std::mem::take(&mut self.spare);
        rest.clear();
        rest.extend_from_slice(&self.buffer[end..]);
        let mut bytes = std::mem::replace(&mut self.buffer, rest);
        bytes.truncate(end);
        let broken = std::mem::take(&mut self.scan.broken);
        self.scan = Scan::default();
        let lines = line_breaks(&bytes, self.line_break);
        let mut chunk =
            Chunk { index: self.index, offset: self.offset, lines_before: self.lines_before, lines, bytes, broken };
        self.offset += end as u64;
        self.lines_before += lines;
        if self.header_pending {
            self.header_pending = false;
            self.drop_header(&mut chunk);
        }
        self.index += 1;
        Some(chunk)
    }

    /// Takes the header's record off the first chunk.
    fn drop_header(&self, chunk: &mut Chunk) {
        let mut end = 0;
        for_each_record(&chunk.bytes, self.delimiter, self.line_break, |record| {
            let after = record.offset + record.raw.len();
            end = memchr(self.line_break, &chunk.bytes[after..]).map_or(chunk.bytes.len(), |i| after + i + 1);
            false
        });
        chunk.offset += end as u64;
        let lines = line_breaks(&chunk.bytes[..end], self.line_break);
        chunk.lines_before += lines;
        chunk.lines -= lines;
        chunk.bytes.drain(..end);
        for range in &mut chunk.broken {
            *range = range.start.saturating_sub(end)..range.end.saturating_sub(end);
        }
        chunk.broken.retain(|range| !range.is_empty());
    }

    /// Scans all that has come; `last` says that no more will.
    fn advance(&mut self, last: bool) -> Result<(), Error> {
        loop {
            if let Some(opened) = self.scan.opened {
                if self.close_quote(opened, last)? {
                    continue;
                }
                return Ok(());
            }
            let quote = memchr(b'"', &self.buffer[self.scan.position..]).map(|i| self.scan.position + i);
            if self.end_records(quote.unwrap_or(self.buffer.len()), last)? {
                continue;
            }
            let Some(quote) = quote else { return Ok(()) };
            let starts_field = quote == self.scan.record || self.buffer[quote - 1] == self.delimiter;
            self.scan.opened = starts_field.then_some(quote);
            self.scan.position = quote + 1;
        }
    }

    /// Looks for the end of the quoted field; `false` if more bytes are needed.
    fn close_quote(&mut self, opened: usize, last: bool) -> Result<bool, Error> {
        let mut from = self.scan.position;
        loop {
            let close = memchr(b'"', &self.buffer[from..]).map(|i| from + i);
            let reached = close.unwrap_or(self.buffer.len());
            if reached - self.scan.record > self.max_record || (close.is_none() && last) {
                self.break_line()?;
                return Ok(true);
            }
            let Some(close) = close else {
                self.scan.position = self.buffer.len();
                return Ok(false);
            };
            match self.buffer.get(close + 1) {
                Some(b'"') => from = close + 2,
                // A quote at the very end may be the first of two.
                None if !last => {
                    self.scan.position = close;
                    return Ok(false);
                }
                after => {
                    let many_lines = memchr(self.line_break, &self.buffer[opened..close]).is_some();
                    let ends_field = after.is_none_or(|&b| b == self.delimiter || b == self.line_break || b == b'\r');
                    if many_lines && !ends_field {
                        self.break_line()?;
                        return Ok(true);
                    }
                    self.scan.many_lines |= many_lines;
                    self.scan.opened = None;
                    self.scan.position = close + 1;
                    return Ok(true);
                }
            }
        }
    }

    /// Ends the records whose line break lies before `to`, which is outside quotes; `true` if a line
    /// was found broken and scanning starts again behind it.
    fn end_records(&mut self, to: usize, last: bool) -> Result<bool, Error> {
        let from = self.scan.position;
        let first = memchr(self.line_break, &self.buffer[from..to]).map(|i| from + i);
        let reached = first.unwrap_or(to);
        let ended = first.is_some() || (last && to == self.buffer.len());
        let too_long = reached - self.scan.record > self.max_record;
        if self.scan.many_lines
            && (too_long || (ended && self.fields_in(self.scan.record..reached) != self.field_count))
        {
            self.break_line()?;
            return Ok(true);
        }
        if too_long {
            return Err(line_too_long());
        }
        if !ended {
            self.scan.position = to;
            return Ok(false);
        }
        self.scan.many_lines = false;
        if first.is_some() {
            let last_break = memrchr(self.line_break, &self.buffer[from..to]).map_or(reached, |i| from + i);
            self.scan.record = last_break + 1;
        }
        self.scan.position = to;
        Ok(false)
    }

    fn fields_in(&self, range: Range<usize>) -> usize {
        let mut count = 0;
        for_each_record(&self.buffer[range], self.delimiter, self.line_break, |record| {
            count = record.field_count();
            false
        });
        count
    }

    /// Takes the first line of the record for broken and starts again behind it.
    fn break_line(&mut self) -> Result<(), Error> {
        let start = self.scan.record;
        let rest = &self.buffer[start..];
        let length = memchr(self.line_break, rest).map_or(rest.len(), |i| i + 1);
        if length > self.max_record {
            return Err(line_too_long());
        }
        let end = start + length;
        self.scan.broken.push(start..end);
        self.scan.record = end;
        self.scan.position = end;
        self.scan.opened = None;
        self.scan.many_lines = false;
        Ok(())
    }
}

fn line_too_long() -> Error {
    Error::new(
        "csv/record-too-long",
        "a line is longer than 16 MiB",
        "check that this is delimited text with one record a line",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The line breaks before a row, whether it is a broken line, and its fields.
    type Found = (u64, bool, Vec<Vec<u8>>);

    /// What a file holds.
    fn rows(bytes: &[u8], pieces: &[usize], max_record: usize) -> Result<Vec<Found>, Error> {
        let form = Form::detect(bytes)?;
        let mut splitter = Splitter { max_record, ..Splitter::new(&form) };
        let mut found = Vec::new();
        let mut take = |chunk: Chunk| {
            chunk.for_each_row(&form, |row| {
                found.push(match row {
                    Row::Record(record) => (
                        chunk.lines_before + record.lines_before,
                        false,
                        (0..record.field_count()).map(|i| record.get(i).to_vec()).collect(),
                    ),
                    Row::Unbalanced(_, lines, raw) => (chunk.lines_before + lines, true, vec![raw.to_vec()]),
                });
            });
        };
        let (mut rest, mut pieces) = (bytes, pieces.iter().cycle());
        while !rest.is_empty() {
            let size = pieces.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
            splitter.push(&rest[..size]);
            rest = &rest[size..];
            if let Some(chunk) = splitter.split()? {
                take(chunk);
            }
        }
        if let Some(chunk) = splitter.finish()? {
            take(chunk);
        }
        Ok(found)
    }

    fn lines(bytes: &[u8]) -> Vec<(u64, bool, String)> {
        rows(bytes, &[], MAX_RECORD)
            .unwrap()
            .into_iter()
            .map(|(line, broken, fields)| (line + 1, broken, String::from_utf8(fields.join(&b'|')).unwrap()))
            .collect()
    }

    fn row(line: u64, text: &str) -> (u64, bool, String) {
        (line, false, text.to_owned())
    }

    #[test]
    fn a_quoted_line_break_stays_in_its_record() {
        assert_eq!(lines(b"id,name\n1,\"Ann\nMarie\"\n2,Bo\n"), [row(2, "1|Ann\nMarie"), row(4, "2|Bo")]);
    }

    #[test]
    fn a_stray_quote_costs_one_line() {
        // Without an end, up to the end of the file.
        assert_eq!(
            lines(b"id,name\n1,\"Ann\n2,Bo\n3,Cy\n"),
            [(2, true, "1,\"Ann\n".to_owned()), row(3, "2|Bo"), row(4, "3|Cy")]
        );
        // Ended by chance at a later field, where the number of fields gives it away.
        assert_eq!(
            lines(b"id,name\n1,\"Ann\n2,Bo\n3,\"Cy\"\n4,Di\n"),
            [(2, true, "1,\"Ann\n".to_owned()), row(3, "2|Bo"), row(4, "3|Cy"), row(5, "4|Di")]
        );
    }

    #[test]
    fn an_endless_line_is_an_error_and_a_long_one_is_not() {
        let form = Form::detect(b"id,name\n").unwrap();
        let mut splitter = Splitter::new(&form);
        splitter.push(b"id,name\n1,");
        splitter.push(&vec![b'x'; 10_000_000]);
        splitter.push(b"\n");
        assert_eq!(splitter.split().unwrap().unwrap().bytes.len(), 10_000_003);
        splitter.push(&vec![b'x'; MAX_RECORD + 2]);
        assert_eq!(splitter.split().err().unwrap().code, "csv/record-too-long");
    }

    proptest! {
        #[test]
        fn rows_are_the_same_for_any_size_of_chunk(
            body in "[ab,\"\n\r]{0,120}", header in "[ab],[ab](,[ab])?", pieces in prop::collection::vec(1usize..9, 1..6),
        ) {
            let bytes = format!("{header}\n{body}");
            prop_assert_eq!(rows(bytes.as_bytes(), &[], 40), rows(bytes.as_bytes(), &pieces, 40));
        }

        #[test]
        fn nothing_of_the_text_is_lost(body in "[ab,\"\n]{0,120}") {
            let bytes = format!("x,y\n{body}");
            let letters = |bytes: &[u8]| bytes.iter().filter(|b| b"ab".contains(b)).count();
            let found: usize = rows(bytes.as_bytes(), &[], MAX_RECORD).unwrap().iter().flat_map(|r| &r.2).map(|f| letters(f)).sum();
            prop_assert_eq!(found, letters(body.as_bytes()));
        }

        #[test]
        fn without_stray_quotes_rows_are_those_of_the_csv_crate(
            fields in prop::collection::vec(prop::collection::vec("[ab,\"\n ]{0,6}", 3), 1..8),
        ) {
            let mut writer = ::csv::Writer::from_writer(b"x,y,z\n".to_vec());
            for record in &fields { writer.write_record(record).unwrap(); }
            let bytes = writer.into_inner().unwrap();
            let found: Vec<Vec<Vec<u8>>> = rows(&bytes, &[7], MAX_RECORD).unwrap().into_iter().map(|r| r.2).collect();
            let written: Vec<Vec<Vec<u8>>> = fields.iter()
                .map(|r| r.iter().map(|f| f.as_bytes().to_vec()).collect()).collect();
            prop_assert_eq!(found, written);
        }
    }
}
