//! The summary of a run: counts that reconcile, layouts, findings, decisions.
//!
//! Nothing here names a row or holds a value of a record unless asked, so that the summary of the same
//! records is the same whatever the order of their rows.

use super::rows::{InputReport, Quarantined};
use crate::error::{Code, Severity};
use crate::identity::raw::DateOrder;
use crate::linkage::estimate::{LevelSupport, Session, TrainingFinding, TrainingReport};
use crate::linkage::model::Model;
use crate::linkage::table::{FieldQuality, RowOrigin, SourceQuality, Table};
use crate::linkage::{Decision, Linked, parallel};
use crate::order;
use serde_json::{Map, Value};

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
    pub fn codes(&self) -> Vec<&'static Code> {
        let aside = self.quarantined.iter().map(|row| row.reason);
        let inputs = self.reports.iter().flat_map(|report| &report.findings).map(|finding| finding.code);
        let fields = self.quality.iter().flat_map(|source| &source.fields);
        let all = aside.chain(inputs).chain(fields.flat_map(|field| &field.findings).map(|finding| finding.code));
        let mut codes: Vec<&'static Code> = Vec::new();
        all.for_each(|code| {
            if !codes.contains(&code) {
                codes.push(code);
            }
        });
        order::sort(&mut codes);
        codes
    }

    /// Rows set aside, counted by reason, in order of the reasons.
    pub fn reasons(&self) -> Vec<(&'static Code, u64)> {
        let mut reasons: Vec<(&'static Code, u64)> = Vec::new();
        for row in self.quarantined {
            match reasons.iter_mut().find(|(reason, _)| *reason == row.reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((row.reason, 1)),
            }
        }
        order::sort(&mut reasons);
        reasons
    }

    /// All of it as one object. With `examples`, findings name some of their rows.
    pub fn to_json(&self, examples: bool) -> Value {
        let finding = |code: &Code, count: u64| {
            object([("code", code.id.into()), ("severity", code.severity.as_str().into()), ("count", count.into())])
        };
        let origin = |origin: &RowOrigin| {
            let name = self.names.get(usize::from(origin.input)).map_or("", String::as_str);
            object([("file", name.into()), ("row", origin.row.into())])
        };
        let file = |(name, report): (&String, &InputReport)| {
            let columns = report.columns.iter().map(|(column, name)| (column.name(), name.as_str().into()));
            let findings = report.findings.iter().map(|found| {
                let mut object = finding(found.code, found.count);
                object["columns"] = list(found.columns.iter().map(|column| column.as_str().into()));
                if examples {
                    object["rows"] = list(found.rows.iter().map(|row| (*row).into()));
                }
                object
            });
            object([
                ("file", name.as_str().into()),
                ("format", report.format.into()),
                ("encoding", report.encoding.into()),
                ("delimiter", report.delimiter.into()),
                ("rows", report.rows.into()),
                ("columns", object(columns)),
                ("findings", list(findings)),
            ])
        };
        let source = |source: &SourceQuality| {
            let field = |field: &FieldQuality| {
                let findings = field.findings.iter().map(|found| {
                    let mut object = finding(found.code, found.count);
                    if examples {
                        object["rows"] = list(found.rows.iter().map(origin));
                    }
                    object
                });
                object([
                    ("field", field.column.name().into()),
                    ("present", field.present.into()),
                    ("findings", list(findings)),
                ])
            };
            object([
                ("source", source.name.as_str().into()),
                ("records", source.records.into()),
                ("date_order", date_order(source.date_order).into()),
                ("date_order_known", source.date_order_known.into()),
                ("fields", list(source.fields.iter().map(field))),
            ])
        };
        let reasons = self.reasons().into_iter().map(|(reason, count)| (reason.id, count.into()));
        let code = |code: &'static Code| {
            object([
                ("code", code.id.into()),
                ("severity", code.severity.as_str().into()),
                ("message", code.message.into()),
                ("hint", code.hint.into()),
            ])
        };
        let rows = [
            ("read", self.rows().into()),
            ("accepted", self.accepted().into()),
            ("quarantined", self.quarantined.len().into()),
        ];
        object([
            ("rows", object(rows)),
            ("quarantined", object(reasons)),
            ("files", list(self.names.iter().zip(self.reports).map(file))),
            ("sources", list(self.quality.iter().map(source))),
            ("codes", list(self.codes().into_iter().map(code))),
        ])
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
    let mut children: Vec<Vec<u64>> = vec![Vec::new(); table.sources().len()];
    for (&source, &child) in table.source_index().iter().zip(&linked.children.child_id) {
        children[usize::from(source)].push(child);
    }
    parallel::map_owned(children, |mut own| {
        own.sort_unstable();
        own.dedup();
        own.len() as u64
    })
}

/// The summary of a linkage run, as one object.
pub fn of_linkage(read: Read<'_>, table: &Table, linked: &Linked) -> Value {
    let mut guards = Map::new();
    for guard in linked.pairs.iter().flat_map(|pair| pair.guards.iter()) {
        let count = guards.get(guard.code()).and_then(Value::as_u64).unwrap_or(0);
        put(&mut guards, guard.code(), (count + 1).into());
    }
    let children = children_of_sources(table, linked);
    let by_source = table.sources().iter().map(String::as_str).zip(children.into_iter().map(Value::from));
    let blocking = linked.blocking.iter().map(|rule| {
        object([
            ("rule", rule.name.as_str().into()),
            ("pairs", rule.pairs.into()),
            ("largest_block", rule.largest_block.into()),
        ])
    });
    let oversized = linked.oversized.iter().map(|block| {
        object([
            ("rule", block.rule.as_str().into()),
            ("records", block.records.into()),
            ("pairs_left_out", block.pairs_left_out.into()),
        ])
    });
    let mut summary = read.to_json(false);
    summary["linkage"] = object([
        ("records", table.len().into()),
        ("children", linked.children.children.into()),
        ("children_by_source", object(by_source)),
        ("next_child_id", linked.children.next_child_id.into()),
        ("changed_child", linked.children.changes.len().into()),
        ("candidate_pairs", linked.candidate_pairs().into()),
        ("links", pairs_decided(linked, Decision::Link).into()),
        ("review", pairs_decided(linked, Decision::Review).into()),
        ("restricted", linked.restricted.len().into()),
        ("refused_merges", linked.refused.len().into()),
        ("guards", Value::Object(guards)),
        ("blocking", list(blocking)),
        ("oversized_blocks", list(oversized)),
        ("training", linked.training.as_ref().map_or(Value::Null, training)),
        ("model", model(&linked.model)),
    ]);
    summary
}

/// The summary of a training run, as one object.
pub fn of_training(trained: &Model, report: &TrainingReport) -> Value {
    object([
        ("records", trained.provenance.trained_on_records.into()),
        ("training", training(report)),
        ("model", model(trained)),
    ])
}

fn model(model: &Model) -> Value {
    object([
        ("id", model.id.as_str().into()),
        ("version", model.version.as_str().into()),
        ("sha256", model.hash().into()),
    ])
}

fn training(report: &TrainingReport) -> Value {
    let session = |session: &Session| {
        object([
            ("keys", list(session.keys.iter().map(|key| key.as_str().into()))),
            ("pairs", session.pairs.into()),
            ("one_block_in", session.one_block_in.into()),
            ("matches", session.matches.into()),
            ("household", session.household.into()),
            ("iterations", session.iterations.into()),
            ("converged", session.converged.into()),
        ])
    };
    let finding = |finding: &TrainingFinding| {
        object([
            ("code", finding.code.id.into()),
            ("severity", finding.code.severity.as_str().into()),
            ("place", finding.place.as_str().into()),
            ("message", finding.code.message.into()),
            ("hint", finding.code.hint.into()),
        ])
    };
    let level = |level: &LevelSupport| {
        object([
            ("comparison", level.comparison.as_str().into()),
            ("level", level.level.as_str().into()),
            ("u_pairs", level.random_pairs.into()),
            ("u_pairs_compared", level.random_pairs_compared.into()),
            ("m_pairs", level.matches.into()),
            ("m_pairs_compared", level.matches_compared.into()),
            ("m_sessions", level.sessions.into()),
        ])
    };
    object([
        ("random_pairs", report.random_pairs.into()),
        ("levels", list(report.levels.iter().map(level))),
        ("sessions", list(report.sessions.iter().map(session))),
        ("findings", list(report.findings.iter().map(finding))),
    ])
}

/// An object of these keys. One by one, since each map that is collected, and each key of a `json!`, comes with code
/// of its own, which a browser has to fetch.
fn object<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut object = Map::new();
    entries.into_iter().for_each(|(key, value)| put(&mut object, key, value));
    Value::Object(object)
}

#[inline(never)]
fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key.to_owned(), value);
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::Array(items.collect())
}
