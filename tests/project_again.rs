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

/// Valid NHS numbers of identity.md section 9.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn only_what_changed_or_everything_comes_to_the_same(
        first in prop::collection::vec(row(), 2..32),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        came in prop::collection::vec(row(), 0..6),
        again in prop::collection::vec(row(), 0..6),
        most in prop_oneof![Just(1_000_000u64), Just(3)],
    ) {
        let mut model = Model::child_health();
        model.thresholds.max_block_pairs = most;
        let before = table(&first);
        // The first run counts names as they are; the model is frozen with them.
        let (_, scan) = run(&before, &model, None);
        let frequencies = FrequencyTable::of(&before);
        prop_assert!(frequencies.are_those_of(&before));
        model.frequencies = Some(frequencies);
        prop_assert_eq!(told(&run(&before, &model, None).0), told(&run(&before, &Model { frequencies: None, ..model.clone() }, None).0));

        let mut rows = first;
        for index in &gone {
            if !rows.is_empty() {
                rows.remove(index.index(rows.len()));
            }
        }
        // A row of the same source and id takes the place of the one before: the record changes.
        let replace = |rows: &mut Vec<Row>, more: &[Row]| {
            rows.retain(|row| !more.iter().any(|new| (new.0, new.1) == (row.0, row.1)));
            rows.extend_from_slice(more);
        };
        replace(&mut rows, &came);
        let now = table(&rows);
        let (whole, kept) = run(&now, &model, None);
        let (part, kept_of_part) = run(&now, &model, Some(Earlier { scan, places: places(&before, &now) }));
        prop_assert_eq!(told(&part), told(&whole));
        prop_assert_eq!((&kept.pairs, &kept.fingerprints), (&kept_of_part.pairs, &kept_of_part.fingerprints));
        prop_assert_eq!(&kept.tallies, &kept_of_part.tallies);

        // And once more, from what the shortened run kept.
        replace(&mut rows, &again);
        let last = table(&rows);
        let earlier = Earlier { scan: kept_of_part, places: places(&now, &last) };
        prop_assert_eq!(told(&run(&last, &model, Some(earlier)).0), told(&run(&last, &model, None).0));
    }
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
    let (_, scan) = run(&now, &model, Some(Earlier { scan, places: places(&before, &now) }));
    assert_eq!(scan.unchanged, Some(29));
}

#[test]
fn only_groups_of_keys_where_something_changed_are_walked() {
    let rows: Vec<Row> = (0..30).map(|n| (n % 3, n, n % 6, n % 5, n % 4, n % 4, n % 3)).collect();
    let before = table(&rows);
    let mut model = Model::child_health();
    model.frequencies = Some(FrequencyTable::of(&before));
    let (_, mut scan) = run(&before, &model, None);
    let mut rows = rows;
    // A record with an NHS number: one group of the rule by numbers.
    rows[8].3 += 1;
    let now = table(&rows);
    let places = places(&before, &now);
    let pairs = |scan| run(&now, &model, Some(Earlier { scan, places: places.clone() })).0.blocking[0].pairs;
    let honest = pairs(scan.clone());
    // A false count of every group comes back from those that are taken over, and only from those.
    let groups = scan.tallies[0].pairs.len() as u64;
    scan.tallies[0].pairs.iter_mut().for_each(|pairs| *pairs += 1000);
    let taken_over = (pairs(scan.clone()) - honest) / 1000;
    assert_eq!(taken_over, groups - 1);
    // Counts that do not fit are not taken over.
    scan.tallies[0].largest.pop();
    assert_eq!(pairs(scan), honest);
}
