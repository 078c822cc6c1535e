//! A due list as delimited text: one line for each child and item.

use super::{address, nhs_number, text};
use crate::schedule::coverage::Coverage;
use crate::schedule::due_list::{DueChild, Tally};

/// The columns, in order.
const COLUMNS: [&str; 24] = [
    "gp_practice",
    "area",
    "child_id",
    "source",
    "record_id",
    "nhs_number",
    "given_name",
    "family_name",
    "birth_date",
    "address",
    "postcode",
    "care",
    "item",
    "condition",
    "dose",
    "title",
    "status",
    "failsafe",
    "need",
    "earliest",
    "due",
    "overdue_from",
    "latest",
    "rule",
];

/// Appends the header.
pub(super) fn header(out: &mut Vec<u8>) {
    line(out, &COLUMNS);
}

/// Appends the lines of a child. Whether there were any.
pub(super) fn child(out: &mut Vec<u8>, due: &DueChild<'_, '_>) -> bool {
    let child = &due.child;
    let registration = child.registration();
    let (source, record_id) = child.keys.first().copied().unwrap_or_default();
    let (number, birth_date) = (nhs_number(child), text(child.birth_date));
    let (address, postcode) = (address(child), text(child.postcode()));
    for item in &due.items {
        line(
            out,
            &[
                registration.as_str(),
                child.area(),
                child.child_id.unwrap_or_default(),
                source,
                record_id,
                &number,
                child.given_name,
                child.family_name,
                &birth_date,
                &address,
                &postcode,
                item.care.as_str(),
                item.item,
                item.condition.unwrap_or_default(),
                &text(item.dose),
                &item.title,
                item.status.as_str(),
                if item.is_failsafe() { "yes" } else { "no" },
                item.need.as_str(),
                &text(item.earliest),
                &text(item.due),
                &text(item.overdue_from),
                &text(item.latest),
                item.rule,
            ],
        );
    }
    !due.items.is_empty()
}

fn line(out: &mut Vec<u8>, fields: &[&str]) {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 10).from_writer(out);
    // Writing to a vector cannot fail, and every line of a file has the fields of its header.
    let _ = writer.write_record(fields);
    let _ = writer.flush();
}

/// How many children are due, by area: `area_kind,area,children,due,overdue,failsafe`.
pub fn area_counts(tally: &Tally) -> Vec<u8> {
    let mut out = Vec::new();
    line(&mut out, &["area_kind", "area", "children", "due", "overdue", "failsafe"]);
    for (kind, area, counts) in std::iter::once(("all", "", tally.all())).chain(tally.areas()) {
        let [children, due, overdue, failsafe] =
            [counts.children, counts.due, counts.overdue, counts.failsafe].map(|number| number.to_string());
        line(&mut out, &[kind, area, &children, &due, &overdue, &failsafe]);
    }
    out
}

/// Coverage: `indicator,cohort,area_kind,area,denominator,numerator`.
pub fn coverage_table(coverage: &Coverage<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    line(&mut out, &["indicator", "cohort", "area_kind", "area", "denominator", "numerator"]);
    for row in coverage.rows() {
        let (cohort, denominator, numerator) =
            (row.cohort.to_string(), row.denominator.to_string(), row.numerator.to_string());
        line(&mut out, &[row.indicator, &cohort, row.area_kind, row.area, &denominator, &numerator]);
    }
    out
}
