//! The columnar table of all records: each distinct text stored and parsed once, records as ids.
//!
//! Records stand in the order of (source name, record id), whatever the order of rows, files or
//! chunks, so that everything computed from a [`RecordIndex`] is the same for the same records.

#[cfg(feature = "scratch")]
mod away;
mod builder;
pub(crate) mod dictionary;
pub(crate) mod fields;
mod order;
#[cfg(feature = "csv")]
mod packed;
mod quality;
mod raw_column;
mod text;

pub use builder::{RowOrigin, SourceId, TableBuilder};
pub use order::{REPEATED_RECORD, Repeat, SUPERSEDED_RECORD};
pub use quality::{FieldQuality, FindingCount, SAMPLE_ROWS, SourceQuality};

use super::comparison::RecordIndex;
use super::parallel;
use super::superseded::Superseded;
use crate::error::Error;
use crate::identity::column::Column;
use fields::{ColumnFindings, Fields, Reader, SourceDates};
use order::{Resolved, Unordered};
use raw_column::RawColumn;
use text::RawText;

/// All accepted records of one run.
pub struct Table {
    sources: Vec<String>,
    origin: Vec<RowOrigin>,
    text: RawText,
    pub(crate) fields: Fields,
}

/// A finished table, and what building it showed.
pub struct Built {
    /// The table.
    pub table: Table,
    /// Rows that lost to another of the same source and record id, for quarantine.
    pub repeats: Vec<Repeat>,
    /// Counts for each source, in order of name.
    pub quality: Vec<SourceQuality>,
}

impl Table {
    /// Joins chunks, resolves repeated keys, orders the records and parses every field.
    pub fn build(chunks: Vec<TableBuilder>) -> Built {
        let (sources, unordered) = join(chunks);
        let Resolved { kept: order, repeats, sensitive } = unordered.resolve();
        let Unordered { source, origin, text } = unordered;
        let in_place = order.len() == source.len() && order.iter().enumerate().all(|(n, &index)| n == index as usize);
        let (source, origin, text) = if in_place {
            (source, origin, text.settled(None))
        } else {
            (
                order.iter().map(|&index| source[index as usize]).collect(),
                order.iter().map(|&index| origin[index as usize]).collect(),
                text.settled(Some(&order)),
            )
        };
        drop(order);
        let (mut fields, findings, dates) = Reader::new(&text, source).read(sources.len());
        sensitive.into_iter().for_each(|record| fields.sensitive[record] = true);
        let table = Table { sources, origin, text, fields };
        let quality = table.quality(&findings, &dates);
        Built { table, repeats, quality }
    }

    /// A table of fields alone: without sources' names, record ids and raw text.
    pub(crate) fn of_fields(fields: Fields) -> Table {
        Table { sources: Vec::new(), origin: Vec::new(), text: RawText::default(), fields }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.fields.source.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.fields.source.is_empty()
    }

    /// The names of the sources, in order; a record's source is an index into them.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// The source of each record, as an index into [`sources`](Self::sources).
    pub fn source_index(&self) -> &[u16] {
        &self.fields.source
    }

    /// The name of a record's source.
    pub fn source(&self, record: RecordIndex) -> &str {
        &self.sources[usize::from(self.fields.source[record as usize])]
    }

    /// A record's id within its source.
    pub fn record_id(&self, record: RecordIndex) -> &str {
        self.raw(record, Column::RecordId)
    }

    /// Where a record came from.
    pub fn origin(&self, record: RecordIndex) -> RowOrigin {
        self.origin[record as usize]
    }

    /// A field as it stood in the source; `""` if missing. The source's own name for
    /// [`Column::Source`].
    pub fn raw(&self, record: RecordIndex, column: Column) -> &str {
        match column {
            Column::Source => self.source(record),
            _ => self.text.get(record as usize, column),
        }
    }

    /// Brings the text of these records at hand, in the place of any that was brought before, where the text of the table
    /// is in scratch. Such a table gives no other text than this, record ids and sources.
    ///
    /// # Errors
    /// Those of the scratch.
    pub fn recall(&mut self, records: &[RecordIndex]) -> Result<(), Error> {
        self.text.recall(records)
    }

    /// Whether all text that was asked for could be had; to be asked before anything that was made of it is used.
    ///
    /// # Errors
    /// Those of the scratch; `scratch/not-called-back`.
    pub fn check_text(&self) -> Result<(), Error> {
        self.text.check()
    }

    /// The record of a source and record id.
    pub fn find(&self, source: &str, record_id: &str) -> Option<RecordIndex> {
        let source = self.sources.binary_search_by(|name| name.as_str().cmp(source)).ok()? as u16;
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            let key = (self.fields.source[middle], self.record_id(middle as RecordIndex));
            match key.cmp(&(source, record_id)) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle as RecordIndex),
            }
        }
        None
    }

    /// Whether a record is marked sensitive, by its source or by a secured address. A property of the
    /// child: any record so marked marks every record of the same child.
    pub fn is_sensitive(&self, record: RecordIndex) -> bool {
        self.fields.sensitive[record as usize]
    }

    /// Puts current NHS numbers in the place of superseded ones for linkage; the raw text stays as it was.
    /// Tells how many records that concerned.
    pub fn replace_superseded(&mut self, superseded: &Superseded) -> u64 {
        let mut replaced = 0;
        for cell in &mut self.fields.number {
            if let Some(current) = cell.number().and_then(|number| superseded.current(number)) {
                *cell = cell.replaced(current);
                replaced += 1;
            }
        }
        replaced
    }

    /// Counts filled fields and findings by source.
    fn quality(&self, findings: &[ColumnFindings], dates: &[SourceDates]) -> Vec<SourceQuality> {
        let mut all: Vec<SourceQuality> =
            self.sources.iter().zip(dates).map(|(name, dates)| SourceQuality::new(name, *dates)).collect();
        for &source in &self.fields.source {
            all[usize::from(source)].records += 1;
        }
        let filled = |column: &Column| !self.text.is_absent(*column);
        let columns: Vec<Column> = Column::ALL.into_iter().filter(filled).collect();
        for fields in parallel::map(columns.len(), |n| self.field_quality(columns[n], findings, dates)) {
            all.iter_mut().zip(fields).for_each(|(source, field)| source.fields.push(field));
        }
        all
    }

    /// One column, for each source.
    fn field_quality(&self, column: Column, findings: &[ColumnFindings], dates: &[SourceDates]) -> Vec<FieldQuality> {
        let raw = self.text.column(column);
        let mut by_source: Vec<FieldQuality> = self.sources.iter().map(|_| FieldQuality::new(column)).collect();
        let mut end = 0;
        for of_source in self.fields.source.chunk_by(|one, other| one == other) {
            let start = end;
            end += of_source.len();
            by_source[usize::from(of_source[0])].present += raw.present_among(start..end);
        }
        for found in findings.iter().filter(|found| found.column == column && !found.by_value.is_empty()) {
            let mut place_of = vec![u32::MAX; raw.value_count()];
            for (place, (value, _)) in found.by_value.iter().enumerate() {
                // Of a column that can no longer be had nothing is counted.
                place_of.get_mut(*value as usize).into_iter().for_each(|own| *own = place as u32);
            }
            for (record, &source) in self.fields.source.iter().enumerate() {
                if found.order.is_some_and(|order| order != dates[usize::from(source)].order) {
                    continue;
                }
                let place = place_of.get(raw.value_id(record) as usize).copied().unwrap_or(u32::MAX);
                if let Some((_, findings)) = found.by_value.get(place as usize) {
                    let field = &mut by_source[usize::from(source)];
                    findings.iter().for_each(|finding| field.count(finding.code, self.origin[record]));
                }
            }
        }
        by_source
    }
}

/// All chunks one after another, with sources renumbered by name.
fn join(chunks: Vec<TableBuilder>) -> (Vec<String>, Unordered) {
    let mut sources: Vec<String> = chunks.iter().flat_map(|chunk| chunk.sources.iter().cloned()).collect();
    crate::order::sort(&mut sources);
    sources.dedup();
    let mut source = Vec::with_capacity(chunks.iter().map(TableBuilder::len).sum());
    let mut origin = Vec::with_capacity(source.capacity());
    let mut pieces: Vec<Vec<(RawColumn, usize)>> = Column::ALL.iter().map(|_| Vec::new()).collect();
    #[cfg(feature = "scratch")]
    let (away, chunks) = away::Away::of(chunks);
    for chunk in chunks {
        let rank: Vec<u16> =
            chunk.sources.iter().map(|name| sources.binary_search(name).map_or(0, |rank| rank as u16)).collect();
        source.extend(chunk.source.iter().map(|&local| rank[usize::from(local)]));
        origin.extend(chunk.row.iter().map(|&row| RowOrigin { input: chunk.input, row }));
        for (piece, column) in pieces.iter_mut().zip(chunk.columns) {
            piece.push((column, chunk.row.len()));
        }
    }
    let pieces = pieces.into_iter().zip(Column::ALL).collect();
    let columns = parallel::map_owned(pieces, |(pieces, column)| RawColumn::concatenated(column, pieces));
    let text = RawText::Here(columns);
    #[cfg(feature = "scratch")]
    let text = away.map_or(text, |away| RawText::Away(Box::new(away)));
    (sources, Unordered { source, origin, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::raw::RawFields;

    fn row(fields: &[(Column, &'static str)]) -> RawFields<'static> {
        let mut raw = RawFields::new();
        fields.iter().for_each(|&(column, text)| raw.set(column, text));
        raw
    }

    /// (source, record id, family name, updated_at), cut into chunks of the given sizes.
    fn build(rows: &[(&str, &'static str, &'static str, &'static str)], chunk: usize) -> Built {
        let mut first = 1;
        let chunks = rows.chunks(chunk).map(|rows| {
            let mut builder = TableBuilder::new(0);
            for (n, (source, id, family, updated)) in rows.iter().enumerate() {
                let source = builder.source(source);
                let fields = row(&[(Column::RecordId, id), (Column::FamilyName, family), (Column::UpdatedAt, updated)]);
                builder.push(source, n as u32, &fields);
            }
            builder.shift_rows(first);
            first += rows.len() as u32;
            builder
        });
        Table::build(chunks.collect())
    }

    fn listed(table: &Table) -> Vec<String> {
        let show = |n| format!("{}/{}/{}", table.source(n), table.record_id(n), table.raw(n, Column::FamilyName));
        (0..table.len() as u32).map(show).collect()
    }

    const ROWS: &[(&str, &str, &str, &str)] =
        &[("west", "10", "KHAN", ""), ("east", "2", "", ""), ("west", "9", "PATEL", ""), ("east", "1", "KHAN", "")];

    #[test]
    fn records_stand_in_order_of_source_and_id_however_the_rows_came() {
        for chunk in 1..=4 {
            let built = build(ROWS, chunk);
            assert_eq!(
                listed(&built.table),
                ["east/1/KHAN", "east/2/", "west/10/KHAN", "west/9/PATEL"],
                "chunk {chunk}"
            );
            assert_eq!(built.table.origin(2), RowOrigin { input: 0, row: 1 });
            assert_eq!(built.table.find("west", "9"), Some(3));
            assert_eq!(built.table.find("west", "1"), None);
        }
    }

    #[test]
    fn identical_repeats_count_once_and_the_latest_version_is_kept() {
        let rows = [
            ("a", "1", "OLD", "2024-01-01"),
            ("a", "1", "NEW", "2024-06-01"),
            ("a", "2", "SAME", ""),
            ("a", "2", "SAME", ""),
        ];
        let built = build(&rows, 3);
        assert_eq!(listed(&built.table), ["a/1/NEW", "a/2/SAME"]);
        let reasons: Vec<_> = built.repeats.iter().map(|r| (r.origin.row, r.reason.id)).collect();
        assert_eq!(reasons, [(1, "record/older-version"), (4, "record/repeated")]);
    }

    #[test]
    fn a_version_that_lost_still_withholds_the_childs_whereabouts() {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("a");
        let old = [(Column::RecordId, "1"), (Column::UpdatedAt, "2024-01-01"), (Column::Sensitive, "Y")];
        let new = [(Column::RecordId, "1"), (Column::UpdatedAt, "2024-06-01"), (Column::Postcode, "LS1 4AP")];
        let other = [(Column::RecordId, "2"), (Column::Postcode, "LS1 4AP")];
        for (n, fields) in [&old[..], &new, &other].into_iter().enumerate() {
            builder.push(source, n as u32, &row(fields));
        }
        let table = Table::build(vec![builder]).table;
        assert_eq!(table.raw(0, Column::Postcode), "LS1 4AP");
        assert_eq!([0, 1].map(|record| table.is_sensitive(record)), [true, false]);
    }

    #[test]
    fn without_a_date_the_kept_version_does_not_depend_on_the_order_of_rows() {
        let one = build(&[("a", "1", "X", ""), ("a", "1", "Y", "")], 1);
        let two = build(&[("a", "1", "Y", ""), ("a", "1", "X", "")], 2);
        assert_eq!(listed(&one.table), listed(&two.table));
    }

    #[test]
    fn filled_fields_are_counted_by_source() {
        let built = build(ROWS, 2);
        let east = &built.quality[0];
        assert_eq!((east.name.as_str(), east.records), ("east", 2));
        let family = east.fields.iter().find(|f| f.column == Column::FamilyName).map(|f| f.present);
        assert_eq!(family, Some(1));
    }
}
