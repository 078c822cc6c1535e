//! `childlink notify`: a folder of messages against an index.

use super::Outcome;
use super::index::load;
use crate::claims::declare;
use crate::lists::{key_path, read_barred, read_rulings};
use crate::message_store::MessageStore;
use crate::output::{OutputFolder, cannot_read, cannot_write, write_file};
use crate::render::{Terminal, count, table};
use childlink::Error;
use childlink::exchange::fhir::Limits;
use childlink::exchange::message::{Piece, kept, read_file};
use childlink::exchange::settled::{self, Rejected};
use childlink::exchange::sheet::Sheet;
use childlink::index::{Change, ChildIndex, JournalEntry};
use childlink::notification::{Fact, Notification, Notifications, Receipt, Recognised, Settlement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Take in messages about children: births, moves, deaths, results
///
/// Reads NEMS, MNS, PDS and IMMS messages, HL7 version 2, immunisation batches and laboratories' outcomes, finds the
/// child of each, and lists what a person must decide. Everything that came is kept in DIR, so that the next run goes
/// on from there; the same messages in any order, again, or after a crash, come to the same.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  childlink notify children.index inbox/ --out night\n\n\
    Files in DIR: messages (the child of each), queue (for a person to decide), restricted (keys only), facts.ndjson\n\
    (results, vaccinations, contacts, deaths by child_id), read-again (NHS numbers whose national record changed),\n\
    quarantine (what could not be read, and why; its bytes in quarantine/), summary.json, run.json, and the journals.")]
pub(crate) struct Args {
    /// The index, made by `childlink index build`; it is not changed
    #[arg(value_name = "INDEX")]
    index: PathBuf,
    /// Files of messages, or folders of them
    #[arg(value_name = "MESSAGES")]
    messages: Vec<PathBuf>,
    /// Folder for journals and results; give the same one every time
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What people decided on items of the queue: whom,child_id,decision,reader,decided_at, the decision same,
    /// different or unsure. Without a child_id: different from any child, or a message to be set aside
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Pairs of NHS numbers that must never be joined or mentioned (keyed hashes; the key is in FILE.key)
    #[arg(long, value_name = "FILE")]
    barred: Option<PathBuf>,
    /// Write the index with all changes so far to FILE
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
}

/// What came, by what became of it.
#[derive(Default)]
struct Tally {
    files: u64,
    files_again: u64,
    messages: u64,
    repeats: u64,
    events: BTreeMap<String, u64>,
    rejected: Vec<Rejected>,
}

impl Tally {
    /// Takes the messages of a file, as they were understood before if they were. Answers what is to be kept of those
    /// that were read anew: all or none.
    fn take(
        &mut self,
        name: &str,
        bytes: &[u8],
        understood: Option<&str>,
        notifications: &mut Notifications,
    ) -> Option<String> {
        let known = understood.and_then(|text| text.lines().map(kept::read).collect::<Option<Vec<Notification>>>());
        if let Some(messages) = known {
            messages.into_iter().for_each(|message| self.message(message, notifications));
            return None;
        }
        let mut lines = Some(String::new());
        for Piece { line, raw, outcome } in read_file(name, bytes, Limits::default()) {
            match outcome {
                Ok(message) => {
                    if let Some(lines) = &mut lines {
                        *lines += &kept::write(&message);
                        lines.push('\n');
                    }
                    self.message(message, notifications);
                }
                Err(fault) => {
                    lines = None;
                    self.rejected.push(Rejected { file: name.to_owned(), line, fault, raw });
                }
            }
        }
        lines
    }

    fn message(&mut self, message: Notification, notifications: &mut Notifications) {
        self.messages += 1;
        *self.events.entry(message.key.event.clone()).or_default() += 1;
        self.repeats += u64::from(notifications.receive(message) == Receipt::Repeat);
    }
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let started = Instant::now();
    declare(args.pack.as_deref())?;
    not_among_results(args)?;
    let progress = terminal.progress();
    let phase = progress.phase("Loading");
    let mut index = load(&args.index)?;
    let folder = OutputFolder::create(&args.out)?;
    let mut notifications = Notifications::new(&index);
    let mut store = MessageStore::open(&args.out, &fs::read(&args.index).map_err(|e| cannot_read(&args.index, &e))?)?;
    for entry in store.changes()? {
        index.replay_entry(&entry)?;
        notifications.learn(&entry.change);
    }
    if let Some(path) = &args.barred {
        index.set_barred(read_barred(path)?);
    }
    let barred = digest_of_barred(args.barred.as_deref())?;
    let standing = |index: &ChildIndex| format!("{} {barred}", index.applied());
    if let Some(lines) = store.answers(&standing(&index)) {
        notifications.take_kept_answers(&lines, &index);
    }
    if let Some(path) = &args.decisions {
        take_decisions(read_rulings(path)?, &mut index, &mut store)?;
    }
    let mut tally = Tally::default();
    store.each_file(&mut |name, bytes, understood| tally.take(name, bytes, understood, &mut notifications))?;
    let known = tally.messages;
    drop(phase);
    let loaded = started.elapsed().as_secs_f64();

    let phase = progress.phase("Taking in");
    for path in files(&args.messages)? {
        let bytes = fs::read(&path).map_err(|e| cannot_read(&path, &e))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        tally.files += 1;
        match store.keep(&name, &bytes)? {
            Some(digest) => store.understand(digest, tally.take(&name, &bytes, None, &mut notifications))?,
            None => tally.files_again += 1,
        }
    }
    store.make_durable()?;
    drop(phase);
    let phase = progress.phase("Recognising");
    let settlement = notifications.settle(&mut index, &mut |entries: &[JournalEntry]| store.keep_changes(entries))?;
    drop(phase);
    store.keep_answers(&standing(&index), &notifications.kept_answers(&index))?;
    let seconds = started.elapsed().as_secs_f64();

    let summary = summary(&tally, known, &settlement);
    let run = json!({"load": loaded, "all": seconds});
    write(folder, &args.out, &settlement, &index, &tally.rejected, &summary, &run)?;
    if let Some(path) = &args.pack {
        write_file(path, &index.snapshot()?)?;
    }
    terminal.result(|| in_words(args, &summary, seconds), || summary.clone())?;
    let clean = tally.rejected.is_empty() && settlement.queue.is_empty();
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

/// Sees that no folder of messages is the one for journals and results, which would be read as messages the next time.
fn not_among_results(args: &Args) -> Result<(), Error> {
    let Ok(out) = fs::canonicalize(&args.out) else { return Ok(()) };
    match args.messages.iter().find(|path| fs::canonicalize(path).is_ok_and(|path| path == out)) {
        None => Ok(()),
        Some(path) => Err(Error::new(
            "output/is-input",
            format!("{} holds the messages, and cannot be the folder for journals and results too", path.display()),
            "name another folder with --out",
        )
        .in_field("--out")),
    }
}

/// Tells one list of barred pairs, with its key, from another; `-` for none.
fn digest_of_barred(list: Option<&Path>) -> Result<String, Error> {
    let Some(list) = list else { return Ok("-".to_owned()) };
    let mut hash = Sha256::new();
    for path in [list, &key_path(list)] {
        let bytes = fs::read(path).map_err(|e| cannot_read(path, &e))?;
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Makes new decisions durable and lets the index know them.
fn take_decisions(decisions: Vec<Change>, index: &mut ChildIndex, store: &mut MessageStore) -> Result<(), Error> {
    let mut entries: Vec<JournalEntry> = Vec::new();
    for change in decisions {
        if index.knows(&change) {
            continue;
        }
        let entry = index.next_journal_entry(change);
        index.replay_entry(&entry)?;
        entries.push(entry);
    }
    if entries.is_empty() { Ok(()) } else { store.keep_changes(&entries) }
}

/// The files named, those of a folder in order of name.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    for path in named {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(|e| cannot_read(path, &e))?;
        let entries = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>();
        let mut inside: Vec<PathBuf> = entries.map_err(|e| cannot_read(path, &e))?;
        inside.retain(|path| path.is_file());
        inside.sort();
        all.extend(inside);
    }
    Ok(all)
}

fn summary(tally: &Tally, known: u64, settlement: &Settlement) -> Value {
    let people =
        |test: &dyn Fn(&Recognised) -> bool| settlement.recognised.iter().filter(|person| test(person)).count();
    let mut queue: BTreeMap<&str, u64> = BTreeMap::new();
    settlement.queue.iter().for_each(|queued| *queue.entry(queued.code.id).or_default() += 1);
    let mut rejected: BTreeMap<&str, u64> = BTreeMap::new();
    tally.rejected.iter().for_each(|rejected_one| *rejected.entry(rejected_one.fault.code).or_default() += 1);
    json!({
        "files": tally.files,
        "files_that_had_come_before": tally.files_again,
        "messages": tally.messages + tally.rejected.len() as u64,
        "messages_of_earlier_runs": known,
        "messages_read": tally.messages,
        "messages_repeated": tally.repeats,
        "messages_in_quarantine": tally.rejected.len(),
        "quarantine": rejected,
        "events": tally.events,
        "persons": settlement.recognised.len(),
        "persons_known": people(&|person| person.child.is_some() && !person.is_new),
        "persons_new": people(&|person| person.is_new),
        "persons_waiting": people(&|person| person.child.is_none()),
        "queue": queue,
        "withdrawn": settlement.withdrawn.len(),
        "set_aside": settlement.set_aside.len(),
        "facts": settlement.facts.len(),
        "to_read_again": settlement.to_read_again.len(),
        "changes_of_index": settlement.changes,
    })
}

fn in_words(args: &Args, summary: &Value, seconds: f64) -> String {
    let line = |words: &str, name: &str| vec![words.to_owned(), count(summary[name].as_u64().unwrap_or(0))];
    let mut text = table(&[
        vec![String::new(), "number".to_owned()],
        line("messages, earlier runs included", "messages"),
        line("repeated", "messages_repeated"),
        line("in quarantine", "messages_in_quarantine"),
        line("persons of known children", "persons_known"),
        line("new children", "persons_new"),
        line("waiting to be recognised", "persons_waiting"),
        line("changes of the index", "changes_of_index"),
    ]);
    if let Some(queue) = summary["queue"].as_object().filter(|queue| !queue.is_empty()) {
        text += "\nFor a person to decide:\n";
        queue.iter().for_each(|(code, number)| text += &format!("  {code}: {number}\n"));
    }
    text + &format!("\nWritten to {} in {seconds:.1} s\n", args.out.display())
}

fn write(
    mut folder: OutputFolder,
    out: &Path,
    settlement: &Settlement,
    index: &ChildIndex,
    rejected: &[Rejected],
    summary: &Value,
    run: &Value,
) -> Result<(), Error> {
    let mut sheet = Sheet::csv(folder.file("messages.csv")?, &settled::message_columns())?;
    settled::write_messages(&mut sheet, &settlement.recognised)?;
    folder.add(sheet.finish()?)?;
    let mut sheet = Sheet::csv(folder.file("queue.csv")?, &settled::queue_columns())?;
    settled::write_queue(&mut sheet, &settlement.queue, index)?;
    folder.add(sheet.finish()?)?;
    let mut sheet = Sheet::csv(folder.file("restricted.csv")?, &settled::restricted_columns())?;
    settled::write_restricted(&mut sheet, &settlement.queue)?;
    folder.add(sheet.finish()?)?;
    let line = |fact: &Fact| format!("{}\n", settled::fact(fact, index.is_sensitive(fact.child)));
    let facts: String = settlement.facts.iter().map(line).collect();
    folder.put("facts.ndjson", facts.as_bytes())?;
    let mut sheet = Sheet::csv(folder.file("withdrawn-deaths.csv")?, &settled::withdrawn_death_columns())?;
    settled::write_withdrawn_deaths(&mut sheet, &settlement.withdrawn_deaths)?;
    folder.add(sheet.finish()?)?;
    let numbers: String = settlement.to_read_again.iter().map(|number| format!("{number:010}\n")).collect();
    folder.put("read-again.csv", format!("nhs_number\n{numbers}").as_bytes())?;
    write_quarantine(&mut folder, out, rejected)?;
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    folder.put("run.json", format!("{run:#}\n").as_bytes())?;
    folder.finish()
}

/// Lists what could not be read, and puts their bytes beside it, equal ones once.
fn write_quarantine(folder: &mut OutputFolder, out: &Path, rejected: &[Rejected]) -> Result<(), Error> {
    let kept = out.join("quarantine");
    if !rejected.is_empty() {
        fs::create_dir_all(&kept).map_err(|e| cannot_write(&kept, &e))?;
    }
    for (name, raw) in settled::quarantine_files(rejected) {
        write_file(&out.join(name), raw)?;
    }
    let mut sheet = Sheet::csv(folder.file("quarantine.csv")?, &settled::quarantine_columns())?;
    settled::write_quarantine(&mut sheet, rejected)?;
    folder.add(sheet.finish()?)
}
