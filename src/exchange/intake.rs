//! The rows of all inputs of one run, on their way into one table.

use super::linked::{QuarantinedText, SensitiveChildren};
use super::rows::{InputReport, KeptValues, Quarantined, Rows, SetAside, SourceName};
use super::summary::Read;
use crate::error::Error;
use crate::linkage::Linked;
use crate::linkage::table::{Built, Table, TableBuilder};
use crate::order;

/// Gathers the rows of one input after the other.
#[derive(Default)]
pub struct Intake {
    names: Vec<String>,
    builders: Vec<TableBuilder>,
    quarantined: Vec<Quarantined>,
    reports: Vec<InputReport>,
    kept: Vec<KeptValues>,
    /// Sources called as their input is, and the number of that input.
    fallbacks: Vec<(String, usize)>,
}

impl Intake {
    /// The number of the next input, from 0: what its [`ReadOptions`](super::rows::ReadOptions) name.
    ///
    /// # Errors
    /// `input/too-many`.
    pub fn next_input(&self) -> Result<u16, Error> {
        u16::try_from(self.names.len()).map_err(|_| {
            Error::new("input/too-many", "more than 65,536 inputs were given", "join the files of one source into one")
        })
    }

    /// Takes the rows of the next input, which is called `name`.
    ///
    /// # Errors
    /// `input/same-name` if rows of two inputs would be told apart by nothing.
    pub fn add(&mut self, name: &str, source: &SourceName, rows: Rows) -> Result<(), Error> {
        if let SourceName::Fallback(source) = source
            && rows.fell_back
        {
            if let Some(&(_, other)) = self.fallbacks.iter().find(|(known, _)| known == source) {
                return Err(Error::new(
                    "input/same-name",
                    format!("{} and {name} would both be the source {source}", self.names[other]),
                    "name the source of each input (in the command line by --source NAME=FILE)",
                ));
            }
            self.fallbacks.push((source.clone(), self.names.len()));
        }
        self.names.push(name.to_owned());
        self.builders.extend(rows.builders);
        self.quarantined.extend(rows.quarantined);
        self.reports.push(rows.report);
        self.kept.push(rows.kept);
        Ok(())
    }

    /// Builds the table.
    pub fn build(self) -> Records {
        let Intake { names, builders, mut quarantined, reports, kept, fallbacks: _ } = self;
        let built = Table::build(builders);
        quarantined.extend(built.repeats.iter().map(|repeat| Quarantined {
            input: repeat.origin.input,
            row: repeat.origin.row,
            reason: repeat.reason,
        }));
        order::sort(&mut quarantined);
        Records { names, built, quarantined, reports, kept }
    }
}

/// Everything that was read.
pub struct Records {
    /// The name of each input.
    pub names: Vec<String>,
    /// The table and its quality.
    pub built: Built,
    /// Rows set aside, those that lost to another row included, in order of input and row.
    pub quarantined: Vec<Quarantined>,
    /// How each input was understood.
    pub reports: Vec<InputReport>,
    /// The kept columns of each input.
    pub kept: Vec<KeptValues>,
}

impl Records {
    /// What to tell about them.
    pub fn read(&self) -> Read<'_> {
        Read {
            names: &self.names,
            reports: &self.reports,
            quarantined: &self.quarantined,
            quality: &self.built.quality,
        }
    }

    /// The rows that were set aside, for the file `quarantine`. Their text is read once more: `again` is told
    /// the number of an input and the rows wanted of it, in rising order, and hands each of them over.
    ///
    /// # Errors
    /// Those of `again`.
    pub fn quarantined_text(
        &self,
        linked: &Linked,
        mut again: impl FnMut(usize, &[u32], &mut dyn FnMut(SetAside<'_>)) -> Result<(), Error>,
    ) -> Result<Vec<QuarantinedText>, Error> {
        let table = &self.built.table;
        let sensitive = SensitiveChildren::of(table, linked);
        let mut texts = Vec::with_capacity(self.quarantined.len());
        for of_input in self.quarantined.chunk_by(|a, b| a.input == b.input) {
            let wanted: Vec<u32> = of_input.iter().map(|row| row.row).collect();
            let mut reasons = of_input.iter().map(|row| row.reason);
            again(usize::from(of_input[0].input), &wanted, &mut |row| {
                if let Some(reason) = reasons.next() {
                    texts.push(QuarantinedText::new(reason, row, table, linked, &sensitive));
                }
            })?;
        }
        Ok(texts)
    }
}
