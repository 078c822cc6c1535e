//! Results on their way to JavaScript.

use super::error::Thrown;
use crate::error::Error;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// Plain data: objects, arrays, text, numbers, booleans and null.
pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, Thrown> {
    value.serialize(&Serializer::json_compatible()).map_err(|fault| {
        Thrown::from(Error::new(
            "wasm/result",
            format!("the result could not be handed to JavaScript: {fault}"),
            "please report this as a fault of childlink",
        ))
    })
}
