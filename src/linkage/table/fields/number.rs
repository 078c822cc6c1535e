//! NHS numbers of records, packed into one word each.

use crate::identity::nhs_number::NhsNumber;

/// An NHS number as one record has it: absent, ten figures that are no valid number, valid, or
/// verified.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NumberCell(u64);

const PRESENT: u64 = 1 << 40;
const VALID: u64 = 1 << 41;
const VERIFIED: u64 = 1 << 42;
const FIGURES: u64 = (1 << 40) - 1;

impl NumberCell {
    /// The cell in 36 bits: ten figures and two flags; 0 for no number.
    pub(crate) fn to_bits(self) -> u64 {
        let state = if self.0 & PRESENT == 0 { 0 } else { 1 + (self.0 >> 41 & 1) + (self.0 >> 42 & 1) };
        (self.0 & FIGURES) | state << 34
    }

    /// The cell of these [`to_bits`](Self::to_bits).
    pub(crate) fn from_bits(bits: u64) -> NumberCell {
        let flags = match bits >> 34 {
            0 => return NumberCell::default(),
            1 => PRESENT,
            2 => PRESENT | VALID,
            _ => PRESENT | VALID | VERIFIED,
        };
        NumberCell((bits & ((1 << 34) - 1)) | flags)
    }

    /// Ten figures that do not make a valid number.
    pub(crate) fn invalid(figures: u64) -> NumberCell {
        NumberCell((figures & FIGURES) | PRESENT)
    }

    /// A valid number.
    pub(crate) fn valid(number: NhsNumber) -> NumberCell {
        NumberCell(number.digits() | PRESENT | VALID)
    }

    /// The same number, agreed with the national service; no change unless it is valid.
    #[must_use]
    pub(crate) fn verified(self) -> NumberCell {
        if self.0 & VALID != 0 { NumberCell(self.0 | VERIFIED) } else { self }
    }

    /// The figures, if there are ten of them.
    #[inline]
    pub(crate) fn figures(self) -> Option<u64> {
        (self.0 & PRESENT != 0).then_some(self.0 & FIGURES)
    }

    /// The figures of a valid number.
    #[inline]
    pub(crate) fn number(self) -> Option<u64> {
        (self.0 & VALID != 0).then_some(self.0 & FIGURES)
    }

    /// Whether the number was agreed with the national service.
    #[inline]
    pub(crate) fn is_verified(self) -> bool {
        self.0 & VERIFIED != 0
    }

    /// The same cell with another valid number in the place of a superseded one.
    #[must_use]
    pub(crate) fn replaced(self, figures: u64) -> NumberCell {
        NumberCell((self.0 & !FIGURES) | (figures & FIGURES))
    }
}

/// Whether two runs of ten figures differ by one figure or by one swap of neighbours.
pub(crate) fn is_slip(a: u64, b: u64) -> bool {
    let figures = |mut number: u64| {
        let mut list = [0u8; 10];
        for place in list.iter_mut().rev() {
            *place = (number % 10) as u8;
            number /= 10;
        }
        list
    };
    let (a, b) = (figures(a), figures(b));
    let mut differing = (0..10).filter(|&place| a[place] != b[place]);
    match (differing.next(), differing.next(), differing.next()) {
        (Some(_), None, _) => true,
        (Some(first), Some(second), None) => second == first + 1 && a[first] == b[second] && a[second] == b[first],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_tell_invalid_valid_and_verified_apart() {
        let number = NhsNumber::parse("943 476 5919").unwrap();
        assert_eq!(NumberCell::default().figures(), None);
        assert_eq!(NumberCell::invalid(9_434_765_918).number(), None);
        assert_eq!(NumberCell::invalid(9_434_765_918).figures(), Some(9_434_765_918));
        assert_eq!(NumberCell::valid(number).number(), Some(9_434_765_919));
        for cell in [NumberCell::default(), NumberCell::invalid(9_434_765_918), NumberCell::valid(number).verified()] {
            assert!(NumberCell::from_bits(cell.to_bits()) == cell && cell.to_bits() < 1 << 36);
        }
        assert!(NumberCell::valid(number).verified().replaced(4_010_232_137).is_verified());
    }

    #[test]
    fn a_slip_is_one_figure_or_one_swap() {
        assert!(is_slip(9_434_765_919, 9_434_765_918));
        assert!(is_slip(9_434_765_919, 9_434_756_919));
        assert!(!is_slip(9_434_765_919, 9_434_765_919));
        assert!(!is_slip(9_434_765_919, 9_434_755_918));
    }
}
