//! The named conditions of which comparison levels are made.
//!
//! A model's level names a predicate; the first level whose predicate holds is the level of the pair.
//! Every predicate is symmetric: it says the same of (left, right) and (right, left).

pub(crate) mod birth;
pub(crate) mod family;
pub(crate) mod given;
pub(crate) mod household;
mod known;
pub(crate) mod number;
pub(crate) mod place;

pub(crate) use known::{Glance, KnownFields};

use super::comparison::RecordIndex;
use super::table::fields::Fields;
use super::table::fields::names::NameId;
use crate::error::Error;
use known::{
    BIRTH, BIRTH_ORDER, FAMILY, FAMILY_PARTS, FURTHER_GIVEN, GIVEN, MOTHER_FAMILY, MOTHER_GIVEN, MOTHER_NUMBER, NUMBER,
    OTHER, POSTCODE, PRACTICE, PREVIOUS_FAMILY, PREVIOUS_POSTCODE, SEX,
};
use std::sync::Arc;

/// A condition on a pair, with the number that its level gives (a threshold, or nothing).
pub(crate) type Test = fn(&Pair, f64) -> bool;

/// One entry of the vocabulary.
pub(crate) struct Predicate {
    /// The name in model files: `field/condition`.
    pub(crate) name: &'static str,
    /// The name of the number it takes, if it takes one.
    pub(crate) parameter: Option<&'static str>,
    pub(crate) test: Test,
    /// What is told of it by the fields that the records have.
    pub(crate) glance: Glance,
    /// The same test where it looks at little of a record.
    pub(crate) of_words: Option<OfWords>,
}

/// A condition that looks at one word of each record: in a block of many records, that of each is taken once and the
/// pairs are asked without going back to the records.
#[derive(Clone, Copy)]
pub(crate) struct OfWords {
    /// The word of a record.
    pub(crate) word: fn(&Fields, RecordIndex) -> u64,
    /// Whether the condition holds for two records of these words.
    pub(crate) hold: fn(u64, u64) -> bool,
}

const fn plain(name: &'static str, test: Test) -> Predicate {
    Predicate { name, parameter: None, test, glance: Glance::NONE, of_words: None }
}

const fn told(glance: Glance, predicate: Predicate) -> Predicate {
    Predicate { glance, ..predicate }
}

const fn with(name: &'static str, parameter: &'static str, test: Test) -> Predicate {
    Predicate { parameter: Some(parameter), ..plain(name, test) }
}

/// The whole vocabulary.
static VOCABULARY: &[Predicate] = &[
    plain("otherwise", |_, _| true),
    plain("source/different", |pair, _| {
        pair.fields.source[pair.left as usize] != pair.fields.source[pair.right as usize]
    }),
    told(Glance::NONE.fails_if_both(NUMBER), plain("nhs-number/missing", number::missing)),
    plain("nhs-number/equal", number::equal),
    plain("nhs-number/slip", number::slip),
    plain("nhs-number/on-one-side", number::on_one_side),
    told(Glance::missing(GIVEN), plain("given-name/missing", given::missing)),
    plain("given-name/equal", given::equal),
    told(Glance::needs_both(FURTHER_GIVEN), plain("given-name/all-words-equal", given::all_words_equal)),
    plain("given-name/shared-first-word", given::shared_first_word),
    told(Glance::needs_one(FURTHER_GIVEN), plain("given-name/other-name", given::other_name)),
    plain("given-name/spelling", given::spelling),
    plain("given-name/nickname", given::nickname),
    with("given-name/similar-to-rare", "jaro_winkler", given::similar_to_rare),
    plain("given-name/slip", given::slip),
    plain("given-name/initial", given::initial),
    plain("given-name/sounds-alike", given::sounds_alike),
    with("given-name/similar", "jaro_winkler", given::similar),
    plain("name/swapped", given::swapped),
    told(Glance::missing(OTHER), plain("other-names/missing", given::others_missing)),
    plain("other-names/equal", given::others_equal),
    plain("other-names/shared-word", given::others_shared),
    told(Glance::holds_unless_both(FAMILY), plain("family-name/missing", family::missing)),
    plain("family-name/equal", family::equal),
    plain("family-name/sex-ending", family::sex_ending),
    told(Glance::needs_one(PREVIOUS_FAMILY), plain("family-name/previous", family::previous)),
    told(Glance::needs_one(MOTHER_FAMILY), plain("family-name/mother", family::mother)),
    told(Glance::needs_one(FURTHER_GIVEN), plain("family-name/other-name", family::other_name)),
    told(Glance::needs_one(FAMILY_PARTS), plain("family-name/shared-part", family::shared_part)),
    plain("family-name/slip", family::slip),
    with("family-name/similar", "jaro_winkler", family::similar),
    told(Glance::missing(BIRTH), plain("birth-date/missing", birth::missing)),
    plain("birth-date/equal-filler", birth::equal_filler),
    plain("birth-date/equal", birth::equal),
    plain("birth-date/partly", birth::partly),
    plain("birth-date/day-month-exchanged", birth::exchanged),
    plain("birth-date/slip", birth::slip),
    with("birth-date/parts-equal", "parts", birth::parts),
    with("birth-date/within-days", "days", birth::within),
    Predicate { of_words: Some(birth::COMPATIBLE), ..plain("birth-date/compatible", birth::compatible) },
    told(Glance::missing(SEX), plain("sex/missing", birth::sex_missing)),
    plain("sex/equal", birth::sex_equal),
    told(Glance::missing(BIRTH_ORDER), plain("birth-order/missing", birth::order_missing)),
    plain("birth-order/equal", birth::order_equal),
    told(Glance::NONE.fails_if_both(POSTCODE), plain("residence/missing", place::missing)),
    plain("residence/postcode-and-address", place::postcode_and_address),
    plain("residence/postcode", place::postcode),
    plain("residence/postcode-address-differs", place::postcode_address_differs),
    plain("residence/address", place::address),
    told(Glance::needs_one(PREVIOUS_POSTCODE), plain("residence/previous-postcode", place::previous_postcode)),
    plain("residence/postcode-slip", place::postcode_slip),
    plain("residence/sector", place::sector),
    plain("residence/district", place::district),
    plain("residence/area", place::area),
    told(Glance::holds_unless_both(PRACTICE), plain("practice/missing-or-same-postcode", place::practice_missing)),
    plain("practice/equal", place::practice_equal),
    told(Glance::missing(MOTHER_NUMBER | MOTHER_GIVEN | MOTHER_FAMILY), plain("mother/missing", household::missing)),
    told(Glance::needs_both(MOTHER_NUMBER), plain("mother/nhs-number-equal", household::number_equal)),
    told(Glance::needs_both(MOTHER_GIVEN), plain("mother/names-equal", household::names_equal)),
    told(Glance::needs_both(MOTHER_GIVEN), plain("mother/own-names-equal", household::own_names_equal)),
    told(Glance::needs_both(MOTHER_GIVEN), plain("mother/given-name-equal", household::given_equal)),
    told(Glance::needs_both(MOTHER_GIVEN), with("mother/given-name-alike", "jaro_winkler", household::given_alike)),
    told(
        Glance::needs_both(MOTHER_FAMILY).fails_if_both(MOTHER_GIVEN),
        plain("mother/family-name-equal", household::family_equal),
    ),
    plain("pair/two-fields-agree", household::two_fields_agree),
];

/// The predicate of a name.
///
/// # Errors
/// `model/unknown-predicate`, which names it.
pub(crate) fn find(name: &str) -> Result<&'static Predicate, Error> {
    VOCABULARY.iter().find(|predicate| predicate.name == name).ok_or_else(|| {
        let message = format!("the model names the predicate \"{name}\", which this version does not know");
        Error::new("model/unknown-predicate", message, "use a predicate listed in docs/models.md, or a newer version")
    })
}

/// Every predicate's name and the number that it takes, for documentation.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    VOCABULARY.iter().map(|predicate| (predicate.name, predicate.parameter))
}

/// How often each name occurs, for telling a slip of the pen from another child's name, and a family's name
/// from one that many families have.
#[derive(Clone)]
pub(crate) struct NameCounts {
    /// By first given name.
    given: Arc<Vec<u32>>,
    family: Arc<Vec<u32>>,
    records: usize,
}

impl NameCounts {
    /// Counts the first given names and the family names of all records.
    pub(crate) fn of(fields: &Fields) -> NameCounts {
        let (mut given, mut family) = (vec![0; fields.names.len()], vec![0; fields.names.len()]);
        for record in 0..fields.len() as RecordIndex {
            given[fields.given.of(record).words[0] as usize] += 1;
            family[fields.family.of(record).whole as usize] += 1;
        }
        (given[0], family[0]) = (0, 0);
        NameCounts::counted(given, family, fields.len())
    }

    /// Counts that were made before: by name, of so many records.
    pub(crate) fn counted(given: Vec<u32>, family: Vec<u32>, records: usize) -> NameCounts {
        NameCounts { given: Arc::new(given), family: Arc::new(family), records }
    }

    /// How many records were counted.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// The count of every first given name that was counted, by number.
    pub(crate) fn all_given(&self) -> &[u32] {
        &self.given
    }

    /// How many records have this first given name.
    pub(crate) fn given(&self, name: NameId) -> u32 {
        count_of(&self.given, name)
    }

    /// How many records have this family name.
    pub(crate) fn family(&self, name: NameId) -> u32 {
        count_of(&self.family, name)
    }
}

fn count_of(counts: &[u32], name: NameId) -> u32 {
    counts.get(name as usize).copied().unwrap_or(0)
}

/// Two records being compared.
pub(crate) struct Pair<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) counts: &'a NameCounts,
    pub(crate) left: RecordIndex,
    pub(crate) right: RecordIndex,
}

impl Pair<'_> {
    /// Both records' values.
    #[inline(always)]
    fn both<T>(&self, of: impl Fn(RecordIndex) -> T) -> (T, T) {
        (of(self.left), of(self.right))
    }

    /// Whether the Jaro-Winkler similarity of two words is at least `threshold`.
    fn are_alike(&self, a: NameId, b: NameId, threshold: f64) -> bool {
        self.fields.names.are_alike(a, b, threshold)
    }

    /// Whether two words differ by one letter added, left out, changed, or swapped with its neighbour.
    fn is_slip(&self, a: NameId, b: NameId) -> bool {
        let names = &self.fields.names;
        names.may_be_slip(a, b) && is_slip(names.text(a).as_bytes(), names.text(b).as_bytes())
    }
}

/// Whether one edit parts two words of at least three letters.
fn is_slip(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 3 || long.len() - short.len() > 1 || a == b {
        return false;
    }
    let front = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let back = short[front..].iter().rev().zip(long.iter().rev()).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[front..short.len() - back], &long[front..long.len() - back]);
    match (short, long) {
        ([], [_]) | ([_], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_edit() {
        for (a, b) in [("OLIVIA", "OLIVA"), ("OLIVIA", "OLIVAI"), ("OLIVIA", "OLIVEA"), ("OLIVIA", "OLIVIAH")] {
            assert!(is_slip(a.as_bytes(), b.as_bytes()) && is_slip(b.as_bytes(), a.as_bytes()), "{a} {b}");
        }
        for (a, b) in [("OLIVIA", "OLIVIA"), ("ELLA", "ELLIE"), ("AL", "ALI"), ("AVA", "EVE")] {
            assert!(!is_slip(a.as_bytes(), b.as_bytes()), "{a} {b}");
        }
    }

    #[test]
    fn names_are_unique_and_unknown_ones_are_refused_by_name() {
        let mut names: Vec<_> = vocabulary().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VOCABULARY.len());
        let refused = find("given-name/horoscope").err().unwrap();
        assert_eq!(refused.code, "model/unknown-predicate");
        assert!(refused.message.contains("given-name/horoscope"));
    }
}
