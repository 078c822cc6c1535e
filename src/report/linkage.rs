//! `report.html`: one page about a linkage run that needs no network and shows no field of a record.

use super::chart::{Bar, Grid, Histogram, HistogramColumn, Mark, bars, grid, histogram};
use super::html::{HtmlTable, count, escaped, figure, page, percent};
use super::statistics::{Statistics, meaning};
use crate::error::Error;
use crate::linkage::guards::Guard;
use crate::linkage::model::Model;
use serde_json::Value;

/// The most sources of which a square of overlaps is drawn; the table holds them all.
const MOST_DRAWN: usize = 24;

/// The page of a linkage run, from the three documents that it leaves: `summary.json`, `model.json` and
/// `statistics.json`. `examples` is what [`examples`](super::examples::examples) gives, or nothing. The same documents
/// give the same bytes.
///
/// # Errors
/// `report/cannot-draw`.
pub fn linkage_page(summary: &Value, model: &Model, statistics: &Statistics, examples: &str) -> Result<String, Error> {
    let linkage = &summary["linkage"];
    let mut sections: Vec<(&str, String)> = vec![
        ("Reconciliation", reconciliation(summary, statistics)?),
        ("Data quality", quality(summary)?),
        ("Findings about the data", findings(summary)),
        ("Overlap between sources", overlap(statistics)?),
        ("Blocking", blocking(linkage)?),
        ("Model", model_levels(model, &linkage["training"]["levels"])?),
        ("Weights and thresholds", weights(model, statistics)?),
        ("Guards", guards(linkage)),
        ("Children and their records", sizes(statistics)?),
        ("Subgroups", subgroups(statistics)?),
        ("Children born together", births(linkage, statistics)),
        ("Review workload", review(statistics)?),
    ];
    if !examples.is_empty() {
        sections.push(("Pairs for review", examples.to_owned()));
    }
    let lead = format!(
        "<p class=\"note\">Model {} {}, SHA-256 {}. The page holds counts and levels{}</p>\n",
        escaped(&model.id),
        escaped(&model.version),
        escaped(&text(&linkage["model"]["sha256"])),
        if examples.is_empty() {
            ", and no field of a record."
        } else {
            ". It shows records at its end: confidential."
        }
    );
    Ok(page("Linkage report", &lead, &sections))
}

fn reconciliation(summary: &Value, statistics: &Statistics) -> Result<String, Error> {
    let linkage = &summary["linkage"];
    let rows = [
        ("Rows read", &summary["rows"]["read"]),
        ("Rows accepted", &summary["rows"]["accepted"]),
        ("Rows set aside", &summary["rows"]["quarantined"]),
        ("Records linked into children", &linkage["records"]),
        ("Children found", &linkage["children"]),
        ("Pairs compared", &linkage["candidate_pairs"]),
        ("Pairs linked", &linkage["links"]),
        ("Pairs for review", &linkage["review"]),
        ("Restricted queue", &linkage["restricted"]),
        ("Merges refused by a guard", &linkage["refused_merges"]),
    ];
    let mut counts = HtmlTable::new("", &["What", "#Number"]);
    rows.iter().for_each(|(name, value)| counts.row([(*name).to_owned(), number(value)]));
    let [read, accepted, aside] = ["read", "accepted", "quarantined"].map(|key| whole(&summary["rows"][key]));
    let made_of: u64 = statistics.sizes.iter().map(|size| size.records * size.children).sum();
    let agrees = read == accepted + aside && made_of == whole(&linkage["records"]);
    let verdict = if agrees {
        "Every row read is accepted or set aside, and every accepted record is in exactly one child."
    } else {
        "The counts do not agree: do not use this run, and report it."
    };
    let mut html = format!("<p>{verdict}</p>\n{}", counts.html());

    let mut by_source =
        HtmlTable::new("", &["Source", "#Records", "#Children", "#Children known to it alone", "Order in dates"]);
    let mut lengths = Vec::new();
    for (place, source) in items(&summary["sources"]).enumerate() {
        let name = text(&source["source"]);
        let order = text(&source["date_order"]);
        let order = if source["date_order_known"] == true { order } else { "nothing to tell it by".to_owned() };
        let alone = statistics.alone.get(place).copied().map_or_else(String::new, count);
        by_source.row([
            name.clone(),
            number(&source["records"]),
            number(&linkage["children_by_source"][&name]),
            alone,
            order,
        ]);
        let records = whole(&source["records"]);
        lengths.push(Bar { label: name, value: records as f64, shown: count(records) });
    }
    html += &figure("Records accepted, by source", &bars("Records accepted, by source", &lengths)?, &by_source);
    let mut aside = HtmlTable::new("Rows set aside, by reason", &["Reason", "#Rows"]);
    for (reason, rows) in summary["quarantined"].as_object().into_iter().flatten() {
        aside.row([reason.clone(), number(rows)]);
    }
    if !aside.is_empty() {
        html += &aside.html();
    }
    Ok(html)
}

fn quality(summary: &Value) -> Result<String, Error> {
    let mut html = String::from(
        "<p>How many records of each source have something in a field. What is wrong with it stands below.</p>\n",
    );
    for source in items(&summary["sources"]) {
        let (name, records) = (text(&source["source"]), whole(&source["records"]));
        let mut table = HtmlTable::new("", &["Field", "#Filled", "#Share", "#With a fault", "#With a warning"]);
        let mut shares = Vec::new();
        for field in items(&source["fields"]) {
            let filled = whole(&field["present"]);
            let of = |severity: &str| {
                let with = items(&field["findings"]).filter(|finding| finding["severity"] == severity);
                with.map(|finding| whole(&finding["count"])).sum()
            };
            let label = text(&field["field"]);
            table.row([
                label.clone(),
                count(filled),
                percent(filled, records),
                count(of("fault")),
                count(of("warning")),
            ]);
            let value = if records == 0 { 0.0 } else { filled as f64 / records as f64 };
            shares.push(Bar { label, value, shown: percent(filled, records) });
        }
        let title = format!("Fields filled in {name}, {} records", count(records));
        html += &figure(&title, &bars(&title, &shares)?, &table);
    }
    Ok(html)
}

fn findings(summary: &Value) -> String {
    let mut table = HtmlTable::new("", &["Finding", "Severity", "#Count", "Where"]);
    let mut add = |finding: &Value, place: String| {
        table.row([text(&finding["code"]), text(&finding["severity"]), number(&finding["count"]), place]);
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
    if table.is_empty() {
        return "<p>None.</p>\n".to_owned();
    }
    let mut meanings = HtmlTable::new("What they mean", &["Finding", "Meaning", "What to do"]);
    items(&summary["codes"]).for_each(|code| meanings.row(["code", "message", "hint"].map(|key| text(&code[key]))));
    table.html() + &meanings.html()
}

fn overlap(statistics: &Statistics) -> Result<String, Error> {
    let sources = &statistics.sources;
    if sources.len() < 2 {
        return Ok("<p>There is one source.</p>\n".to_owned());
    }
    let known = |place: usize| statistics.shared.get(place).and_then(|row| row.get(place)).copied().unwrap_or(0);
    let title = "Of the children of a row's source, how many the column's source knows too";
    let mut headings = vec!["Source".to_owned(), "#Children".to_owned()];
    headings.extend((1..=sources.len()).map(|number| format!("#{number}")));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = HtmlTable::new("", &headings);
    let mut cells = Vec::new();
    for (place, shared) in statistics.shared.iter().enumerate() {
        let mut row = vec![format!("{} {}", place + 1, sources[place]), count(known(place))];
        row.extend(shared.iter().map(|&children| count(children)));
        table.row(row);
        let share = |&children: &u64| if known(place) == 0 { 0.0 } else { children as f64 / known(place) as f64 };
        cells.push(shared.iter().map(|c| (share(c), format!("{:.0} %", share(c) * 100.0))).collect());
    }
    let drawn = sources.len().min(MOST_DRAWN);
    let square = Grid { names: sources[..drawn].to_vec(), cells };
    let square = Grid {
        cells: square.cells.into_iter().take(drawn).map(|row: Vec<_>| row[..drawn].to_vec()).collect(),
        ..square
    };
    Ok(figure(title, &grid(title, &square)?, &table))
}

fn blocking(linkage: &Value) -> Result<String, Error> {
    let mut table = HtmlTable::new("", &["Rule", "#Pairs that it adds", "#Records in the largest block"]);
    let mut lengths = Vec::new();
    for rule in items(&linkage["blocking"]) {
        let (name, pairs) = (text(&rule["rule"]), whole(&rule["pairs"]));
        table.row([name.clone(), count(pairs), number(&rule["largest_block"])]);
        lengths.push(Bar { label: name, value: pairs as f64, shown: count(pairs) });
    }
    let title = "Candidate pairs that each rule adds to those before it";
    let mut html = figure(title, &bars(title, &lengths)?, &table);
    let mut oversized = HtmlTable::new("Blocks too large to compare in full", &["Rule", "#Records", "#Pairs left out"]);
    for block in items(&linkage["oversized_blocks"]) {
        oversized.row([text(&block["rule"]), number(&block["records"]), number(&block["pairs_left_out"])]);
    }
    html += &if oversized.is_empty() { "<p>No block was cut.</p>\n".to_owned() } else { oversized.html() };
    Ok(html)
}

/// The levels with their numbers and, where the model was trained in this run, the pairs that they come from.
fn model_levels(model: &Model, support: &Value) -> Result<String, Error> {
    let mut support = items(support);
    let mut html = format!(
        "<p>Pairs are linked from {} bits on and reviewed from {} bits on. m is how often a level is met by two records \
         of one child, u how often by two records taken at random; the weight is log2(m / u), in bits. Beside each stand the \
         pairs that training learned it from: expected matches over its blocks, and random pairs.</p>\n",
        model.thresholds.link, model.thresholds.review
    );
    for comparison in &model.comparisons {
        let mut table = HtmlTable::new("", &["Level", "#m", "#from matches", "#u", "#from random pairs", "#Weight"]);
        let mut weights = Vec::new();
        for level in &comparison.levels {
            let shown = |p: Option<f64>| match p {
                Some(p) if p > 0.0 && p < 1e-4 => format!("{p:.2e}"),
                Some(p) => format!("{p:.6}"),
                None => String::new(),
            };
            let weight = match (level.m, level.u) {
                (Some(m), Some(u)) if !level.is_null_level => Some(libm::log2(m / u)),
                _ => None,
            };
            let told = weight.map_or_else(|| "no evidence".to_owned(), |weight| format!("{weight:+.2}"));
            let own = if level.is_null_level { None } else { support.next() };
            let matches = own.and_then(|own| own["m_pairs"].as_f64()).map_or_else(String::new, |n| format!("{n:.0}"));
            let random = own.map_or_else(String::new, |own| number(&own["u_pairs"]));
            table.row([level.label.clone(), shown(level.m), matches, shown(level.u), random, told.clone()]);
            if let Some(value) = weight {
                weights.push(Bar { label: level.label.clone(), value, shown: told.replace('-', "−") });
            }
        }
        let title = format!("Weight of each level of {}, in bits", comparison.name);
        html += &figure(&title, &bars(&title, &weights)?, &table);
    }
    Ok(html)
}

fn weights(model: &Model, statistics: &Statistics) -> Result<String, Error> {
    let thresholds = [("review", model.thresholds.review), ("link", model.thresholds.link)];
    let mut table = HtmlTable::new("", &["Weight in bits", "#Pairs linked", "#Pairs for review"]);
    let mut columns: Vec<HistogramColumn> = Vec::new();
    for bin in &statistics.weights {
        table.row([format!("{} to {}", bin.bits, bin.bits + 1), count(bin.links), count(bin.review)]);
        let from = f64::from(bin.bits);
        // A gap is a stretch without pairs, not a missing column.
        while let Some(last) = columns.last().map(|column| column.to).filter(|&last| last < from) {
            columns.push(HistogramColumn { from: last, to: last + 1.0, parts: vec![0.0, 0.0] });
        }
        columns.push(HistogramColumn { from, to: from + 1.0, parts: vec![bin.links as f64, bin.review as f64] });
    }
    let title = "Pairs by weight";
    let data = Histogram {
        x_label: "match weight, bits".to_owned(),
        y_label: "pairs".to_owned(),
        parts: vec!["linked".to_owned(), "for review".to_owned()],
        columns,
        marks: thresholds.iter().map(|(name, at)| Mark { at: *at, label: format!("{name} from {at} bits") }).collect(),
    };
    let lead = "<p>Pairs below the threshold of review are not kept. A pair above the threshold of linking is for review \
                where a guard holds it back; one below it is linked where a person decided so.</p>\n";
    Ok(lead.to_owned() + &figure(title, &histogram(title, &data)?, &table))
}

fn guards(linkage: &Value) -> String {
    let mut table = HtmlTable::new("", &["Guard", "#Pairs", "Meaning"]);
    for guard in Guard::ALL {
        let pairs = &linkage["guards"][guard.code()];
        if pairs.is_u64() {
            table.row([guard.code().to_owned(), number(pairs), guard.meaning().to_owned()]);
        }
    }
    let lead = "<p>Rules that outrank the weight of a pair; one pair can have several.</p>\n";
    lead.to_owned() + &if table.is_empty() { "<p>None was met.</p>\n".to_owned() } else { table.html() }
}

fn sizes(statistics: &Statistics) -> Result<String, Error> {
    let mut table = HtmlTable::new("", &["Records of a child", "#Children"]);
    let mut lengths = Vec::new();
    for size in &statistics.sizes {
        table.row([count(size.records), count(size.children)]);
        let label = format!("{} {}", count(size.records), if size.records == 1 { "record" } else { "records" });
        lengths.push(Bar { label, value: size.children as f64, shown: count(size.children) });
    }
    // A tail of rare sizes makes no picture; the table has it.
    lengths.truncate(20);
    let title = "Children by the number of their records";
    Ok(figure(title, &bars(title, &lengths)?, &table))
}

fn subgroups(statistics: &Statistics) -> Result<String, Error> {
    let mut html = String::from(
        "<p>Linkage that serves one group worse than another is a safety matter. Without the truth the page can only \
         show where the groups differ; <code>childlink evaluate --by</code> measures it.</p>\n",
    );
    for of_one in statistics.subgroups.chunk_by(|a, b| a.by == b.by) {
        let by = of_one[0].by.replace('-', " ");
        let mut table = HtmlTable::new(
            "",
            &["Group", "#Records", "#Linked to another", "#Share", "#In review", "#In review per 1,000"],
        );
        let mut shares = Vec::new();
        for group in of_one {
            let per_thousand = group.in_review as f64 * 1000.0 / group.records.max(1) as f64;
            table.row([
                group.group.clone(),
                count(group.records),
                count(group.linked),
                percent(group.linked, group.records),
                count(group.in_review),
                format!("{per_thousand:.1}"),
            ]);
            let value = group.linked as f64 / group.records.max(1) as f64;
            let shown = percent(group.linked, group.records);
            shares.push(Bar { label: group.group.clone(), value, shown });
        }
        let title = format!("Share of records linked to another, by {by}");
        html += &figure(&title, &bars(&title, &shares)?, &table);
    }
    Ok(html)
}

fn births(linkage: &Value, statistics: &Statistics) -> String {
    let births = statistics.births;
    let mut table = HtmlTable::new("", &["What", "#Number"]);
    for (what, counted) in [
        ("Records that tell a birth order", births.records_with_order),
        ("Records of a second or later born child", births.records_of_later_born),
        ("Births with several children (one mother's number, one birth date)", births.multiple_births),
        ("Children of these births", births.children_of_multiple_births),
        ("Children whose records tell two birth orders (to be looked at)", births.children_of_two_orders),
    ] {
        table.row([what.to_owned(), count(counted)]);
    }
    for guard in [Guard::MultipleBirth, Guard::PlaceholderTwin, Guard::BirthOrder] {
        let pairs = whole(&linkage["guards"][guard.code()]);
        table.row([format!("Pairs held back: {}", guard.meaning()), count(pairs)]);
    }
    let lead = "<p>Two children of one birth are the pair most easily taken for one child.</p>\n";
    lead.to_owned() + &table.html()
}

fn review(statistics: &Statistics) -> Result<String, Error> {
    let work = &statistics.review;
    let records: u64 = statistics.sizes.iter().map(|size| size.records * size.children).sum();
    let per_thousand = work.pairs as f64 * 1000.0 / records.max(1) as f64;
    let mut html = format!(
        "<p>{} pairs wait for a person: {per_thousand:.1} for every 1,000 records. They concern {} children.</p>\n",
        count(work.pairs),
        count(work.children)
    );
    let mut table = HtmlTable::new("", &["Why", "#Pairs", "Meaning"]);
    let between = "the weight lies between the thresholds";
    table.row(["by weight alone".to_owned(), count(work.by_weight), between.to_owned()]);
    let mut lengths =
        vec![Bar { label: "by weight alone".to_owned(), value: work.by_weight as f64, shown: count(work.by_weight) }];
    for (guard, &pairs) in &work.by_guard {
        table.row([guard.clone(), count(pairs), meaning(guard).to_owned()]);
        lengths.push(Bar { label: guard.clone(), value: pairs as f64, shown: count(pairs) });
    }
    let title = "Pairs for review, by what holds them back";
    html += &figure(title, &bars(title, &lengths)?, &table);
    let mut between =
        HtmlTable::new("Pairs for review, by the sources that they lie between", &["Source", "Other", "#Pairs"]);
    work.by_sources.iter().for_each(|(one, other, pairs)| between.row([one.clone(), other.clone(), count(*pairs)]));
    if !between.is_empty() {
        html += &between.html();
    }
    Ok(html)
}

pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn number(value: &Value) -> String {
    value.as_u64().map_or_else(String::new, count)
}
