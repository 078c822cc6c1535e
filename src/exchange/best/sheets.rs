//! Best records as tables.

use super::choose::{BestChild, Chosen, Withdrawn};
use super::rules::Rules;
use crate::error::Error;
use crate::exchange::linked::{WITHHELD, is_whereabouts, text};
use crate::exchange::lists::for_each_row;
use crate::exchange::sheet::{Kind, Sheet, SheetColumn};
use crate::identity::column::Column;
use crate::identity::name::{FamilyName, GivenName};
use crate::linkage::table::Table;
use std::collections::BTreeSet;
use std::io::{Read, Write};

fn child_id() -> SheetColumn {
    ("child_id".to_owned(), Kind::Integer)
}

/// The columns of the best records, in canonical order.
fn columns(rules: &Rules) -> Vec<Column> {
    let chosen = |column: &Column| rules.groups.iter().any(|group| group.columns.contains(column));
    Column::ALL.into_iter().filter(chosen).collect()
}

/// The columns of the file `best`: one row for every child.
pub fn best_columns(rules: &Rules) -> Vec<SheetColumn> {
    let mut all = vec![child_id(), ("records".to_owned(), Kind::Integer), text("sources"), text("sensitive")];
    all.extend(columns(rules).into_iter().map(|column| text(column.name())));
    all.extend([text("death"), text("conflicts")]);
    all
}

/// Writes the best record of every child. Of a sensitive child no whereabouts are told.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_best<W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    children: &[BestChild],
    rules: &Rules,
) -> Result<(), Error> {
    let columns = columns(rules);
    sheet.rows(children.len(), |index, row| {
        let child = &children[index];
        row.integer(child.child_id as i64);
        row.integer(child.records.len() as i64);
        let sources: BTreeSet<&str> = child.records.iter().map(|&record| table.source(record)).collect();
        row.text(&sources.into_iter().collect::<Vec<_>>().join("|"));
        row.text(if child.sensitive { "true" } else { "" });
        for &column in &columns {
            let value = rules.groups.iter().zip(&child.chosen).find_map(|(group, chosen)| {
                let place = group.columns.iter().position(|&c| c == column)?;
                chosen.as_ref().map(|chosen| chosen.values[place].as_str())
            });
            row.text(open(child, column, value.unwrap_or_default()));
        }
        row.text(child.death.as_str());
        let differ = rules.groups.iter().zip(&child.chosen).filter(|(_, chosen)| is_conflict(chosen.as_ref()));
        row.text(&differ.map(|(group, _)| group.name.as_str()).collect::<Vec<_>>().join("|"));
    })
}

fn is_conflict(chosen: Option<&Chosen>) -> bool {
    chosen.is_some_and(|chosen| !chosen.others.is_empty())
}

/// A value, or the word that it is withheld.
fn open<'v>(child: &BestChild, column: Column, value: &'v str) -> &'v str {
    if child.sensitive && is_whereabouts(column) && !value.is_empty() { WITHHELD } else { value }
}

/// The columns of the file `origins`: one row for every group of every child.
pub fn origins_columns() -> Vec<SheetColumn> {
    let mut all = vec![child_id()];
    all.extend(["fields", "rule", "source", "record_id"].map(text));
    all
}

/// Writes by which rule and from which record each part of a best record came.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_origins<W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    children: &[BestChild],
    rules: &Rules,
) -> Result<(), Error> {
    let rows: Vec<(&BestChild, &str, &Chosen)> = children
        .iter()
        .flat_map(|child| {
            let groups = rules.groups.iter().zip(&child.chosen);
            groups.filter_map(move |(group, chosen)| Some((child, group.name.as_str(), chosen.as_ref()?)))
        })
        .collect();
    sheet.rows(rows.len(), |index, row| {
        let (child, group, chosen) = rows[index];
        row.integer(child.child_id as i64);
        row.text(group);
        row.text(chosen.rule);
        row.text(table.source(chosen.record));
        row.text(table.record_id(chosen.record));
    })
}

/// The columns of the file `conflicts`: what records tell otherwise than the best record.
pub fn conflicts_columns() -> Vec<SheetColumn> {
    let mut all = vec![child_id()];
    all.extend(["fields", "column", "best", "best_source", "other", "source", "record_id"].map(text));
    all
}

/// Writes what records tell otherwise, column by column.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_conflicts<W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    children: &[BestChild],
    rules: &Rules,
) -> Result<u64, Error> {
    let mut rows = Vec::new();
    for child in children {
        for (group, chosen) in rules.groups.iter().zip(&child.chosen) {
            let Some(chosen) = chosen else { continue };
            for told in &chosen.others {
                for (place, &column) in group.columns.iter().enumerate() {
                    // A record that says nothing contradicts nothing.
                    if !told.values[place].is_empty() && told.values[place] != chosen.values[place] {
                        rows.push((child, group.name.as_str(), column, place, chosen, told));
                    }
                }
            }
        }
    }
    sheet.rows(rows.len(), |index, row| {
        let (child, group, column, place, chosen, told) = rows[index];
        row.integer(child.child_id as i64);
        row.text(group);
        row.text(column.name());
        row.text(open(child, column, &chosen.values[place]));
        row.text(table.source(chosen.record));
        row.text(open(child, column, &told.values[place]));
        row.text(table.source(told.record));
        row.text(table.record_id(told.record));
    })?;
    Ok(rows.len() as u64)
}

/// The columns of the file `history`: names, addresses and practices, by child, oldest first as far as `updated_at`
/// tells.
pub fn history_columns() -> Vec<SheetColumn> {
    let mut all = vec![child_id()];
    all.extend(["kind", "value", "updated_at", "source", "record_id"].map(text));
    all
}

/// Writes every name, address and practice that any record tells, each once, with the record that told it last. Former
/// names and postcodes that a record tells beside its present ones are among them, without a time; deaths that were
/// withdrawn are, too.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_history<W: Write + Send>(
    sheet: &mut Sheet<W>,
    table: &Table,
    children: &[BestChild],
    withdrawn: &Withdrawn,
) -> Result<(), Error> {
    let mut rows = Vec::new();
    for (place, child) in children.iter().enumerate() {
        let mut told: Vec<(&str, &str, String, u32)> = Vec::new();
        for &record in &child.records {
            let raw = |column| table.raw(record, column);
            let at = raw(Column::UpdatedAt);
            let joined = |columns: &[Column]| {
                let parts = columns.iter().map(|&column| raw(column).trim()).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join(", ")
            };
            let given = Some(raw(Column::GivenName)).filter(|text| GivenName::parse_field(text).value().is_some());
            let family = Some(raw(Column::FamilyName)).filter(|text| FamilyName::parse_field(text).value().is_some());
            let name = [given.unwrap_or_default(), raw(Column::OtherNames), family.unwrap_or_default()];
            let name =
                name.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            let address = joined(&[
                Column::Address1,
                Column::Address2,
                Column::Address3,
                Column::Address4,
                Column::Address5,
                Column::Postcode,
            ]);
            let hidden = |value: String| {
                if child.sensitive && !value.is_empty() { WITHHELD.to_owned() } else { value }
            };
            told.push((at, "name", name, record));
            told.push(("", "family-name", raw(Column::PreviousFamilyName).trim().to_owned(), record));
            told.push((at, "address", hidden(address), record));
            told.push(("", "postcode", hidden(raw(Column::PreviousPostcode).trim().to_owned()), record));
            told.push((at, "practice", hidden(raw(Column::GpPractice).trim().to_owned()), record));
            if withdrawn.contains(&record) {
                told.push((at, "death-withdrawn", raw(Column::DeathDate).trim().to_owned(), record));
            }
        }
        told.retain(|(_, _, value, _)| !value.is_empty());
        // The last telling of each value, then all in order of time.
        told.sort_by(|a, b| (a.1, &a.2, b.0, a.3).cmp(&(b.1, &b.2, a.0, b.3)));
        told.dedup_by(|later, kept| (later.1, &later.2) == (kept.1, &kept.2));
        told.sort_by(|a, b| (a.1, a.0, &a.2).cmp(&(b.1, b.0, &b.2)));
        rows.extend(told.into_iter().map(|row| (place, row)));
    }
    sheet.rows(rows.len(), |index, row| {
        let (place, (at, kind, value, record)) = &rows[index];
        row.integer(children[*place].child_id as i64);
        row.text(kind);
        row.text(value);
        row.text(at);
        row.text(table.source(*record));
        row.text(table.record_id(*record));
    })
}

/// Reads `source,record_id` of records whose date of death was withdrawn, and tells how many are not in the table.
///
/// # Errors
/// `list/missing-column`, `list/unreadable`.
pub fn read_withdrawn(list: impl Read, table: &Table) -> Result<(Withdrawn, u64), Error> {
    let (mut withdrawn, mut unknown) = (Withdrawn::new(), 0);
    for_each_row(list, ["source", "record_id"], |_, [source, record_id]| {
        match table.find(source, record_id) {
            Some(record) => drop(withdrawn.insert(record)),
            None => unknown += 1,
        }
        Ok(())
    })?;
    Ok((withdrawn, unknown))
}
