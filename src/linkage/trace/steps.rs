//! The steps, in their order.

use super::demographics::{Demographics, outward};
use super::reference::{Person, Reference, sound};
use super::score::Scores;
use super::{Outcome, Step, Trace};
use crate::date::PartialDate;

/// By how much the best candidate must exceed the second.
const CLEAR_BY: f64 = 5.0;

impl Reference {
    /// Traces a record.
    pub fn trace(&self, query: &Demographics) -> Trace {
        let mut trace = Trace {
            step: Step::None,
            outcome: Outcome::NotFound,
            person: None,
            confidence: None,
            scores: None,
            close: Vec::new(),
        };
        if let (Some(number), Some(born)) = (query.nhs_number, query.birth_date) {
            trace.step = Step::CachedCrossCheck;
            if let Some((place, old)) = self.find(number.digits()) {
                let person = &self.persons()[place];
                let same_date = person.birth_date() == Some(born);
                if !old && same_date {
                    return self.found(trace, place, Outcome::Match);
                }
                trace.step = Step::LiveCrossCheck;
                if same_date || self.partly_agrees(query, born, person) {
                    let outcome = if old { Outcome::Superseded } else { Outcome::Match };
                    return self.found(trace, place, outcome);
                }
            }
            trace.step = Step::LiveCrossCheck;
        }
        let partial_death = query.death_date.is_some_and(|date| date.exact().is_none());
        if (!query.names.family.is_empty() && query.birth_date.is_some() && query.gender.is_some()) || partial_death {
            trace.step = Step::Alphanumeric;
            if let Some(place) = self.alphanumeric(query) {
                return self.found(trace, place, Outcome::Match);
            }
        }
        self.algorithmic(query, trace)
    }

    /// The person found by one of the steps whose confidence is 100, or by the last.
    fn found(&self, trace: Trace, place: usize, outcome: Outcome) -> Trace {
        let person = &self.persons()[place];
        let confidence = trace.confidence.or(Some(100.0));
        match () {
            () if person.invalidated => Trace { outcome: Outcome::Invalid, person: None, scores: None, ..trace },
            () if person.sensitive => {
                let scores = trace.scores.map(|scores| Scores { postcode: None, ..scores });
                Trace { outcome: Outcome::Sensitive, person: Some(place), confidence, scores, ..trace }
            }
            () => Trace { outcome, person: Some(place), confidence, ..trace },
        }
    }

    /// Most of the birth date, and the first letter of the given and three of the family name, or where a name is
    /// absent the outward part of any postcode.
    fn partly_agrees(&self, query: &Demographics, born: PartialDate, person: &Person) -> bool {
        let dates_agree =
            person.birth_date().is_some_and(|own| dates_agree(born, own, self.options.exchanged_parts_count));
        let Some(own) = person.current_names() else { return false };
        let names = [&query.names.family, &query.names.given, &own.family, &own.given];
        let same_start = |a: &str, b: &str, letters: usize| a.chars().take(letters).eq(b.chars().take(letters));
        dates_agree
            && if names.iter().any(|name| name.is_empty()) {
                let wanted = outward(&query.postcode);
                !wanted.is_empty() && person.postcodes().iter().any(|postcode| outward(postcode) == wanted)
            } else {
                same_start(&query.names.given, &own.given, 1) && same_start(&query.names.family, &own.family, 3)
            }
    }

    /// The one person for whom every field that the record fills holds.
    fn alphanumeric(&self, query: &Demographics) -> Option<usize> {
        let holds = |place: &usize| self.every_filter_holds(query, &self.persons()[*place]);
        let unambiguous = |mut found: Box<dyn Iterator<Item = usize> + '_>| match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        if query.names.family.is_empty() || query.gender.is_none() {
            return unambiguous(Box::new((0..self.persons().len()).filter(holds)));
        }
        unambiguous(Box::new(self.of_family(&query.names.family, query.gender).filter(holds)))
    }

    fn every_filter_holds(&self, query: &Demographics, person: &Person) -> bool {
        let sounds_like = |a: &str, b: &str| sound(a, &self.options) == sound(b, &self.options);
        let filter = |text: &str, holds: &dyn Fn(&str) -> bool| text.is_empty() || holds(text);
        let family = |text: &str| person.current_names().is_some_and(|own| sounds_like(text, &own.family));
        let given = |text: &str| person.names().iter().any(|own| sounds_like(text, &own.given));
        let postcode = |text: &str| person.postcodes().iter().any(|own| own == text);
        filter(&query.names.family, &family)
            && filter(&query.names.given, &given)
            && query.gender.is_none_or(|gender| person.gender() == Some(gender))
            && query.birth_date.is_none_or(|date| person.birth_dates().iter().any(|own| covers(date, *own)))
            && filter(&query.practice, &|text| person.practice() == text)
            && filter(&query.postcode, &postcode)
            && query.death_date.is_none_or(|date| person.death_date() == Some(date))
    }

    /// The best of the candidates, if it is clear of the others.
    fn algorithmic(&self, query: &Demographics, trace: Trace) -> Trace {
        let all_fields = query.birth_date.is_some_and(|date| date.exact().is_some())
            && query.gender.is_some()
            && !query.postcode.is_empty();
        let Some(candidates) = self.candidates(query).filter(|_| self.options.any_block || all_fields) else {
            return trace;
        };
        let trace = Trace { step: Step::Algorithmic, ..trace };
        let mut scored: Vec<(usize, Scores)> = candidates
            .into_iter()
            .map(|place| (place, Scores::of(query, &self.persons()[place], &self.options)))
            .collect();
        // Equal means are told apart by nothing: order by place keeps the result the same every time.
        scored.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean).then(a.0.cmp(&b.0)));
        let Some((place, best)) = scored.first().copied() else { return trace };
        let second = scored.get(1).map(|(_, scores)| scores.mean);
        // The means are sums of a few scores: their rounding must not decide.
        let is_clear = second.is_none_or(|second| best.mean - second >= CLEAR_BY - 1e-9);
        if is_clear {
            let trace = Trace { confidence: Some(best.mean), scores: Some(best), ..trace };
            return self.found(trace, place, Outcome::Match);
        }
        let both_full = best.mean >= 100.0 && second.is_some_and(|second| second >= 100.0);
        let lacks = query.birth_date.is_none() || query.postcode.is_empty();
        let close = scored.iter().take_while(|(_, scores)| best.mean - scores.mean < CLEAR_BY - 1e-9);
        Trace {
            outcome: if both_full && lacks { Outcome::NotEnough } else { Outcome::Close },
            close: close.map(|(place, scores)| (*place, scores.mean)).collect(),
            ..trace
        }
    }
}

/// Whether a date as supplied, perhaps in part, can be this one.
fn covers(supplied: PartialDate, own: PartialDate) -> bool {
    supplied.year() == own.year()
        && supplied.month().is_none_or(|month| own.month() == Some(month))
        && supplied.day().is_none_or(|day| own.day() == Some(day))
}

/// Two of day, month and year agree, or figures of one part are exchanged: day with month, those of the day, the
/// last two of the year. `exchanged_parts_count`: an exchanged part counts as one that agrees, whatever the rest.
fn dates_agree(a: PartialDate, b: PartialDate, exchanged_parts_count: bool) -> bool {
    let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
    let (year, month, day) = (a.year() == b.year(), same(a.month(), b.month()), same(a.day(), b.day()));
    let swapped = same(a.month(), b.day()) && same(a.day(), b.month());
    if !exchanged_parts_count {
        // The figures of day or year exchanged, the rest being equal, leave two parts that agree.
        return u8::from(year) + u8::from(month) + u8::from(day) >= 2 || (year && swapped);
    }
    let turned = |a: u32, b: u32| a / 10 == b % 10 && a % 10 == b / 10;
    let day = day || a.day().zip(b.day()).is_some_and(|(a, b)| turned(a, b));
    let last = |date: PartialDate| date.year().rem_euclid(100) as u32;
    let year = year || (a.year() / 100 == b.year() / 100 && turned(last(a), last(b)));
    swapped || u8::from(year) + u8::from(month) + u8::from(day) >= 2
}
