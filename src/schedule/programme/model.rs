//! A programme as the engine runs it: every name a small number, every set a bit set.

use crate::date::Date;
use crate::schedule::Span;
use crate::schedule::child::{Nation, Sex};
use crate::schedule::packed::day;
use crate::schedule::vocabulary::{AntigenSet, RiskSet, SeriesId, SeriesSet};
use serde::{Deserialize, Serialize};

/// The place of an age among the distinct ages of a programme.
pub(crate) type AgeIndex = u8;

/// What the engine needs of one product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    /// What is in it, with what that counts as.
    pub(crate) antigens: AntigenSet,
    /// The series it is made for: each of them gets a verdict.
    pub(crate) own: SeriesSet,
    /// It is the wrong product before this age.
    pub(crate) from_age: Option<AgeIndex>,
}

/// One antigen that also counts as another, perhaps only before a day (oral polio vaccine).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct CountsAs {
    pub(crate) antigen: AntigenSet,
    pub(crate) counts_as: AntigenSet,
    /// The last day on which it does, in days since 1970.
    pub(crate) to: i32,
    /// A dose with it is pointed out, whatever it counts as.
    pub(crate) unconfirmed: bool,
}

/// Two live vaccines that must be kept apart.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LivePair {
    pub(crate) one: AntigenSet,
    pub(crate) other: AntigenSet,
    pub(crate) gap_days: i32,
    pub(crate) same_day_allowed: bool,
}

/// How many gates a programme may have.
pub(crate) const MOST_GATES: usize = 8;

/// A screening result that a dose waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gate {
    pub(crate) condition: String,
    /// Outcomes that let the dose be given.
    pub(crate) clear: Vec<String>,
    /// Outcomes that forbid it.
    pub(crate) stop: Vec<String>,
}

/// How a nation counts its school years.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SchoolYears {
    /// The month and day on which a year of births begins.
    pub(crate) births_from: (u32, u32),
    /// The month and day on which a class begins.
    pub(crate) classes_from: (u32, u32),
    /// Whether the sources confirm the nation's birth-date boundaries.
    pub(crate) confirmed: bool,
}

/// Which children a rule is for. What is not said does not limit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Who {
    /// First and last birth date, days since 1970.
    pub(crate) born: (i32, i32),
    /// A bit for each nation.
    pub(crate) nations: u8,
    pub(crate) sex: Option<Sex>,
    /// At least one of these, unless empty.
    pub(crate) risks: RiskSet,
    /// None of these.
    pub(crate) without: RiskSet,
    /// Born before this many completed weeks of gestation.
    pub(crate) gestation_before: Option<u8>,
}

impl Default for Who {
    fn default() -> Self {
        Who {
            born: (i32::MIN, i32::MAX),
            nations: 0xF,
            sex: None,
            risks: RiskSet::default(),
            without: RiskSet::default(),
            gestation_before: None,
        }
    }
}

impl Who {
    pub(crate) const fn nation_bit(nation: Nation) -> u8 {
        1 << nation as u8
    }
}

/// Something about the history so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fact {
    /// At least so many doses of a place in [`super::Programme::had`].
    Had(u8, u8),
    /// At least so many valid doses in a series.
    Counted(SeriesId, u8),
}

/// A dose with this antigen, given within these days and ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Had {
    pub(crate) antigen: AntigenSet,
    /// Last day, days since 1970.
    pub(crate) to: i32,
    pub(crate) from_age: Option<AgeIndex>,
    pub(crate) before_age: Option<AgeIndex>,
}

/// When in the history and calendar a rule holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct When {
    pub(crate) all_of: Vec<Fact>,
    pub(crate) none_of: Vec<Fact>,
}

/// The days on which something is offered, both ends included, in days since 1970.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Offered {
    pub(crate) from: i32,
    pub(crate) to: i32,
}

impl Default for Offered {
    fn default() -> Self {
        Offered { from: i32::MIN, to: i32::MAX }
    }
}

/// When a dose is recommended: the first entry of a dose that holds decides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recommended {
    pub(crate) who: Who,
    pub(crate) when: When,
    pub(crate) offered: Offered,
    pub(crate) at: Moment,
    /// Recommended gap after the last dose given.
    pub(crate) gap: Span,
    pub(crate) unconfirmed: bool,
}

/// A recommended time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Moment {
    Age(AgeIndex),
    /// The first day of this school class.
    Class(i8),
    /// The first day of the season.
    Season,
}

/// One dose of a series: what makes it count, and when it is recommended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dose {
    pub(crate) rule: Rule,
    pub(crate) who: Who,
    pub(crate) when: When,
    pub(crate) offered: Offered,
    pub(crate) recommended: Vec<Recommended>,
    pub(crate) from_age: AgeIndex,
    /// No source confirms `from_age`: a dose turned down for it is pointed out.
    pub(crate) from_age_unconfirmed: bool,
    pub(crate) before_age: Option<AgeIndex>,
    /// Minimum gap after the last dose given, valid or not.
    pub(crate) gap: Span,
    pub(crate) also_needs: AntigenSet,
    pub(crate) not_with: AntigenSet,
    /// An earlier course must have so many valid doses.
    pub(crate) requires: Option<(SeriesId, u8)>,
    /// When the child is too old for this dose, no later one is given either.
    pub(crate) ends_series: bool,
    pub(crate) overdue_after: Span,
    /// A place in [`super::Programme::gates`]: may not be given before the result is clear.
    pub(crate) waits_for: Option<u8>,
    /// A place in [`super::Programme::gates`]: must not be given after a stopping result.
    pub(crate) stopped_by: Option<u8>,
    /// Counts, but only by one reading, when under this age and this soon after the dose before.
    pub(crate) doubtful: Option<(AgeIndex, Span)>,
    /// The part of each year in which it can be given: first and last month and day.
    pub(crate) between: Option<((u32, u32), (u32, u32))>,
    /// In a yearly series: only in the first season in which the child has it.
    pub(crate) first_season_only: bool,
    /// The need arises only in a child who has reached this age.
    pub(crate) arises_at: Option<AgeIndex>,
}

/// The name and source of a rule as they appear in an answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) unconfirmed_name: String,
    pub(crate) source: String,
    pub(crate) unconfirmed: bool,
}

impl Rule {
    /// The name, marked when the rule or what it was combined with is unconfirmed.
    pub(crate) fn text(&self, unconfirmed: bool) -> &str {
        if unconfirmed || self.unconfirmed { &self.unconfirmed_name } else { &self.name }
    }
}

/// Which children a series is for. A series without any is for everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entitled {
    pub(crate) rule: Rule,
    pub(crate) who: Who,
    /// First and last season, by the year in which it starts.
    pub(crate) seasons: (i32, i32),
    /// Ages in whole years on `aged_on` (a bit each), or none.
    pub(crate) aged: u32,
    pub(crate) aged_on: (u32, u32),
    /// First and last school class, or none.
    pub(crate) classes: Option<(i8, i8)>,
    pub(crate) from_age: Option<AgeIndex>,
    pub(crate) before_age: Option<AgeIndex>,
}

/// The yearly season of a series: first and last month and day.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Season {
    pub(crate) from: (u32, u32),
    pub(crate) to: (u32, u32),
}

/// A dose slightly too early, which may count once in a course.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Tolerance {
    pub(crate) days: i32,
    pub(crate) applies: bool,
}

/// A series of doses against one disease or group of diseases.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Series {
    /// What lists call it: `MMR or MMRV`.
    pub(crate) short: String,
    /// A dose serves the series when it has all of these.
    pub(crate) needs: AntigenSet,
    /// And none of these.
    pub(crate) not_with: AntigenSet,
    /// Gaps are measured from the last dose with any of these.
    pub(crate) gap_after: AntigenSet,
    /// What is given for it, when a visit is planned.
    pub(crate) gives: AntigenSet,
    /// A dose that counts in one of these does not count here.
    pub(crate) apart_from: SeriesSet,
    pub(crate) entitled: Vec<Entitled>,
    pub(crate) doses: Vec<Dose>,
    pub(crate) season: Option<Season>,
    pub(crate) tolerance: Option<Tolerance>,
    /// Rules for answers that no single dose decides.
    pub(crate) eligibility: Rule,
    pub(crate) complete: Rule,
}

/// Where a programme comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Stable id (`uk-immunisation`).
    pub id: String,
    /// What it is, in words.
    pub title: String,
    /// Edition of the file.
    pub version: String,
    /// The day on which its content was last checked against its sources.
    #[serde(with = "day")]
    pub reviewed: Date,
    /// The first birth date that it covers.
    #[serde(with = "day")]
    pub covers_births_from: Date,
}
