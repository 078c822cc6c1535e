//! How the bytes of a text file stand for characters.

#[cfg(not(all(feature = "wasm", target_arch = "wasm32", target_os = "unknown")))]
#[path = "library.rs"]
mod decoder;
#[cfg(all(feature = "wasm", target_arch = "wasm32", target_os = "unknown"))]
#[path = "host.rs"]
mod decoder;

pub use decoder::Utf16Decoder;
use decoder::windows_1252;

/// An encoding that files of child health systems are found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark; plain ASCII is part of it.
    Utf8,
    /// UTF-16, least significant byte first ("Unicode text" of older spreadsheets).
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// Windows-1252 ("ANSI"), the Western European code page.
    Windows1252,
}

impl Encoding {
    /// The name used in reports: `utf-8`, `utf-16le`, `utf-16be`, `windows-1252`.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Windows1252 => "windows-1252",
        }
    }

    /// Whether line breaks, delimiters and quotes are single bytes, as in ASCII.
    pub const fn is_ascii_compatible(self) -> bool {
        matches!(self, Encoding::Utf8 | Encoding::Windows1252)
    }

    /// The encoding that the beginning of a file shows, and the length of its byte order mark.
    ///
    /// Without a mark, UTF-16 is told by zero bytes in every other place, and Windows-1252 by bytes
    /// that are not UTF-8. A sequence cut off by the end of `beginning` counts as neither.
    ///
    /// ```
    /// use childlink::exchange::encoding::Encoding;
    /// assert_eq!(Encoding::detect(b"\xEF\xBB\xBFname"), (Encoding::Utf8, 3));
    /// assert_eq!(Encoding::detect(b"n\0a\0m\0e\0"), (Encoding::Utf16Le, 0));
    /// assert_eq!(Encoding::detect(b"Zo\xEB,1"), (Encoding::Windows1252, 0));
    /// ```
    pub fn detect(beginning: &[u8]) -> (Encoding, usize) {
        match beginning {
            [0xEF, 0xBB, 0xBF, ..] => return (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => return (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => return (Encoding::Utf16Be, 2),
            _ => {}
        }
        // Headers are ASCII, so half of the bytes of UTF-16 are zero, all on one side.
        let pairs = beginning.as_chunks::<2>().0.iter().take(64);
        let (zero_first, zero_second, count) = pairs.fold((0, 0, 0), |(first, second, count), &[a, b]| {
            (first + u32::from(a == 0), second + u32::from(b == 0), count + 1)
        });
        if count >= 2 && zero_second * 10 >= count * 9 && zero_first * 10 <= count {
            return (Encoding::Utf16Le, 0);
        }
        if count >= 2 && zero_first * 10 >= count * 9 && zero_second * 10 <= count {
            return (Encoding::Utf16Be, 0);
        }
        (Utf8Tally::of_beginning(beginning).0.encoding().unwrap_or(Encoding::Utf8), 0)
    }

    /// The text of some whole characters, or `None` if the bytes do not stand for text. UTF-16 is
    /// decoded as a stream, by [`Utf16Decoder`], and is UTF-8 by the time anyone asks.
    pub fn decode_into(self, bytes: &[u8], text: &mut String) -> Option<()> {
        if self != Encoding::Windows1252 || bytes.is_ascii() {
            text.push_str(std::str::from_utf8(bytes).ok()?);
            return Some(());
        }
        if bytes.iter().any(is_unassigned) {
            return None;
        }
        text.push_str(&windows_1252(bytes));
        Some(())
    }
}

/// Whether Windows-1252 has no character for a byte. The standard reads these five as control characters; no source
/// means those.
fn is_unassigned(byte: &u8) -> bool {
    matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)
}

/// The text of bytes in Windows-1252, with U+FFFD for each that stands for nothing.
#[cfg(feature = "messages")]
pub(super) fn windows_1252_lossy(bytes: &[u8]) -> String {
    let parts: Vec<_> = bytes.split(is_unassigned).map(windows_1252).collect();
    parts.join("\u{FFFD}")
}

/// Counts what tells UTF-8 from Windows-1252.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utf8Tally {
    /// Bytes that cannot stand where they are in UTF-8.
    pub broken: u64,
    /// Letters of two or more bytes that are right.
    pub letters: u64,
}

impl Utf8Tally {
    /// Counts over a whole text.
    pub fn of(bytes: &[u8]) -> Utf8Tally {
        let (mut tally, cut) = Utf8Tally::of_beginning(bytes);
        tally.broken += u64::from(cut);
        tally
    }

    /// Counts over the beginning of a text, and tells whether its end cuts a letter off.
    fn of_beginning(bytes: &[u8]) -> (Utf8Tally, bool) {
        let mut tally = Utf8Tally::default();
        let mut rest = bytes;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    tally.letters += letters(text);
                    return (tally, false);
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    tally.letters += std::str::from_utf8(good).map_or(0, letters);
                    let Some(length) = error.error_len() else { return (tally, true) };
                    tally.broken += 1;
                    rest = &bad[length..];
                }
            }
        }
    }

    /// Adds the counts of other bytes.
    pub fn add(&mut self, other: Utf8Tally) {
        self.broken += other.broken;
        self.letters += other.letters;
    }

    /// What the counts say: Windows-1252 if more bytes are broken than letters are right, UTF-8 if
    /// not, and nothing where all is ASCII.
    pub const fn encoding(self) -> Option<Encoding> {
        match (self.broken, self.letters) {
            (0, 0) => None,
            (broken, letters) if broken > letters => Some(Encoding::Windows1252),
            _ => Some(Encoding::Utf8),
        }
    }
}

fn letters(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_ascii()).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_cut_by_the_end_of_the_beginning_is_still_utf_8() {
        let name = "Zoë".as_bytes();
        assert_eq!(Encoding::detect(&name[..name.len() - 1]), (Encoding::Utf8, 0));
    }

    #[test]
    fn one_broken_byte_among_good_letters_leaves_the_file_utf_8() {
        let bytes = ["Zoë, Chloë, Łukasz".as_bytes(), b"\xE9"].concat();
        let bytes = [&bytes[..], b", more"].concat();
        assert_eq!(Utf8Tally::of(&bytes), Utf8Tally { broken: 1, letters: 3 });
        assert_eq!(Encoding::detect(&bytes).0, Encoding::Utf8);
    }

    #[test]
    fn the_unassigned_bytes_of_windows_1252_are_no_text() {
        let mut text = String::new();
        assert_eq!(Encoding::Windows1252.decode_into(b"Andr\xE9\x80", &mut text), Some(()));
        assert_eq!(text, "André€");
        assert_eq!(Encoding::Windows1252.decode_into(b"\xE9\x81", &mut text), None);
    }

    #[test]
    #[cfg(feature = "messages")]
    fn what_stands_for_nothing_is_replaced_where_text_must_come() {
        assert_eq!(windows_1252_lossy(b"Zo\xEB\x81\x80\x9D"), "Zoë\u{FFFD}€\u{FFFD}");
        assert_eq!(windows_1252_lossy(b""), "");
    }

    #[test]
    fn utf_16_decodes_the_same_in_any_pieces() {
        let text = "name,Zoë,😀\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for size in 1..bytes.len() {
            let mut decoder = Utf16Decoder::new(Encoding::Utf16Be).unwrap();
            let mut utf8 = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.decode(piece, false, &mut utf8);
            }
            decoder.decode(&[], true, &mut utf8);
            assert_eq!(String::from_utf8(utf8).unwrap(), text, "pieces of {size}");
        }
    }
}
