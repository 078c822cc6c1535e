//! Children as they are born into a family.

use super::{Child, Families, Family, Sex, Surname};
use crate::date::Date;

impl Families<'_> {
    /// One maternity.
    pub(super) fn deliver(&mut self, family: &mut Family, birth: Date, most: usize) {
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
}
