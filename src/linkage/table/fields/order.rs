//! The same records in another order: copied for the walk over pairs, or moved there and back where memory is spared.

use super::address::AddressWords;
use super::cells::Cells;
use super::{Coded, Fields, PIECE};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;
use std::sync::Arc;

/// The value of each record in an order; none where the column has none.
pub(super) fn gathered<T: Copy + Default + Send + Sync>(values: &[T], order: &[RecordIndex]) -> Vec<T> {
    let mut all = vec![T::default(); if values.is_empty() { 0 } else { order.len() }];
    parallel::map_mut(&mut all, PIECE, |piece, own| {
        let records = &order[piece * PIECE..];
        own.iter_mut().zip(records).for_each(|(value, &record)| *value = values[record as usize]);
    });
    all
}

/// A column that can stand in another order; distinct values are shared with the former one.
trait InOrder {
    fn in_order(&self, order: &[RecordIndex]) -> Self;
}

impl<T: Copy + Default + Send + Sync> InOrder for Vec<T> {
    fn in_order(&self, order: &[RecordIndex]) -> Vec<T> {
        gathered(self, order)
    }
}

impl<T: Copy + Default> InOrder for Coded<T> {
    fn in_order(&self, order: &[RecordIndex]) -> Coded<T> {
        Coded { ids: Arc::new(gathered(&self.ids, order)), values: Arc::clone(&self.values) }
    }
}

impl<T: Copy + Default + Send + Sync> InOrder for Cells<T> {
    fn in_order(&self, order: &[RecordIndex]) -> Cells<T> {
        self.of_records(order)
    }
}

impl InOrder for AddressWords {
    fn in_order(&self, order: &[RecordIndex]) -> AddressWords {
        self.of_records(order)
    }
}

impl Fields {
    /// The same records in another order.
    pub(crate) fn in_order(&self, order: &[RecordIndex]) -> Fields {
        Fields {
            names: Arc::clone(&self.names),
            source: self.source.in_order(order),
            number: self.number.in_order(order),
            given: self.given.in_order(order),
            other: self.other.in_order(order),
            family: self.family.in_order(order),
            previous_family: self.previous_family.in_order(order),
            birth: self.birth.in_order(order),
            sex: self.sex.in_order(order),
            birth_order: self.birth_order.in_order(order),
            postcode: self.postcode.in_order(order),
            previous_postcode: self.previous_postcode.in_order(order),
            address: self.address.in_order(order),
            uprn: self.uprn.in_order(order),
            practice: self.practice.in_order(order),
            mother_number: self.mother_number.in_order(order),
            mother_given: self.mother_given.in_order(order),
            mother_family: self.mother_family.in_order(order),
            mother_birth: self.mother_birth.in_order(order),
            sensitive: self.sensitive.in_order(order),
            invalidated: self.invalidated.in_order(order),
        }
    }

    /// The same one column after the other, each of which goes as soon as it stands in the other order: only one is
    /// held twice.
    pub(crate) fn into_order(mut self, order: &[RecordIndex]) -> Fields {
        fn turn<C: InOrder>(column: &mut C, order: &[RecordIndex]) {
            *column = column.in_order(order);
        }
        turn(&mut self.source, order);
        turn(&mut self.number, order);
        turn(&mut self.given, order);
        turn(&mut self.other, order);
        turn(&mut self.family, order);
        turn(&mut self.previous_family, order);
        turn(&mut self.birth, order);
        turn(&mut self.sex, order);
        turn(&mut self.birth_order, order);
        turn(&mut self.postcode, order);
        turn(&mut self.previous_postcode, order);
        turn(&mut self.address, order);
        turn(&mut self.uprn, order);
        turn(&mut self.practice, order);
        turn(&mut self.mother_number, order);
        turn(&mut self.mother_given, order);
        turn(&mut self.mother_family, order);
        turn(&mut self.mother_birth, order);
        turn(&mut self.sensitive, order);
        turn(&mut self.invalidated, order);
        self
    }
}
