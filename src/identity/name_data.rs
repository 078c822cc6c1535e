//! The name tables of `data/names/`, read once on first use.

use crate::order;
use hashbrown::HashMap;
use std::sync::LazyLock;

/// How a word for a child not yet named carries a birth order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// By a number beside it.
    Newborn,
    /// By a letter after it, too.
    Multiple,
}

/// Which kind of name is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NameField {
    /// Given names.
    Given,
    /// Family names.
    Family,
}

/// The placeholders of one kind of name.
pub(super) struct Placeholders {
    /// Words for a child not yet named.
    pub(super) newborn: Vec<(&'static str, Kind)>,
    /// Phrases by their first word, the longest first, so that `NOT YET NAMED` is tried before `NOT`.
    phrases: HashMap<&'static str, Vec<Vec<&'static str>>>,
}

impl Placeholders {
    /// Those known in one kind of name.
    pub(super) fn of(field: NameField) -> &'static Placeholders {
        static GIVEN: LazyLock<Placeholders> = LazyLock::new(|| Placeholders::read("family"));
        static FAMILY: LazyLock<Placeholders> = LazyLock::new(|| Placeholders::read("given"));
        match field {
            NameField::Given => &GIVEN,
            NameField::Family => &FAMILY,
        }
    }

    /// All but those known only in the other kind of name.
    fn read(other: &str) -> Placeholders {
        let mut placeholders = Placeholders { newborn: Vec::new(), phrases: HashMap::new() };
        for [words, kind, field] in rows(include_str!("../../data/names/placeholders.csv")) {
            if field == other {
                continue;
            }
            match kind {
                "newborn" => placeholders.newborn.push((words, Kind::Newborn)),
                "multiple" => placeholders.newborn.push((words, Kind::Multiple)),
                _ => {
                    let phrase: Vec<&str> = words.split(' ').collect();
                    placeholders.phrases.entry(phrase[0]).or_default().push(phrase);
                }
            }
        }
        for phrases in placeholders.phrases.values_mut() {
            order::sort_by(phrases, |one, other| other.len().cmp(&one.len()));
        }
        placeholders
    }

    /// The kind of a word for a child not yet named.
    pub(super) fn newborn_kind(&self, word: &str) -> Option<Kind> {
        self.newborn.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// How many words the phrase at the head of `words` has, if one is there.
    pub(super) fn phrase_length(&self, words: &[&str]) -> Option<usize> {
        let phrases = self.phrases.get(words.first()?)?;
        phrases.iter().find(|phrase| words.starts_with(phrase)).map(Vec::len)
    }

    /// Whether a phrase begins with the word.
    pub(super) fn begins_phrase(&self, word: &str) -> bool {
        self.phrases.contains_key(word)
    }
}

/// The names of each line of `data/names/nicknames.csv`, without its comments and sources, which no browser needs.
const NICKNAME_LINES: &str = include_str!("../../data/packed/nicknames.txt");

/// For each name, the lines of the nickname table that hold it, ascending.
pub(super) static NICKNAMES: LazyLock<HashMap<&'static str, Vec<u16>>> = LazyLock::new(|| {
    let mut lines: HashMap<&str, Vec<u16>> = HashMap::new();
    for (line, names) in NICKNAME_LINES.lines().enumerate() {
        for name in names.split(' ') {
            lines.entry(name).or_default().push(line as u16);
        }
    }
    lines
});

/// The class of each spelling.
pub(super) static SPELLINGS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    rows(include_str!("../../data/names/spellings.csv")).map(|[class, spelling, _]| (spelling, class)).collect()
});

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
    fn packed_nicknames_are_those_of_their_file() {
        let lines = rows(include_str!("../../data/names/nicknames.csv"));
        let now: String = lines.map(|[name, variants, _]| format!("{name} {variants}\n")).collect();
        if std::env::var_os("CHILDLINK_PACK").is_some() {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/packed/nicknames.txt");
            std::fs::write(file, now).expect("the file can be written");
        } else {
            assert!(
                NICKNAME_LINES == now,
                "data/packed/nicknames.txt is not what its file says: run scripts/pack-data"
            );
        }
    }

    #[test]
    fn the_tables_are_whole_and_in_comparison_form() {
        for (table, columns, name_columns) in [
            (include_str!("../../data/names/placeholders.csv"), 4, 1),
            (include_str!("../../data/names/nicknames.csv"), 3, 2),
            (include_str!("../../data/names/spellings.csv"), 3, 2),
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
