//! Text, knowing nothing of people: comparison forms, similarity and phonetic codes.

pub mod hash;
pub mod normalise;
pub(crate) mod number;
pub(crate) mod packed;
pub mod phonetic;
pub mod similarity;
pub mod sketch;
mod unmarked;
