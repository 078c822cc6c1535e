//! A seeded population of children and what several source systems recorded of them, with the truth.
//!
//! Children live in families at addresses in one region of England and Wales. They are born (some as
//! twins), notified under the mother's surname and perhaps without a name, registered, move, change
//! surname, are adopted, die. Each source system holds some of them, shows each as of some day, and
//! makes its own slips. How often each thing happens stands in `data/population/rates.toml`, with the
//! published figure or the word that it is an assumption.
//!
//! The population is made in blocks of a thousand children that share nothing but the [`Generator`],
//! so blocks can be made on any thread in any order: the same options give the same bytes.
//!
//! ```
//! use childlink::synth::{Generator, Options};
//! let generator = Generator::new(Options { children: 50, sources: 4, seed: 1, ..Options::default() })?;
//! let block = generator.block(0);
//! assert!(block.records.len() >= 40);
//! assert!(block.persons.len() >= 50);
//! # Ok::<(), childlink::Error>(())
//! ```

mod dice;
pub mod layout;
mod life;
mod names;
mod number;
mod observe;
mod places;
mod rates;
mod record;
mod slip;
mod source;
mod world;

pub use record::Record;

use crate::error::Error;
use dice::Dice;
use life::Families;
use observe::Observer;
use rates::Rates;
use slip::Slips;
use world::World;

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Children, at least 1.
    pub children: usize,
    /// Source systems, 1 to [`Options::MOST_SOURCES`].
    pub sources: usize,
    /// The same seed gives the same population.
    pub seed: u64,
    /// Multiplies the frequency of every slip; 1 is ordinary, 2.5 hard.
    pub noise: f64,
    /// The share of records without an NHS number, 0 to 0.95, instead of the ordinary one.
    pub nhs_missing: Option<f64>,
    /// Which rates.
    pub profile: Profile,
}

impl Options {
    /// The most source systems in one run.
    pub const MOST_SOURCES: usize = 200;
    /// The most children: the issuable range of NHS numbers has no room for more.
    pub const MOST_CHILDREN: usize = number::MOST_BLOCKS * World::CHILDREN_PER_BLOCK;
}

impl Default for Options {
    fn default() -> Self {
        Options { children: 1_000, sources: 6, seed: 1, noise: 1.0, nhs_missing: None, profile: Profile::Standard }
    }
}

/// A set of rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Calibrated on published figures: `data/population/rates.toml`.
    #[default]
    Standard,
    /// Each area's old system beside the one that took over some years ago, so that most children are
    /// held twice; old cards were typed and scanned in, numbers are often missing, names exchanged:
    /// `data/population/migration.toml`. Nothing here was calibrated; for trying engines on what they
    /// were not tuned for.
    Migration,
}

impl Profile {
    fn rates(self, noise: f64, nhs_missing: Option<f64>) -> Result<Rates, Error> {
        let mut rates = match self {
            Profile::Standard => Rates::standard()?,
            Profile::Migration => Rates::migration()?,
        }
        .with_noise(noise);
        if let Some(share) = nhs_missing {
            rates.slip.number_missing = share;
        }
        Ok(rates)
    }
}

/// One person of the truth. A child who was adopted is two persons, who must never be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub person: u64,
    /// Shared by twins and triplets, and by nobody else.
    pub maternity: u64,
    /// The same child's identity before or after adoption.
    pub adopted_counterpart: Option<u64>,
}

/// Up to a thousand children with all their records.
#[derive(Clone, Debug)]
pub struct Block {
    /// The persons, in order.
    pub persons: Vec<Person>,
    /// The records, by family. A person may have none.
    pub records: Vec<Record>,
}

/// Makes a population block by block.
pub struct Generator {
    options: Options,
    world: World,
    slips: Slips,
}

impl Generator {
    /// A generator for these options.
    ///
    /// # Errors
    /// `synth/options` when a number is out of its range.
    pub fn new(options: Options) -> Result<Generator, Error> {
        let wrong = |field: &str, range: String| {
            Err(Error::new("synth/options", format!("{field} is out of range"), range).in_field(field.to_owned()))
        };
        if !(1..=Options::MOST_CHILDREN).contains(&options.children) {
            return wrong("children", format!("give 1 to {} children", Options::MOST_CHILDREN));
        }
        if !(1..=Options::MOST_SOURCES).contains(&options.sources) {
            return wrong("sources", format!("give 1 to {} source systems", Options::MOST_SOURCES));
        }
        if !(0.0..=20.0).contains(&options.noise) {
            return wrong("noise", "give 0 to 20 times the ordinary noise".to_owned());
        }
        if !options.nhs_missing.is_none_or(|share| (0.0..=0.95).contains(&share)) {
            return wrong("nhs-missing", "give a share from 0 to 0.95".to_owned());
        }
        Ok(Generator { world: World::new(&options)?, slips: Slips::read(), options })
    }

    /// The names of the source systems, in order.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.world.sources.iter().map(|source| source.name.as_str())
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.options.children.div_ceil(World::CHILDREN_PER_BLOCK)
    }

    /// One block, counted from 0. Any block can be made at any time.
    pub fn block(&self, index: usize) -> Block {
        let children = self.options.children.saturating_sub(index * World::CHILDREN_PER_BLOCK);
        let children = children.min(World::CHILDREN_PER_BLOCK);
        let dice = Dice::new(self.options.seed, index as u64);
        let (families, dice) = Families::new(&self.world, index, dice).make(children);
        let mut observer = Observer::new(&self.world, &self.slips, index, dice);
        let mut records = Vec::with_capacity(children * 5 / 4);
        for family in &families {
            observer.observe(family, &mut records);
        }
        let mut persons: Vec<Person> = families
            .iter()
            .flat_map(|family| &family.children)
            .map(|child| Person {
                person: child.person,
                maternity: child.maternity,
                adopted_counterpart: child.counterpart,
            })
            .collect();
        persons.sort_by_key(|person| person.person);
        Block { persons, records }
    }
}
