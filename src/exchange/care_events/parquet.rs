//! Events in Parquet and Arrow.

use super::{Columns, EventReport, EventSink, Events, hand_over};
use crate::error::Error;
use crate::exchange::arrow::for_each_whole_batch;
use crate::exchange::batches::{text_column, value};
use crate::exchange::parquet::unreadable;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;
use std::io::{Read, Seek};

/// Reads a file of events. What is no text is taken as text: dates as `YYYY-MM-DD`, numbers in figures.
///
/// # Errors
/// `parquet/unreadable`; `events/column-missing`.
pub fn read(file: impl ChunkReader + 'static, events: Events, mut sink: impl EventSink) -> Result<EventReport, Error> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| unreadable(&cause))?;
    let mut reading = Reading::of(builder.schema(), events)?;
    for batch in builder.with_batch_size(8192).build().map_err(|cause| unreadable(&cause))? {
        reading.take(&batch.map_err(|cause| unreadable(&cause))?, &mut sink)?;
    }
    Ok(reading.report)
}

/// Reads a file or stream of Arrow.
///
/// # Errors
/// `arrow/unreadable`; `events/column-missing`.
pub fn read_arrow(file: impl Read + Seek, events: Events, mut sink: impl EventSink) -> Result<EventReport, Error> {
    let begin = |schema: &Schema| Reading::of(schema, events);
    for_each_whole_batch(file, begin, |reading, batch| reading.take(batch, &mut sink)).map(|reading| reading.report)
}

/// A file under way.
struct Reading {
    events: Events,
    columns: Columns,
    report: EventReport,
}

impl Reading {
    fn of(schema: &Schema, events: Events) -> Result<Reading, Error> {
        let header: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Reading { events, columns: Columns::find(events, &header)?, report: EventReport::default() })
    }

    fn take(&mut self, batch: &RecordBatch, sink: &mut impl EventSink) -> Result<(), Error> {
        // Columns of no interest may be of a type that is no text.
        let text = |place| if self.columns.has(place) { text_column(batch, place).map(Some) } else { Ok(None) };
        let texts = (0..batch.num_columns()).map(text).collect::<Result<Vec<_>, Error>>()?;
        for index in 0..batch.num_rows() {
            self.report.rows += 1;
            let field = |place: usize| texts[place].as_ref().map_or("", |text| value(text, index));
            if let Err(reason) = hand_over(self.events, &self.columns, field, sink) {
                self.report.aside.push((self.report.rows, reason));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};
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
