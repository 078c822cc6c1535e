//! Reads a model document key by key.
//!
//! A derived reader of each of these types, with its words for every fault, would be a tenth of what a browser fetches;
//! this one goes over the parsed document once, and its faults name the place in it.

use super::{
    BlockingRule, Case, Comparison, FrequencyTable, Level, Model, Occurrences, Provenance, TermFrequencySetting,
    Thresholds, Training, TrainingBlock,
};
use crate::error::Error;
use crate::linkage::reference_names::ReferenceNames;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What messages call the document.
const ROOT: &str = "the model";

/// The model that a document describes, not yet checked.
///
/// # Errors
/// `model/unreadable`.
pub(super) fn read(text: &str) -> Result<Model, Error> {
    // No page reads the model of a region.
    #[cfg(not(target_family = "wasm"))]
    if let Some(document) = super::document::of(text) {
        return of_root(&Object::with(&document.rest, ROOT.to_owned()), document.frequencies);
    }
    of(&serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?)
}

/// As part of another document.
impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
        of(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn of(document: &Value) -> Result<Model, Error> {
    of_root(&Object::of(document, ROOT.to_owned())?, None)
}

/// The model of a document, with the frequencies that were read before if any were.
fn of_root(root: &Object<'_>, known: Option<FrequencyTable>) -> Result<Model, Error> {
    let model = Model {
        id: root.text("id")?,
        version: root.text("version")?,
        description: root.text("description")?,
        provenance: root.object("provenance", provenance)?,
        probability_two_random_records_match: root.number("probability_two_random_records_match")?,
        household_pairs_per_match: root.some_number("household_pairs_per_match")?,
        comparisons: root.objects("comparisons", comparison)?,
        blocking: root.objects("blocking", blocking_rule)?,
        training: root.object("training", training)?,
        thresholds: root.object("thresholds", thresholds)?,
        reference_names: if root.has("reference_names") {
            root.objects("reference_names", reference_names)?
        } else {
            Vec::new()
        },
        names_together: if root.has("names_together") { root.parsed("names_together")? } else { Vec::new() },
        frequencies: root.some_object("frequencies", frequencies)?.or(known),
        cases: if root.has("cases") { root.objects("cases", case)? } else { Vec::new() },
    };
    root.end()?;
    Ok(model)
}

fn provenance(object: &Object<'_>) -> Result<Provenance, Error> {
    let count = |key| if object.has(key) { object.count(key) } else { Ok(0) };
    Ok(Provenance {
        sources: object.texts("sources")?,
        trained_on_records: count("trained_on_records")?,
        seed: count("seed")?,
    })
}

fn comparison(object: &Object<'_>) -> Result<Comparison, Error> {
    Ok(Comparison {
        name: object.text("name")?,
        household_fixed: object.flag("household_fixed")?,
        levels: object.objects("levels", level)?,
    })
}

fn level(object: &Object<'_>) -> Result<Level, Error> {
    Ok(Level {
        label: object.text("label")?,
        when: object.text("when")?,
        number: object.some_number("number")?,
        is_null_level: object.flag("is_null_level")?,
        m: object.some_number("m")?,
        u: object.some_number("u")?,
        h: object.some_number("h")?,
        term_frequency: object.some_object("term_frequency", |setting| {
            Ok(TermFrequencySetting {
                of: setting.text("of")?,
                weight: setting.number("weight")?,
                minimum_u: setting.some_number("minimum_u")?.unwrap_or(0.0),
            })
        })?,
    })
}

fn blocking_rule(object: &Object<'_>) -> Result<BlockingRule, Error> {
    Ok(BlockingRule {
        name: object.text("name")?,
        keys: object.texts("keys")?,
        only_if: if object.is_null("only_if") { None } else { Some(object.text("only_if")?) },
        refine: if object.has("refine") { object.texts("refine")? } else { Vec::new() },
    })
}

fn training(object: &Object<'_>) -> Result<Training, Error> {
    Ok(Training {
        random_pairs: object.count("random_pairs")?,
        u_strength: object.number("u_strength")?,
        m_strength: object.number("m_strength")?,
        sample_records: object.count("sample_records")?,
        convergence: object.number("convergence")?,
        max_iterations: object.count("max_iterations")? as usize,
        recall: object.number("recall")?,
        blocks: object.objects("blocks", |block| {
            Ok(TrainingBlock {
                keys: block.texts("keys")?,
                fixed: block.texts("fixed")?,
                household: block.flag("household")?,
            })
        })?,
    })
}

fn thresholds(object: &Object<'_>) -> Result<Thresholds, Error> {
    Ok(Thresholds {
        link: object.number("link")?,
        review: object.number("review")?,
        link_against_household: object.some_number("link_against_household")?,
        runner_up_margin: object.number("runner_up_margin")?,
        max_block_pairs: object.count("max_block_pairs")?,
    })
}

fn reference_names(object: &Object<'_>) -> Result<ReferenceNames, Error> {
    Ok(ReferenceNames {
        of: object.text("of")?,
        source: object.text("source")?,
        strength: object.number("strength")?,
        rows: object.parsed("rows")?,
    })
}

fn frequencies(object: &Object<'_>) -> Result<FrequencyTable, Error> {
    let counts = |key| {
        let counts = object.map(key, |count| u32::try_from(count.as_u64()?).ok(), "a whole number")?;
        Ok::<Occurrences, Error>(counts.into_iter().collect())
    };
    Ok(FrequencyTable {
        records: object.count("records")?,
        given_name: counts("given_name")?,
        first_given_name: counts("first_given_name")?,
        family_name: counts("family_name")?,
        mother_given_name: counts("mother_given_name")?,
        postcode: counts("postcode")?,
    })
}

fn case(object: &Object<'_>) -> Result<Case, Error> {
    let texts = |key| object.map(key, |text| text.as_str().map(str::to_owned), "text");
    Ok(Case { name: object.text("name")?, left: texts("left")?, right: texts("right")?, levels: texts("levels")? })
}

/// An object of the document, read by few functions that are called and not copied: a model is read once, and a browser
/// fetches each copy. Keys are asked for one by one; [`Object::end`] refuses those nobody asked for.
struct Object<'d> {
    entries: &'d Map<String, Value>,
    /// Where it stands, for messages: `comparisons[2].levels[0]`.
    place: String,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Object<'d> {
    #[inline(never)]
    fn of(value: &'d Value, place: String) -> Result<Object<'d>, Error> {
        match value {
            Value::Object(entries) => Ok(Object::with(entries, place)),
            _ => Err(unreadable(format!("{place} is no object"))),
        }
    }

    fn with(entries: &'d Map<String, Value>, place: String) -> Object<'d> {
        Object { entries, place, asked: RefCell::default() }
    }

    #[inline(never)]
    fn find(&self, key: &'static str) -> Option<&'d Value> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.entries.get(key)
    }

    /// Whether the key is there, be it null.
    fn has(&self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    /// Whether the key is missing or null.
    fn is_null(&self, key: &'static str) -> bool {
        self.find(key).is_none_or(Value::is_null)
    }

    #[inline(never)]
    fn needed(&self, key: &'static str) -> Result<&'d Value, Error> {
        self.find(key).ok_or_else(|| unreadable(format!("{} has no `{key}`", self.place)))
    }

    #[inline(never)]
    fn is_not(&self, key: &str, wanted: &str) -> Error {
        unreadable(format!("`{key}` of {} is not {wanted}", self.place))
    }

    #[inline(never)]
    fn text(&self, key: &'static str) -> Result<String, Error> {
        Ok(self.needed(key)?.as_str().ok_or_else(|| self.is_not(key, "text"))?.to_owned())
    }

    #[inline(never)]
    fn number(&self, key: &'static str) -> Result<f64, Error> {
        self.needed(key)?.as_f64().ok_or_else(|| self.is_not(key, "a number"))
    }

    /// A number that may be missing or null.
    #[inline(never)]
    fn some_number(&self, key: &'static str) -> Result<Option<f64>, Error> {
        if self.is_null(key) { Ok(None) } else { self.number(key).map(Some) }
    }

    #[inline(never)]
    fn count(&self, key: &'static str) -> Result<u64, Error> {
        self.needed(key)?.as_u64().ok_or_else(|| self.is_not(key, "a whole number"))
    }

    /// True or false; false if missing.
    #[inline(never)]
    fn flag(&self, key: &'static str) -> Result<bool, Error> {
        match self.find(key) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.is_not(key, "true or false")),
        }
    }

    #[inline(never)]
    fn list(&self, key: &'static str) -> Result<&'d [Value], Error> {
        Ok(self.needed(key)?.as_array().ok_or_else(|| self.is_not(key, "a list"))?)
    }

    #[inline(never)]
    fn texts(&self, key: &'static str) -> Result<Vec<String>, Error> {
        let texts = self.list(key)?.iter().map(|text| text.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| self.is_not(key, "a list of texts"))
    }

    /// A list of texts, each read as something.
    fn parsed<T: FromStr<Err = Error>>(&self, key: &'static str) -> Result<Vec<T>, Error> {
        self.texts(key)?.iter().map(|text| text.parse()).collect()
    }

    /// The values of an object by their keys, each read by `read`, which `wanted` names.
    fn map<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Value) -> Option<T>,
        wanted: &str,
    ) -> Result<BTreeMap<String, T>, Error> {
        let object = Object::of(self.needed(key)?, self.below(key))?;
        let mut values = BTreeMap::new();
        for (name, value) in object.entries {
            values.insert(name.clone(), read(value).ok_or_else(|| object.is_not(name, wanted))?);
        }
        Ok(values)
    }

    fn object<T>(&self, key: &'static str, read: impl Fn(&Object<'d>) -> Result<T, Error>) -> Result<T, Error> {
        whole(self.needed(key)?, self.below(key), read)
    }

    /// An object that may be missing or null.
    fn some_object<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Object<'d>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.is_null(key) { Ok(None) } else { self.object(key, read).map(Some) }
    }

    fn objects<T>(&self, key: &'static str, read: impl Fn(&Object<'d>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let below = self.below(key);
        let items = self.list(key)?.iter().enumerate();
        items.map(|(index, item)| whole(item, format!("{below}[{index}]"), &read)).collect()
    }

    /// What stands under a key, for messages.
    #[inline(never)]
    fn below(&self, key: &str) -> String {
        if self.place == ROOT { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    #[inline(never)]
    fn end(&self) -> Result<(), Error> {
        let asked = self.asked.borrow();
        match self.entries.keys().find(|key| !asked.contains(&key.as_str())) {
            Some(key) => {
                Err(unreadable(format!("`{key}` is no key of {}; it may have {}", self.place, asked.join(", "))))
            }
            None => Ok(()),
        }
    }
}

/// What `read` makes of an object, all keys of which it has to ask for.
fn whole<'d, T>(value: &'d Value, place: String, read: impl Fn(&Object<'d>) -> Result<T, Error>) -> Result<T, Error> {
    let object = Object::of(value, place)?;
    let read = read(&object)?;
    object.end()?;
    Ok(read)
}

fn unreadable(found: String) -> Error {
    Error::new("model/unreadable", found, "compare the file with data/models/child-health.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message for the built-in model after a change of its document.
    fn message(change: impl Fn(&mut Value)) -> String {
        let mut document: Value = serde_json::from_str(&Model::child_health().to_json()).unwrap();
        change(&mut document);
        let error = Model::from_json(&document.to_string()).unwrap_err();
        assert_eq!(error.code, "model/unreadable");
        error.message
    }

    #[test]
    fn faults_name_their_place() {
        assert_eq!(message(|model| drop(model.as_object_mut().unwrap().remove("id"))), "the model has no `id`");
        assert_eq!(message(|model| model["id"] = 7.into()), "`id` of the model is not text");
        assert_eq!(
            message(|model| model["comparisons"][1]["levels"][0]["m"] = "most".into()),
            "`m` of comparisons[1].levels[0] is not a number"
        );
        assert_eq!(
            message(|model| model["training"]["max_iterations"] = 0.5.into()),
            "`max_iterations` of training is not a whole number"
        );
        assert_eq!(message(|model| model["blocking"] = Value::Null), "`blocking` of the model is not a list");
        let unknown = message(|model| model["thresholds"]["merge"] = 1.into());
        assert_eq!(
            unknown,
            "`merge` is no key of thresholds; it may have link, review, link_against_household, \
             runner_up_margin, max_block_pairs"
        );
    }

    #[test]
    fn text_that_is_no_json_is_told_by_line_and_column() {
        let error = Model::from_json("{\n  \"id\": }").unwrap_err();
        assert!(error.message.contains("line 2 column 9"), "{}", error.message);
    }

    #[test]
    fn what_is_missing_or_null_is_none() {
        let mut model = Model::child_health();
        model.comparisons[0].levels[0].m = None;
        let mut document: Value = serde_json::from_str(&model.to_json()).unwrap();
        document["comparisons"][0]["levels"][0]["m"] = Value::Null;
        document["frequencies"] = Value::Null;
        let read = read(&document.to_string()).unwrap();
        assert_eq!((read.comparisons[0].levels[0].m, read.frequencies), (None, None));
    }
}
