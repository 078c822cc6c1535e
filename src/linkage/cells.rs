//! A result told column by column: of millions of rows, most columns hold few distinct values, which are then made
//! ready once and not for every row.

use std::ops::Range;

/// What a field of a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers; NaN where there is none.
    Number,
}

/// One field of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Of a column of texts.
    Text(String),
    /// Of a column of whole numbers.
    Integer(i64),
    /// Of a column of numbers; NaN where there is none.
    Number(f64),
}

/// Tells something of each of some rows, in their order.
pub type OfRows<'c, T> = Box<dyn Fn(Range<usize>, &mut Vec<T>) + Sync + 'c>;

/// The fields of a column.
pub enum Cells<'c> {
    /// Each row holds one of a list of fields.
    Listed {
        /// How long the list is.
        count: usize,
        /// The field at a place of the list.
        field: Box<dyn Fn(u32) -> Field + Sync + 'c>,
        /// Adds the place in the list of each of some rows.
        places: OfRows<'c, u32>,
    },
    /// Each row holds a number, made from one that other rows may have too.
    Numbers {
        /// Adds the number of each of some rows from which the field is made.
        of: OfRows<'c, f64>,
        /// The field of such a number.
        field: fn(f64) -> f64,
    },
}

impl<'c> Cells<'c> {
    /// A column whose rows hold one of these fields.
    pub fn listed(fields: Vec<Field>, places: impl Fn(Range<usize>, &mut Vec<u32>) + Sync + 'c) -> Cells<'c> {
        let count = fields.len();
        Cells::Listed { count, field: Box::new(move |place| fields[place as usize].clone()), places: Box::new(places) }
    }
}

/// The places that some rows name, each once in order of its first row, and for each row its place among these.
#[cfg(feature = "csv")]
pub(crate) struct Named {
    /// The places named.
    pub(crate) places: Vec<u32>,
    /// By row, an index of `places`.
    pub(crate) of_row: Vec<u32>,
}

#[cfg(feature = "csv")]
impl Named {
    /// Takes the places of rows in a list of `count`.
    pub(crate) fn of(mut of_row: Vec<u32>, count: usize) -> Named {
        /// Stands for a place that no row named yet.
        const NEW: u32 = u32::MAX;
        let mut index = vec![NEW; count];
        let mut places = Vec::new();
        for place in &mut of_row {
            let index = &mut index[*place as usize];
            if *index == NEW {
                *index = places.len() as u32;
                places.push(*place);
            }
            *place = *index;
        }
        Named { places, of_row }
    }
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_once_in_the_order_of_rows() {
        let named = Named::of(vec![7, 2, 7, 0, 2], 8);
        assert_eq!((named.places, named.of_row), (vec![7, 2, 0], vec![0, 1, 0, 2, 1]));
    }
}
