//! General record linkage on the command line: any columns, by a Splink model. What Splink itself answered is
//! in tests/data/splink.

mod bench;

use bench::{Bench, Row};
use childlink::linkage::model::{BlockingRule, Model};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in ["model.json", "people.csv", "predictions.csv"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/splink").join(name);
            fs::copy(from, folder.path().join(name)).expect("Splink's answers are there");
        }
        Bench { folder }
    }

    fn link(&self, input: &str, out: &str, more: &[&str]) {
        self.ok(&[&["link", input, "--splink-model", "model.json", "--out", out], more].concat());
    }

    /// The pairs of Splink's predictions from a weight on: ids and weight.
    fn predicted(&self, least: f64) -> Vec<(String, String, f64)> {
        let weight = |row: &Row| row["match_weight"].parse::<f64>().expect("a weight");
        let rows = self.rows("predictions.csv");
        rows.iter()
            .filter(|row| weight(row) >= least)
            .map(|row| (row["unique_id_l"].clone(), row["unique_id_r"].clone(), weight(row)))
            .collect()
    }

    /// The records of each group, as sets.
    fn groups(&self, name: &str) -> BTreeSet<BTreeSet<String>> {
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in self.rows(name) {
            groups.entry(row["child_id"].clone()).or_default().insert(row["record_id"].clone());
        }
        groups.into_values().collect()
    }
}

/// What joining pairs gives, found the slow way.
fn joined(records: impl Iterator<Item = String>, pairs: &[(String, String, f64)]) -> BTreeSet<BTreeSet<String>> {
    let mut groups: Vec<BTreeSet<String>> = records.map(|record| BTreeSet::from([record])).collect();
    for (left, right, _) in pairs {
        let (both, mut rest): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.contains(left) || group.contains(right));
        rest.push(both.into_iter().flatten().collect());
        groups = rest;
    }
    groups.into_iter().collect()
}

#[test]
fn links_and_groups_are_those_of_splink_at_the_threshold() {
    let bench = Bench::new();
    bench.link("people.csv", "linked", &["--link-threshold", "4", "--review-threshold", "-2"]);
    let wanted = bench.predicted(-2.0);
    let links = bench.rows("linked/links.csv");
    assert_eq!(links.len(), wanted.len());
    let found: BTreeMap<(&str, &str), &Row> =
        links.iter().map(|row| ((row["record_id_l"].as_str(), row["record_id_r"].as_str()), row)).collect();
    for (left, right, weight) in &wanted {
        let row = found[&(left.as_str(), right.as_str())];
        assert!((row["match_weight"].parse::<f64>().unwrap() - weight).abs() < 1e-9);
        assert_eq!(row["decision"], if *weight >= 4.0 { "link" } else { "review" });
        assert_eq!(row["source_l"], "people");
    }
    let records = bench.rows("people.csv").into_iter().map(|row| row["unique_id"].clone());
    assert_eq!(bench.groups("linked/children.csv"), joined(records, &bench.predicted(4.0)));

    let summary = bench.json("linked/summary.json");
    assert_eq!(summary["rows"], serde_json::json!({"read": 240, "accepted": 240, "quarantined": 0}));
    assert_eq!(summary["linkage"]["candidate_pairs"], bench.rows("predictions.csv").len());
    assert_eq!(summary["linkage"]["links"], bench.predicted(4.0).len());
    let review = bench.rows("linked/review.csv");
    assert_eq!(review.len(), wanted.len() - bench.predicted(4.0).len());
    for row in &review {
        let waterfall: Value = serde_json::from_str(&row["waterfall"]).expect("a waterfall");
        let bars = waterfall["bars"].as_array().expect("bars");
        let sum = bars.iter().fold(waterfall["prior"].as_f64().unwrap(), |sum, bar| {
            sum + bar["weight"].as_f64().unwrap() + bar["term_frequency"].as_f64().unwrap()
        });
        assert!((sum - row["match_weight"].parse::<f64>().unwrap()).abs() < 1e-9);
        assert!(row.contains_key("surname_l") && row.contains_key("email_r"));
    }
}

#[test]
fn only_the_records_count_for_the_result() {
    let bench = Bench::new();
    bench.link("people.csv", "one", &[]);
    let text = bench.text("people.csv");
    let (header, body) = text.split_once('\n').unwrap();
    let backwards: Vec<&str> = body.lines().rev().collect();
    fs::create_dir(bench.path("other")).unwrap();
    bench.write("other/people.csv", format!("{header}\n{}\n", backwards.join("\n")).replace(',', "|"));
    bench.link("other/people.csv", "two", &["--threads", "1"]);
    for name in ["children.csv", "links.csv", "review.csv", "quarantine.csv", "summary.json", "model.json"] {
        assert_eq!(bench.text(&format!("one/{name}")), bench.text(&format!("two/{name}")), "{name}");
    }
}

#[test]
fn rows_that_cannot_be_used_are_set_aside_and_counted() {
    let bench = Bench::new();
    bench.write("broken.csv", bench.text("people.csv") + "9001,too,few\n9002,Zo\u{0}e,a,b,c,d\n");
    bench.ok(&["link", "broken.csv", "--splink-model", "model.json", "--out", "linked"]);
    let aside = bench.rows("linked/quarantine.csv");
    assert_eq!(aside.len(), 1);
    assert_eq!((aside[0]["reason"].as_str(), aside[0]["raw"].as_str()), ("row/field-count", "9001,too,few"));
    assert_eq!(aside[0]["row"], "242");
    let rows = &bench.json("linked/summary.json")["rows"];
    assert_eq!(*rows, serde_json::json!({"read": 242, "accepted": 241, "quarantined": 1}));
    let strict = bench.run(&["link", "broken.csv", "--splink-model", "model.json", "--out", "linked", "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn records_of_several_datasets_are_only_linked_across_when_the_model_says_so() {
    let bench = Bench::new();
    let model = bench.text("model.json").replace("dedupe_only", "link_only");
    bench.write("model.json", model);
    let text = bench.text("people.csv");
    let lines: Vec<&str> = text.lines().collect();
    let part = |odd: usize| {
        let own = lines[1..].iter().enumerate().filter(|(n, _)| n % 2 == odd).map(|(_, line)| *line);
        std::iter::once(lines[0]).chain(own).collect::<Vec<_>>().join("\n")
    };
    bench.write("a.csv", part(0));
    bench.write("b.csv", part(1));
    let run = |out: &str, more: &[&str]| {
        let fixed = ["link", "--splink-model", "model.json", "--source", "north=a.csv", "--source", "south=b.csv"];
        bench.ok(&[&fixed[..], &["--out", out], more].concat());
    };
    run("linked", &[]);
    let links = bench.rows("linked/links.csv");
    assert!(!links.is_empty());
    assert!(links.iter().all(|row| row["source_l"] == "north" && row["source_r"] == "south"));
    // The same files later: every group keeps its serial, and nothing has changed.
    run("again", &["--previous", "linked"]);
    assert_eq!(bench.text("linked/children.csv"), bench.text("again/children.csv"));
    assert!(bench.rows("again/changes.csv").is_empty());
    // A stricter threshold takes groups apart; the records that leave are listed.
    run("strict", &["--previous", "linked", "--link-threshold", "30"]);
    let serial = |name: &str| -> BTreeMap<(String, String), String> {
        let key = |row: Row| ((row["source"].clone(), row["record_id"].clone()), row["child_id"].clone());
        bench.rows(name).into_iter().map(key).collect()
    };
    let (before, after) = (serial("linked/children.csv"), serial("strict/children.csv"));
    let changed = before.iter().filter(|(key, group)| after[*key] != **group).count();
    assert!(changed > 0);
    assert_eq!(bench.rows("strict/changes.csv").len(), changed);
}

#[test]
fn results_of_any_format_tell_the_same_and_options_that_cannot_apply_are_refused() {
    let bench = Bench::new();
    bench.link("people.csv", "linked", &["--format", "parquet"]);
    assert!(bench.path("linked/links.parquet").is_file() && !bench.path("linked/links.csv").exists());
    let link = ["link", "people.csv", "--splink-model", "model.json", "--out", "x"];
    for other in [&["--link-only"][..], &["--frequencies", "national"], &["--traced", "traced.csv"]] {
        let told = bench.refused(&[&link[..], other].concat());
        assert!(told.contains("cannot be used with"), "{told}");
    }
    let swapped = ["--link-threshold", "1", "--review-threshold", "2"];
    let told =
        bench.refused(&[&["link", "people.csv", "--splink-model", "model.json", "--out", "x"][..], &swapped].concat());
    assert!(told.contains("splink/thresholds"), "{told}");
    assert!(bench.refused(&["link", "people.csv", "--out", "x", "--link-threshold", "1"]).contains("--splink-model"));
}

#[test]
fn a_function_that_no_published_test_proves_is_told_and_refused_under_strict() {
    let bench = Bench::new();
    let level = |sql: &str| serde_json::json!({"sql_condition": sql, "label_for_charts": sql, "m_probability": 0.5, "u_probability": 0.1});
    let model = serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "spark", "probability_two_random_records_match": 0.01,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.dob = r.dob"}],
        "comparisons": [{"output_column_name": "surname", "comparison_levels": [
            level("jaro_winkler(`surname_l`, `surname_r`) > 0.88"), level("ELSE")]}],
    });
    bench.write("spark.json", model.to_string());
    assert!(bench.ok(&["model", "import", "spark.json"]).contains("splink/unverified-function"));
    for command in [
        &["model", "import", "spark.json", "--strict"][..],
        &["link", "people.csv", "--splink-model", "spark.json", "--out", "x", "--strict"],
        &["score", "people.csv", "--splink-model", "spark.json", "--out", "x.csv", "--strict"],
    ] {
        assert!(bench.refused(command).contains("splink/unverified-function"));
    }
}

#[test]
fn blocking_rules_of_a_splink_model_are_told_one_by_one_and_together() {
    let bench = Bench::new();
    let told: Value =
        serde_json::from_str(&bench.ok(&["blocking", "people.csv", "--splink-model", "model.json", "--json"])).unwrap();
    let rules = told["rules"].as_array().unwrap();
    // Splink tells the first rule of each pair by its place.
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    for row in bench.rows("predictions.csv") {
        *first.entry(row["match_key"].clone()).or_default() += 1;
    }
    assert_eq!(
        rules.len(),
        bench.json("model.json")["blocking_rules_to_generate_predictions"].as_array().unwrap().len()
    );
    for (place, rule) in rules.iter().enumerate() {
        assert_eq!(rule["new_pairs"], *first.get(&place.to_string()).unwrap_or(&0), "rule {place}");
        assert!(rule["pairs"].as_u64() >= rule["new_pairs"].as_u64());
    }
    assert_eq!(told["pairs"], bench.rows("predictions.csv").len());
    assert_eq!(told["matches"], bench.predicted(99f64.log2()).len());
    // Records with one e-mail are one person for this purpose: the truth is a column.
    let truth = ["blocking", "people.csv", "--splink-model", "model.json", "--truth-column", "email", "--json"];
    let told: Value = serde_json::from_str(&bench.ok(&truth)).unwrap();
    let mut persons: BTreeMap<String, u64> = BTreeMap::new();
    for row in bench.rows("people.csv").into_iter().filter(|row| !row["email"].is_empty()) {
        *persons.entry(row["email"].clone()).or_default() += 1;
    }
    assert_eq!(told["true_matches"], persons.values().map(|n| n * (n - 1) / 2).sum::<u64>());
}

#[test]
fn pairs_below_a_weight_are_left_out_and_the_others_stay_as_they_are() {
    let bench = Bench::new();
    bench.ok(&["score", "people.csv", "--splink-model", "model.json", "--out", "all.csv"]);
    bench.ok(&["score", "people.csv", "--splink-model", "model.json", "--min-weight", "0", "--out", "some.csv"]);
    let (all, some) = (bench.rows("all.csv"), bench.rows("some.csv"));
    let heavy: Vec<&Row> = all.iter().filter(|row| row["match_weight"].parse::<f64>().unwrap() >= 0.0).collect();
    assert!(!some.is_empty() && some.len() < all.len());
    assert_eq!(some.iter().collect::<Vec<_>>(), heavy);
}

#[test]
fn a_model_of_our_own_weighs_pairs_of_childrens_records() {
    let bench = Bench::new();
    bench.ok(&["synth", "--children", "300", "--sources", "3", "--seed", "5", "--out", "population"]);
    bench.ok(&["link", "population/records.csv", "--out", "linked"]);
    let score = |out: &str, more: &[&str]| {
        let fixed = ["score", "population/records.csv", "--model", "linked/model.json", "--out", out];
        bench.ok(&[&fixed[..], more].concat());
        bench.rows(out)
    };
    let all = score("all.csv", &[]);
    let summary = bench.json("linked/summary.json");
    assert_eq!(all.len() as u64, summary["linkage"]["candidate_pairs"].as_u64().unwrap());
    let number = |row: &Row, name: &str| row[name].parse::<f64>().unwrap_or(0.0);
    let prior = {
        let share = bench.json("linked/model.json")["probability_two_random_records_match"].as_f64().unwrap();
        (share / (1.0 - share)).log2()
    };
    let of_pair = |row: &Row| ["source_l", "record_id_l", "source_r", "record_id_r"].map(|name| row[name].clone());
    for row in &all {
        // The bars, the adjustments and what the household takes off make the weight.
        let parts = row.keys().filter(|name| name.starts_with("mw_"));
        let sum: f64 = prior + parts.map(|name| number(row, name)).sum::<f64>();
        assert!((sum - number(row, "match_weight")).abs() < 1e-9, "{sum}");
        assert!(row.contains_key("gamma_birth_date") && row.contains_key("tf_family_name_l"));
    }
    let weights: BTreeMap<_, _> = all.iter().map(|row| (of_pair(row), row["match_weight"].clone())).collect();
    for row in bench.rows("linked/links.csv") {
        assert_eq!(weights[&of_pair(&row)], row["match_weight"], "the weight in links is that of score");
    }
    // Given pairs come back in the order of their list.
    let wanted: Vec<_> = all.iter().rev().step_by(7).map(of_pair).collect();
    let list: String = wanted.iter().map(|pair| pair.join(",") + "\n").collect();
    bench.write("pairs.csv", format!("source_l,record_id_l,source_r,record_id_r\n{list}"));
    let given = score("given.csv", &["--pairs", "pairs.csv"]);
    assert_eq!(given.iter().map(of_pair).collect::<Vec<_>>(), wanted);
    assert!(given.iter().all(|row| row["match_key"].is_empty() && weights[&of_pair(row)] == row["match_weight"]));
    bench.write("pairs.csv", "source_l,record_id_l,source_r,record_id_r\nno,1,no,2\n");
    let unknown =
        ["score", "population/records.csv", "--model", "linked/model.json", "--pairs", "pairs.csv", "--out", "x.csv"];
    assert!(bench.refused(&unknown).contains("score/unknown-record"));
}

/// What a Splink model cannot express: see docs/splink.md.
const NOT_EXPRESSIBLE: [&str; 18] = [
    "birth-date/compatible",
    "family-name/other-name",
    "family-name/shared-part",
    "given-name/all-words-equal",
    "given-name/nickname",
    "given-name/other-name",
    "given-name/shared-first-word",
    "given-name/similar-to-rare",
    "given-name/sounds-alike",
    "given-name/spelling",
    "mother/given-name-alike",
    "other-names/shared-word",
    "pair/two-fields-agree",
    "residence/address",
    "residence/missing",
    "residence/postcode-address-differs",
    "residence/postcode-and-address",
    "residence/postcode-slip",
];

/// The built-in model with the levels that can be expressed; what the others held goes to the last level.
fn expressible_model() -> Model {
    let mut model = Model::child_health();
    model.provenance.trained_on_records = 1;
    model.household_pairs_per_match = None;
    model.cases.clear();
    for comparison in &mut model.comparisons {
        let (kept, gone): (Vec<_>, Vec<_>) =
            comparison.levels.drain(..).partition(|level| !NOT_EXPRESSIBLE.contains(&level.when.as_str()));
        comparison.levels = kept;
        let last = comparison.levels.last_mut().expect("otherwise");
        for level in gone {
            let sum = |a: Option<f64>, b: Option<f64>| a.map(|a| a + b.unwrap_or(0.0));
            (last.m, last.u, last.h) = (sum(last.m, level.m), sum(last.u, level.u), sum(last.h, level.h));
        }
        comparison.levels.iter_mut().for_each(|level| level.term_frequency = None);
    }
    let rule = |keys: &[&str]| BlockingRule {
        name: keys.join(" and "),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        only_if: None,
        refine: Vec::new(),
    };
    model.blocking = vec![rule(&["nhs-number"]), rule(&["birth-date"]), rule(&["family-name", "sex"])];
    model
}

#[test]
fn a_model_of_our_own_is_exported_whole_or_what_it_cannot_say_is_named() {
    let bench = Bench::new();
    bench.write("own.json", Model::child_health().to_json());
    let told = bench.refused(&["model", "export", "own.json", "--out", "splink.json"]);
    for part in ["model/not-expressible", "comparison residence", "the household class", "given-name/all-words-equal"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!bench.path("splink.json").exists());
    let told = bench.ok(&["model", "export", "own.json", "--partial", "--out", "splink.json"]);
    assert!(told.contains("left out: comparison residence: no columns express"), "{told}");
    let exported = bench.json("splink.json");
    let names: Vec<&str> =
        exported["comparisons"].as_array().unwrap().iter().filter_map(|c| c["output_column_name"].as_str()).collect();
    assert!(names.contains(&"nhs_number") && names.contains(&"birth_date") && !names.contains(&"residence"));
}

#[test]
fn an_exported_model_weighs_prepared_records_as_the_model_weighs_the_records() {
    let bench = Bench::new();
    bench.ok(&["synth", "--children", "600", "--sources", "4", "--seed", "8", "--noise", "3", "--out", "population"]);
    bench.write("own.json", expressible_model().to_json());
    bench.ok(&[
        "model",
        "export",
        "own.json",
        "--partial",
        "--out",
        "splink.json",
        "--records",
        "population/records.csv",
        "--records-out",
        "prepared.csv",
    ]);
    bench.ok(&["score", "prepared.csv", "--splink-model", "splink.json", "--out", "by_splink.csv"]);
    let by_splink = bench.rows("by_splink.csv");
    let key = |id: &str| id.split_once('/').map(|(source, id)| (source.to_owned(), id.to_owned())).expect("a key");
    let mut list = "source_l,record_id_l,source_r,record_id_r\n".to_owned();
    for row in &by_splink {
        let ((source_l, id_l), (source_r, id_r)) = (key(&row["unique_id_l"]), key(&row["unique_id_r"]));
        list += &format!("{source_l},{id_l},{source_r},{id_r}\n");
    }
    bench.write("pairs.csv", list);
    bench.ok(&["score", "population/records.csv", "--model", "own.json", "--pairs", "pairs.csv", "--out", "own.csv"]);
    let own = bench.rows("own.csv");
    assert!(by_splink.len() > 300 && own.len() == by_splink.len(), "{}", by_splink.len());
    let exported = bench.json("splink.json");
    let names: Vec<&str> =
        exported["comparisons"].as_array().unwrap().iter().filter_map(|c| c["output_column_name"].as_str()).collect();
    assert!(names.len() >= 9, "{names:?}");
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (theirs, ours) in by_splink.iter().zip(&own) {
        for name in &names {
            let (gamma, weight) = (format!("gamma_{name}"), format!("mw_{name}"));
            assert_eq!(theirs[&gamma], ours[&gamma], "{name}: {} {}", theirs["unique_id_l"], theirs["unique_id_r"]);
            let difference = theirs[&weight].parse::<f64>().unwrap() - ours[&weight].parse::<f64>().unwrap();
            assert!(difference.abs() < 1e-9);
            seen.entry((*name).to_owned()).or_default().insert(theirs[&gamma].clone());
        }
    }
    // The levels met, so that the agreement says something.
    let met: usize = seen.values().map(BTreeSet::len).sum();
    assert!(met >= 35, "{met} levels met: {seen:?}");
}

#[test]
fn frequencies_from_outside_take_the_place_of_counts() {
    let bench = Bench::new();
    bench.ok(&["score", "people.csv", "--splink-model", "model.json", "--out", "plain.csv"]);
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for person in bench.rows("people.csv").iter().filter(|person| !person["surname"].is_empty()) {
        *counts.entry(person["surname"].clone()).or_default() += 1.0;
    }
    let all: f64 = counts.values().sum();
    let table = |times: f64| {
        let rows = counts.iter().map(|(name, count)| format!("{name},{}\n", count / all * times));
        format!("surname,tf_surname\n{}", rows.collect::<String>())
    };
    let score =
        ["score", "people.csv", "--splink-model", "model.json", "--tf-table", "surname=tf.csv", "--out", "out.csv"];
    bench.write("tf.csv", table(1.0));
    bench.ok(&score);
    assert_eq!(bench.text("out.csv"), bench.text("plain.csv"), "the records' own shares change nothing");
    // Half as frequent weighs one bit more wherever the frequency counts.
    bench.write("tf.csv", table(0.5));
    bench.ok(&score);
    let number = |row: &Row, name: &str| row[name].parse::<f64>().unwrap_or(0.0);
    let mut moved = 0;
    for (plain, other) in bench.rows("plain.csv").iter().zip(&bench.rows("out.csv")) {
        let adjustment = "mw_tf_adj_first_name_surname";
        let (before, after) = (number(plain, adjustment), number(other, adjustment));
        // The level of equal surnames, counted from the last.
        if plain["gamma_first_name_surname"] == "2" {
            assert!((after - before - 1.0).abs() < 1e-9, "{plain:?}");
            assert!((number(other, "match_weight") - number(plain, "match_weight") - 1.0).abs() < 1e-9);
            moved += 1;
        }
    }
    assert!(moved > 5, "{moved} pairs agree on the surname alone");
    for (table, wanted) in [("surname,tf_surname\nSmith,3\n", "row 2"), ("name,tf\nSmith,1\n", "no column surname")] {
        bench.write("tf.csv", table);
        let told = bench.refused(&score);
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn m_comes_from_pairs_that_people_call_the_same() {
    let bench = Bench::new();
    let people = bench.rows("people.csv");
    // Births of one day stand for what a person would know.
    let mut by_birth: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let known = people.iter().filter(|person| !person["dob"].is_empty());
    known.for_each(|person| by_birth.entry(&person["dob"]).or_default().push(&person["unique_id"]));
    let mut labels = String::from("unique_id_l,unique_id_r,decision\n");
    for ids in by_birth.values() {
        for (place, left) in ids.iter().enumerate() {
            ids[place + 1..].iter().for_each(|right| labels += &format!("{left},{right},same\n"));
        }
    }
    labels += &format!("{},{},different\n", people[0]["unique_id"], people[people.len() - 1]["unique_id"]);
    bench.write("labels.csv", &labels);
    let train = |more: &[&str], out: &str| {
        let base = ["model", "train", "people.csv", "--splink-model", "model.json", "--u-pairs", "0", "--out", out];
        bench.ok(&[&base[..], more].concat());
        bench.json(out)["comparisons"].clone()
    };
    // The same pairs by the column.
    assert_eq!(train(&["--labels", "labels.csv"], "a.json"), train(&["--label-column", "dob"], "b.json"));
    // As Splink's tables of labels have it: a score, of which none but those of 0.5 and more stand for matches.
    let scored = labels
        .replace(",same\n", ",0.5\n")
        .replace(",different\n", ",0.0\n")
        .replace("decision", "clerical_match_score");
    bench.write("scored.csv", scored);
    assert_eq!(train(&["--labels", "scored.csv"], "c.json"), train(&["--label-column", "dob"], "b.json"));
    bench.write("labels.csv", "unique_id_l,unique_id_r,decision\n1,2,different\n");
    let base = ["model", "train", "people.csv", "--splink-model", "model.json", "--out", "c.json"];
    assert!(bench.refused(&[&base[..], &["--labels", "labels.csv"]].concat()).contains("train/no-labels"));
}

#[test]
fn a_label_column_of_few_values_is_refused_before_its_pairs_are_made() {
    let bench = Bench::new();
    let row = |n: u32| format!("{n},{},{}\n", if n.is_multiple_of(11) { "" } else { "F" }, n / 2);
    bench.write("many.csv", format!("unique_id,sex,person\n{}", (0..5_500).map(row).collect::<String>()));
    bench.write(
        "sex.json",
        serde_json::json!({
            "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.01,
            "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.person = r.person"}],
            "comparisons": [{"output_column_name": "sex", "comparison_levels": [
                {"sql_condition": "sex_l IS NULL OR sex_r IS NULL", "label_for_charts": "null", "is_null_level": true},
                {"sql_condition": "sex_l = sex_r", "label_for_charts": "same", "m_probability": 0.9, "u_probability": 0.5},
                {"sql_condition": "ELSE", "label_for_charts": "else", "m_probability": 0.1, "u_probability": 0.5}]}],
        })
        .to_string(),
    );
    let base = ["model", "train", "many.csv", "--splink-model", "sex.json", "--u-pairs", "0", "--out", "out.json"];
    let told = bench.refused(&[&base[..], &["--label-column", "sex"]].concat());
    // 500 records have no value and count for nothing.
    assert!(told.contains("train/label-column") && told.contains("has 5000 records"), "{told}");
    assert!(!bench.path("out.json").exists());
    bench.ok(&[&base[..], &["--label-column", "person"]].concat());
}

#[test]
fn what_is_odd_about_a_model_is_told_with_its_place_and_warnings_stop_a_strict_import() {
    let bench = Bench::new();
    let plain = serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.01,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.dob = r.dob"}],
        "comparisons": [{"output_column_name": "surname", "comparison_levels": [
            {"sql_condition": "surname_l = surname_r", "label_for_charts": "same", "m_probability": 0.5,
                "u_probability": 0.1, "tf_adjustment_column": "surname", "tf_adjustment_weight": 1.0},
            {"sql_condition": "ELSE", "label_for_charts": "else", "m_probability": 0.5, "u_probability": 0.9}]}],
    });
    bench.write("plain.json", plain.to_string());
    bench.ok(&["model", "import", "plain.json", "--strict"]);
    let level = |key: &str, value: Value| {
        let mut model = plain.clone();
        model["comparisons"][0]["comparison_levels"][0][key] = value;
        model
    };
    let with = |key: &str, value: Value| {
        let mut model = plain.clone();
        model[key] = value;
        model
    };
    let salted = serde_json::json!([{"blocking_rule": "l.dob = r.dob", "salting_partitions": 4}]);
    let mut spark = with("sql_dialect", "spark".into());
    let similar = serde_json::json!({"sql_condition": "jaro_winkler(surname_l, surname_r) > 0.88",
        "label_for_charts": "alike", "m_probability": 0.5, "u_probability": 0.1});
    spark["comparisons"][0]["comparison_levels"].as_array_mut().expect("levels").insert(1, similar);
    // What Splink writes for a level that its sample never met.
    let unmet = "level not observed in training dataset".into();
    for (code, place, warns, model) in [
        ("splink/untrained-level", "m_probability", true, level("m_probability", Value::Null)),
        ("splink/level-not-observed", "u_probability", true, level("u_probability", unmet)),
        ("splink/tf-weight-assumed", "surname", true, level("tf_adjustment_weight", Value::Null)),
        ("splink/dialect-assumed", "the model", true, with("sql_dialect", Value::Null)),
        ("splink/unverified-function", "jaro_winkler", true, spark),
        ("splink/key-ignored", "salting_partitions", false, with("blocking_rules_to_generate_predictions", salted)),
        ("splink/key-ignored", "colour", false, with("colour", "blue".into())),
    ] {
        bench.write("odd.json", model.to_string());
        let told = bench.ok(&["model", "import", "odd.json"]);
        let line = told.lines().find(|line| line.contains(code)).unwrap_or_else(|| panic!("{code}: {told}"));
        assert!(line.contains(place), "{code} says where: {line}");
        let strict = bench.run(&["model", "import", "odd.json", "--strict"]);
        assert_eq!(!strict.status.success(), warns, "{code}: {}", String::from_utf8_lossy(&strict.stderr));
    }
}

#[test]
fn a_rule_without_an_equality_is_told_as_trying_every_pair() {
    let bench = Bench::new();
    let mut model = bench.json("model.json");
    model["blocking_rules_to_generate_predictions"] =
        serde_json::json!([{"blocking_rule": "levenshtein(l.surname, r.surname) <= 1"}]);
    bench.write("model.json", model.to_string());
    let told = bench.ok(&["score", "people.csv", "--splink-model", "model.json", "--out", "x.csv"]);
    let line = told.lines().find(|line| line.contains("splink/all-pairs")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains('1'), "which rule: {line}");
}

#[test]
fn training_that_goes_wrong_is_told() {
    let bench = Bench::new();
    let base = ["model", "train", "people.csv", "--splink-model", "model.json", "--out", "trained.json"];
    // Labels that call strangers one person: a pair of opposite ends of the file
    // differs in nearly everything.
    let people = bench.rows("people.csv");
    let labels: String = (0..60)
        .map(|place| format!("{},{},same\n", people[place]["unique_id"], people[people.len() - 1 - place]["unique_id"]))
        .collect();
    bench.write("labels.csv", format!("unique_id_l,unique_id_r,decision\n{labels}"));
    let told = bench.ok(&[&base[..], &["--labels", "labels.csv"]].concat());
    for code in ["splink/mostly-disagree", "splink/inverted-level"] {
        let line = told.lines().find(|line| line.contains(code)).unwrap_or_else(|| panic!("{code}: {told}"));
        assert!(line.contains("comparison "), "{line}");
    }
    // Labels that call people of one family name one person.
    let of_family = |one: &Row, other: &Row| {
        let same = |column: &str| !one[column].is_empty() && one[column] == other[column];
        same("surname")
            && !one["first_name"].is_empty()
            && one["first_name"].chars().next() != other["first_name"].chars().next()
    };
    let mut labels = String::from("unique_id_l,unique_id_r,decision\n");
    for (place, one) in people.iter().enumerate() {
        for other in people[..place].iter().filter(|other| of_family(one, other)) {
            labels += &format!("{},{},same\n", one["unique_id"], other["unique_id"]);
        }
    }
    bench.write("labels.csv", labels);
    let told = bench.ok(&[&base[..], &["--labels", "labels.csv"]].concat());
    let line = told.lines().find(|line| line.contains("splink/household-drift")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("first_name"), "{line}");
    let mut model = bench.json("model.json");
    model["max_iterations"] = 1.into();
    bench.write("model.json", model.to_string());
    let told = bench.ok(&[&base[..], &["--em-rule", "l.dob = r.dob"]].concat());
    assert!(told.contains("splink/not-converged") && told.contains("l.dob = r.dob"), "{told}");
}

#[test]
fn weighed_pairs_are_the_same_in_every_form() {
    let bench = Bench::new();
    for out in ["pairs.csv", "pairs.ndjson", "pairs.parquet"] {
        bench.ok(&["score", "people.csv", "--splink-model", "model.json", "--out", out]);
    }
    let rows = bench.rows("pairs.csv");
    let text = bench.text("pairs.ndjson");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let file = fs::File::open(bench.path("pairs.parquet")).unwrap();
    let parquet = childlink::exchange::frame::parquet::read(file).unwrap();
    assert_eq!((lines.len(), parquet.rows()), (rows.len(), rows.len()));
    for (place, (row, line)) in rows.iter().zip(&lines).enumerate() {
        let members = line.as_object().expect("an object");
        assert_eq!(members.len(), row.len());
        assert_eq!(parquet.columns().len(), row.len());
        for (name, text) in row {
            let in_parquet = parquet.column(name).expect("the column").value(place);
            match &members[name] {
                Value::Null => assert!(text.is_empty() && in_parquet.is_null(), "{name}"),
                Value::String(value) => assert!(value == text && in_parquet.as_text() == Some(text), "{name}"),
                number => {
                    let number = number.as_f64().expect("a number");
                    assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{name}");
                    assert_eq!(in_parquet.as_number().map(f64::to_bits), Some(number.to_bits()), "{name}");
                }
            }
        }
    }
}

#[test]
fn a_run_in_ndjson_is_read_as_one_in_csv() {
    let bench = Bench::new();
    bench.link("people.csv", "csv", &[]);
    bench.link("people.csv", "lines", &["--format", "parquet"]);
    bench.link("people.csv", "lines", &["--format", "ndjson"]);
    assert!(bench.path("lines/links.ndjson").is_file() && !bench.path("lines/links.parquet").exists());
    let truth: Vec<String> =
        bench.rows("people.csv").iter().map(|row| format!("people,{},{}", row["unique_id"], row["email"])).collect();
    let truth = truth.iter().filter(|line| !line.ends_with(',')).map(|line| format!("{line}\n"));
    bench.write("truth.csv", format!("source,record_id,person_id\n{}", truth.collect::<String>()));
    let told = |folder: &str| bench.ok(&["evaluate", folder, "--truth", "truth.csv"]);
    assert_eq!(told("csv"), told("lines"));
    // Missed pairs are told with their waterfall.
    bench.ok(&["evaluate", "csv", "--truth", "truth.csv", "--errors", "errors.csv", "--waterfalls"]);
    let errors = bench.rows("errors.csv");
    let listed = errors.iter().filter(|row| !row["match_weight"].is_empty());
    for row in listed.clone() {
        let waterfall: Value = serde_json::from_str(&row["waterfall"]).expect("a waterfall");
        assert_eq!(waterfall["match_weight"].as_f64(), row["match_weight"].parse().ok());
    }
    assert!(errors.iter().all(|row| row["waterfall"].starts_with('{')) && listed.count() > 0);
    for folder in ["csv", "lines"] {
        bench.ok(&["sample", folder, "--out", &format!("{folder}_sample.csv")]);
    }
    assert_eq!(bench.text("csv_sample.csv"), bench.text("lines_sample.csv"));
}

#[test]
fn a_pair_of_a_general_run_is_explained_in_words_as_json_and_as_a_picture() {
    let bench = Bench::new();
    bench.write("cities.csv", "city,tf_city\nLondon,0.25\n");
    bench.link("people.csv", "linked", &["--review-threshold", "-5", "--tf-table", "city=cities.csv"]);
    for row in bench.rows("linked/links.csv").iter().take(40) {
        let keys = ["l", "r"].map(|side| format!("people/{}", row[&format!("record_id_{side}")]));
        let told: Value =
            serde_json::from_str(&bench.ok(&["explain", "linked", &keys[0], &keys[1], "--json"])).unwrap();
        let weight: f64 = row["match_weight"].parse().unwrap();
        let waterfall = &told["waterfall"];
        assert_eq!(waterfall["match_weight"].as_f64().map(f64::to_bits), Some(weight.to_bits()));
        let bars = waterfall["bars"].as_array().expect("bars");
        let sum = bars.iter().fold(waterfall["prior"].as_f64().unwrap(), |sum, bar| {
            sum + bar["weight"].as_f64().unwrap() + bar["term_frequency"].as_f64().unwrap()
        });
        assert!((sum - weight).abs() < 1e-9);
        assert_eq!(told["decision"], row["decision"].as_str());
        assert_eq!(told["left"]["record_id"], row["record_id_l"].as_str());
        let same_group = told["left"]["child_id"] == told["right"]["child_id"];
        assert!(same_group || row["decision"] != "link");
        assert!(told["fields"].as_array().unwrap().iter().any(|field| field["field"] == "unique_id"));
    }
    let links = bench.rows("linked/links.csv");
    // The keys may stand in any order.
    let keys = ["r", "l"].map(|side| format!("people/{}", links[0][&format!("record_id_{side}")]));
    let told = bench.ok(&["explain", "linked", &keys[0], &keys[1], "--picture", "pair.svg"]);
    assert!(told.contains("two random records") && told.contains("Decision: "), "{told}");
    assert!(bench.text("pair.svg").starts_with("<svg "));
    assert!(bench.refused(&["explain", "linked", &keys[0], &keys[0]]).contains("explain/same-record"));
    assert!(bench.refused(&["explain", "linked", &keys[0], "people/none"]).contains("explain/unknown-record"));
}

#[test]
fn training_tells_how_many_pairs_stand_behind_each_number() {
    let bench = Bench::new();
    let train = ["model", "train", "people.csv", "--splink-model", "model.json", "--out", "trained.json", "--json"];
    let told: Value = serde_json::from_str(&bench.ok(&[&train[..], &["--em-rule", "l.dob = r.dob"]].concat())).unwrap();
    let estimates = told["estimates"].as_array().expect("estimates");
    let random: f64 = (240 * 239 / 2) as f64;
    let mut of_comparison: BTreeMap<&str, f64> = BTreeMap::new();
    for level in estimates {
        let name = level["comparison"].as_str().unwrap();
        if let Some(seen) = level["u_from_random_pairs"].as_object() {
            let (pairs, of) = (seen["pairs"].as_f64().unwrap(), seen["of"].as_f64().unwrap());
            assert!(of <= random && (level["u"].as_f64().unwrap() - pairs / of).abs() < 1e-12, "{level}");
            *of_comparison.entry(name).or_default() += pairs;
        }
        // The session's own column tells nothing of matches.
        assert!(name != "dob" || level["m_from_matches"].is_null());
        if let Some(seen) = level["m_from_matches"].as_object() {
            let share = seen["pairs"].as_f64().unwrap() / seen["of"].as_f64().unwrap();
            assert!((level["m"].as_f64().unwrap() - share).abs() < 1e-6, "{level}");
        }
    }
    assert!(estimates.iter().any(|level| !level["m_from_matches"].is_null()));
    assert!(of_comparison.values().all(|pairs| *pairs <= random) && !of_comparison.is_empty());
    let words = bench.ok(&[&train[..7], &["--em-rule", "l.dob = r.dob"]].concat());
    assert!(words.contains("from random pairs"), "{words}");
}

#[test]
fn a_clerical_sample_is_divided_by_subgroups_and_tells_of_each() {
    let bench = Bench::new();
    bench.link("people.csv", "linked", &["--review-threshold", "-5"]);
    let records: String = bench
        .rows("people.csv")
        .iter()
        .enumerate()
        .map(|(place, row)| format!("people,{},{}\n", row["unique_id"], if place % 2 == 0 { "even" } else { "odd" }))
        .collect();
    bench.write("records.csv", format!("source,record_id,half\n{records}"));
    let half: BTreeMap<String, String> =
        bench.rows("records.csv").into_iter().map(|row| (row["record_id"].clone(), row["half"].clone())).collect();
    bench.ok(&["sample", "linked", "--size", "3", "--by", "half", "--records", "records.csv", "--out", "sample.csv"]);
    let rows = bench.rows("sample.csv");
    let subgroups: BTreeSet<&str> = rows.iter().map(|row| row["subgroup"].as_str()).collect();
    assert_eq!(subgroups, BTreeSet::from(["half=even", "half=even / half=odd", "half=odd"]));
    let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        let own = BTreeSet::from([&half[&row["record_id_l"]], &half[&row["record_id_r"]]]);
        assert_eq!(row["subgroup"].matches("half=").count(), own.len());
        assert!(own.iter().all(|value| row["subgroup"].contains(value.as_str())));
        *drawn.entry(&row["stratum"]).or_default() += 1;
    }
    assert!(drawn.values().all(|count| *count <= 3));
    // Every link of the odd is wrong, every other right.
    let mut filled = String::from("stratum,stratum_pairs,linked,subgroup,decision\n");
    for row in &rows {
        let decision = if row["subgroup"] == "half=odd" { "different" } else { "same" };
        filled +=
            &format!("{},{},{},{},{decision}\n", row["stratum"], row["stratum_pairs"], row["linked"], row["subgroup"]);
    }
    bench.write("read.csv", filled);
    let told: Value =
        serde_json::from_str(&bench.ok(&["evaluate", "linked", "--clerical", "read.csv", "--json"])).unwrap();
    let by_name = |name: &str| {
        let all = told["clerical"]["subgroups"].as_array().expect("subgroups");
        all.iter().find(|own| own["subgroup"] == name).expect("the subgroup").clone()
    };
    assert_eq!(by_name("half=odd")["precision"]["estimate"], 0.0);
    assert_eq!(by_name("half=even")["precision"]["estimate"], 1.0);
    let links: u64 = subgroups.iter().map(|name| by_name(name)["links"].as_u64().unwrap()).sum();
    assert_eq!(links, told["clerical"]["links"].as_u64().unwrap());
    let told = bench.refused(&["sample", "linked", "--by", "none", "--records", "records.csv", "--out", "x.csv"]);
    assert!(told.contains("evaluate/missing-column"), "{told}");
}

#[test]
fn a_level_behind_else_and_a_lone_dataset_are_refused_as_splink_refuses_them() {
    let bench = Bench::new();
    let mut model = bench.json("model.json");
    let levels = model["comparisons"][1]["comparison_levels"].as_array_mut().unwrap();
    let last = levels.len() - 1;
    levels.swap(last - 1, last);
    bench.write("early.json", model.to_string());
    let told = bench.refused(&["score", "people.csv", "--splink-model", "early.json", "--out", "x.csv"]);
    assert!(told.contains("splink/not-a-model") && told.contains("ELSE"), "{told}");
    let mut model = bench.json("model.json");
    model["link_type"] = "link_only".into();
    bench.write("across.json", model.to_string());
    let told = bench.refused(&["score", "people.csv", "--splink-model", "across.json", "--out", "x.csv"]);
    assert!(told.contains("splink/one-dataset"), "{told}");
    fs::copy(bench.path("people.csv"), bench.path("others.csv")).unwrap();
    bench.ok(&["score", "people.csv", "others.csv", "--splink-model", "across.json", "--out", "x.csv"]);
}

#[test]
fn a_column_is_read_as_the_type_that_is_named_when_training_and_when_rules_are_told() {
    let bench = Bench::new();
    bench.write("codes.csv", "unique_id,name,code\n1,ann,07\n2,ann,7\n3,bob,8\n4,bob,08\n5,cat,5\n6,cat,5\n");
    let model = serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.1,
        "blocking_rules_to_generate_predictions": ["l.code = r.code"],
        "comparisons": [{"output_column_name": "code", "comparison_levels": [
            {"sql_condition": "code_l IS NULL OR code_r IS NULL", "is_null_level": true},
            {"sql_condition": "code_l = code_r", "m_probability": 0.9, "u_probability": 0.1},
            {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9},
        ]}],
    });
    bench.write("codes.json", model.to_string());
    let pairs = |more: &[&str]| {
        let base = ["blocking", "codes.csv", "--splink-model", "codes.json", "--json"];
        let told: Value = serde_json::from_str(&bench.ok(&[&base[..], more].concat())).unwrap();
        told["rules"][0]["pairs"].as_u64().unwrap()
    };
    // As texts 07 and 7 are two codes, as whole numbers one.
    assert_eq!((pairs(&[]), pairs(&["--type", "code=integer"])), (1, 3));
    let base = ["model", "train", "codes.csv", "--splink-model", "codes.json", "--u-pairs", "0"];
    let base = [&base[..], &["--label-column", "name", "--out", "trained.json"]].concat();
    let equal_among_matches = |more: &[&str]| {
        bench.ok(&[&base[..], more].concat());
        bench.json("trained.json")["comparisons"][0]["comparison_levels"][1]["m_probability"].as_f64().unwrap()
    };
    assert!((equal_among_matches(&[]) - 1.0 / 3.0).abs() < 1e-9);
    assert!((equal_among_matches(&["--type", "code=integer"]) - 1.0).abs() < 1e-9);
    let commands = [&base[..], &["blocking", "codes.csv", "--splink-model", "codes.json"]];
    for command in commands {
        assert!(bench.refused(&[command, &["--type", "code=shoe"]].concat()).contains("arguments/type"));
    }
}
