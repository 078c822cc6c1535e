//! What a run by a Splink model was made of, read again from its folder.

use crate::command::score::read_types;
use crate::frame_input::Datasets;
use crate::render::Terminal;
use crate::rerun::recorded;
use crate::run_record;
use crate::standard::read_text;
use crate::tf_tables::TfTableArgs;
use childlink::Error;
use childlink::exchange::linked_records::RecordKeys;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::splink::score::CompiledModel;
use childlink::linkage::splink::{Predictions, Records, SplinkModel};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// The records of a run with the model that it used.
pub(crate) struct GeneralRerun {
    pub(crate) model: SplinkModel,
    pub(crate) records: Records,
    /// Of review and of links, in bits.
    pub(crate) thresholds: [f64; 2],
}

impl GeneralRerun {
    /// Reads the inputs again that `run.json` names, which must still be there unchanged; none for a run that had no
    /// Splink model.
    ///
    /// # Errors
    /// `run/of-steps`, `run/inputs-changed`, those of [`run_record::whole`], and of reading model, inputs and
    /// frequencies.
    pub(crate) fn read(folder: &Path, terminal: &Terminal) -> Result<Option<GeneralRerun>, Error> {
        run_record::has_model(folder)?;
        let text = read_text(&folder.join("model.json"))?;
        if !serde_json::from_str::<Value>(&text).is_ok_and(|model| model.get("sql_dialect").is_some()) {
            return Ok(None);
        }
        let (model, _) = SplinkModel::read(&text)?;
        let (record, inputs) = recorded(folder, terminal)?;
        let told = |name: &str| -> Vec<String> {
            let all = record["splink"][name].as_array().into_iter().flatten();
            all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
        };
        let phase = terminal.progress().phase("Reading");
        inputs.take_digests()?;
        // Rows that could not be used were set aside then, too.
        let mut frame = Datasets::read(inputs.files(), Some(&model.source_dataset_column))?.frame;
        read_types(&mut frame, &told("types"))?;
        TfTableArgs::of(told("tf_tables")).join(&mut frame, &model)?;
        let records = Records::new(frame, &model)?;
        drop(phase);
        let threshold = |name: &str| record["splink"][name].as_f64().unwrap_or_default();
        Ok(Some(GeneralRerun {
            model,
            records,
            thresholds: [threshold("review_threshold"), threshold("link_threshold")],
        }))
    }

    /// These pairs, weighed.
    ///
    /// # Errors
    /// Those of [`CompiledModel`].
    pub(crate) fn predictions(&self, pairs: Vec<(RecordIndex, RecordIndex)>) -> Result<Predictions<'_>, Error> {
        let compiled = CompiledModel::new(&self.records, &self.model)?;
        let scores = compiled.score(&pairs)?;
        Ok(Predictions::new(&self.records, &self.model, compiled, (pairs, Vec::new()), scores))
    }

    /// The waterfall of each pair as JSON, empty for a pair of which a record is not among the inputs. A pair is told
    /// by source and record id of both.
    ///
    /// # Errors
    /// Those of [`CompiledModel`].
    pub(crate) fn waterfalls(&self, pairs: &[[(String, String); 2]]) -> Result<Vec<String>, Error> {
        let keys = RecordKeys::of(&self.records, &self.model);
        let all = 0..self.records.frame().rows() as RecordIndex;
        let places: HashMap<(String, String), RecordIndex> =
            all.map(|record| ((keys.source(record), keys.record_id(record)), record)).collect();
        let found = |[one, other]: &[(String, String); 2]| {
            let (one, other) = (*places.get(one)?, *places.get(other)?);
            Some((one.min(other), one.max(other)))
        };
        let found: Vec<Option<(RecordIndex, RecordIndex)>> = pairs.iter().map(found).collect();
        let predictions = self.predictions(found.iter().flatten().copied().collect())?;
        let mut next = 0..;
        let text = |pair: &Option<(RecordIndex, RecordIndex)>| {
            let waterfall = pair.and_then(|_| next.next()).map(|place| predictions.waterfall(place));
            waterfall.map_or_else(String::new, |waterfall| serde_json::to_string(&waterfall).unwrap_or_default())
        };
        Ok(found.iter().map(text).collect())
    }
}
