//! A project and the index that it publishes are one: the same children both ways, and a journal that goes on while the
//! next index is made loses nothing.

mod night;

use childlink::identity::column::Column;
use childlink::identity::raw::RawFields;
use childlink::index::{ChildIndex, JournalEntry, Outcome};
use childlink::linkage::model::Model;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::linkage::{LinkOptions, Linked, link};
use childlink::notification::{Notification, Notifications};
use childlink::project::{Deed, NewRun, Project, Settled};
use night::{BORN, KNOWN, birth, death, decide, merge, moved, whom_of};
use serde_json::Value;
use std::collections::BTreeMap;

fn deed(minute: u32) -> Deed {
    Deed { at: format!("2026-11-21T08:{minute:02}:00.000Z"), by: "JK".into() }
}

/// The records of the register, and those that the project took in from an index.
fn records(project: &Project) -> Table {
    let mut builder = TableBuilder::new(0);
    for (row, (_, number, given, family, born)) in KNOWN.iter().enumerate() {
        let source = builder.source("register");
        let id = row.to_string();
        let mut fields = RawFields::new();
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
    for record in project.absorbed_records().unwrap() {
        let source = builder.source(&record.source);
        let mut fields = RawFields::new();
        fields.set(Column::RecordId, &record.record_id);
        record.fields.iter().for_each(|(&column, text)| fields.set(column, text));
        builder.push(source, 1, &fields);
    }
    Table::build(vec![builder]).table
}

/// Links the project's records as `childlink project run` does.
fn run(project: &mut Project, minute: u32) -> (Table, Linked) {
    let table = records(project);
    let run = NewRun { extracts: &[], parameters: &Value::Null, program: "test" };
    let id = project.begin_run(&run, &deed(minute)).unwrap();
    let decisions: Vec<_> = project.standing_decisions().unwrap().into_iter().map(|decision| decision.row).collect();
    let options = LinkOptions {
        skip_training: true,
        previous: project.previous(&table).unwrap(),
        decisions: childlink::linkage::decisions::Decisions::new(&table, &decisions).0,
        ..LinkOptions::default()
    };
    let linked = link(&table, &Model::child_health(), &options).unwrap();
    project.keep_model(id, &linked.model, None, &deed(minute)).unwrap();
    project.keep_outcome(id, &linked, None).unwrap();
    let outcome = Settled { table: &table, linked: &linked, quarantined: &[], summary: &Value::Null };
    project.settle(id, &outcome, &deed(minute)).unwrap();
    project.finish_run(id, &deed(minute)).unwrap();
    (table, linked)
}

fn begun(folder: &tempfile::TempDir) -> Project {
    let mut project = Project::create(&folder.path().join("p.childlink"), &deed(0)).unwrap();
    run(&mut project, 1);
    project
}

/// What a host does in a night: takes messages, journals, applies.
fn night_with(snapshot: &[u8], messages: &[Notification]) -> (ChildIndex, Vec<JournalEntry>) {
    let mut index = ChildIndex::load(snapshot).unwrap();
    let mut notifications = Notifications::new(&index);
    let mut journal = Vec::new();
    messages.iter().for_each(|message| _ = notifications.receive(message.clone()));
    let mut keep = |entries: &[JournalEntry]| {
        journal.extend_from_slice(entries);
        Ok(())
    };
    notifications.settle(&mut index, &mut keep).unwrap();
    (index, journal)
}

fn messages() -> Vec<Notification> {
    vec![
        birth("b1", BORN, "Cosmo"),
        moved("a1", 100, 0, "YO1 7HH", "12 Foss Bank"),
        death("d1", 100, 1, childlink::notification::DeathStatus::Formal),
        merge("m1", 2, KNOWN[3].1),
    ]
}

/// The child that an index finds for each person of these tests.
fn found(index: &mut ChildIndex) -> BTreeMap<String, Outcome> {
    let mut answers = BTreeMap::new();
    let born = (0, BORN, "Cosmo", "Vantongeren", "2026-11-02");
    for (_, number, given, family, date) in KNOWN.iter().copied().chain([born]) {
        let mut fields = RawFields::new();
        let values = [
            (Column::NhsNumber, number),
            (Column::GivenName, given),
            (Column::FamilyName, family),
            (Column::BirthDate, date),
        ];
        values.into_iter().for_each(|(column, text)| fields.set(column, text));
        answers.insert(number.to_owned(), index.find("question", &fields).unwrap().outcome);
    }
    answers
}

#[test]
fn an_index_of_a_project_has_its_children_and_keeps_the_number_of_every_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut project = begun(&folder);
    let table = records(&project);
    let first = project.publish(&table, false, &deed(2)).unwrap();
    let mut index = ChildIndex::load(&first.bytes).unwrap();
    for (row, (_, number, ..)) in KNOWN.iter().enumerate().take(2) {
        let child = project.child_of("register", &row.to_string()).unwrap();
        assert_eq!(found(&mut index)[*number], Outcome::Child(child as u32));
    }
    let again = project.publish(&table, false, &deed(3)).unwrap();
    assert_eq!((again.new_records, &again.entries), (0, &first.entries));
    assert!(again.bytes == first.bytes, "the same project gives the same index");
}

#[test]
fn a_journal_that_goes_on_while_the_next_index_is_made_loses_nothing() {
    let (_, journal) = {
        let folder = tempfile::tempdir().unwrap();
        let mut project = begun(&folder);
        let table = records(&project);
        let published = project.publish(&table, false, &deed(2)).unwrap();
        night_with(&published.bytes, &messages())
    };
    assert!(journal.len() >= 4, "{journal:?}");
    for known in 0..=journal.len() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = begun(&folder);
        let table = records(&project);
        let published = project.publish(&table, false, &deed(2)).unwrap();
        let (mut in_use, same) = night_with(&published.bytes, &messages());
        assert_eq!(same, journal, "the same night comes to the same journal");
        // The project knows the journal this far; a record of an extract comes as well.
        project.absorb(&journal[..known], &deed(3)).unwrap();
        let table = records(&project);
        let next = project.publish(&table, false, &deed(4)).unwrap();
        assert_eq!(next.applied, known as u64);
        let mut index = ChildIndex::load(&next.bytes).unwrap();
        journal.iter().for_each(|entry| _ = index.replay_entry(entry).unwrap());
        assert_eq!(found(&mut index), found(&mut in_use), "known to change {known}");
        assert_eq!(index.stats().records, in_use.stats().records, "known to change {known}");
        assert_eq!(index.stats().children, in_use.stats().children, "known to change {known}");
        assert_eq!(index.applied(), in_use.applied());
        // And back: the rest is taken in, and a run comes to the same children.
        let absorbed = project.absorb(&journal, &deed(5)).unwrap();
        assert_eq!((absorbed.known, absorbed.changes), (known as u64, (journal.len() - known) as u64));
        let before: BTreeMap<(String, String), u64> = of_records(&project);
        let (table, linked) = run(&mut project, 6);
        assert_eq!(of_records(&project), before, "the run keeps the children of the index");
        assert_eq!(linked.children.child_id.len(), table.len());
        // What comes with the next night goes on from there.
        let table = records(&project);
        let last = project.publish(&table, true, &deed(7)).unwrap();
        let mut index = ChildIndex::load(&last.bytes).unwrap();
        assert_eq!(found(&mut index), found(&mut in_use), "published again");
        project.verify().unwrap();
    }
}

fn of_records(project: &Project) -> BTreeMap<(String, String), u64> {
    let mut children = BTreeMap::new();
    let mut take = |source: &str, record_id: &str, child: u64| {
        children.insert((source.to_owned(), record_id.to_owned()), child);
        Ok(())
    };
    project.each_record(&mut take).unwrap();
    children
}

#[test]
fn serials_of_runs_and_of_the_index_in_use_never_meet() {
    let folder = tempfile::tempdir().unwrap();
    let mut project = begun(&folder);
    let table = records(&project);
    let published = project.publish(&table, false, &deed(2)).unwrap();
    let (_, journal) = night_with(&published.bytes, &messages());
    project.absorb(&journal, &deed(3)).unwrap();
    let born = of_records(&project).into_values().max().unwrap();
    assert!(born >= childlink::linkage::child_id::FIRST_OF_INDEX, "{born}");
    let next = project.next_child().unwrap();
    assert!(next < 10, "runs go on with their own serials: {next}");
    // A record that the index gave a number is not given to another while the index is in use.
    let (table, _) = run(&mut project, 4);
    let second = project.publish(&table, false, &deed(5)).unwrap();
    let mut entries = second.entries.clone();
    entries.sort_unstable();
    entries.dedup();
    assert_eq!(entries.len(), table.len());
}

#[test]
fn a_journal_with_a_gap_or_of_another_index_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut project = begun(&folder);
    let table = records(&project);
    let published = project.publish(&table, false, &deed(2)).unwrap();
    let (_, journal) = night_with(&published.bytes, &messages());
    let before = of_records(&project);
    assert_eq!(project.absorb(&journal[1..], &deed(3)).unwrap_err().code, "project/journal-gap");
    // An index that was built beside the project gives serials of its own.
    let children: Vec<u64> = (1..=KNOWN.len() as u64).collect();
    let other = ChildIndex::build(&records(&project), &Model::child_health(), &children).unwrap();
    let (_, strange) = night_with(&other, &messages()[..1]);
    assert_eq!(project.absorb(&strange, &deed(3)).unwrap_err().code, "project/other-index");
    assert_eq!((of_records(&project), project.last_absorbed().unwrap()), (before, 0));
    assert!(project.audit().unwrap().iter().all(|row| row.action != "absorb"));
}

#[test]
fn what_people_decided_in_the_index_stands_in_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut project = begun(&folder);
    let table = records(&project);
    let published = project.publish(&table, false, &deed(2)).unwrap();
    let index = ChildIndex::load(&published.bytes).unwrap();
    let whom = whom_of(BORN);
    let change = decide(whom, 1, childlink::linkage::decisions::Verdict::Different, "jk", 1);
    let entry = index.next_journal_entry(change.clone());
    project.absorb(&[entry], &deed(3)).unwrap();
    let next = project.publish(&table, true, &deed(4)).unwrap();
    assert!(ChildIndex::load(&next.bytes).unwrap().knows(&change));
}
