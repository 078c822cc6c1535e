//! Postcodes.

use super::error::Thrown;
use super::field::FieldShape;
use super::result::to_json;
use crate::identity::postcode::{Postcode, PostcodeKind};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A postcode as shown, in parts, and what it stands for.
#[derive(Serialize)]
struct PostcodeShape<'a> {
    display: String,
    area: &'a str,
    district: &'a str,
    sector: &'a str,
    kind: &'static str,
}

impl<'a> From<&'a Postcode> for PostcodeShape<'a> {
    fn from(postcode: &'a Postcode) -> PostcodeShape<'a> {
        let kind = match postcode.kind() {
            PostcodeKind::Real => "real",
            PostcodeKind::Pseudo => "pseudo",
            PostcodeKind::StandIn => "stand-in",
        };
        PostcodeShape {
            display: postcode.to_string(),
            area: postcode.area(),
            district: postcode.district(),
            sector: postcode.sector(),
            kind,
        }
    }
}

#[wasm_bindgen(js_name = parsePostcode)]
pub fn parse_postcode(text: &str) -> Result<String, Thrown> {
    to_json(&FieldShape::new(&Postcode::parse_field(text), PostcodeShape::from))
}
