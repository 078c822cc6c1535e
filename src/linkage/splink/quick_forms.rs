//! Quick forms of conditions against the conditions as they stand.

use super::bind;
use super::condition::Conditions;
use super::feature::{Features, Tuples, columns_of};
use super::judge::Values;
use super::settings::SplinkModel;
use crate::linkage::frame::{Frame, FrameColumn};
use crate::linkage::value::{Value, ValueType};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Judges every pair of records by a condition in its quick form and as it stands; gives the quick form.
fn agree(frame: &Frame, sql: &str) -> Result<Conditions, TestCaseError> {
    let document = serde_json::json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "probability_two_random_records_match": 0.1,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [{"output_column_name": "c", "comparison_levels": [{"sql_condition": sql}, {"sql_condition": "ELSE"}]}],
    });
    let (model, _) = SplinkModel::read(&document.to_string()).unwrap();
    let comparison = &model.comparisons[0];
    let columns = columns_of(frame, &comparison.names, "c").unwrap();
    let types: Vec<ValueType> = columns.iter().map(|at| frame.columns()[*at].value_type.clone()).collect();
    let condition = comparison.levels[0].condition.as_ref().unwrap();
    let bound = [bind::condition(condition, &types, &mut Vec::new()).unwrap()];
    let tuples = Tuples::new(frame, columns);
    let (mut features, mut as_it_stands) = (Features::default(), Features::default());
    let mut quick = Conditions::compile(&bound, false, &mut features);
    let slow = Conditions::as_they_stand(&bound, &mut as_it_stands);
    let mut table = features.compute(frame, &tuples);
    let slow_table = as_it_stands.compute(frame, &tuples);
    quick.refine(&table);
    table.read_lists();
    let mut values = Values::default();
    for left in 0..tuples.len() as u32 {
        for right in 0..tuples.len() as u32 {
            let expected = slow.first_true(&slow_table, &mut values, left, right);
            prop_assert_eq!(quick.first_true(&table, &mut values, left, right), expected, "{}", sql);
        }
    }
    Ok(quick)
}

/// Splink's distance of two places, with what is asked of it.
fn distance(asked: &str) -> String {
    let cosine = "(sin(radians(x_l)) * sin(radians(x_r)) + cos(radians(x_l)) * cos(radians(x_r)) \
        * cos(radians(y_r - y_l)))";
    let clamped = format!("case when {cosine} > 1 then 1 when {cosine} < -1 then -1 else {cosine} end");
    format!("cast(acos({clamped}) * 6371 as float) {asked}")
}

/// Conditions of which each has a quick form, or a part that has one.
const CONDITIONS: [&str; 32] = [
    "abs(x_l - x_r) / (case when x_r > x_l then x_r else x_l end) < 0.5",
    "x_l / y_r > 1 or x_r * x_l - y_l >= 2",
    "n_l + n_r = 3 and n_l * n_r <> 2",
    "n_l % n_r = 1",
    "n_l // n_r > 0 or n_l - n_r < 0",
    "abs(n_l - n_r) <= 1.5",
    "greatest(x_l, x_r * 1, 1) = least(y_l, y_r + 0, 50)",
    "coalesce(x_l - x_r, y_r * y_l, 1) between 0 and 2",
    "nullif(x_l * x_r, 0) is null",
    "case when x_l > x_r then n_l - n_r when x_r is null then null else y_l * 2 end >= 1",
    "sqrt(abs(x_l - x_r)) > ln(1 + abs(y_r - y_l))",
    "n_l in (n_r, 1, null)",
    "(x_l < x_r) is not true",
    "x_l is distinct from x_r",
    "coalesce(x_l > x_r, n_l = n_r, false)",
    "cast(x_l * x_r as float) <= 0.1",
    "round(x_l - x_r) = 1 or sign(n_l - n_r) = -1 or floor(n_l + n_r) = 2",
    "if(n_l > n_r, x_l * x_r, x_l - x_r) > 1",
    "date_diff('month', d_l, d_r) between -1 and 1",
    "abs(date_diff('day', d_l, d_r)) <= 40",
    "date_diff('year', d_r, d_l) = 1",
    "date_diff('week', d_l, d_r) = 1",
    "date_diff('quarter', d_l, d_r) * 2 > n_l",
    "d_l - d_r > 3",
    "array_length(list_intersect(v_l, v_r)) >= 1",
    "array_length(list_intersect(v_l, v_r)) = least(array_length(v_l), array_length(v_r))",
    "list_has_any(v_l, v_r) or list_has_all(v_l, v_r)",
    "list_has_all(v_l, v_r)",
    "t_l like t_r || '%' or t_r like '_' || t_l",
    "starts_with(t_l, t_r) or ends_with(t_r, t_l)",
    "jaccard(t_l, t_r) >= 0.5",
    "levenshtein(t_l, t_r) / greatest(length(t_l), length(t_r)) <= 0.5 or levenshtein(t_l, t_r) < 1 or t_l < t_r",
];

fn number() -> impl Strategy<Value = Value> {
    let odd = [0.0, -0.0, 1.0, 2.5, f64::NAN, f64::INFINITY, 50.0, 50.000_001, 50.008_993];
    let odd = prop::sample::select(odd.to_vec()).prop_map(Value::Float);
    prop_oneof![Just(Value::Null), odd, (-90.0..90.0f64).prop_map(Value::Float)]
}

fn or_null(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 6 => value].boxed()
}

fn record() -> impl Strategy<Value = [Value; 6]> {
    let texts = prop::collection::vec(or_null("[ab]{0,2}".prop_map(Value::from)), 0..4);
    let values = (
        number(),
        number(),
        or_null((-3i64..4).prop_map(Value::Integer)),
        or_null((18_000..18_400i32).prop_map(Value::Date)),
        or_null(texts.prop_map(|texts| Value::List(texts.into()))),
        or_null("[abé%_]{0,4}".prop_map(Value::from)),
    );
    values.prop_map(|(x, y, n, d, v, t)| [x, y, n, d, v, t])
}

proptest! {
    #[test]
    fn quick_forms_of_arithmetic_judge_as_sql_does(records in prop::collection::vec(record(), 2..10)) {
        let texts = ValueType::List(Box::new(ValueType::Text));
        let types = [ValueType::Float, ValueType::Float, ValueType::Integer, ValueType::Date, texts, ValueType::Text];
        let columns = ["x", "y", "n", "d", "v", "t"].into_iter().zip(types).enumerate();
        let columns = columns.map(|(place, (name, value_type))| {
            FrameColumn::from_values(name, value_type, records.iter().map(|record| record[place].clone()))
        });
        let frame = Frame::new(columns.collect()).unwrap();
        for sql in CONDITIONS {
            agree(&frame, sql)?;
        }
        for asked in ["<= 1", "<= 1000", "> 10000", "= 0", "< 19000"] {
            agree(&frame, &distance(asked))?;
        }
    }

    #[test]
    fn distances_told_by_points_are_those_of_the_formula(
        places in prop::collection::vec((-89.0..89.0f64, -180.0..180.0f64, 0.0..6.3f64, -1.0..1.0f64), 1..12),
    ) {
        // Beside each place one that lies almost 1 kilometre away, and one almost 1000.
        let near = |(x, y, turn, off): (f64, f64, f64, f64), km: f64| {
            let degrees = km / 6371.0 * 180.0 / std::f64::consts::PI * (1.0 + off * 2e-6);
            (x + degrees * libm::sin(turn), y + degrees * libm::cos(turn) / libm::cos(x.to_radians()))
        };
        let all: Vec<(f64, f64)> = places
            .into_iter()
            .flat_map(|(x, y, turn, off)| {
                [(x, y), near((x, y, turn, off), 1.0), near((x, y, std::f64::consts::FRAC_PI_2, off), 1000.0)]
            })
            .collect();
        let column = |name: &str, of: &dyn Fn(&(f64, f64)) -> f64| {
            FrameColumn::from_values(name, ValueType::Float, all.iter().map(|place| Value::Float(of(place))))
        };
        let frame = Frame::new(vec![column("x", &|place| place.0), column("y", &|place| place.1)]).unwrap();
        for asked in ["<= 1", "<= 1000", "> 1", "< 1000"] {
            prop_assert!(agree(&frame, &distance(asked))?.has_points());
        }
    }
}
