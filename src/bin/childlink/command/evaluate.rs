//! `childlink evaluate`: how good a linkage is, against the truth or against a sample read by people.

use super::Outcome;
use crate::claims::declare;
use crate::error_list::{Again, Errors, Group};
use crate::linked::{Keyed, Keys, Linked, ListedPair, read_truth, spelled};
use crate::output;
use crate::render::{Terminal, count, table};
use crate::run_record;
use childlink::Error;
use childlink::exchange::column_map::Spellings;
use childlink::identity::birth_date;
use childlink::identity::column::Column;
use childlink::identity::field::Field;
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::raw::DateOrder;
use childlink::linkage::evaluate::curve::{
    CalibrationBin, JudgedPair, ThresholdRow, best_threshold, calibration, thresholds,
};
use childlink::linkage::evaluate::subgroup::{Subgroup, by_subgroup};
use childlink::linkage::evaluate::{Evaluation, PairCounts, Truth, after_answers, evaluate};
use childlink::linkage::frame::FrameColumn;
use childlink::report::evaluation::evaluation_page;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Measure a linkage against the truth, or estimate it from a clerical sample
///
/// `pairs` are pairs of records that share a child_id. `after_review` is what they become when every
/// review pair is answered truthfully: the clusters of those that are of one child are joined, and what
/// was joined wrongly stays. `after_both_queues` is the same with the restricted queue answered too, by those
/// who may. `clusters` counts children of at least two records whose cluster holds all
/// of them and nothing else. `twin_pairs` are pairs of different children of one maternity in one cluster.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink evaluate linked --truth truth.csv --persons persons.csv\n  \
    childlink evaluate linked --truth truth.csv --by source --records records.csv --by sex --errors errors.csv\n  \
    childlink evaluate linked --truth truth.csv --report quality.html\n  \
    childlink evaluate linked --clerical sample.csv")]
pub(crate) struct Args {
    /// Folder that `childlink link --out` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Which record is of which person: source, record_id, person_id
    #[arg(long, value_name = "F", required_unless_present = "clerical")]
    truth: Option<PathBuf>,
    /// Which persons are of one maternity: person_id, maternity_id, adopted_counterpart
    #[arg(long, value_name = "F", requires = "truth")]
    persons: Option<PathBuf>,
    /// Measure each value of a column too: one of --truth or --records; `multiple_birth` (with --persons);
    /// `newborn` (shown as younger than 28 days) and `number` (valid, invalid, missing), with --records
    #[arg(long, value_name = "COL", requires = "truth")]
    by: Vec<String>,
    /// Records with more columns for --by: source, record_id and any others
    #[arg(long, value_name = "F", requires = "truth")]
    records: Option<PathBuf>,
    /// Write the false and the missed pairs to this file, with both records' values of every --by
    #[arg(long, value_name = "F", requires = "truth")]
    errors: Option<PathBuf>,
    /// Give each of --errors its waterfall; reads the inputs of the run again, which must be there unchanged
    #[arg(long, requires = "errors")]
    waterfalls: bool,
    /// Write a page with curves of precision and recall, ROC, calibration and subgroups
    #[arg(long, value_name = "FILE", requires = "truth")]
    report: Option<PathBuf>,
    /// A sample of pairs drawn by `childlink sample`, with the column `decision` filled in
    #[arg(long, value_name = "F")]
    clerical: Option<PathBuf>,
}

/// Values of a --by column shown at most; the rest are joined as `(others)`.
const GROUPS_SHOWN: usize = 200;

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare(args.errors.iter().chain(&args.report).map(PathBuf::as_path))?;
    let (mut text, mut object) = (String::new(), serde_json::Map::new());
    if let Some(path) = &args.truth {
        run_record::whole(&args.folder)?;
        let judged = Judged::new(args, path)?;
        if let Some(errors) = &args.errors {
            let again = args.waterfalls.then(|| Again::read(&args.folder, terminal)).transpose()?;
            judged.write_errors(errors, again.as_ref())?;
        }
        text += &judged.text();
        object.extend(judged.object());
    }
    if let Some(path) = &args.clerical {
        let estimate = super::sample::Reading::read(path)?;
        text += &estimate.text();
        object.insert("clerical".to_owned(), estimate.object());
    }
    let object = Value::Object(object);
    if let Some(path) = &args.report {
        output::write_file(path, evaluation_page(&object)?.as_bytes())?;
    }
    terminal.result(|| text, || object)?;
    Ok(Outcome::Clean)
}

/// Everything measured against the truth.
struct Judged {
    keyed: Keyed,
    truth: Truth,
    linked: Linked,
    evaluation: Evaluation,
    links: PairCounts,
    after_both_queues: PairCounts,
    restricted_true: u64,
    groups: Vec<Group>,
    subgroups: Vec<(String, String, Subgroup)>,
    thresholds: Vec<ThresholdRow>,
    best: Option<(f64, PairCounts)>,
    calibration: Vec<CalibrationBin>,
}

impl Judged {
    fn new(args: &Args, path: &Path) -> Result<Judged, Error> {
        let keyed = Keyed::read(path)?;
        let keys = Keys::of(&keyed, path)?;
        let truth = read_truth(&keyed, path, args.persons.as_deref())?;
        let linked = Linked::read(&args.folder, &keys)?;
        let mut reviews: Vec<(u32, u32)> = linked.pairs.iter().filter(|p| !p.link).map(|p| (p.left, p.right)).collect();
        let evaluation = evaluate(&truth, &linked.cluster, &reviews);
        reviews.extend(&linked.restricted);
        let after_both_queues = after_answers(&truth, &linked.cluster, &reviews);
        let of_one = |&&(left, right): &&(u32, u32)| truth.person[left as usize] == truth.person[right as usize];
        let restricted_true = linked.restricted.iter().filter(of_one).count() as u64;
        let same = |pair: &ListedPair| truth.person[pair.left as usize] == truth.person[pair.right as usize];
        let judged: Vec<JudgedPair> =
            linked.pairs.iter().map(|pair| JudgedPair { weight: pair.weight, same: same(pair) }).collect();
        let actual = evaluation.pairs.actual;
        let all = evaluation.records * evaluation.records.saturating_sub(1) / 2;
        let links = linked.pairs.iter().filter(|pair| pair.link);
        let links = PairCounts {
            correct: links.clone().filter(|p| same(p)).count() as u64,
            found: links.count() as u64,
            actual,
        };
        let records = args.records.as_deref().map(Keyed::read).transpose()?;
        let (mut groups, mut subgroups) = (Vec::new(), Vec::new());
        for name in &args.by {
            let (values, of) = groups_by(name, &keyed, &keys, &truth, records.as_ref())?;
            let measured = by_subgroup(&truth, &linked.cluster, &of);
            subgroups.extend(measured.into_iter().map(|own| (name.clone(), values[own.group as usize].clone(), own)));
            groups.push(Group { name: name.clone(), values, of });
        }
        Ok(Judged {
            links,
            after_both_queues,
            restricted_true,
            thresholds: thresholds(&judged, actual, all - actual),
            best: best_threshold(&judged, actual),
            calibration: calibration(&judged),
            keyed,
            truth,
            linked,
            evaluation,
            groups,
            subgroups,
        })
    }

    fn object(&self) -> serde_json::Map<String, Value> {
        let e = &self.evaluation;
        let object = json!({
            "records": e.records,
            "unknown_records": self.linked.unknown_records,
            "records_without_truth": self.linked.records_without_truth,
            "pairs": quality(&e.pairs),
            "links": quality(&self.links),
            "clusters": {
                "exact_precision": rounded(e.exact.precision()),
                "exact_recall": rounded(e.exact.recall()),
                "exact_f1": rounded(e.exact.f1()),
                "exact_f1_with_singles": rounded(e.exact_with_singles.f1()),
                "biggest": e.biggest_cluster,
            },
            "after_review": quality(&e.after_review),
            "after_both_queues": quality(&self.after_both_queues),
            "restricted_pairs": self.linked.restricted.len(),
            "restricted_pairs_true": self.restricted_true,
            "review_pairs": e.review_pairs,
            "review_pairs_true": e.review_pairs_true,
            "review_pairs_per_1000_records": rounded(1_000.0 * e.review_pairs as f64 / e.records.max(1) as f64),
            "twin_pairs": e.twin_pairs,
            "adopted_pairs": e.adopted_pairs,
            "subgroups": self.subgroups.iter().map(|(by, value, own)| {
                let mut row = quality(&own.pairs);
                row["by"] = json!(by);
                row["value"] = json!(value);
                row["records"] = json!(own.records);
                row
            }).collect::<Vec<Value>>(),
            "thresholds": self.thresholds.iter().map(|row| {
                let mut own = quality(&row.pairs);
                own["match_weight"] = json!(row.weight);
                own["false_positive_rate"] = json!(row.false_positive_rate);
                own
            }).collect::<Vec<Value>>(),
            "best_threshold": self.best.map(|(weight, pairs)| {
                let mut own = quality(&pairs);
                own["match_weight"] = json!(weight);
                own
            }),
            "calibration": self.calibration.iter().map(|bin| json!({
                "from": bin.from, "to": bin.to, "pairs": bin.pairs,
                "expected": rounded(bin.expected), "observed": rounded(bin.observed),
            })).collect::<Vec<Value>>(),
        });
        match object {
            Value::Object(map) => map,
            _ => serde_json::Map::new(),
        }
    }

    fn write_errors(&self, path: &Path, again: Option<&Again>) -> Result<(), Error> {
        let Judged { keyed, truth, linked, groups, .. } = self;
        Errors { keyed, truth, linked, groups, again }.write(path)
    }

    fn text(&self) -> String {
        let e = &self.evaluation;
        let per_thousand = 1_000.0 * e.review_pairs as f64 / e.records.max(1) as f64;
        let known = |pairs: Option<u64>| pairs.map_or_else(|| "not known without --persons".to_owned(), count);
        let mut text = table(&[
            header(&["", "precision", "recall", "F1", "right", "found", "actual"]),
            measured("pairs in one cluster", &e.pairs),
            measured("pairs decided link", &self.links),
            measured("after review", &e.after_review),
            measured("after both queues", &self.after_both_queues),
            measured("children exactly right", &e.exact),
        ]);
        text += &format!(
            "\n  {} records; {} review pairs, {per_thousand:.1} per 1,000 records, {} of them of one child\n  \
             {} pairs in the restricted queue, {} of them of one child\n  \
             twins joined: {}; adopted identities joined: {}; greatest cluster: {}\n",
            count(e.records),
            count(e.review_pairs),
            count(e.review_pairs_true),
            count(self.linked.restricted.len() as u64),
            count(self.restricted_true),
            known(e.twin_pairs),
            known(e.adopted_pairs),
            count(e.biggest_cluster),
        );
        if self.linked.unknown_records + self.linked.records_without_truth > 0 {
            text += &format!(
                "  {} records of the truth are not in the linkage; of {} records of the linkage the truth says nothing\n",
                count(self.linked.unknown_records),
                count(self.linked.records_without_truth)
            );
        }
        if !self.subgroups.is_empty() {
            let mut rows =
                vec![header(&["pairs with a record of", "precision", "recall", "F1", "right", "found", "actual"])];
            rows.extend(self.subgroups.iter().map(|(by, value, own)| measured(&format!("{by} = {value}"), &own.pairs)));
            text += &format!("\n{}", table(&rows));
        }
        if !self.thresholds.is_empty() {
            let mut rows =
                vec![header(&["listed pairs from bits", "precision", "recall", "F1", "right", "found", "actual"])];
            rows.extend(self.thresholds.iter().map(|row| measured(&format!("{}", row.weight), &row.pairs)));
            text += &format!("\n{}", table(&rows));
            let mut rows = vec![header(&["probability", "pairs", "expected", "observed"])];
            rows.extend(self.calibration.iter().map(|bin| {
                vec![
                    format!("{} to {}", bin.from, bin.to),
                    count(bin.pairs),
                    format!("{:.4}", bin.expected),
                    format!("{:.4}", bin.observed),
                ]
            }));
            text += &format!("\n{}", table(&rows));
        }
        text
    }
}

/// The value of a column for each record of the truth, as a number with its name.
fn groups_by(
    name: &str,
    keyed: &Keyed,
    keys: &Keys,
    truth: &Truth,
    records: Option<&Keyed>,
) -> Result<(Vec<String>, Vec<u32>), Error> {
    if name == "multiple_birth" {
        return multiple_birth(truth);
    }
    if name == "source" {
        return Ok(numbered(&(0..keyed.frame.rows()).map(|row| keyed.key(row).0.into_owned()).collect::<Vec<_>>()));
    }
    if let Some(column) = keyed.frame.column(name) {
        return Ok(numbered(
            &(0..keyed.frame.rows()).map(|row| spelled(column.value(row)).into_owned()).collect::<Vec<_>>(),
        ));
    }
    let value_of = records.and_then(|records| subgroup_of(name, records));
    let (Some(records), Some(value_of)) = (records, value_of) else {
        return Err(Error::new(
            "evaluate/missing-column",
            format!("neither --truth nor --records has a column {name}"),
            "name a column of theirs, or multiple_birth, newborn or number",
        )
        .in_field("by"));
    };
    let mut values = vec![String::new(); truth.person.len()];
    for row in 0..records.frame.rows() {
        if let Some(record) = keys.get(records.key(row)) {
            values[record as usize] = value_of(row);
        }
    }
    Ok(numbered(&values))
}

/// How to tell the subgroup of a row of records: `newborn` and `number` are worked out, all else is a
/// column of that name.
fn subgroup_of<'r>(name: &str, records: &'r Keyed) -> Option<Box<dyn Fn(usize) -> String + 'r>> {
    let canonical = |wanted: Column| {
        let columns = records.frame.columns().iter();
        let found = columns.clone().find(|column| column.name == wanted.name());
        found.or_else(|| columns.clone().find(|c| Spellings::built_in().column(&c.name) == Some(wanted)))
    };
    match name {
        "newborn" => {
            let (birth, updated) = (canonical(Column::BirthDate)?, canonical(Column::UpdatedAt)?);
            let day = |column: &FrameColumn, row: usize| {
                let text = spelled(column.value(row)).into_owned();
                birth_date::parse_field(&text, DateOrder::DayMonthYear, None).value().and_then(|date| date.exact())
            };
            Some(Box::new(move |row| match (day(birth, row), day(updated, row)) {
                (Some(birth), Some(updated)) if updated.days_since(birth) < 28 => "under 28 days".to_owned(),
                (Some(_), Some(_)) => "28 days or older".to_owned(),
                _ => String::new(),
            }))
        }
        "number" => {
            let number = canonical(Column::NhsNumber)?;
            Some(Box::new(move |row| match NhsNumber::parse_field(&spelled(number.value(row))).field {
                Field::Absent => "missing".to_owned(),
                Field::Invalid { .. } => "invalid".to_owned(),
                Field::Valid(_) => "valid".to_owned(),
            }))
        }
        _ => {
            let column = records.frame.column(name)?;
            Some(Box::new(move |row| spelled(column.value(row)).into_owned()))
        }
    }
}

/// Children of one maternity against the others.
fn multiple_birth(truth: &Truth) -> Result<(Vec<String>, Vec<u32>), Error> {
    if truth.persons.is_empty() {
        let hint = "give --persons, which names the maternity of each person";
        return Err(Error::new("evaluate/missing-column", "maternities are not known", hint).in_field("by"));
    }
    let mut children: FxHashMap<u32, u32> = FxHashMap::default();
    for maternity in truth.persons.iter().filter_map(|person| person.maternity) {
        *children.entry(maternity).or_default() += 1;
    }
    let multiple = |person: u32| truth.persons[person as usize].maternity.is_some_and(|m| children[&m] > 1);
    let groups = truth.person.iter().map(|&person| u32::from(multiple(person))).collect();
    Ok((vec!["no".to_owned(), "yes".to_owned()], groups))
}

/// Numbers values in their order; rare ones beyond the number shown become one group.
fn numbered(values: &[String]) -> (Vec<String>, Vec<u32>) {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut names: Vec<&str> = counts.keys().copied().collect();
    names.sort_by(|a, b| counts[b].cmp(&counts[a]).then(a.cmp(b)));
    let others = names.len() > GROUPS_SHOWN;
    names.truncate(GROUPS_SHOWN);
    names.sort_unstable();
    let numbers: FxHashMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let groups = values.iter().map(|v| numbers.get(v.as_str()).copied().unwrap_or(names.len() as u32)).collect();
    let shown = |name: &&str| if name.is_empty() { "(none)".to_owned() } else { (*name).to_owned() };
    (names.iter().map(shown).chain(others.then(|| "(others)".to_owned())).collect(), groups)
}

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn measured(name: &str, counts: &PairCounts) -> Vec<String> {
    let share = |value: f64| format!("{value:.4}");
    vec![
        name.to_owned(),
        share(counts.precision()),
        share(counts.recall()),
        share(counts.f1()),
        count(counts.correct),
        count(counts.found),
        count(counts.actual),
    ]
}

fn quality(counts: &PairCounts) -> Value {
    json!({
        "precision": rounded(counts.precision()), "recall": rounded(counts.recall()), "f1": rounded(counts.f1()),
        "correct": counts.correct, "found": counts.found, "actual": counts.actual,
    })
}

/// Six figures after the point are all that a count of pairs supports.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
