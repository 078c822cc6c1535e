//! Addresses as evidence: words without their place, since lines shift between systems.

use super::column::Column;
use super::field::Parsed;
use super::missing::folded_says_missing;
use super::postcode::{Postcode, PostcodeKind, SECURED_TEXT};
use super::raw::RawFields;
use crate::error::{Code, Finding, Severity};
use crate::text::normalise::{fold, fold_into, tidy};
use std::fmt;

/// "No fixed abode".
pub static NO_FIXED_ABODE: Code = Code::new(
    "address/no-fixed-abode",
    Severity::Note,
    "the address says no fixed abode",
    "nothing to do; it is kept by the source but is never evidence",
);
/// "Address unknown".
pub static UNKNOWN: Code = Code::new(
    "address/unknown",
    Severity::Note,
    "words stand for an unknown address",
    "nothing to do; the field counts as missing",
);
/// The postcode marker for a secured address, in a line.
pub static SECURED: Code = Code::new(
    "address/secured",
    Severity::Warning,
    "a line of the address marks a secured address",
    "treat the record as sensitive: its address, postcode and practice are withheld",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&NO_FIXED_ABODE, &UNKNOWN, &SECURED];

/// The lines of an address, in order.
pub const LINES: [Column; 5] =
    [Column::Address1, Column::Address2, Column::Address3, Column::Address4, Column::Address5];

/// An address: its lines as written, and its words in comparison form.
///
/// # Source
/// NHS Data Model and Dictionary, PATIENT USUAL ADDRESS: five lines of 35. FHIR drops blank lines, so
/// a line's number says nothing. The abbreviations are general knowledge.
///
/// # Examples
/// ```
/// use childlink::identity::address::Address;
/// let address = |lines| Address::parse_field(lines).field.valid().cloned().unwrap();
/// let one = address(["Flat 2", "14 High Street", "", "Leeds", ""]);
/// let other = address(["FLAT 2, 14 HIGH ST.", "LEEDS", "", "", ""]);
/// assert!(one.tokens().eq(other.tokens()));
/// assert_eq!((one.house_number(), one.flat()), (Some("14"), Some("2")));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    lines: Box<[Box<str>]>,
    /// Words with one space between.
    comparison: Box<str>,
}

impl Address {
    /// Reads five lines, of which any may be empty. A line that is a postcode adds no words.
    pub fn parse_field(lines: [&str; 5]) -> Parsed<Address> {
        if let Some(code) = no_address(lines) {
            return Parsed::absent_with(Finding::new(code, "address_1"));
        }
        let folded = folded(lines);
        if folded.is_empty() {
            return Parsed::ABSENT;
        }
        let lines = lines.into_iter().map(tidy).filter(|line| !line.is_empty()).map(String::into_boxed_str).collect();
        let words: Vec<&str> = words(&folded).collect();
        Parsed::valid(Address { lines, comparison: words.join(" ").into() })
    }

    /// Reads the address of a record.
    pub fn parse_record(raw: &RawFields<'_>) -> Parsed<Address> {
        Address::parse_field(LINES.map(|line| raw.get(line)))
    }

    /// The lines as written, white space tidied, blank ones left out.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| &**line)
    }

    /// The words in comparison form, in order.
    pub fn tokens(&self) -> impl Iterator<Item = &str> + Clone {
        self.comparison.split(' ')
    }

    /// The number of the house: the first word that begins with a figure and follows no `FLAT`.
    pub fn house_number(&self) -> Option<&str> {
        let before = std::iter::once("").chain(self.tokens());
        let mut pairs = before.zip(self.tokens());
        pairs.find(|(before, word)| begins_with_figure(word) && *before != "FLAT").map(|(_, word)| word)
    }

    /// The number or letter of the flat: the word after `FLAT`.
    pub fn flat(&self) -> Option<&str> {
        self.tokens().skip_while(|word| *word != "FLAT").nth(1)
    }
}

/// Whether the lines say that there is no address to use: no fixed abode, unknown, or secured (which
/// makes the whole record sensitive). Cheap for lines that hold an address.
///
/// ```
/// use childlink::identity::address::{self, no_address};
/// assert_eq!(no_address(["No fixed abode", "Leeds", "", "", ""]), Some(&address::NO_FIXED_ABODE));
/// assert_eq!(no_address(["1 Abode Close", "Leeds", "", "", ""]), None);
/// ```
pub fn no_address(lines: [&str; 5]) -> Option<&'static Code> {
    if lines.into_iter().any(marks_secured) {
        return Some(&SECURED);
    }
    let first = lines.into_iter().find(|line| line.bytes().any(|b| b.is_ascii_alphanumeric()))?;
    // Nearly all addresses begin with a figure or with a letter that begins none of the phrases.
    let initial = first.bytes().find(u8::is_ascii_alphanumeric)?.to_ascii_uppercase();
    if !b"NOAUM".contains(&initial) {
        return None;
    }
    let first = fold(first);
    let begins =
        |phrase: &&str| first.strip_prefix(phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if ["NO FIXED ABODE", "NFA", "OF NO FIXED ABODE", "NO FIXED ADDRESS"].iter().any(begins) {
        return Some(&NO_FIXED_ABODE);
    }
    let unknown = [
        "ADDRESS UNKNOWN",
        "UNKNOWN ADDRESS",
        "ADDRESS NOT KNOWN",
        "ANK",
        "NO ADDRESS",
        "ADDRESS NOT RECORDED",
        "ADDRESS NOT GIVEN",
    ];
    (unknown.iter().any(begins) || folded_says_missing(&first)).then_some(&UNKNOWN)
}

impl fmt::Debug for Address {
    /// Masked: an address in a log is a leak.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(***)")
    }
}

/// All lines in comparison form, postcodes left out.
fn folded(lines: [&str; 5]) -> String {
    let mut folded = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines.into_iter().filter(|line| !is_postcode(line)) {
        fold_into(line, &mut folded);
    }
    folded
}

/// The words of a comparison form, usual ones abbreviated.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(' ').filter(|word| !word.is_empty()).map(abbreviation)
}

/// Whether a line is a postcode by itself. Letters and figures are counted first, which costs less than parsing and
/// does not depend on what stands between them: 5 to 7, the last a letter, some a figure.
fn is_postcode(line: &str) -> bool {
    let (mut count, mut last, mut figures) = (0, 0, 0);
    for byte in line.bytes().filter(u8::is_ascii_alphanumeric) {
        count += 1;
        last = byte;
        figures += usize::from(byte.is_ascii_digit());
    }
    5 <= count
        && count <= 7
        && last.is_ascii_alphabetic()
        && figures > 0
        && Postcode::parse(line).is_ok_and(|postcode| postcode.kind() != PostcodeKind::StandIn)
}

/// Whether the line holds the marker of a secured address.
fn marks_secured(line: &str) -> bool {
    // Few lines hold the letter with which the marker begins.
    let initial = SECURED_TEXT.as_bytes()[0];
    line.len() >= SECURED_TEXT.len()
        && line.bytes().any(|byte| byte.eq_ignore_ascii_case(&initial))
        && line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case(SECURED_TEXT))
}

fn begins_with_figure(word: &str) -> bool {
    word.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// One form of words that are written in several.
fn abbreviation(word: &str) -> &str {
    match word {
        "APARTMENT" | "APPARTMENT" | "APT" | "UNIT" | "FLT" => "FLAT",
        "STREET" | "SAINT" | "STR" => "ST",
        "ROAD" => "RD",
        "AVENUE" | "AV" => "AVE",
        "LANE" => "LN",
        "CLOSE" => "CL",
        "DRIVE" | "DRV" => "DR",
        "COURT" => "CT",
        "CRESCENT" | "CRES" => "CRESC",
        "GARDENS" | "GARDEN" => "GDNS",
        "GROVE" => "GRV",
        "PLACE" => "PL",
        "SQUARE" => "SQ",
        "TERRACE" => "TERR",
        "HOUSE" => "HSE",
        "BUILDINGS" | "BUILDING" => "BLDG",
        "NORTH" => "N",
        "SOUTH" => "S",
        "EAST" => "E",
        "WEST" => "W",
        "NUMBER" => "NO",
        word => word,
    }
}
