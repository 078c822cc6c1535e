//! `childlink best`: one record for every child of a run, or of a project.

mod of_project;

use super::Outcome;
use super::link::{Format, Tables};
use super::project::{self, ByArgs};
use crate::input::in_file;
use crate::linked::{Keyed, column, find, spelled};
use crate::output::OutputFolder;
use crate::render::{Terminal, count, table};
use crate::rerun::Rerun;
use crate::standard::{open, read_text_to_copy};
use childlink::Error;
use childlink::exchange::best::{
    Death, Rules, Telling, best_children, best_columns, conflicts_columns, history_columns, in_order, origins_columns,
    read_withdrawn, tellings, write_best, write_conflicts, write_history, write_origins,
};
use childlink::linkage::parallel;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Write one best record for every child of a run, or of a project
///
/// Reads the run's inputs again. Each part of the record comes whole from one source, by rules that are a file; beside
/// it stand the rule and the source, what other sources tell, and the history of names, addresses and practices. Of
/// sensitive children no whereabouts are written. A project keeps what its records told from run to run, so that the
/// history goes back to the first run after which this was asked.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink best linked --out best\n  \
    childlink best linked --rules my-rules.toml --withdrawn-deaths withdrawn.csv --out best\n  \
    childlink best town.childlink --out best\n\n\
    Files in DIR: best (one row for every child), origins (rule and source of each part), conflicts (what sources tell\n\
    otherwise), history (names, addresses, practices), rules.toml (the rules used). docs/best-record.md has the rules.")]
pub(crate) struct Args {
    /// The folder that `childlink link` wrote, or a project
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder for the tables
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Rules (TOML) in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Records whose date of death was withdrawn: source,record_id
    #[arg(long, value_name = "FILE")]
    withdrawn_deaths: Option<PathBuf>,
    /// Form of the tables
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    #[command(flatten)]
    by: ByArgs,
    /// Threads (0: as many as the machine has); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || write(args, terminal))
}

fn write(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let rules_text = match &args.rules {
        // The rules are written beside the tables as they were given.
        Some(path) => read_text_to_copy(path)?,
        None => Rules::BUILT_IN.to_owned(),
    };
    let rules =
        Rules::parse(&rules_text).map_err(|e| in_file(args.rules.as_deref().unwrap_or(Path::new("rules")), e))?;
    let mut project = args.run.is_file().then(|| project::open_project(&args.run)).transpose()?;
    let (records, child_of, (told_deaths, unknown)) = match &mut project {
        Some(project) => of_project::read(project, args, terminal)?,
        None => {
            let rerun = Rerun::read(&args.run, terminal)?;
            let child_of = children(&args.run, &rerun)?;
            let told_deaths = match &args.withdrawn_deaths {
                Some(path) => read_withdrawn(open(path)?, rerun.table()).map_err(|e| in_file(path, e))?,
                None => Default::default(),
            };
            (rerun.records, child_of, told_deaths)
        }
    };
    let built = &records.built;
    let children = best_children(built, &child_of, &rules, &told_deaths);
    let mut history: Vec<(u64, Vec<Telling<'_>>)> =
        children.iter().map(|child| (child.child_id, tellings(&built.table, child, &told_deaths))).collect();
    if let Some(project) = &mut project {
        history = of_project::with_earlier(project, history, &children, &args.by.deed())?;
    }
    let history: Vec<(u64, Vec<Telling<'_>>)> =
        history.into_iter().map(|(child, told)| (child, in_order(told))).collect();
    let mut tables = Tables::new(OutputFolder::create(&args.out)?, args.format);
    let records = &built.table;
    tables.write("best", &best_columns(&rules), |sheet| write_best(sheet, records, &children, &rules))?;
    tables.write("origins", &origins_columns(), |sheet| write_origins(sheet, records, &children, &rules))?;
    let mut conflicts = 0;
    tables.write("conflicts", &conflicts_columns(), |sheet| {
        write_conflicts(sheet, records, &children, &rules).map(|n| conflicts = n)
    })?;
    let of_project = project.is_some();
    tables.write("history", &history_columns(of_project), |sheet| write_history(sheet, &history, of_project))?;
    let mut folder = tables.folder;
    folder.put("rules.toml", rules_text.as_bytes())?;
    folder.finish()?;
    let deaths = |kind| children.iter().filter(|child| child.death == kind).count() as u64;
    let sensitive = children.iter().filter(|child| child.sensitive).count() as u64;
    let counts = [
        ("children", children.len() as u64),
        ("values told otherwise", conflicts),
        ("children with whereabouts withheld", sensitive),
        ("deaths", deaths(Death::Told)),
        ("deaths in doubt", deaths(Death::InDoubt)),
        ("deaths withdrawn", deaths(Death::Withdrawn)),
        ("withdrawals for records that are not there", unknown),
    ];
    let words = || {
        let mut rows = vec![vec![String::new(), "number".to_owned()]];
        rows.extend(counts.iter().map(|(what, number)| vec![(*what).to_owned(), count(*number)]));
        let note = if rules.unconfirmed {
            "\nThe rules are unconfirmed: read rules.toml before you rely on them\n"
        } else {
            ""
        };
        format!("{}{note}\nWritten to {}\n", table(&rows), args.out.display())
    };
    let object = || {
        json!({
            "children": counts[0].1, "conflicts": counts[1].1, "sensitive": counts[2].1,
            "deaths": {"told": counts[3].1, "in_doubt": counts[4].1, "withdrawn": counts[5].1},
            "unknown_withdrawals": unknown,
            "rules": {"id": rules.id, "source": rules.source, "unconfirmed": rules.unconfirmed},
        })
    };
    terminal.result(words, object)?;
    Ok(if unknown + deaths(Death::InDoubt) > 0 { Outcome::Findings } else { Outcome::Clean })
}

/// The child of every record, as the run tells.
fn children(run: &Path, rerun: &Rerun) -> Result<Vec<u64>, Error> {
    let path = find(run, "children")?;
    let keyed = Keyed::read(&path)?;
    let child = column(&keyed.frame, &path, &["child_id"])?;
    let records = &rerun.records.built.table;
    let mut child_of = vec![0u64; records.len()];
    for row in 0..keyed.frame.rows() {
        let (source, record_id) = keyed.key(row);
        let id = spelled(child.value(row)).parse().ok();
        if let (Some(record), Some(id)) = (records.find(&source, &record_id), id) {
            child_of[record as usize] = id;
        }
    }
    if child_of.contains(&0) {
        return Err(Error::new(
            "best/inputs-changed",
            format!("the inputs of {} hold records that the run does not know", run.display()),
            "link again: the run was made of other rows",
        ));
    }
    Ok(child_of)
}
