//! The lists that a run is told, as a host hands them over.

use crate::error::Error;
use crate::exchange::lists;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::LinkOptions;
use crate::linkage::barred::Barred;
use crate::linkage::child_id::Previous;
use crate::linkage::decisions::DecisionRow;
use crate::linkage::table::Table;

/// What people and earlier runs know. Each list is looked at when it comes, but for the earlier run, whose records
/// can only be found once there is a table.
#[derive(Default)]
pub(crate) struct Lists {
    decisions: Vec<DecisionRow>,
    superseded: Vec<(NhsNumber, NhsNumber)>,
    barred: Barred,
    previous: Option<(Vec<u8>, u64)>,
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
impl Lists {
    /// Takes what people decided of pairs: `source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at`.
    ///
    /// # Errors
    /// `list/...`
    pub(crate) fn decisions(&mut self, list: &[u8]) -> Result<(), Error> {
        self.decisions = in_list("decisions", lists::read_decisions(list))?;
        Ok(())
    }

    /// Takes NHS numbers that were merged into others: `old_nhs_number,nhs_number`.
    ///
    /// # Errors
    /// `list/...`
    pub(crate) fn superseded(&mut self, list: &[u8]) -> Result<(), Error> {
        self.superseded = in_list("superseded numbers", lists::read_superseded(list))?;
        Ok(())
    }

    /// Takes pairs that must never be joined or mentioned, as `childlink bar` wrote them, with the text of the file
    /// that holds their key.
    ///
    /// # Errors
    /// `list/...`, `barred/key`
    pub(crate) fn barred(&mut self, list: &[u8], key: &str) -> Result<(), Error> {
        let key = lists::hexadecimal(key).filter(|key| key.len() >= 32).ok_or_else(|| {
            Error::new(
                "barred/key",
                "the key of the barred pairs is none",
                "use the key file that was made with the list; without it the list cannot be read",
            )
        })?;
        self.barred = in_list("barred pairs", lists::read_barred(list, &key))?;
        Ok(())
    }

    /// Takes the children of an earlier run, and the first serial that it had not given.
    pub(crate) fn previous(&mut self, children: Vec<u8>, next_child_id: u64) {
        self.previous = Some((children, next_child_id));
    }
}

impl Lists {
    /// Whether there is an earlier run, so that it is worth telling what changed.
    pub(crate) fn has_previous(&self) -> bool {
        self.previous.is_some()
    }

    /// Brings the lists to bear on a table. What they could not be used for comes back in words.
    ///
    /// # Errors
    /// `list/...` of the children of an earlier run.
    pub(crate) fn apply(self, table: &mut Table) -> Result<(LinkOptions, Vec<String>), Error> {
        let (decisions, notes) = lists::bring_to_bear(table, &self.superseded, &self.decisions);
        let previous = match self.previous {
            Some((children, next)) => in_list("children", lists::read_previous(&children[..], next, table))?,
            None => Previous::default(),
        };
        Ok((LinkOptions { decisions, previous, barred: self.barred, ..LinkOptions::default() }, notes))
    }
}

/// The result, with the name of the list in its error.
fn in_list<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|mut error| {
        error.message = format!("{name}: {}", error.message);
        error
    })
}
