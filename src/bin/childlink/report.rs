//! `report.html`: one page that needs no network. Counts, findings and the model; values of records only
//! where they are asked for.

use crate::render::count;
use childlink::exchange::linked::{SensitiveChildren, WITHHELD, is_whereabouts, review_pairs};
use childlink::identity::column::Column;
use childlink::linkage::Linked;
use childlink::linkage::guards::Guard;
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use serde_json::Value;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#212b32}\
h1{font-size:1.8rem}h2{font-size:1.3rem;margin-top:2.2rem;border-bottom:1px solid #aeb7bd}\
table{border-collapse:collapse;margin:.8rem 0;width:100%}th,td{text-align:left;padding:.25rem .8rem .25rem 0;\
border-bottom:1px solid #d8dde0;vertical-align:top}th{font-weight:600}td.n,th.n{text-align:right;\
font-variant-numeric:tabular-nums}.fault{color:#d5281b}.warning{color:#8a5a00}.note{color:#4c6272}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.5rem}dt{font-weight:600}dd{margin:0}\
.bar{background:#d8dde0;height:.6rem;width:100%;min-width:6rem}.bar i{display:block;background:#005eb8;height:100%}\
@media print{body{margin:0;max-width:none}}";

/// How many pairs for review are shown.
const EXAMPLES: usize = 200;

/// The report of a linkage run, from its summary and its model. `examples` is what [`examples`] gives, or
/// nothing.
pub(crate) fn page(summary: &Value, model: &Model, examples: &str) -> String {
    let linkage = &summary["linkage"];
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Linkage report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Linkage report</h1>\n"
    );
    page += "<dl>\n";
    for (name, value) in [
        ("Rows read", &summary["rows"]["read"]),
        ("Rows accepted", &summary["rows"]["accepted"]),
        ("Rows set aside", &summary["rows"]["quarantined"]),
        ("Children found", &linkage["children"]),
        ("Pairs compared", &linkage["candidate_pairs"]),
        ("Pairs linked", &linkage["links"]),
        ("Pairs for review", &linkage["review"]),
        ("Restricted queue", &linkage["restricted"]),
    ] {
        page += &format!("<dt>{name}</dt><dd>{}</dd>\n", number(value));
    }
    page += "</dl>\n";
    sources(&mut page, summary);
    findings(&mut page, summary);
    guards(&mut page, linkage);
    model_levels(&mut page, model);
    blocking(&mut page, linkage);
    page += examples;
    page += &format!(
        "<p>Model {} {}, SHA-256 {}.</p>\n</body>\n</html>\n",
        escaped(&model.id),
        escaped(&model.version),
        escaped(&text(&linkage["model"]["sha256"]))
    );
    page
}

/// The first pairs for review, side by side: fields of children, for pages that are kept as records are.
pub(crate) fn examples(table_of_records: &Table, linked: &Linked) -> String {
    let sensitive = SensitiveChildren::of(table_of_records, linked);
    let pairs = review_pairs(linked);
    let mut page = format!(
        "<h2>Pairs for review</h2>\n<p>The first {} of {}. Confidential.</p>\n",
        count(pairs.len().min(EXAMPLES) as u64),
        count(pairs.len() as u64)
    );
    for pair in pairs.into_iter().take(EXAMPLES) {
        let withhold = sensitive.withhold(linked, pair.left, pair.right);
        let rows = Column::ALL.into_iter().filter_map(|column| {
            let values = [pair.left, pair.right].map(|record| table_of_records.raw(record, column));
            let shown = values.map(|value| match value {
                value if !value.is_empty() && withhold && is_whereabouts(column) => WITHHELD.to_owned(),
                value => escaped(value),
            });
            let [left, right] = shown;
            values.iter().any(|value| !value.is_empty()).then(|| vec![column.name().to_owned(), left, right])
        });
        page += &format!("<h3>{:+.2} bits {}</h3>\n", pair.weight, escaped(&pair.guards.codes().replace('|', ", ")));
        table(&mut page, &["Field", "One record", "The other"], rows);
    }
    page
}

fn sources(page: &mut String, summary: &Value) {
    *page += "<h2>Sources</h2>\n";
    let rows = items(&summary["sources"]).map(|source| {
        let name = text(&source["source"]);
        let children = number(&summary["linkage"]["children_by_source"][&name]);
        let order = text(&source["date_order"]);
        let order = if source["date_order_known"] == true { order } else { "nothing to tell it by".to_owned() };
        vec![escaped(&name), number(&source["records"]), children, order]
    });
    table(page, &["Source", "#Records", "#Children", "Order in dates"], rows);

    *page += "<h2>Fields filled</h2>\n";
    for source in items(&summary["sources"]) {
        let records = source["records"].as_f64().unwrap_or(0.0).max(1.0);
        let rows = items(&source["fields"]).map(|field| {
            let share = field["present"].as_f64().unwrap_or(0.0) / records * 100.0;
            let bar = format!("<div class=\"bar\"><i style=\"width:{share:.1}%\"></i></div>");
            vec![escaped(&text(&field["field"])), number(&field["present"]), format!("{share:.1} %"), bar]
        });
        *page += &format!("<h3>{}</h3>\n", escaped(&text(&source["source"])));
        table(page, &["Field", "#Filled", "#Share", ""], rows);
    }
}

fn findings(page: &mut String, summary: &Value) {
    *page += "<h2>Findings about the data</h2>\n";
    let mut rows = Vec::new();
    let mut add = |finding: &Value, place: String| {
        let severity = text(&finding["severity"]);
        let marked = format!("<span class=\"{severity}\">{severity}</span>");
        rows.push(vec![marked, number(&finding["count"]), escaped(&text(&finding["code"])), escaped(&place)]);
    };
    for file in items(&summary["files"]) {
        for finding in items(&file["findings"]) {
            let columns: Vec<String> = items(&finding["columns"]).map(text).collect();
            add(finding, format!("{} {}", text(&file["file"]), columns.join(", ")));
        }
    }
    for source in items(&summary["sources"]) {
        for field in items(&source["fields"]) {
            for finding in items(&field["findings"]) {
                add(finding, format!("{}, {}", text(&source["source"]), text(&field["field"])));
            }
        }
    }
    let set_aside = summary["quarantined"].as_object().into_iter().flatten();
    rows.extend(
        set_aside.map(|(reason, count)| {
            vec!["set aside".to_owned(), number(count), escaped(reason), "whole row".to_owned()]
        }),
    );
    if rows.is_empty() {
        *page += "<p>None.</p>\n";
        return;
    }
    table(page, &["Severity", "#Count", "Finding", "Where"], rows.into_iter());
    *page += "<h3>What they mean</h3>\n";
    let meanings =
        items(&summary["codes"]).map(|code| ["code", "message", "hint"].map(|key| escaped(&text(&code[key]))).to_vec());
    table(page, &["Finding", "Meaning", "What to do"], meanings);
}

fn guards(page: &mut String, linkage: &Value) {
    *page += "<h2>Guards</h2>\n<p>Rules that outrank the weight of a pair; one pair can have several.</p>\n";
    let rows = Guard::ALL.into_iter().filter_map(|guard| {
        let count = &linkage["guards"][guard.code()];
        count.is_u64().then(|| vec![guard.code().to_owned(), number(count), escaped(guard.meaning())])
    });
    table(page, &["Guard", "#Pairs", "Meaning"], rows);
}

fn model_levels(page: &mut String, model: &Model) {
    *page += &format!(
        "<h2>Model</h2>\n<p>Pairs are linked from {} bits on and reviewed from {} bits on. Weights are log2(m / u), in bits.</p>\n",
        model.thresholds.link, model.thresholds.review
    );
    let rows = model.comparisons.iter().flat_map(|comparison| {
        comparison.levels.iter().enumerate().map(|(place, level)| {
            let name = if place == 0 { escaped(&comparison.name) } else { String::new() };
            let shown = |p: Option<f64>| p.map_or_else(String::new, |p| format!("{p:.6}"));
            let weight = match (level.m, level.u) {
                (Some(m), Some(u)) if !level.is_null_level => format!("{:+.2}", (m / u).log2()),
                _ => String::new(),
            };
            vec![name, escaped(&level.label), shown(level.m), shown(level.u), weight]
        })
    });
    table(page, &["Comparison", "Level", "#m", "#u", "#Weight"], rows);
}

fn blocking(page: &mut String, linkage: &Value) {
    *page += "<h2>Blocking</h2>\n";
    let rows = items(&linkage["blocking"])
        .map(|rule| vec![escaped(&text(&rule["rule"])), number(&rule["pairs"]), number(&rule["largest_block"])]);
    table(page, &["Rule", "#Pairs that it adds", "#Records in the largest block"], rows);
    let oversized: Vec<Vec<String>> = items(&linkage["oversized_blocks"])
        .map(|block| vec![escaped(&text(&block["rule"])), number(&block["records"]), number(&block["pairs_left_out"])])
        .collect();
    if !oversized.is_empty() {
        *page += "<h3>Blocks too large to compare in full</h3>\n";
        table(page, &["Rule", "#Records", "#Pairs left out"], oversized.into_iter());
    }
}

/// A table of cells that are HTML already. A heading that begins with `#` is one of figures.
fn table(page: &mut String, headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let figures: Vec<bool> = headings.iter().map(|heading| heading.starts_with('#')).collect();
    let class = |column: usize| if figures.get(column) == Some(&true) { " class=\"n\"" } else { "" };
    *page += "<table>\n<thead><tr>";
    for (column, heading) in headings.iter().enumerate() {
        *page += &format!("<th{}>{}</th>", class(column), heading.trim_start_matches('#'));
    }
    *page += "</tr></thead>\n<tbody>\n";
    for row in rows {
        *page += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            *page += &format!("<td{}>{cell}</td>", class(column));
        }
        *page += "</tr>\n";
    }
    *page += "</tbody>\n</table>\n";
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> String {
    value.as_u64().map_or_else(String::new, count)
}

/// Text made safe for HTML: names of sources, files and columns come from outside.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
