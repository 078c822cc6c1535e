//! The programmes that the library carries, as the readers of their files leave them.
//!
//! Reading the files of `data/schedules/` takes a TOML parser and every check of their grammar, which no browser
//! should have to fetch in order to come to the same tables each time. So these are read once and kept in
//! `data/packed/`. A test holds them to the files, and `scripts/pack-data` makes them again. The form is that of one
//! version of childlink and of nothing else.

use crate::date::Date;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The immunisation programme.
pub(super) const IMMUNISATION: &[u8] = include_bytes!("../../data/packed/immunisation.postcard");
/// The newborn screens of every nation.
pub(super) const SCREENS: &[u8] = include_bytes!("../../data/packed/screens.postcard");
/// The health reviews of every nation, and vitamin K.
pub(super) const REVIEWS: &[u8] = include_bytes!("../../data/packed/reviews.postcard");

/// What was packed.
pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> T {
    match postcard::from_bytes(packed) {
        Ok(value) => value,
        Err(_) => unreachable!("a test holds what is packed to the files it comes from"),
    }
}

/// A day.
pub(super) mod day {
    use super::*;

    pub(in crate::schedule) fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
        day.days_since_1970().serialize(to)
    }

    pub(in crate::schedule) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        Date::from_days_since_1970(i32::deserialize(from)?).ok_or_else(|| D::Error::custom("no day"))
    }
}

/// A day that may be missing.
pub(super) mod some_day {
    use super::*;

    pub(in crate::schedule) fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        day.map(Date::days_since_1970).serialize(to)
    }

    pub(in crate::schedule) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        Ok(Option::<i32>::deserialize(from)?.and_then(Date::from_days_since_1970))
    }
}

/// Values by text, in order of the texts.
pub(super) mod by_text {
    use super::*;
    use hashbrown::HashMap;
    use rustc_hash::FxBuildHasher;

    type ByText<V> = HashMap<String, V, FxBuildHasher>;

    pub(in crate::schedule) fn serialize<S: Serializer, V: Serialize + Copy + Ord>(
        values: &ByText<V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut values: Vec<(&str, V)> = values.iter().map(|(text, value)| (text.as_str(), *value)).collect();
        values.sort_unstable();
        values.serialize(to)
    }

    pub(in crate::schedule) fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
        from: D,
    ) -> Result<ByText<V>, D::Error> {
        Ok(Vec::<(String, V)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::reviews::Reviews;
    use crate::schedule::screens::Screens;
    use crate::schedule::{Fault, Programme};
    use std::path::Path;

    /// Holds a packed file to what `read` makes of the files it comes from, or writes it when asked to.
    fn hold<T: Serialize>(name: &str, packed: &[u8], read: Result<T, Vec<Fault>>) {
        let now = postcard::to_allocvec(&read.expect("files without a fault")).expect("plain data");
        if std::env::var_os("CHILDLINK_PACK").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/packed");
            std::fs::write(folder.join(name), now).expect("a folder to write to");
        } else {
            assert!(packed == now, "data/packed/{name} is not what its files say: run scripts/pack-data");
        }
    }

    #[test]
    fn packed_programmes_are_those_of_their_files() {
        hold(
            "immunisation.postcard",
            IMMUNISATION,
            Programme::parse(include_str!("../../data/schedules/uk-immunisation.toml")),
        );
        let screens = [
            include_str!("../../data/schedules/england-newborn-screens.toml"),
            include_str!("../../data/schedules/scotland-newborn-screens.toml"),
            include_str!("../../data/schedules/wales-northern-ireland-newborn-screens.toml"),
        ];
        let outcomes = include_str!("../../data/schedules/screen-outcomes.toml");
        hold("screens.postcard", SCREENS, Screens::parse(&screens, outcomes));
        let reviews = [
            include_str!("../../data/schedules/england-reviews.toml"),
            include_str!("../../data/schedules/scotland-reviews.toml"),
            include_str!("../../data/schedules/wales-reviews.toml"),
        ];
        hold(
            "reviews.postcard",
            REVIEWS,
            Reviews::parse(&reviews, include_str!("../../data/schedules/oral-vitamin-k.toml")),
        );
    }
}
