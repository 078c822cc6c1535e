//! Keys that rules next to each other begin with.

use super::keys::KeyColumn;
use super::scan::Rule;

/// The first two keys of a rule of three, of which a record has at most one each.
#[derive(Clone, Copy)]
pub(super) struct Stem<'a> {
    pub(super) keys: [&'a KeyColumn; 2],
}

impl<'a> Stem<'a> {
    pub(super) fn of(rule: &Rule<'a>) -> Option<Stem<'a>> {
        let &[one, other, last] = rule.keys.as_slice() else { return None };
        let has_one_key = ![one, other, last].iter().any(|column| column.is_several());
        has_one_key.then_some(Stem { keys: [one, other] })
    }

    /// Whether both are the same columns.
    pub(super) fn is(&self, other: &Stem) -> bool {
        self.keys.iter().zip(other.keys).all(|(one, other)| std::ptr::eq(*one, other))
    }
}
