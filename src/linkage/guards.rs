//! Rules that outrank weight, each with a stable code.
//!
//! # Source
//! `nhs-number-conflict`: Mavis matches no two different numbers; NHS duplicates exist, so a person
//! decides. `multiple-birth`, `placeholder-twin`: names such as "Twin 2" are no names, but tell the birth order.
//! `possible-identity-change`: after adoption the old number is invalidated without a chain, on
//! purpose; the two identities must never be joined or shown together (PCSE adoption guidance).

use super::comparison::RecordIndex;
use super::predicate::{Pair, Test, birth, family, given, household, number, place};
use super::score::PairScore;
use crate::identity::nhs_number::are_adjacent;

/// Why a pair may not simply be linked by its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Guard {
    /// Two different valid NHS numbers.
    NumberConflict,
    /// The same NHS number on records that contradict each other: perhaps two people on one number.
    SharedNumber,
    /// Children of one birth may stand behind the records, and neither given name nor number decides.
    MultipleBirth,
    /// A child not yet named, with a brother or sister of the same birth in reach.
    PlaceholderTwin,
    /// Different birth orders.
    BirthOrder,
    /// Another candidate that cannot be the same child is nearly as good.
    RunnerUp,
    /// Same given name and birth date, no shared number, and either the same place with unlike family
    /// names or another mother in another place.
    PossibleIdentityChange,
    /// Joining the children of the two records would join what must stay apart.
    ClusterConflict,
    /// Already one child through other links.
    SettledByCluster,
    /// A person decided.
    Decided,
    /// Readers disagree, or one was unsure.
    ReadersDisagree,
    /// Beside [`ClusterConflict`](Guard::ClusterConflict): the two children have different valid NHS numbers.
    ChildrenNumbers,
    /// Beside `ClusterConflict`: the two children have different birth orders.
    ChildrenBirthOrders,
    /// Beside `ClusterConflict`: a record of the one is known not to be the other child.
    ChildrenApart,
}

impl Guard {
    /// Every guard, in order.
    pub const ALL: [Guard; 14] = [
        Guard::NumberConflict,
        Guard::SharedNumber,
        Guard::MultipleBirth,
        Guard::PlaceholderTwin,
        Guard::BirthOrder,
        Guard::RunnerUp,
        Guard::PossibleIdentityChange,
        Guard::ClusterConflict,
        Guard::SettledByCluster,
        Guard::Decided,
        Guard::ReadersDisagree,
        Guard::ChildrenNumbers,
        Guard::ChildrenBirthOrders,
        Guard::ChildrenApart,
    ];

    /// The code in output files. A barred pair has the code `barred`, which appears in no file.
    pub const fn code(self) -> &'static str {
        match self {
            Guard::NumberConflict => "nhs-number-conflict",
            Guard::SharedNumber => "shared-nhs-number",
            Guard::MultipleBirth => "multiple-birth",
            Guard::PlaceholderTwin => "placeholder-twin",
            Guard::BirthOrder => "birth-order",
            Guard::RunnerUp => "runner-up",
            Guard::PossibleIdentityChange => "possible-identity-change",
            Guard::ClusterConflict => "cluster-conflict",
            Guard::SettledByCluster => "settled-by-cluster",
            Guard::Decided => "decided",
            Guard::ReadersDisagree => "readers-disagree",
            Guard::ChildrenNumbers => "children-nhs-numbers",
            Guard::ChildrenBirthOrders => "children-birth-orders",
            Guard::ChildrenApart => "children-apart",
        }
    }

    /// What it means, for a clerk.
    pub const fn meaning(self) -> &'static str {
        match self {
            Guard::NumberConflict => "the records have two different valid NHS numbers",
            Guard::SharedNumber => "the records share an NHS number but contradict each other",
            Guard::MultipleBirth => "they may be children of one birth: name and number do not decide",
            Guard::PlaceholderTwin => "a child not yet named, with another child of the same birth in reach",
            Guard::BirthOrder => "the birth orders differ",
            Guard::RunnerUp => "another candidate fits nearly as well and cannot be the same child",
            Guard::PossibleIdentityChange => "handled apart from common review",
            Guard::ClusterConflict => "joining would put records together that must stay apart",
            Guard::SettledByCluster => "the records are one child through other links",
            Guard::Decided => "a person decided",
            Guard::ReadersDisagree => "readers disagree or were unsure",
            Guard::ChildrenNumbers => "other records of the two children have different valid NHS numbers",
            Guard::ChildrenBirthOrders => "other records of the two children have different birth orders",
            Guard::ChildrenApart => "a record of one child is known not to belong to the other",
        }
    }
}

/// A set of guards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guards(u16);

impl Guards {
    /// No guard.
    pub const NONE: Guards = Guards(0);

    /// The set with one more guard.
    #[must_use]
    pub const fn with(self, guard: Guard) -> Guards {
        Guards(self.0 | 1 << guard as u8)
    }

    /// The set without a guard.
    #[must_use]
    pub const fn without(self, guard: Guard) -> Guards {
        Guards(self.0 & !(1 << guard as u8))
    }

    /// Whether the set has a guard.
    pub const fn has(self, guard: Guard) -> bool {
        self.0 & (1 << guard as u8) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The guards in order.
    pub fn iter(self) -> impl Iterator<Item = Guard> {
        Guard::ALL.into_iter().filter(move |guard| self.has(*guard))
    }

    /// The set as a number: one bit for each guard, in order, the first the least.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of a number; `None` if it has a bit of no guard.
    pub const fn from_bits(bits: u16) -> Option<Guards> {
        if bits >> Guard::ALL.len() == 0 { Some(Guards(bits)) } else { None }
    }

    /// The codes joined by `|`, as in the links file.
    pub fn codes(self) -> String {
        self.iter().map(Guard::code).collect::<Vec<_>>().join("|")
    }
}

/// How much the given names say that the records are of one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameEvidence {
    /// One is missing or a placeholder.
    Missing,
    /// The same, or as one child's name is written differently.
    Same,
    /// Alike, as names of two children can be.
    Alike,
    /// Two different names.
    Unlike,
}

/// What the guards ask of a pair beyond its score.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) names: NameEvidence,
    /// The given names are one name, not only as like as slips make them.
    pub(crate) one_name: bool,
    pub(crate) numbers_differ: bool,
    /// Numbers given one after the other, as to children of one birth.
    pub(crate) numbers_adjacent: bool,
    pub(crate) both_verified: bool,
    pub(crate) same_number: bool,
    pub(crate) same_source: bool,
    pub(crate) same_birth_date: bool,
    pub(crate) birth_dates_conflict: bool,
    pub(crate) sexes_differ: bool,
    pub(crate) orders_differ: bool,
    /// One of the records says by itself that other children were born with it.
    pub(crate) says_multiple: bool,
    pub(crate) family_unlike: bool,
    /// One of two unlike family names is one that many families have.
    pub(crate) family_common: bool,
    pub(crate) only_common_mother: bool,
    pub(crate) mother_agrees: bool,
    pub(crate) mothers_differ: bool,
    pub(crate) other_mother: bool,
    pub(crate) same_place: bool,
    pub(crate) same_district: bool,
    pub(crate) swapped: bool,
}

impl Facts {
    /// Whether the two are children of one birth by their numbers.
    pub(crate) fn are_of_one_birth(&self) -> bool {
        self.numbers_adjacent && self.same_birth_date
    }

    /// Another mother in another place.
    fn is_rehomed(&self) -> bool {
        self.other_mother && !self.same_place
    }

    /// Names in each other's place, and mothers of unlike family names.
    fn is_exchanged(&self) -> bool {
        self.swapped && self.mothers_differ
    }

    /// Whether unlike family names are all that speaks for a changed identity, and neither is so common that a
    /// mother in another family may have it by chance.
    pub(crate) fn only_family_differs(&self) -> bool {
        self.family_unlike
            && !self.is_rehomed()
            && !self.is_exchanged()
            && !self.numbers_differ
            && (self.same_place || !self.family_common)
    }

    pub(crate) fn of(pair: &Pair) -> Facts {
        let number_of = |record: RecordIndex| pair.fields.number[record as usize];
        let source_of = |record: RecordIndex| pair.fields.source[record as usize];
        let (left, right) = (number_of(pair.left), number_of(pair.right));
        let both = left.number().zip(right.number());
        let family_unlike = family_unlike(pair);
        Facts {
            names: name_evidence(pair),
            one_name: is_one_name(pair),
            numbers_differ: both.is_some_and(|(left, right)| left != right),
            numbers_adjacent: both.is_some_and(|(left, right)| are_adjacent(left, right)),
            both_verified: left.is_verified() && right.is_verified(),
            same_number: number::equal(pair, 0.0),
            same_source: source_of(pair.left) == source_of(pair.right),
            same_birth_date: birth::equal(pair, 0.0),
            birth_dates_conflict: !birth::compatible(pair, 0.0),
            sexes_differ: !birth::sex_missing(pair, 0.0) && !birth::sex_equal(pair, 0.0),
            says_multiple: [pair.left, pair.right].into_iter().any(|record| pair.fields.says_multiple(record)),
            orders_differ: !birth::order_missing(pair, 0.0) && !birth::order_equal(pair, 0.0),
            family_unlike,
            family_common: family_unlike && family::common(pair),
            only_common_mother: family::only_common_mother(pair, 0.0),
            mother_agrees: household::number_equal(pair, 0.0) || household::names_equal(pair, 0.0),
            mothers_differ: household::family_differs(pair, 0.0),
            other_mother: household::given_differs(pair, 0.0) && !household::number_equal(pair, 0.0),
            swapped: given::swapped(pair, 0.0),
            same_place: place::postcode(pair, 0.0) || place::address(pair, 0.0),
            same_district: place::district(pair, 0.0),
        }
    }
}

fn name_evidence(pair: &Pair) -> NameEvidence {
    let any = |tests: &[(Test, f64)]| tests.iter().any(|(holds, number)| holds(pair, *number));
    if any(&[(given::swapped, 0.0)]) {
        NameEvidence::Same
    } else if any(&[(given::missing, 0.0)]) {
        NameEvidence::Missing
    } else if is_one_name(pair) || (!given::equal(pair, 0.0) && given::similar_to_rare(pair, 0.8)) {
        NameEvidence::Same
    } else if any(&[
        (given::equal, 0.0),
        (given::nickname, 0.0),
        (given::slip, 0.0),
        (given::initial, 0.0),
        (given::sounds_alike, 0.0),
        (given::similar, 0.8),
    ]) {
        NameEvidence::Alike
    } else {
        NameEvidence::Unlike
    }
}

/// Whether given names are one name, in whatever spelling and however many of its words were written down.
fn is_one_name(pair: &Pair) -> bool {
    match given::equal(pair, 0.0) {
        true => !given::others_differ(pair, 0.0),
        false => {
            let tests: [Test; 3] = [given::all_words_equal, given::shared_first_word, given::other_name];
            tests.into_iter().any(|holds| holds(pair, 0.0))
        }
    }
}

/// Two family names, neither of which leads to the other.
pub(crate) fn family_unlike(pair: &Pair) -> bool {
    let any = |tests: &[(Test, f64)]| tests.iter().any(|(holds, number)| holds(pair, *number));
    !any(&[
        (family::missing, 0.0),
        (family::equal, 0.0),
        (family::previous, 0.0),
        (family::mother, 0.0),
        (family::alike, 0.85),
    ])
}

/// The guards of a pair whose weight alone would link or review it. `multiple` tells whether a record
/// has another child of the same birth in reach; `against_household` is what a link must weigh against children
/// born together, if the model asks for it.
pub(crate) fn judge(facts: &Facts, score: &PairScore, multiple: bool, against_household: Option<f64>) -> Guards {
    let multiple = multiple || facts.says_multiple;
    let mut guards = Guards::NONE;
    let mut raise = |guard, when: bool| {
        if when {
            guards = guards.with(guard);
        }
    };
    raise(Guard::NumberConflict, facts.numbers_differ);
    let contradicted = facts.sexes_differ || facts.orders_differ || facts.family_unlike || !facts.same_birth_date;
    let unlike = facts.names == NameEvidence::Unlike;
    let unnamed = facts.names == NameEvidence::Missing;
    let near = against_household.is_some_and(|least| score.against_household < least);
    // A twin's record under the other's number differs in nothing but the name.
    let in_doubt = (unlike && (contradicted || multiple || near))
        || (unnamed && (facts.sexes_differ || (multiple && facts.same_source)))
        // A brother's number on a child whose name does not tell them apart.
        || (facts.names != NameEvidence::Same && facts.birth_dates_conflict);
    raise(Guard::SharedNumber, facts.same_number && in_doubt);
    let undecided = facts.same_birth_date && !facts.same_number;
    raise(Guard::BirthOrder, facts.orders_differ);
    // Unlike names need a number to be one child; names that are only alike do where twins may be in reach.
    let twins_possible = multiple || score.is_household();
    let alike = facts.names == NameEvidence::Alike && twins_possible;
    raise(Guard::MultipleBirth, undecided && (unlike || alike || near || facts.numbers_adjacent));
    raise(Guard::PlaceholderTwin, undecided && facts.names == NameEvidence::Missing && multiple);
    let named_alike = matches!(facts.names, NameEvidence::Same | NameEvidence::Alike);
    let changed = named_alike && facts.same_birth_date && facts.family_unlike && !facts.same_number;
    let unfamiliar = facts.same_place || !facts.mother_agrees;
    let exchanged = facts.is_exchanged() && facts.same_birth_date && !facts.same_number;
    // A child adopted by relatives may keep its names: then only mother and home are others.
    let rehomed = named_alike && facts.same_birth_date && facts.is_rehomed() && !facts.same_number;
    // A common name of a mother may be that of the family that adopts.
    let by_chance = named_alike
        && facts.same_birth_date
        && facts.only_common_mother
        && !facts.mother_agrees
        && !(facts.same_place || facts.same_district)
        && !facts.same_number;
    raise(Guard::PossibleIdentityChange, (changed && unfamiliar) || exchanged || rehomed || by_chance);
    guards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_join_in_order() {
        let mut codes: Vec<_> = Guard::ALL.iter().map(|guard| guard.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Guard::ALL.len());
        let set = Guards::NONE.with(Guard::RunnerUp).with(Guard::NumberConflict);
        assert_eq!(set.codes(), "nhs-number-conflict|runner-up");
        assert!(Guards::NONE.codes().is_empty());
    }
}
