//! What `childlink link` left in a folder, read again, and the truth to hold against it.

use crate::command::link::Format;
use crate::frame_input::read_frame;
use childlink::Error;
use childlink::error::columns_found;
use childlink::linkage::evaluate::{PersonTruth, Truth};
use childlink::linkage::frame::{Frame, FrameColumn, NULL_ID};
use childlink::linkage::value::Value;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Records by the key that every file names them with.
pub(crate) struct Keys {
    by_source: FxHashMap<Box<str>, FxHashMap<Box<str>, u32>>,
    count: usize,
}

/// A pair that the linkage listed.
#[derive(Clone, Copy)]
pub(crate) struct ListedPair {
    pub(crate) left: u32,
    pub(crate) right: u32,
    /// Bits; NaN when the file gives none.
    pub(crate) weight: f64,
    /// Decided a link; else it waits for review.
    pub(crate) link: bool,
}

/// The decisions of one run about the records of the truth.
pub(crate) struct Linked {
    /// The cluster of each record; a record that the run does not know is a cluster of its own.
    pub(crate) cluster: Vec<u32>,
    /// Links and reviews.
    pub(crate) pairs: Vec<ListedPair>,
    /// The restricted queue; empty for a run that has none.
    pub(crate) restricted: Vec<(u32, u32)>,
    /// Records of the truth that the run does not know.
    pub(crate) unknown_records: u64,
    /// Records of the run of which the truth says nothing.
    pub(crate) records_without_truth: u64,
}

/// A file with the keys of its rows.
pub(crate) struct Keyed {
    pub(crate) frame: Frame,
    source: usize,
    record_id: usize,
}

/// Names under which a source may stand.
const SOURCE: &[&str] = &["source", "source_system"];

impl Keyed {
    /// Reads a file that names a source and a record_id in each row.
    ///
    /// # Errors
    /// Those of [`read_frame`]; `evaluate/missing-column`.
    pub(crate) fn read(path: &Path) -> Result<Keyed, Error> {
        let frame = read_frame(path)?;
        Ok(Keyed { source: place(&frame, path, SOURCE)?, record_id: place(&frame, path, &["record_id"])?, frame })
    }

    /// The key of a row.
    pub(crate) fn key(&self, row: usize) -> (Cow<'_, str>, Cow<'_, str>) {
        let text = |column: usize| spelled(self.frame.columns()[column].value(row));
        (text(self.source), text(self.record_id))
    }
}

impl Keys {
    /// Numbers the rows of a file from 0.
    ///
    /// # Errors
    /// `evaluate/repeated-key` when two rows have one key.
    pub(crate) fn of(keyed: &Keyed, path: &Path) -> Result<Keys, Error> {
        let mut by_source: FxHashMap<Box<str>, FxHashMap<Box<str>, u32>> = FxHashMap::default();
        for row in 0..keyed.frame.rows() {
            let (source, record_id) = keyed.key(row);
            let of_source = match by_source.get_mut(&*source) {
                Some(records) => records,
                None => by_source.entry(source.into()).or_default(),
            };
            if of_source.insert(record_id.into(), row as u32).is_some() {
                return Err(Error::new(
                    "evaluate/repeated-key",
                    format!("{}: row {} repeats the source and record_id of another row", path.display(), row + 2),
                    "name each record once",
                ));
            }
        }
        Ok(Keys { by_source, count: keyed.frame.rows() })
    }

    /// The number of the record with this key.
    pub(crate) fn get(&self, (source, record_id): (Cow<'_, str>, Cow<'_, str>)) -> Option<u32> {
        self.by_source.get(&*source)?.get(&*record_id).copied()
    }
}

/// The truth about records and, if there is a file of them, about persons.
///
/// # Errors
/// Those of [`read_frame`]; `evaluate/missing-column`, `evaluate/unknown-person`.
pub(crate) fn read_truth(truth: &Keyed, path: &Path, persons: Option<&Path>) -> Result<Truth, Error> {
    let person = column(&truth.frame, path, &["person_id"])?;
    // A person's number is the id of its value in the column.
    let person_of = person.ids().to_vec();
    if let Some(row) = person_of.iter().position(|&id| id == NULL_ID) {
        return Err(Error::new(
            "evaluate/unknown-person",
            format!("{}: row {} names no person", path.display(), row + 2),
            "give every record a person_id",
        ));
    }
    let Some(persons_path) = persons else { return Ok(Truth { person: person_of, persons: Vec::new() }) };
    let frame = read_frame(persons_path)?;
    let id = column(&frame, persons_path, &["person_id"])?;
    let maternity = column(&frame, persons_path, &["maternity_id"])?;
    let counterpart = column(&frame, persons_path, &["adopted_counterpart"])?;
    let numbers: FxHashMap<Cow<'_, str>, u32> =
        (1..).zip(&person.values()[1..]).map(|(n, v)| (spelled(v), n)).collect();
    let mut known = vec![PersonTruth::default(); person.values().len()];
    for row in 0..frame.rows() {
        let Some(&number) = numbers.get(&spelled(id.value(row))) else { continue };
        let maternity = Some(maternity.ids()[row]).filter(|&id| id != NULL_ID);
        let counterpart = numbers.get(&spelled(counterpart.value(row))).copied();
        known[number as usize] = PersonTruth { maternity, counterpart };
    }
    Ok(Truth { person: person_of, persons: known })
}

impl Linked {
    /// Reads `children` and `links` of a folder.
    ///
    /// # Errors
    /// Those of [`read_frame`]; `evaluate/missing-file`, `evaluate/missing-column`.
    pub(crate) fn read(folder: &Path, keys: &Keys) -> Result<Linked, Error> {
        let path = find(folder, "children")?;
        let children = Keyed::read(&path)?;
        let child = column(&children.frame, &path, &["child_id"])?;
        // Clusters of the run are numbered by value id; the others follow.
        let unknown = u32::MAX;
        let mut cluster = vec![unknown; keys.count];
        let mut records_without_truth = 0;
        for row in 0..children.frame.rows() {
            match keys.get(children.key(row)) {
                Some(record) => cluster[record as usize] = child.ids()[row],
                None => records_without_truth += 1,
            }
        }
        let mut next = child.values().len() as u32;
        let mut unknown_records = 0;
        for own in cluster.iter_mut().filter(|own| **own == unknown) {
            (*own, next, unknown_records) = (next, next + 1, unknown_records + 1);
        }
        let path = find(folder, "links")?;
        let pairs = listed_pairs(&path, keys)?;
        // General linkage has no such queue.
        let restricted = match find(folder, "restricted") {
            Ok(path) => keyed_pairs(&read_frame(&path)?, &path, keys)?.into_iter().map(|(_, pair)| pair).collect(),
            Err(_) => Vec::new(),
        };
        Ok(Linked { cluster, pairs, restricted, unknown_records, records_without_truth })
    }
}

/// The pairs of `links` whose two records are known.
fn listed_pairs(path: &Path, keys: &Keys) -> Result<Vec<ListedPair>, Error> {
    let frame = read_frame(path)?;
    let (weight, decision) = (column(&frame, path, &["match_weight"])?, column(&frame, path, &["decision"])?);
    let listed = |(row, (left, right)): (usize, (u32, u32))| {
        let link = spelled(decision.value(row)) == "link";
        ListedPair { left, right, weight: number_of(weight.value(row)), link }
    };
    Ok(keyed_pairs(&frame, path, keys)?.into_iter().map(listed).collect())
}

/// A row of a list of pairs, and the numbers of its two records.
type KeyedPair = (usize, (u32, u32));

/// The rows of a list of pairs whose two records are known.
fn keyed_pairs(frame: &Frame, path: &Path, keys: &Keys) -> Result<Vec<KeyedPair>, Error> {
    let of = |name: &str| column(frame, path, &[name]);
    let (source_l, record_l) = (of("source_l")?, of("record_id_l")?);
    let (source_r, record_r) = (of("source_r")?, of("record_id_r")?);
    let key = |source: &FrameColumn, record: &FrameColumn, row: usize| {
        keys.get((spelled(source.value(row)), spelled(record.value(row))))
    };
    let pair = |row: usize| Some((row, (key(source_l, record_l, row)?, key(source_r, record_r, row)?)));
    Ok((0..frame.rows()).filter_map(pair).collect())
}

/// A file of this name in a folder, in whatever form.
pub(crate) fn find(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let candidates = Format::ALL.map(|format| folder.join(format!("{name}.{}", format.extension())));
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Error::new(
            "evaluate/missing-file",
            format!("{} holds no {name}.csv, {name}.parquet or {name}.ndjson", folder.display()),
            "give the folder that `childlink link --out` wrote",
        )
    })
}

/// The column of one of these names.
pub(crate) fn column<'f>(frame: &'f Frame, path: &Path, names: &[&str]) -> Result<&'f FrameColumn, Error> {
    Ok(&frame.columns()[place(frame, path, names)?])
}

/// Whether a column's name is one of those by which such files name records.
fn is_key(name: &str) -> bool {
    let of_one = name.strip_suffix("_l").or_else(|| name.strip_suffix("_r")).unwrap_or(name);
    ["source", "record_id", "unique_id", "source_dataset", "value"].contains(&of_one)
}

fn place(frame: &Frame, path: &Path, names: &[&str]) -> Result<usize, Error> {
    frame.columns().iter().position(|column| names.contains(&column.name.as_str())).ok_or_else(|| {
        let found = columns_found(frame.columns().iter().map(|column| column.name.as_str()), is_key);
        Error::new(
            "evaluate/missing-column",
            format!("{} has no column {}; {found}", path.display(), names[0]),
            "give a file with that column",
        )
        .in_field(names[0])
    })
}

/// A value as delimited text has it; nothing for a missing one.
pub(crate) fn spelled(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Integer(number) => Cow::Owned(number.to_string()),
        other => Cow::Borrowed(other.as_text().unwrap_or("")),
    }
}

/// The number that a value is or spells; NaN if it is none.
pub(crate) fn number_of(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Integer(number) => *number as f64,
        other => spelled(other).parse().unwrap_or(f64::NAN),
    }
}
