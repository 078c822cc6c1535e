//! Pairs of the last run that a person may be asked about: those for review, the restricted queue, and links that hit
//! a guard. (Plain links stand in the outcome of the run.)

use super::Project;
use super::fault::Store;
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::comparison::{RecordIndex, word_of};
use crate::linkage::guards::Guards;
use crate::linkage::table::Table;
use crate::linkage::{DecidedPair, Decision, Linked, RestrictedPair, parallel};
use rusqlite::{Connection, Row, params};
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

/// A pair as a run lists it.
struct Listing {
    left: RecordIndex,
    right: RecordIndex,
    state: &'static str,
    weight: Option<f64>,
    guards: Guards,
    evidence: String,
}

impl Listing {
    fn key<'t>(&self, table: &'t Table) -> [&'t str; 4] {
        let [left, right] = [self.left, self.right].map(|record| (table.source(record), table.record_id(record)));
        [left.0, left.1, right.0, right.1]
    }

    /// The pairs that a run lists, in order of their records.
    fn all(table: &Table, linked: &Linked) -> Vec<Listing> {
        let listed = linked.pairs.iter().filter(|pair| is_listed(pair)).map(|pair| {
            let DecidedPair { left, right, weight, decision, guards } = *pair;
            Listing { left, right, state: decision.as_str(), weight: Some(weight), guards, evidence: String::new() }
        });
        // Of a pair that must not be shown in common review no weight is kept.
        let restricted = linked.restricted.iter().map(|&RestrictedPair { left, right, guards }| Listing {
            left,
            right,
            state: "restricted",
            weight: None,
            guards,
            evidence: String::new(),
        });
        let mut all: Vec<Listing> = listed.chain(restricted).collect();
        parallel::sort_by_word(&mut all, |pair| word_of(pair.left, pair.right));
        all.dedup_by(|later, first| {
            let same = (later.left, later.right) == (first.left, first.right);
            if same {
                (first.state, first.weight) = (later.state, later.weight);
            }
            same
        });
        parallel::map_mut(&mut all, AT_ONCE, |_, pairs| {
            pairs.iter_mut().for_each(|pair| pair.evidence = Evidence::of(table, pair.left, pair.right));
        });
        all
    }

    /// Whether a row of the database says the same.
    fn is(&self, row: &Row) -> rusqlite::Result<bool> {
        let text = |place: usize| row.get_ref(place)?.as_str().map_err(rusqlite::Error::from);
        let weight: Option<f64> = row.get(5)?;
        Ok(text(4)? == self.state
            && weight.map(f64::to_bits) == self.weight.map(f64::to_bits)
            && text(6)? == self.guards.codes()
            && text(7)? == self.evidence)
    }
}

/// How many pairs are hashed by one thread at a time.
const AT_ONCE: usize = 256;

/// Puts the pairs of a run in the place of those of the last. Most are what they were and stay as they stand.
pub(super) fn replace(connection: &Connection, table: &Table, linked: &Linked) -> Result<(), Error> {
    let all = Listing::all(table, linked);
    let mut is_there = vec![false; all.len()];
    let mut gone: Vec<[String; 4]> = Vec::new();
    {
        let mut rows =
            connection.prepare(&format!("{SELECT} ORDER BY source_l, record_id_l, source_r, record_id_r")).stored()?;
        let mut rows = rows.query([]).stored()?;
        let mut next = 0;
        while let Some(row) = rows.next().stored()? {
            let text = |place: usize| row.get_ref(place)?.as_str().map_err(rusqlite::Error::from);
            let key = [text(0).stored()?, text(1).stored()?, text(2).stored()?, text(3).stored()?];
            // The records of the table stand in the order of the database.
            while all.get(next).is_some_and(|pair| pair.key(table) < key) {
                next += 1;
            }
            match all.get(next).filter(|pair| pair.key(table) == key) {
                Some(pair) => is_there[next] = pair.is(row).stored()?,
                None => gone.push(key.map(str::to_owned)),
            }
        }
    }
    let mut delete = connection
        .prepare("DELETE FROM pair WHERE source_l = ?1 AND record_id_l = ?2 AND source_r = ?3 AND record_id_r = ?4")
        .stored()?;
    for key in &gone {
        delete.execute(key.each_ref()).stored()?;
    }
    let mut insert = connection
        .prepare(
            "INSERT OR REPLACE INTO pair (source_l, record_id_l, source_r, record_id_r, state, weight, guards, evidence) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .stored()?;
    for (pair, _) in all.iter().zip(is_there).filter(|(_, is_there)| !is_there) {
        let [source_l, record_id_l, source_r, record_id_r] = pair.key(table);
        let Listing { state, weight, guards, evidence, .. } = pair;
        let keys = params![source_l, record_id_l, source_r, record_id_r, state, weight, guards.codes(), evidence];
        insert.execute(keys).stored()?;
    }
    Ok(())
}

/// The pairs that the last run listed.
const SELECT: &str = "SELECT source_l, record_id_l, source_r, record_id_r, state, weight, guards, evidence FROM pair";

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
            .prepare(&format!("{SELECT} ORDER BY source_l, record_id_l, source_r, record_id_r"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::raw::RawFields;
    use crate::linkage::LinkOptions;
    use crate::linkage::guards::Guard;
    use crate::linkage::model::Model;
    use crate::linkage::table::TableBuilder;
    use crate::project::schema;

    fn table(names: &[&str]) -> Table {
        let mut builder = TableBuilder::new(0);
        for (row, name) in names.iter().enumerate() {
            let source = builder.source(["north", "south"][row % 2]);
            let id = row.to_string();
            let mut fields = RawFields::new();
            fields.set(Column::RecordId, &id);
            fields.set(Column::FamilyName, name);
            builder.push(source, row as u32 + 1, &fields);
        }
        Table::build(vec![builder]).table
    }

    /// Every row as it stands in the database.
    fn rows(connection: &Connection) -> Vec<String> {
        let mut rows =
            connection.prepare(&format!("{SELECT} ORDER BY source_l, record_id_l, source_r, record_id_r")).unwrap();
        let row =
            |row: &Row| (0..8).map(|place| Ok(format!("{:?}", row.get_ref(place)?))).collect::<Result<Vec<_>, _>>();
        rows.query_map([], row).unwrap().map(|row| row.unwrap().join(" ")).collect()
    }

    fn empty() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        connection
    }

    #[test]
    fn pairs_put_in_the_place_of_others_are_what_they_are_in_an_empty_project() {
        let before = table(&["Khan", "Khan", "Lee", "Lee", "Okafor"]);
        let now = table(&["Khan", "Khan", "Lea", "Lee", "Okafor"]);
        let none = crate::linkage::link(&before, &Model::child_health(), &LinkOptions::default()).unwrap();
        let with = |pairs: &[(u32, u32, f64, Decision, Guards)], restricted: &[(u32, u32)]| Linked {
            pairs: pairs
                .iter()
                .map(|&(left, right, weight, decision, guards)| DecidedPair { left, right, weight, decision, guards })
                .collect(),
            restricted: restricted
                .iter()
                .map(|&(left, right)| RestrictedPair { left, right, guards: Guards::NONE.with(Guard::RunnerUp) })
                .collect(),
            children: none.children.clone(),
            refused: Vec::new(),
            model: none.model.clone(),
            training: None,
            blocking: Vec::new(),
            oversized: Vec::new(),
        };
        let decided = Guards::NONE.with(Guard::Decided);
        // A plain link is not listed.
        let first = [
            (0, 1, 3.0, Decision::Review, Guards::NONE),
            (0, 3, 9.0, Decision::Link, decided),
            (1, 4, 2.0, Decision::Review, decided),
            (2, 3, 9.0, Decision::Link, Guards::NONE),
        ];
        let second = [
            (0, 1, 3.0, Decision::Review, Guards::NONE),
            (0, 2, 4.0, Decision::Review, Guards::NONE),
            (1, 4, 2.5, Decision::Link, decided),
        ];
        let (again, fresh) = (empty(), empty());
        replace(&again, &before, &with(&first, &[(2, 4)])).unwrap();
        assert_eq!(rows(&again).len(), 4);
        replace(&again, &now, &with(&second, &[(3, 4)])).unwrap();
        replace(&fresh, &now, &with(&second, &[(3, 4)])).unwrap();
        assert_eq!(rows(&again), rows(&fresh));
        assert_eq!(rows(&again).len(), 4);
        // What stands there already is not written again.
        let written = again.changes();
        replace(&again, &now, &with(&second, &[(3, 4)])).unwrap();
        assert_eq!(again.changes(), written);
    }
}
