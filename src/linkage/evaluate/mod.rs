//! How good a linkage is, measured against the truth.
//!
//! Everything is counted by group, never pair by pair: a cluster of n records holds n(n-1)/2 pairs,
//! of which those of one person are right.

pub mod clerical;
pub mod curve;
pub mod subgroup;

use std::collections::BTreeMap;

/// The truth about the records of one run. Records are counted from 0 in any fixed order.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// The person of each record.
    pub person: Vec<u32>,
    /// What is known of each person; empty when nothing is.
    pub persons: Vec<PersonTruth>,
}

/// What is known of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonTruth {
    /// Shared by the children of one maternity.
    pub maternity: Option<u32>,
    /// The same child's other identity, before or after adoption: never to be joined.
    pub counterpart: Option<u32>,
}

/// Pairs found against pairs that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounts {
    /// Pairs found that are of one person.
    pub correct: u64,
    /// All pairs found.
    pub found: u64,
    /// All pairs of records of one person.
    pub actual: u64,
}

impl PairCounts {
    /// The share of the found that is right, 0 to 1; 1 when nothing was found.
    pub fn precision(&self) -> f64 {
        ratio(self.correct, self.found)
    }

    /// The share of the actual that was found, 0 to 1; 1 when there was nothing to find.
    pub fn recall(&self) -> f64 {
        ratio(self.correct, self.actual)
    }

    /// The harmonic mean of precision and recall.
    ///
    /// ```
    /// use childlink::linkage::evaluate::PairCounts;
    /// let counts = PairCounts { correct: 6, found: 8, actual: 12 };
    /// assert_eq!((counts.precision(), counts.recall(), counts.f1()), (0.75, 0.5, 0.6));
    /// ```
    pub fn f1(&self) -> f64 {
        if self.found + self.actual == 0 { 1.0 } else { 2.0 * self.correct as f64 / (self.found + self.actual) as f64 }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// How good a linkage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Records judged.
    pub records: u64,
    /// Pairs of records in one cluster.
    pub pairs: PairCounts,
    /// Clusters of at least two records that hold all the records of one person and no other, against
    /// all such clusters and all persons of at least two records.
    pub exact: PairCounts,
    /// The same over all clusters and persons, single records included.
    pub exact_with_singles: PairCounts,
    /// Pairs in one cluster once every review pair is answered truthfully: the clusters of each review
    /// pair of one person are joined, the others stay apart, and what was joined wrongly before stays.
    pub after_review: PairCounts,
    /// Pairs that a person must decide.
    pub review_pairs: u64,
    /// Those of them that are of one person.
    pub review_pairs_true: u64,
    /// Pairs of records of different children of one maternity in one cluster; `None` when
    /// maternities are not known.
    pub twin_pairs: Option<u64>,
    /// Pairs of records of an adopted child's two identities in one cluster; `None` when they are not
    /// known.
    pub adopted_pairs: Option<u64>,
    /// Records in the greatest cluster.
    pub biggest_cluster: u64,
}

/// Measures clusters and the review queue against the truth. `cluster` gives the cluster of each
/// record, `reviews` the pairs of records that wait for a decision.
pub fn evaluate(truth: &Truth, cluster: &[u32], reviews: &[(u32, u32)]) -> Evaluation {
    let by_cluster = Grouping::new(cluster, &truth.person);
    let same_person = |&&(left, right): &&(u32, u32)| truth.person[left as usize] == truth.person[right as usize];
    let known = !truth.persons.is_empty();
    let (exact, exact_with_singles) = exact(&truth.person, &by_cluster);
    Evaluation {
        records: truth.person.len() as u64,
        pairs: pairs(&truth.person, &by_cluster),
        exact,
        exact_with_singles,
        after_review: after_answers(truth, cluster, reviews),
        review_pairs: reviews.len() as u64,
        review_pairs_true: reviews.iter().filter(same_person).count() as u64,
        twin_pairs: known.then(|| by_cluster.groups().map(|group| twin_pairs(truth, group)).sum()),
        adopted_pairs: known.then(|| by_cluster.groups().map(|group| adopted_pairs(truth, group)).sum()),
        biggest_cluster: by_cluster.groups().map(|group| group.len() as u64).max().unwrap_or(0),
    }
}

/// Pairs in one cluster once these pairs, beside what is linked, are answered truthfully: what
/// [`Evaluation::after_review`] is for the review queue, for any list of pairs.
pub fn after_answers(truth: &Truth, cluster: &[u32], asked: &[(u32, u32)]) -> PairCounts {
    let same_person = |&&(left, right): &&(u32, u32)| truth.person[left as usize] == truth.person[right as usize];
    let joined = joined_by_reviews(cluster, asked.iter().filter(same_person));
    pairs(&truth.person, &Grouping::new(&joined, &truth.person))
}

/// Pairs of records of one person that are in different clusters, in order, at most so many.
pub fn missed_pairs(truth: &Truth, cluster: &[u32], at_most: usize) -> Vec<(u32, u32)> {
    let apart = |&(left, right): &(u32, u32)| cluster[left as usize] != cluster[right as usize];
    all_pairs(&Grouping::new(&truth.person, cluster)).filter(apart).take(at_most).collect()
}

/// Pairs of records of different persons that are in one cluster, in order, at most so many.
pub fn false_pairs(truth: &Truth, cluster: &[u32], at_most: usize) -> Vec<(u32, u32)> {
    let unlike = |&(left, right): &(u32, u32)| truth.person[left as usize] != truth.person[right as usize];
    all_pairs(&Grouping::new(cluster, &truth.person)).filter(unlike).take(at_most).collect()
}

fn all_pairs(grouping: &Grouping) -> impl Iterator<Item = (u32, u32)> {
    grouping.groups().flat_map(|group| {
        group.iter().enumerate().flat_map(move |(at, &(_, left))| {
            group[at + 1..].iter().map(move |&(_, right)| (left.min(right), left.max(right)))
        })
    })
}

/// Records in order of two keys: those of one first key lie together, and within them those of one
/// second key.
struct Grouping {
    /// Both keys, then the record.
    members: Vec<((u32, u32), u32)>,
}

impl Grouping {
    fn new(first: &[u32], second: &[u32]) -> Grouping {
        let keys = first.iter().zip(second).enumerate();
        let mut members: Vec<((u32, u32), u32)> = keys.map(|(record, (&a, &b))| ((a, b), record as u32)).collect();
        members.sort_unstable();
        Grouping { members }
    }

    /// The records of each first key.
    fn groups(&self) -> impl Iterator<Item = &[((u32, u32), u32)]> {
        self.members.chunk_by(|a, b| a.0.0 == b.0.0)
    }
}

/// The records of each second key within one group.
fn parts(group: &[((u32, u32), u32)]) -> impl Iterator<Item = &[((u32, u32), u32)]> {
    group.chunk_by(|a, b| a.0 == b.0)
}

/// Pairs among so many records.
fn pairs_among(records: usize) -> u64 {
    let n = records as u64;
    n * n.saturating_sub(1) / 2
}

/// How many records each person has.
fn records_by_person(person: &[u32]) -> Vec<u32> {
    let mut counts = vec![0; person.iter().max().map_or(0, |&most| most as usize + 1)];
    for &p in person {
        counts[p as usize] += 1;
    }
    counts
}

fn pairs(person: &[u32], by_cluster: &Grouping) -> PairCounts {
    PairCounts {
        correct: by_cluster.groups().flat_map(parts).map(|part| pairs_among(part.len())).sum(),
        found: by_cluster.groups().map(|group| pairs_among(group.len())).sum(),
        actual: records_by_person(person).iter().map(|&n| pairs_among(n as usize)).sum(),
    }
}

fn exact(person: &[u32], by_cluster: &Grouping) -> (PairCounts, PairCounts) {
    let counts = records_by_person(person);
    let many = counts.iter().filter(|&&n| n > 1).count() as u64;
    let single = counts.iter().filter(|&&n| n == 1).count() as u64;
    let mut multiple = PairCounts { actual: many, ..PairCounts::default() };
    let mut all = PairCounts { actual: many + single, ..PairCounts::default() };
    for group in by_cluster.groups() {
        let one_person = group[0].0 == group[group.len() - 1].0;
        let right = u64::from(one_person && counts[group[0].0.1 as usize] as usize == group.len());
        for counted in [(group.len() > 1).then_some(&mut multiple), Some(&mut all)].into_iter().flatten() {
            counted.found += 1;
            counted.correct += right;
        }
    }
    (multiple, all)
}

fn twin_pairs(truth: &Truth, group: &[((u32, u32), u32)]) -> u64 {
    if group[0].0 == group[group.len() - 1].0 {
        return 0;
    }
    let mut by_maternity: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for part in parts(group) {
        if let Some(maternity) = truth.persons[part[0].0.1 as usize].maternity {
            let (all, same) = by_maternity.entry(maternity).or_default();
            *all += part.len() as u64;
            *same += pairs_among(part.len());
        }
    }
    by_maternity.values().map(|&(all, same)| pairs_among(all as usize) - same).sum()
}

fn adopted_pairs(truth: &Truth, group: &[((u32, u32), u32)]) -> u64 {
    if group[0].0 == group[group.len() - 1].0 {
        return 0;
    }
    let sizes: BTreeMap<u32, u64> = parts(group).map(|part| (part[0].0.1, part.len() as u64)).collect();
    let joined = |(&person, &size): (&u32, &u64)| {
        let counterpart = truth.persons[person as usize].counterpart.filter(|&other| other > person)?;
        Some(size * sizes.get(&counterpart)?)
    };
    sizes.iter().filter_map(joined).sum()
}

/// The clusters after those of each pair are joined: each is named by its least.
fn joined_by_reviews<'a>(cluster: &[u32], pairs: impl Iterator<Item = &'a (u32, u32)>) -> Vec<u32> {
    let mut parent: BTreeMap<u32, u32> = BTreeMap::new();
    let root = |parent: &BTreeMap<u32, u32>, mut name: u32| {
        while let Some(&above) = parent.get(&name) {
            name = above;
        }
        name
    };
    for &(left, right) in pairs {
        let (a, b) = (root(&parent, cluster[left as usize]), root(&parent, cluster[right as usize]));
        if a != b {
            parent.insert(a.max(b), a.min(b));
        }
    }
    cluster.iter().map(|&name| root(&parent, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Persons 0 (four records), 1 and 2 (twins, two and one), 3 and 4 (one child before and after
    /// adoption), 5 (one record).
    fn truth() -> Truth {
        let of = |maternity, counterpart| PersonTruth { maternity: Some(maternity), counterpart };
        Truth {
            person: vec![0, 0, 0, 0, 1, 1, 2, 3, 4, 5],
            persons: vec![of(0, None), of(1, None), of(1, None), of(2, Some(4)), of(3, Some(3)), of(5, None)],
        }
    }

    #[test]
    fn pairs_are_counted_as_by_hand() {
        // 0,1,2 | 3 | 4,6 (a twin) | 5 | 7,8 (both identities) | 9
        let cluster = [10, 10, 10, 11, 12, 13, 12, 14, 14, 15];
        let judged = evaluate(&truth(), &cluster, &[(0, 3), (4, 5), (6, 7)]);
        assert_eq!(judged.pairs, PairCounts { correct: 3, found: 5, actual: 7 });
        assert_eq!((judged.twin_pairs, judged.adopted_pairs), (Some(1), Some(1)));
        // Only person 5 stands alone and right.
        assert_eq!(judged.exact, PairCounts { correct: 0, found: 3, actual: 2 });
        assert_eq!(judged.exact_with_singles, PairCounts { correct: 1, found: 6, actual: 6 });
        // The two true reviews join 3 to its three, and 5 to the cluster of 4 and the twin 6.
        assert_eq!(judged.after_review, PairCounts { correct: 7, found: 10, actual: 7 });
        assert_eq!((judged.review_pairs, judged.review_pairs_true, judged.biggest_cluster), (3, 2, 3));
        // Another queue that holds only one of the two true pairs.
        let counts = after_answers(&truth(), &cluster, &[(4, 5), (7, 9)]);
        assert_eq!(counts, PairCounts { correct: 4, found: 7, actual: 7 });
        assert_eq!(missed_pairs(&truth(), &cluster, 99), [(0, 3), (1, 3), (2, 3), (4, 5)]);
        assert_eq!(false_pairs(&truth(), &cluster, 99), [(4, 6), (7, 8)]);
        assert_eq!(false_pairs(&truth(), &cluster, 1).len(), 1);
    }

    #[test]
    fn nothing_found_is_precise_and_everything_right_is_perfect() {
        let truth = truth();
        let apart: Vec<u32> = (0..10).collect();
        let judged = evaluate(&truth, &apart, &[]);
        assert_eq!((judged.pairs.precision(), judged.pairs.recall(), judged.pairs.f1()), (1.0, 0.0, 0.0));
        let judged = evaluate(&truth, &truth.person, &[]);
        assert_eq!((judged.pairs.f1(), judged.exact.f1(), judged.twin_pairs), (1.0, 1.0, Some(0)));
        let empty = evaluate(&Truth::default(), &[], &[]);
        assert_eq!((empty.pairs.f1(), empty.twin_pairs), (1.0, None));
    }

    proptest::proptest! {
        #[test]
        fn counting_by_group_equals_counting_pair_by_pair(
            rows in proptest::collection::vec((0u32..6, 0u32..5, 0u32..3), 0..40)
        ) {
            let person: Vec<u32> = rows.iter().map(|r| r.0).collect();
            let cluster: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let group: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let mut by_pair = PairCounts::default();
            let mut by_group = [PairCounts::default(); 3];
            for a in 0..rows.len() {
                for b in a + 1..rows.len() {
                    let (same, found) = (person[a] == person[b], cluster[a] == cluster[b]);
                    let add = |counts: &mut PairCounts| {
                        counts.actual += u64::from(same);
                        counts.found += u64::from(found);
                        counts.correct += u64::from(same && found);
                    };
                    add(&mut by_pair);
                    add(&mut by_group[group[a] as usize]);
                    if group[a] != group[b] {
                        add(&mut by_group[group[b] as usize]);
                    }
                }
            }
            let truth = Truth { person, persons: Vec::new() };
            proptest::prop_assert_eq!(evaluate(&truth, &cluster, &[]).pairs, by_pair);
            for subgroup in subgroup::by_subgroup(&truth, &cluster, &group) {
                proptest::prop_assert_eq!(subgroup.pairs, by_group[subgroup.group as usize]);
            }
        }
    }
}
