//! Decoding by the kept library of the web's encodings.

use super::Encoding;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// The text of bytes in Windows-1252.
pub(super) fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    WINDOWS_1252.decode_without_bom_handling(bytes).0
}

/// Turns a stream of UTF-16 into UTF-8. What cannot be decoded becomes U+FFFD.
pub struct Utf16Decoder(encoding_rs::Decoder);

impl Utf16Decoder {
    /// A decoder for `Utf16Le` or `Utf16Be`; `None` for the other encodings, which need none.
    pub fn new(encoding: Encoding) -> Option<Utf16Decoder> {
        let encoding = match encoding {
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Utf8 | Encoding::Windows1252 => return None,
        };
        Some(Utf16Decoder(encoding.new_decoder_without_bom_handling()))
    }

    /// Decodes the next bytes of the stream; `last` ends it.
    pub fn decode(&mut self, bytes: &[u8], last: bool, utf8: &mut Vec<u8>) {
        let needed = self.0.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 3);
        let start = utf8.len();
        utf8.resize(start + needed, 0);
        // The space is enough by the decoder's own word, so one call takes all of `bytes`.
        let (_, _, written, _) = self.0.decode_to_utf8(bytes, &mut utf8[start..], last);
        utf8.truncate(start + written);
    }
}
