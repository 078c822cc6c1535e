//! What becomes of the pairs of `tests/cases/linkage`.

use childlink::identity::column::Column;
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::raw::RawFields;
use childlink::linkage::barred::{Barred, Subject, hash_pair};
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::decisions::{DecisionRow, Decisions, Verdict};
use childlink::linkage::guards::Guard;
use childlink::linkage::model::Model;
use childlink::linkage::superseded::Superseded;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::linkage::{Decision, LinkOptions, Linked, link};
use std::collections::{BTreeMap, BTreeSet};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    records: Vec<BTreeMap<String, String>>,
    /// No two records of one source are paired.
    #[serde(default)]
    link_only: bool,
    #[serde(default)]
    together: Vec<(String, String)>,
    #[serde(default)]
    apart: Vec<(String, String)>,
    review: Option<BTreeSet<(String, String)>>,
    restricted: Option<BTreeSet<(String, String)>>,
    /// Guards that a listed pair must have.
    #[serde(default)]
    guards: Vec<(String, String, String)>,
    /// Old and new NHS numbers.
    #[serde(default)]
    superseded: Vec<(String, String)>,
    /// Pairs and what a person decided about them.
    #[serde(default)]
    decisions: Vec<(String, String, String)>,
    /// Pairs that must never be joined or mentioned.
    #[serde(default)]
    barred: Vec<(String, String)>,
}

impl Case {
    fn linked(&self) -> (Table, Linked) {
        let mut table = table(&self.records);
        let number = |text: &str| NhsNumber::parse(text).unwrap();
        let chain = self.superseded.iter().map(|(old, new)| (number(old), number(new)));
        table.replace_superseded(&Superseded::new(chain).0);
        let source = |id: &str| self.records.iter().find(|record| record["record_id"] == id).unwrap()["source"].clone();
        let rows: Vec<DecisionRow> = self
            .decisions
            .iter()
            .map(|(a, b, word)| DecisionRow {
                source_l: source(a),
                record_id_l: a.clone(),
                source_r: source(b),
                record_id_r: b.clone(),
                verdict: Verdict::from_word(word).unwrap(),
                reader: "a clerk".into(),
                decided_at: "2026-11-30".into(),
            })
            .collect();
        let key = b"a key of this test alone";
        let record = |id: &str| (source(id), id.to_owned());
        let hashes = self.barred.iter().map(|(a, b)| {
            let ((source_a, a), (source_b, b)) = (record(a), record(b));
            fn subject<'a>(source: &'a str, record_id: &'a str) -> Subject<'a> {
                Subject::Record { source, record_id }
            }
            hash_pair(key, subject(&source_a, &a), subject(&source_b, &b))
        });
        let options = LinkOptions {
            kind: if self.link_only { LinkKind::LinkOnly } else { LinkKind::default() },
            skip_training: true,
            decisions: Decisions::new(&table, &rows).0,
            barred: Barred::new(key, hashes),
            ..LinkOptions::default()
        };
        let linked = link(&table, &Model::child_health(), &options).unwrap();
        (table, linked)
    }
}

fn table(records: &[BTreeMap<String, String>]) -> Table {
    let mut builder = TableBuilder::new(0);
    for (row, record) in records.iter().enumerate() {
        let source = builder.source(&record["source"]);
        let mut fields = RawFields::new();
        for (name, text) in record.iter().filter(|(name, _)| *name != "source") {
            fields.set(Column::from_name(name).unwrap_or_else(|| panic!("no column {name}")), text);
        }
        builder.push(source, row as u32 + 1, &fields);
    }
    Table::build(vec![builder]).table
}

/// Pairs of record ids, the lesser first.
fn ids(table: &Table, left: u32, right: u32) -> (String, String) {
    let (a, b) = (table.record_id(left).to_owned(), table.record_id(right).to_owned());
    if a < b { (a, b) } else { (b, a) }
}

fn check(case: &Case, table: &Table, linked: &Linked) -> Result<(), String> {
    let child: BTreeMap<&str, u64> =
        (0..table.len() as u32).map(|n| (table.record_id(n), linked.children.child_id[n as usize])).collect();
    let weights: Vec<_> =
        linked.pairs.iter().map(|p| (ids(table, p.left, p.right), p.weight, p.guards.codes())).collect();
    for (a, b) in &case.together {
        if child[a.as_str()] != child[b.as_str()] {
            return Err(format!("{a} and {b} are not one child: {weights:?}"));
        }
    }
    for (a, b) in &case.apart {
        if child[a.as_str()] == child[b.as_str()] {
            return Err(format!("{a} and {b} are one child: {weights:?}"));
        }
    }
    let review: BTreeSet<_> =
        linked.pairs.iter().filter(|p| p.decision == Decision::Review).map(|p| ids(table, p.left, p.right)).collect();
    if case.review.as_ref().is_some_and(|wanted| *wanted != review) {
        return Err(format!("review holds {review:?}: {weights:?}"));
    }
    for (a, b, code) in &case.guards {
        let listed = linked.pairs.iter().find(|p| ids(table, p.left, p.right) == (a.clone(), b.clone()));
        if !listed.is_some_and(|p| p.guards.iter().any(|guard| guard.code() == code)) {
            return Err(format!("{a} and {b} have not the guard {code}: {weights:?}"));
        }
    }
    let restricted: BTreeSet<_> = linked.restricted.iter().map(|p| ids(table, p.left, p.right)).collect();
    if case.restricted.as_ref().is_some_and(|wanted| *wanted != restricted) {
        return Err(format!("the restricted queue holds {restricted:?}: {weights:?}"));
    }
    Ok(())
}

#[test]
fn pairs_become_what_their_sources_ask() {
    let file: File = toml::from_str(include_str!("cases/linkage/pairs.toml")).unwrap();
    let mut failures = Vec::new();
    for case in &file.case {
        assert!(!case.source.is_empty(), "{} cites nothing", case.name);
        let (table, linked) = case.linked();
        failures.extend(check(case, &table, &linked).err().map(|error| format!("{}: {error}", case.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn restricted_pairs_are_in_no_common_list() {
    let file: File = toml::from_str(include_str!("cases/linkage/pairs.toml")).unwrap();
    for case in &file.case {
        let (_, linked) = case.linked();
        for hidden in &linked.restricted {
            assert!(!linked.pairs.iter().any(|p| (p.left, p.right) == (hidden.left, hidden.right)), "{}", case.name);
        }
        assert!(!linked.pairs.iter().any(|p| p.guards.has(Guard::PossibleIdentityChange)), "{}", case.name);
    }
}

#[test]
fn every_predicate_key_and_guard_is_described() {
    let page = include_str!("../docs/models.md");
    let described = |name: &str| page.contains(&format!("`{name}`"));
    let predicates = childlink::linkage::predicate::vocabulary().map(|(name, _)| name);
    let names =
        predicates.chain(childlink::linkage::keys::vocabulary()).chain(Guard::ALL.iter().map(|guard| guard.code()));
    let missing: Vec<&str> = names.filter(|name| !described(name)).collect();
    assert!(missing.is_empty(), "docs/models.md says nothing of {missing:?}");
}
