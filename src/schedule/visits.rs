//! Groups what is still needed into the fewest visits, as a booking clerk would plan them.
//!
//! A visit falls on the first day on which something is due. Everything else that may be given that
//! day and falls due within the next fortnight is given with it. When something due within the
//! fortnight may not be given yet, the visit waits for it, unless waiting would make a dose overdue
//! or too late. The plan assumes that each visit is kept, and goes on until nothing is left.

use super::answer::{Forecast, Visit};
use super::cohort::{Cohort, Day, date_of};
use super::evaluate::{GivenDose, count, judge};
use super::forecast::{Next, NextDose, next};
use super::history::History;
use super::status::{Status, Verdict};
use super::vocabulary::{SeriesId, SeriesSet};

/// How many days ahead of its due day a dose is given to save a visit.
const TOGETHER_WITHIN: Day = 14;
/// More steps than any child needs: a guard against a programme that never ends.
const MOST_VISITS: usize = 40;

/// The planned visits from a day on.
pub(super) fn plan(
    cohort: &Cohort<'_>,
    history: &History,
    forecast: &[Forecast<'_>],
    as_at: Day,
    visits: &mut Vec<Visit>,
) {
    let mut history = *history;
    let mut pending: Vec<Pending<'_>> = Vec::with_capacity(forecast.len());
    for entry in forecast {
        if !matches!(entry.status, Status::Due | Status::Overdue | Status::NotYetDue | Status::Deferred) {
            continue;
        }
        let held = match (entry.status, entry.earliest) {
            (Status::Deferred, Some(until)) => until.days_since_1970(),
            _ => as_at,
        };
        if let Next::Dose(dose) = next(cohort, &history, entry.series, as_at) {
            pending.push(Pending { series: entry.series, held, dose });
        }
    }
    let mut on = as_at;
    for _ in 0..MOST_VISITS {
        if pending.is_empty() {
            break;
        }
        on = visit_day(&pending, on);
        let mut give = SeriesSet::default();
        for wanted in &pending {
            // Asked anew, since what was given a moment ago may have met the need or opened a gap.
            let Next::Dose(dose) = next(cohort, &history, wanted.series, on) else { continue };
            let can = wanted.held <= on && dose.earliest <= on && dose.due <= on + TOGETHER_WITHIN;
            if can && give_dose(cohort, &mut history, wanted.series, on) {
                give.insert(wanted.series);
            }
        }
        if !give.is_empty() {
            visits.push(Visit { date: date_of(on), give });
        }
        on += 1;
        pending.retain_mut(|wanted| {
            let seasonal = cohort.programme.series[wanted.series.index()].season.is_some();
            match next(cohort, &history, wanted.series, on) {
                // A yearly series is planned for one season only.
                Next::Dose(dose) if !(seasonal && wanted.dose.latest.is_some_and(|latest| latest < dose.earliest)) => {
                    wanted.dose = dose;
                    true
                }
                _ => false,
            }
        });
    }
}

/// A series of which something is still to be given.
struct Pending<'p> {
    series: SeriesId,
    /// Not before this day.
    held: Day,
    dose: NextDose<'p>,
}

impl Pending<'_> {
    fn wanted_on(&self, on: Day) -> Day {
        self.dose.due.max(self.held).max(on)
    }

    fn possible_on(&self, on: Day) -> Day {
        self.dose.earliest.max(self.held).max(on)
    }
}

/// The day of the next visit, on or after a day.
fn visit_day(pending: &[Pending<'_>], on: Day) -> Day {
    let first = pending.iter().map(|wanted| wanted.wanted_on(on)).min().unwrap_or(on);
    let together = || pending.iter().filter(|wanted| wanted.wanted_on(first) <= first + TOGETHER_WITHIN);
    let later = together().map(|wanted| wanted.possible_on(first)).max().unwrap_or(first);
    let nothing_lost = together()
        .all(|wanted| later < wanted.dose.overdue_from && wanted.dose.latest.is_none_or(|latest| later <= latest));
    if nothing_lost { later } else { first }
}

/// Gives a dose of the vaccine usual for a series; whether it counted there.
fn give_dose(cohort: &Cohort<'_>, history: &mut History, id: SeriesId, on: Day) -> bool {
    let antigens = cohort.programme.series[id.index()].gives;
    let dose = GivenDose { first: on, last: on, antigens, product_from_age: None };
    if judge(cohort, history, id, &dose).reason.verdict() != Verdict::Valid {
        return false;
    }
    let mut counted = SeriesSet::default();
    for served in cohort.programme.series_served(antigens).iter() {
        if cohort.programme.series[served.index()].apart_from.meets(counted) {
            continue;
        }
        let judgement = judge(cohort, history, served, &dose);
        if judgement.reason.verdict() == Verdict::Valid {
            count(cohort, history, served, &dose, judgement);
            counted.insert(served);
        }
    }
    history.note(cohort, antigens, on, on);
    counted.contains(id)
}
