//! Typed access to a document of JSON, with the place in every error.

use crate::error::Error;
use serde_json::{Map, Value as Json};

pub(super) fn not_a_model(why: impl Into<String>) -> Error {
    Error::new(
        "splink/not-a-model",
        format!("this is not a saved Splink model: {}", why.into()),
        "save the model with linker.misc.save_model_to_json",
    )
}

/// Typed access to the keys of one object of the document.
pub(super) struct Keys<'a> {
    pub(super) keys: &'a Map<String, Json>,
    pub(super) place: &'a str,
}

impl<'a> Keys<'a> {
    fn wrong<T>(&self, key: &str, wanted: &str) -> Result<T, Error> {
        Err(not_a_model(format!("{}: {key} is no {wanted}", self.place)).in_field(key))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.keys.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(key, "text"),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, Error> {
        match self.keys.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Number(number)) => Ok(number.as_f64()),
            Some(_) => self.wrong(key, "number"),
        }
    }

    pub(super) fn truth(&self, key: &str) -> Result<bool, Error> {
        match self.keys.get(key) {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(truth)) => Ok(*truth),
            Some(_) => self.wrong(key, "boolean"),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Error> {
        match self.keys.get(key) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::String(text) => Ok(text.clone()),
                    _ => self.wrong(key, "list of texts"),
                })
                .collect(),
            Some(_) => self.wrong(key, "list of texts"),
        }
    }
}
