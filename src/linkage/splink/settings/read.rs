//! Reads the document of a saved model, part by part.

use super::super::comparator::unsupported;
use super::super::dialect::Dialect;
use super::super::expression::Names;
use super::super::finding::{self, ModelFinding};
use super::super::level::LEAST_PROBABILITY;
use super::super::sql::{self, Naming};
use super::keys::{Keys, not_a_model};
use super::{BlockingRule, Comparison, Level, LinkType, SplinkModel, TermFrequencySettings, check, place_of_level};
use crate::error::Error;
use serde_json::{Map, Value as Json};

impl SplinkModel {
    /// Reads a saved model and tells what is worth knowing about it.
    ///
    /// # Errors
    /// `splink/not-a-model` for a document that is none; `splink/dialect`, `splink/link-type`,
    /// `splink/probability`, `splink/term-frequency` and `splink/unsupported-sql` for what cannot be honoured,
    /// named by its place.
    pub fn read(text: &str) -> Result<(SplinkModel, Vec<ModelFinding>), Error> {
        let document: Json =
            serde_json::from_str(text).map_err(|error| not_a_model(format!("it is no JSON: {error}")))?;
        let Json::Object(document) = document else { return Err(not_a_model("it is no JSON object")) };
        let mut findings = Vec::new();
        let reader = Keys { keys: &document, place: "the model" };
        let dialect = match reader.text("sql_dialect")? {
            Some(name) => Dialect::from_name(name)?,
            None => {
                findings.push(finding::DIALECT_ASSUMED.at("the model"));
                Dialect::DuckDb
            }
        };
        let link_type = link_type(reader.text("link_type")?)?;
        let prior = reader.number("probability_two_random_records_match")?.unwrap_or(0.0001);
        if !(0.0 < prior && prior < 1.0) {
            let key = "probability_two_random_records_match";
            let hint = "it must be above 0 and below 1";
            let message = format!("the model: {key} is {prior:e}");
            return Err(Error::new("splink/probability", message, hint).in_field(key));
        }
        note_unknown_keys(&document, &mut findings);
        let rules = match document.get("blocking_rules_to_generate_predictions") {
            Some(Json::Array(rules)) => rules.as_slice(),
            None | Some(Json::Null) => &[],
            Some(_) => return Err(not_a_model("blocking_rules_to_generate_predictions is no list")),
        };
        let blocking_rules = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| blocking_rule(&format!("blocking rule {}", index + 1), rule, dialect, &mut findings))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(Json::Array(comparisons)) = document.get("comparisons") else {
            return Err(not_a_model("it has no list of comparisons"));
        };
        let comparisons = comparisons
            .iter()
            .enumerate()
            .map(|(index, comparison)| read_comparison(index, comparison, dialect, &mut findings))
            .collect::<Result<Vec<_>, _>>()?;
        if comparisons.is_empty() {
            return Err(not_a_model("it has no comparison"));
        }
        let named = |key: &str, otherwise: &str| Ok::<_, Error>(reader.text(key)?.unwrap_or(otherwise).to_owned());
        check::names(&comparisons, &mut findings);
        let model = SplinkModel {
            link_type,
            prior,
            dialect,
            unique_id_column: unquoted(&named("unique_id_column_name", "unique_id")?),
            source_dataset_column: unquoted(&named("source_dataset_column_name", "source_dataset")?),
            match_weight_prefix: named("match_weight_column_prefix", "mw_")?,
            gamma_prefix: named("comparison_vector_value_column_prefix", "gamma_")?,
            term_frequency_prefix: named("term_frequency_adjustment_column_prefix", "tf_")?,
            em_convergence: reader.number("em_convergence")?.unwrap_or(1e-4),
            max_iterations: reader.number("max_iterations")?.map_or(25, |number| number as usize),
            blocking_rules,
            comparisons,
            document,
        };
        check::prefixes(&model)?;
        Ok((model, findings))
    }
}

impl BlockingRule {
    /// Reads a rule in the dialect of a model.
    ///
    /// # Errors
    /// `splink/unsupported-sql`.
    pub fn parse(sql: &str, dialect: Dialect) -> Result<BlockingRule, Error> {
        let place = format!("blocking rule «{sql}»");
        blocking_rule(&place, &Json::String(sql.to_owned()), dialect, &mut Vec::new())
    }
}

fn probability(place: &str, key: &str, value: f64) -> Error {
    Error::new(
        "splink/probability",
        format!("{place}: {key} is {value:e}"),
        format!("a probability must be at least {LEAST_PROBABILITY:e}; retrain the level or leave the key out"),
    )
    .in_field(key)
}

fn link_type(name: Option<&str>) -> Result<LinkType, Error> {
    match name {
        Some("dedupe_only") => Ok(LinkType::DedupeOnly),
        Some("link_only") => Ok(LinkType::LinkOnly),
        Some("link_and_dedupe") => Ok(LinkType::LinkAndDedupe),
        other => Err(Error::new(
            "splink/link-type",
            format!("the link type is {}", other.unwrap_or("missing")),
            "use dedupe_only, link_only or link_and_dedupe",
        )
        .in_field("link_type")),
    }
}

const TOP_KEYS: [&str; 19] = [
    "link_type",
    "probability_two_random_records_match",
    "retain_matching_columns",
    "retain_intermediate_calculation_columns",
    "additional_columns_to_retain",
    "sql_dialect",
    "linker_uid",
    "em_convergence",
    "max_iterations",
    "match_weight_column_prefix",
    "bayes_factor_column_prefix",
    "term_frequency_adjustment_column_prefix",
    "comparison_vector_value_column_prefix",
    "unique_id_column_name",
    "source_dataset_column_name",
    "blocking_rules_to_generate_predictions",
    "comparisons",
    "splink_version",
    "$schema",
];

fn note_unknown_keys(document: &Map<String, Json>, findings: &mut Vec<ModelFinding>) {
    for key in document.keys().filter(|key| !TOP_KEYS.contains(&key.as_str())) {
        findings.push(finding::KEY_IGNORED.at(format!("the model, {key}")));
    }
    if document.get("bayes_factor_column_prefix").is_some_and(|prefix| prefix != "bf_") {
        findings.push(finding::KEY_IGNORED.at("the model, bayes_factor_column_prefix"));
    }
}

fn blocking_rule(
    place: &str,
    rule: &Json,
    model_dialect: Dialect,
    findings: &mut Vec<ModelFinding>,
) -> Result<BlockingRule, Error> {
    let empty = Map::new();
    let (sql, keys) = match rule {
        Json::String(sql) => (sql.as_str(), &empty),
        Json::Object(keys) => match keys.get("blocking_rule") {
            Some(Json::String(sql)) => (sql.as_str(), keys),
            _ => return Err(not_a_model(format!("{place} has no text"))),
        },
        _ => return Err(not_a_model(format!("{place} is neither text nor object"))),
    };
    let reader = Keys { keys, place };
    let dialect = reader.text("sql_dialect")?.map_or(Ok(model_dialect), Dialect::from_name)?;
    if keys.get("salting_partitions").is_some_and(|partitions| !partitions.is_null()) {
        findings.push(finding::KEY_IGNORED.at(format!("{place}, salting_partitions")));
    }
    let mut names = Names::default();
    let parsed = sql::parse(sql, dialect, Naming::Alias, &mut names).map_err(|refusal| unsupported(&refusal, place))?;
    note_unverified(&parsed.unverified, place, findings);
    Ok(BlockingRule {
        sql: sql.to_owned(),
        condition: parsed.expression,
        names,
        arrays_to_explode: reader.texts("arrays_to_explode")?.iter().map(|name| unquoted(name)).collect(),
    })
}

fn read_comparison(
    index: usize,
    comparison: &Json,
    dialect: Dialect,
    findings: &mut Vec<ModelFinding>,
) -> Result<Comparison, Error> {
    let numbered = format!("comparison {}", index + 1);
    let Json::Object(keys) = comparison else { return Err(not_a_model(format!("{numbered} is no object"))) };
    let reader = Keys { keys, place: &numbered };
    let Some(Json::Array(levels)) = keys.get("comparison_levels") else {
        return Err(not_a_model(format!("{numbered} has no list of levels")));
    };
    let given = reader.text("output_column_name")?.map(str::to_owned);
    let mut names = Names::default();
    let shown = given.clone().unwrap_or_else(|| (index + 1).to_string());
    let levels = levels
        .iter()
        .enumerate()
        .map(|(level, keys)| read_level(&shown, level, keys, dialect, &mut names, findings))
        .collect::<Result<Vec<_>, _>>()?;
    // SQL has no branch after ELSE, so that Splink's query fails.
    let before_last = levels.split_last().map_or(&[][..], |(_, before)| before);
    if let Some(early) = before_last.iter().position(|level| level.condition.is_none()) {
        let place = place_of_level(&shown, early, &levels[early].label);
        return Err(not_a_model(format!("{place} is ELSE and other levels stand after it")));
    }
    let scored = levels.iter().filter(|level| !level.is_null).count();
    if scored < 2 || scored > 200 {
        return Err(not_a_model(format!("{numbered} has {scored} levels that are not null levels")));
    }
    // Splink names a comparison after its columns when nothing else is said.
    let name = given.unwrap_or_else(|| match names.all() {
        [one] => one.clone(),
        several => format!("custom_{}", several.join("_")),
    });
    let description = reader.text("comparison_description")?.unwrap_or(&name).to_owned();
    let comparison = Comparison { name: name.replace(' ', "_"), description, names, levels };
    for (index, level) in comparison.levels.iter().enumerate() {
        if let Some(settings) = level.term_frequency.as_ref().filter(|settings| settings.weight != 0.0) {
            comparison.base_u(index, settings)?;
        }
    }
    Ok(comparison)
}

fn read_level(
    comparison: &str,
    index: usize,
    level: &Json,
    dialect: Dialect,
    names: &mut Names,
    findings: &mut Vec<ModelFinding>,
) -> Result<Level, Error> {
    let numbered = format!("comparison {comparison}, level {}", index + 1);
    let Json::Object(keys) = level else { return Err(not_a_model(format!("{numbered} is no object"))) };
    let reader = Keys { keys, place: &numbered };
    let Some(sql) = reader.text("sql_condition")? else {
        return Err(not_a_model(format!("{numbered} has no sql_condition")));
    };
    let label = reader.text("label_for_charts")?.unwrap_or(sql).to_owned();
    let place = place_of_level(comparison, index, &label);
    let condition = match sql.trim().eq_ignore_ascii_case("else") {
        true => None,
        false => {
            let parsed =
                sql::parse(sql, dialect, Naming::Suffix, names).map_err(|refusal| unsupported(&refusal, &place))?;
            note_unverified(&parsed.unverified, &place, findings);
            Some(parsed.expression)
        }
    };
    let is_null = reader.truth("is_null_level")?;
    let (m, u) = match is_null {
        true => (None, None),
        false => {
            (trained(&reader, "m_probability", &place, findings)?, trained(&reader, "u_probability", &place, findings)?)
        }
    };
    let term_frequency = match reader.text("tf_adjustment_column")? {
        // Splink adjusts neither null nor ELSE levels, whatever they say.
        Some(column) if !is_null && condition.is_some() => {
            let weight = reader.number("tf_adjustment_weight")?;
            for key in ["tf_adjustment_weight", "tf_minimum_u_value"] {
                reader.number(key)?.into_iter().for_each(|number| check::share(number, &place, key, findings));
            }
            if weight.is_none() {
                findings.push(finding::WEIGHT_ASSUMED.at(&place));
            }
            Some(TermFrequencySettings {
                column: unquoted(column),
                weight: weight.unwrap_or(1.0),
                minimum_u: reader.number("tf_minimum_u_value")?.unwrap_or(0.0),
                own_u: reader.truth("disable_tf_exact_match_detection")?,
            })
        }
        _ => None,
    };
    Ok(Level {
        sql: sql.to_owned(),
        condition,
        label,
        is_null,
        m,
        u,
        fix_m: reader.truth("fix_m_probability")?,
        fix_u: reader.truth("fix_u_probability")?,
        term_frequency,
    })
}

/// An m or u probability of the document; one that training never observed counts as a millionth.
fn trained(reader: &Keys, key: &str, place: &str, findings: &mut Vec<ModelFinding>) -> Result<Option<f64>, Error> {
    let value = match reader.keys.get(key) {
        Some(Json::String(text)) if text.starts_with("level not observed") => {
            findings.push(finding::NOT_OBSERVED.at(format!("{place}, {key}")));
            return Ok(Some(1e-6));
        }
        _ => reader.number(key)?,
    };
    match value {
        Some(value) if value.is_nan() || value < LEAST_PROBABILITY => Err(probability(place, key, value)),
        Some(value) => {
            check::share(value, place, key, findings);
            Ok(Some(value))
        }
        None => {
            findings.push(finding::UNTRAINED_LEVEL.at(format!("{place}, {key}")));
            Ok(None)
        }
    }
}

fn note_unverified(functions: &[String], place: &str, findings: &mut Vec<ModelFinding>) {
    for function in functions {
        findings.push(finding::UNVERIFIED_FUNCTION.at(format!("{place}, function {function}")));
    }
}

/// A column name without the quotes of any dialect.
fn unquoted(name: &str) -> String {
    name.trim_matches(['"', '`']).to_owned()
}
