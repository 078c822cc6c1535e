//! The model as a document: what is compared, what agreement is worth, and what to do about it.
//!
//! A model file is JSON. Levels stand in the order in which they are tried; the first that holds is
//! the level of a pair. `m`, `u` and `h` are the probabilities of the level among matches, chance pairs
//! and pairs of children born together in one household; training starts from them and leans on them.

mod check;
mod compile;
#[cfg(not(target_family = "wasm"))]
mod document;
mod frequency;
mod name_pair;
mod occurrences;
mod plan;
mod rarity;
mod read;

pub(crate) use compile::Compiled;
pub use frequency::FrequencyTable;
pub(crate) use frequency::Frozen;
pub use name_pair::NamePair;
pub use occurrences::Occurrences;
pub(crate) use plan::{Few, Frequencies, Plan};

use super::reference_names::ReferenceNames;
use crate::error::Error;
use serde::Serialize;
use std::sync::LazyLock;

/// The built-in child-health model.
const CHILD_HEALTH: &str = include_str!("../../../data/models/child-health.json");

/// A linkage model.
///
/// ```
/// use childlink::linkage::model::Model;
/// let model = Model::child_health();
/// assert_eq!(model.id, "child-health");
/// let again = Model::from_json(&model.to_json())?;
/// assert_eq!(again, model);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// A short name without spaces.
    pub id: String,
    /// Raised whenever anything in the file changes.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// The probability that two random records are of one child, 0 to 1.
    pub probability_two_random_records_match: f64,
    /// How many pairs of children born together in one household there are for each matching pair;
    /// `None` for a model without a household class.
    pub household_pairs_per_match: Option<f64>,
    /// The comparisons, in order.
    pub comparisons: Vec<Comparison>,
    /// The blocking rules, in order.
    pub blocking: Vec<BlockingRule>,
    /// How the model is trained.
    pub training: Training,
    /// When a pair is linked or reviewed.
    pub thresholds: Thresholds,
    /// How often names occur in a country or region, for the shares of names to lean on; at most one table for
    /// each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference_names: Vec<ReferenceNames>,
    /// Given names that recur with a family name; training finds them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names_together: Vec<NamePair>,
    /// Pairs of records whose levels must be these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
    /// How often values occur, in place of counts of the records of a run: the pair of two records then weighs the
    /// same whatever other records there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequencies: Option<FrequencyTable>,
}

/// Where a model's numbers come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// Published sources, in words.
    pub sources: Vec<String>,
    /// Records that the model was trained on; 0 for one that was not.
    pub trained_on_records: u64,
    /// The seed of the training.
    pub seed: u64,
}

/// One comparison: ordered levels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// A name without spaces, as in `gamma_` and `mw_` columns.
    pub name: String,
    /// Whether `h` stays as the file has it. Training cannot tell a twin under a brother's number or
    /// name from a child whose number or name is wrong, so for these two it would unlearn the difference.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub household_fixed: bool,
    /// The levels in the order in which they are tried; the last is `otherwise`.
    pub levels: Vec<Level>,
}

/// One level of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Words for people.
    pub label: String,
    /// The predicate that must hold.
    pub when: String,
    /// The number that the predicate takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// No evidence: neither m nor u.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_null_level: bool,
    /// P(level | match).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m: Option<f64>,
    /// P(level | chance pair).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
    /// P(level | born together in one household).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h: Option<f64>,
    /// Adjusts the weight by how rare the value agreed on is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_frequency: Option<TermFrequencySetting>,
}

/// A term-frequency adjustment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TermFrequencySetting {
    /// Whose frequency: `given-name`, `family-name`, `mother-given-name` or `postcode`.
    pub of: String,
    /// 1 for the full adjustment.
    pub weight: f64,
    /// A floor on the frequency.
    pub minimum_u: f64,
}

/// One blocking rule: all keys agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockingRule {
    /// Words for reports.
    pub name: String,
    /// Names of keys that must all agree.
    pub keys: Vec<String>,
    /// A predicate that must hold too, without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
    /// Further keys by which an oversized block is cut.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refine: Vec<String>,
}

/// How a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Training {
    /// Random pairs for u.
    pub random_pairs: u64,
    /// Pairs' worth of trust in the model's own u.
    pub u_strength: f64,
    /// Pairs' worth of trust in the model's own m, and h.
    pub m_strength: f64,
    /// Records from which on blocks are sampled rather than taken whole.
    pub sample_records: u64,
    /// Stops when nothing moves by more.
    pub convergence: f64,
    /// Stops after so many rounds.
    pub max_iterations: usize,
    /// The share of matches that the block with most matches is taken to hold, for the prior.
    pub recall: f64,
    /// The blocks.
    pub blocks: Vec<TrainingBlock>,
}

/// One training block: pairs among which matches are common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingBlock {
    /// Names of keys that must all agree.
    pub keys: Vec<String>,
    /// Comparisons that the keys hold fixed, and which learn nothing here.
    pub fixed: Vec<String>,
    /// Whether pairs of one household are common enough here to be told apart.
    pub household: bool,
}

/// When a pair is linked or reviewed. Weights in bits, log2 odds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Linked from this weight on.
    pub link: f64,
    /// Reviewed from this weight on.
    pub review: f64,
    /// What a link of records of one birth date without a shared number must weigh against children born together
    /// alone: to join twins is worse than to join strangers. Without it, as much as any link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_against_household: Option<f64>,
    /// A record whose best two candidates of different children are closer goes to review.
    pub runner_up_margin: f64,
    /// The most pairs of one block.
    pub max_block_pairs: u64,
}

/// A pair of records and the levels that it must have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// What the case shows, and its source.
    pub name: String,
    /// One record: value by canonical column.
    pub left: std::collections::BTreeMap<String, String>,
    /// The other record.
    pub right: std::collections::BTreeMap<String, String>,
    /// The label of the level by comparison; comparisons left out are not checked.
    pub levels: std::collections::BTreeMap<String, String>,
}

impl Model {
    /// The built-in model for child health records.
    pub fn child_health() -> Model {
        static BUILT_IN: LazyLock<Model> = LazyLock::new(|| match Model::from_json(CHILD_HEALTH) {
            Ok(model) => model,
            Err(error) => unreachable!("the built-in model is checked by a test: {error}"),
        });
        BUILT_IN.clone()
    }

    /// Reads and checks a model file.
    ///
    /// # Errors
    /// `model/unreadable` with line and column or the place in the document, `model/unknown-predicate`, `model/unknown-key`,
    /// `model/comparison`, `model/probability`, `model/too-many-levels`; those of [`ReferenceNames::new`].
    pub fn from_json(text: &str) -> Result<Model, Error> {
        let model = read::read(text)?;
        model.check()?;
        Ok(model)
    }

    /// The document, with keys in a fixed order and a newline at the end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// SHA-256 of the document, in hexadecimal: what a decision was made with.
    pub fn hash(&self) -> String {
        Model::hash_of_document(&self.to_json())
    }

    /// The hash of the model that [`to_json`](Self::to_json) gave this document of.
    pub fn hash_of_document(document: &str) -> String {
        use sha2::{Digest, Sha256};
        Sha256::digest(document).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Comparison {
    /// How many levels are evidence.
    pub(crate) fn gammas(&self) -> usize {
        self.levels.iter().filter(|level| !level.is_null_level).count()
    }

    /// The engine's level of each level of the file: 0 for null levels, else counting down to 1.
    pub(crate) fn level_indices(&self) -> impl Iterator<Item = usize> + '_ {
        let mut next = self.gammas() + 1;
        self.levels.iter().map(move |level| {
            if level.is_null_level {
                return 0;
            }
            next -= 1;
            next
        })
    }

    /// The label of an engine level.
    pub fn label(&self, level: usize) -> &str {
        let place = self.level_indices().position(|index| index == level);
        place.map_or("", |place| &self.levels[place].label)
    }

    /// One probability of each engine level, chosen by `of`; the null level's is 0.
    pub(crate) fn probabilities(&self, of: impl Fn(&Level) -> Option<f64>) -> Vec<f64> {
        let mut all = vec![0.0; self.gammas() + 1];
        for (level, index) in self.levels.iter().zip(self.level_indices()) {
            if index > 0 {
                all[index] = of(level).unwrap_or(0.0);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::{Table, TableBuilder};

    #[test]
    fn numbers_read_back_are_the_numbers_that_were_written() {
        let mut model = Model::child_health();
        for number in [1.697_850_521_240_110_1e-9, 0.000_207_036_275_713_166, 0.021_463_130_237_269_742] {
            model.probability_two_random_records_match = number;
            assert_eq!(Model::from_json(&model.to_json()).unwrap(), model);
        }
    }

    fn table(case: &Case) -> Table {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("case");
        for (row, record) in [&case.left, &case.right].into_iter().enumerate() {
            let mut fields = RawFields::new();
            for (name, text) in record {
                fields.set(Column::from_name(name).unwrap(), text);
            }
            builder.push(source, row as u32 + 1, &fields);
        }
        Table::build(vec![builder]).table
    }

    #[test]
    fn the_built_in_model_passes_its_own_cases() {
        let model = Model::child_health();
        assert!(!model.cases.is_empty());
        for case in &model.cases {
            let table = table(case);
            let compiled = Compiled::new(&table.fields, &model).unwrap();
            let scorer = compiled.scorer(&model).unwrap();
            let levels: Vec<_> = scorer.codec().unpack(scorer.pattern(0, 1)).collect();
            for (name, wanted) in &case.levels {
                let place = model.comparisons.iter().position(|comparison| comparison.name == *name).unwrap();
                let comparison = &model.comparisons[place];
                let level = usize::from(levels[place]);
                // All null levels share index 0; their labels are alternatives.
                let null = |label: &str| comparison.levels.iter().any(|l| l.is_null_level && l.label == label);
                let fits = if level == 0 { null(wanted) } else { comparison.label(level) == wanted };
                assert!(fits, "{}: {name} is at level {level}, not at \"{wanted}\"", case.name);
            }
        }
    }

    #[test]
    fn probabilities_of_a_comparison_sum_to_one() {
        for comparison in &Model::child_health().comparisons {
            for of in [|level: &Level| level.m, |level: &Level| level.u, |level: &Level| level.h] {
                let sum: f64 = comparison.probabilities(of).iter().sum();
                assert!((sum - 1.0).abs() < 1e-6, "{}: {sum}", comparison.name);
            }
        }
    }
}
