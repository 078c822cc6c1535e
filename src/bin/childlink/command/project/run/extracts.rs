//! The records of a project's extracts, each seen to be what was added.

use super::super::absorb;
use crate::database::Query;
use crate::digest::Told;
use crate::input::Inputs;
use crate::progress::Progress;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::exchange::rows::SourceName;
use childlink::project::{Extract, Project};
use std::path::PathBuf;

/// The records of the project's present extracts, each seen to be what was added.
///
/// # Errors
/// `input/none`, `project/extract-changed`, and those of reading inputs.
pub(in crate::command) fn read_extracts(project: &Project, progress: &Progress) -> Result<Records, Error> {
    read_with_rows(project, progress).map(|(_, records, _)| records)
}

/// The same, seen to be the records that the last run gave children to.
///
/// # Errors
/// `project/run-first`, and those of [`read_extracts`].
pub(in crate::command) fn read_as_run(project: &Project, progress: &Progress) -> Result<Records, Error> {
    let (extracts, records, rows) = read_with_rows(project, progress)?;
    project.check_run(&extracts, &rows, absorb::SLOT)?;
    Ok(records)
}

/// What each database gave, by the number of its extract.
type Rows = Vec<(i64, String)>;

fn read_with_rows(project: &Project, progress: &Progress) -> Result<(Vec<Extract>, Records, Rows), Error> {
    let extracts = project.extracts()?;
    if extracts.is_empty() {
        let hint = format!("add some: childlink project add {} INPUT...", project.path().display());
        return Err(Error::new("input/none", "the project has no extract", hint));
    }
    let inputs = inputs_of(&extracts, &[])?;
    let records = inputs.read(progress)?;
    let asked = extracts.iter().filter(|extract| extract.told.query.is_some()).map(|extract| extract.id);
    let rows = asked.zip(inputs.row_checksums().into_iter().map(Option::unwrap_or_default)).collect();
    Ok((extracts, records, rows))
}

/// The inputs that a run's extracts are; reading them sees that every file is what was added. Databases are asked anew.
///
/// # Errors
/// Those of [`Inputs::new`] and [`Inputs::spell`].
pub(super) fn inputs_of(extracts: &[Extract], keep: &[String]) -> Result<Inputs, Error> {
    // Files stand before databases, as inputs do.
    let of_files = extracts.iter().filter(|extract| extract.told.query.is_none());
    let file = |extract: &Extract| {
        let path = PathBuf::from(&extract.told.path);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let source = extract.told.given_source.clone().map(SourceName::Given);
        (path, source.unwrap_or(SourceName::Fallback(stem)))
    };
    let query = |extract: &Extract| {
        let asked = extract.told.query.as_ref()?;
        let query = Query::new(&extract.told.slot, &extract.told.path, &asked.sql);
        Some(query.map(|query| query.with_password_in(asked.password_env.clone())))
    };
    let queries = extracts.iter().filter_map(query).collect::<Result<Vec<_>, _>>()?;
    let mut inputs = Inputs::new(of_files.clone().map(file).collect(), None, keep.to_vec())?.with_queries(queries);
    for (number, Extract { told, .. }) in of_files.enumerate() {
        inputs.expect(number, &told.slot, Told { bytes: told.bytes, xxh64: told.checksum.clone() });
    }
    for (number, extract) in extracts.iter().enumerate() {
        extract.told.column_map.as_deref().map_or(Ok(()), |list| inputs.spell(number, list))?;
    }
    Ok(inputs)
}
