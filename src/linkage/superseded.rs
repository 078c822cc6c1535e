//! Superseded NHS numbers: old numbers whose records were merged into another by the National Back
//! Office.
//!
//! # Source
//! MPS Diagnostics User Guide v1.0.0, section 2.6: a chain A, B, C has C current; used for duplicates
//! only, never for adoption, gender change or safeguarding.

use crate::error::Finding;
use crate::error::{Code, Severity};
use crate::identity::nhs_number::NhsNumber;
use hashbrown::HashMap;

/// A chain of superseded numbers that comes back to itself.
pub static CYCLE: Code = Code::new(
    "superseded/cycle",
    Severity::Fault,
    "the chain of superseded numbers comes back to where it began",
    "ask the national service which number is current; until then the numbers are left as they are",
);
/// Two successors for one old number.
pub static TWO_SUCCESSORS: Code = Code::new(
    "superseded/two-successors",
    Severity::Fault,
    "an old number has two different successors",
    "ask the national service which is right; until then the number is left as it is",
);

/// Old numbers and the current one of each.
#[derive(Default)]
pub struct Superseded {
    current: HashMap<u64, u64>,
}

impl Superseded {
    /// Follows every chain of (old, new) pairs to its end. Numbers in a cycle, or with two successors,
    /// are left out, each with a finding.
    pub fn new(pairs: impl IntoIterator<Item = (NhsNumber, NhsNumber)>) -> (Superseded, Vec<Finding>) {
        let mut next: HashMap<u64, u64> = HashMap::new();
        let mut torn: Vec<u64> = Vec::new();
        for (old, new) in pairs {
            if *next.entry(old.digits()).or_insert(new.digits()) != new.digits() {
                torn.push(old.digits());
            }
        }
        torn.sort_unstable();
        torn.dedup();
        next.retain(|old, _| torn.binary_search(old).is_err());
        let mut findings = vec![Finding::new(&TWO_SUCCESSORS, "nhs_number"); torn.len()];
        let mut current = HashMap::new();
        for (&old, &first) in &next {
            let (mut at, mut steps) = (first, 0);
            while let (Some(&onward), true) = (next.get(&at), steps <= next.len()) {
                at = onward;
                steps += 1;
            }
            if steps > next.len() || at == old {
                findings.push(Finding::new(&CYCLE, "nhs_number"));
            } else {
                current.insert(old, at);
            }
        }
        (Superseded { current }, findings)
    }

    /// The current number of an old one.
    pub(crate) fn current(&self, number: u64) -> Option<u64> {
        self.current.get(&number).copied()
    }

    /// Whether no number is superseded.
    pub fn is_empty(&self) -> bool {
        self.current.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Valid numbers: Modulus 11 by the NHS Data Model and Dictionary.
    fn number(n: usize) -> NhsNumber {
        let text = ["9434765919", "4010232137", "9449305552", "9693632109", "9449310610"][n];
        NhsNumber::parse(text).unwrap()
    }

    #[test]
    fn chains_are_followed_to_their_end() {
        let (superseded, findings) = Superseded::new([(number(0), number(1)), (number(1), number(2))]);
        assert_eq!(superseded.current(number(0).digits()), Some(number(2).digits()));
        assert_eq!(superseded.current(number(1).digits()), Some(number(2).digits()));
        assert_eq!(superseded.current(number(2).digits()), None);
        assert!(findings.is_empty());
    }

    #[test]
    fn cycles_and_forks_are_left_alone_and_told() {
        let (superseded, findings) = Superseded::new([(number(0), number(1)), (number(1), number(0))]);
        assert!(superseded.is_empty());
        assert_eq!(findings.iter().map(|f| f.code.id).collect::<Vec<_>>(), ["superseded/cycle"; 2]);
        let (superseded, findings) = Superseded::new([(number(0), number(1)), (number(0), number(2))]);
        assert!(superseded.is_empty());
        assert_eq!(findings[0].code.id, "superseded/two-successors");
    }

    #[test]
    fn a_number_that_supersedes_itself_is_a_cycle() {
        let (superseded, findings) = Superseded::new([(number(0), number(0))]);
        assert!(superseded.is_empty());
        assert_eq!(findings.len(), 1);
    }
}
