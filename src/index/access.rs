//! How the index finds the rows that a blocking rule could bring: by birth date, in whose order the rows
//! stand, or by a hash of the rule's first keys.

use crate::error::Error;
use crate::linkage::blocking::{KeyColumn, Rule};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::linkage::keys;
use crate::linkage::model::{BlockingRule, Model};
use crate::linkage::table::Table;

/// Keys of a rule that a hash path is made of, at most: more would make paths that no two rules share.
const PATH_KEYS: usize = 2;
/// Keys that so few records share that a path needs no other: rules that begin with one share its path.
const SHARED_BY_FEW: [&str; 4] = ["nhs-number", "postcode", "uprn", "mother-nhs-number"];

/// What two records share that agree in a blocking key, as packed columns show it. Some share it that agree in no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// A word of the given or other names, in any spelling.
    GivenWord,
    /// A part of a family name, the previous one, or the mother's.
    FamilyPart,
    /// Given or family name, each in the place of either.
    AnyName,
    /// The sound of the family name.
    FamilySound,
    /// The postcode or the previous one.
    Postcode,
    /// The mother's given name, in any spelling.
    MotherGiven,
}

impl Shared {
    fn of(key: &str) -> Option<Shared> {
        Some(match key {
            "given-name" | "given-name-words" => Shared::GivenWord,
            "family-name" | "family-name-words" | "mother-family-name" => Shared::FamilyPart,
            "any-name" => Shared::AnyName,
            "family-name-sound" => Shared::FamilySound,
            "postcode" => Shared::Postcode,
            "mother-given-name" => Shared::MotherGiven,
            _ => return None,
        })
    }
}

/// What a rule asks for beyond the keys of its path, as far as packed columns show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// The year of birth.
    Year,
    /// Month and day of birth.
    MonthDay,
    /// The district of the postcode.
    District,
    /// The mother's given name, in any spelling.
    MotherGiven,
}

impl Beyond {
    fn of(key: &str) -> Option<Beyond> {
        Some(match key {
            "birth-year" => Beyond::Year,
            "birth-month-day" => Beyond::MonthDay,
            "postcode-district" => Beyond::District,
            "mother-given-name" => Beyond::MotherGiven,
            _ => return None,
        })
    }
}

/// What the rules ask for beside a birth date: any of these, or nothing that packed columns show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) shared: Vec<Shared>,
    pub(super) anything: bool,
}

impl Beside {
    fn add(&mut self, rule: &BlockingRule) {
        match rule.keys.iter().find_map(|key| Shared::of(key)) {
            Some(shared) if !self.shared.contains(&shared) => self.shared.push(shared),
            Some(_) => {}
            None => self.anything = true,
        }
    }
}

/// All ways that a model's rules need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// What rules ask for that records of the same birth date can satisfy; `None` without such a rule.
    pub(super) by_date: Option<Beside>,
    /// The same for records whose birth date has day and month exchanged.
    pub(super) by_exchanged_date: Option<Beside>,
    /// The keys of each hash path.
    pub(super) paths: Vec<Vec<String>>,
    /// Whether all rules of a path ask for birth dates that can be one child's.
    pub(super) dated: Vec<bool>,
    /// What each rule of a path asks for beyond the path's keys. Keys that packed columns do not show are left out: a
    /// block of the rule has no more records than share these.
    pub(super) beyond: Vec<Vec<Vec<Beyond>>>,
}

impl Access {
    /// The ways of a model. A rule that asks for the birth date is served by the order of the rows; any
    /// other by a path of its first keys, shared with rules that begin alike.
    pub(super) fn of(model: &Model) -> Access {
        let mut access = Access::default();
        for rule in &model.blocking {
            if rule.keys.iter().any(|key| key == "birth-date") {
                access.by_date.get_or_insert_default().add(rule);
            } else if rule.keys.iter().any(|key| key == "birth-date-either-order") {
                access.by_date.get_or_insert_default().add(rule);
                access.by_exchanged_date.get_or_insert_default().add(rule);
            } else {
                let few = rule.keys.first().is_some_and(|key| SHARED_BY_FEW.contains(&key.as_str()));
                let keys = rule.keys[..rule.keys.len().min(if few { 1 } else { PATH_KEYS })].to_vec();
                let dated = rule.only_if.as_deref() == Some("birth-date/compatible");
                let beyond = rule.keys[keys.len()..].iter().filter_map(|key| Beyond::of(key)).collect();
                match access.paths.iter().position(|known| *known == keys) {
                    Some(path) => {
                        access.dated[path] &= dated;
                        access.beyond[path].push(beyond);
                    }
                    None => {
                        access.paths.push(keys);
                        access.dated.push(dated);
                        access.beyond.push(vec![beyond]);
                    }
                }
            }
        }
        access
    }

    /// Every joint key of each record of a table, by path.
    ///
    /// # Errors
    /// `model/unknown-key`.
    pub(super) fn keys(&self, table: &Table, mut found: impl FnMut(usize, RecordIndex, u64)) -> Result<(), Error> {
        for (path, names) in self.paths.iter().enumerate() {
            let columns = names.iter().map(|name| Ok(keys::find(name)?.column(&table.fields)));
            let columns = columns.collect::<Result<Vec<KeyColumn>, Error>>()?;
            let rule = Rule {
                name: String::new(),
                keys: columns.iter().collect(),
                refine: Vec::new(),
                residual: None,
                sieve: None,
            };
            for record in 0..table.len() as RecordIndex {
                rule.joint_keys(record).for_each(|key| found(path, record, key));
            }
        }
        Ok(())
    }
}

/// The bucket of a joint key among `1 << bits`.
pub(super) fn bucket(key: u64, bits: u32) -> usize {
    if bits == 0 { 0 } else { (hash::of_word(key) >> (64 - bits)) as usize }
}
