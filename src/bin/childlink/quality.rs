//! What the inputs look like: counts, layouts and findings, in words.

use crate::input::Inputs;
use crate::render::{count, table};
use childlink::error::Code;
use childlink::exchange::intake::Records;
use childlink::identity::raw::DateOrder;
use childlink::linkage::table::{RowOrigin, SourceQuality};

/// The counts, layouts and findings of all inputs, for people.
pub(crate) fn as_text(inputs: &Inputs, records: &Records) -> String {
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
    let read = records.read();
    let aside = records.quarantined.len() as u64;
    let mut text = format!(
        "{} rows read: {} accepted, {} set aside\n\n",
        count(read.rows()),
        count(read.accepted()),
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
    for (reason, number) in read.reasons() {
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
    for code in read.codes() {
        text += &format!("  {}: {}; {}\n", code.id, code.message, code.hint);
    }
    text
}

fn date_order(source: &SourceQuality) -> &'static str {
    match (source.date_order, source.date_order_known) {
        (DateOrder::DayMonthYear, true) => "day, month, year",
        (DateOrder::MonthDayYear, _) => "month, day, year",
        (DateOrder::DayMonthYear, false) => "no order to tell; day first if any",
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
