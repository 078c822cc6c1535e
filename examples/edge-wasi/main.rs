//! The child index and its messages as a program for WASI (`wasm32-wasip1`), for hosts that run programs and not
//! JavaScript.
//!
//! ```text
//! edge-wasi notify INDEX DIR MESSAGES...   takes messages in; journals and results in DIR, as of `childlink notify`
//! edge-wasi match INDEX                    a FHIR `$match` request a line on standard input, an answer a line out
//! ```
//!
//! Exit codes: 0 done, 2 wrong usage or input that cannot be read.

#[path = "../../src/bin/childlink/message_store.rs"]
#[allow(dead_code, reason = "the journals are those of the command line, which also hands them over")]
mod message_store;
mod output;

use childlink::Error;
use childlink::exchange::fhir::{Element, Limits, MatchRequest, match_patient, of_fault};
use childlink::exchange::message::{Piece, read_file};
use childlink::exchange::settled::{self, Rejected};
use childlink::exchange::sheet::{Sheet, SheetColumn};
use childlink::index::{ChildIndex, JournalEntry, Loader};
use childlink::notification::{Notifications, Settlement};
use message_store::MessageStore;
use output::{cannot_read, cannot_write, write_file};
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: edge-wasi notify INDEX DIR MESSAGES... | edge-wasi match INDEX";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["notify", index, folder, messages @ ..] if !messages.is_empty() => {
            notify(Path::new(index), Path::new(folder), messages)
        }
        ["match", index] => answer(Path::new(index)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {}\n  {}", error.code, error.message, error.hint);
            ExitCode::from(2)
        }
    }
}

/// Loads an index a piece at a time, so that it never stands in memory twice.
fn load(path: &Path) -> Result<ChildIndex, Error> {
    let mut file = File::open(path).map_err(|cause| cannot_read(path, &cause))?;
    let (mut loader, mut piece) = (Loader::default(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece).map_err(|cause| cannot_read(path, &cause))? {
            0 => return loader.finish(),
            read => loader.push(&piece[..read])?,
        }
    }
}

fn notify(index_file: &Path, folder: &Path, messages: &[&str]) -> Result<(), Error> {
    let mut index = load(index_file)?;
    fs::create_dir_all(folder).map_err(|cause| cannot_write(folder, &cause))?;
    let mut notifications = Notifications::new(&index);
    let snapshot = fs::read(index_file).map_err(|cause| cannot_read(index_file, &cause))?;
    let mut store = MessageStore::open(folder, &snapshot)?;
    drop(snapshot);
    for entry in store.changes()? {
        index.replay_entry(&entry)?;
        notifications.learn(&entry.change);
    }
    let mut rejected = Vec::new();
    let mut take = |name: &str, bytes: &[u8]| {
        for Piece { line, raw, outcome } in read_file(name, bytes, Limits::default()) {
            match outcome {
                Ok(message) => drop(notifications.receive(message)),
                Err(fault) => rejected.push(Rejected { file: name.to_owned(), line, fault, raw }),
            }
        }
    };
    // Each run reads every file again: a host without the command line has few.
    store.each_file(&mut |name, bytes, _| {
        take(name, bytes);
        None
    })?;
    for path in messages.iter().map(Path::new) {
        let bytes = fs::read(path).map_err(|cause| cannot_read(path, &cause))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if store.keep(&name, &bytes)?.is_some() {
            take(&name, &bytes);
        }
    }
    store.make_durable()?;
    let settlement = notifications.settle(&mut index, &mut |entries: &[JournalEntry]| store.keep_changes(entries))?;
    write(folder, &settlement, &index)?;
    quarantine(folder, &rejected)?;
    println!("{} changes, {} to review, {} unreadable", settlement.changes, settlement.queue.len(), rejected.len());
    Ok(())
}

/// The results in the files and the words of `childlink notify`.
fn write(folder: &Path, settlement: &Settlement, index: &ChildIndex) -> Result<(), Error> {
    write_sheet(&folder.join("messages.csv"), &settled::message_columns(), |sheet| {
        settled::write_messages(sheet, &settlement.recognised)
    })?;
    write_sheet(&folder.join("queue.csv"), &settled::queue_columns(), |sheet| {
        settled::write_queue(sheet, &settlement.queue, index)
    })?;
    write_sheet(&folder.join("restricted.csv"), &settled::restricted_columns(), |sheet| {
        settled::write_restricted(sheet, &settlement.queue).map(drop)
    })?;
    let facts =
        settlement.facts.iter().map(|fact| format!("{}\n", settled::fact(fact, index.is_sensitive(fact.child))));
    write_file(&folder.join("facts.ndjson"), facts.collect::<String>().as_bytes())?;
    write_sheet(&folder.join("withdrawn-deaths.csv"), &settled::withdrawn_death_columns(), |sheet| {
        settled::write_withdrawn_deaths(sheet, &settlement.withdrawn_deaths)
    })?;
    let numbers: String = settlement.to_read_again.iter().map(|number| format!("{number:010}\n")).collect();
    write_file(&folder.join("read-again.csv"), format!("nhs_number\n{numbers}").as_bytes())
}

/// What could not be read: a list with the reasons, and their bytes, equal ones once.
fn quarantine(folder: &Path, rejected: &[Rejected]) -> Result<(), Error> {
    if !rejected.is_empty() {
        let kept = folder.join("quarantine");
        fs::create_dir_all(&kept).map_err(|cause| cannot_write(&kept, &cause))?;
    }
    for (name, raw) in settled::quarantine_files(rejected) {
        write_file(&folder.join(name), raw)?;
    }
    write_sheet(&folder.join("quarantine.csv"), &settled::quarantine_columns(), |sheet| {
        settled::write_quarantine(sheet, rejected)
    })
}

fn write_sheet(
    path: &Path,
    columns: &[SheetColumn],
    rows: impl FnOnce(&mut Sheet<Vec<u8>>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sheet = Sheet::csv(Vec::new(), columns)?;
    rows(&mut sheet)?;
    write_file(path, &sheet.finish()?)
}

/// Answers one request after another; a faulty one by an OperationOutcome, and goes on.
fn answer(index_file: &Path) -> Result<(), Error> {
    let mut index = load(index_file)?;
    let stdout = &mut io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|cause| cannot_read(Path::new("standard input"), &cause))?;
        let told = respond(&mut index, line.as_bytes())
            .unwrap_or_else(|fault| of_fault(fault.code, &fault.message, &fault.hint, fault.field.as_deref()));
        writeln!(stdout, "{told}").map_err(|cause| cannot_write(Path::new("standard output"), &cause))?;
    }
    Ok(())
}

fn respond(index: &mut ChildIndex, request: &[u8]) -> Result<serde_json::Value, Error> {
    let asked = MatchRequest::of(&Element::read(request, Limits::default())?)?;
    match_patient(index, "query", &asked)
}
