//! A night of messages and a host that may crash: what the tests of notifications share.
#![allow(dead_code, reason = "each test uses some of it")]

use childlink::Error;
use childlink::date::PartialDate;
use childlink::error::Finding;
use childlink::identity::column::Column;
use childlink::index::{Change, ChildId, ChildIndex, JournalEntry, Whom};
use childlink::linkage::barred::Barred;
use childlink::linkage::decisions::Verdict;
use childlink::linkage::model::Model;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::notification::{
    Action, Birth, Channel, Death, DeathStatus, HEADER_DISAGREES, MessageKey, Notification, Notifications, Order,
    Payload, PracticeChange, Programme, Receipt, ScreenResult, Screening, Settlement, StateKey, Subject, Vaccination,
};
use sha2::Digest;
use std::sync::OnceLock;

pub(crate) type Fields<'a> = &'a [(Column, &'a str)];

/// Children that the index knows: a pair of twins, and two records that will turn out to be one child's. Valid NHS
/// numbers that pass Modulus 11 (NHS Data Model and Dictionary).
pub(crate) const KNOWN: &[(u64, &str, &str, &str, &str)] = &[
    (1, "9434765919", "Isolde", "Quillfeather", "2024-02-29"),
    (2, "4010232137", "Ottoline", "Quillfeather", "2024-02-29"),
    (3, "9449305552", "Barnaby", "Threlkeld", "2023-07-11"),
    (4, "9693632109", "Barnaby", "Threlkeld", "2023-07-11"),
];
/// A child that is born in the course of the messages, and one that nobody announces.
pub(crate) const BORN: &str = "9449310610";
pub(crate) const STRANGER: &str = "9990548609";

pub(crate) fn snapshot() -> &'static [u8] {
    static SNAPSHOT: OnceLock<Vec<u8>> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("register");
        for (row, (_, number, given, family, born)) in KNOWN.iter().enumerate() {
            let mut fields = childlink::identity::raw::RawFields::new();
            let id = row.to_string();
            let values = [
                (Column::RecordId, id.as_str()),
                (Column::NhsNumber, number),
                (Column::GivenName, given),
                (Column::FamilyName, family),
                (Column::BirthDate, born),
                (Column::Postcode, "LS1 4AP"),
                (Column::Address1, "7 Larch Rise"),
            ];
            values.into_iter().for_each(|(column, text)| fields.set(column, text));
            builder.push(source, row as u32 + 1, &fields);
        }
        let table = Table::build(vec![builder]).table;
        let children: Vec<u64> = KNOWN.iter().map(|known| known.0).collect();
        ChildIndex::build(&table, &Model::child_health(), &children).unwrap()
    })
}

/// A message: `id` tells it from others, `at` orders it.
pub(crate) fn message(
    channel: Channel,
    id: &str,
    at: i64,
    thing: (&str, &str),
    fields: Fields,
    payload: Payload,
) -> Notification {
    let mut subject = Subject::default();
    fields.iter().for_each(|&(column, text)| subject.set(column, Some(text)));
    let digest: [u8; 32] = sha2::Sha256::digest(format!("{id}{at}{fields:?}{payload:?}")).into();
    let event = thing.0.to_owned();
    Notification {
        key: MessageKey { channel, source: "sender".into(), event: event.clone(), id: id.into(), digest },
        state: StateKey { event, system: "s".into(), value: thing.1.into() },
        order: Order { last_updated: Some(at), version: None, timestamp: None, digest },
        action: Action::New,
        subject,
        payload,
        findings: Vec::new(),
    }
}

pub(crate) fn who(known: usize) -> Vec<(Column, &'static str)> {
    let (_, number, given, family, born) = KNOWN[known];
    vec![
        (Column::NhsNumber, number),
        (Column::GivenName, given),
        (Column::FamilyName, family),
        (Column::BirthDate, born),
    ]
}

pub(crate) fn nems(id: &str, at: i64, event: &str, fields: Fields, payload: Payload) -> Notification {
    let number = fields.iter().find(|field| field.0 == Column::NhsNumber).map_or("", |field| field.1);
    message(Channel::Nems, id, at, (event, number), fields, payload)
}

pub(crate) fn birth(id: &str, number: &str, given: &str) -> Notification {
    let fields = [
        (Column::NhsNumber, number),
        (Column::GivenName, given),
        (Column::FamilyName, "Vantongeren"),
        (Column::BirthDate, "2026-11-02"),
        (Column::Postcode, "M1 1AE"),
    ];
    nems(id, 100, "pds-birth-notification-1", &fields, Payload::Birth(Birth::default()))
}

pub(crate) fn moved(id: &str, at: i64, known: usize, postcode: &str, line: &str) -> Notification {
    let mut fields = who(known);
    fields.extend([(Column::Postcode, postcode), (Column::Address1, line)]);
    nems(id, at, "pds-change-of-address-1", &fields, Payload::AddressChange)
}

pub(crate) fn death(id: &str, at: i64, known: usize, status: DeathStatus) -> Notification {
    let date = (status != DeathStatus::Withdrawn).then(|| PartialDate::parse("2026-11-01").unwrap());
    nems(id, at, "pds-death-notification-1", &who(known), Payload::Death(Death { status, date, effective: None }))
}

pub(crate) fn dose(id: &str, at: i64, action: Action, batch: &str, fields: Fields) -> Notification {
    let date = PartialDate::parse("2026-10-05").ok();
    let given = Vaccination {
        given: true,
        procedure: Some("38598009".into()),
        product: Some(batch.into()),
        date,
        ..Vaccination::default()
    };
    let mut message =
        message(Channel::ImmsBatch, id, at, ("imms-vaccination", id), fields, Payload::Vaccination(given));
    message.action = action;
    message
}

pub(crate) fn spot(channel: Channel, id: &str, at: i64, outcome: &str) -> Notification {
    let event = if channel == Channel::Laboratory { "laboratory-outcome" } else { "blood-spot-test-outcome-1" };
    let result = |code: &str, outcome: &str| ScreenResult {
        code: code.into(),
        outcome: Some(outcome.into()),
        date: PartialDate::parse("2026-10-09").ok(),
    };
    let results = vec![result("314081000", outcome), result("314090007", "normal")];
    let screening = Screening { programme: Programme::BloodSpot, results };
    message(channel, id, at, (event, id), &who(0), Payload::Screening(screening))
}

pub(crate) fn merge(id: &str, known: usize, subsumed: &str) -> Notification {
    let mut message = message(
        Channel::Hl7v2,
        id,
        300,
        ("adt-a40", KNOWN[known].1),
        &who(known),
        Payload::Merge { subsumed: subsumed.into() },
    );
    message.action = Action::Update;
    message
}

/// What a night may bring: everything that the specifications of messages warn of.
pub(crate) fn night() -> Vec<Notification> {
    let mut confused =
        nems("hd", 100, "pds-change-of-gp-1", &who(1), Payload::PracticeChange(PracticeChange::default()));
    confused.findings.push(Finding::new(&HEADER_DISAGREES, ""));
    let no_number = &who(2)[1..];
    let mut corrected = spot(Channel::Nems, "bs1", 200, "raised");
    corrected.key.id = "bs2".into();
    vec![
        birth("b1", BORN, "Cosmo"),
        birth("b2", STRANGER, "Lettice"),
        moved("a1", 100, 0, "LS1 4AP", "7 Larch Rise"),
        moved("a2", 120, 0, "LS1 4AP", "7, LARCH RISE"),
        moved("a3", 110, 0, "YO1 7HH", "12 Foss Bank"),
        death("d1", 100, 1, DeathStatus::Formal),
        death("d2", 150, 1, DeathStatus::Withdrawn),
        dose("v1", 100, Action::New, "A", &who(0)),
        dose("v1", 200, Action::Delete, "", &[]),
        dose("v1", 300, Action::New, "A", &who(0)),
        dose("v2", 100, Action::New, "B", no_number),
        dose("v3", 100, Action::New, "A", &who(1)),
        dose("v3", 100, Action::New, "C", &who(1)),
        dose("v4", 100, Action::New, "D", &[(Column::NhsNumber, BORN), (Column::GivenName, "Cosmo")]),
        spot(Channel::Nems, "bs1", 100, "normal"),
        corrected,
        spot(Channel::Laboratory, "lab1", 90, "raised"),
        merge("m1", 2, KNOWN[3].1),
        confused,
        death("same", 100, 2, DeathStatus::Informal),
        death("same", 160, 2, DeathStatus::Formal),
        nems("rc", 100, "pds-record-change-1", &who(2)[..1], Payload::RecordChange),
    ]
}

/// A host: what it has on disk, and nothing else, outlives a crash.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(crate) messages: Vec<Notification>,
    pub(crate) journal: Vec<u8>,
}

impl Disk {
    /// Whether the journal has a change already: a request that is sent again after a crash.
    fn knows(&self, change: &Change) -> bool {
        let mut rest = self.journal.as_slice();
        std::iter::from_fn(|| JournalEntry::read(&mut rest).unwrap()).any(|entry| entry.change == *change)
    }
}

/// A decision of a reader at some minute.
pub(crate) fn decide(whom: Whom, child: ChildId, verdict: Verdict, reader: &str, minute: u32) -> Change {
    let decided_at = format!("2026-11-21T09:{minute:02}:00Z");
    Change::Decide { whom, child, verdict, reader: reader.into(), decided_at }
}

/// Lets a host run over deliveries until it has written `writes` times; answers whether it came to the end.
pub(crate) fn run(disk: &mut Disk, deliveries: &[Notification], writes: usize) -> Option<Ran> {
    run_with(disk, deliveries, &[], Barred::default(), writes)
}

/// What a run came to.
pub(crate) type Ran = (ChildIndex, Settlement, Notifications);

/// The same with decisions of people, which come before the messages, and a list of barred pairs.
pub(crate) fn run_with(
    disk: &mut Disk,
    deliveries: &[Notification],
    decisions: &[Change],
    barred: Barred,
    mut writes: usize,
) -> Option<Ran> {
    let mut index = ChildIndex::load(snapshot()).unwrap();
    index.set_barred(barred);
    let mut notifications = Notifications::new(&index);
    let mut journal = disk.journal.as_slice();
    while let Some(entry) = JournalEntry::read(&mut journal).unwrap() {
        index.replay_entry(&entry).unwrap();
        notifications.learn(&entry.change);
    }
    disk.journal.truncate(disk.journal.len() - journal.len());
    disk.messages.iter().for_each(|message| {
        notifications.receive(message.clone());
    });
    let known: Vec<bool> = decisions.iter().map(|decision| disk.knows(decision)).collect();
    for (decision, _) in decisions.iter().zip(known).filter(|(_, known)| !known) {
        writes = writes.checked_sub(1)?;
        let entry = index.next_journal_entry(decision.clone());
        disk.journal.extend(entry.to_bytes());
        index.replay_entry(&entry).unwrap();
    }
    for message in deliveries {
        if notifications.receive(message.clone()) == Receipt::Fresh {
            writes = writes.checked_sub(1)?;
            disk.messages.push(message.clone());
        }
    }
    let mut write = |entries: &[JournalEntry]| {
        for entry in entries {
            let bytes = entry.to_bytes();
            match writes.checked_sub(1) {
                Some(left) => writes = left,
                None => {
                    disk.journal.extend(&bytes[..bytes.len() / 2]);
                    return Err(Error::new("test/crash", "the machine went down in the middle of a write", ""));
                }
            }
            disk.journal.extend(bytes);
        }
        Ok(())
    };
    let settlement = notifications.settle(&mut index, &mut write).ok()?;
    Some((index, settlement, notifications))
}

/// The messages of the night that some test is about, settled alone.
pub(crate) fn settled(messages: impl IntoIterator<Item = Notification>) -> (ChildIndex, Settlement) {
    let messages: Vec<Notification> = messages.into_iter().collect();
    let (index, settlement, _) = run(&mut Disk::default(), &messages, usize::MAX).unwrap();
    (index, settlement)
}

pub(crate) fn codes(settlement: &Settlement) -> Vec<&'static str> {
    settlement.queue.iter().map(|queued| queued.code.id).collect()
}

pub(crate) fn child_of(settlement: &Settlement, id: &str) -> Option<ChildId> {
    settlement.recognised.iter().find(|r| r.messages.iter().any(|key| key.id == id)).and_then(|r| r.child)
}

/// The name of the person with a number.
pub(crate) fn whom_of(number: &str) -> Whom {
    Whom::of_number(childlink::identity::nhs_number::NhsNumber::parse(number).unwrap())
}
