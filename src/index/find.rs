//! Who is this? One record against the index.

use super::access::agreeing;
use super::change::one_record;
use super::layout::{Slot, Store};
use super::{ChildId, ChildIndex, EntryId, Whom};
use crate::error::Error;
use crate::identity::raw::RawFields;
use crate::linkage::barred::Subject;
use crate::linkage::blocking::{Blocking, LinkKind, Rule};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::explain::{Measured, Waterfall};
use crate::linkage::guards::Guards;
use crate::linkage::model::{Compiled, Frequencies, Model};
use crate::linkage::table::Table;
use crate::linkage::table::fields::date::PackedDate;
use crate::linkage::table::fields::record::RecordFields;
use crate::linkage::{Decision, LinkOptions, decide_pairs};

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is this child's.
    Child(ChildId),
    /// A person decides.
    Review,
    /// A person decides, of those who may see what common review may not.
    Restricted,
    /// No child of the index is like it.
    NotFound,
}

impl Outcome {
    /// The word in output: `link`, `review`, `restricted` or `not-found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Child(_) => "link",
            Outcome::Review => "review",
            Outcome::Restricted => "restricted",
            Outcome::NotFound => "not-found",
        }
    }
}

/// The answer for one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is to be done.
    pub outcome: Outcome,
    /// Records of the index that it links to or that a person should compare it with, best first.
    pub candidates: Vec<Candidate>,
    /// Records for the restricted queue. Not for common review.
    pub restricted: Vec<Restricted>,
}

/// A record of the index that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The record.
    pub entry: EntryId,
    /// Its child.
    pub child: ChildId,
    /// Match weight in bits.
    pub weight: f64,
    /// What becomes of the pair.
    pub decision: Decision,
    /// Why not by weight alone.
    pub guards: Guards,
    /// Whether the child's whereabouts are withheld from every output: some record of the child, or the record
    /// in question, is marked sensitive.
    pub sensitive: bool,
    measured: Measured,
}

impl Candidate {
    /// Why it has its weight, in the words of the index's model. Of a sensitive child, residence and practice
    /// tell nothing but that they are withheld.
    pub fn waterfall<'m>(&self, model: &'m Model) -> Waterfall<'m> {
        let mut waterfall = self.measured.waterfall(model);
        if self.sensitive {
            waterfall.withhold_whereabouts(model);
        }
        waterfall
    }
}

/// A record of the index that only those may compare who must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restricted {
    /// The record.
    pub entry: EntryId,
    /// Its child.
    pub child: ChildId,
    /// Why.
    pub guards: Guards,
}

/// The place of the record in question among those compared.
const QUERY: RecordIndex = 0;

impl ChildIndex {
    /// Compares a record from a source with the index.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub fn find(&mut self, source: &str, fields: &RawFields) -> Result<Found, Error> {
        self.look_up(&one_record(source, fields), QUERY, true, &[])
    }

    /// As [`find`](Self::find), for one about whom people may have decided something under these names too.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub fn find_named(&mut self, names: &[Whom], source: &str, fields: &RawFields) -> Result<Found, Error> {
        self.look_up(&one_record(source, fields), QUERY, true, names)
    }

    /// Compares a record with those that the snapshot has and that are still there, but with none that came since. What
    /// it answers does not depend on what came first. `names` are as for [`find_named`](Self::find_named).
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub fn find_in_snapshot(&mut self, names: &[Whom], source: &str, fields: &RawFields) -> Result<Found, Error> {
        self.look_up(&one_record(source, fields), QUERY, false, names)
    }

    /// Compares a record of a table with the index: quicker for many, since their values are read together.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub fn find_record(&mut self, table: &Table, record: RecordIndex) -> Result<Found, Error> {
        self.look_up(table, record, true, &[])
    }

    /// `names` are those by which people decide about the one in question, beside that of the number.
    fn look_up(
        &mut self,
        table: &Table,
        record: RecordIndex,
        with_changes: bool,
        names: &[Whom],
    ) -> Result<Found, Error> {
        self.forget_names();
        let mut query = ChildIndex::numbered(self.few.fields.names_mut(), table, record);
        query.source = self.rank_of(table.source(record));
        if query.invalidated {
            return Ok(Found { outcome: Outcome::NotFound, candidates: Vec::new(), restricted: Vec::new() });
        }
        let mut rows = self.reach(&query, with_changes)?;
        // First with no more than the keys are made from: most rows of a birth date agree in nothing else.
        let keys = rows.iter().map(|&(row, birth)| self.keys_of_row(row, birth));
        let keys: Vec<RecordFields> = std::iter::once(query.clone()).chain(keys).collect();
        self.few.fields.set_records(&keys);
        let (agreeing, may_be_cut) = agreeing(&self.description.model, &self.few)?;
        if !may_be_cut {
            rows = agreeing.into_iter().map(|other| rows[other as usize - 1]).collect();
        }
        let rows: Vec<usize> = rows.into_iter().map(|(row, _)| row).collect();
        let mut all = Vec::with_capacity(rows.len() + 1);
        let sensitive = query.sensitive;
        let number = query.number.number();
        let by_number = number.filter(|_| self.has_decisions()).map(Whom::of_figures);
        let mut names: Vec<Whom> = by_number.into_iter().chain(names.iter().copied()).collect();
        names.dedup();
        let own = Subject::Record { source: table.source(record), record_id: table.record_id(record) };
        let own = Some(own).filter(|_| !table.record_id(record).is_empty());
        let subjects: Vec<Subject> = own.into_iter().chain(number.map(Subject::NhsNumber)).collect();
        let decisions = self.decisions_on(&names, &rows);
        all.push(query);
        all.extend(rows.iter().map(|&row| self.row(row).fields));
        self.few.fields.set_records(&all);
        let counted = Counted { table: &self.few, store: &self.store, totals: &self.description.totals };
        let model = &self.description.model;
        let compiled = Compiled::of_few(&self.few.fields, model, self.counts.clone(), &counted)?;
        let conditions = compiled.conditions(&model.blocking)?;
        let rules = compiled.rules(&model.blocking, &conditions);
        let others = candidates(&self.few, rules, may_be_cut, model.thresholds.max_block_pairs);
        let scorer = compiled.scorer(model)?;
        let pairs = || others.iter().map(|&other| (QUERY, other));
        let mut options = LinkOptions { decisions, ..LinkOptions::default() };
        let row_of = |place: RecordIndex| rows[place as usize - 1];
        let mut decided = decide_pairs(&self.few, &compiled, &scorer, model, pairs(), &options);
        if !self.barred.is_empty() {
            let places = decided.0.iter().map(|pair| pair.right).chain(decided.1.iter().map(|pair| pair.right));
            let places: Vec<(RecordIndex, usize)> = places.map(|place| (place, row_of(place))).collect();
            options.barred = self.barred_among(&subjects, &places);
            if !options.barred.is_empty() {
                decided = decide_pairs(&self.few, &compiled, &scorer, model, pairs(), &options);
            }
        }
        let (pairs, restricted) = decided;
        let mut candidates: Vec<Candidate> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let row = row_of(pair.right);
            let child = self.child_of_row(row);
            candidates.push(Candidate {
                entry: self.entry_and_child(row).0,
                child,
                weight: pair.weight,
                decision: pair.decision,
                guards: pair.guards,
                sensitive: sensitive || self.sensitive.contains(&child),
                measured: Measured::of(&scorer, pair.left, pair.right),
            });
        }
        candidates.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.entry.cmp(&b.entry)));
        let restricted = restricted.into_iter().map(|pair| {
            let row = row_of(pair.right);
            Restricted { entry: self.entry_and_child(row).0, child: self.child_of_row(row), guards: pair.guards }
        });
        let mut restricted: Vec<Restricted> = restricted.collect();
        restricted.sort_by_key(|other| other.entry);
        Ok(Found { outcome: outcome(&candidates, &restricted), candidates, restricted })
    }

    /// The number of a source among the index's; one that no row has for a new source.
    fn rank_of(&self, source: &str) -> u16 {
        self.description.sources.iter().position(|known| known == source).map_or(u16::MAX, |rank| rank as u16)
    }

    /// Of a row's fields those that blocking keys are made from, or more.
    fn keys_of_row(&self, row: usize, birth: Option<PackedDate>) -> RecordFields {
        if row < self.store.len() {
            return self.store.part_of_row(row, birth, self.access.slots).fields;
        }
        self.row(row).fields
    }

    /// Rows that some blocking rule may bring together with the record, in order, each once, with the birth date where
    /// it was found by that.
    fn reach(&mut self, query: &RecordFields, with_changes: bool) -> Result<Vec<(usize, Option<PackedDate>)>, Error> {
        self.few.fields.set_records(std::slice::from_ref(query));
        let packed = self.store.len();
        let mut rows = Vec::new();
        let mut dates = Vec::new();
        if (self.access.by_date || self.access.by_exchanged_date) && query.birth.is_whole() {
            dates.push(query.birth);
            dates.extend(query.birth.exchanged().filter(|_| self.access.by_exchanged_date));
        }
        for date in dates {
            rows.extend(self.store.rows_of(date).map(|row| (row, Some(date))));
            rows.extend(self.delta.with_date(date).iter().map(|&place| (packed + place as usize, Some(date))));
        }
        self.access.keys(&self.few, |path, _, key| {
            let columns = &self.description.paths[path];
            let bits = columns.starts.len().saturating_sub(1).checked_ilog2().unwrap_or(0);
            let bucket = super::access::bucket(key, bits);
            let place_of = |bucket| self.store.value(&columns.starts, bucket) as usize;
            let places = place_of(bucket)..place_of(bucket + 1);
            rows.extend(places.map(|place| (self.store.value(&columns.rows, place) as usize, None)));
            rows.extend(self.delta.with_key(path, key).iter().map(|&place| (packed + place as usize, None)));
        })?;
        rows.sort_unstable_by_key(|&(row, birth)| (row, birth.is_none()));
        rows.dedup_by_key(|&mut (row, _)| row);
        let end = if with_changes { self.row_count() } else { packed };
        rows.retain(|&(row, _)| row < end && !self.is_gone(row));
        Ok(rows)
    }
}

/// The records that some rule pairs with the first one. A block that a batch would cut is cut by the batch's
/// own scan; such blocks are rare, and the scan looks at pairs among the others too.
fn candidates(table: &Table, rules: Vec<Rule>, may_be_cut: bool, max_block_pairs: u64) -> Vec<RecordIndex> {
    let records = table.len();
    if !may_be_cut {
        let others = 1..records as RecordIndex;
        let allowed = |other: &RecordIndex| !table.fields.invalidated[*other as usize];
        let paired = |&other: &RecordIndex| rules.iter().any(|rule| rule.holds(QUERY, other));
        return others.filter(allowed).filter(paired).collect();
    }
    // Two sources, the record in question and all others: link-only then leaves the pairs of the first.
    let source: Vec<u16> = (0..records).map(|record| u16::from(record > 0)).collect();
    let blocking = Blocking {
        records,
        source: &source,
        kind: LinkKind::LinkOnly,
        rules,
        excluded: Some(&table.fields.invalidated),
        one_block_in: 1,
        max_block_pairs,
    };
    let scan = blocking.scan(Vec::new, |found, _, _, other| found.push(other));
    let mut found: Vec<RecordIndex> = scan.states.into_iter().flatten().collect();
    found.sort_unstable();
    found
}

/// One child if every link leads to it; else a person decides.
fn outcome(candidates: &[Candidate], restricted: &[Restricted]) -> Outcome {
    let mut linked = candidates.iter().filter(|candidate| candidate.decision == Decision::Link);
    match linked.next() {
        Some(first) if linked.all(|other| other.child == first.child) => Outcome::Child(first.child),
        None if candidates.is_empty() && restricted.is_empty() => Outcome::NotFound,
        None if candidates.is_empty() => Outcome::Restricted,
        _ => Outcome::Review,
    }
}

/// Frequencies among the records that the index was built from.
struct Counted<'a> {
    table: &'a Table,
    store: &'a Store,
    totals: &'a [u64],
}

impl Frequencies for Counted<'_> {
    fn count(&self, of: &str, record: RecordIndex) -> Option<(u64, u64)> {
        let fields = &self.table.fields;
        let value_of = |record: RecordIndex| match of {
            "given-name" => u64::from(fields.given.of(record).whole),
            "family-name" => u64::from(fields.family.of(record).whole),
            "mother-given-name" => u64::from(fields.mother_given.of(record).words[0]),
            _ => fields.postcode.of(record).unit(),
        };
        let value = value_of(record);
        let (count, total) = match of {
            "given-name" => (self.store.get(Slot::GivenCount, value as usize), 0),
            "family-name" => (self.store.get(Slot::FamilyCount, value as usize), 1),
            "mother-given-name" => (self.store.get(Slot::MotherCount, value as usize), 2),
            _ => (self.store.postcode_count(fields.postcode.of(record)), 4),
        };
        let total = self.totals.get(total).copied().unwrap_or(0);
        (value != 0).then_some((count, total))
    }
}
