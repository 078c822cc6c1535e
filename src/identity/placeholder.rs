//! Words that stand where a name is missing, and the birth order that some of them carry.
//!
//! Two placeholders agree perfectly and mean nothing, so they must count as missing. The words are data
//! (`data/names/placeholders.csv`); how they combine is here.

use super::birth_order::BirthOrder;
use super::name_data::{Kind, NameField, Placeholders};

/// What is left of a name once placeholders are taken out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stripped<'a> {
    /// The words that name a person.
    pub(super) words: Vec<&'a str>,
    /// Whether words after a leading placeholder were given up, since they may be the family name.
    pub(super) uncertain: bool,
    /// The place among the children of one birth.
    pub(super) birth_order: Option<BirthOrder>,
}

/// Takes placeholders, titles and words like `known as` out of the words of a name in comparison form,
/// once: what is removed can bring two halves of a phrase together, so callers repeat until nothing
/// changes.
///
/// In given names a placeholder that leads (`BABY JOHNSON`, `TWIN 2 AMINA`) takes all that follows with
/// it: the rest may as well be the family name, and a family name among given names agrees with every
/// sibling. One that trails (`AMINA TWIN 2`) only goes itself.
pub(super) fn strip(text: &str, field: NameField) -> Stripped<'_> {
    let known = Placeholders::of(field);
    if !may_hold_placeholder(text, known) {
        return Stripped { words: text.split(' ').collect(), ..Stripped::default() };
    }
    let words: Vec<&str> = text.split(' ').flat_map(|word| split_joined(word, known)).collect();
    let mut stripped = without_newborn_words(&without_phrases(&words, known), known, field);
    if field == NameField::Given && stripped.words.iter().all(|word| is_bare_number(word)) {
        stripped.words.clear();
    }
    stripped
}

/// Whether a name in comparison form may hold anything that is taken out of it.
pub(super) fn may_be_in(text: &str, field: NameField) -> bool {
    may_hold_placeholder(text, Placeholders::of(field))
}

/// Whether any word could be or begin a placeholder: false for nearly all names, which saves the rest.
fn may_hold_placeholder(text: &str, known: &Placeholders) -> bool {
    text.split(' ').any(|word| {
        known.begins_phrase(word)
            || known.newborn.iter().any(|(newborn, _)| word.starts_with(newborn))
            || number(word).is_some()
            || word.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Removes whole phrases: titles, aliases and words for "no name".
fn without_phrases<'a>(words: &[&'a str], known: &Placeholders) -> Vec<&'a str> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        match known.phrase_length(rest) {
            Some(length) => rest = &rest[length..],
            None => {
                kept.push(*word);
                rest = after;
            }
        }
    }
    kept
}

/// Removes `BABY`, `TWIN` and the like with the number beside them and what follows an `OF`.
fn without_newborn_words<'a>(words: &[&'a str], known: &Placeholders, field: NameField) -> Stripped<'a> {
    let mut stripped = Stripped::default();
    let mut led_by_placeholder = false;
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        match newborn_phrase(rest, known, field) {
            Some((order, length)) => {
                led_by_placeholder |= stripped.words.is_empty();
                stripped.birth_order = stripped.birth_order.or(order);
                rest = &rest[length..];
            }
            None => {
                stripped.words.push(word);
                rest = after;
            }
        }
    }
    if led_by_placeholder && field == NameField::Given && !stripped.words.is_empty() {
        stripped.words.clear();
        stripped.uncertain = true;
    }
    stripped
}

/// The birth order and the number of words of the placeholder phrase at the head of `words`, if there is
/// one: `TWIN`, `TWIN 2`, `TWIN 2 OF 2`, `GIRL ONE`, `ONE GIRL`, `BABY OF SMITH`, `TWO OF SMITH`.
fn newborn_phrase(words: &[&str], known: &Placeholders, field: NameField) -> Option<(Option<BirthOrder>, usize)> {
    let (order, mut length) = match (known.newborn_kind(words[0]), words.get(1)) {
        (Some(kind), Some(next)) => match order_after(next, kind) {
            Some(order) => (Some(order), 2),
            None => (None, 1),
        },
        (Some(_), None) => (None, 1),
        (None, Some(next)) => {
            let order = number(words[0])?;
            if known.newborn_kind(next).is_some() {
                (Some(order), 2)
            } else if *next == "OF" && field == NameField::Given {
                (Some(order), 1)
            } else {
                return None;
            }
        }
        (None, None) => return None,
    };
    if words.get(length) == Some(&"OF") {
        length = words.len();
    }
    Some((order, length))
}

/// The order told by the word after a placeholder: a number, and after `TWIN` or `BABY` a letter.
fn order_after(word: &str, kind: Kind) -> Option<BirthOrder> {
    let letter = || match word {
        "A" => BirthOrder::new(1),
        "B" => BirthOrder::new(2),
        "C" => BirthOrder::new(3),
        "D" => BirthOrder::new(4),
        _ => None,
    };
    number(word).or_else(|| if kind == Kind::Multiple { letter() } else { None })
}

fn number(word: &str) -> Option<BirthOrder> {
    BirthOrder::new(match word {
        "ONE" | "1" | "I" | "FIRST" | "1ST" => 1,
        "TWO" | "2" | "II" | "SECOND" | "2ND" => 2,
        "THREE" | "3" | "III" | "THIRD" | "3RD" => 3,
        "FOUR" | "4" | "IV" | "FOURTH" | "4TH" => 4,
        _ => return None,
    })
}

/// Whether the word is a number that stands for a child without a name: not `I`, an initial.
fn is_bare_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit()) || (word != "I" && number(word).is_some())
}

/// Parts words written as one: `TWIN2`, `TRIPLETONE`, `BABYBOY`, `BABYOF`. Only where all of the word is
/// made of known parts, so that `BOYD` and `TRIPTI` stay whole.
fn split_joined<'a>(word: &'a str, known: &Placeholders) -> Vec<&'a str> {
    for &(newborn, kind) in &known.newborn {
        let Some(rest) = word.strip_prefix(newborn).filter(|rest| !rest.is_empty() && newborn.len() > 2) else {
            continue;
        };
        let roman = matches!(rest, "I" | "II" | "III" | "IV");
        let number_or_letter = match newborn {
            "TWIN" | "TRIPLET" | "BABY" => order_after(rest, kind).is_some(),
            _ => number(rest).is_some() && !roman,
        };
        if number_or_letter || rest == "OF" {
            return vec![&word[..newborn.len()], rest];
        }
        let parts = split_joined(rest, known);
        if known.newborn_kind(parts[0]).is_some() {
            return std::iter::once(&word[..newborn.len()]).chain(parts).collect();
        }
    }
    vec![word]
}
