//! The rules of a best record, as data.

use crate::error::Error;
use crate::identity::column::Column;
use serde::Deserialize;

/// Which value stands in a best record: `data/survivorship/child-health.toml`.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Their name.
    pub id: String,
    /// Where they come from.
    pub source: String,
    /// Whether nobody has confirmed them.
    pub unconfirmed: bool,
    /// Sources to be trusted before others, most trusted first.
    pub sources: Vec<String>,
    /// Columns that are taken together, with their tests in order.
    pub groups: Vec<Group>,
}

/// Columns that are taken whole from one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The tests by which records are chosen, in order.
    pub tests: Vec<Test>,
}

/// A test by which one record is preferred to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Agreed with the Personal Demographics Service.
    National,
    /// More columns of the group can be read.
    Valid,
    /// The given name is a name and no placeholder.
    Named,
    /// The source stands earlier in the list of sources.
    ListedSource,
    /// The latest `updated_at`.
    Latest,
    /// Moved in from where another record still has the child.
    Moved,
    /// A whole date that is not 1 January.
    Whole,
    /// Most sources tell the same.
    MostSources,
    /// Most columns are filled, then most letters.
    Fullest,
}

impl Test {
    /// The word in rules and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Test::National => "national",
            Test::Valid => "valid",
            Test::Named => "named",
            Test::ListedSource => "listed-source",
            Test::Latest => "latest",
            Test::Moved => "moved",
            Test::Whole => "whole",
            Test::MostSources => "most-sources",
            Test::Fullest => "fullest",
        }
    }
}

/// The document as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: String,
    #[serde(rename = "title")]
    _title: String,
    source: String,
    #[serde(rename = "reviewed")]
    _reviewed: toml::value::Datetime,
    unconfirmed: bool,
    #[serde(default)]
    sources: Vec<String>,
    group: Vec<GroupDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupDocument {
    name: String,
    columns: Vec<String>,
    tests: Vec<Test>,
}

impl Rules {
    /// The text of the rules that ship with childlink.
    pub const BUILT_IN: &str = include_str!("../../../data/survivorship/child-health.toml");

    /// The rules that ship with childlink.
    ///
    /// # Errors
    /// None, as a test sees to.
    pub fn built_in() -> Result<Rules, Error> {
        Rules::parse(Rules::BUILT_IN)
    }

    /// Reads rules.
    ///
    /// # Errors
    /// `best/rules` if the text is no set of rules, names a column that is not canonical, or one column twice.
    pub fn parse(text: &str) -> Result<Rules, Error> {
        let fault =
            |what: String| Error::new("best/rules", what, "take data/survivorship/child-health.toml as the pattern");
        let document: Document = toml::from_str(text).map_err(|cause| fault(cause.message().to_owned()))?;
        let mut seen = Vec::new();
        let mut groups = Vec::new();
        for group in document.group {
            let mut columns = Vec::new();
            for name in &group.columns {
                let column = Column::from_name(name)
                    .filter(|column| !matches!(column, Column::Source | Column::RecordId | Column::Sensitive))
                    .ok_or_else(|| fault(format!("{name} is no column of a best record")).in_field(name.as_str()))?;
                if seen.contains(&column) {
                    return Err(fault(format!("{name} stands in two groups")).in_field(name.as_str()));
                }
                seen.push(column);
                columns.push(column);
            }
            groups.push(Group { name: group.name, columns, tests: group.tests });
        }
        Ok(Rules {
            id: document.id,
            source: document.source,
            unconfirmed: document.unconfirmed,
            sources: document.sources,
            groups,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_ship_hold_every_column_that_a_child_has_one_of() {
        let rules = Rules::built_in().unwrap();
        let covered = |column: &Column| rules.groups.iter().any(|group| group.columns.contains(column));
        // Not chosen: keys, the flag (any record's counts), what tells of earlier times, and when a record changed.
        let left_out = [
            Column::Source,
            Column::RecordId,
            Column::Sensitive,
            Column::PreviousFamilyName,
            Column::PreviousPostcode,
            Column::UpdatedAt,
        ];
        for column in Column::ALL {
            assert_eq!(covered(&column), !left_out.contains(&column), "{}", column.name());
        }
    }

    #[test]
    fn rules_that_are_none_say_so() {
        for broken in [
            Rules::BUILT_IN.replace("\"most-sources\"", "\"loudest\""),
            Rules::BUILT_IN.replace("columns = [\"sex\"]", "columns = [\"birth_date\"]"),
            Rules::BUILT_IN.replace("columns = [\"sex\"]", "columns = [\"gender\"]"),
        ] {
            assert_eq!(Rules::parse(&broken).unwrap_err().code, "best/rules");
        }
    }
}
