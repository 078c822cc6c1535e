//! `childlink project publish`.

use super::run::read_extracts;
use super::{ByArgs, Outcome, absorb};
use crate::lists::Lists;
use crate::message_store::HandOver;
use crate::output::{OutputFile, write_file};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::sheet::{Kind, Sheet};
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::table::Table;
use childlink::project::{Project, Published};
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
    childlink project publish town.childlink --index children.index --notifications night --keys keys.csv")]
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
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut project = Project::open(&args.file)?;
    let deed = args.by.deed();
    let hand_over = args.notifications.as_deref().map(HandOver::begin).transpose()?;
    if let Some(hand_over) = &hand_over {
        project.absorb(hand_over.changes(), &deed)?;
    }
    absorb::refresh(&mut project, &deed)?;
    let progress = terminal.progress();
    let mut records = read_extracts(&project, &progress)?;
    let phase = progress.phase("Packing");
    Lists::of_project(&project)?.apply(&mut records.built.table)?;
    let table = &records.built.table;
    let published = project.publish(table, hand_over.is_some(), &deed)?;
    if let Some(keys) = &args.keys {
        write_keys(keys, table, &published)?;
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
