//! What the last scan found, for the next run: only what has changed since is looked at.

use super::Project;
use super::codec::{Reader, Writer};
use super::fault::Store;
use super::record::Membership;
use crate::error::Error;
use crate::linkage::again::{Earlier, Scan};
use crate::linkage::table::Table;
use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh64::xxh64;

/// A scan as bytes.
pub(super) fn encode(scan: &Scan) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(scan.fingerprints.len() * 8 + scan.pairs.len() * 6));
    out.number(u64::from(scan.is_whole));
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
    let is_whole = from.number()? == 1;
    let count = from.count(8)?;
    let (prints, rest) = from.0.split_at_checked(count * 8)?;
    let fingerprints: Vec<u64> = prints.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    from.0 = rest;
    let count = from.count(2)?;
    let (mut pairs, mut last) = (Vec::with_capacity(count), 0u32);
    for _ in 0..count {
        last = last.checked_add(u32::try_from(from.number()?).ok()?)?;
        pairs.push((last, u32::try_from(from.number()?).ok()?));
    }
    from.0.is_empty().then_some(Scan { fingerprints, pairs, is_whole, unchanged: None })
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
    /// nothing has changed the project's records since; placed among the records of a table.
    ///
    /// # Errors
    /// Those of the database.
    pub fn earlier_scan(
        &self,
        table: &Table,
        model_hash: &str,
        link_only: bool,
        program: &str,
    ) -> Result<Option<Earlier>, Error> {
        // The last run that left its mark on the records must be the one that scanned.
        let sql = "SELECT scan, scan_model, parameters ->> 'link_only', program FROM run \
             WHERE state IN ('settled', 'finished', 'undone') ORDER BY id DESC LIMIT 1";
        type Kept = (Option<Vec<u8>>, Option<String>, Option<i64>, String);
        let kept: Option<Kept> = self
            .connection
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()
            .stored()?;
        let Some((Some(bytes), Some(scanned_by), kind, by)) = kept else { return Ok(None) };
        if scanned_by != model_hash || kind != Some(i64::from(link_only)) || by != program {
            return Ok(None);
        }
        let Some(scan) = decode(&bytes) else { return Ok(None) };
        let places = Membership::of(&self.connection)?.places_in(table);
        Ok((places.len() == scan.fingerprints.len()).then_some(Earlier { scan, places }))
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
            is_whole: true,
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
