//! `childlink project decide`.

use super::{ByArgs, Outcome, open_project};
use crate::lists::in_file;
use crate::render::{Terminal, count};
use crate::standard::open;
use childlink::Error;
use childlink::linkage::decisions::{DecisionRow, Verdict};
use childlink::project::{DecisionNote, Project, read_decision_entries};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Take in what people decided about pairs
///
/// A decision is added, never overwritten: of one reader the latest counts, and two readers who differ send the pair to
/// review again. Each is kept with what the last run showed of the pair. A list may be given again: what is known
/// counts once. The next run draws the conclusions.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project decide town.childlink --from decided.csv\n  \
    childlink project decide town.childlink --pair northtown N17 southtown S4 --verdict same --by JK --reason \"same mother\"\n\n\
    The list has source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at and may have\n\
    reason,model_hash,evidence_hash: the Review page writes it.")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A list of decisions, or - for standard input
    #[arg(long, value_name = "LIST", required_unless_present = "pair", conflicts_with_all = ["pair", "verdict", "reason"])]
    from: Option<PathBuf>,
    /// The two records: source and record id of each
    #[arg(long, num_args = 4, value_names = ["SOURCE", "RECORD", "SOURCE", "RECORD"], requires = "verdict")]
    pair: Option<Vec<String>>,
    /// Whether they are one child
    #[arg(long, value_enum)]
    verdict: Option<Word>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    by: ByArgs,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Word {
    /// One child
    Same,
    /// Two children
    Different,
    /// Cannot tell
    Unsure,
}

impl Word {
    const fn verdict(self) -> Verdict {
        match self {
            Word::Same => Verdict::Same,
            Word::Different => Verdict::Different,
            Word::Unsure => Verdict::Unsure,
        }
    }
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let deed = args.by.deed();
    let decisions = match (&args.from, &args.pair, args.verdict) {
        (Some(path), _, _) => in_file(path, read_decision_entries(open(path)?))?,
        (None, Some(pair), Some(word)) => {
            let [source_l, record_id_l, source_r, record_id_r] = [0, 1, 2, 3].map(|place| pair[place].clone());
            let (verdict, reader, decided_at) = (word.verdict(), deed.by.clone(), deed.at.clone());
            let row = DecisionRow { source_l, record_id_l, source_r, record_id_r, verdict, reader, decided_at };
            vec![(row, DecisionNote { reason: args.reason.clone(), ..DecisionNote::default() })]
        }
        _ => return Err(Error::new("input/none", "no decision is given", "give --from LIST or --pair with --verdict")),
    };
    let mut project = open_project(&args.file)?;
    let unknown = unknown_records(&project, &decisions)?;
    if let (Some((source, record_id)), None) = (unknown.first(), &args.from) {
        return Err(Error::new(
            "project/unknown-record",
            format!("the last run had no record {record_id} of {source}"),
            "write source and record id as in children.csv; add a new extract and run before you decide on its records",
        )
        .in_field("--pair"));
    }
    let recorded = project.decide(&decisions, &deed)?;
    terminal.result(
        || {
            let mut text = format!(
                "{} decisions taken in, {} known before\n",
                count(recorded.new as u64),
                count(recorded.known as u64)
            );
            if !unknown.is_empty() {
                text += &format!("{} records in them are none that the last run had\n", count(unknown.len() as u64));
            }
            text + &format!("\nNext: childlink project run {} --out DIR\n", args.file.display())
        },
        || {
            let mut object = json!(recorded);
            object["unknown_records"] = json!(unknown.len());
            object
        },
    )?;
    Ok(if unknown.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// The records that decisions name and the last run did not have; none before the first run.
fn unknown_records<'d>(
    project: &Project,
    decisions: &'d [(DecisionRow, DecisionNote)],
) -> Result<BTreeSet<(&'d str, &'d str)>, Error> {
    if !project.has_children()? {
        return Ok(BTreeSet::new());
    }
    project.unknown_records(
        decisions
            .iter()
            .flat_map(|(row, _)| [(&*row.source_l, &*row.record_id_l), (&*row.source_r, &*row.record_id_r)]),
    )
}
