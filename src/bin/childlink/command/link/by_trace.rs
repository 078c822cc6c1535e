//! `childlink link --policy mps`: the steps of the Master Person Service.

use super::{Args, Phases, Tables, declare_results, with_run};
use crate::command::Outcome;
use crate::output::OutputFolder;
use crate::render::{Terminal, count, table as aligned};
use crate::run_record;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::exchange::linked;
use childlink::exchange::summary::pairs_decided;
use childlink::exchange::traced::{traces_columns, write_traces};
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::explain::Waterfall;
use childlink::linkage::model::Model;
use childlink::linkage::superseded::Superseded;
use childlink::linkage::table::RowOrigin;
use childlink::linkage::trace::{Lists, Options, Step, Traced, trace_records};
use childlink::linkage::{Decision, Linked};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// How records become children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Policy {
    /// Probabilistic linkage after Fellegi and Sunter
    Fs,
    /// The steps of the Master Person Service, against --reference
    Mps,
}

/// The Master Person Service
#[derive(clap::Args)]
pub(crate) struct TraceArgs {
    /// How records become children
    #[arg(long, value_enum, default_value_t = Policy::Fs)]
    pub(super) policy: Policy,
    /// Persons to trace records to, with NHS numbers: several rows of one number are one person's current (by
    /// updated_at) and past values
    #[arg(
        long, value_name = "FILE", help_heading = "Master Person Service", required_if_eq("policy", "mps"),
        conflicts_with_all = ["model", "retrain", "link_only", "decisions", "splink_model", "with_values"],
    )]
    pub(super) reference: Option<PathBuf>,
    /// What the published steps leave open: soundex=silent-hw|plain, name-parts=each|mean, prefix-from=0.51..0.78,
    /// eligible=any-block|all-fields, exchanged-parts=alone|count, guards=on|off; the first value is the default
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Master Person Service", requires = "reference")]
    mps_option: Vec<String>,
}

pub(super) fn link(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let started = Instant::now();
    let mut options = Options::default();
    args.trace.mps_option.iter().try_for_each(|option| options.set(option))?;
    let mut inputs = args.input.resolve()?;
    let first_reference = inputs.files().len() as u16;
    args.trace.reference.iter().try_for_each(|path| inputs.add(path))?;
    let lists = args.lists.read()?;
    let folder = OutputFolder::create(&args.out)?;
    declare_results(&folder)?;
    let progress = terminal.progress();
    let mut phases = Phases::new();
    let mut records = inputs.read(&progress)?;
    keep_apart(&records, first_reference)?;
    phases.push(("read", started.elapsed().as_secs_f64()));

    let phase = progress.phase("Tracing");
    let began = Instant::now();
    let (told, mut notes) = lists.apply(&mut records.built.table)?;
    notes.extend(inputs.told_of_empty_keeps(&records));
    let table = &records.built.table;
    let (superseded, _) = Superseded::new(lists.superseded().iter().copied());
    let quality = &records.built.quality;
    let traced = trace_records(
        table,
        |record| table.origin(record).input >= first_reference,
        |source| quality[usize::from(source)].date_order,
        options,
        Lists { superseded, barred: &told.barred, previous: &told.previous },
    );
    if traced.without_number > 0 {
        notes
            .push(format!("{} rows of the reference have no valid NHS number and are nobody's", traced.without_number));
    }
    phases.push(("trace", began.elapsed().as_secs_f64()));
    drop(phase);

    let _phase = progress.phase("Writing");
    let began = Instant::now();
    let mut tables = Tables::new(folder, args.format);
    tables.write("traces", &traces_columns(), |sheet| write_traces(sheet, table, &traced))?;
    let steps = by_step(&traced);
    let (persons, traced_records) = (traced.persons, traced.records.len());
    let linked = as_linked(traced);
    tables.write("children", &linked::children_columns(), |sheet| linked::write_children(sheet, table, &linked))?;
    tables.write("links", &linked::links_columns(), |sheet| linked::write_links(sheet, table, &linked))?;
    let waterfalls: Vec<Waterfall> = linked::review_pairs(&linked).iter().map(|_| no_weight()).collect();
    let keep = inputs.keep();
    let kept = |record: RecordIndex, column: usize| {
        let origin = table.origin(record);
        records.kept.get(usize::from(origin.input)).map_or("", |kept| kept.get(origin.row, column))
    };
    tables.write("review", &linked::review_columns(keep), |sheet| {
        linked::write_review(sheet, table, &linked, &waterfalls, keep.len(), &kept)
    })?;
    tables.write("restricted", &linked::restricted_columns(), |s| linked::write_restricted(s, table, &linked))?;
    let quarantined =
        records.quarantined_text(&linked, |input, wanted, take| inputs.read_again(input, wanted, take))?;
    tables.write("quarantine", &linked::quarantine_columns(), |sheet| linked::write_quarantine(sheet, quarantined))?;
    if args.lists.previous.is_some() {
        tables.write("changes", &linked::changes_columns(), |sheet| linked::write_changes(sheet, table, &linked))?;
    }
    let mut summary = records.read().to_json(false);
    summary["linkage"] = json!({
        "policy": "mps",
        "options": args.trace.mps_option,
        "records": table.len(),
        "persons": persons,
        "traced": traced_records,
        "steps": steps,
        "children": linked.children.children,
        "next_child_id": linked.children.next_child_id,
        "changed_child": linked.children.changes.len(),
        "links": pairs_decided(&linked, Decision::Link),
        "review": pairs_decided(&linked, Decision::Review),
        "restricted": linked.restricted.len(),
    });
    let mut folder = tables.finish_run();
    folder.put("summary.json", format!("{summary:#}\n").as_bytes())?;
    // What a run by a model may have left there.
    ["model.json", "report.html", "statistics.json"].into_iter().for_each(|name| folder.supersede(name));
    phases.push(("write", began.elapsed().as_secs_f64()));
    let total = started.elapsed().as_secs_f64();
    let run = run_record::of_run(&inputs, args.lists.record(), &phases, total, args.seed);
    let run = folder.finish_run(run)?;

    let words = || {
        let row = |name: String, number: u64| vec![name, count(number)];
        let mut rows = vec![vec!["step and code".to_owned(), "records".to_owned()]];
        for (step, codes) in &steps {
            for (code, number) in codes.as_object().into_iter().flatten() {
                rows.push(row(format!("{step} {code}"), number.as_u64().unwrap_or(0)));
            }
        }
        let mut text =
            format!("{} records traced to {} persons\n\n", count(traced_records as u64), count(persons as u64));
        text += &aligned(&rows);
        text += &format!("\n{} pairs for review\n", count(pairs_decided(&linked, Decision::Review)));
        notes.iter().for_each(|note| text += &format!("\nNote: {note}\n"));
        text + &format!("\nWritten to {} in {total:.1} s\n", args.out.display())
    };
    terminal.result(words, || with_run(&summary, &run))?;
    let findings = records.read().has_findings() || !notes.is_empty();
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

/// Sees that no record stands both among the records and in the reference: the one would be set aside as the other's
/// repeat, and not be traced.
fn keep_apart(records: &Records, first_reference: u16) -> Result<(), Error> {
    let is_reference = |origin: RowOrigin| origin.input >= first_reference;
    let both = records.built.repeats.iter().filter(|row| is_reference(row.origin) != is_reference(row.kept)).count();
    if both == 0 {
        return Ok(());
    }
    Err(Error::new(
        "trace/reference-in-input",
        format!(
            "{} records stand both in the input and in the reference, with one source and record id",
            count(both as u64)
        ),
        "give the reference rows a source or record ids of their own; a file can be only one of the two",
    )
    .in_field("--reference"))
}

/// How many records ended at each step, by code.
fn by_step(traced: &Traced) -> Map<String, Value> {
    let mut steps: BTreeMap<Step, BTreeMap<&str, u64>> = BTreeMap::new();
    for record in &traced.records {
        *steps.entry(record.trace.step).or_default().entry(record.trace.outcome.code()).or_default() += 1;
    }
    steps.into_iter().map(|(step, codes)| (step.as_str().to_owned(), json!(codes))).collect()
}

/// The outcome as the writers of result files take it. No model has a part in it, and they look at none.
fn as_linked(traced: Traced) -> Linked {
    Linked {
        children: traced.children,
        pairs: traced.pairs,
        restricted: traced.restricted,
        refused: Vec::new(),
        model: Model::child_health(),
        training: None,
        blocking: Vec::new(),
        oversized: Vec::new(),
    }
}

/// The waterfall of a pair that has no weight.
fn no_weight() -> Waterfall<'static> {
    Waterfall { prior: f64::NAN, bars: Vec::new(), household: f64::NAN, match_weight: f64::NAN }
}
