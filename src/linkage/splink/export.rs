//! Writes a model as Splink 5 saves it.

use super::settings::{Level, SplinkModel};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

impl SplinkModel {
    /// The model as a document that Splink 5 loads and scores alike: what was read, with the trained
    /// probabilities filled in and the keys of older versions brought to those of version 5. The weight of a
    /// term-frequency adjustment is always written, which Splink itself leaves out when it is 0.
    pub fn to_json(&self) -> String {
        let mut document = self.document.clone();
        document.remove("bayes_factor_column_prefix");
        let rules: Vec<Json> = self
            .blocking_rules
            .iter()
            .map(|rule| {
                let mut keys = Map::new();
                keys.insert("blocking_rule".to_owned(), json!(rule.sql));
                keys.insert("sql_dialect".to_owned(), json!(self.dialect.name()));
                if !rule.arrays_to_explode.is_empty() {
                    keys.insert("arrays_to_explode".to_owned(), json!(rule.arrays_to_explode));
                }
                Json::Object(keys)
            })
            .collect();
        let comparisons: Vec<Json> = self
            .comparisons
            .iter()
            .map(|comparison| {
                json!({
                    "output_column_name": comparison.name,
                    "comparison_description": comparison.description,
                    "comparison_levels": comparison.levels.iter().map(level).collect::<Vec<_>>(),
                })
            })
            .collect();
        for (key, value) in [
            ("link_type", json!(self.link_type.name())),
            ("probability_two_random_records_match", json!(self.prior)),
            ("sql_dialect", json!(self.dialect.name())),
            ("em_convergence", json!(self.em_convergence)),
            ("max_iterations", json!(self.max_iterations)),
            ("match_weight_column_prefix", json!(self.match_weight_prefix)),
            ("term_frequency_adjustment_column_prefix", json!(self.term_frequency_prefix)),
            ("comparison_vector_value_column_prefix", json!(self.gamma_prefix)),
            ("unique_id_column_name", json!(self.unique_id_column)),
            ("source_dataset_column_name", json!(self.source_dataset_column)),
            ("blocking_rules_to_generate_predictions", json!(rules)),
            ("comparisons", json!(comparisons)),
        ] {
            document.insert(key.to_owned(), value);
        }
        let mut text = serde_json::to_string_pretty(&Json::Object(document)).unwrap_or_default();
        text.push('\n');
        text
    }

    /// SHA-256 of the document, in hexadecimal: what a decision was made with.
    pub fn hash(&self) -> String {
        Sha256::digest(self.to_json()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn level(level: &Level) -> Json {
    let mut keys = Map::new();
    let mut put = |key: &str, value: Json| {
        keys.insert(key.to_owned(), value);
    };
    put("sql_condition", json!(level.sql));
    put("label_for_charts", json!(level.label));
    if let Some(m) = level.m {
        put("m_probability", json!(m));
    }
    if let Some(u) = level.u {
        put("u_probability", json!(u));
    }
    put("fix_m_probability", json!(level.fix_m));
    put("fix_u_probability", json!(level.fix_u));
    if level.is_null {
        put("is_null_level", json!(true));
    }
    if let Some(settings) = &level.term_frequency {
        put("tf_adjustment_column", json!(settings.column));
        put("tf_adjustment_weight", json!(settings.weight));
        if settings.minimum_u != 0.0 {
            put("tf_minimum_u_value", json!(settings.minimum_u));
        }
        if settings.own_u {
            put("disable_tf_exact_match_detection", json!(true));
        }
    }
    Json::Object(keys)
}
