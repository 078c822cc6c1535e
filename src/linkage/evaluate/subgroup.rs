//! The same measures for part of the children, since bias in linkage is a safety matter.

use super::{Grouping, PairCounts, Truth, pairs_among, parts};

/// How good a linkage is for one subgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subgroup {
    /// The value that its records share.
    pub group: u32,
    /// Its records.
    pub records: u64,
    /// Pairs of which at least one record is in the subgroup.
    pub pairs: PairCounts,
}

/// Measures clusters for each value of `group`, given by record, in order of value. A pair counts for
/// each subgroup that one of its records is in.
pub fn by_subgroup(truth: &Truth, cluster: &[u32], group: &[u32]) -> Vec<Subgroup> {
    let groups = group.iter().max().map_or(0, |&most| most as usize + 1);
    let empty = |group| Subgroup { group: group as u32, records: 0, pairs: PairCounts::default() };
    let mut subgroups: Vec<Subgroup> = (0..groups).map(empty).collect();
    for &g in group {
        subgroups[g as usize].records += 1;
    }
    let mut counts = vec![0usize; groups];
    let mut touched = Vec::new();
    // Pairs of the members with at least one in a subgroup: all but those of members outside it.
    let mut add = |members: &[((u32, u32), u32)], count: &mut dyn FnMut(&mut PairCounts, u64)| {
        for &(_, record) in members {
            let g = group[record as usize] as usize;
            if counts[g] == 0 {
                touched.push(g);
            }
            counts[g] += 1;
        }
        for g in touched.drain(..) {
            let pairs = pairs_among(members.len()) - pairs_among(members.len() - counts[g]);
            count(&mut subgroups[g].pairs, pairs);
            counts[g] = 0;
        }
    };
    for members in Grouping::new(cluster, &truth.person).groups() {
        add(members, &mut |counts, pairs| counts.found += pairs);
        for part in parts(members) {
            add(part, &mut |counts, pairs| counts.correct += pairs);
        }
    }
    for members in Grouping::new(&truth.person, cluster).groups() {
        add(members, &mut |counts, pairs| counts.actual += pairs);
    }
    subgroups.retain(|subgroup| subgroup.records > 0);
    subgroups
}
