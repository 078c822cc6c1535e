//! The records to be linked, in the order that decides which of a pair is left and which is right.

use super::bind::{self, Demand};
use super::cast::cast;
use super::expression::{Expression, Names};
use super::settings::{LinkType, SplinkModel};
use crate::error::Error;
use crate::linkage::blocking::LinkKind;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::frame::{Frame, FrameColumn, NULL_ID};
use crate::linkage::value::{Value, ValueType};
use hashbrown::HashMap;
use std::cmp::Ordering;

/// Records typed as a model asks and sorted by id, so that the lesser of two records is the left one.
pub struct Records {
    frame: Frame,
    source: Vec<u16>,
    kind: LinkKind,
    id_columns: Vec<usize>,
}

impl Records {
    /// Takes the records of a frame.
    ///
    /// Columns whose type the file does not tell are text, unless the model treats them as numbers, dates or
    /// times. With one dataset, records are ordered by id in its own type; with several, by the text
    /// `source_dataset || '-__-' || unique_id`, and when records of exactly two datasets are only linked, those
    /// of the lesser dataset are left.
    ///
    /// # Errors
    /// `splink/missing-column` without the id columns; `splink/no-id` and `splink/repeated-id` with the number
    /// of records concerned; `splink/one-dataset` for a model that only links different ones; `frame/column-type`;
    /// `splink/too-many-datasets`.
    pub fn new(mut frame: Frame, model: &SplinkModel) -> Result<Records, Error> {
        retype(&mut frame, model)?;
        let ids = column(&frame, &model.unique_id_column)?;
        let datasets = match model.link_type {
            LinkType::DedupeOnly => None,
            _ => Some(column(&frame, &model.source_dataset_column)?),
        };
        let kind = match model.link_type {
            LinkType::LinkOnly => LinkKind::LinkOnly,
            _ => LinkKind::LinkAndDedupe,
        };
        let missing = (0..frame.rows())
            .filter(|&row| {
                let absent = |column: usize| frame.columns()[column].ids()[row] == NULL_ID;
                absent(ids) || datasets.is_some_and(absent)
            })
            .count();
        if missing > 0 {
            return Err(Error::new(
                "splink/no-id",
                format!("{missing} records have no {} or no dataset", model.unique_id_column),
                "give every record an id",
            ));
        }
        if let Some(datasets) = datasets.filter(|_| kind == LinkKind::LinkOnly) {
            let column = &frame.columns()[datasets];
            if column.ids().windows(2).all(|two| two[0] == two[1]) {
                return Err(Error::new(
                    "splink/one-dataset",
                    format!("the model links records of different datasets only, and {} tells one", column.name),
                    "give the files of the other datasets too, or name each as NAME=FILE",
                )
                .in_field(&column.name));
            }
        }
        let order = sorted(&frame, ids, datasets, kind)?;
        frame.reorder(&order);
        let source = source_numbers(&frame, datasets)?;
        Ok(Records { frame, source, kind, id_columns: datasets.into_iter().chain([ids]).collect() })
    }

    /// The records, sorted.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The column of this name, whatever its letter case.
    ///
    /// # Errors
    /// `splink/missing-column`.
    pub fn column(&self, name: &str) -> Result<&FrameColumn, Error> {
        column(&self.frame, name).map(|number| &self.frame.columns()[number])
    }

    /// The dataset of each record.
    pub(super) fn source(&self) -> &[u16] {
        &self.source
    }

    /// Which records may be paired.
    pub(super) fn kind(&self) -> LinkKind {
        self.kind
    }

    /// The columns that identify a record: its dataset where there are several, then its id.
    pub fn id_columns(&self) -> impl Iterator<Item = &FrameColumn> {
        self.id_columns.iter().map(|column| &self.frame.columns()[*column])
    }

    /// The pairs that another table lists by the columns `<id>_l` and `<id>_r`, in its order. Left and right
    /// stay as given.
    ///
    /// # Errors
    /// `splink/missing-column`; `splink/unknown-id` with the number of pairs that name no record.
    pub fn pairs(&self, listed: &Frame) -> Result<Vec<(RecordIndex, RecordIndex)>, Error> {
        let mut by_id: HashMap<Vec<Value>, RecordIndex> = HashMap::with_capacity(self.frame.rows());
        for row in 0..self.frame.rows() {
            by_id.insert(self.id_columns().map(|column| column.value(row).clone()).collect(), row as RecordIndex);
        }
        let side = |suffix: &str| {
            self.id_columns()
                .map(|id| {
                    let listed_column = &listed.columns()[column(listed, &format!("{}{suffix}", id.name))?];
                    // The list may hold the ids as text where the records hold numbers.
                    listed_column.convert(id.value_type.clone(), |value| cast(value, &id.value_type).ok())
                })
                .collect::<Result<Vec<FrameColumn>, Error>>()
        };
        let (left, right) = (side("_l")?, side("_r")?);
        let record = |columns: &[FrameColumn], row: usize| {
            let id: Vec<Value> = columns.iter().map(|column| column.value(row).clone()).collect();
            by_id.get(&id).copied()
        };
        let found: Vec<_> = (0..listed.rows()).filter_map(|row| record(&left, row).zip(record(&right, row))).collect();
        match listed.rows() - found.len() {
            0 => Ok(found),
            unknown => Err(Error::new(
                "splink/unknown-id",
                format!("{unknown} listed pairs name a record that is not among the inputs"),
                "check that the pairs and the records come from the same data",
            )),
        }
    }
}

/// Reads a column as values of another type, whatever type a model would ask for.
///
/// # Errors
/// `splink/missing-column`; `frame/column-type` with the number of values that cannot be read so.
pub fn read_as(frame: &mut Frame, name: &str, value_type: ValueType) -> Result<(), Error> {
    let number = column(frame, name)?;
    let converted = frame.columns()[number].convert(value_type.clone(), |value| cast(value, &value_type).ok())?;
    frame.set_column(converted);
    Ok(())
}

fn column(frame: &Frame, name: &str) -> Result<usize, Error> {
    let mut names = Names::default();
    names.number(name);
    super::feature::columns_of(frame, &names, "the model").map(|columns| columns[0])
}

/// Reads as numbers, dates or times the untyped columns that the model treats so.
fn retype(frame: &mut Frame, model: &SplinkModel) -> Result<(), Error> {
    let mut asked: Vec<(String, Demand)> = Vec::new();
    let mut note = |expression: &Expression, names: &Names| {
        let mut demands = vec![None; names.all().len()];
        bind::demands(expression, &mut demands);
        for (name, demand) in names.all().iter().zip(demands) {
            let Some(demand) = demand else { continue };
            match asked.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, known)) if demand == Demand::Text => *known = demand,
                Some(_) => {}
                None => asked.push((name.clone(), demand)),
            }
        }
    };
    for comparison in &model.comparisons {
        for condition in comparison.levels.iter().filter_map(|level| level.condition.as_ref()) {
            note(condition, &comparison.names);
        }
    }
    model.blocking_rules.iter().for_each(|rule| note(&rule.condition, &rule.names));
    for (name, demand) in asked {
        let Some(column) = frame.column(&name).filter(|column| !column.typed && column.value_type == ValueType::Text)
        else {
            continue;
        };
        let all = |to: &ValueType| column.values().iter().all(|value| cast(value, to).is_ok());
        let (narrow, wide) = match demand {
            Demand::Text => continue,
            Demand::Number => (ValueType::Integer, ValueType::Float),
            Demand::Temporal => (ValueType::Date, ValueType::Timestamp),
        };
        // A date with a time of day, or a number with a fraction, must not lose it.
        let is_narrow = match demand {
            Demand::Number => column
                .values()
                .iter()
                .all(|value| value.is_null() || value.as_text().is_some_and(|text| text.trim().parse::<i64>().is_ok())),
            _ => {
                all(&narrow)
                    && column.values().iter().all(|value| value.as_text().is_none_or(|text| text.trim().len() <= 10))
            }
        };
        let to = if is_narrow { narrow } else { wide };
        let converted = column.convert(to.clone(), |value| cast(value, &to).ok())?;
        frame.set_column(converted);
    }
    Ok(())
}

/// The records in order of id.
fn sorted(frame: &Frame, ids: usize, datasets: Option<usize>, kind: LinkKind) -> Result<Vec<RecordIndex>, Error> {
    let mut order: Vec<RecordIndex> = (0..frame.rows() as RecordIndex).collect();
    let id = &frame.columns()[ids];
    let repeated = match datasets.map(|datasets| &frame.columns()[datasets]) {
        None => sort(&mut order, |a, b| id.value(a as usize).order(id.value(b as usize))),
        Some(dataset) => {
            let text = |value: &Value| super::function::written(value).unwrap_or_default();
            let joined: Vec<String> = (0..frame.rows())
                .map(|row| format!("{}-__-{}", text(dataset.value(row)), text(id.value(row))))
                .collect();
            let by_dataset = kind == LinkKind::LinkOnly && dataset.values().len() == 3;
            sort(&mut order, |a, b| {
                let of_dataset = match by_dataset {
                    true => dataset.value(a as usize).order(dataset.value(b as usize)),
                    false => Ordering::Equal,
                };
                of_dataset.then_with(|| joined[a as usize].as_bytes().cmp(joined[b as usize].as_bytes()))
            })
        }
    };
    match repeated {
        0 => Ok(order),
        repeated => Err(Error::new(
            "splink/repeated-id",
            format!("{repeated} records have the {} of another record", id.name),
            "give every record of a dataset its own id",
        )
        .in_field(&id.name)),
    }
}

/// Sorts and tells how many records are equal to the one before.
fn sort(order: &mut [RecordIndex], compare: impl Fn(RecordIndex, RecordIndex) -> Ordering) -> usize {
    order.sort_by(|a, b| compare(*a, *b));
    order.windows(2).filter(|pair| compare(pair[0], pair[1]).is_eq()).count()
}

fn source_numbers(frame: &Frame, datasets: Option<usize>) -> Result<Vec<u16>, Error> {
    let Some(datasets) = datasets else { return Ok(vec![0; frame.rows()]) };
    let column = &frame.columns()[datasets];
    if column.values().len() > usize::from(u16::MAX) {
        return Err(Error::new(
            "splink/too-many-datasets",
            format!("{} holds {} values", column.name, column.values().len() - 1),
            "check that this column tells the dataset",
        )
        .in_field(&column.name));
    }
    Ok(column.ids().iter().map(|id| *id as u16).collect())
}
