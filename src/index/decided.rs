//! What people decided about one person and one child: the index keeps it, so that it holds after every restart and
//! in every snapshot made since.

use super::{Change, ChildId, ChildIndex};
use crate::date::Moment;
use crate::error::Error;
use crate::identity::nhs_number::NhsNumber;
use crate::linkage::decisions::{Decisions, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// In the place of a child: any child. Said to be different from it, a person is none of the index's children.
pub const ANY_CHILD: ChildId = 0;

/// Whom a decision is about: half of a SHA-256 of what they are known by. Written as 32 hexadecimal figures.
///
/// It is short and always of one form, but no secret: whoever tries every NHS number finds the one that it was made
/// of. Keep it where the number itself may stand, and out of addresses and logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whom([u8; 16]);

impl Whom {
    /// The person of an NHS number.
    ///
    /// ```
    /// use childlink::identity::nhs_number::NhsNumber;
    /// use childlink::index::Whom;
    /// let whom = Whom::of_number(NhsNumber::parse("943 476 5919")?);
    /// assert_eq!(whom.to_string().parse::<Whom>()?, whom);
    /// # Ok::<(), childlink::Error>(())
    /// ```
    pub fn of_number(number: NhsNumber) -> Whom {
        Whom::of_figures(number.digits())
    }

    pub(crate) fn of_figures(figures: u64) -> Whom {
        Whom::of("number", &[&figures.to_be_bytes()])
    }

    /// Someone, or something, known by other words; `kind` keeps kinds of them apart.
    pub fn of(kind: &str, parts: &[&[u8]]) -> Whom {
        let mut digest = Sha256::new();
        for part in std::iter::once(&kind.as_bytes()).chain(parts) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut half = [0; 16];
        half.iter_mut().zip(digest.finalize()).for_each(|(own, byte)| *own = byte);
        Whom(half)
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(super) fn of_bytes(bytes: [u8; 16]) -> Whom {
        Whom(bytes)
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Whom({self})")
    }
}

impl FromStr for Whom {
    type Err = Error;

    /// # Errors
    /// `decision/whom`.
    fn from_str(text: &str) -> Result<Whom, Error> {
        let figures = text.as_bytes();
        let byte = |place: usize| {
            let figure = |at: usize| figures.get(at).and_then(|&figure| (figure as char).to_digit(16));
            figure(2 * place).zip(figure(2 * place + 1)).map(|(high, low)| (high * 16 + low) as u8)
        };
        let bytes: Option<Vec<u8>> = (0..16).map(byte).collect();
        let bytes = bytes.filter(|_| figures.len() == 32).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Whom).ok_or_else(|| {
            let hint = "give the name as the queue has it";
            Error::new("decision/whom", "whom the decision is about is not named by 32 hexadecimal figures", hint)
        })
    }
}

/// One reader's decision, as a snapshot keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    whom: String,
    child: ChildId,
    reader: String,
    at: String,
    verdict: String,
}

/// All decisions.
#[derive(Clone, Default)]
pub(super) struct Decided(BTreeMap<(Whom, ChildId, String), (String, Verdict)>);

impl Decided {
    /// Those of a snapshot; `None` if they are not as they were written.
    pub(super) fn of_kept(kept: &[Kept]) -> Option<Decided> {
        let read = |kept: &Kept| {
            let whom = kept.whom.parse().ok()?;
            Some(((whom, kept.child, kept.reader.clone()), (kept.at.clone(), Verdict::from_word(&kept.verdict)?)))
        };
        kept.iter().map(read).collect::<Option<BTreeMap<_, _>>>().map(Decided)
    }

    pub(super) fn kept(&self) -> Vec<Kept> {
        let keep = |(key, value): (&(Whom, ChildId, String), &(String, Verdict))| Kept {
            whom: key.0.to_string(),
            child: key.1,
            reader: key.2.clone(),
            at: value.0.clone(),
            verdict: value.1.as_str().to_owned(),
        };
        self.0.iter().map(keep).collect()
    }

    /// Takes a decision. Of one reader's the latest counts, of two at one moment the safer.
    pub(super) fn add(&mut self, whom: Whom, child: ChildId, reader: &str, at: &str, verdict: Verdict) {
        let known = self.0.entry((whom, child, reader.to_owned())).or_insert_with(|| (at.to_owned(), verdict));
        if (Moment::of(&known.0), known.1) < (Moment::of(at), verdict) {
            *known = (at.to_owned(), verdict);
        }
    }
}

impl ChildIndex {
    /// What all readers together say of the one who has these names, and each child that any of them named: readers who
    /// differ make it [`Unsure`](Verdict::Unsure).
    pub fn verdicts(&self, names: &[Whom]) -> BTreeMap<ChildId, Verdict> {
        let mut joint = BTreeMap::new();
        if !self.has_decisions() {
            return joint;
        }
        for &whom in names {
            let of_whom = self.decided.0.range((whom, ANY_CHILD, String::new())..).take_while(|(key, _)| key.0 == whom);
            for ((_, child, _), &(_, verdict)) in of_whom {
                let said = joint.entry(self.delta.current(*child)).or_insert(verdict);
                if *said != verdict {
                    *said = Verdict::Unsure;
                }
            }
        }
        joint
    }

    /// Whether a decision is known already, so that it need not be journalled again.
    pub fn knows(&self, change: &Change) -> bool {
        let Change::Decide { whom, child, verdict, reader, decided_at } = change else { return false };
        let known = self.decided.0.get(&(*whom, *child, reader.clone()));
        known.is_some_and(|known| (Moment::of(&known.0), known.1) >= (Moment::of(decided_at), *verdict))
    }

    /// Whether anybody decided anything.
    pub fn has_decisions(&self) -> bool {
        !self.decided.0.is_empty()
    }

    /// Whether a change may be made. Asked before it is journalled; a journal is replayed as it stands.
    ///
    /// # Errors
    /// `index/barred` for children that must not become one; no more is told.
    pub fn permit(&self, change: &Change) -> Result<(), Error> {
        match change {
            Change::Merge { from, into } if self.are_barred(*from, *into) => Err(barred()),
            _ => Ok(()),
        }
    }

    /// The decisions on the first of a table's records and these rows, as the engine knows them. That two are the
    /// same is for those to use who know the person; a record with its number may be another's.
    pub(super) fn decisions_on(&self, names: &[Whom], rows: &[usize]) -> Decisions {
        let verdicts = self.verdicts(names);
        if verdicts.is_empty() {
            return Decisions::default();
        }
        let not_any = verdicts.get(&ANY_CHILD) == Some(&Verdict::Different);
        let of_row = |(place, &row): (usize, &usize)| {
            let said = verdicts.get(&self.child_of_row(row)).copied();
            let said = said.or(not_any.then_some(Verdict::Different)).filter(|&verdict| verdict != Verdict::Same)?;
            Some(((0, place as u32 + 1), said))
        };
        Decisions::of_pairs(rows.iter().enumerate().filter_map(of_row))
    }
}

pub(super) fn barred() -> Error {
    let hint = "ask those who keep the restricted queue";
    Error::new("index/barred", "the change is not made", hint)
}
