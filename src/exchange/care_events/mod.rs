//! Files of what was given and done: doses, screens, reviews and vitamin K, risk groups. Each row names
//! its record by `source` and `record_id`.
//!
//! The files may be delimited text in any form, NDJSON or Parquet. Nothing is lost: a row that cannot be
//! used is set aside with its number and the reason.

pub mod delimited;
pub mod ndjson;
#[cfg(feature = "columnar")]
pub mod parquet;

use super::rows::NO_RECORD_ID;
use crate::date::PartialDate;
use crate::error::{Code, Error, Severity, columns_found};
use crate::identity::raw::DateOrder;
use crate::identity::written_date;

/// The date of a dose or screen cannot be read.
pub static DATE: Code = Code::new(
    "event/date",
    Severity::Fault,
    "the date is missing or cannot be read",
    "write it as YYYY-MM-DD, YYYY-MM or YYYY",
);
/// Neither a product nor a code.
pub static PRODUCT: Code = Code::new(
    "event/product",
    Severity::Fault,
    "the row names no product and no SNOMED code",
    "give the product id or the SNOMED code of the product",
);
/// Given or not.
pub static GIVEN: Code = Code::new(
    "event/given",
    Severity::Fault,
    "the column `given` is neither yes nor no",
    "write yes or no, true or false, 1 or 0",
);
/// A kind that is needed and not there.
pub static KIND: Code =
    Code::new("event/kind", Severity::Fault, "the row does not say what was done", "fill in the column that is empty");
/// No such record.
pub static UNKNOWN_RECORD: Code = Code::new(
    "event/unknown-record",
    Severity::Warning,
    "no record of the children's file has this source and record id",
    "check that both files come from the same export and name their sources alike",
);

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// `source,record_id,date,product` or `snomed` `,given`
    Doses,
    /// `source,record_id,date,kind,condition,outcome`
    Screens,
    /// `source,record_id,date,kind,route`; the route only of the kind `vitamin-k`
    Reviews,
    /// `source,record_id,risk_group`
    RiskGroups,
}

/// One thing given or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A dose recorded, given or not.
    Dose {
        /// When.
        date: PartialDate,
        /// The product's id; empty when the code says it.
        product: &'a str,
        /// The product's or procedure's SNOMED CT code; empty when the id says it.
        snomed: &'a str,
        /// Whether it was given.
        given: bool,
    },
    /// A screen.
    Screen {
        /// When.
        date: PartialDate,
        /// Which.
        kind: &'a str,
        /// The condition or element; empty for all.
        condition: &'a str,
        /// How it ended.
        outcome: &'a str,
    },
    /// A review that took place.
    Review {
        /// When.
        date: PartialDate,
        /// Which.
        kind: &'a str,
    },
    /// Vitamin K.
    VitaminK {
        /// When.
        date: PartialDate,
        /// `im` or `oral`.
        route: &'a str,
    },
    /// The child belongs to a risk group.
    RiskGroup(&'a str),
}

impl Events {
    /// The columns it may have; those with `true` it must have.
    const fn columns(self) -> &'static [(&'static str, bool)] {
        match self {
            Events::Doses => &[("date", true), ("product", false), ("snomed", false), ("given", false)],
            Events::Screens => &[("date", true), ("kind", true), ("condition", false), ("outcome", true)],
            Events::Reviews => &[("date", true), ("kind", true), ("route", false)],
            Events::RiskGroups => &[("risk_group", true)],
        }
    }

    /// What a row says; `field` gives the text of a column of [`Events::columns`] by its place.
    fn event<'a>(self, field: impl Fn(usize) -> &'a str) -> Result<Event<'a>, &'static Code> {
        let said = |place| Some(field(place)).filter(|text| !text.is_empty()).ok_or(&KIND);
        if self == Events::RiskGroups {
            return said(0).map(Event::RiskGroup);
        }
        let date = date(field(0)).ok_or(&DATE)?;
        match self {
            Events::Doses if field(1).is_empty() && field(2).is_empty() => Err(&PRODUCT),
            Events::Doses => Ok(Event::Dose { date, product: field(1), snomed: field(2), given: given(field(3))? }),
            Events::Screens => Ok(Event::Screen { date, kind: said(1)?, condition: field(2), outcome: said(3)? }),
            Events::Reviews if field(1) == "vitamin-k" => Ok(Event::VitaminK { date, route: said(2)? }),
            Events::Reviews | Events::RiskGroups => Ok(Event::Review { date, kind: said(1)? }),
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventReport {
    /// Rows read, with those set aside.
    pub rows: u64,
    /// Rows set aside and why: the line each starts on, where a header is line 1; in Parquet the place from 1.
    pub aside: Vec<(u64, &'static Code)>,
}

/// Where the columns of a file stand.
struct Columns {
    source: Option<usize>,
    record_id: usize,
    /// In the order of [`Events::columns`].
    own: Vec<Option<usize>>,
}

impl Columns {
    fn find(events: Events, header: &[impl AsRef<str>]) -> Result<Columns, Error> {
        let place = |name: &str| header.iter().position(|column| column.as_ref().eq_ignore_ascii_case(name));
        let is_known = |name: &str| {
            let known = events.columns().iter().map(|(own, _)| *own).chain(["source", "record_id"]);
            known.into_iter().any(|own| own.eq_ignore_ascii_case(name))
        };
        let missing = |name: &str| {
            let found = columns_found(header.iter().map(AsRef::as_ref), is_known);
            Error::new(
                "events/column-missing",
                format!("there is no column `{name}`; {found}"),
                "name the columns as docs/due-list.md says",
            )
            .in_field(name)
        };
        let needed = |name: &str| place(name).ok_or_else(|| missing(name));
        let own = events.columns().iter().map(
            |&(name, is_needed)| {
                if is_needed { needed(name).map(Some) } else { Ok(place(name)) }
            },
        );
        let own = own.collect::<Result<Vec<_>, _>>()?;
        if events == Events::Doses && own[1].is_none() && own[2].is_none() {
            return Err(missing("product"));
        }
        Ok(Columns { source: place("source"), record_id: needed("record_id")?, own })
    }
}

impl Columns {
    /// Whether the column at a place of the file is read.
    #[cfg(feature = "columnar")]
    fn has(&self, place: usize) -> bool {
        let mut read = self.own.iter().flatten().chain(&self.source);
        self.record_id == place || read.any(|read| *read == place)
    }
}

/// Takes a usable row: its source (empty if the file has no such column), record id and event. Answers why
/// it cannot use it, if it cannot ([`UNKNOWN_RECORD`]).
pub trait EventSink: FnMut(&str, &str, Event<'_>) -> Result<(), &'static Code> {}

impl<F: FnMut(&str, &str, Event<'_>) -> Result<(), &'static Code>> EventSink for F {}

/// Hands one row to the sink; `field` gives the text of a column by its place in the file.
fn hand_over<'a>(
    events: Events,
    columns: &Columns,
    field: impl Fn(usize) -> &'a str,
    sink: &mut impl EventSink,
) -> Result<(), &'static Code> {
    let field = |place: Option<usize>| place.map_or("", |place| field(place).trim());
    let record_id = field(Some(columns.record_id));
    if record_id.is_empty() {
        return Err(&NO_RECORD_ID);
    }
    let event = events.event(|place| field(columns.own[place]))?;
    sink(field(columns.source), record_id, event)
}

/// Whole dates as the standard writes them, by far the most, need no reader of all written forms.
fn date(text: &str) -> Option<PartialDate> {
    match PartialDate::parse(text) {
        Ok(date) => Some(date),
        Err(_) => written_date::parse_field(text, DateOrder::DayMonthYear, None).value().copied(),
    }
}

/// Whether a dose was given; nothing said means yes.
fn given(text: &str) -> Result<bool, &'static Code> {
    const GIVEN_WORDS: [&str; 7] = ["", "yes", "y", "true", "t", "1", "given"];
    const NOT_GIVEN_WORDS: [&str; 6] = ["no", "n", "false", "f", "0", "not given"];
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    if GIVEN_WORDS.iter().any(is) {
        Ok(true)
    } else if NOT_GIVEN_WORDS.iter().any(is) {
        Ok(false)
    } else {
        Err(&GIVEN)
    }
}
