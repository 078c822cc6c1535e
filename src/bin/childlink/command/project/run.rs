//! `childlink project run`.

mod extracts;
mod linking;
mod tell;

pub(in crate::command) use extracts::{read_as_run, read_extracts};

use super::parameters::Parameters;
use super::{ByArgs, Outcome, absorb, open_project};
use crate::command::link::{self, Form, Format, Phases, read_model};
use crate::lists::Lists;
use crate::memory::{Knowing, MemoryArgs, told_of_excess};
use crate::output::{OutputFolder, absolute};
use crate::render::Terminal;
use crate::run_record;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::linkage::again::Scan;
use childlink::linkage::model::Model;
use childlink::linkage::{Linked, parallel};
use childlink::project::{ChangeReport, Deed, Extract, Filled, NewRun, Project, RunState, WholeBecause};
use extracts::inputs_of;
use linking::{Told, link_records};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Link the project's extracts into children
///
/// Writes to DIR what `childlink link` would write with the project's extracts, lists, model and earlier children, and
/// makes the children those of the project. The model is trained in the first run and then kept, so that a pair is
/// weighed alike from run to run. A run that was cut off goes on with --resume from the last phase that it finished.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project run town.childlink --out linked\n  \
    childlink project run town.childlink --out linked --retrain\n  \
    childlink project run town.childlink --resume\n\n\
    The files in DIR are those of `childlink link`.")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the result files
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    out: Option<PathBuf>,
    /// Go on with the run that was cut off, as it was begun
    #[arg(long, conflicts_with_all = ["out", "model", "retrain", "link_only", "format", "seed", "with_values", "keep"])]
    resume: bool,
    /// Linkage model (JSON) in place of the project's. A model that has been trained is used as it is
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Train the model anew, and count anew how frequent names are
    #[arg(long)]
    retrain: bool,
    /// Compare every record, not only what has changed since the last run; the outcome is the same
    #[arg(long)]
    full: bool,
    /// Compare records of different sources only
    #[arg(long)]
    link_only: bool,
    /// Hand on a column that is not canonical; may be given many times
    #[arg(long, value_name = "COL")]
    keep: Vec<String>,
    /// Threads (0: as many as the machine has); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
    /// Form of the result tables
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Chooses the samples that training looks at
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Show pairs for review with their fields in report.html, which then is as confidential as the records
    #[arg(long)]
    with_values: bool,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || {
        let mut project = open_project(&args.file)?;
        let begun = if args.resume { resumed(&project)? } else { begin(args, &mut project)? };
        let id = begun.id;
        go_on(args, project, begun, terminal).inspect_err(|error| note_failure(args, id, error))
    })
}

/// Ends a run that could not be done as it was told. One that can go on, once there is room, the file is as it was or the database answers, is left
/// to `--resume`.
fn note_failure(args: &Args, run: i64, error: &Error) {
    let may_go_on = ["project/", "database/", "output/", "scratch/", "memory/"];
    let may_go_on = may_go_on.iter().any(|kind| error.code.starts_with(kind));
    if let (false, Ok(mut project)) = (may_go_on, open_project(&args.file)) {
        // The error itself is what is told.
        let _ = project.fail_run(run, error.code, &args.by.deed());
    }
}

/// A run under way.
struct Begun {
    id: i64,
    state: RunState,
    parameters: Parameters,
    extracts: Vec<Extract>,
}

fn begin(args: &Args, project: &mut Project) -> Result<Begun, Error> {
    absorb::refresh(project, &args.by.deed())?;
    let extracts = project.extracts()?;
    if extracts.is_empty() {
        let hint = format!("add some: childlink project add {} INPUT...", args.file.display());
        return Err(Error::new("input/none", "the project has no extract", hint));
    }
    let deed = args.by.deed();
    let model = match (&args.model, project.model_hash()?) {
        // That of the last run is read beside the records.
        (None, Some(kept)) if !args.retrain => kept,
        (None, Some(kept)) => {
            let model = Model { frequencies: None, ..project.stored_model(&kept)? };
            stored(project, &model, &deed)?
        }
        (path, _) => stored(project, &read_model(path.as_deref())?, &deed)?,
    };
    let out = args.out.clone().unwrap_or_default();
    // Made now, so that its whole path is known to a run that goes on from elsewhere.
    OutputFolder::create(&out)?;
    let parameters = Parameters {
        out: absolute(&out),
        model,
        retrain: args.retrain,
        link_only: args.link_only,
        seed: args.seed,
        format: args.format,
        with_values: args.with_values,
        keep: args.keep.clone(),
    };
    let ids: Vec<i64> = extracts.iter().map(|extract| extract.id).collect();
    let new = NewRun { extracts: &ids, parameters: &parameters.to_json(), program: env!("CARGO_PKG_VERSION") };
    Ok(Begun { id: project.begin_run(&new, &deed)?, state: RunState::Started, parameters, extracts })
}

/// Keeps a model; tells its hash.
fn stored(project: &mut Project, model: &Model, deed: &Deed) -> Result<String, Error> {
    project.store_model(model, deed)?;
    Ok(project.hash_of(model))
}

fn resumed(project: &Project) -> Result<Begun, Error> {
    let run = project.unfinished_run()?.ok_or_else(|| {
        Error::new(
            "project/nothing-to-resume",
            "the last run of the project was not cut off",
            "run without --resume, with --out DIR",
        )
    })?;
    if run.program != env!("CARGO_PKG_VERSION") {
        return Err(Error::new(
            "project/other-version",
            format!("the run was begun by childlink {}", run.program),
            "go on with that version, or run again without --resume",
        ));
    }
    let extracts = project.extracts_of_run(run.id)?;
    if run.state >= RunState::Linked && project.list_state_of_run(run.id)?.as_ref() != Some(&project.list_state()?) {
        return Err(Error::new(
            "project/lists-changed",
            "decisions or lists came after the run had linked",
            "run again without --resume: the new run takes them in",
        ));
    }
    Ok(Begun { id: run.id, state: run.state, parameters: Parameters::from_json(&run.parameters)?, extracts })
}

fn go_on(args: &Args, mut project: Project, begun: Begun, terminal: &Terminal) -> Result<Outcome, Error> {
    let Begun { id, state, parameters, extracts } = begun;
    let started = Instant::now();
    let deed = args.by.deed();
    let progress = terminal.progress();
    progress.expect_as_in(&parameters.out);
    let mut phases = Phases::new();
    let mut inputs = inputs_of(&extracts, &parameters.keep)?;
    let folder = OutputFolder::create(&parameters.out)?;
    link::declare_results(&folder)?;
    let memory = args.memory.prepare(&mut inputs, &parameters.out)?;
    if memory.is_limited() {
        project.spare_memory()?;
    }
    let (read, ahead) = parallel::both(
        || inputs.read(&progress),
        || if memory.is_limited() { Ok(()) } else { project.look_ahead(&parameters.model) },
    );
    let mut records = read?;
    ahead?;
    // A run that goes on after it had linked asks for nothing of what came before.
    let is_later = state < RunState::Linked && project.has_children()?;
    let has_room = memory.has_room(&records, Knowing::Scan);
    memory.check(
        &records,
        if is_later && has_room {
            Knowing::Scan
        } else if is_later {
            // Every record is compared, which takes less memory and more time.
            Knowing::Children
        } else {
            Knowing::First
        },
    )?;
    let asked = extracts.iter().filter(|extract| extract.told.query.is_some());
    for (extract, checksum) in asked.zip(inputs.row_checksums()) {
        project.note_rows(id, extract, &checksum.unwrap_or_default())?;
    }
    phases.push(("read", started.elapsed().as_secs_f64()));

    let phase = progress.phase("Linking");
    let began = Instant::now();
    let with_changes = project.has_children()? || state == RunState::Settled;
    let lists = Lists::of_project(&project)?;
    let (options, mut notes) = lists.apply(&mut records.built.table)?;
    notes.extend(inputs.told_of_empty_keeps(&records));
    let kept = match state {
        RunState::Linked | RunState::Settled => project.outcome_of_run(id, records.built.table.len())?,
        _ => None,
    };
    let mut compared = None;
    let is_linked = kept.is_some();
    let (linked, scan) = match kept {
        Some(linked) => (linked, None),
        None => {
            let asked = args.full.then_some(WholeBecause::Asked);
            let whole = asked.or((!has_room).then_some(WholeBecause::NoRoom));
            let told = Told { id, parameters: &parameters, whole, by: &args.by, sparing: memory.is_limited() };
            let (linked, scan, whole) = link_records(&mut project, &told, options, &mut records.built.table)?;
            compared = scan.as_ref().map(|scan| scan.unchanged.ok_or(whole.unwrap_or(WholeBecause::LargeBlock)));
            (linked, scan)
        }
    };
    phases.push(("link", began.elapsed().as_secs_f64()));
    link::count_linked(&phase, &linked);
    if let Some(Ok(unchanged)) = compared {
        phase.count("unchanged_records", unchanged);
    }
    drop(phase);

    let phase = progress.phase("Writing");
    let began = Instant::now();
    let form = Form { format: parameters.format, with_values: parameters.with_values, with_changes };
    let shown = project.shown_records(&records.built.table, &linked)?;
    records.built.table.recall(&shown)?;
    let keep = Keep { id, is_linked, is_settled: state == RunState::Settled, deed: &deed };
    let write = || link::write_results(&form, folder, &inputs, &records, &linked);
    // The database is filled while the files are written.
    let (written, filled) = match memory.is_limited() {
        true => (write(), keep.fill(&mut project, &records, &linked, scan)),
        false => parallel::both(write, || keep.fill(&mut project, &records, &linked, scan)),
    };
    let ((folder, summary), filled) = (written?, filled?);
    phases.push(("write", began.elapsed().as_secs_f64()));
    drop(phase);
    let phase = progress.phase("Keeping");
    let began = Instant::now();
    let report = match filled {
        None => ChangeReport::default(),
        Some(filled) => project.settle_filled(id, filled, &records.built.table, &summary, &deed)?,
    };
    phases.push(("keep", began.elapsed().as_secs_f64()));
    for (what, number) in [
        ("new_records", report.new_records),
        ("gone_records", report.gone_records),
        ("moved_records", report.moved_records),
        ("merged_children", report.merged_children),
        ("split_children", report.split_children),
    ] {
        phase.count(what, number);
    }
    let total = started.elapsed().as_secs_f64();
    let lists = json!({"project": absolute(&args.file).display().to_string()});
    let mut record = run_record::of_run(&inputs, lists, &phases, total, parameters.seed);
    record["compared"] = match compared {
        Some(Ok(unchanged)) => json!({"unchanged_records": unchanged}),
        Some(Err(because)) => json!({"every_record_because": because.as_str()}),
        // A run that goes on after it had linked does not compare.
        None => Value::Null,
    };
    notes.extend(told_of_excess(memory, &record));
    let record = folder.finish_run(record)?;
    project.finish_run(id, &deed)?;
    project.fold();
    drop(phase);
    let told = tell::Told {
        project: &args.file,
        run: id,
        parameters: &parameters,
        records: &records,
        linked: &linked,
        notes: &notes,
        total,
        compared,
        report: &report,
        summary: &summary,
        record: &record,
    };
    tell::tell(terminal, &told)?;
    let findings = records.read().has_findings() || !notes.is_empty() || report.has_conflicts();
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

/// What of a run is still to be kept in the project.
struct Keep<'a> {
    id: i64,
    /// Whether its outcome is kept already.
    is_linked: bool,
    /// Whether its children are those of the project already.
    is_settled: bool,
    deed: &'a Deed,
}

impl Keep<'_> {
    /// Keeps the outcome, and puts the children in their places; for good once the files are written.
    fn fill(
        &self,
        project: &mut Project,
        records: &Records,
        linked: &Linked,
        scan: Option<Scan>,
    ) -> Result<Option<Filled>, Error> {
        if !self.is_linked {
            project.keep_outcome(self.id, linked, scan.as_ref())?;
        }
        drop(scan);
        if self.is_settled {
            return Ok(None);
        }
        project.fill(self.id, &records.built.table, linked, &records.quarantined, self.deed).map(Some)
    }
}
