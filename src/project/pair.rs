//! Pairs of the last run that a person may be asked about: those for review, the restricted queue, and links that hit
//! a guard. (Plain links stand in the outcome of the run.)

use super::Project;
use super::fault::Store;
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::Table;
use crate::linkage::{DecidedPair, Decision, Linked};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

/// A pair as the last run listed it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedPair {
    /// The source and id of the record that comes first.
    pub left: (String, String),
    /// Those of the other.
    pub right: (String, String),
    /// `link`, `review` or `restricted`.
    pub state: String,
    /// Match weight in bits; `None` in the restricted queue.
    pub weight: Option<f64>,
    /// The guards hit, joined by `|`.
    pub guards: String,
    /// A hash of both records.
    pub evidence: String,
}

/// What two records say, as a hash: tells whether a decision was made on what stands there now.
pub struct Evidence;

impl Evidence {
    /// SHA-256 over every field of both, in hexadecimal figures.
    pub fn of(table: &Table, left: RecordIndex, right: RecordIndex) -> String {
        let mut hash = Sha256::new();
        for record in [left, right] {
            for column in Column::ALL {
                let text = table.raw(record, column);
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether a pair may be shown to a person.
fn is_listed(pair: &DecidedPair) -> bool {
    pair.decision == Decision::Review || !pair.guards.is_empty()
}

/// Puts the pairs of a run in the place of those of the last.
pub(super) fn replace(connection: &Connection, table: &Table, linked: &Linked) -> Result<(), Error> {
    connection.execute("DELETE FROM pair", []).stored()?;
    let mut insert = connection
        .prepare(
            "INSERT INTO pair (source_l, record_id_l, source_r, record_id_r, state, weight, guards, evidence) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET state = ?5, weight = ?6",
        )
        .stored()?;
    let mut put = |left: RecordIndex, right: RecordIndex, state: &str, weight: Option<f64>, guards: String| {
        insert
            .execute(params![
                table.source(left),
                table.record_id(left),
                table.source(right),
                table.record_id(right),
                state,
                weight,
                guards,
                Evidence::of(table, left, right),
            ])
            .stored()
            .map(|_| ())
    };
    for pair in &linked.pairs {
        if is_listed(pair) {
            put(pair.left, pair.right, pair.decision.as_str(), Some(pair.weight), pair.guards.codes())?;
        }
    }
    // Of a pair that must not be shown in common review no weight is kept.
    linked.restricted.iter().try_for_each(|pair| put(pair.left, pair.right, "restricted", None, pair.guards.codes()))
}

impl Project {
    /// The records whose text a run shows to people, or holds against what they were shown: those of listed pairs, and
    /// those of decisions that stand. What is to be brought at hand ([`Table::recall`]) before
    /// [`settle`](Project::settle).
    ///
    /// # Errors
    /// Those of the database.
    pub fn shown_records(&self, table: &Table, linked: &Linked) -> Result<Vec<RecordIndex>, Error> {
        let listed = linked.pairs.iter().filter(|pair| is_listed(pair)).flat_map(|pair| [pair.left, pair.right]);
        let restricted = linked.restricted.iter().flat_map(|pair| [pair.left, pair.right]);
        let decisions = self.standing_decisions()?;
        let decided = decisions.iter().flat_map(|decision| {
            let row = &decision.row;
            [table.find(&row.source_l, &row.record_id_l), table.find(&row.source_r, &row.record_id_r)]
        });
        Ok(listed.chain(restricted).chain(decided.flatten()).collect())
    }

    /// The pairs that the last run listed for people, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn listed_pairs(&self) -> Result<Vec<ListedPair>, Error> {
        let mut rows = self
            .connection
            .prepare(
                "SELECT source_l, record_id_l, source_r, record_id_r, state, weight, guards, evidence FROM pair \
                 ORDER BY source_l, record_id_l, source_r, record_id_r",
            )
            .stored()?;
        let rows = rows.query_map([], |row| {
            Ok(ListedPair {
                left: (row.get(0)?, row.get(1)?),
                right: (row.get(2)?, row.get(3)?),
                state: row.get(4)?,
                weight: row.get(5)?,
                guards: row.get(6)?,
                evidence: row.get(7)?,
            })
        });
        rows.stored()?.collect::<Result<_, _>>().stored()
    }

    /// How many pairs the last run listed in each state.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pair_counts(&self) -> Result<Vec<(String, u64)>, Error> {
        let mut rows =
            self.connection.prepare("SELECT state, count(*) FROM pair GROUP BY state ORDER BY state").stored()?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)));
        rows.stored()?.collect::<Result<_, _>>().stored()
    }
}
