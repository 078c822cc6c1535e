//! Weighed pairs as a table, its columns named as Splink names them.

use super::linked::pair_keys;
use super::sheet::{Kind, Sheet, SheetColumn};
use crate::error::Error;
use crate::linkage::comparison::TermFrequency;
use crate::linkage::model::{Compiled, Model};
use crate::linkage::score::probability;
use crate::linkage::table::Table;
use crate::linkage::weighed::WeighedPair;
use std::io::Write;

/// The columns: the pair's keys, `match_key` (the number of the blocking rule, from 0), then for each comparison
/// `gamma_*` (-1 for no evidence) and `mw_*`; for those adjusted by frequency `tf_*_l`, `tf_*_r` (empty at a level
/// that is not adjusted) and `mw_tf_adj_*`; `mw_household`, what is taken off since two children born together
/// would explain the pair as well; `match_weight` and `match_probability`. Weights are in bits.
pub fn weighed_columns(model: &Model) -> Vec<SheetColumn> {
    let mut columns = pair_keys();
    columns.push(("match_key".to_owned(), Kind::Text));
    let names = || model.comparisons.iter().map(|comparison| comparison.name.as_str());
    columns.extend(names().map(|name| (format!("gamma_{name}"), Kind::Integer)));
    columns.extend(names().map(|name| (format!("mw_{name}"), Kind::Number)));
    for (_, name) in adjusted(model) {
        columns.extend(["_l", "_r"].map(|side| (format!("tf_{name}{side}"), Kind::Number)));
    }
    columns.extend(adjusted(model).map(|(_, name)| (format!("mw_tf_adj_{name}"), Kind::Number)));
    columns.extend(["mw_household", "match_weight", "match_probability"].map(|name| (name.to_owned(), Kind::Number)));
    columns
}

/// The comparisons with a term-frequency adjustment, with their places.
fn adjusted(model: &Model) -> impl Iterator<Item = (usize, &str)> {
    let all = model.comparisons.iter().enumerate();
    all.filter(|(_, comparison)| comparison.levels.iter().any(|level| level.term_frequency.is_some()))
        .map(|(place, comparison)| (place, comparison.name.as_str()))
}

/// Writes weighed pairs under [`weighed_columns`], in their order.
///
/// # Errors
/// `output/cannot-write`; those of a model that does not fit this version.
pub fn write_weighed<W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    model: &Model,
    pairs: &[WeighedPair],
) -> Result<(), Error> {
    let compiled = Compiled::for_pairs(&table.fields, Some(model));
    let scorer = compiled.scorer(model)?;
    let places: Vec<usize> = adjusted(model).map(|(place, _)| place).collect();
    sheet.rows(pairs.len(), |index, row| {
        let WeighedPair { left, right, rule, score } = pairs[index];
        for record in [left, right] {
            row.text(table.source(record));
            row.text(table.record_id(record));
        }
        row.text(&rule.map(|rule| rule.to_string()).unwrap_or_default());
        let bars = scorer.bars(left, right);
        bars.iter().for_each(|bar| row.integer(i64::from(bar.level) - 1));
        bars.iter().for_each(|bar| row.number(bar.weight));
        for &place in &places {
            let level = usize::from(bars[place].level);
            let frequency: Option<&TermFrequency> =
                scorer.comparisons()[place].term_frequency.get(level).and_then(Option::as_ref);
            [left, right]
                .into_iter()
                .for_each(|record| row.number(frequency.map_or(f64::NAN, |term| term.frequency_of(record))));
        }
        places.iter().for_each(|&place| row.number(bars[place].term_frequency));
        row.number(score.weight - score.against_chance);
        row.number(score.weight);
        row.number(probability(score.weight));
    })
}
