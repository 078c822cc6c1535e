//! Packing rows into a snapshot.

use super::ChildId;
use super::access::{Access, bucket};
use super::column::{Column, ColumnWriter};
use super::decided::Kept;
use super::layout::{INVALIDATED, Row, SENSITIVE, Slot};
use super::snapshot::{self, Description, PathColumns};
use crate::error::Error;
use crate::linkage::model::Model;
use crate::linkage::predicate::NameCounts;
use crate::linkage::table::Table;
use crate::linkage::table::fields::address::FIGURE;
use crate::linkage::table::fields::names::{Family, Given, MAX_WORDS, NameId, NameTable};
use crate::linkage::table::fields::{Fields, place::PackedPostcode};
use crate::text::packed::write_text;
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Rows whose keys are worked out at a time.
const CHUNK: usize = 1 << 14;

/// How many records have each value: what the weights' term frequencies were made from.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    /// By name: given name, family name, mother's first given name, first given name.
    pub(super) names: [Vec<u32>; 4],
    pub(super) postcodes: BTreeMap<u64, u32>,
}

impl Counts {
    /// Counts every record of a table.
    pub(super) fn of(table: &Table) -> Counts {
        let fields = &table.fields;
        let mut counts = Counts { records: table.len() as u64, ..Counts::default() };
        let name_of: [fn(&Fields, u32) -> NameId; 3] = [
            |fields, record| fields.given.of(record).whole,
            |fields, record| fields.family.of(record).whole,
            |fields, record| fields.mother_given.of(record).words[0],
        ];
        for (own, name_of) in counts.names.iter_mut().zip(name_of) {
            *own = vec![0; fields.names.len()];
            (0..table.len() as u32).for_each(|record| own[name_of(fields, record) as usize] += 1);
            own[0] = 0;
        }
        counts.names[3] = NameCounts::of(&table.fields).all_given().to_vec();
        for record in 0..table.len() as u32 {
            let postcode: PackedPostcode = fields.postcode.of(record);
            if postcode.is_known() {
                *counts.postcodes.entry(postcode.unit()).or_insert(0) += 1;
            }
        }
        counts
    }
}

/// What a snapshot is made of.
pub(super) struct Contents<'a> {
    pub(super) model: &'a Model,
    pub(super) sources: Vec<String>,
    pub(super) names: &'a NameTable,
    pub(super) counts: Counts,
    /// How many rows, and each of them; asked for several times, the same each time.
    pub(super) rows: usize,
    pub(super) row: &'a dyn Fn(usize) -> Row,
    pub(super) next_child: ChildId,
    pub(super) next_entry: u32,
    pub(super) applied: u64,
    pub(super) merged: BTreeMap<ChildId, ChildId>,
    pub(super) decided: Vec<Kept>,
}

/// The snapshot of some rows. The same rows give the same bytes in whatever order they stand.
///
/// # Errors
/// `model/unknown-key`.
pub(super) fn snapshot(contents: &Contents) -> Result<Vec<u8>, Error> {
    let mut dictionaries = Dictionaries::default();
    let mut used = vec![false; contents.names.len()];
    let mut order: Vec<(u64, u32, usize)> = Vec::with_capacity(contents.rows);
    for place in 0..contents.rows {
        let row = (contents.row)(place);
        order.push((row.fields.birth.bits(), row.entry, place));
        dictionaries.add(&row);
        row.fields.renamed(|name| {
            used[name as usize] = true;
            name
        });
    }
    order.sort_unstable();
    for counts in &contents.counts.names {
        counts.iter().zip(&mut used).for_each(|(&count, used)| *used |= count > 0);
    }
    let names = Names::kept(contents.names, &used);
    dictionaries.postcodes.extend(contents.counts.postcodes.keys());
    let coder = dictionaries.finish(&names);

    let mut writer = ColumnWriter::default();
    let mut columns = row_columns(contents, &order, &coder, &mut writer);
    let totals = dictionary_columns(contents, &order, &names, &coder, &mut writer, &mut columns);
    let paths = paths(contents, &order, &names, &mut writer)?;
    let description = Description {
        // The frequencies stand in columns of their own.
        model: Model { frequencies: None, ..contents.model.clone() },
        sources: contents.sources.clone(),
        rows: contents.rows,
        counted: contents.counts.records,
        totals,
        next_child: contents.next_child,
        next_entry: contents.next_entry,
        applied: contents.applied,
        merged: contents.merged.clone(),
        decided: contents.decided.clone(),
        names: names.table.len(),
        columns,
        paths,
    };
    let mut texts = Vec::new();
    for name in 1..names.table.len() as NameId {
        write_text(&mut texts, names.table.text(name));
    }
    Ok(snapshot::write(&description, &writer.finish(), &texts))
}

/// The names that rows or counts have, in order of their letters.
struct Names {
    table: NameTable,
    /// The new number of each old one.
    number: Vec<NameId>,
    /// The old number of each new one.
    old: Vec<NameId>,
}

impl Names {
    fn kept(names: &NameTable, used: &[bool]) -> Names {
        let mut texts = BTreeSet::new();
        for old in (0..used.len() as NameId).filter(|&old| used[old as usize]) {
            texts.insert(names.text(old));
            texts.insert(names.text(names.spelling(old)));
        }
        let mut table = NameTable::of_texts(texts.into_iter(), 0, 0);
        let (mut number, mut old) = (vec![0; used.len()], vec![0; table.len()]);
        for (name, _) in used.iter().enumerate().filter(|(_, used)| **used) {
            let new = table.add(names.text(name as NameId));
            number[name] = new;
            old[new as usize] = name as NameId;
        }
        Names { table, number, old }
    }

    fn given(&self, given: Given) -> [NameId; 2 + MAX_WORDS] {
        let [a, b, c, d] = given.words.map(|word| self.number[word as usize]);
        [self.number[given.whole as usize], a, b, c, d, u32::from(given.birth_order)]
    }

    fn family(&self, family: Family) -> [NameId; 2 + MAX_WORDS] {
        let [a, b, c, d] = family.words.map(|word| self.number[word as usize]);
        [self.number[family.whole as usize], a, b, c, d, self.number[family.stem as usize]]
    }
}

fn given_key(given: &Given) -> [NameId; 2 + MAX_WORDS] {
    let [a, b, c, d] = given.words;
    [given.whole, a, b, c, d, u32::from(given.birth_order)]
}

fn family_key(family: &Family) -> [NameId; 2 + MAX_WORDS] {
    let [a, b, c, d] = family.words;
    [family.whole, a, b, c, d, family.stem]
}

/// Distinct values on their way to numbers.
#[derive(Default)]
struct Dictionaries {
    givens: HashMap<[NameId; 6], Given>,
    families: HashMap<[NameId; 6], Family>,
    postcodes: BTreeSet<u64>,
    practices: BTreeSet<u64>,
    addresses: BTreeSet<Vec<u32>>,
}

impl Dictionaries {
    fn add(&mut self, row: &Row) {
        let fields = &row.fields;
        for given in [fields.given, fields.other, fields.mother_given] {
            if given.birth_order != 0 || given.words != [given.whole, 0, 0, 0] {
                self.givens.insert(given_key(&given), given);
            }
        }
        for family in [fields.family, fields.previous_family, fields.mother_family] {
            if family.stem != family.whole || family.words != [family.whole, 0, 0, 0] {
                self.families.insert(family_key(&family), family);
            }
        }
        for postcode in [fields.postcode, fields.previous_postcode].into_iter().filter(|postcode| postcode.is_known()) {
            self.postcodes.insert(postcode.unit());
        }
        if fields.practice != 0 {
            self.practices.insert(fields.practice);
        }
        for part in address_parts(&fields.address) {
            if !part.is_empty() && !self.addresses.contains(&part) {
                self.addresses.insert(part);
            }
        }
    }

    fn finish(self, names: &Names) -> Coder {
        let base = names.table.len() as u32;
        let mut givens: Vec<_> = self.givens.iter().map(|(&old, &given)| (names.given(given), old)).collect();
        let mut families: Vec<_> = self.families.iter().map(|(&old, &family)| (names.family(family), old)).collect();
        givens.sort_unstable();
        families.sort_unstable();
        let code = |all: &[([NameId; 6], [NameId; 6])]| -> HashMap<[NameId; 6], u32> {
            all.iter().enumerate().map(|(place, (_, old))| (*old, base + place as u32)).collect()
        };
        Coder {
            number: names.number.clone(),
            given_code: code(&givens),
            family_code: code(&families),
            givens: givens.into_iter().map(|(new, _)| new).collect(),
            families: families.into_iter().map(|(new, _)| new).collect(),
            postcodes: self.postcodes.into_iter().collect(),
            practices: self.practices.into_iter().collect(),
            addresses: self.addresses.into_iter().collect(),
        }
    }
}

/// The words of a street and town, and those of a house: each recurs far more often than both together.
fn address_parts(words: &[u32]) -> [Vec<u32>; 2] {
    [false, true].map(|house| words.iter().copied().filter(|word| (word & FIGURE != 0) == house).collect())
}

/// Turns values into numbers.
struct Coder {
    number: Vec<NameId>,
    given_code: HashMap<[NameId; 6], u32>,
    family_code: HashMap<[NameId; 6], u32>,
    givens: Vec<[NameId; 6]>,
    families: Vec<[NameId; 6]>,
    postcodes: Vec<u64>,
    practices: Vec<u64>,
    addresses: Vec<Vec<u32>>,
}

impl Coder {
    fn given(&self, given: &Given) -> u32 {
        let code = self.given_code.get(&given_key(given)).copied();
        code.unwrap_or_else(|| self.number[given.whole as usize])
    }

    fn family(&self, family: &Family) -> u32 {
        let code = self.family_code.get(&family_key(family)).copied();
        code.unwrap_or_else(|| self.number[family.whole as usize])
    }

    fn postcode(&self, postcode: PackedPostcode) -> u32 {
        self.postcodes.binary_search(&postcode.unit()).map_or(0, |place| place as u32 + 1)
    }

    /// The row's values in the order of [`Slot`].
    fn code(&self, row: &Row) -> ([u32; Slot::NARROW], [u64; Slot::OF_ROWS - Slot::NARROW]) {
        let fields = &row.fields;
        let [street, house] = address_parts(&fields.address)
            .map(|part| self.addresses.binary_search(&part).map_or(0, |place| place as u32 + 1));
        let flags = if fields.sensitive { SENSITIVE } else { 0 } | if fields.invalidated { INVALIDATED } else { 0 };
        let narrow = [
            row.entry,
            row.child,
            u32::from(fields.source),
            self.given(&fields.given),
            self.given(&fields.other),
            self.family(&fields.family),
            self.family(&fields.previous_family),
            u32::from(fields.sex),
            u32::from(fields.birth_order),
            self.postcode(fields.postcode),
            self.postcode(fields.previous_postcode),
            self.practices.binary_search(&fields.practice).map_or(0, |place| place as u32 + 1),
            street,
            house,
            self.given(&fields.mother_given),
            self.family(&fields.mother_family),
            fields.mother_birth.bits() as u32,
            flags as u32,
        ];
        (narrow, [fields.number.to_bits(), fields.mother_number.to_bits(), fields.uprn])
    }
}

fn row_columns(
    contents: &Contents,
    order: &[(u64, u32, usize)],
    coder: &Coder,
    writer: &mut ColumnWriter,
) -> Vec<Column> {
    let mut narrow: [Vec<u32>; Slot::NARROW] = std::array::from_fn(|_| Vec::with_capacity(order.len()));
    let mut wide: [Vec<u64>; Slot::OF_ROWS - Slot::NARROW] = std::array::from_fn(|_| Vec::with_capacity(order.len()));
    for &(_, _, place) in order {
        let (small, large) = coder.code(&(contents.row)(place));
        narrow.iter_mut().zip(small).for_each(|(column, value)| column.push(value));
        wide.iter_mut().zip(large).for_each(|(column, value)| column.push(value));
    }
    let narrow = narrow.iter().map(|column| writer.write(|| column.iter().map(|&value| u64::from(value))));
    let mut columns: Vec<Column> = narrow.collect();
    columns.extend(wide.iter().map(|column| writer.write(|| column.iter().copied())));
    columns
}

/// The columns behind those of rows, in the order of [`Slot`]; tells the totals of the counts.
fn dictionary_columns(
    contents: &Contents,
    order: &[(u64, u32, usize)],
    names: &Names,
    coder: &Coder,
    writer: &mut ColumnWriter,
    columns: &mut Vec<Column>,
) -> Vec<u64> {
    let mut put = |values: &[u64]| columns.push(writer.write(|| values.iter().copied()));
    let mut row_of_entry = vec![0; contents.next_entry as usize];
    for (row, &(_, entry, _)) in order.iter().enumerate() {
        row_of_entry[entry as usize] = row as u64 + 1;
    }
    put(&row_of_entry);
    drop(row_of_entry);
    let dates: Vec<(u64, usize)> = {
        let mut rows = 0;
        let blocks = order.chunk_by(|a, b| a.0 == b.0);
        blocks
            .map(|block| {
                rows += block.len();
                (block[0].0, rows)
            })
            .collect()
    };
    put(&dates.iter().map(|&(date, _)| date).collect::<Vec<_>>());
    put(&dates.iter().map(|&(_, end)| end as u64).collect::<Vec<_>>());
    let counts = &contents.counts;
    put(&coder.postcodes);
    let count_of = |unit: &u64| u64::from(counts.postcodes.get(unit).copied().unwrap_or(0));
    put(&coder.postcodes.iter().map(count_of).collect::<Vec<_>>());
    put(&coder.practices);
    for all in [&coder.givens, &coder.families] {
        let part = |range: std::ops::Range<usize>| -> Vec<u64> {
            all.iter().flat_map(|name| name[range.clone()].iter().map(|&value| u64::from(value))).collect()
        };
        [0..1, 1..1 + MAX_WORDS, 1 + MAX_WORDS..2 + MAX_WORDS].into_iter().for_each(|range| put(&part(range)));
    }
    let mut words = 0;
    put(&coder
        .addresses
        .iter()
        .map(|part| {
            words += part.len() as u64;
            words
        })
        .collect::<Vec<_>>());
    put(&coder.addresses.iter().flatten().map(|&word| u64::from(word)).collect::<Vec<_>>());
    let mut totals = Vec::new();
    for by_name in &counts.names {
        let of_name = |&old: &NameId| u64::from(by_name.get(old as usize).copied().unwrap_or(0));
        let own: Vec<u64> =
            names.old.iter().enumerate().map(|(new, old)| if new == 0 { 0 } else { of_name(old) }).collect();
        totals.push(own.iter().sum());
        put(&own);
    }
    totals.push(counts.postcodes.values().map(|&count| u64::from(count)).sum());
    totals
}

/// The hash paths: rows in the order of their buckets.
fn paths(
    contents: &Contents,
    order: &[(u64, u32, usize)],
    names: &Names,
    writer: &mut ColumnWriter,
) -> Result<Vec<PathColumns>, Error> {
    let access = Access::of(contents.model);
    let mut entries: Vec<Vec<(u64, u32)>> = vec![Vec::new(); access.paths.len()];
    let texts = (1..names.table.len() as NameId).map(|name| names.table.text(name));
    let mut table = Table::of_fields(Fields { names: NameTable::of_texts(texts, 0, 0).into(), ..Fields::default() });
    for (chunk, rows) in order.chunks(CHUNK).enumerate() {
        let fields = rows.iter().map(|&(_, _, place)| (contents.row)(place).fields);
        let renamed: Vec<_> = fields.map(|fields| fields.renamed(|name| names.number[name as usize])).collect();
        table.fields.set_records(&renamed);
        access.keys(&table, |path, record, key| {
            if !renamed[record as usize].invalidated {
                entries[path].push((key, (chunk * CHUNK) as u32 + record));
            }
        })?;
    }
    let paths = access.paths.into_iter().zip(entries).map(|(keys, mut entries)| {
        let bits = (entries.len() / 4).checked_ilog2().map_or(0, |log| log + 1);
        entries.iter_mut().for_each(|(key, _)| *key = bucket(*key, bits) as u64);
        entries.sort_unstable();
        let mut starts = vec![0u64; (1 << bits) + 1];
        entries.iter().for_each(|&(bucket, _)| starts[bucket as usize + 1] += 1);
        (1..starts.len()).for_each(|place| starts[place] += starts[place - 1]);
        PathColumns {
            keys,
            starts: writer.write(|| starts.iter().copied()),
            rows: writer.write(|| entries.iter().map(|&(_, row)| u64::from(row))),
        }
    });
    Ok(paths.collect())
}
