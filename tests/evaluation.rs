//! `childlink evaluate` and `childlink sample` on a linkage small enough to judge by hand.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const TRUTH: &str = "source,record_id,person_id\n\
    a,1,P0\na,2,P0\nb,1,P0\nb,2,P0\na,3,P1\nb,3,P1\na,4,P2\na,5,P3\nb,5,P4\nb,6,P5\n";
const PERSONS: &str = "person_id,maternity_id,adopted_counterpart\n\
    P0,M0,\nP1,M1,\nP2,M1,\nP3,M2,P4\nP4,M3,P3\nP5,M5,\nP9,M9,\n";
/// The first child lacks a record, a twin stands with its sibling, the adopted child's two identities
/// are joined; b,6 was set aside, and x,9 is not of the truth.
const CHILDREN: &str = "source,record_id,child_id\n\
    a,1,1\na,2,1\nb,1,1\nb,2,2\na,3,3\nb,3,4\na,4,3\na,5,5\nb,5,5\nx,9,6\n";
const LINKS: &str = "source_l,record_id_l,source_r,record_id_r,match_weight,match_probability,decision,guards\n\
    a,1,a,2,20.5,1,link,\na,1,b,1,20.1,1,link,\na,3,a,4,12,0.999,link,twin\na,5,b,5,9.75,0.998,link,\n\
    b,1,b,2,4.5,0.96,review,\na,3,b,3,3.5,0.92,review,runner-up|twin\nb,3,a,4,3.25,0.9,review,twin\n";

fn childlink(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink")).current_dir(folder).args(arguments).output().unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("linked")).unwrap();
    for (name, text) in
        [("truth.csv", TRUTH), ("persons.csv", PERSONS), ("linked/children.csv", CHILDREN), ("linked/links.csv", LINKS)]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn json(output: Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_linkage_is_measured_as_by_hand() {
    let folder = folder();
    let arguments = ["evaluate", "linked", "--truth", "truth.csv", "--persons", "persons.csv", "--by", "source"];
    let judged = json(childlink(folder.path(), &[&arguments[..], &["--by", "multiple_birth", "--json"]].concat()));
    // 3 of 5 pairs are right, of 7 that are there: precision 3/5, recall 3/7, F1 6/12.
    assert_eq!(
        judged["pairs"],
        serde_json::json!({
            "precision": 0.6, "recall": 0.428571, "f1": 0.5, "correct": 3, "found": 5, "actual": 7
        })
    );
    assert_eq!((&judged["links"]["correct"], &judged["links"]["found"]), (&2.into(), &4.into()));
    assert_eq!((&judged["twin_pairs"], &judged["adopted_pairs"]), (&1.into(), &1.into()));
    assert_eq!((&judged["review_pairs"], &judged["review_pairs_true"]), (&3.into(), &2.into()));
    // Answered truthfully, P0 is whole, and P1's second record joins the cluster that holds the twin.
    assert_eq!((&judged["after_review"]["correct"], &judged["after_review"]["found"]), (&7.into(), &10.into()));
    assert_eq!(judged["clusters"]["exact_f1"], 0.0);
    assert_eq!((&judged["unknown_records"], &judged["records_without_truth"]), (&1.into(), &1.into()));
    let subgroups: Vec<(&str, &str, u64, u64)> = judged["subgroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap();
            (text("by"), text("value"), row["correct"].as_u64().unwrap(), row["actual"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        subgroups,
        [("source", "a", 3, 6), ("source", "b", 2, 6), ("multiple_birth", "no", 3, 6), ("multiple_birth", "yes", 0, 1)]
    );
    let best = &judged["best_threshold"];
    assert_eq!((&best["match_weight"], &best["correct"], &best["found"]), (&3.5.into(), &4.into(), &6.into()));
    assert_eq!(judged["thresholds"].as_array().unwrap().len(), 18, "one row for each bit from 20 down to 3");
}

#[test]
fn newborns_and_missing_numbers_are_subgroups() {
    let folder = folder();
    let records = "source_system,record_id,nhs_number,dob,updated_at\n\
        a,1,401 023 2137,2019-07-31,2019-08-27\na,2,,31/07/2019,2019-08-28\nb,1,4010232138,,2019-08-01\n";
    fs::write(folder.path().join("records.csv"), records).unwrap();
    let arguments = ["evaluate", "linked", "--truth", "truth.csv", "--records", "records.csv", "--json"];
    let judged = json(childlink(folder.path(), &[&arguments[..], &["--by", "newborn", "--by", "number"]].concat()));
    let records: Vec<(&str, u64)> = judged["subgroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["value"].as_str().unwrap(), row["records"].as_u64().unwrap()))
        .collect();
    // 27 August is the 27th day, 28 August the 28th.
    let newborn = [("(none)", 8), ("28 days or older", 1), ("under 28 days", 1)];
    let number = [("(none)", 7), ("invalid", 1), ("missing", 1), ("valid", 1)];
    assert_eq!(records, [&newborn[..], &number[..]].concat());
}

#[test]
fn the_restricted_queue_is_measured_apart_and_a_page_is_drawn() {
    let folder = folder();
    let measure = || {
        let arguments = ["evaluate", "linked", "--truth", "truth.csv", "--persons", "persons.csv", "--json"];
        json(childlink(folder.path(), &[&arguments[..], &["--report", "quality.html"]].concat()))
    };
    let without = measure();
    assert_eq!((&without["restricted_pairs"], &without["after_both_queues"]), (&0.into(), &without["after_review"]));
    // One of the true pairs of the review queue waits in the restricted one instead, beside a false one.
    let links = LINKS.replace("a,3,b,3,3.5,0.92,review,runner-up|twin\n", "");
    fs::write(folder.path().join("linked/links.csv"), links).unwrap();
    let restricted = "source_l,record_id_l,source_r,record_id_r,guards\n\
        a,3,b,3,possible-identity-change\na,1,a,5,possible-identity-change\n";
    fs::write(folder.path().join("linked/restricted.csv"), restricted).unwrap();
    let with = measure();
    assert_eq!((&with["restricted_pairs"], &with["restricted_pairs_true"]), (&2.into(), &1.into()));
    assert_eq!((&with["review_pairs"], &with["review_pairs_true"]), (&2.into(), &1.into()));
    assert!(with["after_review"]["correct"].as_u64() < without["after_review"]["correct"].as_u64());
    assert_eq!(with["after_both_queues"], without["after_review"], "both queues hold what the one held");
    let page = fs::read_to_string(folder.path().join("quality.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 4);
    assert!(page.contains("after the restricted queue, too") && !page.contains("<script"));
}

#[test]
fn errors_are_listed_by_key_only() {
    let folder = folder();
    let output = childlink(folder.path(), &["evaluate", "linked", "--truth", "truth.csv", "--errors", "errors.csv"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("not known without --persons"));
    let errors = fs::read_to_string(folder.path().join("errors.csv")).unwrap();
    assert_eq!(
        errors,
        "error,source_l,record_id_l,source_r,record_id_r,match_weight,decision\n\
        false,a,3,a,4,12,link\nfalse,a,5,b,5,9.75,link\n\
        missed,a,1,b,2,,\nmissed,a,2,b,2,,\nmissed,b,1,b,2,4.5,review\nmissed,a,3,b,3,3.5,review\n"
    );
}

#[test]
fn a_sample_is_drawn_read_and_weighted() {
    let folder = folder();
    let draw = |seed: &str, out: &str| {
        let drawn = json(childlink(
            folder.path(),
            &["sample", "linked", "--size", "1", "--seed", seed, "--out", out, "--json"],
        ));
        assert_eq!(
            (&drawn["pairs"], &drawn["strata"]),
            (&4.into(), &4.into()),
            "bands of links at 20, 10 and 5, reviews at 0"
        );
        fs::read_to_string(folder.path().join(out)).unwrap()
    };
    let sample = draw("1", "sample.csv");
    assert_eq!(sample, draw("1", "again.csv"));
    assert_ne!(sample, draw("5", "other.csv"));
    assert!(sample.contains("review 0 to 5,3,"), "{sample}");
    let read = sample.replace("yes,\n", "yes,same\n").replace("no,\n", "no,different\n");
    fs::write(folder.path().join("read.csv"), &read).unwrap();
    let estimate =
        &json(childlink(folder.path(), &["evaluate", "linked", "--clerical", "read.csv", "--json"]))["clerical"];
    assert_eq!((&estimate["links"], &estimate["precision"]["estimate"]), (&4.into(), &1.0.into()));
    assert_eq!((&estimate["review_pairs"], &estimate["missed_links_in_review"]["estimate"]), (&3.into(), &0.0.into()));
    // At 0 everything listed is linked: 4 of 7 pairs are of one child by the sample; at 5 the 3 reviews are to read.
    let thresholds: Vec<(u64, f64, u64)> = estimate["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let precision = row["precision"]["estimate"].as_f64().unwrap();
            (row["linked"].as_u64().unwrap(), precision, row["to_read"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(thresholds[2..], [(4, 1.0, 3), (7, 0.571429, 0)]);
    let interval = &estimate["thresholds"][3]["precision"];
    assert!(interval["low"].as_f64() < Some(0.57) && interval["high"].as_f64() > Some(0.58), "{interval}");
    fs::write(folder.path().join("read.csv"), read.replace("different", "perhaps")).unwrap();
    let refused = childlink(folder.path(), &["evaluate", "linked", "--clerical", "read.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("evaluate/clerical-decision"));
}

#[test]
fn what_is_not_there_is_named() {
    let folder = folder();
    for (arguments, code) in [
        (&["evaluate", ".", "--truth", "truth.csv"][..], "evaluate/missing-file"),
        (&["evaluate", "linked", "--truth", "persons.csv"], "evaluate/missing-column"),
        (&["evaluate", "linked", "--truth", "truth.csv", "--by", "colour"], "evaluate/missing-column"),
        (&["evaluate", "linked", "--truth", "nowhere.csv"], "input/cannot-read"),
    ] {
        let output = childlink(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(code), "{arguments:?}");
    }
}
