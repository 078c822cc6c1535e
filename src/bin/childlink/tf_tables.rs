//! Term-frequency tables from outside, for Splink models: joined to the records as Splink joins registered ones.

use crate::frame_input::read_frame;
use crate::linked::{column, number_of, spelled};
use crate::output::absolute;
use childlink::Error;
use childlink::linkage::frame::{Frame, FrameColumn};
use childlink::linkage::splink::SplinkModel;
use childlink::linkage::value::{Value, ValueType};
use std::collections::HashMap;
use std::path::Path;

/// Term frequencies from outside
#[derive(clap::Args)]
pub(crate) struct TfTableArgs {
    /// How often the values of a column occur, in place of counting them in the records: a file of COLUMN,tf_COLUMN
    /// as Splink registers it. A value that it does not list has no frequency
    #[arg(long = "tf-table", value_name = "COLUMN=FILE", help_heading = "Splink", requires = "splink_model")]
    tables: Vec<String>,
}

impl TfTableArgs {
    /// These tables, each as COLUMN=FILE.
    pub(crate) fn of(tables: Vec<String>) -> TfTableArgs {
        TfTableArgs { tables }
    }

    /// The tables, each as COLUMN=FILE, the files so named that they can be found from another folder.
    pub(crate) fn record(&self) -> Vec<String> {
        let whole = |table: &String| match table.split_once('=') {
            Some((column, path)) => format!("{column}={}", absolute(Path::new(path)).display()),
            None => table.clone(),
        };
        self.tables.iter().map(whole).collect()
    }

    /// Gives the records a column of frequencies for each table.
    ///
    /// # Errors
    /// `splink/tf-table` for what cannot be used, with file and row; those of [`read_frame`];
    /// `evaluate/missing-column`.
    pub(crate) fn join(&self, frame: &mut Frame, model: &SplinkModel) -> Result<(), Error> {
        for wanted in &self.tables {
            let hint = "write COLUMN=FILE, such as surname=surnames.csv";
            let (name, path) = wanted.split_once('=').ok_or_else(|| {
                Error::new("splink/tf-table", format!("{wanted} does not name a column and a file"), hint)
            })?;
            let frequency = read(Path::new(path), name, &model.term_frequency_prefix)?;
            let Some(values) = frame.column(name) else {
                let message = format!("the records have no column {name} for the frequencies of {path}");
                return Err(Error::new("splink/tf-table", message, "name a column of the records").in_field(name));
            };
            let by_id: Vec<Value> = values
                .values()
                .iter()
                .map(|value| frequency.get(&*spelled(value)).map_or(Value::Null, |&share| Value::Float(share)))
                .collect();
            let shares = values.ids().iter().map(|&id| by_id[id as usize].clone());
            let joined = format!("{}{name}", model.term_frequency_prefix);
            let joined = FrameColumn::from_values(joined, ValueType::Float, shares);
            frame.set_column(joined);
        }
        Ok(())
    }
}

fn read(path: &Path, name: &str, prefix: &str) -> Result<HashMap<String, f64>, Error> {
    let table = read_frame(path)?;
    let joined = format!("{prefix}{name}");
    let (values, shares) = (column(&table, path, &[name])?, column(&table, path, &[&joined])?);
    let mut frequency = HashMap::new();
    for row in 0..table.rows() {
        let fault = |what: &str, hint: &str| {
            let message = format!("{}, row {}: {what}", path.display(), row + 2);
            Error::new("splink/tf-table", message, hint)
        };
        let share = number_of(shares.value(row));
        if !(share > 0.0 && share <= 1.0) {
            return Err(fault("the frequency is not above 0 and at most 1", "give shares, not counts").in_field(joined));
        }
        let value = spelled(values.value(row)).into_owned();
        if !value.is_empty() && frequency.insert(value, share).is_some() {
            return Err(fault("the value stands there twice", "list each value once").in_field(name));
        }
    }
    Ok(frequency)
}
