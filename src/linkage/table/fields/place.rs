//! Postcodes packed so that their parts compare by masks.

use crate::identity::postcode::Postcode;

/// A real postcode: outward part in four bytes, inward in three; 0 is no postcode.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PackedPostcode(u64);

impl From<Postcode> for PackedPostcode {
    /// Pseudo-postcodes and stand-ins are never evidence and count as missing.
    fn from(postcode: Postcode) -> PackedPostcode {
        let Some(postcode) = postcode.evidence() else { return PackedPostcode::default() };
        let (district, whole) = (postcode.district().as_bytes(), postcode.compact().as_bytes());
        let mut bytes = [0u8; 8];
        let outward = district.len().min(5);
        bytes[..outward].copy_from_slice(&district[..outward]);
        let inward = &whole[outward.min(whole.len())..];
        let inward = &inward[..inward.len().min(3)];
        bytes[5..5 + inward.len()].copy_from_slice(inward);
        PackedPostcode(u64::from_be_bytes(bytes))
    }
}

impl PackedPostcode {
    /// The postcode of this [`unit`](Self::unit).
    pub(crate) fn from_unit(unit: u64) -> PackedPostcode {
        PackedPostcode(unit)
    }

    /// Its letters and figures without a space; empty for none.
    pub(crate) fn text(self) -> String {
        self.0.to_be_bytes().into_iter().filter(|&byte| byte != 0).map(char::from).collect()
    }

    /// Whether there is one.
    pub(crate) fn is_known(self) -> bool {
        self.0 != 0
    }

    /// All of it as one number.
    pub(crate) fn unit(self) -> u64 {
        self.0
    }

    /// District and the first figure of the inward part.
    pub(crate) fn sector(self) -> u64 {
        self.0 & !0xffff
    }

    /// The outward part.
    pub(crate) fn district(self) -> u64 {
        self.0 & !0xff_ffff
    }

    /// The one or two letters in front.
    pub(crate) fn area(self) -> u64 {
        let second_is_letter = (self.0 >> 48) as u8 >= b'A';
        if second_is_letter { self.0 & (0xffff << 48) } else { self.0 & (0xff << 56) }
    }

    /// Whether one character differs, or two neighbours are swapped, within one layout.
    #[inline]
    pub(crate) fn is_slip_of(self, other: PackedPostcode) -> bool {
        let differing = self.0 ^ other.0;
        if differing == 0 {
            return false;
        }
        // By places from the end: most pairs differ in many, and are told apart without looking at each.
        let (first, last) = (7 - differing.leading_zeros() / 8, differing.trailing_zeros() / 8);
        let two = |postcode: PackedPostcode| (postcode.0 >> (8 * last)) as u16;
        first == last || (first == last + 1 && two(self) == two(other).swap_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> PackedPostcode {
        Postcode::parse(text).unwrap().into()
    }

    #[test]
    fn parts_are_those_of_the_postcode() {
        let (a, b) = (packed("LS1 4AP"), packed("LS1 4BQ"));
        assert_eq!(a.sector(), b.sector());
        assert_ne!(a.unit(), b.unit());
        assert_ne!(packed("LS11 4AP").district(), a.district());
        assert_eq!(packed("LS11 4AP").area(), a.area());
        assert_ne!(packed("L11 4AP").area(), a.area());
        assert!(a.is_slip_of(packed("LS1 4PA")));
        assert!(a.is_slip_of(packed("LS2 4AP")));
        assert!(!a.is_slip_of(b));
        assert!(!a.is_slip_of(a));
        assert!(!a.is_slip_of(packed("LS2 4AQ")));
        for text in ["LS14AP", "M11AE", "EC1A1BB", "W1A0AX"] {
            assert_eq!(packed(text).text(), text);
        }
    }

    #[test]
    fn pseudo_postcodes_are_no_evidence() {
        assert!(!packed("ZZ99 3VZ").is_known());
    }
}
