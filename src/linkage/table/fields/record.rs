//! One record's fields in comparable form, taken out of a table or put into one: how records that live
//! elsewhere (the child index) meet the engine.

use super::address::AddressWords;
use super::cells::Cells;
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

    /// Puts these records in the place of all that stand here, and keeps the names.
    pub(crate) fn set_records(&mut self, records: &[RecordFields]) {
        // Each record has a value of its own: one list of ids serves every column.
        let ids: Arc<Vec<u32>> = Arc::new((0..records.len() as u32).collect());
        fn coded<T>(records: &[RecordFields], ids: &Arc<Vec<u32>>, of: impl Fn(&RecordFields) -> T) -> Coded<T> {
            Coded { ids: Arc::clone(ids), values: Arc::new(records.iter().map(of).collect()) }
        }
        fn plain<T>(records: &[RecordFields], of: impl Fn(&RecordFields) -> T) -> Vec<T> {
            records.iter().map(of).collect()
        }
        let mut address = AddressWords::default();
        records.iter().for_each(|record| address.push_words(&record.address));
        *self = Fields {
            source: plain(records, |record| record.source),
            number: plain(records, |record| record.number),
            names: std::mem::take(&mut self.names),
            given: coded(records, &ids, |record| record.given),
            other: coded(records, &ids, |record| record.other),
            family: coded(records, &ids, |record| record.family),
            previous_family: coded(records, &ids, |record| record.previous_family),
            birth: plain(records, |record| record.birth),
            sex: coded(records, &ids, |record| record.sex),
            birth_order: coded(records, &ids, |record| record.birth_order),
            postcode: coded(records, &ids, |record| record.postcode),
            previous_postcode: coded(records, &ids, |record| record.previous_postcode),
            address,
            uprn: Cells::of(plain(records, |record| record.uprn), records.len()),
            practice: coded(records, &ids, |record| record.practice),
            mother_number: Cells::of(plain(records, |record| record.mother_number), records.len()),
            mother_given: coded(records, &ids, |record| record.mother_given),
            mother_family: coded(records, &ids, |record| record.mother_family),
            mother_birth: Cells::of(plain(records, |record| record.mother_birth), records.len()),
            sensitive: plain(records, |record| record.sensitive),
            invalidated: plain(records, |record| record.invalidated),
        };
    }
}
