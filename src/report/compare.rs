//! Two runs side by side: what was read, what came of it, and which children are made of other records than before.

use super::chart::{Bar, bars};
use super::html::{HtmlTable, count, escaped, figure, page};
use super::linkage::{items, text, whole};
use crate::error::Error;
use crate::linkage::model::Model;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one run leaves, as far as runs are compared.
pub struct Run<'r> {
    /// Its name on the page.
    pub name: &'r str,
    /// `summary.json`.
    pub summary: &'r Value,
    /// `model.json`.
    pub model: &'r Model,
    /// The child of every record, by source and record id.
    pub children: &'r BTreeMap<(String, String), u64>,
    /// The decision on every pair listed, by the keys of its records.
    pub pairs: &'r BTreeMap<[String; 4], String>,
}

/// How the second of two runs differs from the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Counts of both runs by name.
    pub counts: Vec<(String, u64, u64)>,
    /// Records of each source in both runs.
    pub sources: Vec<(String, u64, u64)>,
    /// Records that only the second run has.
    pub new_records: u64,
    /// Records that only the first run has.
    pub gone_records: u64,
    /// Records in both runs.
    pub common_records: u64,
    /// Records in both runs whose `child_id` differs.
    pub other_child_id: u64,
    /// Children of the first run whose common records are now several children.
    pub split: u64,
    /// Children of the second run whose common records were several children.
    pub joined: u64,
    /// Children made of the same common records in both runs.
    pub same: u64,
    /// Pairs by their decision in the first run and in the second; `not listed` where a run has none.
    pub decisions: Vec<(String, String, u64)>,
    /// Levels whose weight differs by more than a hundredth of a bit: comparison, level, both weights.
    pub weights: Vec<(String, String, String, String)>,
}

/// Compares two runs.
pub fn compare(first: &Run<'_>, second: &Run<'_>) -> Difference {
    let mut difference = Difference::default();
    for (name, path) in [
        ("rows read", &["rows", "read"][..]),
        ("rows accepted", &["rows", "accepted"]),
        ("rows set aside", &["rows", "quarantined"]),
        ("children", &["linkage", "children"]),
        ("pairs compared", &["linkage", "candidate_pairs"]),
        ("pairs linked", &["linkage", "links"]),
        ("pairs for review", &["linkage", "review"]),
        ("restricted queue", &["linkage", "restricted"]),
        ("merges refused by a guard", &["linkage", "refused_merges"]),
    ] {
        let of = |run: &Run<'_>| whole(path.iter().fold(run.summary, |value, key| &value[*key]));
        difference.counts.push((name.to_owned(), of(first), of(second)));
    }
    let records = |run: &Run<'_>| -> BTreeMap<String, u64> {
        items(&run.summary["sources"]).map(|source| (text(&source["source"]), whole(&source["records"]))).collect()
    };
    let (before, after) = (records(first), records(second));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let of = |map: &BTreeMap<String, u64>| map.get(name).copied().unwrap_or(0);
        difference.sources.push((name.clone(), of(&before), of(&after)));
    }
    children(first, second, &mut difference);
    decisions(first, second, &mut difference);
    weights(first.model, second.model, &mut difference);
    difference
}

fn children(first: &Run<'_>, second: &Run<'_>, difference: &mut Difference) {
    difference.new_records = second.children.keys().filter(|key| !first.children.contains_key(*key)).count() as u64;
    let (mut onward, mut back) = (BTreeMap::<u64, BTreeSet<u64>>::new(), BTreeMap::<u64, BTreeSet<u64>>::new());
    for (key, &before) in first.children {
        let Some(&after) = second.children.get(key) else {
            difference.gone_records += 1;
            continue;
        };
        difference.common_records += 1;
        difference.other_child_id += u64::from(before != after);
        onward.entry(before).or_default().insert(after);
        back.entry(after).or_default().insert(before);
    }
    difference.split = onward.values().filter(|after| after.len() > 1).count() as u64;
    difference.joined = back.values().filter(|before| before.len() > 1).count() as u64;
    let alone = |after: &BTreeSet<u64>| after.iter().all(|child| back.get(child).is_some_and(|b| b.len() == 1));
    difference.same = onward.values().filter(|after| after.len() == 1 && alone(after)).count() as u64;
}

fn decisions(first: &Run<'_>, second: &Run<'_>, difference: &mut Difference) {
    const NONE: &str = "not listed";
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (pair, before) in first.pairs {
        let after = second.pairs.get(pair).map_or(NONE, String::as_str);
        *counts.entry((before, after)).or_default() += 1;
    }
    for (pair, after) in second.pairs.iter().filter(|(pair, _)| !first.pairs.contains_key(*pair)) {
        let _ = pair;
        *counts.entry((NONE, after)).or_default() += 1;
    }
    difference.decisions =
        counts.into_iter().map(|((before, after), n)| (before.to_owned(), after.to_owned(), n)).collect();
}

fn weights(first: &Model, second: &Model, difference: &mut Difference) {
    let levels = |model: &Model| -> BTreeMap<(String, String), f64> {
        let all = model.comparisons.iter().flat_map(|comparison| {
            comparison.levels.iter().filter(|level| !level.is_null_level).filter_map(|level| {
                Some(((comparison.name.clone(), level.label.clone()), libm::log2(level.m? / level.u?)))
            })
        });
        all.collect()
    };
    let (before, after) = (levels(first), levels(second));
    let names: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    for name in names {
        let shown = |weight: Option<&f64>| weight.map_or_else(|| "–".to_owned(), |weight| format!("{weight:+.2}"));
        let (one, other) = (before.get(name), after.get(name));
        let differs = match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() > 0.01,
            _ => true,
        };
        if differs {
            difference.weights.push((name.0.clone(), name.1.clone(), shown(one), shown(other)));
        }
    }
}

impl Difference {
    /// The page that shows it.
    ///
    /// # Errors
    /// `report/cannot-draw`.
    pub fn page(&self, first: &str, second: &str) -> Result<String, Error> {
        let signed = |before: u64, after: u64| {
            let change = after as i128 - before as i128;
            let sign = if change < 0 { "−" } else { "+" };
            format!("{sign}{}", count(change.unsigned_abs() as u64))
        };
        let side_by_side = |what: &str, rows: &[(String, u64, u64)]| {
            let mut table = HtmlTable::new("", &[what, "#First run", "#Second run", "#Change"]);
            for (name, before, after) in rows {
                table.row([name.clone(), count(*before), count(*after), signed(*before, *after)]);
            }
            table
        };
        let mut children = HtmlTable::new("", &["What", "#Number"]);
        let mut lengths = Vec::new();
        for (what, number) in self.children_in_words() {
            children.row([what.to_owned(), count(number)]);
            lengths.push(Bar { label: what.to_owned(), value: number as f64, shown: count(number) });
        }
        let title = "What became of records and children";
        let mut decided = HtmlTable::new("", &["In the first run", "In the second run", "#Pairs"]);
        self.decisions.iter().for_each(|(a, b, n)| decided.row([a.clone(), b.clone(), count(*n)]));
        let mut weights = HtmlTable::new("", &["Comparison", "Level", "#First run", "#Second run"]);
        self.weights.iter().for_each(|(a, b, c, d)| weights.row([a.clone(), b.clone(), c.clone(), d.clone()]));
        let none = "<p>None.</p>\n".to_owned();
        let or_none = |table: &HtmlTable| if table.is_empty() { none.clone() } else { table.html() };
        let lead = format!("<p>First run: {}. Second run: {}.</p>\n", escaped(first), escaped(second));
        let sections = [
            ("Counts", side_by_side("What", &self.counts).html()),
            ("Records by source", side_by_side("Source", &self.sources).html()),
            ("Children", figure(title, &bars(title, &lengths)?, &children)),
            ("Decisions on pairs", or_none(&decided)),
            ("Weights that differ", or_none(&weights)),
        ];
        Ok(page("Two runs compared", &lead, &sections))
    }

    /// What became of records and children, in words.
    pub fn children_in_words(&self) -> [(&'static str, u64); 7] {
        [
            ("records in both runs", self.common_records),
            ("new records", self.new_records),
            ("records that are gone", self.gone_records),
            ("records under another child_id", self.other_child_id),
            ("children of the same records", self.same),
            ("children that were split", self.split),
            ("children that were joined", self.joined),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_joins_are_told_from_other_numbers_for_the_same_children() {
        let children = |ids: [u64; 5]| -> BTreeMap<(String, String), u64> {
            ids.into_iter().enumerate().map(|(n, id)| (("a".to_owned(), n.to_string()), id)).collect()
        };
        // {0,1} {2} {3,4} become {0} {1} {2} under another number, and {3,4} loses 4.
        let (before, mut after) = (children([1, 1, 2, 3, 3]), children([1, 4, 9, 3, 3]));
        after.remove(&("a".to_owned(), "4".to_owned()));
        after.insert(("b".to_owned(), "1".to_owned()), 3);
        let pair = ["a", "0", "a", "1"].map(str::to_owned);
        let (linked, none) = (BTreeMap::from([(pair, "link".to_owned())]), BTreeMap::new());
        let (summary, model) = (Value::Null, Model::child_health());
        let run = |children, pairs| Run { name: "", summary: &summary, model: &model, children, pairs };
        let difference = compare(&run(&before, &linked), &run(&after, &none));
        let words: Vec<u64> = difference.children_in_words().map(|(_, n)| n).to_vec();
        assert_eq!(words, [4, 1, 1, 2, 2, 1, 0]);
        assert_eq!(difference.decisions, [("link".to_owned(), "not listed".to_owned(), 1)]);
        assert!(difference.weights.is_empty());
        assert!(difference.page("<one>", "two").unwrap().contains("&lt;one&gt;"));
    }
}
