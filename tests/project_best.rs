//! Best records of a project: the history of its children from run to run, deaths told and withdrawn by notifications,
//! and flags that go to an index and come back.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::fs;
use std::path::Path;

const HEADER: &str = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,death_date,address_1,postcode,gp_practice,sensitive,updated_at";
/// An NHS number that passes Modulus 11 (NHS Data Model and Dictionary).
const NUMBER: &str = "9449310610";

impl Bench {
    fn extract(&self, records: &[&str]) {
        fs::write(self.path("records.csv"), format!("{HEADER}\n{}\n", records.join("\n"))).expect("written");
        self.ok(&["project", "add", "p.childlink", "records.csv"]);
        self.ok(&["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"]);
    }

    fn project(records: &[&str]) -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.ok(&["project", "init", "p.childlink"]);
        bench.extract(records);
        bench
    }

    fn best(&self) -> Value {
        serde_json::from_str(&self.ok(&["best", "p.childlink", "--by", "JK", "--out", "best", "--json"])).expect("JSON")
    }

    /// `value first-last` of everything of a kind, in order.
    fn history(&self, kind: &str) -> Vec<String> {
        let rows = self.rows("best/history.csv");
        let of_kind = rows.iter().filter(|row| row["kind"] == kind);
        of_kind.map(|row| format!("{} {}-{}", row["value"], row["first_run"], row["last_run"])).collect()
    }

    /// Whether any file of the project holds a text.
    fn holds(&self, text: &str) -> bool {
        let entries = fs::read_dir(self.folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        let own = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("p.childlink"));
        entries
            .filter(|path| own(path))
            .any(|path| fs::read(path).expect("a file").windows(text.len()).any(|piece| piece == text.as_bytes()))
    }
}

#[test]
fn the_history_of_a_child_goes_back_through_the_runs_of_a_project() {
    let north = "north,1,9434765919,Amara,Okafor,F,2020-03-04,,1 Old Road,N4 2AB,A81001,,2024-01-02";
    let bench =
        Bench::project(&[north, "south,7,9434765919,Amara,Okafor,F,2020-03-04,,1 Old Road,N4 2AB,,,2024-01-01"]);
    bench.best();
    assert_eq!(bench.history("address"), ["1 Old Road, N4 2AB 1-1"]);
    // It is the best record of the run, told in the same words.
    bench.ok(&["best", "linked", "--out", "of-run"]);
    for name in ["best.csv", "origins.csv", "conflicts.csv"] {
        assert_eq!(bench.text(&format!("best/{name}")), bench.text(&format!("of-run/{name}")), "{name}");
    }
    // The child moves and is given another name; the other source no longer has it.
    bench.extract(&["north,1,9434765919,Amara,Jones,F,2020-03-04,,9 New Street,LS1 4AP,B82005,,2025-05-06"]);
    bench.best();
    assert_eq!(bench.history("address"), ["1 Old Road, N4 2AB 1-1", "9 New Street, LS1 4AP 2-2"]);
    assert_eq!(bench.history("name"), ["Amara Okafor 1-1", "Amara Jones 2-2"]);
    assert_eq!(bench.history("practice"), ["A81001 1-1", "B82005 2-2"]);
    let best = bench.rows("best/best.csv");
    assert_eq!((best.len(), best[0]["postcode"].as_str(), best[0]["records"].as_str()), (1, "LS1 4AP", "1"));
    let south = |row: &bench::Row| row["source"] == "south" && row["kind"] == "address";
    assert!(bench.rows("best/history.csv").iter().all(|row| !south(row)), "the record that told it last stands for it");
    // Asked again, nothing is told twice.
    let before = bench.text("best/history.csv");
    bench.best();
    assert_eq!(bench.text("best/history.csv"), before);
    // Records that no run has seen have no child.
    fs::write(bench.path("records.csv"), format!("{HEADER}\n{north}\nnorth,2,,Ben,Lee,M,2021-07-19,,,,,,\n"))
        .expect("written");
    bench.ok(&["project", "add", "p.childlink", "records.csv"]);
    assert!(bench.refused(&["best", "p.childlink", "--out", "best"]).contains("project/run-first"));
}

#[test]
fn of_a_child_that_becomes_sensitive_no_earlier_whereabouts_stay() {
    let open = "north,1,9434765919,Amara,Okafor,F,2020-03-04,,1 Hawthorn Passage,N4 2AB,A81001,,2024-01-02";
    let bench = Bench::project(&[open]);
    bench.best();
    assert!(bench.holds("1 Hawthorn Passage"), "kept as history");
    // Another source flags the child and does not know where it lives; the first has moved on.
    bench.extract(&[
        "north,1,9434765919,Amara,Okafor,F,2020-03-04,,2 Secret Close,LS1 4AP,B82005,,2025-05-06",
        "south,7,9434765919,Amara,Okafor,F,2020-03-04,,,,,yes,2025-05-07",
    ]);
    bench.best();
    assert_eq!(bench.history("address"), ["(withheld) 2-2"]);
    for place in ["Hawthorn Passage", "Secret Close"] {
        assert!(!bench.text("best/history.csv").contains(place), "{place}");
        assert!(!bench.holds(place), "{place} stands in the project");
    }
    assert_eq!(bench.history("name"), ["Amara Okafor 1-2"], "names are not whereabouts");
}

#[test]
fn a_list_of_withdrawn_deaths_is_the_projects_own() {
    let bench = Bench::project(&["north,1,9434765919,Amara,Okafor,F,2020-03-04,2024-05-06,,,,,2024-06-01"]);
    let deaths = |bench: &Bench| bench.best()["deaths"].clone();
    assert_eq!(deaths(&bench)["told"], 1);
    fs::write(bench.path("w.csv"), "source,record_id,death_date\nnorth,1,2024-05-06\n").expect("written");
    bench.ok(&["project", "add", "p.childlink", "--withdrawn-deaths", "w.csv"]);
    assert_eq!(deaths(&bench)["withdrawn"], 1);
    assert_eq!(bench.history("death-withdrawn"), ["2024-05-06 1-1"]);
    // The record tells another death later: that one was not withdrawn.
    bench.extract(&["north,1,9434765919,Amara,Okafor,F,2020-03-04,2025-01-09,,,,,2025-02-01"]);
    assert_eq!(deaths(&bench)["told"], 1);
    assert_eq!(bench.rows("best/best.csv")[0]["death_date"], "2025-01-09");
}

/// A message of the samples about our child.
fn message(name: &str, id: &str, day: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages").join(name);
    let text = fs::read_to_string(path).expect("a sample");
    text.replace("9912003888", NUMBER)
        .replace("6101231234", NUMBER)
        .replace("DAWKINS", "JONES")
        .replace("4f67281a", id)
        .replace("4399a596", id)
        .replace("2017-11-01T15:00:33", &format!("{day}T15:00:33"))
}

#[test]
fn deaths_that_notifications_tell_and_withdraw_come_into_the_project() {
    let jack = format!("north,1,{NUMBER},Jack,Jones,M,2017-10-02,,4 Sandmoor Drive,LS17 7DF,,,2017-10-05");
    let bench = Bench::project(&[&jack, "north,2,9434765919,Amara,Okafor,F,2020-03-04,,,,,,"]);
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&bench.ok(&[arguments, &["--json"]].concat())).expect("JSON")
    };
    bench.ok(&["project", "publish", "p.childlink", "--index", "c.index"]);
    fs::create_dir(bench.path("inbox")).expect("made");
    let formal = message("nems_PDS-Death-Notification-formal-ems-example.xml", "4f672811", "2017-11-01");
    fs::write(bench.path("inbox/1.xml"), formal).expect("written");
    let night = json(&["notify", "c.index", "inbox", "--out", "night"]);
    assert_eq!(night["facts"], 1, "{night}");
    let absorb = || json(&["project", "absorb", "p.childlink", "night"]);
    assert_eq!(absorb()["deaths"], 1);
    assert_eq!(absorb()["deaths"], 0, "known");
    // No record tells of it; the child is dead all the same.
    assert_eq!(bench.best()["deaths"]["told"], 1);
    let of_jack = |bench: &Bench| {
        let best = bench.rows("best/best.csv");
        let row = best.iter().find(|row| row["given_name"] == "Jack").expect("the child").clone();
        (row["death"].clone(), row["death_date"].clone())
    };
    assert_eq!(of_jack(&bench), ("told".to_owned(), "2017-11-01".to_owned()));
    // Withdrawn: the child lives, the history keeps what was said.
    let removed = message("nems_PDS-Death-Notification-removed-ems-example.xml", "4f672812", "2017-12-01");
    fs::write(bench.path("inbox/2.xml"), removed).expect("written");
    let night = json(&["notify", "c.index", "inbox", "--out", "night"]);
    let absorbed = absorb();
    assert_eq!((&absorbed["deaths"], &absorbed["deaths_withdrawn"]), (&0.into(), &1.into()), "{absorbed} {night}");
    bench.best();
    assert_eq!(of_jack(&bench), ("withdrawn".to_owned(), String::new()));
    assert_eq!(bench.history("death-withdrawn").len(), 1);
    // Published again with the folder at hand, and run again: it stays so.
    bench.ok(&["project", "run", "p.childlink", "--out", "linked"]);
    bench.ok(&["project", "publish", "p.childlink", "--index", "c.index", "--notifications", "night"]);
    bench.best();
    assert_eq!(of_jack(&bench), ("withdrawn".to_owned(), String::new()));
    // A folder that knows nothing of it takes nothing back.
    fs::create_dir(bench.path("other")).expect("made");
    fs::copy(bench.path("night/index.journal"), bench.path("other/index.journal")).expect("copied");
    assert_eq!(json(&["project", "absorb", "p.childlink", "other"])["deaths_withdrawn"], 0);
    // A register that still tells the death is for a person to look at.
    bench.extract(&[&jack.replace("2017-10-02,,", "2017-10-02,2017-11-01,")]);
    bench.best();
    assert_eq!(of_jack(&bench), ("in-doubt".to_owned(), "2017-11-01".to_owned()));
}

#[test]
fn flags_go_to_the_index_and_come_back_as_they_were() {
    let bench = Bench::project(&[
        "north,1,9434765919,Amara,Okafor,F,2020-03-04,,,N4 2AB,,,",
        "south,7,9434765919,Amara,Okafor,F,2020-03-04,,,N4 2AB,,,",
        "north,2,4010232137,Ben,Lee,M,2021-07-19,,,,,,",
    ]);
    let flags =
        "source,record_id,scope,flag\nnorth,1,social care only,CP-IS\nsouth,7,\"nurses, named\",\"a \"\"b\"\"\"\n";
    fs::write(bench.path("flags.csv"), flags).expect("written");
    bench.ok(&["project", "add", "p.childlink", "--flags", "flags.csv"]);
    let publish =
        ["project", "publish", "p.childlink", "--index", "c.index", "--keys", "keys.csv", "--flags", "out.csv"];
    bench.ok(&publish);
    let out = bench.rows("out.csv");
    let told: Vec<[&str; 4]> =
        out.iter().map(|row| ["source", "record_id", "scope", "flag"].map(|name| row[name].as_str())).collect();
    assert_eq!(told, [["north", "1", "social care only", "CP-IS"], ["south", "7", "nurses, named", "a \"b\""]]);
    assert_eq!(out[0]["child_id"], out[1]["child_id"]);
    let index = fs::read(bench.path("c.index")).expect("the index");
    assert!(!index.windows(5).any(|piece| piece == b"CP-IS"), "an index says who, not what");
    // A birth by notification; the host flags it.
    fs::create_dir(bench.path("inbox")).expect("made");
    let sample =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages/nems_BirthNotificationWithMother.xml");
    let born = fs::read_to_string(sample).expect("a sample").replace("9912003888", NUMBER).replace("Jack", "Cosmo");
    fs::write(bench.path("inbox/1.xml"), born).expect("written");
    bench.ok(&["notify", "c.index", "inbox", "--out", "night"]);
    let absorb = |flags: &str| -> Value {
        let told = bench.ok(&["project", "absorb", "p.childlink", "night", "--flags", flags, "--json"]);
        serde_json::from_str(&told).expect("JSON")
    };
    assert_eq!(absorb("out.csv")["flags"], 0, "those that went out are known");
    fs::write(bench.path("host.csv"), "entry,scope,flag\n3,health visitor,see file\n").expect("written");
    assert_eq!(absorb("host.csv")["flags"], 1);
    bench.ok(&["project", "run", "p.childlink", "--out", "linked"]);
    bench.ok(&publish);
    let again = bench.rows("out.csv");
    assert_eq!(again.len(), 3);
    let last = &again[2];
    assert_eq!(
        (last["entry"].as_str(), last["flag"].as_str(), last["scope"].as_str()),
        ("3", "see file", "health visitor")
    );
    assert_eq!(last["source"], "notifications");
    // The same flags out, in and out again.
    assert_eq!(absorb("out.csv")["flags"], 0);
    let before = bench.text("out.csv");
    bench.ok(&publish);
    assert_eq!(bench.text("out.csv"), before);
    // A number that no index gave is refused, and nothing is taken in.
    fs::write(bench.path("host.csv"), "entry,scope,flag\n3,x,y\n999,x,y\n").expect("written");
    let told = bench.refused(&["project", "absorb", "p.childlink", "night", "--flags", "host.csv"]);
    assert!(told.contains("project/unknown-entry"), "{told}");
    bench.ok(&publish);
    assert_eq!(bench.text("out.csv"), before);
}
