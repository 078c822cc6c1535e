//! The cases that a programme file carries: a child, a day, and what must come out.

use super::Programme;
use crate::date::Date;
use crate::schedule::answer::ChildSchedule;
use crate::schedule::care_file::is_marked;
use crate::schedule::reader::{Fault, Table, read_file};
use crate::schedule::vocabulary::Vocabulary;
use crate::schedule::{Child, Extent, ProductText, immunisations, parse_child};
use serde_json::{Map, Value, json};

/// One case of a programme file.
#[derive(Clone, Debug)]
pub(super) struct Case {
    name: String,
    cites: String,
    line: usize,
    /// Rules that the case shows at work.
    pub(super) shows: Vec<String>,
    /// Rules that the case shows not to apply.
    pub(super) denies: Vec<String>,
    child: String,
    as_at: Date,
    /// Series and the words its forecast must have.
    expect: Vec<(String, String)>,
    /// Verdicts that must be there.
    judged: Vec<String>,
    /// All visits, if given.
    visits: Option<Vec<String>>,
}

/// Reads a file of cases for a programme.
pub(super) fn load_file(text: &str, vocabulary: &Vocabulary) -> Result<Vec<Case>, Vec<Fault>> {
    read_file(text, "the case file", |root| Some(load_all(root, vocabulary)))
}

/// Reads every `[[case]]`.
pub(super) fn load_all(root: &Table<'_, '_>, vocabulary: &Vocabulary) -> Vec<Case> {
    let tables = root.tables("case", |index| format!("case {}", index + 1));
    tables.into_iter().filter_map(|table| load(table, vocabulary)).collect()
}

/// Reads one case.
fn load(table: Table<'_, '_>, vocabulary: &Vocabulary) -> Option<Case> {
    let name = table.needed("name", table.text("name")).map_or("", |name| name.value);
    let table = table.named(format!("case \"{name}\""));
    let cites = table.needed("cites", table.text("cites")).map_or("", |cites| cites.value);
    let born = table.needed("born", table.date("born"));
    let as_at = table.needed("as_at", table.date("as_at"));
    let mut child = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            child.insert(key.to_owned(), value);
        }
    };
    put("birth_date", born.map(|date| json!(date.value.to_string())));
    put("death_date", table.date("died").map(|date| json!(date.value.to_string())));
    put("nation", Some(json!(table.text("nation").map_or("england", |nation| nation.value))));
    for key in ["sex", "year_group"] {
        put(key, table.text(key).map(|text| json!(text.value)));
    }
    put("gestation_weeks", table.number("gestation_weeks", 20..=45).map(|weeks| json!(weeks.value)));
    let texts = |key| table.texts(key).into_iter().map(|text| text.value.to_owned()).collect::<Vec<String>>();
    put("risk_groups", Some(json!(texts("risk_groups"))));
    let events = |key: &'static str, keys: &[&str]| -> Vec<Value> {
        let read = |text: &String| {
            let words = text.split_whitespace();
            Value::Object(keys.iter().zip(words).map(|(key, word)| ((*key).to_owned(), json!(word))).collect())
        };
        texts(key).iter().map(read).collect()
    };
    put("decisions", Some(Value::Array(events("decisions", &["series", "status", "until"]))));
    put("screens", Some(Value::Array(events("screens", &["date", "kind", "condition", "outcome"]))));
    let doses: Vec<Value> = table.texts("given").into_iter().map(|given| dose(given.value, vocabulary)).collect();
    put("doses", Some(Value::Array(doses)));
    let mut expect = Vec::new();
    for (name, words) in table.tables("expect", |_| "expect".to_owned()).iter().flat_map(Table::entries) {
        if vocabulary.series(name.value).is_none() {
            table.file.fault(name.at, format!("`{}` is no series", name.value), "use the id of a series of this file");
        }
        expect.push((name.value.to_owned(), words.to_owned()));
    }
    let case = Case {
        name: name.to_owned(),
        cites: cites.to_owned(),
        line: table.file.line(table.at),
        shows: texts("shows"),
        denies: texts("denies"),
        child: Value::Object(child).to_string(),
        as_at: as_at?.value,
        expect,
        judged: texts("judged"),
        visits: table.has("visits").then(|| texts("visits")),
    };
    if case.expect.is_empty() && case.judged.is_empty() && case.visits.is_none() {
        table.file.fault(table.at, format!("{} expects nothing", table.what), "add expect, judged or visits");
    }
    table.end();
    Some(case)
}

/// A dose such as `2024-05-01 priorix` or `2024-05-01 measles+rubella`.
fn dose(text: &str, vocabulary: &Vocabulary) -> Value {
    let (date, product) = text.split_once(' ').unwrap_or((text, ""));
    if vocabulary.product(product).is_some() || vocabulary.antigen(product).is_none() && !product.contains('+') {
        json!({"date": date, "product": product})
    } else {
        json!({"date": date, "product": {"antigens": product.split('+').collect::<Vec<_>>()}})
    }
}

impl Case {
    /// A fault for each rule that the case names and that the programme does not have.
    pub(super) fn unknown_rules(&self, is_rule: impl Fn(&str) -> bool) -> impl Iterator<Item = Fault> {
        let unknown = self.shows.iter().chain(&self.denies).filter(move |name| !is_rule(name));
        unknown.map(|name| Fault {
            line: self.line,
            found: format!("case \"{}\" names the rule `{name}`, which the programme does not have", self.name),
            fix: "write series/dose or series/eligibility".to_owned(),
        })
    }

    /// What differs from the file, if anything does.
    pub(super) fn run(&self, programme: &Programme) -> Option<Fault> {
        let vocabulary = programme.vocabulary();
        let differences = match parse_child(self.child.as_bytes(), vocabulary) {
            Err(error) => vec![error.to_string()],
            Ok(child) => {
                let answer = immunisations(programme, &child, self.as_at, Extent::Visits);
                self.differences(&child, &answer, vocabulary)
            }
        };
        (!differences.is_empty()).then(|| Fault {
            line: self.line,
            found: format!("case \"{}\" ({}): {}", self.name, self.cites, differences.join("; ")),
            fix: "correct the rule or the case".to_owned(),
        })
    }

    fn differences(&self, child: &Child<'_>, answer: &ChildSchedule<'_>, vocabulary: &Vocabulary) -> Vec<String> {
        let mut differences = Vec::new();
        for (id, expected) in &self.expect {
            let forecast = vocabulary.series(id).and_then(|series| answer.forecast_of(series));
            let got = forecast.map_or_else(String::new, |forecast| {
                let day = |name: &str, date: Option<Date>| date.map_or(String::new(), |date| format!(" {name} {date}"));
                [
                    forecast.status.as_str().to_owned(),
                    forecast.dose.map_or(String::new(), |dose| format!(" dose {dose}")),
                    day("earliest", forecast.earliest),
                    day("due", forecast.due),
                    day("overdue", forecast.overdue_from),
                    day("latest", forecast.latest),
                    format!(" rule {}", forecast.rule),
                    format!(" confirmed {}", if is_marked(forecast.rule) { "no" } else { "yes" }),
                ]
                .concat()
            });
            if !agrees(expected, &got) {
                differences.push(format!("{id}: expected {expected}, got {got}"));
            }
        }
        let judged: Vec<String> = answer
            .verdicts
            .iter()
            .map(|verdict| {
                let dose = &child.doses[verdict.given as usize];
                let product = match &dose.product_text {
                    ProductText::Id(id) => id.to_string(),
                    _ => "antigens".to_owned(),
                };
                let series = verdict.series.map_or("none", |series| vocabulary.series_id(series));
                let number = verdict.dose.map_or_else(|| "-".to_owned(), |number| number.to_string());
                let word = verdict.reason.verdict().as_str();
                format!("{} {product} {series} {word} {number} {}", dose.date_text, verdict.reason.as_str())
            })
            .collect();
        for expected in &self.judged {
            if !judged.contains(expected) {
                differences.push(format!("expected the verdict {expected}, got {}", judged.join(" | ")));
            }
        }
        if let Some(expected) = &self.visits {
            let visits: Vec<String> = answer
                .visits
                .iter()
                .map(|visit| {
                    let give: Vec<&str> = visit.give.iter().map(|series| vocabulary.series_id(series)).collect();
                    format!("{} {}", visit.date, give.join(" "))
                })
                .collect();
            if *expected != visits {
                differences.push(format!("expected the visits {}, got {}", expected.join(" | "), visits.join(" | ")));
            }
        }
        differences
    }
}

/// Whether the status agrees, and every `word value` pair that is expected is there. `latest -` says
/// that there is none.
fn agrees(expected: &str, got: &str) -> bool {
    let mut words = expected.split(' ');
    let status = words.next().unwrap_or_default();
    let (got_status, got_rest) = got.split_once(' ').unwrap_or((got, ""));
    let rest: Vec<&str> = words.collect();
    let got_rest = format!(" {got_rest} ");
    status == got_status
        && rest.len().is_multiple_of(2)
        && rest.chunks(2).all(|pair| match pair {
            [word, "-"] => !got_rest.contains(&format!(" {word} ")),
            [word, value] => got_rest.contains(&format!(" {word} {value} ")),
            _ => false,
        })
}
