//! Pairs known to be of one child, from a list of pairs or a column of the records.

use crate::frame_input::read_frame;
use crate::linked::{column, number_of, spelled};
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::estimate::{LabelledPair, check_groups};
use childlink::linkage::table::Table;
use std::collections::BTreeMap;
use std::path::Path;

/// The pairs that a list calls `same`. In a sample drawn by `childlink sample` a pair stands for as many as
/// its stratum holds for each one read.
///
/// # Errors
/// Those of [`read_frame`]; `evaluate/missing-column`; `train/unknown-record`.
pub(crate) fn from_list(path: &Path, table: &Table) -> Result<Vec<LabelledPair>, Error> {
    let frame = read_frame(path)?;
    let of = |name: &str| column(&frame, path, &[name]);
    let (source_l, record_l, source_r, record_r) =
        (of("source_l")?, of("record_id_l")?, of("source_r")?, of("record_id_r")?);
    let decision = of("decision")?;
    let strata = frame.column("stratum").zip(frame.column("stratum_pairs"));
    let word = |row: usize| spelled(decision.value(row)).trim().to_owned();
    let decided = |row: &usize| matches!(word(*row).as_str(), "same" | "different");
    let mut read: BTreeMap<String, f64> = BTreeMap::new();
    for row in (0..frame.rows()).filter(decided) {
        if let Some((stratum, _)) = strata {
            *read.entry(spelled(stratum.value(row)).into_owned()).or_default() += 1.0;
        }
    }
    let mut pairs = Vec::new();
    for row in (0..frame.rows()).filter(|&row| word(row) == "same") {
        let find = |source, record| table.find(&spelled(source), &spelled(record));
        let left = find(source_l.value(row), record_l.value(row));
        let right = find(source_r.value(row), record_r.value(row));
        let (Some(left), Some(right)) = (left, right) else {
            return Err(Error::new(
                "train/unknown-record",
                format!("{}: row {} names a record that the inputs do not have", path.display(), row + 2),
                "give the inputs that the pairs were drawn from",
            ));
        };
        let weight = strata.map_or(1.0, |(stratum, pairs)| {
            let drawn = read.get(&*spelled(stratum.value(row))).copied().unwrap_or(1.0);
            (number_of(pairs.value(row)) / drawn).max(1.0)
        });
        pairs.push(LabelledPair { left, right, weight });
    }
    Ok(pairs)
}

/// All pairs of records with the same value of a column that was kept at this place; an empty value is none.
///
/// # Errors
/// `train/label-column` when these are more pairs than children have.
pub(crate) fn from_column(records: &Records, place: usize) -> Result<Vec<LabelledPair>, Error> {
    let table = &records.built.table;
    let mut by_value: BTreeMap<&str, Vec<RecordIndex>> = BTreeMap::new();
    for record in 0..table.len() as RecordIndex {
        let origin = table.origin(record);
        let value = records.kept.get(usize::from(origin.input)).map_or("", |kept| kept.get(origin.row, place));
        if !value.is_empty() {
            by_value.entry(value).or_default().push(record);
        }
    }
    check_groups(by_value.values().map(|records| records.len() as u64))?;
    let mut pairs = Vec::new();
    for records in by_value.into_values() {
        for (at, &left) in records.iter().enumerate() {
            pairs.extend(records[at + 1..].iter().map(|&right| LabelledPair { left, right, weight: 1.0 }));
        }
    }
    Ok(pairs)
}
