//! `childlink sample`: pairs for people to read, from every band of match weight.

use super::Outcome;
use super::evaluate::rounded;
use crate::claims::declare;
use crate::frame_input::read_frame;
use crate::linked::{Keyed, column, find, number_of, spelled};
use crate::output::{OutputFile, cannot_write};
use crate::render::{Terminal, count, table};
use crate::run_record;
use childlink::Error;
use childlink::linkage::evaluate::clerical::{Estimate, Stratum, combined, rank};
use childlink::linkage::frame::FrameColumn;
use childlink::linkage::splink::function::written;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Draw pairs for people to read, from every band of match weight
///
/// The bands divide the links and the review pairs of a run; from each the same number is drawn. Fill in
/// the column `decision` with same, different or unsure, then run `childlink evaluate DIR --clerical`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  childlink sample linked --size 50 --seed 1 --out sample.csv\n  \
    childlink sample linked --by ethnicity --records extract.csv --out sample.csv")]
pub(crate) struct Args {
    /// Folder that `childlink link --out` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Pairs to draw from each band
    #[arg(long, value_name = "N", default_value_t = 50)]
    size: usize,
    /// Width of a band in bits of match weight
    #[arg(long, value_name = "BITS", default_value_t = 5.0, value_parser = positive)]
    band: f64,
    /// Divide each band by the decision and the guards too
    #[arg(long)]
    by_guard: bool,
    /// Divide each band by the values of a column of --records too; may be given many times
    #[arg(long, value_name = "COL", requires = "records")]
    by: Vec<String>,
    /// Records with the columns of --by: source, record_id and any others
    #[arg(long, value_name = "F", requires = "by")]
    records: Option<PathBuf>,
    /// The same seed draws the same pairs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// File to write
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|bits| *bits > 0.0).ok_or_else(|| "give a number above 0".to_owned())
}

const KEYS: [&str; 4] = ["source_l", "record_id_l", "source_r", "record_id_r"];

/// What the pairs of a stratum share: decision, band, guards and subgroup.
type StratumKey = (String, i64, String, String);

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    declare([args.out.as_path()])?;
    run_record::whole(&args.folder)?;
    let path = find(&args.folder, "links")?;
    let links = read_frame(&path)?;
    let of = |name: &str| column(&links, &path, &[name]);
    let keys = [of(KEYS[0])?, of(KEYS[1])?, of(KEYS[2])?, of(KEYS[3])?];
    let (weight, decision, guards) = (of("match_weight")?, of("decision")?, of("guards")?);
    let subgroups = args.records.as_deref().map(|path| Subgroups::read(path, &args.by)).transpose()?;
    let mut strata: BTreeMap<StratumKey, Vec<(u64, usize)>> = BTreeMap::new();
    for row in 0..links.rows() {
        let [source_l, record_l, source_r, record_r] = keys.map(|key| spelled(key.value(row)));
        let place = rank(args.seed, &format!("{source_l}\u{1f}{record_l}"), &format!("{source_r}\u{1f}{record_r}"));
        let band = (number_of(weight.value(row)) / args.band).floor();
        let guards = if args.by_guard { spelled(guards.value(row)).into_owned() } else { String::new() };
        let subgroup = subgroups
            .as_ref()
            .map_or_else(String::new, |all| all.of([&*source_l, &*record_l], [&*source_r, &*record_r]));
        let stratum = (spelled(decision.value(row)).into_owned(), band as i64, guards, subgroup);
        strata.entry(stratum).or_default().push((place, row));
    }
    let written = |error: csv::Error| cannot_write(&args.out, &error.into());
    let mut file = csv::Writer::from_writer(OutputFile::create(&args.out)?);
    let mut names = vec!["stratum", "stratum_pairs"];
    names.extend(KEYS);
    names.extend(["match_weight", "linked"]);
    names.extend(subgroups.is_some().then_some("subgroup"));
    names.push("decision");
    file.write_record(names).map_err(written)?;
    let mut shown = vec![["stratum", "pairs", "drawn"].map(str::to_owned).to_vec()];
    let mut drawn = 0;
    for ((decided, band, guards, subgroup), mut rows) in strata {
        let from = band as f64 * args.band;
        let mut name = format!("{decided} {from} to {}", from + args.band);
        for part in [&guards, &subgroup].into_iter().filter(|part| !part.is_empty()) {
            name += " ";
            name += part;
        }
        let pairs = rows.len();
        rows.sort_unstable();
        rows.truncate(args.size);
        for &(_, row) in &rows {
            let [source_l, record_l, source_r, record_r] = keys.map(|key| spelled(key.value(row)));
            let bits = number_of(weight.value(row)).to_string();
            let linked = if decided == "link" { "yes" } else { "no" };
            let pairs = pairs.to_string();
            let mut fields = vec![&*name, &*pairs, &*source_l, &*record_l, &*source_r, &*record_r, &*bits, linked];
            fields.extend(subgroups.is_some().then_some(&*subgroup));
            fields.push("");
            file.write_record(fields).map_err(written)?;
        }
        drawn += rows.len() as u64;
        shown.push(vec![name, count(pairs as u64), count(rows.len() as u64)]);
    }
    file.into_inner().map_err(|e| cannot_write(&args.out, e.error()))?.finish()?;
    terminal.result(
        || format!("{}\n{} pairs to read in {}\n", table(&shown), count(drawn), args.out.display()),
        || json!({"pairs": drawn, "strata": shown.len() - 1}),
    )?;
    Ok(Outcome::Clean)
}

/// The values of some columns by record.
struct Subgroups {
    by_key: HashMap<[String; 2], String>,
}

impl Subgroups {
    fn read(path: &Path, names: &[String]) -> Result<Subgroups, Error> {
        let keyed = Keyed::read(path)?;
        let columns =
            names.iter().map(|name| column(&keyed.frame, path, &[name])).collect::<Result<Vec<_>, Error>>()?;
        let mut by_key = HashMap::new();
        for row in 0..keyed.frame.rows() {
            let (source, record_id) = keyed.key(row);
            let value = |(name, column): (&String, &&FrameColumn)| {
                format!("{name}={}", written(column.value(row)).unwrap_or_else(|| "(missing)".to_owned()))
            };
            let values: Vec<String> = names.iter().zip(&columns).map(value).collect();
            by_key.insert([source.into_owned(), record_id.into_owned()], values.join(" "));
        }
        Ok(Subgroups { by_key })
    }

    /// The subgroup of a pair: the values of both records, told once where they are equal.
    fn of(&self, left: [&str; 2], right: [&str; 2]) -> String {
        let value = |key: [&str; 2]| self.by_key.get(&key.map(str::to_owned)).map_or("(not listed)", String::as_str);
        let (one, other) = (value(left).min(value(right)), value(left).max(value(right)));
        if one == other { one.to_owned() } else { format!("{one} / {other}") }
    }
}

/// A sample with the decisions of its readers.
pub(super) struct Reading {
    /// By name; with whether its pairs are links.
    strata: BTreeMap<String, (bool, Stratum)>,
    /// The subgroup of each stratum, by its name; empty for a sample that was not divided by any.
    subgroups: BTreeMap<String, String>,
    undecided: u64,
}

/// What one threshold would mean: the listed pairs from it on linked, those below read by a person.
struct Workload {
    from: f64,
    linked: u64,
    precision: Option<Estimate>,
    to_read: u64,
    /// The share of pairs of one child among those to read.
    matches: Option<Estimate>,
}

impl Reading {
    /// Reads a sample that people have filled in.
    ///
    /// # Errors
    /// Those of `read_frame`; `evaluate/missing-column`, `evaluate/clerical-decision`.
    pub(super) fn read(path: &Path) -> Result<Reading, Error> {
        let frame = read_frame(path)?;
        let of = |name: &str| column(&frame, path, &[name]);
        let (stratum, pairs) = (of("stratum")?, of("stratum_pairs")?);
        let (linked, decision) = (of("linked")?, of("decision")?);
        let subgroup = frame.column("subgroup");
        let mut reading = Reading { strata: BTreeMap::new(), subgroups: BTreeMap::new(), undecided: 0 };
        for row in 0..frame.rows() {
            let name = spelled(stratum.value(row)).into_owned();
            if let Some(subgroup) = subgroup {
                reading.subgroups.entry(name.clone()).or_insert_with(|| spelled(subgroup.value(row)).into_owned());
            }
            let (_, own) =
                reading.strata.entry(name).or_insert_with(|| (spelled(linked.value(row)) == "yes", Stratum::default()));
            own.pairs = number_of(pairs.value(row)) as u64;
            match spelled(decision.value(row)).trim() {
                "same" => (own.read, own.same) = (own.read + 1, own.same + 1),
                "different" => own.read += 1,
                "" | "unsure" => reading.undecided += 1,
                _ => {
                    return Err(Error::new(
                        "evaluate/clerical-decision",
                        format!("{}: row {} has a decision that is none", path.display(), row + 2),
                        "write same, different or unsure",
                    ));
                }
            }
        }
        Ok(reading)
    }

    /// The share of pairs of one child among the links, or among the review pairs.
    fn share(&self, links: bool) -> (u64, Option<Estimate>) {
        self.share_of(links, None)
    }

    /// The same for one subgroup, if one is named.
    fn share_of(&self, links: bool, subgroup: Option<&str>) -> (u64, Option<Estimate>) {
        let is_meant =
            |name: &String| subgroup.is_none_or(|wanted| self.subgroups.get(name).is_some_and(|own| own == wanted));
        let strata = self.strata.iter().filter(|(name, (own, _))| *own == links && is_meant(name));
        let strata: Vec<Stratum> = strata.map(|(_, (_, stratum))| *stratum).collect();
        (strata.iter().map(|stratum| stratum.pairs).sum(), combined(&strata))
    }

    /// Each subgroup once.
    fn subgroups(&self) -> BTreeSet<&str> {
        self.subgroups.values().map(String::as_str).collect()
    }

    /// One row for each edge between bands, greatest first. Guards are not asked: a band holds pairs that a
    /// guard keeps from being linked whatever the threshold.
    fn workloads(&self) -> Vec<Workload> {
        let banded: Vec<(f64, Stratum)> =
            self.strata.iter().filter_map(|(name, (_, own))| Some((band_from(name)?, *own))).collect();
        let mut edges: Vec<f64> = banded.iter().map(|(from, _)| *from).collect();
        edges.sort_by(|a, b| b.total_cmp(a));
        edges.dedup();
        let workload = |from: f64| {
            let (above, below): (Vec<_>, Vec<_>) = banded.iter().partition(|(own, _)| *own >= from);
            let part = |strata: Vec<&(f64, Stratum)>| -> (u64, Option<Estimate>) {
                let strata: Vec<Stratum> = strata.into_iter().map(|(_, own)| *own).collect();
                (strata.iter().map(|own| own.pairs).sum(), combined(&strata))
            };
            let ((linked, precision), (to_read, matches)) =
                (part(above.iter().collect()), part(below.iter().collect()));
            Workload { from, linked, precision, to_read, matches }
        };
        edges.into_iter().map(workload).collect()
    }

    pub(super) fn object(&self) -> Value {
        let shown = |estimate: Option<Estimate>, scale: f64| {
            estimate.map(|e| json!({"estimate": rounded(e.share * scale), "low": rounded(e.low * scale), "high": rounded(e.high * scale)}))
        };
        let ((links, precision), (reviews, missed)) = (self.share(true), self.share(false));
        json!({
            "links": links, "precision": shown(precision, 1.0),
            "review_pairs": reviews, "missed_links_in_review": shown(missed, reviews as f64),
            "undecided": self.undecided,
            "thresholds": self.workloads().iter().map(|row| json!({
                "match_weight": row.from, "linked": row.linked, "precision": shown(row.precision, 1.0),
                "to_read": row.to_read, "matches_to_read": shown(row.matches, row.to_read as f64),
            })).collect::<Vec<Value>>(),
            "subgroups": self.subgroups().into_iter().map(|subgroup| {
                let part = |links| self.share_of(links, Some(subgroup));
                let ((links, precision), (reviews, missed)) = (part(true), part(false));
                json!({
                    "subgroup": subgroup, "links": links, "precision": shown(precision, 1.0),
                    "review_pairs": reviews, "missed_links_in_review": shown(missed, reviews as f64),
                })
            }).collect::<Vec<Value>>(),
            "strata": self.strata.iter().map(|(name, (_, own))| json!({
                "stratum": name, "pairs": own.pairs, "read": own.read, "same": own.same, "share": shown(own.share(), 1.0),
            })).collect::<Vec<Value>>(),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut rows =
            vec![["stratum", "pairs", "read", "of one child", "share", "95 % from", "to"].map(str::to_owned).to_vec()];
        for (name, (_, own)) in &self.strata {
            let mut row = vec![name.clone(), count(own.pairs), count(own.read), count(own.same)];
            row.extend(
                own.share().map_or_else(Vec::new, |e| [e.share, e.low, e.high].map(|v| format!("{v:.4}")).to_vec()),
            );
            rows.push(row);
        }
        let interval = |estimate: Option<Estimate>, scale: f64, digits: usize| match estimate {
            Some(e) => {
                format!("{:.digits$} (95 % {:.digits$} to {:.digits$})", e.share * scale, e.low * scale, e.high * scale)
            }
            None => "not known until every stratum is read".to_owned(),
        };
        let ((links, precision), (reviews, missed)) = (self.share(true), self.share(false));
        let mut thresholds = vec![
            ["linked from bits", "pairs linked", "precision", "pairs to read", "of one child"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for row in self.workloads() {
            let matches = if row.to_read == 0 { "0".to_owned() } else { interval(row.matches, row.to_read as f64, 0) };
            let bits = format!("{}", row.from);
            thresholds.push(vec![
                bits,
                count(row.linked),
                interval(row.precision, 1.0, 4),
                count(row.to_read),
                matches,
            ]);
        }
        let mut by_subgroup =
            vec![["subgroup", "links", "precision", "review pairs", "links missed"].map(str::to_owned).to_vec()];
        for subgroup in self.subgroups() {
            let part = |links| self.share_of(links, Some(subgroup));
            let ((links, precision), (reviews, missed)) = (part(true), part(false));
            by_subgroup.push(vec![
                subgroup.to_owned(),
                count(links),
                if links == 0 { "-".to_owned() } else { interval(precision, 1.0, 4) },
                count(reviews),
                if reviews == 0 { "0".to_owned() } else { interval(missed, reviews as f64, 0) },
            ]);
        }
        let by_subgroup = if by_subgroup.len() > 1 { format!("{}\n", table(&by_subgroup)) } else { String::new() };
        format!(
            "{}\n{}\n{by_subgroup}  precision of {} links: {}\n  links missed among {} review pairs: {}\n  {} pairs undecided; pairs that \
             the run did not list are not in the sample\n",
            table(&rows),
            table(&thresholds),
            count(links),
            interval(precision, 1.0, 4),
            count(reviews),
            interval(missed, reviews as f64, 0),
            count(self.undecided),
        )
    }
}

/// The least weight of a band, from the name of its stratum: `link 5 to 10`.
fn band_from(stratum: &str) -> Option<f64> {
    stratum.split_whitespace().nth(1)?.parse().ok()
}
