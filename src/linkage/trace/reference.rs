//! The persons that records are traced to.

use super::Options;
use super::demographics::{Demographics, Gender, NameSet};
use crate::date::PartialDate;
use crate::identity::name::{nickname_classes, spelling_class};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::superseded::Superseded;
use crate::text::normalise::fold;
use crate::text::phonetic::{soundex, soundex_plain};
use hashbrown::HashMap;

/// One person: the current record of an NHS number, with the values of its earlier ones.
pub struct Person {
    /// The NHS number.
    pub nhs_number: u64,
    /// The records, the current one first.
    pub records: Vec<RecordIndex>,
    /// Whether the place must be withheld.
    pub sensitive: bool,
    /// Whether the record was invalidated.
    pub invalidated: bool,
    names: Vec<NameSet>,
    gender: Option<Gender>,
    birth_dates: Vec<PartialDate>,
    death_date: Option<PartialDate>,
    postcodes: Vec<String>,
    practice: String,
}

impl Person {
    /// Sets of names, the current one first.
    pub fn names(&self) -> &[NameSet] {
        &self.names
    }

    /// The current gender.
    pub fn gender(&self) -> Option<Gender> {
        self.gender
    }

    /// The current birth date.
    pub fn birth_date(&self) -> Option<PartialDate> {
        self.birth_dates.first().copied()
    }

    /// Birth dates, the current one first.
    pub fn birth_dates(&self) -> &[PartialDate] {
        &self.birth_dates
    }

    /// The death date.
    pub fn death_date(&self) -> Option<PartialDate> {
        self.death_date
    }

    /// Postcodes, the current one first.
    pub fn postcodes(&self) -> &[String] {
        &self.postcodes
    }

    /// The current practice.
    pub fn practice(&self) -> &str {
        &self.practice
    }

    /// The family name of the current record.
    pub(super) fn current_names(&self) -> Option<&NameSet> {
        self.names.first()
    }
}

/// Persons with the ways to find them.
pub struct Reference {
    persons: Vec<Person>,
    by_number: HashMap<u64, usize>,
    superseded: Superseded,
    /// Persons by the key of each block of the algorithmic trace.
    blocks: [HashMap<String, Vec<u32>>; BLOCKS],
    /// Persons by current family sound and gender, for the alphanumeric trace.
    by_family: HashMap<String, Vec<u32>>,
    pub(super) options: Options,
}

pub(super) const BLOCKS: usize = 4;

/// One row of the reference.
pub struct ReferenceRow {
    /// The record.
    pub record: RecordIndex,
    /// Its fields.
    pub fields: Demographics,
    /// When it was last changed: of several rows of one number the greatest is current.
    pub updated_at: String,
    /// Whether its place must be withheld.
    pub sensitive: bool,
    /// Whether it was invalidated.
    pub invalidated: bool,
}

impl Reference {
    /// Gathers rows into persons by NHS number, superseded numbers under the current one. Rows without a valid
    /// number are nobody's; their number is told.
    pub fn new(rows: Vec<ReferenceRow>, superseded: Superseded, options: Options) -> (Reference, usize) {
        let total = rows.len();
        let mut numbered: Vec<(u64, ReferenceRow)> =
            rows.into_iter().filter_map(|row| Some((row.fields.nhs_number?.digits(), row))).collect();
        let without = total - numbered.len();
        for (number, _) in &mut numbered {
            *number = superseded.current(*number).unwrap_or(*number);
        }
        // The current row of a person first; the record decides between rows of one time.
        numbered.sort_by(|(a, x), (b, y)| {
            a.cmp(b).then_with(|| y.updated_at.cmp(&x.updated_at)).then_with(|| x.record.cmp(&y.record))
        });
        let persons: Vec<Person> =
            numbered.chunk_by(|a, b| a.0 == b.0).map(|rows| Person::of(rows[0].0, rows)).collect();
        let by_number = persons.iter().enumerate().map(|(place, person)| (person.nhs_number, place)).collect();
        let mut reference = Reference {
            persons,
            by_number,
            superseded,
            blocks: std::array::from_fn(|_| HashMap::new()),
            by_family: HashMap::new(),
            options,
        };
        reference.index();
        (reference, without)
    }

    fn index(&mut self) {
        for (place, person) in self.persons.iter().enumerate() {
            if let Some(names) = person.current_names() {
                let key = family_key(&sound(&names.family, &self.options), person.gender);
                self.by_family.entry(key).or_default().push(place as u32);
            }
            for (block, found) in self.blocks.iter_mut().enumerate() {
                let mut keys = Vec::new();
                for names in &person.names {
                    for &date in &person.birth_dates {
                        let postcodes = person.postcodes.iter().map(String::as_str);
                        for postcode in postcodes.chain(person.postcodes.is_empty().then_some("")) {
                            keys.extend(block_keys(block, names, Some(date), person.gender, postcode, &self.options));
                        }
                    }
                }
                keys.sort_unstable();
                keys.dedup();
                keys.into_iter().for_each(|key| found.entry(key).or_default().push(place as u32));
            }
        }
    }

    /// The persons, in order of their numbers.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// The person of a number, and whether the number is an old one.
    pub(super) fn find(&self, number: u64) -> Option<(usize, bool)> {
        let current = self.superseded.current(number);
        let place = self.by_number.get(&current.unwrap_or(number))?;
        Some((*place, current.is_some()))
    }

    /// The persons that the blocks of the algorithmic trace give, those of most blocks first, at most 50. `None` if
    /// no block can be asked.
    pub(super) fn candidates(&self, query: &Demographics) -> Option<Vec<usize>> {
        const MOST: usize = 50;
        let mut hits: HashMap<u32, usize> = HashMap::new();
        let mut asked = false;
        for (block, found) in self.blocks.iter().enumerate() {
            let keys = block_keys(block, &query.names, query.birth_date, query.gender, &query.postcode, &self.options);
            asked |= !keys.is_empty();
            let mut places: Vec<u32> = keys.iter().filter_map(|key| found.get(key)).flatten().copied().collect();
            places.sort_unstable();
            places.dedup();
            places.into_iter().for_each(|place| *hits.entry(place).or_default() += 1);
        }
        let mut places: Vec<(usize, u32)> = hits.into_iter().map(|(place, hits)| (hits, place)).collect();
        places.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        places.truncate(MOST);
        asked.then(|| places.into_iter().map(|(_, place)| place as usize).collect())
    }

    /// The persons whose current family name sounds so, of this gender.
    pub(super) fn of_family(&self, family: &str, gender: Option<Gender>) -> impl Iterator<Item = usize> + '_ {
        let found = self.by_family.get(&family_key(&sound(family, &self.options), gender));
        found.into_iter().flatten().map(|place| *place as usize)
    }
}

impl Person {
    fn of(nhs_number: u64, rows: &[(u64, ReferenceRow)]) -> Person {
        fn add<T: PartialEq>(list: &mut Vec<T>, value: Option<T>) {
            list.extend(value.filter(|value| !list.contains(value)));
        }
        let current = &rows[0].1.fields;
        let mut person = Person {
            nhs_number,
            records: rows.iter().map(|(_, row)| row.record).collect(),
            sensitive: rows.iter().any(|(_, row)| row.sensitive),
            invalidated: rows[0].1.invalidated,
            names: Vec::new(),
            gender: current.gender,
            birth_dates: Vec::new(),
            death_date: current.death_date,
            postcodes: Vec::new(),
            practice: current.practice.clone(),
        };
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        for (_, row) in rows {
            add(&mut person.names, Some(row.fields.names.clone()));
            add(&mut person.birth_dates, row.fields.birth_date);
            add(&mut person.postcodes, some(&row.fields.postcode));
        }
        for (_, row) in rows {
            let earlier = |family| NameSet { family, ..row.fields.names.clone() };
            add(&mut person.names, some(&row.fields.previous_family).map(earlier));
            add(&mut person.postcodes, some(&row.fields.previous_postcode));
        }
        person
    }
}

fn family_key(sound: &str, gender: Option<Gender>) -> String {
    format!("{sound}|{gender:?}")
}

/// Soundex of a name as it stands.
pub(super) fn sound(name: &str, options: &Options) -> String {
    let letters = fold(name);
    if options.silent_h_and_w { soundex(&letters) } else { soundex_plain(&letters) }
}

/// The keys under which a name is found in a block: without spaces and hyphens, by the name itself and by each name
/// that it is short for.
fn sounds(name: &str, options: &Options) -> Vec<String> {
    let joined: String = name.chars().filter(|c| *c != ' ' && *c != '-').collect();
    let folded = fold(&joined);
    let own = sound(&joined, options);
    let classes = nickname_classes(spelling_class(&folded)).iter().map(|class| format!("nickname {class}"));
    std::iter::once(own).chain(classes).filter(|key| !key.is_empty()).collect()
}

/// The keys of a record in one block; none if it lacks a field of it.
///
/// # Source
/// Person_ID Handbook, algorithmic trace: family, given and birth date; family, gender, birth date and postcode;
/// given, gender, birth date and postcode; gender, birth date and postcode.
fn block_keys(
    block: usize,
    names: &NameSet,
    born: Option<PartialDate>,
    gender: Option<Gender>,
    postcode: &str,
    options: &Options,
) -> Vec<String> {
    let Some(born) = born else { return Vec::new() };
    let place = match gender {
        Some(gender) if !postcode.is_empty() => Some(format!("{gender:?}|{postcode}")),
        _ => None,
    };
    let families = || vec![sound(&names.family, options)].into_iter().filter(|sound| !sound.is_empty());
    let with = |place: &Option<String>, sounds: Vec<String>| match place {
        Some(place) => sounds.iter().map(|sound| format!("{sound}|{born}|{place}")).collect(),
        None => Vec::new(),
    };
    match block {
        0 => families()
            .flat_map(|family| {
                sounds(&names.given, options).into_iter().map(move |given| format!("{family}|{given}|{born}"))
            })
            .collect(),
        1 => with(&place, families().collect()),
        2 => with(&place, sounds(&names.given, options)),
        _ => with(&place, vec![String::new()]),
    }
}
