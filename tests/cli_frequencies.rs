//! `--frequencies`: how rare a name is, from outside of the records.

use childlink::linkage::model::Model;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn childlink(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink")).current_dir(folder).args(arguments).output().expect("it starts")
}

/// Two pairs of records that differ in how rare their given names are, and a model that needs no training.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut model = Model::child_health();
    model.provenance.trained_on_records = 1;
    fs::write(folder.path().join("model.json"), model.to_json()).expect("written");
    let records = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,postcode\n\
        gp,1,9434765919,Oliver,Okafor,male,2018-03-12,LS1 4AP\n\
        school,2,9434765919,Oliver,Okafor,male,2018-03-12,LS1 4AP\n\
        gp,3,9449305552,Zebedee,Okafor,male,2018-07-01,LS1 4AP\n\
        school,4,9449305552,Zebedee,Okafor,male,2018-07-01,LS1 4AP\n";
    fs::write(folder.path().join("records.csv"), records).expect("written");
    folder
}

fn rarity(folder: &Path, out: &str, one: &str, other: &str) -> (f64, f64) {
    let output = childlink(folder, &["explain", out, one, other, "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bars = told["waterfall"]["bars"].as_array().expect("bars");
    let bar = bars.iter().find(|bar| bar["comparison"] == "given_name").expect("given names are compared");
    (bar["u"].as_f64().unwrap(), bar["term_frequency"].as_f64().unwrap())
}

#[test]
fn a_name_weighs_by_its_share_in_the_table_of_its_sex_and_year() {
    let folder = folder();
    let folder = folder.path();
    // Of boys: Oliver 20,000 in a million in 2018, Zebedee 2; half of all children are boys.
    let table = "of,value,sex,birth_year,per_million\n\
        given-name,Oliver,m,2018,20000\ngiven-name,Oliver,m,1950,1\ngiven-name,Oliver,f,2018,3\n\
        given-name,Zebedee,m,,2\n";
    fs::write(folder.join("names.csv"), table).unwrap();
    let link = ["link", "records.csv", "--model", "model.json", "--frequencies", "names.csv", "--out", "linked"];
    let output = childlink(folder, &link);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Two of four records bear the name; the table has the weight of 5,000 records.
    for (pair, per_million) in [(["gp/1", "school/2"], 20_000.0), (["gp/3", "school/4"], 2.0)] {
        let (u, adjustment) = rarity(folder, "linked", pair[0], pair[1]);
        let share = (2.0 + 5_000.0 * per_million / 2e6) / (4.0 + 5_000.0);
        let wanted = u.log2() - f64::log2(share);
        assert!((adjustment - wanted).abs() < 1e-9, "{pair:?}: {adjustment} for {wanted}");
    }
    // The model that is written keeps the table, so that it weighs alike elsewhere.
    let model = Model::from_json(&fs::read_to_string(folder.join("linked/model.json")).unwrap()).unwrap();
    assert_eq!(model.reference_names.len(), 1);
    assert_eq!(model.reference_names[0].rows.len(), 4);
    let output = childlink(folder, &["link", "records.csv", "--model", "linked/model.json", "--out", "again"]);
    assert!(output.status.success());
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert_eq!(read("linked/links.csv"), read("again/links.csv"));
}

#[test]
fn the_names_of_the_country_come_with_the_program() {
    let folder = folder();
    let folder = folder.path();
    let link = ["link", "records.csv", "--model", "model.json", "--frequencies", "national", "--out", "linked"];
    assert!(childlink(folder, &link).status.success());
    let (_, common) = rarity(folder, "linked", "gp/1", "school/2");
    assert!(childlink(folder, &["link", "records.csv", "--model", "model.json", "--out", "plain"]).status.success());
    let (_, without) = rarity(folder, "plain", "gp/1", "school/2");
    // Oliver is among the commonest names of boys born in 2018 (ONS): more so than four records can tell.
    assert!(common < without, "{common} against {without}");
}

#[test]
fn what_cannot_be_read_is_told_with_file_row_and_field() {
    let folder = folder();
    let folder = folder.path();
    for (table, wanted) in [
        ("of,value,per_million\ngiven-name,Ann,5\ngiven-name,Bob,none\n", "bad.csv, row 3"),
        ("of,value,per_million\nshoe-size,44,5\n", "shoe-size"),
        ("of,value\ngiven-name,Ann\n", "per_million"),
        ("of,value,per_million\n", "lists no name"),
    ] {
        fs::write(folder.join("bad.csv"), table).unwrap();
        let output = childlink(
            folder,
            &["link", "records.csv", "--model", "model.json", "--frequencies", "bad.csv", "--out", "o"],
        );
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(wanted), "{told}");
        assert!(!folder.join("o/links.csv").exists());
    }
}

#[test]
fn training_tells_how_many_pairs_stand_behind_each_number() {
    let folder = folder();
    let folder = folder.path();
    let synth = ["synth", "--children", "1500", "--sources", "3", "--seed", "5", "--out", "population"];
    assert!(childlink(folder, &synth).status.success());
    let output = childlink(folder, &["train", "population/records.csv", "--out", "trained.json", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let levels = told["training"]["levels"].as_array().unwrap();
    let model = Model::from_json(&fs::read_to_string(folder.join("trained.json")).unwrap()).unwrap();
    let evidence: usize = model.comparisons.iter().map(|c| c.levels.iter().filter(|l| !l.is_null_level).count()).sum();
    assert_eq!(levels.len(), evidence);
    for comparison in &model.comparisons {
        let own: Vec<&Value> = levels.iter().filter(|level| level["comparison"] == comparison.name.as_str()).collect();
        let sum = |key: &str| own.iter().map(|level| level[key].as_f64().unwrap()).sum::<f64>();
        assert_eq!(sum("u_pairs"), own[0]["u_pairs_compared"].as_f64().unwrap(), "{}", comparison.name);
        assert!((sum("m_pairs") - own[0]["m_pairs_compared"].as_f64().unwrap()).abs() < 1e-6, "{}", comparison.name);
    }
    let sexes = levels.iter().find(|level| level["comparison"] == "sex" && level["level"] == "same").unwrap();
    assert!(sexes["m_pairs"].as_f64().unwrap() > 100.0 && sexes["m_sessions"].as_u64().unwrap() > 1, "{sexes}");
}
