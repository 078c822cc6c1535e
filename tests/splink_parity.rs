//! Scores equal those of Splink itself: every pair, every level, every weight.
#![cfg(all(feature = "splink", feature = "columnar", feature = "csv"))]

use childlink::exchange::frame;
use childlink::linkage::frame::{Frame, FrameColumn};
use childlink::linkage::splink::prediction::Field;
use childlink::linkage::splink::settings::BlockingRule;
use childlink::linkage::splink::{Predictions, Records, SplinkModel, train};
use childlink::linkage::value::{Value, ValueType};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Weights, frequencies and probabilities may differ by so much.
const TOLERANCE: f64 = 1e-9;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = project("../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

fn read(path: &Path) -> Frame {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => frame::parquet::read(file).unwrap(),
        _ => frame::csv::read(file).unwrap().whole().unwrap(),
    }
}

/// One column of expected results as numbers; ids and keys as the text they are.
enum Expected {
    Number(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
}

fn expected_column(frame: &Frame, name: &str) -> Option<Expected> {
    let column = frame.column(name)?;
    let rows = 0..column.len();
    let is_text = name.starts_with("match_key")
        || column.values().iter().any(|value| value.as_text().is_some_and(|text| text.parse::<f64>().is_err()));
    Some(if is_text {
        Expected::Text(rows.map(|row| column.value(row).as_text().map(str::to_owned)).collect())
    } else {
        let number = |row| match column.value(row).as_text() {
            Some(text) => text.parse().ok(),
            None => column.value(row).as_number(),
        };
        Expected::Number(rows.map(number).collect())
    })
}

fn text(field: &Field) -> String {
    match field {
        Field::Text(text) => text.clone(),
        Field::Integer(number) => number.to_string(),
        Field::Number(number) => format!("{number:?}"),
    }
}

fn number(field: &Field) -> Option<f64> {
    match field {
        Field::Text(text) => text.parse().ok(),
        Field::Integer(number) => Some(*number as f64),
        Field::Number(number) => Some(*number).filter(|number| !number.is_nan()),
    }
}

/// Compares every pair and every column that both have; the pairs must be the same.
fn check(model: &Path, data: &Path, expected: &Path) {
    let (model, _) = SplinkModel::read(&std::fs::read_to_string(model).unwrap()).unwrap();
    let records = Records::new(read(data), &model).unwrap();
    let (predictions, _) = Predictions::of_candidates(&records, &model).unwrap();
    let columns = predictions.columns();
    let expected = read(expected);
    assert_eq!(predictions.len(), expected.rows(), "candidate pairs");
    let ids = [format!("{}_l", model.unique_id_column), format!("{}_r", model.unique_id_column)];
    let column = |name: &String| columns.iter().find(|column| column.name == *name).unwrap();
    let rows: HashMap<Vec<String>, usize> = (0..predictions.len())
        .map(|row| (ids.iter().map(|id| text(&predictions.field(row, column(id)))).collect(), row))
        .collect();
    let of_expected: Vec<usize> = (0..expected.rows())
        .map(|row| {
            let key: Vec<String> =
                ids.iter().map(|id| expected.column(id).unwrap().value(row).as_text().unwrap().to_owned()).collect();
            *rows.get(&key).unwrap_or_else(|| panic!("childlink lacks the pair {key:?}"))
        })
        .collect();
    let (mut greatest, mut compared) = (0.0f64, 0);
    for column in &columns {
        let name = &column.name;
        let Some(wanted) = expected_column(&expected, name) else { continue };
        compared += 1;
        for (row, &ours) in of_expected.iter().enumerate() {
            let field = predictions.field(ours, column);
            match &wanted {
                Expected::Text(values) => assert_eq!(values[row], Some(text(&field)), "{name}, row {row}"),
                Expected::Number(values) => {
                    let (wanted, found) = (values[row], number(&field));
                    let difference = match (wanted, found) {
                        (Some(wanted), Some(found)) => (wanted - found).abs(),
                        (None, None) => 0.0,
                        _ => f64::INFINITY,
                    };
                    assert!(difference <= TOLERANCE, "{name}, row {row}: Splink {wanted:?}, childlink {found:?}");
                    greatest = greatest.max(difference);
                }
            }
        }
    }
    assert!(compared >= 2 * model.comparisons.len() + 3, "only {compared} columns were compared");
    eprintln!("{} pairs, {compared} columns, greatest difference {greatest:e}", predictions.len());
}

#[test]
fn the_published_predictions_on_fake_1000_are_reproduced() {
    let (Some(model), Some(data), Some(expected)) = (
        shared("splink-parity/fake_1000_splink5_model.json"),
        shared("public/fake_1000.csv"),
        shared("splink-parity/fake_1000_splink5_predictions.parquet"),
    ) else {
        return;
    };
    check(&model, &data, &expected);
}

#[test]
fn the_answers_of_splink_that_the_project_carries_are_reproduced() {
    let here = project("tests/data/splink");
    check(&here.join("model.json"), &here.join("people.csv"), &here.join("predictions.csv"));
}

#[test]
fn a_model_written_back_is_the_model_that_was_read() {
    let text = std::fs::read_to_string(project("tests/data/splink/model.json")).unwrap();
    let (model, _) = SplinkModel::read(&text).unwrap();
    let (again, _) = SplinkModel::read(&model.to_json()).unwrap();
    assert_eq!(model.comparisons, again.comparisons);
    assert_eq!(model.blocking_rules, again.blocking_rules);
    assert_eq!((model.prior, model.link_type, model.dialect), (again.prior, again.link_type, again.dialect));
}

/// A model of one comparison with this middle level, in this dialect.
fn model_with(condition: &str, dialect: &str, rule: &str) -> String {
    serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": dialect, "probability_two_random_records_match": 0.01,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule}],
        "comparisons": [{"output_column_name": "x", "comparison_levels": [
            {"sql_condition": "x_l IS NULL OR x_r IS NULL", "is_null_level": true},
            {"sql_condition": condition, "label_for_charts": "middle", "m_probability": 0.9, "u_probability": 0.1},
            {"sql_condition": "ELSE", "m_probability": 0.1},
        ]}],
    })
    .to_string()
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name_and_place() {
    let refused = |condition: &str| SplinkModel::read(&model_with(condition, "duckdb", "1=1")).unwrap_err();
    let error = refused("soundex(x_l) = soundex(x_r)");
    assert_eq!(error.code, "splink/unsupported-sql");
    assert!(error.message.contains("comparison x, level 2 (middle)"), "{error}");
    assert!(error.message.contains("line 1, character 1: the function soundex"), "{error}");
    for condition in ["x_l = (select 1)", "x = 1", "x_l ==", "regexp_matches(x_l, x_r)", "x_l -> 'a' = 'b'"] {
        assert_eq!(refused(condition).code, "splink/unsupported-sql", "{condition}");
    }
    let error = SplinkModel::read(&model_with("x_l = x_r", "duckdb", "l.x = nowhere(r.x)")).unwrap_err();
    assert!(error.message.contains("blocking rule 1"), "{error}");
    let tiny = model_with("x_l = x_r", "duckdb", "1=1").replace("0.9", "1e-301");
    assert_eq!(SplinkModel::read(&tiny).unwrap_err().code, "splink/probability");
}

#[test]
fn doubtful_parts_of_a_model_are_told() {
    let codes = |text: &str| -> Vec<&str> {
        SplinkModel::read(text).unwrap().1.iter().map(|finding| finding.code.id).collect()
    };
    // The ELSE level has no u; Spark's Jaro-Winkler is proved by no published test.
    let spark = model_with("jaro_winkler(`x_l`, `x_r`) > 0.88", "spark", "l.x = r.x");
    assert_eq!(codes(&spark), ["splink/unverified-function", "splink/untrained-level"]);
    let duckdb = model_with("jaro_winkler_similarity(x_l, x_r) > 0.88", "duckdb", "l.x = r.x");
    assert_eq!(codes(&duckdb), ["splink/untrained-level"]);
}

#[test]
fn the_rules_of_l_and_r_are_those_of_splink() {
    // One dataset: ids in their own type, so 2 is left of 10. Text ids: '10' is left of '2'.
    let columns = |ids: Vec<Value>, kind: ValueType| {
        let x = FrameColumn::from_values("x", ValueType::Text, ids.iter().map(|_| Value::text("a")));
        Frame::new(vec![FrameColumn::from_values("unique_id", kind, ids), x]).unwrap()
    };
    let (model, _) = SplinkModel::read(&model_with("x_l = x_r", "duckdb", "l.x = r.x")).unwrap();
    let numbers =
        Records::new(columns(vec![Value::Integer(10), Value::Integer(2)], ValueType::Integer), &model).unwrap();
    assert_eq!(numbers.id_columns().next().unwrap().value(0), &Value::Integer(2));
    let texts = Records::new(columns(vec![Value::text("2"), Value::text("10")], ValueType::Text), &model).unwrap();
    assert_eq!(texts.id_columns().next().unwrap().value(0), &Value::text("10"));
    let twice = Records::new(columns(vec![Value::text("2"), Value::text("2")], ValueType::Text), &model);
    assert_eq!(twice.err().unwrap().code, "splink/repeated-id");
}

#[test]
fn training_recovers_the_probabilities_that_made_the_data() {
    // Two records a person; x agrees among 80 % of matches, y among 60 %, each value by chance among a tenth.
    let persons = 3000u64;
    let mix = |n: u64| {
        // SplitMix64.
        let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % 1000
    };
    let field = |person: u64, copy: u64, salt: u64, agree: u64| {
        let own = mix(person * 100 + salt) % 10;
        let other = (own + 1 + mix(person * 100 + salt + 10) % 9) % 10;
        let value = if copy == 1 && mix(person * 100 + salt + 20) >= agree { other } else { own };
        Value::text(&value.to_string())
    };
    let records = || (0..persons).flat_map(|person| [(person, 0), (person, 1)]);
    let column = |name: &str, value: &dyn Fn(u64, u64) -> Value| {
        FrameColumn::from_values(name, ValueType::Text, records().map(|(person, copy)| value(person, copy)))
    };
    let frame = Frame::new(vec![
        column("unique_id", &|person, copy| Value::text(&format!("{person}-{copy}"))),
        column("block", &|person, _| Value::text(&(person / 5).to_string())),
        column("x", &|person, copy| field(person, copy, 1, 800)),
        column("y", &|person, copy| field(person, copy, 2, 600)),
        column("z", &|person, copy| field(person, copy, 3, 700)),
    ])
    .unwrap();
    let comparison = |name: &str| {
        serde_json::json!({"output_column_name": name, "comparison_levels": [
            {"sql_condition": format!("{name}_l = {name}_r")}, {"sql_condition": "ELSE"}]})
    };
    let document = serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.1,
        "em_convergence": 1e-7, "max_iterations": 2000, "blocking_rules_to_generate_predictions": [],
        "comparisons": [comparison("x"), comparison("y"), comparison("z")],
    });
    let (mut model, _) = SplinkModel::read(&document.to_string()).unwrap();
    let records = Records::new(frame, &model).unwrap();
    train::estimate_u(&mut model, &records, 1e6, 1).unwrap();
    let rule = BlockingRule::parse("l.block = r.block", model.dialect).unwrap();
    let (sessions, _) = train::estimate_m(&mut model, &records, &[rule]).unwrap();
    assert_eq!(sessions[0].pairs, 600 * 45);
    let near = |found: Option<f64>, wanted: f64, by: f64| {
        let found = found.unwrap();
        assert!((found - wanted).abs() < by, "{found} where {wanted} made the data");
    };
    for (comparison, agree) in model.comparisons.iter().zip([0.8, 0.6, 0.7]) {
        near(comparison.levels[0].m, agree, 0.05);
        near(comparison.levels[0].u, 0.1, 0.02);
    }
    // One pair in nine of a block of ten records is a match.
    near(Some(sessions[0].matches), 1.0 / 9.0, 0.02);
}
