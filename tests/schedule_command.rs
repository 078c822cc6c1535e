//! `childlink schedule` and `childlink programme check` as their users meet them.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn childlink(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("childlink starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn each_line_is_answered_in_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines: Vec<String> = (0..3_000)
        .map(|n| {
            format!(
                "{{\"id\":{n},\"birth_date\":\"20{:02}-03-09\",\"nation\":\"england\",\"sex\":\"male\"}}",
                6 + n % 20
            )
        })
        .collect();
    lines[17] = "no child".to_owned();
    lines[18] =
        "{\"id\":\"x\",\"birth_date\":\"2024-01-10\",\"as_at\":\"2025-01-10\",\"doses\":[{\"date\":\"2024-03-06\",\
        \"product\":{\"snomed\":\"34765811000001105\"}}]}"
            .to_owned();
    fs::write(folder.path().join("in.ndjson"), lines.join("\n")).expect("a file");
    let arguments = ["schedule", "in.ndjson", "--as-at", "2026-11-21", "--out", "out.ndjson", "--json"];
    let output = childlink(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&summary["children"], &summary["unreadable_lines"]), (&Value::from(2_999), &Value::from(1)));

    let answers: Vec<Value> = fs::read_to_string(folder.path().join("out.ndjson"))
        .expect("the answers")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 3_000);
    assert_eq!(answers[17]["findings"][0]["code"], "schedule/line-unreadable");
    assert_eq!((&answers[18]["id"], &answers[18]["as_at"]), (&Value::from("x"), &Value::from("2025-01-10")));
    assert_eq!(answers[18]["history"][0]["product"]["snomed"], "34765811000001105");
    assert_eq!(answers[18]["history"][0]["verdicts"][0]["verdict"], "valid");
    assert_eq!(answers[2_999]["id"], 2_999);
    let series: Vec<&str> = answers[0]["forecast"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["series"].as_str())
        .collect();
    assert_eq!(
        series,
        [
            "six-in-one",
            "menb",
            "rotavirus",
            "pcv",
            "menc",
            "hib-menc",
            "mmr",
            "varicella",
            "preschool-booster",
            "hpv",
            "td-ipv",
            "menacwy",
            "flu",
            "hepb-selective",
            "bcg",
            "rsv",
            "pneumococcal-risk",
        ]
    );

    let one = fs::read(folder.path().join("out.ndjson")).expect("the answers");
    childlink(
        folder.path(),
        &["schedule", "in.ndjson", "--as-at", "2026-11-21", "--out", "one.ndjson", "--threads", "1"],
    );
    assert_eq!(fs::read(folder.path().join("one.ndjson")).expect("the answers"), one, "threads change nothing");

    let strict =
        childlink(folder.path(), &["schedule", "in.ndjson", "--as-at", "2026-11-21", "--out", "s.ndjson", "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn wrong_dates_and_missing_files_are_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("in.ndjson"), "{}\n").expect("a file");
    for arguments in [
        ["schedule", "in.ndjson", "--as-at", "21/11/2026", "--out", "out.ndjson"],
        ["schedule", "none.ndjson", "--as-at", "2026-11-21", "--out", "out.ndjson"],
    ] {
        let output = childlink(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(!folder.path().join("out.ndjson").exists());
    }
}

#[test]
fn every_fault_of_a_programme_file_is_listed_with_its_line_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let programme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schedules/uk-immunisation.toml"))
            .expect("the programme");
    let broken = programme
        .replacen("reviewed = 2026-11-21", "reviewed = \"soon\"", 1)
        .replacen("from_age = \"6w\"", "from_age = \"6 weeks\"", 1)
        .replacen("antigens = [\"menb\"]", "antigens = [\"menz\"]", 1)
        .replacen("34765811000001105", "34765811000001106", 1)
        .replacen("before_age = \"15w\"", "before_ages = \"15w\"", 1)
        .replacen("source = \"S3\"\nat = \"births", "source = \"S99\"\nat = \"births", 1)
        // Left alone, a series that waits for itself would have no end, and a limit out of range none at all.
        .replacen("requires = { series = \"six-in-one\"", "requires = { series = \"preschool-booster\"", 1)
        .replacen("gestation_before = 32", "gestation_before = 320", 1)
        .replacen("aged = [2, 3]", "aged = [2, 33]", 1);
    // A ninth gate must not pass for the first.
    let gate = |n| format!("\n[gate.z{n}]\ncondition = \"z\"\nclear = [\"04\"]\nstop = [\"08\"]\nsource = \"S21\"\n");
    let broken = broken + &(1..=8).map(gate).collect::<String>();
    let line_of = |needle: &str| broken[..broken.find(needle).expect("the fault")].matches('\n').count() + 1;
    fs::write(folder.path().join("broken.toml"), &broken).expect("a file");
    let output = childlink(folder.path(), &["programme", "check", "broken.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let listed = text(&output.stdout);
    for (needle, word) in [
        ("reviewed = \"soon\"", "reviewed"),
        ("from_age = \"6 weeks\"", "from_age"),
        ("\"menz\"", "menz"),
        ("34765811000001106", "check digit"),
        ("before_ages", "before_ages"),
        ("\"S99\"", "S99"),
        ("series = \"preschool-booster\"", "requires a series"),
        ("gestation_before = 320", "a whole number from 20 to 45"),
        ("aged = [2, 33]", "a list of whole numbers from 0 to 31"),
        ("[gate.z8]", "the engine holds 8 gates"),
    ] {
        let wanted = format!("line {}:", line_of(needle));
        assert!(listed.lines().any(|line| line.contains(&wanted) && line.contains(word)), "{wanted} {word}\n{listed}");
    }

    assert!(!listed.contains("z7"), "eight gates are no fault: {listed}");

    fs::write(folder.path().join("whole.toml"), &programme).expect("a file");
    let output = childlink(folder.path(), &["programme", "check", "whole.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("no faults, 6 cases hold"));

    let wrong_case = programme.replacen("expect = { rotavirus = \"too-late\" }", "expect = { rotavirus = \"due\" }", 1);
    fs::write(folder.path().join("case.toml"), &wrong_case).expect("a file");
    let output = childlink(folder.path(), &["programme", "check", "case.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("rotavirus a day later"), "{}", text(&output.stdout));
}

#[test]
fn a_new_date_in_a_programme_file_needs_no_rust() {
    let folder = tempfile::tempdir().expect("a folder");
    let programme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schedules/uk-immunisation.toml"))
            .expect("the programme");
    let earlier =
        programme.replacen("{ at = \"18m\", born_from = 2024-07-01 }", "{ at = \"16m\", born_from = 2024-07-01 }", 1);
    assert_ne!(earlier, programme);
    fs::write(folder.path().join("ours.toml"), earlier).expect("a file");
    let child =
        "{\"id\":1,\"birth_date\":\"2025-01-06\",\"doses\":[{\"date\":\"2026-01-06\",\"product\":\"proquad\"}]}\n";
    fs::write(folder.path().join("in.ndjson"), child).expect("a file");
    let due = |more: &[&str]| {
        let arguments = ["schedule", "in.ndjson", "--as-at", "2026-02-01", "--out", "out.ndjson"];
        let output = childlink(folder.path(), &[&arguments, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let answer: Value =
            serde_json::from_slice(&fs::read(folder.path().join("out.ndjson")).expect("the answer")).expect("JSON");
        answer["forecast"][6]["due"].clone()
    };
    assert_eq!(due(&[]), "2026-07-06");
    assert_eq!(due(&["--programme", "ours.toml"]), "2026-05-06");
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("in.ndjson"), "{\"id\":1,\"birth_date\":\"2026-01-05\"}\n").expect("a file");
    let piped = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_childlink"))
            .current_dir(folder.path())
            .args(arguments)
            .stdin(fs::File::open(folder.path().join("in.ndjson")).expect("the input"))
            .output()
            .expect("childlink starts")
    };
    let output = piped(&["schedule", "-", "--as-at", "2026-11-21", "--out", "-", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("one answer and nothing else");
    assert_eq!(answer["id"], 1);
    // Standard error holds one JSON value after another: the phases, then the summary.
    let told = serde_json::Deserializer::from_slice(&output.stderr).into_iter::<Value>();
    let told: Vec<Value> = told.collect::<Result<_, _>>().expect("JSON and nothing else");
    let (summary, phases) = told.split_last().expect("the summary");
    assert_eq!(summary["children"], 1);
    assert!(phases.iter().all(|line| line["phase"] == "scheduling"), "{phases:?}");
    let checked = piped(&["programme", "check", "-"]);
    assert!(text(&checked.stdout).contains("-: line 1"), "{}", text(&checked.stdout));
}

/// Every kind of programme file is checked, and the kind is told by its tables.
#[test]
fn files_of_every_kind_are_checked() {
    let schedules = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schedules");
    for entry in fs::read_dir(&schedules).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        let output = childlink(&schedules, &["programme", "check", &name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stdout));
        // A file with a key that nothing reads has a fault at its line.
        let folder = tempfile::tempdir().expect("a folder");
        let written = fs::read_to_string(&path).expect("the file");
        let broken = written.replacen("title = ", "tilte = ", 1);
        let line = 1 + broken.lines().position(|line| line.starts_with("tilte")).expect("a title");
        fs::write(folder.path().join("broken.toml"), &broken).expect("a file");
        let output = childlink(folder.path(), &["programme", "check", "broken.toml"]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text(&output.stdout).contains(&format!("line {line}: `tilte` is no key")), "{}", text(&output.stdout));
    }
}
