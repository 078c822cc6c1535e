//! What the files of screens and of reviews have in common: sources, marks, dates and spans as text.

use super::child::Nation;
use super::span::Span;
use crate::Error;
use crate::date::Date;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::collections::BTreeMap;

/// What a file is and when it was last held against its sources.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    #[expect(dead_code, reason = "for the reader of the file")]
    id: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    title: String,
    #[serde(deserialize_with = "date")]
    reviewed: Date,
}

impl About {
    /// Whether more than 12 months have passed since the last review.
    pub(super) fn is_stale(&self, as_at: Date) -> bool {
        as_at > self.reviewed.add_months(12)
    }
}

/// Where rules were read, by the short name that the rules give.
pub(super) type Sources = BTreeMap<String, Source>;

/// Where a rule was read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    #[expect(dead_code, reason = "for the reader of the file")]
    title: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    publisher: String,
}

/// The suffix by which a reader sees that a rule is unconfirmed.
const UNCONFIRMED_SUFFIX: &str = " (unconfirmed)";

/// Adds the suffix.
pub(super) fn mark(standard: &mut String, unconfirmed: bool) {
    if unconfirmed {
        standard.push_str(UNCONFIRMED_SUFFIX);
    }
}

/// Whether a standard carries the suffix.
pub(super) fn is_marked(standard: &str) -> bool {
    standard.ends_with(UNCONFIRMED_SUFFIX)
}

/// Fails on a source that the file does not list.
pub(super) fn check_sources<'a>(sources: &Sources, named: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    for name in named {
        if !sources.contains_key(name) {
            return Err(Error::new(
                "programme/source-unknown",
                format!("the source `{name}` is not listed in the file"),
                "add a [source.NAME] for it, or correct the name",
            ));
        }
    }
    Ok(())
}

/// The error for a file that is no TOML of the grammar: the parser's own message names line and column.
pub(super) fn unreadable(code: &'static str, cause: &toml::de::Error) -> Error {
    Error::new(code, cause.to_string(), "compare with the files in data/schedules")
}

/// Reads a text by `parse`.
pub(super) fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not known here")))
}

pub(super) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    let text = String::deserialize(deserializer)?;
    Span::parse(&text).map_err(|e| D::Error::custom(format!("{}; {}", e.message, e.hint)))
}

pub(super) fn some_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    span(deserializer).map(Some)
}

pub(super) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = toml::value::Datetime::deserialize(deserializer)?.to_string();
    Date::parse(&text).map_err(|e| D::Error::custom(format!("`{text}`: {e}")))
}

pub(super) fn some_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    date(deserializer).map(Some)
}

pub(super) fn nations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Nation>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let parse = |name: &String| Nation::parse(name).ok_or_else(|| D::Error::custom(format!("`{name}` is no nation")));
    names.iter().map(parse).collect()
}
