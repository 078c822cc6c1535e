//! Walking the candidate pairs of several rules.

use super::block::{BlockList, Choice, Entry, PARTITIONS, Partitions, blocks, partition_of, with_company};
use super::keys::KeyColumn;
use super::runs::{Run, in_pieces, runs_of};
use super::stem::Stem;
use super::turn::{Answers, Turn};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::{hash, parallel};
use crate::order;

/// A condition on a pair beyond the keys of its rule, asked with the lesser record first.
pub type Residual<'a> = dyn Fn(RecordIndex, RecordIndex) -> bool + Sync + Send + 'a;

/// What must hold for a condition to hold, asked of one word of each record: in a block of many records that of each
/// is taken once, and most pairs need not be looked at.
pub trait Sieve: Sync + Send {
    /// The word of a record.
    fn word(&self, record: RecordIndex) -> u64;

    /// Whether the condition can hold for two records of these words.
    fn may_hold(&self, left: u64, right: u64) -> bool;
}

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
    /// A cheap test without which the condition cannot hold; `None` if there is none.
    pub sieve: Option<&'a dyn Sieve>,
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
    /// In how many passes the blocks of a rule are found, where all of them are held at once: more passes hold fewer at
    /// a time, and come to the same. At least 1.
    pub passes: usize,
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
    /// The records of such blocks, in order and each once.
    pub crowded: Vec<RecordIndex>,
}

impl Blocking<'_> {
    /// Visits every candidate pair once, the lesser record first, and tells the index of the rule.
    /// Each piece of work has a state of its own, so that `visit` may gather without locks.
    pub fn scan<S: Send>(
        &self,
        start: impl Fn() -> S + Sync + Send,
        visit: impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send,
    ) -> Scan<S> {
        let mut scan = Scan { states: Vec::new(), counts: Vec::new(), oversized: Vec::new(), crowded: Vec::new() };
        let mut stems: Option<(Stem, BlockList)> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            let turn = Turn::of(&self.rules, index);
            let mut count = RuleCount { name: rule.name.clone(), ..RuleCount::default() };
            let runs = rule.keys.first().and_then(|column| runs_of(column, self.records as RecordIndex));
            let stem = if runs.is_some() { None } else { self.shared_stem(index) };
            stems = stems.filter(|(known, _)| stem.is_some_and(|stem| stem.is(known)));
            let parts = match (runs, stem) {
                (Some(runs), _) => self.scan_runs(&turn, &runs, &start, &visit),
                (None, Some(stem)) => {
                    let (_, blocks) = stems.get_or_insert_with(|| (stem, self.blocks_of(&stem)));
                    self.scan_stems(&turn, blocks, &start, &visit)
                }
                (None, None) => self.scan_partitions(&turn, &start, &visit),
            };
            let mut oversized = Vec::new();
            for part in parts {
                count.pairs += part.count.pairs;
                count.largest_block = count.largest_block.max(part.count.largest_block);
                oversized.extend(part.oversized);
                scan.crowded.extend(part.crowded);
                scan.states.push(part.state);
            }
            order::sort(&mut oversized);
            scan.oversized.extend(oversized);
            scan.counts.push(count);
        }
        scan.crowded.sort_unstable();
        scan.crowded.dedup();
        scan
    }

    /// Walks a rule whose first key has its records side by side: no block reaches beyond a run, so the
    /// blocks of a run are found, and walked, while its records are at hand.
    fn scan_runs<S: Send>(
        &self,
        turn: &Turn,
        runs: &[Run],
        start: &(impl Fn() -> S + Sync + Send),
        visit: &(impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send),
    ) -> Vec<Part<S>> {
        let pieces = in_pieces(runs, self.records.div_ceil(PARTITIONS));
        parallel::map(pieces.len(), |piece| {
            let mut part = Part::begun(start());
            let (mut own, mut entries) = (Vec::new(), Vec::new());
            for of_one_key in pieces[piece].chunk_by(|one, other| one.key == other.key) {
                entries.clear();
                for run in of_one_key {
                    for record in run.records.clone() {
                        self.entries(turn, run.begun(record), 1, &mut own);
                        entries.extend_from_slice(&own);
                    }
                }
                let mut shared = with_company(|| entries.iter());
                shared.sort_unstable();
                blocks(&shared).for_each(|block| self.walk(turn, block, &mut part, visit));
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
        let passes = self.passes.clamp(1, PARTITIONS);
        let in_pass = |pass: usize| {
            let partitions = Partitions::collect_some(
                self.records,
                |partition| partition % passes == pass,
                |record, own| {
                    self.entries(turn, Entry::of(record), 0, own);
                    if passes > 1 {
                        own.retain(|entry| partition_of(entry.key) % passes == pass);
                    }
                },
            );
            let blocks = BlockList::of(partitions);
            parallel::map(PARTITIONS, |piece| {
                let mut part = Part::begun(start());
                blocks.piece(piece).for_each(|block| self.walk(turn, block, &mut part, visit));
                part
            })
        };
        (0..passes).flat_map(in_pass).collect()
    }

    /// The first two keys of a rule of three, if a rule next to it has the same: their blocks are found once.
    fn shared_stem(&self, index: usize) -> Option<Stem<'_>> {
        let stem = Stem::of(self.rules.get(index)?)?;
        let beside = [index.wrapping_sub(1), index + 1];
        let is_shared = |&other: &usize| self.rules.get(other).and_then(Stem::of).is_some_and(|other| other.is(&stem));
        (self.one_block_in == 1 && beside.iter().any(is_shared)).then_some(stem)
    }

    /// The blocks of a stem.
    fn blocks_of(&self, stem: &Stem) -> BlockList {
        BlockList::of(Partitions::collect(self.records, |record, own| {
            own.clear();
            if !self.is_excluded(record) {
                own.extend(only_entry(&stem.keys, Entry::of(record)));
            }
        }))
    }

    /// Walks a rule whose blocks are parts of those of its first two keys.
    fn scan_stems<S: Send>(
        &self,
        turn: &Turn,
        stems: &BlockList,
        start: &(impl Fn() -> S + Sync + Send),
        visit: &(impl Fn(&mut S, usize, RecordIndex, RecordIndex) + Sync + Send),
    ) -> Vec<Part<S>> {
        parallel::map(PARTITIONS, |piece| {
            let (mut part, mut entries) = (Part::begun(start()), Vec::new());
            for stem in stems.piece(piece) {
                entries.clear();
                entries.extend(stem.iter().filter_map(|&entry| only_entry(&turn.rule.keys[2..], entry)));
                entries.sort_unstable();
                blocks(&entries).for_each(|block| self.walk(turn, block, &mut part, visit));
            }
            part
        })
    }

    #[inline]
    fn is_excluded(&self, record: RecordIndex) -> bool {
        self.excluded.is_some_and(|excluded| excluded[record as usize])
    }

    /// A record under each key by which a rule finds it, so many of whose columns are in `begun`: under none if it
    /// takes no part.
    #[inline]
    fn entries(&self, turn: &Turn, begun: Entry, columns: usize, own: &mut Vec<Entry>) {
        own.clear();
        if !self.is_excluded(begun.record) {
            match turn.has_one_key {
                true => own.extend(only_entry(&turn.rule.keys[columns..], begun)),
                false => turn.rule.entries(begun, columns, own),
            }
        }
        if self.one_block_in > 1 {
            own.retain(|entry| hash::of_word(!entry.key).is_multiple_of(self.one_block_in));
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
                .flat_map(|entry| column.keys(entry.record).iter().map(|key| Entry { key, ..*entry }))
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
        part.crowded.extend(block.iter().map(|entry| entry.record));
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
        let Some(sieve) = turn.rule.sieve else {
            for (place, right) in block.iter().enumerate() {
                block[..place].iter().for_each(|left| self.offer(turn, [*left, *right], part, visit));
            }
            return;
        };
        let mut words = std::mem::take(&mut part.words);
        words.clear();
        words.extend(block.iter().map(|entry| sieve.word(entry.record)));
        for (place, right) in block.iter().enumerate() {
            for (left, &word) in block[..place].iter().zip(&words) {
                if sieve.may_hold(word, words[place]) {
                    self.offer(turn, [*left, *right], part, visit);
                }
            }
        }
        part.words = words;
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
        if allowed && (turn.has_one_key || rule.produces_in(&pair)) && turn.produces(left, right, &mut part.answers) {
            part.count.pairs += 1;
            visit(&mut part.state, turn.index, left, right);
        }
    }
}

/// One piece of the work.
struct Part<S> {
    answers: Answers,
    /// The words of the block being walked, if the rule has a sieve.
    words: Vec<u64>,
    state: S,
    count: RuleCount,
    oversized: Vec<OversizedBlock>,
    crowded: Vec<RecordIndex>,
}

impl<S> Part<S> {
    fn begun(state: S) -> Part<S> {
        Part {
            answers: Answers::default(),
            words: Vec::new(),
            state,
            count: RuleCount::default(),
            oversized: Vec::new(),
            crowded: Vec::new(),
        }
    }
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
        self.entries(Entry::of(record), 0, &mut own);
        own.into_iter().map(|entry| entry.key)
    }

    /// A record under each of its joint keys, of which so many columns are in `begun`, in an empty list.
    fn entries(&self, begun: Entry, columns: usize, own: &mut Vec<Entry>) {
        own.push(begun);
        for (column, keys) in self.keys.iter().enumerate().skip(columns) {
            let keys = keys.keys(begun.record);
            if keys.is_empty() {
                return own.clear();
            }
            let before = own.len();
            for place in 1..keys.len() {
                let key = keys.at(place);
                own.extend_from_within(..before);
                let added = own.len() - before;
                for entry in &mut own[added..] {
                    entry.key = hash::join(entry.key, key);
                    entry.choice = entry.choice.with(column, place);
                }
            }
            let first = keys.at(0);
            own[..before].iter_mut().for_each(|entry| entry.key = hash::join(entry.key, first));
        }
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
            if keys.keys(one.record).before(place).first_in(keys.keys(other.record)).is_some() {
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

/// The record under its joint key with these columns, of which it has at most one key each.
#[inline]
fn only_entry(columns: &[&KeyColumn], begun: Entry) -> Option<Entry> {
    let mut entry = begun;
    for column in columns {
        let key = column.only_key(begun.record).filter(|&key| key != 0)?;
        entry.key = hash::join(entry.key, key);
    }
    Some(entry)
}

/// The least key that two records share.
fn least_common(column: &KeyColumn, left: RecordIndex, right: RecordIndex) -> Option<u64> {
    let left = column.keys(left);
    left.first_in(column.keys(right)).map(|place| left.at(place))
}

/// Unordered pairs among so many records.
fn pairs(records: usize) -> u64 {
    let records = records as u64;
    records * records.saturating_sub(1) / 2
}
