//! One child: what is chosen, by which test, from which record, and what else is told.

use super::rules::{Group, Rules, Test};
use crate::identity::column::Column;
use crate::identity::person::Person;
use crate::identity::raw::RawFields;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;
use crate::linkage::table::Built;
use std::collections::{BTreeMap, BTreeSet};

/// Records whose date of death was withdrawn.
pub type Withdrawn = BTreeSet<RecordIndex>;

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
    /// What records tell of the child's death.
    pub death: Death,
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

/// What records tell of a death.
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

/// Chooses for every child. `child_of` gives the child of each record, `withdrawn` the records whose date of death does
/// not hold. Children come in order of their serial.
pub fn best_children(built: &Built, child_of: &[u64], rules: &Rules, withdrawn: &Withdrawn) -> Vec<BestChild> {
    let mut order: Vec<RecordIndex> = (0..built.table.len() as RecordIndex).collect();
    parallel::sort_unstable_by(&mut order, |&a, &b| (child_of[a as usize], a).cmp(&(child_of[b as usize], b)));
    let children: Vec<&[RecordIndex]> = order.chunk_by(|&a, &b| child_of[a as usize] == child_of[b as usize]).collect();
    parallel::map(children.len(), |n| best(built, child_of[children[n][0] as usize], children[n], rules, withdrawn))
}

fn best(built: &Built, child_id: u64, records: &[RecordIndex], rules: &Rules, withdrawn: &Withdrawn) -> BestChild {
    let table = &built.table;
    let raws: Vec<RawFields<'_>> = records
        .iter()
        .map(|&record| {
            let mut raw = RawFields::new();
            Column::ALL.into_iter().for_each(|column| raw.set(column, table.raw(record, column)));
            if withdrawn.contains(&record) {
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
        death: death(built, records, &people, &raws, withdrawn),
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
/// another source puts it in doubt, for a person to look at.
fn death(
    built: &Built,
    records: &[RecordIndex],
    people: &[Person],
    raws: &[RawFields<'_>],
    withdrawn: &Withdrawn,
) -> Death {
    let mut told: BTreeMap<bool, Vec<&str>> = BTreeMap::new();
    for (person, raw) in people.iter().zip(raws) {
        told.entry(person.death_date.valid().is_some()).or_default().push(raw.get(Column::UpdatedAt));
    }
    let withdrawn_of =
        |record: &&RecordIndex| withdrawn.contains(*record) && !built.table.raw(**record, Column::DeathDate).is_empty();
    match (told.get(&true), told.get(&false)) {
        (None, _) if records.iter().any(|record| withdrawn_of(&record)) => Death::Withdrawn,
        (None, _) => Death::None,
        (Some(dead), Some(alive)) if alive.iter().max() > dead.iter().max() => Death::InDoubt,
        (Some(_), _) => Death::Told,
    }
}
