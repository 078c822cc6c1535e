//! `report.html` of general record linkage: records of any columns, linked by a Splink model.

use super::chart::{Bar, bars};
use super::html::{HtmlTable, count, escaped, figure, page};
use super::linkage::{items, text, whole};
use crate::error::Error;
use crate::linkage::splink::SplinkModel;
use serde_json::Value;

/// The page of a run, from its `summary.json` and its model. It shows no field of a record.
///
/// # Errors
/// `report/cannot-draw`.
pub fn general_page(summary: &Value, model: &SplinkModel) -> Result<String, Error> {
    let linkage = &summary["linkage"];
    let sections = [
        ("Reconciliation", reconciliation(summary)),
        ("Findings about the model", findings(summary)),
        ("Blocking", blocking(linkage)?),
        ("Model", levels(model)?),
    ];
    let lead = format!(
        "<p class=\"note\">A Splink model, {} in {} SQL, SHA-256 {}. The page holds counts and levels, and no field of a \
         record.</p>\n",
        escaped(&text(&linkage["model"]["link_type"])),
        escaped(&text(&linkage["model"]["sql_dialect"])),
        escaped(&text(&linkage["model"]["sha256"]))
    );
    Ok(page("Linkage report", &lead, &sections))
}

fn reconciliation(summary: &Value) -> String {
    let linkage = &summary["linkage"];
    let mut counts = HtmlTable::new("", &["What", "#Number"]);
    for (name, value) in [
        ("Rows read", &summary["rows"]["read"]),
        ("Rows accepted", &summary["rows"]["accepted"]),
        ("Rows set aside", &summary["rows"]["quarantined"]),
        ("Groups found", &linkage["children"]),
        ("Pairs compared", &linkage["candidate_pairs"]),
        ("Pairs linked", &linkage["links"]),
        ("Pairs for review", &linkage["review"]),
    ] {
        counts.row([name.to_owned(), count(whole(value))]);
    }
    let mut sources = HtmlTable::new("", &["Source", "#Records"]);
    items(&summary["sources"]).for_each(|own| sources.row([text(&own["source"]), count(whole(&own["records"]))]));
    let bits = |key: &str| linkage["thresholds"][key].as_f64().map_or_else(String::new, |bits| format!("{bits:.2}"));
    let thresholds = format!(
        "<p>Pairs are linked from {} bits on, and reviewed from {} bits on.</p>\n",
        bits("link"),
        bits("review")
    );
    let mut aside = HtmlTable::new("Rows set aside", &["Reason", "#Rows"]);
    let reasons = summary["quarantined"].as_object().into_iter().flatten();
    reasons.for_each(|(reason, rows)| aside.row([reason.clone(), count(whole(rows))]));
    let aside = if aside.is_empty() { String::new() } else { aside.html() };
    counts.html() + &thresholds + &sources.html() + &aside
}

fn findings(summary: &Value) -> String {
    let mut table = HtmlTable::new("", &["Finding", "Where", "Meaning", "What to do"]);
    for finding in items(&summary["findings"]) {
        table.row(["code", "place", "message", "hint"].map(|key| text(&finding[key])));
    }
    if table.is_empty() { "<p>None.</p>\n".to_owned() } else { table.html() }
}

fn blocking(linkage: &Value) -> Result<String, Error> {
    let mut table = HtmlTable::new("", &["Rule", "#Pairs that it adds", "#Records in the largest block"]);
    let mut lengths = Vec::new();
    for rule in items(&linkage["blocking"]) {
        let (name, pairs) = (text(&rule["rule"]), whole(&rule["pairs"]));
        table.row([name.clone(), count(pairs), count(whole(&rule["largest_block"]))]);
        lengths.push(Bar { label: name, value: pairs as f64, shown: count(pairs) });
    }
    if lengths.is_empty() {
        return Ok("<p>The model has no blocking rule.</p>\n".to_owned());
    }
    let title = "Candidate pairs that each rule adds to those before it";
    Ok(figure(title, &bars(title, &lengths)?, &table))
}

fn levels(model: &SplinkModel) -> Result<String, Error> {
    let mut html = String::from("<p>The weight of a level is log2(m / u), in bits.</p>\n");
    for comparison in &model.comparisons {
        let mut table = HtmlTable::new("", &["Level", "#m", "#u", "#Weight"]);
        let mut weights = Vec::new();
        let probabilities = comparison.probabilities();
        for (level, index) in comparison.levels.iter().zip(comparison.level_indices()) {
            let label = level.label.clone();
            if index == 0 {
                table.row([label, String::new(), String::new(), "no evidence".to_owned()]);
                continue;
            }
            let (m, u) = probabilities[usize::from(index)];
            let weight = libm::log2(m) - libm::log2(u);
            let told = format!("{weight:+.2}");
            table.row([label.clone(), format!("{m:.6}"), format!("{u:.6}"), told.clone()]);
            weights.push(Bar { label, value: weight, shown: told.replace('-', "−") });
        }
        let title = format!("Weight of each level of {}, in bits", comparison.name);
        html += &figure(&title, &bars(&title, &weights)?, &table);
    }
    Ok(html)
}
