//! `childlink project status`.

use super::{Outcome, look_at_project};
use crate::render::{Terminal, count, table};
use childlink::Error;
use childlink::project::{Run, RunState, VERSION};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tell where a project stands
///
/// May be asked while a run is under way. With --verify the whole file is checked.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project status town.childlink\n  \
    childlink project status town.childlink --verify --json")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the whole file for damage, and tell whether changes stand beside it
    #[arg(long)]
    verify: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let project = look_at_project(&args.file)?;
    let beside = project.bytes_beside();
    if args.verify {
        project.verify()?;
    }
    let (records, children) = project.counts()?;
    let (extracts, runs, readers) = (project.extracts()?, project.runs()?, project.readers()?);
    let (pairs, quarantine) = (project.pair_counts()?, project.quarantine_counts()?);
    let (superseded, barred, flags) = (project.superseded()?.len(), project.barred()?.len(), project.flags()?.len());
    let traces = project.traces()?;
    let mut traced: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in traces.iter().filter(|entry| entry.withdrawn.is_none()) {
        *traced.entry(&entry.record.outcome).or_default() += 1;
    }
    let flagged = project.flagged_merges()?;
    let unfinished = project.unfinished_run()?;
    let waiting = runs.iter().filter(|run| run.state == RunState::Finished).map(|run| run.last_decision).max();
    let unused = project.last_decision()? - waiting.unwrap_or(0);
    let words = || {
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let mut text = format!("{} records of {} children\n\n", count(records), count(children));
        let mut rows = vec![cells(&["extract", "bytes", "added", "file"])];
        for extract in &extracts {
            let told = &extract.told;
            rows.push(cells(&[&told.slot, &count(told.bytes), &extract.added_at, &told.path]));
        }
        text += &table(&rows);
        let mut rows = vec![cells(&["run", "state", "began", "model"])];
        for run in &runs {
            let model = run.model.as_deref().map_or("", |hash| &hash[..12.min(hash.len())]);
            let state = if run.is_absorption { "absorbed" } else { run.state.as_str() };
            rows.push(cells(&[&run.id.to_string(), state, &run.started_at, model]));
        }
        text += &format!("\n{}", table(&rows));
        text += &format!(
            "\nDecisions: {} stand ({} pairs read once, {} agreed by two or more, {} in disagreement or unsure), {} withdrawn\n",
            count(readers.decisions),
            count(readers.read_once),
            count(readers.agreed),
            count(readers.disagreed),
            count(readers.withdrawn)
        );
        if unused > 0 {
            text += &format!("{unused} of them came after the last finished run: run again\n");
        }
        for (state, number) in &pairs {
            let what = match state.as_str() {
                "review" => "pairs wait for review",
                "restricted" => "pairs are in the restricted queue",
                _ => "links hit a guard or were decided",
            };
            text += &format!("{} {what}\n", count(*number));
        }
        for (slot, reason, number) in &quarantine {
            text += &format!("{} rows of {slot} set aside: {reason}\n", count(*number));
        }
        text += &format!("{superseded} superseded numbers, {barred} barred pairs, {flags} flags\n");
        for (outcome, number) in &traced {
            text += &format!("{} results of traces: {outcome}\n", count(*number));
        }
        if !flagged.is_empty() {
            text += &format!(
                "{} children have flagged and unflagged records (flagged-merges.csv of export)\n",
                flagged.len()
            );
        }
        if args.verify {
            text += "\nThe file is whole\n";
        }
        if args.verify && beside > 0 {
            text += &format!(
                "{} bytes of changes stand in {}-wal: a copy of the file alone lacks them (`childlink project copy` has them)\n",
                count(beside),
                args.file.display()
            );
        }
        if let Some(run) = &unfinished {
            text += &format!(
                "\nRun {} was cut off when it was {}: go on with `childlink project run {} --resume`\n",
                run.id,
                run.state.as_str(),
                args.file.display()
            );
        }
        text
    };
    terminal.result(words, || {
        let extract = |extract: &childlink::project::Extract| {
            let told = &extract.told;
            json!({
                "name": told.slot, "bytes": told.bytes, "sha256": told.sha256, "added_at": extract.added_at,
                "file": told.path, "source": told.given_source, "has_column_map": told.column_map.is_some(),
                "query": told.query.as_ref().map(|query| &query.sql),
                "password_env": told.query.as_ref().and_then(|query| query.password_env.as_ref()),
            })
        };
        let run = |run: &Run| {
            json!({
                "run": run.id, "state": run.state, "started_at": run.started_at, "finished_at": run.finished_at,
                "version": run.program, "model_hash": run.model, "parameters": run.parameters, "is_absorption": run.is_absorption,
            })
        };
        json!({
            "version": VERSION, "verified": args.verify, "bytes_beside": beside, "records": records, "children": children,
            "extracts": extracts.iter().map(extract).collect::<Vec<_>>(),
            "runs": runs.iter().map(run).collect::<Vec<_>>(),
            "decisions": readers, "decisions_since_run": unused,
            "pairs": pairs.iter().map(|(state, number)| (state.clone(), json!(number))).collect::<serde_json::Map<_, _>>(),
            "quarantine": quarantine.iter().map(|(slot, reason, number)| json!({"extract": slot, "reason": reason, "rows": number})).collect::<Vec<_>>(),
            "superseded": superseded, "barred": barred, "flags": flags, "traced": traced, "flagged_merges": flagged.len(),
            "cut_off": unfinished.as_ref().map(|run| run.id),
        })
    })?;
    Ok(Outcome::Clean)
}
