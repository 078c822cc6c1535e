//! Reads the keys of a programme file one by one and collects every fault with its line.
//!
//! Every kind of programme file is read through this one table, and none by a derived deserialiser: a
//! deserialiser stops at the first fault, and each type of its own costs a browser kilobytes.

use super::Span;
use super::child::Nation;
use crate::date::Date;
use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One fault of a programme file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What was found.
    pub found: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.found, self.fix)
    }
}

/// What `read` makes of the outermost table of a file, which is called `what` in messages.
///
/// # Errors
/// Every fault of the file, in the order of its lines.
pub(super) fn read_file<T>(
    text: &str,
    what: &str,
    read: impl FnOnce(&Table<'_, '_>) -> Option<T>,
) -> Result<T, Vec<Fault>> {
    let (file, table) = File::parse(text);
    let root = Table::new(&file, &table, 0, what);
    let value = read(&root);
    root.end();
    let faults = file.into_faults();
    if faults.is_empty() { value.ok_or(faults) } else { Err(faults) }
}

/// Which of these outermost keys a file has; the first if it has none of them.
pub(super) fn kind_of_file<const N: usize>(text: &str, keys: [&'static str; N]) -> &'static str {
    let (table, _) = DeTable::parse_recoverable(text);
    let found = keys.into_iter().find(|key| table.get_ref().get(*key).is_some());
    found.unwrap_or(keys[0])
}

/// A file being read: its text and the faults so far.
pub(super) struct File<'i> {
    text: &'i str,
    faults: RefCell<Vec<Fault>>,
}

impl<'i> File<'i> {
    /// The file and its outermost table. Faults of the TOML itself are collected like all others.
    fn parse(text: &'i str) -> (File<'i>, DeTable<'i>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let file = File { text, faults: RefCell::default() };
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            file.fault(at, error.message().to_owned(), "write it as TOML 1.0 asks");
        }
        (file, table.into_inner())
    }

    /// Notes a fault at a byte of the text.
    pub(super) fn fault(&self, at: usize, found: impl Into<String>, fix: impl Into<String>) {
        self.faults.borrow_mut().push(Fault { line: self.line(at), found: found.into(), fix: fix.into() });
    }

    /// The line, from 1, of a byte of the text.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }

    /// Every fault, in the order of the lines.
    fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort();
        faults.dedup();
        faults
    }
}

/// A value with the byte at which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// One table of the file. Keys are taken one by one; [`Table::end`] reports those nobody asked for.
pub(super) struct Table<'f, 'i> {
    pub(super) file: &'f File<'i>,
    table: &'f DeTable<'i>,
    /// Where the table begins, as a byte of the text.
    pub(super) at: usize,
    /// What the table is, for messages: `product`, `series "mmr"`.
    pub(super) what: String,
    known: RefCell<Vec<&'static str>>,
}

impl<'f, 'i> Table<'f, 'i> {
    fn new(file: &'f File<'i>, table: &'f DeTable<'i>, at: usize, what: impl Into<String>) -> Self {
        Table { file, table, at, what: what.into(), known: RefCell::default() }
    }

    /// The same table under the name it gave itself.
    pub(super) fn named(self, what: String) -> Self {
        Table { what, ..self }
    }

    fn value(&self, key: &'static str) -> Option<(&'f DeValue<'i>, usize)> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        let value = self.table.get(key)?;
        Some((value.get_ref(), value.span().start))
    }

    /// The value under a key as `read` reads it; a fault that names `wanted` when it cannot.
    fn read<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'f DeValue<'i>) -> Option<T>,
    ) -> Option<At<T>> {
        let (value, at) = self.value(key)?;
        let read = read(value);
        if read.is_none() {
            self.file.fault(
                at,
                format!("`{key}` of {} is not {wanted}", self.what),
                format!("write {key} as {wanted}"),
            );
        }
        read.map(|value| At { value, at })
    }

    /// The same value, and a fault when the key is missing.
    pub(super) fn needed<T>(&self, key: &'static str, value: Option<T>) -> Option<T> {
        if self.table.get(key).is_none() {
            self.file.fault(self.at, format!("{} has no `{key}`", self.what), format!("add {key}"));
        }
        value
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<&'f str>> {
        self.read(key, "text in quotes", DeValue::as_str)
    }

    /// A text that must be there; empty, with a fault, when it is not.
    pub(super) fn needed_text(&self, key: &'static str) -> String {
        self.needed(key, self.text(key)).map_or_else(String::new, |text| text.value.to_owned())
    }

    /// A text that may be left out.
    pub(super) fn some_text(&self, key: &'static str) -> Option<String> {
        self.text(key).map(|text| text.value.to_owned())
    }

    /// A word of a fixed list, read by `parse`; `wanted` names the list.
    pub(super) fn word<T>(&self, key: &'static str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.read(key, wanted, |value| parse(value.as_str()?)).map(|word| word.value)
    }

    /// The nations that `nations` lists.
    pub(super) fn nations(&self) -> Vec<Nation> {
        let known = |name: At<&str>| {
            let nation = Nation::parse(name.value);
            if nation.is_none() {
                self.file.fault(name.at, format!("`{}` is no nation", name.value), NATIONS);
            }
            nation
        };
        self.texts("nations").into_iter().filter_map(known).collect()
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.read(key, "true or false", DeValue::as_bool).is_some_and(|flag| flag.value)
    }

    /// A whole number within a range. One outside is a fault, and never taken for a limit that is not there.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<At<i64>> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &wanted, |value| whole(value).filter(|number| range.contains(number)))
    }

    pub(super) fn date(&self, key: &'static str) -> Option<At<Date>> {
        self.read(key, "a date such as 2024-07-01", |value| Date::parse(&value.as_datetime()?.to_string()).ok())
    }

    pub(super) fn span(&self, key: &'static str) -> Option<At<Span>> {
        self.read(key, "an age or interval such as \"8w\" or \"3y4m\"", |value| Span::parse(value.as_str()?).ok())
    }

    /// An age or interval that must be there; none, with a fault, when it is not.
    pub(super) fn needed_span(&self, key: &'static str) -> Span {
        self.needed(key, self.span(key)).map_or(Span::default(), |span| span.value)
    }

    /// An age or interval that may be left out.
    pub(super) fn some_span(&self, key: &'static str) -> Option<Span> {
        self.span(key).map(|span| span.value)
    }

    /// A day that may be left out.
    pub(super) fn some_date(&self, key: &'static str) -> Option<Date> {
        self.date(key).map(|date| date.value)
    }

    /// A month and day such as `"09-01"`.
    pub(super) fn month_day(&self, key: &'static str) -> Option<At<(u32, u32)>> {
        self.read(key, "a month and day such as \"09-01\"", |value| parse_month_day(value.as_str()?))
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&self, key: &'static str) -> Vec<At<&'f str>> {
        let Some((value, at)) = self.value(key) else { return Vec::new() };
        if let Some(value) = value.as_str() {
            return vec![At { value, at }];
        }
        let items = value.as_array().map(|items| items.iter().collect::<Vec<_>>());
        let texts: Option<Vec<At<&str>>> = items.and_then(|items| {
            items.iter().map(|item| Some(At { value: item.get_ref().as_str()?, at: item.span().start })).collect()
        });
        texts.unwrap_or_else(|| {
            self.file.fault(at, format!("`{key}` of {} is no list of texts", self.what), "write [\"a\", \"b\"]");
            Vec::new()
        })
    }

    /// A list of whole numbers, all within a range.
    pub(super) fn numbers(&self, key: &'static str, range: RangeInclusive<i64>) -> Vec<i64> {
        let wanted = format!("a list of whole numbers from {} to {}", range.start(), range.end());
        let numbers = self.read(key, &wanted, |value| {
            let items = value.as_array()?.iter();
            items.map(|item| whole(item.get_ref()).filter(|number| range.contains(number))).collect()
        });
        numbers.map_or_else(Vec::new, |list: At<Vec<i64>>| list.value)
    }

    /// A list of tables; a single table is a list of one.
    pub(super) fn tables(&self, key: &'static str, what: impl Fn(usize) -> String) -> Vec<Table<'f, 'i>> {
        let Some((value, at)) = self.value(key) else { return Vec::new() };
        if let Some(table) = value.as_table() {
            return vec![Table::new(self.file, table, at, what(0))];
        }
        let mut tables = Vec::new();
        for (index, item) in value.as_array().into_iter().flat_map(|items| items.iter()).enumerate() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Table::new(self.file, table, item.span().start, what(index))),
                None => self.file.fault(item.span().start, format!("{} is no table", what(index)), "write a table"),
            }
        }
        if value.as_array().is_none() {
            self.file.fault(at, format!("`{key}` of {} is no table", self.what), "write a table");
        }
        tables
    }

    /// What `read` makes of each table of a list, in the order of the file.
    pub(super) fn each<T>(
        &self,
        key: &'static str,
        what: impl Fn(usize) -> String,
        mut read: impl FnMut(&Table<'f, 'i>) -> T,
    ) -> Vec<T> {
        let read_one = |table: Table<'f, 'i>| {
            let value = read(&table);
            table.end();
            value
        };
        self.tables(key, what).into_iter().map(read_one).collect()
    }

    /// What `read` makes of a table that may be left out.
    pub(super) fn one<T>(&self, key: &'static str, read: impl FnMut(&Table<'f, 'i>) -> T) -> Option<T> {
        self.each(key, |_| format!("{key} of {}", self.what), read).into_iter().next()
    }

    /// The tables of a section by name, in the order of the file.
    pub(super) fn section(&self, key: &'static str) -> Vec<(&'f str, Table<'f, 'i>)> {
        let Some((value, at)) = self.value(key) else { return Vec::new() };
        let Some(section) = value.as_table() else {
            self.file.fault(at, format!("`{key}` is no section"), format!("write [{key}.name] tables"));
            return Vec::new();
        };
        let named = in_order(section).into_iter().filter_map(|(name, value)| {
            let table = value.get_ref().as_table();
            if table.is_none() {
                let found = format!("`{key}.{}` is no table", name.value);
                self.file.fault(value.span().start, found, "write a table");
            }
            Some((name.value, Table::new(self.file, table?, name.at, format!("{key} \"{}\"", name.value))))
        });
        named.collect()
    }

    /// The texts of a section by name, in the order of the file.
    pub(super) fn text_section(&self, key: &'static str) -> Vec<At<&'f str>> {
        let tables = self.tables(key, |_| format!("section {key}"));
        tables.iter().flat_map(|table| table.entries()).map(|(name, _)| name).collect()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Every key with its text, in the order of the file; for tables whose keys are names.
    pub(super) fn entries(&self) -> Vec<(At<&'f str>, &'f str)> {
        let entries = in_order(self.table).into_iter().filter_map(|(name, value)| {
            let text = value.get_ref().as_str();
            if text.is_none() {
                self.file.fault(value.span().start, format!("`{}` is no text", name.value), "write it in quotes");
            }
            Some((name, text?))
        });
        entries.collect()
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn end(self) {
        let known = self.known.into_inner();
        for (name, _) in self.table.iter() {
            if !known.contains(&name.get_ref().as_ref()) {
                self.file.fault(
                    name.span().start,
                    format!("`{name}` is no key of {}", self.what),
                    format!("use one of: {}", known.join(", ")),
                );
            }
        }
    }
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    value.as_integer()?.as_str().parse().ok()
}

/// The keys of a table with their values, in the order of the file.
fn in_order<'f, 'i>(table: &'f DeTable<'i>) -> Vec<(At<&'f str>, &'f Spanned<DeValue<'i>>)> {
    let entry = |(name, value): (&'f Spanned<_>, _)| {
        let text: &'f std::borrow::Cow<'i, str> = name.get_ref();
        (At { value: text.as_ref(), at: name.span().start }, value)
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    entries.sort_unstable_by_key(|(name, _)| name.at);
    entries
}

/// What to do about an unknown nation.
pub(super) const NATIONS: &str = "write england, scotland, wales or northern-ireland";

fn parse_month_day(text: &str) -> Option<(u32, u32)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // 2023 is no leap year: a yearly date must exist every year.
    Date::new(2023, month, day).is_ok().then_some((month, day))
}
