//! What the inputs look like: counts, layouts and findings, as text and as JSON.

use crate::input::{Inputs, Records};
use crate::render::{count, table};
use childlink::error::{Code, Severity};
use childlink::identity::raw::DateOrder;
use childlink::linkage::table::{RowOrigin, SourceQuality};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Whether anything is probably wrong: a finding of severity warning or fault.
pub(crate) fn has_findings(records: &Records) -> bool {
    codes(records).iter().any(|code| code.severity > Severity::Note)
}

/// Every code that occurs, in order.
fn codes(records: &Records) -> BTreeSet<&'static Code> {
    let aside = records.quarantined.iter().map(|q| q.reason);
    let inputs = records.reports.iter().flat_map(|report| &report.findings).map(|finding| finding.code);
    let fields = records.built.quality.iter().flat_map(|source| &source.fields);
    aside.chain(inputs).chain(fields.flat_map(|field| &field.findings).map(|finding| finding.code)).collect()
}

/// Rows set aside, counted by reason.
fn reasons(records: &Records) -> BTreeMap<&'static Code, u64> {
    let mut reasons = BTreeMap::new();
    for row in &records.quarantined {
        *reasons.entry(row.reason).or_default() += 1;
    }
    reasons
}

/// The counts, layouts and findings of all inputs, for people.
pub(crate) fn as_text(inputs: &Inputs, records: &Records) -> String {
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
    let aside = records.quarantined.len() as u64;
    let mut text = format!(
        "{} rows read: {} accepted, {} set aside\n\n",
        count(records.rows()),
        count(records.rows() - aside),
        count(aside)
    );

    let mut files = vec![row(&["file", "rows", "format", "encoding", "delimiter"])];
    for (path, report) in inputs.paths().zip(&records.reports) {
        let path = path.display().to_string();
        files.push(row(&[&path, &count(report.rows), report.format, report.encoding, report.delimiter]));
    }
    text += &table(&files);
    text.push('\n');

    let mut sources = vec![row(&["source", "records", "dates"])];
    for source in &records.built.quality {
        sources.push(row(&[&source.name, &count(source.records), date_order(source)]));
    }
    text += &table(&sources);

    let mut findings = vec![row(&["severity", "count", "finding", "where", "for example"])];
    let mut tell = |code: &Code, number: u64, place: String, example: String| {
        findings.push(row(&[code.severity.as_str(), &count(number), code.id, &place, &example]));
    };
    for (reason, number) in reasons(records) {
        let of_reason = records.quarantined.iter().filter(|q| q.reason == reason);
        let rows = of_reason.take(3).map(|q| RowOrigin { input: q.input, row: q.row }).collect::<Vec<_>>();
        tell(reason, number, "row set aside".to_owned(), examples(inputs, &rows));
    }
    for (input, report) in records.reports.iter().enumerate() {
        for finding in &report.findings {
            let rows = finding.rows.iter().map(|&row| RowOrigin { input: input as u16, row }).collect::<Vec<_>>();
            let example =
                if finding.columns.is_empty() { examples(inputs, &rows) } else { shortened(&finding.columns) };
            tell(finding.code, finding.count, name(inputs, input), example);
        }
    }
    for source in &records.built.quality {
        for field in &source.fields {
            for finding in &field.findings {
                let place = format!("{}, {}", source.name, field.column.name());
                tell(finding.code, finding.count, place, examples(inputs, &finding.rows));
            }
        }
    }
    if findings.len() == 1 {
        return text + "\nNo findings.\n";
    }
    text.push('\n');
    text += &table(&findings);
    text += "\nWhat they mean:\n";
    for code in codes(records) {
        text += &format!("  {}: {}; {}\n", code.id, code.message, code.hint);
    }
    text
}

/// The same as one JSON object.
pub(crate) fn as_json(inputs: &Inputs, records: &Records) -> Value {
    let aside = records.quarantined.len() as u64;
    let origin = |origin: &RowOrigin| json!({"file": name(inputs, usize::from(origin.input)), "row": origin.row});
    let files: Vec<Value> =
        inputs
            .paths()
            .zip(&records.reports)
            .map(|(path, report)| {
                let columns: serde_json::Map<String, Value> =
                    report.columns.iter().map(|(column, name)| (column.name().to_owned(), json!(name))).collect();
                let findings: Vec<Value> = report.findings.iter().map(|finding| {
            json!({"code": finding.code.id, "severity": finding.code.severity.as_str(), "count": finding.count,
                   "rows": finding.rows, "columns": finding.columns})
        }).collect();
                json!({"file": path.display().to_string(), "format": report.format, "encoding": report.encoding,
               "delimiter": report.delimiter, "rows": report.rows, "columns": columns, "findings": findings})
            })
            .collect();
    let sources: Vec<Value> = records
        .built
        .quality
        .iter()
        .map(|source| {
            let fields: Vec<Value> = source
                .fields
                .iter()
                .map(|field| {
                    let findings: Vec<Value> = field.findings.iter().map(|finding| {
                json!({"code": finding.code.id, "severity": finding.code.severity.as_str(), "count": finding.count,
                       "rows": finding.rows.iter().map(origin).collect::<Vec<_>>()})
            }).collect();
                    json!({"field": field.column.name(), "present": field.present, "findings": findings})
                })
                .collect();
            json!({"source": source.name, "records": source.records, "date_order": date_order_name(source.date_order),
               "date_order_known": source.date_order_known, "fields": fields})
        })
        .collect();
    let quarantined: serde_json::Map<String, Value> =
        reasons(records).into_iter().map(|(reason, number)| (reason.id.to_owned(), json!(number))).collect();
    json!({
        "rows": {"read": records.rows(), "accepted": records.rows() - aside, "quarantined": aside},
        "quarantined": quarantined,
        "files": files,
        "sources": sources,
        "codes": codes(records).into_iter().map(|code| json!({
            "code": code.id, "severity": code.severity.as_str(), "message": code.message, "hint": code.hint,
        })).collect::<Vec<_>>(),
    })
}

fn date_order(source: &SourceQuality) -> &'static str {
    match (source.date_order, source.date_order_known) {
        (DateOrder::DayMonthYear, true) => "day, month, year",
        (DateOrder::MonthDayYear, _) => "month, day, year",
        (DateOrder::DayMonthYear, false) => "no order to tell; day first if any",
    }
}

const fn date_order_name(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayMonthYear => "day-month-year",
        DateOrder::MonthDayYear => "month-day-year",
    }
}

/// The file name of an input, for findings.
fn name(inputs: &Inputs, input: usize) -> String {
    let path = inputs.paths().nth(input);
    path.and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A few rows, each with its file unless there is but one: `row 4, row 17`.
fn examples(inputs: &Inputs, rows: &[RowOrigin]) -> String {
    let one_file = inputs.paths().count() == 1;
    let show = |origin: &RowOrigin| match one_file {
        true => format!("row {}", origin.row),
        false => format!("{} row {}", name(inputs, usize::from(origin.input)), origin.row),
    };
    rows.iter().take(3).map(show).collect::<Vec<_>>().join(", ")
}

fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 6 { format!("{shown} and {} more", names.len() - 6) } else { shown }
}
