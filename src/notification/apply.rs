//! From messages to the index: who each is about, what changes, and what a person must decide.
//!
//! Everything follows from the set of messages and the snapshot of the index, never from the order in which messages
//! came: each person's messages are folded in order of their content, each person is looked up among the snapshot's
//! records alone, and only then the persons that are new get serials, in order of their first message. A message that
//! comes twice, late, or again after a crash changes nothing. (A new child's serial is given once; it depends on which
//! children were new together.)

use super::fact::{Facts, RESULTS_DISAGREE};
use super::ledger::{Ledger, Receipt, Standing};
use super::memo::{Known, Memo};
use super::merge::{self, Joined, Merges};
use super::person::{Person, composite, states_demographics};
use super::ruling::Ruling;
use super::settlement::{BIRTH_WITHOUT_NUMBER, Queued, RESTRICTED, Recognised, Settlement, UNKNOWN_CHILD, WHICH_CHILD};
use super::{Action, MessageKey, Notification, Order, Payload, StateKey};
use crate::error::Error;
use crate::identity::column::Column;
use crate::identity::nhs_number::NhsNumber;
use crate::index::{Change, ChildId, ChildIndex, EntryId, Found, JournalEntry, Outcome, Whom};
use std::collections::{BTreeMap, BTreeSet};

/// The source under which the index holds what notifications say of a child.
pub const SOURCE: &str = "notifications";

/// What the index was told of a person.
#[derive(Clone)]
struct Entered {
    entry: EntryId,
    child: ChildId,
    /// The serial that the person was given as a new child.
    own: Option<ChildId>,
    fields: BTreeMap<Column, String>,
    present: bool,
}

/// The messages so far, and what the index was told of them.
#[derive(Clone)]
pub struct Notifications {
    ledger: Ledger,
    entered: BTreeMap<u64, Entered>,
    numbers: BTreeMap<EntryId, u64>,
    first_new: ChildId,
    /// The merges that stand in the journal, in order.
    joined: Vec<Joined>,
    memo: Memo,
}

impl Notifications {
    /// No message yet. Made from an index before the journal of its changes is replayed.
    pub fn new(index: &ChildIndex) -> Notifications {
        Notifications {
            ledger: Ledger::default(),
            entered: BTreeMap::new(),
            numbers: BTreeMap::new(),
            first_new: index.next_child(),
            joined: Vec::new(),
            memo: Memo::default(),
        }
    }

    /// Takes a message.
    pub fn receive(&mut self, message: Notification) -> Receipt {
        self.ledger.receive(message)
    }

    /// All messages.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The answers of the index that a later run need not ask for again, as text: they hold as long as the snapshot,
    /// [`ChildIndex::applied`] and the list of barred pairs are the same.
    pub fn kept_answers(&self, index: &ChildIndex) -> String {
        self.memo.kept(index)
    }

    /// Takes answers that were [kept](Self::kept_answers) for an index that stands as it did then. Who gives others
    /// gets others.
    pub fn take_kept_answers(&mut self, lines: &str, index: &ChildIndex) {
        self.memo.take(lines, index);
    }

    /// Learns of a change that stands in the journal of the index: after a restart, before the next
    /// [`settle`](Self::settle). Merges in that journal are those that messages asked for, and are undone where none
    /// asks for them any more.
    pub fn learn(&mut self, change: &Change) {
        match change {
            Change::Upsert { entry, child, source, fields } if source == SOURCE => {
                let number = fields.get(&Column::NhsNumber).and_then(|text| NhsNumber::parse(text).ok());
                let Some(number) = number.map(NhsNumber::digits) else { return };
                let own = (*child >= self.first_new).then_some(*child);
                let known = self.entered.get(&number).and_then(|known| known.own);
                self.numbers.insert(*entry, number);
                let (entry, child, fields) = (*entry, *child, fields.clone());
                self.entered.insert(number, Entered { entry, child, own: known.or(own), fields, present: true });
            }
            Change::Remove { entry } => {
                let known = self.numbers.get(entry).and_then(|number| self.entered.get_mut(number));
                if let Some(known) = known {
                    known.present = false;
                }
            }
            Change::Merge { from, into } => self.joined.push((*from, *into)),
            Change::Split { into, .. } => self.joined.retain(|(from, _)| from != into),
            _ => {}
        }
    }

    /// Draws all conclusions from all messages: tells the journal's next entries to `journal`, which must not come
    /// back before they are durable, applies them, and answers what is known then.
    ///
    /// # Errors
    /// Those of `journal`, [`ChildIndex::find`] and [`ChildIndex::change`].
    pub fn settle(
        &mut self,
        index: &mut ChildIndex,
        journal: &mut dyn FnMut(&[JournalEntry]) -> Result<(), Error>,
    ) -> Result<Settlement, Error> {
        let (ledger, mut memo) = (std::mem::take(&mut self.ledger), std::mem::take(&mut self.memo));
        let settlement = self.settle_ledger(&ledger, &mut memo, index, journal);
        (self.ledger, self.memo) = (ledger, memo);
        settlement
    }

    fn settle_ledger(
        &mut self,
        ledger: &Ledger,
        memo: &mut Memo,
        index: &mut ChildIndex,
        journal: &mut dyn FnMut(&[JournalEntry]) -> Result<(), Error>,
    ) -> Result<Settlement, Error> {
        let mut settlement = Settlement::default();
        let (standing, ruled) = standing(ledger, index, &mut settlement);
        // Whatever messages joined before is looked at as it was, so that what they say now decides alone.
        let joined = index.lift(&self.joined);
        let concluded = self.conclude(&standing, &ruled, memo, index, &mut settlement);
        index.put_back(joined);
        let Concluded { merges, persons, mut children } = concluded?;
        let mut changes = merge::changes(&self.joined, &merges.joined, index);
        changes.extend(self.changes(&persons, &children, index.next_entry()));
        let first = index.applied() + 1;
        let entry = |(place, change)| JournalEntry { sequence: first + place as u64, change };
        let entries: Vec<JournalEntry> = changes.into_iter().enumerate().map(entry).collect();
        if !entries.is_empty() {
            journal(&entries)?;
        }
        for entry in &entries {
            index.replay_entry(entry)?;
            self.learn(&entry.change);
        }
        settlement.changes = entries.len();
        children.values_mut().for_each(|child| *child = index.current(*child));
        self.say(&persons, &children, memo, index, &mut settlement)?;
        Ok(settlement)
    }

    /// Who the persons of the messages are.
    fn conclude<'l>(
        &self,
        standing: &[&'l Notification],
        ruled: &BTreeSet<StateKey>,
        memo: &mut Memo,
        index: &mut ChildIndex,
        settlement: &mut Settlement,
    ) -> Result<Concluded<'l>, Error> {
        let merges = Merges::of(standing, index, settlement)?;
        let mut persons: Persons = BTreeMap::new();
        for &message in standing.iter().filter(|message| !merges.doubtful.contains(&message.state)) {
            let person = match ruled.contains(&message.state) {
                true => Person::Thing(message.state.clone()),
                false => Person::of(message, &merges.superseded),
            };
            persons.entry(person).or_default().push(message);
        }
        persons.values_mut().for_each(|messages| messages.sort_by(|a, b| (&a.order, &a.key).cmp(&(&b.order, &b.key))));
        let children = self.children(&persons, &merges, memo, index, settlement)?;
        Ok(Concluded { merges, persons, children })
    }

    /// The child of every person with a number.
    fn children(
        &self,
        persons: &Persons,
        merges: &Merges,
        memo: &mut Memo,
        index: &mut ChildIndex,
        settlement: &mut Settlement,
    ) -> Result<BTreeMap<u64, ChildId>, Error> {
        let mut children = BTreeMap::new();
        let mut new: Vec<(Order, u64)> = Vec::new();
        for (person, messages) in persons {
            let Person::Number(number) = person else { continue };
            let numbers = merges.numbers(*number);
            let names: Vec<Whom> = numbers.iter().map(|&number| Whom::of_figures(number)).collect();
            let ruling = Ruling::of(index, &names, &numbers);
            let known = match ruling {
                Ruling::Child(child) => Some(child),
                Ruling::Open => merges.moved.get(number).copied(),
                Ruling::NotAny | Ruling::Several | Ruling::Barred => None,
            };
            if let Some(child) = known {
                children.insert(*number, child);
                continue;
            }
            if ruling == Ruling::Barred {
                settlement.queue.push(Queued::plain(&RESTRICTED, Some(person.whom()), keys(messages)));
                continue;
            }
            let subject = composite(messages.iter().copied(), Some(*number));
            let found = match memo.in_snapshot(index, person, &names, &subject)? {
                Known::Child(child) if ruling != Ruling::Several => {
                    children.insert(*number, child);
                    continue;
                }
                // Said to be several children: the candidates are looked at.
                Known::Child(_) => index.find_in_snapshot(&names, SOURCE, &subject.raw())?,
                Known::Other(found) => found,
            };
            match found.outcome {
                Outcome::NotFound if messages.iter().any(|message| announces(message)) => {
                    new.extend(messages.first().map(|first| (first.order, *number)));
                }
                Outcome::NotFound if ruling == Ruling::NotAny => settlement.set_aside.extend(keys(messages)),
                _ => settlement.queue.push(in_doubt(found, person, messages)),
            }
        }
        new.sort_unstable();
        let mut next = index.next_child().max(self.first_new);
        for (_, number) in new {
            let own = self.entered.get(&number).and_then(|known| known.own);
            let child = own.unwrap_or(next);
            next = next.max(child + 1);
            children.insert(number, child);
        }
        Ok(children)
    }

    /// The changes that bring the index to what the messages say of these children.
    fn changes(&self, persons: &Persons, children: &BTreeMap<u64, ChildId>, mut next_entry: EntryId) -> Vec<Change> {
        // In order of serials, so that after a crash between two of them the rest get the numbers they had.
        let mut order: Vec<(ChildId, u64)> = children.iter().map(|(&number, &child)| (child, number)).collect();
        order.sort_unstable();
        let (mut changes, mut stated) = (Vec::new(), BTreeSet::new());
        for (child, number) in order {
            let messages = persons.get(&Person::Number(number)).map_or(&[][..], Vec::as_slice);
            let stating = messages.iter().copied().filter(|message| states_demographics(&message.payload));
            if stating.clone().next().is_none() {
                continue;
            }
            stated.insert(number);
            let known = self.entered.get(&number);
            let entry = known.map_or(next_entry, |known| known.entry);
            next_entry += u32::from(known.is_none());
            let change = Change::upsert(entry, child, SOURCE, &composite(stating, Some(number)).raw());
            if !known.is_some_and(|known| known.is_as(&change)) {
                changes.push(change);
            }
        }
        // What was entered for a person who is now in doubt, or whose messages were withdrawn.
        let gone = self.entered.iter().filter(|(number, known)| known.present && !stated.contains(number));
        changes.extend(gone.map(|(_, known)| Change::Remove { entry: known.entry }));
        changes
    }

    /// What the messages say of children; those without a number are looked up among all children, new ones too.
    fn say(
        &self,
        persons: &Persons,
        children: &BTreeMap<u64, ChildId>,
        memo: &mut Memo,
        index: &mut ChildIndex,
        settlement: &mut Settlement,
    ) -> Result<(), Error> {
        let mut facts = Facts::default();
        for (person, messages) in persons {
            let child = match person {
                Person::Number(number) => children.get(number).copied(),
                Person::Thing(_) => look_up_thing(person, messages, memo, index, settlement)?,
            };
            for message in messages {
                if let (Payload::RecordChange | Payload::Signal(_), Person::Number(number)) = (&message.payload, person)
                {
                    settlement.to_read_again.insert(*number);
                }
                if let Some(child) = child {
                    facts.add(child, message);
                }
            }
            if let Some(child) = child {
                let withdrawn = facts.add_deaths(child, messages);
                settlement.withdrawn_deaths.extend(withdrawn.into_iter().map(|death| (child, death.date)));
            }
            settlement.recognised.push(Recognised {
                messages: messages.iter().map(|message| message.key.clone()).collect(),
                child,
                is_new: child.is_some_and(|child| child >= self.first_new),
            });
        }
        let (facts, disagreeing) = facts.finish();
        settlement.facts = facts;
        for (one, other) in disagreeing {
            let states: BTreeSet<&StateKey> =
                one.sources.iter().chain(&other.sources).map(|(_, state)| state).collect();
            let messages = persons.values().flatten().filter(|message| states.contains(&message.state));
            let messages = messages.map(|message| message.key.clone()).collect();
            settlement.queue.push(Queued::plain(&RESULTS_DISAGREE, None, messages));
        }
        settlement.set_aside.sort();
        settlement.queue.sort_by(|a, b| (a.code.id, &a.messages).cmp(&(b.code.id, &b.messages)));
        Ok(())
    }
}

type Persons<'l> = BTreeMap<Person, Vec<&'l Notification>>;

/// Who the persons of the messages are, and which children become one.
struct Concluded<'l> {
    merges: Merges,
    persons: Persons<'l>,
    children: BTreeMap<u64, ChildId>,
}

impl Entered {
    /// Whether a change would leave everything as it is.
    fn is_as(&self, change: &Change) -> bool {
        matches!(change, Change::Upsert { child, fields, .. } if self.present && self.child == *child && self.fields == *fields)
    }
}

fn keys(messages: &[&Notification]) -> Vec<MessageKey> {
    messages.iter().map(|message| message.key.clone()).collect()
}

/// The messages that hold; what is withdrawn, held or set aside goes where it belongs. Tells also which things hold
/// since a person said which child they are about.
fn standing<'l>(
    ledger: &'l Ledger,
    index: &ChildIndex,
    settlement: &mut Settlement,
) -> (Vec<&'l Notification>, BTreeSet<StateKey>) {
    let (mut holding, mut ruled) = (Vec::new(), BTreeSet::new());
    let is_void = |key: &MessageKey| Ruling::is_void(index, key);
    if index.has_decisions() {
        settlement.set_aside.extend(ledger.keys().into_iter().filter(|key| is_void(key)).cloned());
    }
    for (state, standing) in ledger.standing(is_void) {
        match standing {
            Standing::Holds(message) => holding.push(message),
            Standing::Withdrawn(_) => settlement.withdrawn.push(state.clone()),
            Standing::Held(code, messages) => match Ruling::of(index, &[state.whom()], &numbers_of(&messages)) {
                Ruling::Child(_) if messages.len() == 1 && messages[0].action != Action::Delete => {
                    holding.push(messages[0]);
                    ruled.insert(state.clone());
                }
                Ruling::NotAny => settlement.set_aside.extend(keys(&messages)),
                Ruling::Barred => {
                    settlement.queue.push(Queued::plain(&RESTRICTED, Some(state.whom()), keys(&messages)));
                }
                _ => settlement.queue.push(Queued::plain(code, Some(state.whom()), keys(&messages))),
            },
        }
    }
    (holding, ruled)
}

fn numbers_of(messages: &[&Notification]) -> Vec<u64> {
    let number = |message: &&Notification| NhsNumber::parse(message.subject.get(Column::NhsNumber)?).ok();
    messages.iter().filter_map(number).map(NhsNumber::digits).collect()
}

/// The child of a person without a number, among all children, new ones too.
fn look_up_thing(
    person: &Person,
    messages: &[&Notification],
    memo: &mut Memo,
    index: &mut ChildIndex,
    settlement: &mut Settlement,
) -> Result<Option<ChildId>, Error> {
    let ruling = Ruling::of(index, &[person.whom()], &numbers_of(messages));
    match ruling {
        Ruling::Child(child) => return Ok(Some(child)),
        Ruling::Barred => settlement.queue.push(Queued::plain(&RESTRICTED, Some(person.whom()), keys(messages))),
        Ruling::NotAny => settlement.set_aside.extend(keys(messages)),
        Ruling::Open | Ruling::Several => {
            let subject = composite(messages.iter().copied(), None);
            let names = [person.whom()];
            let found = match memo.among_all(index, person, &names, &subject)? {
                Known::Child(child) if ruling == Ruling::Open => return Ok(Some(child)),
                Known::Child(_) => index.find_named(&names, SOURCE, &subject.raw())?,
                Known::Other(found) => found,
            };
            settlement.queue.push(in_doubt(found, person, messages));
        }
    }
    Ok(None)
}

/// Whether a message makes a child known that the index does not know.
fn announces(message: &Notification) -> bool {
    let is_first = matches!(message.payload, Payload::Demographics) && message.action == Action::New;
    is_first || matches!(message.payload, Payload::Birth(_))
}

/// The messages of a person who was not recognised, for the right queue.
fn in_doubt(found: Found, person: &Person, messages: &[&Notification]) -> Queued {
    let code = match found.outcome {
        Outcome::Restricted => &RESTRICTED,
        Outcome::NotFound if messages.iter().any(|message| announces(message)) => &BIRTH_WITHOUT_NUMBER,
        Outcome::NotFound => &UNKNOWN_CHILD,
        Outcome::Review | Outcome::Child(_) => &WHICH_CHILD,
    };
    let Found { candidates, restricted, .. } = found;
    Queued { code, whom: Some(person.whom()), messages: keys(messages), candidates, restricted }
}
