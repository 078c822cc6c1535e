//! What a child has had, and what is due.

use super::error::Thrown;
use crate::date::Date;
use crate::error::Error;
use crate::schedule::{Counts, Programmes, parse_child, schedule, schedule_lines, write_schedule};
use wasm_bindgen::prelude::*;

/// One child's object as JSON in, the answer as JSON out.
#[wasm_bindgen(js_name = schedule)]
pub fn schedule_child(child: &str, as_at: &str) -> Result<String, Thrown> {
    let as_at = read_as_at(as_at)?;
    let programmes = Programmes::built_in();
    let child = parse_child(child.as_bytes(), programmes.vocabulary())?;
    let mut out = Vec::new();
    write_schedule(&mut out, &child, &schedule(&programmes, &child, as_at), programmes.vocabulary());
    String::from_utf8(out).map_err(|_| {
        Thrown::from(Error::new("wasm/result", "the answer is not UTF-8", "please report this as a fault of childlink"))
    })
}

/// What a batch of lines came to.
#[wasm_bindgen]
pub struct ScheduledLines {
    lines: Vec<u8>,
    counts: Counts,
}

#[wasm_bindgen]
impl ScheduledLines {
    /// One line for each line that was not blank, in order; leaves nothing behind.
    #[wasm_bindgen(js_name = takeLines)]
    pub fn take_lines(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.lines)
    }

    /// Lines, unreadable lines, children with findings.
    pub fn counts(&self) -> Vec<f64> {
        [self.counts.lines, self.counts.unreadable, self.counts.with_findings].map(|count| count as f64).to_vec()
    }
}

/// One child's object on each line in, one answer on each line out.
#[wasm_bindgen(js_name = scheduleBatch)]
pub fn schedule_batch(lines: &[u8], as_at: &str) -> Result<ScheduledLines, Thrown> {
    let mut out = Vec::new();
    // An answer is a dozen times as long as its line. Where there is no such room, the answers grow as far as they may.
    let _ = out.try_reserve(lines.len().saturating_mul(12));
    let counts = schedule_lines(&Programmes::built_in(), lines, read_as_at(as_at)?, &mut out);
    Ok(ScheduledLines { lines: out, counts })
}

fn read_as_at(text: &str) -> Result<Date, Thrown> {
    Date::parse(text).map_err(|finding| Thrown::from(Error::from(finding).in_field("asAt")))
}
