//! What tells that two texts are unlike without looking at either: which letters they have, and how many.
//!
//! Most names that are compared are quite different ones. A sketch is a word that rules nearly all of them
//! out; it never rules out texts that are alike.

/// The sketch of a text: eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// One bit for each of A to Z in it, and six more that other characters share.
    letters: u32,
    /// How many characters; [`UNKNOWN`] for a text that is not plain ASCII.
    length: u16,
    /// The first character.
    first: u8,
}

const UNKNOWN: u16 = u16::MAX;

impl Sketch {
    /// The sketch of a text.
    ///
    /// ```
    /// use childlink::text::sketch::Sketch;
    /// let (olivia, jack) = (Sketch::of("OLIVIA"), Sketch::of("JACK"));
    /// assert!(!olivia.may_be_alike(jack, 0.8));
    /// assert!(olivia.may_be_alike(Sketch::of("OLIVA"), 0.9));
    /// ```
    pub fn of(text: &str) -> Sketch {
        if !text.is_ascii() || text.len() >= usize::from(UNKNOWN) {
            return Sketch { letters: 0, length: UNKNOWN, first: 0 };
        }
        let bit = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            other => 26 + other % 6,
        };
        Sketch {
            letters: text.bytes().fold(0, |letters, byte| letters | 1 << bit(byte)),
            length: text.len() as u16,
            first: text.bytes().next().unwrap_or(0),
        }
    }

    /// Whether the Jaro-Winkler similarity of two texts of these sketches may be at least `threshold`.
    #[inline]
    pub fn may_be_alike(self, other: Sketch, threshold: f64) -> bool {
        if self.length == UNKNOWN || other.length == UNKNOWN {
            return true;
        }
        if self.length == 0 || other.length == 0 {
            return self.length == other.length || threshold <= 0.0;
        }
        // Each letter that the other lacks stands at least once, and finds no partner.
        let partners = |own: Sketch, other: Sketch| {
            u32::from(own.length).saturating_sub((own.letters & !other.letters).count_ones())
        };
        let matches = f64::from(partners(self, other).min(partners(other, self)));
        let (a, b) = (f64::from(self.length), f64::from(other.length));
        // What Jaro's similarity must be for Winkler's to reach the threshold with four first letters in common.
        let jaro =
            if self.first == other.first { ((threshold - 0.4) / 0.6).max(0.7).min(threshold) } else { threshold };
        // (m / a + m / b + 1) / 3 without the divisions. Rounding differs by less than this between a bound and what it
        // bounds.
        matches * (a + b) + 1e-9 * (a * b + 1.0) >= (3.0 * jaro - 1.0) * (a * b)
    }

    /// Whether one of two texts of these sketches is a single character with which the other begins; `None` if the
    /// sketches do not tell.
    #[inline]
    pub fn is_initial_of(self, other: Sketch) -> Option<bool> {
        let is = (self.length == 1 || other.length == 1) && self.first == other.first;
        (self.length != UNKNOWN && other.length != UNKNOWN).then_some(is && self.length != 0 && other.length != 0)
    }

    /// Whether two texts of these sketches may be one edit apart: a letter added, left out or changed, or two
    /// neighbours swapped.
    #[inline]
    pub fn may_be_slip(self, other: Sketch) -> bool {
        let near = self.length.abs_diff(other.length) <= 1 && (self.letters ^ other.letters).count_ones() <= 2;
        near || self.length == UNKNOWN || other.length == UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::similarity::jaro_winkler;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[A-C]{0,9}", "[A-Z' ]{0,12}", any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn texts_that_are_alike_are_never_ruled_out(a in text(), b in text()) {
            prop_assert!(Sketch::of(&a).may_be_alike(Sketch::of(&b), jaro_winkler(&a, &b)));
        }

        #[test]
        fn one_edit_is_never_ruled_out(text in "[A-Z]{1,9}", at in 0usize..9, letter in "[A-ZÉ ]") {
            let at = at % text.len();
            let (front, back) = text.split_at(at);
            let rest = &back[1..];
            let swapped = match back.as_bytes() {
                [one, two, rest @ ..] => format!("{front}{}{}{}", *two as char, *one as char, String::from_utf8_lossy(rest)),
                _ => text.clone(),
            };
            for edited in [format!("{front}{letter}{back}"), format!("{front}{rest}"), format!("{front}{letter}{rest}"), swapped] {
                prop_assert!(Sketch::of(&text).may_be_slip(Sketch::of(&edited)), "{} {}", text, edited);
            }
        }
    }
}
