//! Due lists on their way out: delimited text, NDJSON, FHIR, a calendar for a parent, a page to print.
//!
//! Children are written one at a time in the order in which they come, so that a list of any length takes
//! no more memory than one child. What a [`ListedChild`] withholds
//! no format can tell.

pub mod fhir_recommendation;
pub mod icalendar;
mod ndjson;
mod page;
mod table;

use crate::Error;
use crate::date::Date;
use crate::schedule::due_list::{DueChild, ListedChild};
use icalendar::CalendarKey;
pub use table::{area_counts, coverage_table};

/// The form of a due list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line for each child and item.
    Csv,
    /// One JSON object a line for each child.
    Ndjson,
    /// A FHIR R4 Bundle of Patient and ImmunizationRecommendation. Vaccines only.
    Fhir,
    /// iCalendar, for the parents of one child.
    Calendar,
    /// A page to read or print.
    Page,
}

impl Format {
    /// Every format, with the words that name it on a command line or end a file name.
    pub const NAMES: [(&'static str, Format); 7] = [
        ("csv", Format::Csv),
        ("ndjson", Format::Ndjson),
        ("jsonl", Format::Ndjson),
        ("fhir", Format::Fhir),
        ("json", Format::Fhir),
        ("ics", Format::Calendar),
        ("html", Format::Page),
    ];

    /// The format of this name or file extension.
    ///
    /// ```
    /// use childlink::exchange::due_list::Format;
    /// assert_eq!(Format::parse("ndjson"), Some(Format::Ndjson));
    /// assert_eq!(Format::parse("docx"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Format> {
        Format::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
    }
}

/// Writes a due list: [`begin`](Writer::begin), each child, [`end`](Writer::end).
pub struct Writer {
    format: Format,
    as_at: Date,
    calendar_key: CalendarKey,
    children: u64,
    page: page::State,
}

impl Writer {
    /// A writer of one format. The key makes the ids of a calendar's entries.
    pub fn new(format: Format, as_at: Date, calendar_key: CalendarKey) -> Writer {
        Writer { format, as_at, calendar_key, children: 0, page: page::State::default() }
    }

    /// Appends what stands before the first child.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        match self.format {
            Format::Csv => table::header(out),
            Format::Ndjson => {}
            Format::Fhir => fhir_recommendation::begin(out, self.as_at),
            Format::Calendar => icalendar::begin(out),
            Format::Page => page::begin(out, self.as_at),
        }
    }

    /// Appends a child, if it has anything that this format tells of.
    ///
    /// # Errors
    /// `due-list/one-child`, for a second child in a calendar.
    pub fn child(&mut self, out: &mut Vec<u8>, child: &DueChild<'_, '_>) -> Result<(), Error> {
        let written = match self.format {
            Format::Csv => table::child(out, child),
            Format::Ndjson => ndjson::child(out, child),
            Format::Fhir => fhir_recommendation::child(out, child, self.children),
            Format::Page => self.page.child(out, child),
            Format::Calendar if self.children > 0 => {
                return Err(Error::new(
                    "due-list/one-child",
                    "a calendar is for the parents of one child, and the list has more",
                    "name the child with --child SOURCE:RECORD_ID",
                ));
            }
            Format::Calendar => icalendar::child(out, child, &self.calendar_key),
        };
        self.children += u64::from(written);
        Ok(())
    }

    /// Appends what stands after the last child.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self.format {
            Format::Csv | Format::Ndjson => {}
            Format::Fhir => fhir_recommendation::end(out),
            Format::Calendar => icalendar::end(out),
            Format::Page => self.page.end(out, self.children),
        }
    }

    /// Children written so far.
    pub const fn children(&self) -> u64 {
        self.children
    }
}

/// The address in one line; empty when missing or withheld.
fn address(child: &ListedChild<'_>) -> String {
    child.address().map(|address| address.lines().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// A value as text, empty where there is none.
fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The NHS number in ten figures, as programs write it; empty where there is none.
fn nhs_number(child: &ListedChild<'_>) -> String {
    child.nhs_number.map(|number| format!("{:010}", number.digits())).unwrap_or_default()
}
