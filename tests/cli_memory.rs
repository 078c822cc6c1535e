//! `--max-memory`: the same bytes under a limit, whatever has to wait on disk; nothing left behind; and what cannot be
//! kept is said.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The least limit that is taken: with so little, text is put aside in several pieces.
const LEAST: &str = "64M";

impl Bench {
    /// Records of a few sources, with repeats of rows, a later version, a sensitive child, rows to set aside and a
    /// column to hand on.
    fn populated(children: &str, seed: &str) -> Bench {
        let bench = Bench::empty();
        bench.ok(&["synth", "--children", children, "--sources", "4", "--seed", seed, "--out", "population"]);
        let text = fs::read_to_string(bench.path("population/records.csv")).expect("records");
        let mut lines = text.lines().map(str::to_owned);
        let header = lines.next().expect("a header");
        let rows: Vec<String> = lines.collect();
        let mut table = format!("{header},ward\n");
        for (n, row) in rows.iter().enumerate() {
            table += &format!("{row},N{}\n", n % 7);
            if n % 50 == 3 {
                table += &format!("{row},again\n");
            }
            if n % 400 == 5 {
                table += &format!("{row},too,many\n");
            }
        }
        let sensitive = header.split(',').position(|name| name == "sensitive");
        if let Some((place, first)) = sensitive.zip(rows.get(17)) {
            let mut fields: Vec<&str> = first.split(',').collect();
            fields[place] = "S";
            table += &format!("{},late\n", fields.join(","));
        }
        fs::write(bench.path("records.csv"), table).expect("records are written");
        bench
    }

    /// Every file of a folder but the record of the run.
    fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = names(&self.path(folder));
        files.retain(|name| name != "run.json");
        files.into_iter().map(|name| (name.clone(), fs::read(self.path(folder).join(name)).expect("a file"))).collect()
    }

    /// Runs without a limit and with one, and sees that the files are the same.
    fn same(&self, name: &str, arguments: &[&str]) {
        let (free, bound) = (format!("{name}-free"), format!("{name}-bound"));
        self.ok(&[arguments, &["--out", &free]].concat());
        self.ok(&[arguments, &["--out", &bound, "--max-memory", LEAST]].concat());
        let (free, bound) = (self.files(&free), self.files(&bound));
        assert!(free.len() >= 9, "{name}");
        assert_eq!(free.keys().collect::<Vec<_>>(), bound.keys().collect::<Vec<_>>(), "{name}");
        for (file, bytes) in free {
            assert!(bytes == bound[&file], "{name}: {file} differs");
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_limit_changes_no_byte() {
    // Three megabytes: more than is gathered under this limit before it is put aside.
    let bench = Bench::populated("12000", "3");
    assert!(fs::metadata(bench.path("records.csv")).unwrap().len() > 2 << 20);
    for threads in ["1", "2"] {
        bench.same(&format!("threads-{threads}"), &["link", "records.csv", "--threads", threads, "--keep", "ward"]);
    }
}

#[test]
fn a_limit_changes_no_byte_of_runs_with_lists_or_other_forms() {
    let bench = Bench::populated("1500", "5");
    bench.same("first", &["link", "records.csv", "--with-values"]);
    let model = "first-free/model.json";
    bench.same("between", &["link", "records.csv", "--model", model, "--link-only", "--format", "parquet"]);
    bench.same("later", &["link", "records.csv", "--model", model, "--previous", "first-free"]);
    let review = fs::read_to_string(bench.path("first-free/review.csv")).unwrap();
    let keys = |line: &str| line.split(',').take(4).collect::<Vec<_>>().join(",");
    let decided: Vec<String> =
        review.lines().skip(1).take(2).map(|line| format!("{},different,jk,2026-01-02\n", keys(line))).collect();
    let header = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n";
    fs::write(bench.path("decided.csv"), format!("{header}{}", decided.concat())).unwrap();
    bench.same("decided", &["link", "records.csv", "--model", model, "--decisions", "decided.csv"]);
}

#[test]
fn a_limit_changes_no_byte_of_inputs_of_other_formats() {
    let bench = Bench::populated("800", "7");
    // The same records as NDJSON, which is read in one piece by one thread.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(bench.path("records.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut lines = String::new();
    for row in reader.records() {
        let row = row.unwrap();
        let object: serde_json::Map<String, Value> =
            header.iter().zip(row.iter()).map(|(name, value)| (name.to_owned(), value.into())).collect();
        lines += &format!("{}\n", Value::Object(object));
    }
    fs::write(bench.path("records.ndjson"), lines).unwrap();
    bench.same("ndjson", &["link", "records.ndjson"]);
}

#[test]
fn a_limit_changes_no_byte_of_a_project() {
    let bench = Bench::populated("1500", "9");
    let mut runs = Vec::new();
    for (name, limit) in [("free", &[][..]), ("bound", &["--max-memory", LEAST])] {
        let file = format!("{name}.childlink");
        let run = |out: &str| bench.ok(&[&["project", "run", &file, "--out", out], limit].concat());
        bench.ok(&["project", "init", &file]);
        bench.ok(&["project", "add", &file, "records.csv"]);
        run(&format!("{name}-1"));
        // A later extract with fewer rows, and a decision on a pair that was shown.
        let text = fs::read_to_string(bench.path("records.csv")).unwrap();
        let fewer: Vec<&str> =
            text.lines().enumerate().filter(|(n, _)| *n == 0 || n % 40 != 11).map(|(_, l)| l).collect();
        fs::create_dir_all(bench.path("later")).unwrap();
        fs::write(bench.path("later/records.csv"), fewer.join("\n") + "\n").unwrap();
        bench.ok(&["project", "add", &file, "later/records.csv"]);
        run(&format!("{name}-2"));
        bench.ok(&["project", "export", &file, "--out", &format!("{name}-kept")]);
        runs.push([1, 2].map(|n| bench.files(&format!("{name}-{n}"))));
    }
    assert!(runs[0] == runs[1]);
}

#[test]
fn nothing_is_left_behind_and_a_folder_can_be_named() {
    let bench = Bench::populated("800", "7");
    fs::create_dir(bench.path("elsewhere")).unwrap();
    let limit = ["--max-memory", LEAST, "--scratch", "elsewhere"];
    bench.ok(&[&["link", "records.csv", "--out", "linked"], &limit[..]].concat());
    assert!(names(&bench.path("elsewhere")).is_empty());
    assert!(names(&bench.path("linked")).iter().all(|name| !name.starts_with('.')));
    // An error while the scratch is in use.
    fs::write(bench.path("broken.csv"), "colour\nblue\n").unwrap();
    let error = bench.error(&[&["link", "records.csv", "broken.csv", "--out", "failed"], &limit[..]].concat());
    assert_eq!(error["code"], "columns/missing");
    assert!(names(&bench.path("elsewhere")).is_empty() && names(&bench.path("failed")).is_empty());
    assert_eq!(
        bench.error(&["link", "records.csv", "--out", "l", "--max-memory", LEAST, "--scratch", "records.csv"])["code"],
        "scratch/cannot-write"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_no_scratch_and_a_full_disk_is_told() {
    let bench = Bench::populated("6000", "7");
    let arguments = ["link", "records.csv", "--out", "linked", "--max-memory", LEAST];
    for pause in [20, 120, 300] {
        let mut run =
            bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("childlink starts");
        while !bench.path("linked").exists() && run.try_wait().expect("a run").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(pause));
        Command::new("kill").args(["-TERM", &run.id().to_string()]).output().expect("kill");
        assert!(matches!(run.wait().expect("an end").code(), Some(0 | 143)));
        let left = names(&bench.path("linked"));
        assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
        fs::remove_dir_all(bench.path("linked")).expect("the folder goes");
    }
    // No file may grow past so many blocks: as when the disk is full.
    for blocks in [1, 64, 600] {
        let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\" --json");
        let output = Command::new("sh")
            .current_dir(bench.folder.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_childlink")])
            .args(arguments)
            .output()
            .expect("sh starts");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((output.status.code(), told["error"]["code"].as_str()), (Some(2), Some("scratch/cannot-write")));
        assert!(names(&bench.path("linked")).is_empty());
    }
}

#[test]
fn what_cannot_be_kept_is_said() {
    let bench = Bench::populated("400", "7");
    let with = |more: &[&str]| bench.error(&[&["link", "records.csv", "--out", "linked"], more].concat());
    let error = with(&["--max-memory", "12M"]);
    assert_eq!((error["code"].as_str(), error["field"].as_str()), (Some("memory/too-small"), Some("--max-memory")));
    assert_eq!(
        with(&["--max-memory", LEAST, "--policy", "mps", "--reference", "records.csv"])["code"],
        "memory/not-here"
    );
    for wrong in ["plenty", "1.5G", "-1"] {
        assert_eq!(
            bench.run(&["link", "records.csv", "--out", "linked", "--max-memory", wrong]).status.code(),
            Some(2)
        );
    }
    // More records than can be linked in so little.
    let bench = Bench::empty();
    let mut text = "source,record_id,given_name,family_name,birth_date\n".to_owned();
    (0..120_000).for_each(|n| text += &format!("a,{n},Asha,Rao,2020-01-{:02}\n", n % 28 + 1));
    fs::write(bench.path("records.csv"), text).unwrap();
    let error = bench.error(&["link", "records.csv", "--out", "linked", "--max-memory", LEAST]);
    assert_eq!(error["code"], "memory/limit");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--max-memory ")), "{error}");
}
