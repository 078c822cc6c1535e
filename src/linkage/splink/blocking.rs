//! Blocking rules over a frame: equalities become exact keys, the rest a condition asked of each pair.

use super::bind;
use super::comparator::{Faults, FeatureComparator, Judgement, unsupported};
use super::evaluate::{Row, Scope, evaluate};
use super::expression::{Comparison, Expression};
use super::feature::{Features, Tuples, columns_of};
use super::finding::{self, ModelFinding};
use super::function::Fault;
use super::records::Records;
use super::settings::BlockingRule;
use super::sql::Refusal;
use crate::error::Error;
use crate::linkage::blocking::{Blocking, KeyColumn, Residual, Rule, RuleCount, Scan};
use crate::linkage::comparison::{Comparator, RecordIndex};
use crate::linkage::frame::{Dictionary, NULL_ID};
use crate::linkage::parallel;
use crate::linkage::value::{Value, ValueType};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use std::ops::Range;

/// A pair to be scored, and the first blocking rule that produces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The record with the lesser id.
    pub left: RecordIndex,
    /// The other.
    pub right: RecordIndex,
    /// The index of the rule.
    pub rule: u16,
}

/// Every pair that some rules produce.
pub struct Candidates {
    /// The pairs, each once, in order of left and right record.
    pub pairs: Vec<Candidate>,
    /// What each rule brought that no earlier one did.
    pub counts: Vec<RuleCount>,
    /// What is worth telling of the rules.
    pub findings: Vec<ModelFinding>,
}

impl Candidates {
    /// The pairs without their rules.
    pub fn records(&self) -> Vec<(RecordIndex, RecordIndex)> {
        self.pairs.iter().map(|pair| (pair.left, pair.right)).collect()
    }

    /// The rule of each pair.
    pub fn rules(&self) -> Vec<u16> {
        self.pairs.iter().map(|pair| pair.rule).collect()
    }
}

/// Every pair that some rule produces.
///
/// # Errors
/// Those of [`CompiledRules::new`] and [`CompiledRules::scan`].
pub fn candidates(records: &Records, rules: &[BlockingRule]) -> Result<Candidates, Error> {
    let compiled = CompiledRules::new(records, rules)?;
    let scan = compiled.scan(0..compiled.len(), Vec::new, |found: &mut Vec<Candidate>, rule, left, right| {
        found.push(Candidate { left, right, rule: rule as u16 });
    })?;
    let pairs = in_order(scan.states, records.frame().rows());
    Ok(Candidates { pairs, counts: scan.counts, findings: compiled.findings })
}

/// Pairs, each told once, in order of left and right record. They are counted into place by their left record, which
/// leaves short runs to be sorted.
fn in_order(parts: Vec<Vec<Candidate>>, records: usize) -> Vec<Candidate> {
    /// Pairs that one thread sorts before it takes others.
    const PIECE: usize = 1 << 15;
    // By record, where its next pair belongs; in the end, where its pairs end.
    let mut places = vec![0; records];
    parts.iter().flatten().for_each(|pair| places[pair.left as usize] += 1);
    let mut total = 0;
    for place in &mut places {
        let count = *place;
        *place = total;
        total += count;
    }
    let mut pairs = vec![Candidate { left: 0, right: 0, rule: 0 }; total];
    for pair in parts.into_iter().flatten() {
        let place = &mut places[pair.left as usize];
        pairs[*place] = pair;
        *place += 1;
    }
    let mut pieces = Vec::new();
    let (mut rest, mut start) = (pairs.as_mut_slice(), 0);
    for end in places {
        if end - start >= PIECE {
            let (piece, more) = std::mem::take(&mut rest).split_at_mut(end - start);
            pieces.push(piece);
            (rest, start) = (more, end);
        }
    }
    pieces.push(rest);
    parallel::map_mut(&mut pieces, 1, |_, pieces| {
        let of_one_record = pieces.iter_mut().flat_map(|piece| piece.chunk_by_mut(|a, b| a.left == b.left));
        of_one_record.for_each(|pairs| pairs.sort_unstable_by_key(|pair| pair.right));
    });
    pairs
}

/// Rules bound to records, ready to be walked.
pub struct CompiledRules<'r> {
    records: &'r Records,
    rules: Vec<CompiledRule>,
    findings: Vec<ModelFinding>,
}

impl<'r> CompiledRules<'r> {
    /// Binds rules to records. Without a rule, every pair is produced.
    ///
    /// # Errors
    /// `splink/missing-column`, `splink/unsupported-sql` or `splink/evaluation`, with the number of the rule.
    pub fn new(records: &'r Records, rules: &[BlockingRule]) -> Result<CompiledRules<'r>, Error> {
        let mut findings = Vec::new();
        let mut compiled = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                CompiledRule::new(records, rule, &format!("blocking rule {}", index + 1), &mut findings)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if compiled.is_empty() {
            compiled.push(CompiledRule::every_pair(records));
        }
        Ok(CompiledRules { records, rules: compiled, findings })
    }

    /// How many rules there are, at least one.
    #[allow(clippy::len_without_is_empty, reason = "there is always a rule")]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// What is worth telling of the rules.
    pub fn findings(&self) -> &[ModelFinding] {
        &self.findings
    }

    /// Visits every pair that the rules in `places` produce, once, with the place of the first such rule among
    /// them.
    ///
    /// # Errors
    /// `splink/evaluation` where DuckDB would stop with an error.
    pub fn scan<S: Send>(
        &self,
        places: Range<usize>,
        start: impl Fn() -> S + Sync + Send,
        visit: impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send,
    ) -> Result<Scan<S>, Error> {
        let compiled = &self.rules[places];
        let conditions: Vec<Option<Box<Residual>>> = compiled
            .iter()
            .map(|rule| {
                let judge = rule.residual.as_ref()?;
                Some(Box::new(move |left, right| judge.level(left, right) == HOLDS) as Box<Residual>)
            })
            .collect();
        let rules = compiled
            .iter()
            .zip(&conditions)
            .map(|(rule, condition)| Rule {
                name: rule.sql.clone(),
                keys: rule.keys.iter().collect(),
                refine: Vec::new(),
                residual: condition.as_deref(),
                sieve: None,
            })
            .collect();
        let blocking = Blocking {
            records: self.records.frame().rows(),
            source: self.records.source(),
            kind: self.records.kind(),
            rules,
            excluded: None,
            one_block_in: 1,
            passes: 1,
            max_block_pairs: u64::MAX,
        };
        let scan = blocking.scan(start, visit);
        compiled.iter().try_for_each(CompiledRule::check_faults)?;
        Ok(scan)
    }
}

/// The levels of a residual condition.
const HOLDS: u8 = 2;
const DOES_NOT_HOLD: u8 = 1;

struct CompiledRule {
    sql: String,
    place: String,
    keys: Vec<KeyColumn>,
    residual: Option<FeatureComparator>,
}

impl CompiledRule {
    fn every_pair(records: &Records) -> CompiledRule {
        let keys = vec![KeyColumn::single(records.frame().rows(), |_| Some(1))];
        CompiledRule { sql: "every pair".to_owned(), place: "every pair".to_owned(), keys, residual: None }
    }

    fn new(
        records: &Records,
        rule: &BlockingRule,
        place: &str,
        findings: &mut Vec<ModelFinding>,
    ) -> Result<CompiledRule, Error> {
        let frame = records.frame();
        let columns = columns_of(frame, &rule.names, place)?;
        let exploded = exploded_columns(rule, place)?;
        let types = columns
            .iter()
            .enumerate()
            .map(|(number, column)| match (&frame.columns()[*column].value_type, exploded.contains(&number)) {
                (ValueType::List(item), true) => Ok((**item).clone()),
                (other, true) => Err(refused(place, format!("exploding a column of type {other}"))),
                (kind, false) => Ok(kind.clone()),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let bound = bind::condition(&rule.condition, &types, &mut Vec::new())
            .map_err(|refusal| unsupported(&refusal, place))?;
        let parts = match bound {
            Expression::And(parts) => parts,
            single => vec![single],
        };
        let (mut symmetric, mut asymmetric, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match equality(&part) {
                Some((left, right)) if left.on_left() == right.on_left() => symmetric.push(left.on_left()),
                Some((left, right)) => {
                    asymmetric.push((left.on_left(), right.on_left()));
                    others.push(part);
                }
                None => others.push(part),
            }
        }
        let tuples = Tuples::new(frame, columns);
        let mut keys = Vec::new();
        if !exploded.is_empty() {
            let reads_exploded = |part: &Expression| part.columns().iter().any(|column| exploded.contains(column));
            if symmetric.is_empty() || others.iter().any(reads_exploded) {
                return Err(refused(place, "an exploded column outside an equality of the same expression"));
            }
            keys.push(exploded_keys(records, &tuples, &symmetric, &exploded, place)?);
        } else if !symmetric.is_empty() {
            keys.push(joint_keys(records, &tuples, &symmetric, place)?);
        }
        for (left, right) in &asymmetric {
            keys.push(either_keys(records, &tuples, left, right, place)?);
        }
        if keys.is_empty() {
            findings.push(finding::ALL_PAIRS.at(place));
            keys.push(KeyColumn::single(frame.rows(), |_| Some(1)));
        }
        let residual = match others.is_empty() {
            true => None,
            false => {
                let conditions = [(Expression::And(others), HOLDS)];
                let judgement = Judgement {
                    conditions: &conditions,
                    otherwise: Some(DOES_NOT_HOLD),
                    level_count: usize::from(HOLDS) + 1,
                    names: &rule.names,
                };
                Some(FeatureComparator::new(frame, &judgement, &|_| place.to_owned())?)
            }
        };
        Ok(CompiledRule { sql: rule.sql.clone(), place: place.to_owned(), keys, residual })
    }

    fn check_faults(&self) -> Result<(), Error> {
        let faults: Option<Faults> = self.residual.as_ref().map(FeatureComparator::faults);
        match faults.and_then(|faults| faults.first()) {
            Some(fault) => Err(evaluation(&self.place, fault)),
            None => Ok(()),
        }
    }
}

/// The error for a value that DuckDB could not compute either.
pub(super) fn evaluation(place: &str, fault: &str) -> Error {
    Error::new(
        "splink/evaluation",
        format!("{place}: {fault}"),
        "clean the column (make empty texts missing), or guard the condition",
    )
}

fn refused(place: &str, what: impl Into<String>) -> Error {
    unsupported(&Refusal::new(what), place)
}

fn exploded_columns(rule: &BlockingRule, place: &str) -> Result<Vec<usize>, Error> {
    let number = |name: &String| {
        rule.names
            .all()
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
            .ok_or_else(|| refused(place, format!("exploding {name}, which the rule does not read")))
    };
    rule.arrays_to_explode.iter().map(number).collect()
}

/// The sides of an equality between something of the left record and something of the right one.
fn equality(part: &Expression) -> Option<(&Expression, &Expression)> {
    let Expression::Compare(Comparison::Equal, a, b) = part else { return None };
    match (a.sides(), b.sides()) {
        ((true, false), (false, true)) => Some((a, b)),
        ((false, true), (true, false)) => Some((b, a)),
        _ => None,
    }
}

/// One exact key for each distinct combination of the values of several expressions.
fn joint_keys(records: &Records, tuples: &Tuples, expressions: &[Expression], place: &str) -> Result<KeyColumn, Error> {
    let mut features = Features::default();
    let numbers: Vec<usize> = expressions.iter().map(|expression| features.number(expression)).collect();
    let table = features.compute(records.frame(), tuples);
    let mut joint = JointKeys::default();
    let keys = (0..tuples.len() as u32)
        .map(|tuple| joint.of(numbers.iter().map(|number| table.of(tuple)[*number])))
        .collect::<Result<Vec<_>, Fault>>()
        .map_err(|fault| evaluation(place, fault.message()))?;
    Ok(KeyColumn::single(records.frame().rows(), |record| keys[tuples.of_record[record as usize] as usize]))
}

/// A key for the value of either expression: a pair that agrees crosswise shares one. The condition itself
/// decides afterwards.
fn either_keys(
    records: &Records,
    tuples: &Tuples,
    left: &Expression,
    right: &Expression,
    place: &str,
) -> Result<KeyColumn, Error> {
    let mut features = Features::default();
    let numbers = [features.number(left), features.number(right)];
    let table = features.compute(records.frame(), tuples);
    for tuple in 0..tuples.len() as u32 {
        if let Some(fault) = table.of(tuple).iter().find_map(|id| Fault::of_id(*id)) {
            return Err(evaluation(place, fault.message()));
        }
    }
    Ok(KeyColumn::several(records.frame().rows(), |record, keys| {
        let ids = table.of(tuples.of_record[record as usize]);
        keys.extend(numbers.iter().map(|number| ids[*number]).filter(|id| *id != NULL_ID).map(u64::from));
    }))
}

/// One exact key for each combination of elements of the exploded lists.
fn exploded_keys(
    records: &Records,
    tuples: &Tuples,
    expressions: &[Expression],
    exploded: &[usize],
    place: &str,
) -> Result<KeyColumn, Error> {
    let mut dictionary = Dictionary::new();
    let mut joint = JointKeys::default();
    let mut keys: Vec<Vec<u64>> = Vec::with_capacity(tuples.len());
    for tuple in 0..tuples.len() {
        let mut own = Vec::new();
        for values in unnested(tuples.values(records.frame(), tuple), exploded) {
            let row = Row::Values(&values);
            let ids = expressions
                .iter()
                .map(|expression| {
                    let mut scope = Scope { left: row, right: row, parameters: Vec::new() };
                    evaluate(expression, &mut scope).map(|value| dictionary.intern(value))
                })
                .collect::<Result<Vec<u32>, Fault>>();
            let key = ids.and_then(|ids| joint.of(ids.into_iter()));
            own.extend(key.map_err(|fault| evaluation(place, fault.message()))?);
        }
        keys.push(own);
    }
    Ok(KeyColumn::several(records.frame().rows(), |record, own| {
        own.extend(&keys[tuples.of_record[record as usize] as usize]);
    }))
}

/// The rows that unnesting the lists of some columns gives: one for each combination of elements.
fn unnested(values: Vec<Value>, exploded: &[usize]) -> Vec<Vec<Value>> {
    let Some((column, rest)) = exploded.split_first() else { return vec![values] };
    let Value::List(items) = &values[*column] else { return Vec::new() };
    let with = |item: &Value| {
        let mut values = values.clone();
        values[*column] = item.clone();
        unnested(values, rest)
    };
    items.iter().flat_map(with).collect()
}

/// Numbers for combinations of value ids, from 1.
#[derive(Default)]
struct JointKeys {
    steps: HashMap<(u64, u32), u64, FxBuildHasher>,
}

impl JointKeys {
    /// The number of a combination; `None` when one of them is missing.
    fn of(&mut self, ids: impl Iterator<Item = u32>) -> Result<Option<u64>, Fault> {
        let mut joint = 0;
        for id in ids {
            if id == NULL_ID {
                return Ok(None);
            }
            if let Some(fault) = Fault::of_id(id) {
                return Err(fault);
            }
            let next = self.steps.len() as u64 + 1;
            joint = *self.steps.entry((joint, id)).or_insert(next);
        }
        Ok(Some(joint))
    }
}

/// The columns on whose plain equality a rule stands.
pub(super) fn exact_columns(rule: &BlockingRule) -> Vec<String> {
    let parts = match &rule.condition {
        Expression::And(parts) => parts.as_slice(),
        single => std::slice::from_ref(single),
    };
    let plain = |part: &Expression| match equality(part)? {
        (Expression::Column { column: a, .. }, Expression::Column { column: b, .. }) if a == b => {
            Some(rule.names.all()[*a].clone())
        }
        _ => None,
    };
    parts.iter().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_come_in_order_whoever_found_them(
            pairs in prop::collection::btree_set((0u32..50, 0u32..50), 0..300), parts in 1usize..5,
        ) {
            let sorted: Vec<Candidate> =
                pairs.iter().map(|&(left, right)| Candidate { left, right, rule: (left * right % 7) as u16 }).collect();
            let mut found = vec![Vec::new(); parts];
            sorted.iter().rev().enumerate().for_each(|(place, pair)| found[place % parts].push(*pair));
            prop_assert_eq!(in_order(found, 50), sorted);
        }

        #[test]
        fn long_lists_are_sorted_in_pieces(seed in 1u32..1_000) {
            let all = (0..300u32).flat_map(|left| (0..300).map(move |right| Candidate { left, right, rule: 0 }));
            let sorted: Vec<Candidate> = all.filter(|pair| (pair.left * 31 + pair.right * seed) % 5 > 0).collect();
            let mut found = sorted.clone();
            found.reverse();
            prop_assert_eq!(in_order(vec![found], 300), sorted);
        }
    }
}
