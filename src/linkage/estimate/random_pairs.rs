//! u from random pairs: how often records of different children agree by chance.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::score::Scorer;
use crate::linkage::{hash, parallel};
use crate::order;

/// Counts of levels among random pairs, by comparison and engine level.
pub(super) struct LevelCounts {
    pub(super) counts: Vec<Vec<u64>>,
    pub(super) pairs: u64,
}

/// A number for each record that depends on its key and the seed, never on its place.
pub(super) fn record_hashes(keys: impl Fn(RecordIndex) -> u64 + Sync + Send, records: usize, seed: u64) -> Vec<u64> {
    const PIECE: usize = 1 << 14;
    parallel::map(records.div_ceil(PIECE), |piece| {
        let own = piece * PIECE..((piece + 1) * PIECE).min(records);
        own.map(|record| hash::join(hash::of_word(seed), keys(record as RecordIndex))).collect::<Vec<_>>()
    })
    .concat()
}

/// The records of least hash, so many that they make about `pairs` pairs.
pub(super) fn sample(hashes: &[u64], pairs: u64) -> Vec<RecordIndex> {
    least(hashes, ((libm::sqrt(8.0 * pairs as f64 + 1.0) + 1.0) / 2.0) as usize)
}

/// So many records of least hash, in no particular order; all if there are no more.
pub(super) fn least(hashes: &[u64], wanted: usize) -> Vec<RecordIndex> {
    let all = hashes.len() as RecordIndex;
    // Hashes are spread evenly: twice the wanted share of them, and a few, nearly always hold the wanted ones.
    let bound = (2 * wanted as u64 + 64).saturating_mul(u64::MAX / u64::from(all.max(1)));
    let mut records: Vec<RecordIndex> = (0..all).filter(|&record| hashes[record as usize] <= bound).collect();
    if records.len() < wanted {
        records = (0..all).collect();
    }
    if wanted < records.len() {
        order::sort_by_word(&mut records, |&record| hashes[record as usize]);
        records.truncate(wanted);
    }
    records
}

/// Compares all pairs of these records. Pairs that the starting model takes for one child or one household
/// are left out: they are not there by chance.
pub(super) fn count_levels(scorer: &Scorer, records: &[RecordIndex]) -> LevelCounts {
    let empty = || -> Vec<Vec<u64>> {
        scorer.comparisons().iter().map(|comparison| vec![0; comparison.comparator.level_count()]).collect()
    };
    let rows = parallel::map(records.len(), |row| {
        let (mut counts, mut kept) = (empty(), 0);
        let mut levels = vec![0; counts.len()];
        for &left in &records[..row] {
            let score = scorer.score_telling(left, records[row], |place, level| levels[place] = level);
            if score.weight < 0.0 && !score.is_household() {
                kept += 1;
                counts.iter_mut().zip(&levels).for_each(|(count, &level)| count[usize::from(level)] += 1);
            }
        }
        (counts, kept)
    });
    let mut total = LevelCounts { counts: empty(), pairs: 0 };
    for (counts, pairs) in rows {
        total.pairs += pairs;
        for (sum, count) in total.counts.iter_mut().flatten().zip(counts.iter().flatten()) {
            *sum += count;
        }
    }
    total
}
