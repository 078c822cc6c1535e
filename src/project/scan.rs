//! What the last scan found, for the next run: only what has changed since is looked at.

use super::Project;
use super::codec::{Reader, Writer};
use super::fault::Store;
use crate::error::Error;
use crate::linkage::again::{Earlier, Scan};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::Table;
use rusqlite::{Connection, OptionalExtension, Row, params};
use xxhash_rust::xxh64::xxh64;

/// Why a run compares every record, and not only those that have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeBecause {
    /// No run has given records their children yet.
    FirstRun,
    /// It was told to.
    Asked,
    /// The model is not that of the last run, or is trained anew.
    OtherModel,
    /// The last run compared other kinds of pairs (records of different sources only, or any).
    OtherPairs,
    /// The last run was of another version of the program.
    OtherVersion,
    /// Changes of an index were taken in since, or a run was taken back.
    RecordsChanged,
    /// What the last run found is missing or damaged.
    NotKept,
    /// A block has become too large to compare in full.
    LargeBlock,
    /// The limit on memory leaves no room for what the last run found.
    NoRoom,
}

impl WholeBecause {
    /// The word for it in `run.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            WholeBecause::FirstRun => "first-run",
            WholeBecause::Asked => "asked",
            WholeBecause::OtherModel => "other-model",
            WholeBecause::OtherPairs => "other-pairs",
            WholeBecause::OtherVersion => "other-version",
            WholeBecause::RecordsChanged => "records-changed",
            WholeBecause::NotKept => "not-kept",
            WholeBecause::LargeBlock => "large-block",
            WholeBecause::NoRoom => "no-room",
        }
    }

    /// The same in a sentence: "every record was compared, since ...".
    pub const fn words(self) -> &'static str {
        match self {
            WholeBecause::FirstRun => "this is the first run",
            WholeBecause::Asked => "--full asks for it",
            WholeBecause::OtherModel => "the model is not that of the last run",
            WholeBecause::OtherPairs => "the last run compared other kinds of pairs (--link-only)",
            WholeBecause::OtherVersion => "the last run was of another version of childlink",
            WholeBecause::RecordsChanged => "changes of an index were taken in, or a run was taken back",
            WholeBecause::NotKept => "what the last run found is not kept or is damaged",
            WholeBecause::LargeBlock => "a block has become too large to compare in full",
            WholeBecause::NoRoom => "the limit on memory leaves no room for what the last run found",
        }
    }
}

/// Which form the bytes of a scan have. Those that began with 0 and 1 kept counts, those with 2 all pairs in one list.
const FORM: u64 = 3;

/// A scan as bytes.
pub(super) fn encode(scan: &Scan) -> Vec<u8> {
    let pairs = scan.pairs.len() + scan.household.len();
    let mut out = Writer(Vec::with_capacity(scan.fingerprints.len() * 8 + pairs * 6));
    out.number(FORM);
    out.number(scan.fingerprints.len() as u64);
    scan.fingerprints.iter().for_each(|print| out.0.extend(print.to_le_bytes()));
    for pairs in [&scan.pairs, &scan.household] {
        out.number(pairs.len() as u64);
        let mut last = 0;
        for &(left, right) in pairs {
            // In order, so that the steps between them are small.
            out.number(u64::from(left - last));
            out.number(u64::from(right));
            last = left;
        }
    }
    out.number(scan.crowded.len() as u64);
    scan.crowded.iter().for_each(|&record| out.number(u64::from(record)));
    let checksum = xxh64(&out.0, 0);
    out.0.extend(checksum.to_le_bytes());
    out.0
}

/// The scan of these bytes; `None` if they are not as they were written.
pub(super) fn decode(bytes: &[u8]) -> Option<Scan> {
    let (content, checksum) = bytes.split_last_chunk()?;
    if xxh64(content, 0) != u64::from_le_bytes(*checksum) {
        return None;
    }
    let mut from = Reader(content);
    if from.number()? != FORM {
        return None;
    }
    let count = from.count(8)?;
    let (words, rest) = from.0.split_at_checked(count * 8)?;
    from.0 = rest;
    let fingerprints = words.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    let (pairs, household) = (pairs_in_order(&mut from)?, pairs_in_order(&mut from)?);
    let count = from.count(1)?;
    let crowded = (0..count).map(|_| u32::try_from(from.number()?).ok()).collect::<Option<Vec<u32>>>()?;
    from.0.is_empty().then_some(Scan { fingerprints, pairs, household, crowded, unchanged: None })
}

/// Pairs by the steps between their left records.
fn pairs_in_order(from: &mut Reader) -> Option<Vec<(RecordIndex, RecordIndex)>> {
    let count = from.count(2)?;
    let (mut pairs, mut last) = (Vec::with_capacity(count), 0u32);
    for _ in 0..count {
        last = last.checked_add(u32::try_from(from.number()?).ok()?)?;
        pairs.push((last, u32::try_from(from.number()?).ok()?));
    }
    Some(pairs)
}

/// What is kept of the scan of the last run.
pub(super) struct Kept {
    /// The run.
    run: i64,
    /// The scan; `None` if there is none, or it is damaged.
    scan: Option<Scan>,
    /// The hash of the model that it was by.
    model: Option<String>,
    link_only: Option<i64>,
    program: String,
    /// Whether the run was taken back, or took in the changes of an index.
    has_changed_records: bool,
}

/// Keeps what the scan of a run by a model found.
pub(super) fn keep(connection: &Connection, run: i64, scan: &Scan, model_hash: &str) -> Result<(), Error> {
    let sql = "UPDATE run SET scan = ?2, scan_model = ?3 WHERE id = ?1";
    connection.execute(sql, params![run, encode(scan), model_hash]).stored()?;
    Ok(())
}

/// The last run that left its mark on the records.
const LAST: &str = "FROM run WHERE state IN ('settled', 'finished', 'undone') ORDER BY id DESC LIMIT 1";

impl Project {
    /// Reads what a run over the project's records will ask for, so that it may be done beside the reading of those:
    /// their children, the model of this hash, and what the last run found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn look_ahead(&mut self, model_hash: &str) -> Result<(), Error> {
        self.membership()?;
        self.stored_model(model_hash)?;
        self.known_scan.replace(self.last_scan()?);
        Ok(())
    }

    /// What is kept of the scan of the last run; `None` if there was none.
    fn last_scan(&self) -> Result<Option<Kept>, Error> {
        let sql = format!(
            "SELECT id, scan, scan_model, parameters ->> 'link_only', program, state = 'undone' OR kind = 'absorb' {LAST}"
        );
        let read = |row: &Row| {
            let scan = row.get_ref(1)?.as_blob_or_null()?.and_then(decode);
            let (model, link_only, program) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(Kept { run: row.get(0)?, scan, model, link_only, program, has_changed_records: row.get(5)? })
        };
        self.connection.query_row(&sql, [], read).optional().stored()
    }

    /// The scan of the last run, if it was by this model, of the same kind of pairs and by the same program, and
    /// nothing has changed the project's records since; placed among the records of a table. Else the reason why every
    /// record must be compared.
    ///
    /// # Errors
    /// Those of the database.
    pub fn earlier_scan(
        &self,
        table: &Table,
        model_hash: &str,
        link_only: bool,
        program: &str,
    ) -> Result<Result<Earlier, WholeBecause>, Error> {
        // The last run that left its mark on the records must be the one that scanned.
        let last = self.connection.query_row(&format!("SELECT id {LAST}"), [], |row| row.get::<_, i64>(0));
        let Some(last) = last.optional().stored()? else { return Ok(Err(WholeBecause::FirstRun)) };
        let ahead = self.known_scan.take().filter(|kept| kept.run == last && self.is_alone());
        let kept = ahead.map_or_else(|| self.last_scan(), |kept| Ok(Some(kept)))?;
        let Some(kept) = kept else { return Ok(Err(WholeBecause::FirstRun)) };
        if kept.has_changed_records {
            return Ok(Err(WholeBecause::RecordsChanged));
        }
        let Some(scanned_by) = kept.model else { return Ok(Err(WholeBecause::NotKept)) };
        if kept.program != program {
            return Ok(Err(WholeBecause::OtherVersion));
        }
        if kept.link_only != Some(i64::from(link_only)) {
            return Ok(Err(WholeBecause::OtherPairs));
        }
        if scanned_by != model_hash {
            return Ok(Err(WholeBecause::OtherModel));
        }
        let Some(scan) = kept.scan else { return Ok(Err(WholeBecause::NotKept)) };
        let places = self.membership()?.places_in(table);
        Ok(Earlier::of(scan, &places, table.len()).ok_or(WholeBecause::RecordsChanged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_comes_back_as_it_was_or_not_at_all() {
        let scan = Scan {
            fingerprints: vec![7, u64::MAX, 0],
            pairs: vec![(0, 1), (0, 2), (1, 2)],
            household: vec![(1, 2)],
            crowded: vec![1, 2],
            unchanged: None,
        };
        let bytes = encode(&scan);
        assert_eq!(decode(&bytes), Some(scan));
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(decode(&damaged), None, "byte {place}");
            assert_eq!(decode(&bytes[..place]), None, "cut at {place}");
        }
    }
}
