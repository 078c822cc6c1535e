//! What the last scan found, for the next run: only what has changed since is looked at.

use super::Project;
use super::codec::{Reader, Writer};
use super::fault::Store;
use crate::error::Error;
use crate::linkage::again::{Earlier, Scan};
use crate::linkage::table::Table;
use rusqlite::{OptionalExtension, params};
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
        }
    }
}

/// Which form the bytes of a scan have; those that began with 0 and 1 kept counts.
const FORM: u64 = 2;

/// A scan as bytes.
pub(super) fn encode(scan: &Scan) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(scan.fingerprints.len() * 8 + scan.pairs.len() * 6));
    out.number(FORM);
    out.number(scan.fingerprints.len() as u64);
    scan.fingerprints.iter().for_each(|print| out.0.extend(print.to_le_bytes()));
    out.number(scan.pairs.len() as u64);
    let mut last = 0;
    for &(left, right) in &scan.pairs {
        // In order, so that the steps between them are small.
        out.number(u64::from(left - last));
        out.number(u64::from(right));
        last = left;
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
    let count = from.count(2)?;
    let (mut pairs, mut last) = (Vec::with_capacity(count), 0u32);
    for _ in 0..count {
        last = last.checked_add(u32::try_from(from.number()?).ok()?)?;
        pairs.push((last, u32::try_from(from.number()?).ok()?));
    }
    let count = from.count(1)?;
    let crowded = (0..count).map(|_| u32::try_from(from.number()?).ok()).collect::<Option<Vec<u32>>>()?;
    from.0.is_empty().then_some(Scan { fingerprints, pairs, crowded, unchanged: None })
}

impl Project {
    /// Keeps what the scan of a run by a model found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_scan(&mut self, run: i64, scan: &Scan, model_hash: &str) -> Result<(), Error> {
        let sql = "UPDATE run SET scan = ?2, scan_model = ?3 WHERE id = ?1";
        self.connection.execute(sql, params![run, encode(scan), model_hash]).stored()?;
        Ok(())
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
        let sql = "SELECT scan, scan_model, parameters ->> 'link_only', program, state = 'undone' OR kind = 'absorb' FROM run \
             WHERE state IN ('settled', 'finished', 'undone') ORDER BY id DESC LIMIT 1";
        type Kept = (Option<Vec<u8>>, Option<String>, Option<i64>, String, bool);
        let kept: Option<Kept> = self
            .connection
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .optional()
            .stored()?;
        let Some((bytes, scanned_by, kind, by, was_changed)) = kept else { return Ok(Err(WholeBecause::FirstRun)) };
        let (Some(bytes), Some(scanned_by)) = (bytes, scanned_by) else {
            return Ok(Err(if was_changed { WholeBecause::RecordsChanged } else { WholeBecause::NotKept }));
        };
        if by != program {
            return Ok(Err(WholeBecause::OtherVersion));
        }
        if kind != Some(i64::from(link_only)) {
            return Ok(Err(WholeBecause::OtherPairs));
        }
        if scanned_by != model_hash {
            return Ok(Err(WholeBecause::OtherModel));
        }
        let Some(scan) = decode(&bytes) else { return Ok(Err(WholeBecause::NotKept)) };
        let places = self.membership()?.places_in(table);
        Ok((places.len() == scan.fingerprints.len())
            .then_some(Earlier { scan, places })
            .ok_or(WholeBecause::RecordsChanged))
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
