//! Parquet: records in columns.

use super::batches::Wanted;
use super::rows::{InputReport, ReadOptions, RowSink, Rows, SetAside};
use crate::error::Error;
use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

/// Reads all records. What is no text is taken as text: dates as `YYYY-MM-DD`, numbers in figures. A
/// row's number is its place, from 1.
///
/// # Errors
/// `parquet/unreadable`, `columns/missing`, `columns/twice`, `columns/unreadable-type`, `input/too-many-sources`.
pub fn read<R: ChunkReader + 'static>(file: R, options: ReadOptions<'_>) -> Result<Rows, Error> {
    let mut sink = RowSink::new(options);
    let mut row = 0u32;
    let wanted = for_each_batch(file, options, |wanted, batch| wanted.hand_over(batch, &mut row, &mut sink))?;
    Rows::join(InputReport::of_header("parquet", &wanted.header, &wanted.columns), vec![sink.taken()])
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
    let mut rows = wanted.iter().copied().peekable();
    let mut row = 0u32;
    for_each_batch(file, options, |wanted, batch| {
        wanted.tell_again(batch, &mut row, options, |row| rows.next_if_eq(&row).is_some(), &mut each)
    })?;
    Ok(())
}

fn for_each_batch<R: ChunkReader + 'static>(
    file: R,
    options: ReadOptions<'_>,
    mut each: impl FnMut(&Wanted, &RecordBatch) -> Result<(), Error>,
) -> Result<Wanted, Error> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| unreadable(&cause))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let wanted = Wanted::of(header, options)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.places.iter().copied());
    let batches = builder.with_projection(mask).with_batch_size(8192).build().map_err(|cause| unreadable(&cause))?;
    for batch in batches {
        each(&wanted, &batch.map_err(|cause| unreadable(&cause))?)?;
    }
    Ok(wanted)
}

/// That a file is damaged in a way that the library does not tell of but falls over.
///
/// ```
/// assert_eq!(childlink::exchange::parquet::damaged().code, "parquet/unreadable");
/// ```
pub fn damaged() -> Error {
    unreadable(&"it is damaged")
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
    use crate::identity::column::Column;
    use crate::linkage::table::Table;
    use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};
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
        work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &keep, scratch: None })
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
