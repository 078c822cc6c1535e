//! Codes for what a name sounds like in English. Letters A to Z count (call
//! [`fold`](super::normalise::fold) first); everything else is passed over.

/// American Soundex: the first letter and three figures. Equal codes parted by **H or W count once**
/// (the census rule), those parted by a vowel twice. Empty where there is no letter A to Z.
///
/// # Source
/// US National Archives, "The Soundex Indexing System". The NHS Data Dictionary describes a letter
/// and three figures; how it treats H and W is unconfirmed.
///
/// ```
/// use childlink::text::phonetic::soundex;
/// assert_eq!(soundex("ROBERT"), soundex("RUPERT"));
/// assert_eq!(soundex("ASHCRAFT"), "A261"); // A226 where H parts the codes
/// assert_eq!(soundex("42"), "");
/// ```
pub fn soundex(text: &str) -> String {
    written(soundex_code(text))
}

/// [`soundex`] as four bytes; `None` where there is no letter A to Z. Asked of every name of an index while it loads,
/// where the library's own, which writes three strings for it, took a quarter of the time.
pub(crate) fn soundex_code(text: &str) -> Option<[u8; 4]> {
    code_of(text, false)
}

/// [`soundex`] with H and W parting codes as vowels do, as some systems have it.
///
/// ```
/// use childlink::text::phonetic::soundex_plain;
/// assert_eq!(soundex_plain("ASHCRAFT"), "A226");
/// ```
pub fn soundex_plain(text: &str) -> String {
    written(code_of(text, true))
}

fn code_of(text: &str, h_and_w_part: bool) -> Option<[u8; 4]> {
    // Codes of A to Z; 0 is no code.
    const CODES: &[u8; 26] = b"01230120022455012623010202";
    let code = |letter: u8| CODES[usize::from(letter - b'A')];
    let mut letters = text.bytes().filter(u8::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase());
    let first = letters.next()?;
    let mut result = [first, b'0', b'0', b'0'];
    let (mut place, mut last) = (1, code(first));
    for letter in letters.filter(|letter| h_and_w_part || !matches!(letter, b'H' | b'W')) {
        let code = code(letter);
        if code != b'0' && code != last {
            let Some(free) = result.get_mut(place) else { break };
            *free = code;
            place += 1;
        }
        last = code;
    }
    Some(result)
}

fn written(code: Option<[u8; 4]>) -> String {
    code.map_or_else(String::new, |code| code.map(char::from).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rphonetic::{Encoder, Soundex};

    /// The letters A to Z of a text, in upper case.
    fn letters(text: &str) -> String {
        text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
    }

    #[test]
    fn soundex_of_the_national_archives_examples() {
        for (name, code) in [
            ("WASHINGTON", "W252"),
            ("LEE", "L000"),
            ("GUTIERREZ", "G362"),
            ("PFISTER", "P236"),
            ("JACKSON", "J250"),
            ("TYMCZAK", "T522"),
            ("ASHCRAFT", "A261"),
        ] {
            assert_eq!(soundex(name), code, "{name}");
        }
    }

    proptest! {
        /// The library's Soundex is the measure.
        #[test]
        fn soundex_is_that_of_apache_commons_codec(text in "[A-Za-z '-]{0,12}") {
            prop_assert_eq!(soundex(&text), Soundex::default().encode(&letters(&text)));
        }

        #[test]
        fn no_text_panics_and_codes_keep_their_length(text in any::<String>()) {
            prop_assert!(matches!(soundex(&text).len(), 0 | 4));
        }
    }
}
