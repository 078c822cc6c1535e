//! What a linkage run shows in numbers beyond its summary: counted once from table and result, kept as a file, and
//! drawn by [`linkage_page`](super::linkage::linkage_page). Nothing in it is a field of a record.

use crate::identity::sex::Sex;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::guards::Guard;
use crate::linkage::table::Table;
use crate::linkage::{Decision, Linked, parallel};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of one run. The same records give the same numbers, whatever the order of rows or the threads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Pairs that were linked or go to review, by weight in whole bits, rising.
    pub weights: Vec<WeightCount>,
    /// How many children are made of how many records, rising.
    pub sizes: Vec<SizeCount>,
    /// The sources, in order of name.
    pub sources: Vec<String>,
    /// For each two sources, the children that both know; on the diagonal those that the source knows.
    pub shared: Vec<Vec<u64>>,
    /// For each source, the children that no other knows.
    pub alone: Vec<u64>,
    /// What people must decide.
    pub review: ReviewCount,
    /// The same measures for parts of the records, since bias in linkage is a safety matter.
    pub subgroups: Vec<SubgroupCount>,
    /// Children born together.
    pub births: BirthCount,
}

/// Pairs of one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightCount {
    /// From this many bits on, up to one more.
    pub bits: i32,
    /// Pairs linked.
    pub links: u64,
    /// Pairs for review.
    pub review: u64,
}

/// Children of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeCount {
    /// Records that a child is made of.
    pub records: u64,
    /// Such children.
    pub children: u64,
}

/// The work that review asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewCount {
    /// Pairs for review.
    pub pairs: u64,
    /// Pairs for review that no guard holds back: their weight lies between the thresholds.
    pub by_weight: u64,
    /// Pairs for review by the guards that hold them back; one pair can have several.
    pub by_guard: BTreeMap<String, u64>,
    /// Children with at least one such pair.
    pub children: u64,
    /// Pairs for review between one source and another, in order of name.
    pub by_sources: Vec<(String, String, u64)>,
}

/// The measures of a part of the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgroupCount {
    /// What the parts differ in: `sex`, `birth-year`, `nhs-number`, `given-name`, `birth`.
    pub by: String,
    /// The value of this part.
    pub group: String,
    /// Its records.
    pub records: u64,
    /// Its records that are linked to at least one other.
    pub linked: u64,
    /// Its records with at least one pair for review.
    pub in_review: u64,
}

/// Children born together, as far as records tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthCount {
    /// Records with a birth order, by its own column or in a name.
    pub records_with_order: u64,
    /// Records that tell a second or later birth order.
    pub records_of_later_born: u64,
    /// Births of which more than one child was found: one mother's NHS number, one birth date, several children.
    pub multiple_births: u64,
    /// The children of these births.
    pub children_of_multiple_births: u64,
    /// Children whose records tell different birth orders: each is to be looked at.
    pub children_of_two_orders: u64,
}

impl Statistics {
    /// Counts.
    pub fn of(table: &Table, linked: &Linked) -> Statistics {
        let children = Children::of(table, linked);
        let (shared, alone) = children.overlap();
        Statistics {
            weights: weights(linked),
            sizes: children.sizes(),
            sources: table.sources().to_vec(),
            shared,
            alone,
            review: review(table, linked),
            subgroups: subgroups(table, linked, &children),
            births: births(table, linked, &children),
        }
    }

    /// The document that is kept beside the result files.
    pub fn to_json(&self) -> String {
        // Maps of text and numbers alone: nothing in them can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads the document.
    ///
    /// # Errors
    /// `report/unreadable`.
    pub fn from_json(text: &str) -> Result<Statistics, crate::Error> {
        serde_json::from_str(text).map_err(|cause| {
            crate::Error::new(
                "report/unreadable",
                format!("the statistics of the run cannot be read (line {})", cause.line()),
                "name a folder that `childlink link` of this version wrote",
            )
        })
    }
}

/// The records in order of their child.
struct Children<'t> {
    table: &'t Table,
    linked: &'t Linked,
    order: Vec<RecordIndex>,
}

impl Children<'_> {
    fn of<'t>(table: &'t Table, linked: &'t Linked) -> Children<'t> {
        let mut order: Vec<RecordIndex> = (0..table.len() as RecordIndex).collect();
        let child = &linked.children.child_id;
        parallel::sort_unstable_by(&mut order, |&a, &b| (child[a as usize], a).cmp(&(child[b as usize], b)));
        Children { table, linked, order }
    }

    /// The records of each child.
    fn each(&self) -> impl Iterator<Item = &[RecordIndex]> {
        let child = &self.linked.children.child_id;
        self.order.chunk_by(|&a, &b| child[a as usize] == child[b as usize])
    }

    fn sizes(&self) -> Vec<SizeCount> {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        self.each().for_each(|records| *sizes.entry(records.len() as u64).or_default() += 1);
        sizes.into_iter().map(|(records, children)| SizeCount { records, children }).collect()
    }

    fn overlap(&self) -> (Vec<Vec<u64>>, Vec<u64>) {
        let count = self.table.sources().len();
        let (mut shared, mut alone) = (vec![vec![0; count]; count], vec![0; count]);
        let mut sources: Vec<usize> = Vec::new();
        for records in self.each() {
            sources.clear();
            sources.extend(records.iter().map(|&record| usize::from(self.table.source_index()[record as usize])));
            sources.sort_unstable();
            sources.dedup();
            if let [only] = sources[..] {
                alone[only] += 1;
            }
            for &one in &sources {
                sources.iter().for_each(|&other| shared[one][other] += 1);
            }
        }
        (shared, alone)
    }
}

fn weights(linked: &Linked) -> Vec<WeightCount> {
    let mut bins: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
    for pair in &linked.pairs {
        // Whole bits, and nothing beyond what a picture can show.
        let bin = bins.entry(pair.weight.floor().clamp(-99.0, 999.0) as i32).or_default();
        match pair.decision {
            Decision::Link => bin.0 += 1,
            Decision::Review => bin.1 += 1,
        }
    }
    bins.into_iter().map(|(bits, (links, review))| WeightCount { bits, links, review }).collect()
}

fn review(table: &Table, linked: &Linked) -> ReviewCount {
    let mut count = ReviewCount::default();
    let (mut children, mut by_sources) = (BTreeSet::new(), BTreeMap::new());
    for pair in linked.pairs.iter().filter(|pair| pair.decision == Decision::Review) {
        count.pairs += 1;
        count.by_weight += u64::from(pair.guards.is_empty());
        for guard in pair.guards.iter() {
            *count.by_guard.entry(guard.code().to_owned()).or_default() += 1;
        }
        let source = |record| table.source(record).to_owned();
        let mut sources = [source(pair.left), source(pair.right)];
        sources.sort();
        *by_sources.entry(sources).or_insert(0) += 1;
        children.extend([pair.left, pair.right].map(|record| linked.children.child_id[record as usize]));
    }
    count.children = children.len() as u64;
    count.by_sources = by_sources.into_iter().map(|([one, other], pairs)| (one, other, pairs)).collect();
    count
}

fn subgroups(table: &Table, linked: &Linked, children: &Children<'_>) -> Vec<SubgroupCount> {
    let mut linked_record = vec![false; table.len()];
    for records in children.each().filter(|records| records.len() > 1) {
        records.iter().for_each(|&record| linked_record[record as usize] = true);
    }
    let mut in_review = vec![false; table.len()];
    for pair in linked.pairs.iter().filter(|pair| pair.decision == Decision::Review) {
        [pair.left, pair.right].into_iter().for_each(|record| in_review[record as usize] = true);
    }
    let fields = &table.fields;
    let sex = |record: RecordIndex| match fields.sex.of(record) {
        code if code == Sex::Female as u8 => 0,
        code if code == Sex::Male as u8 => 1,
        _ => 2,
    };
    let year = |record: RecordIndex| fields.birth[record as usize].year();
    let number = |record: RecordIndex| {
        let cell = fields.number[record as usize];
        match (cell.number(), cell.is_verified()) {
            (Some(_), true) => 0,
            (Some(_), false) => 1,
            (None, _) => 2,
        }
    };
    let given = |record: RecordIndex| u32::from(fields.given.of(record).whole == 0);
    let birth = |record: RecordIndex| u32::from(fields.birth_order_of(record) > 1);
    let partings = [
        Parting { by: "sex", part: &sex, names: &["female", "male", "other or not known"] },
        // Named by the year itself.
        Parting { by: "birth-year", part: &year, names: &["not known"] },
        Parting { by: "nhs-number", part: &number, names: &["verified", "valid, not verified", "none, or not valid"] },
        Parting { by: "given-name", part: &given, names: &["named", "none, or a placeholder"] },
        Parting { by: "birth", part: &birth, names: &["single, first born or not told", "second or later born"] },
    ];
    let mut all = Vec::new();
    for Parting { by, part, names } in partings {
        let mut parts: Vec<[u64; 3]> = vec![[0; 3]; names.len()];
        for record in 0..table.len() as RecordIndex {
            let part = part(record) as usize;
            if part >= parts.len() {
                parts.resize(part + 1, [0; 3]);
            }
            let [records, linked, reviewed] = &mut parts[part];
            *records += 1;
            *linked += u64::from(linked_record[record as usize]);
            *reviewed += u64::from(in_review[record as usize]);
        }
        let named = parts.into_iter().enumerate().filter(|(_, [records, ..])| *records > 0);
        let mut groups: Vec<SubgroupCount> = named
            .map(|(part, [records, linked, in_review])| {
                let group = names.get(part).map_or_else(|| part.to_string(), |&name| name.to_owned());
                SubgroupCount { by: by.to_owned(), group, records, linked, in_review }
            })
            .collect();
        groups.sort_by(|one, other| one.group.cmp(&other.group));
        all.extend(groups);
    }
    all
}

/// A way to part the records: what the parts differ in, the part of a record, and what the first parts are called; the
/// others are called by their number.
struct Parting<'f> {
    by: &'static str,
    part: &'f dyn Fn(RecordIndex) -> u32,
    names: &'static [&'static str],
}

fn births(table: &Table, linked: &Linked, children: &Children<'_>) -> BirthCount {
    let fields = &table.fields;
    let mut count = BirthCount::default();
    let mut births: Vec<(u64, u64, u64)> = Vec::new();
    for record in 0..table.len() as RecordIndex {
        let order = fields.birth_order_of(record);
        count.records_with_order += u64::from(order > 0);
        count.records_of_later_born += u64::from(order > 1);
        let birth = fields.birth[record as usize];
        if let (Some(mother), true) = (fields.mother_number[record as usize].number(), birth.is_whole()) {
            births.push((mother, birth.bits(), linked.children.child_id[record as usize]));
        }
    }
    parallel::sort_unstable_by(&mut births, |one, other| one.cmp(other));
    births.dedup();
    for together in births.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)).filter(|birth| birth.len() > 1) {
        count.multiple_births += 1;
        count.children_of_multiple_births += together.len() as u64;
    }
    for records in children.each() {
        let mut orders = records.iter().map(|&record| fields.birth_order_of(record)).filter(|&order| order > 0);
        let first = orders.next();
        count.children_of_two_orders += u64::from(orders.any(|order| Some(order) != first));
    }
    count
}

/// What a guard means, for a page; nothing for a code that is none of ours.
pub(super) fn meaning(code: &str) -> &'static str {
    Guard::ALL.into_iter().find(|guard| guard.code() == code).map_or("", Guard::meaning)
}
