//! The child index.

use super::error::Thrown;
use super::record::raw_fields;
use super::result::to_json;
use crate::error::Error;
use crate::exchange::fhir::{Element, Limits, MatchRequest, match_patient};
use crate::exchange::lists::{hexadecimal, read_barred};
use crate::index::{ANY_CHILD, Change, ChildIndex, Loader};
use crate::linkage::decisions::Verdict;
use crate::shape::index::FoundShape;
use wasm_bindgen::prelude::*;

/// A snapshot on its way in, in pieces of any size.
#[wasm_bindgen]
#[derive(Default)]
pub struct IndexLoader(Loader);

#[wasm_bindgen]
impl IndexLoader {
    #[wasm_bindgen(constructor)]
    pub fn new() -> IndexLoader {
        IndexLoader::default()
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Thrown> {
        Ok(self.0.push(bytes)?)
    }

    pub fn finish(self) -> Result<Index, Thrown> {
        Ok(Index(self.0.finish()?))
    }
}

/// A loaded index.
#[wasm_bindgen]
pub struct Index(pub(super) ChildIndex);

#[wasm_bindgen]
impl Index {
    /// Compares a record with the index.
    #[wasm_bindgen(js_name = find)]
    pub fn find(&mut self, source: &str, shape: &[u32], texts: &str) -> Result<String, Thrown> {
        let found = self.0.find(source, &raw_fields(shape, texts))?;
        to_json(&FoundShape::new(&found, self.0.model()))
    }

    /// Answers a `$match` request in FHIR R4 JSON.
    #[wasm_bindgen(js_name = matchFhir)]
    pub fn match_fhir(&mut self, source: &str, request: &[u8]) -> Result<String, Thrown> {
        let asked = MatchRequest::of(&Element::read(request, Limits::default())?)?;
        to_json(&match_patient(&mut self.0, source, &asked)?)
    }

    /// The journal entry by which a record comes; a new record and a new child get the next free numbers.
    pub fn upsert(&self, entry: Option<u32>, child: Option<u32>, source: &str, shape: &[u32], texts: &str) -> Vec<u8> {
        let (entry, child) = (entry.unwrap_or(self.0.next_entry()), child.unwrap_or(self.0.next_child()));
        self.journalled(Change::upsert(entry, child, source, &raw_fields(shape, texts)))
    }

    /// The journal entry by which a record goes.
    pub fn remove(&self, entry: u32) -> Vec<u8> {
        self.journalled(Change::Remove { entry })
    }

    /// The journal entry by which two children turn out to be one.
    pub fn merge(&self, from: u32, into: u32) -> Result<Vec<u8>, Thrown> {
        let change = Change::Merge { from, into };
        self.0.permit(&change)?;
        Ok(self.journalled(change))
    }

    /// The journal entry by which a reader says whether somebody, named as in a queue, is a child: any if none is
    /// named.
    pub fn decide(
        &self,
        whom: &str,
        child: Option<u32>,
        decision: &str,
        reader: &str,
        decided_at: &str,
    ) -> Result<Vec<u8>, Thrown> {
        let verdict = Verdict::from_word(decision).ok_or_else(|| {
            let hint = "say same, different or unsure";
            Error::new("decision/verdict", "the decision is none of same, different and unsure", hint)
        })?;
        if child.is_none() && verdict == Verdict::Same {
            let hint = "name the child that it is";
            return Err(Error::new("decision/child", "the decision does not say the same as whom", hint).into());
        }
        if child.is_some_and(|child| child == ANY_CHILD || child >= self.0.next_child()) {
            let hint = "give a number that the index gave";
            return Err(Error::new("decision/child", "the index has no child of this number", hint).into());
        }
        Ok(self.journalled(Change::Decide {
            whom: whom.parse()?,
            child: child.unwrap_or(ANY_CHILD),
            verdict,
            reader: reader.to_owned(),
            decided_at: decided_at.to_owned(),
        }))
    }

    /// Takes the list of pairs that must never be joined or mentioned, as `childlink bar` writes it, with its key.
    #[wasm_bindgen(js_name = setBarred)]
    pub fn set_barred(&mut self, list: &[u8], key: &str) -> Result<(), Thrown> {
        let key = hexadecimal(key).filter(|key| key.len() >= 32).ok_or_else(|| {
            let hint = "give the key that was made with the list; without it the list cannot be read";
            Error::new("barred/key", "the key of the barred pairs is no key", hint)
        })?;
        self.0.set_barred(read_barred(list, &key)?);
        Ok(())
    }

    /// The journal entry by which some records turn out to be another child's: a new one unless named.
    pub fn split(&self, entries: Vec<u32>, child: Option<u32>) -> Vec<u8> {
        self.journalled(Change::Split { entries, into: child.unwrap_or(self.0.next_child()) })
    }

    /// Applies a journal: entries applied, passed over, whole bytes, torn bytes.
    pub fn replay(&mut self, journal: &[u8]) -> Result<Vec<f64>, Thrown> {
        let replayed = self.0.replay(journal)?;
        Ok(vec![
            replayed.applied as f64,
            replayed.passed_over as f64,
            replayed.whole_bytes as f64,
            replayed.torn_bytes as f64,
        ])
    }

    pub fn snapshot(&self) -> Result<Vec<u8>, Thrown> {
        Ok(self.0.snapshot()?)
    }

    pub fn stats(&self) -> Result<String, Thrown> {
        to_json(&self.0.stats())
    }

    fn journalled(&self, change: Change) -> Vec<u8> {
        self.0.next_journal_entry(change).to_bytes()
    }
}
