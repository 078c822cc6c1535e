//! Which pairs of a block a rule produces: those that no earlier rule did.

use super::keys::KeyColumn;
use super::scan::{Residual, Rule};
use crate::linkage::comparison::RecordIndex;

/// The rule whose blocks are being walked, and the rules before it.
pub(super) struct Turn<'a> {
    pub(super) index: usize,
    pub(super) rule: &'a Rule<'a>,
    /// Earlier rules with the same condition. A pair whose keys they agree on either was produced or fails
    /// the condition, so that it need not be asked again.
    of_one_condition: Vec<Earlier<'a>>,
    /// Earlier rules without a condition: most pairs of one child are known to them.
    of_no_condition: Vec<Earlier<'a>>,
    others: Vec<Earlier<'a>>,
    /// Whether no record has more than one joint key.
    pub(super) has_one_key: bool,
}

/// A rule before the one being walked.
struct Earlier<'a> {
    /// Its keys, but for those of the rule being walked: records of one block agree on them.
    keys: Vec<&'a KeyColumn>,
    residual: Option<&'a Residual<'a>>,
}

impl Earlier<'_> {
    #[inline]
    fn keys_agree(&self, left: RecordIndex, right: RecordIndex) -> bool {
        self.keys.iter().all(|column| column.agrees(left, right))
    }
}

impl<'a> Turn<'a> {
    /// Whether the rule's condition holds for a pair of one of its blocks, and no earlier rule produced it.
    #[inline]
    pub(super) fn produces(&self, left: RecordIndex, right: RecordIndex, answers: &mut Answers) -> bool {
        let by_other = |earlier: &Earlier| {
            earlier.keys_agree(left, right) && earlier.residual.is_none_or(|holds| holds(left, right))
        };
        self.is_new(left, right, answers) && !self.others.iter().any(by_other)
    }

    /// Whether the condition holds for a pair, and no earlier rule of the same condition or of none produced it.
    /// Where earlier rules seldom know the pair, the condition is asked first.
    #[inline]
    fn is_new(&self, left: RecordIndex, right: RecordIndex, answers: &mut Answers) -> bool {
        let holds = || self.rule.residual.is_none_or(|holds| holds(left, right));
        let known_to = |earlier: &[Earlier]| earlier.iter().any(|earlier| earlier.keys_agree(left, right));
        let is_known = || known_to(&self.of_no_condition) || known_to(&self.of_one_condition);
        if answers.known < answers.asked / 8 && answers.asked > 256 {
            return holds() && !is_known();
        }
        let known = is_known();
        answers.asked += 1;
        answers.known += u64::from(known);
        !known && holds()
    }

    pub(super) fn of(rules: &'a [Rule<'a>], index: usize) -> Turn<'a> {
        let rule = &rules[index];
        let same = |earlier: &&Rule| match (earlier.residual, rule.residual) {
            (Some(one), Some(other)) => std::ptr::addr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let is_shared = |column: &&KeyColumn| rule.keys.iter().any(|own| std::ptr::eq(*own, *column));
        let earlier = |earlier: &'a Rule<'a>| Earlier {
            keys: earlier.keys.iter().copied().filter(|column| !is_shared(column)).collect(),
            residual: earlier.residual,
        };
        let (of_one_condition, others): (Vec<_>, Vec<_>) = rules[..index].iter().partition(same);
        let (of_no_condition, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|earlier| earlier.residual.is_none());
        Turn {
            index,
            rule,
            of_one_condition: of_one_condition.into_iter().map(earlier).collect(),
            of_no_condition: of_no_condition.into_iter().map(earlier).collect(),
            others: others.into_iter().map(earlier).collect(),
            has_one_key: !rule.keys.iter().any(|column| column.is_several()),
        }
    }
}

/// How often pairs were known by the keys of earlier rules alone.
#[derive(Default)]
pub(super) struct Answers {
    asked: u64,
    known: u64,
}
