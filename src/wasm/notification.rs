//! Messages, and what follows from them.

use super::child_index::Index;
use super::error::Thrown;
use super::result::to_json;
use crate::error::Error;
use crate::exchange::fhir::{Limits, immunization, of_fault};
use crate::exchange::message::{Piece, read, read_file};
use crate::index::JournalEntry;
use crate::notification::{Content, Notifications, Receipt};
use crate::shape::notification::{key, notification, settlement};
use js_sys::{Function, Uint8Array};
use serde_json::json;
use wasm_bindgen::prelude::*;

/// One message of any shape.
#[wasm_bindgen(js_name = parseNotification)]
pub fn parse_notification(bytes: &[u8]) -> Result<String, Thrown> {
    to_json(&notification(&read(bytes, Limits::default())?))
}

/// An error as a FHIR OperationOutcome.
#[wasm_bindgen(js_name = operationOutcome)]
pub fn operation_outcome(code: &str, message: &str, hint: &str, field: Option<String>) -> Result<String, Thrown> {
    to_json(&of_fault(code, message, hint, field.as_deref()))
}

/// All messages so far, and what the index was told of them.
#[wasm_bindgen]
pub struct Messages(Notifications);

#[wasm_bindgen]
impl Messages {
    /// None yet, for an index before its journal is replayed.
    #[wasm_bindgen(constructor)]
    pub fn new(index: &Index) -> Messages {
        Messages(Notifications::new(&index.0))
    }

    /// Takes what a file of this name holds, one message or many; tells for each what became of it. The name, if there
    /// is one, tells when a batch was made.
    ///
    /// A file that cannot be read at all is an error, and nothing of it was taken.
    pub fn receive(&mut self, name: &str, bytes: &[u8]) -> Result<String, Thrown> {
        let mut told = Vec::new();
        for Piece { line, raw: _, outcome } in read_file(name, bytes, Limits::default()) {
            let row = line.unwrap_or(1);
            told.push(match outcome {
                Ok(message) => {
                    let key = key(&message.key);
                    let receipt = match self.0.receive(message) {
                        Receipt::Fresh => "fresh",
                        Receipt::Repeat => "repeat",
                    };
                    json!({"row": row, "receipt": receipt, "key": key})
                }
                Err(error) if line.is_none() => return Err(error.into()),
                Err(error) => {
                    let fault =
                        json!({"code": error.code, "message": error.message, "hint": error.hint, "field": error.field});
                    json!({"row": row, "receipt": "unreadable", "error": fault})
                }
            });
        }
        to_json(&told)
    }

    /// Brings index and messages to where the journal stood; tells the bytes of whole entries.
    pub fn restore(&mut self, index: &mut Index, journal: &[u8]) -> Result<f64, Thrown> {
        let mut rest = journal;
        while let Some(entry) = JournalEntry::read(&mut rest)? {
            index.0.replay_entry(&entry)?;
            self.0.learn(&entry.change);
        }
        Ok((journal.len() - rest.len()) as f64)
    }

    /// Draws all conclusions. `journal(bytes, first, count)` must have made the entries durable when it comes back.
    pub fn settle(&mut self, index: &mut Index, journal: &Function) -> Result<String, Thrown> {
        let settled = self.0.settle(&mut index.0, &mut |entries| {
            let bytes: Vec<u8> = entries.iter().flat_map(JournalEntry::to_bytes).collect();
            let first = entries.first().map_or(0, |entry| entry.sequence) as f64;
            let bytes = Uint8Array::from(&bytes[..]);
            let count = JsValue::from(entries.len() as f64);
            journal.call3(&JsValue::NULL, &bytes, &JsValue::from(first), &count).map(drop).map_err(|_| {
                Error::new("journal/not-written", "the journal was not written", "the change was not made; try again")
            })
        })?;
        let mut told = settlement(&settled, self.0.ledger(), &index.0);
        let given = settled.facts.iter().filter_map(|fact| match &fact.content {
            Content::Vaccination(vaccination) => Some(immunization(fact.child, vaccination)),
            _ => None,
        });
        told["immunizations"] = given.collect();
        to_json(&told)
    }
}
