//! A saved Splink model: its blocking rules, comparisons and levels, and what their numbers come to.

mod check;
mod keys;
mod read;

use super::dialect::Dialect;
use super::expression::{Comparison as Operator, Expression, Names};
use super::level::{default_m, default_u, match_weight};
use crate::error::Error;
use crate::linkage::comparison::LevelIndex;
use serde_json::{Map, Value as Json};

/// Which records may be paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// One table against itself.
    DedupeOnly,
    /// Records of different source datasets only.
    LinkOnly,
    /// Any two records of several source datasets.
    LinkAndDedupe,
}

impl LinkType {
    /// The name as Splink writes it.
    pub fn name(self) -> &'static str {
        match self {
            LinkType::DedupeOnly => "dedupe_only",
            LinkType::LinkOnly => "link_only",
            LinkType::LinkAndDedupe => "link_and_dedupe",
        }
    }
}

/// How the weight of a level moves with the rarity of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct TermFrequencySettings {
    /// The column whose frequencies count.
    pub column: String,
    /// 1 for the full adjustment.
    pub weight: f64,
    /// A floor on the frequency.
    pub minimum_u: f64,
    /// Measure against the level's own u instead of that of the exact-match level.
    pub own_u: bool,
}

/// One level of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The condition as written.
    pub sql: String,
    /// The condition as understood; `None` for ELSE.
    pub condition: Option<Expression>,
    /// The label, or the condition where there is none.
    pub label: String,
    /// Whether it is a null level, which weighs nothing.
    pub is_null: bool,
    /// The m probability, if it is trained.
    pub m: Option<f64>,
    /// The u probability, if it is trained.
    pub u: Option<f64>,
    /// Whether training leaves m as it is.
    pub fix_m: bool,
    /// Whether training leaves u as it is.
    pub fix_u: bool,
    /// The term-frequency adjustment, if it has one.
    pub term_frequency: Option<TermFrequencySettings>,
}

/// One comparison: levels tried in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The name under which its results are written.
    pub name: String,
    /// What it is, in words.
    pub description: String,
    /// The columns that its conditions number.
    pub names: Names,
    /// The levels in the order of the document.
    pub levels: Vec<Level>,
}

/// One blocking rule.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockingRule {
    /// The rule as written.
    pub sql: String,
    /// The rule as understood.
    pub condition: Expression,
    /// The columns that it numbers.
    pub names: Names,
    /// List columns of which any one element may agree.
    pub arrays_to_explode: Vec<String>,
}

/// A saved Splink model, version 3, 4 or 5.
#[derive(Clone, Debug, PartialEq)]
pub struct SplinkModel {
    /// Which records may be paired.
    pub link_type: LinkType,
    /// The probability that two random records match.
    pub prior: f64,
    /// The dialect of its SQL.
    pub dialect: Dialect,
    /// The column of record ids.
    pub unique_id_column: String,
    /// The column that tells which dataset a record is from.
    pub source_dataset_column: String,
    /// Prefix of match-weight columns in results.
    pub match_weight_prefix: String,
    /// Prefix of comparison-vector columns in results.
    pub gamma_prefix: String,
    /// Prefix of term-frequency columns in results and among the records.
    pub term_frequency_prefix: String,
    /// Training stops when nothing moves by more.
    pub em_convergence: f64,
    /// Training stops after so many rounds.
    pub max_iterations: usize,
    /// The rules whose pairs are scored.
    pub blocking_rules: Vec<BlockingRule>,
    /// The comparisons in order.
    pub comparisons: Vec<Comparison>,
    /// The document as it was read, which export fills in.
    pub(super) document: Map<String, Json>,
}

impl Comparison {
    /// The index that the engine gives each level: 0 for null levels, gamma + 1 for the others, which count
    /// down in the order of the document.
    pub fn level_indices(&self) -> Vec<LevelIndex> {
        let mut next = self.levels.iter().filter(|level| !level.is_null).count() as LevelIndex;
        let index = |level: &Level| match level.is_null {
            true => 0,
            false => {
                next -= 1;
                next + 1
            }
        };
        self.levels.iter().map(index).collect()
    }

    /// m and u of each level by [`LevelIndex`], with Splink's defaults for what is untrained; the null level
    /// has 1 and 1.
    pub fn probabilities(&self) -> Vec<(f64, f64)> {
        let trained: Vec<&Level> = self.levels.iter().filter(|level| !level.is_null).rev().collect();
        let (m, u) = (default_m(trained.len()), default_u(trained.len()));
        let of = |(gamma, level): (usize, &&Level)| (level.m.unwrap_or(m[gamma]), level.u.unwrap_or(u[gamma]));
        std::iter::once((1.0, 1.0)).chain(trained.iter().enumerate().map(of)).collect()
    }

    /// Match weights in bits by [`LevelIndex`].
    pub fn weights(&self) -> Vec<f64> {
        let weight = |(index, (m, u)): (usize, (f64, f64))| if index == 0 { 0.0 } else { match_weight(m, u) };
        self.probabilities().into_iter().enumerate().map(weight).collect()
    }

    /// The u against which the frequency of a level's term is measured.
    ///
    /// # Errors
    /// `splink/term-frequency` when there is no exact-match level on that column alone.
    pub fn base_u(&self, level: usize, settings: &TermFrequencySettings) -> Result<f64, Error> {
        let probabilities = self.probabilities();
        let indices = self.level_indices();
        if settings.own_u {
            return Ok(probabilities[usize::from(indices[level])].1);
        }
        let exact = self.levels.iter().position(|level| {
            level.exact_column().is_some_and(|column| self.names.all()[column].eq_ignore_ascii_case(&settings.column))
        });
        match exact {
            Some(exact) => Ok(probabilities[usize::from(indices[exact])].1),
            None => Err(Error::new(
                "splink/term-frequency",
                format!(
                    "{}: the term-frequency adjustment on {} needs a level of exact agreement on that column",
                    place_of_level(&self.name, level, &self.levels[level].label),
                    settings.column
                ),
                "add such a level, or set disable_tf_exact_match_detection",
            )
            .in_field(&settings.column)),
        }
    }
}

impl Level {
    /// The column on whose plain equality this level stands, and nothing else.
    pub(super) fn exact_column(&self) -> Option<usize> {
        match self.exact_columns()?.as_slice() {
            [column] => Some(*column),
            _ => None,
        }
    }

    /// The columns on whose plain equality this level stands.
    pub(super) fn exact_columns(&self) -> Option<Vec<usize>> {
        let parts = match self.condition.as_ref()? {
            Expression::And(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        parts.iter().map(exact_column).collect()
    }
}

fn exact_column(condition: &Expression) -> Option<usize> {
    match condition {
        Expression::Compare(Operator::Equal, a, b) => match (&**a, &**b) {
            (Expression::Column { side: a_side, column: a }, Expression::Column { side: b_side, column: b }) => {
                (a == b && a_side != b_side).then_some(*a)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The name of a level in messages.
pub(super) fn place_of_level(comparison: &str, level: usize, label: &str) -> String {
    format!("comparison {comparison}, level {} ({label})", level + 1)
}
