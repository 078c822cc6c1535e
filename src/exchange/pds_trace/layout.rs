//! The layout of requests and responses, as data.

use crate::error::Error;
use crate::identity::column::Column;
use serde::Deserialize;

/// The layout of trace files and the rules by which answers are judged: `data/trace/pds-mesh.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is published.
    pub source: String,
    /// When it was last compared with its source.
    pub reviewed: toml::value::Datetime,
    /// Whether nobody has yet checked it against the service.
    pub unconfirmed: bool,
    pub(super) request: RequestLayout,
    pub(super) response: ResponseLayout,
    pub(super) judgement: Judgement,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestLayout {
    columns: Vec<(String, String)>,
    pub(super) male: String,
    pub(super) female: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResponseLayout {
    pub(super) columns: usize,
    pub(super) reference: usize,
    pub(super) family_name: usize,
    pub(super) given_name: usize,
    pub(super) sex: usize,
    pub(super) birth_date: usize,
    pub(super) sensitivity: usize,
    pub(super) code: usize,
    pub(super) nhs_number: usize,
    pub(super) step: usize,
    pub(super) confidence: usize,
    pub(super) whereabouts: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judgement {
    pub(super) least_confidence: f64,
    pub(super) least_name_similarity: f64,
}

/// What a column of a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Reference,
    Field(Column),
    Nothing,
}

impl Layout {
    /// The text of the layout that ships with childlink.
    pub const BUILT_IN: &str = include_str!("../../../data/trace/pds-mesh.toml");

    /// The layout that ships with childlink.
    ///
    /// # Errors
    /// None, as a test sees to.
    pub fn built_in() -> Result<Layout, Error> {
        Layout::parse(Layout::BUILT_IN)
    }

    /// Reads a layout.
    ///
    /// # Errors
    /// `trace/layout` if the text is no layout, or names a column that is not canonical, or a place beyond the row.
    pub fn parse(text: &str) -> Result<Layout, Error> {
        let fault = |what: String| Error::new("trace/layout", what, "take data/trace/pds-mesh.toml as the pattern");
        let layout: Layout = toml::from_str(text).map_err(|cause| fault(cause.message().to_owned()))?;
        for (name, holds) in &layout.request.columns {
            if holds != "reference" && !holds.is_empty() && Column::from_name(holds).is_none() {
                return Err(fault(format!("{name} holds {holds}, which is no column")).in_field(name.as_str()));
            }
        }
        if !layout.request.columns.iter().any(|(_, holds)| holds == "reference") {
            return Err(fault("no column of a request holds the reference".to_owned()));
        }
        let response = &layout.response;
        let places = [
            response.reference,
            response.family_name,
            response.given_name,
            response.sex,
            response.birth_date,
            response.sensitivity,
            response.code,
            response.nhs_number,
            response.step,
            response.confidence,
        ];
        let beyond = |place: &&usize| **place >= response.columns;
        if let Some(place) = places.iter().chain(&response.whereabouts).find(beyond) {
            return Err(fault(format!("a response has {} columns and none at {place}", response.columns)));
        }
        Ok(layout)
    }

    /// The columns of a request: their names and what they hold.
    pub(super) fn request_columns(&self) -> impl Iterator<Item = (&str, Holds)> {
        self.request.columns.iter().map(|(name, holds)| {
            let holds = match holds.as_str() {
                "reference" => Holds::Reference,
                column => Column::from_name(column).map_or(Holds::Nothing, Holds::Field),
            };
            (name.as_str(), holds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_that_ships_is_that_of_the_handbook() {
        let layout = Layout::built_in().unwrap();
        // Person_ID Handbook, request and response files: 23 fields named, 34 columns counted from 0.
        assert_eq!((layout.request_columns().count(), layout.response.columns), (23, 34));
        assert!(layout.unconfirmed, "until somebody has checked it against MESH");
        assert_eq!((layout.response.code, layout.response.nhs_number, layout.response.step), (25, 26, 27));
    }

    #[test]
    fn a_layout_that_is_none_says_so() {
        let built_in = Layout::BUILT_IN;
        for broken in [
            "id = 1".to_owned(),
            built_in.replace("\"reference\"]", "\"\"]"),
            built_in.replace("\"birth_date\"]", "\"born\"]"),
            built_in.replace("code = 25", "code = 99"),
        ] {
            assert_eq!(Layout::parse(&broken).unwrap_err().code, "trace/layout");
        }
    }
}
