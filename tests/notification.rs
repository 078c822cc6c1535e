//! Messages about children, in any order, with repeats and crashes: what the index and the clerks' queue come to.

mod night;

use childlink::error::Finding;
use childlink::identity::column::Column;
use childlink::index::{Change, ChildId, ChildIndex, JournalEntry, Outcome};
use childlink::linkage::barred::Barred;
use childlink::linkage::decisions::Verdict;
use childlink::notification::{
    Action, Channel, Content, DeathStatus, HEADER_DISAGREES, MessageKey, Notification, Notifications, Payload,
    PracticeChange, Settlement, Subject,
};
use night::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Everything that must not depend on how the messages came.
fn outcome(ran: &(ChildIndex, Settlement, Notifications)) -> (Vec<u8>, Settlement, Vec<MessageKey>) {
    let (index, settlement, notifications) = ran;
    let settlement = Settlement { changes: 0, ..settlement.clone() };
    (index.snapshot().unwrap(), settlement, notifications.ledger().keys().into_iter().cloned().collect())
}

fn expected() -> &'static (Vec<u8>, Settlement, Vec<MessageKey>) {
    static EXPECTED: OnceLock<(Vec<u8>, Settlement, Vec<MessageKey>)> = OnceLock::new();
    EXPECTED.get_or_init(|| {
        let ran = run_with(&mut Disk::default(), &night(), &decisions(), Barred::default(), usize::MAX);
        outcome(&ran.unwrap())
    })
}

/// What readers decide in the course of that night: one child, another, in doubt, a message set aside.
fn decisions() -> Vec<Change> {
    let [v2, confused] = ["v2", "hd"].map(|id| night().into_iter().find(|message| message.key.id == id).unwrap());
    vec![
        decide(v2.state.whom(), 3, Verdict::Different, "jk", 1),
        decide(v2.state.whom(), 3, Verdict::Same, "jk", 2),
        decide(v2.state.whom(), 3, Verdict::Same, "lm", 1),
        decide(confused.state.whom(), 2, Verdict::Same, "jk", 3),
        decide(confused.state.whom(), 2, Verdict::Different, "lm", 4),
        decide(night()[12].key.whom(), childlink::index::ANY_CHILD, Verdict::Different, "jk", 5),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn order_repeats_and_crashes_make_no_difference(
        order in Just((0..night().len()).collect::<Vec<_>>()).prop_shuffle(),
        repeats in prop::collection::vec(0..night().len(), 0..12),
        crashes in prop::collection::vec(0usize..36, 0..4),
        decisions in Just(decisions()).prop_shuffle(),
    ) {
        let messages = night();
        let deliveries: Vec<Notification> = order.iter().chain(&repeats).map(|&n| messages[n].clone()).collect();
        let mut disk = Disk::default();
        for writes in crashes {
            // What was not acknowledged before the crash is delivered again.
            run_with(&mut disk, &deliveries, &decisions, Barred::default(), writes);
        }
        let ran = run_with(&mut disk, &deliveries, &decisions, Barred::default(), usize::MAX).unwrap();
        let (snapshot, settlement, keys) = outcome(&ran);
        prop_assert_eq!(&settlement, &expected().1);
        prop_assert_eq!(&keys, &expected().2);
        prop_assert!(snapshot == expected().0);
        // Once more changes nothing at all.
        let length = disk.journal.len();
        let again = run_with(&mut disk, &deliveries, &decisions, Barred::default(), 0).unwrap();
        prop_assert_eq!(again.1.changes, 0);
        prop_assert_eq!(disk.journal.len(), length);
    }

    /// Settled in two nights, cut anywhere: children and queue are the same but for the serials of new children.
    #[test]
    fn the_night_in_which_a_message_comes_makes_no_difference(
        order in Just((0..night().len()).collect::<Vec<_>>()).prop_shuffle(),
        cut in 0..night().len(),
    ) {
        let messages = night();
        let deliveries: Vec<Notification> = order.iter().map(|&n| messages[n].clone()).collect();
        let mut disk = Disk::default();
        run(&mut disk, &deliveries[..cut], usize::MAX).unwrap();
        let (_, settlement, _) =
            run_with(&mut disk, &deliveries, &decisions(), Barred::default(), usize::MAX).unwrap();
        prop_assert_eq!(unnumbered(&settlement), unnumbered(&expected().1));
    }
}

proptest! {
    // Each case looks at everything anew two dozen times.
    #![proptest_config(ProptestConfig::with_cases(6))]
    /// A host that settles after every message comes to what one that looks at all of them anew comes to, each time.
    #[test]
    fn settling_again_and_again_is_as_looking_at_everything_anew(
        order in Just((0..night().len()).collect::<Vec<_>>()).prop_shuffle(),
        decision in 0..decisions().len(),
        at in 0..night().len(),
    ) {
        let messages = night();
        let (mut index, mut journal) = (ChildIndex::load(snapshot()).unwrap(), Vec::new());
        let mut notifications = Notifications::new(&index);
        for (step, &next) in order.iter().enumerate() {
            notifications.receive(messages[next].clone());
            if step == at {
                let entry = index.next_journal_entry(decisions()[decision].clone());
                journal.extend(entry.to_bytes());
                index.replay_entry(&entry).unwrap();
            }
            let before = journal.clone();
            let settled = notifications
                .settle(&mut index, &mut |entries| {
                    entries.iter().for_each(|entry| journal.extend(entry.to_bytes()));
                    Ok(())
                })
                .unwrap();
            let mut anew = Disk { messages: order[..=step].iter().map(|&n| messages[n].clone()).collect(), journal: before };
            let (whole, all, _) = run(&mut anew, &[], usize::MAX).unwrap();
            prop_assert_eq!(&settled, &all);
            prop_assert!(whole.snapshot().unwrap() == index.snapshot().unwrap());
        }
    }
}

/// The messages of each child, new children without their serials, and the codes of the queue with their messages.
type Unnumbered = (BTreeSet<(Vec<MessageKey>, Option<ChildId>, bool)>, Vec<(&'static str, Vec<MessageKey>)>, usize);

fn unnumbered(settlement: &Settlement) -> Unnumbered {
    let recognised =
        settlement.recognised.iter().map(|r| (r.messages.clone(), r.child.filter(|_| !r.is_new), r.is_new));
    let queue = settlement.queue.iter().map(|queued| (queued.code.id, queued.messages.clone()));
    (recognised.collect(), queue.collect(), settlement.facts.len())
}

#[test]
fn a_birth_makes_a_child_that_later_messages_find() {
    let dose = dose(
        "v4",
        100,
        Action::New,
        "D",
        &[
            (Column::GivenName, "Cosmo"),
            (Column::FamilyName, "Vantongeren"),
            (Column::BirthDate, "2026-11-02"),
            (Column::Postcode, "M1 1AE"),
        ],
    );
    let (mut index, settlement) = settled([dose, birth("b1", BORN, "Cosmo"), birth("b2", STRANGER, "Lettice")]);
    // The dose has no number: it is found among the night's own births.
    assert_eq!(child_of(&settlement, "v4"), child_of(&settlement, "b1"));
    assert_ne!(child_of(&settlement, "b1"), child_of(&settlement, "b2"), "twins are two children");
    let b1 = birth("b1", BORN, "Cosmo");
    assert_eq!(
        index.find("clinic", &b1.subject.raw()).unwrap().outcome,
        Outcome::Child(child_of(&settlement, "b1").unwrap())
    );
    assert!(settlement.queue.is_empty());
}

#[test]
fn a_birth_without_a_usable_number_is_a_persons_to_look_at() {
    let (_, settlement) = settled([birth("b1", "9449310611", "Cosmo")]);
    assert_eq!((codes(&settlement), settlement.changes), (vec!["notification/birth-without-number"], 0));
}

#[test]
fn the_last_address_stands_however_often_it_flips() {
    // Two spellings of one address from different systems.
    let (mut index, settlement) = settled([
        moved("a2", 120, 0, "YO1 7HH", "12, FOSS BANK"),
        moved("a3", 130, 0, "YO1 7HH", "12 Foss Bank"),
        moved("a1", 110, 0, "M1 1AE", "1 Old Mill"),
    ]);
    assert_eq!((settlement.changes, child_of(&settlement, "a1")), (1, None), "only the last stands");
    assert_eq!(child_of(&settlement, "a3"), Some(1));
    let mut fields = moved("x", 0, 0, "YO1 7HH", "12 Foss Bank").subject;
    fields.clear(Column::NhsNumber);
    let found = index.find("clinic", &fields.raw()).unwrap();
    assert_eq!(found.outcome, Outcome::Child(1));
}

#[test]
fn a_death_is_withdrawn_whichever_message_comes_first() {
    let deaths = |settlement: &Settlement| {
        settlement.facts.iter().filter(|fact| matches!(fact.content, Content::Death(_))).count()
    };
    let formal = || death("d1", 100, 1, DeathStatus::Formal);
    let withdrawn = || death("d2", 150, 1, DeathStatus::Withdrawn);
    assert_eq!(deaths(&settled([formal()]).1), 1);
    assert_eq!(deaths(&settled([formal(), withdrawn()]).1), 0);
    assert_eq!(deaths(&settled([withdrawn(), formal()]).1), 0);
    assert_eq!(deaths(&settled([withdrawn(), death("d3", 170, 1, DeathStatus::Formal)]).1), 1);
    // That it was withdrawn is told, unless a death stands.
    let gone = |messages: Vec<Notification>| settled(messages).1.withdrawn_deaths.len();
    assert_eq!((gone(vec![formal()]), gone(vec![formal(), withdrawn()]), gone(vec![withdrawn(), formal()])), (0, 1, 1));
    assert_eq!(gone(vec![withdrawn(), death("d3", 170, 1, DeathStatus::Formal)]), 0);
}

#[test]
fn a_deletion_without_a_patient_leaves_a_tombstone_and_a_later_record_comes_back() {
    let new = |at| dose("v1", at, Action::New, "A", &who(0));
    let delete = || dose("v1", 200, Action::Delete, "", &[]);
    let doses = |messages: Vec<Notification>| {
        let settlement = settled(messages).1;
        (settlement.facts.len(), settlement.withdrawn.len(), codes(&settlement).len())
    };
    assert_eq!(doses(vec![delete(), new(100)]), (0, 1, 0), "what was deleted stays deleted");
    assert_eq!(doses(vec![new(300), delete(), new(100)]), (1, 0, 0), "stated again after the deletion");
    assert_eq!(doses(vec![delete()]), (0, 1, 0));
}

#[test]
fn one_id_over_two_bodies_is_a_conflict_and_neither_holds() {
    let (_, settlement) =
        settled([death("same", 100, 2, DeathStatus::Informal), death("same", 160, 2, DeathStatus::Formal)]);
    assert_eq!((codes(&settlement), settlement.facts.len()), (vec!["notification/conflict"], 0));
    assert_eq!(settlement.queue[0].messages.len(), 2);
    // The immunisation batch file: a batch file has two rows of one id with different numbers.
    let (_, settlement) =
        settled([dose("v3", 100, Action::New, "A", &who(0)), dose("v3", 100, Action::New, "A", &who(1))]);
    assert_eq!((codes(&settlement), settlement.facts.len()), (vec!["notification/conflict"], 0));
    // An update shares the id of the record that it updates.
    let (_, settlement) =
        settled([dose("v5", 100, Action::New, "A", &who(0)), dose("v5", 200, Action::Update, "B", &who(0))]);
    assert_eq!((codes(&settlement).len(), settlement.facts.len()), (0, 1));
}

#[test]
fn header_and_patient_that_disagree_move_nothing() {
    let mut confused = moved("hd", 100, 1, "YO1 7HH", "12 Foss Bank");
    confused.findings.push(Finding::new(&HEADER_DISAGREES, ""));
    let (_, settlement) = settled([confused]);
    assert_eq!((codes(&settlement), settlement.changes), (vec!["notification/header-disagrees"], 0));
}

#[test]
fn one_result_by_two_channels_is_one_fact_with_two_sources() {
    let (_, settlement) =
        settled([spot(Channel::Nems, "e1", 100, "normal"), spot(Channel::Laboratory, "lab1", 90, "normal")]);
    let sources: Vec<usize> = settlement.facts.iter().map(|fact| fact.sources.len()).collect();
    assert_eq!((sources, codes(&settlement).len()), (vec![2, 2], 0));
    let (_, settlement) =
        settled([spot(Channel::Nems, "e1", 100, "normal"), spot(Channel::Laboratory, "lab1", 90, "raised")]);
    let sources: Vec<usize> = settlement.facts.iter().map(|fact| fact.sources.len()).collect();
    assert_eq!((sources, codes(&settlement)), (vec![1, 1, 2], vec!["notification/results-disagree"]));
    // A correction by the same channel replaces the whole encounter.
    let mut corrected = spot(Channel::Nems, "e1", 200, "raised");
    corrected.key.id = "e2".into();
    let (_, settlement) =
        settled([corrected, spot(Channel::Nems, "e1", 100, "normal"), spot(Channel::Laboratory, "lab1", 90, "raised")]);
    assert_eq!((settlement.facts.len(), codes(&settlement).len()), (2, 0));
}

#[test]
fn numbers_that_become_one_join_their_children_only_if_their_records_agree() {
    let (mut index, settlement) = settled([merge("m1", 2, KNOWN[3].1)]);
    let child = |index: &mut ChildIndex, known: usize| {
        let mut subject = Subject::default();
        who(known).into_iter().for_each(|(column, text)| subject.set(column, Some(text)));
        let candidates = index.find("clinic", &subject.raw()).unwrap().candidates;
        candidates.into_iter().find(|candidate| candidate.decision.as_str() == "link").map(|candidate| candidate.child)
    };
    assert_eq!((child(&mut index, 2), child(&mut index, 3)), (Some(3), Some(3)));
    assert!(codes(&settlement).is_empty());
    // A message under the old number is about the child of the new one.
    let (_, settlement) = settled([merge("m1", 2, KNOWN[3].1), death("d", 400, 3, DeathStatus::Informal)]);
    assert_eq!(child_of(&settlement, "d"), Some(3));
    // A twin's number given by mistake joins nobody.
    let (mut index, settlement) = settled([merge("m2", 0, KNOWN[1].1)]);
    assert_eq!(codes(&settlement), ["notification/merge-in-doubt"]);
    assert_eq!((child(&mut index, 0), child(&mut index, 1)), (Some(1), Some(2)));
    // A number that the index does not know yet takes the place of the old one.
    let mut renumbered = merge("m3", 0, KNOWN[0].1);
    renumbered.subject.set(Column::NhsNumber, Some(STRANGER));
    let (_, settlement) = settled([renumbered]);
    assert_eq!((child_of(&settlement, "m3"), codes(&settlement).len()), (Some(1), 0));
}

#[test]
fn a_merge_that_is_corrected_is_undone_in_whichever_night_the_correction_comes() {
    // The last message about one number holds: first its child is said to be that of another number, then of none that
    // is known; the same the other way round, and of two merges of one child one is corrected.
    let corrected = |id: &str, known: usize, at: i64| {
        let mut message = merge(id, known, KNOWN[known].1);
        message.order.last_updated = Some(at);
        message
    };
    let doses = dose("v1", 100, Action::New, "A", &who(3));
    let nights: Vec<Vec<Notification>> = vec![
        vec![merge("m1", 2, KNOWN[3].1), corrected("m2", 2, 310), doses.clone()],
        vec![corrected("m2", 2, 290), merge("m1", 2, KNOWN[3].1), doses.clone()],
        vec![merge("m1", 2, KNOWN[3].1), merge("m3", 3, KNOWN[2].1), corrected("m2", 2, 310), doses],
    ];
    for messages in nights {
        let mut whole = Disk::default();
        let (index, settlement, _) = run(&mut whole, &messages, usize::MAX).unwrap();
        let expected = (index.snapshot().unwrap(), unnumbered(&settlement), settlement.facts);
        let places: Vec<usize> = (0..messages.len()).collect();
        for order in permutations(&places) {
            let mut disk = Disk::default();
            for &place in &order {
                run(&mut disk, std::slice::from_ref(&messages[place]), usize::MAX).unwrap();
            }
            let (index, settlement, _) = run(&mut disk, &[], usize::MAX).unwrap();
            assert_eq!(settlement.changes, 0, "{order:?}");
            let (snapshot, unnumbered, facts) = (index.snapshot().unwrap(), unnumbered(&settlement), settlement.facts);
            assert_eq!((&unnumbered, &facts), (&expected.1, &expected.2), "{order:?}");
            // But for how many changes it took.
            assert_eq!(rows_of(&snapshot), rows_of(&expected.0), "{order:?}");
        }
    }
}

/// Whom the records of each number are, by a snapshot.
fn rows_of(snapshot: &[u8]) -> Vec<Option<ChildId>> {
    let mut index = ChildIndex::load(snapshot).unwrap();
    let mut child = |known: usize| {
        let mut subject = Subject::default();
        who(known).into_iter().for_each(|(column, text)| subject.set(column, Some(text)));
        let candidates = index.find("clinic", &subject.raw()).unwrap().candidates;
        candidates.into_iter().find(|candidate| candidate.decision.as_str() == "link").map(|candidate| candidate.child)
    };
    (0..KNOWN.len()).map(&mut child).collect()
}

fn permutations(places: &[usize]) -> Vec<Vec<usize>> {
    if places.is_empty() {
        return vec![Vec::new()];
    }
    let first = |at: usize| {
        let rest: Vec<usize> = places.iter().copied().filter(|&other| other != places[at]).collect();
        permutations(&rest).into_iter().map(move |tail| [vec![places[at]], tail].concat())
    };
    (0..places.len()).flat_map(first).collect()
}

#[test]
fn deregistration_is_told_and_clears_the_practice() {
    let mut registered = who(0);
    registered.push((Column::GpPractice, "A81001"));
    let change = |practice: Option<&str>| {
        Payload::PracticeChange(PracticeChange { practice: practice.map(str::to_owned), previous: None })
    };
    let joined = nems("g1", 100, "pds-change-of-gp-1", &registered, change(Some("A81001")));
    let left = nems("g2", 200, "pds-change-of-gp-1", &who(0), change(None));
    let mut disk = Disk::default();
    let practices = |disk: &Disk| {
        let mut rest = disk.journal.as_slice();
        let mut all = BTreeMap::new();
        while let Some(entry) = JournalEntry::read(&mut rest).unwrap() {
            if let Change::Upsert { entry, fields, .. } = entry.change {
                all.insert(entry, fields.get(&Column::GpPractice).cloned());
            }
        }
        all.into_values().next().flatten()
    };
    run(&mut disk, std::slice::from_ref(&joined), usize::MAX).unwrap();
    assert_eq!(practices(&disk).as_deref(), Some("A81001"));
    let (_, settlement, _) = run(&mut disk, &[left, joined], usize::MAX).unwrap();
    assert_eq!(practices(&disk), None);
    let gone = Content::Practice(PracticeChange::default());
    assert!(settlement.facts.iter().any(|fact| fact.child == 1 && fact.content == gone));
}

#[test]
fn what_nobody_knows_waits_and_signals_are_to_be_read_again() {
    let (_, settlement) = settled([
        nems(
            "x",
            100,
            "pds-death-notification-1",
            &[(Column::NhsNumber, STRANGER), (Column::FamilyName, "Nobody"), (Column::BirthDate, "2020-01-05")],
            death("d", 1, 0, DeathStatus::Formal).payload,
        ),
        nems("rc", 100, "pds-record-change-1", &who(2)[..1], Payload::RecordChange),
    ]);
    assert!(codes(&settlement).contains(&"notification/unknown-child"));
    assert_eq!(settlement.to_read_again.into_iter().collect::<Vec<_>>(), [9_449_305_552]);
}
