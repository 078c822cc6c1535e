//! Given names and surnames with their frequencies, by sex, era and naming tradition.

use super::dice::{Dice, Weighted};
use super::life::Sex;
use super::rates::Rates;
use crate::error::Error;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

const GIVEN: &str = include_str!("../../data/population/given_names.csv");
const SURNAMES: &str = include_str!("../../data/population/surnames.csv");
const NAMING: &str = include_str!("../../data/population/naming.csv");
const GIVEN_VARIANTS: &str = include_str!("../../data/population/given_variants.csv");
const SURNAME_VARIANTS: &str = include_str!("../../data/population/surname_variants.csv");

/// The national list, beside the named traditions.
pub(super) const GENERAL: usize = 0;

/// When somebody was named.
#[derive(Clone, Copy)]
pub(super) enum Era {
    /// Mothers of the children.
    Mother,
    /// Born before 2012.
    Early,
    /// Born later.
    Late,
}

/// A surname of one or two parts, in lower case, `_` for a space inside a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surname {
    pub(super) first: &'static str,
    pub(super) second: Option<&'static str>,
}

impl Surname {
    pub(super) fn single(first: &'static str) -> Surname {
        Surname { first, second: None }
    }

    /// The surname made of one part of each.
    pub(super) fn joined(left: Surname, right: Surname) -> Surname {
        Surname { first: left.first, second: Some(right.first) }
    }
}

/// Names that go together.
pub(super) struct Tradition {
    surnames: Weighted<&'static str>,
    given: [Weighted<&'static str>; 2],
    second: [Weighted<&'static str>; 2],
    /// Surnames end in -ski for men and -ska for women.
    pub(super) sexed_surnames: bool,
    /// A religious or honorific second name may stand in the family field.
    pub(super) second_may_be_family: bool,
    /// Muhammad comes first and the second name tells brothers apart.
    pub(super) muhammad_first: bool,
}

/// All names to draw from.
pub(super) struct Names {
    surnames: Weighted<&'static str>,
    given: [[Weighted<&'static str>; 3]; 2],
    traditions: Vec<Tradition>,
    share: Weighted<usize>,
    given_variants: FxHashMap<&'static str, Vec<&'static str>>,
    surname_variants: FxHashMap<&'static str, Vec<&'static str>>,
}

impl Names {
    /// Reads the name lists.
    ///
    /// # Errors
    /// `synth/population` when a list does not read or a tradition of the rates has no names.
    pub(super) fn read(rates: &Rates) -> Result<Names, Error> {
        let mut lists: BTreeMap<(&str, &str), Vec<&'static str>> = BTreeMap::new();
        for [tradition, part, names] in lines(NAMING) {
            lists.insert((tradition, part), names.split(' ').collect());
        }
        let mut traditions = Vec::new();
        let mut shares = vec![(GENERAL, 1.0 - rates.tradition.values().sum::<f64>())];
        for (name, share) in &rates.tradition {
            let list = |part: &str| match lists.get(&(name.as_str(), part)) {
                Some(names) => {
                    Ok(Weighted::new(names.iter().enumerate().map(|(rank, n)| (*n, 1.0 / (rank as f64 + 4.0)))))
                }
                None => Err(Error::new(
                    "synth/population",
                    format!("no {part} names for tradition {name}"),
                    "add them to naming.csv",
                )),
            };
            traditions.push(Tradition {
                surnames: list("surname")?,
                given: [list("female")?, list("male")?],
                second: [list("second-female")?, list("second-male")?],
                sexed_surnames: name == "polish",
                second_may_be_family: matches!(name.as_str(), "muslim" | "sikh"),
                muhammad_first: name == "muslim",
            });
            shares.push((traditions.len(), *share));
        }
        let given = |sex: &'static str, era: usize| {
            Weighted::new(
                lines(GIVEN).filter(move |r: &[&str; 5]| r[0] == sex).map(move |r| (r[1], number(r[2 + era]))),
            )
        };
        Ok(Names {
            surnames: Weighted::new(lines(SURNAMES).map(|[name, ppm]| (name, number(ppm)))),
            given: ["f", "m"].map(|sex| [0, 1, 2].map(|era| given(sex, era))),
            traditions,
            share: Weighted::new(shares),
            given_variants: variants(GIVEN_VARIANTS),
            surname_variants: variants(SURNAME_VARIANTS),
        })
    }

    /// The naming tradition of a family; [`GENERAL`] for the national lists.
    pub(super) fn tradition(&self, dice: &mut Dice) -> usize {
        *self.share.draw(dice)
    }

    /// What is special about a tradition; nothing for the national lists.
    pub(super) fn habits(&self, tradition: usize) -> Option<&Tradition> {
        self.traditions.get(tradition.wrapping_sub(1))
    }

    pub(super) fn surname(&self, tradition: usize, dice: &mut Dice) -> Surname {
        Surname::single(match self.habits(tradition) {
            Some(own) => own.surnames.draw(dice),
            None => self.surnames.draw(dice),
        })
    }

    /// A given name; `own` is how often it comes from the tradition's own list.
    pub(super) fn given(&self, tradition: usize, sex: Sex, era: Era, own: f64, dice: &mut Dice) -> &'static str {
        match self.habits(tradition) {
            Some(habits) if dice.chance(own) => habits.given[sex as usize].draw(dice),
            _ => self.given[sex as usize][era as usize].draw(dice),
        }
    }

    /// A second given name.
    pub(super) fn second(&self, tradition: usize, sex: Sex, era: Era, dice: &mut Dice) -> &'static str {
        match self.habits(tradition) {
            Some(own) if dice.chance(0.7) => own.second[sex as usize].draw(dice),
            _ => self.given(tradition, sex, era, 0.5, dice),
        }
    }

    /// Another form of a given name: a short form, a spelling, the same name in another language.
    pub(super) fn given_variant(&self, name: &str, dice: &mut Dice) -> Option<&'static str> {
        self.given_variants.get(name).map(|forms| *dice.pick(forms))
    }

    /// Another spelling of a surname.
    pub(super) fn surname_variant(&self, name: &str, dice: &mut Dice) -> Option<&'static str> {
        self.surname_variants.get(name).map(|forms| *dice.pick(forms))
    }
}

/// The rows of a list with `N` fields, without its header.
pub(super) fn lines<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().skip(1).filter_map(|line| {
        let mut fields = line.splitn(N, ',');
        let row = std::array::from_fn(|_| fields.next().unwrap_or(""));
        (!row[N - 1].is_empty()).then_some(row)
    })
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

fn variants(text: &'static str) -> FxHashMap<&'static str, Vec<&'static str>> {
    lines(text).map(|[name, forms]| (name, forms.split(' ').collect())).collect()
}
