//! A model of childlink as a Splink model over prepared records.
//!
//! The comparison forms that childlink computes (a name without its joins, a postcode's district) become columns of
//! prepared records, and the levels of a comparison become conditions over them. A comparison is taken over whole or
//! not at all: with one level missing, its pairs would fall to another level and weigh wrongly.

use crate::error::Error;
use crate::linkage::model::{BlockingRule, Comparison, Model};
use crate::linkage::predicate;
use serde_json::{Value as Json, json};

/// A Splink model made from one of childlink's.
pub struct OfModel {
    /// The document, as Splink 5 reads it.
    pub json: String,
    /// What it does not say, each with its place and reason.
    pub left_out: Vec<LeftOut>,
}

/// A part of a model that a Splink model cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The part: `comparison residence`, `blocking rule ...`.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl OfModel {
    /// What is left out, in one sentence for each part.
    pub fn in_words(&self) -> String {
        self.left_out.iter().map(|part| format!("{}: {}\n", part.place, part.reason)).collect()
    }

    /// The model, if nothing had to be left out.
    ///
    /// # Errors
    /// `model/not-expressible`, which names every part.
    pub fn whole(self) -> Result<OfModel, Error> {
        if self.left_out.is_empty() {
            return Ok(self);
        }
        Err(Error::new(
            "model/not-expressible",
            format!("a Splink model cannot express all of this model:\n{}", self.in_words()),
            "leave these parts out with --partial: pairs then weigh as in this model without them",
        ))
    }
}

/// Translates a model.
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-predicate`.
pub fn of_model(model: &Model) -> Result<OfModel, Error> {
    let mut left_out = Vec::new();
    let mut leave = |place: String, reason: String| left_out.push(LeftOut { place, reason });
    let mut comparisons = Vec::new();
    for comparison in &model.comparisons {
        match levels(comparison)? {
            Ok(levels) => {
                if comparison.levels.iter().any(|level| level.term_frequency.is_some()) {
                    leave(
                        format!("comparison {}, term frequency", comparison.name),
                        "childlink smooths frequencies, which Splink does not".to_owned(),
                    );
                }
                comparisons.push(json!({
                    "output_column_name": comparison.name, "comparison_description": comparison.name,
                    "comparison_levels": levels,
                }));
            }
            Err(reason) => leave(format!("comparison {}", comparison.name), reason),
        }
    }
    if model.household_pairs_per_match.is_some() {
        leave("the household class".to_owned(), "Splink knows matches and chance pairs only".to_owned());
    }
    let mut rules = Vec::new();
    for rule in &model.blocking {
        match blocking(rule) {
            Ok(sql) => rules.push(json!({"blocking_rule": sql, "sql_dialect": "duckdb"})),
            Err(reason) => leave(format!("blocking rule {}", rule.name), reason),
        }
    }
    let document = json!({
        "link_type": "dedupe_only",
        "probability_two_random_records_match": model.probability_two_random_records_match,
        "retain_matching_columns": true,
        "retain_intermediate_calculation_columns": true,
        "sql_dialect": "duckdb",
        "linker_uid": model.hash()[..8],
        "unique_id_column_name": "unique_id",
        "source_dataset_column_name": "source",
        "blocking_rules_to_generate_predictions": rules,
        "comparisons": comparisons,
    });
    let mut json = serde_json::to_string_pretty(&document).unwrap_or_default();
    json.push('\n');
    Ok(OfModel { json, left_out })
}

/// The levels of a comparison as Splink writes them, or why they cannot be.
fn levels(comparison: &Comparison) -> Result<Result<Vec<Json>, String>, Error> {
    let mut levels = Vec::new();
    for level in &comparison.levels {
        predicate::find(&level.when)?;
        let sql = match level.when.as_str() {
            "otherwise" => "ELSE".to_owned(),
            when => match condition(when, level.number.unwrap_or(0.0)) {
                Some(sql) => sql,
                None => return Ok(Err(format!("no columns express {when}"))),
            },
        };
        let mut keys = json!({"sql_condition": sql, "label_for_charts": level.label});
        match level.is_null_level {
            true => keys["is_null_level"] = json!(true),
            false => {
                keys["m_probability"] = json!(level.m);
                keys["u_probability"] = json!(level.u);
            }
        }
        levels.push(keys);
    }
    Ok(Ok(levels))
}

fn either_missing(column: &str) -> String {
    format!("\"{column}_l\" IS NULL OR \"{column}_r\" IS NULL")
}

fn equal(column: &str) -> String {
    across(column, column)
}

/// One column of the left record against another of the right one.
fn across(left: &str, right: &str) -> String {
    format!("\"{left}_l\" = \"{right}_r\"")
}

/// One edit parts two texts of at least three letters.
fn slip(left: &str, right: &str) -> String {
    let (l, r) = (format!("\"{left}_l\""), format!("\"{right}_r\""));
    format!("(LEAST(LENGTH({l}), LENGTH({r})) >= 3 AND {l} <> {r} AND damerau_levenshtein({l}, {r}) <= 1)")
}

fn similar(left: &str, right: &str, threshold: f64) -> String {
    format!("jaro_winkler_similarity(\"{left}_l\", \"{right}_r\") >= {threshold:?}")
}

/// A condition that is false where it is unknown.
fn known(condition: &str) -> String {
    format!("COALESCE({condition}, FALSE)")
}

/// A predicate over the columns of prepared records; `None` where no columns express it.
fn condition(predicate: &str, number: f64) -> Option<String> {
    let number_slip = "damerau_levenshtein(\"nhs_figures_l\", \"nhs_figures_r\") <= 1";
    let part_agrees = |part: &str| format!("CAST({} AS INTEGER)", known(&equal(part)));
    Some(match predicate {
        "source/different" => "\"source_l\" <> \"source_r\"".to_owned(),
        "nhs-number/missing" => format!("({}) AND NOT {}", either_missing("nhs_number"), known(number_slip)),
        "nhs-number/equal" => equal("nhs_number"),
        "nhs-number/slip" => format!("({}) AND {number_slip}", either_missing("nhs_number")),
        "nhs-number/on-one-side" => "(\"nhs_number_l\" IS NULL) <> (\"nhs_number_r\" IS NULL)".to_owned(),
        "birth-date/missing" => either_missing("birth_year"),
        "birth-date/equal" => equal("birth_date"),
        "birth-date/equal-filler" => format!("{} AND \"birth_date_l\" LIKE '%-01-01'", equal("birth_date")),
        "birth-date/partly" => {
            let open = |part: &str| format!("({} OR {})", equal(part), either_missing(part));
            format!(
                "{} AND ((({}) AND {} AND {}) OR \"birth_date_l\" LIKE '%-01-01' OR \"birth_date_r\" LIKE '%-01-01')",
                equal("birth_year"),
                either_missing("birth_date"),
                open("birth_month"),
                open("birth_day")
            )
        }
        "birth-date/day-month-exchanged" => format!(
            "{} AND {} AND {}",
            equal("birth_year"),
            across("birth_month", "birth_day"),
            across("birth_day", "birth_month")
        ),
        "birth-date/slip" => {
            let figures = "\"birth_figures_l\" <> \"birth_figures_r\"";
            format!("{figures} AND damerau_levenshtein(\"birth_figures_l\", \"birth_figures_r\") <= 1")
        }
        "birth-date/parts-equal" => {
            let parts = ["birth_year", "birth_month", "birth_day"].map(part_agrees).join(" + ");
            format!("{parts} >= {number:?}")
        }
        "birth-date/within-days" => format!(
            "ABS(date_diff('day', TRY_CAST(\"birth_date_l\" AS DATE), TRY_CAST(\"birth_date_r\" AS DATE))) <= {number:?}"
        ),
        "sex/missing" => either_missing("sex"),
        "sex/equal" => equal("sex"),
        "birth-order/missing" => either_missing("birth_order"),
        "birth-order/equal" => equal("birth_order"),
        "given-name/missing" => either_missing("given_name"),
        "given-name/equal" => equal("given_name"),
        "given-name/initial" => {
            let letter = "(LENGTH(\"given_name_l\") = 1 OR LENGTH(\"given_name_r\") = 1)";
            format!("{letter} AND SUBSTRING(\"given_name_l\", 1, 1) = SUBSTRING(\"given_name_r\", 1, 1)")
        }
        "given-name/slip" => {
            format!("{} OR {}", slip("given_first", "given_first"), slip("given_name", "given_name"))
        }
        "given-name/similar" => format!(
            "{} OR ((\"given_second_l\" IS NOT NULL OR \"given_second_r\" IS NOT NULL) AND {})",
            similar("given_first", "given_first", number),
            similar("given_name", "given_name", number)
        ),
        "name/swapped" => swapped(),
        "other-names/missing" => either_missing("other_names"),
        "other-names/equal" => equal("other_names"),
        "family-name/missing" => format!("{} OR {}", either_missing("family_name"), swapped()),
        "family-name/equal" => equal("family_name"),
        "family-name/sex-ending" => equal("family_stem"),
        "family-name/previous" => format!(
            "{} OR {} OR {}",
            across("family_name", "previous_family_name"),
            across("previous_family_name", "family_name"),
            equal("previous_family_name")
        ),
        "family-name/mother" => {
            let pairs = [("family_name", "mother_family_name"), ("family_stem", "mother_family_stem")];
            let both_ways = pairs.map(|(own, hers)| format!("{} OR {}", across(own, hers), across(hers, own)));
            both_ways.join(" OR ")
        }
        "family-name/slip" => slip("family_name", "family_name"),
        "family-name/similar" => similar("family_name", "family_name", number),
        "residence/postcode" => equal("postcode"),
        "residence/previous-postcode" => format!(
            "{} OR {} OR {}",
            across("postcode", "previous_postcode"),
            across("previous_postcode", "postcode"),
            equal("previous_postcode")
        ),
        "residence/sector" => equal("postcode_sector"),
        "residence/district" => equal("postcode_district"),
        "residence/area" => equal("postcode_area"),
        "practice/missing-or-same-postcode" => format!("{} OR {}", either_missing("practice"), equal("postcode")),
        "practice/equal" => equal("practice"),
        "mother/missing" => {
            let hers = ["mother_nhs_number", "mother_given_name", "mother_family_name"];
            hers.map(|column| format!("({})", either_missing(column))).join(" AND ")
        }
        "mother/nhs-number-equal" => equal("mother_nhs_number"),
        "mother/names-equal" => {
            format!(
                "{} AND ({} OR {})",
                equal("mother_given_spelling"),
                equal("mother_family_name"),
                equal("mother_birth_date")
            )
        }
        "mother/given-name-equal" => equal("mother_given_spelling"),
        "mother/family-name-equal" => {
            format!("({}) AND {}", either_missing("mother_given_name"), equal("mother_family_name"))
        }
        _ => return None,
    })
}

/// The given name of each is the family name of the other, or of one and the rest is alike.
fn swapped() -> String {
    let (one, other) = (known(&across("given_name", "family_name")), known(&across("family_name", "given_name")));
    let alike = |left: &str, right: &str| known(&format!("({} OR {})", slip(left, right), similar(left, right, 0.9)));
    format!(
        "(({one} AND ({other} OR {})) OR ({other} AND {}))",
        alike("family_name", "given_name"),
        alike("given_name", "family_name")
    )
}

/// A blocking rule over the columns of prepared records, or why there is none.
fn blocking(rule: &BlockingRule) -> Result<String, String> {
    if let Some(only_if) = &rule.only_if {
        return Err(format!("it asks for {only_if} too"));
    }
    let part = |key: &String| {
        let column = match key.as_str() {
            "nhs-number" => "nhs_number",
            "birth-date" => "birth_date",
            "birth-year" => "birth_year",
            "given-name" => "given_spelling",
            "family-name" => "family_stem",
            "sex" => "sex",
            "postcode-sector" => "postcode_sector",
            "postcode-district" => "postcode_district",
            "practice" => "practice",
            "mother-nhs-number" => "mother_nhs_number",
            _ => return Err(format!("no one column expresses the key {key}")),
        };
        Ok(format!("l.\"{column}\" = r.\"{column}\""))
    };
    rule.keys.iter().map(part).collect::<Result<Vec<_>, _>>().map(|parts| parts.join(" AND "))
}
