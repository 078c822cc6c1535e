//! What the blocking rules of a Splink model bring, one by one and together.

use super::blocking::CompiledRules;
use super::finding::ModelFinding;
use super::records::Records;
use super::score::CompiledModel;
use super::settings::SplinkModel;
use crate::error::Error;
use crate::linkage::blocking_analysis::{BlockingAnalysis, Walk, true_pairs};
use crate::linkage::comparison::RecordIndex;

/// Walks the pairs of each rule alone, and of all together. A match is a pair whose records have the same value in
/// `truth_column`; without one, a pair that weighs at least `match_from` bits, so that recall is then an estimate
/// among the pairs that any rule finds.
///
/// # Errors
/// `splink/missing-column`, `splink/unsupported-sql`, `splink/evaluation`.
pub fn analyse_blocking(
    records: &Records,
    model: &SplinkModel,
    truth_column: Option<&str>,
    match_from: f64,
) -> Result<(BlockingAnalysis, Vec<ModelFinding>), Error> {
    let rules = CompiledRules::new(records, &model.blocking_rules)?;
    let compiled = CompiledModel::new(records, model)?;
    let person = truth_column.map(|name| records.column(name)).transpose()?.map(|column| column.ids());
    let is_match = |left: RecordIndex, right: RecordIndex| match person {
        Some(person) => person[left as usize] != 0 && person[left as usize] == person[right as usize],
        None => compiled.weigh(&[(left, right)])[0] >= match_from,
    };
    let walk = |places: std::ops::Range<usize>| {
        let count = places.len();
        let scan = rules.scan(
            places,
            || vec![0u64; count],
            |matches, rule, left, right| matches[rule] += u64::from(is_match(left, right)),
        )?;
        compiled.check_faults()?;
        Ok(Walk::of(scan, count))
    };
    let true_matches = person.map(|person| true_pairs(records.source(), records.kind(), person));
    let analysis = BlockingAnalysis::of_walks(rules.len(), true_matches, walk)?;
    Ok((analysis, rules.findings().to_vec()))
}
