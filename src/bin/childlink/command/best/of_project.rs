//! The best records of a project: of its present extracts, with the children of its last run and what its records told
//! in earlier ones.

use super::Args;
use crate::command::project::{absorb, run};
use crate::input::in_file;
use crate::lists::Lists;
use crate::render::Terminal;
use crate::standard::open;
use childlink::Error;
use childlink::exchange::best::{BestChild, Deaths, Telling, read_withdrawn};
use childlink::exchange::intake::Records;
use childlink::project::{Deed, Project};
use std::collections::{BTreeMap, BTreeSet};

type Read = (Records, Vec<u64>, (Deaths, u64));

/// Reads the project's records with its lists, the child of each, and the deaths that were withdrawn; with how many of
/// the latter no record stands for.
///
/// # Errors
/// `project/run-first`, and those of reading the project's extracts and lists.
pub(super) fn read(project: &mut Project, args: &Args, terminal: &Terminal) -> Result<Read, Error> {
    absorb::refresh(project, &args.by.deed())?;
    let mut records = run::read_as_run(project, &terminal.progress())?;
    Lists::of_project(project)?.apply(&mut records.built.table)?;
    let table = &records.built.table;
    let child_of = project.child_of_each(table)?;
    let (mut deaths, mut unknown) = match &args.withdrawn_deaths {
        Some(path) => read_withdrawn(open(path)?, table).map_err(|e| in_file(path, e))?,
        None => Default::default(),
    };
    for death in project.withdrawn_deaths()? {
        match table.find(&death.source, &death.record_id) {
            Some(record) => deaths.withdraw(record, &death.died),
            None => unknown += 1,
        }
    }
    for death in project.notified_deaths()? {
        match death.withdrawn {
            true => deaths.withdraw_of_child(death.child, &death.died),
            false => deaths.tell_of_child(death.child, &death.died),
        }
    }
    Ok((records, child_of, (deaths, unknown)))
}

/// Keeps what the records tell now, and gives the history of every child with what was told before.
///
/// # Errors
/// Those of the project.
pub(super) fn with_earlier<'t>(
    project: &mut Project,
    present: Vec<(u64, Vec<Telling<'t>>)>,
    children: &[BestChild],
    deed: &Deed,
) -> Result<Vec<(u64, Vec<Telling<'t>>)>, Error> {
    let sensitive: BTreeSet<u64> =
        children.iter().filter(|child| child.sensitive).map(|child| child.child_id).collect();
    let (withheld, open): (Vec<_>, Vec<_>) = present
        .into_iter()
        .flat_map(|(child, told)| told.into_iter().map(move |telling| (child, telling)))
        .partition(|(_, telling)| telling.is_withheld());
    let told: Vec<Telling<'_>> = open.into_iter().map(|(_, telling)| telling).collect();
    project.keep_told(&told, &sensitive, deed)?;
    let last = project.last_run()?;
    let mut of_child: BTreeMap<u64, Vec<Telling<'t>>> = BTreeMap::new();
    for (child, telling) in project.told()? {
        // A record that moved to a sensitive child may have told where it was.
        if !(telling.is_whereabouts() && sensitive.contains(&child)) {
            of_child.entry(child).or_default().push(telling);
        }
    }
    for death in project.notified_deaths()? {
        let kind = if death.withdrawn { "death-withdrawn" } else { "death" };
        of_child.entry(death.child).or_default().push(Telling {
            kind: kind.into(),
            value: if death.died.is_empty() { "no date told" } else { &death.died }.to_owned().into(),
            updated_at: "".into(),
            source: "notifications".into(),
            record_id: "".into(),
            runs: Some((death.run, death.last_run)),
        });
    }
    for (child, mut telling) in withheld {
        telling.runs = Some((last, last));
        of_child.entry(child).or_default().push(telling);
    }
    Ok(of_child.into_iter().collect())
}
