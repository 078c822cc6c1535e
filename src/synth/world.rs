//! What all blocks of one run share: rates, names, places and source systems.

use super::Options;
use super::dice::{Dice, Weighted};
use super::names::Names;
use super::places::Places;
use super::rates::Rates;
use super::source::Source;
use crate::error::Error;

/// The world of one run.
pub(super) struct World {
    pub(super) rates: Rates,
    pub(super) names: Names,
    pub(super) places: Places,
    pub(super) sources: Vec<Source>,
    pub(super) birth_year: Weighted<i32>,
}

impl World {
    /// Children of one block. Blocks are independent of each other, so they can be made on any
    /// thread, and small enough to be held many at a time.
    pub(super) const CHILDREN_PER_BLOCK: usize = 1_000;
    /// Serials set aside for the persons of one block, second identities included.
    pub(super) const PERSONS_PER_BLOCK: u64 = 2_048;
    /// Serials set aside for the records of one block.
    pub(super) const RECORDS_PER_BLOCK: u64 = 8_192;
    /// The stream of choices made once for the whole run.
    const SHARED_STREAM: u64 = u64::MAX;

    pub(super) fn new(options: &Options) -> Result<World, Error> {
        let rates = options.profile.rates(options.noise, options.nhs_missing)?;
        let mut dice = Dice::new(options.seed, World::SHARED_STREAM);
        let sources = Source::plan(options.profile, options.sources, &mut dice);
        let areas = sources.iter().filter_map(|source| source.area).max().unwrap_or(0) + 1;
        let first = rates.first_birth.year();
        Ok(World {
            names: Names::read(&rates)?,
            places: Places::choose(&rates, options.children, areas, &mut dice)?,
            sources,
            birth_year: Weighted::new((first..).zip(rates.birth_year_weight.years.iter().copied())),
            rates,
        })
    }
}
