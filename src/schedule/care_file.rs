//! What the files of screens, of reviews and of coverage have in common: the head, sources and marks.

use super::packed::some_day;
use super::reader::Table;
use crate::date::Date;
use serde::{Deserialize, Serialize};

/// The head of a file: when it was last held against its sources, and what these are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// `None` only with a fault.
    #[serde(with = "some_day")]
    reviewed: Option<Date>,
    /// The short names by which rules cite; needed only while a file is read.
    #[serde(skip)]
    sources: Vec<String>,
}

impl Head {
    /// Reads `[about]` and the `[source.NAME]` tables.
    pub(super) fn read(root: &Table<'_, '_>) -> Head {
        let about = root.one("about", |about| {
            about.needed_text("id");
            about.needed_text("title");
            about.needed("reviewed", about.some_date("reviewed"))
        });
        let section = root.section("source").into_iter().map(|(name, source)| {
            source.needed_text("title");
            source.needed_text("publisher");
            source.end();
            name.to_owned()
        });
        Head { reviewed: root.needed("about", about).flatten(), sources: section.collect() }
    }

    /// Reads which source a rule cites; a source that the file does not list is a fault.
    pub(super) fn cited_by(&self, rule: &Table<'_, '_>) {
        if let Some(name) = rule.text("source")
            && !self.sources.iter().any(|known| known == name.value)
        {
            let fix = format!("add [source.{}], or correct the name", name.value);
            rule.file.fault(name.at, format!("`{}` is no source of the file", name.value), fix);
        }
    }

    /// As [`Head::cited_by`], for a rule that has to cite one.
    pub(super) fn needed_by(&self, rule: &Table<'_, '_>) {
        self.cited_by(rule);
        rule.needed("source", Some(()));
    }

    /// Whether more than 12 months have passed since the last review.
    pub(super) fn is_stale(&self, as_at: Date) -> bool {
        self.reviewed.is_some_and(|reviewed| reviewed.add_months(12) < as_at)
    }
}

/// The suffix by which a reader sees that a rule is unconfirmed.
const UNCONFIRMED_SUFFIX: &str = " (unconfirmed)";

/// A standard or rule, with the suffix where it is unconfirmed.
pub(super) fn marked(mut standard: String, unconfirmed: bool) -> String {
    if unconfirmed {
        standard.push_str(UNCONFIRMED_SUFFIX);
    }
    standard
}

/// Whether a standard carries the suffix.
pub(super) fn is_marked(standard: &str) -> bool {
    standard.ends_with(UNCONFIRMED_SUFFIX)
}
