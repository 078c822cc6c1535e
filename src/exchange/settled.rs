//! What notifications came to, as rows of result files.

use super::sheet::{Kind, Sheet, SheetColumn};
use crate::date::PartialDate;
use crate::error::Error;
use crate::index::{ChildId, ChildIndex};
use crate::linkage::score::probability;
use crate::notification::{Content, DeathStatus, Fact, MessageKey, Programme, Queued, Recognised};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::io::Write;

fn text(names: &[&str]) -> Vec<SheetColumn> {
    names.iter().map(|name| ((*name).to_owned(), Kind::Text)).collect()
}

/// The columns of the file `messages`.
pub fn message_columns() -> Vec<SheetColumn> {
    let mut columns = text(&["channel", "source", "event", "id", "digest", "outcome"]);
    columns.push(("child_id".to_owned(), Kind::Text));
    columns
}

/// Writes every message that stands, with the child that it is about.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_messages<W: Write + Send>(sheet: &mut Sheet<W>, recognised: &[Recognised]) -> Result<(), Error> {
    let rows: Vec<(&MessageKey, &Recognised)> =
        recognised.iter().flat_map(|person| person.messages.iter().map(move |key| (key, person))).collect();
    sheet.rows(rows.len(), |place, row| {
        let (key, person) = rows[place];
        [key.channel.as_str(), &key.source, &key.event, &key.id].iter().for_each(|field| row.text(field));
        row.text(&key.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        row.text(match (person.child, person.is_new) {
            (None, _) => "waiting",
            (Some(_), true) => "new-child",
            (Some(_), false) => "child",
        });
        row.text(&person.child.map_or_else(String::new, |child| child.to_string()));
    })
}

/// The columns of the file `queue`.
pub fn queue_columns() -> Vec<SheetColumn> {
    text(&["code", "found", "what_to_do", "whom", "messages", "candidates"])
}

/// Writes what persons must look at. What is for the restricted queue is named by its message alone.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_queue<W: Write + Send>(sheet: &mut Sheet<W>, queue: &[Queued], index: &ChildIndex) -> Result<(), Error> {
    sheet.rows(queue.len(), |place, row| {
        let queued = &queue[place];
        [queued.code.id, queued.code.message, queued.code.hint].iter().for_each(|field| row.text(field));
        row.text(&queued.whom.map_or_else(String::new, |whom| whom.to_string()));
        row.text(&Value::from_iter(queued.messages.iter().map(shown)).to_string());
        let candidates = queued.candidates.iter().map(|candidate| {
            let mut told = json!({
                "child_id": candidate.child,
                "entry": candidate.entry,
                "match_weight": candidate.weight,
                "match_probability": probability(candidate.weight),
                "decision": candidate.decision.as_str(),
                "guards": candidate.guards.codes(),
                "waterfall": candidate.waterfall(index.model()),
            });
            // A sum that is told with all but two of its parts tells these.
            if candidate.sensitive {
                (told["match_weight"], told["match_probability"]) = (Value::Null, Value::Null);
                ["prior", "household", "match_weight"].iter().for_each(|sum| told["waterfall"][*sum] = Value::Null);
            }
            told
        });
        row.text(&Value::from_iter(candidates).to_string());
    })
}

/// The columns of the file `restricted`: keys only.
pub fn restricted_columns() -> Vec<SheetColumn> {
    text(&["messages", "child_id", "entry"])
}

/// Writes the restricted queue and tells how many rows it has.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_restricted<W: Write + Send>(sheet: &mut Sheet<W>, queue: &[Queued]) -> Result<usize, Error> {
    let rows: Vec<_> =
        queue.iter().flat_map(|queued| queued.restricted.iter().map(move |other| (queued, other))).collect();
    sheet.rows(rows.len(), |place, row| {
        let (queued, other) = rows[place];
        row.text(&Value::from_iter(queued.messages.iter().map(shown)).to_string());
        row.text(&other.child.to_string());
        row.text(&other.entry.to_string());
    })?;
    Ok(rows.len())
}

/// What could not be read.
#[derive(Debug)]
pub struct Rejected {
    /// The file that it came in, by name.
    pub file: String,
    /// Its line there, from 1, where the file holds several messages.
    pub line: Option<u64>,
    /// Why not.
    pub fault: Error,
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// The columns of the file `quarantine`.
pub fn quarantine_columns() -> Vec<SheetColumn> {
    text(&["file", "line", "code", "found", "what_to_do", "bytes"])
}

/// The files in which the bytes of rejected messages stand, each with the place of its first message: equal bytes are
/// kept once, so that a file of one broken line many times over does not become as many files.
pub fn quarantine_files(rejected: &[Rejected]) -> impl Iterator<Item = (String, &[u8])> {
    let kept = first_places(rejected);
    rejected
        .iter()
        .enumerate()
        .filter(move |(place, _)| kept[*place] == *place)
        .map(|(place, one)| (name(place), &*one.raw))
}

/// For each rejected message the place of the first one with the same bytes.
fn first_places(rejected: &[Rejected]) -> Vec<usize> {
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    rejected.iter().enumerate().map(|(place, one)| *first.entry(&one.raw).or_insert(place)).collect()
}

fn name(place: usize) -> String {
    format!("quarantine/{:06}", place + 1)
}

/// Lists what could not be read, with the names of the files in which its bytes stand.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_quarantine<W: Write + Send>(sheet: &mut Sheet<W>, rejected: &[Rejected]) -> Result<(), Error> {
    let kept = first_places(rejected);
    sheet.rows(rejected.len(), |place, row| {
        let one = &rejected[place];
        row.text(&one.file);
        row.text(&one.line.map_or_else(String::new, |line| line.to_string()));
        let file = name(kept[place]);
        [one.fault.code, &one.fault.message, &one.fault.hint, &file].iter().for_each(|field| row.text(field));
    })
}

fn shown(key: &MessageKey) -> Value {
    json!({"channel": key.channel.as_str(), "source": key.source, "event": key.event, "id": key.id})
}

/// The columns of the file `withdrawn-deaths`.
pub fn withdrawn_death_columns() -> Vec<SheetColumn> {
    vec![("child_id".to_owned(), Kind::Integer), ("death_date".to_owned(), Kind::Text)]
}

/// Writes the deaths that were told of children and withdrawn.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_withdrawn_deaths<W: Write + Send>(
    sheet: &mut Sheet<W>,
    deaths: &BTreeSet<(ChildId, Option<PartialDate>)>,
) -> Result<(), Error> {
    let deaths: Vec<_> = deaths.iter().collect();
    sheet.rows(deaths.len(), |place, row| {
        let (child, date) = deaths[place];
        row.integer(i64::from(*child));
        row.text(&date.map_or_else(String::new, |date| date.to_string()));
    })
}

/// A fact as one JSON object. Of a sensitive child the practice is withheld, since it tells where the child lives.
pub fn fact(fact: &Fact, sensitive: bool) -> Value {
    let sources = fact.sources.iter().map(|(channel, state)| {
        json!({"channel": channel.as_str(), "event": state.event, "system": state.system, "value": state.value})
    });
    let day = |date: &Option<crate::date::PartialDate>| date.map(|date| date.to_string());
    let mut object = match &fact.content {
        Content::Screen { programme, code, outcome, date } => json!({
            "kind": "screen", "programme": programme_name(*programme), "code": code, "outcome": outcome, "date": day(date),
        }),
        Content::Vaccination(dose) => json!({
            "kind": "vaccination", "given": dose.given, "reason_not_given": dose.reason_not_given,
            "procedure": dose.procedure, "product": dose.product, "date": day(&dose.date), "dose": dose.dose,
            "diseases": dose.diseases, "organisation": dose.organisation,
        }),
        Content::Contact(contact) => json!({
            "kind": "contact", "service": contact.service, "from": day(&contact.from), "to": day(&contact.to),
        }),
        Content::Death(death) => json!({
            "kind": "death", "date": day(&death.date), "effective": day(&death.effective),
            "formal": death.status == DeathStatus::Formal,
        }),
        Content::Practice(_) if sensitive => json!({"kind": "practice", "withheld": true}),
        Content::Practice(change) => json!({
            "kind": "practice", "practice": change.practice, "previous": change.previous,
        }),
    };
    object["child_id"] = json!(fact.child);
    object["sources"] = Value::from_iter(sources);
    object
}

const fn programme_name(programme: Programme) -> &'static str {
    match programme {
        Programme::BloodSpot => "blood-spot",
        Programme::Hearing => "hearing",
        Programme::Physical => "nipe",
    }
}
