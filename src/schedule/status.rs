//! The words of an answer: status of a series, verdict on a dose, and the reasons for a verdict.

/// Where a series, screen or review stands for one child on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Every dose that this child needs has been given and counts.
    Complete,
    /// May be given, and the recommended day has come.
    Due,
    /// Due, and the day from which the programme calls it overdue has come.
    Overdue,
    /// The recommended day lies ahead.
    NotYetDue,
    /// The child was entitled; the last day on which it may be given has passed.
    TooLate,
    /// The child was never entitled.
    NotEligible,
    /// The need is met in another way, has been superseded, or the child has died.
    NotRequired,
    /// A clinician has recorded that it must not be given.
    Contraindicated,
    /// The offer was refused. The forecast goes on, since a refusal does not end entitlement.
    Declined,
    /// Put off until a recorded day.
    Deferred,
    /// Waits for something else, such as a screening result.
    Blocked,
    /// The child is recorded as immune.
    Immune,
}

impl Status {
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::Due => "due",
            Status::Overdue => "overdue",
            Status::NotYetDue => "not-yet-due",
            Status::TooLate => "too-late",
            Status::NotEligible => "not-eligible",
            Status::NotRequired => "not-required",
            Status::Contraindicated => "contraindicated",
            Status::Declined => "declined",
            Status::Deferred => "deferred",
            Status::Blocked => "blocked",
            Status::Immune => "immune",
        }
    }

    /// Whether something is to be given or done now: `due` or `overdue`.
    pub const fn is_due(self) -> bool {
        matches!(self, Status::Due | Status::Overdue)
    }
}

/// What one given dose counts for in one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It counts.
    Valid,
    /// It does not count; the next interval is still measured from it.
    Invalid,
    /// It was not needed: harmless, and counts for nothing.
    Extra,
}

impl Verdict {
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Extra => "extra",
        }
    }
}

/// Why a dose got its verdict: stable codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Valid: old enough, far enough from the dose before, and needed.
    Counts,
    /// Valid together with other vaccines of the same day (a course given abroad as single vaccines).
    CountsWithSameDay,
    /// Valid by the reading that we follow, but the sources leave room for another: see the findings.
    CountsUnconfirmed,
    /// Invalid: before the minimum age of the dose.
    TooYoung,
    /// Invalid: on or after the age at which the vaccine is no longer given.
    TooOld,
    /// Invalid: too soon after the dose before, valid or not.
    IntervalTooShort,
    /// Invalid: too near another live vaccine of a pair that must be kept apart.
    LiveVaccineInterval,
    /// Invalid: the product is not for this age.
    WrongProductForAge,
    /// Invalid: lacks an antigen that the dose needs.
    AntigensMissing,
    /// Invalid: an earlier step is not finished (a booster before the primary course).
    CourseNotReady,
    /// Invalid: dated before birth.
    BeforeBirth,
    /// Invalid: dated after the day of evaluation.
    FutureDate,
    /// Invalid: only part of the date is known, and the dose does not count on every day it can mean.
    DateIncomplete,
    /// Invalid: the date cannot be read.
    DateUnreadable,
    /// Invalid: the product is not known.
    UnknownProduct,
    /// Invalid: the child's birth date is not known.
    BirthDateNeeded,
    /// Extra: the course was complete.
    CourseComplete,
    /// Extra: the same dose recorded twice, on one day or a day apart.
    RecordedTwice,
    /// Extra: the child was not entitled to it in this programme (given abroad, privately or in a pilot).
    OutsideProgramme,
}

impl Reason {
    /// The code used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Counts => "counts",
            Reason::CountsWithSameDay => "counts-with-same-day",
            Reason::CountsUnconfirmed => "counts-unconfirmed",
            Reason::TooYoung => "too-young",
            Reason::TooOld => "too-old",
            Reason::IntervalTooShort => "interval-too-short",
            Reason::LiveVaccineInterval => "live-vaccine-interval",
            Reason::WrongProductForAge => "wrong-product-for-age",
            Reason::AntigensMissing => "antigens-missing",
            Reason::CourseNotReady => "course-not-ready",
            Reason::BeforeBirth => "before-birth",
            Reason::FutureDate => "future-date",
            Reason::DateIncomplete => "date-incomplete",
            Reason::DateUnreadable => "date-unreadable",
            Reason::UnknownProduct => "unknown-product",
            Reason::BirthDateNeeded => "birth-date-needed",
            Reason::CourseComplete => "course-complete",
            Reason::RecordedTwice => "recorded-twice",
            Reason::OutsideProgramme => "outside-programme",
        }
    }

    /// The verdict that goes with it.
    pub const fn verdict(self) -> Verdict {
        match self {
            Reason::Counts | Reason::CountsWithSameDay | Reason::CountsUnconfirmed => Verdict::Valid,
            Reason::CourseComplete | Reason::RecordedTwice | Reason::OutsideProgramme => Verdict::Extra,
            _ => Verdict::Invalid,
        }
    }
}
