//! All records of one child, and pairs of children that must never be joined or mentioned together.
//!
//! Rows stand in order of birth date, and a child's records mostly have one: only children whose records differ in it
//! are listed, once, and only where some list of barred pairs asks for it.

use super::{ChildId, ChildIndex};
use crate::linkage::barred::{Barred, Subject, hash_pair};
use crate::linkage::comparison::RecordIndex;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Children looked at in turns, so that little memory is asked for at a time.
const TURNS: u32 = 8;

/// Rows of the snapshot of children whose records do not all have one birth date, by child.
pub(super) type Strays = Vec<(ChildId, u32)>;

/// Records among a few, each with its row.
type Places = Vec<(RecordIndex, usize)>;

impl ChildIndex {
    /// Takes the list of pairs that must never be joined or mentioned: by NHS number, or a record in question by its
    /// source and id against an NHS number. Record ids of the index's own records are the host's to know: pairs of
    /// two such ids are honoured where the index is built.
    pub fn set_barred(&mut self, barred: Barred) {
        self.barred = barred;
        self.states = (self.states.0 + 1, self.states.1 + 1);
        self.strays = OnceLock::new();
    }

    /// Whether two children are barred from each other, by any number of either.
    pub fn are_barred(&self, one: ChildId, other: ChildId) -> bool {
        if self.barred.is_empty() {
            return false;
        }
        let [one, other] = [one, other].map(|child| self.numbers_of(child, None));
        self.bar(&one, &other)
    }

    /// Whether somebody is barred from a child, by number or record.
    pub(crate) fn is_barred_from(&self, subjects: &[Subject], child: ChildId) -> bool {
        if self.barred.is_empty() {
            return false;
        }
        self.bar(subjects, &self.numbers_of(child, None))
    }

    /// Whether two NHS numbers are barred from each other.
    pub(crate) fn bars_numbers(&self, one: u64, other: u64) -> bool {
        self.bar(&[Subject::NhsNumber(one)], &[Subject::NhsNumber(other)])
    }

    fn bar(&self, one: &[Subject], other: &[Subject]) -> bool {
        one.iter().any(|&one| other.iter().any(|&other| self.barred.has(&hash_pair(self.barred.key(), one, other))))
    }

    /// Which of a few records are barred from each other: the first of them, known by `subjects`, from the children
    /// of the others, given with their rows, and these from one another.
    pub(super) fn barred_among(&self, subjects: &[Subject], others: &[(RecordIndex, usize)]) -> Barred {
        let mut by_child: BTreeMap<ChildId, Places> = BTreeMap::new();
        others.iter().for_each(|&(place, row)| by_child.entry(self.child_of_row(row)).or_default().push((place, row)));
        let mut children: Vec<(Vec<Subject>, Places)> = Vec::with_capacity(by_child.len());
        for (child, places) in by_child {
            let near = places.first().map(|&(_, row)| row);
            children.push((self.numbers_of(child, near), places));
        }
        let mut pairs = Vec::new();
        for (at, (numbers, places)) in children.iter().enumerate() {
            if self.bar(subjects, numbers) {
                pairs.extend(places.iter().map(|&(place, _)| (0, place)));
            }
            for (_, theirs) in children[..at].iter().filter(|(theirs, _)| self.bar(numbers, theirs)) {
                let all = theirs.iter().flat_map(|&(one, _)| places.iter().map(move |&(other, _)| (one, other)));
                pairs.extend(all.map(|(one, other)| (one.min(other), one.max(other))));
            }
        }
        Barred::of_pairs(pairs)
    }

    /// The NHS numbers of a child's records. `near` is one of its rows, where one is known.
    fn numbers_of(&self, child: ChildId, near: Option<usize>) -> Vec<Subject<'static>> {
        let rows = self.rows_of_child(self.delta.current(child), near);
        let numbers: BTreeSet<u64> = rows.into_iter().filter_map(|row| self.row(row).fields.number.number()).collect();
        numbers.into_iter().map(Subject::NhsNumber).collect()
    }

    fn rows_of_child(&self, child: ChildId, near: Option<usize>) -> Vec<usize> {
        let packed = self.store.len();
        let is_own = |index: &ChildIndex, row: usize| !index.is_gone(row) && index.child_of_row(row) == child;
        let mut rows: Vec<usize> = match near.filter(|&row| row < packed) {
            None => (0..packed).filter(|&row| is_own(self, row)).collect(),
            Some(near) => {
                let strays = self.strays.get_or_init(|| self.find_strays());
                let first = strays.partition_point(|&(own, _)| own < child);
                let of_child = strays[first..].iter().take_while(|&&(own, _)| own == child);
                let mut rows: Vec<usize> = of_child.map(|&(_, row)| row as usize).collect();
                if rows.is_empty() {
                    rows.extend(self.store.rows_beside(near).filter(|&row| is_own(self, row)));
                }
                rows
            }
        };
        let came = (0..self.delta.len()).map(|place| packed + place);
        rows.extend(came.filter(|&row| is_own(self, row)));
        rows
    }

    fn find_strays(&self) -> Strays {
        let mut strays = Vec::new();
        for turn in 0..TURNS {
            let mut first_date: HashMap<ChildId, usize> = HashMap::new();
            let mut found: HashSet<ChildId> = HashSet::new();
            let own = |row: usize| {
                let child = self.child_of_row(row);
                (child % TURNS == turn && !self.is_gone(row)).then_some(child)
            };
            for (date, rows) in self.store.dates().enumerate() {
                for child in rows.filter_map(own) {
                    if *first_date.entry(child).or_insert(date) != date {
                        found.insert(child);
                    }
                }
            }
            drop(first_date);
            let rows = (0..self.store.len()).filter(|_| !found.is_empty());
            strays.extend(
                rows.filter_map(|row| own(row).map(|child| (child, row as u32)))
                    .filter(|stray| found.contains(&stray.0)),
            );
        }
        strays.sort_unstable();
        strays
    }

    /// Forgets what was listed, since children merged or came apart.
    pub(super) fn forget_strays(&mut self) {
        self.strays = OnceLock::new();
    }
}
