//! What people decided about pairs of records.

use super::comparison::RecordIndex;
use super::table::Table;
use std::collections::BTreeMap;

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
    /// When, in a form that sorts (ISO 8601).
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

/// Decisions on the records of one table: for each pair, what all its readers say together.
#[derive(Default)]
pub struct Decisions {
    pairs: BTreeMap<(RecordIndex, RecordIndex), Verdict>,
}

impl Decisions {
    /// Takes the latest decision of each reader; readers who differ make the pair
    /// [`Unsure`](Verdict::Unsure). Gives also how many rows name a record that is not there.
    pub fn new(table: &Table, rows: &[DecisionRow]) -> (Decisions, usize) {
        let mut by_reader: BTreeMap<(RecordIndex, RecordIndex, &str), (&str, Verdict)> = BTreeMap::new();
        let mut unknown = 0;
        for row in rows {
            let left = table.find(&row.source_l, &row.record_id_l);
            let right = table.find(&row.source_r, &row.record_id_r);
            let (Some(left), Some(right)) = (left, right) else {
                unknown += 1;
                continue;
            };
            let latest = by_reader
                .entry((left.min(right), left.max(right), &row.reader))
                .or_insert((&row.decided_at, row.verdict));
            // Of two decisions at one moment the later in the order of verdicts counts: the safer one.
            *latest = (*latest).max((&row.decided_at, row.verdict));
        }
        let mut pairs = BTreeMap::new();
        for ((left, right, _), (_, verdict)) in by_reader {
            let joint = pairs.entry((left, right)).or_insert(verdict);
            if *joint != verdict {
                *joint = Verdict::Unsure;
            }
        }
        (Decisions { pairs }, unknown)
    }

    /// What is said of pairs, the lesser record first.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = ((RecordIndex, RecordIndex), Verdict)>) -> Decisions {
        Decisions { pairs: pairs.into_iter().collect() }
    }

    /// Every decided pair, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ((RecordIndex, RecordIndex), Verdict)> + '_ {
        self.pairs.iter().map(|(&pair, &verdict)| (pair, verdict))
    }
}
