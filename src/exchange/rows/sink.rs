//! Takes rows one by one.

use super::taken::TakenRows;
use super::{KeptValues, MAX_SOURCES, NO_RECORD_ID, Quarantined, ReadOptions, SAMPLE_ROWS, SourceName};
use crate::error::Code;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;
#[cfg(feature = "scratch")]
use crate::linkage::scratch::Scratch;
use crate::linkage::table::{SourceId, TableBuilder};
#[cfg(feature = "scratch")]
use std::sync::Arc;

/// Takes the rows of one chunk of an input.
pub(in crate::exchange) struct RowSink<'o> {
    options: ReadOptions<'o>,
    taken: TakenRows,
    source: Option<(String, SourceId)>,
    /// Bytes of text gathered since text was last put aside.
    #[cfg(feature = "scratch")]
    gathered: usize,
}

impl<'o> RowSink<'o> {
    pub(in crate::exchange) fn new(options: ReadOptions<'o>) -> RowSink<'o> {
        RowSink::with_room(options, 0)
    }

    /// The same for about so many rows.
    pub(in crate::exchange) fn with_room(options: ReadOptions<'o>, rows: usize) -> RowSink<'o> {
        let builder = TableBuilder::with_room(options.input, rows);
        let taken = TakenRows { builder, kept: KeptValues::new(options.keep.len()), ..TakenRows::default() };
        RowSink {
            options,
            taken,
            source: None,
            #[cfg(feature = "scratch")]
            gathered: 0,
        }
    }

    /// All rows so far.
    #[cfg(not(feature = "scratch"))]
    pub(in crate::exchange) fn taken(self) -> TakenRows {
        self.taken
    }

    /// All rows so far.
    #[cfg(feature = "scratch")]
    pub(in crate::exchange) fn taken(mut self) -> TakenRows {
        if let Some(scratch) = self.options.scratch {
            self.put_aside(scratch);
        }
        self.taken
    }

    /// Puts the text of the rows aside, and begins anew.
    #[cfg(feature = "scratch")]
    fn put_aside(&mut self, scratch: &Arc<dyn Scratch>) {
        let mut full = std::mem::replace(&mut self.taken.builder, TableBuilder::new(self.options.input));
        // Sources are numbered by the builder.
        (self.source, self.gathered) = (None, 0);
        if self.taken.fault.is_none() {
            self.taken.fault = full.put_aside(scratch).err();
        }
        if self.taken.fault.is_none() && !full.is_empty() {
            self.taken.before.push(full);
        }
    }

    /// Puts the text of the rows aside once there is enough of it.
    #[cfg(feature = "scratch")]
    fn make_room(&mut self, fields: &RawFields<'_>) {
        let Some(scratch) = self.options.scratch else { return };
        self.gathered += Column::ALL.into_iter().map(|column| fields.get(column).len()).sum::<usize>();
        if self.gathered > scratch.room() {
            self.put_aside(scratch);
        }
    }

    /// Takes a row; `kept` gives the values of the columns to keep.
    pub(in crate::exchange) fn accept<'a>(
        &mut self,
        row: u32,
        fields: &RawFields<'_>,
        kept: impl Iterator<Item = &'a str>,
    ) {
        if fields.get(Column::RecordId).is_empty() {
            return self.quarantine(row, &NO_RECORD_ID);
        }
        self.taken.rows += 1;
        let own = fields.get(Column::Source);
        self.taken.fell_back |= own.is_empty();
        if matches!(self.options.source, SourceName::Given(_)) && !own.is_empty() {
            self.taken.overridden.note(own);
        }
        let name = self.options.source.of(own);
        let source = match &self.source {
            Some((last, id)) if last == name => *id,
            _ => {
                if self.taken.too_many_sources {
                    return;
                }
                let id = self.taken.builder.source(name);
                self.taken.too_many_sources = usize::from(id.0) >= MAX_SOURCES;
                self.source = Some((name.to_owned(), id));
                id
            }
        };
        self.taken.builder.push(source, row, fields);
        self.taken.kept.push(row, kept);
        #[cfg(feature = "scratch")]
        self.make_room(fields);
    }

    /// Sets a row aside.
    pub(in crate::exchange) fn quarantine(&mut self, row: u32, reason: &'static Code) {
        self.taken.rows += 1;
        self.taken.quarantined.push(Quarantined { input: self.options.input, row, reason });
    }

    /// Notes that characters of code zero were left out of a row.
    pub(in crate::exchange) fn note_nul(&mut self, row: u32) {
        self.taken.nul.count += 1;
        if self.taken.nul.rows.len() < SAMPLE_ROWS {
            self.taken.nul.rows.push(row);
        }
    }
}
