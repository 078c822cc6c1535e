//! Input files of any columns: delimited text, NDJSON, Parquet or Arrow, told by their first bytes.

use crate::claims::reads;
use crate::input::{Format, in_file};
use crate::output::cannot_read;
use crate::packed::{Input, stem};
use crate::render::columns_guarded;
use childlink::Error;
use childlink::exchange::frame::csv::UnusableRow;
use childlink::exchange::rows::SourceName;
use childlink::exchange::{arrow, frame, parquet};
use childlink::linkage::frame::{Frame, FrameColumn};
use childlink::linkage::value::{Value, ValueType};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// One file as a table, all of whose rows can be used.
///
/// # Errors
/// `input/cannot-read`; what the format's reader tells; the reason of the first unusable row, with its line.
pub(crate) fn read_frame(path: &Path) -> Result<Frame, Error> {
    let (frame, unusable) = read_rows(path)?;
    frame::csv::Rows { frame, unusable }.whole().map_err(|error| in_file(path, error))
}

/// One file as a table, with the rows that could not be used.
///
/// # Errors
/// `input/cannot-read`, `input/not-a-file`, `output/is-input` and what the format's reader tells.
pub(crate) fn read_rows(path: &Path) -> Result<(Frame, Vec<UnusableRow>), Error> {
    reads(path)?;
    let format = Format::of(path)?;
    let file = || File::open(path).map_err(|error| cannot_read(path, &error));
    let text = || Input::open(path).map_err(|error| cannot_read(path, &error));
    match format {
        Format::Parquet => {
            let file = file()?;
            columns_guarded(parquet::damaged, || frame::parquet::read(file)).map(|frame| (frame, Vec::new()))
        }
        Format::Arrow => {
            let file = file()?;
            columns_guarded(arrow::damaged, || frame::parquet::read_arrow(file)).map(|frame| (frame, Vec::new()))
        }
        Format::Ndjson => frame::ndjson::read(BufReader::new(text()?)).map(|frame| (frame, Vec::new())),
        Format::Delimited => frame::csv::read(text()?).map(|rows| (rows.frame, rows.unusable)),
    }
    .map_err(|error| in_file(path, error))
}

/// The end of a file's name, in lower case.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Files that are named FILE, or NAME=FILE to say which dataset they are.
pub(crate) fn named_files(inputs: &[String]) -> Vec<(PathBuf, SourceName)> {
    let named = |input: &String| match input.split_once('=') {
        Some((name, path)) if !Path::new(input).exists() => (PathBuf::from(path), SourceName::Given(name.to_owned())),
        _ => {
            let path = PathBuf::from(input);
            let stem = stem(&path);
            (path, SourceName::Fallback(stem))
        }
    };
    inputs.iter().map(named).collect()
}

/// Several files as one table, with the rows of each that could not be used.
pub(crate) struct Datasets {
    /// The usable rows of all files.
    pub(crate) frame: Frame,
    /// The others, by file.
    pub(crate) unusable: Vec<Vec<UnusableRow>>,
    /// How many rows each file holds, the unusable ones included.
    pub(crate) rows: Vec<u64>,
}

impl Datasets {
    /// Reads files. If `dataset_column` is given, it tells the dataset of each record: the name that was given
    /// with the file, else what the file itself says, else the file's name without its ending.
    ///
    /// # Errors
    /// Those of [`read_rows`]; `frame/column-type` when a column is of one type here and another there.
    pub(crate) fn read(files: &[(PathBuf, SourceName)], dataset_column: Option<&str>) -> Result<Datasets, Error> {
        let mut all = Datasets { frame: Frame::default(), unusable: Vec::new(), rows: Vec::new() };
        for (number, (path, source)) in files.iter().enumerate() {
            let (mut frame, unusable) = read_rows(path)?;
            all.rows.push(frame.rows() as u64 + unusable.len() as u64);
            all.unusable.push(unusable);
            if let Some(column) = dataset_column
                && (matches!(source, SourceName::Given(_)) || frame.column(column).is_none())
            {
                let values = std::iter::repeat_n(Value::text(source.of("")), frame.rows());
                frame.set_column(FrameColumn::from_values(column, ValueType::Text, values));
            }
            match number {
                0 => all.frame = frame,
                _ => all.frame.append(&frame)?,
            }
        }
        Ok(all)
    }

    /// The table, if every row could be used.
    ///
    /// # Errors
    /// The reason of the first unusable row, with its file and line.
    pub(crate) fn whole(self, files: &[(PathBuf, SourceName)]) -> Result<Frame, Error> {
        for ((path, _), unusable) in files.iter().zip(self.unusable) {
            frame::csv::Rows { frame: Frame::default(), unusable }.whole().map_err(|error| in_file(path, error))?;
        }
        Ok(self.frame)
    }
}
