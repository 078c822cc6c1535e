//! What other thresholds would have done: precision and recall by threshold, ROC, calibration.

use super::PairCounts;

/// A pair with its match weight, and whether it is of one person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedPair {
    /// Bits, prior included.
    pub weight: f64,
    /// True when both records are of one person.
    pub same: bool,
}

/// What linking all pairs of at least one weight does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThresholdRow {
    /// Pairs of this weight or more are linked. Bits.
    pub weight: f64,
    /// The pairs themselves, without what follows from them in clusters.
    pub pairs: PairCounts,
    /// The share of the pairs of different persons that are linked: the ROC's horizontal axis.
    pub false_positive_rate: f64,
}

/// One row per whole bit between the least and the greatest weight, greatest first.
///
/// `actual` counts all pairs of one person, found or not; `different` all pairs of different persons
/// among the records.
///
/// ```
/// use childlink::linkage::evaluate::curve::{JudgedPair, thresholds};
/// let pairs = [(9.5, true), (4.0, true), (4.2, false)].map(|(weight, same)| JudgedPair { weight, same });
/// let rows = thresholds(&pairs, 4, 100);
/// assert_eq!(rows.first().map(|row| (row.weight, row.pairs.precision())), Some((9.0, 1.0)));
/// assert_eq!(rows.last().map(|row| (row.weight, row.pairs.recall())), Some((4.0, 0.5)));
/// ```
pub fn thresholds(pairs: &[JudgedPair], actual: u64, different: u64) -> Vec<ThresholdRow> {
    let mut pairs: Vec<JudgedPair> = pairs.iter().copied().filter(|pair| pair.weight.is_finite()).collect();
    pairs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return Vec::new() };
    let (highest, lowest) = (first.weight.floor() as i64, last.weight.floor() as i64);
    let mut counts = PairCounts { actual, ..PairCounts::default() };
    let mut rest = pairs.iter().peekable();
    let mut rows = Vec::new();
    for bit in (lowest..=highest).rev() {
        while let Some(pair) = rest.next_if(|pair| pair.weight >= bit as f64) {
            counts.found += 1;
            counts.correct += u64::from(pair.same);
        }
        let false_positive_rate = (counts.found - counts.correct) as f64 / different.max(1) as f64;
        rows.push(ThresholdRow { weight: bit as f64, pairs: counts, false_positive_rate });
    }
    rows
}

/// The threshold at which linking the listed pairs has the greatest F1, with what it does; of several,
/// the highest.
pub fn best_threshold(pairs: &[JudgedPair], actual: u64) -> Option<(f64, PairCounts)> {
    let mut pairs: Vec<JudgedPair> = pairs.to_vec();
    pairs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let mut counts = PairCounts { actual, ..PairCounts::default() };
    let mut best: Option<(f64, PairCounts)> = None;
    for tied in pairs.chunk_by(|a, b| a.weight == b.weight) {
        counts.found += tied.len() as u64;
        counts.correct += tied.iter().filter(|pair| pair.same).count() as u64;
        if best.is_none_or(|(_, so_far)| counts.f1() > so_far.f1()) {
            best = Some((tied[0].weight, counts));
        }
    }
    best
}

/// Pairs to which the model gives about one probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// The least probability of the bin, included.
    pub from: f64,
    /// The greatest, excluded but for 1.
    pub to: f64,
    /// Its pairs.
    pub pairs: u64,
    /// The mean probability that the model gives them.
    pub expected: f64,
    /// The share that is of one person.
    pub observed: f64,
}

/// Where bins end: finer near 1, where decisions fall.
const BIN_ENDS: [f64; 9] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];

/// How far the model's probabilities are true. Bins without pairs are left out.
pub fn calibration(pairs: &[JudgedPair]) -> Vec<CalibrationBin> {
    let mut sums = [(0u64, 0.0f64, 0u64); BIN_ENDS.len()];
    for pair in pairs.iter().filter(|pair| !pair.weight.is_nan()) {
        let probability = super::super::score::probability(pair.weight);
        let bin = BIN_ENDS.partition_point(|&end| end <= probability).min(BIN_ENDS.len() - 1);
        sums[bin].0 += 1;
        sums[bin].1 += probability;
        sums[bin].2 += u64::from(pair.same);
    }
    let from = |bin: usize| if bin == 0 { 0.0 } else { BIN_ENDS[bin - 1] };
    let row = |(bin, &(pairs, expected, same)): (usize, &(u64, f64, u64))| CalibrationBin {
        from: from(bin),
        to: BIN_ENDS[bin],
        pairs,
        expected: expected / pairs as f64,
        observed: same as f64 / pairs as f64,
    };
    sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(f64, bool)]) -> Vec<JudgedPair> {
        pairs.iter().map(|&(weight, same)| JudgedPair { weight, same }).collect()
    }

    #[test]
    fn the_best_threshold_takes_tied_pairs_together() {
        let pairs = judged(&[(10.0, true), (8.0, true), (5.0, false), (5.0, true), (1.0, false)]);
        let (weight, counts) = best_threshold(&pairs, 3).unwrap();
        // At 5: 3 right of 4, F1 6/7; at 8: 2 right of 2, F1 4/5.
        assert_eq!((weight, counts.correct, counts.found), (5.0, 3, 4));
        assert_eq!(best_threshold(&[], 3), None);
    }

    #[test]
    fn a_model_that_tells_the_truth_is_calibrated() {
        // Weight 0 is a probability of a half; 1 in 2 pairs is of one person.
        let bins = calibration(&judged(&[(0.0, true), (0.0, false), (40.0, true), (f64::INFINITY, true)]));
        assert_eq!(bins.len(), 2);
        assert_eq!((bins[0].from, bins[0].to, bins[0].expected, bins[0].observed), (0.5, 0.75, 0.5, 0.5));
        assert_eq!((bins[1].pairs, bins[1].observed), (2, 1.0));
    }
}
