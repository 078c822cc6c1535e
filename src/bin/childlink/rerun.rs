//! What a run was made of, read again from its folder: records, lists and model.

use crate::command::link::read_model;
use crate::input::Inputs;
use crate::linked::{column, find, spelled};
use crate::lists::Lists;
use crate::output::cannot_read;
use crate::render::Terminal;
use crate::run_record;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::LinkOptions;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use std::collections::BTreeSet;
use std::io;
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
    /// `run/of-splink`, `run/of-steps`, `run/inputs-changed`, those of [`run_record::whole`], and of reading inputs,
    /// lists, model and tables.
    pub(crate) fn read(folder: &Path, terminal: &Terminal) -> Result<Rerun, Error> {
        run_record::is_of_children(folder)?;
        let (record, inputs) = recorded(folder, terminal)?;
        let lists = Lists::from_record(&record["lists"])?;
        let model = read_model(Some(&folder.join("model.json")))?;
        let mut records = inputs.read(&terminal.progress())?;
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

/// The record of a run, whose files must be those of one run, and its inputs.
///
/// # Errors
/// Those of [`run_record::whole`] and [`Inputs::from_record`].
pub(crate) fn recorded(folder: &Path, terminal: &Terminal) -> Result<(serde_json::Value, Inputs), Error> {
    let record = run_record::whole(folder)?;
    if record.is_null() {
        return Err(cannot_read(&folder.join("run.json"), &io::ErrorKind::NotFound.into()));
    }
    let inputs = Inputs::from_record(&record["inputs"])?;
    if inputs.cannot_tell_changes() {
        terminal
            .note("run.json has no checksums of the inputs, as an earlier version wrote it: changes cannot be told");
    }
    Ok((record, inputs))
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
