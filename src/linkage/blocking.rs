//! Candidate pairs: the OR of blocking rules, each pair produced once.
//!
//! A rule is the AND of key columns, hashed to one 64-bit key a record; records of equal key form a
//! block. A pair is produced by the earliest rule that holds for it, and never twice by one rule.
//! Pairs are walked block by block and never stored.

mod block;
mod keys;
mod runs;
mod scan;
mod stem;
mod turn;

pub use keys::{KeyColumn, Keys};
pub use scan::{Blocking, LinkKind, OversizedBlock, Residual, Rule, RuleCount, Scan, Sieve};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Every pair with the first rule that holds, found the slow way.
    fn brute(blocking: &Blocking) -> BTreeMap<(u32, u32), usize> {
        let mut found = BTreeMap::new();
        for right in 0..blocking.records as u32 {
            for left in 0..right {
                let different = blocking.source[left as usize] != blocking.source[right as usize];
                if blocking.kind == LinkKind::LinkOnly && !different {
                    continue;
                }
                if let Some(rule) = blocking.rules.iter().position(|rule| rule.holds(left, right)) {
                    found.insert((left, right), rule);
                }
            }
        }
        found
    }

    fn scanned(blocking: &Blocking) -> Vec<(u32, u32, usize)> {
        let scan = blocking.scan(Vec::new, |pairs, rule, left, right| pairs.push((left, right, rule)));
        let pairs: Vec<_> = scan.states.into_iter().flatten().collect();
        assert_eq!(pairs.len() as u64, scan.counts.iter().map(|count| count.pairs).sum::<u64>());
        pairs
    }

    /// Lets pass the pairs of an odd sum, and no other.
    struct Odd;
    impl Sieve for Odd {
        fn word(&self, record: u32) -> u64 {
            u64::from(record)
        }

        fn may_hold(&self, left: u64, right: u64) -> bool {
            (left + right) % 2 == 1
        }
    }

    fn several(keys: &[Vec<u64>]) -> KeyColumn {
        KeyColumn::several(keys.len(), |record, own| own.extend(&keys[record as usize]))
    }

    proptest! {
        #[test]
        fn each_pair_comes_once_from_the_earliest_rule(
            single in prop::collection::vec(0u64..6, 40),
            many in prop::collection::vec(prop::collection::vec(1u64..5, 0..3), 40),
            other in prop::collection::vec(prop::collection::vec(1u64..4, 0..3), 40),
            source in prop::collection::vec(0u16..3, 40),
            link_only in any::<bool>(),
            passes in 1usize..5,
        ) {
            let one = KeyColumn::single(40, |record| Some(single[record as usize]).filter(|&key| key > 0));
            let numbers = KeyColumn::several_numbers(40, |record, own| {
                own.extend(many[record as usize].iter().map(|&key| key as u32 - 1));
            });
            let (many, other) = (several(&many), several(&other));
            let values = std::sync::Arc::new(single.iter().map(|&key| key as u32).collect());
            let by_value = KeyColumn::several_by_value(values, &[0, 1, 2, 3, 4, 5], |value, own| own.extend([value / 2, value % 3]));
            let single_of = |key: fn(u64) -> u64| KeyColumn::single(40, move |record| Some(key(u64::from(record))));
            let (half, fourth, fifth) = (single_of(|record| record % 2), single_of(|record| record % 4), single_of(|record| record / 8));
            // Two keys a record, the records of each side by side in two places.
            let places = std::sync::Arc::new((0..40).map(|record| record / 5).collect());
            let side_by_side = KeyColumn::several_by_value(places, &[0, 1, 2, 3, 4, 5, 6, 7], |place, own| own.extend([place, place ^ 2]));
            let odd = |left: u32, right: u32| (left + right) % 2 == 1;
            let rule = |name: &str, keys| Rule { name: name.into(), keys, refine: Vec::new(), residual: None, sieve: None };
            let blocking = Blocking {
                records: 40,
                source: &source,
                kind: if link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe },
                rules: vec![
                    rule("one and many", vec![&one, &many]),
                    Rule { residual: Some(&odd), ..rule("many and other", vec![&many, &other]) },
                    rule("numbers and other", vec![&numbers, &other]),
                    rule("many by value and one", vec![&by_value, &one]),
                    rule("many by value and many", vec![&many, &by_value]),
                    Rule { residual: Some(&odd), sieve: Some(&Odd), ..rule("places and other", vec![&side_by_side, &other]) },
                    rule("places and many", vec![&side_by_side, &many]),
                    Rule { residual: Some(&odd), sieve: Some(&Odd), ..rule("one if odd", vec![&one]) },
                    rule("three", vec![&one, &half, &fourth]),
                    Rule { residual: Some(&odd), sieve: Some(&Odd), ..rule("other three", vec![&one, &half, &fifth]) },
                    rule("two and several", vec![&one, &half, &many]),
                    rule("one", vec![&one]),
                ],
                excluded: None,
                one_block_in: 1,
                passes,
                max_block_pairs: u64::MAX,
            };
            let found = scanned(&blocking);
            let distinct: BTreeMap<_, _> = found.iter().map(|&(l, r, rule)| ((l, r), rule)).collect();
            prop_assert_eq!(distinct.len(), found.len());
            prop_assert_eq!(distinct, brute(&blocking));
        }
    }

    #[test]
    fn oversized_blocks_are_refined_and_what_is_left_out_is_counted() {
        let all = KeyColumn::single(100, |_| Some(7));
        let fine = KeyColumn::single(100, |record| (record < 40).then_some(u64::from(record / 10) + 1));
        let rule = Rule { name: "all".into(), keys: vec![&all], refine: vec![&fine], residual: None, sieve: None };
        let source = vec![0; 100];
        let blocking = Blocking {
            records: 100,
            source: &source,
            kind: LinkKind::LinkAndDedupe,
            rules: vec![rule],
            excluded: None,
            one_block_in: 1,
            passes: 1,
            max_block_pairs: 100,
        };
        let scan = blocking.scan(|| 0u64, |pairs, _, _, _| *pairs += 1);
        assert_eq!(scan.states.iter().sum::<u64>(), 4 * 45);
        assert_eq!(scan.oversized, [OversizedBlock { rule: "all".into(), records: 100, pairs_left_out: 4950 - 180 }]);
    }

    #[test]
    fn a_sample_of_blocks_keeps_whole_blocks() {
        let keys = KeyColumn::single(3000, |record| Some(u64::from(record / 3) + 1));
        let rule = Rule { name: "key".into(), keys: vec![&keys], refine: Vec::new(), residual: None, sieve: None };
        let source = vec![0; 3000];
        let blocking = Blocking {
            records: 3000,
            source: &source,
            kind: LinkKind::LinkAndDedupe,
            rules: vec![rule],
            excluded: None,
            one_block_in: 4,
            passes: 1,
            max_block_pairs: 10,
        };
        let pairs = scanned(&blocking).len();
        assert!(pairs.is_multiple_of(3) && 150 * 3 < pairs && pairs < 350 * 3, "{pairs}");
    }

    #[test]
    fn excluded_records_and_missing_keys_pair_with_nothing() {
        let keys = KeyColumn::single(4, |record| (record != 3).then_some(1));
        let rule = Rule { name: "key".into(), keys: vec![&keys], refine: Vec::new(), residual: None, sieve: None };
        let blocking = Blocking {
            records: 4,
            source: &[0; 4],
            kind: LinkKind::LinkAndDedupe,
            rules: vec![rule],
            excluded: Some(&[true, false, false, false]),
            one_block_in: 1,
            passes: 1,
            max_block_pairs: 10,
        };
        assert_eq!(scanned(&blocking), [(1, 2, 0)]);
    }
}
