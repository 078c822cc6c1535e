//! Families and children as they truly are: births, names, homes, numbers, adoptions, deaths.

use super::dice::Dice;
use super::names::{Era, GENERAL, Surname};
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

    /// One maternity.
    fn deliver(&mut self, family: &mut Family, birth: Date, most: usize) {
        let life = &self.world.rates.life;
        let plurality = match self.dice.chance(life.multiple_maternity) {
            false => 1,
            true if self.dice.chance(life.triplets_among_multiples) => 3,
            true => 2,
        };
        let plurality = plurality.min(most - family.children.len());
        let maternity = self.maternity();
        let numbers = self.numbers.next(plurality);
        let surnames = self.child_surnames(family);
        let minute = self.dice.below(1_440) as u16;
        let age = self.world.rates.as_at.days_since(birth);
        let abroad = self.dice.chance(life.born_abroad) && age > 120;
        let arrival = birth.add_days(self.dice.between(60, age.min(12 * 365) - 30));
        let registered_on = birth.add_days(3 + self.dice.wait(life.days_to_registration).min(120));
        let sensitive = self.dice.chance(life.sensitive);
        let unnamed = self.dice.chance(life.unnamed_at_notification);
        let first = family.children.len();
        for (order, &number) in numbers.iter().enumerate() {
            let boy = match family.children.get(first) {
                Some(twin) => (twin.sex == Sex::Male) == self.dice.chance(life.same_sex_twins),
                None => self.dice.chance(life.boy),
            };
            let sex = if boy { Sex::Male } else { Sex::Female };
            let given = self.given(family, first, sex, birth);
            let from = if abroad { arrival } else { birth };
            let child = Child {
                person: self.person(),
                maternity,
                sex,
                birth,
                birth_minute: (minute + 4 + 13 * order as u16) % 1_440,
                order: order as u8 + 1,
                plurality: plurality as u8,
                gestation_weeks: self.gestation(plurality),
                given,
                named_at_notification: !unnamed,
                registered_on,
                birth_surname: if abroad { surnames.1 } else { surnames.0 },
                registered_surname: surnames.1,
                later_surname: self.later_surname(family, birth),
                number,
                replaced: self.replaced(from),
                from,
                until: None,
                born_abroad: abroad,
                filler_birthday: abroad && self.dice.chance(life.filler_birthday_abroad),
                death: self.death(birth),
                sensitive,
                has_practice: !self.dice.chance(life.no_practice),
                no_fixed_address: self.dice.chance(life.no_fixed_address),
                counterpart: None,
            };
            family.children.push(child);
        }
    }

    /// The surname at notification, which is the mother's, and the one registered.
    fn child_surnames(&mut self, family: &Family) -> (Surname, Surname) {
        let life = &self.world.rates.life;
        let (mother, father) = (family.mother_surname, family.father_surname);
        // Siblings share the choice that the family made.
        if let Some(sibling) = family.children.first().filter(|_| mother != father) {
            return (mother, sibling.registered_surname);
        }
        let point = self.dice.unit();
        let registered = if mother == father || point < life.registered_under_fathers_surname {
            father
        } else if point < life.registered_under_fathers_surname + life.registered_under_both_surnames {
            Surname::joined(mother, father)
        } else {
            mother
        };
        (mother, registered)
    }

    fn later_surname(&mut self, family: &Family, birth: Date) -> Option<(Date, Surname)> {
        if !self.dice.chance(self.world.rates.life.surname_changes_later) {
            return None;
        }
        let day = birth.add_days(self.dice.between(2 * 365, 15 * 365));
        let surname = if self.dice.chance(0.5) && family.mother_surname != family.father_surname {
            family.mother_surname
        } else {
            self.world.names.surname(family.tradition, &mut self.dice)
        };
        Some((day, surname))
    }

    fn gestation(&mut self, plurality: usize) -> u8 {
        let early = self.world.rates.life.preterm * if plurality > 1 { 7.0 } else { 1.0 };
        let weeks = if self.dice.chance(early) { self.dice.between(26, 36) } else { self.dice.between(37, 41) };
        weeks as u8
    }

    fn replaced(&mut self, from: Date) -> Option<(u64, Date)> {
        if !self.dice.chance(self.world.rates.life.superseded) {
            return None;
        }
        Some((self.numbers.next(1)[0], from.add_days(self.dice.between(200, 3_000))))
    }

    fn death(&mut self, birth: Date) -> Option<Date> {
        let life = &self.world.rates.life;
        let day = if self.dice.chance(life.infant_death) {
            birth.add_days(self.dice.wait(60.0).min(364))
        } else {
            birth.add_days(365 + self.dice.wait(365.0 / life.later_death_per_year))
        };
        (day <= self.world.rates.as_at).then_some(day)
    }

    /// A given name unlike those of the brothers and sisters. Twins, from `first` on, are often
    /// named alike.
    fn given(&mut self, family: &Family, first: usize, sex: Sex, birth: Date) -> GivenName {
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

    /// Adopts some children of a family: their identity ends, and another begins with new parents.
    fn adoptions(&mut self, family: &mut Family) -> Vec<Family> {
        let life = &self.world.rates.life;
        let mut adopted: Vec<Family> = Vec::new();
        for index in 0..family.children.len() {
            let twin_adopted = index > 0
                && family.children[index - 1].until.is_some()
                && family.children[index - 1].maternity == family.children[index].maternity;
            if family.children[index].death.is_some() || !(twin_adopted || self.dice.chance(life.adopted)) {
                continue;
            }
            let years = if self.dice.chance(0.83) {
                self.dice.between(365, 5 * 365)
            } else {
                self.dice.between(5 * 365, 10 * 365)
            };
            let child = &family.children[index];
            let day = if twin_adopted { family.children[index - 1].until } else { Some(child.birth.add_days(years)) };
            let Some(day) = day.filter(|day| *day < self.world.rates.as_at.add_days(-30) && *day > child.from) else {
                continue;
            };
            if !twin_adopted {
                let tradition = if self.dice.chance(0.7) { family.tradition } else { GENERAL };
                // Adoption here is by strangers. The short lists of some traditions would give one in
                // twenty of them the child's own surname by chance, and then nothing tells the two
                // identities from one child held twice.
                let old = [child.birth_surname.first, child.registered_surname.first];
                let mut parents = loop {
                    let parents = self.parents(tradition);
                    if !old.contains(&parents.father_surname.first) {
                        break parents;
                    }
                };
                parents.mother_birth = day.add_days(-self.dice.between(28 * 365, 45 * 365));
                parents.homes = self.homes(day, &[child.birth]);
                adopted.push(parents);
            }
            let Some(parents) = adopted.last_mut() else { continue };
            let maternity = match parents.children.first() {
                Some(twin) => twin.maternity,
                None => self.maternity(),
            };
            let mut second = family.children[index].clone();
            second.person = self.person();
            second.maternity = maternity;
            second.counterpart = Some(family.children[index].person);
            second.number = self.numbers.next(1)[0];
            second.replaced = None;
            second.from = day;
            second.birth_surname = parents.father_surname;
            second.registered_surname = parents.father_surname;
            second.later_surname = None;
            if !self.dice.chance(life.adopted_keeps_given_name) {
                second.given = self.given(parents, 0, second.sex, second.birth);
            }
            let parents_children = second.person;
            let Some(parents) = adopted.last_mut() else { continue };
            parents.children.push(second);
            let child = &mut family.children[index];
            child.until = Some(day);
            child.counterpart = Some(parents_children);
        }
        adopted
    }
}

const MUHAMMAD: [&str; 4] = ["muhammad", "mohammed", "mohammad", "muhammed"];
const JOINED: [&[&str]; 2] =
    [&["mae", "rose", "grace", "may", "louise", "rae", "leigh", "ann"], &["james", "lee", "jay", "john", "ray"]];
