//! How rare a value is: its share among the records, leaning on what is known from elsewhere.

use super::{Model, NamePair, name_pair};
use crate::identity::sex::Sex;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::parallel;
use crate::linkage::reference_names::ReferenceNames;
use crate::linkage::table::fields::Fields;
use crate::linkage::table::fields::names::{NameId, NameTable};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// Records' worth of trust in the average frequency: a few records say little about how rare a name is.
const FREQUENCY_STRENGTH: f64 = 1000.0;

/// What the share of a name leans on: a table's share of it, else the average share of all names; and with which
/// family names it recurs.
pub(super) struct Rarity {
    of: String,
    average: f64,
    table: Option<ReferenceNames>,
    /// Those of this field alone.
    together: Vec<NamePair>,
}

/// A name with what tells its share: the sex and birth year of its bearer where a table asks for them, and the
/// family name where names that go together are known.
type NameKey = (NameId, (Option<Sex>, i32), NameId);

impl Rarity {
    /// What the shares of a field, named as in [`TermFrequencySetting::of`](super::TermFrequencySetting::of), lean
    /// on. `average` is the share of an average name.
    pub(super) fn new(of: &str, model: &Model, average: f64) -> Rarity {
        let together = model.names_together.iter().filter(|pair| pair.of == of);
        Rarity {
            of: of.to_owned(),
            average,
            table: model.reference_names.iter().find(|table| table.of == of).cloned(),
            together: together.cloned().collect(),
        }
    }

    /// Whether records of one name may have different shares.
    fn tells_records_apart(&self) -> bool {
        self.table.is_some() || !self.together.is_empty()
    }

    /// The share of a value that `count` of `total` records have.
    fn share(&self, fields: &Fields, (count, total): (u64, u64), (name, (sex, year), family): NameKey) -> f64 {
        let names = &fields.names;
        let table = self.table.as_ref();
        let listed = table.and_then(|table| Some((table.share(names.text(name), sex, year)?, table.strength)));
        let (share, strength) = listed.unwrap_or((self.average, FREQUENCY_STRENGTH));
        let among_all = (count as f64 + strength * share) / (total as f64 + strength);
        // Most names go together with none, and are not looked up.
        if self.together.is_empty() || family == 0 {
            return among_all;
        }
        (among_all * name_pair::times(&self.together, &self.of, names.text(name), names.text(family))).min(1.0)
    }

    /// The share of the value that a record has, as `counted` of so many records have it.
    pub(super) fn share_of(&self, fields: &Fields, counted: (u64, u64), record: RecordIndex) -> f64 {
        if !self.tells_records_apart() {
            return self.share(fields, counted, (0, (None, 0), 0));
        }
        let name = match self.of.as_str() {
            "given-name" => fields.given.of(record).whole,
            "family-name" => fields.family.of(record).whole,
            _ => fields.mother_given.of(record).words[0],
        };
        let bearer = self.table.as_ref().map_or((None, 0), |table| table.bearer(fields, record));
        let family = if self.together.is_empty() { 0 } else { fields.family.of(record).whole };
        self.share(fields, counted, (name, bearer, family))
    }
}

/// The pairs of names that go together, as a table numbers its names.
struct Together {
    /// Whether the name of a number is the given name of such a pair: few names are, and no other is looked up.
    is_given: Vec<bool>,
    pairs: HashSet<(NameId, NameId)>,
}

impl Together {
    fn of(pairs: &[NamePair], names: &NameTable) -> Together {
        if pairs.is_empty() {
            return Together { is_given: Vec::new(), pairs: HashSet::new() };
        }
        let mut number: HashMap<&str, NameId> =
            pairs.iter().flat_map(|pair| [pair.given.as_str(), pair.family.as_str()]).map(|name| (name, 0)).collect();
        for id in 1..names.len() as NameId {
            if let Some(number) = number.get_mut(names.text(id)) {
                *number = id;
            }
        }
        let numbered = |pair: &NamePair| (number[pair.given.as_str()], number[pair.family.as_str()]);
        let pairs: HashSet<(NameId, NameId)> =
            pairs.iter().map(numbered).filter(|&(given, family)| given != 0 && family != 0).collect();
        let mut is_given = vec![false; names.len()];
        pairs.iter().for_each(|&(given, _)| is_given[given as usize] = true);
        Together { is_given, pairs }
    }

    /// The family name of a record if the given name goes together with it, else 0.
    fn family_with(&self, given: NameId, fields: &Fields, record: RecordIndex) -> NameId {
        if !self.is_given.get(given as usize).is_some_and(|&is| is) {
            return 0;
        }
        let family = fields.family.of(record).whole;
        if self.pairs.contains(&(given, family)) { family } else { 0 }
    }
}

/// For each record an id, and for each id the share of what it stands for: a value of the table by id (0 for a
/// missing one). `count` tells how many records have what an id stands for, and how many have any.
pub(super) fn relative_frequencies(
    value_id: Arc<Vec<u32>>,
    stands_for: &[u64],
    count: impl Fn(usize) -> (u64, u64),
    rarity: &Rarity,
    fields: &Fields,
) -> (Arc<Vec<u32>>, Vec<f64>) {
    let share = |id: usize, key: NameKey| match stands_for[id] {
        0 => f64::NAN,
        _ => rarity.share(fields, count(id), key),
    };
    // Where no table asks for its bearer, a value has one share, but for the few names that go together.
    let of_value = |id: usize| share(id, (stands_for[id] as NameId, (None, 0), 0));
    let mut frequency: Vec<f64> = match rarity.table {
        None => (0..stands_for.len()).map(of_value).collect(),
        Some(_) => Vec::new(),
    };
    if !rarity.tells_records_apart() {
        return (value_id, frequency);
    }
    let together = Together::of(&rarity.together, &fields.names);
    // Looked up for every record, so side by side; the numbers that follow are given in order.
    let family_with = |record: usize| {
        together.family_with(stands_for[value_id[record] as usize] as NameId, fields, record as RecordIndex)
    };
    let families = parallel::map_each(if together.pairs.is_empty() { 0 } else { value_id.len() }, family_with);
    let mut ids: HashMap<NameKey, u32> = HashMap::new();
    let id_of = |(record, &id): (usize, &u32)| {
        let family = families.get(record).copied().unwrap_or(0);
        let (name, record) = (stands_for[id as usize] as NameId, record as RecordIndex);
        let bearer = match &rarity.table {
            None if family == 0 => return id,
            table => table.as_ref().map_or((None, 0), |table| table.bearer(fields, record)),
        };
        let key = (name, bearer, family);
        *ids.entry(key).or_insert_with(|| {
            frequency.push(share(id as usize, key));
            frequency.len() as u32 - 1
        })
    };
    let value_id = value_id.iter().enumerate().map(id_of).collect();
    (Arc::new(value_id), frequency)
}
