//! What the source systems recorded of a child: who holds it, from when, and with which slips.

use super::dice::Dice;
use super::life::{Child, Family};
use super::record::{Record, Writer};
use super::slip::Slips;
use super::source::{Kind, Source};
use super::world::World;
use crate::date::Date;

/// One record in the making: which system, and which day it shows.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) source: &'a Source,
    pub(super) index: usize,
    /// The first day in the system.
    pub(super) entered: Date,
    /// The day of the last change.
    pub(super) seen: Date,
    /// The day whose name it shows.
    pub(super) named: Date,
    /// The day whose address it shows.
    pub(super) housed: Date,
    /// A second record of the same child in one system.
    pub(super) duplicate: bool,
}

impl<'a> Visit<'a> {
    /// A record that shows everything as it was on its last day.
    fn new(source: &'a Source, index: usize, entered: Date, seen: Date) -> Visit<'a> {
        Visit { source, index, entered, seen, named: seen, housed: seen, duplicate: false }
    }
}

/// Makes the records of one block.
pub(super) struct Observer<'a> {
    world: &'a World,
    slips: &'a Slips,
    dice: Dice,
    next_serial: u64,
    /// A number that stands in the row above.
    stranger: u64,
}

impl<'a> Observer<'a> {
    pub(super) fn new(world: &'a World, slips: &'a Slips, block: usize, dice: Dice) -> Observer<'a> {
        let stranger = 4_010_232_137;
        Observer { world, slips, dice, next_serial: block as u64 * World::RECORDS_PER_BLOCK, stranger }
    }

    /// All records of one family's children.
    pub(super) fn observe(&mut self, family: &Family, records: &mut Vec<Record>) {
        for child in &family.children {
            let before = records.len();
            for (index, source) in self.world.sources.iter().enumerate() {
                let Some(visit) = self.visit(family, child, source, index) else { continue };
                self.record(family, child, visit, records);
                if source.kind == Kind::ChildHealth && self.dice.chance(self.world.rates.holding.duplicate_in_source) {
                    let seen = self.between(visit.entered, visit.seen);
                    let second = Visit { seen, named: seen, housed: seen, duplicate: true, ..visit };
                    self.record(family, child, second, records);
                }
            }
            // Who is on no system is not of the population: the last area remembers.
            if records.len() == before && child.until.is_none() {
                self.remember(family, child, records);
            }
        }
    }

    /// A record in the child health system of the last area that the child lived in.
    fn remember(&mut self, family: &Family, child: &Child, records: &mut Vec<Record>) {
        let stays = self.world.sources.iter().enumerate().filter_map(|(index, source)| {
            let (first, last) = self.stay(family, child, source, self.extracted(source))?;
            Some((last, first, index, source))
        });
        let Some((last, first, index, source)) = stays.max_by_key(|stay| (stay.0, stay.2)) else { return };
        self.record(family, child, Visit::new(source, index, first, last), records);
    }

    fn extracted(&self, source: &Source) -> Date {
        self.world.rates.as_at.add_days(-source.extract_age)
    }

    fn record(&mut self, family: &Family, child: &Child, visit: Visit<'_>, records: &mut Vec<Record>) {
        let writer = Writer::new(self.world, self.slips, &mut self.dice, family, child, visit);
        records.push(writer.record(self.next_serial, self.stranger));
        self.next_serial += 1;
        self.stranger = child.number;
    }

    fn visit<'s>(&mut self, family: &Family, child: &Child, source: &'s Source, index: usize) -> Option<Visit<'s>> {
        let extracted = self.extracted(source);
        let end = child.until.map_or(extracted, |until| until.min(extracted));
        if child.from >= end {
            return None;
        }
        let holding = &self.world.rates.holding;
        let visit = |entered: Date, seen: Date| Visit::new(source, index, entered, seen);
        let served = |day: Date| {
            self.world.places.area(family.home_on(day)).is_some_and(|area| area % source.share.1 == source.share.0)
        };
        match source.kind {
            Kind::ChildHealth | Kind::Legacy => self.child_health(family, child, source, visit, end),
            Kind::Maternity => {
                let born_here = !child.born_abroad && child.from == child.birth && served(child.birth);
                let recent = extracted.years_since(child.birth) < 9;
                let held = born_here && recent && self.dice.chance(holding.maternity_holds);
                held.then(|| visit(child.birth, child.birth.add_days(self.dice.wait(3.0)).min(end)))
            }
            Kind::School => {
                let seen = end.add_days(-self.dice.between(0, 300)).max(child.from);
                let pupil = (4..=16).contains(&seen.years_since(child.birth));
                let listed = child.until.is_none() && child.death.is_none_or(|day| day > seen);
                let held = pupil && listed && served(seen) && self.dice.chance(holding.school_holds);
                held.then(|| visit(seen.add_days(-self.dice.between(0, 900)).max(child.from), seen))
            }
        }
    }

    fn child_health<'s>(
        &mut self,
        family: &Family,
        child: &Child,
        source: &'s Source,
        visit: impl Fn(Date, Date) -> Visit<'s>,
        end: Date,
    ) -> Option<Visit<'s>> {
        let (first, last) = self.stay(family, child, source, end)?;
        let holding = &self.world.rates.holding;
        let kept = if child.until.is_some() {
            self.world.rates.life.adopted_old_record_remains
        } else if last < end {
            holding.left_record_kept
        } else {
            holding.child_health_holds
        };
        if !self.dice.chance(kept) {
            return None;
        }
        let seen = last.add_days(-self.dice.wait(50.0)).max(first);
        let mut visit = visit(first, seen);
        if last < end && self.dice.chance(holding.left_record_updated) {
            visit.seen = last.add_days(12).min(end);
            (visit.named, visit.housed) = (visit.seen, visit.seen);
        } else if self.dice.chance(holding.address_out_of_date) {
            visit.housed = self.between(first, seen);
        }
        if self.dice.chance(holding.name_never_updated) {
            visit.named = first;
        }
        Some(visit)
    }

    /// The first and the last day on which the child lived in the system's area while it was in use,
    /// before `end`.
    fn stay(&self, family: &Family, child: &Child, source: &Source, end: Date) -> Option<(Date, Date)> {
        let area = source.area?;
        let from = match source.opened_age {
            Some(days) => child.from.max(self.world.rates.as_at.add_days(-days)),
            None => child.from,
        };
        let mut stay = None;
        for (index, &(since, home)) in family.homes.iter().enumerate() {
            let next = family.homes.get(index + 1).map_or(end, |next| next.0.min(end));
            let since = if index == 0 { from } else { since.max(from) };
            if since < next && self.world.places.area(home) == Some(area) {
                stay = Some((stay.map_or(since, |(first, _)| first), next));
            }
        }
        stay
    }

    fn between(&mut self, first: Date, last: Date) -> Date {
        first.add_days(self.dice.between(0, last.days_since(first)))
    }
}
