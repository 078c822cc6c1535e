//! NDJSON: one JSON object a line, one record an object.

use super::column_map::ColumnMap;
use super::csv::MAX_RECORD;
use super::rows::{
    InputFinding, InputReport, ReadOptions, RowSink, Rows, SetAside, UNDECODABLE, UNKNOWN_COLUMN, is_sensitive,
};
use crate::error::{Code, Error, Severity};
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read};

/// The line is no JSON object.
pub static NOT_AN_OBJECT: Code = Code::new(
    "row/not-an-object",
    Severity::Fault,
    "the line is not a JSON object",
    "write one JSON object a line, with the columns as its keys",
);

/// Reads all records. `advance` is told how many more bytes have been read.
///
/// Text, numbers and true or false are taken as text; null is missing; a list of texts is joined by
/// spaces (given names). Keys are recognised as the headers of delimited text are.
///
/// # Errors
/// `columns/missing`, `columns/twice`, `csv/record-too-long`, `input/cannot-read`,
/// `input/too-many-sources`.
pub fn read<R: Read>(file: R, options: ReadOptions<'_>, advance: &(dyn Fn(u64) + Sync)) -> Result<Rows, Error> {
    let mut sink = RowSink::new(options);
    let mut keys = Keys::new(options);
    for_each_line(file, advance, |row, line| match object(line) {
        Ok(object) => keys.hand_over(&object, row, &mut sink),
        Err(reason) => sink.quarantine(row, reason),
    })?;
    Rows::join(keys.report()?, vec![sink.taken()])
}

/// Reads some lines once more, as they stand. `wanted` is in rising order.
///
/// # Errors
/// `csv/record-too-long`, `input/cannot-read`.
pub fn read_again<R: Read>(
    file: R,
    options: ReadOptions<'_>,
    wanted: &[u32],
    mut each: impl FnMut(SetAside<'_>),
) -> Result<(), Error> {
    let mut wanted = wanted.iter().copied().peekable();
    for_each_line(file, &|_| {}, |row, line| {
        if wanted.next_if_eq(&row).is_some() {
            let object = object(line).unwrap_or_default();
            let field = |column: Column| {
                let is_column = |key: &str| options.spellings.column(key) == Some(column);
                object.iter().find(|(key, _)| is_column(key)).and_then(|(_, value)| text(value)).unwrap_or_default()
            };
            let (own, record_id) = (field(Column::Source), field(Column::RecordId));
            let is_sensitive = is_sensitive(&field(Column::Sensitive), line);
            let source = options.source.of(own.trim());
            each(SetAside { row, source, record_id: record_id.trim(), raw: line, is_sensitive });
        }
    })
}

/// Every line that is not blank, with its number from 1 and without its line end.
pub(super) fn for_each_line<R: Read>(
    file: R,
    advance: &dyn Fn(u64),
    mut each: impl FnMut(u32, &[u8]),
) -> Result<(), Error> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    let mut row = 0u32;
    loop {
        line.clear();
        let read = reader.by_ref().take(MAX_RECORD as u64 + 1).read_until(b'\n', &mut line).map_err(|cause| {
            Error::new(
                "input/cannot-read",
                format!("the file cannot be read: {cause}"),
                "check that the file is whole and the disk sound",
            )
        })?;
        if read == 0 {
            return Ok(());
        }
        if read > MAX_RECORD {
            return Err(Error::new(
                "csv/record-too-long",
                "a line is longer than 16 MiB",
                "check that this is NDJSON, with one object a line",
            ));
        }
        advance(read as u64);
        row = row.saturating_add(1);
        let content = line.trim_ascii();
        let content = if row == 1 { content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content) } else { content };
        if !content.is_empty() {
            each(row, content);
        }
    }
}

/// A line as an object.
pub(super) fn object(line: &[u8]) -> Result<Map<String, Value>, &'static Code> {
    if std::str::from_utf8(line).is_err() {
        return Err(&UNDECODABLE);
    }
    serde_json::from_slice(line).map_err(|_| &NOT_AN_OBJECT)
}

/// A value as text; `None` for an object or a list that holds more than texts.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => Some(Cow::Borrowed("")),
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.map(|texts| Cow::Owned(texts.join(" ")))
        }
        Value::Object(_) => None,
    }
}

/// The keys met so far.
struct Keys<'o> {
    options: ReadOptions<'o>,
    columns: HashMap<String, Vec<(Column, usize)>>,
    nested: BTreeSet<String>,
}

impl<'o> Keys<'o> {
    fn new(options: ReadOptions<'o>) -> Keys<'o> {
        Keys { options, columns: HashMap::new(), nested: BTreeSet::new() }
    }

    fn hand_over(&mut self, object: &Map<String, Value>, row: u32, sink: &mut RowSink<'_>) {
        let mut texts: [Option<(usize, Cow<'_, str>)>; Column::COUNT] = [const { None }; Column::COUNT];
        for (key, value) in object {
            if !self.columns.contains_key(key) {
                self.columns.insert(key.clone(), self.options.spellings.columns(key).to_vec());
            }
            let Some(columns) = self.columns.get(key).filter(|columns| !columns.is_empty()) else { continue };
            let Some(text) = text(value) else {
                self.nested.insert(key.clone());
                continue;
            };
            for &(column, rank) in columns {
                let slot = &mut texts[column.index()];
                if slot.as_ref().is_none_or(|(known, _)| rank < *known) {
                    *slot = Some((rank, text.clone()));
                }
            }
        }
        let mut fields = RawFields::new();
        for column in Column::ALL {
            if let Some((_, text)) = &texts[column.index()] {
                fields.set(column, text);
            }
        }
        let kept: Vec<Cow<'_, str>> =
            self.options.keep.iter().map(|key| object.get(key).and_then(text).unwrap_or_default()).collect();
        sink.accept(row, &fields, kept.iter().map(AsRef::as_ref));
    }

    fn report(self) -> Result<InputReport, Error> {
        let mut report = InputReport { format: "ndjson", encoding: "utf-8", ..InputReport::default() };
        let mut header: Vec<String> = self.columns.into_keys().collect();
        header.sort();
        if header.is_empty() {
            return Ok(report);
        }
        let map = ColumnMap::new(&header, self.options.spellings, self.options.keep)?;
        report.columns = map.places().iter().map(|&(column, place)| (column, header[place].clone())).collect();
        let unread: Vec<String> = map.unknown().iter().cloned().chain(self.nested).collect();
        if !unread.is_empty() {
            let count = unread.len() as u64;
            report.findings.push(InputFinding { code: &UNKNOWN_COLUMN, count, rows: Vec::new(), columns: unread });
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::column_map::Spellings;
    use crate::exchange::rows::SourceName;
    use crate::linkage::table::Table;

    const LINES: &str = concat!(
        "{\"id\":1,\"dob\":\"2020-01-02\",\"surname\":\"Zo\u{eb}\",\"given_name\":[\"Ann\",\"Mae\"],\"ward\":\"N4\"}\n",
        "\n",
        "[1,2]\n",
        "{\"id\":null,\"dob\":\"2020-01-02\"}\n",
        "{\"record_id\":\"2\",\"id\":\"9\",\"source_system\":\"east\",\"address\":{\"line\":\"1\"}}\n",
    );

    fn with_options<T>(work: impl FnOnce(ReadOptions<'_>) -> T) -> T {
        let source = SourceName::Fallback("north".to_owned());
        let keep = ["ward".to_owned()];
        work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &keep, scratch: None })
    }

    #[test]
    fn objects_become_records_and_other_lines_are_set_aside() {
        let rows = with_options(|options| read(LINES.as_bytes(), options, &|_| {})).unwrap();
        let aside: Vec<_> = rows.quarantined.iter().map(|q| (q.row, q.reason.id)).collect();
        assert_eq!(aside, [(3, "row/not-an-object"), (4, "row/no-record-id")]);
        assert_eq!((rows.report.rows, rows.kept.get(1, 0)), (4, "N4"));
        assert_eq!(rows.report.findings[0].columns, ["address"]);
        let table = Table::build(rows.builders).table;
        assert_eq!((table.source(0), table.record_id(0)), ("east", "2"));
        assert_eq!((table.raw(1, Column::FamilyName), table.raw(1, Column::GivenName)), ("Zoë", "Ann Mae"));
    }

    #[test]
    fn lines_set_aside_are_read_again_with_their_source() {
        let mut again = Vec::new();
        with_options(|options| {
            read_again(LINES.as_bytes(), options, &[3, 5], |row| {
                again.push(format!("{} {} {}", row.row, row.source, String::from_utf8_lossy(&row.raw[..5])));
            })
        })
        .unwrap();
        assert_eq!(again, ["3 north [1,2]", "5 east {\"rec"]);
    }

    #[test]
    fn a_missing_column_is_an_error() {
        let error = with_options(|options| read(&b"{\"id\":1}\n"[..], options, &|_| {})).err().unwrap();
        assert_eq!(error.code, "columns/missing");
    }
}
