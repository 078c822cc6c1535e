//! Columns of small numbers packed to the bit, read where they lie.

use serde::{Deserialize, Serialize};

/// Bytes that must follow the last column, so that a read of eight bytes never runs over the end.
pub(super) const PADDING: usize = 16;

/// Rows between two counts of what a sparse column holds before them.
const STRIDE: usize = 256;

/// Where a column lies in a snapshot, and how it is packed. 0 stands for a missing value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    /// Bits of one value, up to 64; 0 if all values are 0.
    width: u32,
    /// How many rows.
    rows: usize,
    /// The first byte of the values.
    values: usize,
    /// The first byte of the marks of rows that have a value; rows without have none. `None` if all have one.
    marks: Option<usize>,
}

impl Column {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// The value of a row; 0 beyond the end.
    #[inline]
    pub(super) fn get(&self, body: &[u8], row: usize) -> u64 {
        if row >= self.rows || self.width == 0 {
            return 0;
        }
        let Some(marks) = self.marks else { return self.value(body, row) };
        let word = word_at(body, marks + row / 64 * 8);
        if word >> (row % 64) & 1 == 0 {
            return 0;
        }
        self.value(body, self.before(body, marks, row))
    }

    #[inline]
    fn value(&self, body: &[u8], place: usize) -> u64 {
        let bit = place * self.width as usize;
        let (byte, shift) = (self.values + bit / 8, (bit % 8) as u32);
        let mut value = word_at(body, byte) >> shift;
        if shift + self.width > 64 {
            value |= u64::from(body.get(byte + 8).copied().unwrap_or(0)) << (64 - shift);
        }
        if self.width == 64 { value } else { value & ((1 << self.width) - 1) }
    }

    /// Hands over the values of some rows in order, without those that are 0.
    #[inline]
    pub(super) fn each(&self, body: &[u8], rows: std::ops::Range<usize>, mut found: impl FnMut(usize, u64)) {
        let rows = rows.start..rows.end.min(self.rows);
        if rows.is_empty() || self.width == 0 {
            return;
        }
        let Some(marks) = self.marks else {
            for row in rows {
                match self.value(body, row) {
                    0 => {}
                    value => found(row, value),
                }
            }
            return;
        };
        let mut place = self.before(body, marks, rows.start);
        for at in rows.start / 64..rows.end.div_ceil(64) {
            let mut word = word_at(body, marks + at * 8);
            if at == rows.start / 64 {
                word &= u64::MAX << (rows.start % 64);
            }
            while word != 0 {
                let row = at * 64 + word.trailing_zeros() as usize;
                if row >= rows.end {
                    return;
                }
                found(row, self.value(body, place));
                place += 1;
                word &= word - 1;
            }
        }
    }

    /// How many values a column with marks has before a row.
    #[inline]
    fn before(&self, body: &[u8], marks: usize, row: usize) -> usize {
        let words = self.rows.div_ceil(64);
        let counted = word32_at(body, marks + words * 8 + row / STRIDE * 4) as usize;
        let whole: u32 =
            (row / STRIDE * STRIDE / 64..row / 64).map(|n| word_at(body, marks + n * 8).count_ones()).sum();
        let here = (word_at(body, marks + row / 64 * 8) & ((1 << (row % 64)) - 1)).count_ones();
        counted + whole as usize + here as usize
    }

    /// The first row whose value is not less, in a column of ascending values.
    pub(super) fn lower_bound(&self, body: &[u8], value: u64) -> usize {
        self.lower_bound_from(body, value, 0)
    }

    /// The same where all rows before one are known to be less: quick if it is near.
    pub(super) fn lower_bound_from(&self, body: &[u8], value: u64, first: usize) -> usize {
        let (mut low, mut step) = (first, 1);
        while low + step < self.rows && self.get(body, low + step) < value {
            low += step + 1;
            step *= 2;
        }
        let mut high = (low + step).min(self.rows);
        while low < high {
            let middle = (low + high) / 2;
            if self.get(body, middle) < value {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Whether the column lies within so many bytes.
    pub(super) fn fits(&self, body: usize) -> bool {
        let size = |count: usize, bytes: usize| count.checked_mul(bytes);
        let marks = match self.marks {
            None => Some(0),
            Some(at) => {
                let words = self.rows.div_ceil(64);
                let counts = self.rows.div_ceil(STRIDE);
                size(words, 8).zip(size(counts, 4)).and_then(|(w, c)| at.checked_add(w)?.checked_add(c))
            }
        };
        let values = match self.marks {
            None => size(self.rows, self.width as usize).and_then(|bits| self.values.checked_add(bits.div_ceil(8))),
            Some(_) => Some(self.values),
        };
        let end = body.saturating_sub(PADDING);
        self.width <= 64 && marks.is_some_and(|marks| marks <= end) && values.is_some_and(|values| values <= end)
    }
}

#[inline]
fn word_at(body: &[u8], byte: usize) -> u64 {
    body.get(byte..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline]
fn word32_at(body: &[u8], byte: usize) -> u32 {
    body.get(byte..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Packs columns one behind another.
#[derive(Default)]
pub(super) struct ColumnWriter {
    body: Vec<u8>,
}

impl ColumnWriter {
    /// Packs `rows` values, asked for twice in order. Rows without a value take one bit where that is less.
    pub(super) fn write<I: Iterator<Item = u64>>(&mut self, values: impl Fn() -> I) -> Column {
        let (mut rows, mut filled, mut any) = (0, 0usize, 0u64);
        values().for_each(|value| {
            rows += 1;
            filled += usize::from(value != 0);
            any |= value;
        });
        let width = 64 - any.leading_zeros();
        let (all, sparse) = (rows * width as usize, rows + rows / 8 + filled * width as usize);
        let mut column = Column { width, rows, values: 0, marks: None };
        if sparse < all {
            column.marks = Some(self.body.len());
            let (mut marks, mut counts) = (vec![0u64; rows.div_ceil(64)], Vec::with_capacity(rows.div_ceil(STRIDE)));
            let mut count = 0u32;
            for (row, value) in values().enumerate() {
                if row % STRIDE == 0 {
                    counts.push(count);
                }
                if value != 0 {
                    marks[row / 64] |= 1 << (row % 64);
                    count += 1;
                }
            }
            marks.iter().for_each(|mark| self.body.extend(mark.to_le_bytes()));
            counts.iter().for_each(|count| self.body.extend(count.to_le_bytes()));
            column.values = self.body.len();
            self.pack(width, values().filter(|&value| value != 0));
        } else {
            column.values = self.body.len();
            self.pack(width, values());
        }
        column
    }

    fn pack(&mut self, width: u32, values: impl Iterator<Item = u64>) {
        let (mut pending, mut bits) = (0u128, 0);
        for value in values {
            pending |= u128::from(value) << bits;
            bits += width;
            while bits >= 8 {
                self.body.push(pending as u8);
                pending >>= 8;
                bits -= 8;
            }
        }
        if bits > 0 {
            self.body.push(pending as u8);
        }
        self.body.resize(self.body.len().next_multiple_of(8), 0);
    }

    /// The packed bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.body.resize(self.body.len() + PADDING, 0);
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_packed_is_read(
            values in prop::collection::vec(prop_oneof![3 => Just(0u64), 1 => any::<u64>(), 1 => 0u64..40], 0..700),
            narrow in 1u32..65,
            from in 0usize..700,
            to in 0usize..704,
        ) {
            let values: Vec<u64> = values.into_iter().map(|value| value >> (64 - narrow)).collect();
            let mut writer = ColumnWriter::default();
            let first = writer.write(|| values.iter().copied());
            let second = writer.write(|| values.iter().rev().copied());
            let body = writer.finish();
            prop_assert!(first.fits(body.len()) && second.fits(body.len()));
            let read = |column: &Column| (0..column.len()).map(|row| column.get(&body, row)).collect::<Vec<_>>();
            prop_assert_eq!(&read(&first), &values);
            prop_assert!(read(&second).iter().eq(values.iter().rev()));
            prop_assert_eq!(first.get(&body, values.len()), 0);
            let (start, end) = (from.min(values.len()), to.min(values.len() + 3));
            let mut seen = Vec::new();
            first.each(&body, start..end, |row, value| seen.push((row, value)));
            let filled = (start..end.min(values.len())).map(|row| (row, values[row])).filter(|(_, value)| *value != 0);
            prop_assert_eq!(seen, filled.collect::<Vec<_>>());
            let mut ascending = values.clone();
            ascending.sort_unstable();
            let mut writer = ColumnWriter::default();
            let column = writer.write(|| ascending.iter().copied());
            let body = writer.finish();
            for &value in values.iter().take(20) {
                let wanted = ascending.partition_point(|&other| other < value);
                prop_assert_eq!(column.lower_bound(&body, value), wanted);
                prop_assert_eq!(column.lower_bound_from(&body, value, start.min(wanted)), wanted);
            }
        }
    }

    #[test]
    fn a_mostly_empty_column_takes_little_room() {
        let mut writer = ColumnWriter::default();
        let column = writer.write(|| (0..10_000u64).map(|row| if row % 100 == 0 { 1 << 39 } else { 0 }));
        assert!(column.marks.is_some());
        assert!(writer.finish().len() < 2_500);
    }
}
