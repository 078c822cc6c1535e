//! Rows of any format on their way into the table: accepted, or set aside with a reason.

use super::column_map::{ColumnMap, Spellings};
use crate::error::{Code, Error, Severity};
use crate::identity::column::Column;
use crate::identity::postcode::SECURED_TEXT;
use crate::identity::raw::RawFields;
use crate::identity::sensitive::Sensitivity;
use crate::linkage::scratch::Scratch;
use crate::linkage::table::{SourceId, TableBuilder};
use crate::text::packed::{read_length, read_list, read_number, read_text, write_length, write_list, write_text};
use std::sync::Arc;

/// The bytes of the row do not stand for text.
pub static UNDECODABLE: Code = Code::new(
    "row/undecodable",
    Severity::Fault,
    "the row cannot be decoded as text",
    "export the file again as UTF-8, or correct the row",
);
/// The row has more or fewer fields than the header.
pub static FIELD_COUNT: Code = Code::new(
    "row/field-count",
    Severity::Fault,
    "the row has more or fewer fields than the header",
    "look for a stray or missing delimiter in the row",
);
/// The row is the header once more.
pub static HEADER_REPEATED: Code = Code::new(
    "row/header-repeated",
    Severity::Fault,
    "the row is the header once more, as where files were put one behind the other",
    "nothing to do if each file was whole; childlink reads several files as they are",
);
/// The row opens a quote that has no end.
pub static UNBALANCED_QUOTE: Code = Code::new(
    "row/unbalanced-quote",
    Severity::Fault,
    "the row has a quotation mark without its partner",
    "double the quotation mark in the field or remove it",
);
/// The row has no record id.
pub static NO_RECORD_ID: Code = Code::new(
    "row/no-record-id",
    Severity::Fault,
    "the row has no record id",
    "give the record the id that its source system knows it by",
);
/// A field holds characters of code zero.
pub static NUL_CHARACTER: Code = Code::new(
    "row/nul-character",
    Severity::Warning,
    "the row holds characters of code zero, which were left out",
    "check how the source system pads its fields",
);
/// The input has a header but no row.
pub static NO_ROWS: Code =
    Code::new("input/no-rows", Severity::Warning, "there is no row below the header", "check that the export finished");
/// A source column of several names in an input that was given one source.
pub static SOURCE_OVERRIDDEN: Code = Code::new(
    "columns/source-overridden",
    Severity::Warning,
    "the source column names several systems, but all rows were taken as those of the one source that the input was given",
    "leave out the name of the source if the file holds several: one id of two systems now counts as one record",
);
/// A column that no spelling list knows.
pub static UNKNOWN_COLUMN: Code = Code::new(
    "columns/unknown",
    Severity::Note,
    "columns that are not known were not read",
    "name them with --keep to hand them on, or give their meaning with --columns FILE",
);
/// A second column for one canonical column.
pub static PASSED_OVER: Code = Code::new(
    "columns/passed-over",
    Severity::Warning,
    "columns were not used because another column has the same meaning",
    "choose the column to use with --columns FILE",
);

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

/// Values of the columns named by `--keep`, by row of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptValues {
    width: usize,
    rows: Vec<u32>,
    text: String,
    ends: Vec<usize>,
}

impl KeptValues {
    fn new(width: usize) -> KeptValues {
        KeptValues { width, ..KeptValues::default() }
    }

    fn push<'a>(&mut self, row: u32, values: impl Iterator<Item = &'a str>) {
        if self.width == 0 {
            return;
        }
        self.rows.push(row);
        for value in values {
            self.text.push_str(value);
            self.ends.push(self.text.len());
        }
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        write_length(bytes, self.width as u64);
        write_list(bytes, self.rows.iter().map(|&row| u64::from(row)));
        write_text(bytes, &self.text);
        write_list(bytes, self.ends.iter().map(|&end| end as u64));
    }

    fn unpack(bytes: &mut &[u8]) -> Option<KeptValues> {
        let (width, rows) = (read_number(bytes)?, read_list(bytes)?);
        Some(KeptValues { width, rows, text: read_text(bytes)?.to_owned(), ends: read_list(bytes)? })
    }

    fn append(&mut self, later: &KeptValues) {
        self.width = later.width;
        self.rows.extend_from_slice(&later.rows);
        self.ends.extend(later.ends.iter().map(|end| end + self.text.len()));
        self.text.push_str(&later.text);
    }

    /// The value of a row in the column of this place in the list of columns to keep; `""` if none.
    pub fn get(&self, row: u32, column: usize) -> &str {
        let Ok(found) = self.rows.binary_search(&row) else { return "" };
        let index = found * self.width + column;
        let Some(&end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Takes the rows of one chunk of an input.
pub(super) struct RowSink<'o> {
    options: ReadOptions<'o>,
    taken: TakenRows,
    source: Option<(String, SourceId)>,
    /// Bytes of text gathered since text was last put aside.
    #[cfg(feature = "scratch")]
    gathered: usize,
}

/// The rows of one chunk of an input.
#[derive(Default)]
pub(super) struct TakenRows {
    /// Rows before those of `builder`, whose text was put aside.
    pub(super) before: Vec<TableBuilder>,
    pub(super) builder: TableBuilder,
    /// Why text could not be put aside.
    pub(super) fault: Option<Error>,
    pub(super) quarantined: Vec<Quarantined>,
    pub(super) kept: KeptValues,
    pub(super) rows: u64,
    pub(super) nul: Counted,
    pub(super) too_many_sources: bool,
    pub(super) fell_back: bool,
    pub(super) overridden: Overridden,
}

/// What a source column says where it does not count, because the input was given one source.
#[derive(Clone, Debug, Default)]
pub(super) struct Overridden {
    /// The first name in it.
    first: Option<String>,
    /// Whether there is another.
    several: bool,
    /// Rows that have a name.
    rows: u64,
}

impl Overridden {
    fn note(&mut self, own: &str) {
        self.rows += 1;
        match &self.first {
            None => self.first = Some(own.to_owned()),
            Some(first) => self.several |= first != own,
        }
    }

    fn append(&mut self, later: Overridden) {
        self.rows += later.rows;
        self.several |= later.several || self.first.is_some() && later.first.is_some() && self.first != later.first;
        self.first = self.first.take().or(later.first);
    }
}

/// Rows counted, with the first few of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) rows: Vec<u32>,
}

const SAMPLE_ROWS: usize = crate::linkage::table::SAMPLE_ROWS;

impl<'o> RowSink<'o> {
    pub(super) fn new(options: ReadOptions<'o>) -> RowSink<'o> {
        RowSink::with_room(options, 0)
    }

    /// The same for about so many rows.
    pub(super) fn with_room(options: ReadOptions<'o>, rows: usize) -> RowSink<'o> {
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
    pub(super) fn taken(self) -> TakenRows {
        self.taken
    }

    /// All rows so far.
    #[cfg(feature = "scratch")]
    pub(super) fn taken(mut self) -> TakenRows {
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
    pub(super) fn accept<'a>(&mut self, row: u32, fields: &RawFields<'_>, kept: impl Iterator<Item = &'a str>) {
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
    pub(super) fn quarantine(&mut self, row: u32, reason: &'static Code) {
        self.taken.rows += 1;
        self.taken.quarantined.push(Quarantined { input: self.options.input, row, reason });
    }

    /// Notes that characters of code zero were left out of a row.
    pub(super) fn note_nul(&mut self, row: u32) {
        self.taken.nul.count += 1;
        if self.taken.nul.rows.len() < SAMPLE_ROWS {
            self.taken.nul.rows.push(row);
        }
    }
}

/// Why a row of delimited text can be set aside, in the order in which packed rows name the reasons.
static REASONS: [&Code; 5] = [&UNDECODABLE, &FIELD_COUNT, &UNBALANCED_QUOTE, &NO_RECORD_ID, &HEADER_REPEATED];

impl TakenRows {
    /// Appends the rows to bytes.
    pub(super) fn pack(&self, bytes: &mut Vec<u8>) {
        self.builder.pack(bytes);
        write_list(bytes, self.quarantined.iter().map(|row| u64::from(row.row)));
        let place = |reason: &Code| REASONS.iter().position(|known| known.id == reason.id);
        write_list(bytes, self.quarantined.iter().map(|row| place(row.reason).map_or(u64::MAX, |place| place as u64)));
        self.kept.pack(bytes);
        let flags = [self.too_many_sources, self.fell_back].map(u64::from);
        [self.rows, self.nul.count].iter().chain(&flags).for_each(|&number| write_length(bytes, number));
        write_list(bytes, self.nul.rows.iter().map(|&row| u64::from(row)));
        [u64::from(self.overridden.several), self.overridden.rows].iter().for_each(|&n| write_length(bytes, n));
        write_text(bytes, self.overridden.first.as_deref().unwrap_or(""));
    }

    /// Takes rows of input number `input` off the front; `None` if the bytes are none.
    pub(super) fn unpack(bytes: &mut &[u8], input: u16) -> Option<TakenRows> {
        let builder = TableBuilder::unpack(bytes, input)?;
        let rows: Vec<u32> = read_list(bytes)?;
        let reasons: Vec<usize> = read_list(bytes)?;
        let reason = |place: usize| REASONS.get(place).copied();
        let quarantined = rows
            .into_iter()
            .zip(reasons)
            .map(|(row, place)| Some(Quarantined { input, row, reason: reason(place)? }))
            .collect::<Option<Vec<_>>>()?;
        let kept = KeptValues::unpack(bytes)?;
        let [rows, count, too_many_sources, fell_back]: [u64; 4] =
            [read_length(bytes)?, read_length(bytes)?, read_length(bytes)?, read_length(bytes)?];
        let nul = Counted { count, rows: read_list(bytes)? };
        let (several, overridden_rows) = (read_length(bytes)? != 0, read_length(bytes)?);
        let first = Some(read_text(bytes)?).filter(|name| !name.is_empty()).map(str::to_owned);
        let before = Vec::new();
        let overridden = Overridden { first, several, rows: overridden_rows };
        let (too_many_sources, fell_back, fault) = (too_many_sources != 0, fell_back != 0, None);
        let taken =
            TakenRows { before, builder, fault, quarantined, kept, rows, nul, too_many_sources, fell_back, overridden };
        Some(taken)
    }
}

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
