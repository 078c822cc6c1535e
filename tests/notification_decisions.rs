//! What people decide about persons of the messages: it changes the index, holds after every restart, and never joins a
//! barred pair.

mod night;

use childlink::error::Finding;
use childlink::identity::column::Column;
use childlink::index::{ANY_CHILD, Change, ChildIndex, JournalEntry, Outcome, Whom};
use childlink::linkage::barred::{Barred, Subject as Side, hash_pair};
use childlink::linkage::decisions::Verdict::{Different, Same, Unsure};
use childlink::notification::{
    Action, HEADER_DISAGREES, Notification, Notifications, Payload, PracticeChange, Settlement, Subject,
};
use night::*;

/// A dose of Barnaby Threlkeld without a number: the index has two children of that name and birth date.
fn doubtful() -> Notification {
    dose("v2", 100, Action::New, "B", &who(2)[1..])
}

fn decided(messages: &[Notification], decisions: &[Change]) -> (ChildIndex, Settlement) {
    let ran = run_with(&mut Disk::default(), messages, decisions, Barred::default(), usize::MAX);
    ran.map(|(index, settlement, _)| (index, settlement)).unwrap()
}

#[test]
fn a_reader_says_which_child_it_is_or_which_it_is_not() {
    let whom = doubtful().state.whom();
    let outcome = |decisions: &[Change]| {
        let settlement = decided(&[doubtful()], decisions).1;
        (child_of(&settlement, "v2"), codes(&settlement), settlement.set_aside.len())
    };
    let waiting = (None, vec!["notification/which-child"], 0);
    assert_eq!(outcome(&[]), waiting);
    assert_eq!(outcome(&[decide(whom, 3, Same, "jk", 1)]), (Some(3), vec![], 0));
    let other = decide(whom, 3, Different, "jk", 1);
    assert_eq!(outcome(std::slice::from_ref(&other)), waiting, "the other still had a rival when it was weighed");
    let queue = decided(&[doubtful()], &[other]).1.queue;
    assert_eq!(queue[0].candidates.iter().map(|candidate| candidate.child).collect::<Vec<_>>(), [4]);
    assert_eq!(outcome(&[decide(whom, 3, Unsure, "jk", 1)]), waiting);
    assert_eq!(outcome(&[decide(whom, ANY_CHILD, Different, "jk", 1)]), (None, vec![], 1), "kept, and set aside");
    let both = [decide(whom, 3, Same, "jk", 1), decide(whom, 4, Same, "jk", 2)];
    assert_eq!(outcome(&both), waiting, "one child cannot be two");
}

#[test]
fn the_latest_of_each_reader_counts_and_readers_who_differ_make_it_doubtful() {
    let whom = doubtful().state.whom();
    let first = [decide(whom, 3, Same, "jk", 1), decide(whom, 3, Different, "lm", 2)];
    let last = decide(whom, 3, Same, "lm", 3);
    for (decisions, child) in [
        (vec![first[0].clone(), first[1].clone()], None),
        (vec![first[0].clone(), first[1].clone(), last.clone()], Some(3)),
        (vec![last.clone(), first[1].clone(), first[0].clone()], Some(3)),
    ] {
        let settlement = decided(&[doubtful()], &decisions).1;
        assert_eq!(child_of(&settlement, "v2"), child);
        assert_eq!(codes(&settlement).len(), usize::from(child.is_none()));
    }
}

#[test]
fn a_decision_holds_in_every_later_snapshot() {
    let whom = doubtful().state.whom();
    let (index, _) = decided(&[doubtful()], &[decide(whom, 3, Same, "jk", 1)]);
    let packed = index.snapshot().unwrap();
    let mut later = ChildIndex::load(&packed).unwrap();
    let mut notifications = Notifications::new(&later);
    notifications.receive(doubtful());
    let settlement = notifications.settle(&mut later, &mut |_| Ok(())).unwrap();
    assert_eq!(child_of(&settlement, "v2"), Some(3));
    assert!(later.snapshot().unwrap() == packed, "packing once more");
}

/// A birth that looks like Isolde, child 1, under another number.
fn lookalike() -> Notification {
    let mut birth = birth("b9", STRANGER, "Isolde");
    let own = [(Column::FamilyName, "Quillfeather"), (Column::BirthDate, "2024-02-29"), (Column::Postcode, "LS1 4AP")];
    own.into_iter().for_each(|(column, text)| birth.subject.set(column, Some(text)));
    birth
}

#[test]
fn one_who_is_said_to_be_another_is_a_new_child_and_never_offered_again() {
    let whom = whom_of(STRANGER);
    assert_eq!(codes(&decided(&[lookalike()], &[]).1), ["notification/which-child"]);
    let (mut index, settlement) = decided(&[lookalike()], &[decide(whom, 1, Different, "jk", 1)]);
    let own = child_of(&settlement, "b9").unwrap();
    assert!(own > 4 && codes(&settlement).is_empty());
    let found = index.find("clinic", &lookalike().subject.raw()).unwrap();
    assert_eq!(found.outcome, Outcome::Child(own));
    assert!(found.candidates.iter().all(|candidate| candidate.child == own));

    let (mut index, settlement) = decided(&[lookalike()], &[decide(whom, 1, Same, "jk", 1)]);
    assert_eq!((child_of(&settlement, "b9"), settlement.changes), (Some(1), 1));
    assert_eq!(index.find("clinic", &lookalike().subject.raw()).unwrap().outcome, Outcome::Child(1));
}

#[test]
fn a_decision_that_comes_after_the_message_moves_what_was_entered() {
    let whom = whom_of(STRANGER);
    let mut disk = Disk::default();
    let steps = [(Different, None), (Same, Some(1)), (Different, None)];
    for (minute, (verdict, child)) in steps.into_iter().enumerate() {
        let decision = decide(whom, 1, verdict, "jk", minute as u32);
        let (_, settlement, _) =
            run_with(&mut disk, &[lookalike()], &[decision], Barred::default(), usize::MAX).unwrap();
        let found = child_of(&settlement, "b9").unwrap();
        assert_eq!(child.unwrap_or(5), found, "its own serial is kept for it");
    }
}

#[test]
fn what_is_held_goes_on_once_a_person_said_whose_it_is() {
    let mut confused =
        nems("hd", 100, "pds-change-of-gp-1", &who(1), Payload::PracticeChange(PracticeChange::default()));
    confused.findings.push(Finding::new(&HEADER_DISAGREES, ""));
    let whom = confused.state.whom();
    let (_, settlement) = decided(std::slice::from_ref(&confused), &[decide(whom, 2, Same, "jk", 1)]);
    assert_eq!((child_of(&settlement, "hd"), settlement.facts.len()), (Some(2), 1));
    let (_, settlement) = decided(&[confused], &[decide(whom, ANY_CHILD, Different, "jk", 1)]);
    assert_eq!((codes(&settlement).len(), settlement.facts.len(), settlement.set_aside.len()), (0, 0, 1));
}

#[test]
fn of_two_messages_with_one_id_a_person_says_which_holds() {
    let [first, second] = ["A", "C"].map(|batch| dose("v3", 100, Action::New, batch, &who(1)));
    let void = decide(second.key.whom(), ANY_CHILD, Different, "jk", 1);
    let (_, settlement) = decided(&[first.clone(), second.clone()], &[void]);
    assert_eq!((codes(&settlement).len(), settlement.facts.len()), (0, 1));
    assert_eq!(settlement.set_aside, [second.key]);
}

#[test]
fn a_merge_in_doubt_is_followed_to_the_child_that_a_person_names() {
    let twins = merge("m2", 0, KNOWN[1].1);
    let whom = twins.state.whom();
    let (_, settlement) = decided(std::slice::from_ref(&twins), &[decide(whom, ANY_CHILD, Different, "jk", 1)]);
    assert_eq!((codes(&settlement).len(), settlement.set_aside.len()), (0, 1));
    let (_, settlement) = decided(&[twins], &[decide(whom, 1, Same, "jk", 1)]);
    assert_eq!((codes(&settlement).len(), child_of(&settlement, "m2")), (0, Some(1)));
}

fn barred(one: &str, other: &str) -> Barred {
    let side = |number: &str| Side::NhsNumber(number.parse().unwrap());
    Barred::new(b"key", [hash_pair(b"key", side(one), side(other))])
}

#[test]
fn a_barred_pair_is_neither_joined_nor_mentioned_whatever_people_or_messages_say() {
    // An adopted child has a new number; nothing may lead from it to the old one.
    let bar = || barred(KNOWN[0].1, STRANGER);
    let whom = whom_of(STRANGER);
    let run = |messages: &[Notification], decisions: &[Change]| {
        run_with(&mut Disk::default(), messages, decisions, bar(), usize::MAX).unwrap()
    };
    let (mut index, settlement, _) = run(&[lookalike()], &[]);
    let own = child_of(&settlement, "b9").unwrap();
    assert!(own > 4 && settlement.queue.is_empty(), "a child of its own, and nobody is asked");
    let found = index.find("clinic", &lookalike().subject.raw()).unwrap();
    assert!(found.candidates.iter().all(|candidate| candidate.child != 1) && found.restricted.is_empty());
    assert_eq!(found.outcome, Outcome::Child(own));
    assert_eq!(index.permit(&Change::Merge { from: own, into: 1 }).unwrap_err().code, "index/barred");
    assert_eq!(index.permit(&Change::Merge { from: own, into: 2 }), Ok(()));

    let (_, settlement, _) = run(&[lookalike()], &[decide(whom, 1, Same, "jk", 1)]);
    assert_eq!((codes(&settlement), child_of(&settlement, "b9")), (vec!["notification/restricted"], None));
    assert!(settlement.queue[0].candidates.is_empty() && settlement.queue[0].restricted.is_empty());

    let mut renumbered = merge("m3", 0, KNOWN[0].1);
    renumbered.subject.set(Column::NhsNumber, Some(STRANGER));
    let (_, settlement, _) = run(&[renumbered], &[]);
    assert_eq!((codes(&settlement), settlement.changes), (vec!["notification/restricted"], 0));
}

#[test]
fn a_bar_holds_for_every_record_of_a_child_wherever_it_stands() {
    // The number that is barred stands on a record with another birth date than the one that matches.
    let mut index = ChildIndex::load(snapshot()).unwrap();
    let mut other = Subject::default();
    let fields = [(Column::NhsNumber, BORN), (Column::GivenName, "Isolde"), (Column::BirthDate, "2024-02-28")];
    fields.into_iter().for_each(|(column, text)| other.set(column, Some(text)));
    let change = Change::upsert(index.next_entry(), 1, "births", &other.raw());
    index.change(&change).unwrap();
    let mut packed = ChildIndex::load(&index.snapshot().unwrap()).unwrap();
    for index in [&mut index, &mut packed] {
        let offers = |index: &mut ChildIndex| {
            let found = index.find("clinic", &lookalike().subject.raw()).unwrap();
            found.candidates.iter().any(|candidate| candidate.child == 1)
        };
        assert!(offers(index));
        index.set_barred(barred(BORN, STRANGER));
        assert!(!offers(index));
        index.set_barred(Barred::default());
        assert!(offers(index));
    }
}

#[test]
fn a_record_in_question_is_barred_by_its_own_key_too() {
    let mut index = ChildIndex::load(snapshot()).unwrap();
    let own = Side::Record { source: "clinic", record_id: "7" };
    let number = Side::NhsNumber(KNOWN[0].1.parse().unwrap());
    index.set_barred(Barred::new(b"key", [hash_pair(b"key", own, number)]));
    let mut subject = Subject::default();
    who(0)[1..].iter().for_each(|&(column, text)| subject.set(column, Some(text)));
    subject.set(Column::Postcode, Some("LS1 4AP"));
    subject.set(Column::RecordId, Some("8"));
    assert_eq!(index.find("clinic", &subject.raw()).unwrap().outcome, Outcome::Child(1));
    subject.set(Column::RecordId, Some("7"));
    assert_eq!(index.find("clinic", &subject.raw()).unwrap().outcome, Outcome::NotFound);
}

#[test]
fn a_name_of_somebody_is_read_as_it_was_written() {
    let whom = whom_of(STRANGER);
    assert_eq!(whom.to_string().parse::<Whom>(), Ok(whom));
    for wrong in ["", "12", &"g".repeat(32), &"0".repeat(33)] {
        assert_eq!(wrong.parse::<Whom>().unwrap_err().code, "decision/whom");
    }
    let change = decide(whom, 7, Unsure, "jk", 1);
    let entry = JournalEntry { sequence: 3, change };
    assert_eq!(JournalEntry::read(&mut entry.to_bytes().as_slice()), Ok(Some(entry.clone())));
    assert!(!format!("{entry:?}").contains("jk"));
}
