//! Two records, compared.

use super::error::Thrown;
use super::record::raw_fields;
use super::result::to_json;
use crate::identity::column::Column;
use crate::linkage::explain::{Waterfall, explain};
use crate::linkage::guards::Guards;
use crate::linkage::model::Model;
use crate::linkage::score::probability;
use crate::linkage::table::{Table, TableBuilder};
use crate::linkage::{LinkOptions, link};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// `PairComparison` of the package's types.
#[derive(Serialize)]
struct PairShape<'m> {
    decision: &'static str,
    guards: Vec<&'static str>,
    match_weight: f64,
    match_probability: f64,
    waterfall: Waterfall<'m>,
}

/// Compares two records by the built-in model or the one given. Two records say nothing of how common
/// their values are, so no weight is adjusted by the frequency of a value.
#[wasm_bindgen(js_name = comparePair)]
pub fn compare_pair(
    left_shape: &[u32],
    left_texts: &str,
    right_shape: &[u32],
    right_texts: &str,
    model: Option<String>,
) -> Result<String, Thrown> {
    let mut model = model.map_or_else(|| Ok(Model::child_health()), |text| Model::from_json(&text))?;
    for level in model.comparisons.iter_mut().flat_map(|comparison| &mut comparison.levels) {
        level.term_frequency = None;
    }
    let mut chunk = TableBuilder::new(0);
    for (name, shape, texts) in [("left", left_shape, left_texts), ("right", right_shape, right_texts)] {
        let mut fields = raw_fields(shape, texts);
        // Two sources, so that no two keys are equal and the left record stands first.
        fields.set(Column::RecordId, name);
        let source = chunk.source(name);
        chunk.push(source, 1, &fields);
    }
    let table = Table::build(vec![chunk]).table;
    let linked = link(&table, &model, &LinkOptions { skip_training: true, ..LinkOptions::default() })?;
    let (decision, guards) = match (linked.pairs.first(), linked.restricted.first()) {
        (Some(pair), _) => (pair.decision.as_str(), pair.guards),
        (None, Some(pair)) => ("restricted", pair.guards),
        (None, None) => ("distinct", Guards::NONE),
    };
    let waterfall = explain(&table, &model, &[(0, 1)])?.into_iter().next();
    to_json(&waterfall.map(|waterfall| PairShape {
        decision,
        guards: guards.iter().map(|guard| guard.code()).collect(),
        match_weight: waterfall.match_weight,
        match_probability: probability(waterfall.match_weight),
        waterfall,
    }))
}
