//! Linking the records of a run: anew, from a model that it had trained, or only what has changed since the last.

use super::super::parameters::Parameters;
use super::ByArgs;
use childlink::Error;
use childlink::linkage::again::{Earlier, Scan};
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use childlink::linkage::{LinkOptions, Linked, OnTrained, link_in_steps, link_sparing};
use childlink::project::{Project, WholeBecause};

/// What a run is told.
pub(super) struct Told<'a> {
    pub(super) id: i64,
    pub(super) parameters: &'a Parameters,
    /// Why every record is to be compared; nothing if only those that have changed.
    pub(super) whole: Option<WholeBecause>,
    pub(super) by: &'a ByArgs,
    /// Whether to take less memory and more time.
    pub(super) sparing: bool,
}

/// Links the records, telling what the scan found and, if every record was compared, why.
///
/// # Errors
/// Those of the project and of linking.
pub(super) fn link_records(
    project: &mut Project,
    told: &Told,
    mut options: LinkOptions,
    table: &mut Table,
) -> Result<(Linked, Option<Scan>, Option<WholeBecause>), Error> {
    let Told { id, parameters, whole, by, sparing } = *told;
    let link = if sparing { link_sparing } else { link_copying };
    options.keep_scan = true;
    options.kind = parameters.kind();
    options.seed = parameters.seed;
    options.previous = project.previous(table)?;
    let has_children = project.has_children()?;
    let earlier = |project: &Project, table: &Table, model: &Model| match (whole, model.frequencies.is_some()) {
        _ if !has_children => Ok(Err(WholeBecause::FirstRun)),
        (Some(whole), _) => Ok(Err(whole)),
        (None, true) => {
            project.earlier_scan(table, &project.hash_of(model), parameters.link_only, env!("CARGO_PKG_VERSION"))
        }
        (None, false) => Ok(Err(WholeBecause::OtherModel)),
    };
    let mut because = None;
    let mut take = |found: Result<Earlier, WholeBecause>| match found {
        Ok(earlier) => Some(earlier),
        Err(whole) => {
            because = Some(whole);
            None
        }
    };
    if let Some((model, training)) = project.model_of_run(id)? {
        options.skip_training = true;
        options.earlier = take(earlier(project, table, &model)?);
        if sparing {
            project.forget_records();
        }
        let (mut linked, scan) = link(table, &model, &mut options, &mut |_, _| Ok(()))?;
        linked.training = training;
        return Ok((linked, scan, because));
    }
    let model: Model = project.stored_model(&parameters.model)?;
    options.skip_training = model.provenance.trained_on_records > 0 && !parameters.retrain;
    options.earlier = match options.skip_training {
        true => take(earlier(project, table, &model)?),
        false => take(Err(if has_children { WholeBecause::OtherModel } else { WholeBecause::FirstRun })),
    };
    if sparing {
        project.forget_records();
    }
    let mut trained = |model: &Model, training: Option<&_>| project.keep_model(id, model, training, &by.deed());
    let (linked, scan) = link(table, &model, &mut options, &mut trained)?;
    Ok((linked, scan, because))
}

/// [`link_in_steps`], as [`link_sparing`] is called.
fn link_copying(
    table: &mut Table,
    model: &Model,
    options: &mut LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    link_in_steps(table, model, options, trained)
}
