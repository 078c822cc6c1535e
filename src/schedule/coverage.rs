//! Coverage of a cohort: how many of the children who reached an age in a quarter had, by that birthday,
//! what an indicator asks for.
//!
//! The indicators are data in `data/schedules/cover.toml`.

use super::answer::ChildSchedule;
use super::care_file::Head;
use super::child::Child;
use super::failsafe::has_died;
use super::reader::{Fault, Table, read_file};
use super::span::Span;
use super::status::Verdict;
use super::vocabulary::{RiskSet, SeriesId, Vocabulary};
use crate::date::Date;
use std::collections::BTreeMap;
use std::fmt;

/// The quarter of a calendar year in which birthdays are counted.
///
/// ```
/// use childlink::{date::Date, schedule::coverage::Quarter};
/// let quarter = Quarter::last_before(Date::new(2026, 11, 21)?);
/// assert_eq!(quarter.to_string(), "2026-07-01/2026-09-30");
/// assert_eq!(Quarter::parse("2026Q3"), Some(quarter));
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    first: Date,
    last: Date,
}

impl Quarter {
    /// The last quarter that ended on or before a day.
    pub fn last_before(as_at: Date) -> Quarter {
        let (year, month, _) = as_at.add_days(1).parts();
        let first_month = (month - 1) / 3 * 3 + 1;
        let next = Date::new(year, first_month, 1).unwrap_or(as_at);
        Quarter { first: next.add_months(-3), last: next.add_days(-1) }
    }

    /// Reads `2026Q3`: July to September 2026.
    pub fn parse(text: &str) -> Option<Quarter> {
        let (year, quarter) = text.split_once(['Q', 'q'])?;
        let quarter = quarter.parse::<u32>().ok().filter(|q| (1..=4).contains(q))?;
        let first = Date::new(year.parse().ok()?, quarter * 3 - 2, 1).ok()?;
        Some(Quarter { first, last: first.add_months(3).add_days(-1) })
    }

    /// Whether a day lies in it.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// Its last day.
    pub const fn last(self) -> Date {
        self.last
    }
}

impl fmt::Display for Quarter {
    /// First and last day as an ISO 8601 interval.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.last)
    }
}

/// One indicator.
#[derive(Clone, Debug)]
struct Indicator {
    id: String,
    title: String,
    at: Span,
    series: SeriesId,
    doses: usize,
    given_from: Option<Span>,
    born_from: Option<Date>,
    born_to: Option<Date>,
    risk_group: Option<RiskSet>,
}

/// The coverage indicators, in the names of one programme.
#[derive(Clone, Debug)]
pub struct Indicators {
    list: Vec<Indicator>,
}

impl Indicators {
    /// The indicators that come with this version.
    ///
    /// # Errors
    /// As [`Indicators::parse`], if the programme has not the series and risk groups they name.
    pub fn built_in(vocabulary: &Vocabulary) -> Result<Indicators, Vec<Fault>> {
        Indicators::parse(include_str!("../../data/schedules/cover.toml"), vocabulary)
    }

    /// Reads a file of indicators.
    ///
    /// # Errors
    /// Every fault of the file, series and risk groups that the programme does not have among them.
    pub fn parse(text: &str, vocabulary: &Vocabulary) -> Result<Indicators, Vec<Fault>> {
        read_file(text, "the indicators", |root| {
            let head = Head::read(root);
            let read = |table: &Table<'_, '_>| indicator(table, &head, vocabulary);
            let list = root.each("indicator", |index| format!("indicator {}", index + 1), read);
            Some(Indicators { list: list.into_iter().collect::<Option<_>>()? })
        })
    }

    /// An indicator in words.
    pub fn title(&self, id: &str) -> Option<&str> {
        self.list.iter().find(|indicator| indicator.id == id).map(|indicator| indicator.title.as_str())
    }
}

fn indicator(table: &Table<'_, '_>, head: &Head, vocabulary: &Vocabulary) -> Option<Indicator> {
    head.needed_by(table);
    let series = table.needed("series", table.word("series", "a series of the programme", |id| vocabulary.series(id)));
    let indicator = Indicator {
        id: table.needed_text("id"),
        title: table.needed_text("title"),
        at: table.needed_span("at"),
        doses: table.needed("doses", table.number("doses", 1..=32)).map_or(0, |doses| doses.value as usize),
        given_from: table.some_span("given_from"),
        born_from: table.some_date("born_from"),
        born_to: table.some_date("born_to"),
        risk_group: table.word("risk_group", "a risk group of the programme", |id| vocabulary.risk_group(id)),
        series: series?,
    };
    Some(indicator)
}

impl Indicator {
    /// Whether the child counts in the denominator: alive at the birthday, which falls in the quarter, of
    /// the right births and risk group. The day of birth must be known.
    fn counts(&self, child: &Child<'_>, quarter: Quarter) -> Option<Date> {
        let birth = child.birth_date?.exact()?;
        let birthday = self.at.after(birth);
        let counts = quarter.contains(birthday)
            && self.born_from.is_none_or(|day| birth >= day)
            && self.born_to.is_none_or(|day| birth <= day)
            && self.risk_group.is_none_or(|group| child.risks.meets(group))
            && !has_died(child, birthday);
        counts.then_some(birthday)
    }

    /// Whether the child had it by the birthday: as many valid doses of the series, given on or before it.
    fn is_met(&self, child: &Child<'_>, schedule: &ChildSchedule<'_>, birthday: Date) -> bool {
        let earliest = self.given_from.zip(child.birth_date).map(|(span, birth)| span.after(birth.latest()));
        let counted = schedule.verdicts.iter().filter(|verdict| {
            let given = child.doses.get(verdict.given as usize).and_then(|dose| dose.date);
            verdict.series == Some(self.series)
                && verdict.reason.verdict() == Verdict::Valid
                && given
                    .is_some_and(|date| date.latest() <= birthday && earliest.is_none_or(|day| date.earliest() >= day))
        });
        counted.count() >= self.doses
    }
}

/// One line of coverage: `indicator,cohort,area_kind,area,denominator,numerator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow<'c> {
    /// The indicator (`24m-mmr-1`).
    pub indicator: &'c str,
    /// The quarter whose birthdays are counted.
    pub cohort: Quarter,
    /// `all`, or what the area is: `practice`, `postcode-district`, `local-authority`.
    pub area_kind: &'c str,
    /// The area.
    pub area: &'c str,
    /// Children who reached the age in the quarter.
    pub denominator: u64,
    /// Those of them who had it by the birthday.
    pub numerator: u64,
}

/// Coverage counted child by child.
///
/// # Source
/// COVER: children reaching their first, second or fifth birthday (3 months for BCG) in the quarter; status
/// at that birthday; registered with a practice, plus unregistered residents.
#[derive(Clone, Debug)]
pub struct Coverage<'i> {
    indicators: &'i Indicators,
    quarter: Quarter,
    /// By indicator id, kind of area and area: denominator and numerator.
    counts: BTreeMap<(&'i str, &'static str, Box<str>), (u64, u64)>,
}

impl<'i> Coverage<'i> {
    /// Counts of nobody yet.
    pub fn new(indicators: &'i Indicators, quarter: Quarter) -> Coverage<'i> {
        Coverage { indicators, quarter, counts: BTreeMap::new() }
    }

    /// Counts a child, in all and in each area (kind and name) that the child belongs to. `schedule` is the
    /// evaluation of this child on a day not before the end of the quarter.
    pub fn add(&mut self, child: &Child<'_>, schedule: &ChildSchedule<'_>, areas: &[(&'static str, &str)]) {
        for indicator in &self.indicators.list {
            let Some(birthday) = indicator.counts(child, self.quarter) else { continue };
            let met = u64::from(indicator.is_met(child, schedule, birthday));
            for (kind, area) in [("all", "")].iter().chain(areas) {
                let (denominator, numerator) = self.counts.entry((&indicator.id, kind, (*area).into())).or_default();
                *denominator += 1;
                *numerator += met;
            }
        }
    }

    /// The lines, in the order of indicator, kind of area and area.
    pub fn rows(&self) -> impl Iterator<Item = CoverageRow<'_>> {
        self.counts.iter().map(|((indicator, area_kind, area), (denominator, numerator))| CoverageRow {
            indicator,
            cohort: self.quarter,
            area_kind,
            area,
            denominator: *denominator,
            numerator: *numerator,
        })
    }
}
