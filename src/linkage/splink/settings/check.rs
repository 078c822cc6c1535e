//! What a saved model says that cannot be meant. Splink takes it and computes, so most of it is told and not refused.

use super::super::finding::{COMPARISON_TWICE, ModelFinding, OUT_OF_RANGE};
use super::{Comparison, SplinkModel};
use crate::error::Error;

/// Refuses prefixes of which two are alike. Splink writes results of two kinds under one name then, and its weights
/// are others than the model's.
pub(super) fn prefixes(model: &SplinkModel) -> Result<(), Error> {
    let prefixes = [&model.match_weight_prefix, &model.gamma_prefix, &model.term_frequency_prefix];
    if prefixes.iter().enumerate().all(|(place, prefix)| !prefixes[..place].contains(prefix)) {
        return Ok(());
    }
    Err(Error::new(
        "splink/prefix",
        "two of the prefixes of match weights, comparison vectors and term frequencies are alike",
        "give each a prefix of its own: mw_, gamma_ and tf_ are usual",
    ))
}

/// Tells of comparisons of one name, the evidence of each of which counts.
pub(super) fn names(comparisons: &[Comparison], findings: &mut Vec<ModelFinding>) {
    for (place, comparison) in comparisons.iter().enumerate() {
        if comparisons[..place].iter().any(|other| other.name == comparison.name) {
            findings.push(COMPARISON_TWICE.at(format!("comparison {}", comparison.name)));
        }
    }
}

/// Tells of a number that should be between 0 and 1. Splink's own defaults for an untrained u are above.
pub(super) fn share(number: f64, place: &str, key: &str, findings: &mut Vec<ModelFinding>) {
    if !(0.0..=1.0).contains(&number) {
        findings.push(OUT_OF_RANGE.at(format!("{place}, {key}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document() -> Value {
        let level = |sql: &str, p: f64| json!({"sql_condition": sql, "m_probability": p, "u_probability": 1.0 - p});
        json!({
            "link_type": "dedupe_only", "sql_dialect": "duckdb",
            "comparisons": [{
                "output_column_name": "a", "comparison_levels": [level("a_l = a_r", 0.9), level("ELSE", 0.1)],
            }],
        })
    }

    fn findings(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut document = document();
        change(&mut document);
        let (_, findings) = SplinkModel::read(&document.to_string()).unwrap();
        findings.iter().map(|finding| format!("{} {}", finding.code.id, finding.place)).collect()
    }

    /// Splink 5 scores with each of these (tried on fake_1000), so that none is refused.
    #[test]
    fn what_splink_computes_with_is_told_and_used() {
        assert!(findings(|_| ()).is_empty());
        let level = "comparison a, level 1 (a_l = a_r)";
        let put = |key: &'static str, value: f64| {
            move |model: &mut Value| {
                let level = &mut model["comparisons"][0]["comparison_levels"][0];
                (level["tf_adjustment_column"], level["tf_adjustment_weight"]) = (json!("a"), json!(1.0));
                level[key] = json!(value);
            }
        };
        for (key, value) in [
            ("m_probability", 1.5),
            ("u_probability", 1.5),
            ("tf_minimum_u_value", 2.0),
            ("tf_adjustment_weight", -5.0),
            ("tf_adjustment_weight", 1e308),
        ] {
            assert_eq!(findings(put(key, value)), [format!("splink/out-of-range {level}, {key}")]);
        }
        let twice = |model: &mut Value| {
            let again = model["comparisons"][0].clone();
            model["comparisons"].as_array_mut().unwrap().push(again);
        };
        assert_eq!(findings(twice), ["splink/comparison-twice comparison a"]);
    }

    #[test]
    fn what_splink_does_not_compute_with_is_refused_with_its_range() {
        let error = |key: &str, value: Value| {
            let mut document = document();
            document[key] = value;
            SplinkModel::read(&document.to_string()).unwrap_err()
        };
        for prior in [0.0, 1.0, 2.0] {
            let error = error("probability_two_random_records_match", json!(prior));
            assert_eq!((error.code, error.hint.as_str()), ("splink/probability", "it must be above 0 and below 1"));
        }
        assert_eq!(error("match_weight_column_prefix", json!("gamma_")).code, "splink/prefix");
    }
}
