//! Who is this? One record against the index.

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
use crate::linkage::model::{Compiled, Few, Frequencies, Model};
use crate::linkage::parallel;
use crate::linkage::predicate::NameCounts;
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
        parallel::alone(|| self.look_up_alone(table, record, with_changes, names))
    }

    fn look_up_alone(
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
        let reached = self.reach(&query, with_changes)?;
        let rows: Vec<usize> = reached.iter().map(|&(row, _)| row).collect();
        let (sensitive, number) = (query.sensitive, query.number.number());
        let by_number = number.filter(|_| self.has_decisions()).map(Whom::of_figures);
        let mut names: Vec<Whom> = by_number.into_iter().chain(names.iter().copied()).collect();
        names.dedup();
        let own = Subject::Record { source: table.source(record), record_id: table.record_id(record) };
        let own = Some(own).filter(|_| !table.record_id(record).is_empty());
        let subjects: Vec<Subject> = own.into_iter().chain(number.map(Subject::NhsNumber)).collect();
        let mut options = LinkOptions { decisions: self.decisions_on(&names, &rows), ..LinkOptions::default() };
        let mut all = Vec::with_capacity(rows.len() + 1);
        all.push(query);
        all.extend(reached.into_iter().map(|(row, birth)| self.fields_of_row(row, birth)));
        self.few.fields.set_records(&all);
        drop(all);

        let frequencies = Counted { table: &self.few, store: &self.store, totals: &self.description.totals };
        let (plan, fields, counts) = (&self.plan, &self.few.fields, &self.counts);
        let few = Few { plan, fields, counts, frequencies: &frequencies };
        let model = &self.description.model;
        let most = model.thresholds.max_block_pairs;
        let cut = match may_be_too_large(rows.len() as u64 + 1, most) {
            true => with_first_in_blocks(&self.few, model, counts)?,
            false => None,
        };
        let others = cut.unwrap_or_else(|| few.with_first());
        let pairs: Vec<(RecordIndex, RecordIndex)> = others.into_iter().map(|other| (QUERY, other)).collect();
        let row_of = |place: RecordIndex| rows[place as usize - 1];
        let mut decided = decide_pairs(&self.few, &few, model, &pairs, &options);
        if !self.barred.is_empty() {
            let places = decided.0.iter().map(|pair| pair.right).chain(decided.1.iter().map(|pair| pair.right));
            let places: Vec<(RecordIndex, usize)> = places.map(|place| (place, row_of(place))).collect();
            options.barred = self.barred_among(&subjects, &places);
            if !options.barred.is_empty() {
                decided = decide_pairs(&self.few, &few, model, &pairs, &options);
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
                measured: Measured::of(&few, pair.left, pair.right),
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

    fn fields_of_row(&self, row: usize, birth: Option<PackedDate>) -> RecordFields {
        if row < self.store.len() { self.store.row(row, birth).fields } else { self.row(row).fields }
    }
}

/// Whether the pairs of so many records are more than a block may have.
fn may_be_too_large(records: u64, most: u64) -> bool {
    records * (records - 1) / 2 > most
}

/// The records that the first one is paired with where one of its blocks may be too large to be compared whole; `None`
/// where none is. Such a block is cut by the batch's own scan, which looks at pairs among the others too.
fn with_first_in_blocks(table: &Table, model: &Model, counts: &NameCounts) -> Result<Option<Vec<RecordIndex>>, Error> {
    let compiled = Compiled::of_few(&table.fields, model, counts.clone())?;
    let conditions = compiled.conditions(&model.blocking)?;
    let rules = compiled.rules(&model.blocking, &conditions);
    let records = table.len();
    let others = 1..records as RecordIndex;
    let in_block = |rule: &Rule| {
        let agreeing = others.clone().filter(|&other| rule.keys.iter().all(|column| column.agrees(QUERY, other)));
        agreeing.count() as u64 + 1
    };
    let max_block_pairs = model.thresholds.max_block_pairs;
    if !rules.iter().any(|rule| may_be_too_large(in_block(rule), max_block_pairs)) {
        return Ok(None);
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
        passes: 1,
        max_block_pairs,
    };
    let scan = blocking.scan(Vec::new, |found, _, _, other| found.push(other));
    let mut found: Vec<RecordIndex> = scan.states.into_iter().flatten().collect();
    found.sort_unstable();
    Ok(Some(found))
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
