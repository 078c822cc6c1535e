//! The inputs of a command: which files, from which sources, in which format.

use crate::output::{absolute, cannot_read};
use crate::progress::Progress;
use childlink::Error;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::intake::{Intake, Records};
use childlink::exchange::rows::{ReadOptions, Rows, SetAside, SourceName};
use childlink::exchange::{csv, ndjson, parquet};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Which records to read
#[derive(clap::Args)]
pub(crate) struct InputArgs {
    /// Files of records: delimited text, NDJSON or Parquet, with the columns that docs/columns.md describes
    #[arg(value_name = "INPUT", help_heading = "Input")]
    inputs: Vec<PathBuf>,
    /// A file whose rows all come from the source NAME; may be given many times. Other files name
    /// their source in a column, or else by their file name
    #[arg(long, value_name = "NAME=FILE", help_heading = "Input")]
    source: Vec<String>,
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
    /// The name of each file without its folder.
    names: Vec<String>,
    /// The list of spellings that was given.
    columns: Option<PathBuf>,
    spellings: Spellings,
    /// Lists of spellings of single files, by the file's number: the text and what it says.
    own: BTreeMap<usize, (String, Spellings)>,
    keep: Vec<String>,
}

impl InputArgs {
    /// Looks at the arguments; opens only the list of spellings.
    ///
    /// # Errors
    /// `input/none`, `input/source`, and those of [`Spellings::with`].
    pub(crate) fn resolve(&self) -> Result<Inputs, Error> {
        let mut files = Vec::new();
        for path in &self.inputs {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            files.push((path.clone(), SourceName::Fallback(stem.unwrap_or_default())));
        }
        for pair in &self.source {
            match pair.split_once('=') {
                Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
                    files.push((PathBuf::from(file), SourceName::Given(name.trim().to_owned())));
                }
                _ => {
                    return Err(Error::new(
                        "input/source",
                        "--source does not have the form NAME=FILE",
                        "write for example --source northtown=extracts/northtown.csv",
                    )
                    .in_field("--source"));
                }
            }
        }
        if files.is_empty() {
            return Err(Error::new("input/none", "no input file is given", "name at least one file of records"));
        }
        Inputs::new(files, self.columns.clone(), self.keep.clone())
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
        Ok(Inputs { files, names, columns, spellings, own: BTreeMap::new(), keep })
    }

    /// Gives one file a list of spellings of its own (the text of a TOML file).
    ///
    /// # Errors
    /// Those of [`Spellings::with`].
    pub(crate) fn spell(&mut self, number: usize, list: &str) -> Result<(), Error> {
        let spellings = Spellings::with(list).map_err(|e| in_file(&self.files[number].0, e))?;
        self.own.insert(number, (list.to_owned(), spellings));
        Ok(())
    }

    /// The inputs of an earlier run, from [`Inputs::record`].
    ///
    /// # Errors
    /// `input/none`, and those of [`InputArgs::resolve`].
    pub(crate) fn from_record(record: &Value) -> Result<Inputs, Error> {
        let own = |file: &Value| file["column_map"].as_str().map(str::to_owned);
        let own: Vec<Option<String>> = record["files"].as_array().into_iter().flatten().map(own).collect();
        let files = record["files"].as_array().into_iter().flatten().filter_map(|file| {
            let path = PathBuf::from(file["path"].as_str()?);
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let source = file["source"].as_str().map(|name| SourceName::Given(name.to_owned()));
            Some((path, source.unwrap_or(SourceName::Fallback(stem))))
        });
        let files: Vec<(PathBuf, SourceName)> = files.collect();
        if files.is_empty() {
            return Err(Error::new("input/none", "the run names no input", "link again"));
        }
        let keep = record["keep"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        let mut inputs = Inputs::new(files, record["columns"].as_str().map(PathBuf::from), keep.collect())?;
        for (number, list) in own.into_iter().enumerate() {
            list.map_or(Ok(()), |list| inputs.spell(number, &list))?;
        }
        Ok(inputs)
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
    pub(crate) fn add(&mut self, path: &Path) {
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        self.names.push(text(path.file_name()));
        self.files.push((path.to_owned(), SourceName::Fallback(text(path.file_stem()))));
    }

    /// What the inputs are, so that they can be found and read again.
    pub(crate) fn record(&self) -> Value {
        let file = |(number, (path, source)): (usize, &(PathBuf, SourceName))| {
            let whole = absolute(path);
            let given = match source {
                SourceName::Given(name) => Some(name),
                SourceName::Fallback(_) => None,
            };
            let mut object = json!({"path": whole.display().to_string(), "source": given});
            if let Some((list, _)) = self.own.get(&number) {
                object["column_map"] = json!(list);
            }
            object
        };
        let columns = self.columns.as_deref().map(absolute);
        json!({
            "files": self.files.iter().enumerate().map(file).collect::<Vec<_>>(),
            "columns": columns.map(|path| path.display().to_string()),
            "keep": self.keep,
        })
    }

    /// Hands on one more column; tells its place among those handed on.
    pub(crate) fn keep_too(&mut self, column: &str) -> usize {
        self.keep.iter().position(|name| name == column).unwrap_or_else(|| {
            self.keep.push(column.to_owned());
            self.keep.len() - 1
        })
    }

    /// The columns to hand on.
    pub(crate) fn keep(&self) -> &[String] {
        &self.keep
    }

    /// Reads all files with the threads of the current pool.
    ///
    /// # Errors
    /// `input/cannot-read`, `input/same-name` and those of the formats, each with the file's name.
    pub(crate) fn read(&self, progress: &Progress) -> Result<Records, Error> {
        let total = self.paths().map(|path| fs::metadata(path).map_or(0, |m| m.len())).sum();
        let phase = progress.bytes("Reading", total);
        let mut intake = Intake::default();
        for (number, (_, source)) in self.files.iter().enumerate() {
            let rows = self.read_file(number, &|bytes| phase.advance(bytes))?;
            intake.add(&self.names[number], source, rows)?;
        }
        drop(phase);
        let _phase = progress.phase("Understanding");
        Ok(intake.build())
    }

    /// Reads some rows of one file once more.
    ///
    /// # Errors
    /// Those of [`Inputs::read`].
    pub(crate) fn read_again(
        &self,
        number: usize,
        wanted: &[u32],
        take: &mut dyn FnMut(SetAside<'_>),
    ) -> Result<(), Error> {
        let (path, _) = &self.files[number];
        let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
        let options = self.options(number);
        match Format::of(path)? {
            Format::Delimited => csv::read_again(file, options, wanted, take),
            Format::Ndjson => ndjson::read_again(file, options, wanted, take),
            Format::Parquet => parquet::read_again(file, options, wanted, take),
        }
        .map_err(|e| in_file(path, e))
    }

    fn read_file(&self, number: usize, advance: &(dyn Fn(u64) + Sync)) -> Result<Rows, Error> {
        let (path, _) = &self.files[number];
        let format = Format::of(path)?;
        let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
        let options = self.options(number);
        match format {
            Format::Delimited => csv::read(file, options, advance),
            Format::Ndjson => ndjson::read(file, options, advance),
            Format::Parquet => parquet::read(file, options),
        }
        .map_err(|e| in_file(path, e))
    }

    fn options(&self, number: usize) -> ReadOptions<'_> {
        let source = &self.files[number].1;
        let spellings = self.own.get(&number).map_or(&self.spellings, |(_, spellings)| spellings);
        ReadOptions { input: number as u16, source, spellings, keep: &self.keep }
    }
}

/// The format of a file, told by its first bytes and never by its name.
pub(crate) enum Format {
    Delimited,
    Ndjson,
    Parquet,
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
        file.take(4096).read_to_end(&mut beginning).map_err(|e| cannot_read(path, &e))?;
        Ok(Format::told_by(&beginning))
    }

    /// The format of a file with this beginning.
    pub(crate) fn told_by(beginning: &[u8]) -> Format {
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
        match text {
            [b'{', ..] => Format::Ndjson,
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
            _ => Format::Delimited,
        }
    }
}

/// The error with the name of the file it came from.
pub(crate) fn in_file(path: &Path, mut error: Error) -> Error {
    error.message = format!("{}: {}", path.display(), error.message);
    error
}
