//! What the fields that two records have tell of a condition, before any of them is looked at.
//!
//! Most conditions of a model are asked of most pairs, and of many the answer lies in what is missing: one word a
//! record tells it, where each field would be fetched from a column of its own.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;
use crate::linkage::table::fields::Fields;

/// A valid NHS number.
pub(super) const NUMBER: u64 = 1;
/// A given name.
pub(super) const GIVEN: u64 = 1 << 1;
/// A second given name, or other names.
pub(super) const FURTHER_GIVEN: u64 = 1 << 2;
/// Other names.
pub(super) const OTHER: u64 = 1 << 3;
/// A family name.
pub(super) const FAMILY: u64 = 1 << 4;
/// A family name of several parts.
pub(super) const FAMILY_PARTS: u64 = 1 << 5;
/// A former family name.
pub(super) const PREVIOUS_FAMILY: u64 = 1 << 6;
/// A birth date, or a part of one.
pub(super) const BIRTH: u64 = 1 << 7;
/// A sex.
pub(super) const SEX: u64 = 1 << 8;
/// A birth order, in whatever column.
pub(super) const BIRTH_ORDER: u64 = 1 << 9;
/// A postcode.
pub(super) const POSTCODE: u64 = 1 << 10;
/// A former postcode.
pub(super) const PREVIOUS_POSTCODE: u64 = 1 << 11;
/// A practice.
pub(super) const PRACTICE: u64 = 1 << 12;
/// A valid NHS number of the mother.
pub(super) const MOTHER_NUMBER: u64 = 1 << 13;
/// A given name of the mother.
pub(super) const MOTHER_GIVEN: u64 = 1 << 14;
/// A family name of the mother.
pub(super) const MOTHER_FAMILY: u64 = 1 << 15;

/// How far the fields of one record or the other stand from those of both.
const EITHER: u32 = 16;
/// In the word of every pair.
const ALWAYS: u64 = 1 << 32;

/// Which fields each record has.
pub(crate) struct KnownFields(Vec<u16>);

impl KnownFields {
    /// Those of all records.
    pub(crate) fn of(fields: &Fields) -> KnownFields {
        KnownFields(parallel::map_each(fields.len(), |record| of_record(fields, record as RecordIndex)))
    }

    /// The word of a pair: the fields that both records have, and those that one of them has.
    #[inline]
    pub(crate) fn of_pair(&self, left: RecordIndex, right: RecordIndex) -> u64 {
        let (left, right) = (u64::from(self.0[left as usize]), u64::from(self.0[right as usize]));
        left & right | (left | right) << EITHER | ALWAYS
    }
}

fn of_record(fields: &Fields, record: RecordIndex) -> u16 {
    let place = record as usize;
    let (given, other) = (fields.given.of(record), fields.other.of(record));
    let family = fields.family.of(record);
    let known = [
        (NUMBER, fields.number[place].number().is_some()),
        (GIVEN, given.whole != 0),
        (FURTHER_GIVEN, given.words[1] != 0 || other.whole != 0),
        (OTHER, other.whole != 0),
        (FAMILY, family.whole != 0),
        (FAMILY_PARTS, family.words[1] != 0),
        (PREVIOUS_FAMILY, fields.previous_family.of(record).whole != 0),
        (BIRTH, fields.birth[place].is_known()),
        (SEX, fields.sex.of(record) != 0),
        (BIRTH_ORDER, fields.birth_order_of(record) != 0),
        (POSTCODE, fields.postcode.of(record).is_known()),
        (PREVIOUS_POSTCODE, fields.previous_postcode.of(record).is_known()),
        (PRACTICE, fields.practice.of(record) != 0),
        (MOTHER_NUMBER, fields.mother_number[place].number().is_some()),
        (MOTHER_GIVEN, fields.mother_given.of(record).whole != 0),
        (MOTHER_FAMILY, fields.mother_family.of(record).whole != 0),
    ];
    known.into_iter().fold(0, |known, (field, has)| known | if has { field as u16 } else { 0 })
}

/// What the word of a pair tells of a condition.
#[derive(Clone, Copy)]
pub(crate) struct Glance {
    /// It holds where the pair has none of these.
    holds_without: u64,
    /// It fails where the pair has any of these.
    fails_with: u64,
    /// It fails where the pair has none of these.
    needs: u64,
}

impl Glance {
    /// Nothing.
    pub(super) const NONE: Glance = Glance { holds_without: ALWAYS, fails_with: 0, needs: ALWAYS };

    /// That it holds unless both records have one of these fields, and only then.
    pub(super) const fn missing(fields: u64) -> Glance {
        Glance { holds_without: fields, fails_with: fields, ..Glance::NONE }
    }

    /// That it holds unless both records have one of these fields.
    pub(super) const fn holds_unless_both(fields: u64) -> Glance {
        Glance { holds_without: fields, ..Glance::NONE }
    }

    /// That it fails where both records have one of these fields.
    pub(super) const fn fails_if_both(self, fields: u64) -> Glance {
        Glance { fails_with: fields, ..self }
    }

    /// That it fails unless both records have one of these fields.
    pub(super) const fn needs_both(fields: u64) -> Glance {
        Glance { needs: fields, ..Glance::NONE }
    }

    /// That it fails unless one of the records has one of these fields.
    pub(super) const fn needs_one(fields: u64) -> Glance {
        Glance::needs_both(fields << EITHER)
    }

    /// The answer that the word of a pair tells, if it tells one.
    #[inline]
    pub(crate) fn answer(self, of_pair: u64) -> Option<bool> {
        if of_pair & self.holds_without == 0 {
            return Some(true);
        }
        (of_pair & self.fails_with != 0 || of_pair & self.needs == 0).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NameCounts, Pair, VOCABULARY};
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::{Table, TableBuilder};

    /// Records of which some have a field that others lack, alike in what they have.
    fn table() -> Table {
        let values = [
            (Column::NhsNumber, ["9434765919", "9434765918"]),
            (Column::GivenName, ["Mary Jane", "Mary"]),
            (Column::OtherNames, ["Ann", "Jane"]),
            (Column::FamilyName, ["Khan-Shah", "Shah"]),
            (Column::PreviousFamilyName, ["Shah", "Khan"]),
            (Column::BirthDate, ["2020-02-03", "2020-03-02"]),
            (Column::Sex, ["F", "M"]),
            (Column::BirthOrder, ["1", "2"]),
            (Column::Postcode, ["LS1 4AP", "LS1 4AB"]),
            (Column::PreviousPostcode, ["LS1 4AB", "LS2 9JT"]),
            (Column::GpPractice, ["A81001", "A81002"]),
            (Column::MotherNhsNumber, ["4010232137", "9434765870"]),
            (Column::MotherGivenName, ["Ann", "Anne"]),
            (Column::MotherFamilyName, ["Shah", "Khan"]),
            (Column::MotherBirthDate, ["1990-01-02", "1990-01-02"]),
            (Column::Address1, ["12 High Street", "14 High Street"]),
        ];
        let mut builder = TableBuilder::new(0);
        let source = builder.source("a");
        let ids: Vec<String> = (0..160).map(|n| n.to_string()).collect();
        for (n, id) in ids.iter().enumerate() {
            let mut raw = RawFields::new();
            raw.set(Column::RecordId, id);
            for (place, (column, choice)) in values.iter().enumerate() {
                // As good as by chance, and the same each time.
                match (n * 2_654_435_761 + place * 40_503 + (n * place) * 97) % 1_009 % 3 {
                    2 => {}
                    which => raw.set(*column, choice[which]),
                }
            }
            builder.push(source, n as u32, &raw);
        }
        Table::build(vec![builder]).table
    }

    #[test]
    fn what_is_told_at_a_glance_is_what_the_condition_says() {
        let table = table();
        let (fields, counts) = (&table.fields, NameCounts::of(&table.fields));
        let known = KnownFields::of(fields);
        for predicate in VOCABULARY {
            let mut told = [0, 0];
            for left in 0..fields.len() as RecordIndex {
                for right in 0..left {
                    let said = (predicate.test)(&Pair { fields, counts: &counts, left, right }, 0.9);
                    let answer = predicate.glance.answer(known.of_pair(left, right));
                    assert!(answer.is_none_or(|answer| answer == said), "{} of {left} and {right}", predicate.name);
                    answer.into_iter().for_each(|answer| told[usize::from(answer)] += 1);
                }
            }
            let Glance { holds_without, fails_with, needs } = predicate.glance;
            assert_eq!(told[1] > 0, holds_without != ALWAYS, "{} is told to hold", predicate.name);
            assert_eq!(told[0] > 0, fails_with != 0 || needs != ALWAYS, "{} is told to fail", predicate.name);
        }
    }
}
