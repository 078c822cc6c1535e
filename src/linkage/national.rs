//! What the national service told of records, brought to bear on a table.

use super::comparison::RecordIndex;
use super::table::Table;
use super::table::fields::number::NumberCell;
use crate::identity::column::Column;
use crate::identity::name::{GivenName, are_nicknames};
use crate::identity::nhs_number::NhsNumber;
use crate::text::similarity::jaro_winkler;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a trace told of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NationalResult {
    /// The record's source.
    pub source: String,
    /// Its id.
    pub record_id: String,
    /// The number agreed with the service.
    pub number: Option<NhsNumber>,
    /// Whether the service has invalidated the record.
    pub invalidated: bool,
    /// Whether where the child lives must be withheld.
    pub sensitive: bool,
    /// Whether the service answered at all.
    pub answered: bool,
    /// The number that was asked about.
    pub asked: Option<NhsNumber>,
    /// What was asked about beside the number, as [`traced_evidence`] tells it; empty where that is not known.
    pub evidence: String,
}

impl NationalResult {
    /// What all traces together say, one result for each record, in order of source and record id: the number is that
    /// of the last answer, whatever an earlier one said. That a record was invalidated, or that whereabouts are to be
    /// withheld, holds whichever answer said so.
    pub fn together(results: &[NationalResult]) -> Vec<NationalResult> {
        let mut of_record: BTreeMap<(&str, &str), NationalResult> = BTreeMap::new();
        for result in results {
            let known = of_record.entry((&result.source, &result.record_id)).or_insert_with(|| result.clone());
            let (invalidated, sensitive) = (known.invalidated, known.sensitive || result.sensitive);
            if result.invalidated || (result.answered && !invalidated) {
                known.clone_from(result);
            }
            known.sensitive = sensitive;
        }
        of_record.into_values().collect()
    }

    /// Whether an answer is not about the record as it is now: what was asked about has changed, or the record holds a
    /// number that was neither asked about nor found.
    pub fn has_lapsed(&self, table: &Table, record: RecordIndex) -> bool {
        let holds = table.fields.number[record as usize].number();
        let stranger = holds.is_some_and(|holds| {
            ![self.asked, self.number].into_iter().flatten().any(|number| number.digits() == holds)
        });
        !self.evidence.is_empty() && (stranger || self.evidence != traced_evidence(table, record))
    }
}

/// A hash of what a trace asks about beside the number: names, sex and birth date, as the source wrote them. It tells
/// later whether the answer is still about the same person.
pub fn traced_evidence(table: &Table, record: RecordIndex) -> String {
    let mut hash = Sha256::new();
    for column in [Column::GivenName, Column::FamilyName, Column::Sex, Column::BirthDate] {
        let text = table.raw(record, column).trim();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two given names may be one child's: alike by so much, a nickname, or one cut short.
pub fn given_names_agree(one: &GivenName, other: &GivenName, least: f64) -> bool {
    let (a, b) = (one.distinguishing_token(), other.distinguishing_token());
    a == b || are_nicknames(a, b) || jaro_winkler(a, b) >= least || one.agrees_as_far_as_written(other)
}

/// Names less alike than this are not one child's, where two traces found one number: as in the layout that ships.
const LEAST_NAME_SIMILARITY: f64 = 0.9;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NationalCounts {
    /// Records that have an agreed number now.
    pub verified: u64,
    /// Records that left the pool, with those that hold the number of one that did.
    pub invalidated: u64,
    /// Records whose whereabouts are withheld now.
    pub sensitive: u64,
    /// Results for records that are not there.
    pub unknown: u64,
    /// Agreed numbers that were not taken, since the record has changed after it was asked about.
    pub lapsed: u64,
    /// Agreed numbers that were not taken, since several traces found one number for different children.
    pub shared: u64,
}

impl Table {
    /// Takes what traces told, in order: agreed numbers, records that leave the pool, whereabouts to withhold. Records
    /// hold their raw text as before.
    ///
    /// An invalidated record takes every record with it that holds the number that was asked about, in whatever source:
    /// after an adoption the number stays behind in systems that nobody has told. It is never the number of the child's
    /// new identity, which the record's source may have given it since. An agreed number is taken only while the record
    /// is what was asked about, and not where one number was found for children who differ: twins.
    pub fn apply_national(&mut self, results: &[NationalResult]) -> NationalCounts {
        let mut counts = NationalCounts::default();
        let mut withdrawn = BTreeSet::new();
        let mut agreed: BTreeMap<u64, Vec<RecordIndex>> = BTreeMap::new();
        for result in NationalResult::together(results) {
            let Some(record) = self.find(&result.source, &result.record_id) else {
                counts.unknown += 1;
                continue;
            };
            let place = record as usize;
            if result.invalidated {
                let asked = result.asked.map(|number| number.digits());
                let own = || self.fields.number[place].number().filter(|_| result.evidence.is_empty());
                withdrawn.extend(asked.or_else(own));
                counts.invalidated += u64::from(!std::mem::replace(&mut self.fields.invalidated[place], true));
            } else if let Some(number) = result.number {
                if result.has_lapsed(self, record) {
                    counts.lapsed += 1;
                } else {
                    agreed.entry(number.digits()).or_default().push(record);
                }
            }
            if result.sensitive {
                counts.sensitive += u64::from(!std::mem::replace(&mut self.fields.sensitive[place], true));
            }
        }
        for (number, records) in agreed {
            if self.are_of_several(&records) {
                counts.shared += records.len() as u64;
                continue;
            }
            let Some(number) = NhsNumber::from_digits(number) else { continue };
            for record in records {
                self.fields.number[record as usize] = NumberCell::valid(number).verified();
                counts.verified += 1;
            }
        }
        for record in 0..self.len() {
            if self.fields.number[record].number().is_some_and(|number| withdrawn.contains(&number)) {
                counts.invalidated += u64::from(!std::mem::replace(&mut self.fields.invalidated[record], true));
            }
        }
        counts
    }

    /// Whether records differ so that they cannot be one child's, for all that a number was found for each of them.
    fn are_of_several(&self, records: &[RecordIndex]) -> bool {
        let given: Vec<_> =
            records.iter().map(|&record| GivenName::parse_field(self.raw(record, Column::GivenName))).collect();
        let differ = |one: usize, other: usize| {
            let (a, b) = (records[one], records[other]);
            let orders = (self.fields.birth_order_of(a), self.fields.birth_order_of(b));
            let names = given[one].value().zip(given[other].value());
            let born = (self.fields.birth[a as usize], self.fields.birth[b as usize]);
            (orders.0 != 0 && orders.1 != 0 && orders.0 != orders.1)
                || (born.0.is_whole() && born.1.is_whole() && born.0 != born.1)
                || names.is_some_and(|(one, other)| !given_names_agree(one, other, LEAST_NAME_SIMILARITY))
        };
        (0..records.len()).any(|one| (one + 1..records.len()).any(|other| differ(one, other)))
    }

    /// Whether a record was invalidated and has left the pool.
    pub fn is_invalidated(&self, record: super::comparison::RecordIndex) -> bool {
        self.fields.invalidated[record as usize]
    }

    /// The valid NHS number by which a record is linked, and whether it is agreed with the national service. A trace,
    /// or a list of superseded numbers, may have put it in the place of the one that the source holds.
    pub fn nhs_number(&self, record: super::comparison::RecordIndex) -> Option<(NhsNumber, bool)> {
        let cell = self.fields.number[record as usize];
        Some((NhsNumber::from_digits(cell.number()?)?, cell.is_verified()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::TableBuilder;

    #[test]
    fn an_invalidated_number_leaves_the_pool_in_every_source() {
        let mut builder = TableBuilder::new(0);
        for (source, id, number) in
            [("births", "1", "9434765919"), ("school", "7", "943 476 5919"), ("school", "8", "4010232137")]
        {
            let source = builder.source(source);
            let mut raw = RawFields::new();
            raw.set(Column::RecordId, id);
            raw.set(Column::NhsNumber, number);
            builder.push(source, 1, &raw);
        }
        let mut table = Table::build(vec![builder]).table;
        let result = |record_id: &str, number: Option<&str>, invalidated| NationalResult {
            source: if record_id == "1" { "births" } else { "school" }.to_owned(),
            record_id: record_id.to_owned(),
            number: number.map(|number| NhsNumber::parse(number).unwrap()),
            invalidated,
            sensitive: record_id == "8",
            answered: true,
            ..NationalResult::default()
        };
        let counts = table.apply_national(&[
            result("1", None, true),
            result("8", Some("9449305552"), false),
            result("9", None, true),
        ]);
        assert_eq!(
            counts,
            NationalCounts { verified: 1, invalidated: 2, sensitive: 1, unknown: 1, ..Default::default() }
        );
        assert_eq!([0, 1, 2].map(|record| table.is_invalidated(record)), [true, true, false]);
        assert_eq!(table.nhs_number(2), Some((NhsNumber::parse("9449305552").unwrap(), true)));
        assert!(table.is_sensitive(2));
    }

    /// Records of one source: id, number, given name, birth date.
    fn table(records: &[[&str; 4]]) -> Table {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("north");
        for (row, values) in records.iter().enumerate() {
            let mut raw = RawFields::new();
            let columns = [Column::RecordId, Column::NhsNumber, Column::GivenName, Column::BirthDate];
            columns.into_iter().zip(values).for_each(|(column, text)| raw.set(column, text));
            builder.push(source, row as u32 + 1, &raw);
        }
        Table::build(vec![builder]).table
    }

    fn result(record_id: &str, number: Option<&str>) -> NationalResult {
        let number = number.map(|number| NhsNumber::parse(number).unwrap());
        NationalResult {
            source: "north".to_owned(),
            record_id: record_id.to_owned(),
            number,
            answered: true,
            ..NationalResult::default()
        }
    }

    const FOUND: &str = "9449305552";

    #[test]
    fn the_last_answer_gives_the_number_and_what_protects_a_child_stays() {
        let first = NationalResult { sensitive: true, ..result("1", Some(FOUND)) };
        let unanswered = NationalResult { answered: false, ..result("1", None) };
        let together = NationalResult::together(&[first.clone(), unanswered.clone()]);
        assert_eq!(together, std::slice::from_ref(&first));
        let last = NationalResult::together(&[first, result("1", None)]);
        assert_eq!((last[0].number, last[0].sensitive), (None, true));
        let gone = NationalResult { invalidated: true, ..result("1", None) };
        assert!(NationalResult::together(&[gone, result("1", Some(FOUND))])[0].invalidated);
    }

    #[test]
    fn a_number_is_taken_only_by_the_record_that_was_asked_about() {
        let evidence = traced_evidence(&table(&[["1", "", "Amara", "2020-03-04"]]), 0);
        let traced = NationalResult { evidence, ..result("1", Some(FOUND)) };
        let taken = |record: [&str; 4]| {
            let mut table = table(&[record]);
            let counts = table.apply_national(std::slice::from_ref(&traced));
            (counts.verified, counts.lapsed, table.nhs_number(0).map(|(number, _)| number.digits()))
        };
        assert_eq!(taken(["1", "", "Amara", "2020-03-04"]), (1, 0, Some(9_449_305_552)));
        // The source took it over.
        assert_eq!(taken(["1", FOUND, "Amara", "2020-03-04"]).0, 1);
        // Another child stands there now, by name or by number.
        assert_eq!(taken(["1", "", "Ben", "2020-03-04"]), (0, 1, None));
        assert_eq!(taken(["1", "4010232137", "Amara", "2020-03-04"]), (0, 1, Some(4_010_232_137)));
    }

    #[test]
    fn the_number_of_a_new_identity_stays_in_the_pool_when_the_old_one_was_invalidated() {
        let evidence = traced_evidence(&table(&[["1", "9434765919", "Amara", "2020-03-04"]]), 0);
        let asked = NhsNumber::parse("9434765919").ok();
        let gone = NationalResult { invalidated: true, asked, evidence, ..result("1", None) };
        // The source has put the new identity's number on the old record.
        let mut table = table(&[
            ["1", "4010232137", "Amara", "2020-03-04"],
            ["2", "4010232137", "Amara", "2020-03-04"],
            ["3", "9434765919", "Amara", "2020-03-04"],
        ]);
        table.apply_national(&[gone]);
        assert_eq!([0, 1, 2].map(|record| table.is_invalidated(record)), [true, false, true]);
    }

    #[test]
    fn one_number_that_several_traces_found_for_twins_is_given_to_neither() {
        let found = [result("1", Some(FOUND)), result("2", Some(FOUND))];
        let shared = |one: [&str; 4], other: [&str; 4]| {
            let mut table = table(&[one, other]);
            table.apply_national(&found).shared
        };
        assert_eq!(shared(["1", "", "Ethan", "2020-03-04"], ["2", "", "Evan", "2020-03-04"]), 2);
        assert_eq!(shared(["1", "", "Ethan", "2020-03-04"], ["2", "", "Ethan", "2020-03-05"]), 2);
        assert_eq!(shared(["1", "", "Ethan", "2020-03-04"], ["2", "", "Ethan", "2020-03-04"]), 0);
    }
}
