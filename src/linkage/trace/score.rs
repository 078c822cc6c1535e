//! The scores of the algorithmic trace.

use super::Options;
use super::demographics::{Demographics, Gender, NameSet};
use super::reference::Person;
use crate::date::PartialDate;
use crate::text::similarity::jaro_winkler_above;

/// The scores of one candidate, each 0 to 100; those of fields that the record lacks are absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Family name.
    pub family: Option<f64>,
    /// The better of given name and other given names, which need not be what entered the mean.
    pub given: Option<f64>,
    /// Birth date.
    pub birth_date: Option<f64>,
    /// Gender.
    pub gender: Option<f64>,
    /// Postcode.
    pub postcode: Option<f64>,
    /// The unweighted mean by which candidates are ranked.
    pub mean: f64,
}

impl Scores {
    /// Scores a candidate. Of its sets of names the best is taken as a whole.
    pub(super) fn of(query: &Demographics, person: &Person, options: &Options) -> Scores {
        let birth_date = query.birth_date.map(|date| person.birth_date().map_or(0.0, |own| date_score(date, own)));
        let gender = query.gender.map(|gender| gender_score(gender, person.gender()));
        let postcode = (!query.postcode.is_empty()).then(|| best_postcode(&query.postcode, person.postcodes()));
        let sets = person.names().iter().map(|names| NameScores::of(&query.names, names, options));
        let best = sets.max_by(|a, b| a.sum().total_cmp(&b.sum())).unwrap_or_default();
        let names: Vec<f64> = match best.parts().collect::<Vec<f64>>() {
            parts if options.name_parts_one_by_one || parts.is_empty() => parts,
            parts => vec![mean(&parts)],
        };
        let all: Vec<f64> = names.into_iter().chain(birth_date).chain(gender).chain(postcode).collect();
        let given = match (best.given, best.other) {
            (Some(given), Some(other)) => Some(given.max(other)),
            (given, other) => given.or(other),
        };
        Scores { family: best.family, given, birth_date, gender, postcode, mean: mean(&all) }
    }
}

fn mean(scores: &[f64]) -> f64 {
    if scores.is_empty() { 0.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 }
}

/// The scores of one set of names.
#[derive(Clone, Copy, Default)]
struct NameScores {
    family: Option<f64>,
    given: Option<f64>,
    other: Option<f64>,
}

impl NameScores {
    fn of(query: &NameSet, names: &NameSet, options: &Options) -> NameScores {
        let score = |query: &str, own: &str| (!query.is_empty()).then(|| name_score(query, own, options.prefix_from));
        NameScores {
            family: score(&query.family, &names.family),
            given: score(&query.given, &names.given),
            other: score(&query.other, &names.other),
        }
    }

    fn parts(&self) -> impl Iterator<Item = f64> + '_ {
        self.family.into_iter().chain(self.given).chain(self.other)
    }

    fn sum(&self) -> f64 {
        self.parts().sum()
    }
}

/// Jaro-Winkler of names as they are written, in hundredths; letters beyond ASCII are all one letter. A name that
/// the candidate lacks scores 0.
fn name_score(query: &str, own: &str, prefix_from: f64) -> f64 {
    if own.is_empty() {
        return 0.0;
    }
    let plain = |name: &str| name.chars().map(|c| if c.is_ascii() { c } else { '@' }).collect::<String>();
    jaro_winkler_above(&plain(query), &plain(own), prefix_from) * 100.0
}

/// 100 for the same date; 66 if two of year, month and day agree, or the year with day and month exchanged; 33 for
/// the year alone.
pub(super) fn date_score(a: PartialDate, b: PartialDate) -> f64 {
    let agrees = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
    let (year, month, day) = (a.year() == b.year(), agrees(a.month(), b.month()), agrees(a.day(), b.day()));
    let exchanged = year && agrees(a.month(), b.day()) && agrees(a.day(), b.month());
    match u8::from(year) + u8::from(month) + u8::from(day) {
        _ if a == b => 100.0,
        2.. => 66.0,
        _ if exchanged => 66.0,
        1 if year => 33.0,
        _ => 0.0,
    }
}

fn gender_score(query: Gender, own: Option<Gender>) -> f64 {
    match (query, own) {
        (query, Some(own)) if query == own => 100.0,
        (Gender::Male, Some(Gender::Female)) | (Gender::Female, Some(Gender::Male)) => 0.0,
        _ => 50.0,
    }
}

/// The current postcode, or if that scores nothing the best of the past ones. The current one stands first.
fn best_postcode(query: &str, postcodes: &[String]) -> f64 {
    let current = postcodes.first().map_or(0.0, |own| postcode_score(query, own));
    if current > 0.0 {
        return current;
    }
    postcodes.iter().skip(1).map(|own| postcode_score(query, own)).fold(0.0, f64::max)
}

fn postcode_score(query: &str, own: &str) -> f64 {
    match own.strip_prefix(query) {
        Some(_) => 100.0 * query.len() as f64 / own.len() as f64,
        None => 0.0,
    }
}
