//! A table of any columns, for general record linkage: each distinct value stored once, records as ids.

use super::value::{Value, ValueType};
use crate::error::Error;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// The id of a missing value in every dictionary.
pub const NULL_ID: u32 = 0;

/// Distinct values, each with an id from 1; [`NULL_ID`] is the missing value.
#[derive(Default)]
pub struct Dictionary {
    values: Vec<Value>,
    index: HashTable<u32>,
}

impl Dictionary {
    /// A dictionary that holds only the missing value.
    pub fn new() -> Dictionary {
        Dictionary { values: vec![Value::Null], index: HashTable::new() }
    }

    /// The id of a value, stored now if it was not.
    pub fn intern(&mut self, value: Value) -> u32 {
        if value.is_null() {
            return NULL_ID;
        }
        let Dictionary { values, index } = self;
        let entry = index.entry(hash(&value), |id| values[*id as usize] == value, |id| hash(&values[*id as usize]));
        *entry
            .or_insert_with(|| {
                values.push(value.clone());
                (values.len() - 1) as u32
            })
            .get()
    }

    /// The id of a text, without making a value of it when it is known.
    pub fn intern_text(&mut self, text: &str) -> u32 {
        let found = self.index.find(hash_text(text), |id| self.values[*id as usize].as_text() == Some(text));
        match found {
            Some(id) => *id,
            None => self.intern(Value::text(text)),
        }
    }

    /// The value of an id.
    pub fn value(&self, id: u32) -> &Value {
        &self.values[id as usize]
    }

    /// Every value by id, the missing value first.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

fn hash_text(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.as_bytes().hash(&mut hasher);
    hasher.finish()
}

/// One named column: its distinct values and the value id of each record.
pub struct FrameColumn {
    /// The name as in the header.
    pub name: String,
    /// The type of its values.
    pub value_type: ValueType,
    /// Whether the file said of which type the column is (Parquet), or it is text that a model may ask
    /// to be read as numbers or dates (delimited text).
    pub typed: bool,
    dictionary: Dictionary,
    ids: Vec<u32>,
}

impl FrameColumn {
    /// An empty column.
    pub fn new(name: impl Into<String>, value_type: ValueType, typed: bool) -> FrameColumn {
        FrameColumn { name: name.into(), value_type, typed, dictionary: Dictionary::new(), ids: Vec::new() }
    }

    /// A column of these values.
    pub fn from_values(
        name: impl Into<String>,
        value_type: ValueType,
        values: impl IntoIterator<Item = Value>,
    ) -> FrameColumn {
        let mut column = FrameColumn::new(name, value_type, true);
        values.into_iter().for_each(|value| column.push(value));
        column
    }

    /// Appends the value of the next record.
    pub fn push(&mut self, value: Value) {
        let id = self.dictionary.intern(value);
        self.ids.push(id);
    }

    /// Appends a text as the value of the next record.
    pub fn push_text(&mut self, text: &str) {
        let id = self.dictionary.intern_text(text);
        self.ids.push(id);
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it has no record.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The value id of every record.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Distinct values by id.
    pub fn values(&self) -> &[Value] {
        self.dictionary.values()
    }

    /// The value of a record.
    pub fn value(&self, record: usize) -> &Value {
        self.dictionary.value(self.ids[record])
    }

    /// The same column with each distinct value converted; `None` from the conversion is a failure.
    ///
    /// # Errors
    /// `frame/column-type`, with the number of distinct values that could not be converted.
    pub fn convert(
        &self,
        value_type: ValueType,
        convert: impl Fn(&Value) -> Option<Value>,
    ) -> Result<FrameColumn, Error> {
        let mut dictionary = Dictionary::new();
        let mut failures = 0usize;
        let new_ids: Vec<u32> = self
            .values()
            .iter()
            .map(|value| match value {
                Value::Null => NULL_ID,
                value => dictionary.intern(convert(value).unwrap_or_else(|| {
                    failures += 1;
                    Value::Null
                })),
            })
            .collect();
        if failures > 0 {
            return Err(Error::new(
                "frame/column-type",
                format!("{failures} distinct values of column {} cannot be read as {value_type}", self.name),
                "clean the column, or give its type with --type",
            )
            .in_field(&self.name));
        }
        let ids = self.ids.iter().map(|id| new_ids[*id as usize]).collect();
        Ok(FrameColumn { name: self.name.clone(), value_type, typed: true, dictionary, ids })
    }

    fn reorder(&mut self, order: &[u32]) {
        self.ids = order.iter().map(|record| self.ids[*record as usize]).collect();
    }

    fn append(&mut self, other: &FrameColumn) {
        let new_ids: Vec<u32> = other.values().iter().map(|value| self.dictionary.intern(value.clone())).collect();
        self.ids.extend(other.ids.iter().map(|id| new_ids[*id as usize]));
    }
}

/// A table of any columns, all of one length. Names are found whatever their letter case, as in SQL.
#[derive(Default)]
pub struct Frame {
    columns: Vec<FrameColumn>,
    rows: usize,
}

impl Frame {
    /// A table of these columns.
    ///
    /// # Errors
    /// `frame/column-length` when the columns differ in length, `frame/column-twice` when two have one name.
    pub fn new(columns: Vec<FrameColumn>) -> Result<Frame, Error> {
        let rows = columns.first().map_or(0, FrameColumn::len);
        for (index, column) in columns.iter().enumerate() {
            if column.len() != rows {
                return Err(Error::new(
                    "frame/column-length",
                    format!("column {} has {} values where others have {rows}", column.name, column.len()),
                    "give every column one value a record",
                ));
            }
            if let Some(other) = columns[..index].iter().position(|other| other.name.eq_ignore_ascii_case(&column.name))
            {
                // Of a file without a header the name would be a person's.
                return Err(Error::new(
                    "frame/column-twice",
                    format!("columns {} and {} have one name", other + 1, index + 1),
                    "rename one of them; letter case does not tell columns apart",
                ));
            }
        }
        Ok(Frame { columns, rows })
    }

    /// How many records it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its columns in order.
    pub fn columns(&self) -> &[FrameColumn] {
        &self.columns
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&FrameColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Puts a column in place of the one of its name, or at the end.
    pub fn set_column(&mut self, column: FrameColumn) {
        match self.columns.iter().position(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            Some(index) => self.columns[index] = column,
            None => self.columns.push(column),
        }
    }

    /// Puts the records in this order.
    pub fn reorder(&mut self, order: &[u32]) {
        self.columns.iter_mut().for_each(|column| column.reorder(order));
    }

    /// Keeps these records, in this order.
    pub fn select(&mut self, records: &[u32]) {
        self.reorder(records);
        self.rows = records.len();
    }

    /// Appends the records of another table. A column that one of them lacks is missing there.
    ///
    /// # Errors
    /// `frame/column-type` when a column is of another type there.
    pub fn append(&mut self, other: &Frame) -> Result<(), Error> {
        let total = self.rows + other.rows;
        for column in &other.columns {
            if self.column(&column.name).is_none() {
                let mut empty = FrameColumn::new(&column.name, column.value_type.clone(), column.typed);
                empty.ids.resize(self.rows, NULL_ID);
                self.columns.push(empty);
            }
        }
        for column in &mut self.columns {
            match other.column(&column.name) {
                Some(more) if more.value_type != column.value_type => {
                    return Err(Error::new(
                        "frame/column-type",
                        format!(
                            "column {} is {} in one file and {} in another",
                            column.name, column.value_type, more.value_type
                        ),
                        "give the column one type in all files, or give its type with --type",
                    )
                    .in_field(&column.name));
                }
                Some(more) => column.append(more),
                None => column.ids.resize(total, NULL_ID),
            }
        }
        self.rows = total;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> FrameColumn {
        let mut column = FrameColumn::new("name", ValueType::Text, false);
        values.iter().for_each(|value| match *value {
            "" => column.push(Value::Null),
            value => column.push_text(value),
        });
        column
    }

    #[test]
    fn each_distinct_value_is_stored_once() {
        let column = names(&["ann", "bob", "ann", ""]);
        assert_eq!(column.ids(), [1, 2, 1, NULL_ID]);
        assert_eq!(column.values().len(), 3);
    }

    #[test]
    fn frames_append_by_name_and_fill_what_is_absent() {
        let mut frame = Frame::new(vec![names(&["ann"])]).unwrap();
        let age = FrameColumn::from_values("AGE", ValueType::Integer, [Value::Integer(4)]);
        let other = Frame::new(vec![names(&["bob"]), age]).unwrap();
        frame.append(&other).unwrap();
        assert_eq!(frame.rows(), 2);
        assert_eq!(frame.column("Name").unwrap().value(1), &Value::text("bob"));
        assert_eq!(frame.column("age").unwrap().value(0), &Value::Null);
        assert_eq!(frame.column("age").unwrap().value(1), &Value::Integer(4));
    }

    #[test]
    fn a_value_that_cannot_be_converted_is_counted_not_lost() {
        let column = names(&["1", "x", "1"]);
        let read = |value: &Value| value.as_text()?.parse().ok().map(Value::Integer);
        let error = column.convert(ValueType::Integer, read).err().unwrap();
        assert_eq!(error.code, "frame/column-type");
        assert!(error.message.starts_with("1 distinct"));
    }
}
