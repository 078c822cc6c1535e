//! What a run of a project is told beside its extracts and lists: kept with the run, so that it can go on.

use crate::command::link::Format;
use childlink::Error;
use childlink::linkage::blocking::LinkKind;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The parameters of a run.
pub(super) struct Parameters {
    /// The whole path of the folder for result files.
    pub(super) out: PathBuf,
    /// The hash of the model that the run begins with; the project keeps the model.
    pub(super) model: String,
    pub(super) retrain: bool,
    pub(super) link_only: bool,
    pub(super) seed: u64,
    pub(super) format: Format,
    pub(super) with_values: bool,
    pub(super) keep: Vec<String>,
}

impl Parameters {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "out": self.out.display().to_string(),
            "model": self.model,
            "retrain": self.retrain,
            "link_only": self.link_only,
            "seed": self.seed,
            "format": self.format.extension(),
            "with_values": self.with_values,
            "keep": self.keep,
        })
    }

    /// # Errors
    /// `project/damaged`.
    pub(super) fn from_json(document: &Value) -> Result<Parameters, Error> {
        let read = || {
            Some(Parameters {
                out: PathBuf::from(document["out"].as_str()?),
                model: document["model"].as_str()?.to_owned(),
                retrain: document["retrain"].as_bool()?,
                link_only: document["link_only"].as_bool()?,
                seed: document["seed"].as_u64()?,
                format: Format::named(document["format"].as_str()?)?,
                with_values: document["with_values"].as_bool()?,
                keep: document["keep"]
                    .as_array()?
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
            })
        };
        read().ok_or_else(|| {
            Error::new("project/damaged", "what the run was told cannot be read", "run again without --resume")
        })
    }

    pub(super) const fn kind(&self) -> LinkKind {
        if self.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe }
    }
}
