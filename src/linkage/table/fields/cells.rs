//! A column of plain values that may be absent altogether.

use crate::linkage::comparison::RecordIndex;
use std::ops::Index;

/// One value a record; none at all, and no memory, where no record has any: then each is the default.
#[derive(Clone, Default)]
pub(crate) struct Cells<T> {
    values: Vec<T>,
    missing: T,
}

impl<T: Copy + Default + Send + Sync> Cells<T> {
    /// The values of so many records, of which those behind the last value are missing.
    pub(super) fn of(mut values: Vec<T>, records: usize) -> Cells<T> {
        if !values.is_empty() {
            values.resize(records, T::default());
        }
        Cells { values, missing: T::default() }
    }

    /// The values for the records in another order.
    pub(super) fn of_records(&self, order: &[RecordIndex]) -> Cells<T> {
        Cells { values: super::gathered(&self.values, order), missing: T::default() }
    }

    /// The values, to change them; none where the column is absent.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut()
    }
}

impl<T> Index<usize> for Cells<T> {
    type Output = T;

    #[inline]
    fn index(&self, record: usize) -> &T {
        self.values.get(record).unwrap_or(&self.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_column_has_the_default_for_every_record() {
        let (absent, some) = (Cells::<u64>::of(Vec::new(), 3), Cells::of(vec![7, 8], 3));
        assert_eq!([absent[0], absent[2], some[1], some[2]], [0, 0, 8, 0]);
        assert_eq!((some.of_records(&[2, 1])[1], absent.of_records(&[2, 1])[1]), (8, 0));
    }
}
