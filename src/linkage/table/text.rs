//! The text of records as it stood in the sources: in memory, or put aside in scratch.

#[cfg(feature = "scratch")]
use super::away::{Away, Recalled};
use super::raw_column::RawColumn;
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::parallel;
use std::borrow::Cow;

/// The columns of text.
pub(super) enum RawText {
    /// In memory.
    Here(Vec<RawColumn>),
    /// In scratch, but for record ids and what was called back.
    #[cfg(feature = "scratch")]
    Away(Box<Away>),
}

impl Default for RawText {
    fn default() -> RawText {
        RawText::Here(Column::ALL.iter().map(|_| RawColumn::Absent).collect())
    }
}

impl RawText {
    /// The text of a record; `""` if missing. Of text in scratch, only that of record ids and of records called back.
    #[inline]
    pub(super) fn get(&self, record: usize, column: Column) -> &str {
        match self {
            RawText::Here(columns) => columns[column.index()].get(record),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => away.get(record, column),
        }
    }

    /// A whole column, brought into memory if it is not there.
    pub(super) fn column(&self, column: Column) -> Cow<'_, RawColumn> {
        match self {
            RawText::Here(columns) => Cow::Borrowed(&columns[column.index()]),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => away.column(column),
        }
    }

    /// Whether no record has text in a column.
    pub(super) fn is_absent(&self, column: Column) -> bool {
        match self {
            RawText::Here(columns) => matches!(columns[column.index()], RawColumn::Absent),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => away.is_absent(column),
        }
    }

    /// The text of some records, in rising order, to be asked again and again.
    pub(super) fn of_rows(&self, _rows: &[u32]) -> RowText<'_> {
        match self {
            RawText::Here(columns) => RowText::Here(columns),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => RowText::Recalled(away.rows(_rows)),
        }
    }

    /// The same once complete, with the records in another order (and possibly fewer) if one is given.
    pub(super) fn settled(self, order: Option<&[u32]>) -> RawText {
        match self {
            RawText::Here(columns) => RawText::Here(parallel::map_owned(columns, |column| {
                match order {
                    Some(order) => column.permuted(order),
                    None => column,
                }
                .sealed()
            })),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => RawText::Away(Box::new(away.in_order(order))),
        }
    }

    /// Calls the text of records back into memory, in the place of what was called back before.
    ///
    /// # Errors
    /// Those of the scratch.
    pub(super) fn recall(&mut self, _records: &[u32]) -> Result<(), Error> {
        match self {
            RawText::Here(_) => Ok(()),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => away.recall(_records),
        }
    }

    /// Whether all text that was asked for could be had.
    ///
    /// # Errors
    /// Those of the scratch; `scratch/not-called-back`.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            RawText::Here(_) => Ok(()),
            #[cfg(feature = "scratch")]
            RawText::Away(away) => away.check(),
        }
    }
}

/// The text of some records.
pub(super) enum RowText<'t> {
    Here(&'t [RawColumn]),
    #[cfg(feature = "scratch")]
    Recalled(Recalled),
}

impl RowText<'_> {
    /// The text of one of the records.
    pub(super) fn get(&self, row: usize, column: Column) -> &str {
        match self {
            RowText::Here(columns) => columns[column.index()].get(row),
            #[cfg(feature = "scratch")]
            RowText::Recalled(recalled) => recalled.get(row as u32, column).unwrap_or_default(),
        }
    }
}
