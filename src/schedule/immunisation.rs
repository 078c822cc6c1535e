//! One child through evaluate, forecast and visits.

use super::answer::ChildSchedule;
use super::child::Child;
use super::cohort::Cohort;
use super::evaluate::evaluate;
use super::failsafe::has_died;
use super::finding as code;
use super::forecast::{Record, forecast, next, nothing};
use super::programme::Programme;
use super::status::{Reason, Status};
use super::{DoseVerdict, visits};
use crate::date::Date;
use crate::error::Finding;

/// How much of the answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Verdicts and forecast.
    Forecast,
    /// And the visits that follow from them.
    Visits,
}

/// The immunisation part of a child's schedule: verdicts, forecast, visits and findings.
///
/// `as_at` is the day of evaluation; one that the child's own object names outranks it.
///
/// # Examples
/// ```
/// use childlink::date::Date;
/// use childlink::schedule::{Extent, Programme, Status, immunisations, parse_child};
/// let programme = Programme::built_in();
/// let child = parse_child(br#"{"birth_date": "2026-01-05", "nation": "england"}"#, programme.vocabulary())?;
/// let answer = immunisations(programme, &child, Date::new(2026, 3, 2)?, Extent::Visits);
/// let menb = programme.vocabulary().series("menb").and_then(|id| answer.forecast_of(id)).unwrap();
/// assert_eq!((menb.status, menb.due), (Status::Due, Some(Date::new(2026, 3, 2)?)));
/// assert_eq!(answer.visits[0].date, Date::new(2026, 3, 2)?);
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn immunisations<'p>(
    programme: &'p Programme,
    child: &Child<'_>,
    as_at: Date,
    extent: Extent,
) -> ChildSchedule<'p> {
    let as_at = child.as_at.unwrap_or(as_at);
    let mut answer = ChildSchedule { as_at: Some(as_at), findings: child.findings.clone(), ..ChildSchedule::default() };
    let all_series = || programme.vocabulary.all_series();
    let Some(birth) = child.birth_date else {
        answer.verdicts = (0..child.doses.len() as u32)
            .map(|given| DoseVerdict { given, series: None, dose: None, reason: Reason::BirthDateNeeded })
            .collect();
        answer.forecast = all_series().map(|id| nothing(id, Status::Blocked, "birth-date-needed")).collect();
        return answer;
    };
    let findings = &mut answer.findings;
    if birth.exact().is_none() {
        findings.push(Finding::new(&code::BIRTH_DATE_PARTIAL, "birth_date"));
    }
    if as_at < birth.earliest() {
        findings.push(Finding::new(&code::BIRTH_AFTER_AS_AT, "birth_date"));
    }
    if birth.latest() < programme.provenance.covers_births_from {
        findings.push(Finding::new(&code::BEFORE_PROGRAMME, "birth_date"));
    }
    if programme.provenance.reviewed.add_months(12) < as_at {
        findings.push(Finding::new(&code::PROGRAMME_STALE, ""));
    }
    if !programme.school_years[child.nation.unwrap_or_default() as usize].confirmed {
        findings.push(Finding::new(&code::NATION_UNCONFIRMED, "nation"));
    }
    let cohort = Cohort::new(programme, child, birth, as_at);
    answer.verdicts.reserve(child.doses.len() * 2);
    let history = evaluate(&cohort, child, as_at, &mut answer.verdicts, findings);
    if has_died(child, as_at) {
        answer.forecast = all_series().map(|id| nothing(id, Status::NotRequired, "deceased")).collect();
        return answer;
    }
    let on = as_at.days_since_1970();
    let record = Record::new(&cohort, child, as_at);
    answer.forecast = all_series()
        .map(|id| forecast(&programme.series[id.index()], id, next(&cohort, &history, id, on), &record))
        .collect();
    if answer.forecast.iter().any(|entry| entry.rule.ends_with("(unconfirmed)")) {
        findings.push(Finding::new(&code::UNCONFIRMED, "forecast"));
    }
    if programme.overdue_unconfirmed && answer.forecast.iter().any(|entry| entry.overdue_from.is_some()) {
        findings.push(Finding::new(&code::OVERDUE_UNCONFIRMED, "forecast"));
    }
    if cohort.sex_needed.get() {
        findings.push(Finding::new(&code::SEX_NEEDED, "sex"));
    }
    if extent == Extent::Visits {
        visits::plan(&cohort, &history, &answer.forecast, on, &mut answer.visits);
    }
    answer
}
