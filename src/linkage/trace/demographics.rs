//! The fields of one record as the steps compare them.

use crate::date::PartialDate;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::identity::postcode::Postcode;
use crate::identity::raw::{DateOrder, RawFields};
use crate::identity::sex::Sex;
use crate::identity::{birth_date, written_date};

/// Names that belong together, in upper case and without the characters that the service deletes; empty if absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameSet {
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Other given names.
    pub other: String,
}

/// Gender as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// 1.
    Male,
    /// 2.
    Female,
    /// 0, 9 or another code: given, and neither of the two.
    Other,
}

/// One record, prepared.
#[derive(Clone, Debug)]
pub struct Demographics {
    /// A valid NHS number.
    pub nhs_number: Option<NhsNumber>,
    /// The names.
    pub names: NameSet,
    /// An earlier family name, in the form of the others; empty if absent.
    pub previous_family: String,
    /// Gender, if it is given at all.
    pub gender: Option<Gender>,
    /// Birth date, perhaps in part.
    pub birth_date: Option<PartialDate>,
    /// Death date, perhaps in part.
    pub death_date: Option<PartialDate>,
    /// Postcode with one space, or the part of one that was given; empty if absent.
    pub postcode: String,
    /// An earlier postcode.
    pub previous_postcode: String,
    /// General practice; empty if absent.
    pub practice: String,
}

/// What the service deletes from names and other fields.
///
/// # Source
/// Person_ID Handbook, preparation of fields. Hyphen, apostrophe, space and letters with marks are kept.
const DELETED: &str = "!$%&()[]{}=:;#~@|<>.?/_\\£";

impl Demographics {
    /// Prepares the fields of a record whose source writes dates in this order. A birth date of 1 January 1800 is
    /// none.
    pub fn prepare(raw: &RawFields<'_>, order: DateOrder) -> Demographics {
        let text = |column: Column| prepared(raw.get(column));
        let stands_for_none = PartialDate::new(1800, Some(1), Some(1)).ok();
        let born = birth_date::parse_field(raw.get(Column::BirthDate), order, None).field.valid().copied();
        Demographics {
            nhs_number: NhsNumber::parse_field(raw.get(Column::NhsNumber)).field.valid().copied(),
            names: NameSet {
                family: text(Column::FamilyName),
                given: text(Column::GivenName),
                other: text(Column::OtherNames),
            },
            previous_family: text(Column::PreviousFamilyName),
            gender: gender(raw.get(Column::Sex)),
            birth_date: born.filter(|born| Some(*born) != stands_for_none),
            death_date: written_date::parse_field(raw.get(Column::DeathDate), order, None).field.valid().copied(),
            postcode: postcode(raw.get(Column::Postcode)),
            previous_postcode: postcode(raw.get(Column::PreviousPostcode)),
            practice: text(Column::GpPractice),
        }
    }
}

/// Upper case, without what the service deletes.
fn prepared(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !DELETED.contains(*c)).collect();
    kept.trim().to_uppercase()
}

fn gender(text: &str) -> Option<Gender> {
    match Sex::parse(text) {
        _ if text.trim().is_empty() => None,
        Ok(Sex::Male) => Some(Gender::Male),
        Ok(Sex::Female) => Some(Gender::Female),
        Err(_) => Some(Gender::Other),
    }
}

/// A whole postcode with its one space; anything else as it stands, for a leading part counts in part.
fn postcode(text: &str) -> String {
    match Postcode::parse(text) {
        Ok(postcode) => postcode.to_string(),
        Err(_) => prepared(text),
    }
}

/// The outward part of a postcode as prepared here.
pub(super) fn outward(postcode: &str) -> &str {
    postcode.split(' ').next().unwrap_or_default()
}
