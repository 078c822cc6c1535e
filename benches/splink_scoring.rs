//! promise/splink-models-weigh-fifty-times-faster: candidate pairs weighed a second by a Splink model, blocking and
//! writing apart. `scripts/bench/splink-scoring` runs Splink itself beside childlink on real names.
//!
//! Run with `cargo bench --bench splink_scoring [-- THREADS]`. Every run must give the same sum of weights.

use childlink::linkage::frame::{Frame, FrameColumn};
use childlink::linkage::parallel;
use childlink::linkage::splink::blocking::candidates;
use childlink::linkage::splink::score::CompiledModel;
use childlink::linkage::splink::{Records, SplinkModel};
use childlink::linkage::value::{Value, ValueType};
use std::hint::black_box;
use std::time::Instant;

const RECORDS: usize = 50_000;
const RUNS: usize = 20;

fn main() {
    let threads = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(2);
    let (model, _) = SplinkModel::read(&model().to_string()).expect("the model is one of Splink");
    let records = Records::new(records(), &model).expect("the records have the model's columns");
    let compiled = CompiledModel::new(&records, &model).expect("the model fits the records");
    let pairs = candidates(&records, &model.blocking_rules).expect("the rules fit the records").records();
    let (mut best, mut sum) = (f64::INFINITY, None);
    parallel::with_threads(threads, || {
        for _ in 0..RUNS {
            let start = Instant::now();
            let scores = compiled.score(black_box(&pairs)).expect("every pair can be judged");
            best = best.min(start.elapsed().as_secs_f64());
            let own: f64 = scores.weights.iter().sum();
            assert_eq!(*sum.get_or_insert(own), own);
        }
    });
    println!(
        "{} pairs of {RECORDS} records, {threads} threads: {:.1} million pairs a second, mean weight {:.3}",
        pairs.len(),
        pairs.len() as f64 / best / 1e6,
        sum.unwrap_or_default() / pairs.len() as f64
    );
}

/// Made-up people: one in three repeats the one before with a slip in the name.
fn records() -> Frame {
    let person = |row: usize| mixed(row - usize::from(row % 3 == 2));
    let column = |name: &str, value: &dyn Fn(usize) -> String| {
        let values = (0..RECORDS).map(|row| match value(row) {
            text if text.is_empty() => Value::Null,
            text => Value::text(&text),
        });
        FrameColumn::from_values(name, ValueType::Text, values)
    };
    let slipped = |row: usize, name: String| if row % 3 == 2 { name.replacen('A', "E", 1) } else { name };
    let date = |n: u64| format!("{}-{:02}-{:02}", 2006 + n % 18, 1 + n / 18 % 12, 1 + n / 216 % 28);
    Frame::new(vec![
        column("unique_id", &|row| format!("{row:06}")),
        column("first_name", &|row| slipped(row, name(person(row) >> 40 & 0xfff))),
        column("surname", &|row| slipped(row, name(person(row) >> 20 & 0x3fff))),
        column("dob", &|row| date(person(row) >> 3 & 0x1fff)),
        column("town", &|row| if row % 11 == 0 { String::new() } else { name(person(row) >> 50 & 0xff) }),
    ])
    .expect("columns of one length")
}

fn mixed(n: usize) -> u64 {
    let n = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (n ^ n >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// A name of two or three syllables, the same for the same number.
fn name(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["AL", "BER", "CAR", "DAN", "ED", "FOR", "GRA", "HAN", "IS", "JO", "KA", "LIN", "MAR", "NO", "RAY", "SO"];
    let digits = (0..if number & 1 == 0 { 3 } else { 4 }).map(|place| (number >> (4 * place) & 15) as usize);
    digits.map(|digit| SYLLABLES[digit]).collect()
}

/// Names, date of birth and town as Splink's library compares them.
fn model() -> serde_json::Value {
    let null = |column: &str| serde_json::json!({"sql_condition": format!("{column}_l IS NULL OR {column}_r IS NULL"), "is_null_level": true});
    let level =
        |sql: String, m: f64, u: f64| serde_json::json!({"sql_condition": sql, "m_probability": m, "u_probability": u});
    let names = |column: &str| {
        let similar = |threshold: f64| format!("jaro_winkler_similarity({column}_l, {column}_r) >= {threshold}");
        let mut exact = level(format!("{column}_l = {column}_r"), 0.8, 0.001);
        exact["tf_adjustment_column"] = column.into();
        let levels = [
            null(column),
            exact,
            level(similar(0.92), 0.1, 0.002),
            level(similar(0.88), 0.03, 0.004),
            level(similar(0.7), 0.03, 0.05),
            level("ELSE".to_owned(), 0.04, 0.943),
        ];
        serde_json::json!({"output_column_name": column, "comparison_levels": levels})
    };
    let apart = |seconds: f64| {
        let time = |side: &str| format!("EPOCH(try_strptime(dob_{side}, '%Y-%m-%d'))");
        format!("ABS({} - {}) <= {seconds}", time("l"), time("r"))
    };
    let dates = [
        null("dob"),
        level("dob_l = dob_r".to_owned(), 0.9, 0.0002),
        level("levenshtein(dob_l, dob_r) <= 1".to_owned(), 0.05, 0.003),
        level(apart(2_629_800.0), 0.01, 0.01),
        level(apart(31_557_600.0), 0.01, 0.1),
        level("ELSE".to_owned(), 0.03, 0.8868),
    ];
    let towns = [null("town"), level("town_l = town_r".to_owned(), 0.8, 0.004), level("ELSE".to_owned(), 0.2, 0.996)];
    serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.0001,
        "blocking_rules_to_generate_predictions":
            ["l.dob = r.dob", "l.surname = r.surname", "l.first_name = r.first_name and l.town = r.town"],
        "comparisons": [
            names("first_name"), names("surname"), {"output_column_name": "dob", "comparison_levels": dates},
            {"output_column_name": "town", "comparison_levels": towns},
        ],
    })
}
