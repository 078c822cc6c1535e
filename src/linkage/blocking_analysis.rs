//! What the blocking rules of a model bring, one by one and together.

use super::blocking::{Blocking, LinkKind, OversizedBlock, RuleCount, Scan};
use super::comparison::RecordIndex;
use super::model::{Compiled, Model};
use super::table::Table;
use crate::error::Error;
use std::ops::Range;

/// What one rule brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAnalysis {
    /// The rule's name.
    pub name: String,
    /// Pairs that the rule produces by itself.
    pub pairs: u64,
    /// Pairs that no earlier rule produces.
    pub added: u64,
    /// Matches among the pairs that the rule produces by itself.
    pub matches: u64,
    /// Matches among the pairs that no earlier rule produces.
    pub matches_added: u64,
    /// Records in its largest block.
    pub largest_block: u64,
}

/// What all rules bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockingAnalysis {
    /// Each rule, in the model's order.
    pub rules: Vec<RuleAnalysis>,
    /// All matches there are, if the truth was given.
    pub true_matches: Option<u64>,
    /// Blocks too large to compare in full.
    pub oversized: Vec<OversizedBlock>,
}

impl BlockingAnalysis {
    /// Pairs that any rule produces.
    pub fn pairs(&self) -> u64 {
        self.rules.iter().map(|rule| rule.added).sum()
    }

    /// Matches among them.
    pub fn matches(&self) -> u64 {
        self.rules.iter().map(|rule| rule.matches_added).sum()
    }
}

/// Walks the pairs of each rule alone, and of all together. A match is a pair of one person, where
/// `person` tells the person of each record (0 for none known); without it, a pair whose weight reaches
/// the model's threshold for a link, so that recall is then an estimate among the pairs that any rule
/// finds.
///
/// # Errors
/// Those of a model that does not fit this version: `model/unknown-key` and its kin.
pub fn analyse_blocking(
    table: &Table,
    model: &Model,
    kind: LinkKind,
    person: Option<&[u32]>,
) -> Result<BlockingAnalysis, Error> {
    let compiled = Compiled::new(&table.fields, model)?;
    let scorer = compiled.scorer(model)?;
    let is_match = |left: RecordIndex, right: RecordIndex| match person {
        Some(person) => person[left as usize] != 0 && person[left as usize] == person[right as usize],
        None => scorer.score(left, right).weight >= model.thresholds.link,
    };
    let conditions = compiled.conditions(&model.blocking)?;
    let walk = |places: Range<usize>| {
        let rules = &model.blocking[places.clone()];
        let blocking = Blocking {
            records: table.len(),
            source: table.source_index(),
            kind,
            rules: compiled.rules(rules, &conditions[places]),
            excluded: Some(&table.fields.invalidated),
            one_block_in: 1,
            passes: 1,
            max_block_pairs: model.thresholds.max_block_pairs,
        };
        let scan = blocking.scan(
            || vec![0u64; rules.len()],
            |matches, rule, left, right| matches[rule] += u64::from(is_match(left, right)),
        );
        Ok(Walk::of(scan, rules.len()))
    };
    let true_matches = person.map(|person| true_pairs(table.source_index(), kind, person));
    BlockingAnalysis::of_walks(model.blocking.len(), true_matches, walk)
}

/// What walking some rules brought.
pub(crate) struct Walk {
    counts: Vec<RuleCount>,
    /// Matches by rule.
    matches: Vec<u64>,
    oversized: Vec<OversizedBlock>,
}

impl Walk {
    /// Adds up a scan whose states count the matches of each of so many rules.
    pub(crate) fn of(scan: Scan<Vec<u64>>, rules: usize) -> Walk {
        let mut matches = vec![0; rules];
        for part in &scan.states {
            matches.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        Walk { counts: scan.counts, matches, oversized: scan.oversized }
    }
}

impl BlockingAnalysis {
    /// Walks all rules together, then each alone.
    pub(crate) fn of_walks(
        rules: usize,
        true_matches: Option<u64>,
        walk: impl Fn(Range<usize>) -> Result<Walk, Error>,
    ) -> Result<BlockingAnalysis, Error> {
        let together = walk(0..rules)?;
        let rule = |(place, (count, matches_added)): (usize, (RuleCount, u64))| {
            let alone = walk(place..place + 1)?;
            Ok(RuleAnalysis {
                name: count.name,
                pairs: alone.counts.iter().map(|rule| rule.pairs).sum(),
                added: count.pairs,
                matches: alone.matches.iter().sum(),
                matches_added,
                largest_block: count.largest_block,
            })
        };
        let all = together.counts.into_iter().zip(together.matches).enumerate();
        let rules = all.map(rule).collect::<Result<_, Error>>()?;
        Ok(BlockingAnalysis { rules, true_matches, oversized: together.oversized })
    }
}

/// Pairs of one person that may be paired at all.
pub(crate) fn true_pairs(source: &[u16], kind: LinkKind, person: &[u32]) -> u64 {
    let mut records: Vec<(u32, u16)> = person.iter().copied().zip(source.iter().copied()).collect();
    records.retain(|(person, _)| *person != 0);
    records.sort_unstable();
    let pairs = |count: usize| (count * count.saturating_sub(1) / 2) as u64;
    let all: u64 = records.chunk_by(|a, b| a.0 == b.0).map(|own| pairs(own.len())).sum();
    let within: u64 = records.chunk_by(|a, b| a == b).map(|own| pairs(own.len())).sum();
    match kind {
        LinkKind::LinkAndDedupe => all,
        LinkKind::LinkOnly => all - within,
        LinkKind::DedupeOnly => within,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::TableBuilder;

    #[test]
    fn rules_are_counted_alone_and_together() {
        let mut chunk = TableBuilder::new(0);
        let sources = ["a", "b"].map(|name| chunk.source(name));
        // One person three times, once without number; another person alone.
        let rows = [
            (0, "9434765919", "Okafor", "2019-03-12"),
            (1, "9434765919", "Okafor", "2019-03-12"),
            (1, "", "Okafor", "2019-03-12"),
            (0, "4010232137", "Lee", "2018-01-20"),
        ];
        for (row, (source, number, family, birth)) in (1..).zip(rows) {
            let id = row.to_string();
            let mut fields = RawFields::new();
            let values = [
                (Column::RecordId, id.as_str()),
                (Column::NhsNumber, number),
                (Column::GivenName, "Amara"),
                (Column::FamilyName, family),
                (Column::BirthDate, birth),
            ];
            values.into_iter().for_each(|(column, text)| fields.set(column, text));
            chunk.push(sources[source], row, &fields);
        }
        let table = Table::build(vec![chunk]).table;
        // Table order is by source: a/1, a/4, b/2, b/3.
        let person = [1, 2, 1, 1];
        let model = Model::child_health();
        let found = analyse_blocking(&table, &model, LinkKind::LinkAndDedupe, Some(&person)).unwrap();
        assert_eq!((found.true_matches, found.matches()), (Some(3), 3));
        let number = &found.rules[0];
        assert_eq!((number.name.as_str(), number.pairs, number.added, number.matches), ("NHS number", 1, 1, 1));
        for rule in &found.rules {
            assert!(rule.added <= rule.pairs && rule.matches_added <= rule.matches && rule.matches <= rule.pairs);
        }
        let between = analyse_blocking(&table, &model, LinkKind::LinkOnly, Some(&person)).unwrap();
        assert_eq!((between.true_matches, between.matches()), (Some(2), 2));
    }
}
