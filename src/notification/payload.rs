//! What a message says, by kind.

use crate::date::PartialDate;
use serde::{Deserialize, Serialize};

/// An identifier with the system that issued it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// Who issues it, as a URI.
    pub system: String,
    /// The value.
    pub value: String,
}

/// The content of a notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Payload {
    /// A birth.
    Birth(Birth),
    /// A new usual address; it stands in the subject, with the old postcode beside it.
    AddressChange,
    /// Demographics in full or in part: what the subject has is set, what it has cleared goes.
    Demographics,
    /// Two numbers turn out to be one person's: the subject's number stays.
    Merge {
        /// The number that ceases.
        subsumed: String,
    },
    /// A new practice, or none.
    PracticeChange(PracticeChange),
    /// A death, or the withdrawal of one.
    Death(Death),
    /// Something changed in the national record, not told what: read it again.
    RecordChange,
    /// A screening encounter, as one unit.
    Screening(Screening),
    /// A vaccination given or not given.
    Vaccination(Vaccination),
    /// A professional's contact with the child begins, changes or ends.
    Contact(Contact),
    /// A signal without content: an event about an NHS number, to be looked up.
    Signal(Signal),
}

/// Alive or stillborn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LifeStatus {
    /// Born alive.
    Live,
    /// Stillborn: before, during or undetermined in relation to labour.
    Stillborn,
}

/// A birth notification.
///
/// # Source
/// NEMS PDS Birth Notification 1; PDS FHIR create-at-birth.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Birth {
    /// Alive or stillborn, if told.
    pub life: Option<LifeStatus>,
    /// Registerable births in this delivery.
    pub births: Option<u32>,
    /// Birth weight in whole grams.
    pub weight_grams: Option<u32>,
    /// The child health organisation answerable for the child, as an ODS code.
    pub responsible_organisation: Option<String>,
    /// The partner child health organisation, as an ODS code.
    pub partner_organisation: Option<String>,
    /// Where the child was born, as an ODS code.
    pub delivery_place: Option<String>,
}

/// A change of general practice.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PracticeChange {
    /// The new practice's ODS code; `None` is a deregistration.
    pub practice: Option<String>,
    /// The practice left, where there was one.
    pub previous: Option<String>,
}

/// How firm a death notice is.
///
/// # Source
/// CareConnect-DeathNotificationStatus-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DeathStatus {
    /// Code 1.
    Informal,
    /// Code 2; also a stillbirth recorded by a maternity unit.
    Formal,
    /// Code U: an earlier notice is withdrawn, the child lives.
    Withdrawn,
}

/// A death, or the withdrawal of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Death {
    /// How firm.
    pub status: DeathStatus,
    /// The date of death, if told; never with a withdrawal.
    pub date: Option<PartialDate>,
    /// From when the notice holds.
    pub effective: Option<PartialDate>,
}

/// A newborn screening programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Programme {
    /// Newborn blood spot.
    BloodSpot,
    /// Newborn hearing.
    Hearing,
    /// Newborn and infant physical examination.
    Physical,
}

/// One result within a screening encounter.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScreenResult {
    /// The procedure or observation, a SNOMED CT code.
    pub code: String,
    /// The outcome's code, in whichever system the sender used.
    pub outcome: Option<String>,
    /// The day it was done.
    pub date: Option<PartialDate>,
}

/// A screening encounter: one unit, replaced as a whole by a later message with its identifier (the
/// notification's state key).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Screening {
    /// Which programme.
    pub programme: Programme,
    /// The results in the order of their codes; empty in a deletion.
    pub results: Vec<ScreenResult>,
}

/// A vaccination.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vaccination {
    /// Whether it was given.
    pub given: bool,
    /// Why not, as a SNOMED CT code.
    pub reason_not_given: Option<String>,
    /// The vaccination procedure, a SNOMED CT code.
    pub procedure: Option<String>,
    /// The product, a dm+d code.
    pub product: Option<String>,
    /// The day, month or year.
    pub date: Option<PartialDate>,
    /// The dose in its series, from 1.
    pub dose: Option<u32>,
    /// Target diseases, SNOMED CT codes.
    pub diseases: Vec<String>,
    /// The organisation that gave it, an ODS code.
    pub organisation: Option<String>,
}

/// A professional's involvement with the child.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contact {
    /// The kind of service, a SNOMED CT code.
    pub service: Option<String>,
    /// First day.
    pub from: Option<PartialDate>,
    /// Last day, once it has ended.
    pub to: Option<PartialDate>,
}

/// A signal about an NHS number.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signal {
    /// Where to read more, as the message gives it.
    pub focus: Option<String>,
}
