//! Decoding by what a JavaScript host has anyway: the library's tables for all of the web's encodings would be a
//! fifth of the package. The same standard, so the same text.

use super::Encoding;
use std::borrow::Cow;
use wasm_bindgen::prelude::*;
use yore::CodePage;
use yore::code_pages::CP1252;

/// The text of bytes in Windows-1252. By a library, since Node 20's own decoder reads it as Latin-1. The five
/// unassigned bytes, which the caller keeps out, would be U+FFFD.
pub(super) fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    CP1252.decode_lossy(bytes)
}

#[wasm_bindgen]
extern "C" {
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &JsValue) -> TextDecoder;
    #[wasm_bindgen(method)]
    fn decode(this: &TextDecoder, bytes: &[u8], options: &JsValue) -> String;
}

/// An object of one option that is set.
fn option(name: &str, value: bool) -> JsValue {
    let object = js_sys::Object::new();
    // Setting a plain property of an object that we have just made cannot fail.
    let _ = js_sys::Reflect::set(&object, &name.into(), &value.into());
    object.into()
}

/// Turns a stream of UTF-16 into UTF-8. What cannot be decoded becomes U+FFFD.
pub struct Utf16Decoder(send_wrapper::SendWrapper<TextDecoder>);

impl Utf16Decoder {
    /// A decoder for `Utf16Le` or `Utf16Be`; `None` for the other encodings, which need none.
    pub fn new(encoding: Encoding) -> Option<Utf16Decoder> {
        if encoding.is_ascii_compatible() {
            return None;
        }
        // A mark at the beginning has been taken off already.
        let decoder = TextDecoder::new(encoding.name(), &option("ignoreBOM", true));
        Some(Utf16Decoder(send_wrapper::SendWrapper::new(decoder)))
    }

    /// Decodes the next bytes of the stream; `last` ends it.
    pub fn decode(&mut self, bytes: &[u8], last: bool, utf8: &mut Vec<u8>) {
        utf8.extend_from_slice(self.0.decode(bytes, &option("stream", !last)).as_bytes());
    }
}
