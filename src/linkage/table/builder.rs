//! Reading rows into chunks, which threads fill side by side and [`Table::build`](super::Table::build) joins.

use super::raw_column::RawColumn;
use crate::identity::column::Column;
use crate::identity::raw::RawFields;

/// A source system, numbered within one [`TableBuilder`] in the order of first mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub(crate) u16);

/// Where a record came from: the input (a file, numbered by the caller) and its row there, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowOrigin {
    /// The number of the input, as given to [`TableBuilder::new`].
    pub input: u16,
    /// The row within the input.
    pub row: u32,
}

/// One chunk of raw records: each distinct text is stored once, nothing is understood yet.
///
/// A reader cuts a file into byte ranges, fills one builder per range on any thread, and hands all
/// builders in order to [`Table::build`](super::Table::build). How a file was cut never changes the
/// table.
///
/// ```
/// use childlink::identity::{column::Column, raw::RawFields};
/// use childlink::linkage::table::{Table, TableBuilder};
///
/// let mut chunk = TableBuilder::new(0);
/// let births = chunk.source("births");
/// let mut fields = RawFields::new();
/// fields.set(Column::RecordId, "B1");
/// fields.set(Column::FamilyName, "Okafor");
/// chunk.push(births, 1, &fields);
/// let built = Table::build(vec![chunk]);
/// assert_eq!(built.table.len(), 1);
/// assert_eq!(built.table.raw(0, Column::FamilyName), "Okafor");
/// ```
#[derive(Default)]
pub struct TableBuilder {
    pub(super) input: u16,
    pub(super) sources: Vec<String>,
    pub(super) source: Vec<u16>,
    pub(super) row: Vec<u32>,
    pub(super) columns: [RawColumn; Column::COUNT],
    /// Where the text is, once it was put aside.
    #[cfg(feature = "scratch")]
    pub(super) away: Option<Box<super::away::AwayChunk>>,
    /// Records expected.
    room: usize,
}

impl TableBuilder {
    /// An empty chunk of input number `input`.
    pub fn new(input: u16) -> TableBuilder {
        TableBuilder { input, ..TableBuilder::default() }
    }

    /// The same with room for so many records, which takes memory once and not in steps.
    pub fn with_room(input: u16, records: usize) -> TableBuilder {
        let (source, row) = (Vec::with_capacity(records), Vec::with_capacity(records));
        TableBuilder { input, source, row, room: records, ..TableBuilder::default() }
    }

    /// The id of the source of this name. There are 65,536 ids: later sources share the last one, so that a host refuses
    /// inputs of so many (those of this library from 4,096 on).
    pub fn source(&mut self, name: &str) -> SourceId {
        let index = self.sources.iter().position(|known| known == name).unwrap_or_else(|| {
            self.sources.push(name.to_owned());
            self.sources.len() - 1
        });
        SourceId(index.min(usize::from(u16::MAX)) as u16)
    }

    /// Adds a record. `row` is its row in the input, from 1, or counted from the chunk's start when
    /// [`shift_rows`](Self::shift_rows) follows. The `source` column of `fields` is not looked at.
    pub fn push(&mut self, source: SourceId, row: u32, fields: &RawFields<'_>) {
        let index = self.source.len();
        self.source.push(source.0);
        self.row.push(row);
        for column in Column::ALL {
            let text = fields.get(column);
            if !text.is_empty() && column != Column::Source {
                self.columns[column.index()].set(column, index, text, self.room);
            }
        }
    }

    /// Adds `by` to every row so far: for a chunk read before the rows ahead of it were counted.
    pub fn shift_rows(&mut self, by: u32) {
        self.row.iter_mut().for_each(|row| *row += by);
    }

    /// How many records the chunk holds.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether the chunk holds no record.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }
}
