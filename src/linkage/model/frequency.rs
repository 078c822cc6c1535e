//! How often values occur, counted once elsewhere and used as it stands: a model that carries such a table weighs a
//! pair alike in whatever run it stands.

use super::Occurrences;
use crate::identity::postcode::Postcode;
use crate::linkage::parallel;
use crate::linkage::predicate::NameCounts;
use crate::linkage::table::Table;
use crate::linkage::table::fields::names::NameId;
use crate::linkage::table::fields::place::PackedPostcode;
use crate::linkage::table::fields::{Coded, Fields};
use crate::order;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many of so many records have each value. Names are in comparison form without spaces, as
/// [`GivenName`](crate::identity::name::GivenName) gives it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FrequencyTable {
    /// How many records were counted.
    pub records: u64,
    /// Records by given name.
    pub given_name: Occurrences,
    /// Records by the first word of the given name.
    pub first_given_name: Occurrences,
    /// Records by family name.
    pub family_name: Occurrences,
    /// Records by the first word of the mother's given name.
    pub mother_given_name: Occurrences,
    /// Records by postcode, without spaces.
    pub postcode: Occurrences,
}

/// Counts by the numbers that names have in one table, and by postcode.
#[derive(Clone, Default)]
pub(crate) struct Frozen {
    pub(crate) records: u64,
    /// By name: given name, family name, mother's first given name, first given name.
    pub(crate) names: [Vec<u32>; 4],
    /// Records that have any given name, family name, mother's first given name.
    totals: [u64; 3],
    pub(crate) postcodes: BTreeMap<u64, u32>,
    postcode_total: u64,
}

impl FrequencyTable {
    /// The maps in the order of [`Frozen::names`].
    fn by_name(&self) -> [&Occurrences; 4] {
        [&self.given_name, &self.family_name, &self.mother_given_name, &self.first_given_name]
    }

    /// Every name that was counted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name().into_iter().flat_map(|names| names.iter().map(|(name, _)| name))
    }

    /// How often values occur among the records of a table.
    pub fn of(table: &Table) -> FrequencyTable {
        let (names, postcodes) = counted(&table.fields);
        let text = |name| table.fields.names.text(name);
        FrequencyTable::of_counts(table.len() as u64, &names, text, postcodes.into_iter())
    }

    /// Whether a model that carries these weighs the pairs of a table as one that carries none, to the last bit.
    pub fn are_those_of(&self, table: &Table) -> bool {
        let frozen = Frozen::of_fields(self, &table.fields);
        let (names, postcodes) = counted(&table.fields);
        frozen.records == table.len() as u64 && frozen.names == names && frozen.postcodes == postcodes
    }

    /// The table of counts that are kept by number.
    pub(crate) fn of_counts<'t>(
        records: u64,
        names: &[Vec<u32>; 4],
        text: impl Fn(NameId) -> &'t str,
        postcodes: impl Iterator<Item = (u64, u32)>,
    ) -> FrequencyTable {
        let [given_name, family_name, mother_given_name, first_given_name] = names.each_ref().map(|counts| {
            let counted = counts.iter().enumerate().filter(|(name, count)| *name > 0 && **count > 0);
            counted.map(|(name, &count)| (text(name as NameId), count)).collect()
        });
        let postcode = postcodes.map(|(unit, count)| (PackedPostcode::from_unit(unit).text(), count)).collect();
        FrequencyTable { records, given_name, first_given_name, family_name, mother_given_name, postcode }
    }
}

/// How many records have each name, as in [`Frozen::names`], and each postcode.
fn counted(fields: &Fields) -> ([Vec<u32>; 4], BTreeMap<u64, u32>) {
    let mut names = [(); 4].map(|()| vec![0; fields.names.len()]);
    let [given, family, mother, first] = &mut names;
    for (name, count) in by_value(&fields.given) {
        given[name.whole as usize] += count;
        first[name.words[0] as usize] += count;
    }
    by_value(&fields.family).for_each(|(name, count)| family[name.whole as usize] += count);
    by_value(&fields.mother_given).for_each(|(name, count)| mother[name.words[0] as usize] += count);
    for counts in &mut names {
        counts.first_mut().into_iter().for_each(|none| *none = 0);
    }
    let known = by_value(&fields.postcode).filter(|(postcode, count)| postcode.is_known() && *count > 0);
    let mut units: Vec<(u64, u32)> = known.map(|(postcode, count)| (postcode.unit(), count)).collect();
    order::sort_by_word(&mut units, |(unit, _)| *unit);
    // A postcode stands in several spellings.
    let of_unit = units.chunk_by(|one, other| one.0 == other.0);
    (names, of_unit.map(|all| (all[0].0, all.iter().map(|(_, count)| count).sum())).collect())
}

/// Each distinct value of a field with how many records have it.
fn by_value<T: Copy + Default>(field: &Coded<T>) -> impl Iterator<Item = (T, u32)> {
    let mut counts = vec![0u32; field.values().len()];
    field.value_ids().iter().for_each(|&id| counts[id as usize] += 1);
    field.values().iter().copied().zip(counts)
}

impl Frozen {
    /// The counts of a table's names, of which there are so many.
    pub(crate) fn of<'t>(table: &FrequencyTable, names: usize, text: impl Fn(NameId) -> &'t str) -> Frozen {
        // Names are shared by all texts, so that each has four counts to be looked for.
        let texts: Vec<&str> = (0..names as NameId).map(text).collect();
        let counted = parallel::map_owned(table.by_name().to_vec(), |counts| {
            let count = |(name, text): (usize, &&str)| if name == 0 { 0 } else { counts.get(text).unwrap_or(0) };
            texts.iter().enumerate().map(count).collect::<Vec<u32>>()
        });
        let units = table.postcode.iter().filter_map(|(text, count)| {
            let unit = PackedPostcode::from(Postcode::parse(text).ok()?).unit();
            (unit != 0).then_some((unit, count))
        });
        let postcodes: BTreeMap<u64, u32> = units.collect();
        let mut counted = counted.into_iter();
        Frozen {
            records: table.records,
            names: [(); 4].map(|()| counted.next().unwrap_or_default()),
            totals: [&table.given_name, &table.family_name, &table.mother_given_name].map(Occurrences::total),
            postcode_total: postcodes.values().map(|&count| u64::from(count)).sum(),
            postcodes,
        }
    }

    /// The same for the records of a run.
    pub(crate) fn of_fields(table: &FrequencyTable, fields: &Fields) -> Frozen {
        Frozen::of(table, fields.names.len(), |name| fields.names.text(name))
    }

    /// The counts that predicates ask for.
    pub(crate) fn name_counts(&self) -> NameCounts {
        NameCounts::counted(self.names[3].clone(), self.names[1].clone(), self.records as usize)
    }

    /// How many records have a value of what is named as in
    /// [`TermFrequencySetting::of`](super::TermFrequencySetting::of), and how many have any.
    pub(crate) fn count(&self, of: &str, value: u64) -> (u64, u64) {
        let of_name = |place: usize| {
            let count = self.names[place].get(value as usize).copied().unwrap_or(0);
            (u64::from(count), self.totals[place])
        };
        match of {
            "given-name" => of_name(0),
            "family-name" => of_name(1),
            "mother-given-name" => of_name(2),
            _ => (self.postcodes.get(&value).copied().map_or(0, u64::from), self.postcode_total),
        }
    }
}
