//! How alike two texts are. Every function states its variant.

use super::hash::word_of;

/// Jaro-Winkler similarity, 0 to 1: prefix weight 0.1 over at most four letters, and **the prefix
/// counts only where plain Jaro exceeds 0.7** (Winkler's threshold). Two empty texts are alike (1).
///
/// Equal to that of `strsim` 0.11 in every bit; ASCII texts of up to 64 characters take a path many
/// times faster, without allocation.
///
/// # Source
/// W. E. Winkler, "String comparator metrics and enhanced decision rules in the Fellegi-Sunter model
/// of record linkage", 1990. The threshold reproduces every example published for the Master Person
/// Service (NHS England, Person_ID Handbook, 27 February 2024).
///
/// ```
/// use childlink::text::similarity::jaro_winkler;
/// let hundredths = |a, b| (jaro_winkler(a, b) * 1000.0).round() / 10.0;
/// assert_eq!(hundredths("JOHN", "JON"), 93.3);
/// assert_eq!(hundredths("JON", "JAMES"), 51.1); // no prefix bonus: Jaro is 0.51
/// ```
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    match Short::pair(a, b) {
        Some((a, b)) => with_prefix(jaro(a, b), common_prefix(a.bytes, b.bytes)),
        None => strsim::jaro_winkler(a, b),
    }
}

/// [`jaro_winkler`] whose prefix counts where plain Jaro exceeds another threshold, 0 to 1.
pub fn jaro_winkler_above(a: &str, b: &str, threshold: f64) -> f64 {
    let similarity = strsim::jaro(a, b);
    if similarity <= threshold {
        return similarity;
    }
    let prefix = a.chars().zip(b.chars()).take(4).take_while(|(a, b)| a == b).count();
    similarity + 0.1 * prefix as f64 * (1.0 - similarity)
}

/// [`jaro_winkler`] where it is at least `cut_off`, else none: for long lists of which few are alike,
/// since most pairs are ruled out by their lengths or matches alone.
///
/// ```
/// use childlink::text::similarity::jaro_winkler_from;
/// assert!(jaro_winkler_from("MARTHA", "MARHTA", 0.9).is_some());
/// assert_eq!(jaro_winkler_from("MARTHA", "OLUWASEUN", 0.9), None);
/// ```
pub fn jaro_winkler_from(a: &str, b: &str, cut_off: f64) -> Option<f64> {
    let similarity = match Short::pair(a, b) {
        Some((a, b)) => {
            let prefix = common_prefix(a.bytes, b.bytes);
            let could_be = |matches| with_prefix(of_matches(matches, 0, a.bytes.len(), b.bytes.len()), prefix);
            // Rounding differs by less than this between a bound and what it bounds.
            let reaches = |similarity: f64| similarity + 1e-12 >= cut_off;
            if !reaches(could_be(a.bytes.len().min(b.bytes.len()))) {
                return None;
            }
            let matched = Matched::of(a, b);
            if !reaches(could_be(matched.count())) {
                return None;
            }
            with_prefix(matched.jaro(a, b), prefix)
        }
        None => strsim::jaro_winkler(a, b),
    };
    (similarity >= cut_off).then_some(similarity)
}

/// Damerau-Levenshtein distance: the least number of single-character insertions, deletions,
/// substitutions and swaps of neighbours, in the unrestricted form (a swapped pair may be edited
/// again).
///
/// ```
/// use childlink::text::similarity::damerau_levenshtein;
/// assert_eq!(damerau_levenshtein("2024-02-12", "2024-02-21"), 1);
/// assert_eq!(damerau_levenshtein("CA", "ABC"), 2); // 3 in the restricted form
/// ```
pub fn damerau_levenshtein(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

/// Levenshtein distance: as [`damerau_levenshtein`], but a swap of neighbours counts 2.
///
/// ```
/// use childlink::text::similarity::levenshtein;
/// assert_eq!(levenshtein("AIDAN", "ADIAN"), 2);
/// ```
pub fn levenshtein(a: &str, b: &str) -> usize {
    strsim::levenshtein(a, b)
}

/// How many bytes of two texts find a partner in the sense of Jaro, and how many of those stand out of order.
/// `None` for texts of more than [`LONGEST`] bytes.
#[cfg(feature = "splink")]
pub(crate) fn matched(a: &[u8], b: &[u8]) -> Option<(usize, usize)> {
    if a.len().max(b.len()) > LONGEST {
        return None;
    }
    let (a, b) = (Short { bytes: a }, Short { bytes: b });
    let matched = Matched::of(a, b);
    Some((matched.count(), matched.out_of_order(a, b)))
}

/// The most characters whose matches fit into one word of bits.
pub(crate) const LONGEST: usize = 64;

/// A text of at most [`LONGEST`] ASCII characters, so that a byte is a character.
#[derive(Clone, Copy)]
struct Short<'a> {
    bytes: &'a [u8],
}

impl<'a> Short<'a> {
    fn pair(a: &'a str, b: &'a str) -> Option<(Short<'a>, Short<'a>)> {
        let is_short = |text: &str| text.len() <= LONGEST && text.is_ascii();
        (is_short(a) && is_short(b)).then_some((Short { bytes: a.as_bytes() }, Short { bytes: b.as_bytes() }))
    }

    fn words<const N: usize>(self) -> [u64; N] {
        words_of(self.bytes)
    }
}

/// Bytes in words, zeros after the end. There are at most as many.
#[inline]
pub(crate) fn words_of<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
        *word = word_of(bytes);
    }
    words
}

fn jaro(a: Short<'_>, b: Short<'_>) -> f64 {
    Matched::of(a, b).jaro(a, b)
}

/// Which characters of two texts found a partner: one bit a character, the first in the lowest.
struct Matched {
    a: u64,
    b: u64,
}

impl Matched {
    /// Gives each character of `a` in turn the first free equal one of `b` within reach: half the longer
    /// length, less one.
    fn of(a: Short<'_>, b: Short<'_>) -> Matched {
        // Most names fit into one or two words, for which the loop over words vanishes.
        match b.bytes.len() {
            0..=8 => Matched::in_words(a, b, b.words::<1>()),
            9..=16 => Matched::in_words(a, b, b.words::<2>()),
            _ => Matched::in_words(a, b, b.words::<{ LONGEST / 8 }>()),
        }
    }

    fn in_words<const N: usize>(a: Short<'_>, b: Short<'_>, words: [u64; N]) -> Matched {
        let reach = (a.bytes.len().max(b.bytes.len()) / 2).saturating_sub(1);
        let mut within_reach = low_bits(reach + 1);
        let mut matched = Matched { a: 0, b: 0 };
        let mut free = low_bits(b.bytes.len());
        for (index, &byte) in a.bytes.iter().enumerate() {
            let candidates = places_of(byte, &words) & within_reach & free;
            let first = candidates & candidates.wrapping_neg();
            free ^= first;
            matched.b |= first;
            matched.a |= u64::from(first != 0) << index;
            within_reach = within_reach << 1 | u64::from(index < reach);
        }
        matched
    }

    fn count(&self) -> usize {
        self.a.count_ones() as usize
    }

    fn jaro(&self, a: Short<'_>, b: Short<'_>) -> f64 {
        of_matches(self.count(), self.out_of_order(a, b) / 2, a.bytes.len(), b.bytes.len())
    }

    fn out_of_order(&self, a: Short<'_>, b: Short<'_>) -> usize {
        let (mut in_a, mut in_b) = (self.a, self.b);
        let mut out_of_order = 0;
        while in_a != 0 {
            let (place_a, place_b) = (in_a.trailing_zeros() as usize, in_b.trailing_zeros() as usize);
            out_of_order += usize::from(a.bytes[place_a] != b.bytes[place_b]);
            in_a &= in_a - 1;
            in_b &= in_b.wrapping_sub(1);
        }
        out_of_order
    }
}

/// The lowest so many bits, at most all 64.
const fn low_bits(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Where a byte stands in a text of words: one bit a place. Zeros after the end count as places.
#[inline]
pub(crate) fn places_of(byte: u8, words: &[u64]) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    let wanted = u64::from_le_bytes([byte; 8]);
    words.iter().enumerate().fold(0, |places, (index, word)| {
        let difference = word ^ wanted;
        // The high bit of each byte that is zero; the product gathers the eight bits in its top byte.
        let equal = !(((difference & LOW) + LOW) | difference | LOW);
        let gathered = (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        places | gathered << (8 * index)
    })
}

fn of_matches(matches: usize, transpositions: usize, a_length: usize, b_length: usize) -> f64 {
    if matches == 0 {
        return if a_length == 0 && b_length == 0 { 1.0 } else { 0.0 };
    }
    let share = |length: usize| matches as f64 / length as f64;
    (share(a_length) + share(b_length) + (matches - transpositions) as f64 / matches as f64) / 3.0
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take(4).take_while(|(a, b)| a == b).count()
}

/// Winkler's bonus for a common prefix of up to four characters.
fn with_prefix(jaro: f64, prefix: usize) -> f64 {
    if jaro > 0.7 { jaro + 0.1 * prefix as f64 * (1.0 - jaro) } else { jaro }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Few letters, so that many match, and every length around a word's and around the longest.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[A-C]{0,20}", "[A-Z' ]{0,12}", "[AB]{60,70}", any::<String>(), "[\0-\x7f]{0,9}"]
    }

    /// A text and one like it.
    fn pair() -> impl Strategy<Value = (String, String)> {
        let edited = (text(), 0usize..20, "[A-C]{0,2}").prop_map(|(text, at, insert)| {
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.min(chars.len());
            chars.splice(at..(at + 1).min(chars.len()), insert.chars());
            (text, chars.into_iter().collect())
        });
        prop_oneof![(text(), text()), edited]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_bit_equals_strsim((a, b) in pair(), cut_off in 0.0..1.0) {
            let reference = strsim::jaro_winkler(&a, &b);
            prop_assert_eq!(jaro_winkler(&a, &b).to_bits(), reference.to_bits());
            prop_assert_eq!(jaro_winkler_from(&a, &b, cut_off), (reference >= cut_off).then_some(reference));
            prop_assert_eq!(jaro_winkler_from(&a, &b, reference), Some(reference));
        }

        #[test]
        fn similarity_is_symmetric((a, b) in pair()) {
            prop_assert_eq!(jaro_winkler(&a, &b).to_bits(), jaro_winkler(&b, &a).to_bits());
            prop_assert_eq!(damerau_levenshtein(&a, &b), damerau_levenshtein(&b, &a));
        }
    }
}
