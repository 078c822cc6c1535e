//! What a national trace told, kept in a project: it changes the next run, protects children, and can be taken back.
//!
//! Codes and layout: NHS England, Person_ID Handbook, 27 February 2024. NHS numbers are test numbers or made up with a
//! right check digit.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const HEADER: &str = "source,record_id,nhs_number,nhs_number_status,given_name,family_name,sex,birth_date,birth_order,address_1,postcode,gp_practice,sensitive";

/// Where the answers say that children live. It must be kept nowhere.
const WHEREABOUTS: &str = "YO9 7QX";

impl Bench {
    fn write_records(&self, records: &[&str]) {
        fs::write(self.path("records.csv"), format!("{HEADER}\n{}\n", records.join("\n"))).expect("written");
    }

    /// A project of these records that has been run once.
    fn project(records: &[&str]) -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.write_records(records);
        bench.ok(&["project", "init", "p.childlink"]);
        bench.ok(&["project", "add", "p.childlink", "records.csv"]);
        bench.ok(&["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"]);
        bench
    }

    fn told(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).expect("one JSON object")
    }

    fn prepare(&self) {
        self.ok(&["trace", "prepare", "--project", "p.childlink", "--by", "JK", "--out", "request"]);
    }

    /// Takes in answers: record, code, number, family name, given name.
    fn apply(&self, answers: &[[&str; 5]]) -> Value {
        let keys = self.rows("request/keys.csv");
        let row = |[record, code, number, family, given]: &[&str; 5]| {
            let of = |key: &&bench::Row| format!("{}/{}", key["source"], key["record_id"]) == *record;
            let key = keys.iter().find(of).unwrap_or_else(|| panic!("{record} was not asked about"));
            let mut fields = [""; 34];
            let found = !number.is_empty();
            for (place, value) in [
                (0, key["reference"].as_str()),
                (2, family),
                (3, given),
                (5, if found { "2" } else { "" }),
                (6, if found { "20200304" } else { "" }),
                (13, if found { WHEREABOUTS } else { "" }),
                (25, code),
                (26, if found { number } else { "0000000000" }),
                (27, "3"),
                (28, "100"),
            ] {
                fields[place] = value;
            }
            fields.join(",") + "\n"
        };
        fs::write(self.path("response.csv"), answers.iter().map(row).collect::<String>()).expect("written");
        let apply = ["trace", "apply", "request", "response.csv", "--project", "p.childlink", "--by", "JK"];
        self.told(&[&apply[..], &["--out", "traced"]].concat())
    }

    fn run_project(&self) -> Value {
        self.told(&["project", "run", "p.childlink", "--out", "linked"])
    }

    /// The child of each record, `source/record_id`, as the last run wrote it.
    fn children(&self, folder: &str) -> BTreeMap<String, String> {
        let rows = self.rows(&format!("{folder}/children.csv"));
        rows.into_iter()
            .map(|row| (format!("{}/{}", row["source"], row["record_id"]), row["child_id"].clone()))
            .collect()
    }

    /// Which of these records are one child: `a b|c`.
    fn together(&self, records: &[&str]) -> String {
        let children = self.children("linked");
        let mut groups: Vec<(&String, Vec<&str>)> = Vec::new();
        for record in records {
            let child = &children[*record];
            match groups.iter_mut().find(|(known, _)| *known == child) {
                Some((_, group)) => group.push(record),
                None => groups.push((child, vec![record])),
            }
        }
        groups.into_iter().map(|(_, group)| group.join(" ")).collect::<Vec<_>>().join("|")
    }

    /// Whether a file of the folder tells of these records as a pair.
    fn lists(&self, name: &str, one: &str, other: &str) -> bool {
        self.rows(&format!("linked/{name}.csv")).iter().any(|row| {
            let of = |side: &str| format!("{}/{}", row[&format!("source_{side}")], row[&format!("record_id_{side}")]);
            [of("l"), of("r")] == [one, other] || [of("l"), of("r")] == [other, one]
        })
    }

    fn same_folders(&self, one: &str, other: &str) {
        let names = |folder: &str| {
            let entries = fs::read_dir(self.path(folder)).expect("a folder").map(|entry| entry.expect("an entry"));
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.retain(|name| name != "run.json");
            names.sort();
            names
        };
        assert_eq!(names(one), names(other));
        for name in names(one) {
            assert!(self.text(&format!("{one}/{name}")) == self.text(&format!("{other}/{name}")), "{name}");
        }
    }
}

/// One child before and after adoption. The school still holds the old number; a clerk once joined the two.
const ADOPTED: [&str; 4] = [
    "births,old,9434765919,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
    "practice,new,4010232137,01,Amara,Jones,F,2020-03-04,,7 Blue Street,N4 2AB,,",
    "school,new,,02,Amara,Jones,F,2020-03-04,,,,,",
    "school,stale,9434765919,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
];
const RECORDS: [&str; 4] = ["births/old", "practice/new", "school/new", "school/stale"];

#[test]
fn an_adopted_child_is_not_joined_again_whatever_was_decided_before_and_the_run_is_one_of_link() {
    let bench = Bench::project(&ADOPTED);
    let pair = ["--pair", "births", "old", "practice", "new", "--verdict", "same", "--by", "JK"];
    bench.ok(&[&["project", "decide", "p.childlink"], &pair[..]].concat());
    bench.run_project();
    let before = bench.children("linked");
    assert_eq!(before["births/old"], before["practice/new"], "the clerk's mistake");

    bench.prepare();
    let told = bench.apply(&[["births/old", "91", "", "", ""], ["school/new", "92", "4010232137", "JONES", "AMARA"]]);
    assert_eq!((&told["project"]["trace"], &told["project"]["is_new"]), (&1.into(), &true.into()));
    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    fs::copy(bench.path("p.childlink"), bench.path("copy.childlink")).expect("copied");
    let run = bench.run_project();
    assert_eq!(bench.together(&RECORDS), "births/old|practice/new school/new|school/stale");
    for name in ["links", "review", "restricted"] {
        let listed = bench.text(&format!("linked/{name}.csv"));
        assert!(!listed.contains("births,old") && !listed.contains("school,stale"), "{name}: {listed}");
    }
    // Only records that the trace touched were compared, and a run of everything comes to the same.
    assert!(run["project"]["unchanged_records"].is_u64(), "{run}");
    bench.ok(&["project", "run", "copy.childlink", "--full", "--out", "whole"]);
    bench.same_folders("linked", "whole");
    // It is a run of link with the lists that the project wrote.
    let lists = ["--decisions", "left/decisions.csv", "--traced", "left/traced.csv", "--previous", "left"];
    let more = ["--superseded", "left/superseded.csv", "--model", "left/model.json", "--out", "by-hand"];
    bench.ok(&[&["link", "records.csv"], &lists[..], &more].concat());
    bench.same_folders("linked", "by-hand");
    // Code 92 for one record withholds the whereabouts of the child in every list.
    bench.ok(&["best", "linked", "--out", "best"]);
    let child = &bench.children("linked")["practice/new"];
    let best = bench.rows("best/best.csv");
    let new = best.iter().find(|row| row["child_id"] == *child).expect("the child");
    assert_eq!((new["postcode"].as_str(), new["nhs_number"].as_str()), ("(withheld)", "4010232137"));
    // An index of the project knows as much.
    bench.ok(&["project", "publish", "p.childlink", "--index", "c.index"]);
    fs::write(bench.path("who.csv"), format!("{HEADER}\n{}\n", ADOPTED[0].replace("births,old", "q,1")))
        .expect("written");
    bench.ok(&["index", "match", "c.index", "who.csv", "--out", "found.csv"]);
    let found = bench.text("found.csv");
    let old = &bench.children("linked")["births/old"];
    assert!(bench.rows("found.csv").iter().all(|row| row["child_id"] != *old && row["child_id"] != *child), "{found}");

    // Asked again, nothing that is settled is asked about.
    bench.prepare();
    let why: BTreeMap<String, String> = bench
        .rows("request/not-asked.csv")
        .into_iter()
        .map(|row| (format!("{}/{}", row["source"], row["record_id"]), row["why"].clone()))
        .collect();
    let of = |record: &str| why[record].as_str();
    assert_eq!(RECORDS.map(of), ["invalidated", "verified", "traced-before", "invalidated"], "each with its reason");
    let actions: Vec<String> = {
        bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
        bench.rows("left/audit.csv").into_iter().map(|row| row["action"].clone()).collect()
    };
    assert_eq!(actions.iter().filter(|action| *action == "trace-request").count(), 2);
    assert_eq!(actions.iter().filter(|action| *action == "trace").count(), 1);
}

#[test]
fn where_children_live_is_kept_in_no_project() {
    let bench = Bench::project(&ADOPTED);
    bench.prepare();
    bench.apply(&[
        ["births/old", "00", "9434765919", "OKAFOR", "AMARA"],
        ["school/new", "92", "4010232137", "JONES", "AMARA"],
        ["school/stale", "00", "4010232137", "JONES", "AMARA"],
    ]);
    bench.run_project();
    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    for folder in [".", "left", "linked", "traced"] {
        for entry in fs::read_dir(bench.path(folder)).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let is_answer = entry.ends_with("response.csv");
            if entry.is_file() && !is_answer {
                let bytes = fs::read(&entry).expect("a file");
                let told = bytes.windows(WHEREABOUTS.len()).any(|piece| piece == WHEREABOUTS.as_bytes());
                assert!(!told, "{} tells where a child lives", entry.display());
            }
        }
    }
}

#[test]
fn what_a_trace_told_is_taken_back_like_a_decision_and_stays_on_record() {
    let bench = Bench::project(&ADOPTED);
    let before = bench.children("linked");
    bench.prepare();
    let answers = [["births/old", "91", "", "", ""], ["school/new", "92", "4010232137", "JONES", "AMARA"]];
    bench.apply(&answers);
    assert_eq!(bench.apply(&answers)["project"]["is_new"], false, "the same response counts once");
    bench.run_project();
    assert_ne!(bench.children("linked"), before);

    // One result, then the rest.
    let undo = ["project", "undo", "p.childlink", "--by", "MO", "--reason", "a slip", "--trace", "1"];
    let one = bench.told(&[&undo[..], &["--record", "births", "old"]].concat());
    assert_eq!(one["withdrawn_results"], 1);
    bench.run_project();
    assert_eq!(bench.together(&RECORDS), "births/old school/stale|practice/new school/new");
    // Asked about, answered or not, were three records.
    let rest = bench.told(&undo)["withdrawn_results"].as_u64();
    assert_eq!(rest, Some(2));
    bench.run_project();
    assert_eq!(bench.children("linked"), before);
    assert!(bench.refused(&undo).contains("project/withdrawn-already"));
    let unknown = ["project", "undo", "p.childlink", "--trace", "7"];
    assert!(bench.refused(&unknown).contains("project/unknown-trace"));
    let stranger = [&undo[..], &["--record", "births", "nobody"]].concat();
    assert!(bench.refused(&stranger).contains("project/unknown-trace"));

    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    let traces = bench.rows("left/traces.csv");
    assert_eq!(traces.len(), 3);
    assert!(traces.iter().all(|row| row["withdrawn_by"] == "MO" && row["withdrawn_reason"] == "a slip"));
    assert_eq!(bench.rows("left/traced.csv").len(), 0, "what stands is what link is told");
    // Given again after it was taken back, it is a trace of its own.
    assert_eq!(bench.apply(&answers)["project"]["trace"], 2);
    bench.run_project();
    assert_eq!(bench.together(&RECORDS), "births/old|practice/new school/new|school/stale");
    let status = bench.told(&["project", "status", "p.childlink", "--verify"]);
    assert_eq!(
        status["traced"],
        serde_json::json!({"invalidated": 1, "unanswered": 1, "verified": 1}),
        "only what stands is counted"
    );
}

#[test]
fn a_record_for_which_another_family_name_was_found_is_not_joined_with_it_until_a_person_says_so() {
    let bench = Bench::project(&[
        "births,old,,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
        "practice,new,4010232137,01,Amara,Jones,F,2020-03-04,,7 Blue Street,N4 2AB,,",
    ]);
    let (old, new) = ("births/old", "practice/new");
    assert!(bench.lists("restricted", old, new), "for those who must");
    // Somebody calls them one child.
    let pair = ["--pair", "births", "old", "practice", "new", "--verdict", "same", "--by", "JK"];
    bench.ok(&[&["project", "decide", "p.childlink"], &pair[..]].concat());
    bench.prepare();
    let told = bench.apply(&[[old, "00", "4010232137", "JONES", "AMARA"]]);
    assert_eq!((&told["restricted"], &told["outcomes"]["restricted"]), (&1.into(), &1.into()));
    bench.run_project();
    assert_eq!(bench.together(&[old, new]), "births/old|practice/new");
    for name in ["links", "review", "restricted"] {
        assert!(!bench.lists(name, old, new), "{name}");
    }
    assert!(bench.path("p.childlink.key").is_file(), "barred as a keyed hash");
    // Who looked into it takes the result back.
    bench.ok(&["project", "undo", "p.childlink", "--trace", "1", "--by", "MO", "--reason", "new surname, seen"]);
    bench.run_project();
    assert_eq!(bench.together(&[old, new]), "births/old practice/new");
}

#[test]
fn a_superseded_number_joins_what_other_sources_still_hold_under_it() {
    let bench = Bench::project(&[
        "births,1,4010232137,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
        "clinic,1,9449305552,01,Amara,Okafor,F,2020-03-04,,,,,",
        "school,1,4010232137,02,Amara,Okafor,F,2020-03-04,,,,,",
    ]);
    let records = ["births/1", "clinic/1", "school/1"];
    assert_eq!(bench.together(&records), "births/1 school/1|clinic/1");
    bench.prepare();
    bench.apply(&[["births/1", "90", "9449305552", "OKAFOR", "AMARA"]]);
    bench.run_project();
    assert_eq!(bench.together(&records), "births/1 clinic/1 school/1");
    bench.ok(&["project", "export", "p.childlink", "--out", "left"]);
    assert_eq!(bench.text("left/superseded.csv"), "old_nhs_number,nhs_number\n4010232137,9449305552\n");
    bench.ok(&["project", "undo", "p.childlink", "--trace", "1", "--by", "MO"]);
    bench.run_project();
    assert_eq!(bench.together(&records), "births/1 school/1|clinic/1");
}

#[test]
fn a_number_is_not_given_to_what_stands_in_the_records_place_later() {
    let bench = Bench::project(&["school,1,,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,"]);
    bench.prepare();
    bench.apply(&[["school/1", "00", "9449305552", "OKAFOR", "AMARA"]]);
    let clinic = "clinic,1,9449305552,01,Amara,Okafor,F,2020-03-04,,,,,";
    bench.write_records(&["school,1,,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,", clinic]);
    bench.ok(&["project", "add", "p.childlink", "records.csv"]);
    bench.run_project();
    assert_eq!(bench.together(&["school/1", "clinic/1"]), "school/1 clinic/1");
    // The school used the id again, for another child.
    bench.write_records(&["school,1,,02,Benedict,Quillfeather,M,2021-09-17,,1 Mill Lane,LS1 4AP,,", clinic]);
    bench.ok(&["project", "add", "p.childlink", "records.csv"]);
    let told = bench.ok(&["project", "run", "p.childlink", "--out", "linked"]);
    assert!(told.contains("1 traced numbers were not used, since their records have changed"), "{told}");
    assert_eq!(bench.together(&["school/1", "clinic/1"]), "school/1|clinic/1");
    bench.prepare();
    let asked: Vec<String> = bench.rows("request/keys.csv").into_iter().map(|row| row["record_id"].clone()).collect();
    assert_eq!(asked, ["1"], "the child that stands there now is asked about");
}

#[test]
fn results_that_were_made_beside_the_project_can_be_added() {
    let bench = Bench::project(&ADOPTED);
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    let keys = bench.rows("request/keys.csv");
    let key = keys.iter().find(|key| key["record_id"] == "old").expect("asked about");
    let mut fields = [""; 34];
    (fields[0], fields[25], fields[26]) = (&key["reference"], "91", "0000000000");
    fs::write(bench.path("response.csv"), fields.join(",") + "\n").expect("written");
    bench.ok(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
    let added = bench.told(&["project", "add", "p.childlink", "--traced", "traced/traced.csv"]);
    assert_eq!(added["traced_results_new"], 3);
    assert_eq!(
        bench.told(&["project", "add", "p.childlink", "--traced", "traced/traced.csv"])["traced_results_new"],
        0
    );
    bench.run_project();
    assert_eq!(bench.together(&RECORDS), "births/old|practice/new school/new|school/stale");
}
