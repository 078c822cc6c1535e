//! The rows of one chunk of an input, which may come from another host as bytes.

use super::{FIELD_COUNT, HEADER_REPEATED, KeptValues, NO_RECORD_ID, Quarantined, UNBALANCED_QUOTE, UNDECODABLE};
use crate::error::{Code, Error};
use crate::linkage::table::TableBuilder;
use crate::text::packed::{read_length, read_list, read_text, write_length, write_list, write_text};

#[derive(Default)]
pub(in crate::exchange) struct TakenRows {
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
    pub(super) several: bool,
    /// Rows that have a name.
    pub(super) rows: u64,
}

impl Overridden {
    pub(super) fn note(&mut self, own: &str) {
        self.rows += 1;
        match &self.first {
            None => self.first = Some(own.to_owned()),
            Some(first) => self.several |= first != own,
        }
    }

    pub(super) fn append(&mut self, later: Overridden) {
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

/// Why a row of delimited text can be set aside, in the order in which packed rows name the reasons.
static REASONS: [&Code; 5] = [&UNDECODABLE, &FIELD_COUNT, &UNBALANCED_QUOTE, &NO_RECORD_ID, &HEADER_REPEATED];

impl TakenRows {
    /// Appends the rows to bytes.
    pub(in crate::exchange) fn pack(&self, bytes: &mut Vec<u8>) {
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
    pub(in crate::exchange) fn unpack(bytes: &mut &[u8], input: u16) -> Option<TakenRows> {
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
