//! The child index against the batch engine, against damage, and through changes.
#![cfg(feature = "synth")]

use childlink::exchange::column_map::Spellings;
use childlink::exchange::csv;
use childlink::exchange::rows::{ReadOptions, SourceName};
use childlink::identity::column::Column;
use childlink::identity::raw::RawFields;
use childlink::index::{Change, ChildIndex, EntryId, Found, JournalEntry, Loader, Outcome};
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::explain::explain;
use childlink::linkage::model::Model;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::linkage::{LinkOptions, link};
use childlink::synth::layout::{FileForm, Layout};
use childlink::synth::{Generator, Options, Profile};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

/// Records to be indexed, and records held back, each in a table of its own.
struct People {
    head: String,
    indexed: Vec<String>,
    held: Vec<String>,
}

/// Made-up records of three systems: those of the first are held back, the others stand for one index.
fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let options = Options {
            children: 900,
            sources: 4,
            seed: 11,
            noise: 3.0,
            nhs_missing: Some(0.6),
            profile: Profile::Migration,
        };
        let generator = Generator::new(options).unwrap();
        let form = FileForm::merged(Layout::Canonical);
        let (mut indexed, mut held) = (Vec::new(), Vec::new());
        for block in (0..generator.blocks()).map(|index| generator.block(index)) {
            for source in 0..generator.sources().count() {
                for row in String::from_utf8(form.rows(block.of_source(source))).unwrap().lines() {
                    let (_, rest) = row.split_once(',').unwrap();
                    match source {
                        0 => held.push(format!("held,{rest}")),
                        // Records of the systems are told apart by a letter before their id.
                        _ => indexed.push(format!("indexed,{source}-{rest}")),
                    }
                }
            }
        }
        People { head: String::from_utf8(form.head()).unwrap(), indexed, held }
    })
}

fn table<'r>(head: &str, rows: impl IntoIterator<Item = &'r String>) -> Table {
    let rows: Vec<&str> = rows.into_iter().map(String::as_str).collect();
    let text = format!("{head}{}\n", rows.join("\n"));
    let source = SourceName::Fallback("all".into());
    let options = ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
    Table::build(csv::read(Cursor::new(text.into_bytes()), options, &|_| {}).unwrap().builders).table
}

/// The indexed records as one table, and a snapshot in which each is a child of its own.
fn snapshot() -> &'static (Table, Vec<u8>) {
    static SNAPSHOT: OnceLock<(Table, Vec<u8>)> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let table = table(&people().head, &people().indexed);
        let children: Vec<u64> = (1..=table.len() as u64).collect();
        let snapshot = ChildIndex::build(&table, &Model::child_health(), &children).unwrap();
        (table, snapshot)
    })
}

type Pairs = BTreeMap<String, (u64, &'static str, String)>;

/// What an answer says of each record of the index, by record id.
fn pairs_of(found: &Found) -> Pairs {
    let id = |entry: EntryId| snapshot().0.record_id(entry).to_owned();
    let of =
        |c: &childlink::index::Candidate| (id(c.entry), (c.weight.to_bits(), c.decision.as_str(), c.guards.codes()));
    let restricted = found.restricted.iter().map(|r| (id(r.entry), (0, "restricted", r.guards.codes())));
    found.candidates.iter().map(of).chain(restricted).collect()
}

#[test]
fn one_record_against_the_index_is_as_linking_it_in_a_batch() {
    let People { head, indexed, held } = people();
    let mut index = ChildIndex::load(&snapshot().1).unwrap();
    // The batch counts no names of its own: it weighs by the frequencies of the index.
    let model = Model::from_json(&index.frozen_model().to_json()).unwrap();
    let mut seen = BTreeMap::<&str, usize>::new();
    for row in held.iter().step_by(held.len() / 160) {
        let alone = table(head, [row]);
        let found = index.find_record(&alone, 0).unwrap();

        let batch = table(head, indexed.iter().chain([row]));
        let options = LinkOptions { kind: LinkKind::LinkOnly, skip_training: true, ..LinkOptions::default() };
        let linked = link(&batch, &model, &options).unwrap();
        let own = batch.find("held", alone.record_id(0)).unwrap();
        let other = |left, right| batch.record_id(if left == own { right } else { left }).to_owned();
        let expected: Pairs = linked
            .pairs
            .iter()
            .map(|p| (other(p.left, p.right), (p.weight.to_bits(), p.decision.as_str(), p.guards.codes())))
            .chain(linked.restricted.iter().map(|p| (other(p.left, p.right), (0, "restricted", p.guards.codes()))))
            .collect();
        assert_eq!(pairs_of(&found), expected, "record {}", alone.record_id(0));
        expected.values().for_each(|(_, decision, _)| *seen.entry(decision).or_default() += 1);

        for candidate in &found.candidates {
            let pair = batch.find("indexed", snapshot().0.record_id(candidate.entry)).unwrap();
            let waterfall = explain(&batch, &model, &[(pair.min(own), pair.max(own))]).unwrap().remove(0);
            if !candidate.sensitive {
                assert_eq!(candidate.waterfall(&model), waterfall);
            }
        }
    }
    assert_eq!(index.frozen_model(), model);
    assert!(
        ChildIndex::build(&snapshot().0, &model, &(1..=snapshot().0.len() as u64).collect::<Vec<_>>()).unwrap()
            == snapshot().1,
        "an index built by a model that carries the same frequencies"
    );
    assert!(seen["link"] > 10 && seen["review"] > 3, "too few pairs to tell: {seen:?}");
}

#[test]
fn the_bytes_do_not_depend_on_the_order_of_rows() {
    let turned = table(&people().head, people().indexed.iter().rev());
    let children: Vec<u64> = (1..=turned.len() as u64).collect();
    assert!(ChildIndex::build(&turned, &Model::child_health(), &children).unwrap() == snapshot().1);
    let index = ChildIndex::load(&snapshot().1).unwrap();
    assert!(index.snapshot().unwrap() == snapshot().1, "packing an unchanged index again");
}

#[test]
fn a_snapshot_comes_in_pieces_of_any_size() {
    for size in [1, 63, 4096] {
        let mut loader = Loader::default();
        snapshot().1.chunks(size).for_each(|piece| loader.push(piece).unwrap());
        assert_eq!(loader.finish().unwrap().stats().records, snapshot().0.len() as u64);
    }
}

#[test]
fn damage_is_told_by_its_kind() {
    let whole = &snapshot().1;
    let code = |bytes: &[u8]| ChildIndex::load(bytes).map(|_| "loaded").unwrap_or_else(|error| error.code);
    assert_eq!(code(whole), "loaded");
    for end in [0, 7, 63, 64, 1000, whole.len() - 1] {
        assert_eq!(code(&whole[..end]), "index/truncated", "cut to {end} bytes");
    }
    let changed = |at: usize, by: u8| {
        let mut bytes = whole.clone();
        bytes[at] ^= by;
        bytes
    };
    assert_eq!(code(&changed(0, 1)), "index/not-an-index");
    assert_eq!(code(&changed(8, 3)), "index/version");
    for at in [13, 17, 40, 63, 64, 1000, whole.len() / 2, whole.len() - 1] {
        for bit in [0, 7] {
            assert_eq!(code(&changed(at, 1 << bit)), "index/damaged", "bit {bit} of byte {at}");
        }
    }
    assert_eq!(code(&[whole.as_slice(), b"\n"].concat()), "index/trailing-bytes");
    assert_eq!(code(b"source,record_id,nhs_number,given_name,family_name,birth_date,postcode"), "index/not-an-index");
}

fn record(given: &'static str, postcode: &'static str) -> RawFields<'static> {
    let mut fields = RawFields::new();
    for (column, text) in [
        (Column::GivenName, given),
        (Column::FamilyName, "Quillfeather"),
        (Column::BirthDate, "2024-02-29"),
        (Column::Sex, "female"),
        (Column::Postcode, postcode),
        (Column::MotherGivenName, "Aphra"),
        (Column::Address1, "7 Larch Rise"),
    ] {
        fields.set(column, text);
    }
    fields
}

#[test]
fn a_record_that_comes_is_found_and_one_that_goes_is_not() {
    let mut index = ChildIndex::load(&snapshot().1).unwrap();
    let (entry, child) = (index.next_entry(), index.next_child());
    let outcome = |index: &mut ChildIndex| index.find("clinic", &record("Isolde", "LS1 4AP")).unwrap().outcome;
    assert_eq!(outcome(&mut index), Outcome::NotFound);
    index.change(&Change::upsert(entry, child, "births", &record("Isolde", "LS1 4AP"))).unwrap();
    assert_eq!(outcome(&mut index), Outcome::Child(child));
    assert_eq!((index.next_entry(), index.next_child()), (entry + 1, child + 1));

    let mut packed = ChildIndex::load(&index.snapshot().unwrap()).unwrap();
    assert_eq!(outcome(&mut packed), Outcome::Child(child), "the same once packed");
    // Its earlier form is gone: the old given name is no longer there.
    packed.change(&Change::upsert(entry, child, "births", &record("Rosamund", "M1 1AE"))).unwrap();
    assert_ne!(outcome(&mut packed), Outcome::Child(child));
    for index in [&mut packed, &mut index] {
        index.change(&Change::Remove { entry }).unwrap();
        assert_eq!(outcome(index), Outcome::NotFound);
    }
}

#[test]
fn children_merge_and_come_apart_again() {
    let mut index = ChildIndex::load(&snapshot().1).unwrap();
    let first = index.next_entry();
    for (place, given) in ["Isolde", "Ottoline", "Philippa"].into_iter().enumerate() {
        let place = place as u32;
        index.change(&Change::upsert(first + place, 5001 + place, "births", &record(given, "LS1 4AP"))).unwrap();
    }
    let child_of = |index: &mut ChildIndex, given: &'static str| {
        index.find("births", &record(given, "LS1 4AP")).unwrap().candidates[0].child
    };
    index.change(&Change::Merge { from: 5002, into: 5001 }).unwrap();
    index.change(&Change::Merge { from: 5003, into: 5002 }).unwrap();
    index.change(&Change::Merge { from: 5001, into: 5003 }).unwrap();
    assert_eq!(["Isolde", "Ottoline", "Philippa"].map(|given| child_of(&mut index, given)), [5001; 3]);
    let mut packed = ChildIndex::load(&index.snapshot().unwrap()).unwrap();
    for index in [&mut index, &mut packed] {
        index.change(&Change::Split { entries: vec![first + 1], into: 5002 }).unwrap();
        assert_eq!(["Isolde", "Ottoline", "Philippa"].map(|given| child_of(index, given)), [5001, 5002, 5001]);
        index
            .change(&Change::Upsert { entry: first + 5, child: 5003, source: "births".into(), fields: BTreeMap::new() })
            .unwrap();
        assert_eq!(child_of(index, "Philippa"), 5001, "what came by way of the child that was revived stays");
    }
    let unknown = index.change(&Change::Split { entries: vec![999_999], into: 5009 }).unwrap_err();
    assert_eq!(unknown.code, "index/unknown-entry");
}

#[test]
fn a_merged_child_keeps_its_whereabouts_withheld() {
    let mut index = ChildIndex::load(&snapshot().1).unwrap();
    let first = index.next_entry();
    let mut secret = record("Isolde", "LS1 4AP");
    secret.set(Column::Sensitive, "Y");
    index.change(&Change::upsert(first, 5001, "births", &secret)).unwrap();
    index.change(&Change::upsert(first + 1, 5002, "births", &record("Ottoline", "LS1 4AP"))).unwrap();
    let withheld = |index: &mut ChildIndex| {
        let found = index.find("births", &record("Ottoline", "LS1 4AP")).unwrap();
        let candidate = found.candidates.iter().find(|c| c.entry == first + 1).unwrap();
        let waterfall = candidate.waterfall(index.model());
        let residence = waterfall.bars.iter().find(|bar| bar.comparison == "residence").unwrap();
        (candidate.sensitive, residence.level == "withheld" && residence.weight == 0.0)
    };
    assert_eq!(withheld(&mut index), (false, false));
    index.change(&Change::Merge { from: 5001, into: 5002 }).unwrap();
    assert_eq!(withheld(&mut index), (true, true));
    let mut packed = ChildIndex::load(&index.snapshot().unwrap()).unwrap();
    assert_eq!(withheld(&mut packed), (true, true), "the same once packed");
}

/// A journal of a few changes, and the index that they make.
fn journal() -> (Vec<JournalEntry>, ChildIndex) {
    let mut index = ChildIndex::load(&snapshot().1).unwrap();
    let first = index.next_entry();
    let changes = [
        Change::upsert(first, 5001, "births", &record("Isolde", "LS1 4AP")),
        Change::upsert(first + 1, 5002, "clinic", &record("Isolde", "")),
        Change::Merge { from: 5002, into: 5001 },
        Change::Split { entries: vec![first], into: 5003 },
        Change::Remove { entry: 3 },
    ];
    let entries = changes.map(|change| {
        let entry = index.next_journal_entry(change);
        assert!(index.replay_entry(&entry).unwrap());
        entry
    });
    (entries.to_vec(), index)
}

#[test]
fn a_journal_gives_the_same_index_however_often_it_is_replayed() {
    let (entries, index) = journal();
    let bytes: Vec<u8> = entries.iter().flat_map(JournalEntry::to_bytes).collect();
    let mut again = ChildIndex::load(&snapshot().1).unwrap();
    let first = again.replay(&bytes).unwrap();
    let second = again.replay(&bytes).unwrap();
    assert_eq!((first.applied, first.passed_over, first.torn_bytes), (5, 0, 0));
    assert_eq!((second.applied, second.passed_over), (0, 5));
    let packed = index.snapshot().unwrap();
    assert!(again.snapshot().unwrap() == packed);
    let mut later = ChildIndex::load(&packed).unwrap();
    assert_eq!(later.replay(&bytes).unwrap().applied, 0, "the snapshot has them all");
}

#[test]
fn a_torn_last_entry_is_told_and_damage_before_it_is_an_error() {
    let entries = journal().0;
    let bytes: Vec<Vec<u8>> = entries.iter().map(JournalEntry::to_bytes).collect();
    let whole: usize = bytes[..4].iter().map(Vec::len).sum();
    let all = bytes.concat();
    for end in whole + 1..all.len() {
        let replayed = ChildIndex::load(&snapshot().1).unwrap().replay(&all[..end]).unwrap();
        assert_eq!((replayed.applied, replayed.whole_bytes, replayed.torn_bytes), (4, whole, end - whole));
    }
    for at in 1..whole {
        let mut damaged = all.clone();
        damaged[at] ^= 1;
        let replayed = ChildIndex::load(&snapshot().1).unwrap().replay(&damaged);
        // A damaged length may point behind the end, which looks as a torn entry does: nothing of it is applied.
        assert!(replayed.map_or_else(|error| error.code == "journal/damaged", |r| r.applied < 4), "byte {at}");
    }
    let gap = ChildIndex::load(&snapshot().1).unwrap().replay(&bytes[1..].concat()).unwrap_err();
    assert_eq!(gap.code, "journal/gap");
}

#[test]
fn serials_that_do_not_fit_are_refused() {
    let mut builder = TableBuilder::new(0);
    let source = builder.source("a");
    let mut fields = record("Isolde", "");
    fields.set(Column::RecordId, "1");
    builder.push(source, 1, &fields);
    let table = Table::build(vec![builder]).table;
    for children in [vec![], vec![0], vec![1 << 40]] {
        let refused = ChildIndex::build(&table, &Model::child_health(), &children).unwrap_err();
        assert_eq!(refused.code, "index/child-id");
    }
}
