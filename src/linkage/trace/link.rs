//! Tracing the records of a table, some of which are the reference.

use super::reference::{Reference, ReferenceRow};
use super::{Demographics, Options, Outcome, Step, Trace};
use crate::identity::column::Column;
use crate::identity::raw::{DateOrder, RawFields};
use crate::linkage::barred::Barred;
use crate::linkage::child_id::{ChildIds, Previous};
use crate::linkage::cluster::{Clusters, Constraints, Link};
use crate::linkage::comparison::RecordIndex;
use crate::linkage::guards::{self, Facts, Guard, Guards};
use crate::linkage::model::Compiled;
use crate::linkage::parallel;
use crate::linkage::score::PairScore;
use crate::linkage::superseded::Superseded;
use crate::linkage::table::Table;
use crate::linkage::{DecidedPair, Decision, RestrictedPair};

/// A record that was traced.
pub struct TracedRecord {
    /// The record.
    pub record: RecordIndex,
    /// The current record of the person found.
    pub person: Option<RecordIndex>,
    /// What became of it.
    pub trace: Trace,
}

/// The outcome of a run. Lists are in order of the records.
pub struct Traced {
    /// Every record that is not of the reference.
    pub records: Vec<TracedRecord>,
    /// The serial of each record's child: records traced to one person, and that person's, are one child.
    pub children: ChildIds,
    /// Each record with the person found, and with the candidates that it could not be told from. They have no
    /// match weight.
    pub pairs: Vec<DecidedPair>,
    /// The restricted queue.
    pub restricted: Vec<RestrictedPair>,
    /// Persons of the reference.
    pub persons: usize,
    /// Rows of the reference without a valid NHS number, which are nobody's.
    pub without_number: usize,
}

/// What a run is told beside its table.
pub struct Lists<'a> {
    /// Old numbers and the current ones.
    pub superseded: Superseded,
    /// Pairs that must never be joined or mentioned.
    pub barred: &'a Barred,
    /// The children of an earlier run.
    pub previous: &'a Previous,
}

/// Traces every record of a table to the persons of those for which `is_reference` holds. `date_order` tells that of
/// each source.
///
/// A barred pair is as if it had not been found, and so is one of the restricted queue.
pub fn trace_records(
    table: &Table,
    is_reference: impl Fn(RecordIndex) -> bool,
    date_order: impl Fn(u16) -> DateOrder + Sync + Send,
    options: Options,
    lists: Lists<'_>,
) -> Traced {
    let (reference_records, records): (Vec<RecordIndex>, Vec<RecordIndex>) =
        (0..table.len() as RecordIndex).partition(|&record| is_reference(record));
    let fields = |record: RecordIndex| {
        let mut raw = RawFields::new();
        Column::ALL.into_iter().for_each(|column| raw.set(column, table.raw(record, column)));
        Demographics::prepare(&raw, date_order(table.source_index()[record as usize]))
    };
    let row = |record: RecordIndex| ReferenceRow {
        record,
        fields: fields(record),
        updated_at: table.raw(record, Column::UpdatedAt).to_owned(),
        sensitive: table.is_sensitive(record),
        invalidated: table.fields.invalidated[record as usize],
    };
    let rows: Vec<ReferenceRow> = parallel::map(reference_records.len(), |place| row(reference_records[place]));
    let (reference, without_number) = Reference::new(rows, lists.superseded, options);
    let traces = parallel::map(records.len(), |place| {
        let mut trace = reference.trace(&fields(records[place]));
        let is_barred = |person: usize| {
            let own = &reference.persons()[person].records;
            own.iter().any(|&other| lists.barred.bars(table, records[place].min(other), records[place].max(other)))
        };
        if trace.outcome != Outcome::Invalid {
            hide(&mut trace, is_barred);
        }
        trace
    });
    let compiled = Compiled::for_pairs(&table.fields, None);
    let (mut pairs, mut restricted) = (Vec::new(), Vec::new());
    let mut traced = Vec::with_capacity(records.len());
    for (&record, mut trace) in records.iter().zip(traces) {
        let current = |place: usize| reference.persons()[place].records[0];
        // What the last two steps find rests on demographics alone.
        let guarded = options.guards && matches!(trace.step, Step::Alphanumeric | Step::Algorithmic);
        let found = trace.person.map(|place| (place, Decision::Link, Guards::NONE));
        let close = trace.close.iter().map(|(place, _)| (*place, Decision::Review, Guards::NONE.with(Guard::RunnerUp)));
        for (place, decision, own) in found.into_iter().chain(close.collect::<Vec<_>>()) {
            let (left, right) = (record.min(current(place)), record.max(current(place)));
            let guards = match guarded {
                true => standing(&compiled, record, &reference.persons()[place].records),
                false => Guards::NONE,
            };
            if guards.has(Guard::PossibleIdentityChange) {
                restricted.push(RestrictedPair { left, right, guards });
                hide(&mut trace, |hidden| hidden == place);
                continue;
            }
            let decision = if guards.is_empty() { decision } else { Decision::Review };
            let guards = own.iter().fold(guards, Guards::with);
            pairs.push(DecidedPair { left, right, weight: f64::NAN, decision, guards });
        }
        traced.push(TracedRecord { record, person: trace.person.map(current), trace });
    }
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    let found = pairs.iter().filter(|pair| pair.decision == Decision::Link).map(|pair| (pair.left, pair.right));
    let of_person = reference.persons().iter().flat_map(|person| {
        person.records[1..].iter().map(|&record| (record.min(person.records[0]), record.max(person.records[0])))
    });
    let links = found.chain(of_person).map(|(left, right)| Link { left, right, weight: 0.0 }).collect();
    let barred = |left, right| lists.barred.bars(table, left, right);
    let constraints = Constraints { barred: &barred, ..Constraints::NONE };
    let (clusters, _) = Clusters::build(table.len(), links, &constraints);
    let children = ChildIds::assign(table.len(), &clusters, lists.previous);
    restricted.sort_unstable_by_key(|pair| (pair.left, pair.right));
    Traced { records: traced, children, pairs, restricted, persons: reference.persons().len(), without_number }
}

/// The guards that stand against joining a record with a person on demographics alone: those that no record of the
/// person clears, since the reference itself tells of changes of name and place.
fn standing(compiled: &Compiled, record: RecordIndex, person: &[RecordIndex]) -> Guards {
    // No weight and no household: what is left are the guards that look at the fields.
    let unweighed = PairScore { pattern: 0, weight: 0.0, against_chance: 0.0, against_household: f64::INFINITY };
    let raised = |guard: Guard| {
        person.iter().all(|&other| {
            let facts = Facts::of(&compiled.pair(record.min(other), record.max(other)));
            guards::judge(&facts, &unweighed, false, None).has(guard)
        })
    };
    let kept = [Guard::NumberConflict, Guard::BirthOrder, Guard::PossibleIdentityChange];
    kept.into_iter().filter(|guard| raised(*guard)).fold(Guards::NONE, Guards::with)
}

/// Takes persons out of a trace, as if they had not been found.
fn hide(trace: &mut Trace, hidden: impl Fn(usize) -> bool) {
    trace.close.retain(|(place, _)| !hidden(*place));
    if trace.person.is_some_and(&hidden) || (trace.person.is_none() && trace.close.is_empty()) {
        *trace = Trace { outcome: Outcome::NotFound, person: None, confidence: None, scores: None, ..trace.clone() };
    }
}
