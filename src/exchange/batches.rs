//! Records in columns of Arrow, however they came: their values as text, row by row.

use super::column_map::ColumnMap;
use super::rows::{ReadOptions, RowSink, SetAside, is_sensitive};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::sync::Arc;

/// Which columns of a file are read, and where each stands in the batches, which hold no others.
pub(super) struct Wanted {
    /// The names of all columns of the file.
    pub(super) header: Vec<String>,
    /// The canonical columns among them.
    pub(super) columns: ColumnMap,
    /// The places of the columns that are read, rising.
    pub(super) places: Vec<usize>,
    /// The canonical columns among those that are read.
    narrowed: ColumnMap,
}

impl Wanted {
    /// Finds the columns to read in a header.
    ///
    /// # Errors
    /// `columns/missing`, `columns/twice`.
    pub(super) fn of(header: Vec<String>, options: ReadOptions<'_>) -> Result<Wanted, Error> {
        let columns = ColumnMap::new(&header, options.spellings, options.keep)?;
        // Columns that are not read are not decoded either; the batches hold the others, renumbered.
        let mut places: Vec<usize> = columns.places().iter().map(|&(_, place)| place).collect();
        places.extend(columns.kept().iter().flatten());
        places.sort_unstable();
        places.dedup();
        let names: Vec<String> = places.iter().map(|&place| header[place].clone()).collect();
        let narrowed = ColumnMap::new(&names, options.spellings, options.keep)?;
        Ok(Wanted { header, columns, places, narrowed })
    }

    /// Hands the rows of a batch over; `row` is the number of the last row before it.
    pub(super) fn hand_over(&self, batch: &RecordBatch, row: &mut u32, sink: &mut RowSink<'_>) -> Result<(), Error> {
        let texts = Texts::of(&self.narrowed, batch)?;
        for index in 0..batch.num_rows() {
            *row = row.saturating_add(1);
            let mut fields = RawFields::new();
            texts.known.iter().for_each(|(column, text)| fields.set(*column, value(text, index)));
            let kept = texts.kept.iter().map(|text| text.as_ref().map_or("", |text| value(text, index)));
            sink.accept(*row, &fields, kept);
        }
        Ok(())
    }

    /// Tells those rows of a batch that `is_wanted` asks for, as JSON of their canonical columns, since a row in
    /// columns has no text of its own.
    pub(super) fn tell_again(
        &self,
        batch: &RecordBatch,
        row: &mut u32,
        options: ReadOptions<'_>,
        mut is_wanted: impl FnMut(u32) -> bool,
        each: &mut impl FnMut(SetAside<'_>),
    ) -> Result<(), Error> {
        let texts = Texts::of(&self.narrowed, batch)?;
        for index in 0..batch.num_rows() {
            *row = row.saturating_add(1);
            if !is_wanted(*row) {
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
            let raw = raw.as_bytes();
            let is_sensitive = is_sensitive(field(Column::Sensitive), raw);
            each(SetAside { row: *row, source, record_id: field(Column::RecordId), raw, is_sensitive });
        }
        Ok(())
    }
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

/// A column of a batch as text: dates as `YYYY-MM-DD`, numbers in figures.
pub(super) fn text_column(batch: &RecordBatch, place: usize) -> Result<StringArray, Error> {
    let name = || batch.schema_ref().field(place).name().clone();
    let array = in_known_zone(batch.column(place)).map_err(|error| error.in_field(name()))?;
    let array = cast(&array, &DataType::Utf8).map_err(|cause| {
        let name = name();
        Error::new(
            "columns/unreadable-type",
            format!("the values of column {name} cannot be read as text: {cause}"),
            "leave the column out, or write it as text, numbers or dates",
        )
        .in_field(name)
    })?;
    Ok(array.as_string::<i32>().clone())
}

/// Times in a zone of which the clock is known: UTC under any of its names, or a fixed offset.
///
/// # Errors
/// `columns/time-zone` for another zone. Whoever read such a time without its summer time could be a day out: midnight
/// of 1 June in London is 31 May in UTC.
pub(super) fn in_known_zone(array: &ArrayRef) -> Result<ArrayRef, Error> {
    const UTC: [&str; 8] = ["UTC", "Z", "Etc/UTC", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal"];
    let DataType::Timestamp(unit, Some(zone)) = array.data_type() else { return Ok(Arc::clone(array)) };
    if zone.starts_with(['+', '-']) {
        return Ok(Arc::clone(array));
    }
    if !UTC.contains(&&**zone) {
        return Err(Error::new(
            "columns/time-zone",
            "a column holds times in a zone with rules of its own, which childlink does not know",
            "write the column as dates or as text, or its times in UTC",
        ));
    }
    let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
    cast(array, &utc).map_err(|cause| {
        Error::new("columns/time-zone", format!("a column of times cannot be read: {cause}"), "write it as text")
    })
}

/// A value of such a column; empty if it is missing.
pub(super) fn value(text: &StringArray, index: usize) -> &str {
    if text.is_null(index) { "" } else { text.value(index) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::TimestampMillisecondArray;

    /// 2020-06-01T00:00Z in a zone, as text; or the code of the error, which names the column.
    fn told(zone: Option<&str>) -> Result<String, &'static str> {
        let times = TimestampMillisecondArray::from(vec![1_590_969_600_000]).with_timezone_opt(zone);
        let column: ArrayRef = Arc::new(times);
        let batch = RecordBatch::try_from_iter([("dob", column)]).unwrap();
        let text = text_column(&batch, 0).map_err(|error| {
            assert_eq!(error.field.as_deref(), Some("dob"));
            error.code
        })?;
        Ok(value(&text, 0).to_owned())
    }

    #[test]
    fn times_are_read_in_zones_whose_clock_is_known_and_refused_in_others() {
        for zone in [None, Some("UTC"), Some("Etc/UTC"), Some("+00:00")] {
            assert!(told(zone).unwrap().starts_with("2020-06-01T00:00:00"), "{zone:?}");
        }
        assert!(told(Some("-01:00")).unwrap().starts_with("2020-05-31T23:00:00"));
        assert_eq!(told(Some("Europe/London")), Err("columns/time-zone"));
    }
}
