//! Serial numbers of children, stable from run to run.

use super::cluster::Clusters;
use super::comparison::RecordIndex;
use crate::order;
use hashbrown::HashMap;

/// The first serial that an index in use gives to a child that it makes between two runs. Runs give those below, so
/// that neither waits for the other.
pub const FIRST_OF_INDEX: u64 = 1 << 31;

/// The children of an earlier run.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// Each record that still exists, with its child then.
    pub children: Vec<(RecordIndex, u64)>,
    /// The first serial that was never given; at least 1.
    pub next_child_id: u64,
}

/// A record whose child is not that of the earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The record.
    pub record: RecordIndex,
    /// Its child then.
    pub from: u64,
    /// Its child now.
    pub to: u64,
}

/// The serial of each record's child.
#[derive(Clone, Debug, Default)]
pub struct ChildIds {
    /// By record.
    pub child_id: Vec<u64>,
    /// The first serial not yet given.
    pub next_child_id: u64,
    /// Records that changed child, in order.
    pub changes: Vec<Change>,
    /// How many children there are.
    pub children: u64,
}

impl ChildIds {
    /// Numbers children in the order of their least record. A child keeps the serial of the earlier one
    /// with which it shares most records (of equals, the least serial); serials are never given twice.
    pub fn assign(records: usize, clusters: &Clusters, previous: &Previous) -> ChildIds {
        let kept = kept_serials(clusters, previous);
        let serials = previous.children.iter().map(|&(_, serial)| serial);
        let highest = serials.filter(|&serial| serial < FIRST_OF_INDEX).max().unwrap_or(0);
        let mut next = previous.next_child_id.max(highest + 1).max(1);
        let mut child_id = vec![0u64; records];
        let mut children = 0;
        for record in 0..records as RecordIndex {
            let least = clusters.least(record);
            if least == record {
                children += 1;
                child_id[record as usize] = kept.get(&record).copied().unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
            } else {
                // The least record of a child comes first, so its serial is known by now.
                child_id[record as usize] = child_id[least as usize];
            }
        }
        let mut changes: Vec<Change> = previous
            .children
            .iter()
            .map(|&(record, from)| Change { record, from, to: child_id[record as usize] })
            .filter(|change| change.from != change.to)
            .collect();
        order::sort_by_word(&mut changes, |change| u64::from(change.record));
        ChildIds { child_id, next_child_id: next, changes, children }
    }
}

/// The serial that each child, named by its least record, keeps.
fn kept_serials(clusters: &Clusters, previous: &Previous) -> HashMap<RecordIndex, u64> {
    let mut shared: HashMap<(RecordIndex, u64), u64> = HashMap::new();
    for &(record, serial) in &previous.children {
        *shared.entry((clusters.least(record), serial)).or_insert(0) += 1;
    }
    let mut claims: Vec<(u64, u64, RecordIndex)> =
        shared.into_iter().map(|((child, serial), records)| (records, serial, child)).collect();
    order::sort_by(&mut claims, |a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut kept: HashMap<RecordIndex, u64> = HashMap::new();
    let mut taken: HashMap<u64, RecordIndex> = HashMap::new();
    for (_, serial, child) in claims {
        if !kept.contains_key(&child) && !taken.contains_key(&serial) {
            kept.insert(child, serial);
            taken.insert(serial, child);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::cluster::{Constraints, Link};

    fn clusters(records: usize, links: &[(u32, u32)]) -> Clusters {
        let links = links.iter().map(|&(left, right)| Link { left, right, weight: 1.0 }).collect();
        let constraints = Constraints { number: &|_| 0, birth_order: &|_| 0, apart: &[], barred: &|_, _| false };
        Clusters::build(records, links, &constraints).0
    }

    #[test]
    fn serials_follow_the_least_record() {
        let ids = ChildIds::assign(4, &clusters(4, &[(1, 3)]), &Previous::default());
        assert_eq!(ids.child_id, [1, 2, 3, 2]);
        assert_eq!((ids.next_child_id, ids.children), (4, 3));
    }

    #[test]
    fn the_child_with_most_records_keeps_the_serial_and_none_is_given_twice() {
        // Then: 7 = {0, 1, 2}, 9 = {3}. Now {0} left, {1, 2, 3} together.
        let previous = Previous { children: vec![(0, 7), (1, 7), (2, 7), (3, 9)], next_child_id: 12 };
        let ids = ChildIds::assign(4, &clusters(4, &[(1, 2), (2, 3)]), &previous);
        assert_eq!(ids.child_id, [12, 7, 7, 7]);
        assert_eq!(ids.changes, [Change { record: 0, from: 7, to: 12 }, Change { record: 3, from: 9, to: 7 }]);
        assert_eq!(ids.next_child_id, 13);
    }

    #[test]
    fn of_equal_claims_the_least_serial_wins() {
        let previous = Previous { children: vec![(0, 5), (1, 4)], next_child_id: 6 };
        let ids = ChildIds::assign(2, &clusters(2, &[(0, 1)]), &previous);
        assert_eq!(ids.child_id, [4, 4]);
    }
}
