//! Two numbers that a message says are one child's.

use super::apply::SOURCE;
use super::person::composite;
use super::ruling::Ruling;
use super::settlement::{MERGE_IN_DOUBT, Queued, RESTRICTED, Settlement};
use super::{Notification, Payload, StateKey};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::index::{Change, ChildId, ChildIndex, Found, Outcome, Whom};
use crate::linkage::superseded::Superseded;
use std::collections::{BTreeMap, BTreeSet};

/// A child that became another, and that other.
pub(super) type Joined = (ChildId, ChildId);

/// The changes that lead from the merges that messages once asked for, in the order in which they were made, to those
/// that they ask for now: a message that was corrected or withdrawn undoes what it did. With a merge that is undone
/// goes every other of the same children, since each was made of what stood before it; those still asked for are made
/// anew.
pub(super) fn changes(made: &[Joined], wanted: &[Joined], index: &ChildIndex) -> Vec<Change> {
    let mut undone: BTreeSet<Joined> = made.iter().copied().filter(|pair| !wanted.contains(pair)).collect();
    loop {
        let touched: BTreeSet<ChildId> = undone.iter().flat_map(|&(from, into)| [from, into]).collect();
        let with_them = made.iter().copied().filter(|(from, into)| touched.contains(from) || touched.contains(into));
        let known = undone.len();
        undone.extend(with_them);
        if undone.len() == known {
            break;
        }
    }
    let undo = made.iter().rev().filter(|pair| undone.contains(pair)).map(|&(from, _)| from);
    let undo = undo.map(|from| Change::Split { entries: index.own_entries(from), into: from });
    let make = wanted.iter().filter(|pair| undone.contains(pair) || !made.contains(pair));
    undo.chain(make.map(|&(from, into)| Change::Merge { from, into })).collect()
}

/// The same merges of children that have not become another yet.
fn links(joined: BTreeSet<Joined>, index: &ChildIndex) -> Vec<Joined> {
    let mut became: BTreeMap<ChildId, ChildId> = BTreeMap::new();
    let mut links = Vec::with_capacity(joined.len());
    for pair in joined {
        let current = |child: ChildId| {
            let mut child = index.current(child);
            while let Some(&next) = became.get(&child) {
                child = index.current(next);
            }
            child
        };
        let (from, into) = (current(pair.0), current(pair.1));
        if from != into {
            became.insert(from, into);
            links.push((from, into));
        }
    }
    links
}

/// What becomes of a merge.
enum Followed {
    Yes,
    /// The child of the new number is that of the old one.
    To(ChildId),
    /// Two children of the index become one.
    Join(ChildId, ChildId),
    No,
    /// A person said so.
    SetAside,
    Barred,
}

/// Whether no other child than this is among what was found.
fn leads_to(found: &Found, child: ChildId) -> bool {
    found.restricted.is_empty() && found.candidates.iter().all(|candidate| candidate.child == child)
}

/// Numbers that messages say are one child's.
pub(super) struct Merges {
    pub(super) superseded: Superseded,
    /// The old numbers of each current one.
    former: BTreeMap<u64, Vec<u64>>,
    /// The child under each current number, where the index knows it under the old one only.
    pub(super) moved: BTreeMap<u64, ChildId>,
    /// Children that become another, in the order in which they do: neither of two has become another before.
    pub(super) joined: Vec<Joined>,
    /// The messages that were not followed.
    pub(super) doubtful: BTreeSet<StateKey>,
}

impl Merges {
    /// Follows a merge only where the records found for both numbers are surely those of the child that the message
    /// describes, or where a person said which child it is.
    ///
    /// # Source
    /// NHS England, Immunisation FHIR API: on a change of number records move only if name, sex and birth date agree.
    pub(super) fn of(
        standing: &[&Notification],
        index: &mut ChildIndex,
        settlement: &mut Settlement,
    ) -> Result<Merges, Error> {
        let (mut pairs, mut joined, mut doubtful) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut moved = BTreeMap::new();
        for &message in standing {
            let Payload::Merge { subsumed } = &message.payload else { continue };
            let current = message.subject.get(Column::NhsNumber).and_then(|text| NhsNumber::parse(text).ok());
            let both = NhsNumber::parse(subsumed).ok().zip(current);
            let followed = match both {
                Some((old, new)) => follow(message, old, new, index)?,
                None => Followed::No,
            };
            let doubt = match followed {
                Followed::Yes => None,
                Followed::To(child) => {
                    moved.extend(both.map(|(_, new)| (new.digits(), child)));
                    None
                }
                Followed::Join(from, into) => {
                    joined.extend((from != into).then_some((from, into)));
                    None
                }
                Followed::No => Some(Some(&MERGE_IN_DOUBT)),
                Followed::Barred => Some(Some(&RESTRICTED)),
                Followed::SetAside => Some(None),
            };
            match doubt {
                None => pairs.extend(both),
                Some(code) => {
                    doubtful.insert(message.state.clone());
                    let keys = vec![message.key.clone()];
                    match code {
                        Some(code) => settlement.queue.push(Queued::plain(code, Some(message.state.whom()), keys)),
                        None => settlement.set_aside.extend(keys),
                    }
                }
            }
        }
        let (superseded, findings) = Superseded::new(pairs.iter().copied());
        for finding in findings {
            settlement.queue.push(Queued::plain(finding.code, None, Vec::new()));
        }
        let mut former: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for old in pairs.iter().map(|(old, _)| old.digits()).collect::<BTreeSet<u64>>() {
            if let Some(current) = superseded.current(old) {
                former.entry(current).or_default().push(old);
            }
        }
        Ok(Merges { superseded, former, moved, joined: links(joined, index), doubtful })
    }

    /// Every number of the person with a current one.
    pub(super) fn numbers(&self, current: u64) -> Vec<u64> {
        let former = self.former.get(&current).map_or(&[][..], Vec::as_slice);
        std::iter::once(current).chain(former.iter().copied()).collect()
    }
}

fn follow(message: &Notification, old: NhsNumber, new: NhsNumber, index: &mut ChildIndex) -> Result<Followed, Error> {
    let both = [old.digits(), new.digits()];
    if index.bars_numbers(both[0], both[1]) {
        return Ok(Followed::Barred);
    }
    match Ruling::of(index, &[message.state.whom()], &both) {
        Ruling::Child(child) => return Ok(Followed::To(child)),
        Ruling::Barred => return Ok(Followed::Barred),
        Ruling::NotAny => return Ok(Followed::SetAside),
        Ruling::Several => return Ok(Followed::No),
        Ruling::Open => {}
    }
    let mut find = |number: NhsNumber| {
        let subject = composite([message].into_iter(), Some(number.digits()));
        index.find_in_snapshot(&[Whom::of_number(number)], SOURCE, &subject.raw())
    };
    let (under_old, under_new) = (find(old)?, find(new)?);
    Ok(match (under_old.outcome, under_new.outcome) {
        (Outcome::Child(from), Outcome::Child(into)) if index.are_barred(from, into) => Followed::Barred,
        (Outcome::Child(from), Outcome::Child(into)) => Followed::Join(from, into),
        // What speaks against the child of the old number is the new number alone.
        (Outcome::Child(child), _) if leads_to(&under_new, child) => {
            match Ruling::forbids(index, Whom::of_number(new), both[1], child) {
                Some(barred) if barred => Followed::Barred,
                Some(_) => Followed::No,
                None => Followed::To(child),
            }
        }
        (Outcome::NotFound, Outcome::Child(_) | Outcome::NotFound) => Followed::Yes,
        _ => Followed::No,
    })
}
