//! Functions of texts.

use super::{Fault, Function, Unit};
use crate::linkage::splink::distance;
use crate::linkage::value::Value;
use std::sync::Arc;

/// The function of these arguments, none of which is missing and the first of which is text.
pub(super) fn evaluate(function: Function, arguments: &[Value]) -> Result<Value, Fault> {
    use Function::*;
    let text = |index: usize| arguments.get(index).and_then(Value::as_text).unwrap_or_default();
    let number = |index: usize| match arguments.get(index) {
        Some(Value::Integer(number)) => *number,
        Some(Value::Float(number)) => *number as i64,
        _ => 0,
    };
    Ok(match function {
        Levenshtein(Unit::Byte) => whole(distance::levenshtein(text(0).as_bytes(), text(1).as_bytes())),
        Levenshtein(Unit::Character) => whole(distance::levenshtein(&characters(text(0)), &characters(text(1)))),
        DamerauLevenshtein(Unit::Byte) => whole(distance::damerau_levenshtein(text(0).as_bytes(), text(1).as_bytes())),
        DamerauLevenshtein(Unit::Character) => {
            whole(distance::damerau_levenshtein(&characters(text(0)), &characters(text(1))))
        }
        Jaro(Unit::Byte) => Value::Float(distance::jaro(text(0).as_bytes(), text(1).as_bytes())),
        Jaro(Unit::Character) => Value::Float(distance::jaro(&characters(text(0)), &characters(text(1)))),
        JaroWinkler(Unit::Byte) => Value::Float(distance::jaro_winkler(text(0).as_bytes(), text(1).as_bytes())),
        JaroWinkler(Unit::Character) => {
            Value::Float(distance::jaro_winkler(&characters(text(0)), &characters(text(1))))
        }
        Jaccard(unit) => {
            if text(0).is_empty() || text(1).is_empty() {
                return Err(Fault::EmptyJaccard);
            }
            Value::Float(match unit {
                Unit::Byte => distance::jaccard(text(0).as_bytes(), text(1).as_bytes()),
                Unit::Character => distance::jaccard(&characters(text(0)), &characters(text(1))),
            })
        }
        Hamming(unit) => {
            let (a, b) = (text(0), text(1));
            let distance = match unit {
                Unit::Byte => strsim::generic_hamming(&Bytes(a), &Bytes(b)),
                Unit::Character => strsim::hamming(a, b),
            };
            whole(distance.map_err(|_| Fault::UnlikeLengths)?)
        }
        Lower => Value::from(text(0).chars().map(lower).collect::<String>()),
        Upper => Value::from(text(0).chars().map(upper).collect::<String>()),
        Length => whole(text(0).chars().count()),
        ByteLength => whole(text(0).len()),
        Left => slice(text(0), 0, take(text(0), number(1))),
        Right => {
            let length = text(0).chars().count() as i64;
            slice(text(0), length - take(text(0), number(1)), length)
        }
        Substring => substring(text(0), number(1), arguments.get(2).map(|_| number(2))),
        Element => substring(text(0), number(1), Some(1)),
        Slice => {
            let places = super::places_of_slice(text(0).chars().count(), number(1), number(2));
            slice(text(0), places.start as i64, places.end as i64)
        }
        Trim => Value::text(trimmed(text(0), arguments.get(1), true, true)),
        TrimLeft => Value::text(trimmed(text(0), arguments.get(1), true, false)),
        TrimRight => Value::text(trimmed(text(0), arguments.get(1), false, true)),
        Replace if text(1).is_empty() => arguments[0].clone(),
        Replace => {
            let found = text(0).matches(text(1)).count();
            shorter(text(0).len().saturating_add(found.saturating_mul(text(2).len())), MAX_TEXT)?;
            Value::from(text(0).replace(text(1), text(2)))
        }
        Reverse => Value::from(text(0).chars().rev().collect::<String>()),
        StartsWith => Value::Boolean(text(0).starts_with(text(1))),
        EndsWith => Value::Boolean(text(0).ends_with(text(1))),
        Contains => Value::Boolean(text(0).contains(text(1))),
        Like => Value::Boolean(like(text(0), text(1), text(2).chars().next())),
        LikeAnyCase => {
            let folded = |text: &str| text.chars().map(lower).collect::<String>();
            Value::Boolean(like(&folded(text(0)), &folded(text(1)), text(2).chars().next()))
        }
        Position => whole(text(0).find(text(1)).map_or(0, |at| text(0)[..at].chars().count() + 1)),
        Split => Value::List(split(text(0), text(1)).into_iter().map(Value::text).collect()),
        SplitPart => {
            let parts = split(text(0), text(1));
            let index = number(2);
            let place = if index < 0 { parts.len() as i64 + index } else { index - 1 };
            Value::text(usize::try_from(place).ok().and_then(|place| parts.get(place)).copied().unwrap_or_default())
        }
        PadLeft | PadRight => {
            shorter(usize::try_from(number(1)).unwrap_or(0), MAX_MADE)?;
            pad(text(0), number(1), text(2), function == PadLeft)
        }
        Repeat => {
            let times = usize::try_from(number(1)).unwrap_or(0);
            shorter(text(0).len().saturating_mul(times), MAX_MADE)?;
            Value::from(text(0).repeat(times))
        }
        Joined => {
            within(arguments)?;
            arguments.iter().filter_map(written).collect::<String>().into()
        }
        _ => Value::Null,
    })
}

/// The most bytes that a text may grow to: those of a line of an input.
const MAX_TEXT: usize = 1 << 24;
/// The most bytes, or characters, that are made of a short text by repeating: each record has its own.
const MAX_MADE: usize = 1 << 16;

/// Refuses a length beyond the most. Without that a number in a model, or in a record, takes all memory.
fn shorter(length: usize, most: usize) -> Result<(), Fault> {
    if length <= most { Ok(()) } else { Err(Fault::TooLong) }
}

/// Refuses texts that are too long to be put together.
pub(super) fn within(texts: &[Value]) -> Result<(), Fault> {
    shorter(texts.iter().filter_map(Value::as_text).map(str::len).sum(), MAX_TEXT)
}

/// `concat` and `concat_ws`: missing parts are left out; a missing separator gives a missing result.
pub(super) fn concat(function: Function, arguments: &[Value]) -> Value {
    if function == Function::Concat {
        return arguments.iter().filter_map(written).collect::<String>().into();
    }
    match arguments[0].as_text() {
        Some(separator) => arguments[1..].iter().filter_map(written).collect::<Vec<_>>().join(separator).into(),
        None => Value::Null,
    }
}

/// A value as DuckDB writes it; `None` for a missing one.
pub fn written(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => written_float(*value),
        Value::Text(value) => value.to_string(),
        Value::Date(days) => super::time::written_date(*days),
        Value::Timestamp(micros) => super::time::written_timestamp(*micros),
        Value::List(values) => {
            let item = |value: &Value| match written(value) {
                None => "NULL".to_owned(),
                Some(text) if text.is_empty() => "''".to_owned(),
                Some(text) => text,
            };
            let items: Vec<String> = values.iter().map(item).collect();
            format!("[{}]", items.join(", "))
        }
    })
}

fn written_float(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4 <= magnitude && magnitude < 1e16) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value:?}")
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Arc::from(text))
    }
}

/// DuckDB's letter case maps one character to one.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        _ if c == 'ß' => 'ẞ',
        _ => c,
    }
}

/// Whether a text fits a wildcard: `%` any text, `_` any one character, both themselves after `escape`.
pub(in crate::linkage::splink) fn like(text: &str, wildcard: &str, escape: Option<char>) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut marks: Vec<(char, bool)> = Vec::new();
    let mut rest = wildcard.chars();
    while let Some(c) = rest.next() {
        match c {
            c if Some(c) == escape => marks.extend(rest.next().map(|c| (c, false))),
            c => marks.push((c, c == '%' || c == '_')),
        }
    }
    // The last `%` met and the place in the text that it was tried from.
    let (mut at, mut mark, mut again) = (0, 0, None);
    while at < text.len() {
        match marks.get(mark) {
            Some(('%', true)) => {
                again = Some((mark, at));
                mark += 1;
            }
            Some((c, special)) if (*special && *c == '_') || (!*special && *c == text[at]) => {
                at += 1;
                mark += 1;
            }
            _ => match again {
                Some((percent, from)) => {
                    again = Some((percent, from + 1));
                    (mark, at) = (percent + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    marks[mark..].iter().all(|mark| *mark == ('%', true))
}

/// The bytes of a text as strsim wants them.
struct Bytes<'a>(&'a str);

impl<'b> IntoIterator for &'b Bytes<'_> {
    type Item = u8;
    type IntoIter = std::str::Bytes<'b>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.bytes()
    }
}

fn characters(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn whole(number: usize) -> Value {
    Value::Integer(number as i64)
}

/// How many characters `left` and `right` take: a negative count leaves so many.
fn take(text: &str, count: i64) -> i64 {
    if count < 0 { (text.chars().count() as i64 + count).max(0) } else { count }
}

/// The characters from one place to before another, counted from 0.
fn slice(text: &str, from: i64, to: i64) -> Value {
    let from = from.max(0);
    let count = usize::try_from(to - from).unwrap_or(0);
    Value::from(text.chars().skip(from as usize).take(count).collect::<String>())
}

/// `substring`: places count from 1, from the end when negative; a negative length runs backwards.
fn substring(text: &str, start: i64, length: Option<i64>) -> Value {
    let total = text.chars().count() as i64;
    let from = if start < 0 { total.saturating_add(start) } else { start - 1 };
    let to = length.map_or(i64::MAX, |length| from.saturating_add(length));
    slice(text, from.min(to), from.max(to))
}

fn trimmed<'a>(text: &'a str, characters: Option<&Value>, left: bool, right: bool) -> &'a str {
    let wanted = characters.and_then(Value::as_text).unwrap_or(" ");
    let drop = |c: char| wanted.contains(c);
    let text = if left { text.trim_start_matches(drop) } else { text };
    if right { text.trim_end_matches(drop) } else { text }
}

fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    if separator.is_empty() && !text.is_empty() {
        // An empty separator splits between characters.
        return text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect();
    }
    text.split(separator).take(if separator.is_empty() { 1 } else { usize::MAX }).collect()
}

fn pad(text: &str, length: i64, with: &str, left: bool) -> Value {
    let length = usize::try_from(length).unwrap_or(0);
    let missing = length.saturating_sub(text.chars().count());
    let padding: String = with.chars().cycle().take(missing).collect();
    let kept: String = text.chars().take(length).collect();
    Value::from(if left { padding + &kept } else { kept + &padding })
}
