//! One child: what is chosen, by which test, from which record, and what else is told.

use super::rules::{Group, Rules, Test};
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::RawFields;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;
use crate::linkage::table::{Built, Table};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of deaths beside the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deaths {
    /// Dates of death that were withdrawn, as the record tells or told them; empty for whatever it tells.
    withdrawn: BTreeMap<RecordIndex, String>,
    /// Dates of death that were told of a child by notifications, and withdrawn.
    withdrawn_of_child: BTreeMap<u64, BTreeSet<String>>,
    /// The date of death that notifications tell of a child; empty where they tell no date.
    told_of_child: BTreeMap<u64, String>,
}

impl Deaths {
    /// Withdraws a date of death that a record tells or told; an empty one stands for whatever it tells.
    pub fn withdraw(&mut self, record: RecordIndex, date: &str) {
        self.withdrawn.insert(record, date.trim().to_owned());
    }

    /// A death that notifications told of a child was withdrawn.
    pub fn withdraw_of_child(&mut self, child: u64, date: &str) {
        self.withdrawn_of_child.entry(child).or_default().insert(date.to_owned());
    }

    /// Notifications tell that a child died.
    pub fn tell_of_child(&mut self, child: u64, date: &str) {
        let told = self.told_of_child.entry(child).or_default();
        if told.is_empty() {
            date.clone_into(told);
        }
    }

    /// The date that a record tells, or told, and that was withdrawn.
    pub fn withdrawn_from<'t>(&'t self, table: &'t Table, record: RecordIndex) -> Option<&'t str> {
        let date = self.withdrawn.get(&record)?.as_str();
        let told = table.raw(record, Column::DeathDate).trim();
        // A record that tells another date tells of another death.
        (date.is_empty() || told.is_empty() || date == told)
            .then_some(if told.is_empty() { date } else { told })
            .filter(|date| !date.is_empty())
    }
}

/// The best record of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestChild {
    /// Its serial.
    pub child_id: u64,
    /// Its records, in order.
    pub records: Vec<RecordIndex>,
    /// Whether any record withholds where the child lives.
    pub sensitive: bool,
    /// For each group of the rules what was chosen; nothing where no record tells anything.
    pub chosen: Vec<Option<Chosen>>,
    /// What is told of the child's death.
    pub death: Death,
    /// The date of death that notifications tell; empty where they tell of a death without a date.
    pub notified_death: Option<String>,
}

/// What was chosen for a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The record that it comes from.
    pub record: RecordIndex,
    /// The values, by column of the group.
    pub values: Vec<String>,
    /// The test that decided: `only` if all records told the same, `record-order` if no test did.
    pub rule: &'static str,
    /// What other records tell instead, each once.
    pub others: Vec<Told>,
}

/// What one record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The record.
    pub record: RecordIndex,
    /// The values, by column of the group.
    pub values: Vec<String>,
}

/// What is told of a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Nothing.
    None,
    /// A death, by every record that is as new.
    Told,
    /// A death, which a newer record of another source does not tell: to be looked at, and until then it holds.
    InDoubt,
    /// A death that was withdrawn, and no other.
    Withdrawn,
}

impl Death {
    /// The word in output; nothing where there is nothing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Death::None => "",
            Death::Told => "told",
            Death::InDoubt => "in-doubt",
            Death::Withdrawn => "withdrawn",
        }
    }
}

/// One record with what the tests ask of it.
struct Candidate<'p> {
    record: RecordIndex,
    person: &'p Person,
    raw: RawFields<'p>,
    values: Vec<String>,
}

/// Chooses for every child. `child_of` gives the child of each record, `deaths` what is known of
/// deaths beside the records. Children come in order of their serial.
pub fn best_children(built: &Built, child_of: &[u64], rules: &Rules, deaths: &Deaths) -> Vec<BestChild> {
    let mut order: Vec<RecordIndex> = (0..built.table.len() as RecordIndex).collect();
    parallel::sort_unstable_by(&mut order, |&a, &b| (child_of[a as usize], a).cmp(&(child_of[b as usize], b)));
    let children: Vec<&[RecordIndex]> = order.chunk_by(|&a, &b| child_of[a as usize] == child_of[b as usize]).collect();
    parallel::map(children.len(), |n| best(built, child_of[children[n][0] as usize], children[n], rules, deaths))
}

fn best(built: &Built, child_id: u64, records: &[RecordIndex], rules: &Rules, deaths: &Deaths) -> BestChild {
    let table = &built.table;
    let raws: Vec<RawFields<'_>> = records
        .iter()
        .map(|&record| {
            let mut raw = RawFields::new();
            Column::ALL.into_iter().for_each(|column| raw.set(column, table.raw(record, column)));
            if deaths.withdrawn_from(table, record).is_some() {
                raw.set(Column::DeathDate, "");
            }
            raw
        })
        .collect();
    let people: Vec<Person> = records
        .iter()
        .zip(&raws)
        .map(|(&record, raw)| {
            let order = built.quality[usize::from(table.source_index()[record as usize])].date_order;
            Person::parse(raw, order, None).0
        })
        .collect();
    let chosen = rules
        .groups
        .iter()
        .map(|group| {
            let candidates: Vec<Candidate<'_>> = records
                .iter()
                .zip(people.iter().zip(&raws))
                .map(|(&record, (person, raw))| Candidate {
                    record,
                    person,
                    raw: *raw,
                    values: group.columns.iter().map(|&column| shown(built, record, person, raw, column)).collect(),
                })
                .filter(|candidate| candidate.values.iter().any(|value| !value.is_empty()))
                .collect();
            choose(built, candidates, group, rules)
        })
        .collect();
    BestChild {
        child_id,
        records: records.to_vec(),
        sensitive: records.iter().any(|&record| table.is_sensitive(record)),
        chosen,
        death: death(built, child_id, records, &people, &raws, deaths),
        notified_death: deaths.told_of_child.get(&child_id).cloned(),
    }
}

/// A value as the best record has it: in its normal form if it can be read, as it stands if not. A placeholder is no
/// given name, and a number by which the record is linked outranks the one that its source holds.
fn shown(built: &Built, record: RecordIndex, person: &Person, raw: &RawFields<'_>, column: Column) -> String {
    let text = raw.get(column);
    match column {
        Column::NhsNumber => match built.table.nhs_number(record) {
            Some((number, _)) => format!("{:010}", number.digits()),
            None => String::new(),
        },
        Column::NhsNumberStatus => match built.table.nhs_number(record) {
            Some((_, true)) => "01".to_owned(),
            Some(_) => person.nhs_number_status.valid().map_or_else(String::new, |status| status.code().to_owned()),
            None => String::new(),
        },
        Column::GivenName if person.given_name.is_absent() => String::new(),
        Column::OtherNames if person.other_names.is_absent() => String::new(),
        Column::FamilyName if person.family_name.is_absent() => String::new(),
        Column::Sex => person.sex.valid().map_or_else(String::new, |sex| (*sex as u8).to_string()),
        Column::BirthDate => person.birth_date.valid().map_or_else(String::new, ToString::to_string),
        Column::DeathDate => person.death_date.valid().map_or_else(String::new, ToString::to_string),
        Column::BirthOrder => person.birth_order.valid().map_or_else(String::new, |order| order.get().to_string()),
        Column::Postcode => match person.postcode.valid().and_then(|postcode| postcode.evidence()) {
            Some(postcode) => postcode.to_string(),
            None => String::new(),
        },
        Column::GpPractice => person.gp_practice.valid().map_or_else(String::new, |p| p.as_str().to_owned()),
        Column::MotherNhsNumber => {
            person.mother.nhs_number.valid().map_or_else(String::new, |number| format!("{:010}", number.digits()))
        }
        Column::MotherBirthDate => person.mother.birth_date.valid().map_or_else(String::new, ToString::to_string),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn choose(built: &Built, candidates: Vec<Candidate<'_>>, group: &Group, rules: &Rules) -> Option<Chosen> {
    let mut left: Vec<&Candidate<'_>> = candidates.iter().collect();
    let mut rule = "only";
    let agree = |left: &[&Candidate<'_>]| left.windows(2).all(|pair| comparable(pair[0]) == comparable(pair[1]));
    if !agree(&left) {
        rule = "record-order";
        for &test in &group.tests {
            let measure = |candidate: &&Candidate<'_>| measure(built, candidate, test, rules, &candidates);
            let best = left.iter().map(measure).max()?;
            left.retain(|candidate| measure(candidate) == best);
            if agree(&left) {
                rule = test.as_str();
                break;
            }
        }
    }
    // Of records that agree, the one that is newest stands for them, then the first by source and record id.
    let newest = left.iter().map(|candidate| candidate.raw.get(Column::UpdatedAt)).max()?;
    let first = left.iter().find(|candidate| candidate.raw.get(Column::UpdatedAt) == newest)?;
    let mut others: Vec<Told> = Vec::new();
    let mut seen = vec![comparable(first)];
    for candidate in &candidates {
        let told = comparable(candidate);
        if !seen.contains(&told) {
            seen.push(told);
            others.push(Told { record: candidate.record, values: candidate.values.clone() });
        }
    }
    Some(Chosen { record: first.record, values: first.values.clone(), rule, others })
}

/// Values without what does not count: case, spaces, punctuation.
fn comparable(candidate: &Candidate<'_>) -> Vec<String> {
    candidate.values.iter().map(|value| crate::text::normalise::fold(value)).collect()
}

/// How well a record fares by a test: the greater the better.
fn measure(
    built: &Built,
    candidate: &Candidate<'_>,
    test: Test,
    rules: &Rules,
    all: &[Candidate<'_>],
) -> (u64, String) {
    let person = candidate.person;
    let number = |n: u64| (n, String::new());
    match test {
        Test::National => number(u64::from(built.table.nhs_number(candidate.record).is_some_and(|(_, agreed)| agreed))),
        Test::Valid => number(candidate.values.iter().filter(|value| !value.is_empty()).count() as u64),
        Test::Named => number(u64::from(person.given_name.valid().is_some())),
        Test::ListedSource => {
            let source = built.table.source(candidate.record);
            let place = rules.sources.iter().position(|name| name == source).unwrap_or(rules.sources.len());
            number((rules.sources.len() - place) as u64)
        }
        Test::Latest => (0, candidate.raw.get(Column::UpdatedAt).to_owned()),
        Test::Moved => {
            let own = person.postcode.valid();
            let left_by = all.iter().filter(|other| other.record != candidate.record).any(|other| {
                own.is_some() && other.person.previous_postcode.valid() == own && other.person.postcode.valid() != own
            });
            number(u64::from(!left_by))
        }
        Test::Whole => {
            let date = if candidate.raw.get(Column::DeathDate).is_empty() {
                person.birth_date.valid()
            } else {
                person.death_date.valid()
            };
            let date = date.and_then(|date| date.exact());
            number(date.map_or(0, |date| if (date.month(), date.day()) == (1, 1) { 1 } else { 2 }))
        }
        Test::MostSources => {
            let told = comparable(candidate);
            let same = all.iter().filter(|other| comparable(other) == told);
            let sources: BTreeSet<&str> = same.map(|other| built.table.source(other.record)).collect();
            number(sources.len() as u64)
        }
        Test::Fullest => {
            let filled = candidate.values.iter().filter(|value| !value.is_empty()).count() as u64;
            let letters = candidate.values.iter().map(|value| value.chars().count() as u64).sum::<u64>();
            number((filled << 32) | letters.min(u64::from(u32::MAX)))
        }
    }
}

/// A death holds until it is withdrawn: a record that does not tell it may simply not know. Only a newer record of
/// another source puts it in doubt, for a person to look at, and so does the withdrawal of the same date in another.
fn death(
    built: &Built,
    child: u64,
    records: &[RecordIndex],
    people: &[Person],
    raws: &[RawFields<'_>],
    deaths: &Deaths,
) -> Death {
    let mut told: BTreeMap<bool, Vec<&str>> = BTreeMap::new();
    for (person, raw) in people.iter().zip(raws) {
        told.entry(person.death_date.valid().is_some()).or_default().push(raw.get(Column::UpdatedAt));
    }
    let mut gone: BTreeSet<&str> =
        records.iter().filter_map(|&record| deaths.withdrawn_from(&built.table, record)).collect();
    gone.extend(deaths.withdrawn_of_child.get(&child).into_iter().flatten().map(String::as_str));
    let is_gone = |raw: &RawFields<'_>| gone.contains(raw.get(Column::DeathDate).trim());
    match (told.get(&true), told.get(&false)) {
        (None, _) if deaths.told_of_child.contains_key(&child) => Death::Told,
        (None, _) if !gone.is_empty() => Death::Withdrawn,
        (None, _) => Death::None,
        (Some(_), _) if raws.iter().any(is_gone) => Death::InDoubt,
        (Some(_), _) if deaths.told_of_child.contains_key(&child) => Death::Told,
        (Some(dead), Some(alive)) if alive.iter().max() > dead.iter().max() => Death::InDoubt,
        (Some(_), _) => Death::Told,
    }
}
