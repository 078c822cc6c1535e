//! Numbers that tell how far two values are apart, computed no further than conditions ask for.

use super::distance;
use super::feature::FeatureTable;
use crate::linkage::frame::NULL_ID;

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
    /// The lesser of two numbers; a missing one does not count.
    Lesser,
    /// The greater of two numbers, likewise.
    Greater,
    /// 1 if the first text holds the second, else 0; likewise those below.
    Contains,
    StartsWith,
    EndsWith,
    /// The second is a text with wildcards.
    Like,
    /// The sets of bytes of two texts that are not empty.
    Jaccard,
    /// How many elements two lists have in common, each counted once.
    Shared,
    /// Whether two lists have an element in common.
    HasAny,
    /// Whether the first list has every element of the second.
    HasAll,
}

impl MeasureKind {
    /// Whether it is the same whichever of the two values comes first.
    pub(super) fn is_symmetric(self) -> bool {
        use MeasureKind::*;
        !matches!(self, Contains | StartsWith | EndsWith | Like | HasAll)
    }
}

impl Measure {
    /// The measure of two values by id, if they are known; where it lies beyond the cut, some number beyond the cut.
    #[inline]
    pub(super) fn of(&self, table: &FeatureTable, a: u32, b: u32) -> Option<f64> {
        if a != NULL_ID && b != NULL_ID {
            let beyond = self.cut.and_then(|cut| self.beyond(table, a, b, cut));
            return Some(beyond.unwrap_or_else(|| self.exact(table, a, b)));
        }
        let known = if a == NULL_ID { b } else { a };
        match self.kind {
            MeasureKind::Lesser | MeasureKind::Greater if known != NULL_ID => Some(table.numbers[known as usize]),
            _ => None,
        }
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
            _ => return None,
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
            MeasureKind::Lesser => table.numbers[a as usize].min(table.numbers[b as usize]),
            // NaN stands above every number.
            MeasureKind::Greater => match (table.numbers[a as usize], table.numbers[b as usize]) {
                (a, b) if a.is_nan() || b.is_nan() => f64::NAN,
                (a, b) => a.max(b),
            },
            MeasureKind::Contains => truth(contains(text(a), text(b))),
            MeasureKind::StartsWith => truth(text(a).starts_with(text(b))),
            MeasureKind::EndsWith => truth(text(a).ends_with(text(b))),
            MeasureKind::Like => truth(like(table, a, b)),
            MeasureKind::Jaccard => distance::jaccard_of_bytes(text(a), text(b)),
            MeasureKind::Shared => table.lists.shared(a, b) as f64,
            MeasureKind::HasAny => truth(table.lists.shared(a, b) > 0),
            MeasureKind::HasAll => truth(table.lists.shared(a, b) == table.lists.get(b).len()),
        }
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// Whether a text fits another with wildcards. Most have one at their end and no other.
fn like(table: &FeatureTable, a: u32, b: u32) -> bool {
    if let Some((b'%', start)) = table.texts.get(b).split_last()
        && !start.iter().any(|byte| matches!(byte, b'%' | b'_'))
    {
        return table.texts.get(a).starts_with(start);
    }
    let text = |id: u32| table.values()[id as usize].as_text().unwrap_or_default();
    super::function::like(text(a), text(b), None)
}

/// Whether a text holds another.
fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|part| part == wanted)
}
