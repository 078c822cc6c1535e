//! The page of a linkage measured against the truth, from what `childlink evaluate --json` tells.

use super::chart::{Axis, Line, Lines, Mark, lines};
use super::html::{HtmlTable, count, figure, page};
use super::linkage::{items, text, whole};
use crate::error::Error;
use serde_json::Value;

/// The page of an evaluation: quality before and after review, precision and recall, ROC, thresholds, calibration and
/// subgroups, each drawn and as a table. It shows no field of a record.
///
/// # Errors
/// `report/cannot-draw`.
pub fn evaluation_page(evaluation: &Value) -> Result<String, Error> {
    let sections = [
        ("Quality", quality(evaluation)),
        ("Precision and recall", precision_and_recall(evaluation)?),
        ("Receiver operating characteristic", roc(evaluation)?),
        ("Calibration", calibration(evaluation)?),
        ("Subgroups", subgroups(evaluation)),
    ];
    let lead = "<p class=\"note\">The page holds counts only, and no field of a record.</p>\n";
    Ok(page("How good the linkage is", lead, &sections))
}

const MEASURED: [&str; 7] = ["", "#Precision", "#Recall", "#F1", "#Right", "#Found", "#Actual"];

fn measured(name: &str, own: &Value) -> [String; 7] {
    let share = |key: &str| own[key].as_f64().map_or_else(String::new, |share| format!("{share:.4}"));
    let number = |key: &str| count(whole(&own[key]));
    [
        name.to_owned(),
        share("precision"),
        share("recall"),
        share("f1"),
        number("correct"),
        number("found"),
        number("actual"),
    ]
}

fn quality(evaluation: &Value) -> String {
    let mut table = HtmlTable::new("Pairs of records", &MEASURED);
    for (name, key) in [
        ("in one cluster", "pairs"),
        ("decided link", "links"),
        ("after the review queue is answered truthfully", "after_review"),
        ("after the restricted queue, too", "after_both_queues"),
    ] {
        table.row(measured(name, &evaluation[key]));
    }
    let mut counts = HtmlTable::new("", &["What", "#Number"]);
    for (name, key) in [
        ("Records", "records"),
        ("Pairs for review", "review_pairs"),
        ("of them of one child", "review_pairs_true"),
        ("Pairs in the restricted queue", "restricted_pairs"),
        ("of them of one child", "restricted_pairs_true"),
        ("Twins joined, pairs of records", "twin_pairs"),
        ("Adopted identities joined, pairs of records", "adopted_pairs"),
    ] {
        let value = evaluation[key].as_u64().map_or_else(|| "not known".to_owned(), count);
        counts.row([name.to_owned(), value]);
    }
    table.html() + &counts.html()
}

fn number_of(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

fn axis(label: &str, from: f64, to: f64) -> Axis {
    Axis { label: label.to_owned(), from, to }
}

fn line(name: &str, points: Vec<(f64, f64)>) -> Line {
    Line { name: name.to_owned(), marked: points.len() < 40, points }
}

/// The least of some shares, rounded down to a tenth, so that a curve near 1 is seen.
fn floor_of(shares: impl Iterator<Item = f64>) -> f64 {
    (shares.filter(|share| share.is_finite()).fold(1.0, f64::min) * 10.0 - 1e-9).floor().max(0.0) / 10.0
}

fn precision_and_recall(evaluation: &Value) -> Result<String, Error> {
    let rows: Vec<&Value> = items(&evaluation["thresholds"]).collect();
    if rows.is_empty() {
        return Ok("<p>No pair is listed.</p>\n".to_owned());
    }
    let mut table = HtmlTable::new(
        "",
        &["Linked from bits", MEASURED[1], MEASURED[2], MEASURED[3], MEASURED[4], MEASURED[5], MEASURED[6]],
    );
    rows.iter().for_each(|row| table.row(measured(&format!("{}", number_of(row, "match_weight")), row)));
    let curve: Vec<(f64, f64)> =
        rows.iter().map(|row| (number_of(row, "recall"), number_of(row, "precision"))).collect();
    let title = "Precision over recall";
    let data = Lines {
        x: axis("recall", floor_of(curve.iter().map(|point| point.0)), 1.0),
        y: axis("precision", floor_of(curve.iter().map(|point| point.1)), 1.0),
        lines: vec![line("listed pairs", curve)],
        marks: Vec::new(),
        diagonal: false,
    };
    let by_threshold =
        |key: &str| rows.iter().map(|row| (number_of(row, "match_weight"), number_of(row, key))).collect();
    let weights = || rows.iter().map(|row| number_of(row, "match_weight"));
    let all = ["precision", "recall", "f1"].map(|key| line(key, by_threshold(key)));
    let best = &evaluation["best_threshold"];
    let marks = if best.is_object() {
        vec![Mark { at: number_of(best, "match_weight"), label: format!("best F1 {:.4}", number_of(best, "f1")) }]
    } else {
        Vec::new()
    };
    let over_thresholds = Lines {
        x: axis(
            "linked from this match weight on, bits",
            weights().fold(f64::INFINITY, f64::min),
            weights().fold(1.0, f64::max),
        ),
        y: axis("share", floor_of(all.iter().flat_map(|line| line.points.iter().map(|point| point.1))), 1.0),
        lines: all.to_vec(),
        marks,
        diagonal: false,
    };
    let second = "Precision, recall and F1 by threshold";
    let drawn = format!("{}\n{}", lines(title, &data)?, lines(second, &over_thresholds)?);
    let lead =
        "<p>What linking all listed pairs from a weight on would do, without what follows from them in clusters.</p>\n";
    Ok(lead.to_owned() + &figure("Precision and recall of the listed pairs", &drawn, &table))
}

fn roc(evaluation: &Value) -> Result<String, Error> {
    let mut table = HtmlTable::new("", &["Linked from bits", "#False positive rate", "#True positive rate"]);
    let mut points = Vec::new();
    for row in items(&evaluation["thresholds"]) {
        let (rate, recall) = (number_of(row, "false_positive_rate"), number_of(row, "recall"));
        table.row([format!("{}", number_of(row, "match_weight")), format!("{rate:.3e}"), format!("{recall:.4}")]);
        points.push((rate * 1e9, recall));
    }
    if points.is_empty() {
        return Ok("<p>No pair is listed.</p>\n".to_owned());
    }
    let title = "True positives over false positives";
    let most = points.iter().map(|point| point.0).fold(1e-3, f64::max);
    let data = Lines {
        x: axis("false links in a thousand million pairs of different children", 0.0, most),
        y: axis("share of true pairs linked", floor_of(points.iter().map(|point| point.1)), 1.0),
        lines: vec![line("listed pairs", points)],
        marks: Vec::new(),
        diagonal: false,
    };
    Ok(figure(title, &lines(title, &data)?, &table))
}

fn calibration(evaluation: &Value) -> Result<String, Error> {
    let mut table = HtmlTable::new("", &["Probability", "#Pairs", "#Expected", "#Observed"]);
    let mut points = Vec::new();
    for bin in items(&evaluation["calibration"]) {
        let (expected, observed) = (number_of(bin, "expected"), number_of(bin, "observed"));
        let range = format!("{} to {}", number_of(bin, "from"), number_of(bin, "to"));
        table.row([range, count(whole(&bin["pairs"])), format!("{expected:.4}"), format!("{observed:.4}")]);
        points.push((expected, observed));
    }
    if points.is_empty() {
        return Ok("<p>No pair is listed.</p>\n".to_owned());
    }
    let title = "Share of true pairs over the probability that the model gives them";
    let data = Lines {
        x: axis("expected", 0.0, 1.0),
        y: axis("observed", 0.0, 1.0),
        lines: vec![line("listed pairs", points)],
        marks: Vec::new(),
        diagonal: true,
    };
    Ok(figure(title, &lines(title, &data)?, &table))
}

fn subgroups(evaluation: &Value) -> String {
    let mut table = HtmlTable::new(
        "Pairs with a record of the group",
        &["Group", MEASURED[1], MEASURED[2], MEASURED[3], MEASURED[4], MEASURED[5], MEASURED[6]],
    );
    for own in items(&evaluation["subgroups"]) {
        table.row(measured(&format!("{}: {}", text(&own["by"]), text(&own["value"])), own));
    }
    match table.is_empty() {
        true => "<p>None was asked for: <code>--by COLUMN</code>.</p>\n".to_owned(),
        false => table.html(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_measured_is_drawn_and_can_be_read() {
        let own = json!({"precision": 0.75, "recall": 0.5, "f1": 0.6, "correct": 6, "found": 8, "actual": 12});
        let mut row = own.clone();
        row["match_weight"] = json!(3.0);
        row["false_positive_rate"] = json!(2e-9);
        let mut group = own.clone();
        (group["by"], group["value"]) = (json!("source"), json!("<gp>"));
        let page = evaluation_page(&json!({
            "pairs": own, "links": own, "after_review": own, "after_both_queues": own, "records": 1200,
            "thresholds": [row.clone()], "best_threshold": row, "subgroups": [group],
            "calibration": [{"from": 0.9, "to": 1.0, "pairs": 8, "expected": 0.95, "observed": 0.75}],
        }))
        .unwrap();
        assert_eq!(page.matches("<svg").count(), 4, "two curves of thresholds, the ROC and the calibration");
        for wanted in ["0.7500", "source: &lt;gp&gt;", "2.000e-9", "best F1 0.6000", "1,200", "not known"] {
            assert!(page.contains(wanted), "{wanted} is not in the page");
        }
        let nothing = evaluation_page(&json!({})).unwrap();
        assert!(nothing.contains("No pair is listed") && !nothing.contains("NaN"));
    }
}
