//! The comparison form of written text: upper case, without marks, one space between words.

use super::unmarked::unmarked;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Folds text to its comparison form: letters in upper case without marks, figures, and single
/// spaces.
///
/// Letters that Unicode decomposition does not split are spelled out (`Ł` L, `Ø` O, `ß` SS, `Đ` and
/// `Ð` D, `Þ` TH, `Æ` AE, `Œ` OE, `ı` I). Apostrophes of every shape and invisible characters are
/// dropped, so `O'Brien` is `OBRIEN`; every other sign, hyphens included, parts words. Letters of
/// other scripts stay, in upper case. Folding twice changes nothing.
///
/// # Source
/// Unicode Standard Annex 15 (NFKD). That ß ø ł đ æ need help is practice of the Office for National
/// Statistics (dlh_utils, May 2024); the other letters are general knowledge of European, Azeri and
/// West African spelling.
///
/// # Examples
/// ```
/// use childlink::text::normalise::fold;
/// assert_eq!(fold("  Zoë-Marie  O’Brien "), "ZOE MARIE OBRIEN");
/// assert_eq!(fold("Łukasz Sørensen-Weiß"), "LUKASZ SORENSEN WEISS");
/// assert_eq!(fold("- . -"), "");
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the comparison form of a text to another, with a space between if both have words.
///
/// ```
/// use childlink::text::normalise::fold_into;
/// let mut folded = String::new();
/// for line in ["14 High Street", "-", "Leeds"] {
///     fold_into(line, &mut folded);
/// }
/// assert_eq!(folded, "14 HIGH STREET LEEDS");
/// ```
pub fn fold_into(text: &str, folded: &mut String) {
    let mut folding = Folding { folded, space_owed: true };
    let mut rest = text;
    while let Some(start) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, more) = rest.split_at(start);
        plain.bytes().for_each(|byte| folding.push_ascii(byte));
        let mut letters = more.chars();
        letters.next().into_iter().for_each(|letter| folding.push_marked(letter));
        rest = letters.as_str();
    }
    rest.bytes().for_each(|byte| folding.push_ascii(byte));
}

/// Takes the marks off letters and leaves all else as written, as systems that hold plain letters only do.
///
/// ```
/// use childlink::text::normalise::without_marks;
/// assert_eq!(without_marks("Zoë Ångström-Łukasz"), "Zoe Angstrom-Łukasz");
/// ```
pub fn without_marks(text: &str) -> String {
    let letters = DecomposingNormalizerBorrowed::new_nfd().normalize_iter(text.chars());
    letters.filter(|&c| !is_combining_mark(c)).collect()
}

/// Trims text and squeezes runs of white space and control characters to one space; all else,
/// capitals and marks included, stays as written. The form to show.
///
/// ```
/// use childlink::text::normalise::tidy;
/// assert_eq!(tidy(" Zoë\u{a0} O’Brien\t"), "Zoë O’Brien");
/// ```
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !tidied.is_empty() {
            tidied.push(' ');
        }
        tidied.push_str(word);
    }
    tidied
}

/// The figure that a character stands for: ASCII or full-width.
///
/// ```
/// use childlink::text::normalise::digit;
/// assert_eq!((digit('7'), digit('７'), digit('x')), (Some(7), Some(7), None));
/// ```
pub const fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        '\u{ff10}'..='\u{ff19}' => Some((c as u32 - 0xff10) as u8),
        _ => None,
    }
}

/// Whether the character is a hyphen or dash of any length, or a minus sign.
pub const fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Whether the character leaves no trace on paper: soft hyphen, zero-width and direction marks.
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}

/// Whether the character is an accent or other sign that belongs to the letter before it.
pub(super) fn is_combining_mark(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
    )
}

/// A comparison form while it grows: knows whether a space is owed before the next letter.
struct Folding<'a> {
    folded: &'a mut String,
    space_owed: bool,
}

impl Folding<'_> {
    fn push_ascii(&mut self, byte: u8) {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' => self.push_letter(byte as char),
            b'a'..=b'z' => self.push_letter(byte.to_ascii_uppercase() as char),
            b'\'' | b'`' => {}
            _ => self.space_owed = true,
        }
    }

    fn push_marked(&mut self, letter: char) {
        // The acute accent typed for an apostrophe would come to a space.
        if !is_apostrophe(letter) {
            unmarked(letter, |c| self.push(c));
        }
    }

    fn push(&mut self, c: char) {
        if c.is_ascii() {
            self.push_ascii(c as u8);
        } else if let Some(letters) = spelled_out(c) {
            letters.chars().for_each(|letter| self.push_letter(letter));
        } else if is_apostrophe(c) || is_invisible(c) || c == char::REPLACEMENT_CHARACTER {
            // Dropped: the letters on both sides stay together. A replacement character was a letter that
            // some system could not read.
        } else if c.is_alphanumeric() {
            self.push_letter(c);
        } else {
            self.space_owed = true;
        }
    }

    fn push_letter(&mut self, letter: char) {
        if self.space_owed && !self.folded.is_empty() {
            self.folded.push(' ');
        }
        self.space_owed = false;
        self.folded.push(letter);
    }
}

/// The spelling in A to Z of an upper-case Latin letter that NFKD leaves whole.
const fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'Ł' | 'Ƚ' => "L",
        'Ø' | 'Ɔ' => "O",
        'Đ' | 'Ð' | 'Ɖ' | 'Ɗ' => "D",
        'Þ' => "TH",
        'Æ' => "AE",
        'Œ' => "OE",
        'ẞ' => "SS",
        'Ħ' => "H",
        'Ŧ' | 'Ƭ' => "T",
        'Ŋ' | 'Ɲ' => "N",
        'Ɓ' => "B",
        'Ƙ' | 'ĸ' => "K",
        'Ƴ' => "Y",
        'Ɛ' => "E",
        'Ə' => "A",
        'Ɨ' => "I",
        'Ʉ' => "U",
        _ => return None,
    })
}

/// Apostrophes beyond ASCII, typographic and modifier letters, as typed in names.
const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\u{2018}'
            | '\u{2019}'
            | '\u{201b}'
            | '\u{2032}'
            | '\u{2b9}'
            | '\u{2bb}'
            | '\u{2bc}'
            | '\u{2bd}'
            | '\u{2be}'
            | '\u{2bf}'
            | '\u{2c8}'
            | '\u{b4}'
            | '\u{a78b}'
            | '\u{a78c}'
            | '\u{ff07}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_any_one_character_twice_changes_nothing() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_ascii()) {
            let text = format!("A{c}B");
            let once = fold(&text);
            assert_eq!(fold(&once), once, "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn marks_apostrophes_and_unsplit_letters() {
        for (written, folded) in [
            ("ł Ł ø Ø ß ẞ đ Đ ð Ð þ Þ æ Æ œ Œ ı İ ħ", "L L O O SS SS D D D D TH TH AE AE OE OE I I H"),
            ("O'Brien O’Brien OʼBrien O`Brien O´Brien", "OBRIEN OBRIEN OBRIEN OBRIEN OBRIEN"),
            ("Müller\u{308} Nguyễn Şükrü", "MULLER NGUYEN SUKRU"),
            ("Zoe\u{308}", "ZOE"),
            ("Smith–Jones—Khan‐Ali", "SMITH JONES KHAN ALI"),
            ("Ｓｍｉｔｈ １２", "SMITH 12"),
            ("Иван Петров", "ИВАН ПЕТРОВ"),
            ("An\u{200b}na\u{ad}belle", "ANNABELLE"),
            ("", ""),
        ] {
            assert_eq!(fold(written), folded);
        }
    }

    /// The comparison form with all of the text decomposed at once, ASCII too.
    fn fold_as_a_whole(text: &str) -> String {
        let mut folded = String::new();
        let mut folding = Folding { folded: &mut folded, space_owed: true };
        let nfkd = DecomposingNormalizerBorrowed::new_nfkd();
        let letters = text.chars().filter(|&c| c != '\u{b4}');
        let capitals = nfkd.normalize_iter(letters).flat_map(char::to_uppercase);
        nfkd.normalize_iter(capitals).filter(|&c| !is_combining_mark(c)).for_each(|c| folding.push(c));
        folded
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn folding_piece_by_piece_is_folding_as_a_whole(text in "([ -~]|[´’\u{2bc}\u{301}\u{327}\u{345}ëΐªŁ]|.){0,20}") {
            prop_assert_eq!(fold(&text), fold_as_a_whole(&text));
        }

        #[test]
        fn folded_text_has_single_inner_spaces(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert!(!folded.contains("  ") && folded.trim() == folded);
        }
    }
}
