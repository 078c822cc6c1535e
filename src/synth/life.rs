//! Families and children as they truly are: births, names, homes, numbers, adoptions, deaths.

mod adoption;
mod given_name;
mod maternity;

use super::dice::Dice;
use super::names::{Era, Surname};
use super::number::Numbers;
use super::places::Home;
use super::world::World;
use crate::date::Date;

/// Sex at birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sex {
    Female,
    Male,
}

/// Given names as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GivenName {
    pub(super) first: &'static str,
    /// The part after the hyphen of a double given name.
    pub(super) joined: Option<&'static str>,
    pub(super) second: Option<&'static str>,
}

/// One child.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) person: u64,
    pub(super) maternity: u64,
    pub(super) sex: Sex,
    pub(super) birth: Date,
    /// Minutes after midnight.
    pub(super) birth_minute: u16,
    /// 1 for the first born of the maternity.
    pub(super) order: u8,
    pub(super) plurality: u8,
    pub(super) gestation_weeks: u8,
    pub(super) given: GivenName,
    pub(super) named_at_notification: bool,
    pub(super) registered_on: Date,
    pub(super) birth_surname: Surname,
    pub(super) registered_surname: Surname,
    pub(super) later_surname: Option<(Date, Surname)>,
    pub(super) number: u64,
    /// A number held before, and the day on which the two were merged.
    pub(super) replaced: Option<(u64, Date)>,
    /// The first day in this country, or in this identity.
    pub(super) from: Date,
    /// The last day of this identity, if it ended in adoption.
    pub(super) until: Option<Date>,
    pub(super) born_abroad: bool,
    /// Birthday known by year only.
    pub(super) filler_birthday: bool,
    pub(super) death: Option<Date>,
    pub(super) sensitive: bool,
    pub(super) has_practice: bool,
    pub(super) no_fixed_address: bool,
    /// The same child's other identity.
    pub(super) counterpart: Option<u64>,
}

impl Child {
    /// The surname that the family uses on a day.
    pub(super) fn surname_on(&self, day: Date) -> Surname {
        match self.later_surname {
            Some((since, surname)) if day >= since => surname,
            _ if day >= self.registered_on => self.registered_surname,
            _ => self.birth_surname,
        }
    }

    /// The NHS number in use on a day.
    pub(super) fn number_on(&self, day: Date) -> u64 {
        match self.replaced {
            Some((old, merged)) if day < merged => old,
            _ => self.number,
        }
    }
}

/// A mother, the homes, and the children of the window.
pub(super) struct Family {
    pub(super) tradition: usize,
    pub(super) mother_given: &'static str,
    pub(super) mother_surname: Surname,
    pub(super) mother_birth: Date,
    pub(super) mother_number: u64,
    pub(super) father_surname: Surname,
    /// Homes with the day of moving in, in order.
    pub(super) homes: Vec<(Date, Home)>,
    pub(super) children: Vec<Child>,
}

impl Family {
    /// The home on a day.
    pub(super) fn home_on(&self, day: Date) -> Home {
        let index = self.homes.partition_point(|&(since, _)| since <= day);
        self.homes[index.saturating_sub(1)].1
    }
}

/// Makes the families of one block, one after the other.
pub(super) struct Families<'a> {
    world: &'a World,
    dice: Dice,
    numbers: Numbers,
    next_person: u64,
    next_maternity: u64,
}

impl<'a> Families<'a> {
    pub(super) fn new(world: &'a World, block: usize, dice: Dice) -> Families<'a> {
        let first = block as u64 * World::PERSONS_PER_BLOCK;
        Families { world, dice, numbers: Numbers::of_block(block), next_person: first, next_maternity: first }
    }

    /// Families until there are so many children, and the second identities of the adopted.
    pub(super) fn make(mut self, children: usize) -> (Vec<Family>, Dice) {
        let mut families: Vec<Family> = Vec::new();
        let mut left = children;
        while left > 0 {
            let cousin = families.last().filter(|f| !f.children.is_empty());
            let cousin = cousin.filter(|_| self.dice.chance(self.world.rates.life.same_named_cousin));
            let family = match cousin {
                Some(relation) => self.cousins(relation),
                None => self.family(left),
            };
            left -= family.children.len();
            families.push(family);
        }
        let adopted: Vec<Family> = (0..families.len()).flat_map(|at| self.adoptions(&mut families[at])).collect();
        families.extend(adopted);
        (families, self.dice)
    }

    fn person(&mut self) -> u64 {
        self.next_person += 1;
        self.next_person - 1
    }

    fn maternity(&mut self) -> u64 {
        self.next_maternity += 1;
        self.next_maternity - 1
    }

    /// A family with at least one child born in the window, and no more than `most`.
    fn family(&mut self, most: usize) -> Family {
        let tradition = self.world.names.tradition(&mut self.dice);
        loop {
            let mut family = self.parents(tradition);
            let mut births = vec![self.first_birth()];
            while births.len() < 7 && self.dice.chance(self.world.rates.life.another_maternity) {
                let last = births[births.len() - 1];
                births.push(last.add_days(self.dice.between(330, 1_900)));
            }
            let window = self.world.rates.first_birth..=self.world.rates.as_at;
            let began = births[0];
            births.retain(|day| window.contains(day));
            family.mother_birth = began.add_days(-self.dice.between(18 * 365, 36 * 365));
            family.homes = self.homes(began, &births);
            // Children born after the family left for good are not of this region.
            let Some(left) = self.left_region(&family) else { continue };
            births.retain(|&day| day < left);
            if births.is_empty() {
                continue;
            }
            for birth in births {
                if family.children.len() < most {
                    self.deliver(&mut family, birth, most);
                }
            }
            return family;
        }
    }

    fn parents(&mut self, tradition: usize) -> Family {
        let (names, life) = (&self.world.names, &self.world.rates.life);
        let surname = |dice: &mut Dice| {
            let single = names.surname(tradition, dice);
            if dice.chance(life.double_barrelled_parent) {
                Surname::joined(single, names.surname(tradition, dice))
            } else {
                single
            }
        };
        let father_surname = surname(&mut self.dice);
        let mother_surname =
            if self.dice.chance(life.parents_share_surname) { father_surname } else { surname(&mut self.dice) };
        Family {
            tradition,
            mother_given: names.given(
                tradition,
                Sex::Female,
                Era::Mother,
                life.own_tradition_given_name,
                &mut self.dice,
            ),
            mother_surname,
            mother_birth: self.world.rates.first_birth,
            mother_number: self.numbers.next(1)[0],
            father_surname,
            homes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// The day of a first maternity: by births a year, with some years before the window.
    fn first_birth(&mut self) -> Date {
        let before = 5 * 365;
        if self.dice.chance(0.16) {
            return self.world.rates.first_birth.add_days(-self.dice.between(1, before));
        }
        let year = *self.world.birth_year.draw(&mut self.dice);
        let start = Date::new(year, 1, 1).unwrap_or(self.world.rates.first_birth);
        start.add_days(self.dice.between(0, 364))
    }

    /// The day after which a family lives in the region no more; `None` if it never did.
    fn left_region(&self, family: &Family) -> Option<Date> {
        let last = family.homes.iter().rposition(|&(_, home)| self.world.places.area(home).is_some())?;
        Some(family.homes.get(last + 1).map_or(self.world.rates.as_at, |next| next.0))
    }

    /// Homes from the first maternity on: the younger the youngest child, the sooner a move. Who
    /// began elsewhere came to the region later.
    fn homes(&mut self, began: Date, births: &[Date]) -> Vec<(Date, Home)> {
        let (places, rates) = (&self.world.places, &self.world.rates);
        let mut homes = Vec::new();
        let mut day = began;
        let mut since = began.add_days(-300);
        if self.dice.chance(rates.life.began_elsewhere) {
            homes.push((since, places.outside(&mut self.dice)));
            since = began.add_days(self.dice.between(0, rates.as_at.days_since(began)));
            day = since;
        }
        let mut home = places.inside(&mut self.dice);
        homes.push((since, home));
        while day < rates.as_at {
            let youngest = births.iter().rev().find(|&&birth| birth <= day).unwrap_or(&began);
            let yearly = match day.years_since(*youngest) {
                ..=0 => rates.life.moves_per_year_age_0,
                1..=4 => rates.life.moves_per_year_age_1_to_4,
                5..=9 => rates.life.moves_per_year_age_5_to_9,
                _ => rates.life.moves_per_year_age_10_up,
            };
            let wait = self.dice.wait(365.0 / yearly);
            day = day.add_days(wait.min(365));
            if wait < 365 {
                home = places.move_from(home, rates, &mut self.dice);
                homes.push((day, home));
            }
        }
        homes
    }

    /// A family with a child of the same surname, given name and about the same age as a relation's.
    fn cousins(&mut self, relation: &Family) -> Family {
        let model = &relation.children[0];
        let mut family = self.parents(relation.tradition);
        family.father_surname = model.registered_surname;
        let window = (self.world.rates.first_birth, self.world.rates.as_at);
        let birth = model.birth.add_days(self.dice.between(-400, 400)).clamp(window.0, window.1);
        family.mother_birth = birth.add_days(-self.dice.between(18 * 365, 36 * 365));
        family.homes = self.homes(birth, &[birth]);
        if self.dice.chance(0.5) {
            let near = self.world.places.home_in(relation.homes[0].1.district, &mut self.dice);
            family.homes.truncate(1);
            family.homes[0].1 = near;
        }
        self.deliver(&mut family, birth, 1);
        let child = &mut family.children[0];
        child.given = GivenName { second: child.given.second, ..model.given };
        child.sex = model.sex;
        child.registered_surname = model.registered_surname;
        family
    }
}
