//! Files of what was given and done: doses, screens, reviews and vitamin K, risk groups. Each row names
//! its record by `source` and `record_id`.
//!
//! The files may be in any form that [`csv`](super::csv) reads. Nothing is lost: a row that cannot be used
//! is set aside with its number and the reason.

use super::csv::record::Record;
use super::csv::{Chunk, Form, MAX_BEGINNING, Row, Splitter};
use crate::date::PartialDate;
use crate::error::{Code, Error, Severity};
use crate::exchange::rows::{FIELD_COUNT, NO_RECORD_ID, UNBALANCED_QUOTE, UNDECODABLE};
use crate::identity::raw::DateOrder;
use crate::identity::written_date;
use std::io::Read;

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
    /// Rows set aside: the line each starts on, where the header is line 1, and why.
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
    fn find(events: Events, header: &[String]) -> Result<Columns, Error> {
        let place = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let missing = |name: &str| {
            Error::new(
                "events/column-missing",
                format!("there is no column `{name}`; the columns are {}", header.join(", ")),
                "name the columns in the first line as docs/due-list.md says",
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

/// Reads a file of events. `each` gets source (empty if the file has no such column), record id and event of
/// every usable row, and answers why it cannot use it, if it cannot ([`UNKNOWN_RECORD`]).
///
/// # Errors
/// `events/column-missing`; `input/cannot-read`; those of [`Form::detect`] and of the [`Splitter`].
pub fn read(
    mut file: impl Read,
    events: Events,
    mut each: impl FnMut(&str, &str, Event<'_>) -> Result<(), &'static Code>,
) -> Result<EventReport, Error> {
    let mut beginning = Vec::new();
    file.by_ref().take(MAX_BEGINNING as u64).read_to_end(&mut beginning).map_err(cannot_read)?;
    let form = Form::detect(&beginning)?;
    let columns = Columns::find(events, &form.header)?;
    let mut splitter = Splitter::new(&form);
    splitter.push(&beginning);
    drop(beginning);
    let mut report = EventReport::default();
    let mut reader = RowReader { form: &form, columns: &columns, events, text: String::new(), ends: Vec::new() };
    loop {
        while let Some(chunk) = splitter.split()? {
            reader.chunk(&chunk, &mut report, &mut each);
        }
        if splitter.fill(&mut file, BLOCK).map_err(cannot_read)? == 0 {
            break;
        }
    }
    if let Some(chunk) = splitter.finish()? {
        reader.chunk(&chunk, &mut report, &mut each);
    }
    Ok(report)
}

/// How much is read at a time, in bytes.
const BLOCK: usize = 1 << 22;

fn cannot_read(cause: std::io::Error) -> Error {
    Error::new("input/cannot-read", format!("the file cannot be read: {cause}"), "check the file and the disk")
}

struct RowReader<'f> {
    form: &'f Form,
    columns: &'f Columns,
    events: Events,
    text: String,
    ends: Vec<usize>,
}

impl RowReader<'_> {
    fn chunk(
        &mut self,
        chunk: &Chunk,
        report: &mut EventReport,
        each: &mut impl FnMut(&str, &str, Event<'_>) -> Result<(), &'static Code>,
    ) {
        chunk.for_each_row(self.form, |row| {
            report.rows += 1;
            let (lines, outcome) = match row {
                Row::Unbalanced(_, lines, _) => (lines, Err(&UNBALANCED_QUOTE)),
                Row::Record(record) => (record.lines_before, self.row(record, each)),
            };
            if let Err(reason) = outcome {
                // Line 1 is the header.
                report.aside.push((chunk.lines_before + lines + 1, reason));
            }
        });
    }

    fn row(
        &mut self,
        record: &Record<'_>,
        each: &mut impl FnMut(&str, &str, Event<'_>) -> Result<(), &'static Code>,
    ) -> Result<(), &'static Code> {
        if record.field_count() != self.form.header.len() {
            return Err(&FIELD_COUNT);
        }
        self.text.clear();
        self.ends.clear();
        for place in 0..record.field_count() {
            self.form.encoding.decode_into(record.get(place), &mut self.text).ok_or(&UNDECODABLE)?;
            self.ends.push(self.text.len());
        }
        let field = |place: Option<usize>| {
            let Some(place) = place else { return "" };
            let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
            self.text[start..self.ends[place]].trim()
        };
        let record_id = field(Some(self.columns.record_id));
        if record_id.is_empty() {
            return Err(&NO_RECORD_ID);
        }
        let event = self.events.event(|place| field(self.columns.own[place]))?;
        each(field(self.columns.source), record_id, event)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn doses(text: &str) -> (Vec<String>, EventReport) {
        let mut seen = Vec::new();
        let report = read(text.as_bytes(), Events::Doses, |source, record_id, event| {
            seen.push(format!("{source}/{record_id} {event:?}"));
            if record_id == "stranger" { Err(&UNKNOWN_RECORD) } else { Ok(()) }
        });
        (seen, report.unwrap())
    }

    #[test]
    fn doses_are_read_in_any_form_and_bad_rows_set_aside() {
        let (seen, report) = doses(
            "record_id;source;given;date;product\n7;north;;2026-03-02;vaxelis\n7;north;no;02/04/2026;rotarix\n\
             ;north;;2026-03-02;vaxelis\n7;north;;soon;vaxelis\n7;north;maybe;2026;vaxelis\n7;north;;2026;\n\
             stranger;north;;2026-05;bexsero\n7;north;;2026-03-02\n",
        );
        let date = |text| PartialDate::parse(text).unwrap();
        let dose = |date, product, given| Event::Dose { date, product, snomed: "", given };
        let expected = [
            format!("north/7 {:?}", dose(date("2026-03-02"), "vaxelis", true)),
            format!("north/7 {:?}", dose(date("2026-04-02"), "rotarix", false)),
            format!("north/stranger {:?}", dose(date("2026-05"), "bexsero", true)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(report.rows, 8);
        let aside: Vec<(u64, &str)> = report.aside.iter().map(|(line, code)| (*line, code.id)).collect();
        let expected = [
            (4, "row/no-record-id"),
            (5, "event/date"),
            (6, "event/given"),
            (7, "event/product"),
            (8, "event/unknown-record"),
            (9, "row/field-count"),
        ];
        assert_eq!(aside, expected);
    }

    #[test]
    fn other_files_say_what_was_done() {
        let mut seen = Vec::new();
        let text = "source,record_id,date,kind,route\nn,1,2026-06-11,new-birth-visit,\nn,1,2026-06-01,vitamin-k,oral\n";
        read(text.as_bytes(), Events::Reviews, |_, _, event| {
            seen.push(format!("{event:?}"));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [
                "Review { date: 2026-06-11, kind: \"new-birth-visit\" }",
                "VitaminK { date: 2026-06-01, route: \"oral\" }"
            ]
        );
        let screens = "record_id,date,kind,outcome\n1,2026-06-11,hearing,clear-response\n";
        let mut count = 0;
        let report = read(screens.as_bytes(), Events::Screens, |source, _, event| {
            count += 1;
            assert!(matches!(event, Event::Screen { condition: "", outcome: "clear-response", .. }));
            if source.is_empty() { Ok(()) } else { Err(&UNKNOWN_RECORD) }
        });
        assert_eq!((count, report.unwrap().aside.len()), (1, 0));
    }

    #[test]
    fn a_missing_column_is_named() {
        let fault = |text: &str, events| read(text.as_bytes(), events, |_, _, _| Ok(())).unwrap_err();
        let error = fault("source,record_id,date\n", Events::Doses);
        assert_eq!((error.code, error.field.as_deref()), ("events/column-missing", Some("product")));
        assert_eq!(fault("source,record_id,date,kind\n", Events::Screens).field.as_deref(), Some("outcome"));
        assert_eq!(fault("source,id,risk_group\n", Events::RiskGroups).field.as_deref(), Some("record_id"));
    }
}
