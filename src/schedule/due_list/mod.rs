//! Due lists: what each child of a cohort is due, for the people who invite, immunise and follow up.

mod areas;
mod child;
mod tally;

pub use areas::Areas;
pub use child::{ListedChild, MemberRecord, Place, Registration};
pub use tally::{Counts, Tally};

use super::answer::{ChildSchedule, Forecast, ReviewForecast, ScreenForecast};
use super::child::{Child, Nation};
use super::immunisation::{Extent, immunisations};
use super::programmes::Programmes;
use super::screens::Need;
use super::status::Status;
use crate::date::Date;
use std::borrow::Cow;

/// What kind of care a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Care {
    /// A vaccine.
    Immunisation,
    /// A newborn or infant screen.
    Screen,
    /// A health review, or vitamin K by mouth.
    Review,
}

impl Care {
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Care::Immunisation => "immunisation",
            Care::Screen => "screen",
            Care::Review => "review",
        }
    }
}

/// One line of a due list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem<'p> {
    /// What kind of care.
    pub care: Care,
    /// The series, screen or review (`mmr`, `blood-spot`, `one-year`).
    pub item: &'p str,
    /// The condition or element of a screen.
    pub condition: Option<&'p str>,
    /// In words.
    pub title: Cow<'p, str>,
    /// The number of the dose, from 1.
    pub dose: Option<u8>,
    /// `due` or `overdue`.
    pub status: Status,
    /// What has to happen.
    pub need: Need,
    /// The first day on which a vaccine may be given.
    pub earliest: Option<Date>,
    /// The day on which it fell due.
    pub due: Option<Date>,
    /// The first day on which it counts as overdue, or breaches its standard.
    pub overdue_from: Option<Date>,
    /// The last day on which a vaccine may be given.
    pub latest: Option<Date>,
    /// The rule or standard behind it.
    pub rule: &'p str,
}

impl DueItem<'_> {
    /// Whether it is a failsafe breach: a screen or review whose standard is breached.
    pub fn is_failsafe(&self) -> bool {
        self.care != Care::Immunisation && self.status == Status::Overdue
    }
}

/// A visit with the series and numbers of the doses to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueVisit<'p> {
    /// The day.
    pub date: Date,
    /// Series and number of the dose, from 1.
    pub gives: Vec<(&'p str, u8)>,
}

/// A child of a due list, with everything that is due or overdue and the visits that would give it.
#[derive(Clone, Debug)]
pub struct DueChild<'p, 'a> {
    /// Who.
    pub child: ListedChild<'a>,
    /// What, vaccines first.
    pub items: Vec<DueItem<'p>>,
    /// When to give the vaccines, these and later ones.
    pub visits: Vec<DueVisit<'p>>,
    /// The day of evaluation.
    pub as_at: Date,
}

/// What a due list is made from.
#[derive(Clone, Copy)]
pub struct DueList<'p> {
    /// Vaccines, screens and reviews.
    pub programmes: Programmes<'p>,
    /// The nation of the cohort.
    pub nation: Nation,
    /// Whether it is known which screens were done; else none is listed.
    pub screens: bool,
    /// Whether it is known which reviews took place; else none is listed.
    pub reviews: bool,
}

impl<'p> DueList<'p> {
    /// Where everything stands for a child that the list speaks of.
    pub fn evaluate(&self, child: &Child<'_>, as_at: Date) -> ChildSchedule<'p> {
        let mut schedule = immunisations(self.programmes.immunisation, child, as_at, Extent::Visits);
        if self.screens {
            schedule.screens = self.programmes.screens.evaluate(child, as_at, &mut schedule.findings);
        }
        if self.reviews {
            schedule.reviews = self.programmes.reviews.evaluate(child, as_at, &mut schedule.findings);
        }
        schedule
    }

    /// What of a schedule is due or overdue: vaccines, screens, reviews, each in the order of its programme.
    pub fn due_items(&self, schedule: &ChildSchedule<'p>) -> Vec<DueItem<'p>> {
        let vaccines = schedule.forecast.iter().filter(|forecast| forecast.status.is_due());
        let screens = schedule.screens.iter().filter(|screen| screen.status.is_due());
        let reviews = schedule.reviews.iter().filter(|review| review.status.is_due());
        vaccines
            .map(|forecast| self.vaccine(forecast))
            .chain(screens.map(|screen| self.screen(screen)))
            .chain(reviews.map(|review| self.review(review)))
            .collect()
    }

    fn vaccine(&self, forecast: &Forecast<'p>) -> DueItem<'p> {
        DueItem {
            care: Care::Immunisation,
            item: self.programmes.vocabulary().series_id(forecast.series),
            condition: None,
            title: self.programmes.immunisation.short_title(forecast.series).into(),
            dose: forecast.dose,
            status: forecast.status,
            need: Need::Offer,
            earliest: forecast.earliest,
            due: forecast.due,
            overdue_from: forecast.overdue_from,
            latest: forecast.latest,
            rule: forecast.rule,
        }
    }

    fn screen(&self, screen: &ScreenForecast<'p>) -> DueItem<'p> {
        let title = self.programmes.screens.title(self.nation, screen.kind, screen.condition);
        DueItem {
            care: Care::Screen,
            item: screen.kind.as_str(),
            condition: screen.condition,
            title: title.unwrap_or_default().into(),
            dose: None,
            status: screen.status,
            need: screen.need,
            earliest: None,
            due: screen.due,
            overdue_from: screen.breach_from,
            latest: None,
            rule: screen.standard.unwrap_or_default(),
        }
    }

    fn review(&self, review: &ReviewForecast<'p>) -> DueItem<'p> {
        DueItem {
            care: Care::Review,
            item: review.kind,
            condition: None,
            title: self.programmes.reviews.title(self.nation, review.kind).unwrap_or_default().into(),
            dose: None,
            status: review.status,
            need: Need::Offer,
            earliest: None,
            due: review.due,
            overdue_from: review.breach_from,
            latest: None,
            rule: review.standard.unwrap_or_default(),
        }
    }

    /// The visits of a schedule, each with the numbers of its doses: the next one of each series at the
    /// first visit that gives it, one more at each later visit.
    pub fn visits(&self, schedule: &ChildSchedule<'p>) -> Vec<DueVisit<'p>> {
        let mut given = Vec::new();
        let mut visits = Vec::with_capacity(schedule.visits.len());
        for visit in &schedule.visits {
            let mut gives = Vec::new();
            for series in visit.give.iter() {
                let before = given.iter().filter(|earlier| **earlier == series).count() as u8;
                let next = schedule.forecast_of(series).and_then(|forecast| forecast.dose).unwrap_or(1);
                gives.push((self.programmes.vocabulary().series_id(series), next.saturating_add(before)));
                given.push(series);
            }
            visits.push(DueVisit { date: visit.date, gives });
        }
        visits
    }
}
