//! Keys whose records stand side by side.

use super::block::{Choice, Entry};
use super::keys::KeyColumn;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::hash;
use crate::order;
use std::ops::Range;

/// Records side by side that share a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first record of any run of this key.
    first: RecordIndex,
    pub(super) key: u64,
    pub(super) records: Range<RecordIndex>,
    /// The place of the key among those of its records.
    place: usize,
}

impl Run {
    /// A record of the run under its key, the first of several.
    #[inline]
    pub(super) fn begun(&self, record: RecordIndex) -> Entry {
        Entry { key: hash::join(0, self.key), record, choice: Choice::default().with(0, self.place) }
    }
}

/// The runs of the keys that at least two records share, those of one key together and the keys in order of their
/// first records, if the records of a key stand side by side. Where a record has several keys, those of a key
/// may stand in as many places as a record has keys. `None` if they do not, or if nearly every record has a key
/// of its own.
pub(super) fn runs_of(column: &KeyColumn, records: RecordIndex) -> Option<Vec<Run>> {
    if matches!(column, KeyColumn::Several { .. } | KeyColumn::SeveralNumbers { .. }) {
        return None;
    }
    let (mut runs, mut start, mut most) = (Vec::new(), 0, 1);
    while start < records {
        let keys = column.keys(start);
        let mut end = start + 1;
        while end < records && column.keys(end) == keys {
            end += 1;
        }
        let run = |(place, key)| Run { first: 0, key, records: start..end, place };
        runs.extend(keys.iter().enumerate().map(run));
        most = most.max(keys.len());
        if runs.len() > most * (records as usize / 4 + 1) {
            return None;
        }
        start = end;
    }
    order::sort_by(&mut runs, |one: &Run, other| (one.key, one.records.start).cmp(&(other.key, other.records.start)));
    let mut shared = Vec::with_capacity(runs.len());
    for of_one_key in runs.chunk_by(|one, other| one.key == other.key) {
        if of_one_key.len() > most {
            return None;
        }
        let first = of_one_key[0].records.start;
        if of_one_key.iter().map(|run| run.records.len()).sum::<usize>() > 1 {
            shared.extend(of_one_key.iter().map(|run| Run { first, ..run.clone() }));
        }
    }
    order::sort_by(&mut shared, |one, other| {
        (one.first, one.key, one.records.start).cmp(&(other.first, other.key, other.records.start))
    });
    Some(shared)
}

/// The runs in pieces of at least so many records, but for the last; those of one key together.
pub(super) fn in_pieces(runs: &[Run], records: usize) -> Vec<&[Run]> {
    let (mut pieces, mut start, mut held, mut end) = (Vec::new(), 0, 0, 0);
    for of_one_key in runs.chunk_by(|one, other| one.key == other.key) {
        held += of_one_key.iter().map(|run| run.records.len()).sum::<usize>();
        end += of_one_key.len();
        if held >= records {
            pieces.push(&runs[start..end]);
            (start, held) = (end, 0);
        }
    }
    pieces.push(&runs[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// The keys of runs and where these stand.
    fn found(column: &KeyColumn, records: usize) -> Option<Vec<(u64, Range<RecordIndex>)>> {
        let runs = runs_of(column, records as RecordIndex)?;
        Some(runs.into_iter().map(|run| (run.key, run.records)).collect())
    }

    #[test]
    fn records_of_a_key_must_stand_side_by_side() {
        let runs = |keys: &[u64]| {
            let values = Arc::new((0..keys.len() as u32).collect());
            let by_value = KeyColumn::by_value(values, keys.iter().map(|&key| Some(key).filter(|&key| key != 0)));
            let runs = found(&KeyColumn::Single(keys.to_vec()), keys.len());
            assert_eq!(runs, found(&by_value, keys.len()));
            runs
        };
        assert_eq!(runs(&[0, 7, 7, 7, 0, 3, 3, 9, 9]), Some(vec![(7, 1..4), (3, 5..7), (9, 7..9)]));
        assert_eq!(runs(&[7, 7, 7, 3, 3, 3, 7, 3]), None, "7 comes twice");
        assert_eq!(runs(&[1, 2, 3, 4, 5, 6, 7, 8]), None, "nearly all differ");
    }

    #[test]
    fn a_key_of_several_may_stand_in_as_many_places() {
        let several = |values: &[u32]| {
            let keys = [vec![7], vec![3, 7], vec![3], vec![5]];
            let places = [0, 1, 2, 3];
            let values: Vec<u32> = values.to_vec();
            let records = values.len();
            let column = KeyColumn::several_by_value(Arc::new(values), &places, |place: usize, own| {
                own.extend(&keys[place]);
            });
            found(&column, records)
        };
        assert_eq!(
            several(&[0, 0, 1, 1, 1, 2, 2, 3]),
            Some(vec![(7, 0..2), (7, 2..5), (3, 2..5), (3, 5..7)]),
            "5 has one record"
        );
        assert_eq!(several(&[0, 1, 0, 1, 0, 0, 0, 0]), None, "7 comes four times");
    }

    #[test]
    fn pieces_hold_all_runs_in_order() {
        let run = |key, records: Range<RecordIndex>| Run { first: records.start, key, records, place: 0 };
        let runs = [run(1, 0..2), run(2, 2..5), run(2, 5..9), run(3, 9..11), run(4, 11..13)];
        let pieces = in_pieces(&runs, 5);
        assert_eq!(pieces, [&runs[..3], &runs[3..]]);
        assert_eq!(in_pieces(&[], 5).concat(), []);
    }
}
