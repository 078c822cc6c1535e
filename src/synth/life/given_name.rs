//! Given names, which depend on those of brothers and sisters.

use super::{Families, Family, GivenName, Sex};
use crate::date::Date;
use crate::synth::dice::Dice;
use crate::synth::names::Era;

const MUHAMMAD: [&str; 4] = ["muhammad", "mohammed", "mohammad", "muhammed"];
const JOINED: [&[&str]; 2] =
    [&["mae", "rose", "grace", "may", "louise", "rae", "leigh", "ann"], &["james", "lee", "jay", "john", "ray"]];

impl Families<'_> {
    /// A given name unlike those of the brothers and sisters. Twins, from `first` on, are often
    /// named alike.
    pub(super) fn given(&mut self, family: &Family, first: usize, sex: Sex, birth: Date) -> GivenName {
        let (names, life) = (&self.world.names, &self.world.rates.life);
        let era = if birth.year() < 2012 { Era::Early } else { Era::Late };
        let tradition = family.tradition;
        let second = self.dice.chance(life.middle_name).then(|| names.second(tradition, sex, era, &mut self.dice));
        let twin = family.children.get(first).map(|twin| twin.given);
        let hyphenated = match sex {
            Sex::Female => life.hyphenated_girl,
            Sex::Male => life.hyphenated_boy,
        };
        if names.habits(tradition).is_some_and(|habits| habits.muhammad_first) && sex == Sex::Male {
            let often = if twin.is_some_and(|t| MUHAMMAD.contains(&t.first)) {
                life.muhammad_twin
            } else {
                life.muhammad_first
            };
            if self.dice.chance(often) {
                let second = self.unlike(family, |dice| names.second(tradition, sex, era, dice));
                return GivenName { first: MUHAMMAD[self.muhammad_spelling()], joined: None, second: Some(second) };
            }
        }
        let draw = |dice: &mut Dice| names.given(tradition, sex, era, life.own_tradition_given_name, dice);
        let alike = match twin {
            Some(twin) if self.dice.chance(life.twins_sound_alike) => names.given_variant(twin.first, &mut self.dice),
            Some(twin) if self.dice.chance(life.twins_share_initial) => {
                (0..40).map(|_| draw(&mut self.dice)).find(|name| name.as_bytes()[0] == twin.first.as_bytes()[0])
            }
            _ => None,
        };
        let taken = |name: &str| family.children.iter().any(|c| c.given.first == name);
        let name = alike.filter(|name| !taken(name)).unwrap_or_else(|| self.unlike(family, draw));
        let joined =
            (self.dice.chance(hyphenated) && !name.contains('-')).then(|| *self.dice.pick(JOINED[sex as usize]));
        GivenName { first: name, joined, second: second.filter(|s| *s != name) }
    }

    /// A name that no brother or sister bears, as first or as second name.
    fn unlike(&mut self, family: &Family, mut draw: impl FnMut(&mut Dice) -> &'static str) -> &'static str {
        loop {
            let name = draw(&mut self.dice);
            if !family.children.iter().any(|c| c.given.first == name || c.given.second == Some(name))
                || self.dice.chance(0.02)
            {
                return name;
            }
        }
    }

    /// ONS 2024: 5,721, 1,760 and 986 of the three spellings, with a few more beside them.
    fn muhammad_spelling(&mut self) -> usize {
        match self.dice.below(100) {
            ..64 => 0,
            64..84 => 1,
            84..95 => 2,
            _ => 3,
        }
    }
}
