//! Serial numbers of children, stable from run to run.

use super::cluster::Clusters;
use super::comparison::RecordIndex;
use crate::order;
use hashbrown::{HashMap, HashSet};

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

impl Previous {
    /// Takes a row of an earlier run: the child of a record, which may be no more; its serial stays taken all the same.
    pub fn take(&mut self, record: Option<RecordIndex>, child: u64) {
        if child < FIRST_OF_INDEX {
            self.next_child_id = self.next_child_id.max(child + 1);
        }
        self.children.extend(record.map(|record| (record, child)));
    }
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
        let kept = kept_serials(records, clusters, previous);
        let serials = previous.children.iter().map(|&(_, serial)| serial);
        let highest = serials.filter(|&serial| serial < FIRST_OF_INDEX).max().unwrap_or(0);
        let mut next = previous.next_child_id.max(highest + 1).max(1);
        let mut child_id = vec![0u64; records];
        let mut children = 0;
        for record in 0..records as RecordIndex {
            let least = clusters.least(record);
            if least == record {
                children += 1;
                child_id[record as usize] = match kept[record as usize] {
                    0 => {
                        next += 1;
                        next - 1
                    }
                    serial => serial,
                };
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

/// The serial that each child, named by its least record, keeps; 0 for none.
fn kept_serials(records: usize, clusters: &Clusters, previous: &Previous) -> Vec<u64> {
    // Most children claim one serial that nobody else claims: these need not be weighed against each other.
    let mut kept = vec![0; records];
    let mut is_contested = vec![false; records];
    // Serials are given one after another, so that a list serves; far ones, as an index in use gives, are weighed.
    let mut claimed_by = vec![RecordIndex::MAX; previous.next_child_id.min(4 * records as u64 + 1) as usize];
    let mut rivals = Vec::new();
    for &(record, serial) in &previous.children {
        let child = clusters.least(record);
        let own = &mut kept[child as usize];
        if *own == 0 {
            *own = serial;
        }
        is_contested[child as usize] |= *own != serial;
        match usize::try_from(serial).ok().and_then(|serial| claimed_by.get_mut(serial)) {
            Some(claimant) if *claimant == RecordIndex::MAX => *claimant = child,
            Some(claimant) if *claimant == child => {}
            Some(claimant) => rivals.extend([*claimant, child]),
            None => rivals.push(child),
        }
    }
    rivals.into_iter().for_each(|child| is_contested[child as usize] = true);
    let mut shared: HashMap<(RecordIndex, u64), u64> = HashMap::new();
    for &(record, serial) in &previous.children {
        let child = clusters.least(record);
        if is_contested[child as usize] {
            *shared.entry((child, serial)).or_insert(0) += 1;
            kept[child as usize] = 0;
        }
    }
    let mut claims: Vec<(u64, u64, RecordIndex)> =
        shared.into_iter().map(|((child, serial), records)| (records, serial, child)).collect();
    order::sort_by(&mut claims, |a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut taken: HashSet<u64> = HashSet::new();
    for (_, serial, child) in claims {
        if kept[child as usize] == 0 && taken.insert(serial) {
            kept[child as usize] = serial;
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
        Clusters::build(records, links, &Constraints::NONE).0
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

    /// Every claim weighed against every other, the slow way.
    fn weighed(clusters: &Clusters, previous: &Previous) -> std::collections::BTreeMap<RecordIndex, u64> {
        let mut shared = std::collections::BTreeMap::new();
        for &(record, serial) in &previous.children {
            *shared.entry((clusters.least(record), serial)).or_insert(0u64) += 1;
        }
        let mut claims: Vec<_> =
            shared.iter().map(|(&(child, serial), &records)| (std::cmp::Reverse(records), serial, child)).collect();
        claims.sort_unstable();
        let (mut kept, mut taken) = (std::collections::BTreeMap::new(), std::collections::BTreeSet::new());
        for (_, serial, child) in claims {
            if !kept.contains_key(&child) && taken.insert(serial) {
                kept.insert(child, serial);
            }
        }
        kept
    }

    proptest::proptest! {
        #[test]
        fn children_keep_what_weighing_every_claim_gives_them(
            links in proptest::collection::vec((0u32..16, 0u32..16), 0..12),
            serials in proptest::collection::vec(proptest::option::of(proptest::prop_oneof![1u64..9, 60u64..70]), 16),
            highest in 1u64..80,
        ) {
            let links: Vec<(u32, u32)> = links.into_iter().filter(|(left, right)| left < right).collect();
            let clusters = clusters(16, &links);
            let children = serials.iter().enumerate().filter_map(|(record, serial)| Some((record as u32, (*serial)?)));
            let previous = Previous { children: children.collect(), next_child_id: highest };
            let kept = kept_serials(16, &clusters, &previous);
            let slow = weighed(&clusters, &previous);
            for record in 0..16u32 {
                proptest::prop_assert_eq!(kept[record as usize], slow.get(&record).copied().unwrap_or(0));
            }
        }
    }
}
