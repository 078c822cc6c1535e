//! One record, field by field, as a source system wrote it.

use super::dice::Dice;
use super::life::{Child, Family, Sex};
use super::names::Surname;
use super::observe::Visit;
use super::slip::{Slips, mistyped_number, typed};
use super::source::{DateForm, Kind, Marks, SexForm, Style};
use super::world::World;
use crate::date::Date;
use crate::identity::column::Column;
use crate::text::normalise::without_marks;

/// One record with the truth about it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Place of the source system in [`super::Generator::sources`].
    pub source: usize,
    /// Who it is about.
    pub person: u64,
    values: [String; Column::COUNT],
}

impl Record {
    /// A field as the source system wrote it.
    pub fn get(&self, column: Column) -> &str {
        &self.values[column.index()]
    }
}

/// Writes one record.
pub(super) struct Writer<'a> {
    world: &'a World,
    slips: &'a Slips,
    dice: &'a mut Dice,
    family: &'a Family,
    child: &'a Child,
    visit: Visit<'a>,
    style: Style,
    /// Multiplies the rates of slips in this record.
    carelessness: f64,
    values: [String; Column::COUNT],
}

/// How much more often a record taken in a hurry has each slip.
const HURRY: f64 = 5.0;

impl<'a> Writer<'a> {
    pub(super) fn new(
        world: &'a World,
        slips: &'a Slips,
        dice: &'a mut Dice,
        family: &'a Family,
        child: &'a Child,
        visit: Visit<'a>,
    ) -> Writer<'a> {
        let values = std::array::from_fn(|_| String::new());
        let hurry = dice.chance(world.rates.slip.poor_record);
        let carelessness = visit.source.quality * if hurry { HURRY } else { 1.0 };
        Writer { world, slips, dice, family, child, visit, style: visit.source.style, carelessness, values }
    }

    /// The record with this serial; `stranger` is a number that stands near by.
    pub(super) fn record(mut self, serial: u64, stranger: u64) -> Record {
        let (source, entered) = (self.visit.source, self.visit.entered);
        self.set(Column::Source, source.name.clone());
        self.set(Column::RecordId, record_id(serial, self.visit.index));
        self.number(stranger);
        self.names();
        self.birth();
        self.address();
        self.mother();
        if self.child.death.is_some_and(|day| day >= entered) && self.chance(self.world.rates.holding.death_recorded) {
            self.set(Column::DeathDate, self.date(self.child.death.unwrap_or(entered)));
        }
        self.set(Column::UpdatedAt, self.visit.seen.to_string());
        Record { source: self.visit.index, person: self.child.person, values: self.values }
    }

    fn set(&mut self, column: Column, text: String) {
        self.values[column.index()] = text;
    }

    /// A fact with its own rate.
    fn chance(&mut self, rate: f64) -> bool {
        self.dice.chance(rate)
    }

    /// A slip, as frequent as the system and the hurry make it.
    fn slips(&mut self, rate: f64) -> bool {
        self.dice.chance(rate * self.carelessness)
    }

    fn number(&mut self, stranger: u64) {
        let slip = &self.world.rates.slip;
        let own = self.child.number_on(self.visit.seen);
        let missing = slip.number_missing * self.visit.source.number_missing;
        let missing =
            if self.visit.duplicate { missing.max(self.world.rates.holding.duplicate_without_number) } else { missing };
        let sibling = self.family.children.iter().find(|other| other.person != self.child.person);
        let twin =
            self.family.children.iter().find(|o| o.maternity == self.child.maternity && o.person != self.child.person);
        let (number, status) = if self.chance(missing.min(0.95)) {
            (None, "03")
        } else if self.slips(slip.number_mistyped) {
            (Some(mistyped_number(own, self.dice)), "02")
        } else if let Some(twin) = twin.filter(|_| self.slips(slip.number_of_twin)) {
            (Some(twin.number), "02")
        } else if let Some(sibling) = sibling.filter(|_| self.slips(slip.number_of_sibling)) {
            (Some(sibling.number), "02")
        } else if self.slips(slip.number_of_stranger) {
            (Some(stranger), "02")
        } else {
            (Some(own), if self.chance(0.9) { "01" } else { "02" })
        };
        let text = match number {
            _ if self.slips(slip.number_junk) => (*self.dice.pick(JUNK_NUMBERS)).to_owned(),
            None => String::new(),
            Some(number) => {
                let figures = format!("{number:010}");
                if self.style.number_spaced {
                    format!("{} {} {}", &figures[..3], &figures[3..6], &figures[6..])
                } else {
                    figures
                }
            }
        };
        self.set(Column::NhsNumber, text);
        if self.style.detailed {
            self.set(Column::NhsNumberStatus, status.to_owned());
        }
    }

    fn names(&mut self) {
        let slip = &self.world.rates.slip;
        let (child, habits) = (self.child, self.world.names.habits(self.family.tradition));
        let mut surname = child.surname_on(self.visit.named);
        let current = surname;
        if self.visit.duplicate && self.chance(self.world.rates.holding.duplicate_under_other_surname) {
            surname = if surname == self.family.father_surname {
                self.family.mother_surname
            } else {
                self.family.father_surname
            };
        }
        let unnamed = self.visit.named < child.registered_on && !child.named_at_notification;
        let (mut given, mut other) = if unnamed { (self.placeholder(), String::new()) } else { self.given_names() };
        let mut family = self.surname(surname);
        let honorific = habits.is_some_and(|h| h.second_may_be_family) && self.slips(slip.second_name_used_as_family);
        if let Some(second) = child.given.second.filter(|_| honorific && !unnamed) {
            (family, other) = (second.to_owned(), String::new());
        }
        if self.slips(slip.names_exchanged) {
            std::mem::swap(&mut given, &mut family);
        }
        if self.slips(slip.given_missing) {
            given.clear();
        }
        for (column, text) in [(Column::GivenName, given), (Column::OtherNames, other), (Column::FamilyName, family)] {
            let text = self.written(&text);
            self.set(column, text);
        }
        let before = child.surname_on(self.visit.entered);
        if self.style.detailed && before != current {
            let text = plain_surname(before);
            let text = self.written(&text);
            self.set(Column::PreviousFamilyName, text);
        }
    }

    /// What stands for the name of a baby who has none yet.
    fn placeholder(&mut self) -> String {
        let child = self.child;
        let sexed =
            if child.sex == Sex::Female { ["baby girl", "girl", "female"] } else { ["baby boy", "boy", "male"] };
        let order = usize::from(child.order);
        if child.plurality > 1 && self.chance(0.7) {
            let twin = if child.plurality == 3 { "triplet" } else { "twin" };
            return match self.dice.below(3) {
                0 => format!("{twin} {order}"),
                1 => format!("{twin} {}", ["one", "two", "three"][order - 1]),
                _ => format!("{twin}{order}"),
            };
        }
        match self.dice.below(10) {
            0..4 => "baby".to_owned(),
            4..7 => (*self.dice.pick(&sexed)).to_owned(),
            7 => format!("baby of {}", self.family.mother_given),
            8 => "infant".to_owned(),
            _ => String::new(),
        }
    }

    /// First and other names, with the slips of a person who writes them down.
    fn given_names(&mut self) -> (String, String) {
        let slip = &self.world.rates.slip;
        let (given, names) = (self.child.given, &self.world.names);
        let muhammad =
            names.habits(self.family.tradition).is_some_and(|h| h.muhammad_first) && given.first.starts_with('m');
        let mut first = match given.joined {
            Some(part) => {
                let link = *self.dice.pick(&["-", "-", "-", "-", " ", " ", ""]);
                if self.slips(0.05) { given.first.to_owned() } else { format!("{}{link}{part}", given.first) }
            }
            None => given.first.to_owned(),
        };
        let mut other = given.second.unwrap_or("").to_owned();
        if !other.is_empty() {
            if muhammad && self.slips(slip.muhammad_dropped) || self.slips(slip.given_second_used) {
                (first, other) = (other, if self.chance(0.5) { first } else { String::new() });
            } else if self.slips(slip.second_name_merged) {
                (first, other) = (format!("{first} {other}"), String::new());
            } else if self.slips(slip.second_names_dropped) {
                other.clear();
            }
        }
        if self.slips(slip.given_nickname) {
            first = names.given_variant(given.first, self.dice).map_or(first, str::to_owned);
        }
        if self.slips(slip.given_typing) {
            first = typed(&first, self.dice);
        }
        if self.slips(slip.given_sound) {
            first = self.slips.heard(&first, self.dice);
        }
        if self.slips(slip.given_scanning) {
            first = self.slips.scanned(&first, self.dice);
        }
        if self.slips(slip.given_initial) {
            first = first.chars().take(1).collect();
        }
        (first, other)
    }

    fn surname(&mut self, surname: Surname) -> String {
        let slip = &self.world.rates.slip;
        let mut text = match surname.second {
            Some(second) if self.slips(slip.double_name_halved) => {
                (if self.chance(0.6) { second } else { surname.first }).to_owned()
            }
            Some(second) => {
                let link = *self.dice.pick(&["-", "-", "-", " "]);
                let (left, right) = if self.slips(0.03) { (second, surname.first) } else { (surname.first, second) };
                format!("{left}{link}{right}")
            }
            None => surname.first.to_owned(),
        };
        let sexed = self.world.names.habits(self.family.tradition).is_some_and(|h| h.sexed_surnames);
        if sexed && (self.child.sex == Sex::Female) != self.slips(slip.surname_sex_ending) {
            text = feminine(text);
        }
        if self.slips(slip.family_typing) {
            text = typed(&text, self.dice);
        }
        if self.slips(slip.family_sound) {
            text = match self.world.names.surname_variant(surname.first, self.dice) {
                Some(variant) if surname.second.is_none() => variant.to_owned(),
                _ => self.slips.heard(&text, self.dice),
            };
        }
        if self.slips(slip.family_scanning) {
            text = self.slips.scanned(&text, self.dice);
        }
        text
    }

    /// A name in the letters, case and width of the system.
    fn written(&mut self, name: &str) -> String {
        let name = name.replace('_', " ");
        let cased = if self.style.upper_case { name.to_uppercase() } else { capitalised(&name) };
        let marked: String = match self.style.marks {
            Marks::Kept => cased,
            Marks::Dropped => plain_letters(&cased),
            Marks::Lost => cased.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
        };
        let marked = if self.style.upper_case { marked.replace('\'', "") } else { marked };
        marked.chars().take(self.style.name_width).collect()
    }

    fn birth(&mut self) {
        let (child, slip, holding) = (self.child, &self.world.rates.slip, &self.world.rates.holding);
        let mut birth = child.birth;
        if child.filler_birthday && self.chance(0.6) {
            birth = Date::new(birth.year(), 1, 1).unwrap_or(birth);
        }
        if self.slips(slip.birth_date_wrong) {
            birth = wrong_date(birth, self.dice);
        }
        if !self.slips(slip.birth_date_missing) {
            self.set(Column::BirthDate, self.date(birth));
        }
        let sex = if self.slips(slip.sex_missing) {
            None
        } else {
            Some((child.sex == Sex::Female) != self.slips(slip.sex_wrong))
        };
        let text = match (self.style.sex, sex) {
            (SexForm::Letter, Some(female)) => ["M", "F"][usize::from(female)],
            (SexForm::Code, Some(female)) => ["1", "2"][usize::from(female)],
            (SexForm::Word, Some(female)) => ["Male", "Female"][usize::from(female)],
            (SexForm::Letter, None) => "U",
            (SexForm::Code, None) => "0",
            (SexForm::Word, None) => "Unknown",
        };
        self.set(Column::Sex, text.to_owned());
        let newborn = self.visit.source.kind == Kind::Maternity;
        if newborn || self.style.detailed && self.chance(holding.birth_order_recorded) {
            self.set(Column::BirthOrder, child.order.to_string());
            self.set(Column::BirthTime, format!("{:02}:{:02}", child.birth_minute / 60, child.birth_minute % 60));
        }
        if newborn {
            self.set(Column::GestationWeeks, child.gestation_weeks.to_string());
        }
    }

    fn address(&mut self) {
        let (child, places, slip) = (self.child, &self.world.places, &self.world.rates.slip);
        let home = self.family.home_on(self.visit.housed);
        let practice = if child.has_practice { places.practice(home) } else { "V81997".to_owned() };
        let practice = if self.slips(0.02) { "V81999".to_owned() } else { practice };
        self.set(Column::GpPractice, practice);
        if child.sensitive && self.style.detailed {
            self.set(Column::Sensitive, "R".to_owned());
            self.set(Column::GpPractice, String::new());
            if self.chance(0.5) {
                self.set(Column::Address1, "ZZZSECUR".to_owned());
                self.set(Column::Postcode, "ZZ99 3VZ".to_owned());
            }
            return;
        }
        if child.no_fixed_address {
            self.set(Column::Address1, "No fixed abode".to_owned());
            self.set(Column::Postcode, "ZZ99 3VZ".to_owned());
            return;
        }
        let (flat, street) = places.street(home);
        let street = if self.style.upper_case { abbreviated(&street) } else { street };
        let town = places.town(home).to_owned();
        // Where the flat stands, and which line is left empty, differs between systems and typists.
        let own_line = self.style.detailed != self.chance(0.2);
        let lines = match (flat, own_line) {
            (Some(flat), true) => [flat, street, String::new(), town],
            (Some(flat), false) => [format!("{flat}, {street}"), String::new(), town, String::new()],
            (None, true) => [street, String::new(), String::new(), town],
            (None, false) => [street, town, String::new(), String::new()],
        };
        for (column, line) in
            [Column::Address1, Column::Address2, Column::Address3, Column::Address4].into_iter().zip(lines)
        {
            let line = if self.style.upper_case { line.to_uppercase() } else { line };
            self.set(column, line);
        }
        let mut postcode = places.postcode(home);
        if self.slips(slip.postcode_typing) {
            postcode = wrong_postcode(&postcode, self.dice);
        }
        if self.slips(slip.postcode_missing) {
            postcode = (*self.dice.pick(&["", "", "", "ZZ99 3WZ", "ZZ99 3CZ"])).to_owned();
        }
        let compact = |text: String| text.replace(' ', "");
        let spaced = self.style.postcode_spaced;
        self.set(Column::Postcode, if spaced { postcode } else { compact(postcode) });
        if self.style.detailed {
            let before = self.family.home_on(self.visit.entered);
            if before != home {
                self.set(Column::PreviousPostcode, places.postcode(before));
            }
            if self.chance(0.7) {
                self.set(Column::Uprn, places.uprn(home).to_string());
            }
        }
    }

    fn mother(&mut self) {
        let (family, rates) = (self.family, &self.world.rates);
        let newborn = self.visit.source.kind == Kind::Maternity;
        if !newborn && !self.chance(rates.holding.mother_recorded) {
            return;
        }
        let mut given = family.mother_given.to_owned();
        if self.slips(rates.slip.mother_typing) {
            given = typed(&given, self.dice);
        } else if self.slips(rates.slip.given_nickname) {
            given = self.world.names.given_variant(family.mother_given, self.dice).map_or(given, str::to_owned);
        }
        let mut surname = plain_surname(family.mother_surname);
        if self.slips(rates.slip.mother_typing) {
            surname = typed(&surname, self.dice);
        }
        let surname = if self.world.names.habits(family.tradition).is_some_and(|h| h.sexed_surnames) {
            feminine(surname)
        } else {
            surname
        };
        let (given, surname) = (self.written(&given), self.written(&surname));
        self.set(Column::MotherGivenName, given);
        self.set(Column::MotherFamilyName, surname);
        if (newborn || self.style.detailed) && self.chance(rates.holding.mother_number_recorded) {
            self.set(Column::MotherNhsNumber, format!("{:010}", family.mother_number));
            self.set(Column::MotherBirthDate, self.date(family.mother_birth));
        }
    }

    fn date(&self, date: Date) -> String {
        let (year, month, day) = date.parts();
        match self.style.date {
            DateForm::Iso => date.to_string(),
            DateForm::Slashes => format!("{day:02}/{month:02}/{year:04}"),
            DateForm::MonthName => format!("{day:02}-{}-{year:04}", MONTHS[month as usize - 1]),
            DateForm::Compact => format!("{year:04}{month:02}{day:02}"),
        }
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const JUNK_NUMBERS: &[&str] =
    &["0000000000", "9999999999", "UNALLOCATED", "NOT KNOWN", "1111111111", "1234567890", "."];

/// An identifier that tells nothing of the child: serials shuffled within 2^28.
fn record_id(serial: u64, source: usize) -> String {
    const BITS: u32 = 28;
    let mask = (1 << BITS) - 1;
    let mut mixed = serial & mask;
    for odd in [0x5bd_1e95, 0xb2e_c3a7] {
        mixed = mixed.wrapping_mul(odd) & mask;
        mixed ^= mixed >> (BITS / 2);
    }
    match source % 3 {
        0 => format!("{mixed:09}"),
        1 => format!("C{mixed:09}"),
        _ => format!("{:02}-{mixed:08X}", source + 1),
    }
}

fn plain_surname(surname: Surname) -> String {
    match surname.second {
        Some(second) => format!("{}-{second}", surname.first),
        None => surname.first.to_owned(),
    }
}

/// The form of a Polish surname that a woman bears.
fn feminine(surname: String) -> String {
    match surname.strip_suffix('i') {
        Some(stem) if ["sk", "ck", "dzk"].iter().any(|end| stem.ends_with(end)) => format!("{stem}a"),
        _ => surname,
    }
}

/// Each part of a name with its first letter large, and that after Mc.
fn capitalised(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut start = true;
    for letter in name.chars() {
        let after_mc = text.len() == text.rfind([' ', '-']).map_or(0, |at| at + 1) + 2 && text.ends_with("Mc");
        if start || after_mc {
            text.extend(letter.to_uppercase());
        } else {
            text.push(letter);
        }
        start = matches!(letter, ' ' | '-' | '\'');
    }
    text
}

/// As a system writes that holds plain letters only.
fn plain_letters(text: &str) -> String {
    without_marks(text).replace('ł', "l").replace('Ł', "L")
}

fn abbreviated(street: &str) -> String {
    [("Road", "Rd"), ("Street", "St"), ("Avenue", "Ave"), ("Gardens", "Gdns"), ("Crescent", "Cres")].iter().fold(
        street.to_owned(),
        |text, (long, short)| match text.strip_suffix(long) {
            Some(stem) => format!("{stem}{short}"),
            None => text,
        },
    )
}

/// Day and month exchanged where that can be, else another slip of one part.
fn wrong_date(date: Date, dice: &mut Dice) -> Date {
    let (year, month, day) = date.parts();
    let wrong = match dice.below(20) {
        0..8 => Date::new(year, day, month),
        8..12 => Date::new(year, month, (day + 9) % 30 + 1),
        12..14 => Date::new(year, month, day % 10 * 10 + day / 10),
        14..17 => Date::new(year + dice.between(0, 1) * 2 - 1, month, day),
        _ => Ok(date.add_days(dice.between(0, 1) * 2 - 1)),
    };
    wrong.ok().filter(|wrong| *wrong != date).unwrap_or_else(|| date.add_days(1))
}

fn wrong_postcode(postcode: &str, dice: &mut Dice) -> String {
    if postcode.contains('0') && dice.chance(0.3) {
        return postcode.replace('0', "O");
    }
    typed(postcode, dice)
}
