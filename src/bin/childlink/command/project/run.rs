//! `childlink project run`.

use super::parameters::Parameters;
use super::{ByArgs, Outcome, absorb, open_project};
use crate::command::link::{self, Form, Format, Phases, read_model};
use crate::database::Query;
use crate::input::Inputs;
use crate::lists::Lists;
use crate::memory::{Knowing, MemoryArgs, told_of_excess};
use crate::output::{OutputFolder, absolute, cannot_read};
use crate::progress::Progress;
use crate::render::{Terminal, count};
use crate::run_record;
use childlink::Error;
use childlink::exchange::intake::Records;
use childlink::exchange::rows::SourceName;
use childlink::linkage::again::{Earlier, Scan};
use childlink::linkage::model::Model;
use childlink::linkage::table::Table;
use childlink::linkage::{LinkOptions, Linked, OnTrained, link_in_steps, link_sparing, parallel};
use childlink::project::{ChangeReport, Deed, Extract, Filled, NewRun, Project, RunState, WholeBecause};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;
use xxhash_rust::xxh64::Xxh64;

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
    check_unchanged(&extracts, &progress)?;
    let folder = OutputFolder::create(&parameters.out)?;
    link::declare_results(&folder)?;
    let memory = args.memory.prepare(&mut inputs, &parameters.out)?;
    let (read, ahead) = parallel::both(
        || inputs.read(&progress),
        || if memory.is_limited() { Ok(()) } else { project.look_ahead(&parameters.model) },
    );
    let mut records = read?;
    ahead?;
    // A run that goes on after it had linked asks for nothing of what came before.
    let is_later = state < RunState::Linked && project.has_children()?;
    memory.check(&records, if is_later { Knowing::Earlier } else { Knowing::First })?;
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
            let told = Told { id, parameters: &parameters, full: args.full, by: &args.by };
            let (linked, scan, whole) =
                link_records(&mut project, &told, options, &mut records.built.table, memory.is_limited())?;
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
    tell(args, terminal, &parameters, &records, &linked, &notes, total, id, compared, &report, &summary, &record)?;
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

/// What a run is told.
struct Told<'a> {
    id: i64,
    parameters: &'a Parameters,
    full: bool,
    by: &'a ByArgs,
}

fn link_records(
    project: &mut Project,
    told: &Told,
    mut options: LinkOptions,
    table: &mut Table,
    sparing: bool,
) -> Result<(Linked, Option<Scan>, Option<WholeBecause>), Error> {
    let Told { id, parameters, full, by } = *told;
    let link = if sparing { link_sparing } else { link_copying };
    options.keep_scan = true;
    options.kind = parameters.kind();
    options.seed = parameters.seed;
    options.previous = project.previous(table)?;
    let has_children = project.has_children()?;
    let earlier = |project: &Project, table: &Table, model: &Model| match model.frequencies.is_some() {
        _ if !has_children => Ok(Err(WholeBecause::FirstRun)),
        _ if full => Ok(Err(WholeBecause::Asked)),
        true => project.earlier_scan(table, &project.hash_of(model), parameters.link_only, env!("CARGO_PKG_VERSION")),
        false => Ok(Err(WholeBecause::OtherModel)),
    };
    let mut because = None;
    let mut take = |found: Result<Earlier, WholeBecause>| match found {
        Ok(earlier) => Some(earlier),
        Err(whole) => {
            because = Some(whole);
            None
        }
    };
    if let Some((model, training)) = project.model_of_run(id)? {
        options.skip_training = true;
        options.earlier = take(earlier(project, table, &model)?);
        if sparing {
            project.forget_records();
        }
        let (mut linked, scan) = link(table, &model, &mut options, &mut |_, _| Ok(()))?;
        linked.training = training;
        return Ok((linked, scan, because));
    }
    let model: Model = project.stored_model(&parameters.model)?;
    options.skip_training = model.provenance.trained_on_records > 0 && !parameters.retrain;
    options.earlier = match options.skip_training {
        true => take(earlier(project, table, &model)?),
        false => take(Err(if has_children { WholeBecause::OtherModel } else { WholeBecause::FirstRun })),
    };
    if sparing {
        project.forget_records();
    }
    let mut trained = |model: &Model, training: Option<&_>| project.keep_model(id, model, training, &by.deed());
    let (linked, scan) = link(table, &model, &mut options, &mut trained)?;
    Ok((linked, scan, because))
}

/// [`link_in_steps`], as [`link_sparing`] is called.
fn link_copying(
    table: &mut Table,
    model: &Model,
    options: &mut LinkOptions,
    trained: &mut OnTrained<'_>,
) -> Result<(Linked, Option<Scan>), Error> {
    link_in_steps(table, model, options, trained)
}

/// The records of the project's present extracts, each seen to be what was added.
///
/// # Errors
/// `input/none`, those of [`check_unchanged`] and of reading inputs.
pub(in crate::command) fn read_extracts(project: &Project, progress: &Progress) -> Result<Records, Error> {
    read_with_rows(project, progress).map(|(_, records, _)| records)
}

/// The same, seen to be the records that the last run gave children to.
///
/// # Errors
/// `project/run-first`, and those of [`read_extracts`].
pub(in crate::command) fn read_as_run(project: &Project, progress: &Progress) -> Result<Records, Error> {
    let (extracts, records, rows) = read_with_rows(project, progress)?;
    project.check_run(&extracts, &rows, absorb::SLOT)?;
    Ok(records)
}

/// What each database gave, by the number of its extract.
type Rows = Vec<(i64, String)>;

fn read_with_rows(project: &Project, progress: &Progress) -> Result<(Vec<Extract>, Records, Rows), Error> {
    let extracts = project.extracts()?;
    if extracts.is_empty() {
        let hint = format!("add some: childlink project add {} INPUT...", project.path().display());
        return Err(Error::new("input/none", "the project has no extract", hint));
    }
    check_unchanged(&extracts, progress)?;
    let inputs = inputs_of(&extracts, &[])?;
    let records = inputs.read(progress)?;
    let asked = extracts.iter().filter(|extract| extract.told.query.is_some()).map(|extract| extract.id);
    let rows = asked.zip(inputs.row_checksums().into_iter().map(Option::unwrap_or_default)).collect();
    Ok((extracts, records, rows))
}

/// The inputs that a run's extracts are.
///
/// # Errors
/// Those of [`Inputs::new`] and [`Inputs::spell`].
pub(super) fn inputs_of(extracts: &[Extract], keep: &[String]) -> Result<Inputs, Error> {
    // Files stand before databases, as inputs do.
    let of_files = extracts.iter().filter(|extract| extract.told.query.is_none());
    let file = |extract: &Extract| {
        let path = PathBuf::from(&extract.told.path);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let source = extract.told.given_source.clone().map(SourceName::Given);
        (path, source.unwrap_or(SourceName::Fallback(stem)))
    };
    let query = |extract: &Extract| {
        let asked = extract.told.query.as_ref()?;
        let query = Query::new(&extract.told.slot, &extract.told.path, &asked.sql);
        Some(query.map(|query| query.with_password_in(asked.password_env.clone())))
    };
    let queries = extracts.iter().filter_map(query).collect::<Result<Vec<_>, _>>()?;
    let mut inputs = Inputs::new(of_files.map(file).collect(), None, keep.to_vec())?.with_queries(queries);
    for (number, extract) in extracts.iter().enumerate() {
        extract.told.column_map.as_deref().map_or(Ok(()), |list| inputs.spell(number, list))?;
    }
    Ok(inputs)
}

/// Sees that every file is what was added. Databases are read anew.
///
/// # Errors
/// `input/cannot-read`, `project/extract-changed`.
pub(super) fn check_unchanged(extracts: &[Extract], progress: &Progress) -> Result<(), Error> {
    let extracts: Vec<&Extract> = extracts.iter().filter(|extract| extract.told.query.is_none()).collect();
    let phase = progress.bytes("Checking", extracts.iter().map(|extract| extract.told.bytes).sum());
    let checks = parallel::map(extracts.len(), |number| {
        let told = &extracts[number].told;
        let path = Path::new(&told.path);
        let mut file = File::open(path).map_err(|e| cannot_read(path, &e))?;
        let (mut checksum, mut piece, mut length) = (Xxh64::new(0), vec![0; 1 << 20], 0);
        loop {
            let read = file.read(&mut piece).map_err(|e| cannot_read(path, &e))?;
            if read == 0 {
                break;
            }
            checksum.update(&piece[..read]);
            length += read as u64;
            phase.advance(read as u64);
        }
        if (length, format!("{:016x}", checksum.digest())) == (told.bytes, told.checksum.clone()) {
            return Ok(());
        }
        Err(Error::new(
            "project/extract-changed",
            format!("{} is not what it was when it was added as {}", told.path, told.slot),
            "put the file back as it was, or add it again with `childlink project add` and run without --resume",
        ))
    });
    checks.into_iter().collect()
}

#[allow(clippy::too_many_arguments, reason = "all that there is to tell")]
fn tell(
    args: &Args,
    terminal: &Terminal,
    parameters: &Parameters,
    records: &Records,
    linked: &Linked,
    notes: &[String],
    total: f64,
    run: i64,
    compared: Option<Result<u64, WholeBecause>>,
    report: &ChangeReport,
    summary: &Value,
    record: &Value,
) -> Result<(), Error> {
    let next = format!("`childlink project decide {} --from FILE` before", args.file.display());
    terminal.result(
        || {
            let form = parameters.format;
            let text = link::in_words(&parameters.out, form, records, linked, notes, total, &next);
            let all = records.built.table.len() as u64;
            let scanned = match compared {
                Some(Ok(unchanged)) => {
                    format!(
                        "\nOnly what has changed was compared: {} of {} records\n",
                        count(all - unchanged),
                        count(all)
                    )
                }
                Some(Err(because)) => format!("\nEvery record was compared, since {}\n", because.words()),
                None => String::new(),
            };
            text + &changes_in_words(run, report) + &scanned
        },
        || {
            let mut object = link::with_run(summary, record);
            let unchanged = compared.and_then(Result::ok);
            object["project"] = json!({"run": run, "changes": report, "unchanged_records": unchanged});
            object
        },
    )
}

fn changes_in_words(run: i64, report: &ChangeReport) -> String {
    let mut text = format!(
        "\nRun {run} of the project: {} records new, {} gone, {} moved to another child ({} children merged, {} split)\n",
        count(report.new_records),
        count(report.gone_records),
        count(report.moved_records),
        count(report.merged_children),
        count(report.split_children)
    );
    let mut decisions = |numbers: &[i64], what: &str| {
        if let Some(first) = numbers.first() {
            text += &format!("{} decisions stand {what} (the first is {first}): look again\n", numbers.len());
        }
    };
    decisions(&report.decisions_on_changed_records, "on records that have changed since");
    decisions(&report.decisions_on_gone_records, "on records that are no more");
    text
}
