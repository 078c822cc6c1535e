//! What can be said of one record alone, computed once for each distinct record and never again.
//!
//! A condition such as `levenshtein(lower("x_l"), lower("x_r")) <= 1` needs `lower(x)` of each record, not
//! of each pair. Such one-sided parts are *features*: evaluated once for each distinct combination of the
//! columns that the condition reads (a *tuple*), interned, and compared as ids.

use super::bound::Bag;
use super::evaluate::{Row, Scope, evaluate};
use super::expression::{Expression, Names};
use super::function::Fault;
use super::number::{EXACT, Kind};
use crate::error::{Error, columns_found};
use crate::linkage::frame::{Dictionary, Frame, NULL_ID};
use crate::linkage::parallel;
use crate::linkage::value::Value;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// The distinct combinations of some columns, and which one each record has.
pub(super) struct Tuples {
    /// By record.
    pub(super) of_record: Vec<u32>,
    /// A record that has it, by tuple.
    examples: Vec<u32>,
    columns: Vec<usize>,
}

impl Tuples {
    /// The combinations of these columns in a frame.
    pub(super) fn new(frame: &Frame, columns: Vec<usize>) -> Tuples {
        let mut of_record = vec![0u32; frame.rows()];
        for (place, column) in columns.iter().enumerate() {
            let ids = frame.columns()[*column].ids();
            if place == 0 {
                of_record.copy_from_slice(ids);
                continue;
            }
            let mut joint: HashMap<(u32, u32), u32, FxBuildHasher> = HashMap::default();
            for (tuple, id) in of_record.iter_mut().zip(ids) {
                let next = joint.len() as u32;
                *tuple = *joint.entry((*tuple, *id)).or_insert(next);
            }
        }
        let count = of_record.iter().max().map_or(0, |most| *most as usize + 1);
        let mut examples = vec![u32::MAX; count];
        for (record, tuple) in of_record.iter().enumerate().rev() {
            examples[*tuple as usize] = record as u32;
        }
        Tuples { of_record, examples, columns }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.examples.len()
    }

    /// The values of a tuple, by the numbers the columns were given with. Ids that no record has (a
    /// dictionary's missing value in a column without one) have no values.
    pub(super) fn values(&self, frame: &Frame, tuple: usize) -> Vec<Value> {
        match self.examples[tuple] {
            u32::MAX => vec![Value::Null; self.columns.len()],
            record => {
                self.columns.iter().map(|column| frame.columns()[*column].value(record as usize).clone()).collect()
            }
        }
    }
}

/// The numbers in a frame of the columns that expressions name.
///
/// # Errors
/// `splink/missing-column`.
pub(super) fn columns_of(frame: &Frame, names: &Names, place: &str) -> Result<Vec<usize>, Error> {
    let find = |name: &String| {
        frame.columns().iter().position(|column| column.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let found = columns_found(frame.columns().iter().map(|column| column.name.as_str()), |_| true);
            Error::new(
                "splink/missing-column",
                format!("{place} reads the column {name}, which the records lack; {found}"),
                "name the columns as the model does; the first line must hold the names",
            )
            .in_field(name)
        })
    };
    names.all().iter().map(find).collect()
}

/// One-sided expressions to be evaluated, each once.
#[derive(Default)]
pub(super) struct Features {
    expressions: Vec<Expression>,
}

impl Features {
    /// The number of the feature that this bound, one-sided expression computes.
    pub(super) fn number(&mut self, expression: &Expression) -> usize {
        let expression = expression.on_left();
        match self.expressions.iter().position(|known| *known == expression) {
            Some(number) => number,
            None => {
                self.expressions.push(expression);
                self.expressions.len() - 1
            }
        }
    }

    /// Computes every feature of every tuple.
    pub(super) fn compute(&self, frame: &Frame, tuples: &Tuples) -> FeatureTable {
        const PIECE: usize = 4096;
        let width = self.expressions.len();
        let pieces = parallel::map(tuples.len().div_ceil(PIECE), |piece| {
            let end = ((piece + 1) * PIECE).min(tuples.len());
            let mut results = Vec::with_capacity(PIECE * width);
            for tuple in piece * PIECE..end {
                let values = tuples.values(frame, tuple);
                let row = Row::Values(&values);
                for expression in &self.expressions {
                    results.push(evaluate(expression, &mut Scope { left: row, right: row, parameters: Vec::new() }));
                }
            }
            results
        });
        let mut dictionary = Dictionary::new();
        let ids: Vec<u32> = pieces
            .into_iter()
            .flatten()
            .map(|result| match result {
                Ok(value) => dictionary.intern(value),
                Err(fault) => fault.id(),
            })
            .collect();
        FeatureTable {
            width,
            has_faults: ids.iter().any(|id| Fault::of_id(*id).is_some()),
            ids,
            texts: texts_of(dictionary.values()),
            bags: bags(&dictionary),
            numbers: numbers(&dictionary),
            lists: SideBySide::with_room(0),
            dictionary,
        }
    }
}

/// Features by tuple, as ids of one dictionary: equal ids are equal values, whichever feature they are of.
pub(super) struct FeatureTable {
    width: usize,
    ids: Vec<u32>,
    /// The texts by value id.
    pub(super) texts: SideBySide<u8>,
    /// The letters of the texts by value id.
    pub(super) bags: Vec<Bag>,
    /// The numbers (of a date, its days; of a time, its microseconds) by value id.
    pub(super) numbers: Vec<f64>,
    /// The elements of the lists by value id, once they are wanted.
    pub(super) lists: SideBySide<u32>,
    dictionary: Dictionary,
    has_faults: bool,
}

impl FeatureTable {
    /// Whether computing one of the features ended with an error.
    pub(super) fn has_faults(&self) -> bool {
        self.has_faults
    }

    /// The value ids of a tuple's features.
    #[inline]
    pub(super) fn of(&self, tuple: u32) -> &[u32] {
        let start = tuple as usize * self.width;
        &self.ids[start..start + self.width]
    }

    /// The value ids of every tuple's features.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.ids.chunks(self.width.max(1))
    }

    /// The values by id.
    pub(super) fn values(&self) -> &[Value] {
        self.dictionary.values()
    }

    /// The known values of a feature, tuple by tuple; none where computing one ended with an error.
    fn known(&self, feature: usize) -> impl Iterator<Item = Option<&Value>> {
        let ids = self.ids.iter().skip(feature).step_by(self.width.max(1));
        ids.filter(|id| **id != NULL_ID).map(|id| self.values().get(*id as usize))
    }

    /// Whether a feature is a text wherever it is known.
    pub(super) fn is_text(&self, feature: usize) -> bool {
        self.known(feature).flatten().all(|value| value.as_text().is_some())
    }

    /// Whether a feature is a list wherever it is known.
    pub(super) fn is_list(&self, feature: usize) -> bool {
        self.known(feature).flatten().all(|value| matches!(value, Value::List(_)))
    }

    /// Whether a feature is an empty text anywhere.
    pub(super) fn has_empty_text(&self, feature: usize) -> bool {
        self.known(feature).flatten().any(|value| value.as_text() == Some(""))
    }

    /// What the values of a feature are, as numbers; none where they are not, or not exactly, or are all missing.
    pub(super) fn kind(&self, feature: usize) -> Option<Kind> {
        let exact = |most: i64| Some(most.unsigned_abs() as f64).filter(|most| *most <= EXACT);
        let mut kind: Option<Kind> = None;
        for value in self.known(feature) {
            let of_value = match value? {
                Value::Float(_) => Kind::Float,
                Value::Integer(whole) => Kind::Whole(exact(*whole)?),
                Value::Date(_) => Kind::Date,
                Value::Timestamp(micros) => Kind::Timestamp(exact(*micros)?),
                _ => return None,
            };
            kind = Some(kind.map_or(Some(of_value), |kind| kind.joined(of_value))?);
        }
        kind
    }

    /// Reads the elements of the lists.
    pub(super) fn read_lists(&mut self) {
        self.lists = lists_of(self.dictionary.values());
    }

    /// Whether every whole number is exact in double precision.
    pub(super) fn has_exact_numbers(&self) -> bool {
        const EXACT: u64 = 1 << 53;
        self.values().iter().all(|value| match value {
            Value::Integer(number) | Value::Timestamp(number) => number.unsigned_abs() <= EXACT,
            _ => true,
        })
    }
}

fn bags(dictionary: &Dictionary) -> Vec<Bag> {
    dictionary.values().iter().map(|value| Bag::of(value.as_text().unwrap_or_default().as_bytes())).collect()
}

fn numbers(dictionary: &Dictionary) -> Vec<f64> {
    let number = |value: &Value| match value {
        Value::Date(days) => f64::from(*days),
        Value::Timestamp(micros) => *micros as f64,
        other => other.as_number().unwrap_or(f64::NAN),
    };
    dictionary.values().iter().map(number).collect()
}

/// Lists side by side in one piece of memory: the bytes of texts, or elements.
pub(super) struct SideBySide<T> {
    items: Vec<T>,
    ends: Vec<u32>,
}

impl<T> SideBySide<T> {
    fn with_room(lists: usize) -> SideBySide<T> {
        SideBySide { items: Vec::new(), ends: Vec::with_capacity(lists) }
    }

    /// Adds the next list.
    fn push(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
        self.ends.push(self.items.len() as u32);
    }

    /// A list by value id.
    #[inline]
    pub(super) fn get(&self, id: u32) -> &[T] {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.items[start as usize..self.ends[id] as usize]
    }
}

/// The bytes of each text.
fn texts_of(values: &[Value]) -> SideBySide<u8> {
    let mut texts = SideBySide::with_room(values.len());
    values.iter().for_each(|value| texts.push(value.as_text().unwrap_or_default().bytes()));
    texts
}

/// The distinct known elements of each list, as ids in rising order.
fn lists_of(values: &[Value]) -> SideBySide<u32> {
    let mut dictionary = Dictionary::new();
    let mut lists = SideBySide::with_room(values.len());
    for value in values {
        let mut ids: Vec<u32> = match value {
            Value::List(items) => items.iter().map(|item| dictionary.intern(item.clone())).collect(),
            _ => Vec::new(),
        };
        ids.sort_unstable();
        ids.dedup();
        lists.push(ids.into_iter().filter(|id| *id != NULL_ID));
    }
    lists
}

impl SideBySide<u32> {
    /// How many elements two lists have in common.
    pub(super) fn shared(&self, a: u32, b: u32) -> usize {
        let (mut a, mut b) = (self.get(a), self.get(b));
        let mut shared = 0;
        while let (Some(first), Some(second)) = (a.first(), b.first()) {
            shared += usize::from(first == second);
            a = &a[usize::from(first <= second)..];
            b = &b[usize::from(second <= first)..];
        }
        shared
    }
}
