//! Where each screen of one child stands on one day.

use super::outcome::{Meaning, Outcome};
use super::programme::{FollowUp, Item, Screen};
use super::{Need, Screens};
use crate::date::Date;
use crate::error::Finding;
use crate::order;
use crate::schedule::answer::ScreenForecast;
use crate::schedule::care_file::is_marked;
use crate::schedule::child::{Child, Screen as Record};
use crate::schedule::failsafe::{Birth, Window, has_died};
use crate::schedule::finding;
use crate::schedule::span::Span;
use crate::schedule::status::Status;

impl Screens {
    /// Where each screen of the child's nation stands, in the order of its file. Empty when the birth
    /// date is not known. A child who has died needs nothing.
    pub fn evaluate<'p>(
        &'p self,
        child: &Child<'_>,
        as_at: Date,
        findings: &mut Vec<Finding>,
    ) -> Vec<ScreenForecast<'p>> {
        let Some(birth_date) = child.birth_date else { return Vec::new() };
        let Some(programme) = self.programme(child.nation.unwrap_or_default()) else { return Vec::new() };
        if programme.head.is_stale(as_at) {
            findings.push(Finding::new(&finding::PROGRAMME_STALE, "screens"));
        }
        if child.screens.iter().any(|record| !programme.screens.iter().any(|screen| screen.kind == record.kind)) {
            findings.push(Finding::new(&finding::SCREEN_NOT_LISTED, "screens"));
        }
        let birth = Birth { first: birth_date.earliest(), last: birth_date.latest() };
        let mut forecasts: Vec<ScreenForecast<'p>> = Vec::new();
        let mut unconfirmed = false;
        for screen in &programme.screens {
            let records = self.records(screen, child, as_at, findings);
            let corrected = if screen.corrected { birth.corrected(child.gestation_weeks) } else { birth };
            let case = Case { screen, child, as_at, birth: corrected, records: &records, outcomes: self };
            unconfirmed |= case.evaluate(&mut forecasts);
        }
        if unconfirmed || forecasts.iter().any(|f| f.standard.is_some_and(is_marked)) {
            findings.push(Finding::new(&finding::UNCONFIRMED, "screens"));
        }
        forecasts
    }

    /// The child's records of one screen up to a day, in order of time. An outcome that is not known
    /// gives a finding and counts for nothing.
    fn records<'c, 'p>(
        &'p self,
        screen: &Screen,
        child: &'c Child<'_>,
        as_at: Date,
        findings: &mut Vec<Finding>,
    ) -> Vec<Dated<'c, 'p>> {
        let mut records = Vec::new();
        for record in child.screens.iter().filter(|record| record.kind == screen.kind) {
            let condition = condition_of(record);
            let fault = match (record.date, self.outcome(record.kind, condition, &record.outcome)) {
                (_, None) => &finding::SCREEN_OUTCOME_UNKNOWN,
                _ if condition.is_some_and(|name| !screen.has(name)) => &finding::SCREEN_CONDITION_UNKNOWN,
                (Some(date), Some(outcome)) => {
                    if date.earliest() <= as_at {
                        records.push(Dated { date: date.latest().min(as_at), record, outcome });
                    }
                    continue;
                }
                // Whoever read the date has told that it cannot be read.
                (None, Some(_)) => continue,
            };
            findings.push(Finding::new(fault, "screens"));
        }
        order::sort_by(&mut records, |a, b| a.date.cmp(&b.date));
        records
    }
}

/// A record with the day it is taken for and what it means.
struct Dated<'c, 'p> {
    date: Date,
    record: &'c Record<'c>,
    outcome: &'p Outcome,
}

fn condition_of<'c>(record: &'c Record<'_>) -> Option<&'c str> {
    Some(record.condition.as_ref()).filter(|condition| !condition.is_empty())
}

/// One screen of one child.
struct Case<'s, 'p> {
    screen: &'p Screen,
    child: &'s Child<'s>,
    as_at: Date,
    birth: Birth,
    records: &'s [Dated<'s, 'p>],
    outcomes: &'p Screens,
}

/// The outcome that holds for one item.
#[derive(Clone, Copy)]
struct Latest<'p> {
    date: Date,
    outcome: &'p Outcome,
    /// Whether the record names this very condition.
    own: bool,
    /// Whether it was not seen in the published list that this code means this.
    unconfirmed: bool,
}

impl<'p> Case<'_, 'p> {
    /// Adds the forecast of each item and follow-up. Whether an unconfirmed outcome code took part.
    fn evaluate(&self, forecasts: &mut Vec<ScreenForecast<'p>>) -> bool {
        let first = forecasts.len();
        let mut unconfirmed = false;
        for item in self.screen.items.iter().filter(|item| self.concerns(item)) {
            let latest = self.latest(item);
            unconfirmed |= latest.is_some_and(|l| l.unconfirmed);
            forecasts.push(self.item(item, latest));
        }
        if has_died(self.child, self.as_at) {
            for forecast in &mut forecasts[first..] {
                *forecast = closed(self.screen, forecast.condition, Status::NotRequired);
            }
            return false;
        }
        self.rerun_group(&mut forecasts[first..]);
        forecasts.extend(self.screen.follow_ups.iter().filter_map(|follow_up| self.follow_up(follow_up)));
        unconfirmed
    }

    /// Whether there is anything to say about an item: most children need no second test.
    fn concerns(&self, item: &Item) -> bool {
        item.gestation_before.is_none_or(|weeks| self.child.gestation_weeks.is_some_and(|born| born < weeks))
    }

    fn item(&self, item: &'p Item, latest: Option<Latest<'p>>) -> ScreenForecast<'p> {
        let condition = item.condition.as_deref();
        let close = |status| closed(self.screen, condition, status);
        let meaning = latest.map(|l| l.outcome.meaning);
        // What was done although it was not due counts; a card or examination as a whole says nothing of
        // what was no part of it.
        if !latest.is_some_and(|l| l.own) && !self.is_offered(item) {
            return close(Status::NotEligible);
        }
        match meaning {
            Some(Meaning::Complete) => return close(Status::Complete),
            Some(Meaning::NotOffered) => return close(Status::NotEligible),
            Some(Meaning::Contraindicated) => return close(Status::Contraindicated),
            _ => {}
        }
        let (window, standard) = self.window(item);
        match (meaning, window.status(self.as_at)) {
            (_, Status::TooLate) => close(Status::TooLate),
            (Some(Meaning::Declined), _) => close(Status::Declined),
            (Some(Meaning::Deferred), _) => close(Status::Deferred),
            (Some(Meaning::Awaited), _) => {
                // What is expected next is the outcome, by the day of the standard.
                let due = window.by.unwrap_or(window.due);
                self.open(condition, Need::Outcome, Window { due, ..window }, standard)
            }
            (Some(Meaning::Repeat), _) => {
                let asked = latest.map_or(window.due, |l| l.date);
                let due = asked.max(self.sample_counts_from(window.due));
                self.open(condition, Need::Repeat, Window { due, ..window }, standard)
            }
            _ => self.open(condition, Need::Offer, window, standard),
        }
    }

    fn open(&self, condition: Option<&'p str>, need: Need, window: Window, standard: &'p str) -> ScreenForecast<'p> {
        ScreenForecast {
            kind: self.screen.kind,
            condition,
            status: window.status(self.as_at),
            need,
            due: Some(window.due),
            breach_from: window.breach_from(),
            standard: Some(standard),
        }
    }

    /// Whether the child was ever to be offered an item.
    fn is_offered(&self, item: &Item) -> bool {
        let of_item = |d: &Dated<'_, '_>| condition_of(d.record) == item.condition.as_deref();
        item.not_for_sex.is_none_or(|sex| self.child.sex != Some(sex))
            && item.due_from.is_none_or(|day| self.due(item) >= day)
            && (!item.where_offered || self.records.iter().any(of_item))
    }

    fn due(&self, item: &Item) -> Date {
        item.due.unwrap_or(self.screen.due).after(self.birth.first)
    }

    /// When an item is due, by when, until when, and by which standard.
    fn window(&self, item: &'p Item) -> (Window, &'p str) {
        let screen = self.screen;
        let routine = self.due(item);
        let held_back = match (&screen.transfusion, self.last(Meaning::Transfused)) {
            (Some(rule), Some(transfused)) => {
                rule.wait.after(transfused).min(rule.latest.after(self.birth.first)).max(routine)
            }
            _ => routine,
        };
        let screen_by = match screen.community_by {
            Some(by) if self.last(Meaning::Community).is_some() => Some(by),
            _ => screen.by,
        };
        let before = screen.before.map(|span| span.after(self.birth.last).add_days(-1));
        let latest = item.latest.map(|span| span.after(self.birth.last)).or(before);
        let mut window =
            Window { due: held_back, by: item.by.or(screen_by).map(|span| span.after(self.birth.first)), latest };
        let mut standard = item.standard.as_str();
        if let (Some(rule), Some(told)) = (&screen.moved_in, self.last(Meaning::MovedIn)) {
            window.due = window.due.max(told);
            window.by = Some(rule.by.after(told));
            standard = &rule.standard;
        }
        (window, standard)
    }

    /// The first day, on or after a day, on which a sample is not spoilt by a transfusion.
    fn sample_counts_from(&self, day: Date) -> Date {
        match (&self.screen.transfusion, self.last(Meaning::Transfused)) {
            (Some(rule), Some(transfused)) => rule.wait.after(transfused).max(day),
            _ => day,
        }
    }

    /// A child who moved in with a gap in a group is tested again for the whole group.
    fn rerun_group(&self, forecasts: &mut [ScreenForecast<'p>]) {
        let Some(rule) = self.screen.moved_in.as_ref().filter(|_| self.last(Meaning::MovedIn).is_some()) else {
            return;
        };
        let group = |item: &&Item| item.group.as_ref() == Some(&rule.rerun_group);
        let in_group = |f: &ScreenForecast<'_>| {
            self.screen.items.iter().filter(group).any(|item| item.condition.as_deref() == f.condition)
        };
        let Some(gap) = forecasts.iter().find(|f| in_group(f) && f.due.is_some()).copied() else { return };
        for forecast in forecasts.iter_mut().filter(|f| in_group(f) && f.status == Status::Complete) {
            *forecast = ScreenForecast { condition: forecast.condition, need: Need::Repeat, ..gap };
        }
    }

    /// What follows the outcome that asks for it, unless it has taken place.
    fn follow_up(&self, follow_up: &'p FollowUp) -> Option<ScreenForecast<'p>> {
        let condition = follow_up.condition.as_str();
        let asks = |d: &&Dated<'_, '_>| d.outcome.then.as_deref() == Some(condition);
        let asked = self.records.iter().rev().find(asks)?.date;
        let answers = self.records.iter().filter(|d| condition_of(d.record) == Some(condition));
        match answers.map(|d| d.outcome.meaning).next_back() {
            Some(Meaning::Complete) => return Some(closed(self.screen, Some(condition), Status::Complete)),
            Some(Meaning::Declined) => return Some(closed(self.screen, Some(condition), Status::Declined)),
            _ => {}
        }
        let at_age = |span: Span| span.after(self.birth.first);
        let due = follow_up.due_at_age.map_or(asked, at_age).max(asked);
        let by = follow_up.by_age.map(at_age).or(follow_up.by.map(|span| span.after(asked)));
        let window = Window { due, by: by.map(|day| day.max(due)), latest: None };
        Some(self.open(Some(condition), Need::FollowUp, window, &follow_up.standard))
    }

    /// The outcome that holds for an item: the last one. A conclusive outcome is not undone by a later
    /// card that names no condition, which may have been taken for another.
    fn latest(&self, item: &Item) -> Option<Latest<'p>> {
        let mut latest: Option<Latest<'p>> = None;
        for dated in self.records {
            let condition = condition_of(dated.record);
            let own = condition.is_some();
            let for_item = match condition {
                None => item.again.is_none() || dated.date >= self.due(item),
                Some(name) if item.again.as_deref() == Some(name) => dated.date >= self.due(item),
                Some(name) => item.condition.as_deref() == Some(name),
            };
            // A card that names no condition may mean something else for this one.
            let outcome = match condition {
                Some(_) => dated.outcome,
                None => self
                    .outcomes
                    .outcome(self.screen.kind, item.condition.as_deref(), &dated.record.outcome)
                    .unwrap_or(dated.outcome),
            };
            if !for_item || !outcome.meaning.is_outcome() {
                continue;
            }
            let holds = latest.is_none_or(|before| {
                let conclusive = before.outcome.meaning == Meaning::Complete;
                let later = dated.date > before.date || outcome.meaning >= before.outcome.meaning;
                later && (own || !conclusive || outcome.meaning == Meaning::Complete)
            });
            if holds {
                let unconfirmed = outcome.is_unconfirmed(&dated.record.outcome);
                latest = Some(Latest { date: dated.date, outcome, own, unconfirmed });
            }
        }
        latest
    }

    /// The last day on which something happened.
    fn last(&self, meaning: Meaning) -> Option<Date> {
        self.records.iter().rev().find(|d| d.outcome.meaning == meaning).map(|d| d.date)
    }
}

/// A screen with which nothing more has to happen.
fn closed<'p>(screen: &Screen, condition: Option<&'p str>, status: Status) -> ScreenForecast<'p> {
    let kind = screen.kind;
    ScreenForecast { kind, condition, status, need: Need::Nothing, due: None, breach_from: None, standard: None }
}
