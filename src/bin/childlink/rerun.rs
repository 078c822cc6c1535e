//! What a run was made of, read again from its folder: records, lists and model.

use crate::command::link::read_model;
use crate::input::Inputs;
use crate::linked::{column, find, spelled};
use crate::lists::Lists;
use crate::output::cannot_read;
use crate::progress::Progress;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::LinkOptions;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The records of a run with what it was told and the model it used.
pub(crate) struct Rerun {
    pub(crate) records: Records,
    pub(crate) model: Model,
    options: LinkOptions,
    restricted: BTreeSet<(RecordIndex, RecordIndex)>,
}

impl Rerun {
    /// Reads the inputs again that `run.json` names; they must still be there unchanged.
    ///
    /// # Errors
    /// `explain/run`; those of reading inputs, lists, model and tables.
    pub(crate) fn read(folder: &Path, progress: &Progress) -> Result<Rerun, Error> {
        let record = read_run(folder)?;
        let inputs = Inputs::from_record(&record["inputs"])?;
        let lists = Lists::from_record(&record["lists"])?;
        let model = read_model(Some(&folder.join("model.json")))?;
        let mut records = inputs.read(progress)?;
        let (options, _) = lists.apply(&mut records.built.table)?;
        let restricted = restricted(folder, &records.built.table)?;
        Ok(Rerun { records, model, options, restricted })
    }

    /// The records of the run.
    pub(crate) fn table(&self) -> &Table {
        &self.records.built.table
    }

    /// Whether a pair must not be shown. Whether it is barred or restricted must not be told apart.
    pub(crate) fn hides(&self, left: RecordIndex, right: RecordIndex) -> bool {
        let pair = (left.min(right), left.max(right));
        self.options.barred.bars(self.table(), pair.0, pair.1) || self.restricted.contains(&pair)
    }
}

/// What `run.json` of a folder tells.
///
/// # Errors
/// `input/cannot-read`, `explain/run`.
pub(crate) fn read_run(folder: &Path) -> Result<Value, Error> {
    let path = folder.join("run.json");
    let text = fs::read_to_string(&path).map_err(|e| cannot_read(&path, &e))?;
    serde_json::from_str(&text).map_err(|_| {
        Error::new(
            "explain/run",
            format!("{} cannot be read", path.display()),
            "name a folder that `childlink link` wrote",
        )
    })
}

fn restricted(folder: &Path, table: &Table) -> Result<BTreeSet<(RecordIndex, RecordIndex)>, Error> {
    let path = find(folder, "restricted")?;
    let frame = crate::frame_input::read_frame(&path)?;
    let of = |name: &str| column(&frame, &path, &[name]);
    let (source_l, record_l) = (of("source_l")?, of("record_id_l")?);
    let (source_r, record_r) = (of("source_r")?, of("record_id_r")?);
    let pairs = (0..frame.rows()).filter_map(|row| {
        let left = table.find(&spelled(source_l.value(row)), &spelled(record_l.value(row)))?;
        let right = table.find(&spelled(source_r.value(row)), &spelled(record_r.value(row)))?;
        Some((left.min(right), left.max(right)))
    });
    Ok(pairs.collect())
}
