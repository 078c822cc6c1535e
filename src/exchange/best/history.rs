//! What records tell, and told, of a child: names, addresses, practices, deaths, each once.

use super::choose::{BestChild, Deaths};
use crate::error::Error;
use crate::exchange::linked::{WITHHELD, text};
use crate::exchange::sheet::{Kind, Sheet, SheetColumn};
use crate::identity::column::Column;
use crate::identity::name::{FamilyName, GivenName};
use crate::linkage::table::Table;
use std::borrow::Cow;
use std::io::Write;

/// One thing that a record tells, or told, of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling<'t> {
    /// `name`, `family-name` (a former one), `address`, `postcode` (a former one), `practice`, `death` or
    /// `death-withdrawn`.
    pub kind: Cow<'t, str>,
    /// What is told.
    pub value: Cow<'t, str>,
    /// When the record that tells it changed; empty for former names and postcodes, and where it is not known.
    pub updated_at: Cow<'t, str>,
    /// The source of the record.
    pub source: Cow<'t, str>,
    /// Its id.
    pub record_id: Cow<'t, str>,
    /// The first and the last run of a project in which it was told.
    pub runs: Option<(i64, i64)>,
}

impl Telling<'_> {
    /// Whether it says where somebody lives, or nearly so.
    pub fn is_whereabouts(&self) -> bool {
        is_place(&self.kind)
    }

    /// Whether it was told and must not be.
    pub fn is_withheld(&self) -> bool {
        self.is_whereabouts() && self.value == WITHHELD
    }
}

/// Whether a kind of telling says where somebody lives, or nearly so.
fn is_place(kind: &str) -> bool {
    matches!(kind, "address" | "postcode" | "practice")
}

/// What the records of a child tell. Of a sensitive child whereabouts are withheld.
pub fn tellings<'t>(table: &'t Table, child: &BestChild, deaths: &'t Deaths) -> Vec<Telling<'t>> {
    let mut told: Vec<Telling<'t>> = Vec::new();
    for &record in &child.records {
        let raw = |column| table.raw(record, column).trim();
        let joined = |columns: &[Column], between: &str| {
            let parts = columns.iter().map(|&column| raw(column)).filter(|part| !part.is_empty());
            Cow::from(parts.collect::<Vec<_>>().join(between))
        };
        let given = Some(raw(Column::GivenName)).filter(|text| GivenName::parse_field(text).value().is_some());
        let family = Some(raw(Column::FamilyName)).filter(|text| FamilyName::parse_field(text).value().is_some());
        let name = [given.unwrap_or_default(), raw(Column::OtherNames), family.unwrap_or_default()];
        let name: Vec<&str> = name.into_iter().filter(|part| !part.is_empty()).collect();
        let address = joined(
            &[
                Column::Address1,
                Column::Address2,
                Column::Address3,
                Column::Address4,
                Column::Address5,
                Column::Postcode,
            ],
            ", ",
        );
        let at = table.raw(record, Column::UpdatedAt);
        let mut tell = |kind: &'static str, value: Cow<'t, str>, at: &'t str| {
            if !value.is_empty() {
                let value = if child.sensitive && is_place(kind) { Cow::from(WITHHELD) } else { value };
                told.push(Telling {
                    kind: kind.into(),
                    value,
                    updated_at: at.into(),
                    source: table.source(record).into(),
                    record_id: table.record_id(record).into(),
                    runs: None,
                });
            }
        };
        tell("name", name.join(" ").into(), at);
        tell("family-name", raw(Column::PreviousFamilyName).into(), "");
        tell("address", address, at);
        tell("postcode", raw(Column::PreviousPostcode).into(), "");
        tell("practice", raw(Column::GpPractice).into(), at);
        match deaths.withdrawn_from(table, record) {
            Some(date) => tell("death-withdrawn", date.into(), at),
            None => tell("death", raw(Column::DeathDate).into(), at),
        }
    }
    told
}

/// Each telling of one child once, with the record that told it last, in order of time.
pub fn in_order(mut told: Vec<Telling<'_>>) -> Vec<Telling<'_>> {
    told.sort_by(|a, b| {
        let one = (&a.kind, &a.value, &b.updated_at, &a.source, &a.record_id);
        one.cmp(&(&b.kind, &b.value, &a.updated_at, &b.source, &b.record_id))
    });
    told.dedup_by(|later, kept| {
        let same = (&later.kind, &later.value) == (&kept.kind, &kept.value);
        if same && let (Some(one), Some(other)) = (later.runs, kept.runs) {
            kept.runs = Some((one.0.min(other.0), one.1.max(other.1)));
        }
        same
    });
    told.sort_by(|a, b| (&a.kind, &a.updated_at, &a.value).cmp(&(&b.kind, &b.updated_at, &b.value)));
    told
}

/// The columns of the file `history`: names, addresses, practices and deaths, by child, oldest first as far as
/// `updated_at` tells; of a project also the first and last run in which each was told.
pub fn history_columns(of_project: bool) -> Vec<SheetColumn> {
    let mut all = vec![("child_id".to_owned(), Kind::Integer)];
    all.extend(["kind", "value", "updated_at", "source", "record_id"].map(text));
    if of_project {
        all.extend(["first_run", "last_run"].map(|name| (name.to_owned(), Kind::Integer)));
    }
    all
}

/// Writes everything that any record tells of each child, as [`in_order`] has it. Former names and postcodes that a
/// record tells beside its present ones are among them, without a time; deaths that were withdrawn are, too.
///
/// # Errors
/// `output/cannot-write`.
pub fn write_history<W: Write + Send>(
    sheet: &mut Sheet<W>,
    children: &[(u64, Vec<Telling<'_>>)],
    of_project: bool,
) -> Result<(), Error> {
    let rows: Vec<(u64, &Telling<'_>)> =
        children.iter().flat_map(|(child, told)| told.iter().map(|telling| (*child, telling))).collect();
    sheet.rows(rows.len(), |index, row| {
        let (child, telling) = rows[index];
        row.integer(child as i64);
        row.text(&telling.kind);
        row.text(&telling.value);
        row.text(&telling.updated_at);
        row.text(&telling.source);
        row.text(&telling.record_id);
        if of_project {
            let (first, last) = telling.runs.unwrap_or_default();
            row.integer(first);
            row.integer(last);
        }
    })
}
