//! What the national service told of records, brought to bear on a table.

use super::table::Table;
use super::table::fields::number::NumberCell;
use crate::identity::nhs_number::NhsNumber;
use std::collections::BTreeSet;

/// What a trace told of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

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
}

impl Table {
    /// Takes what traces told: agreed numbers, records that leave the pool, whereabouts to withhold. Records hold their
    /// raw text as before.
    ///
    /// An invalidated record takes every record with it that holds its number, in whatever source: after an adoption the
    /// number stays behind in systems that nobody has told. It is never the number of the child's new identity.
    pub fn apply_national(&mut self, results: &[NationalResult]) -> NationalCounts {
        let mut counts = NationalCounts::default();
        let mut withdrawn = BTreeSet::new();
        for result in results {
            let Some(record) = self.find(&result.source, &result.record_id) else {
                counts.unknown += 1;
                continue;
            };
            let record = record as usize;
            if result.invalidated {
                withdrawn.extend(self.fields.number[record].number());
                counts.invalidated += u64::from(!std::mem::replace(&mut self.fields.invalidated[record], true));
            } else if let Some(number) = result.number {
                self.fields.number[record] = NumberCell::valid(number).verified();
                counts.verified += 1;
            }
            if result.sensitive {
                counts.sensitive += u64::from(!std::mem::replace(&mut self.fields.sensitive[record], true));
            }
        }
        for record in 0..self.len() {
            if self.fields.number[record].number().is_some_and(|number| withdrawn.contains(&number)) {
                counts.invalidated += u64::from(!std::mem::replace(&mut self.fields.invalidated[record], true));
            }
        }
        counts
    }

    /// Whether a record was invalidated and has left the pool.
    pub fn is_invalidated(&self, record: super::comparison::RecordIndex) -> bool {
        self.fields.invalidated[record as usize]
    }

    /// The valid NHS number by which a record is linked, and whether it is agreed with the national service. A trace, or
    /// a list of superseded numbers, may have put it in the place of the one that the source holds.
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
        };
        let counts = table.apply_national(&[
            result("1", None, true),
            result("8", Some("9449305552"), false),
            result("9", None, true),
        ]);
        assert_eq!(counts, NationalCounts { verified: 1, invalidated: 2, sensitive: 1, unknown: 1 });
        assert_eq!([0, 1, 2].map(|record| table.is_invalidated(record)), [true, true, false]);
        assert_eq!(table.nhs_number(2), Some((NhsNumber::parse("9449305552").unwrap(), true)));
        assert!(table.is_sensitive(2));
    }
}
