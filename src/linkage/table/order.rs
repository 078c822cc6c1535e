//! Records in the order of source and record id, and the choice among repeats of one key.

use super::builder::RowOrigin;
use super::text::{RawText, RowText};
use crate::error::{Code, Severity};
use crate::identity::address::{LINES, SECURED, no_address};
use crate::identity::column::Column;
use crate::identity::postcode::Postcode;
use crate::identity::sensitive::Sensitivity;
use crate::linkage::{hash, parallel};
use crate::order;

/// A repeat of a record that is equal in every field: it counts once.
pub static REPEATED_RECORD: Code = Code::new(
    "record/repeated",
    Severity::Note,
    "the same record stands in the source more than once, alike in every field",
    "nothing to do; it was counted once",
);
/// A repeat of a record key with other content, older than the one kept.
pub static SUPERSEDED_RECORD: Code = Code::new(
    "record/older-version",
    Severity::Warning,
    "another row of this source has the same record id and was kept in its place",
    "give each record one id, or fill updated_at so that the latest version is known",
);

/// A row that lost to another of the same source and record id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Where the losing row stands.
    pub origin: RowOrigin,
    /// Where the row stands that was kept.
    pub kept: RowOrigin,
    /// [`REPEATED_RECORD`] or [`SUPERSEDED_RECORD`].
    pub reason: &'static Code,
}

/// The records in order, one row for each key.
pub(super) struct Resolved {
    /// The places of the kept rows in order of (source, record id).
    pub(super) kept: Vec<u32>,
    /// The losers in order of their keys and rows.
    pub(super) repeats: Vec<Repeat>,
    /// Which of the kept had any version, kept or not, that is sensitive: a later version that no longer
    /// says so does not lift what an earlier one asked for.
    pub(super) sensitive: Vec<usize>,
}

/// A row among the sorted ones, as a number: the rank of its source, the eight bytes of its record id behind those that
/// all ids of its source share, and its place.
type Sorted = u128;

/// Raw records of all chunks, one after another.
pub(super) struct Unordered {
    /// Rank of the source among the names in order.
    pub(super) source: Vec<u16>,
    pub(super) origin: Vec<RowOrigin>,
    pub(super) text: RawText,
}

/// Whether two rows are of one source and their ids begin alike.
fn begin_alike(a: &Sorted, b: &Sorted) -> bool {
    a >> 32 == b >> 32
}

impl Unordered {
    fn id(&self, index: u32) -> &str {
        self.text.get(index as usize, Column::RecordId)
    }

    /// Orders the records and settles which row of a repeated key is kept.
    pub(super) fn resolve(&self) -> Resolved {
        let sorted = self.sorted();
        let mut kept: Vec<u32> = Vec::with_capacity(sorted.len());
        let (mut repeats, mut sensitive) = (Vec::new(), Vec::new());
        let same = |a: &Sorted, b: &Sorted| begin_alike(a, b) && self.id(*a as u32) == self.id(*b as u32);
        let mut repeated: Vec<u32> =
            sorted.chunk_by(same).filter(|rows| rows.len() > 1).flatten().map(|&row| row as u32).collect();
        order::sort(&mut repeated);
        let text = self.text.of_rows(&repeated);
        for rows in sorted.chunk_by(same) {
            if let [only] = rows {
                kept.push(*only as u32);
                continue;
            }
            let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
            if rows.iter().any(|&row| is_sensitive(&text, row as usize)) {
                sensitive.push(kept.len());
            }
            kept.push(self.choose(&text, &rows, &mut repeats));
        }
        Resolved { kept, repeats, sensitive }
    }

    /// The latest version wins, then the least content hash; among equal rows the first.
    fn choose(&self, text: &RowText<'_>, rows: &[u32], repeats: &mut Vec<Repeat>) -> u32 {
        let updated = |row: u32| text.get(row as usize, Column::UpdatedAt);
        let mut ranked: Vec<(u32, u64)> = rows.iter().map(|&row| (row, content(text, row))).collect();
        order::sort_by(&mut ranked, |a, b| {
            let later = updated(b.0).cmp(updated(a.0));
            later.then(a.1.cmp(&b.1)).then_with(|| self.origin[a.0 as usize].cmp(&self.origin[b.0 as usize]))
        });
        let (winner, content) = ranked[0];
        repeats.extend(ranked[1..].iter().map(|&(row, other)| Repeat {
            origin: self.origin[row as usize],
            kept: self.origin[winner as usize],
            reason: if other == content { &REPEATED_RECORD } else { &SUPERSEDED_RECORD },
        }));
        winner
    }

    /// All places ordered by source, then record id as text, then place.
    fn sorted(&self) -> Vec<Sorted> {
        // Record ids of one source often share a long beginning, so the eight bytes that sort first
        // are taken after it; only ties look at the text again.
        let shared = self.shared_prefixes();
        let mut all = parallel::map_each(self.source.len(), |place| {
            let source = self.source[place];
            let rest = self.id(place as u32).as_bytes().get(shared[usize::from(source)]..).unwrap_or(&[]);
            let mut first = [0u8; 8];
            let len = rest.len().min(8);
            first[..len].copy_from_slice(&rest[..len]);
            u128::from(source) << 96 | u128::from(u64::from_be_bytes(first)) << 32 | place as u128
        });
        parallel::sort_numbers(&mut all);
        for ties in all.chunk_by_mut(begin_alike).filter(|rows| rows.len() > 1) {
            let id = |row: &Sorted| self.id(*row as u32);
            parallel::sort_unstable_by(ties, |a, b| id(a).cmp(id(b)).then(a.cmp(b)));
        }
        all
    }

    /// For each source, how many first bytes all its record ids share.
    fn shared_prefixes(&self) -> Vec<usize> {
        let sources = self.source.iter().max().map_or(0, |&last| usize::from(last) + 1);
        let mut shared: Vec<Option<&[u8]>> = vec![None; sources];
        for index in 0..self.source.len() as u32 {
            let id = self.id(index).as_bytes();
            let prefix = &mut shared[usize::from(self.source[index as usize])];
            *prefix = Some(match *prefix {
                None => id,
                Some(known) if id.starts_with(known) => known,
                Some(known) => &known[..known.iter().zip(id).take_while(|(a, b)| a == b).count()],
            });
        }
        shared.into_iter().map(|prefix| prefix.map_or(0, <[u8]>::len)).collect()
    }
}

/// Whether a row says that the child's whereabouts are to be withheld.
fn is_sensitive(text: &RowText<'_>, row: usize) -> bool {
    let text = |column: Column| text.get(row, column);
    let secured = |column| Postcode::parse(text(column)).is_ok_and(|postcode| postcode.is_secured());
    Sensitivity::parse(text(Column::Sensitive)).0 == Sensitivity::Sensitive
        || secured(Column::Postcode)
        || secured(Column::PreviousPostcode)
        || no_address(LINES.map(text)).is_some_and(|code| *code == SECURED)
}

fn content(text: &RowText<'_>, row: u32) -> u64 {
    let own = Column::ALL.into_iter().map(|column| hash::of_text(text.get(row as usize, column)));
    own.fold(0, hash::join)
}
