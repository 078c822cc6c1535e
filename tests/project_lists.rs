//! Lists added to a project by hand can be taken back, whole or by entry, and nothing of them is lost by it.
//!
//! NHS numbers are test numbers with a right check digit.

mod bench;

use bench::Bench;
use childlink::project::{Deed, Listed, Project};
use std::fs;

/// One child under two numbers, of which a service may say that one was merged into the other.
const RECORDS: &str = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,address_1,postcode
births,1,9434765919,Amara,Okafor,F,2020-03-04,7 Blue Street,N4 2AB
school,2,4010232137,Amara,Okafor,F,2020-03-04,7 Blue Street,N4 2AB
practice,3,9449305552,Zoltan,Threlkeld,M,2021-07-08,9 Red Street,N4 2AC
";
const MERGED: &str = "old_nhs_number,nhs_number\n4010232137,9434765919\n";

impl Bench {
    fn project() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.write("records.csv", RECORDS);
        bench.write("merged.csv", MERGED);
        bench.ok(&["project", "init", "p.childlink"]);
        bench.ok(&["project", "add", "p.childlink", "records.csv"]);
        bench.ok(&["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"]);
        bench
    }

    fn add(&self, option: &str, name: &str) {
        self.ok(&["project", "add", "p.childlink", option, name, "--by", "JK"]);
    }

    fn undo(&self, more: &[&str]) {
        self.ok(&[&["project", "undo", "p.childlink", "--by", "MO"], more].concat());
    }

    fn undo_refused(&self, more: &[&str]) -> String {
        self.refused(&[&["project", "undo", "p.childlink"], more].concat())
    }

    /// Whether the two records are one child after a run.
    fn is_one_child(&self) -> bool {
        self.ok(&["project", "run", "p.childlink", "--out", "linked"]);
        let rows = self.rows("linked/children.csv");
        let child =
            |record: &str| rows.iter().find(|row| row["record_id"] == record).expect("a record")["child_id"].clone();
        child("1") == child("2")
    }
}

#[test]
fn superseded_numbers_are_taken_back_by_list_and_by_entry_and_stay_on_record() {
    let bench = Bench::project();
    assert!(!bench.is_one_child(), "two valid numbers");
    bench.add("--superseded", "merged.csv");
    assert!(bench.is_one_child());
    bench.undo(&["--list", "1", "--reason", "list of another town"]);
    assert!(!bench.is_one_child());
    assert!(bench.undo_refused(&["--list", "1"]).contains("project/withdrawn-already"));
    assert!(bench.undo_refused(&["--list", "7"]).contains("project/unknown-list"));
    // It may be added again, and is then an entry of its own.
    bench.add("--superseded", "merged.csv");
    assert!(bench.is_one_child());
    // An entry that stands nowhere: then none is taken back.
    bench.write("more.csv", format!("{MERGED}9693632109,9434765919\n"));
    assert!(bench.undo_refused(&["--superseded", "more.csv"]).contains("1 of 2 entries"));
    assert!(bench.is_one_child());
    bench.undo(&["--superseded", "merged.csv", "--reason", "told wrong"]);
    assert!(!bench.is_one_child());
    assert!(bench.undo_refused(&["--superseded", "merged.csv"]).contains("project/not-listed"));

    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    assert_eq!(bench.text("left/superseded.csv"), "old_nhs_number,nhs_number\n");
    let rows = bench.rows("left/lists.csv");
    let told: Vec<[&str; 6]> = rows
        .iter()
        .map(|row| {
            ["list", "kind", "old_nhs_number", "by", "withdrawn_by", "withdrawn_reason"].map(|name| row[name].as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["1", "superseded", "4010232137", "JK", "MO", "list of another town"],
            ["2", "superseded", "4010232137", "JK", "MO", "told wrong"]
        ]
    );
    let audit = bench.rows("left/audit.csv");
    assert_eq!(audit.iter().filter(|row| row["action"] == "withdraw-list").count(), 2);
}

#[test]
fn a_barred_pair_is_taken_back_for_a_reason_only() {
    let bench = Bench::project();
    bench.add("--superseded", "merged.csv");
    bench.write("pairs.csv", "source_l,record_id_l,source_r,record_id_r\nbirths,1,school,2\n");
    bench.ok(&["bar", "pairs.csv", "--list", "barred.csv"]);
    bench.add("--barred", "barred.csv");
    assert!(!bench.is_one_child(), "barred, whatever the numbers say");
    for what in [["--list", "2"], ["--barred", "barred.csv"]] {
        assert!(bench.undo_refused(&what).contains("project/reason-missing"));
    }
    assert!(!bench.is_one_child());
    bench.undo(&["--barred", "barred.csv", "--reason", "agreed with the adoption team"]);
    assert!(bench.is_one_child());
    bench.add("--barred", "barred.csv");
    assert!(!bench.is_one_child());
    bench.undo(&["--list", "3", "--reason", "again"]);
    assert!(bench.is_one_child());
    // Nothing but the hash is kept of a pair, and it is kept.
    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    let hash = bench.text("barred.csv").lines().nth(1).expect("a hash").to_owned();
    let rows = bench.rows("left/lists.csv");
    let barred: Vec<[&str; 2]> = rows
        .iter()
        .filter(|row| row["kind"] == "barred")
        .map(|row| ["hash", "withdrawn_reason"].map(|name| row[name].as_str()))
        .collect();
    assert_eq!(barred, [[hash.as_str(), "agreed with the adoption team"], [hash.as_str(), "again"]]);
    assert!(!fs::exists(bench.path("left/barred.csv")).expect("a folder"), "none stands");
}

#[test]
fn a_run_cut_off_does_not_go_on_over_a_list_taken_back() {
    let bench = Bench::project();
    bench.add("--superseded", "merged.csv");
    let deed = Deed { at: "2026-11-21".into(), by: "JK".into() };
    let mut project = Project::open(&bench.path("p.childlink")).unwrap();
    let before = project.list_state().unwrap();
    project.withdraw_list(1, "", &deed).unwrap();
    assert_ne!(project.list_state().unwrap(), before);
    let entries = project.lists().unwrap();
    assert!(
        matches!(entries[..], [ref entry] if matches!(entry.listed, Listed::Superseded { .. }) && entry.withdrawn.is_some())
    );
}
