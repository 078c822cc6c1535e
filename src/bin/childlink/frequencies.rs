//! Tables of how often names occur, for a model to lean on.

use crate::frame_input::read_frame;
use crate::linked::{column, spelled};
use childlink::Error;
use childlink::linkage::frame::FrameColumn;
use childlink::linkage::model::Model;
use childlink::linkage::reference_names::{ReferenceNames, ReferenceRow};
use std::collections::BTreeMap;
use std::path::Path;

/// How often names occur outside of the records
#[derive(clap::Args)]
pub(crate) struct FrequencyArgs {
    /// How rare a name is: `national` for the names of the United Kingdom that ship with childlink, or a file of
    /// of,value,per_million and, if it tells them apart, sex,birth_year; `of` is given-name, family-name or
    /// mother-given-name, the value * stands for every name not listed. The model keeps the tables
    #[arg(long, value_name = "FILE|national")]
    frequencies: Vec<String>,
}

impl FrequencyArgs {
    /// Gives a model the tables; one of the same field that it had gives way.
    ///
    /// # Errors
    /// Those of [`read_frame`]; `evaluate/missing-column`; `frequencies/value` with file and row, `frequencies/field`,
    /// `frequencies/empty`.
    pub(crate) fn add_to(&self, model: &mut Model) -> Result<(), Error> {
        for name in &self.frequencies {
            let tables = match name.as_str() {
                "national" => ReferenceNames::national(),
                file => read(Path::new(file))?,
            };
            for table in tables {
                model.reference_names.retain(|other| other.of != table.of);
                model.reference_names.push(table);
            }
        }
        model.check()
    }
}

fn read(path: &Path) -> Result<Vec<ReferenceNames>, Error> {
    let frame = read_frame(path)?;
    let (of, value) = (column(&frame, path, &["of"])?, column(&frame, path, &["value"])?);
    let per_million = column(&frame, path, &["per_million"])?;
    let (sex, birth_year) = (frame.column("sex"), frame.column("birth_year"));
    let mut rows: BTreeMap<String, Vec<ReferenceRow>> = BTreeMap::new();
    for row in 0..frame.rows() {
        let text = |column: &FrameColumn| spelled(column.value(row)).into_owned();
        let optional = |column: Option<&FrameColumn>| column.map_or_else(String::new, text);
        let number = match per_million.value(row).as_number() {
            Some(number) => number.to_string(),
            None => text(per_million),
        };
        let parsed = ReferenceRow::parse(&text(value), &optional(sex), &optional(birth_year), &number);
        let parsed = parsed.map_err(|mut error| {
            error.message = format!("{}, row {}: {}", path.display(), row + 2, error.message);
            error
        })?;
        rows.entry(text(of)).or_default().push(parsed);
    }
    let source = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if rows.is_empty() {
        return Err(Error::new(
            "frequencies/empty",
            format!("{} lists no name", path.display()),
            "list at least one name",
        ));
    }
    rows.into_iter().map(|(of, rows)| ReferenceNames::new(&of, &source, rows)).collect()
}
