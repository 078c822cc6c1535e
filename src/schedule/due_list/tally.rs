//! How many children are due, overdue and past the failsafe, by practice and by area.

use super::{Areas, DueItem, ListedChild};
use crate::schedule::status::Status;
use std::collections::BTreeMap;

/// Children counted: each once, whatever the number of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Children of the cohort.
    pub children: u64,
    /// With something due or overdue.
    pub due: u64,
    /// With something overdue.
    pub overdue: u64,
    /// With a screen or review whose standard is breached.
    pub failsafe: u64,
}

impl Counts {
    fn add(&mut self, items: &[DueItem<'_>]) {
        self.children += 1;
        self.due += u64::from(!items.is_empty());
        self.overdue += u64::from(items.iter().any(|item| item.status == Status::Overdue));
        self.failsafe += u64::from(items.iter().any(DueItem::is_failsafe));
    }
}

/// Counts of a cohort, in all, by practice and by area.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    all: Counts,
    /// By kind of area (`practice`, `postcode-district`, `local-authority`) and area.
    areas: BTreeMap<(&'static str, Box<str>), Counts>,
}

impl Tally {
    /// Counts a child and what it is due, in all and in each of the child's areas.
    pub fn add(&mut self, child: &ListedChild<'_>, areas: Option<&Areas>, items: &[DueItem<'_>]) {
        self.all.add(items);
        for (kind, area) in child.areas(areas) {
            self.areas.entry((kind, area.into())).or_default().add(items);
        }
    }

    /// The whole cohort.
    pub const fn all(&self) -> Counts {
        self.all
    }

    /// Each area, in the order of kind and name.
    pub fn areas(&self) -> impl Iterator<Item = (&'static str, &str, Counts)> {
        self.areas.iter().map(|((kind, area), counts)| (*kind, &**area, *counts))
    }
}
