//! A file that several workers read together, each in an instance of its own.

use super::linkage::{Content, Inputs, in_input, options, source_name};
use crate::error::Error;
use crate::exchange::csv::{self, ChunkRows, Share};
use crate::exchange::rows::SourceName;
use std::io::{Read, Seek};

/// A file of delimited text on its way into the inputs of a run, of which some chunks have been read.
pub(crate) struct SharedFile<F> {
    name: String,
    source: SourceName,
    file: F,
    input: u16,
    chunks: Vec<ChunkRows>,
}

impl<F: Read + Seek + Send> SharedFile<F> {
    /// Reads a share of the file here, for the next input. Sources are told as in [`Inputs::add_file`].
    ///
    /// # Errors
    /// Those of [`Inputs::add_file`].
    pub(crate) fn begin(
        inputs: &Inputs<F>,
        name: &str,
        source: Option<String>,
        mut file: F,
        share: Share,
    ) -> Result<SharedFile<F>, Error> {
        let (source, input) = (source_name(name, source), inputs.next_input()?);
        let mut chunks = Vec::new();
        let read = csv::read_share(&mut file, options(input, &source), share, |chunk| {
            chunks.push(chunk);
            Ok(())
        });
        in_input(name, read)?;
        Ok(SharedFile { name: name.to_owned(), source, file, input, chunks })
    }

    /// Takes a chunk that was read elsewhere, as [`read_share`] handed it over.
    ///
    /// # Errors
    /// `input/damaged`
    pub(crate) fn take(&mut self, part: &[u8]) -> Result<(), Error> {
        self.chunks.push(ChunkRows::unpack(part, self.input)?);
        Ok(())
    }

    /// Makes an input of all that was read; answers how many rows it has.
    ///
    /// # Errors
    /// Those of [`Inputs::add_file`].
    pub(crate) fn finish(self, inputs: &mut Inputs<F>) -> Result<u64, Error> {
        let SharedFile { name, source, mut file, chunks, .. } = self;
        inputs.add_read(&name, source, |options| Ok((csv::join(&mut file, options, chunks)?, Content::File(file))))
    }
}

/// Reads a share of a file for a run elsewhere; `each` takes the bytes of each chunk, for [`SharedFile::take`] there.
///
/// # Errors
/// Those of [`Inputs::add_file`].
pub(crate) fn read_share<F: Read + Seek>(
    name: &str,
    source: Option<String>,
    file: F,
    share: Share,
    mut each: impl FnMut(Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let source = source_name(name, source);
    in_input(name, csv::read_share(file, options(0, &source), share, |chunk| each(chunk.pack())))
}
