//! Runs: what each was told, how far it came, and what it left.
//!
//! A run passes from state to state, each of them durable before the next begins: started, trained (the model is kept),
//! linked (the outcome is kept), settled (children, history and pairs are those of the run), finished (its files are
//! in their places). One that is cut off goes on from the last state that it reached.

use super::audit::{Deed, note};
use super::fault::Store;
use super::outcome::{decode_outcome, encode_outcome, training_from_json, training_to_json};
use super::{Project, scan, setting};
use crate::error::Error;
use crate::linkage::Linked;
use crate::linkage::again::Scan;
use crate::linkage::estimate::TrainingReport;
use crate::linkage::model::Model;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use std::sync::Arc;

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It has begun.
    Started,
    /// Its model is kept.
    Trained,
    /// Its outcome is kept.
    Linked,
    /// The project's children are those of the run.
    Settled,
    /// Its files are in their places.
    Finished,
    /// It was cut off, and another was begun in its place.
    Abandoned,
    /// It was undone.
    Undone,
    /// It could not read its records or do what it was told, before anything of it was kept.
    Failed,
}

impl RunState {
    const ALL: [RunState; 8] = [
        RunState::Started,
        RunState::Trained,
        RunState::Linked,
        RunState::Settled,
        RunState::Finished,
        RunState::Abandoned,
        RunState::Undone,
        RunState::Failed,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunState::Started => "started",
            RunState::Trained => "trained",
            RunState::Linked => "linked",
            RunState::Settled => "settled",
            RunState::Finished => "finished",
            RunState::Abandoned => "abandoned",
            RunState::Undone => "undone",
            RunState::Failed => "failed",
        }
    }

    fn of(word: &str) -> RunState {
        RunState::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(RunState::Abandoned)
    }
}

/// A run about to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun<'a> {
    /// The extracts that it reads, by their numbers, in order.
    pub extracts: &'a [i64],
    /// What it is told beside: whatever the shell needs to go on with it.
    pub parameters: &'a Value,
    /// The version of the program.
    pub program: &'a str,
}

/// A run of the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// How far it came.
    pub state: RunState,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The version of the program.
    pub program: String,
    /// What it was told.
    pub parameters: Value,
    /// Whether it took in the journal of an index and linked nothing.
    pub is_absorption: bool,
    /// The number of the last decision that it knew.
    pub last_decision: i64,
    /// The hash of its model, once that is known.
    pub model: Option<String>,
}

const COLUMNS: &str = "id, state, started_at, finished_at, program, parameters, last_decision, model, kind";

fn read(row: &Row) -> rusqlite::Result<Run> {
    let finished_at: Option<String> = row.get(3)?;
    let state = match RunState::of(&row.get::<_, String>(1)?) {
        // A run that another took the place of has no end of its own.
        RunState::Abandoned if finished_at.is_some() => RunState::Failed,
        state => state,
    };
    Ok(Run {
        id: row.get(0)?,
        state,
        started_at: row.get(2)?,
        finished_at,
        program: row.get(4)?,
        parameters: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
        last_decision: row.get(6)?,
        model: row.get(7)?,
        is_absorption: row.get::<_, String>(8)? == "absorb",
    })
}

impl Project {
    /// Every run, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn runs(&self) -> Result<Vec<Run>, Error> {
        let mut rows = self.connection.prepare(&format!("SELECT {COLUMNS} FROM run ORDER BY id")).stored()?;
        rows.query_map([], read).stored()?.collect::<Result<_, _>>().stored()
    }

    /// The run that was cut off, if the last one was.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unfinished_run(&self) -> Result<Option<Run>, Error> {
        let last = self.runs()?.pop();
        Ok(last.filter(|run| run.state < RunState::Finished))
    }

    /// The summary of the last settled run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_summary(&self) -> Result<Option<Value>, Error> {
        let sql =
            "SELECT summary FROM run WHERE kind = 'link' AND state IN ('settled', 'finished') ORDER BY id DESC LIMIT 1";
        let text: Option<Option<String>> = self.connection.query_row(sql, [], |row| row.get(0)).optional().stored()?;
        Ok(text.flatten().and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Begins a run; one that was cut off is abandoned.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_run(&mut self, run: &NewRun, deed: &Deed) -> Result<i64, Error> {
        let transaction = self.change()?;
        transaction
            .execute(
                "UPDATE run SET state = 'abandoned', outcome = NULL, scan = NULL WHERE state IN ('started', 'trained', 'linked')",
                [],
            )
            .stored()?;
        // What such a run had settled stays settled; only its files may not all be in their places.
        transaction.execute("UPDATE run SET state = 'finished' WHERE state = 'settled'", []).stored()?;
        transaction
            .execute(
                "INSERT INTO run (state, started_at, program, parameters, last_decision) VALUES ('started', ?1, ?2, ?3, \
                 (SELECT coalesce(max(id), 0) FROM decision))",
                params![deed.at, run.program, run.parameters.to_string()],
            )
            .stored()?;
        let id = transaction.last_insert_rowid();
        for (position, extract) in run.extracts.iter().enumerate() {
            transaction
                .execute(
                    "INSERT INTO run_extract (run, position, extract) VALUES (?1, ?2, ?3)",
                    params![id, position as i64, extract],
                )
                .stored()?;
        }
        note(&transaction, deed, "run", &format!("run {id}"), &format!("{} extracts", run.extracts.len()))?;
        transaction.commit().stored()?;
        Ok(id)
    }

    /// Ends a run that failed before anything of it was kept; `why` is the code of the error. One that got further goes
    /// on from there, and is left as it is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn fail_run(&mut self, run: i64, why: &str, deed: &Deed) -> Result<(), Error> {
        let transaction = self.change()?;
        let ended = transaction
            .execute(
                "UPDATE run SET state = 'abandoned', finished_at = ?2 WHERE id = ?1 AND state = 'started'",
                params![run, deed.at],
            )
            .stored()?;
        if ended > 0 {
            note(&transaction, deed, "fail", &format!("run {run}"), why)?;
        }
        transaction.commit().stored()
    }

    /// The model that runs use, if one is kept.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn model(&self) -> Result<Option<Model>, Error> {
        let Some(hash) = setting::get(&self.connection, setting::MODEL)? else { return Ok(None) };
        self.stored_model(&hash).map(Some)
    }

    /// The hash of the model that runs use, if one is kept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn model_hash(&self) -> Result<Option<String>, Error> {
        setting::get(&self.connection, setting::MODEL)
    }

    /// Keeps a model, so that it can be asked for by its hash.
    ///
    /// # Errors
    /// Those of the database.
    pub fn store_model(&mut self, model: &Model, deed: &Deed) -> Result<(), Error> {
        let hash = self.hash_of(model);
        insert_model(&self.connection, model, &hash, deed)
    }

    /// The hash of a model, as [`Model::hash`] tells it.
    pub fn hash_of(&self, model: &Model) -> String {
        if let Some((hash, known)) = self.known_model.borrow().as_ref()
            && **known == *model
        {
            return hash.clone();
        }
        let hash = model.hash();
        self.known_model.replace(Some((hash.clone(), Arc::new(model.clone()))));
        hash
    }

    /// The model of a hash.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn stored_model(&self, hash: &str) -> Result<Model, Error> {
        if let Some((known, model)) = self.known_model.borrow().as_ref()
            && known == hash
        {
            return Ok(Model::clone(model));
        }
        let model = model_of(&self.connection, hash)?;
        self.known_model.replace(Some((hash.to_owned(), Arc::new(model.clone()))));
        Ok(model)
    }

    /// Keeps the model of a run, with what training learned if there was any.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_model(
        &mut self,
        run: i64,
        model: &Model,
        training: Option<&TrainingReport>,
        deed: &Deed,
    ) -> Result<(), Error> {
        let hash = self.hash_of(model);
        let transaction = self.change()?;
        insert_model(&transaction, model, &hash, deed)?;
        transaction
            .execute(
                "UPDATE run SET state = 'trained', model = ?2, training = ?3 WHERE id = ?1",
                params![run, hash, training.map(|report| training_to_json(report).to_string())],
            )
            .stored()?;
        transaction.commit().stored()
    }

    /// The model of a run that has one, and what training learned.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn model_of_run(&self, run: i64) -> Result<Option<(Model, Option<TrainingReport>)>, Error> {
        let sql = "SELECT model, training FROM run WHERE id = ?1";
        let (hash, training): (Option<String>, Option<String>) =
            self.connection.query_row(sql, [run], |row| Ok((row.get(0)?, row.get(1)?))).stored()?;
        let Some(hash) = hash else { return Ok(None) };
        let training = training.and_then(|text| serde_json::from_str(&text).ok());
        Ok(Some((self.stored_model(&hash)?, training.as_ref().and_then(training_from_json))))
    }

    /// Keeps the outcome of a run, and what its scan found if that is to be kept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_outcome(&mut self, run: i64, linked: &Linked, scan: Option<&Scan>) -> Result<(), Error> {
        let (lists, last_decision) = (self.list_state()?, self.last_decision()?);
        let scanned_by = scan.map(|_| self.hash_of(&linked.model));
        let transaction = self.change()?;
        if let (Some(scan), Some(model)) = (scan, scanned_by) {
            scan::keep(&transaction, run, scan, &model)?;
        }
        transaction
            .execute(
                "UPDATE run SET state = 'linked', outcome = ?2, last_decision = ?3, lists = ?4 WHERE id = ?1",
                params![run, encode_outcome(linked), last_decision, lists],
            )
            .stored()?;
        transaction.commit().stored()
    }

    /// How far the lists have come, in a form that differs once anything was added to one of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list_state(&self) -> Result<String, Error> {
        let sql = "SELECT (SELECT coalesce(max(id), 0) FROM decision) || ' ' || (SELECT count(*) FROM withdrawal) || ' ' || \
            (SELECT coalesce(max(id), 0) FROM list_entry) || ' ' || (SELECT count(*) FROM list_withdrawal) || ' ' || \
            (SELECT coalesce(max(id), 0) FROM trace) || ' ' || (SELECT count(*) FROM trace_withdrawal)";
        self.connection.query_row(sql, [], |row| row.get(0)).stored()
    }

    /// How far the lists had come when a run linked; `None` if it has not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list_state_of_run(&self, run: i64) -> Result<Option<String>, Error> {
        self.connection.query_row("SELECT lists FROM run WHERE id = ?1", [run], |row| row.get(0)).stored()
    }

    /// The outcome that a run kept, over its records.
    ///
    /// # Errors
    /// `project/damaged`, and those of the database.
    pub fn outcome_of_run(&self, run: i64, records: usize) -> Result<Option<Linked>, Error> {
        let sql = "SELECT outcome FROM run WHERE id = ?1";
        let bytes: Option<Vec<u8>> = self.connection.query_row(sql, [run], |row| row.get(0)).stored()?;
        let (Some(bytes), Some((model, training))) = (bytes, self.model_of_run(run)?) else { return Ok(None) };
        decode_outcome(&bytes, records, model, training).map(Some)
    }

    /// The files of a run are in their places.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish_run(&mut self, run: i64, deed: &Deed) -> Result<(), Error> {
        let transaction = self.change()?;
        transaction
            .execute("UPDATE run SET state = 'finished', finished_at = ?2 WHERE id = ?1", params![run, deed.at])
            .stored()?;
        note(&transaction, deed, "finish", &format!("run {run}"), "")?;
        transaction.commit().stored()
    }
}

pub(super) fn insert_model(connection: &Connection, model: &Model, hash: &str, deed: &Deed) -> Result<(), Error> {
    let mut known = connection.prepare("SELECT 1 FROM model WHERE hash = ?1").stored()?;
    if known.exists([hash]).stored()? {
        return Ok(());
    }
    connection
        .execute(
            "INSERT OR IGNORE INTO model (hash, id, version, document, added_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![hash, model.id, model.version, model.to_json(), deed.at],
        )
        .stored()?;
    Ok(())
}

pub(super) fn model_of(connection: &Connection, hash: &str) -> Result<Model, Error> {
    let sql = "SELECT document FROM model WHERE hash = ?1";
    let document: String = connection.query_row(sql, [hash], |row| row.get(0)).stored()?;
    // The hash of a model is that of its document.
    if Model::hash_of_document(&document) == hash {
        return Model::from_json(&document);
    }
    Err(Error::new(
        "project/damaged",
        "the model that the project keeps is not the one that it was told",
        "put back the last copy of the project",
    ))
}
