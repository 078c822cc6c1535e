//! Best records as tables.

use super::choose::{BestChild, Chosen, Death, Deaths};
use super::rules::Rules;
use crate::error::Error;
use crate::exchange::linked::{WITHHELD, is_whereabouts, text};
use crate::exchange::lists::for_each_row;
use crate::exchange::sheet::{Kind, Sheet, SheetColumn};
use crate::identity::column::Column;
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
            let mut value = value.unwrap_or_default();
            if column == Column::DeathDate && value.is_empty() && child.death == Death::Told {
                value = child.notified_death.as_deref().unwrap_or_default();
            }
            row.text(open(child, column, value));
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

/// Reads `source,record_id` of records whose date of death was withdrawn, and tells how many are not in the table.
///
/// # Errors
/// `list/missing-column`, `list/unreadable`.
pub fn read_withdrawn(list: impl Read, table: &Table) -> Result<(Deaths, u64), Error> {
    let (mut deaths, mut unknown) = (Deaths::default(), 0);
    for_each_row(list, ["source", "record_id"], |_, [source, record_id]| {
        match table.find(source, record_id) {
            Some(record) => deaths.withdraw(record, ""),
            None => unknown += 1,
        }
        Ok(())
    })?;
    Ok((deaths, unknown))
}
