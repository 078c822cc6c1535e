//! Records of delimited text on their way into the table.

use super::decode::RowDecoder;
use super::file::{BLOCK, LEAST_BLOCK, cannot_read, map_chunks};
use super::form::Form;
use super::split::{Chunk, Row};
use crate::error::Error;
use crate::exchange::column_map::ColumnMap;
use crate::exchange::encoding::Utf8Tally;
use crate::exchange::rows::{
    FIELD_COUNT, HEADER_REPEATED, InputReport, ReadOptions, RowSink, Rows, TakenRows, UNBALANCED_QUOTE, UNDECODABLE,
};
use crate::order;
use memchr::memchr;
use std::io::{Read, Seek, SeekFrom};

/// Reads the records of one delimited file, chunk by chunk, on any thread.
///
/// For hosts that are handed bytes (a browser): [`Reader::new`] with the file's beginning, a
/// [`Splitter`](super::Splitter) for its chunks, [`Reader::read`] for each chunk, [`Reader::finish`] with all that came
/// of them. Hosts with files call [`read`](super::read).
pub struct Reader<'o> {
    form: Form,
    columns: ColumnMap,
    options: ReadOptions<'o>,
}

/// What came of one chunk.
pub struct ChunkRows {
    pub(super) index: usize,
    pub(super) taken: TakenRows,
    pub(super) tally: Utf8Tally,
}

/// What came of a whole file.
pub enum Finished<'o> {
    /// Its rows.
    Rows(Rows),
    /// Only the whole file told its encoding: it must be read once more, with this reader.
    Again(Reader<'o>),
}

impl<'o> Reader<'o> {
    /// A reader for a file with this beginning (all of it, or its first [`MAX_BEGINNING`](super::MAX_BEGINNING) bytes).
    ///
    /// # Errors
    /// Those of [`Form::detect`] and [`ColumnMap::new`].
    pub fn new(beginning: &[u8], options: ReadOptions<'o>) -> Result<Reader<'o>, Error> {
        Reader::of_form(Form::detect(beginning)?, options)
    }

    fn of_form(form: Form, options: ReadOptions<'o>) -> Result<Reader<'o>, Error> {
        let columns = ColumnMap::new(&form.header, options.spellings, options.keep)?;
        Ok(Reader { form, columns, options })
    }

    /// The form that was found.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The columns that were found.
    pub fn columns(&self) -> &ColumnMap {
        &self.columns
    }

    /// Reads a chunk.
    pub fn read(&self, chunk: &Chunk) -> ChunkRows {
        let mut sink = RowSink::with_room(self.options, chunk.lines as usize + 1);
        let mut tally = Utf8Tally::default();
        let mut decoder = RowDecoder::new(self, memchr(0, &chunk.bytes).is_some());
        chunk.for_each_row(&self.form, |row| match row {
            Row::Unbalanced(_, lines, _) => sink.quarantine(self.line(chunk, lines), &UNBALANCED_QUOTE),
            Row::Record(record) => {
                let line = self.line(chunk, record.lines_before);
                if record.field_count() != self.form.header.len() {
                    return sink.quarantine(line, &FIELD_COUNT);
                }
                if self.form.is_header(record) {
                    return sink.quarantine(line, &HEADER_REPEATED);
                }
                if !record.raw.is_ascii() {
                    tally.add(Utf8Tally::of(record.raw));
                }
                match decoder.decode(record) {
                    Some(decoded) => {
                        if decoded.had_nul {
                            sink.note_nul(line);
                        }
                        sink.accept(line, &decoded.fields(self), decoded.kept(self));
                    }
                    None => sink.quarantine(line, &UNDECODABLE),
                }
            }
        });
        ChunkRows { index: chunk.index, taken: sink.taken(), tally }
    }

    /// Joins what came of all chunks, in any order. `beginning` is that of [`Reader::new`].
    ///
    /// # Errors
    /// `input/too-many-sources`; those of [`Reader::new`] if the file's end tells its encoding.
    pub fn finish(self, beginning: &[u8], mut chunks: Vec<ChunkRows>) -> Result<Finished<'o>, Error> {
        let mut tally = Utf8Tally::default();
        chunks.iter().for_each(|chunk| tally.add(chunk.tally));
        if let Some(form) = self.form.with_encoding_of(tally, beginning)? {
            return Ok(Finished::Again(Reader::of_form(form, self.options)?));
        }
        order::sort_by_word(&mut chunks, |chunk| chunk.index as u64);
        let taken = chunks.into_iter().map(|chunk| chunk.taken).collect();
        Ok(Finished::Rows(Rows::join(self.report(), taken)?))
    }

    /// Reads every chunk of a file with the threads of the current pool.
    pub(super) fn read_all<R: Read + Seek + Send>(
        &self,
        file: &mut R,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<ChunkRows>, Error> {
        file.seek(SeekFrom::Start(0)).map_err(cannot_read)?;
        let room = self.options.scratch.map_or(BLOCK, |scratch| scratch.room());
        map_chunks(file, &self.form, room.clamp(LEAST_BLOCK, BLOCK), advance, |chunk| self.read(chunk))
    }

    fn report(&self) -> InputReport {
        InputReport {
            encoding: self.form.encoding.name(),
            delimiter: self.form.delimiter_name(),
            ..InputReport::of_header("csv", &self.form.header, &self.columns)
        }
    }

    /// The line that so many line breaks of a chunk stand before; the first line of the file is 1.
    pub(super) fn line(&self, chunk: &Chunk, lines: u64) -> u32 {
        u32::try_from(chunk.lines_before + lines + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{read, read_again};
    use super::super::form::MAX_BEGINNING;
    use super::super::split::Splitter;
    use super::*;
    use crate::exchange::column_map::Spellings;
    use crate::exchange::rows::SourceName;
    use crate::identity::column::Column;
    use crate::linkage::table::Table;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn with_options<T>(keep: &[String], work: impl FnOnce(ReadOptions<'_>) -> T) -> T {
        let source = SourceName::Fallback("north".to_owned());
        work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep, scratch: None })
    }

    fn rows_of(bytes: &[u8]) -> Result<Rows, Error> {
        with_options(&[], |options| read(Cursor::new(bytes), options, &|_| {}))
    }

    /// Each accepted record and each row set aside, in words.
    fn told(rows: Rows) -> Vec<String> {
        let aside: Vec<String> = rows.quarantined.iter().map(|q| format!("{} {}", q.row, q.reason.id)).collect();
        let table = Table::build(rows.builders).table;
        let show = |n| {
            let fields: Vec<&str> =
                Column::ALL.into_iter().map(|c| table.raw(n, c)).filter(|f| !f.is_empty()).collect();
            format!("{} {}", table.origin(n).row, fields.join("/"))
        };
        (0..table.len() as u32).map(show).chain(aside).collect()
    }

    fn listed(bytes: &[u8]) -> Vec<String> {
        told(rows_of(bytes).unwrap())
    }

    #[test]
    fn a_line_that_names_the_delimiter_for_a_spreadsheet_changes_no_record_and_counts_as_a_line() {
        let rows = "id;dob;surname\n1;2020-01-02;Khan, A\n2;2020-01-02\n";
        assert_eq!(listed(rows.as_bytes()), ["2 north/1/Khan, A/2020-01-02", "3 row/field-count"]);
        let told = format!("sep=;\n{rows}");
        assert_eq!(listed(told.as_bytes()), ["3 north/1/Khan, A/2020-01-02", "4 row/field-count"]);
        // Bytes that are no UTF-8 turn the encoding of the whole file, that line or not.
        let latin = [told.as_bytes(), b"3;2020-01-02;Zo\xEB\n"].concat();
        assert_eq!(listed(&latin)[1], "5 north/3/Zoë/2020-01-02");
    }

    #[test]
    fn a_header_among_the_rows_is_no_record() {
        let one = "source,id,dob,Prénom,surname\r\nn,1,2020-01-02,Zoë,Khan\r\n";
        let two = "source, id,dob,Prénom,\"surname\"\nn,2,2020-01-02,Zoë,Lee\nsource,id,dob,Prénom,Shah\n";
        let expected =
            ["2 n/1/Khan/2020-01-02", "4 n/2/Lee/2020-01-02", "5 source/id/Shah/dob", "3 row/header-repeated"];
        for mark in ["", "\u{FEFF}"] {
            let text = format!("{one}{mark}{two}");
            assert_eq!(listed(text.as_bytes()), expected, "{mark:?}");
        }
        let windows: Vec<u8> = format!("{one}{two}").chars().map(|c| c as u32 as u8).collect();
        assert_eq!(listed(&windows), expected);
    }

    #[test]
    fn every_row_is_accepted_or_set_aside_with_its_reason() {
        let bytes = b"id,dob,surname\n1,2020-01-02,Khan\n2,2020-01-02\n,2020-01-02,Okafor\n\
                      3,2020-01-02,\"Lee\n4,2020-01-02,Zo\xC3\xAB\n5,2020-01-02,Zo\xEB\n6,2020-01-02,\xC5\x81\n";
        let rows = rows_of(bytes).unwrap();
        assert_eq!((rows.report.rows, rows.report.encoding), (7, "utf-8"));
        assert_eq!(
            told(rows),
            [
                "2 north/1/Khan/2020-01-02",
                "6 north/4/Zoë/2020-01-02",
                "8 north/6/Ł/2020-01-02",
                "3 row/field-count",
                "4 row/no-record-id",
                "5 row/unbalanced-quote",
                "7 row/undecodable",
            ]
        );
    }

    #[test]
    fn an_encoding_that_only_shows_late_is_still_found() {
        let mut bytes = b"id,dob,surname\n".to_vec();
        for id in 0..60_000 {
            bytes.extend_from_slice(format!("{id},2020-01-02,Khan\n").as_bytes());
        }
        assert!(bytes.len() > MAX_BEGINNING);
        bytes.extend_from_slice(b"late,2020-01-02,Zo\xEB\n");
        let rows = rows_of(&bytes).unwrap();
        assert_eq!((rows.report.encoding, rows.report.rows, rows.quarantined.len()), ("windows-1252", 60_001, 0));
        assert!(told(rows).contains(&"60002 north/late/Zoë/2020-01-02".to_owned()));
    }

    #[test]
    fn all_encodings_give_the_same_rows() {
        let text = "id;source;dob;surname\r\n1;east;02/01/2020;Zoë\r\n2;;02/01/2020;\"O\"\"Neill; é\"\r\n";
        let expected = ["2 east/1/Zoë/02/01/2020", "3 north/2/O\"Neill; é/02/01/2020"];
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let windows: Vec<u8> = text.chars().map(|c| c as u32 as u8).collect();
        for bytes in [text.as_bytes().to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), windows] {
            assert_eq!(listed(&bytes), expected);
        }
    }

    #[test]
    fn characters_of_code_zero_are_left_out_and_told() {
        let rows = rows_of(b"id,dob,surname\n1,2020-01-02,Kh\0an\0\0\n").unwrap();
        assert_eq!(rows.report.findings[0].code.id, "row/nul-character");
        assert_eq!(told(rows), ["2 north/1/Khan/2020-01-02"]);
    }

    #[test]
    fn kept_columns_and_unknown_ones_are_told_apart() {
        let bytes = b"id,dob,surname,Ward,Colour\n1,2020-01-02,Khan,N 4,blue\n\n2,2020-01-02,Lee, N5 ,red\n";
        let keep = ["ward".to_owned()];
        let rows = with_options(&keep, |options| read(Cursor::new(bytes), options, &|_| {})).unwrap();
        assert_eq!((rows.kept.get(2, 0), rows.kept.get(4, 0), rows.kept.get(3, 0)), ("N 4", "N5", ""));
        assert_eq!(rows.report.findings[0].columns, ["Colour"]);
    }

    #[test]
    fn rows_set_aside_are_read_again_as_they_stood() {
        let bytes = b"id,dob,surname,source\n1,x\n2,2020-01-02,Khan,east\n3,\"y\n";
        let mut again = Vec::new();
        with_options(&[], |options| {
            read_again(Cursor::new(bytes), options, &[2, 3, 4], |row| {
                let raw = String::from_utf8_lossy(row.raw);
                again.push(format!("{} {} {} {raw}", row.row, row.source, row.record_id));
            })
        })
        .unwrap();
        assert_eq!(again, ["2 north  1,x", "3 east 2 2,2020-01-02,Khan,east", "4 north  3,\"y\n"]);
    }

    #[test]
    fn rows_far_apart_are_read_again_each_from_its_own_chunk() {
        let mut bytes = b"id,dob,surname\n".to_vec();
        (2..40_002).for_each(|line| bytes.extend_from_slice(format!("r{line},2020-01-02,Khan\n").as_bytes()));
        assert!(bytes.len() > 10 * LEAST_BLOCK, "many chunks");
        let wanted = [2, 3, 20_000, 39_999, 40_001];
        let mut again = Vec::new();
        with_options(&[], |options| {
            read_again(Cursor::new(&bytes), options, &wanted, |row| again.push((row.row, row.record_id.to_owned())))
        })
        .unwrap();
        assert_eq!(again, wanted.map(|line| (line, format!("r{line}"))));
    }

    #[test]
    fn a_given_source_goes_before_a_column_of_sources_and_several_are_told_of() {
        let source = SourceName::Given("all".to_owned());
        let options =
            ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
        for (second, told_of) in [("east", None), ("", None), ("west", Some(2))] {
            let bytes = format!("id,dob,surname,source\n1,2020-01-02,Khan,east\n2,2020-01-02,Lee,{second}\n");
            let rows = read(Cursor::new(bytes), options, &|_| {}).unwrap();
            let found = rows.report.findings.first().map(|found| (found.code.id, found.count));
            assert_eq!(found, told_of.map(|rows| ("columns/source-overridden", rows)), "{second}");
            assert_eq!(told(rows), ["2 all/1/Khan/2020-01-02", "3 all/2/Lee/2020-01-02"]);
        }
    }

    #[test]
    fn a_source_column_of_many_names_is_refused() {
        let mut bytes = b"id,dob,surname,source\n".to_vec();
        (0..5000).for_each(|n| bytes.extend_from_slice(format!("{n},2020-01-02,Khan,s{n}\n").as_bytes()));
        assert_eq!(rows_of(&bytes).err().map(|e| e.code), Some("input/too-many-sources"));
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_rows(
            body in "([0-9]{1,2},2020-01-02,[aë\u{0}\"\n]{0,4}(,[xy])?\n){0,12}",
            sizes in prop::collection::vec(1usize..40, 1..5),
        ) {
            let bytes = format!("id,dob,surname,source\n{body}").into_bytes();
            let pushed = with_options(&[], |options| {
                let reader = Reader::new(&bytes, options).unwrap();
                let mut splitter = Splitter::new(reader.form());
                let (mut chunks, mut rest) = (Vec::new(), &bytes[..]);
                for size in sizes.iter().cycle() {
                    let (piece, after) = rest.split_at((*size).min(rest.len()));
                    splitter.push(piece);
                    chunks.extend(splitter.split().unwrap());
                    rest = after;
                    if rest.is_empty() { break; }
                }
                chunks.extend(splitter.finish().unwrap());
                let read = chunks.iter().rev().map(|chunk| reader.read(chunk)).collect();
                match reader.finish(&bytes, read).unwrap() {
                    Finished::Rows(rows) => told(rows),
                    Finished::Again(_) => unreachable!("the beginning is the whole file"),
                }
            });
            prop_assert_eq!(pushed, listed(&bytes));
        }
    }
}
