//! What results must not show, and what must not stay in a folder: whereabouts of sensitive children in every table,
//! patients' fields in errors, tables of an earlier run beside those of a later one.

mod bench;

use bench::Bench;
use serde_json::Value;

const HEADER: &str = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,postcode,address_1,gp_practice,sensitive,phone\n";
/// Numbers that pass Modulus 11 (NHS Data Model and Dictionary).
const FLAGGED: &str = "north,1,4010232137,Amara,Okafor,F,2020-03-04,N4 2AB,7 Blue Street,A81001,yes,02079460001\n";
const OTHER: &str = "south,2,9434765919,Amara,Okafor,F,2020-03-04,N4 2AB,7 Blue Street,A81001,,02079460002\n";
const KEYS: &str = "source_l,record_id_l,source_r,record_id_r";

impl Bench {
    /// A flagged record, another that may be the same child, and others of other names.
    fn with_records(more: &str) -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        let letter = |n: u8| char::from(b'a' + n);
        let other = |n: u8| {
            let (a, b) = (n / 8, n % 8);
            let name = format!("{}{}{}", letter(a), letter(b), letter((a + b) % 26));
            format!("west,{name},,B{name},R{name},F,20{:02}-0{}-1{b},,{n} {name} Street,,,\n", a + 1, b + 1)
        };
        let others: String = (0..200).map(other).collect();
        bench.write("records.csv", format!("{HEADER}{FLAGGED}{OTHER}{others}{more}"));
        bench
    }

    fn link(&self, more: &[&str]) {
        self.ok(&[&["link", "records.csv", "--model", "model.json", "--out", "linked"], more].concat());
    }
}

/// Nobody knows what stands in a column of another name.
#[test]
fn columns_handed_on_are_withheld_of_a_sensitive_child() {
    let bench = Bench::with_records("");
    bench.link(&["--keep", "phone"]);
    let review = bench.rows("linked/review.csv");
    assert_eq!(review.len(), 1, "two valid numbers: a person decides");
    assert_eq!((review[0]["phone_l"].as_str(), review[0]["phone_r"].as_str()), ("(withheld)", "(withheld)"));
    assert!(!bench.text("linked/review.csv").contains("0207946"));
}

/// A row that cannot be used is set aside with its text, unless it says itself that the child is sensitive.
#[test]
fn rows_set_aside_are_withheld_where_they_say_that_the_child_is_sensitive() {
    let rows = [
        // No record id; flagged.
        "north,,,Bo,Lee,M,2021-01-05,N7 8AA,1 Red Lane,,S,\n",
        // A comma too many, and the postcode that stands for a withheld one.
        "north,3,,Cy,Ray,M,2021-01-05,zzzsecur,2 Red Lane,,,,\n",
        // A comma too many, and nothing else.
        "north,4,,Di,Poe,F,2021-01-05,N7 8AA,3 Red Lane,,,,\n",
    ];
    let bench = Bench::with_records(&rows.concat());
    bench.link(&[]);
    let raw: Vec<String> = bench.rows("linked/quarantine.csv").iter().map(|row| row["raw"].clone()).collect();
    assert_eq!(raw, ["(withheld)", "(withheld)", rows[2].trim_end()]);
}

#[test]
fn errors_of_a_linkage_are_listed_without_a_sensitive_childs_whereabouts() {
    let bench = Bench::with_records("");
    bench.link(&[]);
    bench.write("truth.csv", "source,record_id,person_id\nnorth,1,p\nsouth,2,p\n");
    bench.ok(&["evaluate", "linked", "--truth", "truth.csv", "--errors", "errors.csv", "--waterfalls"]);
    let errors = bench.rows("errors.csv");
    assert_eq!(errors.len(), 1);
    let waterfall: Value = serde_json::from_str(&errors[0]["waterfall"]).expect("JSON");
    let bars = waterfall["bars"].as_array().expect("bars");
    let withheld: Vec<&Value> = bars.iter().filter(|bar| bar["level"] == "withheld").collect();
    assert!(!withheld.is_empty() && withheld.len() < bars.len(), "{waterfall}");
    assert!(withheld.iter().all(|bar| bar["weight"] == 0.0));
}

/// A file without a header: its first line is a child.
#[test]
fn no_reader_quotes_a_first_line_that_may_be_a_child() {
    let bench = Bench::with_records("");
    bench.link(&[]);
    let line = "north,1,4010232137,Amara,Okafor,F,2020-03-04,N4 2AB,7 Blue Street,A81001,yes,02079460001\n";
    bench.write("bare.csv", format!("{line}{line}"));
    bench.write(
        "splink.json",
        r#"{"link_type": "dedupe_only", "unique_id_column_name": "unique_id", "sql_dialect": "duckdb",
            "blocking_rules_to_generate_predictions": ["l.surname = r.surname"], "comparisons": [
            {"output_column_name": "surname", "comparison_levels": [
                {"sql_condition": "\"surname_l\" IS NULL OR \"surname_r\" IS NULL", "is_null_level": true},
                {"sql_condition": "\"surname_l\" = \"surname_r\"", "m_probability": 0.9, "u_probability": 0.1},
                {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9}]}]}"#,
    );
    let all: [&[&str]; 7] = [
        &["link", "bare.csv", "--out", "x"],
        &["check", "bare.csv"],
        &["evaluate", "linked", "--truth", "bare.csv"],
        &["link", "bare.csv", "--splink-model", "splink.json", "--out", "x"],
        &["score", "bare.csv", "--splink-model", "splink.json", "--out", "x.csv"],
        &["due-list", "records.csv", "--doses", "bare.csv", "--as-at", "2026-03-02", "--out", "x"],
        &["link", "records.csv", "--decisions", "bare.csv", "--out", "x"],
    ];
    for arguments in all {
        let told = bench.refused(arguments);
        for value in ["Okafor", "Amara", "4010232137", "2020-03-04", "Blue Street", "N4 2AB"] {
            assert!(!told.contains(value), "{arguments:?} tells a field");
        }
    }
}

/// The weight of a pair is the model's, whoever decided it and whatever brought it up.
#[test]
fn a_decided_pair_has_the_weight_that_the_model_gives_it() {
    let bench = Bench::with_records("");
    let row = |one: &str, other: &str, verdict: &str| format!("west,{one},west,{other},{verdict},jk,2026-01-02\n");
    let decided = [row("aaa", "abb", "unsure"), row("acc", "add", "same")].concat();
    bench.write("decided.csv", format!("{KEYS},decision,reader,decided_at\n{decided}"));
    bench.link(&["--decisions", "decided.csv"]);
    let weight = |text: &str| text.parse::<f64>().expect("a weight");
    let review = bench.rows("linked/review.csv");
    let unsure = review.iter().find(|row| row["record_id_l"] == "aaa").expect("in review");
    let waterfall: Value = serde_json::from_str(&unsure["waterfall"]).expect("JSON");
    assert_eq!(waterfall["match_weight"].as_f64(), Some(weight(&unsure["match_weight"])));
    let links = bench.rows("linked/links.csv");
    let same = links.iter().find(|row| row["record_id_l"] == "acc").expect("linked");
    assert_eq!((same["decision"].as_str(), same["guards"].as_str()), ("link", "decided"));
    let told = bench.ok(&["explain", "linked", "west/acc", "west/add", "--json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["waterfall"]["match_weight"].as_f64(), Some(weight(&same["match_weight"])));
    assert!(weight(&same["match_weight"]) < -3.5, "strangers: {}", same["match_weight"]);
}

#[test]
fn records_that_are_one_child_through_a_third_are_not_called_distinct() {
    let bench = Bench::with_records("");
    let row = |one: &str, other: &str| format!("west,{one},west,{other},same,jk,2026-01-02\n");
    let decided = [row("aaa", "abb"), row("abb", "acc")].concat();
    bench.write("decided.csv", format!("{KEYS},decision,reader,decided_at\n{decided}"));
    bench.link(&["--decisions", "decided.csv"]);
    let decision = |other: &str| {
        let told = bench.ok(&["explain", "linked", "west/aaa", other, "--json"]);
        serde_json::from_str::<Value>(&told).expect("JSON")["decision"].clone()
    };
    assert_eq!(decision("west/abb"), "link");
    assert_eq!(decision("west/acc"), "one child, through other records");
    assert_eq!(decision("west/add"), "distinct");
}

/// Tables of a run of another kind, with other lists or of another form would contradict those of the last run.
#[test]
fn no_table_of_an_earlier_run_stays_beside_a_later_one() {
    let bench = Bench::with_records("");
    bench.link(&[]);
    bench.ok(&[
        "link",
        "records.csv",
        "--model",
        "model.json",
        "--previous",
        "linked",
        "--out",
        "again",
        "--format",
        "ndjson",
    ]);
    assert!(bench.path("again/changes.ndjson").is_file());
    bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "again"]);
    assert!(bench.path("again/restricted.csv").is_file());
    let names = |folder: &str| {
        let entries = std::fs::read_dir(bench.path(folder)).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("again"), names("linked"));
    // The reference's rows are records of their own.
    bench.write("reference.csv", bench.text("records.csv").trim_end().replace('\n', "\nregister-"));
    bench.ok(&["link", "records.csv", "--policy", "mps", "--reference", "reference.csv", "--out", "linked"]);
    assert!(bench.path("linked/traces.csv").is_file());
    bench.link(&[]);
    assert_eq!(names("again"), names("linked"));
}
