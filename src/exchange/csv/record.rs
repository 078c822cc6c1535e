//! Records of delimited text, found in bytes that begin and end at a record's edge.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::{memchr, memchr_iter};

/// The fields of one record, as bytes.
pub struct Record<'a> {
    /// Where the record starts in the bytes that were read.
    pub offset: usize,
    /// Line breaks between the start of those bytes and this record.
    pub lines_before: u64,
    /// The record as it stood, without its line break.
    pub raw: &'a [u8],
    bytes: &'a [u8],
    ends: &'a [usize],
    /// Bytes between the end of a field and the start of the next.
    gap: usize,
}

impl<'a> Record<'a> {
    /// The same record as seen from bytes that start so much earlier.
    pub(super) fn placed(&self, offset: usize, lines_before: u64) -> Record<'a> {
        Record { offset: self.offset + offset, lines_before: self.lines_before + lines_before, ..*self }
    }

    /// How many fields it has; at least one.
    pub fn field_count(&self) -> usize {
        self.ends.len()
    }

    /// A field, unquoted; empty where there is none.
    pub fn get(&self, index: usize) -> &'a [u8] {
        let range = self.range(index);
        self.bytes.get(range).unwrap_or_default()
    }

    /// All fields in one run of bytes, of which [`Record::range`] gives the parts.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where a field lies in [`Record::bytes`]; empty where there is none.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        let Some(&end) = self.ends.get(index) else { return 0..0 };
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before] + self.gap,
            None => 0,
        };
        start..end
    }
}

/// Calls `each` with every record in turn until it answers `false`.
///
/// `bytes` begins at a record's first byte and its last record is complete, with or without a line
/// break. Lines without text are skipped. Quotes follow RFC 4180 as `csv-core` reads it: a field is
/// quoted if its first byte is a quote.
pub fn for_each_record(bytes: &[u8], delimiter: u8, line_break: u8, mut each: impl FnMut(&Record<'_>) -> bool) {
    let mut quoted = QuotedReader::new(delimiter, line_break);
    // The next quote at or after the place we read, so that lines before it are known to have none.
    let mut next_quote = memchr(b'"', bytes).unwrap_or(bytes.len());
    let mut ends = Vec::with_capacity(64);
    let mut position = 0;
    let mut lines_before = 0;
    while position < bytes.len() {
        let rest = &bytes[position..];
        let length = memchr(line_break, rest).unwrap_or(rest.len());
        if next_quote < position {
            next_quote = memchr(b'"', rest).map_or(bytes.len(), |i| position + i);
        }
        if next_quote < position + length {
            let consumed = quoted.read(rest);
            let raw = trim_break(&rest[..consumed], line_break);
            let record = Record {
                offset: position,
                lines_before,
                raw,
                bytes: &quoted.bytes[..quoted.ends.last().copied().unwrap_or(0)],
                ends: &quoted.ends,
                gap: 0,
            };
            if !each(&record) {
                return;
            }
            lines_before += memchr_iter(line_break, &rest[..consumed]).count() as u64;
            position += consumed;
            continue;
        }
        let line = trim_break(&rest[..length], line_break);
        if !line.is_empty() {
            ends.clear();
            find_all(delimiter, line, &mut ends);
            ends.push(line.len());
            let record = Record { offset: position, lines_before, raw: line, bytes: line, ends: &ends, gap: 1 };
            if !each(&record) {
                return;
            }
        }
        lines_before += 1;
        position += length + 1;
    }
}

/// Where a byte stands in a line, eight bytes at a time: a search that starts anew after each find costs more
/// than the short fields between.
fn find_all(byte: u8, line: &[u8], places: &mut Vec<usize>) {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    let wanted = u64::from_le_bytes([byte; 8]);
    let (words, rest) = line.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let difference = u64::from_le_bytes(*word) ^ wanted;
        // The high bit of each byte that is equal.
        let mut found = !(((difference & LOW) + LOW) | difference | LOW);
        while found != 0 {
            places.push(8 * index + found.trailing_zeros() as usize / 8);
            found &= found - 1;
        }
    }
    let scanned = line.len() - rest.len();
    places.extend(rest.iter().enumerate().filter(|(_, other)| **other == byte).map(|(place, _)| scanned + place));
}

/// The line without its break: without the LF and the CR before it, or without the CR.
fn trim_break(line: &[u8], line_break: u8) -> &[u8] {
    let line = line.strip_suffix(&[line_break]).unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads one record with quotes in it.
struct QuotedReader {
    reader: Reader,
    line_break: u8,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl QuotedReader {
    fn new(delimiter: u8, line_break: u8) -> QuotedReader {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(line_break)).build();
        // csv-core drops a byte order mark before the first record it reads. Ours is gone already,
        // and a later chunk must not be read otherwise than the middle of an earlier one.
        reader.read_record(&[b'x', line_break], &mut [0; 4], &mut [0; 4]);
        QuotedReader { reader, line_break, bytes: vec![0; 1024], ends: vec![0; 64] }
    }

    /// Reads the record at the start of `input`; answers its length with its line break.
    fn read(&mut self, input: &[u8]) -> usize {
        let (mut consumed, mut written, mut ended) = (0, 0, 0);
        self.bytes.resize(self.bytes.capacity(), 0);
        self.ends.resize(self.ends.capacity(), 0);
        loop {
            let (result, read, wrote, fields) =
                self.reader.read_record(&input[consumed..], &mut self.bytes[written..], &mut self.ends[ended..]);
            consumed += read;
            written += wrote;
            ended += fields;
            match result {
                // With all input taken, the next call sees the end of the input.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.ends.truncate(ended);
        // A CR before the LF belongs to the line break; csv-core leaves it in the last field.
        if self.line_break == b'\n'
            && input[..consumed].ends_with(b"\r\n")
            && let Some(end) = self.ends.last_mut()
            && *end > 0
            && self.bytes[*end - 1] == b'\r'
        {
            *end -= 1;
        }
        consumed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(bytes: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        for_each_record(bytes, delimiter, b'\n', |record| {
            all.push((0..record.field_count()).map(|index| record.get(index).to_vec()).collect());
            true
        });
        all
    }

    fn text(records: Vec<Vec<Vec<u8>>>) -> Vec<Vec<String>> {
        records.into_iter().map(|r| r.into_iter().map(|f| String::from_utf8(f).unwrap()).collect()).collect()
    }

    #[test]
    fn quotes_line_breaks_and_empty_lines() {
        let input = b"a,b\r\n\r\n\"x, \"\"y\"\"\",\"line\nbreak\"\r\n,\n5\" pipe,z\"";
        assert_eq!(
            text(records(input, b',')),
            [["a", "b"], ["x, \"y\"", "line\nbreak"], ["", ""], ["5\" pipe", "z\""]]
        );
    }

    #[test]
    fn lines_and_offsets_point_at_the_record() {
        let mut places = Vec::new();
        for_each_record(b"a\n\n\"b\nb\"\nc\n", b',', b'\n', |record| {
            places.push((record.offset, record.lines_before));
            true
        });
        assert_eq!(places, [(0, 0), (3, 2), (9, 4)]);
    }

    proptest! {
        /// Our shortcut for lines without quotes must not differ from the kept reader.
        #[test]
        fn agrees_with_the_csv_crate(input in "[ab,\"\n]{0,60}") {
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true)
                .terminator(::csv::Terminator::Any(b'\n')).from_reader(input.as_bytes());
            let theirs: Vec<Vec<Vec<u8>>> = reader.byte_records()
                .map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect();
            prop_assert_eq!(records(input.as_bytes(), b','), theirs);
        }
    }
}
