//! m from pairs that people, or a column, say are of one child.

use super::{Outcome, Session};
use crate::error::Error;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::estimate::latent::{Class, Estimate};
use crate::linkage::model::Model;
use crate::linkage::score::Scorer;

/// A pair known to be of one child.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledPair {
    /// One record.
    pub left: RecordIndex,
    /// The other record.
    pub right: RecordIndex,
    /// How many pairs it stands for: 1, or more for a pair drawn from a stratum that was read in part.
    pub weight: f64,
}

/// Pairs that a column of labels may always ask for, and pairs for each record beyond.
const ALWAYS: u64 = 10_000_000;
const FOR_EACH_RECORD: u64 = 20;

/// Whether the pairs within groups of these sizes, records with one value of a column of labels, are so few that the
/// column can be of children: one with few values, such as sex, asks for more pairs than any memory holds.
///
/// # Errors
/// `train/label-column`, with the size of the largest group.
pub fn check_groups(sizes: impl IntoIterator<Item = u64>) -> Result<(), Error> {
    let (mut records, mut pairs, mut largest) = (0u64, 0u64, 0u64);
    for size in sizes {
        records += size;
        pairs = pairs.saturating_add(size.saturating_mul(size.saturating_sub(1)) / 2);
        largest = largest.max(size);
    }
    let most = ALWAYS.max(FOR_EACH_RECORD * records);
    if pairs <= most {
        return Ok(());
    }
    Err(Error::new(
        "train/label-column",
        format!(
            "the largest group of records with one value of the label column has {largest} records; within all groups \
             there are {pairs} pairs, more than the {most} allowed"
        ),
        "name a column whose values each stand for one child, or list the pairs with --labels",
    ))
}

/// What labelled pairs teach of m: counts of levels, leaning on the model's own m by its `m_strength`.
pub(super) fn learn(scorer: &Scorer, model: &Model, labels: &[LabelledPair]) -> Outcome {
    let mut counts: Vec<Vec<f64>> = model.comparisons.iter().map(|own| vec![0.0; own.gammas() + 1]).collect();
    let mut total = 0.0;
    for label in labels {
        let (left, right) = (label.left.min(label.right), label.left.max(label.right));
        total += label.weight;
        for (own, level) in counts.iter_mut().zip(scorer.codec().unpack(scorer.pattern(left, right))) {
            own[usize::from(level)] += label.weight;
        }
    }
    let strength = model.training.m_strength;
    let m_of = |(comparison, counts): (&crate::linkage::model::Comparison, &Vec<f64>)| {
        let seen: f64 = counts.iter().skip(1).sum();
        let mut m = comparison.probabilities(|level| level.m);
        for (m, count) in m.iter_mut().zip(counts).skip(1) {
            *m = (count + strength * *m) / (seen + strength);
        }
        m
    };
    let probability = model.comparisons.iter().zip(&counts).map(m_of).collect();
    let class = Class { share: 1.0, probability, trained: true };
    let session = Session {
        keys: vec!["labels".to_owned()],
        pairs: labels.len() as u64,
        one_block_in: 1,
        matches: total,
        household: 0.0,
        iterations: 0,
        converged: true,
    };
    let estimate =
        Estimate { classes: vec![class], support: vec![counts], iterations: 0, change: 0.0, converged: true };
    Outcome { session, active: vec![true; model.comparisons.len()], estimate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::blocking::LinkKind;
    use crate::linkage::estimate::train_with_labels;
    use crate::linkage::table::{Table, TableBuilder};

    #[test]
    fn m_is_the_share_of_levels_among_labelled_pairs() {
        let mut chunk = TableBuilder::new(0);
        let source = chunk.source("births");
        for row in 0..400 {
            let (id, child) = (format!("{row:03}"), row / 2);
            let family = format!("Okafor{}", "x".repeat(child % 40));
            let sex = if row % 10 == 9 { "1" } else { "2" };
            let mut fields = RawFields::new();
            fields.set(Column::RecordId, &id);
            fields.set(Column::FamilyName, &family);
            fields.set(Column::Sex, sex);
            chunk.push(source, row as u32 + 1, &fields);
        }
        let table = Table::build(vec![chunk]).table;
        let mut model = Model::child_health();
        model.training.m_strength = 0.0;
        let pair = |child: u32| LabelledPair { left: 2 * child, right: 2 * child + 1, weight: 1.0 };
        let labels: Vec<LabelledPair> = (0..200).map(pair).collect();
        let (trained, report) = train_with_labels(&table, &model, LinkKind::LinkAndDedupe, 0, &labels).unwrap();
        let sex = trained.comparisons.iter().find(|comparison| comparison.name == "sex").unwrap();
        // One child in five has one record with the other sex.
        assert!((sex.probabilities(|level| level.m)[1] - 0.2).abs() < 1e-12);
        assert_eq!(report.sessions.last().map(|session| session.matches), Some(200.0));
    }
}
