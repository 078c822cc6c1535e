//! What a machine does to a run: a full disk, folders that cannot be written, inputs that change, two processes at
//! once. Each is a clear error with its code, and what was there stays whole.
#![cfg(unix)]

mod bench;

use bench::Bench;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

impl Bench {
    fn population() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.populate(400, 7);
        bench
    }

    /// A project of the population that has been run once.
    fn project() -> Bench {
        let bench = Bench::population();
        bench.ok(&["project", "init", "p.childlink"]);
        bench.ok(&["project", "add", "p.childlink", "population/records.csv"]);
        bench.ok(&["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"]);
        bench
    }

    /// Every file of a folder.
    fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder").map(|entry| entry.expect("an entry"));
        entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file")))
            .collect()
    }

    /// Runs where no file may grow past so many blocks of 512 bytes (or 1,024): as when the disk is full.
    fn with_little_room(&self, blocks: u32, arguments: &[&str]) -> Output {
        let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.current_dir(self.folder.path()).args(["-c", &script, env!("CARGO_BIN_EXE_childlink")]).args(arguments);
        command.output().expect("a shell")
    }

    /// A run that was cut off after it had linked: only the state says so.
    fn cut_off(&self) {
        let connection = Connection::open(self.path("p.childlink")).expect("the project");
        connection
            .execute_batch("UPDATE run SET state = 'linked', finished_at = NULL WHERE id = (SELECT max(id) FROM run)")
            .expect("changed");
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_full_disk_leaves_the_results_of_the_last_run_whole() {
    let bench = Bench::population();
    let link = ["link", "population/records.csv", "--model", "model.json", "--out", "linked"];
    bench.ok(&link);
    let before = bench.files("linked");
    for blocks in [1, 8, 40] {
        let output = bench.with_little_room(blocks, &link);
        assert_eq!(output.status.code(), Some(2), "{blocks}: {}", words(&output));
        assert!(words(&output).contains("output/cannot-write"), "{blocks}: {}", words(&output));
        assert!(bench.files("linked") == before, "{blocks}: nothing changed, and nothing half written is left");
    }
    // Best records, an index and a request for tracing likewise.
    for (arguments, folder) in [
        (vec!["best", "linked", "--out", "best"], "best"),
        (vec!["trace", "prepare", "population/records.csv", "--out", "request"], "request"),
    ] {
        bench.ok(&arguments);
        let before = bench.files(folder);
        let output = bench.with_little_room(8, &arguments);
        assert_eq!(output.status.code(), Some(2), "{folder}: {}", words(&output));
        assert!(words(&output).contains("output/cannot-write") && bench.files(folder) == before, "{folder}");
    }
}

/// Runs as somebody to whom the folder is closed for writing; nothing where that cannot be had.
fn as_a_stranger(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let id = Command::new("id").arg("-u").output().expect("id");
    let program = env!("CARGO_BIN_EXE_childlink");
    let mut command = match String::from_utf8_lossy(&id.stdout).trim() {
        // Nothing is closed to root.
        "0" => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
            command
        }
        _ => Command::new(program),
    };
    let output = command.args(arguments).current_dir(folder).output().ok()?;
    // The stranger may not reach the program at all.
    (output.status.code().is_some_and(|code| code < 126) && !words(&output).contains("setpriv")).then_some(output)
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_changes() {
    let bench = Bench::project();
    for file in bench.files(".").keys().chain(&["population".to_owned(), "linked".to_owned()]) {
        let open = if bench.path(file).is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(bench.path(file), fs::Permissions::from_mode(open)).expect("opened for reading");
    }
    for file in bench.files("population").keys() {
        let path = bench.path(&format!("population/{file}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("opened for reading");
    }
    fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o555)).expect("closed");
    let before = bench.files(".");
    let refused = |arguments: &[&str], code: &str| {
        let Some(output) = as_a_stranger(bench.folder.path(), arguments) else {
            eprintln!("skipped: nobody here to whom a folder can be closed");
            return;
        };
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", words(&output));
        assert!(words(&output).contains(code), "{arguments:?}: {}", words(&output));
    };
    refused(&["link", "population/records.csv", "--model", "model.json", "--out", "new"], "output/cannot-write");
    refused(&["project", "run", "p.childlink", "--out", "/tmp"], "project/cannot-write");
    refused(&["project", "add", "p.childlink", "population/records.csv"], "project/cannot-write");
    refused(&["project", "init", "q.childlink"], "project/cannot-write");
    fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o755)).expect("opened");
    assert!(bench.files(".") == before);
    bench.ok(&["project", "status", "p.childlink", "--verify"]);
}

#[test]
fn an_input_that_changed_before_a_resume_is_refused_and_put_back_it_goes_on() {
    let bench = Bench::project();
    // A first run lists no changes; one that is cut off and is not the first does.
    bench.ok(&["project", "run", "p.childlink", "--out", "linked"]);
    let before = bench.files("linked");
    let path = bench.path("population/records.csv");
    let text = fs::read_to_string(&path).expect("the extract");
    let resume = ["project", "run", "p.childlink", "--resume"];
    let last = text.lines().last().expect("a row");
    for changed in [format!("{text}{}\n", last.replacen(',', ",x", 1)), text.replacen("19", "20", 1), String::new()] {
        bench.cut_off();
        fs::write(&path, &changed).expect("written");
        assert!(bench.refused(&resume).contains("project/extract-changed"));
        bench.ok(&["project", "status", "p.childlink", "--verify"]);
        assert!(bench.files("linked") == before, "the files of the last run stay");
    }
    fs::remove_file(&path).expect("removed");
    assert!(bench.refused(&resume).contains("input/cannot-read"));
    fs::write(&path, &text).expect("written");
    bench.ok(&resume);
    let mut after = bench.files("linked");
    let mut before = before;
    [&mut before, &mut after].into_iter().for_each(|files| drop(files.remove("run.json")));
    assert!(before == after);
}

#[test]
fn a_second_process_is_told_while_the_first_is_at_work_and_neither_loses_anything() {
    let bench = Bench::project();
    let mut command = Command::new(env!("CARGO_BIN_EXE_childlink"));
    command.current_dir(bench.folder.path());
    command.args(["project", "run", "p.childlink", "--full", "--out", "first", "--json"]);
    let mut first = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let signal = |name: &str, id: u32| {
        let sent = Command::new("kill").args([name, &id.to_string()]).status().expect("kill");
        sent.success()
    };
    // Held in the middle of its work. Before its first phase it would be held while it opens the database, where
    // nobody may look: https://www.sqlite.org/wal.html, section 8.
    let log = BufReader::new(first.stderr.take().expect("the log"));
    let mut lines = log.lines();
    let begun = lines.any(|line| line.expect("a line").contains("reading"));
    let held = begun && signal("-STOP", first.id());
    let lock = fs::File::open(bench.path("p.childlink.lock")).expect("the lock");
    if !held || lock.try_lock().is_ok() {
        signal("-CONT", first.id());
        first.wait().expect("it ends");
        eprintln!("skipped: the first run had ended before it could be held");
        return;
    }
    let refused: Vec<String> = [
        vec!["project", "run", "p.childlink", "--out", "second"],
        vec!["project", "add", "p.childlink", "population/records.csv"],
        vec!["project", "undo", "p.childlink", "--run"],
        vec!["best", "p.childlink", "--out", "best"],
    ]
    .iter()
    .map(|arguments| bench.refused(arguments))
    .collect();
    let looked = bench.run(&["project", "status", "p.childlink", "--verify"]);
    signal("-CONT", first.id());
    lines.for_each(drop);
    assert!(first.wait().expect("it ends").success(), "the first run goes on");
    assert!(refused.iter().all(|words| words.contains("project/in-use")), "{refused:?}");
    assert!(looked.status.success(), "anybody may look: {}", words(&looked));
    let (mut first, mut linked) = (bench.files("first"), bench.files("linked"));
    for files in [&mut first, &mut linked] {
        ["run.json", "changes.csv", "summary.json", "report.html", "statistics.json", "model.json"]
            .iter()
            .for_each(|name| drop(files.remove(*name)));
    }
    assert!(first == linked, "the children are those of the run before");
    assert!(!bench.path("second/children.csv").exists());
    bench.ok(&["project", "status", "p.childlink", "--verify"]);
}

#[test]
fn each_phase_of_a_run_is_told_as_a_line_of_json_without_a_record() {
    let bench = Bench::population();
    bench.ok(&["project", "init", "p.childlink"]);
    bench.ok(&["project", "add", "p.childlink", "population/records.csv"]);
    let link = vec!["link", "population/records.csv", "--model", "model.json", "--out", "plain"];
    let run = vec!["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"];
    for (arguments, phases) in [
        (link, vec!["reading", "understanding", "linking", "writing"]),
        (run, vec!["reading", "understanding", "linking", "writing", "keeping"]),
    ] {
        let output = bench.run(&[&arguments[..], &["--json"]].concat());
        let log = words(&output);
        let lines: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).expect("each line is one JSON object")).collect();
        let told: Vec<(&str, &str)> = lines
            .iter()
            .map(|line| (line["phase"].as_str().expect("a phase"), line["event"].as_str().expect("an event")))
            .collect();
        let expected: Vec<(&str, &str)> = phases.iter().flat_map(|&phase| [(phase, "start"), (phase, "end")]).collect();
        assert_eq!(told, expected);
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the result is one JSON object");
        for line in &lines {
            let at = line["at"].as_str().expect("a moment");
            assert!(at.len() == 24 && at.ends_with('Z'), "{line}");
            assert_eq!(line["seconds"].is_number(), line["event"] == "end", "{line}");
            // Names of phases, moments and numbers: nothing else can be told.
            let fields = line.as_object().expect("an object");
            assert!(
                fields
                    .iter()
                    .all(|(name, value)| value.is_number() || ["at", "phase", "event"].contains(&name.as_str()))
            );
        }
        let end = |phase: &str| {
            let is = |line: &&serde_json::Value| line["phase"] == phase && line["event"] == "end";
            lines.iter().find(is).expect("told").clone()
        };
        let understood = end("understanding");
        assert_eq!(understood["rows"], result["rows"]["read"], "{understood}");
        assert_eq!(understood["records"], result["rows"]["accepted"], "{understood}");
        assert_eq!(end("linking")["children"], result["linkage"]["children"]);
        // Declined, nothing is told.
        let quiet = bench.run(&[&arguments[..], &["--json", "--quiet"]].concat());
        assert_eq!(words(&quiet), "");
    }
}
