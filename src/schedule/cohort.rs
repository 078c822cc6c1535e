//! What a programme says for one child before any dose is looked at: ages as days, the rules that
//! apply by birth, nation, sex and risk, and school years.

use super::child::{Child, Nation, ScreenKind, Sex};
use super::programme::Programme;
use super::programme::model::{Entitled, Gate, SchoolYears, Season, Who};
use super::span::Span;
use super::vocabulary::RiskSet;
use crate::date::{Date, MAX_YEAR, PartialDate, days_in_month};
use std::cell::Cell;

/// Long before any birth.
pub(super) const NEVER: i32 = -1_000_000;

/// A day as days since 1970.
pub(super) type Day = i32;

/// The calendar day of a count of days since 1970.
pub(super) fn date_of(day: Day) -> Date {
    Date::from_days_since_1970(day).unwrap_or_else(|| Date::EPOCH.add_days(day))
}

/// The day that lies this long after another.
pub(super) fn after(day: Day, span: Span) -> Day {
    if span.months == 0 || day == NEVER {
        day + i32::from(span.days)
    } else {
        span.after(date_of(day)).days_since_1970()
    }
}

/// Whether a screening result lets a dose be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GateState {
    Waiting,
    Clear,
    Stop,
}

/// One child in one programme, apart from the doses.
pub(super) struct Cohort<'p> {
    pub(super) programme: &'p Programme,
    /// The first and last day that the birth date can mean.
    pub(super) born: (Day, Day),
    /// Year, month and day of the last day that the birth date can mean.
    birth: (i32, u32, u32),
    /// For each age of the programme, the day on which the child has surely reached it.
    reached: [Day; 64],
    /// For each age of the programme, the first day on which the child may have reached it.
    maybe_reached: [Day; 64],
    nation: Nation,
    sex: Option<Sex>,
    risks: RiskSet,
    gestation_weeks: Option<u8>,
    school: SchoolYears,
    /// The year in which the child's year of births began, moved when the recorded class differs.
    births_year: i32,
    /// For each series, a bit for each dose that is for this child.
    pub(super) doses: [u32; 32],
    /// Whether a rule turned on a sex that is not known.
    pub(super) sex_needed: Cell<bool>,
}

impl<'p> Cohort<'p> {
    /// The child in the programme; `as_at` is the day on which the recorded class holds.
    pub(super) fn new(programme: &'p Programme, child: &Child<'_>, birth: PartialDate, as_at: Date) -> Cohort<'p> {
        let (first, last) = (birth.earliest(), birth.latest());
        let reached = days_reached(&programme.ages, last);
        let maybe_reached = if first == last { reached } else { days_reached(&programme.ages, first) };
        let nation = child.nation.unwrap_or_default();
        let school = programme.school_years[nation as usize];
        let computed = starting_year(last, school.births_from);
        let mut cohort = Cohort {
            programme,
            born: (first.days_since_1970(), last.days_since_1970()),
            birth: last.parts(),
            reached,
            maybe_reached,
            nation,
            sex: child.sex,
            risks: child.risks,
            gestation_weeks: child.gestation_weeks,
            school,
            births_year: child.class.map_or(computed, |class| {
                starting_year(as_at, school.classes_from) - FIRST_CLASS_AFTER - i32::from(class.years())
            }),
            doses: [0; 32],
            sex_needed: Cell::new(false),
        };
        for (index, series) in programme.series.iter().enumerate() {
            cohort.doses[index] = series
                .doses
                .iter()
                .enumerate()
                .filter(|(_, dose)| cohort.is_for(&dose.who))
                .fold(0, |set, (place, _)| set | 1 << place);
        }
        cohort
    }

    /// The day on which the child has surely reached an age.
    pub(super) fn reached(&self, age: u8) -> Day {
        self.reached[usize::from(age & 63)]
    }

    /// The first day on which the child may have reached an age: the day after the last on which it
    /// was surely younger.
    pub(super) fn maybe_reached(&self, age: u8) -> Day {
        self.maybe_reached[usize::from(age & 63)]
    }

    /// Whether a rule is for this child. A child of unknown sex is counted in.
    pub(super) fn is_for(&self, who: &Who) -> bool {
        let fits = who.born.0 <= self.born.1
            && self.born.1 <= who.born.1
            && who.nations & Who::nation_bit(self.nation) != 0
            && (who.risks == RiskSet::default() || who.risks.meets(self.risks))
            && !who.without.meets(self.risks)
            && who.gestation_before.is_none_or(|weeks| self.gestation_weeks.is_some_and(|born_at| born_at < weeks));
        match who.sex {
            Some(_) if fits && self.sex.is_none() => {
                self.sex_needed.set(true);
                true
            }
            Some(sex) => fits && self.sex == Some(sex),
            None => fits,
        }
    }

    /// Whether a series is for this child in a season (`None` for a series without seasons).
    pub(super) fn is_entitled(&self, entitled: &Entitled, season: Option<i32>) -> bool {
        // Most entries are for one season: that is asked first.
        if season.is_some_and(|season| season < entitled.seasons.0 || entitled.seasons.1 < season) {
            return false;
        }
        let in_season = |season: i32| {
            entitled.aged == 0 && entitled.classes.is_none()
                || entitled.classes.is_some_and(|(from, to)| {
                    let class = season - self.births_year - FIRST_CLASS_AFTER;
                    i32::from(from) <= class && class <= i32::from(to)
                })
                || entitled.aged != 0 && self.aged(entitled, season)
        };
        self.is_for(&entitled.who) && season.is_none_or(in_season)
    }

    /// Whether the child has one of the ages in the year in which the season starts.
    fn aged(&self, entitled: &Entitled, season: i32) -> bool {
        let (year, month, day) = self.birth;
        // The birthday of that year by the month-end rule.
        let had_birthday = (month, day.min(days_in_month(season, month))) <= entitled.aged_on;
        let years = season - year - i32::from(!had_birthday);
        (0..32).contains(&years) && entitled.aged >> years & 1 == 1
    }

    /// The first day of a school class.
    pub(super) fn class_begins(&self, class: i8) -> Day {
        let (month, day) = self.school.classes_from;
        day_in(self.births_year + FIRST_CLASS_AFTER + i32::from(class), month, day)
    }
}

/// The day on which each age is reached, counted from one birth date.
fn days_reached(ages: &[Span], birth: Date) -> [Day; 64] {
    let (year, month, day) = birth.parts();
    let (months, born) = (year * 12 + month as i32 - 1, birth.days_since_1970());
    let mut reached = [0; 64];
    for (reached, age) in reached.iter_mut().zip(ages) {
        let from = if age.months == 0 {
            born
        } else {
            let months = (months + i32::from(age.months)).min(MAX_YEAR * 12 + 11);
            Date::clamped(months / 12, months as u32 % 12 + 1, day).days_since_1970()
        };
        *reached = from + i32::from(age.days);
    }
    reached
}

/// A child starts the first class five years after the year in which its year of births began: born
/// between 1 September 2020 and 31 August 2021, Reception from September 2025.
const FIRST_CLASS_AFTER: i32 = 5;

/// The year in which the yearly period that holds a day began.
fn starting_year(date: Date, from: (u32, u32)) -> i32 {
    let (year, month, day) = date.parts();
    if (month, day) >= from { year } else { year - 1 }
}

fn day_in(year: i32, month: u32, day: u32) -> Day {
    Date::new(year, month, day).map_or(NEVER, Date::days_since_1970)
}

/// A season that has begun or comes next, by the year in which it starts, with its first and last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeasonOn {
    pub(super) year: i32,
    pub(super) first: Day,
    pub(super) last: Day,
}

impl SeasonOn {
    /// The season to which a dose given on this day belongs: from one start to the next.
    pub(super) fn holding(season: Season, day: Day) -> SeasonOn {
        SeasonOn::starting(season, starting_year(date_of(day), season.from))
    }

    /// The season on, or else the next one.
    pub(super) fn open_or_next(season: Season, day: Day) -> SeasonOn {
        let holding = SeasonOn::holding(season, day);
        if day <= holding.last { holding } else { SeasonOn::starting(season, holding.year + 1) }
    }

    fn starting(season: Season, year: i32) -> SeasonOn {
        let first = day_in(year, season.from.0, season.from.1);
        let end_year = if season.to < season.from { year + 1 } else { year };
        SeasonOn { year, first, last: day_in(end_year, season.to.0, season.to.1) }
    }
}

/// What the child's screens say of a gate: the worst result wins.
pub(super) fn gate_state(gate: &Gate, child: &Child<'_>, as_at: Date) -> GateState {
    let mut state = GateState::Waiting;
    for screen in &child.screens {
        let known = screen.date.is_none_or(|date| date.earliest() <= as_at);
        if screen.kind != ScreenKind::BloodSpot || !known || !screen.condition.eq_ignore_ascii_case(&gate.condition) {
            continue;
        }
        // A status code stands for every code that begins with it.
        let coded = !screen.outcome.is_empty() && screen.outcome.bytes().all(|byte| byte.is_ascii_digit());
        let is = |outcomes: &[String]| {
            outcomes.iter().any(|outcome| {
                outcome.eq_ignore_ascii_case(&screen.outcome) || coded && screen.outcome.starts_with(outcome.as_str())
            })
        };
        if is(&gate.stop) {
            return GateState::Stop;
        }
        if is(&gate.clear) {
            state = GateState::Clear;
        }
    }
    state
}
