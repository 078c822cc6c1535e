//! What compiling takes from the model alone, worked out once where records are compared a few at a time.

use super::rarity::Rarity;
use super::{Comparison, Model, TermFrequencySetting};
use crate::error::Error;
use crate::linkage::comparison::{LevelIndex, RecordIndex};
use crate::linkage::keys::{self, Key};
use crate::linkage::predicate::{self, Glance, NameCounts, Pair, Predicate, Test};
use crate::linkage::score::{Bar, PairScore, Sum, Weighs, weight_of};
use crate::linkage::table::fields::Fields;

/// A model with every name resolved.
pub(crate) struct Plan {
    pub(super) comparisons: Vec<Planned>,
    pub(super) prior: f64,
    pub(super) household_prior: Option<f64>,
    /// The keys of all blocking rules, each once.
    keys: Vec<&'static Key>,
    /// The places of each rule's keys, and its condition.
    rules: Vec<(Vec<usize>, Option<Test>)>,
}

/// A comparison of it.
pub(super) struct Planned {
    /// Levels in the order in which they are tried.
    pub(super) tests: Vec<LevelTest>,
    pub(super) weights: Vec<f64>,
    pub(super) household_weights: Vec<f64>,
    pub(super) terms: Vec<Option<Term>>,
}

/// The condition of a level.
pub(super) struct LevelTest {
    pub(super) test: Test,
    pub(super) number: f64,
    pub(super) glance: Glance,
    pub(super) level: LevelIndex,
}

impl LevelTest {
    /// Whether the condition holds for a pair.
    #[inline]
    pub(super) fn holds(&self, pair: &Pair) -> bool {
        (self.test)(pair, self.number)
    }
}

/// A term-frequency adjustment.
pub(super) struct Term {
    pub(super) setting: TermFrequencySetting,
    pub(super) u_base: f64,
    pub(super) rarity: Rarity,
}

impl Plan {
    /// Everything.
    ///
    /// # Errors
    /// `model/unknown-predicate`, `model/unknown-key`.
    pub(crate) fn new(model: &Model) -> Result<Plan, Error> {
        let mut plan = Plan::of_weights(model)?;
        for rule in &model.blocking {
            let mut own = Vec::with_capacity(rule.keys.len());
            for name in &rule.keys {
                let key = keys::find(name)?;
                own.push(plan.keys.iter().position(|known| known.name == key.name).unwrap_or_else(|| {
                    plan.keys.push(key);
                    plan.keys.len() - 1
                }));
            }
            let condition = rule.only_if.as_deref().map(|name| predicate::find(name).map(|found| found.test));
            plan.rules.push((own, condition.transpose()?));
        }
        Ok(plan)
    }

    /// Comparisons and priors alone.
    ///
    /// # Errors
    /// `model/unknown-predicate`.
    pub(super) fn of_weights(model: &Model) -> Result<Plan, Error> {
        let household = model.household_pairs_per_match;
        let planned = |comparison: &Comparison| Planned::of(comparison, model);
        Ok(Plan {
            comparisons: model.comparisons.iter().map(planned).collect::<Result<_, Error>>()?,
            prior: weight_of(model.probability_two_random_records_match),
            household_prior: household.map(|per_match| -libm::log2(per_match)),
            keys: Vec::new(),
            rules: Vec::new(),
        })
    }
}

impl Planned {
    fn of(comparison: &Comparison, model: &Model) -> Result<Planned, Error> {
        let household = model.household_pairs_per_match.is_some();
        let mut tests = Vec::with_capacity(comparison.levels.len());
        let gammas = comparison.gammas();
        let mut terms: Vec<Option<Term>> = (0..=gammas).map(|_| None).collect();
        let m = comparison.probabilities(|level| level.m);
        let u = comparison.probabilities(|level| level.u);
        let h = comparison.probabilities(|level| level.h);
        for (level, index) in comparison.levels.iter().zip(comparison.level_indices()) {
            let &Predicate { test, glance, .. } = predicate::find(&level.when)?;
            tests.push(LevelTest { test, number: level.number.unwrap_or(0.0), glance, level: index as LevelIndex });
            if let Some(setting) = level.term_frequency.clone() {
                let rarity = Rarity::new(&setting.of, model, u[index]);
                terms[index] = Some(Term { setting, u_base: u[index], rarity });
            }
        }
        let weights = |against: &[f64]| -> Vec<f64> {
            let weight = |(m, other): (&f64, &f64)| libm::log2(*m) - libm::log2(*other);
            std::iter::once(0.0).chain(m.iter().zip(against).skip(1).map(weight)).collect()
        };
        Ok(Planned {
            tests,
            weights: weights(&u),
            household_weights: if household { weights(&h) } else { Vec::new() },
            terms,
        })
    }

    fn level(&self, pair: &Pair) -> usize {
        self.tests.iter().find(|test| test.holds(pair)).map_or(1, |test| usize::from(test.level))
    }
}

/// How often values occur among records that do not stand in the table.
pub(crate) trait Frequencies: Sync {
    /// How many records have the value that this record of the table has in the column named as in
    /// [`TermFrequencySetting::of`], and how many have any; `None` where the record has none.
    fn count(&self, of: &str, record: RecordIndex) -> Option<(u64, u64)>;
}

/// A few records out of many: counts and frequencies are those of the many.
pub(crate) struct Few<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) fields: &'a Fields,
    pub(crate) counts: &'a NameCounts,
    pub(crate) frequencies: &'a dyn Frequencies,
}

impl Few<'_> {
    /// A pair of records to ask predicates of.
    pub(crate) fn pair(&self, left: RecordIndex, right: RecordIndex) -> Pair<'_> {
        Pair { fields: self.fields, counts: self.counts, left, right }
    }

    /// The records that some blocking rule pairs with the first.
    pub(crate) fn with_first(&self) -> Vec<RecordIndex> {
        let mut own: Vec<Vec<u64>> = Vec::with_capacity(self.plan.keys.len());
        own.extend(self.plan.keys.iter().map(|key| {
            let mut keys = Vec::new();
            key.of(self.fields, 0, &mut keys);
            keys
        }));
        let mut theirs: Vec<u64> = Vec::with_capacity(16);
        let mut found = Vec::new();
        let mut known: Vec<Option<bool>> = vec![None; own.len()];
        for other in (1..self.fields.len() as RecordIndex).filter(|&other| !self.fields.invalidated[other as usize]) {
            known.fill(None);
            let mut agrees = |place: usize| {
                *known[place].get_or_insert_with(|| {
                    if own[place].is_empty() {
                        return false;
                    }
                    theirs.clear();
                    self.plan.keys[place].of(self.fields, other, &mut theirs);
                    theirs.iter().any(|key| own[place].contains(key))
                })
            };
            let mut holds = |(keys, condition): &(Vec<usize>, Option<Test>)| {
                keys.iter().all(|&place| agrees(place)) && condition.is_none_or(|test| test(&self.pair(0, other), 0.0))
            };
            if self.plan.rules.iter().any(&mut holds) {
                found.push(other);
            }
        }
        found
    }

    fn adjustment(&self, term: &Term, left: RecordIndex, right: RecordIndex) -> f64 {
        let Term { setting, u_base, rarity } = term;
        let share_of = |record| match self.frequencies.count(&setting.of, record) {
            Some(counted) => rarity.share_of(self.fields, counted, record),
            None => f64::NAN,
        };
        let frequency = share_of(left).max(share_of(right));
        if frequency.is_nan() {
            return 0.0;
        }
        setting.weight * (libm::log2(*u_base) - libm::log2(frequency.max(setting.minimum_u)))
    }

    fn bar(&self, planned: &Planned, left: RecordIndex, right: RecordIndex) -> Bar {
        let level = planned.level(&self.pair(left, right));
        let term = planned.terms.get(level).and_then(Option::as_ref);
        Bar {
            level: level as LevelIndex,
            weight: planned.weights[level],
            term_frequency: term.map_or(0.0, |term| self.adjustment(term, left, right)),
        }
    }
}

impl Weighs for Few<'_> {
    fn weigh(&self, left: RecordIndex, right: RecordIndex) -> PairScore {
        let mut sum = Sum::start(self.plan.prior, self.plan.household_prior);
        let mut pattern = 0;
        for planned in &self.plan.comparisons {
            let Bar { level, weight, term_frequency } = self.bar(planned, left, right);
            pattern = pattern * planned.weights.len() as u64 + u64::from(level);
            let household = planned.household_weights.get(usize::from(level)).copied().unwrap_or(0.0);
            sum.add_weights(weight + term_frequency, household);
        }
        sum.finish(pattern, self.plan.household_prior.is_some())
    }

    fn measure(&self, left: RecordIndex, right: RecordIndex) -> Vec<Bar> {
        self.plan.comparisons.iter().map(|planned| self.bar(planned, left, right)).collect()
    }

    fn start_weight(&self) -> f64 {
        self.plan.prior
    }
}
