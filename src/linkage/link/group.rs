//! From decided pairs to children, and to what is left for people.

use super::super::child_id::ChildIds;
use super::super::cluster::{Clusters, Constraints, Link, Refusal};
use super::super::comparison::{RecordIndex, word_of};
use super::super::decide::Verdicts;
use super::super::decisions::Verdict;
use super::super::guards::Guard;
use super::super::parallel;
use super::super::table::Table;
use super::{DecidedPair, Decision, LinkOptions, RefusedMerge, RestrictedPair};
use hashbrown::{HashMap, HashSet};

/// Keeps, of the pairs for review between the same two children, the strongest: its answer settles the others. Where
/// a person has called a pair between two children different, the question is settled. Pairs on which readers
/// disagree, and those refused because of other records, are questions of their own.
fn ask_once(pairs: &mut Vec<DecidedPair>, clusters: &Clusters, options: &LinkOptions) {
    let between = |left: RecordIndex, right: RecordIndex| {
        let (left, right) = (clusters.least(left), clusters.least(right));
        (left.min(right), left.max(right))
    };
    let different = options.decisions.iter().filter(|(_, verdict)| *verdict == Verdict::Different);
    let settled: HashSet<_> = different.map(|((left, right), _)| between(left, right)).collect();
    let own_question = |pair: &DecidedPair| {
        pair.decision == Decision::Link
            || pair.guards.has(Guard::ReadersDisagree)
            || pair.guards.has(Guard::ClusterConflict)
    };
    let mut strongest: HashMap<(RecordIndex, RecordIndex), (f64, (RecordIndex, RecordIndex))> = HashMap::new();
    for pair in pairs.iter().filter(|pair| !own_question(pair)) {
        let best = strongest.entry(between(pair.left, pair.right)).or_insert((pair.weight, (pair.left, pair.right)));
        if pair.weight > best.0 {
            *best = (pair.weight, (pair.left, pair.right));
        }
    }
    pairs.retain(|pair| {
        let children = between(pair.left, pair.right);
        own_question(pair)
            || (!settled.contains(&children)
                && strongest.get(&children).is_some_and(|best| best.1 == (pair.left, pair.right)))
    });
}

pub(super) type Grouped = (ChildIds, Vec<DecidedPair>, Vec<RestrictedPair>, Vec<RefusedMerge>);

/// Joins what is linked; what is refused goes to review or the restricted queue.
pub(super) fn group(table: &Table, verdicts: Verdicts, options: &LinkOptions) -> Grouped {
    let Verdicts { mut pairs, mut restricted, apart } = verdicts;
    let links = pairs.iter().filter(|pair| pair.decision == Decision::Link).map(|pair| {
        let weight = if pair.guards.has(Guard::Decided) { f64::INFINITY } else { pair.weight };
        Link { left: pair.left, right: pair.right, weight }
    });
    let constraints = Constraints {
        number: &|record| table.fields.number[record as usize].number().unwrap_or(0),
        birth_order: &|record| table.fields.birth_order_of(record),
        verified: &|record| {
            let cell = table.fields.number[record as usize];
            cell.number().filter(|_| cell.is_verified()).unwrap_or(0)
        },
        apart: &apart,
        called_different: &|left, right| options.decisions.of(left, right) == Some(Verdict::Different),
        barred: &|left, right| options.barred.bars(table, left, right),
    };
    let (clusters, refusals) = Clusters::build(table.len(), links.collect(), &constraints);
    let hidden: HashSet<(RecordIndex, RecordIndex)> = restricted.iter().map(|pair| (pair.left, pair.right)).collect();
    let mut refused = Vec::new();
    for (link, reason) in refusals {
        let Ok(place) = pairs.binary_search_by_key(&(link.left, link.right), |pair| (pair.left, pair.right)) else {
            continue;
        };
        let pair = &mut pairs[place];
        let guards = pair.guards.with(Guard::ClusterConflict);
        pair.guards = match reason {
            Refusal::TwoNumbers => guards.with(Guard::ChildrenNumbers),
            Refusal::TwoBirthOrders => guards.with(Guard::ChildrenBirthOrders),
            Refusal::KeptApart(..) => guards.with(Guard::ChildrenApart),
            Refusal::Barred => guards,
        };
        pair.decision = Decision::Review;
        if reason == Refusal::Barred {
            pair.weight = f64::NAN;
            continue;
        }
        refused.push(RefusedMerge { left: link.left, right: link.right, weight: pair.weight, reason });
        if matches!(reason, Refusal::KeptApart(a, b) if hidden.contains(&(a, b))) {
            restricted.push(RestrictedPair { left: pair.left, right: pair.right, guards: pair.guards });
            pair.weight = f64::NAN;
        }
    }
    pairs.retain(|pair| !pair.weight.is_nan());
    for pair in
        pairs.iter_mut().filter(|pair| pair.decision == Decision::Review && !pair.guards.has(Guard::ReadersDisagree))
    {
        if clusters.same(pair.left, pair.right) {
            pair.decision = Decision::Link;
            pair.guards = pair.guards.with(Guard::SettledByCluster);
        }
    }
    ask_once(&mut pairs, &clusters, options);
    parallel::sort_by_word(&mut restricted, |pair| word_of(pair.left, pair.right));
    parallel::sort_by_word(&mut refused, |merge| word_of(merge.left, merge.right));
    (ChildIds::assign(table.len(), &clusters, &options.previous), pairs, restricted, refused)
}
