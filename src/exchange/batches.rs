//! Records in columns of Arrow, however they came: their values as text, row by row.

use super::column_map::ColumnMap;
use super::rows::{ReadOptions, RowSink, SetAside, is_sensitive};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

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
    let array = cast(batch.column(place), &DataType::Utf8).map_err(|cause| {
        let name = batch.schema_ref().field(place).name().clone();
        Error::new(
            "columns/unreadable-type",
            format!("the values of column {name} cannot be read as text: {cause}"),
            "leave the column out, or write it as text, numbers or dates",
        )
        .in_field(name)
    })?;
    Ok(array.as_string::<i32>().clone())
}

/// A value of such a column; empty if it is missing.
pub(super) fn value(text: &StringArray, index: usize) -> &str {
    if text.is_null(index) { "" } else { text.value(index) }
}
