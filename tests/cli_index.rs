//! `childlink index` on whole files.

use childlink::linkage::model::Model;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("childlink starts")
}

fn ok(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Rows of a CSV file by the columns of its header.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn records_are_found_by_the_index_that_was_built_from_them() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path();
    ok(folder, &["synth", "--children", "400", "--sources", "3", "--seed", "3", "--out", "population"]);
    let mut model = Model::child_health();
    model.provenance.trained_on_records = 1;
    fs::write(folder.join("model.json"), model.to_json()).unwrap();
    let records = "population/records.csv";
    let built = ["index", "build", records, "--model", "model.json", "--out", "c.index", "--keys", "keys.csv"];
    assert!(ok(folder, &built).contains(" a child)"));
    assert!(ok(folder, &["index", "verify", "c.index"]).contains("is whole"));
    let stats: serde_json::Value = serde_json::from_str(&ok(folder, &["index", "stats", "c.index", "--json"])).unwrap();
    let keys = rows(&folder.join("keys.csv"));
    assert_eq!(stats["stats"]["records"], keys.len());
    assert_eq!(stats["model_hash"], model.hash());

    ok(folder, &["index", "match", "c.index", records, "--out", "found.csv"]);
    let child_of: BTreeMap<(&str, &str), &str> = keys
        .iter()
        .map(|row| ((row["source"].as_str(), row["record_id"].as_str()), row["child_id"].as_str()))
        .collect();
    let found = rows(&folder.join("found.csv"));
    let linked: Vec<_> = found.iter().filter(|row| row["outcome"] == "link" && row["decision"] == "link").collect();
    let right = |row: &&&BTreeMap<String, String>| {
        row["child_id"] == child_of[&(row["source"].as_str(), row["record_id"].as_str())]
    };
    assert!(linked.len() * 10 > keys.len() * 9, "{} of {}", linked.len(), keys.len());
    assert_eq!(linked.iter().filter(right).count(), linked.len(), "a record that is linked is linked to its own child");
    let index = fs::read(folder.join("c.index")).unwrap();
    let holds = |text: &str| index.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(keys.iter().all(|row| !holds(&row["record_id"])), "the index holds no record id");
}

#[test]
fn what_is_no_whole_index_is_refused_by_its_kind() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path();
    fs::write(folder.join("records.csv"), "source,record_id,family_name,birth_date\na,1,Okafor,2020-02-02\n").unwrap();
    ok(folder, &["index", "build", "records.csv", "--out", "c.index", "--quiet"]);
    let whole = fs::read(folder.join("c.index")).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for (bytes, code) in [
        (&whole[..whole.len() - 1], "index/truncated"),
        (&flipped, "index/damaged"),
        (
            &b"source,record_id,family_name,birth_date\na,1,Okafor,2020-02-02\n and more than sixty-four"[..],
            "index/not-an-index",
        ),
    ] {
        fs::write(folder.join("bad.index"), bytes).unwrap();
        for arguments in
            [&["index", "verify", "bad.index"][..], &["index", "match", "bad.index", "records.csv", "--out", "f"]]
        {
            let output = run(folder, arguments);
            assert_eq!(output.status.code(), Some(2), "{code}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(code), "{code}");
        }
    }
    assert!(!folder.join("f").exists());
}
