//! From the document to numbers and functions over one table.

use super::plan::{LevelTest, Plan, Planned, Term};
use super::rarity::relative_frequencies;
use super::{BlockingRule, Comparison, Frozen, Model};
use crate::error::Error;
use crate::linkage::blocking::{KeyColumn, Residual, Rule, Sieve};
use crate::linkage::comparison::{Comparator, CompiledComparison, LevelIndex, RecordIndex, TermFrequency};
use crate::linkage::keys;
use crate::linkage::parallel;
use crate::linkage::predicate::{self, KnownFields, NameCounts, OfWords, Pair, Predicate};
use crate::linkage::score::Scorer;
use crate::linkage::table::fields::Fields;
use crate::order;
use hashbrown::HashMap;
use std::sync::Arc;

/// A condition on a pair of a blocking rule.
pub(crate) struct Condition<'a> {
    holds: Box<Residual<'a>>,
    sieve: Option<Box<dyn Sieve + 'a>>,
}

/// A condition that looks at one word of each record.
struct WordSieve<'a> {
    fields: &'a Fields,
    of_words: OfWords,
}

impl Sieve for WordSieve<'_> {
    fn word(&self, record: RecordIndex) -> u64 {
        (self.of_words.word)(self.fields, record)
    }

    fn may_hold(&self, left: u64, right: u64) -> bool {
        (self.of_words.hold)(left, right)
    }
}

/// What compiling a model over records needs to hold: counts of names, and blocking keys by name. Records
/// are known by their places in `fields`.
pub(crate) struct Compiled<'a> {
    fields: &'a Fields,
    counts: NameCounts,
    known: KnownFields,
    keys: Vec<(&'a str, KeyColumn)>,
    /// The counts that the model carries.
    frozen: Option<Frozen>,
}

impl<'a> Compiled<'a> {
    /// Computes the keys that the model's blocking and training name.
    ///
    /// # Errors
    /// `model/unknown-key`.
    pub(crate) fn new(fields: &'a Fields, model: &'a Model) -> Result<Compiled<'a>, Error> {
        let mut names: Vec<&str> = blocking_keys(model).collect();
        names.extend(model.training.blocks.iter().flat_map(|block| block.keys.iter().map(String::as_str)));
        let keys = key_columns(fields, names)?;
        Ok(Compiled { keys, ..Compiled::for_pairs(fields, Some(model)) })
    }

    /// For a few records out of many, to find their blocks: counts are those of the many.
    ///
    /// # Errors
    /// `model/unknown-key`.
    pub(crate) fn of_few(fields: &'a Fields, model: &'a Model, counts: NameCounts) -> Result<Compiled<'a>, Error> {
        let keys = key_columns(fields, blocking_keys(model).collect())?;
        Ok(Compiled { fields, counts, known: KnownFields::of(fields), keys, frozen: None })
    }

    /// Without keys: for pairs that are given. Counts are those of the model, if it has any.
    pub(crate) fn for_pairs(fields: &'a Fields, model: Option<&Model>) -> Compiled<'a> {
        let table = model.and_then(|model| model.frequencies.as_ref());
        let frozen = table.map(|table| Frozen::of_fields(table, fields));
        let counts = frozen.as_ref().map_or_else(|| NameCounts::of(fields), Frozen::name_counts);
        Compiled { fields, counts, known: KnownFields::of(fields), keys: Vec::new(), frozen }
    }

    /// A pair of records to ask predicates of.
    pub(crate) fn pair(&self, left: RecordIndex, right: RecordIndex) -> Pair<'_> {
        Pair { fields: self.fields, counts: &self.counts, left, right }
    }

    /// The scorer of a model with the comparisons' current probabilities.
    ///
    /// # Errors
    /// `model/unknown-predicate`, `model/too-many-levels`.
    pub(crate) fn scorer(&self, model: &Model) -> Result<Scorer<'_>, Error> {
        self.scorer_with(model, true)
    }

    /// The same without term frequencies, as training needs it.
    ///
    /// # Errors
    /// As [`scorer`](Self::scorer).
    pub(crate) fn plain_scorer(&self, model: &Model) -> Result<Scorer<'_>, Error> {
        self.scorer_with(model, false)
    }

    fn scorer_with(&self, model: &Model, term_frequencies: bool) -> Result<Scorer<'_>, Error> {
        let plan = Plan::of_weights(model)?;
        let comparisons = plan.comparisons.into_iter().zip(&model.comparisons).collect();
        let comparisons = parallel::map_owned(comparisons, |(planned, comparison)| {
            self.comparison(planned, comparison, term_frequencies)
        });
        let scorer = Scorer::new(comparisons.into_iter().collect::<Result<_, Error>>()?, plan.prior)?;
        Ok(match plan.household_prior {
            Some(prior) => scorer.with_household(prior),
            None => scorer,
        })
    }

    /// The conditions of blocking rules beyond their keys.
    ///
    /// # Errors
    /// `model/unknown-predicate`.
    pub(crate) fn conditions(&self, rules: &[BlockingRule]) -> Result<Vec<Option<Condition<'_>>>, Error> {
        let condition = |rule: &BlockingRule| {
            let Some(name) = &rule.only_if else { return Ok(None) };
            let &Predicate { test, of_words, .. } = predicate::find(name)?;
            let sieve = |of_words| Box::new(WordSieve { fields: self.fields, of_words }) as Box<dyn Sieve>;
            Ok(Some(Condition {
                holds: Box::new(move |left, right| test(&self.pair(left, right), 0.0)),
                sieve: of_words.map(sieve),
            }))
        };
        rules.iter().map(condition).collect()
    }

    /// The blocking rules over this table's keys.
    pub(crate) fn rules<'b>(
        &'b self,
        rules: &[BlockingRule],
        conditions: &'b [Option<Condition<'b>>],
    ) -> Vec<Rule<'b>> {
        // Rules of one condition borrow that of the first of them, by which the scan knows them.
        let first_of_condition = |rule: &BlockingRule| {
            let place = rules.iter().position(|other| other.only_if == rule.only_if)?;
            conditions.get(place)?.as_ref()
        };
        rules
            .iter()
            .map(|rule| (rule, first_of_condition(rule)))
            .map(|(rule, condition)| Rule {
                name: rule.name.clone(),
                keys: self.columns(&rule.keys),
                refine: self.columns(&rule.refine),
                residual: condition.map(|condition| &*condition.holds),
                sieve: condition.and_then(|condition| condition.sieve.as_deref()),
            })
            .collect()
    }

    /// The columns of keys that were named when compiling.
    pub(crate) fn columns(&self, names: &[String]) -> Vec<&KeyColumn> {
        let find = |name: &String| self.keys.iter().find(|(known, _)| known == name).map(|(_, column)| column);
        names.iter().filter_map(find).collect()
    }

    fn comparison(
        &self,
        planned: Planned,
        comparison: &Comparison,
        term_frequencies: bool,
    ) -> Result<CompiledComparison<'_>, Error> {
        let terms = planned.terms.iter().map(|term| match term.as_ref().filter(|_| term_frequencies) {
            Some(term) => self.term_frequency(term).map(Some),
            None => Ok(None),
        });
        Ok(CompiledComparison {
            name: comparison.name.clone(),
            term_frequency: terms.collect::<Result<_, Error>>()?,
            comparator: Box::new(Levels { compiled: self, level_count: planned.weights.len(), tests: planned.tests }),
            weights: planned.weights,
            household_weights: planned.household_weights,
        })
    }

    fn term_frequency(&self, term: &Term) -> Result<TermFrequency, Error> {
        let (fields, Term { setting, u_base, rarity }) = (self.fields, term);
        // The records' values as the table numbers them, and the name or postcode that each of these stands for.
        let (value_id, stands_for): (Arc<Vec<u32>>, Vec<u64>) = match setting.of.as_str() {
            "given-name" => (fields.given.value_ids(), fields.given.values().iter().map(|v| v.whole.into()).collect()),
            "family-name" => {
                (fields.family.value_ids(), fields.family.values().iter().map(|v| v.whole.into()).collect())
            }
            "mother-given-name" => {
                let first = fields.mother_given.values().iter().map(|v| v.words[0].into());
                (fields.mother_given.value_ids(), first.collect())
            }
            "postcode" => {
                let units = fields.postcode.values().iter().map(|value| value.unit());
                (fields.postcode.value_ids(), units.collect())
            }
            other => {
                let message =
                    format!("the model adjusts by the frequency of \"{other}\", which this version does not know");
                let hint = "use given-name, family-name, mother-given-name or postcode";
                return Err(Error::new("model/unknown-term-frequency", message, hint));
            }
        };
        let (value_id, frequency) = match &self.frozen {
            Some(frozen) => relative_frequencies(
                value_id,
                &stands_for,
                |place| frozen.count(&setting.of, stands_for[place]),
                rarity,
                fields,
            ),
            None => {
                let counts = Counts::of(&value_id, &stands_for);
                relative_frequencies(value_id, &stands_for, |place| counts.count(place), rarity, fields)
            }
        };
        Ok(TermFrequency { value_id, frequency, u_base: *u_base, minimum_u: setting.minimum_u, weight: setting.weight })
    }
}

/// How many records have each value.
struct Counts {
    number: Vec<u32>,
    counts: Vec<u64>,
    total: u64,
}

impl Counts {
    /// Counts the records of what each of their values stands for; 0 stands for a missing one.
    fn of(value_id: &[u32], stands_for: &[u64]) -> Counts {
        let number = numbered(stands_for);
        let mut counts = vec![0u64; number.iter().max().map_or(1, |&last| last as usize + 1)];
        value_id.iter().for_each(|&id| counts[number[id as usize] as usize] += 1);
        counts[0] = 0;
        Counts { total: counts.iter().sum(), number, counts }
    }

    /// How many records have what the value of this id stands for, and how many have any.
    fn count(&self, id: usize) -> (u64, u64) {
        (self.counts[self.number[id] as usize], self.total)
    }
}

/// Small numbers for values, 0 for 0.
fn numbered(values: &[u64]) -> Vec<u32> {
    if values.iter().all(|&value| value <= u64::from(u32::MAX)) {
        return values.iter().map(|&value| value as u32).collect();
    }
    let mut ids: HashMap<u64, u32> = HashMap::from([(0, 0)]);
    let mut id_of = |value: u64| {
        let next = ids.len() as u32;
        *ids.entry(value).or_insert(next)
    };
    values.iter().map(|&value| id_of(value)).collect()
}

/// The names of the keys of all blocking rules.
fn blocking_keys(model: &Model) -> impl Iterator<Item = &str> {
    model.blocking.iter().flat_map(|rule| rule.keys.iter().chain(&rule.refine)).map(String::as_str)
}

/// The columns of these keys by name.
fn key_columns<'a>(fields: &Fields, mut names: Vec<&'a str>) -> Result<Vec<(&'a str, KeyColumn)>, Error> {
    order::sort(&mut names);
    names.dedup();
    let dates = keys::Dates::default();
    parallel::map_owned(names, |name| Ok((name, keys::find(name)?.column_with(fields, &dates)))).into_iter().collect()
}

/// Levels tried in order.
struct Levels<'a> {
    compiled: &'a Compiled<'a>,
    tests: Vec<LevelTest>,
    level_count: usize,
}

impl Comparator for Levels<'_> {
    fn level_count(&self) -> usize {
        self.level_count
    }

    fn level(&self, left: RecordIndex, right: RecordIndex) -> LevelIndex {
        let (pair, known) = (self.compiled.pair(left, right), self.compiled.known.of_pair(left, right));
        let holds = |test: &&LevelTest| test.glance.answer(known).unwrap_or_else(|| test.holds(&pair));
        self.tests.iter().find(holds).map_or(1, |test| test.level)
    }
}
