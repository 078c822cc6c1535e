//! The answer for one child: verdicts on what was given, the forecast, screens, reviews, visits and
//! findings.

use super::child::ScreenKind;
use super::screens::Need;
use super::status::{Reason, Status};
use super::vocabulary::{SeriesId, SeriesSet};
use crate::date::Date;
use crate::error::Finding;

/// What is valid, due, overdue and too late for one child on one day.
///
/// Texts are borrowed from the programme.
#[derive(Clone, Debug, Default)]
pub struct ChildSchedule<'p> {
    /// The day of evaluation.
    pub as_at: Option<Date>,
    /// At least one verdict for each given dose, in the order of the child's doses.
    pub verdicts: Vec<DoseVerdict>,
    /// Exactly one entry for each series, in the programme's order.
    pub forecast: Vec<Forecast<'p>>,
    /// Where each newborn screen stands.
    pub screens: Vec<ScreenForecast<'p>>,
    /// Where each health review and vitamin K dose stands.
    pub reviews: Vec<ReviewForecast<'p>>,
    /// The fewest visits at which everything still needed can be given, soonest first.
    pub visits: Vec<Visit>,
    /// What the reader should know: faults of the input, assumptions and unconfirmed rules.
    pub findings: Vec<Finding>,
}

impl<'p> ChildSchedule<'p> {
    /// The verdicts on one dose, by its place in the child's doses.
    pub fn verdicts_on(&self, dose: usize) -> impl Iterator<Item = &DoseVerdict> {
        self.verdicts.iter().filter(move |verdict| verdict.given == dose as u32)
    }

    /// The forecast of one series.
    pub fn forecast_of(&self, series: SeriesId) -> Option<&Forecast<'p>> {
        self.forecast.get(series.index())
    }
}

/// What one given dose counts for in one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoseVerdict {
    /// The place of the dose in the child's doses, from 0.
    pub given: u32,
    /// The series; `None` when it can serve none.
    pub series: Option<SeriesId>,
    /// Which dose of the series it is (valid) or was meant to be (invalid), from 1; `None` for an extra.
    pub dose: Option<u8>,
    /// Why; the verdict follows from it.
    pub reason: Reason,
}

/// The next dose of one series, or why there is none. Days are `None` where nothing is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast<'p> {
    /// The series.
    pub series: SeriesId,
    /// The number of the next dose, from 1.
    pub dose: Option<u8>,
    /// Where the series stands.
    pub status: Status,
    /// The first day on which it may be given.
    pub earliest: Option<Date>,
    /// The recommended day, kept even when past.
    pub due: Option<Date>,
    /// The first day on which it counts as overdue; a finding says where no source confirms it.
    pub overdue_from: Option<Date>,
    /// The last day on which it may be given; `None` when there is no such day.
    pub latest: Option<Date>,
    /// The rule that decided, with ` (unconfirmed)` where its source is not sure.
    pub rule: &'p str,
    /// Title, date and place of the source of the rule.
    pub source: &'p str,
}

/// Where one newborn screen stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenForecast<'p> {
    /// Which programme.
    pub kind: ScreenKind,
    /// The condition or element, where the programme has several.
    pub condition: Option<&'p str>,
    /// Where it stands.
    pub status: Status,
    /// What has to happen next; not part of the JSON object.
    pub need: Need,
    /// The recommended day.
    pub due: Option<Date>,
    /// The first day on which the standard is breached.
    pub breach_from: Option<Date>,
    /// The standard, with ` (unconfirmed)` where its source is not sure.
    pub standard: Option<&'p str>,
}

/// Where one health review, or dose of oral vitamin K, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewForecast<'p> {
    /// Which review.
    pub kind: &'p str,
    /// Where it stands.
    pub status: Status,
    /// The recommended day.
    pub due: Option<Date>,
    /// The first day on which the standard is breached.
    pub breach_from: Option<Date>,
    /// The standard, with ` (unconfirmed)` where its source is not sure.
    pub standard: Option<&'p str>,
}

/// One visit and what to give at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The day.
    pub date: Date,
    /// The series to give, together.
    pub give: SeriesSet,
}
