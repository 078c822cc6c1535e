//! A model document with its counts read as they stand: as a tree, a million postcodes take a hundred bytes each and most of
//! the time that reading takes.

use super::occurrences::Gathered;
use super::{FrequencyTable, Occurrences};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// A document.
#[derive(Default)]
pub(super) struct Document {
    /// All but the frequencies.
    pub(super) rest: Map<String, Value>,
    pub(super) frequencies: Option<FrequencyTable>,
}

/// The document of a text; `None` if anything is not as it should be, which whoever reads the whole of it can explain.
pub(super) fn of(text: &str) -> Option<Document> {
    serde_json::from_str(text).ok()
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_map(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Document;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "frequencies" => document.frequencies = map.next_value::<Option<Frequencies>>()?.map(|table| table.0),
                _ => _ = document.rest.insert(key, map.next_value()?),
            }
        }
        Ok(document)
    }
}

/// The frequencies of a model: each key once, and no other.
struct Frequencies(FrequencyTable);

impl<'de> Deserialize<'de> for Frequencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Frequencies, D::Error> {
        deserializer.deserialize_map(Tables)
    }
}

struct Tables;

impl<'de> Visitor<'de> for Tables {
    type Value = Frequencies;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("frequencies")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Frequencies, A::Error> {
        let mut table = FrequencyTable::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let counts = match key.as_str() {
                "records" => {
                    table.records = map.next_value()?;
                    None
                }
                "given_name" => Some(&mut table.given_name),
                "first_given_name" => Some(&mut table.first_given_name),
                "family_name" => Some(&mut table.family_name),
                "mother_given_name" => Some(&mut table.mother_given_name),
                "postcode" => Some(&mut table.postcode),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::custom("unknown key"));
                }
            };
            if let Some(counts) = counts {
                *counts = map.next_value()?;
            }
            seen.push(key);
        }
        seen.sort_unstable();
        seen.dedup();
        if seen.len() == 6 { Ok(Frequencies(table)) } else { Err(A::Error::custom("missing key")) }
    }
}

impl<'de> Deserialize<'de> for Occurrences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Occurrences, D::Error> {
        deserializer.deserialize_map(Counts)
    }
}

struct Counts;

impl<'de> Visitor<'de> for Counts {
    type Value = Occurrences;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Occurrences, A::Error> {
        let mut counts = Gathered::default();
        while let Some((Text(value), count)) = map.next_entry::<Text, u32>()? {
            counts.push(&value, count);
        }
        Ok(counts.finish())
    }
}

/// Text as it stands in the document, unless it must be rewritten.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_str(Borrowed)
    }
}

struct Borrowed;

impl<'de> Visitor<'de> for Borrowed {
    type Value = Text<'de>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
