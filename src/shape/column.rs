//! Many values of one column, brought to their comparison forms at once.

use super::record::{State, Wanted, entries};
use crate::date::Date;
use crate::error::Error;
use crate::exchange::columns::ColumnBuffer;
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::{DateOrder, RawFields};

/// How dates are read, and the date by which records are judged.
pub(crate) type Dates = (DateOrder, Option<Date>);

/// Comparison forms one after another, with the state of each value: 0 absent, 1 invalid, 2 valid.
pub(crate) struct NormalisedColumn {
    pub(crate) states: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) offsets: Vec<u32>,
}

impl NormalisedColumn {
    /// Normalises the values of a column that is checked by itself.
    ///
    /// # Errors
    /// `argument/unchecked-column`, `argument/not-utf-8`, `argument/too-long`.
    pub(crate) fn new(
        column: Column,
        values: ColumnBuffer<'_>,
        (order, as_at): Dates,
    ) -> Result<NormalisedColumn, Error> {
        let mut normalised = NormalisedColumn { states: Vec::new(), bytes: Vec::new(), offsets: vec![0] };
        for (place, value) in values.values().enumerate() {
            let text = std::str::from_utf8(value).map_err(|_| {
                Error::new(
                    "argument/not-utf-8",
                    format!("value {place} is not UTF-8"),
                    "convert the text to UTF-8 first",
                )
            })?;
            let mut raw = RawFields::new();
            raw.set(column, text);
            let (person, _) = Person::parse(&raw, order, as_at);
            let entry = entries(&person, Wanted::Values).into_iter().find(|entry| entry.column == column).ok_or_else(|| {
                Error::new(
                    "argument/unchecked-column",
                    format!("the column {} is not checked by itself", column.name()),
                    "give a column that holds one field; records as a whole are checked by childlink_validate_record",
                )
            })?;
            normalised.states.push(match entry.state {
                State::Absent => 0,
                State::Invalid => 1,
                State::Valid => 2,
            });
            normalised.bytes.extend_from_slice(entry.value.unwrap_or_default().as_bytes());
            let end = u32::try_from(normalised.bytes.len()).map_err(|_| {
                Error::new(
                    "argument/too-long",
                    "the comparison forms take more than 4 GiB",
                    "give fewer values at once",
                )
            })?;
            normalised.offsets.push(end);
        }
        Ok(normalised)
    }
}
