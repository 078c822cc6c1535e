//! The lists that a linkage run is told: decisions, superseded numbers, barred pairs, an earlier run.

use crate::claims::reads;
use crate::frame_input::extension;
use crate::linked::{Keyed, column, find, spelled};
use crate::output::{absolute, cannot_read};
use crate::run_record::{of_path, path_of, whole as whole_run};
use crate::standard::open;
use childlink::Error;
use childlink::exchange::lists;
use childlink::exchange::pds_trace::read_results;
use childlink::identity::nhs_number::NhsNumber;
use childlink::index::Change;
use childlink::linkage::LinkOptions;
use childlink::linkage::barred::{Barred, BarredHash};
use childlink::linkage::child_id::Previous;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::decisions::DecisionRow;
use childlink::linkage::national::NationalResult;
use childlink::linkage::table::Table;
use childlink::project::Project;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// What people and earlier runs know
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// The folder of an earlier run: children keep their child_id, changes are listed
    #[arg(long, value_name = "DIR", help_heading = "Lists")]
    pub(crate) previous: Option<PathBuf>,
    /// What people decided: source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    decisions: Option<PathBuf>,
    /// Pairs that must never be joined or mentioned (keyed hashes; the key is in FILE.key)
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    barred: Option<PathBuf>,
    /// NHS numbers that were merged into others: old_nhs_number,nhs_number
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    superseded: Option<PathBuf>,
    /// What a national trace told of records, as `childlink trace apply` wrote it; may be given many times, in order
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    traced: Vec<PathBuf>,
}

/// The lists, read.
#[derive(Default)]
pub(crate) struct Lists {
    previous: Option<(PathBuf, u64)>,
    decisions: Vec<DecisionRow>,
    barred: Option<(Vec<BarredHash>, Vec<u8>)>,
    superseded: Vec<(NhsNumber, NhsNumber)>,
    traced: Vec<NationalResult>,
}

impl ListArgs {
    /// Where the lists are that bear on the weight or showing of a pair, so that they can be read again.
    pub(crate) fn record(&self) -> Value {
        let whole = |path: &Option<PathBuf>| path.as_deref().map(|path| of_path(&absolute(path)));
        let traced: Vec<Value> = self.traced.iter().map(|path| of_path(&absolute(path))).collect();
        json!({"barred": whole(&self.barred), "superseded": whole(&self.superseded), "traced": traced})
    }

    /// Reads the lists that do not need the records, and sees that the others are there.
    ///
    /// # Errors
    /// `input/cannot-read`, `list/missing-column`, `list/unreadable`, `previous/unreadable`.
    pub(crate) fn read(&self) -> Result<Lists, Error> {
        let previous = self.previous.as_deref().map(|folder| {
            whole_run(folder)?;
            let children = find(folder, "children")?;
            reads(&children)?;
            Ok::<_, Error>((children, next_child_id(folder)?))
        });
        let barred = self
            .barred
            .as_deref()
            .map(|path| Ok::<_, Error>((in_file(path, lists::read_hashes(open(path)?))?, read_key(path)?)));
        let decisions = self.decisions.as_deref().map(|path| in_file(path, lists::read_decisions(open(path)?)));
        let superseded = self.superseded.as_deref().map(|path| in_file(path, lists::read_superseded(open(path)?)));
        let traced = self.traced.iter().map(|path| in_file(path, read_results(open(path)?)));
        Ok(Lists {
            previous: previous.transpose()?,
            decisions: decisions.transpose()?.unwrap_or_default(),
            barred: barred.transpose()?,
            superseded: superseded.transpose()?.unwrap_or_default(),
            traced: traced.collect::<Result<Vec<_>, Error>>()?.concat(),
        })
    }
}

impl Lists {
    /// The lists of an earlier run, from [`ListArgs::record`].
    ///
    /// # Errors
    /// Those of [`ListArgs::read`].
    pub(crate) fn from_record(record: &Value) -> Result<Lists, Error> {
        let path = |name: &str| path_of(&record[name]);
        if let Some(project) = path("project") {
            return Lists::of_project(&Project::look(&project)?);
        }
        let traced = record["traced"].as_array().into_iter().flatten();
        ListArgs {
            previous: None,
            decisions: None,
            barred: path("barred"),
            superseded: path("superseded"),
            traced: traced.filter_map(path_of).collect(),
        }
        .read()
    }

    /// The lists of a project; its children are not among them.
    ///
    /// # Errors
    /// Those of the project, and of [`read_key`].
    pub(crate) fn of_project(project: &Project) -> Result<Lists, Error> {
        let hashes = project.barred()?;
        let barred = match hashes.is_empty() {
            true => None,
            false => Some((hashes, read_key(project.path())?)),
        };
        let decisions = project.standing_decisions()?.into_iter().map(|decision| decision.row).collect();
        let traced = project.traced_results()?;
        Ok(Lists { previous: None, decisions, barred, superseded: project.superseded()?, traced })
    }

    /// The superseded numbers, old and new.
    pub(crate) fn superseded(&self) -> &[(NhsNumber, NhsNumber)] {
        &self.superseded
    }

    /// Brings the lists to bear on a table. What they could not be used for comes back in words.
    ///
    /// # Errors
    /// `list/missing-column`, `list/unreadable`.
    pub(crate) fn apply(&self, table: &mut Table) -> Result<(LinkOptions, Vec<String>), Error> {
        let mut notes = Vec::new();
        let mut options = LinkOptions::default();
        if !self.traced.is_empty() {
            let counts = table.apply_national(&self.traced);
            let mut note = |number: u64, what: &str| {
                if number > 0 {
                    notes.push(format!("{number} {what}"));
                }
            };
            note(counts.unknown, "traced records are not in the input");
            note(counts.lapsed, "traced numbers were not used, since their records have changed: ask about them again");
            note(counts.shared, "traced numbers were not used: one number was found for children who differ");
        }
        let (decisions, more) = lists::bring_to_bear(table, &self.superseded, &self.decisions);
        notes.extend(more);
        options.decisions = decisions;
        if let Some((hashes, key)) = &self.barred {
            options.barred = Barred::new(key, hashes.iter().copied());
        }
        options.previous = match &self.previous {
            Some((path, next)) => read_previous(path, *next, table)?,
            None => Previous::default(),
        };
        Ok((options, notes))
    }
}

/// The children of an earlier run, whatever the form of its tables.
fn read_previous(path: &Path, next_child_id: u64, table: &Table) -> Result<Previous, Error> {
    if extension(path) == "csv" {
        return in_file(path, lists::read_previous(open(path)?, next_child_id, table));
    }
    previous_of_frame(path, next_child_id, |source, record_id| table.find(source, record_id))
}

/// The groups of an earlier run from a table of any form; `find` knows the records by source and record id.
///
/// # Errors
/// `list/unreadable`, and those of [`Keyed::read`].
pub(crate) fn previous_of_frame(
    path: &Path,
    next_child_id: u64,
    find: impl Fn(&str, &str) -> Option<RecordIndex>,
) -> Result<Previous, Error> {
    let keyed = Keyed::read(path)?;
    let child_id = column(&keyed.frame, path, &["child_id"])?;
    let mut previous = Previous { children: Vec::new(), next_child_id };
    for row in 0..keyed.frame.rows() {
        let child = spelled(child_id.value(row)).parse().map_err(|_| {
            let message = format!("{}: the child_id of row {} is no whole number", path.display(), row + 1);
            Error::new("list/unreadable", message, "name the folder that an earlier run wrote")
        })?;
        let (source, record_id) = keyed.key(row);
        previous.take(find(&source, &record_id), child);
    }
    Ok(previous)
}

/// A list of barred pairs with its key.
///
/// # Errors
/// `input/cannot-read`, `barred/key`, `list/missing-column`, `list/unreadable`.
pub(crate) fn read_barred(path: &Path) -> Result<Barred, Error> {
    let key = read_key(path)?;
    in_file(path, lists::read_barred(open(path)?, &key))
}

/// What people decided on items of the queue of notifications.
///
/// # Errors
/// `input/cannot-read`, `list/missing-column`, `list/unreadable`.
pub(crate) fn read_rulings(path: &Path) -> Result<Vec<Change>, Error> {
    in_file(path, lists::read_rulings(open(path)?))
}

/// The file beside a list of barred pairs that holds its key.
pub(crate) fn key_path(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// The key of a list of barred pairs.
///
/// # Errors
/// `input/cannot-read`, `barred/key`.
pub(crate) fn read_key(list: &Path) -> Result<Vec<u8>, Error> {
    let path = key_path(list);
    let text = fs::read_to_string(&path).map_err(|e| cannot_read(&path, &e))?;
    lists::hexadecimal(&text).filter(|key| key.len() >= 32).ok_or_else(|| {
        Error::new(
            "barred/key",
            format!("{} does not hold a key", path.display()),
            "use the key file that was made with the list; without it the list cannot be read",
        )
    })
}

/// The first child_id that an earlier run had not given.
///
/// # Errors
/// `input/cannot-read`, `previous/unreadable`.
pub(crate) fn next_child_id(folder: &Path) -> Result<u64, Error> {
    let path = folder.join("summary.json");
    let text = fs::read_to_string(&path).map_err(|e| cannot_read(&path, &e))?;
    let summary: Value = serde_json::from_str(&text).unwrap_or_default();
    summary["linkage"]["next_child_id"].as_u64().ok_or_else(|| {
        Error::new(
            "previous/unreadable",
            format!("{} does not tell the next child_id", path.display()),
            "name the whole folder that an earlier `childlink link` wrote",
        )
    })
}

/// The result, with the name of the file in its error.
pub(crate) fn in_file<T>(path: &Path, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|mut error| {
        error.message = format!("{}: {}", path.display(), error.message);
        error
    })
}
