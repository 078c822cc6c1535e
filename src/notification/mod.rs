//! What arrives from outside about a child: births, moves, deaths, screening results, vaccinations.
//!
//! A [`Notification`] is a message understood: who it is about, what it says, how it is told apart
//! from a repeat, and how it stands in order to others about the same thing. Reading bytes is the
//! work of `exchange`; [`Notifications`] keeps them and changes the index.

mod apply;
mod death;
mod fact;
mod ledger;
mod memo;
mod merge;
mod payload;
mod person;
mod ruling;
mod settlement;
mod subject;

pub use apply::{Notifications, SOURCE};
pub use fact::{Content, Fact, RESULTS_DISAGREE};
pub use ledger::{CONFLICT, Ledger, Receipt, Standing};
pub use person::Person;

pub use payload::{
    Birth, Contact, Death, DeathStatus, Identifier, LifeStatus, Payload, PracticeChange, Programme, ScreenResult,
    Screening, Signal, Vaccination,
};
pub use settlement::{
    BIRTH_WITHOUT_NUMBER, MERGE_IN_DOUBT, Queued, RESTRICTED, Recognised, Settlement, UNKNOWN_CHILD, WHICH_CHILD,
};
pub use subject::Subject;

use crate::error::{Code, Finding, Severity};
use serde::{Deserialize, Serialize};

/// By which way a message came. The same result by two channels is one result with two sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// National Events Management Service, FHIR STU3.
    Nems,
    /// Multicast Notification Service, signals.
    Mns,
    /// Personal Demographics Service, FHIR R4 birth bundle.
    Pds,
    /// Immunisation FHIR API, one resource.
    ImmsFhir,
    /// Immunisation batch file.
    ImmsBatch,
    /// HL7 version 2 ADT.
    Hl7v2,
    /// A screening laboratory's own report.
    Laboratory,
}

impl Channel {
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Nems => "nems",
            Channel::Mns => "mns",
            Channel::Pds => "pds",
            Channel::ImmsFhir => "imms-fhir",
            Channel::ImmsBatch => "imms-batch",
            Channel::Hl7v2 => "hl7v2",
            Channel::Laboratory => "laboratory",
        }
    }
}

/// What a message does to the thing it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    /// States it; a later `new` with the same identifier corrects it.
    New,
    /// States it again in full.
    Update,
    /// Withdraws it. May come without a patient.
    Delete,
}

/// Tells one message from another. A repeat has all parts alike; the same id over another body is a
/// conflict for a person, since publishers have been seen to reuse ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageKey {
    /// By which way it came.
    pub channel: Channel,
    /// Who sent it: an organisation code, address or system name.
    pub source: String,
    /// The event code in the current generation of codes.
    pub event: String,
    /// The message's own id.
    pub id: String,
    /// SHA-256 of the body in canonical form: white space, XML or JSON make no difference.
    pub digest: [u8; 32],
}

/// The thing a message is about: of two messages with one state key the later replaces the earlier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateKey {
    /// The event code: one identifier value is seen under several events.
    pub event: String,
    /// The identifier's system; the NHS number's for events about the person.
    pub system: String,
    /// The identifier's value.
    pub value: String,
}

/// Which of two messages about one thing holds: the greater. `last_updated` decides, then
/// `version`, then `timestamp`, then the digest, so that any two machines agree.
///
/// # Source
/// NEMS, generic event requirements: meta.lastUpdated is the ordering key; neither NEMS nor MESH
/// promises order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Order {
    /// meta.lastUpdated, microseconds since 1970.
    pub last_updated: Option<i64>,
    /// meta.versionId.
    pub version: Option<u64>,
    /// When it was sent, microseconds since 1970.
    pub timestamp: Option<i64>,
    /// The body's digest.
    pub digest: [u8; 32],
}

/// A message understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Tells it from others.
    pub key: MessageKey,
    /// The thing it is about.
    pub state: StateKey,
    /// How it stands to others about that thing.
    pub order: Order,
    /// What it does.
    pub action: Action,
    /// The child, as far as the message says. For a birth the baby, with the mother's details in the
    /// mother's columns.
    pub subject: Subject,
    /// What it says.
    pub payload: Payload,
    /// What looked wrong.
    pub findings: Vec<Finding>,
}

/// The header and the patient in the body name different people.
pub static HEADER_DISAGREES: Code = Code::new(
    "notification/header-disagrees",
    Severity::Warning,
    "the message header and the patient in the message disagree",
    "a person must say which child is meant",
);
/// A time's offset does not exist.
pub static BAD_OFFSET: Code = Code::new(
    "notification/bad-offset",
    Severity::Warning,
    "a time has an offset from UTC that does not exist; its date was used, its time was not",
    "tell the sender",
);
/// No lastUpdated where the event requires one.
pub static NO_LAST_UPDATED: Code = Code::new(
    "notification/no-last-updated",
    Severity::Note,
    "the message does not say when its content last changed",
    "its order to others was taken from its version and time of sending",
);
/// The NHS number is there but not verified.
pub static NUMBER_NOT_VERIFIED: Code = Code::new(
    "notification/number-not-verified",
    Severity::Warning,
    "the NHS number's status is not 01, present and verified",
    "the number counts as unverified in matching",
);
/// The mother was found by elimination.
pub static RELATION_CODE: Code = Code::new(
    "notification/relation-code",
    Severity::Note,
    "mother and baby are not related by the code NMTH that the event requires",
    "the baby was reached through the mother's link all the same",
);
/// A death before the birth.
pub static DEATH_BEFORE_BIRTH: Code = Code::new(
    "notification/death-before-birth",
    Severity::Warning,
    "the date of death lies before the date of birth",
    "a person must check both against the source record",
);
