//! Text, knowing nothing of people: comparison forms, similarity and phonetic codes.

pub mod normalise;
pub mod phonetic;
pub mod similarity;
