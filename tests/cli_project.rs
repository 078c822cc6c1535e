//! `childlink project`: a run is a run of `link`, what people said is never lost, and a project stands whatever ends
//! the process.

use childlink::linkage::model::Model;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A scratch folder with three sources of a small population.
struct Town {
    folder: tempfile::TempDir,
}

const SOURCES: [&str; 3] = ["north", "south", "school"];

impl Town {
    fn new() -> Town {
        let town = Town { folder: tempfile::tempdir().expect("a scratch folder") };
        // The built-in numbers, said to be trained, so that a test does not wait for training.
        let mut model = Model::child_health();
        model.provenance.trained_on_records = 1;
        fs::write(town.path("model.json"), model.to_json()).expect("the model is written");
        town.extracts("1", 7);
        town
    }

    /// Extracts of a population of this seed, one for each source: `north-1.csv` and so on.
    fn extracts(&self, edition: &str, seed: u32) {
        let seed = seed.to_string();
        self.ok(&[
            "synth",
            "--children",
            "400",
            "--sources",
            "3",
            "--noise",
            "3",
            "--seed",
            &seed,
            "--out",
            "population",
        ]);
        let mut reader = csv::Reader::from_path(self.path("population/records.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let place = header.iter().position(|name| name == "source").unwrap();
        let mut by_source: BTreeMap<String, Vec<csv::StringRecord>> = BTreeMap::new();
        for record in reader.records() {
            let record = record.unwrap();
            by_source.entry(record[place].to_owned()).or_default().push(record);
        }
        assert_eq!(by_source.len(), 3);
        for (name, records) in SOURCES.iter().zip(by_source.values()) {
            let mut writer = csv::Writer::from_path(self.path(&format!("{name}-{edition}.csv"))).unwrap();
            let without = |record: &csv::StringRecord| {
                record
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| *n != place)
                    .map(|(_, text)| text.to_owned())
                    .collect::<Vec<_>>()
            };
            writer.write_record(without(&header)).unwrap();
            records.iter().for_each(|record| writer.write_record(without(record)).unwrap());
            writer.flush().unwrap();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_childlink"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("childlink starts")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn project(&self, command: &str, more: &[&str]) -> Value {
        let output = self.ok(&[&["project", command, "p.childlink", "--json", "--by", "JK"], more].concat());
        serde_json::from_str(&output).expect("one JSON object")
    }

    /// What must fail: the code of the error, and nothing on standard output.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {words}");
        let code =
            words.lines().next().and_then(|line| line.rsplit_once('(')).map(|(_, code)| code.trim_end_matches(')'));
        code.unwrap_or_else(|| panic!("no code in {words}")).to_owned()
    }

    /// A project with the three extracts.
    fn begun() -> Town {
        let town = Town::new();
        town.ok(&["project", "init", "p.childlink"]);
        town.project(
            "add",
            &["--source", "north=north-1.csv", "--source", "south=south-1.csv", "--source", "school=school-1.csv"],
        );
        town
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.ok(&["project", "status", "p.childlink", "--json", "--verify"])).unwrap()
    }

    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"));
        reader.deserialize().map(|row| row.expect("a row of the file")).collect()
    }

    /// Two folders hold the same files with the same bytes, `run.json` apart.
    fn same_folders(&self, one: &str, other: &str) {
        let files = |name: &str| -> BTreeMap<String, Vec<u8>> {
            let entries = fs::read_dir(self.path(name)).unwrap().map(|entry| entry.unwrap());
            entries
                .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
                .filter(|(name, _)| name != "run.json")
                .collect()
        };
        let (one_files, other_files) = (files(one), files(other));
        assert_eq!(one_files.keys().collect::<Vec<_>>(), other_files.keys().collect::<Vec<_>>(), "{one} and {other}");
        for (name, bytes) in &one_files {
            assert!(*bytes == other_files[name], "{name} differs between {one} and {other}");
        }
    }

    /// The child of each record, from the file of a run.
    fn children(&self, folder: &str) -> BTreeMap<(String, String), u64> {
        let rows = self.rows(&format!("{folder}/children.csv"));
        rows.into_iter()
            .map(|row| ((row["source"].clone(), row["record_id"].clone()), row["child_id"].parse().unwrap()))
            .collect()
    }
}

const KEYS: [&str; 4] = ["source_l", "record_id_l", "source_r", "record_id_r"];

fn inputs(edition: [&str; 3]) -> Vec<String> {
    SOURCES
        .iter()
        .zip(edition)
        .flat_map(|(name, edition)| ["--source".to_owned(), format!("{name}={name}-{edition}.csv")])
        .collect()
}

fn link<'a>(inputs: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    ["link"].into_iter().chain(inputs.iter().map(String::as_str)).chain(more.iter().copied()).collect()
}

#[test]
fn a_run_of_a_project_is_a_run_of_link_with_its_lists_byte_for_byte() {
    let town = Town::begun();
    // The first run trains.
    town.project("run", &["--out", "ours"]);
    let first = inputs(["1", "1", "1"]);
    town.ok(&link(&first, &["--out", "theirs"]));
    town.same_folders("ours", "theirs");
    // The next has a model of its own, under which more pairs are for people.
    town.ok(&["project", "export", "p.childlink", "--out", "left-1"]);
    town.project("run", &["--out", "ours-1", "--model", "model.json"]);
    town.ok(&link(&first, &["--out", "theirs-1", "--model", "model.json", "--previous", "left-1"]));
    town.same_folders("ours-1", "theirs-1");

    // Then one source sends a new extract, people decide, pairs are barred and numbers merged.
    town.extracts("2", 8);
    let lines: Vec<String> = fs::read_to_string(town.path("south-1.csv")).unwrap().lines().map(str::to_owned).collect();
    let newer: Vec<String> = fs::read_to_string(town.path("south-2.csv")).unwrap().lines().map(str::to_owned).collect();
    let mixed: Vec<&str> = lines.iter().skip(9).map(String::as_str).collect();
    let mut text = format!("{}\n", lines[0]);
    mixed
        .iter()
        .chain(&newer.iter().skip(200).map(String::as_str).collect::<Vec<_>>())
        .for_each(|line| text += &format!("{line}\n"));
    fs::write(town.path("south-2.csv"), text).unwrap();
    let pairs: Vec<_> = town.rows("ours-1/links.csv").into_iter().skip(3).step_by(9).take(24).collect();
    let mut list = format!("{},decision,reader,decided_at\n", KEYS.join(","));
    for (place, row) in pairs.iter().enumerate() {
        let keys = KEYS.map(|key| row[key].as_str()).join(",");
        list += &format!("{keys},{},jk,2026-11-21\n", ["same", "different", "unsure"][place % 3]);
        if place % 4 == 0 {
            list += &format!("{keys},different,second,2026-11-22\n");
        }
    }
    fs::write(town.path("decided.csv"), list).unwrap();
    let linked = town.rows("ours-1/links.csv");
    let pair = linked.iter().find(|row| row["decision"] == "link").unwrap();
    fs::write(
        town.path("pairs.csv"),
        format!("{}\n{}\n", KEYS.join(","), KEYS.map(|key| pair[key].as_str()).join(",")),
    )
    .unwrap();
    town.ok(&["bar", "pairs.csv", "--list", "barred.csv"]);
    fs::write(town.path("merged.csv"), "old_nhs_number,nhs_number\n9434765919,4010232137\n").unwrap();
    town.project("decide", &["--from", "decided.csv"]);
    town.project("add", &["--barred", "barred.csv", "--superseded", "merged.csv", "--source", "south=south-2.csv"]);
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    town.project("run", &["--out", "ours-2"]);
    let second = inputs(["1", "2", "1"]);
    let lists =
        ["--decisions", "left/decisions.csv", "--barred", "left/barred.csv", "--superseded", "left/superseded.csv"];
    town.ok(&link(
        &second,
        &[&["--out", "theirs-2", "--previous", "left", "--model", "left/model.json"], &lists[..]].concat(),
    ));
    town.same_folders("ours-2", "theirs-2");
    assert!(!town.rows("ours-2/changes.csv").is_empty(), "the lists changed something");
    // The barred pair is one child no more, and nothing of the project's own mentions it.
    let children = town.children("ours-2");
    let of = |source: &str, record: &str| children[&(pair[source].clone(), pair[record].clone())];
    assert_ne!(of("source_l", "record_id_l"), of("source_r", "record_id_r"));
    town.ok(&["project", "export", "p.childlink", "--out", "left-2"]);
    let listed = town.rows("left-2/pairs.csv");
    assert!(!listed.iter().any(|row| KEYS.iter().all(|key| row[*key] == pair[*key])));

    // In another form, trained anew.
    town.project("run", &["--out", "ours-3", "--retrain", "--seed", "5", "--link-only", "--format", "parquet"]);
    // Training anew counts names anew too.
    let mut model: Value = serde_json::from_str(&fs::read_to_string(town.path("left-2/model.json")).unwrap()).unwrap();
    assert!(model["frequencies"].is_object(), "the model that the project keeps carries its frequencies");
    model["frequencies"] = Value::Null;
    fs::write(town.path("left-2/model.json"), model.to_string()).unwrap();
    let lists = [
        "--decisions",
        "left-2/decisions.csv",
        "--barred",
        "left-2/barred.csv",
        "--superseded",
        "left-2/superseded.csv",
    ];
    let told = [
        "--out",
        "theirs-3",
        "--previous",
        "left-2",
        "--model",
        "left-2/model.json",
        "--retrain",
        "--seed",
        "5",
        "--link-only",
        "--format",
        "parquet",
    ];
    town.ok(&link(&second, &[&told[..], &lists[..]].concat()));
    town.same_folders("ours-3", "theirs-3");
}

#[test]
fn explain_reads_the_lists_of_the_project_and_hides_what_is_barred() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let links = town.rows("linked/links.csv");
    let pair = &links[0];
    let keys = [
        format!("{}/{}", pair["source_l"], pair["record_id_l"]),
        format!("{}/{}", pair["source_r"], pair["record_id_r"]),
    ];
    let shown = town.run(&["explain", "linked", &keys[0], &keys[1]]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    fs::write(
        town.path("pairs.csv"),
        format!("{}\n{}\n", KEYS.join(","), KEYS.map(|key| pair[key].as_str()).join(",")),
    )
    .unwrap();
    town.ok(&["bar", "pairs.csv", "--list", "barred.csv"]);
    town.project("add", &["--barred", "barred.csv"]);
    town.project("run", &["--out", "linked"]);
    let hidden = town.run(&["explain", "linked", &keys[0], &keys[1]]);
    assert!(!String::from_utf8_lossy(&hidden.stdout).contains("bits"), "a barred pair is not explained");
    assert!(!hidden.status.success());
}

#[test]
fn no_decision_is_lost_by_deciding_again_or_by_taking_back() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let review = town.rows("linked/review.csv");
    let keys = KEYS.map(|key| review[0][key].clone());
    let pair: Vec<&str> = keys.iter().map(String::as_str).collect();
    let decide = |verdict: &str, by: &str| {
        let told = [
            "project",
            "decide",
            "p.childlink",
            "--json",
            "--verdict",
            verdict,
            "--by",
            by,
            "--reason",
            "seen",
            "--pair",
        ];
        town.ok(&[&told[..], &pair].concat());
    };
    decide("same", "JK");
    decide("different", "JK");
    decide("different", "MO");
    let readers = &town.status()["decisions"];
    assert_eq!((&readers["decisions"], &readers["agreed"]), (&Value::from(2), &Value::from(1)));
    decide("same", "MO");
    assert_eq!(town.status()["decisions"]["disagreed"], 1, "two readers who differ");
    town.project("undo", &["--decision", "4", "--reason", "a slip"]);
    assert_eq!(town.status()["decisions"]["agreed"], 1, "the earlier decision of the reader counts again");
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    let all = town.rows("left/decisions-all.csv");
    let said: Vec<&str> = all.iter().map(|row| row["decision"].as_str()).collect();
    assert_eq!(said, ["same", "different", "different", "same"]);
    assert!(
        all.iter()
            .all(|row| row["shown_run"] == "1" && !row["shown_weight"].is_empty() && row["shown_evidence"].len() == 64)
    );
    assert_eq!((all[3]["withdrawn_by"].as_str(), all[3]["withdrawn_reason"].as_str()), ("JK", "a slip"));
    assert_eq!(town.rows("left/decisions.csv").len(), 3);
    // A list that is given again counts once.
    assert_eq!(town.project("decide", &["--from", "left/decisions.csv"])["new"], 0);
    assert_eq!(town.refused(&["project", "undo", "p.childlink", "--decision", "4"]), "project/withdrawn-already");
    assert_eq!(town.refused(&["project", "undo", "p.childlink", "--decision", "99"]), "project/unknown-decision");
    let audit = town.rows("left/audit.csv");
    let actions: Vec<&str> = audit.iter().map(|row| row["action"].as_str()).collect();
    assert_eq!(
        actions,
        ["init", "add", "add", "add", "run", "settle", "finish", "decide", "decide", "decide", "decide", "withdraw"]
    );
}

#[test]
fn a_run_a_merge_and_a_split_can_be_taken_back() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let before = town.children("linked");
    // A merge that a person made ...
    let review = town.rows("linked/review.csv");
    let merged = review.iter().find(|row| {
        let child = |source: &str, record: &str| before[&(row[source].clone(), row[record].clone())];
        child("source_l", "record_id_l") != child("source_r", "record_id_r")
    });
    let keys = KEYS.map(|key| merged.unwrap()[key].clone());
    let pair: Vec<&str> = keys.iter().map(String::as_str).collect();
    town.ok(&[&["project", "decide", "p.childlink", "--verdict", "same", "--by", "JK", "--pair"], &pair[..]].concat());
    let report = town.project("run", &["--out", "linked"]);
    assert_eq!(report["project"]["changes"]["merged_children"], 1);
    let (left, right) = ((keys[0].clone(), keys[1].clone()), (keys[2].clone(), keys[3].clone()));
    let after = town.children("linked");
    assert_eq!(after[&left], after[&right]);
    // ... is taken back with its run ...
    town.project("undo", &["--run"]);
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    assert_eq!(town.children("left"), before);
    // ... or by decisions of the contrary.
    town.project("run", &["--out", "linked"]);
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    let move_of_run: Vec<_> = town.rows("left/history.csv").into_iter().filter(|row| row["run"] == "3").collect();
    let (from, into) = (&move_of_run[0]["child_id_before"], &move_of_run[0]["child_id"]);
    town.project("undo", &["--change", "3", from, into]);
    town.project("run", &["--out", "linked"]);
    let apart = town.children("linked");
    assert_ne!(apart[&left], apart[&right]);
    assert_eq!(
        town.refused(&["project", "undo", "p.childlink", "--change", "3", from, into]),
        "project/no-such-change"
    );
    // A record is taken out of its child, and that is taken back as a split.
    let mut of_child: BTreeMap<u64, Vec<&(String, String)>> = BTreeMap::new();
    apart.iter().for_each(|(record, child)| of_child.entry(*child).or_default().push(record));
    let (child, records) = of_child.iter().find(|(_, records)| records.len() > 2).expect("a child of three records");
    let record = records[1];
    town.project("undo", &["--take-out", &record.0, &record.1]);
    town.project("run", &["--out", "linked"]);
    let alone = town.children("linked");
    assert_ne!(alone[record], alone[records[0]]);
    let run = town.status()["runs"].as_array().unwrap().len().to_string();
    let into = alone[record].to_string();
    let answer = town.ok(&[
        "project",
        "undo",
        "p.childlink",
        "--json",
        "--by",
        "MO",
        "--change",
        &run,
        &child.to_string(),
        &into,
    ]);
    assert!(answer.contains("decisions"), "{answer}");
    assert_eq!(
        town.refused(&["project", "undo", "p.childlink", "--take-out", "north", "nobody"]),
        "project/unknown-record"
    );
}

#[test]
fn a_change_report_tells_what_is_new_gone_moved_and_in_conflict() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let review = town.rows("linked/review.csv");
    let keys = KEYS.map(|key| review[0][key].clone());
    let (source, id) = (keys[0].as_str(), keys[1].as_str());
    let pair: Vec<&str> = keys.iter().map(String::as_str).collect();
    town.ok(
        &[&["project", "decide", "p.childlink", "--verdict", "different", "--by", "JK", "--pair"], &pair[..]].concat()
    );
    let text = fs::read_to_string(town.path(&format!("{source}-1.csv"))).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let line =
        text.lines().find(|line| line.split(',').nth(place("record_id")) == Some(id)).expect("the record's line");
    let last = text.lines().rfind(|other| *other != line).unwrap();
    // The decided record changes; another goes; one comes.
    let with = |column: &str, value: &str, line: &str| {
        let mut fields: Vec<&str> = line.split(',').collect();
        fields[place(column)] = value;
        fields.join(",")
    };
    let changed = with("given_name", "Zebedee", line);
    let extra = with("record_id", "new-one", &changed);
    let newer = text.replace(line, &changed).replace(&format!("{last}\n"), "");
    fs::write(town.path("newer.csv"), format!("{newer}{extra}\n")).unwrap();
    town.project("add", &["--source", &format!("{source}=newer.csv")]);
    fs::copy(town.path("p.childlink"), town.path("copy.childlink")).unwrap();
    let project = &town.project("run", &["--out", "linked"])["project"];
    let report = &project["changes"];
    let records = town.children("linked").len() as u64;
    // The changed record and the new one; what is told and written is what a run of everything comes to.
    assert_eq!(project["unchanged_records"], records - 2);
    let whole = town.ok(&["project", "run", "copy.childlink", "--json", "--out", "whole", "--full"]);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["project"]["unchanged_records"], Value::Null);
    town.same_folders("linked", "whole");
    assert_eq!((&report["new_records"], &report["gone_records"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(report["decisions_on_changed_records"], serde_json::json!([1]));
    // With --strict that is exit code 1: a person must look.
    let output = town.run(&["project", "run", "p.childlink", "--out", "linked", "--strict"]);
    assert_eq!(output.status.code(), Some(1));
    // Why every record was compared stands in run.json and is told.
    let because = |run: &Value| run["run"]["compared"]["every_record_because"].as_str().unwrap_or("").to_owned();
    assert_eq!(because(&whole), "asked");
    let run = |more: &[&str]| town.project("run", &[&["--out", "why"], more].concat());
    assert_eq!(run(&[])["run"]["compared"], serde_json::json!({"unchanged_records": records}));
    assert_eq!(because(&run(&["--link-only"])), "other-pairs");
    town.project("undo", &["--run"]);
    assert_eq!(because(&run(&["--link-only"])), "records-changed");
    assert_eq!(because(&run(&["--link-only", "--retrain"])), "other-model");
    let told = town.ok(&["project", "run", "p.childlink", "--out", "why", "--link-only", "--full"]);
    assert!(told.contains("Every record was compared, since --full asks for it"), "{told}");
}

#[test]
fn flags_are_carried_by_child_and_never_change_a_link() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let children = town.children("linked");
    let mut of_child: BTreeMap<u64, Vec<&(String, String)>> = BTreeMap::new();
    children.iter().for_each(|(record, child)| of_child.entry(*child).or_default().push(record));
    let (child, records) = of_child.iter().find(|(_, records)| records.len() > 1).unwrap();
    let (source, record) = records[0];
    fs::write(
        town.path("flags.csv"),
        format!("source,record_id,scope,flag\n{source},{record},social care only,CP-IS\n"),
    )
    .unwrap();
    town.project("add", &["--flags", "flags.csv"]);
    town.project("run", &["--out", "linked-2"]);
    assert_eq!(town.children("linked-2"), children);
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    let flags = town.rows("left/flags.csv");
    assert_eq!(
        (flags[0]["child_id"].parse().ok(), flags[0]["scope"].as_str(), flags[0]["flag"].as_str()),
        (Some(*child), "social care only", "CP-IS")
    );
    let merges = town.rows("left/flagged-merges.csv");
    assert_eq!((merges.len(), merges[0]["child_id"].parse().ok()), (1, Some(*child)));
    for name in fs::read_dir(town.path("linked-2")).unwrap() {
        let text = fs::read(name.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("CP-IS"), "a flag is shown without its scope");
    }
}

#[test]
fn one_process_at_a_time_may_change_a_project_and_any_may_look() {
    let town = Town::begun();
    let lock = fs::File::open(town.path("p.childlink.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(town.refused(&["project", "run", "p.childlink", "--out", "linked"]), "project/in-use");
    assert_eq!(town.refused(&["project", "add", "p.childlink", "north-1.csv"]), "project/in-use");
    assert_eq!(town.status()["records"], 0);
    lock.unlock().unwrap();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
}

#[cfg(unix)]
#[test]
fn a_project_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    for entry in fs::read_dir(town.folder.path()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("p.childlink") {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn what_is_no_project_is_refused_and_left_as_it_was() {
    let town = Town::begun();
    assert_eq!(town.refused(&["project", "status", "nothing.childlink"]), "project/none");
    assert_eq!(town.refused(&["project", "status", "north-1.csv"]), "project/not-a-project");
    let before = fs::read(town.path("north-1.csv")).unwrap();
    assert_eq!(town.refused(&["project", "add", "north-1.csv", "south-1.csv"]), "project/not-a-project");
    assert!(fs::read(town.path("north-1.csv")).unwrap() == before);
    assert_eq!(town.refused(&["project", "init", "p.childlink"]), "project/exists");
    assert_eq!(town.refused(&["project", "run", "p.childlink", "--resume"]), "project/nothing-to-resume");
    fs::write(town.path("empty.childlink"), "").unwrap();
    assert_eq!(town.refused(&["project", "status", "empty.childlink"]), "project/not-a-project");
    // A making that was cut short is taken up.
    town.ok(&["project", "init", "empty.childlink"]);
}

#[test]
fn an_extract_that_changed_since_it_was_added_is_refused() {
    let town = Town::begun();
    let path = town.path("south-1.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen('a', "b", 1)).unwrap();
    assert_eq!(town.refused(&["project", "run", "p.childlink", "--out", "linked"]), "project/extract-changed");
    // The run has begun; put right, it goes on.
    fs::write(&path, &text).unwrap();
    town.project("run", &["--resume"]);
    fs::remove_file(&path).unwrap();
    assert_eq!(town.refused(&["project", "run", "p.childlink", "--out", "linked"]), "input/cannot-read");
}

/// Starts a run and kills it after a while.
fn killed_after(mut run: Child, pause: Duration) {
    std::thread::sleep(pause);
    let _ = run.kill();
    run.wait().expect("the process ends");
}

fn under_way(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(".childlink-")).count()
}

#[test]
fn a_run_killed_at_any_moment_loses_nothing_and_goes_on() {
    let town = Town::begun();
    town.project("run", &["--out", "first", "--model", "model.json"]);
    let review = town.rows("first/review.csv");
    let mut decisions = 0;
    let quick = town.command(&["project", "run", "p.childlink", "--out", "whole"]).output().unwrap();
    assert!(quick.status.success());
    for round in 0..12u64 {
        let row = &review[round as usize % review.len()];
        let keys = KEYS.map(|key| row[key].as_str());
        town.ok(
            &[&["project", "decide", "p.childlink", "--verdict", "unsure", "--by", "JK", "--pair"], &keys[..]].concat()
        );
        decisions += 1;
        let mut command = town.command(&["project", "run", "p.childlink", "--out", "killed"]);
        let run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        killed_after(run, Duration::from_millis(7 + round * 23));
        let status = town.status();
        assert_eq!(
            status["decisions"]["decisions"].as_u64().unwrap(),
            decisions.min(review.len() as u64),
            "round {round}"
        );
        let cut_off = !status["cut_off"].is_null();
        let output = town.run(&["project", "run", "p.childlink", "--resume", "--json"]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), cut_off, "round {round}: {words}");
        town.project("run", &["--out", "again"]);
        if cut_off {
            assert_eq!(under_way(&town.path("killed")), 0, "what was half written was cleared away");
            let (killed, again) = (town.children("killed"), town.children("again"));
            assert_eq!(killed, again, "round {round}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_run_told_to_end_leaves_nothing_half_written() {
    let town = Town::begun();
    for (round, signal) in ["-INT", "-TERM", "-HUP", "-INT"].into_iter().enumerate() {
        let mut command = town.command(&["project", "run", "p.childlink", "--out", "told"]);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(40 + round as u64 * 150));
        Command::new("kill").args([signal, &run.id().to_string()]).output().unwrap();
        let code = run.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 129 | 130 | 143)), "{signal}: {code:?}");
        assert_eq!(under_way(&town.path("told")), 0, "{signal}");
        town.status();
    }
    town.project("run", &["--out", "told"]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_and_a_folder_that_cannot_be_written_are_told_and_harm_nothing() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    let before = town.children("linked");
    // No file may grow past so many blocks of 512 bytes (or 1,024): as when the disk is full.
    for blocks in [1, 16, 64, 200] {
        let script = format!("ulimit -f {blocks}; exec \"$0\" project run p.childlink --out linked --retrain");
        let output = Command::new("sh")
            .current_dir(town.folder.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_childlink")])
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{blocks}: {words}");
        let told = words.contains("project/disk-full") || words.contains("output/cannot-write");
        assert!(told, "{blocks}: {words}");
        town.status();
        assert_eq!(town.children("linked"), before);
    }
    town.project("run", &["--resume"]);
    fs::write(town.path("file"), "").unwrap();
    assert_eq!(town.refused(&["project", "run", "p.childlink", "--out", "file/below"]), "output/cannot-write");
    assert_eq!(town.refused(&["project", "init", "no/such/folder.childlink"]), "project/cannot-write");
}

#[test]
fn a_project_its_index_and_its_notifications_go_round() {
    let town = Town::begun();
    town.project("run", &["--out", "linked", "--model", "model.json"]);
    town.project("publish", &["--index", "c.index", "--keys", "keys.csv"]);
    let keys = town.rows("keys.csv");
    let children = town.children("linked");
    assert_eq!(keys.len(), children.len());
    assert!(
        keys.iter()
            .all(|row| children[&(row["source"].clone(), row["record_id"].clone())].to_string() == row["child_id"])
    );
    // A birth that no extract has yet.
    let sample =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages/nems_BirthNotificationWithMother.xml");
    let born = fs::read_to_string(sample).unwrap().replace("9912003888", "9449310610").replace("Jack", "Cosmo");
    fs::create_dir(town.path("inbox")).unwrap();
    fs::write(town.path("inbox/1.xml"), &born).unwrap();
    let night: Value =
        serde_json::from_str(&town.ok(&["notify", "c.index", "inbox", "--out", "night", "--json"])).unwrap();
    assert_eq!(night["persons_new"], 1, "{night}");
    let child = town.rows("night/messages.csv")[0]["child_id"].clone();
    // The project takes it in, and a run keeps the serial; the run is one of link.
    let absorbed = town.project("absorb", &["night"]);
    assert_eq!((&absorbed["new_children"], &absorbed["records"]), (&Value::from(1), &Value::from(1)));
    town.ok(&["project", "export", "p.childlink", "--out", "left"]);
    town.project("run", &["--out", "ours"]);
    // The project reads what it took in last, and so must the other.
    let given = inputs(["1", "1", "1"]);
    let lists = ["p.childlink.absorbed.csv", "--previous", "left", "--decisions", "left/decisions.csv"];
    town.ok(&link(&given, &[&lists[..], &["--model", "left/model.json", "--out", "theirs"]].concat()));
    assert!(fs::read(town.path("ours/children.csv")).unwrap() == fs::read(town.path("theirs/children.csv")).unwrap());
    let rows = town.rows("ours/children.csv");
    let own: Vec<_> = rows.iter().filter(|row| row["source"] == "notifications").collect();
    assert_eq!((own.len(), &own[0]["child_id"]), (1, &child));
    // The folder of notifications goes on with the next index; a new extract has come meanwhile.
    town.extracts("2", 9);
    town.project("add", &["--source", "school=school-2.csv"]);
    let refused =
        town.refused(&["project", "publish", "p.childlink", "--index", "c.index", "--notifications", "night"]);
    assert_eq!(refused, "project/run-first");
    town.project("run", &["--out", "ours"]);
    town.project("publish", &["--index", "c.index", "--notifications", "night"]);
    let second = born.replace("9449310610", "9990548609").replace("Cosmo", "Lettice").replace("7165ecd5", "7165ecd6");
    fs::write(town.path("inbox/2.xml"), second).unwrap();
    let night: Value =
        serde_json::from_str(&town.ok(&["notify", "c.index", "inbox", "--out", "night", "--json"])).unwrap();
    assert_eq!(night["persons"], 2, "{night}");
    let known: Vec<String> = town.rows("night/messages.csv").into_iter().map(|row| row["child_id"].clone()).collect();
    assert!(known.contains(&child), "the child born before keeps its serial: {known:?}");
    let absorbed = town.project("absorb", &["night"]);
    assert_eq!(absorbed["known"], 1);
    assert_eq!(town.project("absorb", &["night"])["changes"], 0);
    town.status();
}
