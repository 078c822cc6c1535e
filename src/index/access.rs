//! How the index finds the rows that a blocking rule could bring: by birth date, in whose order the rows
//! stand, or by a hash of the rule's first keys.

use super::layout::{Slot, Slots};
use crate::error::Error;
use crate::linkage::blocking::{KeyColumn, Rule};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::linkage::keys;
use crate::linkage::model::Model;
use crate::linkage::table::Table;
use std::collections::BTreeMap;

/// Keys of a rule that a hash path is made of, at most: more would make paths that no two rules share.
const PATH_KEYS: usize = 2;
/// Keys that so few records share that a path needs no other: rules that begin with one share its path.
const SHARED_BY_FEW: [&str; 4] = ["nhs-number", "postcode", "uprn", "mother-nhs-number"];

/// All ways that a model's rules need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// Some rule asks for the same birth date.
    pub(super) by_date: bool,
    /// Some rule asks for the same birth date or one with day and month exchanged.
    pub(super) by_exchanged_date: bool,
    /// The keys of each hash path.
    pub(super) paths: Vec<Vec<String>>,
    /// The columns that the keys of all rules are made from.
    pub(super) slots: Slots,
}

impl Access {
    /// The ways of a model. A rule that asks for the birth date is served by the order of the rows; any
    /// other by a path of its first keys, shared with rules that begin alike.
    pub(super) fn of(model: &Model) -> Access {
        let mut access = Access::default();
        for rule in &model.blocking {
            access.slots = rule.keys.iter().fold(access.slots, |slots, key| slots.and(slots_of(key)));
            if rule.keys.iter().any(|key| key == "birth-date") {
                access.by_date = true;
            } else if rule.keys.iter().any(|key| key == "birth-date-either-order") {
                access.by_exchanged_date = true;
            } else {
                let few = rule.keys.first().is_some_and(|key| SHARED_BY_FEW.contains(&key.as_str()));
                let keys = rule.keys[..rule.keys.len().min(if few { 1 } else { PATH_KEYS })].to_vec();
                if !access.paths.contains(&keys) {
                    access.paths.push(keys);
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
            let rule = Rule { name: String::new(), keys: columns.iter().collect(), refine: Vec::new(), residual: None };
            for record in 0..table.len() as RecordIndex {
                rule.joint_keys(record).for_each(|key| found(path, record, key));
            }
        }
        Ok(())
    }
}

/// The columns that a blocking key is made from; those of the birth date are always there.
fn slots_of(key: &str) -> Slots {
    Slots::of(match key {
        "nhs-number" => &[Slot::Number],
        "given-name" | "given-name-sound" | "given-name-initial" => &[Slot::Given],
        "given-name-words" => &[Slot::Given, Slot::Other],
        "family-name" | "family-name-sound" | "family-name-initial" => &[Slot::Family],
        "family-name-words" => &[Slot::Family, Slot::PreviousFamily, Slot::MotherFamily],
        "any-name" => &[Slot::Given, Slot::Family],
        "sex" => &[Slot::Sex],
        "postcode" => &[Slot::Postcode, Slot::PreviousPostcode],
        "postcode-sector" | "postcode-district" => &[Slot::Postcode],
        "mother-given-name" => &[Slot::MotherGiven],
        "mother-family-name" => &[Slot::MotherFamily],
        _ if key.starts_with("birth-") => &[],
        _ => return Slots::ALL,
    })
}

/// The records of a table whose keys agree with those of its first record by some rule, and whether a block of that
/// record may be too large to be compared whole.
///
/// # Errors
/// `model/unknown-key`.
pub(super) fn agreeing(model: &Model, table: &Table) -> Result<(Vec<RecordIndex>, bool), Error> {
    let mut columns: BTreeMap<&str, KeyColumn> = BTreeMap::new();
    for key in model.blocking.iter().flat_map(|rule| &rule.keys) {
        if !columns.contains_key(key.as_str()) {
            columns.insert(key, keys::find(key)?.column(&table.fields));
        }
    }
    let rules: Vec<Vec<&KeyColumn>> = model
        .blocking
        .iter()
        .map(|rule| rule.keys.iter().filter_map(|key| columns.get(key.as_str())).collect())
        .collect();
    let agree = |rule: &[&KeyColumn], other| rule.iter().all(|column| column.agrees(0, other));
    let others = 1..table.len() as RecordIndex;
    let too_large = |records: u64| records * (records - 1) / 2 > model.thresholds.max_block_pairs;
    let in_block = |rule: &Vec<&KeyColumn>| others.clone().filter(|&other| agree(rule, other)).count() as u64 + 1;
    let may_be_cut = too_large(table.len() as u64) && rules.iter().map(in_block).any(too_large);
    Ok((others.filter(|&other| rules.iter().any(|rule| agree(rule, other))).collect(), may_be_cut))
}

/// The bucket of a joint key among `1 << bits`.
pub(super) fn bucket(key: u64, bits: u32) -> usize {
    if bits == 0 { 0 } else { (hash::of_word(key) >> (64 - bits)) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::layout::Store;
    use crate::linkage::keys::vocabulary;

    #[test]
    fn a_key_is_made_from_no_more_than_its_columns() {
        let (store, mut table) = crate::index::tests::store();
        let mut keys_of = |store: &Store, key: &str, slots: Slots| {
            let rows: Vec<_> = (0..store.len()).map(|row| store.part_of_row(row, None, slots).fields).collect();
            table.fields.set_records(&rows);
            let column = keys::find(key).unwrap().column(&table.fields);
            (0..rows.len() as RecordIndex).map(|row| column.keys(row).to_vec()).collect::<Vec<_>>()
        };
        for key in vocabulary() {
            let whole = keys_of(&store, key, Slots::ALL);
            assert!(whole.iter().any(|keys| !keys.is_empty()), "no record has a key {key}");
            assert_eq!(keys_of(&store, key, slots_of(key)), whole, "{key}");
        }
    }
}
