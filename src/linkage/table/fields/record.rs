//! One record's fields in comparable form, taken out of a table or put into one: how records that live
//! elsewhere (the child index) meet the engine.

use super::date::PackedDate;
use super::names::{Family, Given, NameId};
use super::number::NumberCell;
use super::place::PackedPostcode;
use super::{Coded, Fields};
use crate::linkage::comparison::RecordIndex;
use std::sync::Arc;

/// Every field of one record. Names are numbers of one [`NameTable`](super::names::NameTable).
#[derive(Clone, Default)]
pub(crate) struct RecordFields {
    pub(crate) source: u16,
    pub(crate) number: NumberCell,
    pub(crate) given: Given,
    pub(crate) other: Given,
    pub(crate) family: Family,
    pub(crate) previous_family: Family,
    pub(crate) birth: PackedDate,
    pub(crate) sex: u8,
    /// From its own column only; the name may tell one too.
    pub(crate) birth_order: u8,
    pub(crate) postcode: PackedPostcode,
    pub(crate) previous_postcode: PackedPostcode,
    /// Hashed words of the address, ascending.
    pub(crate) address: Vec<u32>,
    pub(crate) uprn: u64,
    pub(crate) practice: u64,
    pub(crate) mother_number: NumberCell,
    pub(crate) mother_given: Given,
    pub(crate) mother_family: Family,
    pub(crate) mother_birth: PackedDate,
    pub(crate) sensitive: bool,
    pub(crate) invalidated: bool,
}

impl RecordFields {
    /// The same record with its names numbered by another table.
    pub(crate) fn renamed(mut self, mut name: impl FnMut(NameId) -> NameId) -> RecordFields {
        for given in [&mut self.given, &mut self.other, &mut self.mother_given] {
            given.whole = name(given.whole);
            given.words = given.words.map(&mut name);
        }
        for family in [&mut self.family, &mut self.previous_family, &mut self.mother_family] {
            family.whole = name(family.whole);
            family.words = family.words.map(&mut name);
            family.stem = name(family.stem);
        }
        self
    }
}

impl Fields {
    /// The fields of a record.
    pub(crate) fn record(&self, record: RecordIndex) -> RecordFields {
        let index = record as usize;
        RecordFields {
            source: self.source[index],
            number: self.number[index],
            given: self.given.of(record),
            other: self.other.of(record),
            family: self.family.of(record),
            previous_family: self.previous_family.of(record),
            birth: self.birth[index],
            sex: self.sex.of(record),
            birth_order: self.birth_order.of(record),
            postcode: self.postcode.of(record),
            previous_postcode: self.previous_postcode.of(record),
            address: self.address.of(index).to_vec(),
            uprn: self.uprn[index],
            practice: self.practice.of(record),
            mother_number: self.mother_number[index],
            mother_given: self.mother_given.of(record),
            mother_family: self.mother_family.of(record),
            mother_birth: self.mother_birth[index],
            sensitive: self.sensitive[index],
            invalidated: self.invalidated[index],
        }
    }

    /// Drops every record and keeps the names.
    pub(crate) fn clear_records(&mut self) {
        let names = std::mem::take(&mut self.names);
        *self = Fields { names, ..Fields::default() };
    }

    /// Adds records behind those that stand here. Only for fields that were filled by this function alone.
    pub(crate) fn extend_records<'r>(&mut self, records: impl IntoIterator<Item = &'r RecordFields>) {
        for record in records {
            self.source.push(record.source);
            self.number.push(record.number);
            self.given.push_value(record.given);
            self.other.push_value(record.other);
            self.family.push_value(record.family);
            self.previous_family.push_value(record.previous_family);
            self.birth.push(record.birth);
            self.sex.push_value(record.sex);
            self.birth_order.push_value(record.birth_order);
            self.postcode.push_value(record.postcode);
            self.previous_postcode.push_value(record.previous_postcode);
            self.address.push_words(&record.address);
            self.uprn.push(record.uprn);
            self.practice.push_value(record.practice);
            self.mother_number.push(record.mother_number);
            self.mother_given.push_value(record.mother_given);
            self.mother_family.push_value(record.mother_family);
            self.mother_birth.push(record.mother_birth);
            self.sensitive.push(record.sensitive);
            self.invalidated.push(record.invalidated);
        }
        // Each record has a value of its own: one list of ids serves every column.
        let own: Arc<Vec<u32>> = Arc::new((0..self.source.len() as u32).collect());
        fn share<T>(column: &mut Coded<T>, own: &Arc<Vec<u32>>) {
            column.ids = Arc::clone(own);
        }
        share(&mut self.given, &own);
        share(&mut self.other, &own);
        share(&mut self.family, &own);
        share(&mut self.previous_family, &own);
        share(&mut self.sex, &own);
        share(&mut self.birth_order, &own);
        share(&mut self.postcode, &own);
        share(&mut self.previous_postcode, &own);
        share(&mut self.practice, &own);
        share(&mut self.mother_given, &own);
        share(&mut self.mother_family, &own);
    }
}
