//! How the index finds the rows that a blocking rule could bring: by birth date, in whose order the rows
//! stand, or by a hash of the rule's first keys.

use crate::error::Error;
use crate::linkage::blocking::{KeyColumn, Rule};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::linkage::keys;
use crate::linkage::model::Model;
use crate::linkage::table::Table;

/// Keys of a rule that a hash path is made of, at most: more would make paths that no two rules share.
const PATH_KEYS: usize = 2;

/// All ways that a model's rules need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// Some rule asks for the same birth date.
    pub(super) by_date: bool,
    /// Some rule asks for the same birth date or one with day and month exchanged.
    pub(super) by_exchanged_date: bool,
    /// The keys of each hash path.
    pub(super) paths: Vec<Vec<String>>,
}

impl Access {
    /// The ways of a model. A rule that asks for the birth date is served by the order of the rows; any
    /// other by a path of its first keys, shared with rules that begin alike.
    pub(super) fn of(model: &Model) -> Access {
        let mut access = Access::default();
        for rule in &model.blocking {
            if rule.keys.iter().any(|key| key == "birth-date") {
                access.by_date = true;
            } else if rule.keys.iter().any(|key| key == "birth-date-either-order") {
                access.by_exchanged_date = true;
            } else {
                let keys = rule.keys[..rule.keys.len().min(PATH_KEYS)].to_vec();
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

/// The bucket of a joint key among `1 << bits`.
pub(super) fn bucket(key: u64, bits: u32) -> usize {
    if bits == 0 { 0 } else { (hash::of_word(key) >> (64 - bits)) as usize }
}
