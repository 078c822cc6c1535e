//! `childlink notify` on a folder of messages: what is recognised, what waits for a person, what is set aside, and that
//! nothing is lost by a crash. The bad input is that which the published samples and their specifications warn of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Night {
    scratch: tempfile::TempDir,
}

impl Night {
    /// An index of one child, and an empty inbox.
    fn new() -> Night {
        let night = Night { scratch: tempfile::tempdir().expect("a scratch folder") };
        fs::create_dir(night.path("inbox")).unwrap();
        let records = "source,record_id,nhs_number,given_name,family_name,birth_date,postcode\n\
            register,1,9912003888,Jack,Dawkins,2017-10-02,LS17 7DF\n";
        fs::write(night.path("records.csv"), records).unwrap();
        night.ok(&["index", "build", "records.csv", "--out", "c.index", "--quiet"]);
        night
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path("inbox").join(name), bytes).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_childlink"));
        command.current_dir(self.scratch.path()).args(arguments).output().expect("childlink starts")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn notify(&self) -> serde_json::Value {
        serde_json::from_str(&self.ok(&["notify", "c.index", "inbox", "--out", "out", "--json"])).unwrap()
    }

    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path("out").join(name)).unwrap();
        reader.deserialize().map(|row| row.unwrap()).collect()
    }
}

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages").join(name)).unwrap()
}

#[test]
fn what_cannot_be_read_is_set_aside_with_its_bytes_and_its_reason() {
    let night = Night::new();
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><Bundle>&b;</Bundle>";
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("<Bundle><!--{}--></Bundle>", "x".repeat(3_100_000));
    let large_hl7 = format!("MSH|^~\\&|PAS|RR8|||20260304||ADT^A31|M1|P|2.4\rPID|1\r{}", "NTE|1\r".repeat(600_000));
    let gp = sample("nems_PDS-Change-Of-GP-ems-example.xml");
    let no_kind = gp.replace("MessageEventType-1", "Other-1");
    for (name, bytes, code) in [
        ("laughs.xml", laughs.as_bytes(), "message/entity"),
        ("deep.json", deep.as_bytes(), "message/too-deep"),
        ("large.xml", large.as_bytes(), "message/too-large"),
        ("latin.xml", b"<Bundle><name value=\"Ren\xc9\"/></Bundle>", "message/encoding"),
        (
            "latin.hl7",
            b"MSH|^~\\&|PAS|RR8|||20260304||ADT^A31|M1|P|2.4\rPID|1||1^^^NHS^NH||Ren\xc9\r",
            "message/encoding",
        ),
        ("large.hl7", large_hl7.as_bytes(), "message/too-large"),
        ("cut.xml", &gp.as_bytes()[..gp.len() / 2], "message/malformed"),
        ("empty", b"", "message/malformed"),
        ("kind.xml", no_kind.as_bytes(), "notification/incomplete"),
        ("lab.csv", b"laboratory,accession,test,outcome\nL1,A1,314081000\n", "laboratory/field-count"),
        ("imms.csv", b"NHS_NUMBER|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG\n1||u|new\n", "notification/no-identifier"),
    ] {
        night.put(name, bytes);
        let summary = night.notify();
        assert_eq!(summary["messages_in_quarantine"], 1, "{name}: {summary}");
        let rows = night.rows("quarantine.csv");
        assert_eq!((rows[0]["code"].as_str(), rows[0]["file"].as_str()), (code, name));
        let kept = fs::read(night.path("out").join(&rows[0]["bytes"])).unwrap();
        assert!(!kept.is_empty() || bytes.is_empty(), "{name}");
        fs::remove_dir_all(night.path("out")).unwrap();
        fs::remove_file(night.path("inbox").join(name)).unwrap();
    }
}

#[test]
fn equal_bytes_in_quarantine_are_kept_once_and_listed_every_time() {
    let night = Night::new();
    night.put("broken.hl7", format!("{}MSH|^~\\&|A\r", "MSH|^~\\&|PAS\r".repeat(2_000)).as_bytes());
    assert_eq!(night.notify()["messages_in_quarantine"], 2_001);
    let rows = night.rows("quarantine.csv");
    assert_eq!(rows.len(), 2_001);
    let files: BTreeSet<&str> = rows.iter().map(|row| row["bytes"].as_str()).collect();
    assert_eq!(files, BTreeSet::from(["quarantine/000001", "quarantine/002001"]));
    assert_eq!(fs::read_dir(night.path("out").join("quarantine")).unwrap().count(), 2);
    assert!(fs::read_to_string(night.path("out").join(&rows[1_999]["bytes"])).unwrap().starts_with("MSH|^~\\&|PAS"));
}

#[test]
fn what_a_person_must_decide_is_in_the_queue_and_moves_nothing() {
    let death = |id: &str| sample("nems_PDS-Death-Notification-formal-ems-example.xml").replace("4399a596", id);
    let imms = sample("imms_test-batch-data.csv");
    for (code, files) in [
        // The samples' header names Dawkins and their patient Jones.
        ("notification/header-disagrees", vec![death("00000000")]),
        // Two bodies under one id.
        ("notification/conflict", vec![death("00000000"), death("00000000").replace("2017-11-01", "2017-11-02")]),
        // Two rows of one UNIQUE_ID with different numbers.
        ("notification/conflict", vec![imms]),
        // A baby whose death lies before the birth, under a header that is the mother's.
        ("notification/death-before-birth", vec![sample("nems_BirthNotificationWithoutMother.xml")]),
    ] {
        let night = Night::new();
        files.iter().enumerate().for_each(|(place, text)| night.put(&format!("{place}"), text));
        let summary = night.notify();
        assert_eq!(summary["queue"][code], 1, "{code}: {summary}");
        assert_eq!(summary["changes_of_index"], 0, "{code}");
        assert!(night.rows("queue.csv").iter().any(|row| row["code"] == code));
    }
}

#[test]
fn corrections_sent_as_new_and_deletions_without_a_patient_hold_whatever_their_order() {
    let new = sample("nems_blood-spot-test-outcome-1-new.xml").replace("2013-10-12", "2017-10-02");
    let delete = sample("nems_blood-spot-test-outcome-1-delete.xml");
    assert!(!delete.contains("<Patient>"));
    let corrected = new
        .replace("T15:00:00+00:00", "T15:30:00+00:00")
        .replace("9d2e2cd9", "00000001")
        .replace("946431000000102", "1");
    let facts = |files: &[&str]| {
        let night = Night::new();
        files.iter().enumerate().for_each(|(place, text)| night.put(&format!("{place}"), text));
        let summary = night.notify();
        (summary["facts"].as_u64().unwrap(), summary["withdrawn"].as_u64().unwrap(), summary["queue"].clone())
    };
    let (of_new, _, queue) = facts(&[&new]);
    assert!(of_new > 0 && queue.as_object().unwrap().is_empty(), "{queue}");
    assert_eq!(facts(&[&corrected, &new]).0, of_new, "a correction takes the place of what it corrects");
    assert_eq!((facts(&[&delete, &new]).0, facts(&[&new, &delete]).1), (0, 1));
}

#[test]
fn the_next_run_goes_on_where_the_last_one_ended_and_a_torn_write_loses_nothing() {
    let night = Night::new();
    let address = sample("nems_PDS-Change-Of-Address-ems-example.xml").replace("2019-10-02", "2017-10-02");
    night.put("1.xml", &address);
    let first = night.notify();
    assert_eq!((first["persons_known"].as_u64(), first["changes_of_index"].as_u64()), (Some(1), Some(1)), "{first}");
    night.put("2.xml", sample("nems_PDS-Change-Of-GP-ems-example.xml"));
    let second = night.notify();
    assert_eq!(
        (second["files_that_had_come_before"].as_u64(), second["messages_repeated"].as_u64()),
        (Some(1), Some(0))
    );
    let whole: Vec<Vec<u8>> = ["messages.csv", "queue.csv", "facts.ndjson", "index.journal"]
        .map(|name| fs::read(night.path("out").join(name)).unwrap())
        .to_vec();
    for (journal, cut) in [("messages.journal", 7), ("index.journal", 3), ("messages.journal", 9000)] {
        let path = night.path("out").join(journal);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        // What was torn off had not been acknowledged, and is sent again.
        night.notify();
        for (name, before) in ["messages.csv", "queue.csv", "facts.ndjson", "index.journal"].iter().zip(&whole) {
            assert!(
                fs::read(night.path("out").join(name)).unwrap() == *before,
                "{name} after {journal} was cut by {cut}"
            );
        }
    }
    let mut damaged = fs::read(night.path("out/messages.journal")).unwrap();
    damaged[100] ^= 1;
    fs::write(night.path("out/messages.journal"), damaged).unwrap();
    let output = night.run(&["notify", "c.index", "inbox", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("journal/damaged"));
}

#[test]
fn what_was_kept_to_save_time_may_be_lost_or_damaged_and_nothing_changes() {
    let night = Night::new();
    let address = sample("nems_PDS-Change-Of-Address-ems-example.xml").replace("2019-10-02", "2017-10-02");
    night.put("1.xml", &address);
    night.put("2.xml", sample("nems_PDS-Change-Of-GP-ems-example.xml"));
    night.put("3.csv", sample("imms_test-batch-data.csv"));
    night.notify();
    let results = ["messages.csv", "queue.csv", "facts.ndjson", "index.journal", "quarantine.csv"];
    let read = |night: &Night| results.map(|name| fs::read(night.path("out").join(name)).unwrap());
    let whole = read(&night);
    let kept = ["out/understood.journal", "out/answers.kept"].map(|name| night.path(name));
    assert!(kept.iter().all(|path| fs::metadata(path).unwrap().len() > 100));
    for damage in [
        &(|_: &[u8]| Vec::new()) as &dyn Fn(&[u8]) -> Vec<u8>,
        &|bytes| bytes[..bytes.len() - 5].to_vec(),
        &|bytes| {
            let mut bytes = bytes.to_vec();
            bytes[60] ^= 1;
            bytes
        },
        &|bytes| bytes.to_vec(),
    ] {
        for path in &kept {
            fs::write(path, damage(&fs::read(path).unwrap())).unwrap();
        }
        night.notify();
        assert!(read(&night) == whole);
    }
    kept.iter().for_each(|path| fs::remove_file(path).unwrap());
    night.notify();
    assert!(read(&night) == whole);
}

#[test]
fn what_a_person_decided_comes_back_and_a_barred_pair_stays_unknown() {
    // A birth under another number that looks like the child of the index.
    let night = Night::new();
    let birth = sample("nems_BirthNotificationWithMother.xml");
    let birth = birth.replace("9912003888", "9449310610");
    night.put("birth.xml", birth);
    let summary = night.notify();
    assert_eq!(summary["queue"]["notification/which-child"], 1, "{summary}");
    let row = night.rows("queue.csv").remove(0);
    let candidates: serde_json::Value = serde_json::from_str(&row["candidates"]).unwrap();
    assert_eq!(candidates[0]["child_id"], 1);
    let run = |more: &[&str]| -> serde_json::Value {
        let arguments = [&["notify", "c.index", "inbox", "--out", "out", "--json"], more].concat();
        serde_json::from_str(&night.ok(&arguments)).unwrap()
    };
    let decide = |decision: &str, minute: u32| {
        let list = format!(
            "whom,child_id,decision,reader,decided_at\n{},1,{decision},jk,2026-11-21T09:{minute:02}:00Z\n",
            row["whom"]
        );
        fs::write(night.path("decisions.csv"), list).unwrap();
        run(&["--decisions", "decisions.csv"])
    };
    let summary = decide("different", 1);
    assert_eq!((&summary["persons_new"], summary["queue"].as_object().unwrap().len()), (&1.into(), 0), "{summary}");
    let summary = decide("same", 2);
    assert_eq!((&summary["persons_known"], &summary["persons_new"]), (&1.into(), &0.into()), "{summary}");
    assert_eq!(run(&[])["persons_known"], 1, "it holds without the list");
    // The national back office gave an adopted child a new number: nobody is asked, and nothing is shown.
    fs::write(night.path("pairs.csv"), "source_l,record_id_l,source_r,record_id_r\n,9912003888,,9449310610\n").unwrap();
    night.ok(&["bar", "pairs.csv", "--list", "barred.csv"]);
    fs::remove_dir_all(night.path("out")).unwrap();
    let summary = run(&["--barred", "barred.csv"]);
    assert_eq!((&summary["persons_new"], summary["queue"].as_object().unwrap().len()), (&1.into(), 0), "{summary}");
    let wrong = night.run(&["notify", "c.index", "inbox", "--out", "out", "--decisions", "pairs.csv"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("list/missing-column"));
}

#[test]
fn a_folder_belongs_to_one_index() {
    let night = Night::new();
    night.notify();
    fs::write(night.path("more.csv"), "source,record_id,family_name,birth_date\na,1,Okafor,2020-02-02\n").unwrap();
    night.ok(&["index", "build", "more.csv", "--out", "c.index", "--quiet"]);
    let output = night.run(&["notify", "c.index", "inbox", "--out", "out"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("notify/other-index"));
}

#[test]
fn a_packed_index_knows_the_children_that_were_born() {
    let night = Night::new();
    let birth =
        sample("nems_BirthNotificationWithMother.xml").replace("9912003888", "9449310610").replace("Jack", "Cosmo");
    let birth = birth.replace("2017-10-02", "2018-05-05").replace("LS17 7DF", "M1 1AE");
    night.put("birth.xml", birth);
    let summary = night.ok(&["notify", "c.index", "inbox", "--out", "out", "--pack", "next.index", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["persons_new"], 1, "{summary}");
    let stats = night.ok(&["index", "stats", "next.index", "--json"]);
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!((stats["stats"]["children"].as_u64(), stats["stats"]["records"].as_u64()), (Some(2), Some(2)));
}
