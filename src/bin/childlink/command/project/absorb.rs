//! `childlink project absorb`.

use super::{ByArgs, Outcome, open_project};
use crate::lists::in_file;
use crate::message_store::read_changes;
use crate::output::{absolute, cannot_read, write_file};
use crate::render::{Terminal, count};
use crate::standard::open;
use childlink::Error;
use childlink::exchange::sheet::{Kind, Sheet};
use childlink::identity::column::Column;
use childlink::project::{Deed, NewExtract, Project, read_entry_flags};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh64::xxh64;

/// The extract that the records which came through an index are.
pub(super) const SLOT: &str = "absorbed";

/// Take in what an index learned from notifications
///
/// JOURNAL is the file index.journal of the folder that `childlink notify` writes, or that folder. Children that the
/// index made keep their serials, its merges and splits are taken over, and the records that came through it are read
/// by the next run, from FILE.absorbed.csv. Of a folder the deaths are taken in that its messages tell of, and those
/// that were withdrawn since: `childlink best FILE` tells of both. The same journal may be given again: what is known
/// counts once.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  \
    childlink project publish town.childlink --index children.index\n  \
    childlink notify children.index inbox/ --out night\n  \
    childlink project absorb town.childlink night\n  \
    childlink project run town.childlink --out linked")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The journal, or the folder that it stands in
    #[arg(value_name = "JOURNAL")]
    journal: PathBuf,
    /// Flags that the index's host keeps: entry,scope,flag, as `project publish --flags` writes them
    #[arg(long, value_name = "FLAGS")]
    flags: Option<PathBuf>,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let path = if args.journal.is_dir() { args.journal.join("index.journal") } else { args.journal.clone() };
    let journal = read_changes(&path)?;
    // What stands beside the journal is read before anything is changed.
    let deaths = args.journal.is_dir().then(|| read_deaths(&args.journal)).transpose()?.unwrap_or_default();
    let flags = args.flags.as_deref().map(|path| in_file(path, read_entry_flags(open(path)?))).transpose()?;
    let mut project = open_project(&args.file)?;
    let deed = args.by.deed();
    let absorbed = project.absorb(&journal, &deed)?;
    let (deaths, withdrawn) = project.take_deaths(&deaths.0, &deaths.1, &deed)?;
    let flags = flags.map_or(Ok(0), |flags| project.add_entry_flags(&flags, &deed))?;
    refresh(&mut project, &deed)?;
    terminal.result(
        || {
            format!(
                "{} changes taken in, {} known before: {} records, {} new children, {} children merged, {} records split off\n\
                 {deaths} deaths new, {withdrawn} withdrawn; {flags} flags new\n\n\
                 Next: childlink project run {} --out DIR\n",
                count(absorbed.changes),
                count(absorbed.known),
                count(absorbed.records),
                count(absorbed.new_children),
                count(absorbed.merged_children),
                count(absorbed.split_records),
                args.file.display()
            )
        },
        || {
            let mut object = json!(absorbed);
            (object["deaths"], object["deaths_withdrawn"]) = (json!(deaths), json!(withdrawn));
            object["flags"] = json!(flags);
            object
        },
    )?;
    Ok(Outcome::Clean)
}

/// Deaths of children, by date.
type Deaths = BTreeSet<(u64, String)>;

/// The deaths that a folder of notifications tells of: those that stand, and those that were withdrawn. Nothing where
/// no run has written them.
///
/// # Errors
/// `input/cannot-read`, `list/unreadable`.
pub(super) fn read_deaths(folder: &Path) -> Result<(Deaths, Deaths), Error> {
    let (mut standing, mut withdrawn) = (Deaths::new(), Deaths::new());
    let text = |name: &str| {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cannot_read(&path, &cause)),
            other => Ok((path, other.unwrap_or_default())),
        }
    };
    let unreadable = |path: &Path, line: usize| {
        let message = format!("line {line} of {} cannot be read", path.display());
        Error::new("list/unreadable", message, "name the folder that `childlink notify` writes")
    };
    let (path, facts) = text("facts.ndjson")?;
    for (place, line) in facts.lines().enumerate() {
        let fact: Value = serde_json::from_str(line).map_err(|_| unreadable(&path, place + 1))?;
        if fact["kind"] == "death" {
            let child = fact["child_id"].as_u64().ok_or_else(|| unreadable(&path, place + 1))?;
            standing.insert((child, fact["date"].as_str().unwrap_or_default().to_owned()));
        }
    }
    let (path, rows) = text("withdrawn-deaths.csv")?;
    for (place, line) in rows.lines().enumerate().skip(1) {
        let death = line.split_once(',').and_then(|(child, date)| Some((child.parse().ok()?, date.to_owned())));
        withdrawn.insert(death.ok_or_else(|| unreadable(&path, place + 1))?);
    }
    Ok((standing, withdrawn))
}

/// Sees that the extract of absorbed records holds those of the project. Done before every use, since a process may
/// end between taking in a journal and writing the file.
///
/// # Errors
/// `output/cannot-write`, and those of the project.
pub(in crate::command) fn refresh(project: &mut Project, deed: &Deed) -> Result<(), Error> {
    let records = project.absorbed_records()?;
    let known = project.extracts()?.into_iter().find(|extract| extract.told.slot == SLOT);
    if records.is_empty() && known.is_none() {
        return Ok(());
    }
    let columns: Vec<Column> =
        Column::ALL.into_iter().filter(|column| !matches!(column, Column::Source | Column::RecordId)).collect();
    let header: Vec<_> = ["source", "record_id"]
        .into_iter()
        .chain(columns.iter().map(|column| column.name()))
        .map(|name| (name.to_owned(), Kind::Text))
        .collect();
    let mut sheet = Sheet::csv(Vec::new(), &header)?;
    sheet.rows(records.len(), |place, row| {
        let record = &records[place];
        row.text(&record.source);
        row.text(&record.record_id);
        columns.iter().for_each(|column| row.text(record.fields.get(column).map_or("", String::as_str)));
    })?;
    let bytes = sheet.finish()?;
    let mut name = absolute(project.path()).into_os_string();
    name.push(".absorbed.csv");
    let path = PathBuf::from(name);
    let extract = NewExtract {
        slot: SLOT.to_owned(),
        path: path.display().to_string(),
        query: None,
        given_source: None,
        column_map: None,
        bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        checksum: format!("{:016x}", xxh64(&bytes, 0)),
    };
    if fs::read(&path).ok().as_deref() != Some(&bytes) {
        write_file(&path, &bytes)?;
    }
    project.add_extracts(&[extract], deed).map(drop)
}
