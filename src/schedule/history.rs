//! What has been given so far, as the rules see it: counts, last days, and facts of the history.

use super::cohort::{Cohort, Day, NEVER, SeasonOn};
use super::programme::model::{Fact, Series, When};
use super::vocabulary::{AntigenSet, SeriesId};

/// The history of one child up to some day. Small and copied freely, so that visits can be tried out.
#[derive(Clone, Copy)]
pub(super) struct History {
    /// The last day on which each antigen was given, valid or not.
    last_given: [Day; 32],
    /// For each fact of the programme, how many doses made it true.
    had: [u8; 32],
    series: [Progress; 32],
}

/// How far a series has come.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    /// The next dose of the series that can still be filled.
    pub(super) next: u8,
    /// Valid doses; in a yearly series, of its season.
    pub(super) counted: u8,
    /// Whether the one tolerated early dose has been used.
    pub(super) tolerated: bool,
    /// In a yearly series: given in an earlier season.
    pub(super) earlier_season: bool,
    /// In a yearly series: the season of the counts.
    season: i32,
}

impl History {
    pub(super) const EMPTY: History = History {
        last_given: [NEVER; 32],
        had: [0; 32],
        series: [Progress { next: 0, counted: 0, tolerated: false, earlier_season: false, season: NEVER }; 32],
    };

    /// The last day on which any of these antigens was given.
    pub(super) fn last_given(&self, antigens: AntigenSet) -> Day {
        antigens.indices().map(|index| self.last_given[usize::from(index)]).max().unwrap_or(NEVER)
    }

    /// How far a series has come; a yearly one starts anew each season.
    pub(super) fn progress(&self, id: SeriesId, season: Option<SeasonOn>) -> Progress {
        let progress = self.series[id.index()];
        match season {
            Some(on) if on.year != progress.season => Progress {
                next: 0,
                counted: 0,
                earlier_season: progress.earlier_season || progress.season != NEVER,
                season: on.year,
                ..progress
            },
            _ => progress,
        }
    }

    /// Notes that a dose filled a place of a series.
    pub(super) fn count(&mut self, id: SeriesId, season: Option<SeasonOn>, filled: u8, tolerated: bool) {
        let progress = self.progress(id, season);
        self.series[id.index()] = Progress {
            next: filled + 1,
            counted: progress.counted.saturating_add(1),
            tolerated: progress.tolerated || tolerated,
            ..progress
        };
    }

    /// Notes that a dose was given, whatever it counts for. `first` and `last` are the days that its
    /// date can mean.
    pub(super) fn note(&mut self, cohort: &Cohort<'_>, antigens: AntigenSet, first: Day, last: Day) {
        for index in antigens.indices() {
            let known = &mut self.last_given[usize::from(index)];
            *known = (*known).max(last);
        }
        for (count, had) in self.had.iter_mut().zip(&cohort.programme.had) {
            let old_enough = had.from_age.is_none_or(|age| cohort.reached(age) <= first);
            let young_enough = had.before_age.is_none_or(|age| last < cohort.maybe_reached(age));
            if antigens.meets(had.antigen) && last <= had.to && old_enough && young_enough {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Whether the history is as a rule asks.
    pub(super) fn is(&self, when: &When) -> bool {
        when.all_of.iter().all(|fact| self.holds(fact)) && !self.has_any(&when.none_of)
    }

    /// Whether any of these facts has come true.
    pub(super) fn has_any(&self, facts: &[Fact]) -> bool {
        facts.iter().any(|fact| self.holds(fact))
    }

    fn holds(&self, fact: &Fact) -> bool {
        match *fact {
            Fact::Had(place, doses) => self.had.get(usize::from(place)).is_some_and(|given| *given >= doses),
            Fact::Counted(series, doses) => self.counted(series) >= doses,
        }
    }

    /// Valid doses in a series.
    pub(super) fn counted(&self, series: SeriesId) -> u8 {
        self.series[series.index()].counted
    }

    /// The first day after a live vaccine on which its partner in this series may be given, if one
    /// of the pair was given. On the day itself they go together where the pair allows.
    pub(super) fn live_gap_ends(&self, cohort: &Cohort<'_>, series: &Series, on: Day) -> Day {
        let mut earliest = NEVER;
        for pair in &cohort.programme.live_pairs {
            for (mine, theirs) in [(pair.one, pair.other), (pair.other, pair.one)] {
                let last = if series.needs.meets(mine) { self.last_given(theirs) } else { NEVER };
                if last != NEVER && !(pair.same_day_allowed && last == on) {
                    earliest = earliest.max(last + pair.gap_days);
                }
            }
        }
        earliest
    }
}
