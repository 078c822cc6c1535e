//! A first look at inputs: whether they are records, before they are kept for later.

use super::{Format, Inputs, in_file};
use crate::output::cannot_read;
use crate::packed::Input;
use childlink::Error;
use childlink::exchange::{csv, ndjson};
use std::io::{self, Read};
use std::sync::Arc;

/// How much of a file of text is looked at, in bytes, unpacked.
const BEGINNING: u64 = 1 << 20;

impl Inputs {
    /// Sees that each file begins as records do, with columns that are known. Rows further down are looked at by the
    /// run.
    ///
    /// # Errors
    /// Those of [`Inputs::read`].
    pub(crate) fn look(&self) -> Result<(), Error> {
        for (number, (path, _)) in self.files.iter().enumerate() {
            let format = Format::of(path)?;
            if matches!(format, Format::Parquet | Format::Arrow) {
                self.read_one(number, &|_| {})?;
                continue;
            }
            let cannot = |e: io::Error| cannot_read(path, &e);
            let mut beginning = Vec::new();
            Input::open(path).map_err(cannot)?.take(BEGINNING).read_to_end(&mut beginning).map_err(cannot)?;
            let is_wide = beginning.starts_with(b"\xFF\xFE") || beginning.starts_with(b"\xFE\xFF");
            if beginning.len() as u64 == BEGINNING && !is_wide {
                let last = beginning.iter().rposition(|byte| *byte == b'\n');
                beginning.truncate(last.map_or(beginning.len(), |last| last + 1));
            }
            let input = Input::of_bytes(Arc::new(beginning)).map_err(cannot)?;
            match format {
                Format::Ndjson => ndjson::read(input, self.options(number), &|_| {}),
                _ => csv::read(input, self.options(number), &|_| {}),
            }
            .map_err(|e| in_file(path, e))?;
        }
        Ok(())
    }
}
