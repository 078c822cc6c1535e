//! What records told in earlier runs: names, addresses, practices and deaths that no present record may tell any more,
//! and deaths that were withdrawn. Kept each time that best records are written; of sensitive children no whereabouts
//! are kept, and those that were are erased.

use super::Project;
use super::audit::{Deed, note};
use super::fault::Store;
use super::flag::read_list;
use crate::error::Error;
use crate::exchange::best::Telling;
use crate::index::ChildId;
use crate::linkage::table::Table;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// A date of death that was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct WithdrawnDeath {
    /// The source of the record.
    pub source: String,
    /// Its id.
    pub record_id: String,
    /// The date, as the record told it; empty for whatever it tells.
    #[serde(default, rename = "death_date")]
    pub died: String,
}

/// Reads `source,record_id`, and `death_date` where the list has it.
///
/// # Errors
/// `list/missing-column`, `list/unreadable` with the line.
pub fn read_withdrawn_deaths(list: impl Read) -> Result<Vec<WithdrawnDeath>, Error> {
    read_list(list, &["source", "record_id"])
}

/// A death that notifications told of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedDeath {
    /// The child, as it is now.
    pub child: u64,
    /// The date, ISO 8601, perhaps in part; empty where none is told.
    pub died: String,
    /// The taking in that first told it.
    pub run: i64,
    /// The taking in that last told it, or that found it withdrawn.
    pub last_run: i64,
    /// Whether it was withdrawn: the child lives, as far as notifications tell.
    pub withdrawn: bool,
}

impl Project {
    /// Takes in the deaths that the notifications of an index tell of, child and date: those that stand, and those that
    /// were withdrawn. A withdrawal without a date is of whatever was told of the child, unless a death of it stands.
    /// What neither names stays as it was. Tells how many are new and how many were withdrawn.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take_deaths(
        &mut self,
        standing: &BTreeSet<(u64, String)>,
        withdrawn: &BTreeSet<(u64, String)>,
        deed: &Deed,
    ) -> Result<(u64, u64), Error> {
        let run = self.last_run()?;
        let known: BTreeMap<(u64, String), bool> =
            self.raw_deaths()?.into_iter().map(|death| ((death.child, death.died), death.withdrawn)).collect();
        let merged = self.merged()?;
        let is_of = |child: u64, other: u64| present(&merged, child) == present(&merged, other);
        let mut gone: BTreeSet<(u64, String)> = BTreeSet::new();
        for (child, died) in withdrawn.difference(standing) {
            let told = known.keys().filter(|(other, _)| died.is_empty() && is_of(*child, *other));
            let stands = died.is_empty() && standing.iter().any(|(other, _)| is_of(*child, *other));
            let before = gone.len();
            gone.extend(told.filter(|_| !stands).cloned());
            if gone.len() == before && !stands {
                gone.insert((*child, died.clone()));
            }
        }
        let transaction = self.change()?;
        let mut counts = [0, 0];
        {
            let mut put = transaction
                .prepare(
                    "INSERT INTO notified_death (child, died, run, last_run, withdrawn) VALUES (?1, ?2, ?3, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET last_run = ?3, withdrawn = ?4",
                )
                .stored()?;
            // Of one day that was told, withdrawn and told again, the last telling stands.
            let gone = gone.iter().map(|death| (death, true));
            for (death, is_withdrawn) in standing.iter().map(|death| (death, false)).chain(gone) {
                if known.get(death) != Some(&is_withdrawn) {
                    put.execute(params![death.0 as i64, death.1, run, is_withdrawn]).stored()?;
                    counts[usize::from(is_withdrawn)] += 1;
                }
            }
        }
        let [new, gone] = counts;
        if new + gone > 0 {
            note(&transaction, deed, "deaths", "notifications", &format!("{new} new, {gone} withdrawn"))?;
        }
        transaction.commit().stored()?;
        Ok((new, gone))
    }

    fn raw_deaths(&self) -> Result<Vec<NotifiedDeath>, Error> {
        let sql = "SELECT child, died, run, last_run, withdrawn FROM notified_death ORDER BY child, died";
        let mut rows = self.connection.prepare(sql).stored()?;
        let rows = rows.query_map([], |row| {
            Ok(NotifiedDeath {
                child: row.get::<_, i64>(0)? as u64,
                died: row.get(1)?,
                run: row.get(2)?,
                last_run: row.get(3)?,
                withdrawn: row.get(4)?,
            })
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// The deaths that notifications told, the withdrawn ones too, of the children as they are now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn notified_deaths(&self) -> Result<Vec<NotifiedDeath>, Error> {
        let merged = self.merged()?;
        let mut deaths = self.raw_deaths()?;
        deaths.iter_mut().for_each(|death| death.child = present(&merged, death.child));
        Ok(deaths)
    }

    /// The child of each record of the present extracts, as the last run left them.
    ///
    /// # Errors
    /// `project/run-first` for records that no run has given a child, and those of the database.
    pub fn child_of_each(&self, table: &Table) -> Result<Vec<u64>, Error> {
        self.membership()?.child_of_each(table).ok_or_else(|| {
            Error::new(
                "project/run-first",
                "some records of the extracts have no child yet",
                "run `childlink project run` before",
            )
        })
    }

    /// The number of the last run, or taking in of an index, that holds; 0 for none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_run(&self) -> Result<i64, Error> {
        let sql = "SELECT coalesce(max(id), 0) FROM run WHERE state IN ('settled', 'finished')";
        self.connection.query_row(sql, [], |row| row.get(0)).stored()
    }

    /// Keeps what the present records tell, as of the last run. `sensitive` names the children whose whereabouts are
    /// withheld: what earlier runs kept of theirs is erased.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_told(&mut self, told: &[Telling<'_>], sensitive: &BTreeSet<u64>, deed: &Deed) -> Result<(), Error> {
        let run = self.last_run()?;
        let transaction = self.change()?;
        let mut new = 0;
        {
            let mut known = transaction
                .prepare("SELECT 1 FROM told WHERE source = ?1 AND record_id = ?2 AND kind = ?3 AND value = ?4")
                .stored()?;
            let mut keep = transaction
                .prepare(
                    "INSERT INTO told (source, record_id, kind, value, updated_at, first_run, last_run) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE SET last_run = ?6, \
                     updated_at = max(updated_at, ?5)",
                )
                .stored()?;
            let mut last: Option<(&str, i64)> = None;
            for telling in told.iter().filter(|telling| !telling.is_withheld()) {
                let source = match last {
                    Some((name, id)) if name == telling.source => id,
                    _ => source_id(&transaction, &telling.source)?,
                };
                last = Some((&telling.source, source));
                let key = params![source, telling.record_id, telling.kind, telling.value];
                new += usize::from(!known.exists(key).stored()?);
                keep.execute(params![source, telling.record_id, telling.kind, telling.value, telling.updated_at, run])
                    .stored()?;
            }
        }
        let erased = erase_whereabouts(&transaction, sensitive)?;
        if new + erased > 0 {
            let detail = format!("{new} new, {erased} whereabouts erased");
            note(&transaction, deed, "keep-history", &format!("run {run}"), &detail)?;
        }
        transaction.commit().stored()
    }

    /// What records told in this and earlier runs, with the child that each belongs to, or belonged to last. In order
    /// of children.
    ///
    /// # Errors
    /// Those of the database.
    pub fn told(&self) -> Result<Vec<(u64, Telling<'static>)>, Error> {
        // The last child of each record that is no more, by source and id.
        let gone: BTreeMap<(i64, String), u64> = {
            let sql =
                "SELECT source, record_id, before FROM history WHERE after IS NULL AND before NOT NULL ORDER BY run";
            let mut rows = self.connection.prepare(sql).stored()?;
            let rows = rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, i64>(2)? as u64)));
            rows.stored()?.collect::<Result<_, _>>().stored()?
        };
        let merged = self.merged()?;
        let sql = "SELECT told.source, told.record_id, record.child, kind, value, updated_at, source.name, first_run, last_run \
             FROM told JOIN source ON source.id = told.source \
             LEFT JOIN record ON record.source = told.source AND record.record_id = told.record_id";
        let mut rows = self.connection.prepare(sql).stored()?;
        let mut rows = rows.query([]).stored()?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().stored()? {
            let text = |place: usize| row.get::<_, String>(place).stored();
            let record_id = text(1)?;
            let child = match row.get::<_, Option<i64>>(2).stored()? {
                Some(child) => Some(child as u64),
                None => gone.get(&(row.get(0).stored()?, record_id.clone())).map(|&child| present(&merged, child)),
            };
            let telling = Telling {
                kind: text(3)?.into(),
                value: text(4)?.into(),
                updated_at: text(5)?.into(),
                source: text(6)?.into(),
                record_id: record_id.into(),
                runs: Some((row.get(7).stored()?, row.get(8).stored()?)),
            };
            // A run that was taken back may have left a record that nobody knows.
            all.extend(child.map(|child| (child, telling)));
        }
        all.sort_by_key(|(child, _)| *child);
        Ok(all)
    }

    /// Adds dates of death that were withdrawn. Tells how many were not known.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_withdrawn_deaths(&mut self, deaths: &[WithdrawnDeath], deed: &Deed) -> Result<usize, Error> {
        let transaction = self.change()?;
        let mut new = 0;
        for death in deaths {
            new += withdraw_death(&transaction, &death.source, &death.record_id, &death.died, deed)?;
        }
        note(&transaction, deed, "add", "withdrawn deaths", &format!("{new} of {} new", deaths.len()))?;
        transaction.commit().stored()?;
        Ok(new)
    }

    /// The dates of death that were withdrawn, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn withdrawn_deaths(&self) -> Result<Vec<WithdrawnDeath>, Error> {
        let sql = "SELECT source, record_id, died FROM withdrawn_death ORDER BY source, record_id, died";
        let mut rows = self.connection.prepare(sql).stored()?;
        let rows = rows
            .query_map([], |row| Ok(WithdrawnDeath { source: row.get(0)?, record_id: row.get(1)?, died: row.get(2)? }));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }
}

/// The child that a child became since; the chains are known to end.
fn present(merged: &BTreeMap<ChildId, ChildId>, mut child: u64) -> u64 {
    while let Some(&next) = ChildId::try_from(child).ok().and_then(|child| merged.get(&child)) {
        child = u64::from(next);
    }
    child
}

/// Notes within a transaction that a date of death was withdrawn; tells whether that is new.
fn withdraw_death(
    connection: &Connection,
    source: &str,
    record_id: &str,
    died: &str,
    deed: &Deed,
) -> Result<usize, Error> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO withdrawn_death (source, record_id, died, added_at, by) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .stored()?
        .execute([source, record_id, died.trim(), &deed.at, &deed.by])
        .stored()
}

fn source_id(connection: &Connection, name: &str) -> Result<i64, Error> {
    connection.execute("INSERT OR IGNORE INTO source (name) VALUES (?1)", [name]).stored()?;
    connection.query_row("SELECT id FROM source WHERE name = ?1", [name], |row| row.get(0)).stored()
}

/// Forgets where the records of these children are or were; tells how many tellings went.
fn erase_whereabouts(connection: &Connection, sensitive: &BTreeSet<u64>) -> Result<usize, Error> {
    if sensitive.is_empty() {
        return Ok(0);
    }
    let any: Option<i64> =
        connection.query_row("SELECT 1 FROM told LIMIT 1", [], |row| row.get(0)).optional().stored()?;
    if any.is_none() {
        return Ok(0);
    }
    // What is erased must not stay behind in free pages of the file.
    connection.pragma_update(None, "secure_delete", true).stored()?;
    let mut of_record = connection
        .prepare(
            "SELECT source, record_id, child FROM record UNION ALL \
             SELECT source, record_id, before FROM history WHERE before NOT NULL",
        )
        .stored()?;
    // The kinds of `Telling::is_whereabouts`.
    let mut erase = connection
        .prepare(
            "DELETE FROM told WHERE source = ?1 AND record_id = ?2 AND kind IN ('address', 'postcode', 'practice')",
        )
        .stored()?;
    let mut rows = of_record.query([]).stored()?;
    let mut erased = 0;
    while let Some(row) = rows.next().stored()? {
        let child = row.get::<_, i64>(2).stored()? as u64;
        if sensitive.contains(&child) {
            let (source, record_id): (i64, String) = (row.get(0).stored()?, row.get(1).stored()?);
            erased += erase.execute(params![source, record_id]).stored()?;
        }
    }
    Ok(erased)
}
