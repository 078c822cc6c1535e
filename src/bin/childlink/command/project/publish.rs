//! `childlink project publish`.

use super::run::read_as_run;
use super::{ByArgs, Outcome, absorb, open_project};
use crate::claims::declare;
use crate::lists::Lists;
use crate::message_store::HandOver;
use crate::output::{OutputFile, write_file};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::sheet::{Kind, Sheet};
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::table::Table;
use childlink::project::{Flag, Project, Published};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Pack the project's children into an index that answers at once
///
/// The index has the same children, and every record keeps its number from one index to the next, so that the journal
/// of the index in use can go on with the new one. With --notifications, the changes that stand in a folder of
/// `childlink notify` are taken in first and the folder goes on with the new index; messages that arrive meanwhile wait
/// for the next run of `notify`, and none is lost. Without it, let the host replay on the new index the changes of its
/// journal that came after the one that is told.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project publish town.childlink --index children.index\n  \
    childlink project publish town.childlink --index children.index --notifications night --keys keys.csv --flags flags.csv")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the index
    #[arg(long, value_name = "INDEX")]
    index: PathBuf,
    /// The folder of notifications of the index in use
    #[arg(long, value_name = "DIR")]
    notifications: Option<PathBuf>,
    /// Where to write the record behind each entry of the index: entry,source,record_id,child_id (CSV)
    #[arg(long, value_name = "KEYS")]
    keys: Option<PathBuf>,
    /// Where to write the flags behind each entry, for the host to keep beside the index:
    /// entry,child_id,source,record_id,scope,flag (CSV)
    #[arg(long, value_name = "FLAGS")]
    flags: Option<PathBuf>,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut project = open_project(&args.file)?;
    declare([&args.index].into_iter().chain(&args.keys).chain(&args.flags).map(PathBuf::as_path))?;
    let deed = args.by.deed();
    let hand_over = args.notifications.as_deref().map(HandOver::begin).transpose()?;
    if let Some(hand_over) = &hand_over {
        let (standing, withdrawn) = absorb::read_deaths(hand_over.folder())?;
        project.absorb(hand_over.changes(), &deed)?;
        project.take_deaths(&standing, &withdrawn, &deed)?;
    }
    absorb::refresh(&mut project, &deed)?;
    let progress = terminal.progress();
    let mut records = read_as_run(&project, &progress)?;
    let phase = progress.phase("Packing");
    Lists::of_project(&project)?.apply(&mut records.built.table)?;
    let table = &records.built.table;
    let published = project.publish(table, hand_over.is_some(), &deed)?;
    if let Some(keys) = &args.keys {
        write_keys(keys, table, &published)?;
    }
    if let Some(path) = &args.flags {
        write_flags(path, &project, table, &published)?;
    }
    let write = || write_file(&args.index, &published.bytes);
    match hand_over {
        Some(hand_over) => hand_over.finish(&published.bytes, write)?,
        None => write()?,
    }
    drop(phase);
    terminal.result(
        || {
            format!(
                "{} records ({} new) packed into {} bytes; the index shows every change to {}\n",
                count(table.len() as u64),
                count(published.new_records),
                count(published.bytes.len() as u64),
                published.applied
            )
        },
        || {
            json!({
                "records": table.len(), "new_records": published.new_records, "bytes": published.bytes.len(),
                "applied": published.applied, "index": args.index,
            })
        },
    )?;
    Ok(Outcome::Clean)
}

fn write_keys(path: &Path, table: &Table, published: &Published) -> Result<(), Error> {
    let columns =
        [("entry", Kind::Integer), ("source", Kind::Text), ("record_id", Kind::Text), ("child_id", Kind::Integer)];
    let mut sheet = Sheet::csv(OutputFile::create(path)?, &columns.map(|(name, kind)| (name.to_owned(), kind)))?;
    sheet.rows(table.len(), |record, row| {
        row.integer(i64::from(published.entries[record]));
        row.text(table.source(record as RecordIndex));
        row.text(table.record_id(record as RecordIndex));
        row.integer(published.children[record] as i64);
    })?;
    sheet.finish()?.finish()
}

/// Flags go as they came, each with its scope, and say nothing to the index.
fn write_flags(path: &Path, project: &Project, table: &Table, published: &Published) -> Result<(), Error> {
    let flags = project.flags()?;
    let mut rows: Vec<(RecordIndex, &Flag)> = flags
        .iter()
        .filter_map(|(flag, _)| table.find(&flag.source, &flag.record_id).map(|record| (record, flag)))
        .collect();
    rows.sort_by_key(|(record, _)| published.entries[*record as usize]);
    let number = |name: &str| (name.to_owned(), Kind::Integer);
    let text = |name: &str| (name.to_owned(), Kind::Text);
    let columns = [number("entry"), number("child_id"), text("source"), text("record_id"), text("scope"), text("flag")];
    let mut sheet = Sheet::csv(OutputFile::create(path)?, &columns)?;
    sheet.rows(rows.len(), |place, row| {
        let (record, flag) = rows[place];
        row.integer(i64::from(published.entries[record as usize]));
        row.integer(published.children[record as usize] as i64);
        [&flag.source, &flag.record_id, &flag.scope, &flag.flag].iter().for_each(|value| row.text(value));
    })?;
    sheet.finish()?.finish()
}
