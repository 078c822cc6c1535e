//! `childlink report`: the page of a run, made again or beside another run's.

use super::Outcome;
use crate::claims::declare;
use crate::frame_input::read_frame;
use crate::linked::{Keyed, column, find, spelled};
use crate::output::{self, OutputFolder};
use crate::render::{Terminal, count, table};
use crate::run_record::{self, Kind};
use crate::standard::read_text;
use childlink::Error;
use childlink::linkage::model::Model;
use childlink::linkage::splink::SplinkModel;
use childlink::report::compare::{Difference, Run, compare};
use childlink::report::general::general_page;
use childlink::report::linkage::linkage_page;
use childlink::report::statistics::Statistics;
use clap::Subcommand;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Make the page of a run again, or compare two runs
///
/// The page needs no network and no script, and shows no field of a record.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  \
    childlink report linked\n  \
    childlink report compare linked linked-2\n  \
    childlink report compare linked linked-2 --out compared.html")]
pub(crate) struct Args {
    /// The folder that `childlink link` wrote; its report.html is written again
    #[arg(value_name = "DIR", required = true)]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    compare: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Tell how a second run differs from a first: counts, children split and joined, decisions, weights
    #[command(after_help = "Example:\n  childlink report compare linked linked-2 --out compared.html")]
    Compare {
        /// The folder of the first run
        #[arg(value_name = "RUN")]
        first: PathBuf,
        /// The folder of the second run
        #[arg(value_name = "RUN")]
        second: PathBuf,
        /// Write a page, too
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    match (&args.compare, &args.folder) {
        (Some(What::Compare { first, second, out }), _) => compare_runs(first, second, out.as_deref(), terminal),
        (None, Some(folder)) => make_again(folder, terminal),
        (None, None) => Err(Error::new("report/none", "no run is given", "name the folder of a run")),
    }
}

fn make_again(folder: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    run_record::has_model(folder)?;
    run_record::whole(folder)?;
    let summary = summary(folder)?;
    let page = match run_record::kind(folder) {
        Kind::Splink => general_page(&summary, &SplinkModel::read(&read_text(&folder.join("model.json"))?)?.0)?,
        _ => {
            let statistics = Statistics::from_json(&read_text(&folder.join("statistics.json"))?)?;
            linkage_page(&summary, &model(folder)?, &statistics, "")?
        }
    };
    let mut out = OutputFolder::create(folder)?;
    out.put("report.html", page.as_bytes())?;
    out.finish()?;
    let path = folder.join("report.html").display().to_string();
    terminal.result(|| format!("Written: {path}\n"), || json!({"report": path}))?;
    Ok(Outcome::Clean)
}

fn compare_runs(first: &Path, second: &Path, out: Option<&Path>, terminal: &Terminal) -> Result<Outcome, Error> {
    declare(out)?;
    let (one, other) = (Documents::read(first)?, Documents::read(second)?);
    let difference = compare(&one.run(), &other.run());
    if let Some(path) = out {
        output::write_file(path, difference.page(&one.name, &other.name)?.as_bytes())?;
    }
    terminal.result(|| in_words(&difference), || json!(difference))?;
    Ok(Outcome::Clean)
}

/// The documents of a run that are compared.
struct Documents {
    name: String,
    summary: Value,
    model: Model,
    children: BTreeMap<(String, String), u64>,
    pairs: BTreeMap<[String; 4], String>,
}

impl Documents {
    fn read(folder: &Path) -> Result<Documents, Error> {
        run_record::is_of_children(folder)?;
        run_record::whole(folder)?;
        Ok(Documents {
            name: folder.display().to_string(),
            summary: summary(folder)?,
            model: model(folder)?,
            children: children(&find(folder, "children")?)?,
            pairs: pairs(&find(folder, "links")?)?,
        })
    }

    fn run(&self) -> Run<'_> {
        Run {
            name: &self.name,
            summary: &self.summary,
            model: &self.model,
            children: &self.children,
            pairs: &self.pairs,
        }
    }
}

fn summary(folder: &Path) -> Result<Value, Error> {
    let path = folder.join("summary.json");
    serde_json::from_str(&read_text(&path)?).map_err(|cause| {
        Error::new(
            "report/unreadable",
            format!("{} is no JSON (line {})", path.display(), cause.line()),
            "name a folder that `childlink link` wrote",
        )
    })
}

fn model(folder: &Path) -> Result<Model, Error> {
    super::link::read_model(Some(&folder.join("model.json")))
}

fn children(path: &Path) -> Result<BTreeMap<(String, String), u64>, Error> {
    let keyed = Keyed::read(path)?;
    let child = column(&keyed.frame, path, &["child_id"])?;
    let mut children = BTreeMap::new();
    for row in 0..keyed.frame.rows() {
        let (source, record_id) = keyed.key(row);
        let id = spelled(child.value(row)).parse().map_err(|_| {
            Error::new(
                "report/unreadable",
                format!("{}: the child_id of row {} is no whole number", path.display(), row + 2),
                "name a folder that `childlink link` wrote",
            )
        })?;
        children.insert((source.into_owned(), record_id.into_owned()), id);
    }
    Ok(children)
}

fn pairs(path: &Path) -> Result<BTreeMap<[String; 4], String>, Error> {
    let frame = read_frame(path)?;
    let names = ["source_l", "record_id_l", "source_r", "record_id_r"];
    let keys = names.map(|name| column(&frame, path, &[name]));
    let [one, two, three, four] = keys;
    let keys = [one?, two?, three?, four?];
    let decision = column(&frame, path, &["decision"])?;
    let row = |row| (keys.map(|key| spelled(key.value(row)).into_owned()), spelled(decision.value(row)).into_owned());
    Ok((0..frame.rows()).map(row).collect())
}

fn in_words(difference: &Difference) -> String {
    let line = |cells: [String; 4]| cells.to_vec();
    let change = |before: u64, after: u64| format!("{:+}", after as i128 - before as i128);
    let mut rows = vec![line(["".into(), "first run".into(), "second run".into(), "change".into()])];
    for (name, before, after) in difference.counts.iter().chain(&difference.sources) {
        rows.push(line([name.clone(), count(*before), count(*after), change(*before, *after)]));
    }
    let mut text = table(&rows) + "\n";
    let mut rows = vec![vec![String::new(), "number".into()]];
    rows.extend(difference.children_in_words().map(|(what, number)| vec![what.to_owned(), count(number)]));
    text += &table(&rows);
    if !difference.decisions.is_empty() {
        let mut rows = vec![vec!["pairs: first run".into(), "second run".into(), "pairs".into()]];
        rows.extend(difference.decisions.iter().map(|(a, b, n)| vec![a.clone(), b.clone(), count(*n)]));
        text += &format!("\n{}", table(&rows));
    }
    if !difference.weights.is_empty() {
        text += &format!("\n{} weights of the model differ by more than 0.01 bits\n", difference.weights.len());
    }
    text
}
