//! Arrow: records in columns, as a file (Feather, version 2) or a stream.

use super::batches::Wanted;
use super::rows::{InputReport, ReadOptions, RowSink, Rows, SetAside};
use crate::error::Error;
use ::arrow::array::RecordBatch;
use ::arrow::datatypes::Schema;
use ::arrow::error::ArrowError;
use ::arrow::ipc::reader::{FileReader, StreamReader};
use std::cell::Cell;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// Whether bytes begin as a file or a stream of Arrow does.
///
/// # Source
/// Apache Arrow columnar format, IPC file format (magic `ARROW1`) and encapsulated messages (continuation
/// `0xFFFFFFFF`).
pub fn is_arrow(beginning: &[u8]) -> bool {
    beginning.starts_with(FILE) || beginning.starts_with(STREAM)
}

const FILE: &[u8] = b"ARROW1";
const STREAM: &[u8] = &[0xFF; 4];

/// Reads all records, as [`parquet`](super::parquet::read) does.
///
/// # Errors
/// `arrow/unreadable`, `columns/missing`, `columns/twice`, `columns/unreadable-type`, `input/too-many-sources`.
pub fn read<R: Read + Seek>(file: R, options: ReadOptions<'_>) -> Result<Rows, Error> {
    let mut sink = RowSink::new(options);
    let mut row = 0u32;
    let wanted = for_each_batch(
        file,
        |schema| Wanted::of(names(schema), options),
        |wanted, batch| wanted.hand_over(batch, &mut row, &mut sink),
    )?;
    Rows::join(InputReport::of_header("arrow", &wanted.header, &wanted.columns), vec![sink.taken()])
}

/// Reads some rows once more, as [`parquet`](super::parquet::read_again) does. `wanted` is in rising order.
///
/// # Errors
/// Those of [`read`].
pub fn read_again<R: Read + Seek>(
    file: R,
    options: ReadOptions<'_>,
    wanted: &[u32],
    mut each: impl FnMut(SetAside<'_>),
) -> Result<(), Error> {
    let mut rows = wanted.iter().copied().peekable();
    let mut row = 0u32;
    for_each_batch(
        file,
        |schema| Wanted::of(names(schema), options),
        |wanted, batch| wanted.tell_again(batch, &mut row, options, |row| rows.next_if_eq(&row).is_some(), &mut each),
    )?;
    Ok(())
}

fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// Every batch of a file or stream, with what `begin` makes of its schema; only the places that the latter names are
/// decoded.
fn for_each_batch<R: Read + Seek>(
    mut file: R,
    begin: impl FnOnce(&Schema) -> Result<Wanted, Error>,
    mut each: impl FnMut(&Wanted, &RecordBatch) -> Result<(), Error>,
) -> Result<Wanted, Error> {
    let mut beginning = Vec::new();
    file.by_ref().take(FILE.len() as u64).read_to_end(&mut beginning).map_err(|cause| unreadable(&cause))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let rewind = |file: &mut BufReader<R>| file.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(&cause));
    rewind(&mut file)?;
    let mut take = |wanted: &Wanted, batches: &mut dyn Iterator<Item = Result<RecordBatch, ArrowError>>| {
        for batch in batches {
            each(wanted, &batch.map_err(|cause| unreadable(&cause))?)?;
        }
        Ok::<(), Error>(())
    };
    if beginning.starts_with(FILE) {
        let schema = FileReader::try_new(&mut file, None).map_err(|cause| unreadable(&cause))?.schema();
        let wanted = begin(&schema)?;
        rewind(&mut file)?;
        let mut reader =
            FileReader::try_new(&mut file, Some(wanted.places.clone())).map_err(|cause| unreadable(&cause))?;
        take(&wanted, &mut reader)?;
        return Ok(wanted);
    }
    let schema = StreamReader::try_new(&mut file, None).map_err(|cause| unreadable(&cause))?.schema();
    let wanted = begin(&schema)?;
    rewind(&mut file)?;
    let ended = Cell::new(false);
    let stream = ToEnd { stream: &mut file, ended: &ended };
    let mut reader = StreamReader::try_new(stream, Some(wanted.places.clone())).map_err(|cause| unreadable(&cause))?;
    take(&wanted, &mut reader)?;
    whole(&ended)?;
    Ok(wanted)
}

/// A stream that notes when it is asked for more than it holds. A reader that has seen the end mark asks no more.
struct ToEnd<'s, R> {
    stream: R,
    ended: &'s Cell<bool>,
}

impl<R: Read> Read for ToEnd<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.ended.set(true);
        }
        Ok(read)
    }
}

/// Refuses a stream that stops without its end mark.
///
/// DIFFERENCE: the format lets a writer close a stream without the mark. A stream cut off between two batches then
/// looks like a whole one of fewer records, so the mark is asked for; writers to files set it.
///
/// # Source
/// Apache Arrow columnar format, IPC streaming format (end of stream `0xFFFFFFFF 0x00000000`).
fn whole(ended: &Cell<bool>) -> Result<(), Error> {
    if ended.get() {
        return Err(unreadable(&"the stream breaks off without its end mark"));
    }
    Ok(())
}

/// Every batch with all its columns: for tables of any columns.
///
/// # Errors
/// `arrow/unreadable` and those of `begin` and `each`.
pub(super) fn for_each_whole_batch<R: Read + Seek, T>(
    mut file: R,
    begin: impl FnOnce(&Schema) -> Result<T, Error>,
    mut each: impl FnMut(&mut T, &RecordBatch) -> Result<(), Error>,
) -> Result<T, Error> {
    let mut beginning = Vec::new();
    file.by_ref().take(FILE.len() as u64).read_to_end(&mut beginning).map_err(|cause| unreadable(&cause))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    file.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(&cause))?;
    let mut state;
    if beginning.starts_with(FILE) {
        let reader = FileReader::try_new(file, None).map_err(|cause| unreadable(&cause))?;
        state = begin(&reader.schema())?;
        for batch in reader {
            each(&mut state, &batch.map_err(|cause| unreadable(&cause))?)?;
        }
    } else {
        let ended = Cell::new(false);
        let stream = ToEnd { stream: file, ended: &ended };
        let reader = StreamReader::try_new(stream, None).map_err(|cause| unreadable(&cause))?;
        state = begin(&reader.schema())?;
        for batch in reader {
            each(&mut state, &batch.map_err(|cause| unreadable(&cause))?)?;
        }
        whole(&ended)?;
    }
    Ok(state)
}

/// That a file or stream is damaged in a way that the library does not tell of but falls over.
///
/// ```
/// assert_eq!(childlink::exchange::arrow::damaged().code, "arrow/unreadable");
/// ```
pub fn damaged() -> Error {
    unreadable(&"it is damaged")
}

fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::new(
        "arrow/unreadable",
        format!("the Arrow file cannot be read: {cause}"),
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
    use ::arrow::array::{ArrayRef, Date32Array, DictionaryArray, Int64Array, StringArray};
    use ::arrow::datatypes::Int32Type;
    use ::arrow::ipc::CompressionType;
    use ::arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    use std::io::Cursor;
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let sexes: DictionaryArray<Int32Type> = vec!["F", "M", "F"].into_iter().collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("colour", Arc::new(StringArray::from(vec!["blue", "red", "red"]))),
            ("id", Arc::new(Int64Array::from(vec![Some(7), None, Some(9)]))),
            ("dob", Arc::new(Date32Array::from(vec![Some(18_263), Some(0), None]))),
            ("surname", Arc::new(StringArray::from(vec![Some("Zoë"), Some("Lee"), None]))),
            ("sex", Arc::new(sexes)),
            ("ward", Arc::new(StringArray::from(vec!["N4", "N5", "N6"]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn file(compression: Option<CompressionType>) -> Vec<u8> {
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let mut writer = FileWriter::try_new_with_options(Vec::new(), &batch().schema(), options).unwrap();
        (0..2).for_each(|_| writer.write(&batch()).unwrap());
        writer.into_inner().unwrap()
    }

    fn stream() -> Vec<u8> {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch().schema()).unwrap();
        (0..2).for_each(|_| writer.write(&batch()).unwrap());
        // Sets the end mark.
        writer.into_inner().unwrap()
    }

    fn with_options<T>(work: impl FnOnce(ReadOptions<'_>) -> T) -> T {
        let source = SourceName::Fallback("north".to_owned());
        let keep = ["ward".to_owned()];
        work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &keep, scratch: None })
    }

    #[test]
    fn files_plain_and_packed_and_streams_give_the_same_rows() {
        let kinds = [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)].map(file);
        for bytes in kinds.into_iter().chain([stream()]) {
            assert!(is_arrow(&bytes));
            let rows = with_options(|options| read(Cursor::new(&bytes), options)).unwrap();
            assert_eq!((rows.report.rows, rows.quarantined.len(), rows.kept.get(3, 0)), (6, 2, "N6"));
            assert_eq!(
                (rows.report.format, &rows.report.findings[0].columns[..]),
                ("arrow", &["colour".to_owned()][..])
            );
            let built = Table::build(rows.builders);
            // The second batch repeats the rows of the first.
            assert_eq!((built.table.len(), built.repeats.len()), (2, 2));
            let fields = |n| {
                [Column::RecordId, Column::BirthDate, Column::FamilyName, Column::Sex].map(|c| built.table.raw(n, c))
            };
            assert_eq!(fields(0), ["7", "2020-01-02", "Zoë", "F"]);
            assert_eq!(fields(1), ["9", "", "", "F"]);
        }
    }

    #[test]
    fn a_row_set_aside_is_told_as_json() {
        let mut again = Vec::new();
        with_options(|options| {
            read_again(Cursor::new(file(None)), options, &[2, 5], |row| {
                again.push((row.row, String::from_utf8_lossy(row.raw).into_owned()));
            })
        })
        .unwrap();
        let json = r#"{"birth_date":"1970-01-01","family_name":"Lee","record_id":"","sex":"M"}"#;
        assert_eq!(again, [(2, json.to_owned()), (5, json.to_owned())]);
    }

    #[test]
    fn a_file_cut_off_says_so() {
        for bytes in [file(None), stream()] {
            let cut = &bytes[..bytes.len() / 2];
            assert_eq!(with_options(|options| read(Cursor::new(cut), options)).err().unwrap().code, "arrow/unreadable");
        }
        // Between two batches, or behind the last one, a stream is whole but for its end mark.
        let mut writer = StreamWriter::try_new(Vec::new(), &batch().schema()).unwrap();
        for _ in 0..2 {
            writer.write(&batch()).unwrap();
            let cut = writer.get_ref().clone();
            let error = with_options(|options| read(Cursor::new(&cut), options)).err().unwrap();
            assert!(error.message.contains("end mark"), "{error}");
            let error = for_each_whole_batch(Cursor::new(&cut), |_| Ok(()), |(), _| Ok(())).unwrap_err();
            assert_eq!(error.code, "arrow/unreadable");
        }
    }
}
