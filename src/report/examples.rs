//! The first pairs for review, side by side: fields of children, for pages that are kept as records are.

use super::html::{HtmlTable, count};
use crate::exchange::linked::{SensitiveChildren, WITHHELD, is_whereabouts, review_pairs};
use crate::identity::column::Column;
use crate::linkage::Linked;
use crate::linkage::table::Table;

/// How many pairs for review are shown.
const EXAMPLES: usize = 200;

/// The first pairs for review with their fields. Where a sensitive child lives is withheld.
pub fn examples(table: &Table, linked: &Linked) -> String {
    let sensitive = SensitiveChildren::of(table, linked);
    let pairs = review_pairs(linked);
    let mut html = format!(
        "<p>The first {} of {}. Confidential.</p>\n",
        count(pairs.len().min(EXAMPLES) as u64),
        count(pairs.len() as u64)
    );
    for pair in pairs.into_iter().take(EXAMPLES) {
        let withhold = sensitive.withhold(linked, pair.left, pair.right);
        let caption = format!("{:+.2} bits {}", pair.weight, pair.guards.codes().replace('|', ", "));
        let mut rows = HtmlTable::new(&caption, &["Field", "One record", "The other"]);
        for column in Column::ALL {
            let values = [pair.left, pair.right].map(|record| table.raw(record, column));
            if values.iter().all(|value| value.is_empty()) {
                continue;
            }
            let shown = |value: &str| match value {
                value if !value.is_empty() && withhold && is_whereabouts(column) => WITHHELD.to_owned(),
                value => value.to_owned(),
            };
            rows.row([column.name().to_owned(), shown(values[0]), shown(values[1])]);
        }
        html += &rows.html();
    }
    html
}
