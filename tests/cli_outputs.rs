//! What the command line writes and where: nothing that a run reads is overwritten, what is no file is not replaced,
//! files of two runs are told from those of one, and every result is one object for programs.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::fs;
use std::path::Path;

impl Bench {
    /// A small population, a trained model, and a run over it in `linked`.
    fn linked() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.populate(300, 5);
        fs::copy(bench.path("population/records.csv"), bench.path("records.csv")).expect("copied");
        bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "linked"]);
        bench
    }

    /// The same with a project, whose last run wrote `kept`.
    fn with_project() -> Bench {
        let bench = Bench::linked();
        bench.ok(&["project", "init", "p.cl"]);
        bench.ok(&["project", "add", "p.cl", "records.csv"]);
        bench.ok(&["project", "run", "p.cl", "--model", "model.json", "--out", "kept"]);
        bench
    }

    /// Two records that a run of these arguments names, as `explain` takes them.
    fn pair(&self) -> [String; 2] {
        let row = self.rows("linked/links.csv").remove(0);
        ["l", "r"].map(|side| format!("{}/{}", row[&format!("source_{side}")], row[&format!("record_id_{side}")]))
    }
}

/// Every file of a folder and of those below it, with its bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        match entry.is_dir() {
            true => all.extend(files(&entry)),
            false => all.push((entry.clone(), fs::read(&entry).expect("a file"))),
        }
    }
    all.sort();
    all
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let bench = Bench::with_project();
    let own: Vec<Value> = bench
        .rows("records.csv")
        .iter()
        .take(2)
        .map(|row| serde_json::json!({"id": row["record_id"], "birth_date": "2024-01-01"}))
        .collect();
    bench.write("children.ndjson", own.iter().map(|child| format!("{child}\n")).collect::<String>());
    fs::create_dir(bench.path("given")).expect("a folder");
    fs::copy(bench.path("records.csv"), bench.path("given/children.csv")).expect("copied");
    fs::copy(bench.path("records.csv"), bench.path("given/links.parquet")).expect("copied");
    bench.ok(&["index", "build", "records.csv", "--model", "model.json", "--out", "own.index"]);
    let truth = "population/truth.csv";
    let before = files(bench.folder.path());
    for (arguments, code) in [
        (vec!["score", "records.csv", "--model", "model.json", "--out", "records.csv"], "output/is-input"),
        (
            vec!["score", "records.csv", "--model", "model.json", "--out", "./population/../records.csv"],
            "output/is-input",
        ),
        (vec!["score", "records.csv", "--model", "model.json", "--out", "model.json"], "output/is-input"),
        (vec!["index", "build", "records.csv", "--out", "records.csv"], "output/is-input"),
        (vec!["index", "build", "records.csv", "--out", "new.index", "--keys", "new.index"], "output/twice"),
        (vec!["index", "build", "records.csv", "--out", "new.index", "--keys", "records.csv"], "output/is-input"),
        (vec!["index", "match", "own.index", "records.csv", "--out", "own.index"], "output/is-input"),
        (vec!["schedule", "children.ndjson", "--as-at", "2026-11-30", "--out", "children.ndjson"], "output/is-input"),
        // A table that a run writes, and one of another form that it takes away.
        (vec!["link", "given/children.csv", "--out", "given"], "output/is-input"),
        (vec!["link", "given/links.parquet", "--out", "given"], "output/is-input"),
        (vec!["link", "records.csv", "--previous", "linked", "--out", "linked"], "output/is-input"),
        (vec!["evaluate", "linked", "--truth", truth, "--errors", truth], "output/is-input"),
        (vec!["evaluate", "linked", "--truth", truth, "--errors", "e.csv", "--report", "e.csv"], "output/twice"),
        (vec!["evaluate", "linked", "--truth", truth, "--errors", "linked/model.json"], "output/of-run"),
        (vec!["sample", "linked", "--out", "linked/links.csv"], "output/is-input"),
        (vec!["sample", "linked", "--out", "linked/children.csv"], "output/of-run"),
        (vec!["sample", "linked", "--out", "p.cl"], "output/is-database"),
        (vec!["project", "publish", "p.cl", "--index", "p.cl"], "output/is-input"),
        (vec!["project", "export", "p.cl", "--out", "linked"], "output/of-run"),
        (vec!["project", "copy", "p.cl", "p.cl"], "output/is-input"),
        (vec!["train", "records.csv", "--out", "records.csv"], "output/is-input"),
    ] {
        assert_eq!(bench.error(&arguments)["code"], code, "{arguments:?}");
    }
    let same = |(path, bytes): &(std::path::PathBuf, Vec<u8>)| {
        // What the database keeps beside its file while it is looked at comes and goes.
        let is_of_database = path.extension().is_some_and(|ending| ending == "cl-shm" || ending == "cl-wal");
        is_of_database || fs::read(path).is_ok_and(|now| now == *bytes)
    };
    for file in &before {
        assert!(same(file), "{} has changed", file.0.display());
    }
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        let lasting = files.iter().map(|(path, _)| path.clone());
        lasting.filter(|path| !path.to_string_lossy().contains("p.cl-")).collect::<Vec<_>>()
    };
    assert_eq!(names(&files(bench.folder.path())), names(&before), "nothing new is left");
    // The same names where nothing is in the way.
    bench.ok(&["sample", "linked", "--out", "linked/sample.csv"]);
    bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "linked"]);
    bench.ok(&["link", "given/children.csv", "--model", "model.json", "--previous", "linked", "--out", "given/linked"]);
}

#[test]
fn two_results_on_standard_output_are_refused_before_anything_is_printed() {
    let bench = Bench::linked();
    bench.write("doses.csv", "source,record_id,date,product,given\n");
    let due = ["due-list", "records.csv", "--doses", "doses.csv", "--as-at", "2026-11-30", "--format", "csv"];
    let output = bench.run(&[&due[..], &["--out", "-", "--counts", "-"]].concat());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("output/standard-twice"));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_and_stays_what_it_is() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::process::Command;
    let bench = Bench::linked();
    let score = |out: &str| bench.ok(&["score", "records.csv", "--model", "model.json", "--out", out]);
    score("plain.csv");
    let plain = bench.text("plain.csv");
    // A pipe.
    assert!(Command::new("mkfifo").arg(bench.path("pipe.csv")).status().expect("mkfifo").success());
    let pipe = bench.path("pipe.csv");
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).expect("what came through the pipe"));
    score("pipe.csv");
    assert_eq!(reader.join().expect("the reader ends"), plain);
    let about = fs::symlink_metadata(bench.path("pipe.csv")).expect("the pipe");
    assert!(about.file_type().is_fifo(), "the pipe is still one");
    // Links: to a file, and to one that is not there yet.
    fs::create_dir(bench.path("below")).expect("a folder");
    bench.write("below/there.csv", "before");
    symlink("below/there.csv", bench.path("there.csv")).expect("a link");
    symlink("below/new.csv", bench.path("new.csv")).expect("a link");
    for name in ["there.csv", "new.csv"] {
        score(name);
        assert!(bench.path(name).is_symlink(), "{name} is still a link");
        assert_eq!(bench.text(&format!("below/{name}")), plain, "{name}");
    }
    // A device like the one that swallows everything, where one can be made at all.
    let made = Command::new("mknod").arg(bench.path("sink.csv")).args(["c", "1", "3"]).output();
    if made.is_ok_and(|made| made.status.success()) {
        let sink = ["score", "records.csv", "--model", "model.json", "--out", "sink.csv"];
        // Some systems let devices be made, and nobody open them.
        let _ = bench.run(&sink);
        let about = fs::symlink_metadata(bench.path("sink.csv")).expect("the device");
        assert!(about.file_type().is_char_device(), "the device is still one");
    }
    assert_eq!(
        bench.error(&["score", "records.csv", "--model", "model.json", "--out", "below"])["code"],
        "output/cannot-write"
    );
}

#[test]
fn inputs_that_are_not_what_they_were_are_refused() {
    let bench = Bench::linked();
    let [left, right] = bench.pair();
    let text = bench.text("records.csv");
    let mut lines: Vec<&str> = text.lines().collect();
    let explain = ["explain", "linked", &left, &right];
    let best = ["best", "linked", "--out", "best"];
    let truth = "population/truth.csv";
    let evaluate = ["evaluate", "linked", "--truth", truth, "--errors", "errors.csv", "--waterfalls"];
    let commands = [&explain[..], &best[..], &evaluate[..]];
    commands.iter().for_each(|command| drop(bench.ok(command)));
    // Two rows change places: as long as before, and every record is still there.
    lines.swap(1, 2);
    bench.write("records.csv", lines.join("\n") + "\n");
    for command in commands {
        assert_eq!(bench.error(command)["code"], "run/inputs-changed", "{command:?}");
    }
    // A row is gone.
    bench.write("records.csv", lines[..lines.len() - 1].join("\n") + "\n");
    for command in commands {
        assert_eq!(bench.error(command)["code"], "run/inputs-changed", "{command:?}");
    }
    // No records at all any more.
    bench.write("records.csv", "x".repeat(text.len()));
    assert_eq!(bench.error(&explain)["code"], "run/inputs-changed");
    bench.write("records.csv", &text);
    commands.iter().for_each(|command| drop(bench.ok(command)));
    // A run of an earlier version kept no checksums.
    let mut run = bench.json("linked/run.json");
    assert_eq!(run["inputs"]["files"][0]["bytes"].as_u64(), Some(text.len() as u64));
    run.as_object_mut().expect("an object").remove("files");
    for name in ["bytes", "xxh64"] {
        run["inputs"]["files"][0].as_object_mut().expect("an object").remove(name);
    }
    bench.write("linked/run.json", run.to_string());
    let output = bench.run(&explain);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("note: run.json has no checksums"));
}

#[test]
fn checksums_are_those_of_the_files_however_they_are_packed() {
    use std::io::Write;
    let bench = Bench::linked();
    let text = bench.text("records.csv");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    bench.write("records.csv.gz", &packed);
    bench.write("records.csv.zst", zstd::encode_all(text.as_bytes(), 1).expect("packed"));
    let children = bench.text("linked/children.csv");
    for name in ["records.csv.gz", "records.csv.zst"] {
        bench.ok(&["link", name, "--model", "model.json", "--out", "packed"]);
        assert_eq!(bench.text("packed/children.csv"), children, "{name}");
        let file = &bench.json("packed/run.json")["inputs"]["files"][0];
        let bytes = fs::read(bench.path(name)).expect("the file");
        assert_eq!(file["bytes"].as_u64(), Some(bytes.len() as u64), "{name}");
        assert_eq!(file["xxh64"], format!("{:016x}", xxhash_rust::xxh64::xxh64(&bytes, 0)), "{name}");
    }
}

#[test]
fn files_of_two_runs_are_told_from_those_of_one() {
    let bench = Bench::linked();
    let [left, right] = bench.pair();
    let few: Vec<String> = bench.text("records.csv").lines().take(90).map(str::to_owned).collect();
    bench.write("fewer.csv", few.join("\n") + "\n");
    bench.ok(&["link", "fewer.csv", "--model", "model.json", "--out", "other"]);
    let commands = [
        vec!["explain", "linked", &left, &right],
        vec!["evaluate", "linked", "--truth", "population/truth.csv"],
        vec!["best", "linked", "--out", "best"],
        vec!["report", "linked"],
        vec!["report", "compare", "other", "linked"],
        vec!["sample", "linked", "--out", "sample.csv"],
        vec!["link", "records.csv", "--model", "model.json", "--previous", "linked", "--out", "next"],
        vec!["index", "build", "records.csv", "--model", "model.json", "--previous", "linked", "--out", "next.index"],
    ];
    commands.iter().for_each(|command| drop(bench.ok(command)));
    let all_refuse = |what: &str| {
        for command in &commands {
            assert_eq!(bench.error(command)["code"], "run/incomplete", "{what}: {command:?}");
        }
    };
    // The new tables with the summary of the run before, as a run that is killed may leave them.
    let whole = bench.text("linked/summary.json");
    fs::copy(bench.path("other/summary.json"), bench.path("linked/summary.json")).expect("copied");
    all_refuse("another summary");
    bench.write("linked/summary.json", &whole);
    commands.iter().for_each(|command| drop(bench.ok(command)));
    let links = bench.text("linked/links.csv");
    bench.write("linked/links.csv", links.replacen("link", "review", 1));
    all_refuse("another table");
    bench.write("linked/links.csv", links);
    fs::remove_file(bench.path("linked/run.json")).expect("the record");
    all_refuse("no record");
    // A list for review that a person has written into is no sign of anything.
    bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "linked"]);
    bench.write("linked/review.csv", "read by a person\n");
    commands.iter().for_each(|command| drop(bench.ok(command)));
}

#[test]
fn a_run_of_another_kind_is_called_so() {
    let bench = Bench::linked();
    let [left, right] = bench.pair();
    // Rows of sources of their own.
    let persons = bench.text("records.csv").trim_end().replace('\n', "\nregister-");
    bench.write("persons.csv", persons);
    bench.ok(&["link", "records.csv", "--policy", "mps", "--reference", "persons.csv", "--out", "traced"]);
    for arguments in [
        vec!["explain", "traced", &left, &right],
        vec!["best", "traced", "--out", "best"],
        vec!["report", "traced"],
        vec!["report", "compare", "linked", "traced"],
    ] {
        assert_eq!(bench.error(&arguments)["code"], "run/of-steps", "{arguments:?}");
    }
    bench.ok(&[
        "model",
        "export",
        "linked/model.json",
        "--partial",
        "--out",
        "splink.json",
        "--records",
        "records.csv",
        "--records-out",
        "prepared.csv",
    ]);
    bench.ok(&["link", "prepared.csv", "--splink-model", "splink.json", "--out", "general"]);
    for arguments in [vec!["best", "general", "--out", "best"], vec!["report", "compare", "linked", "general"]] {
        assert_eq!(bench.error(&arguments)["code"], "run/of-splink", "{arguments:?}");
    }
    // Its page is made again as it was.
    let page = bench.text("general/report.html");
    bench.ok(&["report", "general"]);
    assert_eq!(bench.text("general/report.html"), page);
    let told = bench.error(&["link", "records.csv", "--model", "splink.json", "--out", "wrong"]);
    assert_eq!(told["code"], "model/of-splink");
    assert!(told["hint"].as_str().expect("a hint").contains("--splink-model"));
    let told = bench.error(&[
        "model",
        "export",
        "splink.json",
        "--out",
        "s.json",
        "--records",
        "records.csv",
        "--records-out",
        "r.csv",
    ]);
    assert_eq!(told["code"], "model/no-records-to-prepare");
    let told = bench.error(&["link", "records.csv", "--reference", "persons.csv", "--out", "wrong"]);
    assert_eq!(told["code"], "arguments/reference");
    let told = bench.ok(&["link", "records.csv", "--model", "model.json", "--keep", "nope", "--out", "kept"]);
    assert!(told.contains("column nope (--keep)"), "{told}");
    let coloured: Vec<String> = bench.text("records.csv").lines().map(|line| format!("{line},blue")).collect();
    bench.write("coloured.csv", coloured.join("\n") + "\n");
    let told = bench.ok(&["link", "coloured.csv", "--model", "model.json", "--keep", "blue", "--out", "kept"]);
    assert!(!told.contains("--keep)"), "{told}");
}

#[test]
fn every_result_and_every_error_is_one_object_for_programs() {
    let bench = Bench::empty();
    bench.write("broken.toml", "[[nothing]]\n");
    let object = |arguments: &[&str], code: i32| -> Value {
        let output = bench.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|cause| panic!("{arguments:?}: {cause}"))
    };
    let told = object(&["doctor", "--records", "900000000000"], 2);
    assert!(told["checks"].is_array() && told["error"]["code"] == "doctor/wrong");
    let told = object(&["programme", "check", "broken.toml"], 2);
    assert!(!told["faults"].as_array().expect("faults").is_empty() && told["error"]["code"] == "programme/faults");
    assert!(object(&["completions", "bash"], 0)["script"].as_str().expect("a script").contains("_childlink"));
    assert!(object(&["man"], 0)["page"].as_str().expect("a page").contains(".TH childlink"));
    object(&["man", "--out", "new/man1"], 0);
    assert!(bench.path("new/man1/childlink-link.1").exists(), "the folder is made");
    for wrong in [&["no-such-command"][..], &["link"], &["link", "a.csv", "--out", "x", "--threads", "4000"]] {
        let told = object(wrong, 2);
        assert_eq!(told["error"]["code"], "arguments/usage", "{wrong:?}");
        assert!(!told["error"]["message"].as_str().expect("words").is_empty(), "{wrong:?}");
    }
    let output = bench.run(&["no-such-command"]);
    assert!(output.stdout.is_empty(), "in words alone unless asked");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_or_would_steer_a_terminal_do_no_harm() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::linked();
    let [left, right] = bench.pair();
    let odd = bench.path("").join(OsStr::from_bytes(b"odd-\xFF.csv"));
    fs::copy(bench.path("records.csv"), &odd).expect("copied");
    let output = bench.command(&["link"]).arg(&odd).args(["--model", "model.json", "--out", "odd"]).output();
    assert_eq!(output.expect("childlink starts").status.code(), Some(0));
    bench.ok(&["explain", "odd", &left, &right]);
    bench.ok(&["project", "init", "p.cl"]);
    let output = bench.command(&["project", "add", "p.cl", "--json"]).arg(&odd).output().expect("childlink starts");
    let told: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(told["error"]["code"], "project/file-name");
    // Red letters, a cleared screen, a title: none of it reaches who reads.
    let name = "\u{1b}[31mred\u{1b}]0;x\u{7}.csv";
    bench.write(name, "record_id,\u{1b}[2Jcolumn\n1,x\n");
    for arguments in [vec!["check", name], vec!["check", "no-\u{1b}[2J.csv"]] {
        let output = bench.run(&arguments);
        for bytes in [output.stdout, output.stderr] {
            let steers = bytes.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n');
            assert!(!steers, "{arguments:?}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn a_project_takes_what_it_can_use_and_says_what_failed() {
    let bench = Bench::with_project();
    bench.write("paper.pdf", b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\n");
    let headless: String = bench.text("records.csv").lines().skip(1).map(|line| format!("{line}\n")).collect();
    bench.write("headless.csv", headless);
    for (name, code) in [("paper.pdf", "csv/not-text"), ("headless.csv", "columns/missing")] {
        let told = bench.error(&["project", "add", "p.cl", name]);
        assert_eq!(told["code"], code, "{name}: {told}");
    }
    let told = bench.error(&["project", "add", "p.cl", "records.csv", "--replaces", "nothing"]);
    assert_eq!(told["code"], "project/unknown-extract");
    bench.ok(&["project", "add", "p.cl", "records.csv", "--replaces", "records"]);
    let decide = ["project", "decide", "p.cl", "--verdict", "same", "--pair"];
    let told = bench.error(&[&decide[..], &["nowhere", "1", "nowhere", "2"]].concat());
    assert_eq!(told["code"], "project/unknown-record");
    bench.write("list.csv", "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\nnowhere,1,nowhere,2,same,JK,2026-11-30\n");
    let told: Value =
        serde_json::from_str(&bench.ok(&["project", "decide", "p.cl", "--from", "list.csv", "--json"])).expect("JSON");
    assert_eq!((&told["new"], &told["unknown_records"]), (&1.into(), &2.into()));
    // A run that cannot be done is no run that was cut off.
    let text = bench.text("records.csv");
    fs::remove_file(bench.path("records.csv")).expect("removed");
    bench.refused(&["project", "run", "p.cl", "--out", "kept"]);
    bench.write("records.csv", text);
    let status = |more: &[&str]| -> Value {
        let told = bench.ok(&[&["project", "status", "p.cl", "--json"], more].concat());
        serde_json::from_str(&told).expect("JSON")
    };
    let told = status(&[]);
    assert_eq!(told["runs"].as_array().and_then(|runs| runs.last()).expect("a run")["state"], "failed");
    assert!(told["cut_off"].is_null());
}

#[test]
fn a_copy_of_a_project_is_whole_and_damage_is_told() {
    let bench = Bench::with_project();
    bench.ok(&["project", "copy", "p.cl", "copy.cl"]);
    assert_eq!(bench.error(&["project", "copy", "p.cl", "copy.cl"])["code"], "output/is-database");
    assert_eq!(bench.error(&["project", "copy", "p.cl", "population/truth.csv"])["code"], "project/exists");
    let status = |file: &str| -> Value {
        serde_json::from_str(&bench.ok(&["project", "status", file, "--verify", "--json"])).expect("JSON")
    };
    let (own, copy) = (status("p.cl"), status("copy.cl"));
    assert!(own["records"].as_u64() > Some(0) && own["records"] == copy["records"] && own["runs"] == copy["runs"]);
    // Each command leaves a file that can be copied by hand.
    fs::copy(bench.path("p.cl"), bench.path("by-hand.cl")).expect("copied");
    assert_eq!(status("by-hand.cl")["runs"], own["runs"]);
    assert_eq!(own["bytes_beside"], 0);
    // One bit of the model.
    let mut bytes = fs::read(bench.path("p.cl")).expect("the project");
    let text = b"\"thresholds\"";
    let place = bytes.windows(text.len()).position(|window| window == text).expect("the model stands in the file");
    bytes[place + 3] ^= 1;
    bench.write("damaged.cl", &bytes);
    let told = bench.error(&["project", "status", "damaged.cl", "--verify"]);
    assert_eq!(told["code"], "project/damaged");
    assert!(told["message"].as_str().expect("words").contains("the model "), "{told}");
}
