//! `childlink link` and its neighbours on whole files: the contract of the result files, that nothing
//! but the records counts, and what must not be shown.

mod bench;

use bench::{Bench, Row};
use childlink::linkage::model::Model;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const TABLES: [&str; 5] = ["children", "links", "review", "restricted", "quarantine"];

impl Bench {
    /// With the built-in numbers said to be trained, so that a test does not wait for training.
    fn with_model() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench
    }

    /// With a small population too.
    fn populated() -> Bench {
        let bench = Bench::with_model();
        bench.ok(&["synth", "--children", "400", "--sources", "4", "--seed", "11", "--out", "population"]);
        fs::rename(bench.path("population/records.csv"), bench.path("records.csv")).expect("records are there");
        bench
    }

    fn link(&self, out: &str, more: &[&str]) -> String {
        self.ok(&[&["link", "records.csv", "--model", "model.json", "--out", out], more].concat())
    }
}

/// A row's fields by name.
fn of<'r>(row: &'r Row, names: &[&str]) -> Vec<&'r str> {
    names.iter().map(|name| row[*name].as_str()).collect()
}

const KEYS: [&str; 4] = ["source_l", "record_id_l", "source_r", "record_id_r"];

#[test]
fn the_result_files_are_those_of_the_contract_and_reconcile() {
    let bench = Bench::populated();
    let printed = bench.link("linked", &[]);
    assert!(
        printed.contains("children found") && printed.contains("Next: decide the pairs in review.csv"),
        "{printed}"
    );
    for (name, header) in [
        ("children", "source,record_id,child_id"),
        ("links", "source_l,record_id_l,source_r,record_id_r,match_weight,match_probability,decision,guards"),
        ("restricted", "source_l,record_id_l,source_r,record_id_r"),
        ("quarantine", "source,row,reason,raw"),
    ] {
        assert_eq!(bench.text(&format!("linked/{name}.csv")).lines().next(), Some(header));
    }
    let summary = bench.json("linked/summary.json");
    let count = |value: &Value| value.as_u64().expect("a count") as usize;
    let children = bench.rows("linked/children.csv");
    assert_eq!(
        count(&summary["rows"]["read"]),
        count(&summary["rows"]["accepted"]) + count(&summary["rows"]["quarantined"])
    );
    assert_eq!(children.len(), count(&summary["rows"]["accepted"]));
    let distinct: BTreeSet<&str> = children.iter().map(|row| row["child_id"].as_str()).collect();
    assert_eq!(distinct.len(), count(&summary["linkage"]["children"]));
    let links = bench.rows("linked/links.csv");
    let review = bench.rows("linked/review.csv");
    assert_eq!(links.len(), count(&summary["linkage"]["links"]) + count(&summary["linkage"]["review"]));
    let for_review: Vec<Vec<&str>> =
        links.iter().filter(|row| row["decision"] == "review").map(|row| of(row, &KEYS)).collect();
    assert!(!for_review.is_empty());
    assert_eq!(for_review, review.iter().map(|row| of(row, &KEYS)).collect::<Vec<_>>());
    let keys: Vec<Vec<&str>> = children.iter().map(|row| of(row, &["source", "record_id"])).collect();
    assert!(keys.is_sorted());
    assert!(links.iter().map(|row| of(row, &KEYS)).is_sorted());
    let waterfall: Value = serde_json::from_str(&review[0]["waterfall"]).expect("the waterfall is JSON");
    let weight: f64 = review[0]["match_weight"].parse().expect("a number");
    assert_eq!(waterfall["match_weight"].as_f64(), Some(weight));
    assert_eq!(summary["linkage"]["model"]["sha256"].as_str().map(str::len), Some(64));
    let report = bench.text("linked/report.html");
    assert!(
        report.contains("<title>Linkage report</title>") && !report.contains("http://"),
        "the page is whole in itself"
    );
    for row in &review {
        for field in ["nhs_number_l", "family_name_l", "postcode_l", "nhs_number_r"] {
            assert!(row[field].len() < 5 || !report.contains(&row[field]), "no value of a record is in the report");
        }
    }
}

#[cfg(unix)]
#[test]
fn result_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::populated();
    bench.link("linked", &[]);
    for file in fs::read_dir(bench.path("linked")).expect("the folder") {
        let file = file.expect("a file");
        assert_eq!(file.metadata().expect("its mode").permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn order_of_rows_and_threads_change_no_byte() {
    let bench = Bench::populated();
    bench.write("records.csv", &(bench.text("records.csv") + "lost row\n,,,,\n"));
    bench.link("one", &["--threads", "1"]);
    let text = bench.text("records.csv");
    let (header, rows) = text.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let middle = rows.len() / 3;
    rows.rotate_left(middle);
    bench.write("records.csv", format!("{header}\n{}\n", rows.join("\n")));
    bench.link("two", &["--threads", "2"]);
    for name in
        ["children.csv", "links.csv", "review.csv", "restricted.csv", "summary.json", "report.html", "model.json"]
    {
        assert_eq!(bench.text(&format!("one/{name}")), bench.text(&format!("two/{name}")), "{name}");
    }
    let without_row = |out: &str| -> Vec<Vec<String>> {
        let rows = bench.rows(&format!("{out}/quarantine.csv"));
        rows.iter().map(|row| of(row, &["source", "reason", "raw"]).into_iter().map(str::to_owned).collect()).collect()
    };
    assert_eq!(without_row("one").len(), 2);
    assert_eq!(without_row("one"), without_row("two"));
}

#[test]
fn training_does_not_depend_on_order_or_threads_either() {
    let bench = Bench::populated();
    let mut model = Model::child_health();
    model.training.random_pairs = 20_000;
    bench.write("model.json", model.to_json());
    bench.ok(&["train", "records.csv", "--model", "model.json", "--out", "one.json", "--threads", "1"]);
    bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "linked", "--threads", "2"]);
    assert_eq!(bench.text("one.json"), bench.text("linked/model.json"));
    assert_ne!(bench.text("one.json"), bench.text("model.json"));
}

#[test]
fn a_label_column_of_few_values_is_refused_before_its_pairs_are_made() {
    let bench = Bench::with_model();
    let row = |n: u32| format!("{n},2019-{:02}-{:02},Family{},F\n", n % 12 + 1, n % 28 + 1, n / 2);
    bench.write(
        "records.csv",
        format!("record_id,birth_date,family_name,ward\n{}", (0..5_000).map(row).collect::<String>()),
    );
    let base = ["train", "records.csv", "--model", "model.json", "--out", "out.json", "--label-column"];
    let error = bench.error(&[&base[..], &["ward"]].concat());
    assert_eq!(error["code"], "train/label-column");
    let message = error["message"].as_str().expect("a message");
    // 5,000 records make 5,000 * 4,999 / 2 pairs.
    assert!(message.contains("has 5000 records") && message.contains("12497500 pairs"), "{message}");
    assert!(!bench.path("out.json").exists());
    bench.ok(&[&base[..], &["family_name"]].concat());
}

#[test]
fn a_quarantined_row_is_kept_as_it_stood() {
    let bench = Bench::with_model();
    let header = "source,record_id,birth_date,family_name\n";
    let mut bytes =
        format!("{header}north,1,2020-01-02,Lee\nshort,row\n\"east\",2,2020-01-02,\"Le\ne\"\n").into_bytes();
    bytes.extend_from_slice(b"north,3,2020-01-02,Zo\xC3\nnorth,,2020-01-02,Zo\xC3\xAB\nnorth,1,2020-01-02,Lee\n");
    fs::write(bench.path("records.csv"), bytes).expect("written");
    bench.link("linked", &[]);
    let rows = bench.rows("linked/quarantine.csv");
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| of(row, &["source", "row", "reason", "raw"])).collect();
    assert_eq!(
        rows,
        [
            ["north", "8", "record/repeated", "north,1,2020-01-02,Lee"],
            ["north", "7", "row/no-record-id", "north,,2020-01-02,Zoë"],
            ["north", "6", "row/undecodable", "north,3,2020-01-02,Zo\\xC3"],
            ["records", "3", "row/field-count", "short,row"],
        ]
        .map(|row| row.to_vec())
    );
    assert_eq!(bench.rows("linked/children.csv").len(), 2);
}

#[test]
fn children_keep_their_serial_and_changes_are_listed() {
    let bench = Bench::populated();
    bench.link("first", &[]);
    let review = &bench.rows("first/review.csv")[0];
    let head = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at,reason\n";
    bench.write("decided.csv", format!("{head}{},same,jk,2026-11-21T10:00,seen\n", of(review, &KEYS).join(",")));
    bench.link("second", &["--previous", "first", "--decisions", "decided.csv"]);
    let serials = |out: &str| -> BTreeMap<(String, String), String> {
        let rows = bench.rows(&format!("{out}/children.csv"));
        rows.into_iter()
            .map(|row| ((row["source"].clone(), row["record_id"].clone()), row["child_id"].clone()))
            .collect()
    };
    let (first, second) = (serials("first"), serials("second"));
    let changed: Vec<_> = first.iter().filter(|(key, child)| second[*key] != **child).collect();
    let listed = bench.rows("second/changes.csv");
    assert!(!changed.is_empty() && changed.len() == listed.len());
    for ((source, record_id), before) in changed {
        let after = &second[&(source.clone(), record_id.clone())];
        let row = [source, record_id, before, after].map(String::as_str);
        assert!(listed.iter().any(|l| of(l, &["source", "record_id", "child_id_before", "child_id"]) == row));
    }
    let [one, other] = [(0, 1), (2, 3)].map(|(s, r)| (review[KEYS[s]].clone(), review[KEYS[r]].clone()));
    assert_ne!(first[&one], first[&other]);
    assert_eq!(second[&one], second[&other]);
}

#[test]
fn a_reader_does_not_undo_what_another_said_nor_join_two_verified_numbers() {
    let bench = Bench::populated();
    let rows = "source,record_id,nhs_number,nhs_number_status,given_name,family_name,birth_date\n\
        a,1,,,Zoe,Okafor,2020-02-29\nb,2,,,Zoey,Okafor,2020-02-29\nc,3,,,Chloe,Okafor,2020-02-29\n\
        d,4,943 476 5919,01,Amara,Lind,2019-03-04\ne,5,401 023 2137,01,Amira,Lynd,2018-07-09\n\
        f,6,943 476 5919,02,Bo,Berg,2017-03-04\ng,7,401 023 2137,01,Ba,Burg,2016-07-09\n";
    bench.write("records.csv", rows);
    let pair = |left: &str, right: &str, says: &str| format!("{left},{right},{says},2026-11-21\n");
    let decided = [
        pair("a,1", "b,2", "same,jk"),
        pair("b,2", "c,3", "same,jk"),
        pair("a,1", "c,3", "different,mo"),
        pair("d,4", "e,5", "same,jk"),
        pair("f,6", "g,7", "same,jk"),
    ];
    let head = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n";
    bench.write("decided.csv", head.to_owned() + &decided.concat());
    let link = ["link", "records.csv", "--model", "model.json", "--decisions", "decided.csv"];
    bench.run(&[&link[..], &["--out", "linked"]].concat());
    let links = bench.rows("linked/links.csv");
    let of_pair = |left: &str, right: &str| {
        let row = links.iter().find(|row| row["record_id_l"] == left && row["record_id_r"] == right);
        row.map(|row| (row["decision"].as_str(), row["guards"].as_str()))
    };
    assert_eq!(of_pair("1", "2"), Some(("link", "decided")));
    assert_eq!(
        of_pair("2", "3"),
        Some(("review", "cluster-conflict|decided|children-apart")),
        "it would join what MO told apart"
    );
    assert_eq!(
        of_pair("4", "5"),
        Some(("review", "cluster-conflict|decided|children-nhs-numbers")),
        "two verified numbers"
    );
    assert_eq!(of_pair("6", "7"), Some(("link", "decided")), "one of the numbers is not verified");
    // What joins two verified numbers is the national service's word that one has ceased.
    bench.write("superseded.csv", "old_nhs_number,nhs_number\n9434765919,4010232137\n");
    bench.run(&[&link[..], &["--superseded", "superseded.csv", "--out", "again"]].concat());
    let rows = bench.rows("again/children.csv");
    let child = |id: &str| rows.iter().find(|row| row["record_id"] == id).map(|row| row["child_id"].clone());
    assert_eq!(child("4"), child("5"));
}

#[test]
fn tables_are_written_as_parquet_and_read_from_it() {
    let bench = Bench::populated();
    bench.link("linked", &[]);
    let csv = bench.text("linked/children.csv");
    bench.link("linked", &["--format", "parquet"]);
    for name in TABLES {
        assert!(bench.path(&format!("linked/{name}.parquet")).is_file());
        assert!(
            !bench.path(&format!("linked/{name}.csv")).exists(),
            "an earlier table does not stay beside the new one"
        );
    }
    // The Parquet table serves as an earlier run, by which every child keeps its serial.
    bench.link("again", &["--previous", "linked"]);
    assert_eq!(bench.text("again/children.csv"), csv);
    assert_eq!(bench.rows("again/changes.csv").len(), 0);
}

/// Two records that agree but for the NHS number, one of them flagged, among children of other names,
/// so that their agreement is rare.
fn doubtful_pair() -> String {
    let letter = |n: u8| char::from(b'a' + n);
    let others = (0..25).flat_map(|a| (0..8).map(move |b| (a, b)));
    let other = |(a, b): (u8, u8)| {
        let name = format!("{}{}{}", letter(a), letter(b), letter((a + b) % 26));
        format!("west,{name},,B{name},R{name},F,20{:02}-0{}-1{b},N{a} {b}AA,{a}{b} {name} Street,,\n", a + 1, b + 1)
    };
    PAIR.to_owned() + &others.map(other).collect::<String>()
}

const PAIR: &str = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,postcode,address_1,sensitive,ward\n\
    north,1,4010232137,Amara,Okafor,F,2020-03-04,N4 2AB,7 Blue Street,yes,upper\n\
    south,2,9434765919,Amara,Okafor,F,2020-03-04,N4 2AB,7 Blue Street,,lower\n";

#[test]
fn the_whereabouts_of_a_sensitive_child_are_withheld() {
    let bench = Bench::with_model();
    bench.write("records.csv", doubtful_pair());
    bench.link("linked", &["--keep", "ward"]);
    let review = bench.rows("linked/review.csv");
    assert_eq!(review.len(), 1, "two valid numbers: a person decides");
    assert!(review[0]["guards"].contains("nhs-number-conflict"));
    for side in ["l", "r"] {
        for field in ["postcode", "address_1"] {
            assert_eq!(review[0][&format!("{field}_{side}")], "(withheld)");
        }
        assert_eq!(review[0][&format!("family_name_{side}")], "Okafor");
    }
    assert_eq!(of(&review[0], &["ward_l", "ward_r"]), ["(withheld)", "(withheld)"]);
    // The flagged record once more is set aside without its text, too.
    let again = PAIR.lines().nth(1).expect("the flagged record");
    bench.write("records.csv", format!("{}{again}\n", doubtful_pair()));
    bench.link("linked", &["--with-values"]);
    assert_eq!(of(&bench.rows("linked/quarantine.csv")[0], &["source", "raw"]), ["north", "(withheld)"]);
    let report = bench.text("linked/report.html");
    assert!(report.contains("Okafor") && report.contains("(withheld)") && !report.contains("Blue Street"));
    let explained = bench.ok(&["explain", "linked", "south/2", "north/1"]);
    assert!(explained.contains("nhs-number-conflict") && explained.contains("match weight"), "{explained}");
    assert!(explained.contains("(withheld)") && !explained.contains("Blue Street") && !explained.contains("N4 2AB"));
    let explained: Value =
        serde_json::from_str(&bench.ok(&["explain", "linked", "north/1", "south/2", "--json"])).unwrap();
    assert_eq!((&explained["decision"], &explained["left"]["source"]), (&"review".into(), &"north".into()));
}

#[test]
fn a_barred_pair_is_nowhere() {
    let bench = Bench::with_model();
    bench.write("records.csv", doubtful_pair());
    bench.write("pairs.csv", "source_l,record_id_l,source_r,record_id_r\nsouth,2,,401 023 2137\n");
    bench.ok(&["bar", "pairs.csv", "--list", "barred.csv"]);
    let list = bench.text("barred.csv");
    assert!(!list.contains("4010232137") && !list.contains("south"), "{list}");
    let printed = bench.ok(&["bar", "pairs.csv", "--list", "barred.csv", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["added"], 0, "once is enough");
    bench.link("open", &[]);
    assert_eq!(bench.rows("open/review.csv").len(), 1, "without the list a person decides");
    bench.link("linked", &["--barred", "barred.csv"]);
    for name in ["links", "review", "restricted"] {
        assert_eq!(bench.rows(&format!("linked/{name}.csv")).len(), 0, "{name}");
    }
    let refused = bench.run(&["explain", "linked", "north/1", "south/2"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    assert!(!String::from_utf8_lossy(&refused.stderr).contains("barred"));
    assert_eq!(
        bench.run(&["link", "records.csv", "--barred", "pairs.csv", "--out", "x"]).status.code(),
        Some(2),
        "no key"
    );
}

#[test]
fn superseded_numbers_stand_for_their_successor() {
    let bench = Bench::with_model();
    bench.write("records.csv", doubtful_pair().replace("yes", ""));
    bench.write("superseded.csv", "old_nhs_number,nhs_number\n4010232137,9434765919\n");
    bench.link("linked", &["--superseded", "superseded.csv"]);
    let children = bench.rows("linked/children.csv");
    assert_eq!(children[0]["child_id"], children[1]["child_id"]);
}

#[test]
fn sources_are_named_by_option_and_by_file() {
    let bench = Bench::with_model();
    let rows = "record_id,birth_date,family_name\n1,2020-01-02,Lee\n";
    bench.write("a.csv", rows);
    bench.write("b.csv", rows.replace("record_id", "Local Ref"));
    bench.write("columns.toml", "[columns]\nrecord_id = [\"local ref\", \"record_id\"]\n");
    let out = ["--out", "linked", "--model", "model.json"];
    bench.ok(&[&["link", "--source", "east=b.csv", "a.csv", "--columns", "columns.toml"], &out[..]].concat());
    let sources: Vec<String> = bench.rows("linked/children.csv").iter().map(|row| row["source"].clone()).collect();
    assert_eq!(sources, ["a", "east"]);
    let refused = bench.run(&["link", "--source", "b.csv", "--out", "x"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn blocking_rules_are_shown_with_what_they_find() {
    let bench = Bench::populated();
    let found: Value =
        serde_json::from_str(&bench.ok(&["blocking", "records.csv", "--truth", "population/truth.csv", "--json"]))
            .expect("one JSON object");
    let recall = found["recall"].as_f64().expect("a share");
    assert!(recall > 0.9 && recall <= 1.0, "{recall}");
    let added: u64 =
        found["rules"].as_array().expect("rules").iter().filter_map(|rule| rule["new_pairs"].as_u64()).sum();
    assert_eq!(found["pairs"], added);
    assert!(bench.ok(&["blocking", "records.csv"]).contains("probable matches"));
}

#[test]
fn no_temporary_file_is_left() {
    let bench = Bench::populated();
    bench.link("linked", &[]);
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let left =
        fs::read_dir(bench.path("linked")).expect("the folder").filter(|f| hidden(&f.as_ref().expect("a file").path()));
    assert_eq!(left.count(), 0);
}
