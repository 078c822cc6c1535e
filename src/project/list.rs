//! Superseded numbers and barred pairs: every list that was ever added, and what of them was withdrawn.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use crate::error::Error;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::barred::BarredHash;
use rusqlite::{Connection, Params, Row, params};

/// What an entry of a list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// An NHS number was merged into another.
    Superseded {
        /// The number that is no more.
        old: NhsNumber,
        /// The number that stands in its place.
        new: NhsNumber,
    },
    /// A pair must not be joined or mentioned.
    Barred(BarredHash),
}

/// One entry of a list as the project keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The number of the list that brought it.
    pub list: i64,
    /// When the list was added.
    pub at: String,
    /// By whom.
    pub by: String,
    /// What it says.
    pub listed: Listed,
    /// Who withdrew it, when and why.
    pub withdrawn: Option<(String, String, String)>,
}

/// The figures of a number, as the tables hold them.
fn figures(number: NhsNumber) -> String {
    format!("{:010}", number.digits())
}

fn read(row: &Row) -> rusqlite::Result<Option<ListEntry>> {
    let hash: Option<BarredHash> = row.get(5)?;
    let number = |place: usize| {
        row.get::<_, Option<String>>(place).map(|text| text.and_then(|text| NhsNumber::parse(&text).ok()))
    };
    let listed = match (hash, number(3)?, number(4)?) {
        (Some(hash), _, _) => Listed::Barred(hash),
        (None, Some(old), Some(new)) => Listed::Superseded { old, new },
        _ => return Ok(None),
    };
    let withdrawn: Option<String> = row.get(6)?;
    Ok(Some(ListEntry {
        list: row.get(0)?,
        at: row.get(1)?,
        by: row.get(2)?,
        listed,
        withdrawn: match withdrawn {
            Some(by) => Some((by, row.get(7)?, row.get(8)?)),
            None => None,
        },
    }))
}

/// Adds a list, of which the entries count that do not stand yet. Tells how many those are.
fn add(
    connection: &Connection,
    kind: &str,
    rows: impl ExactSizeIterator<Item = (Option<String>, Option<String>, Option<BarredHash>)>,
    deed: &Deed,
) -> Result<usize, Error> {
    let all = rows.len();
    connection.execute("INSERT INTO list (kind, at, by) VALUES (?1, ?2, ?3)", [kind, &deed.at, &deed.by]).stored()?;
    let list = connection.last_insert_rowid();
    let of = if kind == "barred" { "hash = ?4" } else { "old_number = ?2 AND new_number = ?3" };
    let mut insert = connection
        .prepare(&format!(
            "INSERT INTO list_entry (list, old_number, new_number, hash) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS \
             (SELECT 1 FROM list_entry WHERE {of} AND id NOT IN (SELECT entry FROM list_withdrawal))"
        ))
        .stored()?;
    let mut new = 0;
    for (old, current, hash) in rows {
        new += insert.execute(params![list, old, current, hash]).stored()?;
    }
    note(connection, deed, "add", kind, &format!("{new} of {all} new, list {list}"))?;
    Ok(new)
}

/// Withdraws the entries that `of` names, as far as they stand. Tells how many those are.
fn withdraw(connection: &Connection, of: &str, named: impl Params) -> Result<usize, Error> {
    let sql = format!(
        "INSERT OR IGNORE INTO list_withdrawal (entry, by, at, reason) SELECT id, ?1, ?2, ?3 FROM list_entry WHERE {of} \
         AND id NOT IN (SELECT entry FROM list_withdrawal)"
    );
    connection.prepare_cached(&sql).stored()?.execute(named).stored()
}

/// That not all of what was to be withdrawn stands: then nothing is.
fn not_listed(missing: usize, all: usize) -> Error {
    Error::new(
        "project/not-listed",
        format!("{missing} of {all} entries do not stand on a list of the project"),
        "lists.csv of `childlink project export` has every entry; what a trace told is taken back by its number",
    )
}

impl Project {
    /// Adds superseded NHS numbers, old and new. Tells how many did not stand yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_superseded(&mut self, pairs: &[(NhsNumber, NhsNumber)], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let rows = pairs.iter().map(|&(old, current)| (Some(figures(old)), Some(figures(current)), None));
        let new = add(&transaction, "superseded", rows, deed)?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// Adds barred pairs. Tells how many did not stand yet. The key stays with the shell.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_barred(&mut self, hashes: &[BarredHash], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let new = add(&transaction, "barred", hashes.iter().map(|&hash| (None, None, Some(hash))), deed)?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// Every entry that was ever added, in order, the withdrawn ones too.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn lists(&self) -> Result<Vec<ListEntry>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT list.id, list.at, list.by, old_number, new_number, hash, withdrawn.by, withdrawn.at, \
                 withdrawn.reason FROM list_entry JOIN list ON list.id = list_entry.list \
                 LEFT JOIN list_withdrawal AS withdrawn ON withdrawn.entry = list_entry.id ORDER BY list_entry.id",
            )
            .stored()?;
        let entries: Vec<Option<ListEntry>> = rows.query_map([], read).stored()?.collect::<Result<_, _>>().stored()?;
        entries.into_iter().collect::<Option<_>>().ok_or_else(|| {
            Error::new("project/damaged", "a superseded number is none", "put back the last copy of the project")
        })
    }

    /// The superseded NHS numbers, old and new, in order: those of lists, and those that traces tell of.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn superseded(&self) -> Result<Vec<(NhsNumber, NhsNumber)>, Error> {
        let standing = self.lists()?.into_iter().filter(|entry| entry.withdrawn.is_none());
        let mut all: Vec<(NhsNumber, NhsNumber)> = standing
            .filter_map(|entry| match entry.listed {
                Listed::Superseded { old, new } => Some((old, new)),
                Listed::Barred(_) => None,
            })
            .collect();
        let traces = self.traces()?;
        all.extend(
            traces.iter().filter(|entry| entry.withdrawn.is_none()).filter_map(|entry| entry.record.superseded()),
        );
        all.sort_by_key(|(old, new)| (old.digits(), new.digits()));
        all.dedup();
        Ok(all)
    }

    /// The hashes of the barred pairs, in order: those of lists, and those that traces forbid.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn barred(&self) -> Result<Vec<BarredHash>, Error> {
        let standing = self.lists()?.into_iter().filter(|entry| entry.withdrawn.is_none());
        let mut hashes: Vec<BarredHash> = standing
            .filter_map(|entry| match entry.listed {
                Listed::Barred(hash) => Some(hash),
                Listed::Superseded { .. } => None,
            })
            .collect();
        hashes.extend(self.barred_by_traces()?);
        hashes.sort_unstable();
        hashes.dedup();
        Ok(hashes)
    }

    /// Withdraws what still stands of a list: it stays in the project, and counts no more. Tells how many entries those
    /// were.
    ///
    /// # Errors
    /// `project/unknown-list`, `project/withdrawn-already`, `project/reason-missing`, and those of the database.
    pub fn withdraw_list(&mut self, list: i64, reason: &str, deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let kind = transaction.query_row("SELECT kind FROM list WHERE id = ?1", [list], |row| row.get::<_, String>(0));
        let kind = match kind {
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                return Err(Error::new(
                    "project/unknown-list",
                    format!("the project has no list {list}"),
                    "lists.csv of `childlink project export` has the number of every list",
                ));
            }
            kind => kind.stored()?,
        };
        if kind == "barred" {
            see_reason(reason)?;
        }
        let withdrawn = withdraw(&transaction, "list = ?4", params![deed.by, deed.at, reason, list])?;
        if withdrawn == 0 {
            return Err(Error::new(
                "project/withdrawn-already",
                format!("nothing that list {list} brought stands any more"),
                "add the list again, if that was wrong",
            ));
        }
        note(&transaction, deed, "withdraw-list", &format!("list {list}"), &format!("{withdrawn} {kind}: {reason}"))?;
        transaction.commit().stored()?;
        Ok(withdrawn)
    }

    /// Withdraws superseded numbers that lists brought, all or none: they stay in the project, and count no more.
    ///
    /// # Errors
    /// `project/not-listed`, and those of the database.
    pub fn withdraw_superseded(
        &mut self,
        pairs: &[(NhsNumber, NhsNumber)],
        reason: &str,
        deed: &Deed,
    ) -> Result<usize, Error> {
        let pairs = pairs.iter().map(|&(old, new)| [figures(old), figures(new)]).collect();
        self.withdraw_entries("superseded", pairs, reason, deed, |connection, [old, new]| {
            let named = params![deed.by, deed.at, reason, old, new];
            withdraw(connection, "old_number = ?4 AND new_number = ?5", named)
        })
    }

    /// Withdraws barred pairs that lists brought, all or none: they stay in the project as the hashes that they are,
    /// and may be joined again.
    ///
    /// # Errors
    /// `project/not-listed`, `project/reason-missing`, and those of the database.
    pub fn withdraw_barred(&mut self, hashes: &[BarredHash], reason: &str, deed: &Deed) -> Result<usize, Error> {
        see_reason(reason)?;
        self.withdraw_entries("barred", hashes.to_vec(), reason, deed, |connection, hash| {
            withdraw(connection, "hash = ?4", params![deed.by, deed.at, reason, hash.as_slice()])
        })
    }

    /// Withdraws each of these entries by `withdraw_one`, which tells how many it found, or none of them.
    fn withdraw_entries<T: Ord>(
        &mut self,
        list: &str,
        mut entries: Vec<T>,
        reason: &str,
        deed: &Deed,
        withdraw_one: impl Fn(&Connection, &T) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        entries.sort_unstable();
        entries.dedup();
        let transaction = self.change()?;
        let mut missing = 0;
        for entry in &entries {
            missing += usize::from(withdraw_one(&transaction, entry)? == 0);
        }
        if missing > 0 {
            return Err(not_listed(missing, entries.len()));
        }
        note(&transaction, deed, "withdraw-list", list, &format!("{} entries: {reason}", entries.len()))?;
        transaction.commit().stored()?;
        Ok(entries.len())
    }
}

/// Sees that a reason is given where a child's protection is taken away.
fn see_reason(reason: &str) -> Result<(), Error> {
    if reason.trim().is_empty() {
        return Err(Error::new(
            "project/reason-missing",
            "barred pairs protect children, and are taken back for a reason only",
            "give --reason: it stays on record",
        ));
    }
    Ok(())
}
