//! Rows of any format on their way into the table: accepted, or set aside with a reason.

mod code;
mod kept;
mod sink;
mod taken;

pub use code::{
    FIELD_COUNT, HEADER_REPEATED, NO_RECORD_ID, NO_ROWS, NUL_CHARACTER, PASSED_OVER, SOURCE_OVERRIDDEN,
    UNBALANCED_QUOTE, UNDECODABLE, UNKNOWN_COLUMN,
};
pub use kept::KeptValues;
pub(super) use sink::RowSink;
pub(super) use taken::TakenRows;

use super::column_map::{ColumnMap, Spellings};
use crate::error::{Code, Error};
use crate::identity::column::Column;
use crate::identity::postcode::SECURED_TEXT;
use crate::identity::sensitive::Sensitivity;
use crate::linkage::scratch::Scratch;
use crate::linkage::table::TableBuilder;
use std::sync::Arc;
use taken::{Counted, Overridden};

/// The most sources that one run takes. More are a wrong column read as the source.
pub const MAX_SOURCES: usize = 4096;

/// The name of the source that an input's rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceName {
    /// Every row comes from this source, whatever a source column says.
    Given(String),
    /// Rows without a source of their own come from this one.
    Fallback(String),
}

impl SourceName {
    /// The source of a row whose source column says `own`.
    pub fn of<'a>(&'a self, own: &'a str) -> &'a str {
        match self {
            SourceName::Given(name) => name,
            SourceName::Fallback(name) if own.is_empty() => name,
            SourceName::Fallback(_) => own,
        }
    }
}

/// How to read one input.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'o> {
    /// The number of the input, from 0.
    pub input: u16,
    /// The source of its rows.
    pub source: &'o SourceName,
    /// How columns are spelled.
    pub spellings: &'o Spellings,
    /// Columns to hand on beside the canonical ones.
    pub keep: &'o [String],
    /// Where the text of rows is put aside, in a build that can; `None` keeps it in memory.
    pub scratch: Option<&'o Arc<dyn Scratch>>,
}

/// A row that was set aside. Its text is read again when it is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarantined {
    /// The number of the input.
    pub input: u16,
    /// The row: in delimited text and NDJSON the line it starts on, where the header is line 1; in
    /// Parquet its place from 1.
    pub row: u32,
    /// Why.
    pub reason: &'static Code,
}

/// A row that was set aside, read once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside<'a> {
    /// Its number, as in [`Quarantined::row`].
    pub row: u32,
    /// Its source, as far as it can be told.
    pub source: &'a str,
    /// Its record id; `""` where it cannot be told.
    pub record_id: &'a str,
    /// The row as it stood.
    pub raw: &'a [u8],
    /// Whether it says of itself that its child's whereabouts must not be shown.
    pub is_sensitive: bool,
}

/// Whether a row says that its child's whereabouts must not be shown: by the flag, as far as that could be told, or
/// by the postcode that stands for a withheld one, wherever it stands.
pub(super) fn is_sensitive(flag: &str, raw: &[u8]) -> bool {
    let secured = SECURED_TEXT.as_bytes();
    Sensitivity::parse(flag).0 != Sensitivity::Open
        || raw.windows(secured.len()).any(|window| window.eq_ignore_ascii_case(secured))
}

/// Something to tell about an input as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFinding {
    /// The kind.
    pub code: &'static Code,
    /// Rows or columns concerned.
    pub count: u64,
    /// The first few rows concerned, if rows are.
    pub rows: Vec<u32>,
    /// The columns concerned, if columns are.
    pub columns: Vec<String>,
}

/// How an input was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputReport {
    /// `csv`, `ndjson`, `parquet` or `columns`.
    pub format: &'static str,
    /// The encoding of a text, else `""`.
    pub encoding: &'static str,
    /// `comma`, `bar`, `semicolon` or `tab`, else `""`.
    pub delimiter: &'static str,
    /// Each canonical column with the header's name for it.
    pub columns: Vec<(Column, String)>,
    /// Rows read, with those set aside.
    pub rows: u64,
    /// What to tell about it.
    pub findings: Vec<InputFinding>,
}

impl InputReport {
    /// What a header tells: the columns found, and findings on the others.
    pub(super) fn of_header(format: &'static str, header: &[String], columns: &ColumnMap) -> InputReport {
        let passed_over = columns.passed_over().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let findings = [(&UNKNOWN_COLUMN, columns.unknown().to_vec()), (&PASSED_OVER, passed_over)];
        let findings = findings.into_iter().filter(|(_, columns)| !columns.is_empty());
        InputReport {
            format,
            columns: columns.places().iter().map(|&(column, place)| (column, header[place].clone())).collect(),
            findings: findings
                .map(|(code, columns)| InputFinding { code, count: columns.len() as u64, rows: Vec::new(), columns })
                .collect(),
            ..InputReport::default()
        }
    }
}

/// All rows of one input.
#[derive(Default)]
pub struct Rows {
    /// Accepted rows, for [`Table::build`](crate::linkage::table::Table::build).
    pub builders: Vec<TableBuilder>,
    /// Rows set aside, in order.
    pub quarantined: Vec<Quarantined>,
    /// Values of the columns to keep.
    pub kept: KeptValues,
    /// Whether any row had no source of its own and came under [`SourceName::Fallback`].
    pub fell_back: bool,
    /// How the input was understood.
    pub report: InputReport,
}

const SAMPLE_ROWS: usize = crate::linkage::table::SAMPLE_ROWS;

impl Rows {
    /// Joins what the chunks of one input gave, in their order.
    ///
    /// # Errors
    /// `input/too-many-sources`.
    pub(super) fn join(mut report: InputReport, chunks: Vec<TakenRows>) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        let mut nul = Counted::default();
        let mut overridden = Overridden::default();
        for taken in chunks {
            if taken.too_many_sources {
                return Err(Error::new(
                    "input/too-many-sources",
                    format!("the source column holds more than {MAX_SOURCES} different names"),
                    "check which column names the source system; choose another with --columns FILE",
                )
                .in_field("source"));
            }
            if let Some(fault) = taken.fault {
                return Err(fault);
            }
            report.rows += taken.rows;
            rows.quarantined.extend(taken.quarantined);
            rows.kept.append(&taken.kept);
            rows.fell_back |= taken.fell_back;
            overridden.append(taken.overridden);
            nul.count += taken.nul.count;
            let room = SAMPLE_ROWS - nul.rows.len();
            nul.rows.extend(taken.nul.rows.into_iter().take(room));
            rows.builders.extend(taken.before);
            if !taken.builder.is_empty() {
                rows.builders.push(taken.builder);
            }
        }
        if nul.count > 0 {
            report.findings.push(InputFinding {
                code: &NUL_CHARACTER,
                count: nul.count,
                rows: nul.rows,
                columns: Vec::new(),
            });
        }
        if overridden.several {
            report.findings.push(InputFinding {
                code: &SOURCE_OVERRIDDEN,
                count: overridden.rows,
                rows: Vec::new(),
                columns: Vec::new(),
            });
        }
        if report.rows == 0 {
            report.findings.push(InputFinding { code: &NO_ROWS, count: 1, rows: Vec::new(), columns: Vec::new() });
        }
        rows.report = report;
        Ok(rows)
    }
}
