//! Events in Parquet.

use super::{Columns, EventReport, EventSink, Events, hand_over};
use crate::error::Error;
use crate::exchange::parquet::{text_column, unreadable, value};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

/// Reads a file of events. What is no text is taken as text: dates as `YYYY-MM-DD`, numbers in figures.
///
/// # Errors
/// `parquet/unreadable`; `events/column-missing`.
pub fn read(file: impl ChunkReader + 'static, events: Events, mut sink: impl EventSink) -> Result<EventReport, Error> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| unreadable(&cause))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns = Columns::find(events, &header)?;
    let mut report = EventReport::default();
    for batch in builder.with_batch_size(8192).build().map_err(|cause| unreadable(&cause))? {
        let batch = batch.map_err(|cause| unreadable(&cause))?;
        // Columns of no interest may be of a type that is no text.
        let text = |place| if columns.has(place) { text_column(&batch, place).map(Some) } else { Ok(None) };
        let texts = (0..header.len()).map(text).collect::<Result<Vec<_>, Error>>()?;
        for index in 0..batch.num_rows() {
            report.rows += 1;
            let field = |place: usize| texts[place].as_ref().map_or("", |text| value(text, index));
            if let Err(reason) = hand_over(events, &columns, field, &mut sink) {
                report.aside.push((report.rows, reason));
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    #[test]
    fn columns_of_any_type_are_read_as_text() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("Date", Arc::new(Date32Array::from(vec![Some(20_514), None, Some(20_514)]))),
            ("record_id", Arc::new(Int64Array::from(vec![Some(7), Some(8), None]))),
            ("product", Arc::new(StringArray::from(vec!["vaxelis", "vaxelis", "vaxelis"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(tempfile::tempfile().unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let file = writer.into_inner().unwrap();
        let mut seen = Vec::new();
        let report = read(file.try_clone().unwrap(), Events::Doses, |source, record_id, event| {
            seen.push(format!("{source}/{record_id} {event:?}"));
            Ok(())
        });
        assert_eq!(seen, ["/7 Dose { date: 2026-03-02, product: \"vaxelis\", snomed: \"\", given: true }"]);
        let aside: Vec<(u64, &str)> = report.unwrap().aside.iter().map(|(row, code)| (*row, code.id)).collect();
        assert_eq!(aside, [(2, "event/date"), (3, "row/no-record-id")]);
        let error = read(file, Events::Screens, |_, _, _| Ok(())).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("kind"));
    }
}
