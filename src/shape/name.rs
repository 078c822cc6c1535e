//! Given and family names.

use crate::identity::name::{FamilyName, GivenName};
use serde::Serialize;

/// A name as shown, as compared, and the words of the comparison form.
#[derive(Serialize)]
pub(crate) struct NameShape<'a> {
    display: &'a str,
    comparison: &'a str,
    tokens: Vec<&'a str>,
}

impl<'a> From<&'a GivenName> for NameShape<'a> {
    fn from(name: &'a GivenName) -> NameShape<'a> {
        NameShape { display: name.display(), comparison: name.comparison(), tokens: name.tokens().collect() }
    }
}

impl<'a> From<&'a FamilyName> for NameShape<'a> {
    fn from(name: &'a FamilyName) -> NameShape<'a> {
        NameShape { display: name.display(), comparison: name.comparison(), tokens: name.tokens().collect() }
    }
}
