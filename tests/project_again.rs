//! A run that compares only what has changed comes to what a run of everything comes to, whatever changed.

use childlink::identity::column::Column;
use childlink::identity::raw::RawFields;
use childlink::linkage::again::Earlier;
use childlink::linkage::model::{FrequencyTable, Model};
use childlink::linkage::table::{Table, TableBuilder};
use childlink::linkage::{LinkOptions, Linked, link_in_steps};
use proptest::prelude::*;

/// (source, record id, number, given, family, birth date, postcode), by small numbers.
type Row = (u8, u8, u8, u8, u8, u8, u8);

/// Valid NHS numbers that pass Modulus 11 (NHS Data Model and Dictionary).
const NUMBERS: [&str; 6] = ["", "", "9434765919", "4010232137", "9449305552", "9693632109"];
const GIVEN: [&str; 6] = ["Zoë", "Zoe", "Mary Jane", "Muhammad", "Twin 2", "Isolde"];
const FAMILY: [&str; 5] = ["Okafor", "Smith-Okafor", "Quillfeather", "Threlkeld", ""];
const BORN: [&str; 4] = ["2024-02-03", "2024-03-02", "2024-02-29", "2023-07-11"];
const POSTCODE: [&str; 4] = ["LS1 4AP", "LS1 4AQ", "M1 1AE", ""];

fn table(rows: &[Row]) -> Table {
    let mut builder = TableBuilder::new(0);
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows.dedup_by_key(|row| (row.0 % 3, row.1));
    for (line, row) in rows.iter().enumerate() {
        let source = builder.source(["east", "north", "west"][usize::from(row.0 % 3)]);
        let id = row.1.to_string();
        let mut fields = RawFields::new();
        let of = |list: &'static [&'static str], number: u8| list[usize::from(number) % list.len()];
        let values = [
            (Column::RecordId, id.as_str()),
            (Column::NhsNumber, of(&NUMBERS, row.2)),
            (Column::GivenName, of(&GIVEN, row.3)),
            (Column::FamilyName, of(&FAMILY, row.4)),
            (Column::BirthDate, of(&BORN, row.5)),
            (Column::Postcode, of(&POSTCODE, row.6)),
        ];
        values.into_iter().for_each(|(column, text)| fields.set(column, text));
        builder.push(source, line as u32 + 1, &fields);
    }
    Table::build(vec![builder]).table
}

/// Everything that a run comes to.
fn told(linked: &Linked) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        linked.children, linked.pairs, linked.restricted, linked.refused, linked.blocking, linked.oversized
    )
}

fn run(table: &Table, model: &Model, earlier: Option<Earlier>) -> (Linked, childlink::linkage::again::Scan) {
    let options = LinkOptions { skip_training: true, keep_scan: true, earlier, ..LinkOptions::default() };
    let (linked, scan) = link_in_steps(table, model, &options, &mut |_, _| Ok(())).unwrap();
    (linked, scan.unwrap())
}

/// Where the records of one table stand in another.
fn places(before: &Table, now: &Table) -> Vec<Option<u32>> {
    let records = 0..before.len() as u32;
    records.map(|record| now.find(before.source(record), before.record_id(record))).collect()
}

fn row() -> impl Strategy<Value = Row> {
    (0u8..3, 0u8..14, 0u8..6, 0u8..6, 0u8..5, 0u8..4, 0u8..4)
}

/// Runs the first rows, then some without those gone and with those that came, then with those that came again: from
/// what the run before kept, and in full.
fn hold_against_full_runs(
    first: Vec<Row>,
    gone: &[prop::sample::Index],
    came: &[Row],
    again: &[Row],
    most: u64,
) -> Result<(), TestCaseError> {
    let mut model = Model::child_health();
    model.thresholds.max_block_pairs = most;
    let before = table(&first);
    // The first run counts names as they are; the model is frozen with them.
    let (_, scan) = run(&before, &model, None);
    let frequencies = FrequencyTable::of(&before);
    prop_assert!(frequencies.are_those_of(&before));
    model.frequencies = Some(frequencies);
    let by_count = run(&before, &Model { frequencies: None, ..model.clone() }, None).0;
    prop_assert_eq!(told(&run(&before, &model, None).0), told(&by_count));

    let mut rows = first;
    for index in gone {
        if !rows.is_empty() {
            rows.remove(index.index(rows.len()));
        }
    }
    // A row of the same source and id takes the place of the one before: the record changes.
    let replace = |rows: &mut Vec<Row>, more: &[Row]| {
        rows.retain(|row| !more.iter().any(|new| (new.0, new.1) == (row.0, row.1)));
        rows.extend_from_slice(more);
    };
    replace(&mut rows, came);
    let now = table(&rows);
    let (whole, kept) = run(&now, &model, None);
    let (part, kept_of_part) = run(&now, &model, Earlier::of(scan, &places(&before, &now), now.len()));
    prop_assert_eq!(told(&part), told(&whole));
    prop_assert_eq!((&kept.pairs, &kept.fingerprints), (&kept_of_part.pairs, &kept_of_part.fingerprints));
    prop_assert_eq!(&kept.household, &kept_of_part.household);
    prop_assert_eq!(&kept.crowded, &kept_of_part.crowded);

    // And once more, from what the shortened run kept.
    replace(&mut rows, again);
    let last = table(&rows);
    let earlier = Earlier::of(kept_of_part, &places(&now, &last), last.len()).unwrap();
    prop_assert_eq!(told(&run(&last, &model, Some(earlier)).0), told(&run(&last, &model, None).0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn only_what_changed_or_everything_comes_to_the_same(
        first in prop::collection::vec(row(), 2..32),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        came in prop::collection::vec(row(), 0..6),
        again in prop::collection::vec(row(), 0..6),
        most in prop_oneof![Just(1_000_000u64), Just(3)],
    ) {
        hold_against_full_runs(first, &gone, &came, &again, most)?;
    }
}

/// A name that comes new between two others moves the keys of both; the pair of the first two meets by two of them.
#[test]
fn pairs_that_meet_by_two_keys_are_counted_once_when_names_come() {
    let first = vec![(0, 3, 0, 0, 1, 3, 0), (0, 0, 0, 4, 1, 3, 0)];
    hold_against_full_runs(first, &[], &[(0, 1, 0, 2, 0, 0, 0)], &[], 1_000_000).unwrap();
}

#[test]
fn blocks_that_were_too_large_leave_other_records_unchanged() {
    let mut model = Model::child_health();
    model.thresholds.max_block_pairs = 3;
    // Twelve of one birth date and postcode, beside others that meet with nobody.
    let mut rows: Vec<Row> = (0..12).map(|n| (n % 3, n, 0, n % 6, n % 4, 0, 0)).collect();
    rows.extend([(0, 12, 2, 0, 0, 1, 1), (1, 13, 3, 3, 2, 2, 2)]);
    let before = table(&rows);
    model.frequencies = Some(FrequencyTable::of(&before));
    let (linked, scan) = run(&before, &model, None);
    assert!(!linked.oversized.is_empty());
    assert!(scan.crowded.len() >= 12);
    let crowded = scan.crowded.len() as u64;
    let places = places(&before, &before);
    let (_, scan) = run(&before, &model, Earlier::of(scan, &places, before.len()));
    assert_eq!(scan.unchanged, Some(before.len() as u64 - crowded));
    // A block that has become too large since, as far as the kept scan knows: everything is compared.
    let unaware = childlink::linkage::again::Scan { crowded: Vec::new(), ..scan };
    assert_eq!(run(&before, &model, Earlier::of(unaware, &places, before.len())).1.unchanged, None);
}

#[test]
fn what_has_not_changed_is_taken_over() {
    let rows: Vec<Row> = (0..30).map(|n| (n % 3, n, n % 6, n % 5, n % 4, n % 4, n % 3)).collect();
    let before = table(&rows);
    let mut model = Model::child_health();
    model.frequencies = Some(FrequencyTable::of(&before));
    let (_, scan) = run(&before, &model, None);
    let mut rows = rows;
    rows[7].3 += 1;
    let now = table(&rows);
    let (_, scan) = run(&now, &model, Earlier::of(scan, &places(&before, &now), now.len()));
    assert_eq!(scan.unchanged, Some(29));
}
