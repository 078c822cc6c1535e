//! Parquet: records in columns.

use super::column_map::ColumnMap;
use super::rows::{InputReport, ReadOptions, RowSink, Rows, SetAside};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

/// Reads all records. What is no text is taken as text: dates as `YYYY-MM-DD`, numbers in figures. A
/// row's number is its place, from 1.
///
/// # Errors
/// `parquet/unreadable`, `columns/missing`, `columns/twice`, `input/too-many-sources`.
pub fn read<R: ChunkReader + 'static>(file: R, options: ReadOptions<'_>) -> Result<Rows, Error> {
    let mut sink = RowSink::new(options);
    let mut row = 0u32;
    let (header, columns) = for_each_batch(file, options, |columns, batch| {
        let texts = Texts::of(columns, batch)?;
        for index in 0..batch.num_rows() {
            row = row.saturating_add(1);
            let mut fields = RawFields::new();
            texts.known.iter().for_each(|(column, text)| fields.set(*column, value(text, index)));
            let kept = texts.kept.iter().map(|text| text.as_ref().map_or("", |text| value(text, index)));
            sink.accept(row, &fields, kept);
        }
        Ok(())
    })?;
    Rows::join(InputReport::of_header("parquet", &header, &columns), vec![sink.taken()])
}

/// Reads some rows once more. They are told as JSON of the canonical columns, since a row of Parquet has
/// no text of its own. `wanted` is in rising order.
///
/// # Errors
/// Those of [`read`].
pub fn read_again<R: ChunkReader + 'static>(
    file: R,
    options: ReadOptions<'_>,
    wanted: &[u32],
    mut each: impl FnMut(SetAside<'_>),
) -> Result<(), Error> {
    let mut wanted = wanted.iter().copied().peekable();
    let mut row = 0u32;
    for_each_batch(file, options, |columns, batch| {
        let texts = Texts::of(columns, batch)?;
        for index in 0..batch.num_rows() {
            row = row.saturating_add(1);
            if wanted.next_if_eq(&row).is_none() {
                continue;
            }
            let field = |wanted: Column| {
                let found = texts.known.iter().find(|(column, _)| *column == wanted);
                found.map_or("", |(_, text)| value(text, index)).trim()
            };
            let source = options.source.of(field(Column::Source));
            let fields: serde_json::Map<String, serde_json::Value> = texts
                .known
                .iter()
                .map(|(column, text)| (column.name().to_owned(), value(text, index).into()))
                .collect();
            let raw = serde_json::Value::Object(fields).to_string();
            each(SetAside { row, source, record_id: field(Column::RecordId), raw: raw.as_bytes() });
        }
        Ok(())
    })?;
    Ok(())
}

/// The columns of one batch that are read, as text.
struct Texts {
    known: Vec<(Column, StringArray)>,
    kept: Vec<Option<StringArray>>,
}

impl Texts {
    fn of(columns: &ColumnMap, batch: &RecordBatch) -> Result<Texts, Error> {
        let text = |place| text_column(batch, place);
        let known = columns.places().iter().map(|&(column, place)| Ok((column, text(place)?)));
        let kept = columns.kept().iter().map(|place| place.map(&text).transpose());
        Ok(Texts { known: known.collect::<Result<_, Error>>()?, kept: kept.collect::<Result<_, Error>>()? })
    }
}

/// A column of a batch as text.
pub(super) fn text_column(batch: &RecordBatch, place: usize) -> Result<StringArray, Error> {
    let array = cast(batch.column(place), &DataType::Utf8).map_err(|cause| unreadable(&cause))?;
    Ok(array.as_string::<i32>().clone())
}

/// A value of such a column; empty if it is missing.
pub(super) fn value(text: &StringArray, index: usize) -> &str {
    if text.is_null(index) { "" } else { text.value(index) }
}

fn for_each_batch<R: ChunkReader + 'static>(
    file: R,
    options: ReadOptions<'_>,
    mut each: impl FnMut(&ColumnMap, &RecordBatch) -> Result<(), Error>,
) -> Result<(Vec<String>, ColumnMap), Error> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| unreadable(&cause))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns = ColumnMap::new(&header, options.spellings, options.keep)?;
    // Columns that are not read are not decoded either; the batches hold the others, renumbered.
    let mut wanted: Vec<usize> = columns.places().iter().map(|&(_, place)| place).collect();
    wanted.extend(columns.kept().iter().flatten());
    wanted.sort_unstable();
    wanted.dedup();
    let names: Vec<String> = wanted.iter().map(|&place| header[place].clone()).collect();
    let narrowed = ColumnMap::new(&names, options.spellings, options.keep)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let batches = builder.with_projection(mask).with_batch_size(8192).build().map_err(|cause| unreadable(&cause))?;
    for batch in batches {
        each(&narrowed, &batch.map_err(|cause| unreadable(&cause))?)?;
    }
    Ok((header, columns))
}

pub(super) fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::new(
        "parquet/unreadable",
        format!("the Parquet file cannot be read: {cause}"),
        "write the file again, or export it as CSV",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::column_map::Spellings;
    use crate::exchange::rows::SourceName;
    use crate::linkage::table::Table;
    use arrow::array::{ArrayRef, Date32Array, Int64Array};
    use parquet::arrow::ArrowWriter;
    use std::fs::File;
    use std::sync::Arc;

    fn file() -> File {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("colour", Arc::new(StringArray::from(vec!["blue", "red", "red"]))),
            ("id", Arc::new(Int64Array::from(vec![Some(7), None, Some(9)]))),
            ("dob", Arc::new(Date32Array::from(vec![Some(18_263), Some(0), None]))),
            ("surname", Arc::new(StringArray::from(vec![Some("Zoë"), Some("Lee"), None]))),
            ("ward", Arc::new(StringArray::from(vec!["N4", "N5", "N6"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(tempfile::tempfile().unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn with_options<T>(work: impl FnOnce(ReadOptions<'_>) -> T) -> T {
        let source = SourceName::Fallback("north".to_owned());
        let keep = ["ward".to_owned()];
        work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &keep })
    }

    #[test]
    fn columns_of_any_type_are_read_as_text() {
        let rows = with_options(|options| read(file(), options)).unwrap();
        assert_eq!((rows.report.rows, rows.quarantined.len(), rows.kept.get(3, 0)), (3, 1, "N6"));
        assert_eq!(rows.report.findings[0].columns, ["colour"]);
        let table = Table::build(rows.builders).table;
        let fields = |n| [Column::RecordId, Column::BirthDate, Column::FamilyName].map(|c| table.raw(n, c));
        assert_eq!(fields(0), ["7", "2020-01-02", "Zoë"]);
        assert_eq!(fields(1), ["9", "", ""]);
    }

    #[test]
    fn a_row_set_aside_is_told_as_json() {
        let mut again = String::new();
        with_options(|options| {
            read_again(file(), options, &[2], |row| again = String::from_utf8_lossy(row.raw).into())
        })
        .unwrap();
        assert_eq!(again, r#"{"birth_date":"1970-01-01","family_name":"Lee","record_id":""}"#);
    }

    #[test]
    fn a_file_that_is_no_parquet_says_so() {
        let mut broken = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut broken, b"PAR1 but no more").unwrap();
        assert_eq!(with_options(|options| read(broken, options)).err().unwrap().code, "parquet/unreadable");
    }
}
