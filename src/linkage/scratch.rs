//! Room outside memory, which the host supplies: for text that a run does not need while it links.

use crate::error::Error;
use std::fmt::Debug;

/// A place to which bytes can be put aside and from which they come back. The library opens no file; the command
/// line hands it one that goes with the process.
pub trait Scratch: Debug + Send + Sync {
    /// Puts bytes behind those that are there, and tells where they begin.
    ///
    /// # Errors
    /// `scratch/cannot-write`.
    fn write(&self, bytes: &[u8]) -> Result<u64, Error>;

    /// Fills `bytes` with those that were put at a place.
    ///
    /// # Errors
    /// `scratch/cannot-read`.
    fn read(&self, place: u64, bytes: &mut [u8]) -> Result<(), Error>;

    /// How many bytes of rows may be gathered in memory before they are put aside.
    fn room(&self) -> usize;
}
