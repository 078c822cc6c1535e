//! What the records of each source look like: how many fields are filled, and which findings they have.

use super::builder::RowOrigin;
use super::fields::SourceDates;
use crate::error::Code;
use crate::identity::column::Column;
use crate::identity::raw::DateOrder;

/// How many rows with a finding are kept as samples, the first ones of the source.
pub const SAMPLE_ROWS: usize = 5;

/// The records of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceQuality {
    /// The source's name.
    pub name: String,
    /// Records accepted, each key once.
    pub records: u64,
    /// How the source writes all-figure dates.
    pub date_order: DateOrder,
    /// Whether any date of the source told its order, or the United Kingdom's was assumed.
    pub date_order_known: bool,
    /// One entry for each canonical column that any source fills, in their order.
    pub fields: Vec<FieldQuality>,
}

/// One column of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldQuality {
    /// The column.
    pub column: Column,
    /// Records with text in it.
    pub present: u64,
    /// What was found, in order of code.
    pub findings: Vec<FindingCount>,
}

/// One kind of finding in one column of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingCount {
    /// The kind.
    pub code: &'static Code,
    /// Records that have it.
    pub count: u64,
    /// The first [`SAMPLE_ROWS`] of them.
    pub rows: Vec<RowOrigin>,
}

impl SourceQuality {
    /// A source without records so far.
    pub(super) fn new(name: &str, dates: SourceDates) -> SourceQuality {
        SourceQuality {
            name: name.to_owned(),
            records: 0,
            date_order: dates.order,
            date_order_known: dates.known,
            fields: Vec::new(),
        }
    }
}

impl FieldQuality {
    /// A column without findings so far.
    pub(super) fn new(column: Column) -> FieldQuality {
        FieldQuality { column, present: 0, findings: Vec::new() }
    }

    /// Counts a finding of the record at `origin`.
    pub(super) fn count(&mut self, code: &'static Code, origin: RowOrigin) {
        let place = self.findings.binary_search_by(|known| known.code.id.cmp(code.id)).unwrap_or_else(|place| {
            self.findings.insert(place, FindingCount { code, count: 0, rows: Vec::new() });
            place
        });
        let found = &mut self.findings[place];
        found.count += 1;
        let place = found.rows.partition_point(|&row| row < origin);
        if place < SAMPLE_ROWS {
            found.rows.insert(place, origin);
            found.rows.truncate(SAMPLE_ROWS);
        }
    }
}
