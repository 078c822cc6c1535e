//! Dates as people and systems in the United Kingdom write them.

use super::field::Parsed;
use super::raw::DateOrder;
use crate::date::{Date, NO_SUCH_DAY, NOT_A_DATE, PartialDate};
use crate::error::{Code, Finding, Severity};
use crate::text::normalise::digit;

/// Words or zeros for no date.
pub static MISSING: Code = Code::new(
    "date/missing",
    Severity::Note,
    "words or zeros stand for a missing date",
    "nothing to do; the field counts as missing",
);
/// A day count of a spreadsheet.
pub static SPREADSHEET_SERIAL: Code = Code::new(
    "date/spreadsheet-serial",
    Severity::Fault,
    "the date is a five-figure day count, as a spreadsheet writes when a date loses its format",
    "export the source again with dates as YYYY-MM-DD",
);
/// Parts that can be read in more than one way.
pub static AMBIGUOUS: Code = Code::new(
    "date/ambiguous",
    Severity::Fault,
    "the parts of the date can be read in more than one way",
    "write the date with a four-figure year, for example 2024-02-29",
);
/// Two figures of year and nothing to choose the century by.
pub static CENTURY_UNKNOWN: Code = Code::new(
    "date/century-unknown",
    Severity::Fault,
    "the year has two figures and no evaluation date was given to choose the century by",
    "write the year with four figures, or give the date on which the records are judged",
);
/// Two figures of year.
pub static TWO_FIGURE_YEAR: Code = Code::new(
    "date/two-figure-year",
    Severity::Warning,
    "the year has two figures; it was read as the latest such year not after the evaluation date",
    "write the year with four figures",
);
/// Only possible the other way round.
pub static OTHER_ORDER: Code = Code::new(
    "date/other-order",
    Severity::Warning,
    "the date is only possible with day and month the other way round than in the rest of its source; it was read so",
    "check the date against the source record",
);
/// The month or the day is not there.
pub static PARTIAL: Code = Code::new(
    "date/partial",
    Severity::Note,
    "only the year, or the year and month, are given",
    "nothing to do; the date is compared by what is there",
);
/// One hour before midnight, universal time.
pub static TIME_ZONE: Code = Code::new(
    "date/time-zone",
    Severity::Warning,
    "the date carries the time 23:00 in universal time, which is midnight of the next day in British summer time",
    "check whether the source wrote the day before by mistake; send dates without a time",
);

/// Every code of this module, for listing, with those of [`date`](crate::date).
pub static CODES: &[&Code] = &[
    &MISSING,
    &SPREADSHEET_SERIAL,
    &AMBIGUOUS,
    &CENTURY_UNKNOWN,
    &TWO_FIGURE_YEAR,
    &OTHER_ORDER,
    &PARTIAL,
    &TIME_ZONE,
    &NOT_A_DATE,
    &NO_SUCH_DAY,
    &crate::date::YEAR_RANGE,
];

/// Reads a date in any of the written forms: `2024-02-29`, `29/02/2024`, `29.2.24`, `29-Feb-2024`,
/// `29th February 2024`, `Feb 29, 2024`, `20240229`, `29022024`, `2024-02`, `02/2024`, `2024`, each with or
/// without a time of day after it, which is passed over.
///
/// `order` tells day from month where both are figures and the year comes last; a date only possible in
/// the other order is read in that. `as_at` chooses the century of a two-figure year: the latest year not
/// after it. A day, or a day and a month, of `00` is unknown.
///
/// The findings name no column; see [`Parsed::report`].
///
/// # Examples
/// ```
/// use childlink::identity::{raw::DateOrder, written_date};
/// let read = |text| written_date::parse_field(text, DateOrder::DayMonthYear, None);
/// assert_eq!(read("29 February 2024").value().unwrap().to_string(), "2024-02-29");
/// assert_eq!(read("03/04/2024").value().unwrap().to_string(), "2024-04-03");
/// assert_eq!(read("45351").findings[0].code.id, "date/spreadsheet-serial");
/// ```
pub fn parse_field(text: &str, order: DateOrder, as_at: Option<Date>) -> Parsed<PartialDate> {
    let mut told = None;
    let parsed = Parsed::from_text(text, |text| {
        let (date, warning) = read(text, order, as_at)?;
        told = warning;
        Ok(date)
    });
    let partial = parsed.value().is_some_and(|date| date.exact().is_none()).then_some(&PARTIAL);
    parsed.with(told.into_iter().chain(partial).map(|code| Finding::new(code, "")))
}

/// The order of day and month that a written date gives away: one part above 12. A source's order is
/// the one that most of its dates give away.
///
/// ```
/// use childlink::identity::{raw::DateOrder, written_date::order_evidence};
/// assert_eq!(order_evidence("31/12/2024"), Some(DateOrder::DayMonthYear));
/// assert_eq!(order_evidence("12/31/2024 00:00"), Some(DateOrder::MonthDayYear));
/// assert_eq!(order_evidence("05/06/2024"), None);
/// assert_eq!(order_evidence("2024-12-31"), None); // says nothing of the order when the year is last
/// ```
pub fn order_evidence(text: &str) -> Option<DateOrder> {
    let written = Written::read(text.trim())?;
    let (first, second) = match *written.parts() {
        [
            Part::Figures { value: first, length: 1..=2 },
            Part::Figures { value: second, length: 1..=2 },
            Part::Figures { length: 4, .. },
        ] => (first, second),
        [Part::Figures { value, length: 8 }] if is_year_last(value) => (value / 1_000_000, value / 10_000 % 100),
        _ => return None,
    };
    match (first, second) {
        (13..=31, 1..=12) => Some(DateOrder::DayMonthYear),
        (1..=12, 13..=31) => Some(DateOrder::MonthDayYear),
        _ => None,
    }
}

/// The date, and the code of a warning about how it was read.
type Reading = (PartialDate, Option<&'static Code>);

fn read(text: &str, order: DateOrder, as_at: Option<Date>) -> Result<Reading, Finding> {
    use Part::{Figures, Month};
    let Some(written) = Written::read(text) else {
        return Err(fault(if super::missing::says_missing(text) { &MISSING } else { &NOT_A_DATE }));
    };
    if written.is_all_zero() {
        return Err(fault(&MISSING));
    }
    let time_zone = written.is_hour_before_midnight.then_some(&TIME_ZONE);
    let whole = |year, month, day| Ok((partial(year, month, day)?, time_zone));
    match *written.parts() {
        [Figures { value, length: 5 }] | [Figures { value, length: 5 }, Figures { .. }] if value > 0 => {
            Err(fault(&SPREADSHEET_SERIAL))
        }
        [Figures { length: 6, .. }] | [Month(_), Figures { length: 1..=2, .. }] => Err(fault(&AMBIGUOUS)),
        [Figures { value, length: 8 }] if is_year_last(value) => {
            in_order(value / 1_000_000, value / 10_000 % 100, Year::Whole(value % 10_000), order, as_at)
        }
        [Figures { value, length: 8 }] => whole(value / 10_000, value / 100 % 100, value % 100),
        [Figures { value: year, length: 4 }] => whole(year, 0, 0),
        [Figures { value: year, length: 4 }, Figures { value: month, length: 1..=2 }]
        | [Figures { value: month, length: 1..=2 }, Figures { value: year, length: 4 }]
        | [Month(month), Figures { value: year, length: 4 }]
        | [Figures { value: year, length: 4 }, Month(month)] => whole(year, month, 0),
        [
            Figures { value: year, length: 4 },
            Figures { value: month, length: 1..=2 } | Month(month),
            Figures { value: day, length: 1..=2 },
        ] => whole(year, month, day),
        [
            Figures { value: first, length: 1..=2 },
            Figures { value: second, length: 1..=2 },
            Figures { value, length },
        ] => in_order(first, second, Year::of(value, length)?, order, as_at),
        [Figures { value: day, length: 1..=2 }, Month(month), Figures { value, length }]
        | [Month(month), Figures { value: day, length: 1..=2 }, Figures { value, length }] => {
            Year::of(value, length)?.with(month, day, as_at)
        }
        _ => Err(fault(&NOT_A_DATE)),
    }
    .map(|(date, warning)| (date, warning.or(time_zone)))
}

/// Two figures in the order of their source, or in the other order if only that is possible.
fn in_order(first: u32, second: u32, year: Year, order: DateOrder, as_at: Option<Date>) -> Result<Reading, Finding> {
    let (day, month) = match order {
        DateOrder::DayMonthYear => (first, second),
        DateOrder::MonthDayYear => (second, first),
    };
    if month > 12 && 1 <= day && day <= 12 {
        let (date, warning) = year.with(day, month, as_at)?;
        return Ok((date, warning.or(Some(&OTHER_ORDER))));
    }
    year.with(month, day, as_at)
}

/// A year of four figures or of two.
#[derive(Clone, Copy)]
enum Year {
    Whole(u32),
    OfCentury(u32),
}

impl Year {
    fn of(value: u32, length: u32) -> Result<Year, Finding> {
        match length {
            4 => Ok(Year::Whole(value)),
            2 => Ok(Year::OfCentury(value)),
            _ => Err(fault(&NOT_A_DATE)),
        }
    }

    fn with(self, month: u32, day: u32, as_at: Option<Date>) -> Result<Reading, Finding> {
        let year = match self {
            Year::Whole(year) => return Ok((partial(year, month, day)?, None)),
            Year::OfCentury(year) => year,
        };
        let as_at = as_at.ok_or(fault(&CENTURY_UNKNOWN))?;
        let year = as_at.year() as u32 / 100 * 100 + year;
        // 29 February may exist in one century only, so each is tried.
        let date = match partial(year, month, day) {
            Ok(date) if date.earliest() <= as_at => date,
            _ => partial(year - 100, month, day)?,
        };
        Ok((date, Some(&TWO_FIGURE_YEAR)))
    }
}

/// A date in which 0 stands for an unknown part.
fn partial(year: u32, month: u32, day: u32) -> Result<PartialDate, Finding> {
    PartialDate::new(year as i32, (month > 0).then_some(month), (day > 0).then_some(day))
}

fn is_year(figures: u32) -> bool {
    (crate::date::MIN_YEAR..=crate::date::MAX_YEAR).contains(&(figures as i32))
}

/// Whether eight figures are a date with the year last. The years of the calendar begin with 18 to 22,
/// which are no months, so no eight figures can be read both ways.
fn is_year_last(figures: u32) -> bool {
    let is_year_first = is_year(figures / 10_000) && figures / 100 % 100 <= 12;
    is_year(figures % 10_000) && !is_year_first
}

fn fault(code: &'static Code) -> Finding {
    Finding::new(code, "")
}

/// One part of a written date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A run of figures, at most eight.
    Figures { value: u32, length: u32 },
    /// A month by name, 1 to 12.
    Month(u32),
}

/// The parts of a written date, the time of day cut off.
struct Written {
    parts: [Part; 3],
    count: usize,
    /// 23:00 exactly, in universal time.
    is_hour_before_midnight: bool,
}

impl Written {
    /// None where a part is no part of a date, or there are none or too many.
    fn read(text: &str) -> Option<Written> {
        let (date, time) = split_time(text);
        let mut written = Written {
            parts: [Part::Month(0); 3],
            count: 0,
            is_hour_before_midnight: ["23:00Z", "23:00:00Z", "23:00:00.000Z"].contains(&time),
        };
        let mut rest = date;
        while let Some(first) = rest.chars().next() {
            let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
            let end = if digit(first).is_some() {
                let end = run(|c| digit(c).is_some());
                written.push(figures(&rest[..end])?)?;
                end
            } else if first.is_alphabetic() {
                let end = run(char::is_alphabetic);
                if let Some(part) = word(&rest[..end])? {
                    written.push(part)?;
                }
                end
            } else if first.is_whitespace() || "-/.,\\_'".contains(first) || crate::text::normalise::is_hyphen(first) {
                first.len_utf8()
            } else if first == '?' {
                let end = run(|c| c == '?');
                written.push(Part::Figures { value: 0, length: end as u32 })?;
                end
            } else {
                return None;
            };
            rest = &rest[end..];
        }
        (written.count > 0).then_some(written)
    }

    fn push(&mut self, part: Part) -> Option<()> {
        *self.parts.get_mut(self.count)? = part;
        self.count += 1;
        Some(())
    }

    fn parts(&self) -> &[Part] {
        &self.parts[..self.count]
    }

    fn is_all_zero(&self) -> bool {
        self.parts().iter().all(|part| matches!(part, Part::Figures { value: 0, .. }))
    }
}

/// The date and the time of day after it, which may be empty.
fn split_time(text: &str) -> (&str, &str) {
    // 2024-02-29T10:30, 29/02/2024 10:30: the hour is the run of figures before the first colon.
    if let Some(colon) = text.find(':') {
        let date_and_gap = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
        let date = date_and_gap.trim_end_matches(|c: char| c.is_whitespace() || c == 'T' || c == 't' || c == ',');
        return (date, &text[date_and_gap.len()..]);
    }
    // 20240229T1030, 202402291030, 20240229103000+0000.
    let figures = text.bytes().take_while(u8::is_ascii_digit).count();
    let has_time = match figures {
        8 => matches!(text.as_bytes().get(8), Some(b'T' | b't')),
        12 | 14 => true,
        _ => false,
    };
    if has_time { text.split_at(8) } else { (text, "") }
}

fn figures(run: &str) -> Option<Part> {
    let mut value = 0;
    let mut length = 0;
    for figure in run.chars().filter_map(digit) {
        value = value * 10 + u32::from(figure);
        length += 1;
        if length > 8 {
            return None;
        }
    }
    Some(Part::Figures { value, length })
}

/// A month, or a word that adds nothing (`th`, `of`, a day of the week), or None for any other.
fn word(letters: &str) -> Option<Option<Part>> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let letters = letters.to_ascii_lowercase();
    let shortens = |name: &str| letters.len() >= 3 && name.starts_with(&letters);
    if let Some(index) = MONTHS.iter().position(|name| shortens(name) || (letters == "sept" && *name == "september")) {
        return Some(Some(Part::Month(index as u32 + 1)));
    }
    if letters.bytes().all(|b| b == b'x') {
        return Some(Some(Part::Figures { value: 0, length: letters.len() as u32 }));
    }
    let adds_nothing = ["st", "nd", "rd", "th", "of"].contains(&&*letters) || DAYS.iter().any(|name| shortens(name));
    adds_nothing.then_some(None)
}
