//! `childlink doctor`: whether this installation can do its work here, and what to do where it cannot.

use super::Outcome;
use super::link::read_model;
use crate::render::{Terminal, error_object, table};
use childlink::Error;
use childlink::exchange::best::Rules;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::pds_trace::Layout;
use childlink::identity::column::Column;
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::raw::RawFields;
use childlink::linkage::table::{Table, TableBuilder};
use childlink::linkage::{LinkOptions, link, parallel};
use childlink::schedule::Programme;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Check this installation: program, data files, model, memory, folder for results
///
/// Each check says what was found and, where something is wrong, what to do. Nothing is sent anywhere, and no record is
/// read.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink doctor\n  \
    childlink doctor --out results --model our-model.json --records 1800000\n\n\
    Ends with code 2 if anything is wrong. A note is worth knowing, and nothing is wrong.")]
pub(crate) struct Args {
    /// The folder in which results are to be written
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// A linkage model to check in place of the built-in one
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// How many records are to be linked: is there memory for them?
    #[arg(long, value_name = "N")]
    records: Option<u64>,
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    Note,
    Wrong,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            State::Well => "well",
            State::Note => "note",
            State::Wrong => "wrong",
        }
    }
}

/// One check: what it looked at, how it ended, what was found, what to do.
struct Check {
    name: &'static str,
    state: State,
    found: String,
    todo: String,
}

impl Check {
    fn new(name: &'static str, state: State, found: impl Into<String>, todo: impl Into<String>) -> Check {
        Check { name, state, found: found.into(), todo: todo.into() }
    }

    /// A check that ends well or by an error.
    fn of(name: &'static str, outcome: Result<String, Error>) -> Check {
        match outcome {
            Ok(found) => Check::new(name, State::Well, found, ""),
            Err(error) => Check::new(name, State::Wrong, format!("{} ({})", error.message, error.code), error.hint),
        }
    }
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let mut checks = vec![program(), numbers(), linkage()];
    checks.extend(data_files());
    checks.push(model(args.model.as_deref()));
    checks.push(memory(args.records));
    checks.extend(folder(&args.out));
    let wrong = checks.iter().filter(|check| check.state == State::Wrong).count();
    let error = (wrong > 0).then(|| {
        let message = format!("{wrong} of {} checks found something wrong", checks.len());
        Error::new("doctor/wrong", message, "do what stands beside each")
    });
    let words = || {
        let row = |check: &Check| vec![check.state.as_str().to_owned(), check.name.to_owned(), check.found.clone()];
        let mut rows = vec![vec!["".to_owned(), "check".to_owned(), "found".to_owned()]];
        rows.extend(checks.iter().map(row));
        let mut text = table(&rows);
        for check in checks.iter().filter(|check| !check.todo.is_empty()) {
            text += &format!("\n{}: {}\n", check.name, check.todo);
        }
        text
    };
    let object = || {
        let check = |check: &Check| json!({"check": check.name, "state": check.state.as_str(), "found": check.found, "todo": check.todo});
        let mut object = json!({"checks": checks.iter().map(check).collect::<Vec<_>>()});
        if let Some(error) = &error {
            object["error"] = error_object(error);
        }
        object
    };
    terminal.result(words, object)?;
    match &error {
        None => Ok(Outcome::Clean),
        Some(error) => {
            terminal.error_in_words(error);
            Ok(Outcome::Unusable)
        }
    }
}

fn program() -> Check {
    let found = format!(
        "childlink {} on {} {}, {} threads",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        parallel::thread_count()
    );
    match cfg!(debug_assertions) {
        false => Check::new("program", State::Well, found, ""),
        true => Check::new(
            "program",
            State::Note,
            format!("{found}, built without optimisation"),
            "this build is many times slower: install with `cargo install --path .` for real work",
        ),
    }
}

/// The published example of the check digit, and a wrong one: NHS Data Model and Dictionary, NHS NUMBER.
fn numbers() -> Check {
    let right = NhsNumber::parse("943 476 5919").is_ok() && NhsNumber::parse("9434765918").is_err();
    match right {
        true => Check::new("NHS numbers", State::Well, "the published example is valid, a wrong figure is not", ""),
        false => Check::new("NHS numbers", State::Wrong, "the published example is judged wrongly", "install again"),
    }
}

/// Two records of one child become one, and a twin stays apart.
fn linkage() -> Check {
    let mut builder = TableBuilder::new(0);
    let rows = [
        ("births", "1", "9434765919", "Amara", "1"),
        ("school", "2", "9434765919", "Amara", "1"),
        ("births", "3", "4010232137", "Chidi", "2"),
    ];
    for (row, (source, id, number, given, order)) in rows.into_iter().enumerate() {
        let source = builder.source(source);
        let mut raw = RawFields::new();
        for (column, text) in [
            (Column::RecordId, id),
            (Column::NhsNumber, number),
            (Column::GivenName, given),
            (Column::FamilyName, "Okafor"),
            (Column::BirthDate, "2020-03-04"),
            (Column::BirthOrder, order),
            (Column::Postcode, "N4 2AB"),
        ] {
            raw.set(column, text);
        }
        builder.push(source, row as u32 + 1, &raw);
    }
    let table = Table::build(vec![builder]).table;
    let options = LinkOptions { skip_training: true, ..LinkOptions::default() };
    let model = childlink::linkage::model::Model::child_health();
    match link(&table, &model, &options) {
        // The table stands in order of source and record id: births/1, births/3, school/2.
        Ok(linked) if linked.children.child_id == [1, 2, 1] => {
            Check::new("linkage", State::Well, "two records of one child are joined, a twin stays apart", "")
        }
        Ok(_) => Check::new("linkage", State::Wrong, "three example records are linked wrongly", "install again"),
        Err(error) => Check::of("linkage", Err(error)),
    }
}

fn data_files() -> Vec<Check> {
    let unconfirmed = Programme::built_in().unconfirmed_rules().len();
    let programme = Check::new(
        "schedule",
        if unconfirmed > 0 { State::Note } else { State::Well },
        format!(
            "{} {}; {unconfirmed} rules are unconfirmed",
            Programme::built_in().provenance().id,
            Programme::built_in().provenance().version
        ),
        if unconfirmed > 0 {
            "every output marks them; check those that you rely on (docs/programme-files.md)"
        } else {
            ""
        },
    );
    let known = Column::ALL.into_iter().all(|column| Spellings::built_in().column(column.name()) == Some(column));
    let columns = match known {
        true => Check::new("column lists", State::Well, format!("{} columns are recognised", Column::COUNT), ""),
        false => Check::new("column lists", State::Wrong, "a canonical column is not recognised", "install again"),
    };
    let named = |name: &'static str, read: Result<(String, bool), Error>, todo: &'static str| match read {
        Ok((found, true)) => Check::new(name, State::Note, format!("{found}, unconfirmed"), todo),
        Ok((found, false)) => Check::new(name, State::Well, found, ""),
        Err(error) => Check::of(name, Err(error)),
    };
    vec![
        programme,
        columns,
        named(
            "trace layout",
            Layout::built_in().map(|layout| (layout.title, layout.unconfirmed)),
            "compare it with the specification that you hold before you send a request (docs/tracing.md)",
        ),
        named(
            "best-record rules",
            Rules::built_in().map(|rules| (rules.id, rules.unconfirmed)),
            "read them before you rely on best records (docs/best-record.md)",
        ),
    ]
}

fn model(path: Option<&Path>) -> Check {
    let told = read_model(path).and_then(|model| {
        model.check()?;
        let trained = match model.provenance.trained_on_records {
            0 => "not trained: `link` trains it on your records".to_owned(),
            records => format!("trained on {records} records"),
        };
        Ok(format!("{} {}, {} comparisons, {trained}", model.id, model.version, model.comparisons.len()))
    });
    Check::of("model", told)
}

/// Memory of a run for each record, in bytes: 7.7 GiB for 16 million records (CHANGELOG), rounded up.
const BYTES_PER_RECORD: u64 = 560;

fn memory(records: Option<u64>) -> Check {
    let Some(available) = available_memory() else {
        return Check::new(
            "memory",
            State::Note,
            "this system does not tell",
            "see that there is 1 GiB for each 2 million records",
        );
    };
    let fits = available / BYTES_PER_RECORD;
    let gib = available as f64 / f64::from(1 << 30);
    let found = format!("{gib:.1} GiB free: room for about {:.1} million records", fits as f64 / 1e6);
    match records {
        Some(wanted) if wanted > fits => Check::new(
            "memory",
            State::Wrong,
            format!("{found}, not for {:.1} million", wanted as f64 / 1e6),
            "close other programs, or use a machine with more memory",
        ),
        _ if fits < 100_000 => Check::new("memory", State::Wrong, found, "close other programs"),
        _ => Check::new("memory", State::Well, found, ""),
    }
}

/// Memory that a process may still take, in bytes: what the system has free, or less if this process is confined.
fn available_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    let read = |name: &str| fs::read_to_string(name).ok()?.trim().parse::<u64>().ok();
    let limit = read("/sys/fs/cgroup/memory.max")
        .map(|most| most.saturating_sub(read("/sys/fs/cgroup/memory.current").unwrap_or(0)));
    Some(limit.map_or(free, |limit| free.min(limit)))
}

/// How much is written to see whether there is room, in bytes.
const PROBE: usize = 4 << 20;

fn folder(path: &Path) -> Vec<Check> {
    const NAME: &str = "folder for results";
    let shown = path.display();
    if !path.is_dir() {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !parent.is_dir() {
            let todo = format!("make {} first", parent.display());
            return vec![Check::new(NAME, State::Wrong, format!("neither {shown} nor its folder is there"), todo)];
        }
        let mut checks = folder(parent);
        checks.push(Check::new(NAME, State::Well, format!("{shown} will be made, readable by its owner only"), ""));
        return checks;
    }
    let probe = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".childlink-").tempfile_in(path)?;
        file.write_all(&vec![0; PROBE])?;
        file.as_file().sync_data()
    };
    let mut checks = vec![match probe() {
        Ok(()) => Check::new(NAME, State::Well, format!("{shown} can be written to"), ""),
        Err(cause) => Check::new(
            NAME,
            State::Wrong,
            format!("{shown} cannot be written to: {cause}"),
            "check rights and room, or name another folder with --out",
        ),
    }];
    #[cfg(unix)]
    if let Ok(told) = fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt;
        if told.permissions().mode() & 0o077 != 0 {
            checks.push(Check::new(
                "privacy",
                State::Note,
                format!("others may look into {shown}"),
                "result files are readable by their owner only; close the folder too (chmod 700) if it holds extracts",
            ));
        }
    }
    checks
}
