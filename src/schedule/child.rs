//! One child as the schedule sees it: no name, no number, only what decides what is due.

use super::vocabulary::{AntigenSet, ProductId, RiskSet, SeriesId};
use crate::date::{Date, PartialDate};
use crate::error::Finding;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A child with what has been given and done so far.
///
/// Made from the JSON object of the contract by [`parse_child`](super::parse_child), or by hand.
/// Text is borrowed from the input where it can be.
#[derive(Clone, Default)]
pub struct Child<'a> {
    /// The caller's own key, handed back untouched.
    pub id: Id<'a>,
    /// Day of birth (day 0); `None` when missing or unreadable.
    pub birth_date: Option<PartialDate>,
    /// Day of death, if the child has died. A stillborn child has one on or before the birth date.
    pub death_date: Option<PartialDate>,
    /// Sex as recorded; `None` when unknown.
    pub sex: Option<Sex>,
    /// The nation whose programme is followed; England when `None`.
    pub nation: Option<Nation>,
    /// The class attended on the day of evaluation, where recorded. It outranks the one computed
    /// from the birth date, since deferred and summer-born children are elsewhere.
    pub class: Option<Class>,
    /// Completed weeks of gestation at birth.
    pub gestation_weeks: Option<u8>,
    /// Risk groups that the programme knows.
    pub risks: RiskSet,
    /// Every dose recorded as given, in any order.
    pub doses: Vec<Dose<'a>>,
    /// Newborn screens.
    pub screens: Vec<Screen<'a>>,
    /// Health reviews that took place.
    pub reviews: Vec<Review<'a>>,
    /// Vitamin K given.
    pub vitamin_k: Vec<VitaminK<'a>>,
    /// Decisions recorded on a series.
    pub decisions: Vec<Decision>,
    /// The day of evaluation if the child's own object names one; it outranks the run's.
    pub as_at: Option<Date>,
    /// What was wrong with the input.
    pub findings: Vec<Finding>,
}

impl fmt::Debug for Child<'_> {
    /// Masked: counts only, since a birth date with a key identifies a child.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("doses", &self.doses.len()).finish_non_exhaustive()
    }
}

/// The caller's key of a child.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Id<'a> {
    /// No key was given.
    #[default]
    Absent,
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i64),
}

/// Sex as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// Reads the word of the contract.
    pub(super) fn parse(text: &str) -> Option<Sex> {
        match text {
            "female" => Some(Sex::Female),
            "male" => Some(Sex::Male),
            _ => None,
        }
    }
}

/// One of the four nations, each with its own programme and school years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Nation {
    /// England.
    #[default]
    England,
    /// Scotland.
    Scotland,
    /// Wales.
    Wales,
    /// Northern Ireland.
    NorthernIreland,
}

impl Nation {
    /// All four.
    pub const ALL: [Nation; 4] = [Nation::England, Nation::Scotland, Nation::Wales, Nation::NorthernIreland];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Nation::England => "england",
            Nation::Scotland => "scotland",
            Nation::Wales => "wales",
            Nation::NorthernIreland => "northern-ireland",
        }
    }

    /// Reads the word of the contract.
    pub fn parse(text: &str) -> Option<Nation> {
        Nation::ALL.into_iter().find(|nation| nation.as_str() == text)
    }
}

/// A school class as whole years since the first class of primary school: Reception and P1 are 0,
/// England's Year 8 is 8, Scotland's S1 is 7, Northern Ireland's Year 9 is 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(i8);

impl Class {
    /// The class so many years after the first one, from -5 (before school) to 20.
    pub const fn new(years: i8) -> Option<Class> {
        if -5 <= years && years <= 20 { Some(Class(years)) } else { None }
    }

    /// Reads `8`, `Y8`, `Year 8`, `Reception`, `R`, `Nursery`, `P1` to `P7` and `S1` to `S6`. A bare
    /// year number counts as the nation counts: Northern Ireland's are one ahead of England's.
    ///
    /// ```
    /// use childlink::schedule::{Class, Nation};
    /// assert_eq!(Class::parse("Year 8", Nation::England), Class::new(8));
    /// assert_eq!(Class::parse("Year 9", Nation::NorthernIreland), Class::new(8));
    /// assert_eq!(Class::parse("S1", Nation::Scotland), Class::new(7));
    /// ```
    pub fn parse(text: &str, nation: Nation) -> Option<Class> {
        let lower = text.trim().to_ascii_lowercase();
        let number = |rest: &str| rest.trim().parse::<i8>().ok();
        match lower.as_str() {
            "reception" | "r" | "rec" => return Class::new(0),
            "nursery" | "n" => return Class::new(-1),
            _ => {}
        }
        let (prefix, offset, range) = match lower.as_bytes().first()? {
            b'p' => ("p", -1, 1..=7),
            b's' => ("s", 6, 1..=6),
            _ => {
                let rest = lower.strip_prefix("year").or_else(|| lower.strip_prefix('y')).unwrap_or(&lower);
                let years = number(rest)?;
                return match nation {
                    Nation::England | Nation::Wales => Class::new(years),
                    Nation::NorthernIreland => Class::new(years.checked_sub(1)?),
                    Nation::Scotland => None,
                };
            }
        };
        let years = number(lower.strip_prefix(prefix)?)?;
        if range.contains(&years) { Class::new(years + offset) } else { None }
    }

    /// Years since the first class of primary school.
    pub const fn years(self) -> i8 {
        self.0
    }
}

/// One dose recorded as given.
#[derive(Clone)]
pub struct Dose<'a> {
    /// When; `None` when the text cannot be read.
    pub date: Option<PartialDate>,
    /// What.
    pub given: Given,
    /// The date as it was written, for the answer.
    pub date_text: Cow<'a, str>,
    /// The product as it was written, for the answer.
    pub product_text: ProductText<'a>,
}

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A product of the programme.
    Product(ProductId),
    /// Antigens without a product: a dose from abroad.
    Antigens(AntigenSet),
    /// Nothing that the programme knows.
    Unknown,
}

/// A product as it was written.
#[derive(Clone, PartialEq, Eq)]
pub enum ProductText<'a> {
    /// `"infanrix-hexa"`
    Id(Cow<'a, str>),
    /// `{"snomed": "34765811000001105"}`
    Snomed(Cow<'a, str>),
    /// `{"antigens": ["measles"]}`
    Antigens(Vec<Cow<'a, str>>),
    /// Missing or of another shape.
    Absent,
}

/// A newborn screening event.
#[derive(Clone)]
pub struct Screen<'a> {
    /// When the sample was taken or the test done.
    pub date: Option<PartialDate>,
    /// Which programme.
    pub kind: ScreenKind,
    /// The condition (`pku`, `scid`) or element (`hips`) as written; empty when not given.
    pub condition: Cow<'a, str>,
    /// The outcome as written: a word or a CHIS status code.
    pub outcome: Cow<'a, str>,
}

/// A newborn screening programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScreenKind {
    /// Newborn blood spot.
    BloodSpot,
    /// Newborn hearing.
    Hearing,
    /// Newborn and infant physical examination: within 72 hours.
    NipeNewborn,
    /// Newborn and infant physical examination: at 6 to 8 weeks.
    NipeInfant,
}

impl ScreenKind {
    /// All four.
    pub const ALL: [ScreenKind; 4] =
        [ScreenKind::BloodSpot, ScreenKind::Hearing, ScreenKind::NipeNewborn, ScreenKind::NipeInfant];

    /// The words of the contract, for a message.
    pub(super) const WORDS: &str = "blood-spot, hearing, nipe-newborn or nipe-infant";

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            ScreenKind::BloodSpot => "blood-spot",
            ScreenKind::Hearing => "hearing",
            ScreenKind::NipeNewborn => "nipe-newborn",
            ScreenKind::NipeInfant => "nipe-infant",
        }
    }

    /// Reads the word of the contract.
    pub fn parse(text: &str) -> Option<ScreenKind> {
        ScreenKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A health review that took place.
#[derive(Clone)]
pub struct Review<'a> {
    /// When.
    pub date: Option<PartialDate>,
    /// Which review, as written.
    pub kind: Cow<'a, str>,
}

/// Vitamin K given.
#[derive(Clone)]
pub struct VitaminK<'a> {
    /// When.
    pub date: Option<PartialDate>,
    /// The route as written: `im` or `oral`.
    pub route: Cow<'a, str>,
}

/// A recorded decision on one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The series it concerns.
    pub series: SeriesId,
    /// What was decided.
    pub kind: DecisionKind,
    /// The first day on which it no longer holds; open-ended when `None`.
    pub until: Option<Date>,
}

/// What was decided on a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionKind {
    /// The offer was refused.
    Refused,
    /// It must not be given.
    Contraindicated,
    /// The child is immune.
    Immune,
    /// Put off.
    Deferred,
}

impl DecisionKind {
    /// Reads the word of the contract.
    pub fn parse(text: &str) -> Option<DecisionKind> {
        match text {
            "refused" => Some(DecisionKind::Refused),
            "contraindicated" => Some(DecisionKind::Contraindicated),
            "immune" => Some(DecisionKind::Immune),
            "deferred" => Some(DecisionKind::Deferred),
            _ => None,
        }
    }
}
