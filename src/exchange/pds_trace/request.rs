//! Which records are asked about, and the file that asks.

use super::layout::{Holds, Layout};
use crate::date::{Date, PartialDate};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumberStatus;
use crate::identity::person::Person;
use crate::identity::raw::RawFields;
use crate::identity::sex::Sex;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::Built;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

/// Why a record is not asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotAsked {
    /// The number is agreed with the national service.
    Verified,
    /// The record was invalidated: never looked for again, since that may find a child's new identity.
    Invalidated,
    /// Its status says 06, trace in progress.
    InProgress,
    /// Its status says 07, trace not required.
    NotRequired,
    /// Its status says 08, trace postponed: a baby under six weeks.
    Postponed,
    /// An earlier trace told what there is to tell.
    TracedBefore,
    /// No whole birth date.
    NoBirthDate,
    /// No valid number, and no given name: a twin not yet named would be found as the other.
    NoGivenName,
    /// No valid number, and family name or sex is missing.
    TooLittle,
}

impl NotAsked {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            NotAsked::Verified => "verified",
            NotAsked::Invalidated => "invalidated",
            NotAsked::InProgress => "trace-in-progress",
            NotAsked::NotRequired => "trace-not-required",
            NotAsked::Postponed => "trace-postponed",
            NotAsked::TracedBefore => "traced-before",
            NotAsked::NoBirthDate => "no-whole-birth-date",
            NotAsked::NoGivenName => "no-given-name",
            NotAsked::TooLittle => "too-little-to-search-by",
        }
    }
}

/// A request: its rows, and what stays at home.
pub struct Request {
    /// The records asked about, with the reference of each.
    pub asked: Vec<(String, RecordIndex)>,
    /// The others, with the reason.
    pub not_asked: Vec<(RecordIndex, NotAsked)>,
    rows: Vec<Vec<String>>,
    header: Vec<String>,
}

impl Request {
    /// Writes the file that is sent.
    ///
    /// # Errors
    /// `output/cannot-write`.
    pub fn write<W: Write>(&self, out: W) -> Result<W, Error> {
        let fault = |cause: &dyn std::fmt::Display| {
            Error::new("output/cannot-write", format!("the request cannot be written: {cause}"), "check the disk")
        };
        let mut sheet = csv::Writer::from_writer(out);
        sheet.write_record(&self.header).map_err(|cause| fault(&cause))?;
        for row in &self.rows {
            sheet.write_record(row).map_err(|cause| fault(&cause))?;
        }
        sheet.into_inner().map_err(|cause| fault(&cause.error()))
    }

    /// How many records are not asked about, by reason.
    pub fn reasons(&self) -> BTreeMap<&'static str, u64> {
        let mut reasons = BTreeMap::new();
        self.not_asked.iter().for_each(|(_, why)| *reasons.entry(why.as_str()).or_default() += 1);
        reasons
    }
}

/// Chooses the records that need a trace and says what is asked. `traced_before` tells the records of which an earlier
/// trace told everything; `as_at` is the day on which records are judged.
///
/// References are opaque: they name the request and a place in it, and lead to a record only by the list of keys, which
/// stays at home. Of a sensitive record neither address nor postcode nor practice is sent: they must not leave, and a
/// search with them finds no restricted patient.
pub fn prepare(
    built: &Built,
    layout: &Layout,
    as_at: Option<Date>,
    traced_before: impl Fn(RecordIndex) -> bool,
) -> Request {
    let table = &built.table;
    let mut request = Request {
        asked: Vec::new(),
        not_asked: Vec::new(),
        rows: Vec::new(),
        header: layout.request_columns().map(|(name, _)| name.to_owned()).collect(),
    };
    let mut digest = Sha256::new();
    for record in 0..table.len() as RecordIndex {
        let mut raw = RawFields::new();
        Column::ALL.into_iter().for_each(|column| raw.set(column, table.raw(record, column)));
        let order = built.quality[usize::from(table.source_index()[record as usize])].date_order;
        let (person, _) = Person::parse(&raw, order, as_at);
        let sensitive = person.sensitive || table.is_sensitive(record);
        let before = traced_before(record);
        if let Some(why) = reason_against(&person, table.is_invalidated(record), before, as_at) {
            request.not_asked.push((record, why));
            continue;
        }
        let row: Vec<String> = layout
            .request_columns()
            .map(|(_, holds)| match holds {
                Holds::Field(column) => field(&person, &raw, column, sensitive, layout),
                _ => String::new(),
            })
            .collect();
        for text in [table.source(record), table.record_id(record)].into_iter().chain(row.iter().map(String::as_str)) {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        request.asked.push((String::new(), record));
        request.rows.push(row);
    }
    // The same records give the same references, and an answer to another request is known by them.
    let name: String = digest.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let places: Vec<usize> = layout
        .request_columns()
        .enumerate()
        .filter(|(_, (_, holds))| *holds == Holds::Reference)
        .map(|(n, _)| n)
        .collect();
    for (number, ((reference, _), row)) in request.asked.iter_mut().zip(&mut request.rows).enumerate() {
        *reference = format!("{name}-{:07}", number + 1);
        places.iter().for_each(|&place| row[place].clone_from(reference));
    }
    request
}

/// Days after birth for which a trace may be postponed.
///
/// # Source
/// NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE 08: trace postponed, baby under six weeks old.
const POSTPONED_DAYS: i32 = 42;

fn reason_against(person: &Person, invalidated: bool, traced_before: bool, as_at: Option<Date>) -> Option<NotAsked> {
    let number = person.nhs_number.valid().is_some();
    let named = person.given_name.valid().is_some();
    if person.invalidated || invalidated {
        return Some(NotAsked::Invalidated);
    }
    if person.verified_nhs_number().is_some() {
        return Some(NotAsked::Verified);
    }
    if traced_before {
        return Some(NotAsked::TracedBefore);
    }
    match person.nhs_number_status.valid() {
        Some(NhsNumberStatus::TraceInProgress) => return Some(NotAsked::InProgress),
        Some(NhsNumberStatus::NotPresent) => return Some(NotAsked::NotRequired),
        Some(NhsNumberStatus::TracePostponed) => {
            let born = person.birth_date.valid().and_then(|date| date.exact());
            let is_old = born.zip(as_at).is_some_and(|(born, as_at)| born.add_days(POSTPONED_DAYS) <= as_at);
            if !is_old {
                return Some(NotAsked::Postponed);
            }
        }
        _ => {}
    }
    if person.birth_date.valid().and_then(|date| date.exact()).is_none() {
        return Some(NotAsked::NoBirthDate);
    }
    match (number, named) {
        (true, _) => None,
        (false, false) => Some(NotAsked::NoGivenName),
        (false, true) if person.family_name.valid().is_none() || person.sex.valid().is_none() => {
            Some(NotAsked::TooLittle)
        }
        (false, true) => None,
    }
}

/// One field as the service reads it; empty where it is not valid or must not be sent.
fn field(person: &Person, raw: &RawFields<'_>, column: Column, sensitive: bool, layout: &Layout) -> String {
    use Column as C;
    if sensitive && crate::exchange::linked::is_whereabouts(column) {
        return String::new();
    }
    let date = |date: Option<&PartialDate>| {
        date.and_then(|date| date.exact()).map_or_else(String::new, |date| date.to_string().replace('-', ""))
    };
    match column {
        C::NhsNumber => person.nhs_number.valid().map_or_else(String::new, |n| format!("{:010}", n.digits())),
        C::GivenName => person.given_name.valid().map_or_else(String::new, |name| plain(name.display())),
        C::OtherNames => person.other_names.valid().map_or_else(String::new, |name| plain(name.display())),
        C::FamilyName => person.family_name.valid().map_or_else(String::new, |name| plain(name.display())),
        C::Sex => match person.sex.valid() {
            Some(Sex::Male) => layout.request.male.clone(),
            Some(Sex::Female) => layout.request.female.clone(),
            None => String::new(),
        },
        C::BirthDate => date(person.birth_date.valid()),
        C::DeathDate => date(person.death_date.valid()),
        // Pseudo-postcodes are no places: the service would search by them.
        C::Postcode => {
            person.postcode.valid().and_then(|code| code.evidence()).map_or_else(String::new, |c| c.to_string())
        }
        C::GpPractice => person.gp_practice.valid().map_or_else(String::new, |practice| practice.as_str().to_owned()),
        _ => plain(raw.get(column)),
    }
}

/// Text on one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
