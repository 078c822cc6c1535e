//! From links to children: links are taken strongest first, and one that would join what must stay
//! apart is refused.
//!
//! The outcome depends on the set of links only, never on their order: ties in weight are taken in
//! order of the records' keys.

use super::comparison::{RecordIndex, word_of};
use super::parallel;
use hashbrown::HashMap;

/// A link that asks to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The lesser record.
    pub left: RecordIndex,
    /// The greater record.
    pub right: RecordIndex,
    /// Its strength; infinite for a person's decision.
    pub weight: f64,
}

/// What must not meet in one child.
pub struct Constraints<'a> {
    /// The valid NHS number of each record, after superseded ones were replaced; 0 for none.
    pub number: &'a dyn Fn(RecordIndex) -> u64,
    /// The birth order of each record; 0 if unknown.
    pub birth_order: &'a dyn Fn(RecordIndex) -> u8,
    /// The verified NHS number of each record, after superseded ones were replaced; 0 for none. Two of them are two
    /// children, whatever a person says: what joins them is an entry in the list of superseded numbers.
    pub verified: &'a dyn Fn(RecordIndex) -> u64,
    /// Pairs that are different children: born together, decided, or possibly of a changed identity.
    pub apart: &'a [(RecordIndex, RecordIndex)],
    /// Whether a person called a pair of `apart` different. The program's own reasons give way to a person's `same`;
    /// what another person said does not.
    pub called_different: &'a dyn Fn(RecordIndex, RecordIndex) -> bool,
    /// Whether a pair is barred. Asked only where two groups are about to meet.
    pub barred: &'a dyn Fn(RecordIndex, RecordIndex) -> bool,
}

impl Constraints<'_> {
    /// Nothing is kept apart.
    pub const NONE: Constraints<'static> = Constraints {
        number: &|_| 0,
        birth_order: &|_| 0,
        verified: &|_| 0,
        apart: &[],
        called_different: &|_, _| false,
        barred: &|_, _| false,
    };
}

/// Why a link was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The joined child would have two valid NHS numbers.
    TwoNumbers,
    /// The joined child would have two birth orders.
    TwoBirthOrders,
    /// Two of its records are known to be different children.
    KeptApart(RecordIndex, RecordIndex),
    /// A barred pair; never shown.
    Barred,
}

/// Groups of records, one for each child.
pub struct Clusters {
    parent: Vec<RecordIndex>,
    /// The next record of the same child, in a ring.
    next: Vec<RecordIndex>,
}

impl Clusters {
    /// Joins records by links, strongest first, and tells the refused ones in that order.
    pub fn build(records: usize, mut links: Vec<Link>, constraints: &Constraints) -> (Clusters, Vec<(Link, Refusal)>) {
        let all: Vec<RecordIndex> = (0..records as RecordIndex).collect();
        let mut clusters = Clusters { parent: all.clone(), next: all };
        parallel::sort_by_word(&mut links, |link| word_of(link.left, link.right));
        parallel::sort_by_word(&mut links, |link| weakness(link.weight));
        let mut apart: HashMap<RecordIndex, Vec<RecordIndex>> = HashMap::new();
        for &(left, right) in constraints.apart {
            apart.entry(left).or_default().push(right);
            apart.entry(right).or_default().push(left);
        }
        let mut refused = Vec::new();
        for link in links {
            let (left, right) = (clusters.root(link.left), clusters.root(link.right));
            if left == right {
                continue;
            }
            match clusters.refusal(left, right, &apart, constraints, link.weight == f64::INFINITY) {
                Some(refusal) => refused.push((link, refusal)),
                None => clusters.join(left, right),
            }
        }
        (clusters, refused)
    }

    /// The least record of the same child.
    pub fn least(&self, record: RecordIndex) -> RecordIndex {
        let mut record = record;
        while self.parent[record as usize] != record {
            record = self.parent[record as usize];
        }
        record
    }

    /// Whether two records are one child.
    pub fn same(&self, left: RecordIndex, right: RecordIndex) -> bool {
        self.least(left) == self.least(right)
    }

    /// The records of one child, that record first.
    pub fn members(&self, record: RecordIndex) -> impl Iterator<Item = RecordIndex> + '_ {
        let follow = move |&at: &RecordIndex| Some(self.next[at as usize]).filter(|&next| next != record);
        std::iter::successors(Some(record), follow)
    }

    /// The root, shortening the way for the next search.
    fn root(&mut self, record: RecordIndex) -> RecordIndex {
        let mut record = record;
        while self.parent[record as usize] != record {
            let above = self.parent[self.parent[record as usize] as usize];
            self.parent[record as usize] = above;
            record = above;
        }
        record
    }

    /// Joins two groups; the least record is the root.
    fn join(&mut self, left: RecordIndex, right: RecordIndex) {
        let (least, other) = (left.min(right), left.max(right));
        self.parent[other as usize] = least;
        self.next.swap(least as usize, other as usize);
    }

    /// Whether both groups have values, 0 being none, and no value is in both. A person may have put two numbers
    /// on one child: whoever shares either of them may join, whichever of the child's records comes first.
    fn share_none<T: Copy + Default + PartialEq>(
        &self,
        left: RecordIndex,
        right: RecordIndex,
        value: &dyn Fn(RecordIndex) -> T,
    ) -> bool {
        let of = |root| self.members(root).map(value).filter(|value| *value != T::default());
        let any = |root| of(root).next().is_some();
        any(left) && any(right) && !of(left).any(|one| of(right).any(|other| one == other))
    }

    fn refusal(
        &self,
        left: RecordIndex,
        right: RecordIndex,
        apart: &HashMap<RecordIndex, Vec<RecordIndex>>,
        constraints: &Constraints,
        decided: bool,
    ) -> Option<Refusal> {
        for a in self.members(left) {
            if self.members(right).any(|b| (constraints.barred)(a, b)) {
                return Some(Refusal::Barred);
            }
        }
        let number = if decided { constraints.verified } else { constraints.number };
        if self.share_none(left, right, number) {
            return Some(Refusal::TwoNumbers);
        }
        if !decided && self.share_none(left, right, constraints.birth_order) {
            return Some(Refusal::TwoBirthOrders);
        }
        let counts = |a: RecordIndex, b: RecordIndex| !decided || (constraints.called_different)(a.min(b), a.max(b));
        self.members(left).find_map(|a| {
            let others = apart.get(&a)?;
            let met = others.iter().find(|&&b| self.least(b) == right && counts(a, b));
            met.map(|&b| Refusal::KeptApart(a.min(b), a.max(b)))
        })
    }
}

/// A number that is the greater the weaker a link is, in the total order of weights.
const fn weakness(weight: f64) -> u64 {
    let bits = weight.to_bits();
    // Bits of positive numbers rise with them, those of negative numbers fall.
    if bits >> 63 == 0 { !(bits | 1 << 63) } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(left: u32, right: u32, weight: f64) -> Link {
        Link { left, right, weight }
    }

    fn build(
        records: usize,
        links: &[Link],
        numbers: &[u64],
        apart: &[(u32, u32)],
    ) -> (Clusters, Vec<(Link, Refusal)>) {
        let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(0);
        let barred = |a, b| (a, b) == (7, 8) || (b, a) == (7, 8);
        let constraints = Constraints { number: &number, apart, barred: &barred, ..Constraints::NONE };
        Clusters::build(records, links.to_vec(), &constraints)
    }

    #[test]
    fn a_weak_link_cannot_put_two_numbers_on_one_child() {
        let (clusters, refused) = build(3, &[link(0, 1, 9.0), link(1, 2, 12.0)], &[4, 0, 5], &[]);
        assert!(clusters.same(1, 2) && !clusters.same(0, 1));
        assert_eq!(refused, [(link(0, 1, 9.0), Refusal::TwoNumbers)]);
    }

    #[test]
    fn records_kept_apart_never_meet_through_others() {
        let links = [link(0, 1, 9.0), link(1, 2, 8.0)];
        let (clusters, refused) = build(3, &links, &[], &[(0, 2)]);
        assert!(clusters.same(0, 1) && !clusters.same(0, 2));
        assert_eq!(refused[0].1, Refusal::KeptApart(0, 2));
    }

    #[test]
    fn a_person_may_join_two_numbers_but_not_a_barred_pair() {
        let (clusters, _) = build(3, &[link(0, 2, f64::INFINITY)], &[4, 0, 5], &[]);
        assert!(clusters.same(0, 2));
        let (clusters, refused) = build(9, &[link(7, 8, f64::INFINITY)], &[], &[]);
        assert!(!clusters.same(7, 8));
        assert_eq!(refused[0].1, Refusal::Barred);
    }

    #[test]
    fn who_shares_a_number_with_a_child_of_two_may_join_whichever_comes_first() {
        // A person joins the records of numbers 4 and 5, in either order of keys; another record has 5.
        for (numbers, decided) in [([4, 5, 5], (0, 2)), ([4, 5, 5], (0, 1)), ([5, 5, 4], (0, 2)), ([5, 4, 5], (0, 1))] {
            let decided = link(decided.0, decided.1, f64::INFINITY);
            let same = (0..3u32).flat_map(|l| (l + 1..3).map(move |r| (l, r)));
            let (l, r) = same.into_iter().find(|(l, r)| numbers[*l as usize] == numbers[*r as usize]).unwrap();
            let (clusters, refused) = build(3, &[decided, link(l, r, 9.0)], &numbers, &[]);
            assert!(clusters.same(0, 1) && clusters.same(0, 2), "{numbers:?}");
            assert_eq!(refused, []);
        }
        let (clusters, refused) = build(3, &[link(0, 1, f64::INFINITY), link(1, 2, 9.0)], &[4, 5, 6], &[]);
        assert!(!clusters.same(0, 2));
        assert_eq!(refused, [(link(1, 2, 9.0), Refusal::TwoNumbers)]);
    }

    #[test]
    fn who_shares_a_birth_order_with_a_child_of_two_may_join() {
        let of_orders = |orders: [u8; 3]| {
            let constraints = Constraints { birth_order: &|record| orders[record as usize], ..Constraints::NONE };
            Clusters::build(3, vec![link(0, 1, f64::INFINITY), link(1, 2, 9.0)], &constraints).0.same(0, 2)
        };
        assert!(of_orders([1, 2, 2]) && of_orders([2, 1, 2]) && of_orders([1, 2, 0]));
        assert!(!of_orders([1, 2, 3]) && !of_orders([1, 0, 2]));
    }

    #[test]
    fn a_person_does_not_join_two_verified_numbers_nor_what_a_person_called_different() {
        let verified = |numbers: [u64; 3]| {
            let constraints = Constraints {
                number: &|record| [4, 0, 5][record as usize],
                verified: &|record| numbers[record as usize],
                ..Constraints::NONE
            };
            let links = vec![link(0, 1, f64::INFINITY), link(1, 2, f64::INFINITY)];
            Clusters::build(3, links, &constraints).1
        };
        assert_eq!(verified([4, 0, 0]), []);
        assert_eq!(verified([4, 0, 5]), [(link(1, 2, f64::INFINITY), Refusal::TwoNumbers)]);

        let said = |different: bool| {
            let constraints =
                Constraints { apart: &[(0, 2)], called_different: &|_, _| different, ..Constraints::NONE };
            let links = vec![link(1, 2, f64::INFINITY), link(0, 1, f64::INFINITY)];
            Clusters::build(3, links, &constraints).1
        };
        assert_eq!(said(false), [], "what the program concluded gives way");
        assert_eq!(said(true), [(link(1, 2, f64::INFINITY), Refusal::KeptApart(0, 2))]);
    }

    #[test]
    fn members_go_round_the_ring() {
        let (clusters, _) = build(6, &[link(1, 3, 1.0), link(3, 5, 2.0)], &[], &[]);
        let mut members: Vec<_> = clusters.members(3).collect();
        members.sort_unstable();
        assert_eq!((members, clusters.least(5)), (vec![1, 3, 5], 1));
    }

    proptest! {
        #[test]
        fn the_order_of_links_does_not_matter(
            links in prop::collection::vec((0u32..12, 0u32..12, 0u8..4), 0..30),
            numbers in prop::collection::vec(0u64..3, 12),
            turn in 0usize..30,
        ) {
            let links: Vec<Link> = links
                .into_iter()
                .filter(|(l, r, _)| l < r)
                .map(|(l, r, w)| link(l, r, f64::from(w)))
                .collect();
            let mut turned = links.clone();
            turned.rotate_left(turn % links.len().max(1));
            let (one, _) = build(12, &links, &numbers, &[(0, 5)]);
            let (two, _) = build(12, &turned, &numbers, &[(0, 5)]);
            for record in 0..12 {
                prop_assert_eq!(one.least(record), two.least(record));
                let with_number: Vec<u64> = one.members(record).map(|n| numbers[n as usize]).filter(|&n| n != 0).collect();
                prop_assert!(with_number.windows(2).all(|pair| pair[0] == pair[1]));
            }
            prop_assert!(!one.same(0, 5));
        }
    }
}
