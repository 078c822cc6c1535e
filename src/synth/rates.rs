//! How often each thing happens, read from `data/population/rates.toml`, where each rate has its
//! source or says that it is an assumption.

use crate::date::Date;
use crate::error::Error;
use serde::Deserialize;
use std::collections::BTreeMap;

const STANDARD: &str = include_str!("../../data/population/rates.toml");
const MIGRATION: &str = include_str!("../../data/population/migration.toml");

/// Declares a group of rates: one `f64` per name, read from entries of that name.
macro_rules! rates {
    ($(#[$about:meta])* $group:ident { $($name:ident),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "each rate is described, with its source, in data/population/rates.toml")]
        pub(super) struct $group { $(#[serde(deserialize_with = "rate")] pub(super) $name: f64),* }

        impl $group {
            /// Every rate, in order.
            #[allow(dead_code, reason = "noise touches slips only")]
            fn all(&mut self) -> impl Iterator<Item = &mut f64> {
                [$(&mut self.$name),*].into_iter()
            }
        }
    };
}

rates! {
    /// Facts of life, which no noise touches.
    Life {
        multiple_maternity, triplets_among_multiples, same_sex_twins, boy, preterm, another_maternity,
        parents_share_surname, registered_under_fathers_surname, registered_under_both_surnames,
        surname_changes_later, double_barrelled_parent, hyphenated_girl, hyphenated_boy,
        own_tradition_given_name, muhammad_first, muhammad_twin, twins_share_initial, twins_sound_alike,
        middle_name, unnamed_at_notification, days_to_registration, same_named_cousin,
        moves_per_year_age_0, moves_per_year_age_1_to_4, moves_per_year_age_5_to_9, moves_per_year_age_10_up,
        move_within_district, move_within_area, move_to_other_area, began_elsewhere,
        born_abroad, filler_birthday_abroad, no_practice, infant_death, later_death_per_year, sensitive,
        no_fixed_address, adopted, adopted_keeps_given_name, adopted_old_record_remains, superseded,
    }
}

rates! {
    /// What source systems hold.
    Holding {
        child_health_holds, left_record_kept, left_record_updated, duplicate_in_source,
        duplicate_under_other_surname, duplicate_without_number, maternity_holds, school_holds, address_out_of_date,
        name_never_updated, mother_recorded, mother_number_recorded, birth_order_recorded, death_recorded,
    }
}

rates! {
    /// Slips of the pen, per record and field.
    Slip {
        poor_record, number_missing, number_mistyped, number_junk, number_of_sibling, number_of_twin, number_of_stranger,
        given_missing, given_typing, given_scanning, given_sound, given_nickname, given_second_used,
        given_initial, second_name_used_as_family, muhammad_dropped, surname_sex_ending, names_exchanged, second_names_dropped, second_name_merged,
        family_typing, family_scanning, family_sound, double_name_halved,
        birth_date_wrong, birth_date_missing, sex_wrong, sex_missing, postcode_missing, postcode_typing,
        mother_typing,
    }
}

/// Births by year, from the year of `first_birth`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BirthYears {
    pub(super) years: Vec<f64>,
}

/// All rates of one profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rates {
    #[serde(deserialize_with = "date")]
    pub(super) as_at: Date,
    #[serde(deserialize_with = "date")]
    pub(super) first_birth: Date,
    pub(super) life: Life,
    pub(super) birth_year_weight: BirthYears,
    pub(super) region_weight: BTreeMap<String, f64>,
    pub(super) tradition: BTreeMap<String, f64>,
    #[serde(rename = "source")]
    pub(super) holding: Holding,
    pub(super) slip: Slip,
}

impl Rates {
    /// The rates as they ship.
    ///
    /// # Errors
    /// `synth/rates` when the file does not read.
    pub(super) fn standard() -> Result<Rates, Error> {
        Rates::parse(&[STANDARD])
    }

    /// The rates of systems that were taken over.
    ///
    /// # Errors
    /// `synth/rates` when a file does not read.
    pub(super) fn migration() -> Result<Rates, Error> {
        Rates::parse(&[STANDARD, MIGRATION])
    }

    /// The same rates with slips so many times as frequent; no rate grows above a half.
    pub(super) fn with_noise(mut self, noise: f64) -> Rates {
        let keep = (self.slip.number_missing, self.slip.second_names_dropped, self.slip.poor_record);
        for rate in self.slip.all().chain([&mut self.holding.name_never_updated]) {
            *rate = (*rate * noise).min(rate.max(0.5));
        }
        (self.slip.number_missing, self.slip.second_names_dropped, self.slip.poor_record) = keep;
        self
    }

    /// Reads files of rates; an entry of a later file goes before the same entry of an earlier one.
    fn parse(files: &[&str]) -> Result<Rates, Error> {
        let read = || {
            let mut all = toml::Table::new();
            for file in files {
                for (group, entries) in file.parse::<toml::Table>()? {
                    match (all.get_mut(&group), entries) {
                        (Some(toml::Value::Table(known)), toml::Value::Table(entries)) => known.extend(entries),
                        (_, entries) => drop(all.insert(group, entries)),
                    }
                }
            }
            all.try_into()
        };
        read().map_err(|fault: toml::de::Error| {
            Error::new(
                "synth/rates",
                format!("the rates do not read: {fault}"),
                "compare with data/population/rates.toml",
            )
        })
    }
}

/// One rate with the reason why it has that value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    value: f64,
    source: Option<String>,
    assumption: Option<String>,
}

fn rate<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let entry = Entry::deserialize(deserializer)?;
    if entry.source.is_none() && entry.assumption.is_none() {
        return Err(serde::de::Error::custom("a rate needs a source or says that it is an assumption"));
    }
    Ok(entry.value)
}

fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    Date::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_has_a_source_or_is_called_an_assumption() {
        let (standard, migration) = (Rates::standard().unwrap(), Rates::migration().unwrap());
        assert!(migration.slip.given_scanning > standard.slip.given_scanning);
        assert_eq!(migration.life.boy, standard.life.boy, "what a profile does not name stays as it was");
        let bare = STANDARD.replacen(", source = \"ONS births in England and Wales: 51 % male\"", "", 1);
        assert_ne!(bare, STANDARD);
        assert!(Rates::parse(&[&bare]).unwrap_err().message.contains("source"));
    }
}
