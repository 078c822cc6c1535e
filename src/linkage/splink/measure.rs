//! Numbers that tell how far two values are apart, computed no further than conditions ask for.

use super::distance;
use super::feature::FeatureTable;

/// How far two values are apart, or how alike they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    pub(super) kind: MeasureKind,
    /// All conditions ask for a similarity of at least this much, or a distance of at most this much; what
    /// cannot reach it need not be known exactly.
    pub(super) cut: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum MeasureKind {
    JaroWinkler,
    Jaro,
    Levenshtein,
    DamerauLevenshtein,
    AbsoluteDifference,
}

impl Measure {
    /// The measure of two values by id; where it lies beyond the cut, some number beyond the cut.
    #[inline]
    pub(super) fn of(&self, table: &FeatureTable, a: u32, b: u32) -> f64 {
        self.cut.and_then(|cut| self.beyond(table, a, b, cut)).unwrap_or_else(|| self.exact(table, a, b))
    }

    /// A value on the far side of `cut`, if the measure of these texts lies there for certain.
    #[inline]
    fn beyond(&self, table: &FeatureTable, a: u32, b: u32, cut: f64) -> Option<f64> {
        /// More than rounding can make of a similarity.
        const MARGIN: f64 = 1e-9;
        let (bag_a, bag_b) = (&table.bags[a as usize], &table.bags[b as usize]);
        let most = match self.kind {
            MeasureKind::Levenshtein | MeasureKind::DamerauLevenshtein => {
                let least = bag_a.least_distance(bag_b);
                return (least > cut).then_some(least);
            }
            MeasureKind::JaroWinkler => {
                let pairs = table.texts.get(a).iter().zip(table.texts.get(b));
                bag_a.most_jaro_winkler(bag_b, pairs.take(4).take_while(|(a, b)| a == b).count())
            }
            MeasureKind::Jaro => bag_a.most_jaro(bag_b),
            MeasureKind::AbsoluteDifference => return None,
        };
        (most + MARGIN < cut).then_some(0.0)
    }

    fn exact(&self, table: &FeatureTable, a: u32, b: u32) -> f64 {
        let text = |id: u32| table.texts.get(id);
        match self.kind {
            MeasureKind::JaroWinkler => distance::jaro_winkler_of_bytes(text(a), text(b)),
            MeasureKind::Jaro => distance::jaro_of_bytes(text(a), text(b)),
            MeasureKind::Levenshtein => distance::levenshtein_of_bytes(text(a), text(b)) as f64,
            MeasureKind::DamerauLevenshtein => match self.cut {
                Some(cut) => distance::damerau_levenshtein_within(text(a), text(b), cut) as f64,
                None => distance::damerau_levenshtein(text(a), text(b)) as f64,
            },
            MeasureKind::AbsoluteDifference => (table.numbers[a as usize] - table.numbers[b as usize]).abs(),
        }
    }
}
