//! Input files of any columns, by the end of their names: Parquet, NDJSON, else delimited text.

use crate::output::cannot_read;
use childlink::Error;
use childlink::exchange::frame;
use childlink::linkage::frame::{Frame, FrameColumn};
use childlink::linkage::value::{Value, ValueType};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// One file as a table.
///
/// # Errors
/// `input/cannot-read` and what the format's reader tells.
pub(crate) fn read_frame(path: &Path) -> Result<Frame, Error> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let named = |mut error: Error| {
        error.message = format!("{}: {}", path.display(), error.message);
        error
    };
    match extension(path).as_str() {
        "parquet" => frame::parquet::read(file),
        "ndjson" | "jsonl" => frame::ndjson::read(BufReader::new(file)),
        _ => frame::csv::read(file),
    }
    .map_err(named)
}

/// The end of a file's name, in lower case.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Several files as one table. Where `dataset_column` names a column that a file lacks, it tells the dataset:
/// the NAME of `NAME=FILE`, else the file's name without its ending.
///
/// # Errors
/// Those of [`read_frame`]; `frame/column-type` when a column is of one type here and another there.
pub(crate) fn read_datasets(inputs: &[String], dataset_column: Option<&str>) -> Result<Frame, Error> {
    let mut all: Option<Frame> = None;
    for input in inputs {
        let (name, path) = match input.split_once('=') {
            Some((name, path)) if !Path::new(input).exists() => (name.to_owned(), PathBuf::from(path)),
            _ => {
                let path = PathBuf::from(input);
                (path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(), path)
            }
        };
        let mut frame = read_frame(&path)?;
        if let Some(column) = dataset_column.filter(|column| frame.column(column).is_none()) {
            let values = std::iter::repeat_n(Value::text(&name), frame.rows());
            frame.set_column(FrameColumn::from_values(column, ValueType::Text, values));
        }
        match &mut all {
            Some(all) => all.append(&frame)?,
            None => all = Some(frame),
        }
    }
    Ok(all.unwrap_or_default())
}
