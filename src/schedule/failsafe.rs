//! The days by which a screen or review is judged: due, breached, too late.

use super::child::Child;
use super::status::Status;
use crate::date::Date;

/// The days that matter to one screen or review of one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The day on which it falls due.
    pub(super) due: Date,
    /// The last day that meets the standard, where there is one.
    pub(super) by: Option<Date>,
    /// The last day on which it is offered, where there is one.
    pub(super) latest: Option<Date>,
}

impl Window {
    /// The first day on which the standard is breached.
    pub(super) fn breach_from(self) -> Option<Date> {
        self.by.map(|by| by.add_days(1))
    }

    /// Where something not yet done stands on a day.
    pub(super) fn status(self, as_at: Date) -> Status {
        if self.latest.is_some_and(|latest| as_at > latest) {
            Status::TooLate
        } else if as_at < self.due {
            Status::NotYetDue
        } else if self.by.is_some_and(|by| as_at > by) {
            Status::Overdue
        } else {
            Status::Due
        }
    }
}

/// The day of birth as far as it is known: the first and the last day that it can be. Due days count
/// from the first, so that nobody is forgotten; last days from the last, so that nobody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Birth {
    pub(super) first: Date,
    pub(super) last: Date,
}

impl Birth {
    /// The day from which corrected age counts, for a child born after so many completed weeks of
    /// gestation: 40 weeks of gestation, or birth if that is later.
    pub(super) fn corrected(self, gestation_weeks: Option<u8>) -> Birth {
        let early = gestation_weeks.map_or(0, |weeks| 40 - i32::from(weeks).min(40));
        Birth { first: self.first.add_weeks(early), last: self.last.add_weeks(early) }
    }
}

/// Whether the child has died by a day, or was stillborn.
pub(super) fn has_died(child: &Child<'_>, as_at: Date) -> bool {
    child.death_date.is_some_and(|day| day.earliest() <= as_at)
}
