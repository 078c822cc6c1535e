//! The summary of a run: counts that reconcile, layouts, findings, decisions.
//!
//! Nothing here names a row or holds a value of a record unless asked, so that the summary of the same
//! records is the same whatever the order of their rows.

use super::rows::{InputReport, Quarantined};
use crate::error::{Code, Severity};
use crate::identity::raw::DateOrder;
use crate::linkage::estimate::{Session, TrainingFinding, TrainingReport};
use crate::linkage::model::Model;
use crate::linkage::table::{FieldQuality, RowOrigin, SourceQuality, Table};
use crate::linkage::{Decision, Linked, parallel};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What was read.
#[derive(Clone, Copy)]
pub struct Read<'r> {
    /// The name of each input.
    pub names: &'r [String],
    /// How each input was understood.
    pub reports: &'r [InputReport],
    /// The rows set aside.
    pub quarantined: &'r [Quarantined],
    /// The quality of each source.
    pub quality: &'r [SourceQuality],
}

impl Read<'_> {
    /// Rows read: those accepted and those set aside.
    pub fn rows(&self) -> u64 {
        self.reports.iter().map(|report| report.rows).sum()
    }

    /// Rows accepted.
    pub fn accepted(&self) -> u64 {
        self.rows() - self.quarantined.len() as u64
    }

    /// Whether anything is probably wrong: a finding of severity warning or fault.
    pub fn has_findings(&self) -> bool {
        self.codes().iter().any(|code| code.severity > Severity::Note)
    }

    /// Every code that occurs, in order.
    pub fn codes(&self) -> BTreeSet<&'static Code> {
        let aside = self.quarantined.iter().map(|row| row.reason);
        let inputs = self.reports.iter().flat_map(|report| &report.findings).map(|finding| finding.code);
        let fields = self.quality.iter().flat_map(|source| &source.fields);
        aside.chain(inputs).chain(fields.flat_map(|field| &field.findings).map(|finding| finding.code)).collect()
    }

    /// Rows set aside, counted by reason.
    pub fn reasons(&self) -> BTreeMap<&'static Code, u64> {
        let mut reasons = BTreeMap::new();
        for row in self.quarantined {
            *reasons.entry(row.reason).or_default() += 1;
        }
        reasons
    }

    /// All of it as one object. With `examples`, findings name some of their rows.
    pub fn to_json(&self, examples: bool) -> Value {
        let finding = |code: &Code, count: u64, more: &[(&str, Value)]| {
            let mut object = Map::new();
            object.insert("code".to_owned(), json!(code.id));
            object.insert("severity".to_owned(), json!(code.severity.as_str()));
            object.insert("count".to_owned(), json!(count));
            more.iter().for_each(|(key, value)| drop(object.insert((*key).to_owned(), value.clone())));
            Value::Object(object)
        };
        let origin = |origin: &RowOrigin| {
            let name = self.names.get(usize::from(origin.input)).map_or("", String::as_str);
            json!({"file": name, "row": origin.row})
        };
        let file = |(name, report): (&String, &InputReport)| {
            let columns: Map<String, Value> =
                report.columns.iter().map(|(column, name)| (column.name().to_owned(), json!(name))).collect();
            let findings: Vec<Value> = report
                .findings
                .iter()
                .map(|found| {
                    let mut more = vec![("columns", json!(found.columns))];
                    if examples {
                        more.push(("rows", json!(found.rows)));
                    }
                    finding(found.code, found.count, &more)
                })
                .collect();
            json!({
                "file": name, "format": report.format, "encoding": report.encoding,
                "delimiter": report.delimiter, "rows": report.rows, "columns": columns, "findings": findings,
            })
        };
        let source = |source: &SourceQuality| {
            let field = |field: &FieldQuality| {
                let findings: Vec<Value> = field
                    .findings
                    .iter()
                    .map(|found| {
                        let rows = found.rows.iter().map(origin).collect::<Vec<_>>();
                        let more = [("rows", json!(rows))];
                        finding(found.code, found.count, if examples { &more } else { &[] })
                    })
                    .collect();
                json!({"field": field.column.name(), "present": field.present, "findings": findings})
            };
            json!({
                "source": source.name, "records": source.records,
                "date_order": date_order(source.date_order), "date_order_known": source.date_order_known,
                "fields": source.fields.iter().map(field).collect::<Vec<_>>(),
            })
        };
        let reasons: Map<String, Value> =
            self.reasons().into_iter().map(|(reason, count)| (reason.id.to_owned(), json!(count))).collect();
        let code = |code: &Code| {
            json!({
                "code": code.id, "severity": code.severity.as_str(), "message": code.message, "hint": code.hint,
            })
        };
        json!({
            "rows": {"read": self.rows(), "accepted": self.accepted(), "quarantined": self.quarantined.len()},
            "quarantined": reasons,
            "files": self.names.iter().zip(self.reports).map(file).collect::<Vec<_>>(),
            "sources": self.quality.iter().map(source).collect::<Vec<_>>(),
            "codes": self.codes().into_iter().map(code).collect::<Vec<_>>(),
        })
    }
}

/// The word for a date order: `day-month-year` or `month-day-year`.
pub const fn date_order(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayMonthYear => "day-month-year",
        DateOrder::MonthDayYear => "month-day-year",
    }
}

/// Pairs counted by decision.
pub fn pairs_decided(linked: &Linked, decision: Decision) -> u64 {
    linked.pairs.iter().filter(|pair| pair.decision == decision).count() as u64
}

/// How many children each source knows, in order of the sources.
pub fn children_of_sources(table: &Table, linked: &Linked) -> Vec<u64> {
    let mut children: Vec<(u16, u64)> =
        table.source_index().iter().copied().zip(linked.children.child_id.iter().copied()).collect();
    parallel::sort_unstable_by(&mut children, Ord::cmp);
    children.dedup();
    let mut counts = vec![0; table.sources().len()];
    children.into_iter().for_each(|(source, _)| counts[usize::from(source)] += 1);
    counts
}

/// The summary of a linkage run, as one object.
pub fn of_linkage(read: Read<'_>, table: &Table, linked: &Linked) -> Value {
    let mut guards: BTreeMap<&str, u64> = BTreeMap::new();
    for guard in linked.pairs.iter().flat_map(|pair| pair.guards.iter()) {
        *guards.entry(guard.code()).or_default() += 1;
    }
    let by_source: Map<String, Value> =
        table.sources().iter().cloned().zip(children_of_sources(table, linked).into_iter().map(Value::from)).collect();
    let blocking: Vec<Value> = linked
        .blocking
        .iter()
        .map(|rule| json!({"rule": rule.name, "pairs": rule.pairs, "largest_block": rule.largest_block}))
        .collect();
    let oversized: Vec<Value> = linked
        .oversized
        .iter()
        .map(|block| json!({"rule": block.rule, "records": block.records, "pairs_left_out": block.pairs_left_out}))
        .collect();
    let mut summary = read.to_json(false);
    if let Value::Object(summary) = &mut summary {
        let linkage = json!({
            "records": table.len(),
            "children": linked.children.children,
            "children_by_source": by_source,
            "next_child_id": linked.children.next_child_id,
            "changed_child": linked.children.changes.len(),
            "candidate_pairs": linked.candidate_pairs(),
            "links": pairs_decided(linked, Decision::Link),
            "review": pairs_decided(linked, Decision::Review),
            "restricted": linked.restricted.len(),
            "refused_merges": linked.refused.len(),
            "guards": guards,
            "blocking": blocking,
            "oversized_blocks": oversized,
            "training": linked.training.as_ref().map(training),
            "model": model(&linked.model),
        });
        summary.insert("linkage".to_owned(), linkage);
    }
    summary
}

/// The summary of a training run, as one object.
pub fn of_training(trained: &Model, report: &TrainingReport) -> Value {
    json!({
        "records": trained.provenance.trained_on_records,
        "training": training(report),
        "model": model(trained),
    })
}

fn model(model: &Model) -> Value {
    json!({"id": model.id, "version": model.version, "sha256": model.hash()})
}

fn training(report: &TrainingReport) -> Value {
    let session = |session: &Session| {
        json!({
            "keys": session.keys, "pairs": session.pairs, "one_block_in": session.one_block_in,
            "matches": session.matches, "household": session.household,
            "iterations": session.iterations, "converged": session.converged,
        })
    };
    let finding = |finding: &TrainingFinding| {
        json!({
            "code": finding.code.id, "severity": finding.code.severity.as_str(), "place": finding.place,
            "message": finding.code.message, "hint": finding.code.hint,
        })
    };
    json!({
        "random_pairs": report.random_pairs,
        "sessions": report.sessions.iter().map(session).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
