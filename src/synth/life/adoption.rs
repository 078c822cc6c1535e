//! Adoptions, after which one child has two identities.

use super::{Families, Family};
use crate::synth::names::GENERAL;

impl Families<'_> {
    /// Adopts some children of a family: their identity ends, and another begins with new parents.
    pub(super) fn adoptions(&mut self, family: &mut Family) -> Vec<Family> {
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
