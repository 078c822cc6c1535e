//! Keys whose records stand side by side.

use super::keys::KeyColumn;
use crate::linkage::comparison::RecordIndex;
use std::ops::Range;

/// The runs of at least two records of one key, in order, if every key of the column has its records
/// side by side. `None` if any has not, or if nearly every record has a key of its own.
pub(super) fn runs_of(column: &KeyColumn, records: RecordIndex) -> Option<Vec<Range<RecordIndex>>> {
    let (mut runs, mut first_keys, mut start) = (Vec::new(), Vec::new(), 0);
    while start < records {
        let key = column.only_key(start)?;
        let mut end = start + 1;
        while end < records && column.only_key(end) == Some(key) {
            end += 1;
        }
        if key != 0 {
            first_keys.push(key);
            if end - start > 1 {
                runs.push(start..end);
            }
        }
        if first_keys.len() > records as usize / 4 + 1 {
            return None;
        }
        start = end;
    }
    first_keys.sort_unstable();
    first_keys.is_sorted_by(|a, b| a < b).then_some(runs)
}

/// The runs in pieces of at least so many records, but for the last.
pub(super) fn in_pieces(runs: &[Range<RecordIndex>], records: usize) -> Vec<&[Range<RecordIndex>]> {
    let (mut pieces, mut start, mut held) = (Vec::new(), 0, 0);
    for (place, run) in runs.iter().enumerate() {
        held += run.len();
        if held >= records {
            pieces.push(&runs[start..=place]);
            (start, held) = (place + 1, 0);
        }
    }
    pieces.push(&runs[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn records_of_a_key_must_stand_side_by_side() {
        let runs = |keys: &[u64]| {
            let values = Arc::new((0..keys.len() as u32).collect());
            let by_value = KeyColumn::by_value(values, keys.iter().map(|&key| Some(key).filter(|&key| key != 0)));
            let found = runs_of(&KeyColumn::Single(keys.to_vec()), keys.len() as RecordIndex);
            assert_eq!(found, runs_of(&by_value, keys.len() as RecordIndex));
            found
        };
        assert_eq!(runs(&[0, 7, 7, 7, 0, 3, 3, 9, 9]), Some(vec![1..4, 5..7, 7..9]));
        assert_eq!(runs(&[7, 7, 7, 3, 3, 3, 7, 3]), None, "7 comes twice");
        assert_eq!(runs(&[1, 2, 3, 4, 5, 6, 7, 8]), None, "nearly all differ");
    }

    #[test]
    fn pieces_hold_all_runs_in_order() {
        let runs = [0..2, 2..9, 9..11, 11..13];
        let pieces = in_pieces(&runs, 5);
        assert_eq!(pieces, [&runs[..2], &runs[2..]]);
        assert_eq!(in_pieces(&[], 5).concat(), []);
    }
}
