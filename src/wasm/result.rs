//! Results on their way to JavaScript.

use super::error::Thrown;
use crate::error::Error;
use serde::Serialize;

/// The text of plain data, which the JavaScript side parses: one text across the boundary costs far less
/// than one call for each key and value.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, Thrown> {
    serde_json::to_string(value).map_err(|fault| {
        Thrown::from(Error::new(
            "wasm/result",
            format!("the result could not be handed to JavaScript: {fault}"),
            "please report this as a fault of childlink",
        ))
    })
}
