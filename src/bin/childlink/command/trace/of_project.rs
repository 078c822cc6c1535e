//! The records of a project asked about, and what came of it kept in the project.

use super::{ToAsk, told_before};
use crate::command::bar::{in_hexadecimal, new_key};
use crate::command::project::{absorb, run};
use crate::lists::{Lists, key_path, read_key};
use crate::output::write_file;
use crate::render::Terminal;
use childlink::Error;
use childlink::exchange::pds_trace::response::Found;
use childlink::exchange::pds_trace::{Judged, Outcome, TracedRecord};
use childlink::identity::nhs_number::NhsNumber;
use childlink::linkage::barred::{BarredHash, Subject, hash_pair};
use childlink::project::{Deed, Project, TraceRecorded};

/// Reads the project's records as its next run would, with its lists.
///
/// # Errors
/// `input/none`, and those of reading the project's extracts and lists.
pub(super) fn read(project: &mut Project, deed: &Deed, terminal: &Terminal) -> Result<ToAsk, Error> {
    absorb::refresh(project, deed)?;
    let progress = terminal.progress();
    let mut records = run::read_extracts(project, &progress)?;
    let before = told_before(&records.built.table, &project.traced_results()?);
    Lists::of_project(project)?.apply(&mut records.built.table)?;
    Ok(ToAsk { records, before })
}

/// Keeps what came of a trace. Where another family name was found for a record, the two may be one child before and
/// after an adoption: until a person has taken that result back, the record and the number found are never joined, nor
/// shown together.
///
/// # Errors
/// `barred/key`, `output/cannot-write`, and those of the project.
pub(super) fn keep(project: &mut Project, judged: &[Judged<'_>], deed: &Deed) -> Result<TraceRecorded, Error> {
    let is_barred = |one: &Judged<'_>| one.outcome == Outcome::Restricted;
    let key = match judged.iter().any(is_barred) {
        true => key_of(project)?,
        false => Vec::new(),
    };
    let hash = |one: &Judged<'_>| -> Option<BarredHash> {
        let found: NhsNumber = match one.answer.as_ref()?.found {
            Found::Number(number) if is_barred(one) => number,
            _ => return None,
        };
        let (source, record_id) = (one.question.source.as_str(), one.question.record_id.as_str());
        Some(hash_pair(&key, Subject::Record { source, record_id }, Subject::NhsNumber(found.digits())))
    };
    let results: Vec<_> = judged.iter().map(|one| (TracedRecord::of(one), hash(one))).collect();
    project.add_traced(&results, deed)
}

/// The key of the project's barred pairs, made if there is none.
fn key_of(project: &Project) -> Result<Vec<u8>, Error> {
    let beside = key_path(project.path());
    if beside.exists() {
        return read_key(project.path());
    }
    let key = new_key()?;
    write_file(&beside, in_hexadecimal(&key).as_bytes())?;
    Ok(key)
}
