//! The conditions and names that every part of a programme file shares: who, when, ages, antigens,
//! series and sources.

use super::load::Loader;
use super::model::*;
use crate::date::Date;
use crate::schedule::Span;
use crate::schedule::care_file::marked;
use crate::schedule::child::{Class, Nation, Sex};
use crate::schedule::reader::{At, Table};
use crate::schedule::vocabulary::{AntigenSet, RiskSet, SeriesId, SeriesSet};

impl<'f> Loader<'f> {
    pub(super) fn who(&self, table: &Table<'f, '_>) -> Who {
        let day = |key, otherwise| table.date(key).map_or(otherwise, |date: At<Date>| date.value.days_since_1970());
        let nations = table.nations().into_iter().fold(0, |set, nation| set | Who::nation_bit(nation));
        let who = Who {
            born: (day("born_from", i32::MIN), day("born_to", i32::MAX)),
            nations: if nations == 0 { Who::default().nations } else { nations },
            sex: table.word("sex", "female or male", Sex::parse),
            risks: self.risk_set(table, "risk"),
            without: self.risk_set(table, "without_risk"),
            gestation_before: table.number("gestation_before", 20..=45).map(|weeks| weeks.value as u8),
        };
        if who.born.0 > who.born.1 {
            let found = format!("{} ends before it begins", table.what);
            table.file.fault(table.at, found, "put born_from on or before born_to");
        }
        who
    }

    pub(super) fn when(&mut self, table: &Table<'f, '_>) -> When {
        let mut facts = |key| {
            let tables = table.tables(key, |index| format!("{key} {} of {}", index + 1, table.what));
            tables.into_iter().filter_map(|fact| self.fact(fact)).collect()
        };
        When { all_of: facts("if"), none_of: facts("unless") }
    }

    pub(super) fn fact(&mut self, table: Table<'f, '_>) -> Option<Fact> {
        let fact = match table.text("had") {
            Some(name) => {
                let had = Had {
                    antigen: self.antigen(&table, name),
                    to: table.date("to").map_or(i32::MAX, |date| date.value.days_since_1970()),
                    from_age: self.age(&table, "from_age"),
                    before_age: self.age(&table, "before_age"),
                };
                let place = self.had.iter().position(|known| *known == had).unwrap_or_else(|| {
                    self.had.push(had);
                    self.had.len() - 1
                });
                if place >= 32 {
                    table.file.fault(table.at, "this is the 33rd fact of the history", "the engine holds 32");
                }
                let doses = table.number("doses", 1..=250).map_or(1, |doses| doses.value as u8);
                Some(Fact::Had(place as u8, doses))
            }
            None => self.counted(&table, "counted"),
        };
        table.end();
        fact
    }

    pub(super) fn counted(&self, table: &Table<'f, '_>, key: &'static str) -> Option<Fact> {
        let series = table.needed(key, table.text(key)).and_then(|name| self.series_id(table, name));
        let doses = table.needed("doses", table.number("doses", 1..=250));
        Some(Fact::Counted(series?, doses?.value as u8))
    }

    pub(super) fn age(&mut self, table: &Table<'f, '_>, key: &'static str) -> Option<AgeIndex> {
        let span = table.span(key)?;
        let index = self.age_index(span.value);
        if index >= 64 {
            table.file.fault(span.at, "this is the 65th different age", "the engine holds 64");
        }
        Some(index)
    }

    pub(super) fn age_index(&mut self, span: Span) -> AgeIndex {
        let place = self.ages.iter().position(|known| *known == span).unwrap_or_else(|| {
            self.ages.push(span);
            self.ages.len() - 1
        });
        place.min(255) as AgeIndex
    }

    pub(super) fn antigen(&self, table: &Table<'f, '_>, name: At<&str>) -> AntigenSet {
        self.vocabulary.antigen(name.value).unwrap_or_else(|| {
            table.file.fault(
                name.at,
                format!("`{}` is no antigen", name.value),
                "add it as [antigen.name], or correct it",
            );
            AntigenSet::default()
        })
    }

    pub(super) fn antigen_set(&self, table: &Table<'f, '_>, key: &'static str) -> AntigenSet {
        table.texts(key).into_iter().fold(AntigenSet::default(), |set, name| set.union(self.antigen(table, name)))
    }

    pub(super) fn risk_set(&self, table: &Table<'f, '_>, key: &'static str) -> RiskSet {
        table.texts(key).into_iter().fold(RiskSet::default(), |set, name| {
            set.union(self.vocabulary.risk_group(name.value).unwrap_or_else(|| {
                let found = format!("`{}` is no risk group", name.value);
                table.file.fault(name.at, found, "add it under [risk_group], or correct it");
                RiskSet::default()
            }))
        })
    }

    pub(super) fn series_id(&self, table: &Table<'f, '_>, name: At<&str>) -> Option<SeriesId> {
        let series = self.vocabulary.series(name.value);
        if series.is_none() {
            table.file.fault(name.at, format!("`{}` is no series", name.value), "use the id of a series of this file");
        }
        series
    }

    pub(super) fn series_set(&self, table: &Table<'f, '_>, key: &'static str) -> SeriesSet {
        let mut set = SeriesSet::default();
        table.texts(key).into_iter().filter_map(|name| self.series_id(table, name)).for_each(|id| set.insert(id));
        set
    }

    pub(super) fn gate(&self, table: &Table<'f, '_>, name: At<&str>) -> Option<u8> {
        let place = self.gates.iter().position(|(id, _)| id == name.value);
        if place.is_none() {
            table.file.fault(name.at, format!("`{}` is no gate", name.value), "add it as [gate.name]");
        }
        place.map(|place| place as u8)
    }

    /// The rule of this name with its source: the keys `source`, `at`, `unconfirmed` and `note`.
    pub(super) fn cite(&self, table: &Table<'f, '_>, name: String) -> Rule {
        let place = table.text("at").map(|place| place.value);
        let source = table.text("source").map_or(String::new(), |source| {
            let known = self.sources.get(source.value).cloned().unwrap_or_else(|| {
                table.file.fault(source.at, format!("`{}` is no source", source.value), "add it as [source.name]");
                String::new()
            });
            place.map_or(known.clone(), |place| format!("{known}, {place}"))
        });
        table.text("note");
        Rule { unconfirmed_name: marked(name.clone(), true), name, source, unconfirmed: table.flag("unconfirmed") }
    }
}

pub(super) fn offered(table: &Table<'_, '_>) -> Offered {
    let day = |key, otherwise| table.date(key).map_or(otherwise, |date| date.value.days_since_1970());
    let offered = Offered { from: day("offered_from", i32::MIN), to: day("offered_to", i32::MAX) };
    if offered.from > offered.to {
        let found = format!("{} is offered to a day before it is offered from", table.what);
        table.file.fault(table.at, found, "put offered_from on or before offered_to");
    }
    offered
}

/// A class by its name in England, Scotland (`S1`) or, with `NI`, Northern Ireland.
pub(super) fn class(table: &Table<'_, '_>, name: At<&str>) -> Option<i8> {
    let (nation, text) = match name.value.strip_prefix("NI ") {
        Some(text) => (Nation::NorthernIreland, text),
        None => (Nation::England, name.value),
    };
    let class = Class::parse(text, nation);
    if class.is_none() {
        let fix = "write reception, year 8, P7, S1 or NI year 9";
        table.file.fault(name.at, format!("`{}` is no school class", name.value), fix);
    }
    class.map(Class::years)
}
