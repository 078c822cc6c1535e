//! What people decided about pairs of records.

use super::comparison::{RecordIndex, word_of};
use super::table::Table;
use crate::date::Moment;
use crate::order;

/// One row of a decisions list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// The source of one record.
    pub source_l: String,
    /// Its id.
    pub record_id_l: String,
    /// The source of the other record.
    pub source_r: String,
    /// Its id.
    pub record_id_r: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Who decided.
    pub reader: String,
    /// When, in ISO 8601: [`Moment`] says how two are compared.
    pub decided_at: String,
}

/// What a person says of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// One child.
    Same,
    /// Two children.
    Different,
    /// Cannot tell.
    Unsure,
}

impl Verdict {
    /// The verdict of a word in the list.
    pub fn from_word(word: &str) -> Option<Verdict> {
        match word {
            "same" => Some(Verdict::Same),
            "different" => Some(Verdict::Different),
            "unsure" => Some(Verdict::Unsure),
            _ => None,
        }
    }

    /// The word in the list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Different => "different",
            Verdict::Unsure => "unsure",
        }
    }
}

/// One decision, in order of pair and reader, then of time. Of two decisions at one moment the later in the order of
/// verdicts counts: the safer one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Decided<'r> {
    pair: (RecordIndex, RecordIndex),
    reader: &'r str,
    at: Moment<'r>,
    verdict: Verdict,
}

/// Decisions on the records of one table: for each pair, what all its readers say together.
#[derive(Default)]
pub struct Decisions {
    /// In order of the pairs.
    pairs: Vec<((RecordIndex, RecordIndex), Verdict)>,
    /// Rows that name a record which has left the pool.
    invalidated: usize,
}

impl Decisions {
    /// Takes the latest decision of each reader; readers who differ make the pair
    /// [`Unsure`](Verdict::Unsure). Gives also how many rows name a record that is not there. What was decided of a
    /// record before it was invalidated counts no more: it would bring an adopted child's old identity back to the new.
    pub fn new(table: &Table, rows: &[DecisionRow]) -> (Decisions, usize) {
        let mut decided: Vec<Decided> = Vec::new();
        let (mut unknown, mut invalidated) = (0, 0);
        for row in rows {
            let left = table.find(&row.source_l, &row.record_id_l);
            let right = table.find(&row.source_r, &row.record_id_r);
            let (Some(left), Some(right)) = (left, right) else {
                unknown += 1;
                continue;
            };
            if table.is_invalidated(left) || table.is_invalidated(right) {
                invalidated += 1;
                continue;
            }
            let pair = (left.min(right), left.max(right));
            decided.push(Decided { pair, reader: &row.reader, at: Moment::of(&row.decided_at), verdict: row.verdict });
        }
        order::sort(&mut decided);
        let mut pairs: Vec<((RecordIndex, RecordIndex), Verdict)> = Vec::new();
        for of_reader in decided.chunk_by(|a, b| (a.pair, a.reader) == (b.pair, b.reader)) {
            let Some(latest) = of_reader.last() else { continue };
            match pairs.last_mut() {
                Some((pair, joint)) if *pair == latest.pair => {
                    if *joint != latest.verdict {
                        *joint = Verdict::Unsure;
                    }
                }
                _ => pairs.push((latest.pair, latest.verdict)),
            }
        }
        (Decisions { pairs, invalidated }, unknown)
    }

    /// What is said of pairs, the lesser record first.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = ((RecordIndex, RecordIndex), Verdict)>) -> Decisions {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        order::sort_by_word(&mut pairs, |((left, right), _)| word_of(*left, *right));
        // Of several verdicts on one pair the last one given counts.
        let mut kept: Vec<((RecordIndex, RecordIndex), Verdict)> = Vec::with_capacity(pairs.len());
        for (pair, verdict) in pairs {
            match kept.last_mut() {
                Some((last, known)) if *last == pair => *known = verdict,
                _ => kept.push((pair, verdict)),
            }
        }
        Decisions { pairs: kept, invalidated: 0 }
    }

    /// How many rows of the list name a record that was invalidated.
    pub fn invalidated(&self) -> usize {
        self.invalidated
    }

    /// What is said of a pair, the lesser record first.
    pub(crate) fn of(&self, left: RecordIndex, right: RecordIndex) -> Option<Verdict> {
        let found = self.pairs.binary_search_by_key(&word_of(left, right), |&((left, right), _)| word_of(left, right));
        found.ok().map(|place| self.pairs[place].1)
    }

    /// Every decided pair, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ((RecordIndex, RecordIndex), Verdict)> + '_ {
        self.pairs.iter().copied()
    }
}
