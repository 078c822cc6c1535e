//! Superseded numbers and barred pairs.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::error::Error;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::barred::BarredHash;

impl Project {
    /// Adds superseded NHS numbers, old and new. Tells how many were not known.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_superseded(&mut self, pairs: &[(NhsNumber, NhsNumber)], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let mut new = 0;
        {
            let mut insert = transaction
                .prepare("INSERT OR IGNORE INTO superseded (old_number, new_number, added_at) VALUES (?1, ?2, ?3)")
                .stored()?;
            for (old, current) in pairs {
                let figures = |number: &NhsNumber| format!("{:010}", number.digits());
                new += insert.execute([&figures(old), &figures(current), &deed.at]).stored()?;
            }
        }
        note(&transaction, deed, "add", "superseded", &format!("{new} of {} new", pairs.len()))?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// The superseded NHS numbers, old and new, in order: those that were added, and those that traces tell of.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn superseded(&self) -> Result<Vec<(NhsNumber, NhsNumber)>, Error> {
        let mut rows = self
            .connection
            .prepare("SELECT old_number, new_number FROM superseded ORDER BY old_number, new_number")
            .stored()?;
        let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).stored()?;
        let pairs: Vec<(String, String)> = rows.collect::<Result<_, _>>().stored()?;
        let damaged =
            |_| Error::new("project/damaged", "a superseded number is none", "put back the last copy of the project");
        let number = |text: &str| NhsNumber::parse(text).map_err(damaged);
        let mut all: Vec<(NhsNumber, NhsNumber)> =
            pairs.iter().map(|(old, new)| Ok((number(old)?, number(new)?))).collect::<Result<_, Error>>()?;
        let traces = self.traces()?;
        all.extend(
            traces.iter().filter(|entry| entry.withdrawn.is_none()).filter_map(|entry| entry.record.superseded()),
        );
        all.sort_by_key(|(old, new)| (old.digits(), new.digits()));
        all.dedup();
        Ok(all)
    }

    /// Adds barred pairs. Tells how many were not known. The key stays with the shell.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_barred(&mut self, hashes: &[BarredHash], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let mut new = 0;
        {
            let mut insert =
                transaction.prepare("INSERT OR IGNORE INTO barred (hash, added_at) VALUES (?1, ?2)").stored()?;
            for hash in hashes {
                new += insert.execute((hash.as_slice(), &deed.at)).stored()?;
            }
        }
        note(&transaction, deed, "add", "barred", &format!("{new} of {} new", hashes.len()))?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// The hashes of the barred pairs, in order: those that were added, and those that traces forbid.
    ///
    /// # Errors
    /// Those of the database.
    pub fn barred(&self) -> Result<Vec<BarredHash>, Error> {
        let mut rows = self.connection.prepare("SELECT hash FROM barred ORDER BY hash").stored()?;
        let rows = rows.query_map([], |row| row.get::<_, BarredHash>(0)).stored()?;
        let mut hashes: Vec<BarredHash> = rows.collect::<Result<_, _>>().stored()?;
        hashes.extend(self.barred_by_traces()?);
        hashes.sort_unstable();
        hashes.dedup();
        Ok(hashes)
    }
}
