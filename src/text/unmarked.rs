//! What characters come to in capitals and without their marks, one at a time.
//!
//! Decomposing any text takes a normaliser and the tables of all that it may be asked, which would add 18 kB to each
//! package for browsers. Here one question is asked, of one character, and the answers of ICU4X to it are kept in
//! `data/packed/unmarked.bin`: three lists of numbers, since what is like in kind packs well together. A test holds
//! them to ICU4X for every character, and `scripts/pack-data` makes them again.

use super::packed::read_list;
use std::sync::LazyLock;

const PACKED: &[u8] = include_bytes!("../../data/packed/unmarked.bin");

/// Syllables of Hangul come to their letters by rule: how many there are, of how many vowels and ends.
const SYLLABLES: u32 = 11_172;
const VOWELS: u32 = 21;
const ENDS: u32 = 28;

/// Tells the characters that one comes to: decomposed for compatibility (NFKD), in upper case, decomposed again and
/// without its marks; none for a mark.
pub(super) fn unmarked(c: char, mut tell: impl FnMut(char)) {
    if let Some(syllable) = u32::from(c).checked_sub(0xac00).filter(|&place| place < SYLLABLES) {
        letters_of(syllable).into_iter().flatten().for_each(tell);
        return;
    }
    static CHANGES: LazyLock<Changes> = LazyLock::new(|| Changes::read(PACKED).unwrap_or_default());
    match CHANGES.of(c) {
        Some(characters) => characters.iter().copied().for_each(tell),
        None => tell(c),
    }
}

/// The letters of a syllable of Hangul.
///
/// # Source
/// The Unicode Standard, section 3.12, "Hangul Syllable Decomposition".
fn letters_of(syllable: u32) -> [Option<char>; 3] {
    let (of_one_start, end) = (VOWELS * ENDS, syllable % ENDS);
    let (start, vowel) = (syllable / of_one_start, syllable % of_one_start / ENDS);
    [Some(0x1100 + start), Some(0x1161 + vowel), (end > 0).then_some(0x11a7 + end)].map(|c| c.and_then(char::from_u32))
}

/// The characters that come to others than themselves.
#[derive(Default)]
struct Changes {
    /// Ascending.
    from: Vec<char>,
    /// Where what each comes to ends in `to`.
    ends: Vec<u32>,
    to: Vec<char>,
}

impl Changes {
    /// From how far each character lies behind the one before, into how many it comes, and by how much each of these
    /// differs from the one before it.
    fn read(mut bytes: &[u8]) -> Option<Changes> {
        let bytes = &mut bytes;
        let [gaps, lengths, steps] = [read_list::<u32>(bytes)?, read_list(bytes)?, read_list(bytes)?];
        Some(Changes {
            from: running(&gaps).map(char::from_u32).collect::<Option<_>>()?,
            ends: running(&lengths).collect(),
            // An odd number is a step back.
            to: running(&steps.iter().map(|&step| (step >> 1) ^ (step & 1).wrapping_neg()).collect::<Vec<_>>())
                .map(char::from_u32)
                .collect::<Option<_>>()?,
        })
    }

    fn of(&self, c: char) -> Option<&[char]> {
        let place = self.from.binary_search(&c).ok()?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.to.get(start as usize..self.ends[place] as usize)
    }
}

/// The sums of a list up to each of its numbers.
fn running(numbers: &[u32]) -> impl Iterator<Item = u32> {
    numbers.iter().scan(0u32, |sum, &number| {
        *sum = sum.wrapping_add(number);
        Some(*sum)
    })
}

#[cfg(test)]
mod tests {
    use super::super::normalise::is_combining_mark;
    use super::super::packed::write_list;
    use super::*;
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use icu_properties::CodePointMapData;
    use icu_properties::props::CanonicalCombiningClass;

    fn by_icu(c: char) -> Vec<char> {
        let nfkd = DecomposingNormalizerBorrowed::new_nfkd();
        let capitals = nfkd.normalize_iter([c].into_iter()).flat_map(char::to_uppercase);
        nfkd.normalize_iter(capitals).filter(|&c| !is_combining_mark(c)).collect()
    }

    fn all() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    #[test]
    fn packed_changes_are_those_of_icu_for_every_character() {
        if std::env::var_os("CHILDLINK_PACK").is_some() {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/packed/unmarked.bin");
            return std::fs::write(file, packed()).expect("the file can be written");
        }
        for c in all() {
            let mut told = Vec::new();
            unmarked(c, |c| told.push(c));
            assert_eq!(told, by_icu(c), "U+{:04X}: run scripts/pack-data if ICU4X is another", c as u32);
        }
    }

    fn packed() -> Vec<u8> {
        let is_syllable = |c: char| (0xac00..0xac00 + SYLLABLES).contains(&u32::from(c));
        let changed: Vec<(char, Vec<char>)> =
            all().filter(|&c| !is_syllable(c)).map(|c| (c, by_icu(c))).filter(|(c, to)| *to != [*c]).collect();
        let (mut before, mut last) = (0, 0i64);
        let gaps: Vec<u64> =
            changed.iter().map(|&(c, _)| u64::from(c) - std::mem::replace(&mut before, u64::from(c))).collect();
        let steps: Vec<u64> = changed
            .iter()
            .flat_map(|(_, to)| to)
            .map(|&c| {
                let step = i64::from(u32::from(c)) - std::mem::replace(&mut last, i64::from(u32::from(c)));
                if step < 0 { (-step * 2 - 1) as u64 } else { step as u64 * 2 }
            })
            .collect();
        let mut bytes = Vec::new();
        write_list(&mut bytes, gaps.into_iter());
        write_list(&mut bytes, changed.iter().map(|(_, to)| to.len() as u64).collect::<Vec<_>>().into_iter());
        write_list(&mut bytes, steps.into_iter());
        bytes
    }

    /// Decomposing a text puts marks that follow one another in order, each told by its combining class. No answer depends
    /// on it: these marks come to nothing, but for one that comes to a letter, and two of that one are alike.
    #[test]
    fn what_a_text_comes_to_is_what_each_of_its_characters_comes_to() {
        let class = CodePointMapData::<CanonicalCombiningClass>::new();
        let moved = all().filter(|&c| class.get(c) != CanonicalCombiningClass::NotReordered);
        assert_eq!(moved.filter(|&c| !by_icu(c).is_empty()).collect::<Vec<_>>(), ['\u{345}']);
    }

    #[test]
    fn damaged_lists_are_refused() {
        for bytes in [&b""[..], &[1], &[1, 5, 1, 1, 1], &[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]] {
            assert!(Changes::read(bytes).is_none(), "{bytes:?}");
        }
    }
}
