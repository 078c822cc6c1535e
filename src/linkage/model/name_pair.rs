//! Names that go together more often than chance would have it.
//!
//! Given and family names of one community recur together: `Muhammad` is more frequent among children called
//! Khan than among all children. Where both agree, the rarity of each must not be counted as if one told nothing
//! of the other.

use crate::error::Error;
use crate::text::number;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// A given name and a child's family name, in comparison form without spaces.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "String")]
pub struct NamePair {
    /// Whose given name: `given-name` for the child's, `mother-given-name` for that of the child's mother.
    pub of: String,
    /// The given name.
    pub given: String,
    /// The child's family name.
    pub family: String,
    /// How much more frequent the given name is among children of this family name than among all, as log2.
    pub bits: f64,
}

impl fmt::Display for NamePair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.of, self.given, self.family, number::shortest(self.bits))
    }
}

impl FromStr for NamePair {
    type Err = Error;

    fn from_str(line: &str) -> Result<NamePair, Error> {
        let fault = || {
            let hint = "write given-name or mother-given-name, the two names, and bits from 0 to 40";
            Error::new("model/name-pair", "a pair of names that go together cannot be read", hint)
        };
        let parts: Vec<&str> = line.split(' ').collect();
        let [of @ ("given-name" | "mother-given-name"), given, family, bits] = parts[..] else { return Err(fault()) };
        let bits = number::parse(bits).filter(|bits| (0.0..=40.0).contains(bits)).ok_or_else(fault)?;
        Ok(NamePair { of: of.to_owned(), given: given.to_owned(), family: family.to_owned(), bits })
    }
}

impl From<NamePair> for String {
    fn from(pair: NamePair) -> String {
        pair.to_string()
    }
}

/// How many times more frequent a given name is with a family name than without, among pairs in order; 1 for
/// names that do not go together.
pub(super) fn times(pairs: &[NamePair], of: &str, given: &str, family: &str) -> f64 {
    let key = |pair: &NamePair| (pair.of.as_str(), pair.family.as_str(), pair.given.as_str()).cmp(&(of, family, given));
    pairs.binary_search_by(key).map_or(1.0, |place| libm::exp2(pairs[place].bits))
}

/// Whether pairs stand in the order in which they are looked up, each once.
pub(super) fn are_in_order(pairs: &[NamePair]) -> bool {
    let key = |pair: &NamePair| (pair.of.clone(), pair.family.clone(), pair.given.clone());
    pairs.is_sorted_by(|a, b| key(a) < key(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_in_their_order_and_others_are_not() {
        let lines = ["given-name ANWAR ALI 1", "given-name MUHAMMAD KHAN 3", "mother-given-name AISHA KHAN 2"];
        let pairs: Vec<NamePair> = lines.iter().map(|line| line.parse().unwrap()).collect();
        assert!(are_in_order(&pairs));
        assert_eq!(times(&pairs, "given-name", "MUHAMMAD", "KHAN"), 8.0);
        assert_eq!(times(&pairs, "mother-given-name", "AISHA", "KHAN"), 4.0);
        assert_eq!(times(&pairs, "given-name", "AISHA", "KHAN"), 1.0);
        assert!(!are_in_order(&[pairs[1].clone(), pairs[0].clone()]));
        for line in ["given-name MUHAMMAD KHAN", "surname A B 1", "given-name A B x", "given-name A B -1"] {
            assert_eq!(line.parse::<NamePair>().unwrap_err().code, "model/name-pair");
        }
    }
}
