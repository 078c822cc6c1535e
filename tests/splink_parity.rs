//! Scores equal those of Splink itself: every pair, every level, every weight.
#![cfg(all(feature = "splink", feature = "columnar", feature = "csv"))]

use childlink::exchange::frame;
use childlink::linkage::frame::Frame;
use childlink::linkage::splink::prediction::Field;
use childlink::linkage::splink::{Predictions, Records, SplinkModel};
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
        _ => frame::csv::read(file).unwrap(),
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
