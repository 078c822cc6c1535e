//! The findings of the schedule.

use crate::error::{Code, Severity};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $message:literal, $hint:literal;)*) => {
        $($(#[$doc])* pub static $name: Code = Code::new($id, Severity::$severity, $message, $hint);)*
    };
}

codes! {
    /// No birth date, or none that can be read.
    BIRTH_DATE_NEEDED = "schedule/birth-date-needed", Fault,
        "there is no readable birth date, so no date can be worked out",
        "find the birth date in the source record";
    /// Only part of the birth date is known.
    BIRTH_DATE_PARTIAL = "schedule/birth-date-partial", Warning,
        "only part of the birth date is known; minimum ages are counted from the last day it can mean and cut-offs from the first",
        "find the full birth date in the source record";
    /// The birth date lies after the day of evaluation.
    BIRTH_AFTER_AS_AT = "schedule/birth-after-as-at", Warning,
        "the birth date lies after the day of evaluation",
        "check the birth date and the as-at date";
    /// The death date lies before the birth date.
    DEATH_BEFORE_BIRTH = "schedule/death-before-birth", Warning,
        "the death date lies before the birth date; the child is taken to have died",
        "check both dates against the source record";
    /// A key that the contract does not have.
    KEY_UNKNOWN = "schedule/key-unknown", Warning,
        "an object has a key that the contract does not know, and what stands under it counts for nothing",
        "check how the key is spelled, or leave it out";
    /// The death date cannot be read.
    DEATH_DATE_UNREADABLE = "schedule/death-date-unreadable", Fault,
        "there is a death date that cannot be read; the child is taken to have died, so that nobody writes to the family",
        "correct the death date in the source record, or remove it if the child lives";
    /// No nation was given.
    NATION_ASSUMED = "schedule/nation-assumed", Note,
        "no nation was given; England's programme was used",
        "give the nation whose programme the child follows";
    /// The nation is none that we know.
    NATION_UNKNOWN = "schedule/nation-unknown", Warning,
        "the nation is not known; England's programme was used",
        "write england, scotland, wales or northern-ireland";
    /// The sources do not confirm every date for this nation.
    NATION_UNCONFIRMED = "schedule/nation-unconfirmed", Note,
        "the sources read do not confirm that every birth-date boundary of this nation equals England's",
        "check against the nation's own schedule before acting on a boundary";
    /// The sex is missing or unknown, and a rule turns on it.
    SEX_NEEDED = "schedule/sex-needed", Note,
        "sex is not known; the child was counted in for rules that turn on it",
        "record the child's sex";
    /// A field has a value of the wrong type or one that cannot be read.
    FIELD_UNREADABLE = "schedule/field-unreadable", Fault,
        "the value cannot be read and counts as missing",
        "write it as the contract says";
    /// The class attended cannot be read.
    YEAR_GROUP_UNREADABLE = "schedule/year-group-unreadable", Warning,
        "the year group cannot be read; the one that follows from the birth date was used",
        "write a number, or a name such as Reception, Year 8, P7 or S1";
    /// A risk group that the programme does not know.
    RISK_GROUP_UNKNOWN = "schedule/risk-group-unknown", Warning,
        "a risk group is not known to the programme and was left out",
        "use a risk group listed in the programme file";
    /// A dose whose product is not known.
    PRODUCT_UNKNOWN = "schedule/product-unknown", Fault,
        "the product of a dose is not known, so it counts for nothing",
        "use a product id or SNOMED code of the programme, or name the antigens";
    /// A product that a procedure code names only by its disease.
    ANTIGEN_UNKNOWN = "schedule/antigen-unknown", Warning,
        "an antigen of a dose is not known to the programme and was left out",
        "use the antigens listed in the programme file";
    /// A dose whose date cannot be read.
    DOSE_DATE_UNREADABLE = "schedule/dose-date-unreadable", Fault,
        "the date of a dose cannot be read, so it counts for nothing",
        "find the date in the source record";
    /// A dose of which only month or year is known.
    DOSE_DATE_PARTIAL = "schedule/dose-date-partial", Warning,
        "only part of the date of a dose is known; it counts only if it would on every day it can mean",
        "find the full date in the source record";
    /// A dose dated before birth.
    DOSE_BEFORE_BIRTH = "schedule/dose-before-birth", Fault,
        "a dose is dated before birth",
        "check the date, and that the dose is not the mother's or another child's";
    /// A dose dated after the day of evaluation.
    DOSE_IN_FUTURE = "schedule/dose-in-future", Fault,
        "a dose is dated after the day of evaluation",
        "check the date; an appointment is not a dose";
    /// A dose too early by no more than the tolerance that the sources leave open.
    DOSE_NEARLY_IN_TIME = "schedule/dose-nearly-in-time", Note,
        "a dose was early by no more than a week; guidance is recalled to let one such primary dose count, but that text is not confirmed, so it was not counted",
        "have a clinician decide whether the dose stands";
    /// A dose that looks like another one.
    DOSE_RECORDED_TWICE = "schedule/dose-recorded-twice", Warning,
        "a dose looks like another one recorded twice (same day, or same product a day apart); it was counted once",
        "compare the two entries with their sources";
    /// A decision on a series that the programme does not know, or of a kind that is not known.
    DECISION_UNKNOWN = "schedule/decision-unknown", Warning,
        "a decision names an unknown series or status and was left out",
        "use a series id and refused, contraindicated, immune or deferred";
    /// A screen of a kind that is not known.
    SCREEN_UNKNOWN = "schedule/screen-unknown", Warning,
        "a screen is of an unknown kind and was left out",
        "write blood-spot, hearing, nipe-newborn or nipe-infant";
    /// A screen that is not listed for the nation.
    SCREEN_NOT_LISTED = "schedule/screen-not-listed", Note,
        "no source read confirms this screen for the nation, so it is not listed and the record counts for nothing",
        "follow the nation's own programme";
    /// An outcome that is no known code or word.
    SCREEN_OUTCOME_UNKNOWN = "schedule/screen-outcome-unknown", Warning,
        "the outcome of a screen is not known, so it counts for nothing and the screen stays open",
        "use a status code or a word listed in docs/screens.md";
    /// A condition that the screen does not have.
    SCREEN_CONDITION_UNKNOWN = "schedule/screen-condition-unknown", Warning,
        "a screen names a condition that it does not have, so the record counts for nothing",
        "use a condition listed in docs/screens.md, or leave it out for the whole card";
    /// A review that the nation does not have.
    REVIEW_UNKNOWN = "schedule/review-unknown", Warning,
        "a review is of a kind that the nation does not have and was left out",
        "use a kind listed in docs/reviews.md";
    /// A vitamin K route that is not known.
    VITAMIN_K_ROUTE_UNKNOWN = "schedule/vitamin-k-route-unknown", Warning,
        "the route of a vitamin K dose is not known, so it counts for nothing",
        "write im or oral";
    /// No source confirms the reviews of this nation.
    REVIEWS_UNCONFIRMED = "schedule/reviews-unconfirmed", Note,
        "no source read confirms the reviews of this nation, so none is listed",
        "follow the nation's own programme";
    /// A rule whose source is not sure took part in the answer.
    UNCONFIRMED = "schedule/unconfirmed", Note,
        "an unconfirmed rule took part in this answer; `rule` names it",
        "have a clinician check the rule against the current guidance";
    /// The answer has days from which doses count as overdue, and no source says which these are.
    OVERDUE_UNCONFIRMED = "schedule/overdue-unconfirmed", Note,
        "no national definition says from when a dose is overdue; every `overdue_from` is the programme file's own choice, unconfirmed",
        "agree locally from when a dose counts as overdue";
    /// The programme has not been reviewed for more than 12 months.
    PROGRAMME_STALE = "schedule/programme-stale", Warning,
        "the programme was last reviewed more than 12 months before the day of evaluation",
        "use a newer programme file, or have this one reviewed";
    /// A day of evaluation before the programme begins.
    BEFORE_PROGRAMME = "schedule/before-programme", Warning,
        "the child was born before the first birth date that the programme covers",
        "use a programme file that covers the birth date";
    /// The line is no JSON object of the contract.
    LINE_UNREADABLE = "schedule/line-unreadable", Fault,
        "the line is not one JSON object",
        "write one child's object on each line";
    /// The object has a birth date but no day of evaluation can be read.
    AS_AT_UNREADABLE = "schedule/as-at-unreadable", Fault,
        "the as_at date of the object cannot be read; the run's was used",
        "write it as YYYY-MM-DD";
}
