//! What a command reads and what it is about to write: no output takes the place of something that the run reads, of
//! another output, of a database, or of a result of a run.
//!
//! Every reader of files notes what it reads and every output is held against that, whichever comes first; a command
//! that writes several files names them before it writes the first.

use crate::standard::is_standard;
use childlink::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a file is, whatever it is called: by its whole path and, where there is one, by its node.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    whole: PathBuf,
    node: Option<(u64, u64)>,
}

impl Place {
    /// The place of a file that is there or may come to be there; none for standard streams, devices and pipes, in
    /// whose place nothing is put.
    fn of(path: &Path) -> Option<Place> {
        if is_standard(path) {
            return None;
        }
        match fs::metadata(path) {
            Ok(about) if !about.is_file() => None,
            Ok(about) => Some(Place { whole: fs::canonicalize(path).ok()?, node: node(&about) }),
            Err(_) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder = fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).ok()?;
                Some(Place { whole: folder.join(path.file_name()?), node: None })
            }
        }
    }

    fn is(&self, other: &Place) -> bool {
        self.whole == other.whole || (self.node.is_some() && self.node == other.node)
    }
}

#[cfg(unix)]
fn node(about: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn node(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

static READ: Mutex<Vec<Place>> = Mutex::new(Vec::new());
static DECLARED: Mutex<Vec<Place>> = Mutex::new(Vec::new());

fn held(places: &'static Mutex<Vec<Place>>) -> MutexGuard<'static, Vec<Place>> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that a file is read.
///
/// # Errors
/// `output/is-input` if the command is about to write it.
pub(crate) fn reads(path: &Path) -> Result<(), Error> {
    let Some(place) = Place::of(path) else { return Ok(()) };
    if held(&DECLARED).iter().any(|output| output.is(&place)) {
        return Err(is_input(path));
    }
    let mut read = held(&READ);
    if !read.contains(&place) {
        read.push(place);
    }
    Ok(())
}

/// Names all outputs of a command before the first of them is written.
///
/// # Errors
/// `output/twice`, `output/standard-twice`, and those of [`check_output`].
pub(crate) fn declare<'p>(outputs: impl IntoIterator<Item = &'p Path>) -> Result<(), Error> {
    let (mut new, mut standard): (Vec<Place>, bool) = (Vec::new(), false);
    for path in outputs {
        if is_standard(path) && std::mem::replace(&mut standard, true) {
            return Err(standard_twice());
        }
        check_output(path)?;
        let Some(place) = Place::of(path) else { continue };
        if new.iter().any(|other| other.is(&place)) {
            return Err(Error::new(
                "output/twice",
                format!("two outputs are to be {}", path.display()),
                "give each a file of its own",
            ));
        }
        new.push(place);
    }
    held(&DECLARED).extend(new);
    Ok(())
}

/// Sees that a file may be written.
///
/// # Errors
/// `output/is-input` for what the run reads, `output/is-database` for a project or another database.
pub(crate) fn check_output(path: &Path) -> Result<(), Error> {
    let Some(place) = Place::of(path) else { return Ok(()) };
    if held(&READ).iter().any(|input| input.is(&place)) {
        return Err(is_input(path));
    }
    if place.node.is_some() && is_database(path) {
        return Err(Error::new(
            "output/is-database",
            format!("{} holds a project or another database, which no result takes the place of", path.display()),
            "name another file; delete the database yourself if it is not wanted any more",
        ));
    }
    Ok(())
}

/// Sees that a single file, which is none of the results of a run, is not put in the place of one.
///
/// # Errors
/// `output/of-run`.
pub(crate) fn check_beside_run(path: &Path) -> Result<(), Error> {
    let beside = path.with_file_name("run.json");
    let run = fs::read_to_string(beside).ok().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_result = run.is_some_and(|run| name == "run.json" || !run["files"][&*name].is_null());
    if is_result && path.exists() { Err(of_run(path)) } else { Ok(()) }
}

/// The error for an output that would take the place of a result of a run.
pub(crate) fn of_run(path: &Path) -> Error {
    Error::new(
        "output/of-run",
        format!("{} belongs to a run of linkage, whose results would no longer fit each other", path.display()),
        "name another place",
    )
}

fn is_input(path: &Path) -> Error {
    Error::new(
        "output/is-input",
        format!("{} is read by this run, and its result would take the place of what is read", path.display()),
        "name another output",
    )
}

/// The error for two outputs on standard output.
pub(crate) fn standard_twice() -> Error {
    Error::new(
        "output/standard-twice",
        "two output files are to be standard output",
        "write `-` for one of them, and a file name for the others",
    )
}

/// Whether a file is an SQLite database, by its first bytes.
///
/// # Source
/// Database File Format, section 1.3, the database header: <https://www.sqlite.org/fileformat2.html>.
fn is_database(path: &Path) -> bool {
    let mut beginning = [0; 16];
    File::open(path).and_then(|mut file| file.read_exact(&mut beginning)).is_ok() && &beginning == b"SQLite format 3\0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).unwrap();
        fs::write(at("a"), "x").unwrap();
        let place = |name: &str| Place::of(&at(name)).unwrap();
        assert!(place("a").is(&place("below/../a")));
        assert!(place("new").is(&place("below/../new")) && !place("new").is(&place("a")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a"), at("link")).unwrap();
            fs::hard_link(at("a"), at("hard")).unwrap();
            assert!(place("link").is(&place("a")) && place("hard").is(&place("a")));
        }
        assert!(Place::of(Path::new("-")).is_none());
    }
}
