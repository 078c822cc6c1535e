//! Walking the candidate pairs of several rules.

use super::block::{BlockList, Choice, Entry, PARTITIONS, Partitions, blocks, with_company};
use super::keys::KeyColumn;
use super::runs::{in_pieces, runs_of};
use super::tally::{Counting, Keeping, Tally};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::{hash, parallel};
use crate::order;
use std::ops::Range;

/// A condition on a pair beyond the keys of its rule, asked with the lesser record first.
pub type Residual<'a> = dyn Fn(RecordIndex, RecordIndex) -> bool + Sync + Send + 'a;

/// One blocking rule: all keys agree and the residual condition, if any, holds.
pub struct Rule<'a> {
    /// The name shown in reports.
    pub name: String,
    /// The keys that must all agree; at least one.
    pub keys: Vec<&'a KeyColumn>,
    /// Further keys by which an oversized block is cut, tried in order.
    pub refine: Vec<&'a KeyColumn>,
    /// A condition beyond the keys. Rules that borrow one and the same condition ask it once of a pair.
    pub residual: Option<&'a Residual<'a>>,
}

/// Which records may be paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkKind {
    /// Records of different sources only.
    LinkOnly,
    /// Records of the same source only.
    DedupeOnly,
    /// Any two records.
    #[default]
    LinkAndDedupe,
}

/// A set of rules over the records of a table.
pub struct Blocking<'a> {
    /// How many records there are.
    pub records: usize,
    /// The source of each record.
    pub source: &'a [u16],
    /// Which records may be paired.
    pub kind: LinkKind,
    /// The rules, the first that holds for a pair produces it.
    pub rules: Vec<Rule<'a>>,
    /// Records that take no part (invalidated ones); `None` if all do.
    pub excluded: Option<&'a [bool]>,
    /// Takes one block in so many, chosen by the hash of its key; 1 takes all. For training.
    pub one_block_in: u64,
    /// The greatest number of pairs in one block; larger ones are refined, and what remains too large
    /// is reported and not compared.
    pub max_block_pairs: u64,
}

/// Pairs that one rule produced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule's name.
    pub name: String,
    /// Pairs that no earlier rule had produced.
    pub pairs: u64,
    /// Records in the largest block.
    pub largest_block: u64,
}

/// A block that was too large to compare all its pairs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OversizedBlock {
    /// The name of the rule.
    pub rule: String,
    /// How many records share the key.
    pub records: u64,
    /// Pairs of the block that were not compared under this rule.
    pub pairs_left_out: u64,
}

/// What a scan brought.
pub struct Scan<S> {
    /// The visitor's states: several for each rule, in the order of rules. How pairs are spread over them
    /// is of no account: who gathers puts all together and sorts.
    pub states: Vec<S>,
    /// Pairs by rule.
    pub counts: Vec<RuleCount>,
    /// Blocks not compared in full, in order of rule and size.
    pub oversized: Vec<OversizedBlock>,
}

impl Blocking<'_> {
    /// Visits every candidate pair once, the lesser record first, and tells the index of the rule.
    /// Each piece of work has a state of its own, so that `visit` may gather without locks.
    pub fn scan<S: Send>(
        &self,
        start: impl Fn() -> S + Sync + Send,
        visit: impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send,
    ) -> Scan<S> {
        self.scan_again(None, start, visit).0
    }

    /// The same, keeping by rule what a later scan can take over. With what an earlier scan kept, pairs of two records
    /// that are as they were need not be visited; the counts are those of a whole scan. A whole scan is needed where
    /// a block was or is too large.
    pub(in crate::linkage) fn scan_again<S: Send>(
        &self,
        keeping: Option<&Keeping<'_>>,
        start: impl Fn() -> S + Sync + Send,
        visit: impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send,
    ) -> (Scan<S>, Vec<Tally>) {
        let mut scan = Scan { states: Vec::new(), counts: Vec::new(), oversized: Vec::new() };
        let mut tallies = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut turn = Turn::of(&self.rules, index);
            turn.counting = keeping.map(Counting::new);
            let mut count = RuleCount { name: rule.name.clone(), ..RuleCount::default() };
            let earlier = keeping.and_then(|keeping| keeping.earlier);
            let parts = if let Some((tallies, unchanged)) = earlier {
                (count.pairs, count.largest_block) = self.leave_untouched(&mut turn, &tallies[index], unchanged);
                self.scan_partitions(&turn, &start, &visit)
            } else {
                match rule.keys.first().and_then(|column| runs_of(column, self.records as RecordIndex)) {
                    Some(runs) => self.scan_runs(&turn, &runs, &start, &visit),
                    None => self.scan_partitions(&turn, &start, &visit),
                }
            };
            let mut oversized = Vec::new();
            for part in parts {
                count.pairs += part.count.pairs;
                count.largest_block = count.largest_block.max(part.count.largest_block);
                oversized.extend(part.oversized);
                scan.states.push(part.state);
            }
            order::sort(&mut oversized);
            scan.oversized.extend(oversized);
            scan.counts.push(count);
            tallies.extend(turn.counting.map(Counting::tally));
        }
        (scan, tallies)
    }

    /// Has a rule walk only the groups of keys where a record came, went or changed; tells the pairs and the largest
    /// block of the others.
    fn leave_untouched(&self, turn: &mut Turn, earlier: &Tally, unchanged: &[bool]) -> (u64, u64) {
        let span = self.records.div_ceil(PARTITIONS).max(1);
        let changed = parallel::map(self.records.div_ceil(span), |piece| {
            let (mut own, mut changed) = (Vec::new(), Vec::new());
            for (record, &is_as_it_was) in unchanged.iter().enumerate().skip(piece * span).take(span) {
                self.entries(turn, record as RecordIndex, &mut own);
                if !is_as_it_was {
                    changed.extend(own.iter().map(|entry| entry.key));
                }
            }
            changed
        });
        let Some(counting) = &mut turn.counting else { return (0, 0) };
        let changed: Vec<usize> = changed.into_iter().flatten().map(|key| counting.group(key)).collect();
        counting.choose(earlier, changed.into_iter())
    }

    /// Walks a rule whose first key has its records side by side: no block reaches beyond a run, so the
    /// blocks of a run are found, and walked, while its records are at hand.
    fn scan_runs<S: Send>(
        &self,
        turn: &Turn,
        runs: &[Range<RecordIndex>],
        start: &(impl Fn() -> S + Sync + Send),
        visit: &(impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send),
    ) -> Vec<Part<S>> {
        if turn.counting.is_some() {
            // Those that are alone with their key are in no run, but they are counted as all others.
            let ends = runs.iter().map(|run| run.end);
            let starts = runs.iter().map(|run| run.start).chain([self.records as RecordIndex]);
            let mut own = Vec::new();
            let alone = [0].into_iter().chain(ends).zip(starts).flat_map(|(end, start)| end..start);
            alone.for_each(|record| self.entries(turn, record, &mut own));
        }
        let pieces = in_pieces(runs, self.records.div_ceil(PARTITIONS));
        parallel::map(pieces.len(), |piece| {
            let mut part = Part {
                answers: Answers::default(),
                state: start(),
                count: RuleCount::default(),
                oversized: Vec::new(),
            };
            let (mut own, mut entries) = (Vec::new(), Vec::new());
            for run in pieces[piece] {
                entries.clear();
                for record in run.clone() {
                    self.entries(turn, record, &mut own);
                    entries.extend_from_slice(&own);
                }
                let mut shared = with_company(|| entries.iter());
                shared.sort_unstable();
                blocks(&shared).for_each(|block| self.walk_counted(turn, block, &mut part, visit));
            }
            part
        })
    }

    /// Walks a rule of any keys: blocks are found in all records, then walked in order of their first
    /// record, so that records that stand near each other are looked at together.
    fn scan_partitions<S: Send>(
        &self,
        turn: &Turn,
        start: &(impl Fn() -> S + Sync + Send),
        visit: &(impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send),
    ) -> Vec<Part<S>> {
        let partitions = Partitions::collect(self.records, |record, own| self.entries(turn, record, own));
        let blocks = BlockList::of(partitions);
        parallel::map(PARTITIONS, |piece| {
            let mut part = Part {
                answers: Answers::default(),
                state: start(),
                count: RuleCount::default(),
                oversized: Vec::new(),
            };
            blocks.piece(piece).for_each(|block| self.walk_counted(turn, block, &mut part, visit));
            part
        })
    }

    /// The record under each key by which a rule finds it: under none if it takes no part.
    #[inline]
    fn entries(&self, turn: &Turn, record: RecordIndex, own: &mut Vec<Entry>) {
        own.clear();
        if !self.excluded.is_some_and(|excluded| excluded[record as usize]) {
            match turn.has_one_key {
                true => own.extend(turn.rule.only_entry(record)),
                false => turn.rule.entries(record, own),
            }
        }
        if self.one_block_in > 1 {
            own.retain(|entry| hash::of_word(!entry.key).is_multiple_of(self.one_block_in));
        }
        if let Some(counting) = &turn.counting {
            counting.see(own);
        }
    }

    /// Walks one block and keeps count of it.
    fn walk_counted<S>(
        &self,
        turn: &Turn,
        block: &[Entry],
        part: &mut Part<S>,
        visit: &impl Fn(&mut S, usize, RecordIndex, RecordIndex),
    ) {
        let before = part.count.pairs;
        self.walk(turn, block, part, visit);
        if let Some(counting) = &turn.counting {
            counting.walked(block[0].key, part.count.pairs - before, block.len());
        }
    }

    /// Visits the pairs of one block, or of its refinements if it is too large.
    fn walk<S>(
        &self,
        turn: &Turn,
        block: &[Entry],
        part: &mut Part<S>,
        visit: &impl Fn(&mut S, usize, RecordIndex, RecordIndex),
    ) {
        part.count.largest_block = part.count.largest_block.max(block.len() as u64);
        if pairs(block.len()) <= self.max_block_pairs {
            self.walk_all(turn, block, part, visit);
            return;
        }
        let mut compared = 0;
        let mut seen: Vec<&KeyColumn> = Vec::new();
        for &column in &turn.rule.refine {
            let mut finer: Vec<Entry> = block
                .iter()
                .flat_map(|entry| column.keys(entry.record).iter().map(|&key| Entry { key, ..*entry }))
                .collect();
            finer.sort_unstable();
            for sub in blocks(&finer).filter(|sub| pairs(sub.len()) <= self.max_block_pairs) {
                for (place, right) in sub.iter().enumerate() {
                    for left in &sub[..place] {
                        let first = least_common(column, left.record, right.record) == Some(right.key);
                        let again = seen.iter().any(|earlier| earlier.agrees(left.record, right.record));
                        if first && !again {
                            compared += 1;
                            self.offer(turn, [left, right].map(|of| Entry { key: block[0].key, ..*of }), part, visit);
                        }
                    }
                }
            }
            seen.push(column);
        }
        part.oversized.push(OversizedBlock {
            rule: turn.rule.name.clone(),
            records: block.len() as u64,
            pairs_left_out: pairs(block.len()) - compared,
        });
    }

    fn walk_all<S>(
        &self,
        turn: &Turn,
        block: &[Entry],
        part: &mut Part<S>,
        visit: &impl Fn(&mut S, usize, RecordIndex, RecordIndex),
    ) {
        for (place, right) in block.iter().enumerate() {
            for left in &block[..place] {
                self.offer(turn, [*left, *right], part, visit);
            }
        }
    }

    /// Visits a pair of a block unless it may not be paired or was or will be produced elsewhere.
    #[inline]
    fn offer<S>(
        &self,
        turn: &Turn,
        pair: [Entry; 2],
        part: &mut Part<S>,
        visit: &impl Fn(&mut S, usize, RecordIndex, RecordIndex),
    ) {
        let [left, right] = pair.map(|entry| entry.record);
        let same_source = || self.source[left as usize] == self.source[right as usize];
        let allowed = match self.kind {
            LinkKind::LinkOnly => !same_source(),
            LinkKind::DedupeOnly => same_source(),
            LinkKind::LinkAndDedupe => true,
        };
        let rule = turn.rule;
        if allowed
            && (turn.has_one_key || rule.produces_in(&pair))
            && turn.is_new(left, right, &mut part.answers)
            && !turn.others.iter().any(|earlier| {
                earlier.keys_agree(left, right) && earlier.residual.is_none_or(|holds| holds(left, right))
            })
        {
            part.count.pairs += 1;
            visit(&mut part.state, turn.index, left, right);
        }
    }
}

/// The rule whose blocks are being walked, and the rules before it.
struct Turn<'a> {
    index: usize,
    rule: &'a Rule<'a>,
    /// Earlier rules with the same condition. A pair whose keys they agree on either was produced or fails
    /// the condition, so that it need not be asked again.
    of_one_condition: Vec<Earlier<'a>>,
    /// Earlier rules without a condition: most pairs of one child are known to them.
    of_no_condition: Vec<Earlier<'a>>,
    others: Vec<Earlier<'a>>,
    /// Whether no record has more than one joint key.
    has_one_key: bool,
    /// Keeps count for a later scan.
    counting: Option<Counting<'a>>,
}

/// A rule before the one being walked.
struct Earlier<'a> {
    /// Its keys, but for those of the rule being walked: records of one block agree on them.
    keys: Vec<&'a KeyColumn>,
    residual: Option<&'a Residual<'a>>,
}

impl Earlier<'_> {
    #[inline]
    fn keys_agree(&self, left: RecordIndex, right: RecordIndex) -> bool {
        self.keys.iter().all(|column| column.agrees(left, right))
    }
}

impl<'a> Turn<'a> {
    /// Whether the condition holds for a pair, and no earlier rule of the same condition or of none produced it.
    /// Where earlier rules seldom know the pair, the condition is asked first.
    #[inline]
    fn is_new(&self, left: RecordIndex, right: RecordIndex, answers: &mut Answers) -> bool {
        let holds = || self.rule.residual.is_none_or(|holds| holds(left, right));
        let known_to = |earlier: &[Earlier]| earlier.iter().any(|earlier| earlier.keys_agree(left, right));
        let is_known = || known_to(&self.of_no_condition) || known_to(&self.of_one_condition);
        if answers.known < answers.asked / 8 && answers.asked > 256 {
            return holds() && !is_known();
        }
        let known = is_known();
        answers.asked += 1;
        answers.known += u64::from(known);
        !known && holds()
    }

    fn of(rules: &'a [Rule<'a>], index: usize) -> Turn<'a> {
        let rule = &rules[index];
        let same = |earlier: &&Rule| match (earlier.residual, rule.residual) {
            (Some(one), Some(other)) => std::ptr::addr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let is_shared = |column: &&KeyColumn| rule.keys.iter().any(|own| std::ptr::eq(*own, *column));
        let earlier = |earlier: &'a Rule<'a>| Earlier {
            keys: earlier.keys.iter().copied().filter(|column| !is_shared(column)).collect(),
            residual: earlier.residual,
        };
        let (of_one_condition, others): (Vec<_>, Vec<_>) = rules[..index].iter().partition(same);
        let (of_no_condition, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|earlier| earlier.residual.is_none());
        Turn {
            index,
            rule,
            of_one_condition: of_one_condition.into_iter().map(earlier).collect(),
            of_no_condition: of_no_condition.into_iter().map(earlier).collect(),
            others: others.into_iter().map(earlier).collect(),
            has_one_key: !rule.keys.iter().any(|column| column.is_several()),
            counting: None,
        }
    }
}

/// How often pairs were known by the keys of earlier rules alone.
#[derive(Default)]
struct Answers {
    asked: u64,
    known: u64,
}

struct Part<S> {
    answers: Answers,
    state: S,
    count: RuleCount,
    oversized: Vec<OversizedBlock>,
}

impl Rule<'_> {
    /// Whether the rule holds for a pair, wherever it was found.
    pub fn holds(&self, left: RecordIndex, right: RecordIndex) -> bool {
        self.keys_agree(left, right) && self.residual.is_none_or(|holds| holds(left, right))
    }

    /// Whether two records share a block of the rule.
    #[inline]
    pub fn keys_agree(&self, left: RecordIndex, right: RecordIndex) -> bool {
        self.keys.iter().all(|column| column.agrees(left, right))
    }

    /// Every joint key of a record: one for each choice among the keys of each column.
    pub(crate) fn joint_keys(&self, record: RecordIndex) -> impl Iterator<Item = u64> {
        let mut own = Vec::new();
        self.entries(record, &mut own);
        own.into_iter().map(|entry| entry.key)
    }

    /// The record under each of its joint keys, in an empty list.
    fn entries(&self, record: RecordIndex, own: &mut Vec<Entry>) {
        own.push(Entry { key: 0, record, choice: Choice::default() });
        for (column, keys) in self.keys.iter().enumerate() {
            let Some((&first, others)) = keys.keys(record).split_first() else { return own.clear() };
            let begun = own.len();
            for (place, &key) in others.iter().enumerate() {
                own.extend_from_within(..begun);
                let added = own.len() - begun;
                for entry in &mut own[added..] {
                    entry.key = hash::join(entry.key, key);
                    entry.choice = entry.choice.with(column, place + 1);
                }
            }
            own[..begun].iter_mut().for_each(|entry| entry.key = hash::join(entry.key, first));
        }
    }

    /// The record under its joint key, for a rule of which a record has at most one.
    #[inline]
    fn only_entry(&self, record: RecordIndex) -> Option<Entry> {
        let mut joint = 0;
        for column in &self.keys {
            let key = column.only_key(record).filter(|&key| key != 0)?;
            joint = hash::join(joint, key);
        }
        Some(Entry { key: joint, record, choice: Choice::default() })
    }

    /// Whether a pair belongs to the block in which it was found: of several blocks that two records share,
    /// only the one of the least keys produces the pair.
    #[inline]
    fn produces_in(&self, [left, right]: &[Entry; 2]) -> bool {
        for (column, keys) in self.keys.iter().enumerate() {
            let (l, r) = (left.choice.of(column), right.choice.of(column));
            if l == 0 || r == 0 || !keys.is_several() {
                continue;
            }
            if l == Choice::MOST && r == Choice::MOST {
                return self.least_joint(left.record, right.record) == Some(left.key);
            }
            // The keys before the one chosen are the lesser ones.
            let (one, place, other) = if l < Choice::MOST { (left, l, right) } else { (right, r, left) };
            let other = keys.keys(other.record);
            if keys.keys(one.record)[..place].iter().any(|lesser| other.contains(lesser)) {
                return false;
            }
        }
        true
    }

    /// The joint key of the least keys that two records share in each column.
    fn least_joint(&self, left: RecordIndex, right: RecordIndex) -> Option<u64> {
        self.keys
            .iter()
            .try_fold(0, |state, column| least_common(column, left, right).map(|key| hash::join(state, key)))
    }
}

/// The least key that two records share.
fn least_common(column: &KeyColumn, left: RecordIndex, right: RecordIndex) -> Option<u64> {
    let right = column.keys(right);
    column.keys(left).iter().copied().find(|key| right.contains(key))
}

/// Unordered pairs among so many records.
fn pairs(records: usize) -> u64 {
    let records = records as u64;
    records * records.saturating_sub(1) / 2
}
