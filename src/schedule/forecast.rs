//! Works out the next dose of each series, or why there is none.

use super::answer::Forecast;
use super::child::{Child, Decision, DecisionKind};
use super::cohort::{Cohort, Day, GateState, NEVER, SeasonOn, after, date_of, gate_state};
use super::history::History;
use super::programme::model::{Dose, MOST_GATES, Moment, Recommended, Rule, Series};
use super::status::Status;
use super::vocabulary::SeriesId;
use crate::date::Date;

/// What comes next in a series, by the rules alone.
#[derive(Clone, Copy)]
pub(super) enum Next<'p> {
    /// A dose is to be given.
    Dose(NextDose<'p>),
    /// None is, and why.
    None(Status, &'p Rule),
}

/// The next dose of a series and its days.
#[derive(Clone, Copy)]
pub(super) struct NextDose<'p> {
    pub(super) dose: &'p Dose,
    pub(super) number: u8,
    pub(super) earliest: Day,
    pub(super) due: Day,
    pub(super) overdue_from: Day,
    pub(super) latest: Option<Day>,
    pub(super) unconfirmed: bool,
}

/// The next dose of a series for a child with this history, seen from a day.
pub(super) fn next<'p>(cohort: &Cohort<'p>, history: &History, id: SeriesId, on: Day) -> Next<'p> {
    let programme = cohort.programme;
    let series = &programme.series[id.index()];
    let season = series.season.map(|season| SeasonOn::open_or_next(season, on));
    let progress = history.progress(id, season);
    let entitled = series.entitled.iter().find(|entitled| cohort.is_entitled(entitled, season.map(|on| on.year)));
    if entitled.is_none() && !series.entitled.is_empty() {
        return Next::None(Status::NotEligible, &series.eligibility);
    }
    let frame = Frame {
        on,
        last_given: history.last_given(series.gap_after),
        live_gap_ends: history.live_gap_ends(cohort, series, on),
        season,
        from: entitled.and_then(|entitled| entitled.from_age).map_or(NEVER, |age| cohort.reached(age)),
        to: entitled.and_then(|entitled| entitled.before_age).map_or(Day::MAX, |age| cohort.maybe_reached(age) - 1),
    };
    let mut too_late = None;
    let mut superseded = None;
    let mut met_otherwise = false;
    for (place, dose) in series.doses.iter().enumerate().skip(usize::from(progress.next)) {
        if cohort.doses[id.index()] >> place & 1 == 0 || dose.first_season_only && progress.earlier_season {
            continue;
        }
        if dose.arises_at.is_some_and(|age| on < cohort.reached(age)) {
            continue;
        }
        if !history.is(&dose.when) {
            met_otherwise |= history.has_any(&dose.when.none_of);
            continue;
        }
        match days(cohort, history, &frame, dose) {
            Days::Given { earliest, due, latest, recommended } => {
                return Next::Dose(NextDose {
                    dose,
                    number: progress.counted.saturating_add(1),
                    earliest,
                    due,
                    overdue_from: after(due, dose.overdue_after),
                    latest,
                    unconfirmed: recommended.unconfirmed || entitled.is_some_and(|entitled| entitled.rule.unconfirmed),
                });
            }
            Days::TooLate => {
                // The last chance that a source confirms is the one to name.
                too_late = too_late.filter(|_| dose.rule.unconfirmed).or(Some(dose));
                if dose.ends_series {
                    break;
                }
            }
            Days::Superseded => superseded = Some(dose),
            Days::NeverOffered => {}
        }
    }
    match (too_late, superseded) {
        (Some(dose), _) => Next::None(Status::TooLate, &dose.rule),
        (None, _) if progress.counted > 0 => Next::None(Status::Complete, &series.complete),
        (None, Some(dose)) => Next::None(Status::NotRequired, &dose.rule),
        (None, None) if met_otherwise => Next::None(Status::NotRequired, &series.complete),
        (None, None) => Next::None(Status::NotEligible, &series.eligibility),
    }
}

/// What limits every dose of a series on a day.
struct Frame {
    on: Day,
    last_given: Day,
    live_gap_ends: Day,
    season: Option<SeasonOn>,
    from: Day,
    to: Day,
}

/// When a dose can be given, or why it cannot.
enum Days<'p> {
    Given {
        earliest: Day,
        due: Day,
        latest: Option<Day>,
        recommended: &'p Recommended,
    },
    /// The child was entitled and is too old now, or its season is over.
    TooLate,
    /// It was offered when due and has been withdrawn since.
    Superseded,
    /// It was not offered when it would have been due.
    NeverOffered,
}

fn days<'p>(cohort: &Cohort<'p>, history: &History, frame: &Frame, dose: &'p Dose) -> Days<'p> {
    let last = match ready_on(cohort, history, dose, frame.on) {
        Some(ready) => frame.last_given.max(ready),
        None => return Days::TooLate,
    };
    let mut earliest = cohort
        .reached(dose.from_age)
        .max(after(last, dose.gap))
        .max(frame.live_gap_ends)
        .max(dose.offered.from)
        .max(frame.from)
        .max(frame.season.map_or(NEVER, |season| season.first));
    let mut latest = dose.before_age.map_or(Day::MAX, |age| cohort.maybe_reached(age) - 1).min(frame.to);
    if let Some(season) = frame.season {
        latest = latest.min(season.last);
    }
    let found = dose.recommended.iter().find_map(|recommended| {
        if !cohort.is_for(&recommended.who) || !history.is(&recommended.when) {
            return None;
        }
        let at = match recommended.at {
            Moment::Age(age) => cohort.reached(age),
            Moment::Class(class) => cohort.class_begins(class),
            Moment::Season => frame.season.map_or(NEVER, |season| season.first),
        };
        let due = at.max(after(last, recommended.gap));
        let given_on = frame.on.max(due);
        (recommended.offered.from <= given_on && given_on <= recommended.offered.to).then_some((recommended, due))
    });
    let Some((recommended, due)) = found else { return Days::NeverOffered };
    if latest < dose.offered.from {
        return Days::NeverOffered;
    }
    let mut due = due.max(earliest);
    if dose.offered.to < frame.on.max(due) {
        return match due <= dose.offered.to && earliest <= latest {
            true if latest < dose.offered.to => Days::TooLate,
            true => Days::Superseded,
            false => Days::NeverOffered,
        };
    }
    if let Some((from, to)) = dose.between {
        let season = |day: Day| {
            let period = super::programme::model::Season { from, to };
            SeasonOn::open_or_next(period, day).first.max(day)
        };
        (earliest, due) = (season(earliest.max(frame.on)), season(due.max(frame.on)));
    }
    if latest < earliest || latest < frame.on {
        return Days::TooLate;
    }
    let latest = latest.min(dose.offered.to);
    Days::Given { earliest, due: due.min(latest), latest: (latest != Day::MAX).then_some(latest), recommended }
}

/// The day on which the course that a dose builds on was, or can soonest be, finished: [`NEVER`] when
/// it is, `None` when it cannot be.
fn ready_on(cohort: &Cohort<'_>, history: &History, dose: &Dose, on: Day) -> Option<Day> {
    let Some((course, doses)) = dose.requires else { return Some(NEVER) };
    let counted = history.counted(course);
    if counted >= doses {
        return Some(NEVER);
    }
    let Next::Dose(first) = next(cohort, history, course, on) else { return None };
    let following = doses - counted - 1;
    let finished = (0..following).fold(first.earliest.max(on), |day, _| after(day, first.dose.gap.or_days(28)));
    Some(finished)
}

/// What the child's record adds to the rules: decisions and screening results.
pub(super) struct Record<'c> {
    pub(super) decisions: &'c [Decision],
    /// The state of each gate of the programme.
    pub(super) gates: [GateState; MOST_GATES],
    pub(super) as_at: Day,
}

impl<'c> Record<'c> {
    pub(super) fn new(cohort: &Cohort<'_>, child: &'c Child<'_>, as_at: Date) -> Record<'c> {
        let mut gates = [GateState::Waiting; MOST_GATES];
        for (state, gate) in gates.iter_mut().zip(&cohort.programme.gates) {
            *state = gate_state(gate, child, as_at);
        }
        Record { decisions: &child.decisions, gates, as_at: as_at.days_since_1970() }
    }

    /// The decision in force on a series; the weightiest if there are several.
    fn decision(&self, id: SeriesId) -> Option<&Decision> {
        let in_force = self.decisions.iter().filter(|decision| {
            decision.series == id && decision.until.is_none_or(|until| self.as_at < until.days_since_1970())
        });
        in_force.min_by_key(|decision| match decision.kind {
            DecisionKind::Contraindicated => 0,
            DecisionKind::Immune => 1,
            DecisionKind::Refused => 2,
            DecisionKind::Deferred => 3,
        })
    }

    /// The status of a dose to be given, and the dose with its days as the record moves them.
    pub(super) fn standing<'p>(&self, id: SeriesId, mut next: NextDose<'p>) -> (Status, NextDose<'p>) {
        let state = |place: u8| self.gates.get(usize::from(place)).copied().unwrap_or(GateState::Waiting);
        let gate = |place: Option<u8>| place.map(state);
        if gate(next.dose.stopped_by) == Some(GateState::Stop) || gate(next.dose.waits_for) == Some(GateState::Stop) {
            return (Status::Contraindicated, next);
        }
        let status = match self.decision(id) {
            Some(decision) => match decision.kind {
                DecisionKind::Contraindicated => Status::Contraindicated,
                DecisionKind::Immune => Status::Immune,
                DecisionKind::Refused => Status::Declined,
                DecisionKind::Deferred => {
                    let until = decision.until.map_or(NEVER, Date::days_since_1970);
                    next.earliest = next.earliest.max(until);
                    next.due = next.due.max(next.earliest);
                    next.overdue_from = after(next.due, next.dose.overdue_after);
                    if next.latest.is_some_and(|latest| latest < next.earliest) {
                        Status::TooLate
                    } else {
                        next.due = next.latest.map_or(next.due, |latest| next.due.min(latest));
                        Status::Deferred
                    }
                }
            },
            None if gate(next.dose.waits_for) == Some(GateState::Waiting) => Status::Blocked,
            None if self.as_at < next.due => Status::NotYetDue,
            None if self.as_at < next.overdue_from => Status::Due,
            None => Status::Overdue,
        };
        (status, next)
    }
}

/// The forecast of a series as it appears in the answer.
pub(super) fn forecast<'p>(series: &'p Series, id: SeriesId, next: Next<'p>, record: &Record<'_>) -> Forecast<'p> {
    let (status, rule, unconfirmed, dose) = match next {
        Next::None(status, rule) => (status, rule, false, None),
        Next::Dose(dose) => {
            let (status, dose) = record.standing(id, dose);
            let given = !matches!(status, Status::Contraindicated | Status::Immune | Status::TooLate);
            (status, &dose.dose.rule, dose.unconfirmed, given.then_some(dose))
        }
    };
    let source = if rule.source.is_empty() { &series.eligibility.source } else { &rule.source };
    Forecast {
        series: id,
        dose: dose.map(|dose| dose.number),
        status,
        earliest: dose.map(|dose| date_of(dose.earliest)),
        due: dose.map(|dose| date_of(dose.due)),
        overdue_from: dose.map(|dose| date_of(dose.overdue_from)),
        latest: dose.and_then(|dose| dose.latest).map(date_of),
        rule: rule.text(unconfirmed),
        source,
    }
}

/// The forecast of a series of which nothing can be given, for a reason outside the programme.
pub(super) const fn nothing<'p>(series: SeriesId, status: Status, rule: &'p str) -> Forecast<'p> {
    Forecast {
        series,
        dose: None,
        status,
        earliest: None,
        due: None,
        overdue_from: None,
        latest: None,
        rule,
        source: "",
    }
}
