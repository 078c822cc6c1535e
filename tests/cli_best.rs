//! `childlink best` on whole files: which value stands in the best record and why, what is kept beside it, and what is
//! told of nobody.

mod bench;

use bench::{Bench, Row};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const HEADER: &str = "source,record_id,nhs_number,nhs_number_status,given_name,family_name,previous_family_name,sex,birth_date,death_date,address_1,postcode,previous_postcode,gp_practice,sensitive,updated_at";

impl Bench {
    /// A run in which all these records are one child, by a person's decision and by number.
    fn linked(records: &[&str]) -> Bench {
        let bench = Bench::empty();
        fs::write(bench.path("records.csv"), format!("{HEADER}\n{}\n", records.join("\n"))).expect("written");
        bench.write_trained_model("model.json");
        let mut decided = String::from("source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n");
        let keys: Vec<Vec<&str>> = records.iter().map(|row| row.split(',').take(2).collect()).collect();
        for pair in keys.windows(2) {
            decided += &format!("{},{},{},{},same,jk,2026-11-30\n", pair[0][0], pair[0][1], pair[1][0], pair[1][1]);
        }
        fs::write(bench.path("decided.csv"), decided).expect("written");
        bench.ok(&["link", "records.csv", "--model", "model.json", "--decisions", "decided.csv", "--out", "linked"]);
        bench
    }

    /// The best record of the one child, and by which rule and from which source each part came.
    fn best(&self, more: &[&str]) -> (Row, BTreeMap<String, (String, String)>) {
        self.ok(&[&["best", "linked", "--out", "best"], more].concat());
        let mut best = self.rows("best/best.csv");
        assert_eq!(best.len(), 1, "one child");
        let origins = self.rows("best/origins.csv");
        let origin = |row: &Row| (row["fields"].clone(), (row["rule"].clone(), row["source"].clone()));
        (best.remove(0), origins.iter().map(origin).collect())
    }
}

/// A child of three sources that moved, was given a name, and whose number one source has verified.
const MOVER: [&str; 3] = [
    "births,1,9434765919,02,Baby,Okafor,,F,2020-03-04,,1 Old Road,N4 2AB,,A81001,,2020-03-05",
    "east,7,9434765919,01,Amara,Okafor-Jones,,F,2020-03-04,,1 Old Road,N4 2AB,,A81001,,2021-06-01",
    "west,9,9434765919,02,Amara Rose,Jones,Okafor,F,2020-03-04,,9 New Street,LS1 4AP,N4 2AB,B82005,,2025-02-01",
];

#[test]
fn every_part_has_its_rule_and_its_source_and_what_else_was_told_is_listed() {
    let bench = Bench::linked(&MOVER);
    let (best, origins) = bench.best(&[]);
    for (column, value) in [
        ("nhs_number", "9434765919"),
        ("nhs_number_status", "01"),
        ("given_name", "Amara Rose"),
        ("family_name", "Jones"),
        ("birth_date", "2020-03-04"),
        ("sex", "2"),
        ("sources", "births|east|west"),
        ("records", "3"),
    ] {
        assert_eq!(best[column], value, "{column}");
    }
    let of = |part: &str| (origins[part].0.as_str(), origins[part].1.as_str());
    assert_eq!(of("nhs-number"), ("national", "east"), "a verified number comes first");
    assert_eq!(of("name"), ("latest", "west"), "of two names the newer");
    assert_eq!(of("birth"), ("only", "west"), "all agree");
    let conflicts = bench.rows("best/conflicts.csv");
    let told: Vec<(&str, &str, &str)> = conflicts
        .iter()
        .map(|row| (row["column"].as_str(), row["other"].as_str(), row["source"].as_str()))
        .filter(|(column, ..)| column.ends_with("_name"))
        .collect();
    assert_eq!(
        told,
        [("family_name", "Okafor", "births"), ("given_name", "Amara", "east"), ("family_name", "Okafor-Jones", "east")]
    );
    assert_eq!(best["conflicts"], "nhs-number|name|address|practice");
}

#[test]
fn a_movers_record_follows_the_child_and_the_history_keeps_where_it_was() {
    let bench = Bench::linked(&MOVER);
    let (best, origins) = bench.best(&[]);
    let place = ["address_1", "postcode", "gp_practice"].map(|column| best[column].as_str());
    assert_eq!(place, ["9 New Street", "LS1 4AP", "B82005"]);
    assert_eq!(origins["address"], ("latest".to_owned(), "west".to_owned()));
    let history: Vec<(String, String, String)> = bench
        .rows("best/history.csv")
        .into_iter()
        .map(|row| (row["kind"].clone(), row["value"].clone(), row["updated_at"].clone()))
        .collect();
    let told = |kind: &str| -> Vec<(&str, &str)> {
        history.iter().filter(|(k, ..)| k == kind).map(|(_, value, at)| (value.as_str(), at.as_str())).collect()
    };
    assert_eq!(
        told("address"),
        [("1 Old Road, N4 2AB", "2021-06-01"), ("9 New Street, LS1 4AP", "2025-02-01")],
        "each once, by who told it last, in order of time"
    );
    assert_eq!(told("practice"), [("A81001", "2021-06-01"), ("B82005", "2025-02-01")]);
    // "Baby" is no name.
    assert_eq!(
        told("name"),
        [("Okafor", "2020-03-05"), ("Amara Okafor-Jones", "2021-06-01"), ("Amara Rose Jones", "2025-02-01")]
    );
    assert_eq!((told("family-name"), told("postcode")), (vec![("Okafor", "")], vec![("N4 2AB", "")]));
}

#[test]
fn without_dates_a_move_is_known_by_the_former_postcode() {
    let undated: Vec<String> =
        MOVER.iter().map(|row| row.rsplit_once(',').expect("a last field").0.to_owned() + ",").collect();
    let bench = Bench::linked(&undated.iter().map(String::as_str).collect::<Vec<_>>());
    let (best, origins) = bench.best(&[]);
    assert_eq!(best["postcode"], "LS1 4AP");
    // Fewest fields of the address differ; what settles it is that N4 2AB is told as the former postcode.
    assert_eq!(origins["address"].0, "moved");
}

#[test]
fn an_address_is_never_made_of_two() {
    let bench = Bench::linked(&[
        "east,7,9434765919,01,Amara,Jones,,F,2020-03-04,,1 Old Road,N4 2AB,,,,2021-06-01",
        "west,9,9434765919,01,Amara,Jones,,F,2020-03-04,,,LS1 4AP,,,,2025-02-01",
    ]);
    let (best, origins) = bench.best(&[]);
    let place = (best["address_1"].as_str(), best["postcode"].as_str());
    assert!(place == ("1 Old Road", "N4 2AB") || place == ("", "LS1 4AP"), "{place:?}");
    assert_eq!(origins["address"].1, if place.1 == "N4 2AB" { "east" } else { "west" });
}

#[test]
fn a_sensitive_child_has_no_whereabouts_in_any_list() {
    let mut records = MOVER.map(str::to_owned);
    // One source flags the child; the others do not know.
    records[0] = records[0].replace("A81001,,2020-03-05", "A81001,yes,2020-03-05");
    let bench = Bench::linked(&records.iter().map(String::as_str).collect::<Vec<_>>());
    let (best, _) = bench.best(&[]);
    assert_eq!(best["sensitive"], "true");
    for column in ["address_1", "postcode", "gp_practice"] {
        assert_eq!(best[column], "(withheld)", "{column}");
    }
    for name in ["best", "origins", "conflicts", "history"] {
        let text = bench.text(&format!("best/{name}.csv"));
        for place in ["Old Road", "New Street", "N4 2AB", "LS1 4AP", "A81001", "B82005"] {
            assert!(!text.contains(place), "{name} tells {place}");
        }
    }
    assert_eq!(best["family_name"], "Jones", "names are not whereabouts");
}

#[test]
fn deaths_hold_until_they_are_withdrawn_and_doubt_is_told() {
    let with_death = |updated: &str| {
        [
            format!("east,7,9434765919,01,Amara,Jones,,F,2020-03-04,2024-05-06,,,,,,{updated}"),
            "west,9,9434765919,01,Amara,Jones,,F,2020-03-04,,,,,,,2024-06-01".to_owned(),
        ]
    };
    let linked = |updated| {
        let records = with_death(updated);
        Bench::linked(&records.iter().map(String::as_str).collect::<Vec<_>>())
    };
    // A record that does not tell of it may simply not know.
    let bench = linked("2024-07-01");
    let (best, _) = bench.best(&[]);
    assert_eq!((best["death_date"].as_str(), best["death"].as_str()), ("2024-05-06", "told"));
    // A newer record of another source does not tell of it: it holds, and is to be looked at.
    let bench = linked("2024-05-07");
    let (best, _) = bench.best(&[]);
    assert_eq!((best["death_date"].as_str(), best["death"].as_str()), ("2024-05-06", "in-doubt"));
    let strict = bench.run(&["best", "linked", "--out", "best", "--strict"]);
    assert_eq!(strict.status.code(), Some(1), "doubt is a finding");
    // Withdrawn: the child lives, and the history says what was withdrawn.
    fs::write(bench.path("withdrawn.csv"), "source,record_id\neast,7\nnorth,1\n").expect("written");
    let (best, _) = bench.best(&["--withdrawn-deaths", "withdrawn.csv"]);
    assert_eq!((best["death_date"].as_str(), best["death"].as_str()), ("", "withdrawn"));
    assert!(bench.text("best/history.csv").contains("death-withdrawn,2024-05-06"));
    let told: Value = serde_json::from_str(&bench.ok(&[
        "best",
        "linked",
        "--out",
        "best",
        "--withdrawn-deaths",
        "withdrawn.csv",
        "--json",
    ]))
    .expect("one JSON object");
    assert_eq!((&told["deaths"]["withdrawn"], &told["unknown_withdrawals"]), (&1.into(), &1.into()));
}

#[test]
fn rules_are_a_file_and_a_wrong_one_is_refused() {
    let bench = Bench::linked(&MOVER);
    bench.best(&[]);
    let rules = bench.text("best/rules.toml");
    let trusted = rules.replace("sources = []", "sources = [\"east\"]");
    fs::write(bench.path("own.toml"), trusted).expect("written");
    let (best, origins) = bench.best(&["--rules", "own.toml"]);
    assert_eq!(best["given_name"], "Amara");
    assert_eq!(origins["name"], ("listed-source".to_owned(), "east".to_owned()));
    fs::write(bench.path("own.toml"), rules.replace("\"latest\"", "\"loudest\"")).expect("written");
    let refused = bench.run(&["best", "linked", "--rules", "own.toml", "--out", "best"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("best/rules"));
}

#[test]
fn the_tables_do_not_depend_on_order_or_threads_and_changed_inputs_are_refused() {
    let bench = Bench::empty();
    let mut model = childlink::linkage::model::Model::child_health();
    model.provenance.trained_on_records = 1;
    fs::write(bench.path("model.json"), model.to_json()).expect("written");
    bench.ok(&["synth", "--children", "300", "--sources", "4", "--seed", "7", "--out", "population"]);
    let link = ["link", "population/records.csv", "--model", "model.json", "--out", "linked"];
    bench.ok(&link);
    bench.ok(&["best", "linked", "--out", "one", "--threads", "1"]);
    let text = bench.text("population/records.csv");
    let (header, rows) = text.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    fs::write(bench.path("population/records.csv"), format!("{header}\n{}\n", rows.join("\n"))).expect("written");
    bench.ok(&link);
    bench.ok(&["best", "linked", "--out", "two", "--threads", "2"]);
    for name in ["best", "origins", "conflicts", "history"] {
        assert_eq!(bench.text(&format!("one/{name}.csv")), bench.text(&format!("two/{name}.csv")), "{name}");
    }
    let children: std::collections::BTreeSet<String> =
        bench.rows("linked/children.csv").into_iter().map(|row| row["child_id"].clone()).collect();
    assert_eq!(bench.rows("one/best.csv").len(), children.len(), "one best record for every child");
    let more = text.lines().nth(1).expect("a row").replacen(',', ",new", 1);
    fs::write(bench.path("population/records.csv"), format!("{text}{more}\n")).expect("written");
    let refused = bench.run(&["best", "linked", "--out", "three"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("run/inputs-changed"));
}
