//! What the beginning of a delimited file tells.

use super::record::{Record, for_each_record};
use crate::error::Error;
use crate::exchange::encoding::{Encoding, Utf8Tally, Utf16Decoder};

/// Enough of a file to find its form, in bytes: [`Form::detect`] needs no more than these.
pub const MAX_BEGINNING: usize = 1 << 20;

/// The delimiters that are looked for. On a tie the first wins.
const DELIMITERS: [u8; 4] = [b',', b'|', b';', b'\t'];

/// The form of one delimited file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// How bytes stand for characters.
    pub encoding: Encoding,
    /// `,` `|` `;` or tab.
    pub delimiter: u8,
    /// The byte that ends a line: LF (after which a CR before it belongs to the break), or CR in
    /// files that have no LF.
    pub line_break: u8,
    /// Bytes of the byte order mark.
    pub mark: usize,
    /// Bytes before the header: the mark, and the line `sep=;` with which spreadsheets are told the delimiter.
    pub skip: usize,
    /// The names in the header, trimmed.
    pub header: Vec<String>,
}

impl Form {
    /// Finds the form from the beginning of a file: all of it, or its first [`MAX_BEGINNING`] bytes.
    ///
    /// # Errors
    /// `csv/empty` for a file without a header; `csv/not-text` for spreadsheets, archives and other files that are no
    /// delimited text; `ndjson/array` and `ndjson/encoding` for JSON; `csv/header` if the header does not end within
    /// the beginning.
    pub fn detect(beginning: &[u8]) -> Result<Form, Error> {
        if let Some(kind) = binary_kind(beginning) {
            return Err(Error::new(
                "csv/not-text",
                format!("the file is {kind}, not delimited text"),
                "export or save it as CSV (UTF-8), Parquet or NDJSON",
            ));
        }
        let (encoding, mark) = Encoding::detect(beginning);
        Form::with_encoding(beginning, encoding, mark)
    }

    /// The form that the counts over a whole file ask for, if it is another one than its beginning showed.
    ///
    /// # Errors
    /// Those of [`Form::detect`].
    pub(crate) fn with_encoding_of(&self, tally: Utf8Tally, beginning: &[u8]) -> Result<Option<Form>, Error> {
        match tally.encoding() {
            Some(encoding) if self.encoding.is_ascii_compatible() && self.mark == 0 && encoding != self.encoding => {
                Form::with_encoding(beginning, encoding, 0).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The form of a file whose encoding, and whose mark of so many bytes, are known.
    fn with_encoding(beginning: &[u8], encoding: Encoding, mark: usize) -> Result<Form, Error> {
        let whole = beginning.len() < MAX_BEGINNING;
        let mut text = beginning.get(mark..).unwrap_or_default().to_vec();
        if let Some(mut decoder) = Utf16Decoder::new(encoding) {
            let mut utf8 = Vec::new();
            decoder.decode(&text, whole, &mut utf8);
            text = utf8;
        }
        if let Some(error) = of_json(&text, encoding) {
            return Err(error);
        }
        let line_break = if !text.contains(&b'\n') && text.contains(&b'\r') { b'\r' } else { b'\n' };
        let (told, instruction) = match told_delimiter(&text, line_break) {
            Some((delimiter, bytes)) => (Some(delimiter), bytes),
            None => (None, 0),
        };
        // In UTF-16 every character of that line has two bytes.
        let skip = mark + if encoding.is_ascii_compatible() { instruction } else { 2 * instruction };
        let text = &text[instruction..];
        let delimiter = told.unwrap_or_else(|| delimiter_of(text, line_break));

        let mut header: Option<Vec<String>> = None;
        let end = text.iter().position(|&byte| byte == line_break);
        if end.is_none() && !whole {
            return Err(Error::new(
                "csv/header",
                "the first line does not end within the first megabyte",
                "check that this is delimited text with a header line",
            ));
        }
        for_each_record(text, delimiter, line_break, |record| {
            if header.is_none() {
                let mut name = String::new();
                header = Some(
                    (0..record.field_count())
                        .map(|index| {
                            name.clear();
                            // A name that is no text is reported as an unknown column.
                            let _ = encoding.decode_into(record.get(index), &mut name);
                            name.trim().to_owned()
                        })
                        .collect(),
                );
            }
            header.is_none()
        });
        match header {
            Some(header) => Ok(Form { encoding, delimiter, line_break, mark, skip, header }),
            None => Err(Error::new(
                "csv/empty",
                "the file is empty",
                "check that the export finished; the first line must name the columns",
            )),
        }
    }

    /// Whether a row is the header once more, as where files were put one behind the other.
    pub(crate) fn is_header(&self, row: &Record<'_>) -> bool {
        // Most rows differ from the header in their first field.
        row.field_count() == self.header.len() && (0..row.field_count()).all(|place| self.names(place, row.get(place)))
    }

    /// Whether a field says what the header says in its place.
    fn names(&self, place: usize, field: &[u8]) -> bool {
        let field = field.strip_prefix(b"\xEF\xBB\xBF").filter(|_| place == 0).unwrap_or(field).trim_ascii();
        if field.is_ascii() {
            return field == self.header[place].as_bytes();
        }
        let mut text = String::new();
        self.encoding.decode_into(field, &mut text).is_some() && text.trim() == self.header[place]
    }

    /// The lines before the header.
    pub(super) fn lines_skipped(&self) -> u64 {
        u64::from(self.skip > self.mark)
    }

    /// The delimiter as a word: `comma`, `bar`, `semicolon` or `tab`.
    pub const fn delimiter_name(&self) -> &'static str {
        match self.delimiter {
            b'|' => "bar",
            b';' => "semicolon",
            b'\t' => "tab",
            _ => "comma",
        }
    }
}

/// Why a text that begins as JSON is not read: its first line is no header but a person's record.
fn of_json(text: &[u8], encoding: Encoding) -> Option<Error> {
    let text = text.trim_ascii_start();
    let is_object = |text: &[u8]| {
        let inner = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        inner.is_some_and(|inner| matches!(inner, [b'"' | b'}', ..]))
    };
    if is_object(text) {
        let found = match encoding.is_ascii_compatible() {
            true => "the file is JSON, not delimited text",
            false => "the file is JSON in UTF-16, which is not read",
        };
        return Some(Error::new("ndjson/encoding", found, "write NDJSON: one object a line, in UTF-8"));
    }
    let is_array = text.strip_prefix(b"[").is_some_and(|inner| is_object(inner.trim_ascii_start()));
    let hint = "write one object a line, without brackets and commas around them (NDJSON; `jq -c '.[]'` does it)";
    is_array.then(|| Error::new("ndjson/array", "the file is one JSON array, where one object a line is wanted", hint))
}

/// The delimiter that a first line `sep=;` names, and the bytes of that line with its break. Excel reads the line so,
/// and programs that export for it write it; only the delimiters of this module are taken from it.
fn told_delimiter(text: &[u8], line_break: u8) -> Option<(u8, usize)> {
    let end = text.iter().position(|&byte| byte == line_break)?;
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    let line = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && DELIMITERS.contains(delimiter) => {
            Some((*delimiter, end + 1))
        }
        _ => None,
    }
}

/// The delimiter that makes the most columns of the first line with text.
fn delimiter_of(text: &[u8], line_break: u8) -> u8 {
    let mut best = (DELIMITERS[0], 0);
    for delimiter in DELIMITERS {
        let mut columns = 0;
        for_each_record(text, delimiter, line_break, |record| {
            columns = record.field_count();
            false
        });
        if columns > best.1 {
            best = (delimiter, columns);
        }
    }
    best.0
}

/// Files that people try to import, known by their first bytes.
fn binary_kind(beginning: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a spreadsheet workbook or a zip archive"),
        (b"\xD0\xCF\x11\xE0", "an old spreadsheet workbook"),
        (b"PAR1", "Parquet"),
        (b"\x1F\x8B", "compressed (gzip)"),
        (b"%PDF", "a PDF document"),
        (b"SQLite format 3\0", "a database"),
    ];
    KINDS.into_iter().find(|(magic, _)| beginning.starts_with(magic)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bytes: &[u8]) -> Form {
        Form::detect(bytes).unwrap()
    }

    #[test]
    fn delimiter_is_the_one_that_makes_the_most_columns() {
        for (header, delimiter, columns) in [
            ("a,b,c\n", b',', 3),
            ("a|b\n", b'|', 2),
            ("a;b;c;d", b';', 4),
            ("a\tb\r\n1\t2\r\n", b'\t', 2),
            ("\"name, first\"|b|c\n", b'|', 3),
            ("only\n", b',', 1),
        ] {
            let form = form(header.as_bytes());
            assert_eq!((form.delimiter, form.header.len()), (delimiter, columns), "{header:?}");
        }
    }

    #[test]
    fn a_first_line_that_names_the_delimiter_is_obeyed_and_is_no_header() {
        for (text, delimiter) in [
            ("sep=;\r\nrecord_id;name, first\r\n1;Zoë\r\n", b';'),
            ("\"SEP=|\"\nrecord_id|name, first\n", b'|'),
            ("sep=,\r\"record_id\",\"name, first\"\r", b','),
        ] {
            let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
            for bytes in [text.as_bytes().to_vec(), [b"\xEF\xBB\xBF", text.as_bytes()].concat(), utf16] {
                let form = form(&bytes);
                assert_eq!(form.delimiter, delimiter, "{text}");
                assert_eq!(form.header, ["record_id", "name, first"], "{text}");
                assert_eq!(form.lines_skipped(), 1, "{text}");
            }
        }
        for text in ["sep=:\na,b\n", "sep\n1\n", "sep=;", "[id],[dob]\n"] {
            assert_eq!(form(text.as_bytes()).lines_skipped(), 0, "{text}");
        }
    }

    #[test]
    fn every_encoding_gives_the_same_header() {
        let text = "record_id,prénom\r\n1,Zoë\r\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let marked = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
        let windows: Vec<u8> = text.chars().map(|c| c as u32 as u8).collect();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (marked(b"\xEF\xBB\xBF", text.as_bytes().to_vec()), Encoding::Utf8),
            (utf16(u16::to_le_bytes), Encoding::Utf16Le),
            (marked(b"\xFF\xFE", utf16(u16::to_le_bytes)), Encoding::Utf16Le),
            (marked(b"\xFE\xFF", utf16(u16::to_be_bytes)), Encoding::Utf16Be),
            (windows, Encoding::Windows1252),
        ] {
            let form = form(&bytes);
            assert_eq!(form.encoding, encoding);
            assert_eq!(form.header, ["record_id", "prénom"]);
        }
    }

    #[test]
    fn files_that_are_no_delimited_text_are_refused_by_name() {
        for (bytes, code) in [
            (&b""[..], "csv/empty"),
            (b"\xEF\xBB\xBF", "csv/empty"),
            (b"\r\n\n", "csv/empty"),
            (b"PK\x03\x04....", "csv/not-text"),
            (b"[ {\"id\": 7, \"dob\": \"2020-01-02\"},\n", "ndjson/array"),
            (b"\xEF\xBB\xBF\n[\n  {\n    \"id\": 7", "ndjson/array"),
            (b"{\0\"\0i\0d\0\"\0:\0", "ndjson/encoding"),
            (b"\xFE\xFF\0{\0 \0\"\0i\0d\0\"", "ndjson/encoding"),
        ] {
            assert_eq!(Form::detect(bytes).unwrap_err().code, code, "{bytes:?}");
        }
    }

    #[test]
    fn old_macintosh_line_breaks_are_read() {
        let form = form(b"a,b\r1,2\r");
        assert_eq!((form.line_break, form.header.len()), (b'\r', 2));
    }
}
