//! The name tables of `data/names/`, read once on first use.

use hashbrown::HashMap;
use std::sync::LazyLock;

/// What a placeholder means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A child not yet named, of any number.
    Newborn,
    /// A child not yet named, by a word after which a letter is a birth order too.
    Multiple,
    /// "No name".
    Missing,
    /// Words before another name.
    Alias,
    /// A form of address.
    Title,
}

/// Which kind of name a placeholder is known in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NameField {
    /// Given names.
    Given,
    /// Family names.
    Family,
}

/// One line of the placeholder table.
pub(super) struct Placeholder {
    pub(super) words: Vec<&'static str>,
    pub(super) kind: Kind,
    given: bool,
    family: bool,
}

impl Placeholder {
    pub(super) fn is_known_in(&self, field: NameField) -> bool {
        match field {
            NameField::Given => self.given,
            NameField::Family => self.family,
        }
    }
}

/// Placeholders, the longest first, so that `ALSO KNOWN AS` is tried before `KNOWN AS`.
pub(super) static PLACEHOLDERS: LazyLock<Vec<Placeholder>> = LazyLock::new(|| {
    let mut placeholders: Vec<Placeholder> = rows(include_str!("../../data/names/placeholders.csv"))
        .map(|[words, kind, field]| Placeholder {
            words: words.split(' ').collect(),
            kind: match kind {
                "newborn" => Kind::Newborn,
                "multiple" => Kind::Multiple,
                "missing" => Kind::Missing,
                "alias" => Kind::Alias,
                _ => Kind::Title,
            },
            given: field != "family",
            family: field != "given",
        })
        .collect();
    placeholders.sort_by_key(|placeholder| std::cmp::Reverse(placeholder.words.len()));
    placeholders
});

/// For each name, the lines of the nickname table that hold it, ascending.
pub(super) static NICKNAMES: LazyLock<HashMap<&'static str, Vec<u16>>> = LazyLock::new(|| {
    let mut lines: HashMap<&str, Vec<u16>> = HashMap::new();
    for (line, [name, variants, _]) in rows(include_str!("../../data/names/nicknames.csv")).enumerate() {
        for name in std::iter::once(name).chain(variants.split(' ')) {
            lines.entry(name).or_default().push(line as u16);
        }
    }
    lines
});

/// The class of each spelling.
pub(super) static SPELLINGS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    rows(include_str!("../../data/names/spellings.csv")).map(|[class, spelling, _]| (spelling, class)).collect()
});

/// Names of respect.
pub(super) static HONORIFICS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| rows(include_str!("../../data/names/honorifics.csv")).map(|[name, _, _]| name).collect());

/// The first three cells of each row, without comments and the header. The tables hold no quoted cells.
fn rows(table: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| {
        let mut cells = line.split(',');
        std::array::from_fn(|_| cells.next().unwrap_or(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::normalise::fold;

    #[test]
    fn the_tables_are_whole_and_in_comparison_form() {
        for (table, columns, name_columns) in [
            (include_str!("../../data/names/placeholders.csv"), 4, 1),
            (include_str!("../../data/names/nicknames.csv"), 3, 2),
            (include_str!("../../data/names/spellings.csv"), 3, 2),
            (include_str!("../../data/names/honorifics.csv"), 3, 1),
        ] {
            for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                assert_eq!(cells.len(), columns, "{line}");
                assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
                for cell in &cells[..name_columns] {
                    assert_eq!(fold(cell), *cell, "{line}");
                }
            }
        }
        for [_, kind, field] in rows(include_str!("../../data/names/placeholders.csv")) {
            assert!(["newborn", "multiple", "missing", "alias", "title"].contains(&kind), "{kind}");
            assert!(["given", "family", "both"].contains(&field), "{field}");
        }
    }
}
