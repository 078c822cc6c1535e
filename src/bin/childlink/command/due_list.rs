//! `childlink due-list`: who is due what, and who has been missed.

use super::Outcome;
use super::programme::read_programme;
use crate::claims::declare;
use crate::cohort::{Cohort, Members};
use crate::input::InputArgs;
use crate::lists::in_file;
use crate::output::{OutputFile, cannot_read, cannot_write, write_file};
use crate::render::{Terminal, count, table};
use crate::standard::open;
use childlink::Error;
use childlink::date::Date;
use childlink::error::{Code, Severity};
use childlink::exchange::care_events::Events;
use childlink::exchange::due_list::icalendar::CalendarKey;
use childlink::exchange::due_list::{Format, Writer, area_counts, coverage_table};
use childlink::exchange::intake::Records;
use childlink::exchange::lists;
use childlink::linkage::parallel;
use childlink::schedule::coverage::{Coverage, Indicators, Quarter};
use childlink::schedule::due_list::{Areas, DueChild, DueList, Place, Tally};
use childlink::schedule::{Child, ChildSchedule, Fault, Nation, Programmes};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// List what the children of a cohort are due, and who has been missed
///
/// Reads records of children and files of what was given and done. Children who are registered with no
/// practice come first, then practice by practice; a child who has died is in no list. Where any record of a
/// child is sensitive, address, postcode and practice are withheld.
///
/// Screens and reviews are listed only if their files are given: without them nobody knows what was done.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink due-list children.csv --doses doses.csv --as-at 2026-11-21 --out due.csv\n  \
    childlink due-list extracts/*.csv --links linked --doses doses.csv --screens screens.csv \\\n      \
    --as-at 2026-11-21 --out due.html --counts by-practice.csv --coverage cover.csv\n  \
    childlink due-list children.csv --links linked --doses doses.csv --as-at 2026-11-21 \\\n      \
    --child northtown:12345 --out visits.ics\n\n\
    The columns of each file are in docs/due-list.md.")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// The day of evaluation, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    as_at: String,
    /// Where to write the list; - for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// csv, ndjson, fhir, ics or html; told by the ending of FILE if not given (.json is FHIR)
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Doses: source,record_id,date,product (or snomed),given
    #[arg(long, value_name = "FILE", help_heading = "What was given and done")]
    doses: PathBuf,
    /// Newborn screens: source,record_id,date,kind,condition,outcome
    #[arg(long, value_name = "FILE", help_heading = "What was given and done")]
    screens: Option<PathBuf>,
    /// Health reviews and vitamin K: source,record_id,date,kind,route
    #[arg(long, value_name = "FILE", help_heading = "What was given and done")]
    reviews: Option<PathBuf>,
    /// Risk groups: source,record_id,risk_group
    #[arg(long, value_name = "FILE", help_heading = "What was given and done")]
    risk_groups: Option<PathBuf>,
    /// Folder that `childlink link` wrote: records of one child are taken together
    #[arg(long, value_name = "DIR")]
    links: Option<PathBuf>,
    /// Only the child of this record
    #[arg(long, value_name = "SOURCE:RECORD_ID")]
    child: Option<String>,
    /// The nation whose programmes are followed: england, scotland, wales or northern-ireland
    #[arg(long, value_name = "NATION", default_value = "england")]
    nation: String,
    /// Follow this immunisation programme instead of the one that childlink carries
    #[arg(long, value_name = "FILE")]
    programme: Option<PathBuf>,
    /// Write how many children are due and overdue, in all, by practice and by postcode district
    #[arg(long, value_name = "FILE", help_heading = "Further results")]
    counts: Option<PathBuf>,
    /// Write coverage as COVER counts it: children who reach an age in a quarter, and what they had by then
    #[arg(long, value_name = "FILE", help_heading = "Further results")]
    coverage: Option<PathBuf>,
    /// Count by local authority too: a list postcode,area of the code that each postcode lies in
    #[arg(long, value_name = "FILE", help_heading = "Further results")]
    areas: Option<PathBuf>,
    /// The quarter of --coverage, such as 2026Q3; the last one ended on the day of evaluation if not given
    #[arg(long, value_name = "QUARTER", help_heading = "Further results")]
    quarter: Option<String>,
    /// Write the rows of doses, screens, reviews and risk groups that could not be used: file,row,reason
    #[arg(long, value_name = "FILE", help_heading = "Further results")]
    quarantine: Option<PathBuf>,
    /// A secret file by which a calendar's entries keep their ids; needed for .ics without --links
    #[arg(long, value_name = "FILE")]
    calendar_key: Option<PathBuf>,
    /// Use so many threads (0: all)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::args::threads)]
    threads: usize,
}

/// Children evaluated by one thread at a time.
const PIECE: usize = 256;
/// Pieces evaluated before they are written.
const PIECES: usize = 32;

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    parallel::with_threads(args.threads, || list(args, terminal))
}

fn list(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let further = args.counts.iter().chain(&args.coverage).chain(&args.quarantine);
    declare([&args.out].into_iter().chain(further).map(PathBuf::as_path))?;
    let as_at = Date::parse(&args.as_at).map_err(|found| Error::from(found).in_field("--as-at"))?;
    let format = args.format()?;
    let quarter = args.quarter(as_at)?;
    let calendar_key = args.calendar_key(format)?;
    let own = args.programme.as_deref().map(read_programme).transpose()?;
    let mut programmes = Programmes::built_in();
    if let Some(programme) = &own {
        programmes.immunisation = programme;
    }
    let nation = args.nation()?;
    let due_list = DueList { programmes, nation, screens: args.screens.is_some(), reviews: args.reviews.is_some() };
    let indicators = args.coverage.is_some().then(|| Indicators::built_in(programmes.vocabulary()));
    let indicators = indicators.transpose().map_err(|faults| unfit(&faults))?;

    let areas = args.areas.as_deref().map(|path| in_file(path, lists::read_areas(open(path)?))).transpose()?;
    let inputs = args.input.resolve()?;
    let progress = terminal.progress();
    let records = inputs.read(&progress)?;
    let phase = progress.phase("Reading events");
    let mut cohort = Cohort::new(&records.built, args.links.as_deref())?;
    for (path, events) in args.events() {
        cohort.read_events(path, events, programmes.vocabulary())?;
    }
    drop(phase);

    let _phase = progress.phase("Listing");
    let order = args.order(&cohort, as_at)?;
    let mut run = Run {
        due_list,
        as_at,
        out: OutputFile::create(&args.out)?,
        path: &args.out,
        writer: Writer::new(format, as_at, calendar_key),
        tally: Tally::default(),
        coverage: indicators.as_ref().map(|indicators| Coverage::new(indicators, quarter)),
        areas: areas.as_ref(),
        findings: BTreeMap::new(),
    };
    run.write(&cohort, &order)?;
    let Run { out, writer, tally, coverage, findings, .. } = run;
    out.finish()?;
    if let Some(path) = &args.counts {
        write_file(path, &area_counts(&tally))?;
    }
    if let (Some(path), Some(coverage)) = (&args.coverage, &coverage) {
        write_file(path, &coverage_table(coverage))?;
    }
    if let Some(path) = &args.quarantine {
        write_file(path, &quarantine(&cohort))?;
    }
    let summary =
        Summary { records: &records, cohort: &cohort, tally: &tally, findings: &findings, listed: writer.children() };
    terminal.result(|| summary.as_text(), || summary.as_json())?;
    Ok(if summary.has_findings() { Outcome::Findings } else { Outcome::Clean })
}

/// The error for coverage indicators that the programme does not fit.
fn unfit(faults: &[Fault]) -> Error {
    Error::new(
        "coverage/indicators",
        format!("the coverage indicators do not fit this programme: {}", faults.first().map_or("", |f| &f.found)),
        "leave out --coverage, or give the programme the series and risk groups that the indicators name",
    )
}

impl Args {
    fn format(&self) -> Result<Format, Error> {
        let ending = self.out.extension().map(|ending| ending.to_string_lossy().into_owned());
        let name = self.format.clone().or(ending).unwrap_or_default();
        Format::parse(&name).ok_or_else(|| {
            Error::new(
                "due-list/format",
                format!("`{name}` is no format of a due list"),
                "end the file name in .csv, .ndjson, .json (FHIR), .ics or .html, or give --format",
            )
            .in_field("--format")
        })
    }

    fn nation(&self) -> Result<Nation, Error> {
        Nation::parse(&self.nation).ok_or_else(|| {
            Error::new(
                "due-list/nation",
                format!("`{}` is no nation of the United Kingdom", self.nation),
                "write england, scotland, wales or northern-ireland",
            )
            .in_field("--nation")
        })
    }

    /// The quarter of coverage, which must be over.
    fn quarter(&self, as_at: Date) -> Result<Quarter, Error> {
        let Some(text) = &self.quarter else { return Ok(Quarter::last_before(as_at)) };
        let fault = |found: &str, fix: &str| Error::new("due-list/quarter", found, fix).in_field("--quarter");
        let quarter = Quarter::parse(text)
            .ok_or_else(|| fault("the quarter cannot be read", "write it as 2026Q3 for July to September 2026"))?;
        if quarter.last() > as_at {
            return Err(fault("the quarter is not over on the day of evaluation", "give an earlier quarter"));
        }
        Ok(quarter)
    }

    /// What makes the ids of calendar entries: a secret, since the key of a record may be an NHS number. Ids of
    /// a linkage are opaque and need none.
    fn calendar_key(&self, format: Format) -> Result<CalendarKey, Error> {
        match &self.calendar_key {
            Some(path) => Ok(CalendarKey::new(fs::read(path).map_err(|e| cannot_read(path, &e))?)),
            None if format == Format::Calendar && self.links.is_none() => Err(Error::new(
                "due-list/calendar-key",
                "without --links the ids of a calendar's entries would be made from the record id, which may be an NHS number",
                "give --links DIR, or --calendar-key FILE with a file of at least 32 random bytes that you keep secret",
            )),
            None => Ok(CalendarKey::default()),
        }
    }

    fn events(&self) -> impl Iterator<Item = (&Path, Events)> {
        [
            (Some(&self.doses), Events::Doses),
            (self.screens.as_ref(), Events::Screens),
            (self.reviews.as_ref(), Events::Reviews),
            (self.risk_groups.as_ref(), Events::RiskGroups),
        ]
        .into_iter()
        .filter_map(|(path, events)| Some((path?.as_path(), events)))
    }

    /// The children to list, in the order of the list.
    fn order(&self, cohort: &Cohort<'_>, as_at: Date) -> Result<Vec<u32>, Error> {
        if let Some(key) = &self.child {
            let found = key.split_once(':').and_then(|(source, record_id)| cohort.child_of(source, record_id));
            return found.map(|child| vec![child as u32]).ok_or_else(|| {
                Error::new(
                    "due-list/child",
                    "no record has the source and record id of --child",
                    "write it as SOURCE:RECORD_ID, as in the children's file",
                )
                .in_field("--child")
            });
        }
        let places: Vec<Vec<(Place, u32)>> = parallel::map(cohort.len().div_ceil(PIECE), |piece| {
            let children = piece * PIECE..((piece + 1) * PIECE).min(cohort.len());
            children.map(|child| (cohort.members(child, as_at).listed().place(), child as u32)).collect()
        });
        let mut places = places.concat();
        places.sort_unstable();
        Ok(places.into_iter().map(|(_, child)| child).collect())
    }
}

/// A list being written.
struct Run<'p, 'i> {
    due_list: DueList<'p>,
    as_at: Date,
    out: OutputFile,
    path: &'i Path,
    writer: Writer,
    tally: Tally,
    coverage: Option<Coverage<'i>>,
    areas: Option<&'i Areas>,
    /// Children by finding of the schedule.
    findings: BTreeMap<&'static Code, u64>,
}

/// A child evaluated on some thread.
struct Evaluated<'c, 'p> {
    members: Members<'c>,
    child: Child<'static>,
    schedule: ChildSchedule<'p>,
}

impl<'p> Run<'p, '_> {
    fn write(&mut self, cohort: &Cohort<'_>, order: &[u32]) -> Result<(), Error> {
        let mut text = Vec::new();
        self.writer.begin(&mut text);
        for wave in order.chunks(PIECE * PIECES) {
            let pieces: Vec<&[u32]> = wave.chunks(PIECE).collect();
            let (due_list, as_at) = (self.due_list, self.as_at);
            let evaluated = parallel::map(pieces.len(), |piece| {
                pieces[piece]
                    .iter()
                    .map(|&child| evaluate(cohort, child as usize, &due_list, as_at))
                    .collect::<Vec<_>>()
            });
            for child in evaluated.iter().flatten() {
                self.child(&mut text, child)?;
            }
            self.put(&mut text)?;
        }
        self.writer.end(&mut text);
        self.put(&mut text)
    }

    fn child(&mut self, text: &mut Vec<u8>, evaluated: &Evaluated<'_, 'p>) -> Result<(), Error> {
        let listed = evaluated.members.listed();
        let schedule = &evaluated.schedule;
        if let Some(coverage) = &mut self.coverage {
            let areas: Vec<_> = listed.areas(self.areas).collect();
            coverage.add(&evaluated.child, schedule, &areas);
        }
        let mut codes: Vec<&'static Code> = schedule.findings.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().for_each(|code| *self.findings.entry(code).or_default() += 1);
        let items = self.due_list.due_items(schedule);
        self.tally.add(&listed, self.areas, &items);
        let visits = self.due_list.visits(schedule);
        self.writer.child(text, &DueChild { child: listed, items, visits, as_at: self.as_at })
    }

    fn put(&mut self, text: &mut Vec<u8>) -> Result<(), Error> {
        self.out.write_all(text).map_err(|e| cannot_write(self.path, &e))?;
        text.clear();
        Ok(())
    }
}

fn evaluate<'c, 'p>(cohort: &'c Cohort<'_>, child: usize, list: &DueList<'p>, as_at: Date) -> Evaluated<'c, 'p> {
    let members = cohort.members(child, as_at);
    let scheduled = cohort.scheduled(child, &members.listed(), list.nation);
    let schedule = list.evaluate(&scheduled, as_at);
    Evaluated { members, child: scheduled, schedule }
}

/// The rows of event files that could not be used.
fn quarantine(cohort: &Cohort<'_>) -> Vec<u8> {
    let mut text = b"file,row,reason\n".to_vec();
    for (path, row, reason) in &cohort.losses.aside {
        let name = path.file_name().map(|name| name.to_string_lossy().replace('"', "\"\"")).unwrap_or_default();
        text.extend_from_slice(format!("\"{name}\",{row},{}\n", reason.id).as_bytes());
    }
    text
}

/// What the user is told at the end.
struct Summary<'s> {
    records: &'s Records,
    cohort: &'s Cohort<'s>,
    tally: &'s Tally,
    findings: &'s BTreeMap<&'static Code, u64>,
    listed: u64,
}

impl Summary<'_> {
    fn aside(&self) -> BTreeMap<&'static Code, u64> {
        let mut reasons = BTreeMap::new();
        for (_, _, reason) in &self.cohort.losses.aside {
            *reasons.entry(*reason).or_default() += 1;
        }
        reasons
    }

    fn has_findings(&self) -> bool {
        let losses = &self.cohort.losses;
        !self.records.quarantined.is_empty()
            || losses.unlinked > 0
            || !losses.aside.is_empty()
            || self.findings.keys().any(|code| code.severity > Severity::Note)
    }

    fn as_text(&self) -> String {
        let (all, losses) = (self.tally.all(), &self.cohort.losses);
        let unregistered = self.unregistered();
        let row = |what: &str, number: u64| vec![what.to_owned(), count(number)];
        let mut text = table(&[
            row("children", all.children),
            row("in the list", self.listed),
            row("with something overdue", all.overdue),
            row("with a failsafe breach", all.failsafe),
            row("registered with no practice", unregistered),
        ]);
        let mut tell = |number: u64, what: &str| {
            if number > 0 {
                text += &format!("\n  {} {what}", count(number));
            }
        };
        tell(self.records.quarantined.len() as u64, "rows of children set aside: see childlink check");
        tell(losses.unlinked, "records that the linkage does not know, each taken for a child of its own");
        tell(losses.not_given, "rows that say that a dose was not given");
        tell(losses.aside.len() as u64, "rows of doses, screens, reviews or risk groups set aside:");
        for (reason, number) in self.aside() {
            tell(number, &format!("{}: {}", reason.id, reason.message));
        }
        for (code, number) in self.findings.iter().filter(|(code, _)| code.severity > Severity::Note) {
            tell(*number, &format!("children with {}: {}; {}", code.id, code.message, code.hint));
        }
        text.trim_end().to_owned() + "\n"
    }

    fn as_json(&self) -> serde_json::Value {
        let (all, losses) = (self.tally.all(), &self.cohort.losses);
        let by_code = |counts: &BTreeMap<&'static Code, u64>| -> BTreeMap<&str, u64> {
            counts.iter().map(|(code, number)| (code.id, *number)).collect()
        };
        json!({
            "children": all.children,
            "listed": self.listed,
            "due": all.due,
            "overdue": all.overdue,
            "failsafe": all.failsafe,
            "unregistered": self.unregistered(),
            "rows_quarantined": self.records.quarantined.len(),
            "unlinked_records": losses.unlinked,
            "event_rows": losses.event_rows,
            "event_rows_quarantined": by_code(&self.aside()),
            "doses_not_given": losses.not_given,
            "findings": by_code(self.findings),
        })
    }

    fn unregistered(&self) -> u64 {
        let is = |(kind, area, _): &(&str, &str, _)| *kind == "practice" && *area == "unregistered";
        self.tally.areas().find(is).map_or(0, |(_, _, counts)| counts.children)
    }
}
