//! The inputs of a command: which files, from which sources, in which format.

mod look;
mod record;

use crate::claims::reads;
use crate::database::{Query, QueryRows};
use crate::digest::{Told, Watch};
use crate::output::cannot_read;
use crate::packed::{Input, Packing, stem};
use crate::progress::{Phase, Progress};
use crate::render::columns_guarded;
use childlink::Error;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::intake::{Intake, Records};
use childlink::exchange::rows::{ReadOptions, Rows, SetAside, SourceName};
use childlink::exchange::{arrow, csv, ndjson, parquet};
use childlink::linkage::parallel;
use childlink::linkage::scratch::Scratch;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Which records to read
#[derive(clap::Args)]
pub(crate) struct InputArgs {
    /// Files of records: delimited text or NDJSON (plain, gzip or Zstandard), Parquet or Arrow, with the columns that
    /// docs/columns.md describes
    #[arg(value_name = "INPUT", help_heading = "Input")]
    inputs: Vec<PathBuf>,
    /// A file whose rows all come from the source NAME; may be given many times. Other files name
    /// their source in a column, or else by their file name
    #[arg(long, value_name = "NAME=FILE", help_heading = "Input")]
    source: Vec<String>,
    /// A database whose rows all come from the source NAME: postgresql://USER@HOST/DB or sqlite:FILE. A password is
    /// read from PGPASSWORD; databases of other machines are reached through an SSH tunnel or a socket
    #[arg(long, value_name = "NAME=URL", help_heading = "Input")]
    database: Vec<String>,
    /// What to ask the database NAME, as SQL or as @FILE; its columns are recognised as those of files are
    #[arg(long, value_name = "NAME=SQL", help_heading = "Input")]
    query: Vec<String>,
    /// A list of column spellings (TOML) that goes before the built-in lists
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    columns: Option<PathBuf>,
    /// Hand on a column that is not canonical; may be given many times
    #[arg(long, value_name = "COL", help_heading = "Input")]
    keep: Vec<String>,
}

/// Inputs that are known by name and about to be read.
pub(crate) struct Inputs {
    files: Vec<(PathBuf, SourceName)>,
    /// Queries of databases, numbered after the files.
    queries: Vec<(Query, SourceName)>,
    /// What each query gave, once it was asked.
    rows: Mutex<Vec<Option<QueryRows>>>,
    /// The name of each file without its folder.
    names: Vec<String>,
    /// The list of spellings that was given.
    columns: Option<PathBuf>,
    spellings: Spellings,
    /// Lists of spellings of single files, by the file's number: the text and what it says.
    own: BTreeMap<usize, (String, Spellings)>,
    keep: Vec<String>,
    /// Where the text of records is put aside.
    scratch: Option<Arc<dyn Scratch>>,
    /// The checksums of files that were read, by number.
    digests: Mutex<BTreeMap<usize, Told>>,
    /// What an earlier run, whose inputs these are, read: the checksums of its files and the sums of its queries.
    earlier: record::Earlier,
}

impl InputArgs {
    /// Looks at the arguments; opens only the list of spellings.
    ///
    /// # Errors
    /// `input/none`, `input/source`, and those of [`Spellings::with`].
    pub(crate) fn resolve(&self) -> Result<Inputs, Error> {
        let mut files = Vec::new();
        for path in &self.inputs {
            files.push((path.clone(), SourceName::Fallback(stem(path))));
        }
        for pair in &self.source {
            let (name, file) = named_source(pair)?;
            files.push((file, SourceName::Given(name)));
        }
        let queries = queries(&self.database, &self.query)?;
        if files.is_empty() && queries.is_empty() {
            return Err(Error::new("input/none", "no input is given", "name at least one file of records"));
        }
        Ok(Inputs::new(files, self.columns.clone(), self.keep.clone())?.with_queries(queries))
    }
}

/// The name of a source and its file, of `NAME=FILE`.
///
/// # Errors
/// `input/source`.
pub(crate) fn named_source(pair: &str) -> Result<(String, PathBuf), Error> {
    match pair.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
            Ok((name.trim().to_owned(), PathBuf::from(file)))
        }
        _ => Err(Error::new(
            "input/source",
            "--source does not have the form NAME=FILE",
            "write for example --source northtown=extracts/northtown.csv",
        )
        .in_field("--source")),
    }
}

/// Each database, `NAME=URL`, with what it is asked, `NAME=SQL` or `NAME=@FILE`.
///
/// # Errors
/// `input/database`, `input/cannot-read`, and those of [`Query::new`].
pub(crate) fn queries(databases: &[String], asked: &[String]) -> Result<Vec<Query>, Error> {
    let form = |option: &str, what: &str| {
        let message = format!("{option} does not have the form {what}");
        let hint = "write for example --database northtown=postgresql://reader@localhost/chis \
                    --query northtown='SELECT * FROM children'";
        Error::new("input/database", message, hint).in_field(option)
    };
    let named = |option: &'static str, what: &'static str, pair: &str| match pair.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err(form(option, what)),
    };
    let asked: Vec<(String, String)> =
        asked.iter().map(|pair| named("--query", "NAME=SQL", pair)).collect::<Result<_, _>>()?;
    let mut queries = Vec::new();
    for pair in databases {
        let (name, url) = named("--database", "NAME=URL", pair)?;
        let mut sql = asked.iter().filter(|(asked, _)| *asked == name).map(|(_, sql)| sql);
        let (Some(sql), None) = (sql.next(), sql.next()) else {
            let message = format!("the database {name} needs one query");
            return Err(Error::new("input/database", message, "give --query NAME=SQL once").in_field("--query"));
        };
        let sql = match sql.strip_prefix('@') {
            Some(file) => fs::read_to_string(file).map_err(|e| cannot_read(Path::new(file), &e))?,
            None => sql.clone(),
        };
        queries.push(Query::new(&name, &url, &sql)?);
    }
    match asked.iter().find(|(name, _)| queries.iter().all(|query| query.name != *name)) {
        Some((name, _)) => {
            let message = format!("the query {name} has no database");
            Err(Error::new("input/database", message, "give --database NAME=URL too").in_field("--database"))
        }
        None => Ok(queries),
    }
}

impl Inputs {
    /// Files that are known by name, with a list of spellings and the columns to hand on.
    ///
    /// # Errors
    /// `input/cannot-read` and those of [`Spellings::with`].
    pub(crate) fn new(
        files: Vec<(PathBuf, SourceName)>,
        columns: Option<PathBuf>,
        keep: Vec<String>,
    ) -> Result<Inputs, Error> {
        files.iter().map(|(path, _)| path).chain(&columns).try_for_each(|path| reads(path))?;
        let spellings = match &columns {
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|e| cannot_read(path, &e))?;
                Spellings::with(&text).map_err(|e| in_file(path, e))?
            }
            None => Spellings::built_in().clone(),
        };
        let name =
            |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let names = files.iter().map(|(path, _)| name(path)).collect();
        let (queries, rows) = (Vec::new(), Mutex::default());
        let (own, scratch) = (BTreeMap::new(), None);
        let (digests, earlier) = Default::default();
        Ok(Inputs { files, queries, rows, names, columns, spellings, own, keep, scratch, digests, earlier })
    }

    /// Gives one input a list of spellings of its own (the text of a TOML file). Queries are numbered after the files.
    ///
    /// # Errors
    /// Those of [`Spellings::with`].
    pub(crate) fn spell(&mut self, number: usize, list: &str) -> Result<(), Error> {
        let spellings = Spellings::with(list).map_err(|e| in_file(Path::new(&self.names[number]), e))?;
        self.own.insert(number, (list.to_owned(), spellings));
        Ok(())
    }

    /// The same inputs with queries of databases, each a source of its name.
    pub(crate) fn with_queries(mut self, queries: Vec<Query>) -> Inputs {
        self.names.extend(queries.iter().map(|query| query.name.clone()));
        self.rows = Mutex::new(vec![None; queries.len()]);
        let named = |query: Query| (query.clone(), SourceName::Given(query.name));
        self.queries = queries.into_iter().map(named).collect();
        self
    }

    /// The files, in the order given.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// The files with the source of each, in the order given.
    pub(crate) fn files(&self) -> &[(PathBuf, SourceName)] {
        &self.files
    }

    /// Adds a file that names its source in a column, or else by its file name.
    ///
    /// # Errors
    /// `output/is-input`.
    pub(crate) fn add(&mut self, path: &Path) -> Result<(), Error> {
        reads(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Queries are numbered after the files.
        self.names.insert(self.files.len(), name);
        self.files.push((path.to_owned(), SourceName::Fallback(stem(path))));
        Ok(())
    }

    /// Hands on one more column; tells its place among those handed on.
    pub(crate) fn keep_too(&mut self, column: &str) -> usize {
        self.keep.iter().position(|name| name == column).unwrap_or_else(|| {
            self.keep.push(column.to_owned());
            self.keep.len() - 1
        })
    }

    /// How many bytes the inputs are together; `None` where some are packed, columnar or rows of a database, so that
    /// what they hold is not known before they are read.
    pub(crate) fn plain_bytes(&self) -> Option<u64> {
        let bytes = |path: &Path| {
            let mut input = Input::open(path).ok()?;
            let mut beginning = Vec::new();
            input.by_ref().take(4096).read_to_end(&mut beginning).ok()?;
            let is_text = matches!(Format::told_by(&beginning), Format::Delimited | Format::Ndjson);
            (is_text && input.packing() == Packing::Plain).then(|| fs::metadata(path).ok()).flatten().map(|m| m.len())
        };
        if !self.queries.is_empty() {
            return None;
        }
        self.paths().map(bytes).try_fold(0, |sum: u64, bytes| sum.checked_add(bytes?))
    }

    /// From now on, puts the text of records aside while it is read.
    pub(crate) fn put_text_aside(&mut self, scratch: Arc<dyn Scratch>) {
        self.scratch = Some(scratch);
    }

    /// The columns to hand on.
    pub(crate) fn keep(&self) -> &[String] {
        &self.keep
    }

    /// Reads all files with the threads of the current pool.
    ///
    /// # Errors
    /// `input/cannot-read`, `input/same-name` and those of the formats, each with the file's name; `run/inputs-changed`
    /// if an earlier run read something else.
    pub(crate) fn read(&self, progress: &Progress) -> Result<Records, Error> {
        self.see_lengths()?;
        let total = self.paths().map(|path| fs::metadata(path).map_or(0, |m| m.len())).sum();
        let phase = progress.bytes("Reading", total);
        let mut intake = Intake::default();
        // Files of text are read side by side: the last chunk of one leaves threads without work.
        let mut read = parallel::map(self.names.len(), |number| {
            self.is_read_beside_others(number).then(|| self.read_seen(number, &phase))
        });
        for (number, read) in read.drain(..).enumerate() {
            let rows = read.unwrap_or_else(|| self.read_seen(number, &phase))?;
            intake.add(&self.names[number], self.source(number), rows)?;
        }
        phase.count("bytes", total);
        phase.count("inputs", self.names.len() as u64);
        drop(phase);
        let phase = progress.phase("Understanding");
        let records = intake.build();
        records.built.table.check_text()?;
        phase.count("rows", records.read().rows());
        phase.count("records", records.built.table.len() as u64);
        phase.count("set_aside", records.quarantined.len() as u64);
        Ok(records)
    }

    /// Whether an input may be read while others are. Where text is put aside one file at a time is, so that little is held,
    /// and readers of columns keep to their thread.
    fn is_read_beside_others(&self, number: usize) -> bool {
        let is_text = |path: &Path| matches!(Format::of(path), Ok(Format::Delimited | Format::Ndjson));
        self.scratch.is_none() && self.files.get(number).is_some_and(|(path, _)| is_text(path))
    }

    /// Reads an input and sees that it is what it should be.
    fn read_seen(&self, number: usize, phase: &Phase) -> Result<Rows, Error> {
        // What cannot be read any more was changed, which explains more than where the reader stopped.
        let read = self.read_one(number, &|bytes| phase.advance(bytes));
        let rows = read.map_err(|e| self.see_unchanged(number).err().unwrap_or(e))?;
        self.see_unchanged(number)?;
        Ok(rows)
    }

    /// Reads some rows of one input once more.
    ///
    /// # Errors
    /// Those of [`Inputs::read`].
    pub(crate) fn read_again(
        &self,
        number: usize,
        wanted: &[u32],
        take: &mut dyn FnMut(SetAside<'_>),
    ) -> Result<(), Error> {
        let options = self.options(number);
        let Some((path, _)) = self.files.get(number) else {
            let rows = self.rows_of(number - self.files.len())?;
            return csv::read_again(rows, options, wanted, take).map_err(|e| of_source(self.source(number), e));
        };
        let cannot = |e: io::Error| cannot_read(path, &e);
        match Format::of(path)? {
            Format::Delimited => csv::read_again(Input::open(path).map_err(cannot)?, options, wanted, take),
            Format::Ndjson => ndjson::read_again(Input::open(path).map_err(cannot)?, options, wanted, take),
            Format::Parquet => {
                let file = File::open(path).map_err(cannot)?;
                columns_guarded(parquet::damaged, || parquet::read_again(file, options, wanted, take))
            }
            Format::Arrow => {
                let file = File::open(path).map_err(cannot)?;
                columns_guarded(arrow::damaged, || arrow::read_again(file, options, wanted, take))
            }
        }
        .map_err(|e| in_file(path, e))
    }

    fn read_one(&self, number: usize, advance: &(dyn Fn(u64) + Sync)) -> Result<Rows, Error> {
        let options = self.options(number);
        let Some((path, _)) = self.files.get(number) else {
            let rows = self.rows_of(number - self.files.len())?;
            return csv::read(rows, options, &|_| {}).map_err(|e| of_source(self.source(number), e));
        };
        let format = Format::of(path)?;
        let cannot = |e: io::Error| cannot_read(path, &e);
        let watch = Watch::default();
        let packed = || Input::watched(path, &watch).map_err(cannot);
        let rows = match format {
            Format::Delimited => {
                let input = packed()?;
                // Of packed bytes the total is not known before they are read.
                let plain = input.packing() == Packing::Plain;
                csv::read(input, options, &|bytes| {
                    if plain {
                        advance(bytes)
                    }
                })
            }
            Format::Ndjson => {
                let input = packed()?;
                let plain = input.packing() == Packing::Plain;
                ndjson::read(input, options, &|bytes| {
                    if plain {
                        advance(bytes)
                    }
                })
            }
            Format::Parquet => {
                let file = File::open(path).map_err(cannot)?;
                columns_guarded(parquet::damaged, || parquet::read(file, options))
            }
            Format::Arrow => {
                let file = File::open(path).map_err(cannot)?;
                columns_guarded(arrow::damaged, || arrow::read(file, options))
            }
        }
        .map_err(|e| in_file(path, e))?;
        self.note_digest(number, &watch)?;
        Ok(rows)
    }

    /// The rows of a query, asked for once.
    fn rows_of(&self, query: usize) -> Result<Input, Error> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = &self.queries[query];
        let held = match &rows[query] {
            Some(held) => held,
            None => &*rows[query].insert(asked.rows()?),
        };
        Input::of_bytes(Arc::clone(&held.packed)).map_err(|e| cannot_read(Path::new(&asked.name), &e))
    }

    /// What tells whether each query gives the same rows another time; nothing for one that was not asked yet.
    pub(crate) fn row_checksums(&self) -> Vec<Option<String>> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter().map(|rows| rows.as_ref().map(|rows| rows.checksum.clone())).collect()
    }

    fn source(&self, number: usize) -> &SourceName {
        match self.files.get(number) {
            Some((_, source)) => source,
            None => &self.queries[number - self.files.len()].1,
        }
    }

    fn options(&self, number: usize) -> ReadOptions<'_> {
        let source = self.source(number);
        let spellings = self.own.get(&number).map_or(&self.spellings, |(_, spellings)| spellings);
        let (keep, scratch) = (&self.keep, self.scratch.as_ref());
        ReadOptions { input: number as u16, source, spellings, keep, scratch }
    }
}

/// The error with the name of the query it came from.
fn of_source(source: &SourceName, mut error: Error) -> Error {
    error.message = format!("the rows of {}: {}", source.of(""), error.message);
    error
}

/// The format of a file, told by its first bytes and never by its name.
pub(crate) enum Format {
    Delimited,
    Ndjson,
    Parquet,
    Arrow,
}

impl Format {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// `input/cannot-read`, `input/not-a-file`.
    pub(crate) fn of(path: &Path) -> Result<Format, Error> {
        let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
        let is_file = file.metadata().map_err(|e| cannot_read(path, &e))?.is_file();
        if !is_file {
            return Err(Error::new(
                "input/not-a-file",
                format!("{} is a folder, a pipe or a device", path.display()),
                "name a file; inputs are read more than once, so a pipe must be written to a file first",
            ));
        }
        let mut beginning = Vec::new();
        let mut input = Input::open(path).map_err(|e| cannot_read(path, &e))?;
        input.by_ref().take(4096).read_to_end(&mut beginning).map_err(|e| cannot_read(path, &e))?;
        match Format::told_by(&beginning) {
            Format::Parquet | Format::Arrow if input.packing() != Packing::Plain => Err(Error::new(
                "input/packed-columns",
                format!("{} holds Parquet or Arrow within gzip or Zstandard", path.display()),
                "unpack it first; these formats compress by themselves",
            )),
            format => Ok(format),
        }
    }

    /// The format of a file with this beginning.
    pub(crate) fn told_by(beginning: &[u8]) -> Format {
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
        match text {
            // UTF-16, in which NDJSON is not read; whoever reads it as text says so.
            [b'{', 0, ..] => Format::Delimited,
            [b'{', ..] => Format::Ndjson,
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
            _ if arrow::is_arrow(beginning) => Format::Arrow,
            _ => Format::Delimited,
        }
    }
}

/// The error with the name of the file it came from.
pub(crate) fn in_file(path: &Path, mut error: Error) -> Error {
    error.message = format!("{}: {}", path.display(), error.message);
    error
}
