//! Records in memory, column by column: the values of each column one after another.

use super::column_map::ColumnMap;
use super::rows::{InputReport, ReadOptions, RowSink, Rows, SetAside, UNDECODABLE, is_sensitive};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use serde_json::{Map, Value};

/// The values of one column, in UTF-8: value n from `offsets[n]` to `offsets[n + 1]`. Empty is missing.
#[derive(Clone, Copy, Debug)]
pub struct ColumnBuffer<'a> {
    bytes: &'a [u8],
    offsets: &'a [u32],
}

impl<'a> ColumnBuffer<'a> {
    /// Takes the values of a column: one fewer than there are offsets.
    ///
    /// # Errors
    /// `argument/offsets` if the offsets do not ascend, or point beyond the bytes.
    pub fn new(bytes: &'a [u8], offsets: &'a [u32]) -> Result<ColumnBuffer<'a>, Error> {
        if offsets.is_sorted() && offsets.last().is_some_and(|&end| end as usize <= bytes.len()) {
            return Ok(ColumnBuffer { bytes, offsets });
        }
        Err(Error::new(
            "argument/offsets",
            format!("the offsets of a column do not ascend within its {} bytes", bytes.len()),
            "give where each value begins and where the last one ends",
        ))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values in turn, as bytes that should be UTF-8.
    pub fn values(&self) -> impl Iterator<Item = &'a [u8]> {
        let bytes = self.bytes;
        self.offsets.windows(2).map(move |ends| &bytes[ends[0] as usize..ends[1] as usize])
    }

    /// A copy of the values, and of where they begin and end.
    pub fn to_owned(&self) -> (Vec<u8>, Vec<u32>) {
        (self.bytes.to_vec(), self.offsets.to_vec())
    }

    fn get(&self, row: usize) -> &'a [u8] {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }
}

/// Reads all records of some columns, which are named as the header of a file names them. A row's number is
/// its place, from 1.
///
/// # Errors
/// `columns/length` if the columns are not of one length; `columns/missing`, `columns/twice`,
/// `input/too-many-sources`.
pub fn read(names: &[String], columns: &[ColumnBuffer<'_>], options: ReadOptions<'_>) -> Result<Rows, Error> {
    let length = columns.first().map_or(0, ColumnBuffer::len);
    if let Some((name, other)) = names.iter().zip(columns).find(|(_, column)| column.len() != length) {
        return Err(Error::new(
            "columns/length",
            format!("{name} has {} values where {} has {length}", other.len(), names[0]),
            "give every column a value for every row, empty where there is none",
        )
        .in_field(name.as_str()));
    }
    let map = ColumnMap::new(names, options.spellings, options.keep)?;
    let mut sink = RowSink::new(options);
    for row in 0..length {
        let number = u32::try_from(row + 1).unwrap_or(u32::MAX);
        let text = |place: usize| std::str::from_utf8(columns[place].get(row)).ok();
        let kept = map.kept().iter().map(|place| place.and_then(text).unwrap_or_default().trim());
        match fields(&map, text) {
            Some(fields) => sink.accept(number, &fields, kept),
            None => sink.quarantine(number, &UNDECODABLE),
        }
    }
    Rows::join(InputReport::of_header("columns", names, &map), vec![sink.taken()])
}

/// Reads some records once more. They are told as JSON of the canonical columns, since they have no text of
/// their own. `wanted` is in rising order.
///
/// # Errors
/// `columns/missing`, `columns/twice`.
pub fn read_again(
    names: &[String],
    columns: &[ColumnBuffer<'_>],
    options: ReadOptions<'_>,
    wanted: &[u32],
    mut each: impl FnMut(SetAside<'_>),
) -> Result<(), Error> {
    let map = ColumnMap::new(names, options.spellings, options.keep)?;
    for &number in wanted {
        let row = number.saturating_sub(1) as usize;
        let text = |place: usize| String::from_utf8_lossy(columns[place].get(row));
        let field = |column| map.place(column).map(text).unwrap_or_default();
        let (own, record_id) = (field(Column::Source), field(Column::RecordId));
        let fields: Map<String, Value> =
            map.places().iter().map(|&(column, place)| (column.name().to_owned(), text(place).into())).collect();
        let raw = Value::Object(fields).to_string();
        let source = options.source.of(own.trim());
        let raw = raw.as_bytes();
        let is_sensitive = is_sensitive(&field(Column::Sensitive), raw);
        each(SetAside { row: number, source, record_id: record_id.trim(), raw, is_sensitive });
    }
    Ok(())
}

/// The fields of a row, or `None` if one of them is no text.
fn fields<'a>(map: &ColumnMap, text: impl Fn(usize) -> Option<&'a str>) -> Option<RawFields<'a>> {
    let mut fields = RawFields::new();
    for &(column, place) in map.places() {
        fields.set(column, text(place)?);
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::column_map::Spellings;
    use crate::exchange::csv;
    use crate::exchange::rows::SourceName;
    use crate::linkage::table::Table;
    use std::io::Cursor;

    const ROWS: [[&str; 4]; 3] =
        [["1", "2020-01-02", "Zoë", ""], ["2", "2020-02-03", "Okafor", "east"], ["", "2020-02-03", "Lee", ""]];
    const HEADER: [&str; 4] = ["id", "dob", "surname", "source"];

    fn with_columns<T>(
        rows: &[[&str; 4]],
        work: impl FnOnce(&[String], &[ColumnBuffer<'_>], ReadOptions<'_>) -> T,
    ) -> T {
        let buffers: Vec<(Vec<u8>, Vec<u32>)> = (0..4)
            .map(|column| {
                let (mut bytes, mut offsets) = (Vec::new(), vec![0]);
                for row in rows {
                    bytes.extend_from_slice(row[column].as_bytes());
                    offsets.push(bytes.len() as u32);
                }
                (bytes, offsets)
            })
            .collect();
        let columns: Vec<_> =
            buffers.iter().map(|(bytes, offsets)| ColumnBuffer::new(bytes, offsets).unwrap()).collect();
        let source = SourceName::Fallback("north".to_owned());
        let options =
            ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
        work(&HEADER.map(str::to_owned), &columns, options)
    }

    #[test]
    fn columns_give_the_rows_that_delimited_text_gives() {
        let text = ROWS.iter().fold(HEADER.join(","), |text, row| text + "\n" + &row.join(","));
        let told = |rows: Rows| {
            let aside: Vec<&str> = rows.quarantined.iter().map(|row| row.reason.id).collect();
            let table = Table::build(rows.builders).table;
            let all = (0..table.len() as u32).flat_map(|n| Column::ALL.map(|column| table.raw(n, column).to_owned()));
            (all.collect::<Vec<_>>(), aside)
        };
        with_columns(&ROWS, |names, columns, options| {
            let of_text = told(csv::read(Cursor::new(&text), options, &|_| {}).unwrap());
            assert_eq!(of_text.1, ["row/no-record-id"]);
            assert_eq!(told(read(names, columns, options).unwrap()), of_text);
        });
    }

    #[test]
    fn a_row_that_is_no_text_or_has_no_id_is_set_aside_and_told_again() {
        with_columns(&ROWS, |names, columns, options| {
            let broken = ColumnBuffer::new(b"Zo\xEB", &[0, 3, 3, 3]).unwrap();
            let columns = [columns[0], columns[1], broken, columns[3]];
            let rows = read(names, &columns, options).unwrap();
            let aside: Vec<_> = rows.quarantined.iter().map(|row| (row.row, row.reason.id)).collect();
            assert_eq!(aside, [(1, "row/undecodable"), (3, "row/no-record-id")]);
            let mut again = Vec::new();
            read_again(names, &columns, options, &[1, 3], |row| {
                again.push(format!("{} {} {}", row.row, row.record_id, String::from_utf8_lossy(row.raw)));
            })
            .unwrap();
            assert!(
                again[0].starts_with("1 1 {\"birth_date\":\"2020-01-02\",\"family_name\":\"Zo\u{FFFD}\""),
                "{again:?}"
            );
        });
    }

    #[test]
    fn wrong_offsets_and_lengths_are_refused() {
        for (bytes, offsets) in [(&b"abc"[..], &[0u32, 2, 1][..]), (b"abc", &[0, 4]), (b"abc", &[])] {
            assert_eq!(ColumnBuffer::new(bytes, offsets).unwrap_err().code, "argument/offsets");
        }
        with_columns(&ROWS, |names, columns, options| {
            let short = ColumnBuffer::new(b"", &[0, 0]).unwrap();
            let columns = [columns[0], short, columns[2], columns[3]];
            assert_eq!(read(names, &columns, options).err().map(|error| error.code), Some("columns/length"));
        });
    }
}
