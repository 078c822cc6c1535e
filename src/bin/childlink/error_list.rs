//! The false and the missed pairs of a linkage, by keys only, each with what the model makes of it.

use crate::general_rerun::GeneralRerun;
use crate::linked::{Keyed, Linked, ListedPair};
use crate::output::{OutputFile, cannot_write};
use crate::render::Terminal;
use crate::rerun::Rerun;
use childlink::Error;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::evaluate::{Truth, false_pairs, missed_pairs};
use childlink::linkage::explain::explain;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::Write;
use std::path::Path;

/// False and missed pairs written at most, of each kind.
const ERRORS_LISTED: usize = 100_000;

/// The value of each record in a column that errors are told apart by.
pub(crate) struct Group {
    /// The column.
    pub(crate) name: String,
    /// Its values.
    pub(crate) values: Vec<String>,
    /// The place of each record's value among them.
    pub(crate) of: Vec<u32>,
}

/// A linkage and the truth about it.
pub(crate) struct Errors<'a> {
    pub(crate) keyed: &'a Keyed,
    pub(crate) truth: &'a Truth,
    pub(crate) linked: &'a Linked,
    pub(crate) groups: &'a [Group],
    /// For waterfalls.
    pub(crate) again: Option<&'a Again>,
}

/// What the run was made of, by a model of our own or of Splink.
pub(crate) enum Again {
    Children(Box<Rerun>),
    General(Box<GeneralRerun>),
}

impl Again {
    /// Reads the inputs of a run again.
    ///
    /// # Errors
    /// Those of [`GeneralRerun::read`] and [`Rerun::read`].
    pub(crate) fn read(folder: &Path, terminal: &Terminal) -> Result<Again, Error> {
        match GeneralRerun::read(folder, terminal)? {
            Some(rerun) => Ok(Again::General(Box::new(rerun))),
            None => Ok(Again::Children(Box::new(Rerun::read(folder, terminal)?))),
        }
    }
}

impl Errors<'_> {
    /// Writes the false and the missed pairs: keys, the weight and decision where the pair was listed,
    /// the groups of both records, and the waterfall where the run was read again: without whereabouts where either
    /// child is sensitive, and none for a pair that must not be shown.
    ///
    /// # Errors
    /// `output/cannot-write`; those of [`explain`].
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let ordered = |left: u32, right: u32| (left.min(right), left.max(right));
        let listed: FxHashMap<(u32, u32), &ListedPair> =
            self.linked.pairs.iter().map(|pair| (ordered(pair.left, pair.right), pair)).collect();
        let written = |error: csv::Error| cannot_write(path, &error.into());
        let mut file = csv::Writer::from_writer(OutputFile::create(path)?);
        file.write_record(self.columns()).map_err(written)?;
        let kinds = [
            ("false", false_pairs(self.truth, &self.linked.cluster, ERRORS_LISTED)),
            ("missed", missed_pairs(self.truth, &self.linked.cluster, ERRORS_LISTED)),
        ];
        for (kind, pairs) in kinds {
            let mut waterfalls = self.waterfalls(&pairs)?.into_iter();
            for (left, right) in pairs {
                let (l, r) = (self.keyed.key(left as usize), self.keyed.key(right as usize));
                let (weight, decision) = match listed.get(&ordered(left, right)) {
                    Some(pair) => (pair.weight.to_string(), if pair.link { "link" } else { "review" }),
                    None => (String::new(), ""),
                };
                let mut row = [kind, &l.0, &l.1, &r.0, &r.1, &weight, decision].map(str::to_owned).to_vec();
                for group in self.groups {
                    row.extend([left, right].map(|record| group.values[group.of[record as usize] as usize].clone()));
                }
                row.extend(waterfalls.next());
                file.write_record(row).map_err(written)?;
            }
        }
        let mut file = file.into_inner().map_err(|e| cannot_write(path, e.error()))?;
        file.flush().map_err(|e| cannot_write(path, &e))?;
        file.finish()
    }

    fn columns(&self) -> Vec<String> {
        let names = ["error", "source_l", "record_id_l", "source_r", "record_id_r", "match_weight", "decision"];
        let groups = self.groups.iter().flat_map(|group| [format!("{}_l", group.name), format!("{}_r", group.name)]);
        let waterfall = self.again.map(|_| "waterfall".to_owned());
        names.map(str::to_owned).into_iter().chain(groups).chain(waterfall).collect()
    }

    /// The waterfall of each pair as JSON, nothing for one that must not be shown; an empty list without the run.
    fn waterfalls(&self, pairs: &[(u32, u32)]) -> Result<Vec<String>, Error> {
        let rerun = match self.again {
            None => return Ok(Vec::new()),
            Some(Again::General(rerun)) => {
                let key = |row: u32| {
                    let (source, record_id) = self.keyed.key(row as usize);
                    (source.into_owned(), record_id.into_owned())
                };
                let keys = pairs.iter().map(|&(left, right)| [key(left), key(right)]);
                return rerun.waterfalls(&keys.collect::<Vec<_>>());
            }
            Some(Again::Children(rerun)) => rerun,
        };
        let table = rerun.table();
        let find = |row: u32| {
            let (source, record_id) = self.keyed.key(row as usize);
            table.find(&source, &record_id)
        };
        let shown = |&(left, right): &(u32, u32)| -> Option<(RecordIndex, RecordIndex)> {
            let (left, right) = (find(left)?, find(right)?);
            Some((left.min(right), left.max(right))).filter(|&(left, right)| !rerun.hides(left, right))
        };
        let found: Vec<Option<(RecordIndex, RecordIndex)>> = pairs.iter().map(shown).collect();
        let wanted: Vec<(RecordIndex, RecordIndex)> = found.iter().flatten().copied().collect();
        let mut waterfalls = explain(table, &rerun.model, &wanted)?.into_iter();
        let cluster = |row: u32| self.linked.cluster[row as usize];
        let sensitive: FxHashSet<u32> = (0..self.linked.cluster.len() as u32)
            .filter(|&row| find(row).is_some_and(|record| table.is_sensitive(record)))
            .map(cluster)
            .collect();
        let text = |(pair, &(left, right)): (&Option<(RecordIndex, RecordIndex)>, &(u32, u32))| {
            let Some(mut waterfall) = pair.and_then(|_| waterfalls.next()) else { return String::new() };
            if [left, right].into_iter().any(|row| sensitive.contains(&cluster(row))) {
                waterfall.withhold_whereabouts(&rerun.model);
            }
            serde_json::to_string(&waterfall).unwrap_or_default()
        };
        Ok(found.iter().zip(pairs).map(text).collect())
    }
}
