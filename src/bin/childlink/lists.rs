//! The lists that a linkage run is told: decisions, superseded numbers, barred pairs, an earlier run.

use crate::output::cannot_read;
use childlink::Error;
use childlink::exchange::lists;
use childlink::identity::nhs_number::NhsNumber;
use childlink::linkage::LinkOptions;
use childlink::linkage::child_id::Previous;
use childlink::linkage::decisions::{DecisionRow, Decisions};
use childlink::linkage::superseded::Superseded;
use childlink::linkage::table::Table;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// What people and earlier runs know
#[derive(clap::Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct ListArgs {
    /// The folder of an earlier run: children keep their child_id, changes are listed
    #[arg(long, value_name = "DIR")]
    pub(crate) previous: Option<PathBuf>,
    /// What people decided: source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Pairs that must never be joined or mentioned (keyed hashes; the key is in FILE.key)
    #[arg(long, value_name = "FILE")]
    barred: Option<PathBuf>,
    /// NHS numbers that were merged into others: old_nhs_number,nhs_number
    #[arg(long, value_name = "FILE")]
    superseded: Option<PathBuf>,
}

/// The lists, read.
pub(crate) struct Lists {
    previous: Option<(PathBuf, u64)>,
    decisions: Vec<DecisionRow>,
    barred: Option<(PathBuf, Vec<u8>)>,
    superseded: Vec<(NhsNumber, NhsNumber)>,
}

impl ListArgs {
    /// Reads the lists that do not need the records, and sees that the others are there.
    ///
    /// # Errors
    /// `input/cannot-read`, `list/missing-column`, `list/unreadable`, `previous/unreadable`.
    pub(crate) fn read(&self) -> Result<Lists, Error> {
        let previous = self.previous.as_deref().map(|folder| {
            let children = folder.join("children.csv");
            open(&children)?;
            Ok::<_, Error>((children, next_child_id(folder)?))
        });
        let barred = self.barred.as_deref().map(|path| {
            open(path)?;
            Ok::<_, Error>((path.to_owned(), read_key(path)?))
        });
        let decisions = self.decisions.as_deref().map(|path| in_file(path, lists::read_decisions(open(path)?)));
        let superseded = self.superseded.as_deref().map(|path| in_file(path, lists::read_superseded(open(path)?)));
        Ok(Lists {
            previous: previous.transpose()?,
            decisions: decisions.transpose()?.unwrap_or_default(),
            barred: barred.transpose()?,
            superseded: superseded.transpose()?.unwrap_or_default(),
        })
    }
}

impl Lists {
    /// Brings the lists to bear on a table. What they could not be used for comes back in words.
    ///
    /// # Errors
    /// `list/missing-column`, `list/unreadable`.
    pub(crate) fn apply(&self, table: &mut Table) -> Result<(LinkOptions, Vec<String>), Error> {
        let mut notes = Vec::new();
        let mut options = LinkOptions::default();
        if !self.superseded.is_empty() {
            let (superseded, findings) = Superseded::new(self.superseded.iter().copied());
            table.replace_superseded(&superseded);
            notes.extend(findings.iter().map(|finding| finding.to_string()));
        }
        let (decisions, unknown) = Decisions::new(table, &self.decisions);
        options.decisions = decisions;
        if unknown > 0 {
            notes.push(format!("{unknown} decisions are on records that are not in the input"));
        }
        if let Some((path, key)) = &self.barred {
            options.barred = in_file(path, lists::read_barred(open(path)?, key))?;
        }
        options.previous = match &self.previous {
            Some((path, next)) => in_file(path, lists::read_previous(open(path)?, *next, table))?,
            None => Previous::default(),
        };
        Ok((options, notes))
    }
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
fn next_child_id(folder: &Path) -> Result<u64, Error> {
    let path = folder.join("summary.json");
    let text = fs::read_to_string(&path).map_err(|e| cannot_read(&path, &e))?;
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    summary["linkage"]["next_child_id"].as_u64().ok_or_else(|| {
        Error::new(
            "previous/unreadable",
            format!("{} does not tell the next child_id", path.display()),
            "name the whole folder that an earlier `childlink link` wrote, with --format csv",
        )
    })
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    File::open(path).map(BufReader::new).map_err(|e| cannot_read(path, &e))
}

fn in_file<T>(path: &Path, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|mut error| {
        error.message = format!("{}: {}", path.display(), error.message);
        error
    })
}
