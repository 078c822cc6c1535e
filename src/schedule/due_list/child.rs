//! One child of a due list: the records of one child taken as one, with the location withheld where a
//! record asks for it.

use super::Areas;
use crate::date::PartialDate;
use crate::identity::address::Address;
use crate::identity::gp_practice::GpPractice;
use crate::identity::nhs_number::NhsNumber;
use crate::identity::person::Person;
use crate::identity::postcode::Postcode;
use crate::identity::sex::Sex;
use crate::schedule::child::{self, Child, Nation};
use std::cmp::Reverse;
use std::fmt;

/// One record of a child.
#[derive(Clone, Copy)]
pub struct MemberRecord<'a> {
    /// The source system.
    pub source: &'a str,
    /// Its id in the source.
    pub record_id: &'a str,
    /// When the source last changed it, as written; the latest record is believed first.
    pub updated_at: &'a str,
    /// Whether the source says anything about the practice, if only that there is none.
    pub states_practice: bool,
    /// The record, parsed.
    pub person: &'a Person,
}

/// Where a child is registered, as far as a due list may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registration {
    /// With no practice: listed first, since nobody else follows the child up.
    Unregistered,
    /// The child's location is withheld.
    Withheld,
    /// With a practice.
    Practice(GpPractice),
}

impl Registration {
    /// The practice, or `unregistered` or `withheld`.
    pub fn as_str(&self) -> &str {
        match self {
            Registration::Unregistered => "unregistered",
            Registration::Withheld => "withheld",
            Registration::Practice(practice) => practice.as_str(),
        }
    }
}

/// A child of a cohort. Location is handed out only where no record of the child is sensitive.
#[derive(Clone)]
pub struct ListedChild<'a> {
    /// The child's opaque id in the output of a linkage, if there is one.
    pub child_id: Option<&'a str>,
    /// The keys of its records (source and record id), ascending.
    pub keys: Vec<(&'a str, &'a str)>,
    /// A verified NHS number if any record has one, else that of the latest record that has one.
    pub nhs_number: Option<NhsNumber>,
    /// As written; empty when missing or a placeholder.
    pub given_name: &'a str,
    /// As written.
    pub family_name: &'a str,
    /// Of the latest record that has one.
    pub birth_date: Option<PartialDate>,
    /// Whether records tell of different birth dates.
    pub birth_dates_differ: bool,
    /// Whether any record asks for the location to be withheld.
    pub sensitive: bool,
    /// The earliest that any record tells of.
    death_date: Option<PartialDate>,
    sex: Option<Sex>,
    gestation_weeks: Option<u8>,
    practice: Option<GpPractice>,
    postcode: Option<Postcode>,
    address: Option<&'a Address>,
}

impl fmt::Debug for ListedChild<'_> {
    /// Masked: an opaque id and a count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedChild").field("records", &self.keys.len()).finish_non_exhaustive()
    }
}

impl<'a> ListedChild<'a> {
    /// Takes the records of one child as one. Each field is that of the latest record which has it; a death
    /// or a request to withhold the location in any record holds for all.
    ///
    /// The order of `records` does not matter.
    pub fn merge(child_id: Option<&'a str>, records: &[MemberRecord<'a>]) -> ListedChild<'a> {
        let mut latest: Vec<&MemberRecord<'a>> = records.iter().collect();
        latest.sort_by_key(|record| (Reverse(record.updated_at), record.source, record.record_id));
        let mut keys: Vec<(&str, &str)> = records.iter().map(|record| (record.source, record.record_id)).collect();
        keys.sort_unstable();
        let people = || latest.iter().map(|record| record.person);
        let birth_dates = || people().filter_map(|person| person.birth_date.valid().copied());
        let birth_date = birth_dates().next();
        let states_practice = latest.iter().find(|record| record.states_practice);
        // A death date that cannot be read still says that the child has died: as if at birth.
        let deaths = people().filter(|person| !person.death_date.is_absent());
        let death_date = deaths.filter_map(|person| person.death_date.valid().copied().or(birth_date)).min();
        ListedChild {
            child_id,
            keys,
            nhs_number: people()
                .find_map(Person::verified_nhs_number)
                .or_else(|| people().find_map(|person| person.nhs_number.valid().copied())),
            given_name: people().find_map(|p| p.given_name.valid()).map_or("", |name| name.display()),
            family_name: people().find_map(|p| p.family_name.valid()).map_or("", |name| name.display()),
            birth_date,
            birth_dates_differ: birth_dates().any(|date| Some(date) != birth_date),
            sensitive: people().any(|person| person.sensitive),
            death_date,
            sex: people().find_map(|p| p.sex.valid().copied()),
            gestation_weeks: people().find_map(|p| p.gestation.valid()).map(|gestation| gestation.weeks()),
            practice: states_practice.and_then(|record| record.person.gp_practice.valid().copied()),
            postcode: people().find_map(|p| p.postcode.valid().copied().and_then(Postcode::evidence)),
            address: people().find_map(|p| p.address.valid()),
        }
    }

    /// Where the child is registered.
    pub fn registration(&self) -> Registration {
        match self.practice {
            _ if self.sensitive => Registration::Withheld,
            Some(practice) => Registration::Practice(practice),
            None => Registration::Unregistered,
        }
    }

    /// The postcode, unless withheld or no place.
    pub fn postcode(&self) -> Option<Postcode> {
        self.postcode.filter(|_| !self.sensitive)
    }

    /// The address, unless withheld.
    pub fn address(&self) -> Option<&'a Address> {
        self.address.filter(|_| !self.sensitive)
    }

    /// The postcode district by which areas are told apart; `withheld`, or empty when not known.
    pub fn area(&self) -> &str {
        match &self.postcode {
            _ if self.sensitive => "withheld",
            Some(postcode) => postcode.district(),
            None => "",
        }
    }

    /// Every area that the child counts in, as kind and name: the practice, the postcode district and, with a
    /// list of areas, the local authority (empty when the list does not have the postcode).
    pub fn areas<'s>(&'s self, list: Option<&'s Areas>) -> impl Iterator<Item = (&'static str, &'s str)> {
        let local_authority = list.map(|areas| {
            let code = match self.postcode {
                _ if self.sensitive => "withheld",
                Some(postcode) => areas.of(postcode).unwrap_or_default(),
                None => "",
            };
            (Areas::KIND, code)
        });
        let practice = match self.practice {
            _ if self.sensitive => "withheld",
            Some(ref practice) => practice.as_str(),
            None => "unregistered",
        };
        [("practice", practice), ("postcode-district", self.area())].into_iter().chain(local_authority)
    }

    /// The child as the schedule sees it, with nothing given or done yet.
    pub fn to_schedule<'c>(&self, nation: Nation) -> Child<'c> {
        Child {
            birth_date: self.birth_date,
            death_date: self.death_date,
            sex: self.sex.map(|sex| match sex {
                Sex::Female => child::Sex::Female,
                Sex::Male => child::Sex::Male,
            }),
            nation: Some(nation),
            gestation_weeks: self.gestation_weeks,
            ..Child::default()
        }
    }

    /// Its place in a list: the unregistered first, then those whose location is withheld, then by
    /// practice; within these by area, birth date and key.
    pub fn place(&self) -> Place {
        let mut area = [0; 8];
        for (to, from) in area.iter_mut().zip(self.area().bytes()) {
            *to = from;
        }
        Place { registration: self.registration(), area, birth_date: self.birth_date }
    }
}

/// The place of a child in a due list. Small, so that a cohort is put in order without holding its names;
/// equals are listed in the order of their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    registration: Registration,
    area: [u8; 8],
    birth_date: Option<PartialDate>,
}
