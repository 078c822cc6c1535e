//! Why a pair has its weight: the prior, then one bar for each comparison.

use super::comparison::RecordIndex;
use super::model::{Compiled, Level, Model};
use super::parallel;
use super::score::{Bar, Weighs};
use super::table::Table;
use crate::error::Error;
use serde::Serialize;

/// The level of a bar that must not be shown.
pub const WITHHELD: &str = "withheld";

/// The waterfall of one pair. In bits: `prior`, and each bar's `weight` and `term_frequency`, and
/// `household` add up to `match_weight`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waterfall<'m> {
    /// The log2 odds that two random records match.
    pub prior: f64,
    /// One bar for each comparison, in the model's order.
    pub bars: Vec<WaterfallBar<'m>>,
    /// What is taken off because two children born together would explain the pair as well; 0 for a
    /// model without a household class.
    pub household: f64,
    /// The match weight.
    pub match_weight: f64,
}

impl Waterfall<'_> {
    /// Leaves out what comparisons of residence and practice found: their level, probabilities and weight. The sum
    /// of the bars is then not the match weight.
    pub fn withhold_whereabouts(&mut self, model: &Model) {
        for (bar, comparison) in self.bars.iter_mut().zip(&model.comparisons) {
            let whereabouts =
                |level: &Level| level.when.starts_with("residence/") || level.when.starts_with("practice/");
            if comparison.levels.iter().any(whereabouts) {
                let comparison = bar.comparison;
                *bar = WaterfallBar { comparison, level: WITHHELD, m: None, u: None, weight: 0.0, term_frequency: 0.0 };
            }
        }
    }
}

/// One comparison of a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaterfallBar<'m> {
    /// The comparison.
    pub comparison: &'m str,
    /// The level, in the model's words.
    pub level: &'m str,
    /// P(level | match); `None` for no evidence.
    pub m: Option<f64>,
    /// P(level | chance pair); `None` for no evidence.
    pub u: Option<f64>,
    /// log2(m / u); 0 for no evidence.
    pub weight: f64,
    /// The part that the rarity of the value agreed on adds or takes.
    pub term_frequency: f64,
}

/// The waterfall of each pair, in the order given.
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate` and its kin.
pub fn explain<'m>(
    table: &Table,
    model: &'m Model,
    pairs: &[(RecordIndex, RecordIndex)],
) -> Result<Vec<Waterfall<'m>>, Error> {
    let compiled = Compiled::for_pairs(&table.fields, Some(model));
    let scorer = compiled.scorer(model)?;
    let pieces = parallel::map(pairs.len().div_ceil(parallel::PIECE), |piece| {
        let own = pairs.chunks(parallel::PIECE).nth(piece).unwrap_or_default().iter();
        own.map(|&(left, right)| Measured::of(&scorer, left, right).waterfall(model)).collect::<Vec<_>>()
    });
    Ok(pieces.into_iter().flatten().collect())
}

/// A pair's weight in parts, without the model's words: what a waterfall is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    prior: f64,
    bars: Vec<Bar>,
    household: f64,
    match_weight: f64,
}

impl Measured {
    /// Measures a pair.
    pub(crate) fn of(scorer: &impl Weighs, left: RecordIndex, right: RecordIndex) -> Measured {
        let score = scorer.weigh(left, right);
        Measured {
            prior: scorer.start_weight(),
            bars: scorer.measure(left, right),
            household: score.weight - score.against_chance,
            match_weight: score.weight,
        }
    }

    /// The waterfall in the words of the model that it was measured by.
    pub fn waterfall<'m>(&self, model: &'m Model) -> Waterfall<'m> {
        let bars = self.bars.iter().zip(&model.comparisons).map(|(bar, comparison)| {
            let place = comparison.level_indices().position(|index| index == usize::from(bar.level));
            let level: Option<&Level> = place.and_then(|place| comparison.levels.get(place));
            let evidence = level.filter(|level| !level.is_null_level);
            WaterfallBar {
                comparison: &comparison.name,
                level: level.map_or("", |level| &level.label),
                m: evidence.and_then(|level| level.m),
                u: evidence.and_then(|level| level.u),
                weight: bar.weight,
                term_frequency: bar.term_frequency,
            }
        });
        Waterfall {
            prior: self.prior,
            bars: bars.collect(),
            household: self.household,
            match_weight: self.match_weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::TableBuilder;

    #[test]
    fn the_bars_add_up_to_the_match_weight() {
        let mut chunk = TableBuilder::new(0);
        let source = chunk.source("births");
        for (row, given) in [(1, "Amara"), (2, "Amara"), (3, "")] {
            let id = row.to_string();
            let mut fields = RawFields::new();
            fields.set(Column::RecordId, &id);
            fields.set(Column::GivenName, given);
            fields.set(Column::FamilyName, "Okafor");
            fields.set(Column::BirthDate, "2019-03-12");
            chunk.push(source, row, &fields);
        }
        let table = Table::build(vec![chunk]).table;
        let model = Model::child_health();
        let waterfalls = explain(&table, &model, &[(0, 1), (0, 2)]).unwrap();
        for waterfall in &waterfalls {
            assert_eq!(waterfall.bars.len(), model.comparisons.len());
            let bars: f64 = waterfall.bars.iter().map(|bar| bar.weight + bar.term_frequency).sum();
            let sum = waterfall.prior + bars + waterfall.household;
            assert!((sum - waterfall.match_weight).abs() < 1e-9, "{sum} {}", waterfall.match_weight);
        }
        let given = |n: usize| waterfalls[n].bars.iter().find(|bar| bar.comparison == "given_name").unwrap();
        assert!(given(0).weight > 0.0 && given(0).m > given(0).u);
        assert_eq!((given(1).m, given(1).weight), (None, 0.0), "a missing name is no evidence");
    }
}
