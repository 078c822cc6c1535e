//! What becomes of the pairs of `tests/cases/linkage`.

use childlink::identity::column::Column;
use childlink::identity::raw::RawFields;
use childlink::linkage::guards::Guard;
use childlink::linkage::model::Model;
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
    #[serde(default)]
    together: Vec<(String, String)>,
    #[serde(default)]
    apart: Vec<(String, String)>,
    review: Option<BTreeSet<(String, String)>>,
    restricted: Option<BTreeSet<(String, String)>>,
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
    let restricted: BTreeSet<_> = linked.restricted.iter().map(|p| ids(table, p.left, p.right)).collect();
    if case.restricted.as_ref().is_some_and(|wanted| *wanted != restricted) {
        return Err(format!("the restricted queue holds {restricted:?}: {weights:?}"));
    }
    Ok(())
}

#[test]
fn pairs_become_what_their_sources_ask() {
    let file: File = toml::from_str(include_str!("cases/linkage/pairs.toml")).unwrap();
    let options = LinkOptions { skip_training: true, ..LinkOptions::default() };
    let mut failures = Vec::new();
    for case in &file.case {
        assert!(!case.source.is_empty(), "{} cites nothing", case.name);
        let table = table(&case.records);
        let linked = link(&table, &Model::child_health(), &options).unwrap();
        failures.extend(check(case, &table, &linked).err().map(|error| format!("{}: {error}", case.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn restricted_pairs_are_in_no_common_list() {
    let file: File = toml::from_str(include_str!("cases/linkage/pairs.toml")).unwrap();
    let options = LinkOptions { skip_training: true, ..LinkOptions::default() };
    for case in &file.case {
        let table = table(&case.records);
        let linked = link(&table, &Model::child_health(), &options).unwrap();
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
